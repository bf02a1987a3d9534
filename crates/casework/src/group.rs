//! Which findings belong together (DT-INC-01, DT-INC-02).
//!
//! Links hold between findings, not between a finding and everything that an incident has gathered so far: a source that
//! entered must not drag every other source of the same noisy day into the incident.

use std::collections::BTreeMap;
use std::net::IpAddr;
use vocab::{AccountRole, Category, Finding, Kind, Level, Stage, Timestamp};

pub(crate) const HOUR: i64 = Timestamp::HOUR;
pub(crate) const DAY: i64 = Timestamp::DAY;
/// So many earlier findings are compared when clusters are looked for.
const CLUSTER_LOOK_BACK: usize = 256;

/// Groups of findings in order of their first record; each group is sorted by first record.
pub(crate) fn components(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut order: Vec<&Finding> = findings.iter().collect();
    order.sort_by(|a, b| (a.first, a.last, &a.id).cmp(&(b.first, b.last, &b.id)));
    let mut sets = Sets::new(order.len());
    link_by_keys(&order, &mut sets);
    link_clusters(&order, &mut sets);
    link_effects(&order, &mut sets);
    crate::intrusion::link(&order, &mut |a, b| sets.join(a, b));
    let mut groups: BTreeMap<usize, Vec<&Finding>> = BTreeMap::new();
    for (at, finding) in order.iter().enumerate() {
        groups.entry(sets.find(at)).or_default().push(finding);
    }
    let mut out: Vec<Vec<&Finding>> = Vec::new();
    let mut noise: BTreeMap<(Kind, String, i64), usize> = BTreeMap::new();
    for group in groups.into_values() {
        let top = group.iter().map(|finding| finding.level).max().unwrap_or_default();
        // What only raises others makes no incident of its own while it is low.
        let context = top == Level::Low && group.iter().all(|finding| finding.stage == Stage::Context);
        if top == Level::Informational || context {
            continue;
        }
        match background_key(&group) {
            Some(key) => match noise.get(&key) {
                Some(&at) => out[at].extend(group),
                None => {
                    noise.insert(key, out.len());
                    out.push(group);
                }
            },
            None => out.push(group),
        }
    }
    out.iter_mut().for_each(|group| in_order(group));
    out
}

/// Puts the findings of a group in order of their first record.
pub(crate) fn in_order(group: &mut [&Finding]) {
    group.sort_by(|a, b| (a.first, a.last, &a.id).cmp(&(b.first, b.last, &b.id)));
}

/// Is this finding an act that succeeded or had an effect?
pub(crate) fn succeeded(finding: &Finding) -> bool {
    finding.effect
        || (finding.successes > 0 && finding.stage != Stage::Context && finding.level > Level::Informational)
}

/// A group of mere attempts: its class, host and day (UTC day of the first record).
fn background_key(group: &[&Finding]) -> Option<(Kind, String, i64)> {
    let mere = |finding: &&Finding| {
        !succeeded(finding)
            && matches!(finding.category, Category::Attempt | Category::OutOfScope)
            && matches!(finding.stage, Stage::Attempt | Stage::Recon | Stage::Context)
    };
    if !group.iter().all(mere) {
        return None;
    }
    let leader = leader(group)?;
    let host = leader.hosts.first().cloned().unwrap_or_default();
    let first = group.iter().map(|finding| finding.first).min()?;
    Some((leader.kind, host, first.0.div_euclid(DAY)))
}

/// The finding that gives a group without an entry its class: highest level, then earlier stage, then first record.
pub(crate) fn leader<'a>(group: &[&'a Finding]) -> Option<&'a Finding> {
    group
        .iter()
        .copied()
        .min_by(|a, b| (b.level, a.stage, a.first, &a.id).cmp(&(a.level, b.stage, b.first, &b.id)))
}

