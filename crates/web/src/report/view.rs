//! What the template shows, already in words.

use super::{Summary, chart, escape::visible};
use crate::Catalog;
use casework::{Answer, Bilingual, Element, Incident, ReportDue};
use std::collections::BTreeMap;
use vocab::{Citation, EvidenceRole, Message, Record};

/// Measures shown before the fold (DT-KND-09).
const MEASURES_FIRST: usize = 7;
/// Records shown per element and per incident.
const RECORDS_ELEMENT: usize = 12;
const RECORDS_INCIDENT: usize = 120;
const ACCOUNTS_FIRST: usize = 12;
const ACCOUNTS_SHOWN: usize = 60;
const SOURCES_SHOWN: usize = 60;

pub(crate) struct SummaryView {
    pub(crate) answer: &'static str,
    pub(crate) answer_title: String,
    pub(crate) answer_text: String,
    pub(crate) made: String,
    pub(crate) zone: String,
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) inputs: Vec<super::InputView>,
    pub(crate) unread: Vec<super::UnreadView>,
    pub(crate) assumptions: Vec<String>,
    pub(crate) not_checked: Vec<(String, String)>,
    pub(crate) ledger: Option<(u64, String)>,
    pub(crate) ledger_payloads: Option<String>,
    pub(crate) version: String,
}

pub(crate) struct RecordView {
    pub(crate) time: String,
    pub(crate) role: String,
    pub(crate) place: String,
    pub(crate) index: String,
    pub(crate) text: String,
    pub(crate) ambiguous: bool,
}

pub(crate) struct ElementView {
    pub(crate) id: String,
    pub(crate) class: &'static str,
    pub(crate) state: String,
    pub(crate) statement: String,
    pub(crate) records: Vec<RecordView>,
    pub(crate) more: usize,
    pub(crate) missing: Vec<(String, String, Vec<String>)>,
}

pub(crate) struct MeasureView {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) reason: String,
    pub(crate) basis: String,
}

pub(crate) struct ReportView {
    pub(crate) recipient: String,
    pub(crate) state: String,
    pub(crate) when: String,
    pub(crate) due: String,
    pub(crate) condition: String,
    pub(crate) basis: String,
}

pub(crate) struct AccountView {
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) state: String,
    pub(crate) entered: bool,
    pub(crate) attempts: u64,
    pub(crate) successes: u64,
    pub(crate) entry_source: String,
}

pub(crate) struct SourceView {
    pub(crate) ip: String,
    pub(crate) attempts: u64,
    pub(crate) successes: u64,
    pub(crate) first: String,
    pub(crate) last: String,
}

pub(crate) struct IncidentView {
    pub(crate) anchor: String,
    /// Paper shows the summary only.
    pub(crate) brief: bool,
    pub(crate) id: String,
    /// First record.
    pub(crate) first: String,
    pub(crate) title: String,
    pub(crate) level: &'static str,
    pub(crate) level_text: String,
    pub(crate) entered: bool,
    pub(crate) lines: Vec<String>,
    pub(crate) timeline: chart::Timeline,
    pub(crate) turns: Vec<(String, String)>,
    pub(crate) sources_chart: Option<chart::Sources>,
    pub(crate) sources: Vec<SourceView>,
    pub(crate) sources_more: usize,
    pub(crate) accounts: Vec<AccountView>,
    pub(crate) accounts_rest: Vec<AccountView>,
    pub(crate) accounts_more: u64,
    pub(crate) elements: Vec<ElementView>,
    pub(crate) verdict: String,
    pub(crate) article: String,
    pub(crate) reasons: Vec<String>,
    pub(crate) hints: Vec<String>,
    pub(crate) measures: Vec<MeasureView>,
    pub(crate) measures_more: Vec<MeasureView>,
    pub(crate) reports: Vec<ReportView>,
    pub(crate) gaps: Vec<String>,
    pub(crate) records: Vec<RecordView>,
    pub(crate) records_more: usize,
}

fn pick(text: &Bilingual, t: &Catalog) -> String {
    match t.lang() {
        crate::Lang::Ja => text.ja.clone(),
        crate::Lang::En => text.en.clone(),
    }
}

