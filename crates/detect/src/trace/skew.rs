//! Clocks of two log sources that do not agree (DT-TIM-05, DT-TIM-06; K-34): the same login stands in both, and the stamps
//! differ by always the same. A multiple of fifteen minutes is a zone that was not stated; anything else a wrong clock.
//! Nothing is corrected: the finding says by how much, and what to set.

use super::deed::Deed;
use super::pairs::{Entry, entry};
use super::rules::InForce;
use super::{Desk, Part};
use crate::attempts::stable_hash;
use crate::engine::Ctx;
use crate::findings::{Key, observed, raise};
use crate::rule::RuleSet;
use crate::signal::Signal;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use vocab::{Class, EvidenceRole, Flags, Level, Message, Outcome, Timestamp, activity};

/// Log sources that are compared with each other.
const SOURCES_MAX: usize = 64;
/// Logins kept of each.
const LOGINS_MAX: usize = 10_000;
/// Clocks are not looked for further apart than this, microseconds: zones lie at most 26 hours apart.
const APART_MAX: i64 = 26 * Timestamp::HOUR;
/// What every offset between zones is a multiple of, microseconds.
const ZONE_STEP: i64 = 15 * Timestamp::MINUTE;
/// Pairs that a finding shows.
const SHOWN: usize = 5;

/// K-34, between sources.
#[derive(Clone, Debug)]
pub(crate) struct Skew {
    rule: InForce,
    pairs_min: usize,
    spread_max: i64,
    skew_min: i64,
    sources: BTreeMap<u32, FxHashMap<u64, Seen>>,
}

/// A login, or several that cannot be told apart and pair with nothing.
#[derive(Clone, Debug)]
enum Seen {
    Once(Box<Entry>),
    Again,
}

impl Skew {
    /// The part, when its rule is in force.
    pub(crate) fn new(rules: &RuleSet) -> Option<Self> {
        let rule = InForce::find(rules, "clock_anomaly")?;
        Some(Self {
            pairs_min: rule.params.count("pairs_min", 5) as usize,
            spread_max: rule.params.duration("spread_max", 2 * Timestamp::SECOND),
            skew_min: rule.params.duration("skew_min", 10 * Timestamp::SECOND),
            sources: BTreeMap::new(),
            rule,
        })
    }

    /// Pairs of two sources, in order of the first one's time.
    fn pairs<'a>(
        one: &'a FxHashMap<u64, Seen>,
        two: &'a FxHashMap<u64, Seen>,
    ) -> Vec<(&'a Entry, &'a Entry)> {
        let mut pairs: Vec<(&Entry, &Entry)> = one
            .iter()
            .filter_map(|(key, seen)| match (seen, two.get(key)) {
                (Seen::Once(one), Some(Seen::Once(two))) => Some((&**one, &**two)),
                _ => None,
            })
            .filter(|(one, two)| one.host == two.host || one.host.is_empty() || two.host.is_empty())
            .filter(|(one, two)| two.time.since(one.time).abs() <= APART_MAX)
            .collect();
        pairs.sort_by_key(|(one, two)| (one.time, one.mark.citation, two.mark.citation));
        pairs.dedup_by_key(|(one, _)| one.mark.citation);
        pairs
    }

    /// Writes what two sources differ by.
    fn say(&self, sources: (u32, u32), pairs: &[(&Entry, &Entry)], offset: Offset, ctx: &mut Ctx) {
        let Some((first, _)) = pairs.first() else { return };
        let file = |source: u32| {
            let stream = ctx.streams.iter().find(|stream| stream.source == source);
            stream.and_then(|stream| stream.files.first().cloned()).unwrap_or_default()
        };
        let names = (file(sources.0), file(sources.1));
        let zone = offset.is_zone(self.spread_max);
        let sign = if zone { "zone" } else { "skew" };
        let key: Key = vec![
            ("host".to_owned(), first.host.to_string()),
            ("sign".to_owned(), sign.to_owned()),
            ("sources".to_owned(), format!("{} / {}", names.0, names.1)),
        ];
        let Some(finding) = ctx.findings.upsert(&ctx.rules, self.rule.index, key, first.time) else { return };
        finding.level = Level::Informational;
        if zone || offset.median.abs() >= Timestamp::MINUTE {
            raise(finding, self.rule.level);
        }
        if !first.host.is_empty() {
            finding.hosts.push(first.host.to_string());
        }
        for (one, two) in pairs.iter().take(SHOWN) {
            finding.last = finding.last.max(one.time);
            for entry in [one, two] {
                finding.evidence.push(entry.mark.record(EvidenceRole::Context));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "below 26 hours")]
        let seconds = |micros: i64| micros as f64 / Timestamp::SECOND as f64;
        finding.observed.push(observed("offset_seconds", seconds(offset.median), None));
        finding.observed.push(observed("spread_seconds", seconds(offset.spread), None));
        #[expect(clippy::cast_precision_loss, reason = "at most 10,000")]
        finding.observed.push(observed("pairs", pairs.len() as f64, Some(self.pairs_min as f64)));
        let (ahead, behind) = if offset.median < 0 { names } else { (names.1, names.0) };
        let note = Message::new(format!("trace-clock-{sign}"))
            .with("ahead", ahead)
            .with("behind", behind)
            .with("pairs", pairs.len() as u64)
            .with("offset", span(offset.median.unsigned_abs()));
        super::report::add_note(finding, note);
    }
}

