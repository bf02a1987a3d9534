//! Who went from where to where, for the picture in the report.

use super::Tally;
use std::collections::BTreeMap;
use std::net::IpAddr;
use vocab::{Finding, Level};
use web::report::{Edge, Graph};

/// Ways in the picture.
const EDGES_MAX: usize = 60;

/// The ways that accounts took between computers: every success from another computer, those that findings speak of
/// first. Accounts of computers and the anonymous one are left out.
pub(crate) fn graph(tally: &Tally, findings: &[Finding]) -> Graph {
    let mut edges: BTreeMap<(String, String, String), Edge> = BTreeMap::new();
    for (logon, count) in tally.logons.sorted() {
        if count.good == 0
            || logon.host.is_empty()
            || !is_elsewhere(&logon.source, &logon.host)
            || is_machine(&logon.account)
        {
            continue;
        }
        let key = (logon.source.clone(), logon.account.clone(), logon.host.clone());
        let edge = edges.entry(key).or_insert_with(|| Edge {
            source: logon.source.clone(),
            account: logon.account.clone(),
            host: logon.host.clone(),
            ..Edge::default()
        });
        edge.successes += count.good;
        edge.failures += count.bad;
        edge.first = edge.first.into_iter().chain(count.first).min();
        edge.last = edge.last.into_iter().chain(count.last).max();
        if !edge.kinds.contains(&logon.kind) {
            edge.kinds.push(logon.kind.clone());
        }
    }
    let grave: Vec<&Finding> = findings.iter().filter(|finding| finding.level >= Level::Medium).collect();
    let mut edges: Vec<Edge> = edges.into_values().collect();
    for edge in &mut edges {
        edge.suspected = grave.iter().any(|finding| speaks_of(finding, edge));
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
    let name = account.rsplit('\\').next().unwrap_or(account);
    name.ends_with('$') || name.eq_ignore_ascii_case("ANONYMOUS LOGON")
}

/// Does the finding speak of the account on the computer, or of the source?
fn speaks_of(finding: &Finding, edge: &Edge) -> bool {
    let name = edge.account.rsplit('\\').next().unwrap_or(&edge.account);
    let on_host = finding.hosts.iter().any(|host| host.eq_ignore_ascii_case(&edge.host));
    let account =
        finding.accounts.iter().any(|seen| {
            let own = seen.name.rsplit('\\').next().unwrap_or(&seen.name);
            own.eq_ignore_ascii_case(name)
        }) || finding.key.iter().any(|(part, value)| part == "account" && value.eq_ignore_ascii_case(name));
    let source =
        edge.source.parse::<IpAddr>().is_ok_and(|ip| finding.sources.iter().any(|seen| seen.ip == ip));
    on_host && (account || source)
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
