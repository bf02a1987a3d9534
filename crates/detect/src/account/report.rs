//! Writes an attack down as a finding.

use super::case::{Account, Case};
use super::classify::{Verdict, unknown_share};
use super::settings::Settings;
use super::tries::Names;
use crate::engine::Ctx;
use crate::findings::{Key, observed, raise, set_kind, template};
use vocab::{
    AccountRole, AccountSeen, Category, EvidenceRole, Finding, Kind, Message, Observed, SourceSeen, Timestamp,
};

/// Sources of which one record each is cited.
const SAMPLES_MAX: usize = 256;

/// Hands over the finding of an attack.
pub(crate) fn emit(case: &Case, verdict: Verdict, names: &Names, settings: &Settings, ctx: &mut Ctx) {
    let Some(index) = settings.rule(verdict.kind) else { return };
    let rules = std::sync::Arc::clone(&ctx.rules);
    let Some(rule) = rules.get(index) else { return };
    let mut finding = template(rule, key(case, verdict.kind, names), case.first);
    let entered = case.tally.entered > 0;
    set_kind(&mut finding, rule, verdict.kind, entered);
    if !case.remote && rule.meta.legal.is_none() {
        finding.category = Category::OutOfScope;
    }
    raise(&mut finding, verdict.level);
    finding.last = case.last;
    finding.other_kinds.clone_from(&case.seen);
    for kind in verdict.others {
        if !finding.other_kinds.contains(&kind) {
            finding.other_kinds.push(kind);
        }
    }
    finding.other_kinds.sort_unstable();
    finding.attempts = case.attempts;
    if case.attempts == 0 {
        finding.attempts = case.names_probed + case.keys_probed;
    }
    finding.successes = case.successes;
    finding.ambiguous = case.ambiguous;
    finding.source_unreadable = case.unreadable;
    finding.only_ambiguous = case.attempts == 0 && case.names_probed + case.keys_probed == 0;
    finding.consented = !case.not_consented;
    finding.sessions.clone_from(&case.sessions);
    accounts(case, names, settings, &mut finding);
    places(case, names, &mut finding);
    evidence(case, &mut finding);
    numbers(case, settings, &mut finding);
    if verdict.kind == Kind::CredentialStuffing {
        finding.success_rate = Some(vocab::Rate::wilson(case.tally.entered, case.tally.accounts));
        if case.tally.entered >= 3 {
            finding.facts.push("f5".to_owned());
        }
    }
    finding.notes = notes(case, &finding, settings);
    ctx.findings.emit(case.number, finding);
}

fn key(case: &Case, kind: Kind, names: &Names) -> Key {
    let mut key = Key::new();
    if kind == Kind::DistributedGuessing
        && let Some(account) = only(case.accounts.values())
    {
        key.push(("account".to_owned(), account.name.to_string()));
    } else if let Some(ip) = case.sources.keys().min() {
        key.push(("source".to_owned(), ip.to_string()));
    } else if !case.origin.is_empty() {
        key.push(("source_name".to_owned(), case.origin.to_string()));
    } else if let Some(account) = only(case.accounts.values()) {
        key.push(("account".to_owned(), account.name.to_string()));
    }
    if let Some(host) = only(case.hosts.iter()) {
        key.push(("host".to_owned(), names.name(*host).to_owned()));
    }
    key
}

fn only<T>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

fn accounts(case: &Case, names: &Names, settings: &Settings, finding: &mut Finding) {
    finding.account_count = case.tally.accounts;
    let mut seen: Vec<AccountSeen> = case
        .accounts
        .values()
        .map(|account| account_seen(account, names.name(account.host), names.name(account.service), settings))
        .collect();
    seen.sort_by(|a, b| {
        (b.role, a.first, &a.name, &a.host, &a.service).cmp(&(a.role, b.first, &b.name, &b.host, &b.service))
    });
    finding.accounts = seen;
}

fn account_seen(account: &Account, host: &str, service: &str, settings: &Settings) -> AccountSeen {
    AccountSeen {
        name: account.name.clone(),
        realm: compact_str::CompactString::default(),
        host: host.into(),
        service: service.into(),
        role: if account.successes > 0 { AccountRole::Entered } else { AccountRole::Tried },
        known: account.known,
        privileged: settings.is_privileged(account.id),
        first: account.first,
        last: account.last,
        attempts: u64::from(account.tries),
        successes: u64::from(account.successes),
        entry: account.entry.as_deref().map(|(citation, _)| *citation),
        entry_source: account.entry.as_deref().and_then(|(_, source)| *source),
    }
}

fn places(case: &Case, names: &Names, finding: &mut Finding) {
    finding.source_count = case.source_count;
    finding.sources = case
        .sources
        .iter()
        .map(|(ip, source)| SourceSeen {
            ip: *ip,
            attempts: u64::from(source.attempts),
            successes: u64::from(source.successes),
            first: source.first,
            last: source.last,
            trust: source.trust,
        })
        .collect();
    finding.sources.sort_by_key(|source| (source.first, source.ip));
    finding.hosts =
        case.hosts.iter().map(|host| names.name(*host).to_owned()).filter(|name| !name.is_empty()).collect();
    finding.hosts.sort_unstable();
    let service =
        case.services.iter().max_by_key(|(service, count)| (*count, std::cmp::Reverse(names.name(*service))));
    finding.service = service.map(|(service, _)| names.name(*service).to_owned()).unwrap_or_default();
}

