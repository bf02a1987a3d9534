//! `sekisho detect`: raw rule matches as JSON lines (DT-EVT-14).

use crate::cli::Detect;
use crate::clock::Clock;
use crate::inputs::{self, Prepared};
use crate::pipeline::{self, Job, Places};
use crate::progress::Progress;
use anyhow::Context as _;
use detect::rule::{Body, RuleSet};
use detect::{Front, RawMatch};
use serde_json::{Map, Value, json};
use std::io::{BufWriter, Write};
use vocab::{Event, Finding, Flags, Level};

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
    let mut failed = None;
    let mut worst = None;
    let mut matches: Vec<RawMatch> = Vec::new();
    let mut each = |event: &Event<'_>, front: &mut Front| {
        front.raw(event, &mut matches);
        for found in matches.drain(..) {
            let Some((level, line)) = single(&rules, event, found) else { continue };
            worst = worst.max(Some(level));
            if failed.is_none()
                && let Err(error) = writeln!(out, "{line}")
            {
                failed = Some(error);
            }
        }
    };
    let mut places = Places::default();
    let progress = Progress::hidden();
    let outcome = pipeline::run(Job {
        plan,
        settings: &settings,
        rules: &rules,
        context: &context,
        keep: &mut places,
        each: Some(&mut each),
        progress: &progress,
    })?;
    if let Some(error) = failed {
        return Err(error).context("cannot write to standard output");
    }
    for finding in outcome.findings.iter().filter(|finding| is_correlation(&rules, finding)) {
        worst = worst.max(Some(finding.level));
        writeln!(out, "{}", correlation(finding, &places)).context("cannot write to standard output")?;
    }
    out.flush().context("cannot write to standard output")?;
    super::tell_unread(&outcome.unread);
    Ok(super::exit_code(worst, args.fail_on))
}

/// A rule that matched one record.
fn single(rules: &RuleSet, event: &Event<'_>, found: RawMatch) -> Option<(Level, Value)> {
    let rule = rules.get(found.rule)?;
    let fields: Map<String, Value> =
        found.fields.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    let line = json!({
        "rule_id": rule.meta.reference.id,
        "title": rule.meta.reference.title,
        "level": rule.meta.level,
        "file": event.origin.file,
        "record": event.origin.line,
        "offset": event.origin.offset,
        "time": event.time,
        "fields": fields,
        "kind": rule.kind(),
        "tags": rule.meta.tags,
        "ambiguous": event.flags.has(Flags::AMBIGUOUS),
        "schema_version": crate::report::SCHEMA_VERSION,
    });
    Some((rule.meta.level, line))
}

/// Findings of rules on single records were printed record by record.
fn is_correlation(rules: &RuleSet, finding: &Finding) -> bool {
    let sigma = |(_, rule): (_, &detect::rule::Rule)| {
        rule.meta.reference.id == finding.rule.id && matches!(rule.body, Body::Sigma(_))
    };
    !rules.iter().any(sigma)
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