/// Hours, minutes and seconds, e.g. `9:00:00`.
fn span(micros: u64) -> String {
    let seconds = (micros + 500_000) / 1_000_000;
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// By how much the second source is ahead of the first, microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Offset {
    median: i64,
    /// Median of the distances from the median.
    spread: i64,
}

impl Offset {
    fn of(pairs: &[(&Entry, &Entry)]) -> Option<Self> {
        let median = |mut values: Vec<i64>| {
            values.sort_unstable();
            values.get(values.len() / 2).copied()
        };
        let offsets: Vec<i64> = pairs.iter().map(|(one, two)| two.time.since(one.time)).collect();
        let centre = median(offsets.clone())?;
        let spread = median(offsets.into_iter().map(|offset| (offset - centre).abs()).collect())?;
        Some(Self { median: centre, spread })
    }

    /// Is it what a zone that was not stated makes (DT-TIM-06)?
    fn is_zone(self, spread_max: i64) -> bool {
        let steps = (self.median + ZONE_STEP / 2).div_euclid(ZONE_STEP);
        steps != 0 && (self.median - steps * ZONE_STEP).abs() <= spread_max && self.spread <= spread_max
    }

    /// Is it more than the scatter between two programs that write of the same?
    fn is_skew(self, skew_min: i64) -> bool {
        self.median.abs() >= skew_min && self.spread <= self.median.abs() / 4
    }
}

/// By what the same login is known in two sources: its port where both tell it, else its process.
fn keys(signal: &Signal) -> impl Iterator<Item = u64> {
    let success = signal.outcome == Outcome::Success;
    let by_port = signal.src_ip.zip(signal.src_port);
    let by_port = by_port.map(|peer| stable_hash(&("port", signal.account.as_str(), peer, success)));
    let by_process = signal.pid.filter(|_| success);
    let by_process = by_process.map(|pid| stable_hash(&("pid", signal.account.as_str(), signal.src_ip, pid)));
    by_port.into_iter().chain(by_process)
}