fn evidence(case: &Case, finding: &mut Finding) {
    finding.evidence.extend(case.entries.iter().map(|mark| mark.record(EvidenceRole::Success)));
    case.failed.write(finding, EvidenceRole::Failure);
    if case.sources.len() > 1 {
        let mut samples: Vec<_> = case.sources.values().map(|source| source.sample).collect();
        samples.sort_by_key(|mark| (mark.time, mark.citation));
        samples.truncate(SAMPLES_MAX);
        let wins: Vec<_> = case.entries.iter().map(|mark| mark.citation).collect();
        samples.retain(|mark| !wins.contains(&mark.citation));
        finding.evidence.extend(samples.iter().map(|mark| mark.record(EvidenceRole::Failure)));
    }
    finding.evidence.sort_by_key(|record| (record.time, record.citation, record.role));
    finding.evidence.dedup_by_key(|record| (record.citation, record.role));
}

#[expect(clippy::cast_precision_loss, reason = "counts shown to people")]
fn numbers(case: &Case, settings: &Settings, finding: &mut Finding) {
    let count = |name: &str, value: u64, threshold: Option<u32>| {
        observed(name, value as f64, threshold.map(f64::from))
    };
    let mut list: Vec<Observed> = Vec::new();
    let tries = match finding.kind {
        Kind::CredentialStuffing => Some(settings.stuffing_tries),
        Kind::PasswordSpraying => Some(settings.spray_tries),
        Kind::SlowGuessing => Some(settings.slow_tries),
        Kind::DistributedGuessing => Some(settings.distributed_tries),
        Kind::PasswordGuessing => Some(settings.guess_tries),
        _ => None,
    };
    list.push(count("tries", case.attempts, tries));
    let accounts = match finding.kind {
        Kind::CredentialStuffing => Some(settings.stuffing_accounts),
        Kind::PasswordSpraying => Some(settings.spray_accounts),
        Kind::DictionaryAttack => Some(settings.dictionary_accounts),
        _ => None,
    };
    list.push(count("accounts", case.tally.accounts, accounts));
    let sources = (finding.kind == Kind::DistributedGuessing).then_some(settings.distributed_sources);
    list.push(count("sources", case.source_count, sources));
    list.push(observed(
        "tries_in_window",
        f64::from(case.pace.peak_halves) / 2.0,
        Some(f64::from(settings.guess_tries)),
    ));
    list.push(count("tries_in_day", u64::from(case.pace.peak_day), Some(settings.guess_day_medium)));
    if let Some(unknown) = unknown_share(case) {
        list.push(observed("unknown_share", unknown, Some(settings.dictionary_unknown)));
    }
    if finding.kind == Kind::SlowGuessing {
        let gap = case.pace.median_gap() as f64 / Timestamp::SECOND as f64;
        list.push(observed(
            "median_gap_seconds",
            gap,
            Some(settings.slow_gap as f64 / Timestamp::SECOND as f64),
        ));
    }
    for (name, value) in [
        ("entered", case.tally.entered),
        ("names_probed", case.names_probed),
        ("keys_probed", case.keys_probed),
        ("revisited", case.tally.revisited),
    ] {
        if value > 0 {
            let threshold = (name == "names_probed").then_some(settings.enumeration_names);
            list.push(count(name, value, threshold));
        }
    }
    for one in &mut list {
        one.about = one.name == "accounts" && case.crowded;
    }
    finding.observed = list;
}

fn notes(case: &Case, finding: &Finding, settings: &Settings) -> Vec<Message> {
    let mut notes = vec![
        Message::new("note-guess-count")
            .with("tries", finding.attempts)
            .with("accounts", case.tally.accounts)
            .with("known", case.tally.known)
            .with("unknown", case.tally.unknown)
            .with("sources", case.source_count),
    ];
    if case.pace.peak_halves >= 2 * settings.guess_tries {
        notes.push(
            Message::new("note-guess-pace")
                .with("tries", f64::from(case.pace.peak_halves) / 2.0)
                .with("minutes", u64::try_from(settings.guess_window / Timestamp::MINUTE).unwrap_or(0))
                .with("threshold", settings.guess_tries),
        );
    }
    if !case.origin.is_empty() {
        notes.push(Message::new("note-guess-origin").with("source", case.origin.as_str()));
    }
    if finding.kind == Kind::PasswordSpraying {
        notes.push(Message::new("note-guess-rounds").with("accounts", case.tally.revisited));
    }
    if case.unreadable > 0 {
        notes.push(Message::new("note-guess-unreadable").with("count", case.unreadable));
    }
    if case.crowded {
        notes.push(Message::new("note-guess-crowded").with("kept", case.accounts.len() as u64));
    }
    notes
}
