//! Two lists of logins, compared with each other (primitive `match_pairs` of detection.md 5.3).

use crate::activity::Stream;
use crate::attempts::account_id;
use crate::findings::Mark;
use crate::signal::Signal;
use compact_str::CompactString;
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use vocab::{AccountRole, AccountSeen, Finding, Flags, Timestamp};

/// The edges of the period that both cover are left out, microseconds.
const EDGE_MICROS: i64 = 60 * Timestamp::SECOND;
/// Bytes of a name that utmp records hold.
const NAME_BYTES: usize = 32;

/// A login or a failure in one of the lists.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) time: Timestamp,
    pub(crate) account: u64,
    pub(crate) name: CompactString,
    pub(crate) host: CompactString,
    pub(crate) source: u32,
    pub(crate) src: Option<IpAddr>,
    pub(crate) session: u64,
    pub(crate) pid: Option<u32>,
    pub(crate) mark: Mark,
}

/// Adds the account of a login to a finding.
pub(crate) fn entered_account(finding: &mut Finding, entry: &Entry) {
    if let Some(seen) = finding.accounts.iter_mut().find(|seen| seen.name == entry.name.as_str()) {
        seen.last = seen.last.max(entry.time);
        seen.attempts += 1;
        seen.successes += 1;
        return;
    }
    finding.account_count += 1;
    finding.accounts.push(AccountSeen {
        name: entry.name.as_str().into(),
        realm: CompactString::default(),
        host: entry.host.as_str().into(),
        service: "sshd".into(),
        role: AccountRole::Entered,
        known: Some(true),
        privileged: entry.name == "root",
        first: entry.time,
        last: entry.time,
        attempts: 1,
        successes: 1,
        entry: Some(entry.mark.citation),
        entry_source: entry.src,
    });
}

/// The period that both lists cover: that of their files where it is known, else that of the entries themselves.
pub(crate) fn covered(
    left: &[&Entry],
    right: &[&Entry],
    streams: &[Stream],
) -> Option<(Timestamp, Timestamp)> {
    let span = |list: &[&Entry]| {
        let mut from = list.iter().map(|entry| entry.time).min()?;
        let mut to = list.iter().map(|entry| entry.time).max()?;
        let mut sources: Vec<u32> = list.iter().map(|entry| entry.source).collect();
        sources.sort_unstable();
        sources.dedup();
        for stream in streams.iter().filter(|stream| sources.binary_search(&stream.source).is_ok()) {
            from = from.min(stream.first.time);
            to = to.max(stream.last.time);
        }
        Some((from, to))
    };
    let ((a, b), (c, d)) = (span(left)?, span(right)?);
    let (from, to) = (a.max(c).plus(EDGE_MICROS), b.min(d).plus(-EDGE_MICROS));
    (from < to).then_some((from, to))
}

pub(crate) fn hosts(list: &[Entry]) -> Vec<CompactString> {
    let mut hosts: Vec<CompactString> = list.iter().map(|entry| entry.host.clone()).collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

pub(crate) fn parties(list: &[Entry]) -> Vec<(CompactString, u32)> {
    let mut parties: Vec<(CompactString, u32)> =
        list.iter().map(|entry| (entry.host.clone(), entry.source)).collect();
    parties.sort();
    parties.dedup();
    parties.truncate(256);
    parties
}

/// Entries of the left list without a partner of the same account: one close in time, or one of the same process or
/// source that is farther off, as clocks of two sources may be. Each partner serves once.
pub(crate) fn unmatched<'a>(
    left: &[&'a Entry],
    right: &[&Entry],
    (within, within_session): (i64, i64),
) -> Vec<&'a Entry> {
    let mut partners = Partners::default();
    for entry in right {
        let partner = Partner { time: entry.time, pid: entry.pid, src: entry.src, taken: false };
        partners.0.entry(entry.account).or_default().push(partner);
    }
    for list in partners.0.values_mut() {
        list.sort_by_key(|partner| partner.time);
    }
    let close: Vec<&'a Entry> =
        left.iter().filter(|entry| !partners.take(entry, within, |_, _| true)).copied().collect();
    let same = |pid: Option<u32>, src: Option<IpAddr>, entry: &Entry| {
        pid.is_some() && pid == entry.pid || src.is_some() && src == entry.src
    };
    close
        .into_iter()
        .filter(|entry| !partners.take(entry, within_session, |pid, src| same(pid, src, entry)))
        .collect()
}

/// A login of the other list.
struct Partner {
    time: Timestamp,
    pid: Option<u32>,
    src: Option<IpAddr>,
    taken: bool,
}

/// The logins of the other list by account, in order of time.
#[derive(Default)]
struct Partners(FxHashMap<u64, Vec<Partner>>);

impl Partners {
    /// Takes the first free partner in time that `fits`.
    fn take(
        &mut self,
        entry: &Entry,
        within: i64,
        fits: impl Fn(Option<u32>, Option<IpAddr>) -> bool,
    ) -> bool {
        let Some(list) = self.0.get_mut(&entry.account) else { return false };
        let start = list.partition_point(|partner| entry.time.since(partner.time) > within);
        let partner = list
            .iter_mut()
            .skip(start)
            .take_while(|partner| partner.time.since(entry.time) <= within)
            .find(|partner| !partner.taken && fits(partner.pid, partner.src));
        match partner {
            Some(partner) => {
                partner.taken = true;
                true
            }
            None => false,
        }
    }
}

pub(crate) fn entry(signal: &Signal) -> Entry {
    Entry {
        time: signal.order.time,
        account: account_id(super::command::cut(&signal.account, NAME_BYTES)),
        name: signal.account.clone(),
        host: signal.host.clone(),
        source: signal.order.source,
        src: signal.src_ip,
        session: signal.attempt,
        pid: signal.pid,
        mark: Mark {
            citation: signal.citation,
            time: signal.order.time,
            trust: signal.trust,
            ambiguous: signal.flags.has(Flags::AMBIGUOUS),
        },
    }
}
