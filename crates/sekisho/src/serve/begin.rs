//! The start: the ledger is made or opened, what it holds of the last days is gone over, and senders go on where they were.

use super::config::Config;
use super::{agents, journal};
use crate::clock::Clock;
use crate::follow;
use crate::live::{self, Settings, Watch};
use anyhow::Context as _;
use ledger::{EntryKind, Genesis, Ledger, Reader};
use std::collections::BTreeMap;
use vocab::{LedgerIndex, Timestamp};

/// Where senders go on.
#[derive(Default)]
pub(super) struct Left {
    /// Number of the last line of each agent.
    pub(super) have: BTreeMap<String, u64>,
    /// Cursor of the journal.
    pub(super) journal: Option<String>,
}

/// Opens the ledger, goes over what it holds of the last days, and begins to follow the files.
pub(super) fn begin(
    config: &Config,
    settings: Settings,
    clock: Clock,
) -> anyhow::Result<(Watch, follow::Following, Left)> {
    let (folder, secret) = (config.data.join("ledger"), config.data.join("ledger.secret"));
    let now = clock.now();
    let (mut positions, mut left) = (BTreeMap::new(), Left::default());
    let mut before = None;
    let ledger = if folder.exists() {
        crate::cmd::ledger::bring_up(&folder)?;
        let mut reader = Reader::open(&folder).context("cannot read the ledger back")?;
        // Without an online copy nothing is sealed, or a role holder has to say where the logs were left.
        let _ = reader.use_online_copy(&crate::cmd::ledger::read_secret(&secret)?);
        positions = follow::positions(&mut reader).context("cannot tell where the logs were left")?;
        left.have = agents::have(&mut reader).context("cannot tell what agents have sent")?;
        if config.journal().is_some() {
            left.journal = journal::left_at(&mut reader)?;
        }
        let last = reader.entry(LedgerIndex(reader.size().saturating_sub(1)));
        let last = last.context("cannot read the ledger back")?.received_at;
        before = Some((reader, last));
        crate::cmd::ledger::open(&folder, &secret, clock)?
    } else {
        let seed = crate::cmd::ledger::make_secret(&secret, clock)?;
        let name = hex::encode(clock.random()?.get(..8).unwrap_or_default());
        Ledger::create(&folder, Genesis { origin: format!("local/{name}"), now, seed })
            .context("cannot make the ledger")?
    };
    let mut watch = Watch::begin(ledger, settings, now)?;
    if let Some((mut reader, last)) = before {
        watch.was_down(last, now)?;
        let since = now.plus(-i64::from(config.remember_days) * Timestamp::DAY);
        let closed = live::History::default().go_on(&mut reader, since, &mut |run| {
            watch.remember(run);
            Ok(())
        })?;
        if closed > 0 {
            crate::output::say(&format!(
                "warning: {closed} sealed entries of the last days cannot be read again: they are beyond the reading window"
            ));
        }
    }
    let logs: Vec<_> = config.files.iter().map(|path| (path.display().to_string(), path.clone())).collect();
    let following = watch.begin_following(&logs, positions, now)?;
    let started = serde_json::json!({ "deed": "started", "version": env!("CARGO_PKG_VERSION") });
    watch.deed(EntryKind::Record, &started, now)?;
    Ok((watch, following, left))
}
