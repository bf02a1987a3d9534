//! Sources that work through one list together (DT-COR-14), so that their findings are one incident (row J-3).

use std::collections::BTreeSet;
use std::net::IpAddr;
use vocab::{Finding, Kind, Timestamp};

/// Names that both sources may have tried without the lists ceasing to be disjoint, as a share of the shorter list.
const SHARED_NAMES: f64 = 0.1;
/// How far the paces may lie apart, as a share of the slower one. The records of a finding give its mean pace only.
const PACE: f64 = 0.25;
/// Fewer tries than this have no pace.
const TRIES_MIN: u64 = 8;

/// Is it an attack on many accounts, whose list several sources may share out among themselves?
pub(crate) fn works_through_a_list(kind: Kind) -> bool {
    matches!(kind, Kind::CredentialStuffing | Kind::PasswordSpraying | Kind::DictionaryAttack)
}

/// Do two findings about different sources belong to one cluster?
///
/// Two signs must agree within an hour: the same network, accounts that do not overlap, the same pace at the same target.
pub(crate) fn one_cluster(a: &Finding, b: &Finding) -> bool {
    let near = a.first.since(b.last) <= Timestamp::HOUR && b.first.since(a.last) <= Timestamp::HOUR;
    if a.kind != b.kind
        || !works_through_a_list(a.kind)
        || a.hosts != b.hosts
        || a.service != b.service
        || !near
    {
        return false;
    }
    let signs = [same_net(a, b), disjoint(a, b), same_pace(a, b)];
    signs.iter().filter(|sign| **sign).count() >= 2
}

fn same_net(a: &Finding, b: &Finding) -> bool {
    let nets = |finding: &Finding| -> BTreeSet<String> {
        finding.sources.iter().map(|source| net(source.ip)).collect()
    };
    !nets(a).is_disjoint(&nets(b))
}

/// IPv4 /24 or IPv6 /56.
fn net(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => format!("{:x}", u32::from(ip) >> 8),
        IpAddr::V6(ip) => format!("{:x}:", u128::from(ip) >> 72),
    }
}

fn disjoint(a: &Finding, b: &Finding) -> bool {
    let names = |finding: &Finding| -> BTreeSet<String> {
        finding.accounts.iter().map(|account| account.name.to_lowercase()).collect()
    };
    let (a, b) = (names(a), names(b));
    let shorter = a.len().min(b.len());
    shorter > 1 && ratio(a.intersection(&b).count(), shorter) <= SHARED_NAMES
}

fn same_pace(a: &Finding, b: &Finding) -> bool {
    match (pace(a), pace(b)) {
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
    }
}
