//! A success after failures (K-07), and access from where nobody came before (K-12).

use super::history::{History, Known};
use super::settings::Settings;
use super::source::Before;
use super::write::{Entry, write};
use crate::attempts::{Attempt, canonical};
use crate::engine::Ctx;
use crate::findings::observed;
use vocab::{AuthMethod, Kind, Level, Message};

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
            // Nothing is known of the account: its holder may come for the first time.
            (false, 0) => Answer::After(Level::Informational),
            (false, 1..5) => Answer::After(Level::Medium),
            (false, _) => Answer::After(Level::High),
        };
    }
    if before.own > 0 && !usual { Answer::FirstSeen } else { Answer::Nothing }
}

/// Writes down what a success says, and hands the answer on.
pub(crate) fn success(
    attempt: &Attempt,
    usual: bool,
    before: &Before,
    history: &History,
    settings: &Settings,
    ctx: &mut Ctx,
) -> Answer {
    let known = history.known(attempt);
    let mut answer = answer(attempt, usual, before, known, settings);
    // A source that is known from longer ago is not seen for the first time.
    if answer == Answer::FirstSeen && history.has_source(attempt) {
        answer = Answer::Nothing;
    }
    match answer {
        Answer::Nothing => {}
        Answer::Owner => {
            let note = Message::new("note-owner-during-attack").with("account", attempt.account.as_str());
            tell(Kind::SuccessAfterFailures, Level::Informational, note, attempt, before, settings, ctx);
        }
        Answer::FirstSeen => {
            let level = if known.enough(attempt) { Level::Low } else { Level::Informational };
            let note = Message::new("note-few-failures")
                .with("account", attempt.account.as_str())
                .with("failures", before.own);
            tell(Kind::FirstSeenAccess, level, note, attempt, before, settings, ctx);
        }
        Answer::After(level) => {
            let failures = before.own.max(before.by_source);
            let id = if failures > 0 { "note-success-after" } else { "note-success-elsewhere" };
            let note = Message::new(id)
                .with("account", attempt.account.as_str())
                .with("failures", failures)
                .with("time", attempt.time)
                .with("known", if usual { "usual" } else { "new" });
            tell(Kind::SuccessAfterFailures, level, note, attempt, before, settings, ctx);
        }
    }
    answer
}

fn tell(
    kind: Kind,
    level: Level,
    note: Message,
    attempt: &Attempt,
    before: &Before,
    settings: &Settings,
    ctx: &mut Ctx,
) {
    let mut entry = Entry::new(kind, level, note).after(before);
    entry = match attempt.src {
        Some(ip) => entry.key("source", &ip.to_string()),
        None => entry.key("account", &canonical(&attempt.account)),
    };
    entry = entry.key("host", &attempt.host);
    // What is only worth knowing stands apart: it must not make an entry out of the holder's own sign-in.
    if level == Level::Informational {
        entry = entry.key("account", &canonical(&attempt.account));
    }
    let failures = f64::from(before.own.max(before.by_source));
    if let Some(finding) = write(entry, attempt, settings, ctx) {
        finding.observed =
            vec![observed("failures_before", failures, Some(f64::from(settings.after_failures)))];
    }
}
