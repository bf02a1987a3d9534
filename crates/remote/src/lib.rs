//! Stores of a ledger on other computers (docs/spec/ledger.md 12.2): S3 and compatible, and PostgreSQL, behind the traits
//! [`ledger::storage::Objects`] and [`ledger::storage::Cell`].
//!
//! The asynchronous runtime lives only here: every call waits for its answer, at most as long as the settings say. Secrets
//! are values that are passed in; no error and no `Debug` shows them. The signatures of S3 requests carry the time of this
//! computer, which the library reads; nothing else here reads a clock.

mod ask;
mod host;
mod postgres;
mod runner;
mod s3;

pub use ask::{Answer, Question, ask};
pub use host::{Host, HostSettings};
pub use postgres::{Postgres, PostgresCell, PostgresObjects, PostgresSettings};
pub use s3::{BucketLock, Lock, LockMode, S3, S3Cell, S3Objects, S3Settings};

use std::fmt;
use zeroize::Zeroizing;

/// A secret: never shown, overwritten when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
    fn reveal(&self) -> &str {
        &self.0
    }
}

/// A failure with what caused it.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}
