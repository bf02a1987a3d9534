//! A success after failures (K-07), and access from where nobody came before (K-12).

use super::history::{History, Known};
use super::settings::Settings;
use super::source::Before;
use crate::attempts::Attempt;
use crate::engine::Ctx;
use crate::findings::{Key, add_evidence, observed, raise, set_kind};
use vocab::{
    AccountRole, AccountSeen, AuthMethod, EvidenceRole, Finding, Kind, Level, Message, Record, SourceSeen,
};

/// What the table of K-07 says of a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Somebody mistyped, or nothing at all.
    Nothing,
    /// Few failures, then a success from a new source.
    FirstSeen,
    /// Guessed, as it seems.
    After(Level),
    /// The holder signed in while others attacked the account.
    Owner,
}

/// Rows of the table of K-07.
pub(crate) fn answer(
    attempt: &Attempt,
    usual: bool,
    before: &Before,
    known: Known,
    settings: &Settings,
) -> Answer {
    let many = before.own >= settings.after_failures
        || before.attacking && before.entered && before.by_source >= settings.after_failures;
    let by_key =
        matches!(attempt.method, Some(AuthMethod::Publickey | AuthMethod::Certificate | AuthMethod::Passkey));
    if many || before.entered && before.attacked.is_some() {
        return match usual {
            true => Answer::After(Level::Medium),
            // Guessing passwords gives nobody a key.
            false if by_key => Answer::After(Level::Low),
            false => Answer::After(Level::High),
        };
    }
    if before.attacked.is_some() {
        return match (usual, known.successes) {
            (true, _) => Answer::Owner,
            (false, _) if by_key => Answer::Owner,
            (false, 0) => Answer::After(Level::Medium),
            (false, _) => Answer::After(Level::High),
        };
    }
    if before.own > 0 && !usual { Answer::FirstSeen } else { Answer::Nothing }
}

/// Writes down what a success says.
pub(crate) fn success(
    attempt: &Attempt,
    usual: bool,
    before: &Before,
    history: &History,
    settings: &Settings,
    ctx: &mut Ctx,
) {
    let known = history.known(attempt);
    match answer(attempt, usual, before, known, settings) {
        Answer::Nothing => {}
        Answer::Owner => {
            let note = Message::new("note-owner-during-attack").with("account", attempt.account.as_str());
            write(Kind::SuccessAfterFailures, Level::Informational, note, attempt, before, settings, ctx);
        }
        Answer::FirstSeen => {
            let level = if known.enough(attempt) { Level::Low } else { Level::Informational };
            let note = Message::new("note-few-failures")
                .with("account", attempt.account.as_str())
                .with("failures", before.own);
            write(Kind::FirstSeenAccess, level, note, attempt, before, settings, ctx);
        }
        Answer::After(level) => {
            let failures = before.own.max(before.by_source);
            let id = if failures > 0 { "note-success-after" } else { "note-success-elsewhere" };
            let note = Message::new(id)
                .with("account", attempt.account.as_str())
                .with("failures", failures)
                .with("time", attempt.time)
                .with("known", if usual { "usual" } else { "new" });
            write(Kind::SuccessAfterFailures, level, note, attempt, before, settings, ctx);
        }
    }
}