/// The head of the report.
pub(crate) fn summary(summary: &Summary, incidents: &[Incident], t: &Catalog) -> SummaryView {
    let answer = match summary.answer {
        Answer::Entered => "entered",
        Answer::Tried => "tried",
        Answer::NothingFound => "nothing",
        Answer::CannotTell => "cannot-tell",
    };
    let entered = incidents.iter().filter(|incident| incident.entered()).count() as u64;
    let accounts: u64 = incidents.iter().map(|incident| incident.entered_accounts().count() as u64).sum();
    let text = Message::new(format!("report-answer-{answer}-text"))
        .with("incidents", incidents.len() as u64)
        .with("entered", entered)
        .with("accounts", accounts);
    let mut facts = vec![(t.text("report-events"), grouped(summary.events))];
    if let Some((first, last)) = summary.span {
        facts.push((t.text("report-span"), format!("{} – {}", t.time(first), t.time(last))));
    }
    facts.push((t.text("report-incidents"), grouped(incidents.len() as u64)));
    let findings: Vec<String> = summary
        .findings
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(level, count)| format!("{} {}", t.text(&format!("level-{}", level.as_str())), grouped(*count)))
        .collect();
    facts.push((
        t.text("report-findings"),
        if findings.is_empty() { "0".into() } else { findings.join(" / ") },
    ));
    facts.push((t.text("report-inputs"), grouped(summary.inputs.len() as u64)));
    facts.push((
        t.text("report-unread-count"),
        grouped(summary.unread.iter().map(|unread| unread.count).sum()),
    ));
    let rules =
        Message::new("report-rules-value").with("loaded", summary.rules.0).with("refused", summary.rules.1);
    facts.push((t.text("report-rules"), t.render(&rules)));
    SummaryView {
        answer,
        answer_title: t.text(&format!("report-answer-{answer}")),
        answer_text: t.render(&text),
        made: t.time(summary.made),
        zone: zone_name(t, summary.made),
        facts,
        inputs: summary
            .inputs
            .iter()
            .map(|input| super::InputView { path: visible(&input.path), ..input.clone() })
            .collect(),
        unread: summary
            .unread
            .iter()
            .map(|unread| super::UnreadView {
                file: visible(&unread.file),
                reason: t.text(&format!("unread-{}", unread.reason.replace('_', "-"))),
                expected: visible(&unread.expected),
                ..unread.clone()
            })
            .collect(),
        assumptions: summary.assumptions.iter().map(|message| visible(&t.render(message))).collect(),
        not_checked: summary
            .not_checked
            .iter()
            .map(|(kind, why)| (t.text(&format!("kind-{}", kind.as_str())), t.render(why)))
            .collect(),
        ledger: summary.ledger.clone(),
        ledger_payloads: summary.ledger_payloads.as_ref().map(|payloads| t.render(payloads)),
        version: summary.version.clone(),
    }
}

/// Zone name and offset at a moment.
fn zone_name(t: &Catalog, at: vocab::Timestamp) -> String {
    let Ok(time) = jiff::Timestamp::from_microsecond(at.0) else { return String::new() };
    let zoned = time.to_zoned(t.zone().clone());
    format!("{} (UTC{})", t.zone().iana_name().unwrap_or("UTC"), zoned.strftime("%:z"))
}

/// One incident.
pub(crate) fn incident(at: usize, incident: &Incident, t: &Catalog) -> IncidentView {
    let by_citation: BTreeMap<Citation, &Record> =
        incident.records.iter().map(|record| (record.citation, record)).collect();
    let measures: Vec<MeasureView> = incident
        .measures
        .iter()
        .map(|measure| MeasureView {
            id: measure.id.clone(),
            text: t.render(&measure.text),
            reason: t.render(&measure.reason),
            basis: pick(&measure.basis, t),
        })
        .collect();
    let (first, more) = split(measures, MEASURES_FIRST);
    let accounts: Vec<AccountView> =
        incident.accounts.iter().take(ACCOUNTS_SHOWN).map(|account| account_view(account, t)).collect();
    let entered = accounts.iter().filter(|account| account.entered).count();
    let (accounts, accounts_rest) = split(accounts, entered.max(ACCOUNTS_FIRST));
    IncidentView {
        anchor: format!("incident-{}", at + 1),
        brief: false,
        first: t.time(incident.first),
        id: incident.id.clone(),
        title: visible(&t.render(&incident.title)),
        level: incident.level.as_str(),
        level_text: t.text(&format!("level-{}", incident.level.as_str())),
        entered: incident.entered(),
        lines: incident.explanation.short.iter().map(|line| visible_long(&t.render(line))).collect(),
        timeline: chart::timeline(incident, t),
        turns: incident
            .timeline
            .iter()
            .take(60)
            .map(|turn| (t.time(turn.time), t.render(&turn.text)))
            .collect(),
        sources_chart: chart::sources(incident),
        sources: incident.sources.iter().take(SOURCES_SHOWN).map(|source| source_view(source, t)).collect(),
        sources_more: incident.sources.len().saturating_sub(SOURCES_SHOWN),
        accounts,
        accounts_rest,
        accounts_more: incident.account_count.saturating_sub(ACCOUNTS_SHOWN as u64),
        elements: incident
            .legal
            .elements
            .iter()
            .map(|element| element_view(element, &by_citation, t))
            .collect(),
        verdict: pick(&incident.legal.verdict_text, t),
        article: incident.legal.article.as_ref().map(|article| pick(article, t)).unwrap_or_default(),
        reasons: incident.legal.reasons.iter().map(|reason| pick(reason, t)).collect(),
        hints: incident.legal.hints.iter().map(|hint| pick(hint, t)).collect(),
        measures: first,
        measures_more: more,
        reports: incident.reports.iter().map(|report| report_view(report, t)).collect(),
        gaps: incident.gaps.iter().map(|gap| t.render(gap)).collect(),
        records: shown(&incident.records).into_iter().map(|record| record_view(record, t)).collect(),
        records_more: incident.records.len().saturating_sub(RECORDS_INCIDENT),
    }
}

