//! Accounts, sources and hosts of an incident, gathered from its findings without counting a try twice.

use crate::group::{is_effect, succeeded};
use crate::incident::{AccountEntry, HostEntry, HostState, SourceEntry};
use std::collections::BTreeMap;
use std::net::IpAddr;
use vocab::{AccountRole, Context, Finding, Rate};

/// Accounts, entered ones first. Several findings may tell of the same tries: the largest count of each wins.
pub(crate) fn accounts(members: &[&Finding], context: &Context) -> Vec<AccountEntry> {
    let mut merged: BTreeMap<(&str, &str), AccountEntry> = BTreeMap::new();
    // A log that names no account (a form on a web page) says that somebody got in, not who.
    for seen in members.iter().flat_map(|finding| &finding.accounts).filter(|seen| !seen.name.is_empty()) {
        let key = (seen.host.as_str(), seen.name.as_str());
        let entry = merged.entry(key).or_insert_with(|| AccountEntry {
            name: seen.name.to_string(),
            host: seen.host.to_string(),
            service: seen.service.to_string(),
            state: seen.role,
            known: seen.known,
            kind: context.account(&seen.name).map(|record| record.kind),
            first: seen.first,
            last: seen.last,
            attempts: 0,
            successes: 0,
            entry: None,
            entry_source: None,
        });
        entry.state = entry.state.max(seen.role);
        entry.known = entry.known.or(seen.known);
        entry.first = entry.first.min(seen.first);
        entry.last = entry.last.max(seen.last);
        entry.attempts = entry.attempts.max(seen.attempts);
        entry.successes = entry.successes.max(seen.successes);
        if entry.entry.is_none() || (seen.entry.is_some() && seen.entry < entry.entry) {
            entry.entry = seen.entry;
            entry.entry_source = seen.entry_source;
        }
    }
    let mut accounts: Vec<AccountEntry> = merged.into_values().collect();
    accounts.sort_by(|a, b| {
        (b.state, b.successes, b.attempts, &a.host, &a.name).cmp(&(
            a.state,
            a.successes,
            a.attempts,
            &b.host,
            &b.name,
        ))
    });
    accounts
}

/// Success rate over the incident, where a finding states one (K-06): several sources of one attack try lists of their
/// own, so the accounts of all of them count. `None` without such a finding.
pub(crate) fn success_rate(members: &[&Finding], tried: u64, accounts: &[AccountEntry]) -> Option<Rate> {
    let stated: Vec<Rate> = members.iter().filter_map(|finding| finding.success_rate).collect();
    match stated.as_slice() {
        [] => None,
        [only] => Some(*only),
        _ => {
            let entered =
                accounts.iter().filter(|account| account.state == AccountRole::Entered).count() as u64;
            Some(Rate::wilson(entered, tried))
        }
    }
}

/// Sources, most successful and busiest first.
pub(crate) fn sources(members: &[&Finding]) -> Vec<SourceEntry> {
    let mut merged: BTreeMap<IpAddr, SourceEntry> = BTreeMap::new();
    for seen in members.iter().flat_map(|finding| &finding.sources) {
        let entry = merged.entry(seen.ip).or_insert_with(|| SourceEntry {
            ip: seen.ip,
            net: net(seen.ip),
            attempts: 0,
            successes: 0,
            first: seen.first,
            last: seen.last,
            trust: seen.trust,
        });
        entry.attempts = entry.attempts.max(seen.attempts);
        entry.successes = entry.successes.max(seen.successes);
        entry.first = entry.first.min(seen.first);
        entry.last = entry.last.max(seen.last);
        entry.trust = entry.trust.max(seen.trust);
    }
    let mut sources: Vec<SourceEntry> = merged.into_values().collect();
    sources.sort_by(|a, b| (b.successes, b.attempts, a.ip).cmp(&(a.successes, a.attempts, b.ip)));
    sources
}

/// Hosts; one with a success or an effect is suspected, others are targets.
pub(crate) fn hosts(members: &[&Finding], context: &Context) -> Vec<HostEntry> {
    let mut merged: BTreeMap<&str, HostEntry> = BTreeMap::new();
    for finding in members {
        let hit = succeeded(finding) || (is_effect(finding) && finding.level >= vocab::Level::High);
        for name in &finding.hosts {
            let state = if hit { HostState::Suspected } else { HostState::Target };
            let entry = merged.entry(name).or_insert_with(|| HostEntry {
                name: name.clone(),
                role: context
                    .assets
                    .iter()
                    .find(|asset| asset.host == *name)
                    .and_then(|asset| asset.role.clone()),
                state,
                first: finding.first,
                last: finding.last,
            });
            entry.state = entry.state.max(state);
            entry.first = entry.first.min(finding.first);
            entry.last = entry.last.max(finding.last);
        }
    }
    let mut hosts: Vec<HostEntry> = merged.into_values().collect();
    hosts.sort_by(|a, b| (b.state, a.first, &a.name).cmp(&(a.state, b.first, &b.name)));
    hosts
}

/// Tries over the incident: findings about the same tries overlap, so per source the largest count, summed.
pub(crate) fn attempts(members: &[&Finding], sources: &[SourceEntry]) -> u64 {
    let by_source: u64 = sources.iter().map(|source| source.attempts).sum();
    members.iter().map(|finding| finding.attempts).max().unwrap_or(0).max(by_source)
}

/// Successes over the incident, in the same manner.
pub(crate) fn successes(members: &[&Finding], accounts: &[AccountEntry]) -> u64 {
    let by_account: u64 = accounts
        .iter()
        .filter(|account| account.state == AccountRole::Entered)
        .map(|account| account.successes)
        .sum();
    members.iter().map(|finding| finding.successes).max().unwrap_or(0).max(by_account)
}

/// IPv4 /24, IPv6 /56.
fn net(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => format!("{}/56", std::net::Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 72))),
    }
}
