//! K-31 log_tampering and K-32 log_gap from the numbers of Windows records.

use super::numbers::Run;
use crate::activity::{Edge, Stream};
use crate::engine::{Ctx, Detector};
use crate::findings::{add_evidence, observed};
use crate::rule::{Params, RuleSet};
use crate::signal::{RuleIndex, Signal};
use vocab::{EvidenceRole, Finding, Message, Record, Trust};

/// Looks at the numbers when the input has ended.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    restart: Option<RuleIndex>,
    missing: Option<(RuleIndex, Params)>,
}

impl Watch {
    /// With the rules in force.
    pub(crate) fn new(rules: &RuleSet) -> Self {
        Self {
            restart: rules.native("record_numbers_restart").map(|(index, _)| index),
            missing: rules.native("record_numbers_missing").map(|(index, rule)| (index, rule.params.clone())),
        }
    }

    fn log(&self, stream: &Stream, log: &str, run: &Run, ctx: &mut Ctx) {
        if let (Some(rule), Some((before, after))) = (self.restart, run.reset) {
            let note = Message::new("windows-numbers-restart").with("log", log).with("time", after.time);
            say(rule, stream, log, (before, after), note, ("restarts", run.resets), ctx);
        }
        let Some((rule, params)) = &self.missing else { return };
        let span = run.highest.saturating_sub(run.lowest).saturating_add(1);
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = run.records as f64 / span as f64;
        // An export of chosen records lacks numbers as a matter of course.
        let whole = run.records >= u64::from(params.count("records_min", 500))
            && share >= params.number("share_min", 0.98);
        if run.missing == 0 || !whole {
            return;
        }
        if let Some(hole) = run.holes.iter().max_by_key(|hole| hole.after.0 - hole.before.0) {
            let note = Message::new("windows-numbers-missing")
                .with("log", log)
                .with("missing", run.missing)
                .with("before", hole.before.0)
                .with("after", hole.after.0);
            say(*rule, stream, log, (hole.before.1, hole.after.1), note, ("missing", run.missing), ctx);
        }
    }
}

fn say(
    rule: RuleIndex,
    stream: &Stream,
    log: &str,
    (before, after): (Edge, Edge),
    note: Message,
    (name, value): (&str, u64),
    ctx: &mut Ctx,
) {
    let key = vec![("host".to_owned(), stream.host.clone()), ("log".to_owned(), log.to_owned())];
    let Some(finding) = ctx.findings.upsert(&ctx.rules, rule, key, before.time) else { return };
    finding.last = finding.last.max(after.time);
    finding.attempts += 1;
    if !finding.hosts.contains(&stream.host) && !stream.host.is_empty() {
        finding.hosts.push(stream.host.clone());
    }
    if finding.service.is_empty() {
        log.clone_into(&mut finding.service);
    }
    for edge in [before, after] {
        evidence(finding, edge);
    }
    #[expect(clippy::cast_precision_loss, reason = "a number to be shown")]
    finding.observed.push(observed(name, value as f64, None));
    if finding.notes.len() < 8 && !finding.notes.contains(&note) {
        finding.notes.push(note);
    }
}

fn evidence(finding: &mut Finding, edge: Edge) {
    add_evidence(
        finding,
        Record {
            citation: edge.citation,
            time: Some(edge.time),
            role: EvidenceRole::Context,
            trust: Trust::Tr3,
            ambiguous: false,
            quote: None,
        },
    );
}

impl Detector for Watch {
    fn push(&mut self, _: &Signal, _: &mut Ctx) {}

    fn finish(&mut self, ctx: &mut Ctx) {
        let streams = std::mem::take(&mut ctx.streams);
        for stream in &streams {
            for (log, run) in stream.numbers.logs() {
                self.log(stream, log, run, ctx);
            }
        }
        ctx.streams = streams;
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::Engine;
    use crate::{BUILTIN, Front, RuleSet};
    use std::sync::Arc;
    use vocab::{Context, Event, Kind, Level, Timestamp, WindowsRecord};

    /// Kinds and levels that the numbers give.
    fn found(ids: impl Iterator<Item = u64>) -> Vec<(Kind, Level)> {
        let own: Vec<_> =
            BUILTIN.iter().filter(|(file, _)| file.contains("record_numbers")).copied().collect();
        let (rules, report) = RuleSet::load(&own, &[]);
        assert_eq!(report.refused, []);
        let rules = Arc::new(rules);
        let mut front = Front::new(&rules);
        for (at, record_id) in ids.enumerate() {
            let head = WindowsRecord { channel: "Security".into(), record_id, ..WindowsRecord::default() };
            let event = Event {
                time: Some(Timestamp::from_seconds(1_793_000_000 + i64::try_from(at).unwrap())),
                dst_host: Some("DC1".into()),
                windows: Some(&head),
                ..Event::default()
            };
            front.observe(&event, &mut Vec::new());
        }
        let mut engine = Engine::new(rules, Context::default(), Timestamp::from_seconds(1_900_000_000));
        engine.activity(front.take_notes().into());
        engine.finish().findings.iter().map(|finding| (finding.kind, finding.level)).collect()
    }

    /// DT-FMT-51: K-31 and K-32.
    #[test]
    fn missing_numbers_and_new_beginnings() {
        assert_eq!(found(1..=600), []);
        let cut = (1..=600).filter(|id| !(300..305).contains(id));
        assert_eq!(found(cut), [(Kind::LogGap, Level::Medium)]);
        // An export of every third record, and a short one.
        assert_eq!(found((1..=3_000).step_by(3)), []);
        assert_eq!(found((1..=100).filter(|id| *id != 50)), []);
        assert_eq!(found((9_000..9_100).chain(1..=20)), [(Kind::LogTampering, Level::High)]);
    }
}
