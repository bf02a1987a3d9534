//! cron and at: row P10 of detection.md 3.4. Vixie cron, cronie, Debian cron, at.
//!
//! `(U) WHAT (<text>)`. Free text: the command and file names on the right; account and verb stand left. The account is
//! the owner of the table.

use super::fill::{self, class, row};
use super::{Message, Parsed};
use vocab::{Class, Event, Outcome, Reason};

/// OCSF activities of a scheduled job.
const UPDATE: u8 = 2;
const DELETE: u8 = 3;
const START: u8 = 6;

/// Grammar of `cron`, `crond`, `CRON`, `crontab`, `anacron` and `atd`.
pub(crate) fn cron<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "cron", &["cron"], rows)
}

fn rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    let body = message.body;
    event.service = Some("cron".into());
    if let Some(rest) = body.strip_prefix("Starting job ") {
        let account = rest.split_once(" for user '").and_then(|(_, rest)| rest.split_once('\''));
        let Some((name, _)) = account else { return Parsed::Miss };
        class(event, Class::ScheduledJob, START);
        event.outcome = Outcome::Success;
        fill::user(event, name);
        event.service = Some("at".into());
        return row(event, "P10");
    }
    let read = || {
        let (owner, rest) = body.trim_start().strip_prefix('(')?.split_once(") ")?;
        let (verb, text) = rest.split_once(" (")?;
        Some((owner, verb, text.strip_suffix(')').unwrap_or(text)))
    };
    let Some((owner, verb, text)) = read() else { return Parsed::Uninteresting };
    let what = match verb {
        "CMD" => START,
        "RELOAD" | "REPLACE" | "END EDIT" => UPDATE,
        "DELETE" => DELETE,
        "AUTH" => {
            class(event, Class::ScheduledJob, UPDATE);
            (event.outcome, event.reason) = (Outcome::Failure, Reason::NotAllowed);
            event.reason_code = Some(text.into());
            fill::user(event, owner);
            return row(event, "P10");
        }
        _ => return Parsed::Uninteresting,
    };
    class(event, Class::ScheduledJob, what);
    event.outcome = Outcome::Success;
    fill::user(event, owner);
    match verb {
        "CMD" => event.cmdline = Some(text.into()),
        "RELOAD" => event.path = Some(text.into()),
        _ => {
            event.actor = event.user.take();
            fill::user(event, text);
            event.target_user = event.user.clone();
        }
    }
    row(event, "P10")
}
