//! Waiting for asynchronous work, with a limit.

use ledger::storage::{StoreError, StoreResult};
use std::future::Future;
use std::time::Duration;

/// A runtime of its own on the calling thread.
#[derive(Debug)]
pub(crate) struct Runner {
    runtime: tokio::runtime::Runtime,
    seconds_max: u64,
}

impl Runner {
    /// A runtime whose work may take `seconds_max` a call.
    pub(crate) fn new(seconds_max: u64) -> StoreResult<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| StoreError::io("network", error))?;
        Ok(Self { runtime, seconds_max })
    }

    /// Does the work for `name`, or says that it took too long.
    pub(crate) fn wait<T>(&self, name: &str, work: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
        self.runtime.block_on(async {
            let done = tokio::time::timeout(Duration::from_secs(self.seconds_max), work).await;
            let late = || StoreError::io(name, format!("no answer within {} seconds", self.seconds_max));
            done.map_err(|_| late())?
        })
    }
}

/// TLS by rustls with ring, once a process.
pub(crate) fn choose_tls() {
    // Somebody else may have chosen before: also good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
