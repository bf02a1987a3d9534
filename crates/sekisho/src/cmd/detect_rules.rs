//! `sekisho detect`: raw rule matches as JSON lines (DT-EVT-14).

use crate::cli::Detect;
use crate::clock::Clock;
use crate::inputs::{self, Prepared};
use crate::pipeline::{self, Aim, Job, Places};
use crate::progress::Progress;
use anyhow::Context as _;
use detect::RawMatch;
use detect::rule::{Body, RuleSet};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use vocab::{Event, Finding, Flags, Kind, Level, Timestamp};

/// Bytes gathered before they are written out.
const BUFFER_BYTES: usize = 1 << 16;

/// Runs the command; 3 when a match is at or above `--fail-on`. Matches of single records come in the order of reading,
/// correlations after them.
pub(crate) fn run(args: &Detect) -> anyhow::Result<u8> {
    let clock = args.reading.deterministic.map_or(Clock::System, Clock::Fixed);
    let Prepared { plan, settings, context, rules, loaded, .. } =
        inputs::prepare(&args.reading, clock, !args.only)?;
    super::warn_refused(&loaded);
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, std::io::stdout().lock());
    let worst = Worst::default();
    let write = |event: &Event<'_>, matches: &[RawMatch], lines: &mut Vec<u8>| {
        for found in matches {
            worst.see(single(&rules, event, found, lines));
        }
    };
    let mut take = |lines: &[u8]| out.write_all(lines).context("cannot write to standard output");
    let mut places = Places::default();
    let progress = Progress::hidden();
    let outcome = pipeline::run(Job {
        plan,
        settings: &settings,
        rules: &rules,
        context: &context,
        keep: &mut places,
        aim: Aim::Lines { write: &write, take: &mut take },
        progress: &progress,
        threads: args.reading.threads(),
    })?;
    let single = stateless_ids(&rules);
    for finding in outcome.findings.iter().filter(|finding| !single.contains(&*finding.rule.id)) {
        worst.see(Some(finding.level));
        writeln!(out, "{}", correlation(finding, &places)).context("cannot write to standard output")?;
    }
    out.flush().context("cannot write to standard output")?;
    super::tell_unread(&outcome.unread);
    Ok(super::exit_code(worst.level(), args.fail_on))
}

/// The gravest level that any thread saw: its place in [`Level::ALL`] and one, 0 for none.
#[derive(Default)]
struct Worst(AtomicUsize);

impl Worst {
    fn see(&self, level: Option<Level>) {
        let place = level.map_or(0, |level| 1 + Level::ALL.iter().position(|own| *own == level).unwrap_or(0));
        self.0.fetch_max(place, Ordering::Relaxed);
    }

    fn level(&self) -> Option<Level> {
        Level::ALL.get(self.0.load(Ordering::Relaxed).checked_sub(1)?).copied()
    }
}

/// A line of the output; the names are the contract (DT-EVT-14).
#[derive(Serialize)]
struct Line<'l> {
    rule_id: &'l str,
    title: &'l str,
    level: Level,
    file: &'l str,
    record: u64,
    offset: u64,
    time: Option<Timestamp>,
    #[serde(serialize_with = "as_map")]
    fields: &'l [(String, String)],
    kind: Kind,
    tags: &'l [String],
    ambiguous: bool,
    schema_version: u32,
}

/// Pairs as an object.
fn as_map<S: Serializer>(fields: &&[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(name, value)| (name, value)))
}

/// Appends the line of a rule that matched one record; gives the level.
fn single(rules: &RuleSet, event: &Event<'_>, found: &RawMatch, line: &mut Vec<u8>) -> Option<Level> {
    let rule = rules.get(found.rule)?;
    let shown = Line {
        rule_id: &rule.meta.reference.id,
        title: &rule.meta.reference.title,
        level: rule.meta.level,
        file: event.origin.file,
        record: event.origin.line,
        offset: event.origin.offset,
        time: event.time,
        fields: &found.fields,
        kind: rule.kind(),
        tags: &rule.meta.tags,
        ambiguous: event.flags.has(Flags::AMBIGUOUS),
        schema_version: crate::report::SCHEMA_VERSION,
    };
    serde_json::to_writer(&mut *line, &shown).ok()?;
    line.push(b'\n');
    Some(rule.meta.level)
}

/// Ids of rules on single records: what they find was printed record by record.
fn stateless_ids(rules: &RuleSet) -> BTreeSet<&str> {
    let stateless = rules.iter().filter(|(_, rule)| matches!(rule.body, Body::Sigma(_)));
    stateless.map(|(_, rule)| rule.meta.reference.id.as_str()).collect()
}

/// A correlation.
fn correlation(finding: &Finding, places: &Places) -> Value {
    let places: Vec<_> = finding
        .evidence
        .iter()
        .filter_map(|record| Some((places.find(record.citation)?, record.time)))
        .collect();
    let records: Vec<Value> = places
        .iter()
        .map(|((file, record), time)| json!({ "file": file, "record": record, "time": time }))
        .collect();
    let group: Map<String, Value> =
        finding.key.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
    let observed: Map<String, Value> =
        finding.observed.iter().map(|observed| (observed.name.clone(), json!(observed.value))).collect();
    let first = places.first();
    json!({
        "rule_id": finding.rule.id,
        "title": finding.rule.title,
        "level": finding.level,
        "file": first.map(|((file, _), _)| file),
        "record": first.map(|((_, record), _)| record),
        "offset": Value::Null,
        "time": finding.last,
        "fields": observed,
        "kind": finding.kind,
        "tags": [format!("sekisho.kind.{}", finding.kind.as_str())],
        "ambiguous": finding.only_ambiguous,
        "schema_version": crate::report::SCHEMA_VERSION,
        "group": group,
        "value": finding.observed.first().map(|observed| observed.value),
        "from": finding.first,
        "to": finding.last,
        "records": records,
    })
}