/// Explanations may hold hostile names, yet are longer than a record.
fn visible_long(text: &str) -> String {
    text.split_inclusive('。').map(visible).collect()
}

fn split<T>(mut list: Vec<T>, at: usize) -> (Vec<T>, Vec<T>) {
    let rest = if list.len() > at { list.split_off(at) } else { Vec::new() };
    (list, rest)
}

/// Successes and effects first, then the earliest records, in order of time.
fn shown(records: &[Record]) -> Vec<&Record> {
    let shows = |record: &&Record| matches!(record.role, EvidenceRole::Success | EvidenceRole::Effect);
    let mut list: Vec<&Record> = records.iter().filter(shows).take(RECORDS_INCIDENT).collect();
    let room = RECORDS_INCIDENT - list.len();
    list.extend(records.iter().filter(|record| !shows(record)).take(room));
    list.sort_by_key(|record| (record.time, record.citation));
    list
}

fn record_view(record: &Record, t: &Catalog) -> RecordView {
    let quote = record.quote.as_ref();
    RecordView {
        time: record.time.map(|time| t.time(time)).unwrap_or_default(),
        role: t.text(role_id(record.role)),
        place: quote.map(|quote| visible(&format!("{}:{}", quote.file, quote.line))).unwrap_or_default(),
        index: format!("{}.{}", record.citation.index.0, record.citation.record),
        text: quote.map(|quote| visible(&quote.text)).unwrap_or_default(),
        ambiguous: record.ambiguous,
    }
}

const fn role_id(role: EvidenceRole) -> &'static str {
    match role {
        EvidenceRole::Failure => "role-failure",
        EvidenceRole::Success => "role-success",
        EvidenceRole::Payload => "role-payload",
        EvidenceRole::Effect => "role-effect",
        EvidenceRole::Session => "role-session",
        EvidenceRole::Boundary => "role-boundary",
        EvidenceRole::Context => "role-context",
    }
}

fn element_view(element: &Element, records: &BTreeMap<Citation, &Record>, t: &Catalog) -> ElementView {
    let (class, state) = match element.state.as_str() {
        "+" | "established" => ("yes", "element-yes"),
        "-" | "refuted" => ("no", "element-no"),
        _ => ("unknown", "element-unknown"),
    };
    let found: Vec<&Record> =
        element.records.iter().filter_map(|citation| records.get(citation).copied()).collect();
    ElementView {
        id: element.id.clone(),
        class,
        state: t.text(state),
        statement: pick(&element.statement, t),
        more: element.records.len().saturating_sub(RECORDS_ELEMENT),
        records: found.into_iter().take(RECORDS_ELEMENT).map(|record| record_view(record, t)).collect(),
        missing: element
            .missing
            .iter()
            .map(|missing| {
                let kinds = missing.would_settle.iter().map(|kind| pick(kind, t)).collect();
                (missing.fact.clone(), pick(&missing.statement, t), kinds)
            })
            .collect(),
    }
}

fn report_view(report: &ReportDue, t: &Catalog) -> ReportView {
    ReportView {
        recipient: t.text(&format!("recipient-{}", report.form.replace('.', "-"))),
        state: t.text(&format!("report-state-{}", report.state)),
        when: t.render(&report.when),
        due: report.due.map(|due| t.time(due)).unwrap_or_default(),
        condition: t.render(&report.condition),
        basis: pick(&report.basis, t),
    }
}

fn account_view(account: &casework::AccountEntry, t: &Catalog) -> AccountView {
    let state = match account.state {
        vocab::AccountRole::Tried => "account-tried",
        vocab::AccountRole::Locked => "account-locked",
        vocab::AccountRole::Changed => "account-changed",
        vocab::AccountRole::Created => "account-created",
        vocab::AccountRole::Used => "account-used",
        vocab::AccountRole::Entered => "account-entered",
    };
    AccountView {
        name: visible(&account.name),
        place: visible(&format!("{} / {}", account.host, account.service)),
        state: t.text(state),
        entered: account.state == vocab::AccountRole::Entered,
        attempts: account.attempts,
        successes: account.successes,
        entry_source: account.entry_source.map(|ip| ip.to_string()).unwrap_or_default(),
    }
}

fn source_view(source: &casework::SourceEntry, t: &Catalog) -> SourceView {
    SourceView {
        ip: source.ip.to_string(),
        attempts: source.attempts,
        successes: source.successes,
        first: t.time(source.first),
        last: t.time(source.last),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn grouped(count: u64) -> String {
    crate::i18n::number(count as f64)
}
