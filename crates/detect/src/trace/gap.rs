//! K-32 log_gap (ログの欠落) and K-34 clock_anomaly (時刻の異常), from when each log source spoke.
//!
//! A silence is judged by the hours of the same source on its other days: how likely is it that nothing was written, when
//! each hour is taken to be silent as often as it was before? Sources that speak seldom are never judged by themselves.

use super::deed::Deed;
use super::rules::InForce;
use super::world::is_shutdown;
use super::{Desk, Part};
use crate::activity::{Edge, Stream};
use crate::engine::Ctx;
use crate::findings::{add_evidence, observed};
use crate::rule::RuleSet;
use std::collections::BTreeMap;
use vocab::{EvidenceRole, Finding, Level, Message, Record, Timestamp, Trust};

/// Findings of a stream at most.
const GAPS_MAX: usize = 50;
/// Hours of one gap that are looked at: a longer one is certain anyway.
const HOURS_MAX: i64 = 24 * 30;

/// K-32 and K-34.
#[derive(Clone, Debug)]
pub(crate) struct Gaps {
    gap: Option<InForce>,
    clock: Option<InForce>,
    min: i64,
    days_min: u32,
    events_min: u64,
    likely_max: f64,
    share_min: f64,
    others_max: usize,
    near: i64,
    step_min: i64,
    downs: Vec<(String, Timestamp)>,
}

impl Gaps {
    /// The part, with the rules in force.
    pub(crate) fn new(rules: &RuleSet) -> Option<Self> {
        let (gap, clock) = (InForce::find(rules, "log_gap"), InForce::find(rules, "clock_anomaly"));
        if gap.is_none() && clock.is_none() {
            return None;
        }
        let duration = |rule: &Option<InForce>, name: &str, fallback: i64| {
            rule.as_ref().map_or(fallback, |rule| rule.params.duration(name, fallback))
        };
        let count = |name: &str, fallback: u32| {
            gap.as_ref().map_or(fallback, |rule| rule.params.count(name, fallback))
        };
        Some(Self {
            min: duration(&gap, "silence_min", Timestamp::HOUR),
            days_min: count("days_min", 5),
            events_min: u64::from(count("events_min", 100)),
            likely_max: gap.as_ref().map_or(1e-4, |rule| rule.params.number("likely_max", 1e-4)),
            share_min: gap.as_ref().map_or(0.9, |rule| rule.params.number("share_min", 0.9)),
            others_max: count("similar_max", 2) as usize,
            near: duration(&gap, "shutdown_within", 10 * Timestamp::MINUTE),
            step_min: duration(&clock, "step_min", 60 * Timestamp::SECOND),
            downs: Vec::new(),
            gap,
            clock,
        })
    }

    /// Was the computer shut down just before the silence began?
    fn went_down(&self, host: &str, at: Timestamp) -> bool {
        self.downs.iter().any(|(own, time)| {
            (own == host || host.is_empty() || own.is_empty()) && at.since(*time).abs() <= self.near
        })
    }

    fn stream(&self, stream: &Stream, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let Some(rule) = &self.gap else { return };
        if stream.events < self.events_min {
            return;
        }
        let mut pauses: Vec<&(Edge, Edge)> =
            stream.pauses.iter().filter(|(from, to)| to.time.since(from.time) >= self.min).collect();
        if pauses.is_empty() {
            return;
        }
        let usual = Usual::of(stream);
        pauses.sort_by_key(|(from, to)| std::cmp::Reverse(to.time.since(from.time)));
        for (from, to) in pauses.iter().take(GAPS_MAX) {
            let length = to.time.since(from.time);
            let similar =
                stream.pauses.iter().filter(|(a, b)| b.time.since(a.time) * 2 >= length && a != from).count();
            if similar > self.others_max || self.went_down(&stream.host, from.time) {
                continue;
            }
            let Some(chance) = usual.silence(stream, (from.time, to.time), (self.days_min, self.share_min))
            else {
                continue;
            };
            if chance > self.likely_max {
                continue;
            }
            let grave = desk.reporter.entered_between(
                &stream.host,
                from.time.plus(-Timestamp::HOUR),
                to.time.plus(Timestamp::HOUR),
                ctx,
            );
            let level = if grave { rule.joined } else { rule.level };
            self.say(rule, stream, (*from, *to), level, usual.rate, ctx);
        }
    }

