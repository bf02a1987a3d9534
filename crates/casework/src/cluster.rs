//! Sources that work through one list together (DT-COR-14), so that their findings are one incident (row J-3).

use std::collections::BTreeMap;
use std::net::IpAddr;
use vocab::{Finding, Kind, Timestamp};

/// Names that both sources may have tried without the lists ceasing to be disjoint, as a share of the shorter list.
const SHARED_NAMES: f64 = 0.1;
/// How far the paces may lie apart, as a share of the slower one. The records of a finding give its mean pace only.
const PACE: f64 = 0.25;
/// Parts of one attack begin and end within this time of each other, microseconds.
const TOGETHER: i64 = 2 * Timestamp::MINUTE;
/// Fewer tries than this have no pace.
const TRIES_MIN: u64 = 8;

/// Is it an attack on many accounts, whose list several sources may share out among themselves?
pub(crate) fn works_through_a_list(kind: Kind) -> bool {
    matches!(kind, Kind::CredentialStuffing | Kind::PasswordSpraying | Kind::DictionaryAttack)
}

/// What two findings are compared by, made once for each: there may be thousands.
pub(crate) struct Shape<'f> {
    finding: &'f Finding,
    /// Networks of its sources, sorted.
    nets: Vec<u128>,
    /// Numbers of its accounts' names, sorted.
    names: Vec<u32>,
    pace: Option<f64>,
}

/// The shapes of findings, in their order. Names are compared without regard to case.
pub(crate) fn shapes<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<Shape<'f>> {
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    let mut shape = |finding: &'f Finding| {
        let mut nets: Vec<u128> = finding.sources.iter().map(|source| net(source.ip)).collect();
        let mut names: Vec<u32> = Vec::with_capacity(finding.accounts.len());
        for account in &finding.accounts {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            names.push(*numbers.entry(account.name.as_str().to_lowercase()).or_insert(next));
        }
        names.sort_unstable();
        names.dedup();
        nets.sort_unstable();
        nets.dedup();
        Shape { finding, nets, names, pace: pace(finding) }
    };
    findings.map(&mut shape).collect()
}

/// Do two findings about different sources belong to one cluster?
///
/// Two signs must agree within an hour: the same network, accounts that do not overlap, the same pace at the same target.
/// The class of a part depends on which names fell to it; parts of different classes must also begin and end together.
pub(crate) fn one_cluster(a: &Shape<'_>, b: &Shape<'_>) -> bool {
    let (one, other) = (a.finding, b.finding);
    let near =
        one.first.since(other.last) <= Timestamp::HOUR && other.first.since(one.last) <= Timestamp::HOUR;
    if !near || one.hosts != other.hosts || one.service != other.service {
        return false;
    }
    if one.kind != other.kind {
        return together(one, other) && same_pace(a.pace, b.pace) && disjoint(&a.names, &b.names);
    }
    let net = common(&a.nets, &b.nets, 1) > 0;
    let pace = same_pace(a.pace, b.pace);
    match (net, pace) {
        (true, true) => true,
        (false, false) => false,
        _ => disjoint(&a.names, &b.names),
    }
}

fn together(a: &Finding, b: &Finding) -> bool {
    let close = |a: Timestamp, b: Timestamp| a.since(b).abs() <= TOGETHER;
    close(a.first, b.first) && close(a.last, b.last)
}

/// IPv4 /24 or IPv6 /56. The two cannot meet: a /56 has 56 bits, the mark of IPv4 stands above them.
fn net(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => 1 << 64 | u128::from(u32::from(ip) >> 8),
        IpAddr::V6(ip) => u128::from(ip) >> 72,
    }
}

/// How many members two sorted lists have in common; counting ends at `enough`.
fn common<T: Ord>(a: &[T], b: &[T], enough: usize) -> usize {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut count = 0;
    while let (Some(left), Some(right)) = (a.peek(), b.peek()) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                count += 1;
                if count >= enough {
                    break;
                }
                a.next();
                b.next();
            }
        }
    }
    count
}

fn disjoint(a: &[u32], b: &[u32]) -> bool {
    let shorter = a.len().min(b.len());
    shorter > 1 && ratio(common(a, b, usize::MAX), shorter) <= SHARED_NAMES
}

fn same_pace(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= PACE * a.max(b),
        _ => false,
    }
}

/// Mean gap between two tries, seconds.
#[expect(clippy::cast_precision_loss, reason = "durations and counts stay far below 2^53")]
fn pace(finding: &Finding) -> Option<f64> {
    let gaps = finding.attempts.checked_sub(1).filter(|_| finding.attempts >= TRIES_MIN)?;
    Some(finding.last.since(finding.first) as f64 / Timestamp::SECOND as f64 / gaps as f64)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of names stay far below 2^53")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_24_and_56_bits_wide() {
        let of = |text: &str| net(text.parse().expect("an address"));
        assert_eq!(of("192.0.2.1"), of("192.0.2.200"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        assert_eq!(of("2001:db8:0:ff::1"), of("2001:db8:0:1::9"));
        assert_ne!(of("2001:db8:0:ff::1"), of("2001:db8:0:100::1"));
        assert_ne!(of("0.0.1.0"), of("0:0:0:100::"));
    }

    #[test]
    fn common_members_are_counted() {
        assert_eq!(common(&[1, 3, 5, 9], &[2, 3, 4, 5], usize::MAX), 2);
        assert_eq!(common(&[1, 3, 5, 9], &[2, 3, 4, 5], 1), 1);
        assert_eq!(common::<u32>(&[], &[1], 1), 0);
    }
}
