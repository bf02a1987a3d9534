//! `summary.json`, and the same facts for the page.

use super::SCHEMA_VERSION;
use super::json::Tongues;
use crate::pipeline::{Outcome, Sealed};
use crate::tally::Sorted;
use casework::{Answer, Incident};
use detect::rule::LoadReport;
use serde::Serialize;
use std::collections::BTreeMap;
use vocab::{Context, Finding, Kind, Level, Message, Timestamp, Value};
use web::report::{Graph, InputView, Summary, UnreadView};

/// Everything the summary speaks of.
pub(crate) struct Given<'a> {
    /// What the run gave.
    pub(crate) outcome: &'a Outcome,
    /// Its counters.
    pub(crate) sorted: &'a Sorted<'a>,
    /// Who went from where to where.
    pub(crate) ways: &'a Graph,
    /// Incidents.
    pub(crate) incidents: &'a [Incident],
    /// What became of the rules.
    pub(crate) rules: &'a LoadReport,
    /// What was known beside the logs.
    pub(crate) context: &'a Context,
    /// The ledger.
    pub(crate) ledger: &'a Sealed,
    /// When the report is made.
    pub(crate) made: Timestamp,
    /// How long it took.
    pub(crate) elapsed_seconds: f64,
    /// What was taken from the inputs without being asked for.
    pub(crate) assumed: &'a [Message],
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    program: &'static str,
    version: &'static str,
    made: Timestamp,
    answer: Answer,
    inputs: Vec<Input<'a>>,
    events: u64,
    attempts: u64,
    findings: Findings,
    incidents: usize,
    span: Option<Span>,
    elapsed_seconds: f64,
    ledger: Seal<'a>,
    rules: Rules<'a>,
    context: Known,
    unread: u64,
    unread_by_reason: BTreeMap<&'static str, u64>,
    assumptions: Vec<Message>,
    not_checked: Vec<NotChecked<'a>>,
    activity: super::activity::Document,
}

#[derive(Serialize)]
struct Input<'a> {
    path: &'a str,
    format: &'a str,
    bytes: u64,
    records: u64,
    events: u64,
    unread: u64,
}

#[derive(Serialize)]
struct Findings {
    total: usize,
    by_level: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct Span {
    from: Timestamp,
    to: Timestamp,
}

#[derive(Serialize)]
struct Seal<'a> {
    size: u64,
    root: &'a str,
    log_key: &'a str,
    /// Role holders to whom the payloads are sealed; 0: plain.
    sealed_to: usize,
}

/// How much was known beside the logs.
#[derive(Serialize)]
struct Known {
    accounts: usize,
    local_users: usize,
    assets: usize,
    networks: usize,
    repudiated: usize,
    places: bool,
}

#[derive(Serialize)]
struct Rules<'a> {
    loaded: usize,
    disabled: usize,
    refused: Vec<Refused<'a>>,
}

#[derive(Serialize)]
struct Refused<'a> {
    file: &'a str,
    line: usize,
    id: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct NotChecked<'a> {
    kind: Kind,
    reason: &'a Message,
}

/// `summary.json`.
pub(crate) fn document(given: &Given<'_>, tongues: Tongues<'_>) -> anyhow::Result<Vec<u8>> {
    let outcome = given.outcome;
    let mut unread_by_reason = BTreeMap::new();
    for (_, reason, count) in outcome.unread.counts() {
        *unread_by_reason.entry(reason.name()).or_insert(0) += count;
    }
    let refused = given.rules.refused.iter().map(|refused| Refused {
        file: &refused.file,
        line: refused.line,
        id: &refused.id,
        reason: &refused.reason,
    });
    let not_checked = outcome.not_checked.iter().map(|(kind, reason)| NotChecked { kind: *kind, reason });
    let document = Document {
        schema_version: SCHEMA_VERSION,
        program: "sekisho",
        version: env!("CARGO_PKG_VERSION"),
        made: given.made,
        answer: casework::answer(given.incidents, outcome.seen.events),
        inputs: inputs(outcome).collect(),
        events: outcome.seen.events,
        attempts: outcome.stats.attempts,
        findings: Findings { total: outcome.findings.len(), by_level: by_level(&outcome.findings) },
        incidents: given.incidents.len(),
        span: outcome.seen.span.map(|(from, to)| Span { from, to }),
        elapsed_seconds: given.elapsed_seconds,
        ledger: Seal {
            size: given.ledger.size,
            root: &given.ledger.root,
            log_key: &given.ledger.key,
            sealed_to: given.ledger.recipients,
        },
        rules: Rules {
            loaded: given.rules.loaded,
            disabled: given.rules.disabled,
            refused: refused.collect(),
        },
        context: Known {
            accounts: given.context.accounts.len(),
            local_users: given.context.local_users.len(),
            assets: given.context.assets.len(),
            networks: given.context.networks.len(),
            repudiated: given.context.repudiations.len(),
            places: given.context.places.is_given(),
        },
        unread: outcome.unread.total(),
        unread_by_reason,
        assumptions: assumptions(given),
        not_checked: not_checked.collect(),
        activity: super::activity::document(given.sorted, &outcome.numbers, given.ways),
    };
    let mut bytes = serde_json::to_vec_pretty(&tongues.value(&document)?)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn inputs(outcome: &Outcome) -> impl Iterator<Item = Input<'_>> {
    outcome.files.iter().map(|file| Input {
        path: &file.name,
        format: file.format,
        bytes: file.bytes,
        records: file.records,
        events: file.events,
        unread: file.unread,
    })
}