    fn say(
        &self,
        rule: &InForce,
        stream: &Stream,
        (from, to): (Edge, Edge),
        level: Level,
        rate: f64,
        ctx: &mut Ctx,
    ) {
        let name = stream.files.first().map_or("", String::as_str);
        let key = key(stream, "silence", from.time);
        let Some(finding) = ctx.findings.upsert(&ctx.rules, rule.index, key, from.time) else { return };
        finding.last = finding.last.max(to.time);
        finding.level = level;
        about(finding, stream, from, to);
        #[expect(clippy::cast_precision_loss, reason = "minutes of a silence")]
        let minutes = (to.time.since(from.time) / Timestamp::MINUTE) as f64;
        finding.observed.push(observed("silence_minutes", minutes, None));
        finding.observed.push(observed("events_per_hour", rate, None));
        let note =
            Message::new("trace-gap-silence").with("file", name).with("from", from.time).with("to", to.time);
        super::report::add_note(finding, note);
    }

    /// A number is missing in a chain of rotated files.
    fn chain(&self, stream: &Stream, ctx: &mut Ctx) {
        let Some(rule) = &self.gap else { return };
        let missing = missing_members(&stream.files);
        if missing.is_empty() {
            return;
        }
        let key = key(stream, "missing_file", stream.first.time);
        let Some(finding) = ctx.findings.upsert(&ctx.rules, rule.index, key, stream.first.time) else {
            return;
        };
        about(finding, stream, stream.first, stream.last);
        let names = missing.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let note = Message::new("trace-gap-file")
            .with("file", stream.files.first().map_or("", String::as_str))
            .with("numbers", names);
        super::report::add_note(finding, note);
    }

    fn steps(&self, stream: &Stream, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let Some(rule) = &self.clock else { return };
        for (from, to) in &stream.steps {
            let back = from.time.since(to.time);
            if back < self.step_min || desk.world.is_rebooting(&stream.host, to.time, self.near) {
                continue;
            }
            let grave = desk.reporter.entered_between(
                &stream.host,
                to.time.plus(-Timestamp::HOUR),
                from.time.plus(Timestamp::HOUR),
                ctx,
            );
            let key = key(stream, "step", to.time);
            let Some(finding) = ctx.findings.upsert(&ctx.rules, rule.index, key, to.time) else { return };
            finding.last = finding.last.max(from.time);
            finding.level = if grave { rule.joined } else { rule.level };
            about(finding, stream, *from, *to);
            #[expect(clippy::cast_precision_loss, reason = "seconds of a step")]
            let seconds = (back / Timestamp::SECOND) as f64;
            finding.observed.push(observed("step_seconds", seconds, None));
            let note = Message::new("trace-clock-step")
                .with("file", stream.files.first().map_or("", String::as_str))
                .with("from", from.time)
                .with("to", to.time);
            super::report::add_note(finding, note);
        }
    }
}

fn key(stream: &Stream, sign: &str, at: Timestamp) -> crate::findings::Key {
    vec![
        ("host".to_owned(), stream.host.clone()),
        ("source".to_owned(), stream.files.first().cloned().unwrap_or_default()),
        ("sign".to_owned(), sign.to_owned()),
        ("at".to_owned(), at.seconds().to_string()),
    ]
}

fn about(finding: &mut Finding, stream: &Stream, from: Edge, to: Edge) {
    if finding.hosts.is_empty() && !stream.host.is_empty() {
        finding.hosts.push(stream.host.clone());
    }
    for edge in [from, to] {
        add_evidence(
            finding,
            Record {
                citation: edge.citation,
                time: Some(edge.time),
                role: EvidenceRole::Boundary,
                trust: Trust::Tr1,
                ambiguous: false,
                quote: None,
            },
        );
    }
}

/// How often a source was silent in each hour of the day, over its days.
#[derive(Clone, Debug)]
struct Usual {
    /// Hour of the day (UTC) and weekend or not: days seen, days with a record.
    hours: BTreeMap<(bool, i64), (u32, u32)>,
    rate: f64,
}

