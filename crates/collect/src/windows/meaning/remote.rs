//! Remote desktop, and OpenSSH on Windows.

use super::{Row, View, account, class, row};
use crate::grammar::{Message, Parsed, of_program};
use crate::windows::known;
use std::borrow::Cow;
use vocab::{Class, Event, Outcome, Reason, activity};

const SESSIONS: &str = "Microsoft-Windows-TerminalServices-LocalSessionManager";
const CONNECTIONS: &str = "Microsoft-Windows-TerminalServices-RemoteConnectionManager";
const SSH: &str = "OpenSSH";

/// Logon type of a remote desktop.
const REMOTE_INTERACTIVE: u8 = 10;

pub(super) const ROWS: &[Row] = &[
    row(SESSIONS, 21, "EVTX-TS21", session),
    row(SESSIONS, 24, "EVTX-TS24", session),
    row(SESSIONS, 25, "EVTX-TS25", session),
    row(CONNECTIONS, 1149, "EVTX-1149", connected),
    row(SSH, 4, "EVTX-SSH4", ssh),
];

/// 21 logged on, 24 left, 25 taken up again.
fn session<'a>(view: &View<'a>, event: &mut Event<'a>) {
    account(event, view.said(known::USER));
    event.session = view.text(known::SESSION_ID);
    event.service = Some(Cow::Borrowed("rdp"));
    event.src_ip = view.ip(known::ADDRESS);
    // The address of a session at the computer itself is a word: LOCAL, ローカル.
    event.is_remote = Some(event.src_ip.is_some_and(|ip| !ip.is_loopback()));
    event.outcome = Outcome::Success;
    if view.event_id == 21 && event.src_ip.is_some() {
        class(event, Class::Authentication, activity::AUTH_LOGON);
        event.reason = Reason::Ok;
        event.logon_type = Some(REMOTE_INTERACTIVE);
    } else {
        class(event, Class::Rdp, activity::OTHER);
    }
}

/// 1149: network level authentication let a user through to the logon screen.
fn connected<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::Authentication, activity::AUTH_LOGON);
    (event.outcome, event.reason) = (Outcome::Success, Reason::Ok);
    account(event, view.said(known::PARAM1));
    event.user_domain = view.text(known::PARAM2).or_else(|| event.user_domain.take());
    event.src_ip = view.ip(known::PARAM3);
    event.is_remote = Some(true);
    event.service = Some(Cow::Borrowed("rdp"));
    event.logon_type = Some(REMOTE_INTERACTIVE);
}

/// The lines of sshd, as on other systems.
fn ssh<'a>(view: &View<'a>, event: &mut Event<'a>) {
    let (Some(process), Some(payload)) = (view.said(known::SSH_PROCESS), view.said(known::SSH_PAYLOAD))
    else {
        return;
    };
    let host = view.said(known::COMPUTER).unwrap_or_default();
    let program = process.split([' ', ':']).next().unwrap_or(process);
    let program = program.strip_suffix(".exe").unwrap_or(program);
    event.process = Some(Cow::Borrowed(process));
    event.message = Some(Cow::Borrowed(payload));
    event.pid = view.fields.number(known::PROCESS_ID);
    let Some(grammar) = of_program(program) else { return };
    let (parser, product) = (event.origin.parser, event.product);
    let own = Message { host, program, pid: event.pid, body: payload, cut_at: usize::MAX };
    if grammar(&own, event) != Parsed::Event {
        class(event, Class::Base, 0);
    }
    // The record is one of the event log all the same.
    (event.origin.parser, event.product) = (parser, product);
    event.sigma_services = &[];
}