impl Part for Skew {
    fn see(&mut self, deed: &Deed<'_>, _desk: &mut Desk<'_>, _ctx: &mut Ctx) {
        let signal = deed.signal;
        let login = signal.class == Class::Authentication
            && signal.activity == activity::AUTH_LOGON
            && signal.src_ip.is_some()
            && (signal.grammar == "O01" || signal.parser == "wtmp")
            && !signal.flags.has(Flags::AMBIGUOUS);
        if !login {
            return;
        }
        if self.sources.len() >= SOURCES_MAX && !self.sources.contains_key(&signal.order.source) {
            return;
        }
        let logins = self.sources.entry(signal.order.source).or_default();
        for key in keys(signal) {
            if let Some(seen) = logins.get_mut(&key) {
                *seen = Seen::Again;
            } else if logins.len() < LOGINS_MAX {
                logins.insert(key, Seen::Once(Box::new(entry(signal))));
            }
        }
    }

    fn close(&mut self, _desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let sources: Vec<(&u32, &FxHashMap<u64, Seen>)> = self.sources.iter().collect();
        for (place, (one, left)) in sources.iter().enumerate() {
            for (two, right) in sources.iter().skip(place + 1) {
                let pairs = Self::pairs(left, right);
                if pairs.len() < self.pairs_min {
                    continue;
                }
                let Some(offset) = Offset::of(&pairs) else { continue };
                if offset.is_zone(self.spread_max) || offset.is_skew(self.skew_min) {
                    self.say((**one, **two), &pairs, offset, ctx);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::testing::{login, run};
    use vocab::Kind;

    /// Logins of one source, and the same in another one whose clock is `ahead` by so many seconds.
    fn twice(count: i64, ahead: i64, jitter: i64) -> Vec<Signal> {
        let mut signals = Vec::new();
        for n in 0..count {
            for second in [false, true] {
                let extra = if second { ahead + jitter * (n % 3) } else { 0 };
                let mut one = login(n * 4_000 + extra, "alice", "192.0.2.10");
                one.order.source = u32::from(second);
                one.pid = Some(1_000 + u32::try_from(n).unwrap());
                (one.grammar, one.parser) = if second { ("", "wtmp") } else { ("O01", "openssh") };
                signals.push(one);
            }
        }
        signals.sort_by_key(|signal| signal.order);
        signals
    }

    fn notes(signals: &[Signal]) -> Vec<(String, Level)> {
        let output = run(signals);
        let findings = output.findings.iter().filter(|finding| finding.kind == Kind::ClockAnomaly);
        findings.map(|one| (one.notes[0].id.clone(), one.level)).collect()
    }

    #[test]
    fn a_zone_that_was_not_stated_is_told_from_a_wrong_clock() {
        let told = |id: &str, level| vec![(id.to_owned(), level)];
        assert_eq!(notes(&twice(6, 9 * 3_600, 0)), told("trace-clock-zone", Level::Low));
        assert_eq!(notes(&twice(6, -9 * 3_600, 1)), told("trace-clock-zone", Level::Low));
        assert_eq!(notes(&twice(6, 20_700, 0)), told("trace-clock-zone", Level::Low), "Nepal");
        assert_eq!(notes(&twice(6, 400, 1)), told("trace-clock-skew", Level::Low));
        assert_eq!(notes(&twice(6, 40, 0)), told("trace-clock-skew", Level::Informational));
    }

    #[test]
    fn clocks_that_agree_and_few_pairs_say_nothing() {
        assert_eq!(notes(&twice(6, 0, 1)), []);
        assert_eq!(notes(&twice(4, 9 * 3_600, 0)), [], "five pairs are needed");
        assert_eq!(notes(&twice(6, 40, 60)), [], "scattered: no clock goes like that");
        let mut same_process = twice(6, 9 * 3_600, 0);
        same_process.iter_mut().for_each(|signal| (signal.pid, signal.src_port) = (Some(7), None));
        assert_eq!(notes(&same_process), [], "logins that cannot be told apart pair with nothing");
    }

    #[test]
    fn spans_are_printed_as_clocks_do() {
        assert_eq!((span(32_400_000_000), span(59_600_000)), ("9:00:00".to_owned(), "0:01:00".to_owned()));
    }
}