/// What a finding can be linked by: a row of detection.md 7.1 and its values.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Link<'f> {
    /// J-1: login session.
    Session(u64),
    /// J-2: computer or domain, and account that did something.
    Account(&'f str, String),
    /// J-2: the same, for an account of which only acts are known.
    Used(&'f str, String),
    /// J-3: source and computer.
    Source(IpAddr, &'f str),
    /// J-4: source and class.
    Class(IpAddr, &'static str),
    /// J-6: artefact, with its computer where it says nothing about another one.
    Artefact(&'f str, &'f str),
}

impl Link<'_> {
    /// Silence after which it links no longer, microseconds.
    const fn within(&self) -> i64 {
        match self {
            Self::Session(_) | Self::Source(..) | Self::Used(..) => DAY,
            Self::Class(..) => HOUR,
            Self::Account(..) => 7 * DAY,
            Self::Artefact(..) => 30 * DAY,
        }
    }
}

/// Rows J-1, J-2, J-3, J-4 and J-6: findings that share a key and follow each other closely enough.
fn link_by_keys(order: &[&Finding], sets: &mut Sets) {
    let mut all: Vec<(Link<'_>, usize)> = Vec::new();
    for (at, finding) in order.iter().enumerate() {
        links(finding, &mut |link| all.push((link, at)));
    }
    all.sort_unstable();
    for members in all.chunk_by(|(a, _), (b, _)| a == b) {
        let mut reach: Option<(usize, Timestamp)> = None;
        for (link, at) in members {
            let finding = order[*at];
            match reach {
                Some((former, until)) if finding.first.since(until) <= link.within() => {
                    sets.join(former, *at);
                    reach = Some((*at, until.max(finding.last)));
                }
                _ => reach = Some((*at, finding.last)),
            }
        }
    }
}

/// The keys by which a finding can be linked.
fn links<'f>(finding: &'f Finding, add: &mut impl FnMut(Link<'f>)) {
    finding.sessions.iter().for_each(|session| add(Link::Session(*session)));
    for account in &finding.accounts {
        let acts = account.successes > 0
            || matches!(account.role, AccountRole::Entered | AccountRole::Changed | AccountRole::Created);
        let used = account.role == AccountRole::Used && finding.level >= Level::High;
        if !(acts || used) || finding.stage == Stage::Context {
            continue;
        }
        // The account of a domain is one account, whichever computer it is used on.
        for place in [account.host.as_str(), account.realm.as_str()] {
            let name = account.name.as_str().to_lowercase();
            if place.is_empty() {
                continue;
            }
            add(Link::Used(place, name.clone()));
            if acts {
                add(Link::Account(place, name));
            }
        }
    }
    // A source seen in passing by a finding about many (more than 64) is too weak a link.
    if finding.source_count <= 64 || succeeded(finding) {
        for source in &finding.sources {
            finding.hosts.iter().for_each(|host| add(Link::Source(source.ip, host)));
            add(Link::Class(source.ip, finding.kind.as_str()));
        }
    }
    for artefact in &finding.artefacts {
        if is_unique(artefact) {
            add(Link::Artefact("", artefact));
        } else {
            // A path or an account name says nothing about another computer: every computer has /etc/shadow.
            finding.hosts.iter().for_each(|host| add(Link::Artefact(host, artefact)));
        }
    }
}

/// Does the artefact name the same thing wherever it is seen: a key fingerprint, a file hash, an address?
fn is_unique(artefact: &str) -> bool {
    let is_hash =
        matches!(artefact.len(), 32 | 40 | 64) && artefact.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash
        || artefact.starts_with("SHA256:")
        || artefact.starts_with("MD5:")
        || artefact.parse::<IpAddr>().is_ok()
}

/// Row J-3 for clusters: sources that work through one list of names together.
fn link_clusters(order: &[&Finding], sets: &mut Sets) {
    let listed: Vec<usize> =
        (0..order.len()).filter(|&at| crate::cluster::works_through_a_list(order[at].kind)).collect();
    let shapes = crate::cluster::shapes(listed.iter().map(|&at| order[at]));
    let shaped: Vec<_> = listed.into_iter().zip(&shapes).collect();
    for (place, (at, shape)) in shaped.iter().enumerate() {
        // Findings stand in order of their beginning; only the last so many before it are looked at.
        for (former, other) in shaped.get(place.saturating_sub(CLUSTER_LOOK_BACK)..place).unwrap_or_default()
        {
            if sets.find(*former) != sets.find(*at) && crate::cluster::one_cluster(other, shape) {
                sets.join(*former, *at);
            }
        }
    }
}

/// Row J-5: an effect on a host, with an entry on that host in the seven days before.
fn link_effects(order: &[&Finding], sets: &mut Sets) {
    for (at, effect) in order.iter().enumerate().filter(|(_, finding)| is_effect(finding)) {
        let entry = order.iter().enumerate().rev().find(|(_, entry)| {
            !is_effect(entry)
                && succeeded(entry)
                && entry.first <= effect.last
                && effect.first.since(entry.last) <= 7 * DAY
                && entry.hosts.iter().any(|host| effect.hosts.contains(host))
        });
        if let Some((cause, _)) = entry {
            sets.join(cause, at);
        }
    }
}

/// Classes whose findings are consequences on a host: K-22 to K-35 and K-45.
pub(crate) fn is_effect(finding: &Finding) -> bool {
    matches!(finding.kind.number(), 22..=35 | 45)
}

/// Disjoint sets.
struct Sets(Vec<usize>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn find(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    /// The earlier finding stays the root, so that the order of groups is the order of their first findings.
    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::is_unique;

    #[test]
    fn only_fingerprints_hashes_and_addresses_link_computers() {
        assert!(is_unique("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"));
        assert!(is_unique("d41d8cd98f00b204e9800998ecf8427e"));
        assert!(is_unique("2001:db8::7"));
        assert!(!is_unique("/etc/shadow"));
        assert!(!is_unique("sysupd"));
    }
}
