//! Who went from where to where, for the picture in the report.

use super::Sorted;
use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use vocab::{Finding, Level};
use web::report::{Edge, Graph};

/// Ways in the picture.
const EDGES_MAX: usize = 60;

/// The ways that accounts took between computers: every success from another computer, those that findings speak of
/// first. Accounts of computers and the anonymous one are left out.
pub(crate) fn graph(sorted: &Sorted<'_>, findings: &[Finding]) -> Graph {
    let mut edges: BTreeMap<[&str; 3], Edge> = BTreeMap::new();
    for (logon, count) in &sorted.logons {
        if count.good == 0
            || logon.host.is_empty()
            || !is_elsewhere(&logon.source, &logon.host)
            || is_machine(&logon.account)
        {
            continue;
        }
        let key = [&*logon.source, &*logon.account, &*logon.host];
        let edge = edges.entry(key).or_insert_with(|| Edge {
            source: logon.source.to_string(),
            account: logon.account.to_string(),
            host: logon.host.to_string(),
            ..Edge::default()
        });
        edge.successes += count.good;
        edge.failures += count.bad;
        edge.first = edge.first.into_iter().chain(count.first).min();
        edge.last = edge.last.into_iter().chain(count.last).max();
        if !edge.kinds.iter().any(|kind| *kind == logon.kind) {
            edge.kinds.push(logon.kind.to_string());
        }
    }
    let suspects = Suspects::of(findings);
    let mut edges: Vec<Edge> = edges.into_values().collect();
    for edge in &mut edges {
        edge.suspected = suspects.hold(edge);
    }
    // One account on many computers is more telling than one way often taken.
    let mut reach: BTreeMap<&str, usize> = BTreeMap::new();
    for edge in &edges {
        *reach.entry(edge.account.as_str()).or_default() += 1;
    }
    let reach: Vec<usize> =
        edges.iter().map(|edge| reach.get(edge.account.as_str()).copied().unwrap_or(0)).collect();
    let mut ranked: Vec<(usize, Edge)> = reach.into_iter().zip(edges).collect();
    ranked.sort_by(|(a, one), (b, two)| {
        let key = |reach: &usize, edge: &Edge| (edge.suspected, *reach, edge.successes);
        key(b, two)
            .cmp(&key(a, one))
            .then_with(|| (&one.source, &one.account, &one.host).cmp(&(&two.source, &two.account, &two.host)))
    });
    let more = ranked.len().saturating_sub(EDGES_MAX);
    let edges = ranked.into_iter().take(EDGES_MAX).map(|(_, edge)| edge).collect();
    Graph { edges, more }
}

/// Does the source name another computer?
fn is_elsewhere(source: &str, host: &str) -> bool {
    if let Ok(ip) = source.parse::<IpAddr>() {
        return !ip.is_loopback() && !ip.is_unspecified();
    }
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
    !source.is_empty() && short(source) != short(host)
}

/// Accounts of computers, and those that nobody logs on with.
fn is_machine(account: &str) -> bool {
    let name = bare(account);
    name.ends_with('$') || name.eq_ignore_ascii_case("ANONYMOUS LOGON")
}

/// Accounts and sources that grave findings speak of, with the computers that the findings name.
#[derive(Default)]
struct Suspects {
    /// Computer and account, in lower case.
    accounts: HashSet<(String, String)>,
    /// Computer in lower case, and source.
    sources: HashSet<(String, IpAddr)>,
}

impl Suspects {
    fn of(findings: &[Finding]) -> Self {
        let mut all = Self::default();
        for finding in findings.iter().filter(|finding| finding.level >= Level::Medium) {
            for host in finding.hosts.iter().map(|host| host.to_ascii_lowercase()) {
                let named = finding.accounts.iter().map(|seen| bare(&seen.name));
                let keyed =
                    finding.key.iter().filter(|(part, _)| part == "account").map(|(_, value)| &**value);
                all.accounts.extend(named.chain(keyed).map(|name| (host.clone(), name.to_ascii_lowercase())));
                all.sources.extend(finding.sources.iter().map(|seen| (host.clone(), seen.ip)));
            }
        }
        all
    }

    /// Does a finding speak of the account on the computer, or of the source?
    fn hold(&self, edge: &Edge) -> bool {
        let host = edge.host.to_ascii_lowercase();
        let ip = edge.source.parse::<IpAddr>().ok();
        self.accounts.contains(&(host.clone(), bare(&edge.account).to_ascii_lowercase()))
            || ip.is_some_and(|ip| self.sources.contains(&(host, ip)))
    }
}

/// The name of an account without its domain.
fn bare(account: &str) -> &str {
    account.rsplit('\\').next().unwrap_or(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_computer_and_machines_are_no_way() {
        assert!(!is_elsewhere("127.0.0.1", "FS1") && !is_elsewhere("", "FS1"));
        assert!(!is_elsewhere("fs1", "FS1.example.co.jp") && is_elsewhere("PC9", "FS1"));
        assert!(is_machine(r"EXAMPLE\PC9$") && is_machine("ANONYMOUS LOGON") && !is_machine("bob"));
    }
}
