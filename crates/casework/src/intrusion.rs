//! Row J-7 of detection.md 7.1: what somebody did on one computer, where the way in is not known.

use crate::group::{DAY, HOUR, is_effect};
use std::collections::BTreeMap;
use std::net::IpAddr;
use vocab::{Finding, Kind, Level, Stage, Timestamp};

/// Grave signs that a faint one is compared with.
const LOOKED_AT_MAX: usize = 256;

/// Joins the places of findings that belong together; the findings stand in order of their first record.
pub(crate) fn link(order: &[&Finding], join: &mut impl FnMut(usize, usize)) {
    grave_and_near(order, join);
    faint(order, join);
}

/// Effects and movement whose way in is not known belong together where they
/// follow each other closely: within a day when one of the two is grave, else within an hour.
fn grave_and_near(order: &[&Finding], join: &mut impl FnMut(usize, usize)) {
    let mut open: BTreeMap<String, Open> = BTreeMap::new();
    for (at, finding) in order.iter().enumerate().filter(|(_, finding)| finding.level >= Level::Medium) {
        if !is_sign(finding) {
            continue;
        }
        let grave = finding.level >= Level::High;
        for host in &finding.hosts {
            let open = open.entry(first_label(host)).or_default();
            let near = |former: Option<(usize, Timestamp)>, within: i64| {
                former.filter(|(_, until)| finding.first.since(*until) <= within)
            };
            let links = [near(open.any, if grave { DAY } else { HOUR }), near(open.grave, DAY)];
            links.into_iter().flatten().for_each(|(former, _)| join(former, at));
            let later = |old: Option<(usize, Timestamp)>| {
                Some(old.filter(|(_, until)| *until > finding.last).unwrap_or((at, finding.last)))
            };
            open.any = later(open.any);
            if grave {
                open.grave = later(open.grave);
            }
        }
    }
}

/// A faint sign, of level low, goes to the grave one nearest before it, else after it, within the hour. It joins
/// no two others: what administrators do every day must not make one incident of all.
fn faint(order: &[&Finding], join: &mut impl FnMut(usize, usize)) {
    let mut grave: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let places = || order.iter().enumerate().filter(|(_, finding)| is_sign(finding));
    for (at, finding) in places().filter(|(_, finding)| finding.level >= Level::High) {
        finding.hosts.iter().for_each(|host| grave.entry(first_label(host)).or_default().push(at));
    }
    for (at, faint) in places().filter(|(_, finding)| finding.level == Level::Low) {
        let known = faint.hosts.iter().find_map(|host| grave.get(&first_label(host)));
        let known = known.map(Vec::as_slice).unwrap_or_default();
        let near = |place: &&usize| faint.first.since(order[**place].last) <= HOUR;
        // They stand in order of their first record.
        let begun = known.partition_point(|place| order[*place].first <= faint.first);
        let (earlier, later) = known.split_at(begun);
        let before = earlier.iter().rev().take(LOOKED_AT_MAX).find(near);
        let soon = |place: &&usize| order[**place].first.since(faint.last) <= HOUR;
        let first = later.first().filter(soon);
        if let Some(place) = before.or(first) {
            join(*place, at);
        }
    }
}

/// Is it a sign of somebody at work on a computer? Tries against a service from outside are none.
fn is_sign(finding: &Finding) -> bool {
    let inside = match finding.kind {
        Kind::PrivilegeMisuse | Kind::LateralMovement => true,
        Kind::AuthenticationBypass | Kind::CodeExecution => finding.effect,
        _ => is_effect(finding),
    };
    inside && !finding.only_ambiguous && finding.stage != Stage::Context
}

/// Latest signs on a computer, and when they end.
#[derive(Debug, Default)]
struct Open {
    any: Option<(usize, Timestamp)>,
    grave: Option<(usize, Timestamp)>,
}

/// First label of the name of a computer, in lower case: logs of Windows name it with and without its domain.
fn first_label(host: &str) -> String {
    if host.parse::<IpAddr>().is_ok() {
        return host.to_owned();
    }
    host.split('.').next().unwrap_or(host).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::first_label;

    #[test]
    fn a_computer_has_one_name() {
        assert_eq!(first_label("PC1.example.co.jp"), first_label("pc1"));
        assert_ne!(first_label("10.0.0.5"), first_label("10.0.0.6"));
    }
}