fn write(
    kind: Kind,
    level: Level,
    note: Message,
    attempt: &Attempt,
    before: &Before,
    settings: &Settings,
    ctx: &mut Ctx,
) {
    let Some(index) = settings.rule(kind) else { return };
    let rules = std::sync::Arc::clone(&ctx.rules);
    let Some(rule) = rules.get(index) else { return };
    let mut key = Key::new();
    match attempt.src {
        Some(ip) => key.push(("source".to_owned(), ip.to_string())),
        None => key.push(("account".to_owned(), attempt.account.to_string())),
    }
    // What is only worth knowing stands apart: it must not make an entry out of the holder's own sign-in.
    key.push(("host".to_owned(), attempt.host.to_string()));
    if level == Level::Informational {
        key.push(("account".to_owned(), attempt.account.to_string()));
    }
    let Some(finding) = ctx.findings.upsert(&rules, index, key, attempt.time) else { return };
    let fresh = finding.evidence.is_empty();
    if fresh {
        finding.level = level;
        set_kind(finding, rule, kind, true);
        finding.consented = attempt.consented;
    }
    raise(finding, level);
    finding.consented &= attempt.consented;
    if let Some(first) = before.first {
        finding.first = finding.first.min(first);
    }
    for mark in &before.records {
        add_evidence(finding, mark.record(EvidenceRole::Failure));
    }
    add_evidence(finding, record(attempt));
    add_entry(finding, attempt, before.own, before.first, settings);
    if finding.notes.len() < 16 {
        finding.notes.push(note);
    }
    let failures = before.own.max(before.by_source);
    finding.observed =
        vec![observed("failures_before", f64::from(failures), Some(f64::from(settings.after_failures)))];
}

/// The success as evidence.
pub(crate) fn record(attempt: &Attempt) -> Record {
    Record {
        citation: attempt.citation,
        time: Some(attempt.time),
        role: EvidenceRole::Success,
        trust: attempt.trust,
        ambiguous: attempt.ambiguous,
        quote: None,
    }
}

/// Counts a success, with the failures before it, into account, source, host and session of a finding.
pub(crate) fn add_entry(
    finding: &mut Finding,
    attempt: &Attempt,
    failures: u32,
    first: Option<vocab::Timestamp>,
    settings: &Settings,
) {
    let won = u64::from(attempt.count);
    let tries = won + u64::from(failures);
    let begun = first.unwrap_or(attempt.time);
    finding.attempts += tries;
    finding.successes += won;
    let same = |seen: &&mut AccountSeen| {
        seen.name == attempt.account.as_str()
            && seen.host == attempt.host.as_str()
            && seen.service == attempt.service.as_str()
    };
    if let Some(seen) = finding.accounts.iter_mut().find(same) {
        seen.attempts += tries;
        seen.successes += won;
        seen.first = seen.first.min(begun);
        seen.last = seen.last.max(attempt.time);
    } else {
        finding.account_count += 1;
        finding.accounts.push(AccountSeen {
            name: attempt.account.to_string(),
            host: attempt.host.to_string(),
            service: attempt.service.to_string(),
            role: AccountRole::Entered,
            known: Some(true),
            privileged: settings.is_privileged(attempt.account_id),
            first: begun,
            last: attempt.time,
            attempts: tries,
            successes: won,
            entry: Some(attempt.citation),
            entry_source: attempt.src,
        });
    }
    if let Some(ip) = attempt.src {
        add_source(finding, ip, tries, won, begun, attempt);
    }
    if !attempt.host.is_empty() && !finding.hosts.iter().any(|host| host == attempt.host.as_str()) {
        finding.hosts.push(attempt.host.to_string());
    }
    if finding.service.is_empty() {
        finding.service = attempt.service.to_string();
    }
    if attempt.session != 0 && finding.sessions.len() < 256 && !finding.sessions.contains(&attempt.session) {
        finding.sessions.push(attempt.session);
    }
}

fn add_source(
    finding: &mut Finding,
    ip: std::net::IpAddr,
    tries: u64,
    won: u64,
    first: vocab::Timestamp,
    attempt: &Attempt,
) {
    if let Some(source) = finding.sources.iter_mut().find(|source| source.ip == ip) {
        source.attempts += tries;
        source.successes += won;
        source.first = source.first.min(first);
        source.last = source.last.max(attempt.time);
        source.trust = source.trust.max(attempt.trust);
        return;
    }
    finding.source_count += 1;
    let (attempts, successes, last, trust) = (tries, won, attempt.time, attempt.trust);
    finding.sources.push(SourceSeen { ip, attempts, successes, first, last, trust });
}
