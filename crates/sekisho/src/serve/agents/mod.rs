//! Taking over the records of agents: only what is durable in the ledger is acknowledged, and each record once.

pub(crate) mod issue;
mod session;

use super::{Delivery, config, tls};
use crate::clock::Clock;
use anyhow::Context as _;
use issue::Authority;
use ledger::{EntryKind, Form, Reader};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use vocab::{Citation, LedgerIndex, Timestamp};

/// Connections at once.
const CONNECTIONS_MAX: usize = 256;
/// Files of one agent.
const FILES_MAX: usize = 1_024;

/// How an agent stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// Number of its last record that is durable.
    pub(crate) have: u64,
    /// When it was last heard; 0: never since the start.
    pub(crate) heard: Timestamp,
    /// It said that it ends.
    pub(crate) stopped: bool,
    /// Bytes of its spool.
    pub(crate) spool_bytes: u64,
    /// Records that came again and were passed over.
    pub(crate) repeated: u64,
    /// Its spool.
    pub(crate) spool: String,
    /// Its files.
    pub(crate) files: std::collections::BTreeSet<String>,
}

/// All agents.
pub(crate) struct Agents {
    standing: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Standing>>>>,
    shown: Mutex<BTreeMap<String, Standing>>,
    lines: SyncSender<Delivery>,
    clock: Clock,
}

impl Agents {
    /// With what the ledger holds of each.
    pub(crate) fn new(have: BTreeMap<String, u64>, lines: SyncSender<Delivery>, clock: Clock) -> Self {
        let standing = have.into_iter().map(|(name, have)| {
            (name, Arc::new(tokio::sync::Mutex::new(Standing { have, ..Standing::default() })))
        });
        Self { standing: Mutex::new(standing.collect()), shown: Mutex::default(), lines, clock }
    }

    fn of(&self, name: &str) -> Arc<tokio::sync::Mutex<Standing>> {
        Arc::clone(super::held(&self.standing).entry(name.to_owned()).or_default())
    }

    fn show(&self, name: &str, standing: &Standing) {
        super::held(&self.shown).insert(name.to_owned(), standing.clone());
    }

    /// How each agent that was heard stands.
    pub(crate) fn heard(&self) -> BTreeMap<String, Standing> {
        super::held(&self.shown).clone()
    }
}

/// Listens for agents.
pub(crate) async fn listen(
    settings: &config::Agents,
    data: &Path,
    store: Arc<Store>,
    agents: Arc<Agents>,
) -> anyhow::Result<()> {
    let authority = Authority::open(data)?;
    let files = config::Tls {
        listen: settings.listen,
        certificate: authority.server_certificate(),
        key: authority.server_key(),
        clients: Some(authority.certificate()),
    };
    let acceptor = TlsAcceptor::from(tls::server(&files)?);
    let address: SocketAddr = settings.listen;
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    tokio::spawn(async move {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let Ok((stream, peer)) = listener.accept().await else {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            };
            let (acceptor, store, agents) = (acceptor.clone(), Arc::clone(&store), Arc::clone(&agents));
            tokio::spawn(async move {
                if let Some(stream) = tls::accept(&acceptor, stream, peer).await {
                    session::run(stream, peer, store, agents).await;
                }
                drop(place);
            });
        }
    });
    Ok(())
}

/// Number of the last record of each agent that the ledger holds: the line numbers of its runs are those numbers.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) fn have(reader: &mut Reader) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut last: BTreeMap<u32, (LedgerIndex, Option<(LedgerIndex, u32)>)> = BTreeMap::new();
    let kind = crate::live::Way::Agent.name();
    for item in reader.entries() {
        let (index, entry) = item?;
        if entry.kind == EntryKind::StreamOpen {
            let body: serde_json::Value = serde_json::from_slice(&entry.body).unwrap_or_default();
            if body.get("type").and_then(serde_json::Value::as_str) == Some(kind) {
                last.insert(entry.stream, (index, None));
            }
        } else if entry.kind == EntryKind::Event
            && entry.form == Form::Run
            && let Some(known) = last.get_mut(&entry.stream)
        {
            known.1 = Some((index, u32::from(entry.part_count.saturating_sub(2))));
        }
    }
    let mut have: BTreeMap<String, u64> = BTreeMap::new();
    for (opened, run) in last.into_values() {
        let Some((index, record)) = run else { continue };
        let name = reader.record(Citation { index: opened, record: 0 })?;
        let name: serde_json::Value = serde_json::from_slice(&name.bytes).unwrap_or_default();
        let name = name.get("name").and_then(serde_json::Value::as_str).unwrap_or_default();
        let Some((agent, _)) = name.split_once(':') else { continue };
        let line = reader.record(Citation { index, record })?.line;
        let most = have.entry(agent.to_owned()).or_default();
        *most = line.max(*most);
    }
    Ok(have)
}