fn by_level(findings: &[Finding]) -> BTreeMap<&'static str, u64> {
    let mut levels: BTreeMap<_, _> = Level::ALL.iter().map(|level| (level.as_str(), 0)).collect();
    for finding in findings {
        *levels.entry(finding.level.as_str()).or_insert(0) += 1;
    }
    levels
}

/// What had to be assumed: zones, years, order.
fn assumptions(given: &Given<'_>) -> Vec<Message> {
    let outcome = given.outcome;
    let mut out = given.assumed.to_vec();
    if !outcome.zones_assumed.is_empty() {
        let sources: Vec<Value> = names(&outcome.zones_assumed);
        out.push(Message::new("assumed-zone").with("sources", Value::List(sources)));
    }
    let mut years: BTreeMap<i16, Vec<String>> = BTreeMap::new();
    for year in outcome.years.iter().filter(|year| year.anchor.assumed()) {
        years.entry(year.newest).or_default().push(year.source.clone());
    }
    for (year, sources) in years {
        let sources = Value::List(names(&sources));
        out.push(Message::new("assumed-year").with("sources", sources).with("year", year.to_string()));
    }
    for (source, count) in &outcome.late {
        out.push(Message::new("assumed-late").with("source", source.as_str()).with("count", *count));
    }
    out
}

fn names(list: &[String]) -> Vec<Value> {
    const SHOWN: usize = 12;
    let mut names: Vec<Value> = list.iter().take(SHOWN).map(|name| Value::Text(name.clone())).collect();
    if list.len() > SHOWN {
        names.push(Message::new("and-more").with("count", (list.len() - SHOWN) as u64).into());
    }
    names
}

/// The same facts for the page.
pub(crate) fn view(given: &Given<'_>) -> Summary {
    let outcome = given.outcome;
    let levels = by_level(&outcome.findings);
    let mut unread: Vec<UnreadView> = Vec::new();
    for item in outcome.unread.clone().into_items() {
        let reason = item.reason.name();
        match unread.iter_mut().rev().find(|seen| seen.file == item.file && seen.reason == reason) {
            Some(seen) => seen.count += 1 + item.more,
            None => unread.push(UnreadView {
                line: (item.line > 0).then_some(item.line),
                reason: reason.to_owned(),
                expected: item.expected,
                count: 1 + item.more,
                file: item.file,
            }),
        }
    }
    Summary {
        answer: casework::answer(given.incidents, outcome.seen.events),
        made: given.made,
        span: outcome.seen.span,
        events: outcome.seen.events,
        findings: Level::ALL
            .iter()
            .rev()
            .map(|level| (*level, levels.get(level.as_str()).copied().unwrap_or(0)))
            .collect(),
        inputs: inputs(outcome)
            .map(|input| InputView {
                path: input.path.to_owned(),
                format: input.format.to_owned(),
                bytes: input.bytes,
                records: input.records,
                unread: input.unread,
            })
            .collect(),
        unread,
        assumptions: assumptions(given),
        not_checked: outcome.not_checked.clone(),
        ledger: Some((given.ledger.size, given.ledger.root.clone())),
        ledger_payloads: Some(match given.ledger.recipients {
            0 => Message::new("ledger-payloads-plain"),
            recipients => Message::new("ledger-payloads-sealed").with("recipients", recipients as u64),
        }),
        rules: (given.rules.loaded as u64, given.rules.refused.len() as u64),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        activity: super::activity::view(given.sorted, &outcome.numbers, given.ways),
    }
}
