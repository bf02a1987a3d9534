//! The incident in words (DT-INC-11 to -13): messages with values, no language.

use crate::incident::{AccountEntry, HostEntry, HostState, Incident};
use vocab::{AccountRole, Category, Finding, Kind, Message, Value};

/// Names shown in one sentence before "and n more".
const NAMES_MAX: usize = 12;
/// Sentences of rules shown in an explanation.
const NOTES_MAX: usize = 6;

/// Title: class, host, and the one account where there is only one.
pub(crate) fn title(kind: Kind, hosts: &[HostEntry], accounts: &[AccountEntry]) -> Message {
    let hit = hosts.iter().any(|host| host.state == HostState::Suspected);
    let entered =
        accounts.iter().filter(|account| hit && account.state == AccountRole::Entered).count() as u64;
    let host = hosts.first().map_or("-", |host| host.name.as_str());
    let id = if entered > 0 { "incident-title-entered" } else { "incident-title" };
    Message::new(id)
        .with("kind", kind_name(kind))
        .with("host", if host.is_empty() { "-" } else { host })
        .with("entered", entered)
}

/// What narrows the result of this incident.
pub(crate) fn gaps(members: &[&Finding]) -> Vec<Message> {
    let mut gaps = Vec::new();
    if members.iter().any(|finding| finding.observed.iter().any(|observed| observed.at_least)) {
        gaps.push(Message::new("gap-lower-bound"));
    }
    let ambiguous = members.iter().map(|finding| finding.ambiguous).max().unwrap_or(0);
    if ambiguous > 0 {
        gaps.push(Message::new("gap-ambiguous").with("count", ambiguous));
    }
    let unreadable = members.iter().map(|finding| finding.source_unreadable).max().unwrap_or(0);
    if unreadable > 0 {
        gaps.push(Message::new("gap-source-unreadable").with("count", unreadable));
    }
    gaps
}

/// One line, and about ten.
pub(crate) fn explanation(incident: &Incident, members: &[&Finding]) -> crate::Explanation {
    let mut short = vec![what(incident), to_whom(incident), from_where(incident), how_many(incident)];
    if let Some(rate) = incident.success_rate {
        short.push(
            Message::new("explain-rate")
                .with("entered", rate.entered)
                .with("tried", rate.tried)
                .with("rate", percent(rate.rate))
                .with("low", percent(rate.ci_low))
                .with("high", percent(rate.ci_high)),
        );
    }
    match entered(incident) {
        Some(entered) => short.push(entered),
        None if incident.successes > 0 && incident.entered() => {
            short.push(Message::new("explain-entered-unnamed"))
        }
        None => {}
    }
    short.extend(notes(members));
    short.push(Message::new(format!("explain-law-{}", category_name(incident.legal.category))));
    let missing: Vec<Value> = incident
        .legal
        .elements
        .iter()
        .flat_map(|element| &element.missing)
        .map(|missing| Value::Text(missing.fact.clone()))
        .collect();
    if !missing.is_empty() {
        short.push(Message::new("explain-missing").with("facts", Value::List(missing)));
    }
    short.push(Message::new(if incident.entered() { "explain-next-entered" } else { "explain-next-tried" }));
    crate::Explanation { line: what(incident), short }
}

/// What the rules say: all of it where one finding speaks, else the first sentence of the gravest ones, each with the
/// source or account that it is about.
fn notes(members: &[&Finding]) -> Vec<Message> {
    if let [only] = members {
        return only.notes.iter().take(NOTES_MAX).cloned().collect();
    }
    let mut gravest: Vec<&&Finding> = members.iter().filter(|finding| !finding.notes.is_empty()).collect();
    gravest.sort_by(|a, b| (b.level, a.first, &a.id).cmp(&(a.level, b.first, &b.id)));
    let notes = gravest.into_iter().take(NOTES_MAX).filter_map(|finding| {
        let note = finding.notes.first()?.clone();
        Some(match about(finding) {
            Some(about) => Message::new("explain-about").with("about", about).with("note", note),
            None => note,
        })
    });
    notes.collect()
}

/// The source that a finding is about, where it is one; else the account, else the value of its key.
fn about(finding: &Finding) -> Option<String> {
    match (finding.sources.as_slice(), finding.accounts.as_slice()) {
        ([source], _) => Some(source.ip.to_string()),
        (_, [account]) => Some(account.name.to_string()),
        _ => finding.key.first().map(|(_, value)| value.clone()),
    }
}

fn what(incident: &Incident) -> Message {
    let id = if incident.entered() { "explain-what-entered" } else { "explain-what-tried" };
    Message::new(id)
        .with("kind", kind_name(incident.kind))
        .with("first", incident.first)
        .with("last", incident.last)
}

fn to_whom(incident: &Incident) -> Message {
    Message::new("explain-target")
        .with("hosts", names(incident.hosts.iter().map(|host| host.name.as_str()), incident.hosts.len()))
        .with("accounts", incident.account_count)
}

fn from_where(incident: &Incident) -> Message {
    if incident.sources.is_empty() {
        return Message::new("explain-source-unknown");
    }
    let shown: Vec<String> =
        incident.sources.iter().take(NAMES_MAX).map(|source| source.ip.to_string()).collect();
    Message::new("explain-source")
        .with("count", incident.sources.len() as u64)
        .with("sources", names(shown.iter().map(String::as_str), incident.sources.len()))
}

fn how_many(incident: &Incident) -> Message {
    Message::new("explain-count").with("attempts", incident.attempts).with("successes", incident.successes)
}

fn entered(incident: &Incident) -> Option<Message> {
    let count = incident.entered_accounts().count();
    (count > 0).then(|| {
        Message::new("explain-entered")
            .with("count", count as u64)
            .with("accounts", names(incident.entered_accounts().map(|account| account.name.as_str()), count))
    })
}

/// At most [`NAMES_MAX`] names, then how many more there are.
fn names<'a>(names: impl Iterator<Item = &'a str>, count: usize) -> Value {
    let mut list: Vec<Value> = names.take(NAMES_MAX).map(Value::from).collect();
    if count > NAMES_MAX {
        list.push(Message::new("and-more").with("count", (count - NAMES_MAX) as u64).into());
    }
    Value::List(list)
}

fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

/// Name of a class, from the catalogue.
pub(crate) fn kind_name(kind: Kind) -> Message {
    Message::new(format!("kind-{}", kind.as_str()))
}

/// Contract name of a class of the law.
pub(crate) const fn category_name(category: Category) -> &'static str {
    match category {
        Category::CredentialMisuse => "credential_misuse",
        Category::SecurityHole => "security_hole",
        Category::Attempt => "attempt",
        Category::Preparatory => "preparatory",
        Category::OutOfScope => "out_of_scope",
        Category::Undetermined => "undetermined",
    }
}