impl Usual {
    fn of(stream: &Stream) -> Self {
        let (first, last) = (hour(stream.first.time), hour(stream.last.time));
        let mut hours: BTreeMap<(bool, i64), (u32, u32)> = BTreeMap::new();
        let split = last - first >= 24 * 14;
        // The first and the last hour are cut by the edges of the log.
        for at in first + 1..last.min(first + 24 * 366 * 5) {
            let slot = hours.entry((split && is_weekend(at), at.rem_euclid(24))).or_default();
            slot.0 += 1;
            slot.1 += u32::from(stream.hours.contains(at));
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of events")]
        let rate = stream.events as f64 / (last - first).max(1) as f64;
        Self { hours, rate }
    }

    /// Chance of a silence in the whole hours of the gap, over the hours that enough days tell of; `None` when the gap
    /// holds no whole hour or is none.
    fn silence(
        &self,
        stream: &Stream,
        (from, to): (Timestamp, Timestamp),
        (days_min, share_min): (u32, f64),
    ) -> Option<f64> {
        let (first, last) = (hour(from) + 1, hour(to));
        if first >= last {
            return None;
        }
        let split = hour(stream.last.time) - hour(stream.first.time) >= 24 * 14;
        let mut chance = 1.0;
        for at in first..last.min(first + HOURS_MAX) {
            if stream.hours.contains(at) {
                // A late record fell into it: no silence.
                return None;
            }
            let (days, spoke) = *self.hours.get(&(split && is_weekend(at), at.rem_euclid(24)))?;
            // The silent hour itself is not among the days it is compared with.
            let days = days.saturating_sub(1);
            if days < days_min {
                continue;
            }
            let (days, spoke) = (f64::from(days), f64::from(spoke.min(days)));
            // An hour that was silent now and then, or in which only an attack of some days spoke, says nothing.
            if spoke >= share_min * days {
                chance *= 1.0 - (spoke + 0.5) / (days + 1.0);
            }
        }
        Some(chance)
    }
}

fn hour(time: Timestamp) -> i64 {
    time.0.div_euclid(Timestamp::HOUR)
}

/// Saturday or Sunday, by days since 1970-01-01, a Thursday.
fn is_weekend(hour: i64) -> bool {
    matches!((hour.div_euclid(24) + 4).rem_euclid(7), 0 | 6)
}

/// Numbers that a chain such as `auth.log`, `auth.log.1`, `auth.log.3.gz` leaves out.
fn missing_members(files: &[String]) -> Vec<u32> {
    let mut numbers: Vec<u32> = files.iter().filter_map(|file| member(file)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let (Some(low), Some(high)) = (numbers.first(), numbers.last()) else { return Vec::new() };
    if numbers.len() < 2 || *high > 1_000 {
        return Vec::new();
    }
    (*low..*high).filter(|number| numbers.binary_search(number).is_err()).take(20).collect()
}

/// Number at the end of a rotated file's name.
fn member(file: &str) -> Option<u32> {
    let name = [".gz", ".xz", ".zst", ".bz2"].iter().find_map(|end| file.strip_suffix(end)).unwrap_or(file);
    let (_, number) = name.rsplit_once('.')?;
    number.parse().ok().filter(|_| number.len() <= 3)
}

impl Part for Gaps {
    fn see(&mut self, deed: &Deed<'_>, _desk: &mut Desk<'_>, _ctx: &mut Ctx) {
        if !deed.message.is_empty() && self.downs.len() < 10_000 && is_shutdown(deed) {
            self.downs.push((deed.signal.host.to_string(), deed.signal.order.time));
        }
    }

    fn close(&mut self, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let streams = std::mem::take(&mut ctx.streams);
        for stream in &streams {
            self.stream(stream, desk, ctx);
            self.chain(stream, ctx);
            self.steps(stream, desk, ctx);
        }
        ctx.streams = streams;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_with_a_hole() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            missing_members(&names(&["a/auth.log.4.gz", "a/auth.log.2.gz", "a/auth.log.1", "a/auth.log"])),
            [3]
        );
        assert!(missing_members(&names(&["auth.log.2.gz", "auth.log.1", "auth.log"])).is_empty());
        assert!(missing_members(&names(&["access.log-20261101", "access.log-20261108"])).is_empty());
        assert!(missing_members(&names(&["192.168.0.1", "192.168.0.9"])).len() <= 20);
    }

    #[test]
    fn weekends() {
        // 2026-11-28 is a Saturday.
        let saturday = 1_795_824_000 / 3_600;
        assert!(is_weekend(saturday) && is_weekend(saturday + 24) && !is_weekend(saturday + 48));
    }
}
