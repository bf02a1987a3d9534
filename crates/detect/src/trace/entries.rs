//! Logins that other detectors hold for an entry, found by session, record or account.

use super::world::Login;
use crate::attempts::account_id;
use crate::engine::Ctx;
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use vocab::{AccountRole, Citation, Kind, Level, Stage, Timestamp};

/// Entries kept.
const ENTRIES_MAX: usize = 20_000;
/// An act without a known session belongs to an entry of the same account for this long, microseconds.
const LOOSE_MICROS: i64 = Timestamp::DAY;

/// An account that was entered.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Class of the finding that says so.
    pub(crate) kind: Kind,
    /// Its level.
    pub(crate) level: Level,
    /// Account, as logged.
    pub(crate) account: String,
    /// When.
    pub(crate) time: Timestamp,
    /// Sessions of the finding.
    pub(crate) sessions: Vec<u64>,
    account_id: u64,
    host: String,
    source: Option<IpAddr>,
    citation: Option<Citation>,
}

/// All entries of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries {
    list: Vec<Entry>,
    by_account: FxHashMap<u64, Vec<usize>>,
    by_session: FxHashMap<u64, Vec<usize>>,
    by_record: FxHashMap<Citation, Vec<usize>>,
}

impl Entries {
    /// The accounts entered in findings so far that are more than informational.
    pub(crate) fn of(ctx: &Ctx) -> Self {
        let mut entries = Self::default();
        for finding in ctx.findings.iter() {
            let about_logins =
                matches!(finding.stage, Stage::Attempt | Stage::Entry | Stage::Context | Stage::Recon);
            if !about_logins || finding.level < Level::Low || finding.only_ambiguous {
                continue;
            }
            let times: FxHashMap<Citation, Timestamp> =
                finding.evidence.iter().filter_map(|record| Some((record.citation, record.time?))).collect();
            for account in finding.accounts.iter().filter(|account| account.role == AccountRole::Entered) {
                let time = account.entry.and_then(|entry| times.get(&entry).copied());
                entries.add(Entry {
                    kind: finding.kind,
                    level: finding.level,
                    account: account.name.to_string(),
                    time: time.unwrap_or(account.last),
                    sessions: finding.sessions.iter().copied().take(64).collect(),
                    account_id: account_id(&account.name),
                    host: account.host.to_string(),
                    source: account.entry_source,
                    citation: account.entry,
                });
            }
        }
        entries
    }

    fn add(&mut self, entry: Entry) {
        let place = self.list.len();
        if place >= ENTRIES_MAX {
            return;
        }
        self.by_account.entry(entry.account_id).or_default().push(place);
        for session in &entry.sessions {
            self.by_session.entry(*session).or_default().push(place);
        }
        if let Some(citation) = entry.citation {
            self.by_record.entry(citation).or_default().push(place);
        }
        self.list.push(entry);
    }

    /// The latest entry behind an act: of the same session or login record, of the same account from the same source, or,
    /// where the session of the act is unknown, of the same account within a day. `enough` says which entries count.
    pub(crate) fn behind(
        &self,
        host: &str,
        actor: &str,
        time: Timestamp,
        login: Option<&Login>,
        enough: impl Fn(&Entry) -> bool,
    ) -> Option<&Entry> {
        let account = login.map_or_else(|| account_id(actor), |login| account_id(&login.account));
        let by_account = self.by_account.get(&account).into_iter().flatten().filter(|place| {
            self.list.get(**place).is_some_and(|entry| match login {
                Some(login) => login.src.is_some() && login.src == entry.source,
                None => time.since(entry.time) <= LOOSE_MICROS,
            })
        });
        let session = login.map(|login| login.session).filter(|session| *session != 0);
        let by_session = session.and_then(|session| self.by_session.get(&session)).into_iter().flatten();
        let by_record = login.and_then(|login| self.by_record.get(&login.citation)).into_iter().flatten();
        by_account
            .chain(by_session)
            .chain(by_record)
            .filter_map(|place| self.list.get(*place))
            .filter(|entry| entry.is_on(host) && entry.time <= time && enough(entry))
            .max_by_key(|entry| entry.time)
    }

    /// Does an entry on the computer fall into that time?
    pub(crate) fn between(&self, host: &str, from: Timestamp, to: Timestamp) -> bool {
        self.list.iter().any(|entry| entry.is_on(host) && from <= entry.time && entry.time <= to)
    }
}

impl Entry {
    fn is_on(&self, host: &str) -> bool {
        self.host.is_empty() || host.is_empty() || self.host == host
    }
}
