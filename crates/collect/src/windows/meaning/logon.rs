//! Logons: of the computer itself, and what domain controllers see of them.

use super::codes::{kerberos, ntstatus};
use super::{Row, SECURITY, View, class, is_built_in, row};
use crate::windows::known;
use std::borrow::Cow;
use vocab::{AuthMethod, Class, Event, Outcome, Reason, activity};

pub(super) const ROWS: &[Row] = &[
    row(SECURITY, 4624, "EVTX-4624", logon),
    row(SECURITY, 4625, "EVTX-4625", logon),
    row(SECURITY, 4634, "EVTX-4634", logoff),
    row(SECURITY, 4647, "EVTX-4647", logoff),
    row(SECURITY, 4648, "EVTX-4648", explicit),
    row(SECURITY, 4672, "EVTX-4672", privileges),
    row(SECURITY, 4768, "EVTX-4768", ticket),
    row(SECURITY, 4769, "EVTX-4769", ticket),
    row(SECURITY, 4770, "EVTX-4770", ticket),
    row(SECURITY, 4771, "EVTX-4771", ticket),
    row(SECURITY, 4776, "EVTX-4776", ntlm),
    row(SECURITY, 4777, "EVTX-4777", ntlm),
    row(SECURITY, 4778, "EVTX-4778", session),
    row(SECURITY, 4779, "EVTX-4779", session),
];

/// Names of logon types, as the documentation of Windows calls them.
const TYPES: [(u8, &str); 12] = [
    (0, "system"),
    (2, "interactive"),
    (3, "network"),
    (4, "batch"),
    (5, "service"),
    (7, "unlock"),
    (8, "network_cleartext"),
    (9, "new_credentials"),
    (10, "remote_interactive"),
    (11, "cached_interactive"),
    (12, "cached_remote_interactive"),
    (13, "cached_unlock"),
];

fn target<'a>(view: &View<'a>, event: &mut Event<'a>) {
    event.user = view.text(known::TARGET_USER_NAME);
    event.user_domain = view.text(known::TARGET_DOMAIN_NAME);
    event.user_uid = view.text(known::TARGET_USER_SID).or_else(|| view.text(known::TARGET_SID));
}

fn source<'a>(view: &View<'a>, event: &mut Event<'a>) {
    event.src_ip = view.ip(known::IP_ADDRESS);
    event.src_port = view.port(known::IP_PORT);
    event.src_host = view.text(known::WORKSTATION_NAME).or_else(|| view.text(known::WORKSTATION));
}

fn method(package: &str) -> Option<AuthMethod> {
    match package {
        "Kerberos" => Some(AuthMethod::Kerberos),
        _ if package.starts_with("NTLM") || package.starts_with("MICROSOFT_AUTHENTICATION_PACKAGE") => {
            Some(AuthMethod::Ntlm)
        }
        "Negotiate" => Some(AuthMethod::Password),
        _ => None,
    }
}

fn failed<'a>(event: &mut Event<'a>, reason: (Reason, Option<vocab::UserKind>), code: Option<&'a str>) {
    event.outcome = Outcome::Failure;
    (event.reason, event.user_kind) = reason;
    event.reason_code = code.map(Cow::Borrowed);
}

/// 4624 and 4625.
fn logon<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::Authentication, activity::AUTH_LOGON);
    target(view, event);
    source(view, event);
    event.actor = view.text(known::SUBJECT_USER_NAME);
    event.actor_uid = view.text(known::SUBJECT_USER_SID);
    event.session = view.text(known::TARGET_LOGON_ID);
    event.process = view.text(known::PROCESS_NAME);
    event.pid = view.pid(known::PROCESS_ID);
    event.auth_method = view.said(known::AUTHENTICATION_PACKAGE_NAME).and_then(method);
    let kind = view.number(known::LOGON_TYPE).and_then(|number| u8::try_from(number).ok());
    event.logon_type = kind;
    let name = TYPES.iter().find(|(number, _)| Some(*number) == kind).map(|(_, name)| *name);
    event.service = name.map(Cow::Borrowed);
    event.is_cleartext = (kind == Some(8)).then_some(true);
    let remote_type = matches!(kind, Some(3 | 8 | 10 | 12));
    event.is_remote = Some(match event.src_ip {
        Some(ip) => !ip.is_loopback(),
        None => remote_type && event.src_host.is_some(),
    });
    if event.src_ip.is_none() && !remote_type {
        // The name of the computer itself.
        event.device = event.src_host.take();
    }
    if view.event_id == 4625 {
        let detail = view.number(known::SUB_STATUS).filter(|code| *code != 0);
        let name = if detail.is_some() { known::SUB_STATUS } else { known::STATUS };
        failed(event, ntstatus(view.number(name).unwrap_or(1)), view.said(name));
        return;
    }
    (event.outcome, event.reason) = (Outcome::Success, Reason::Ok);
    let user = event.user.as_deref().unwrap_or_default();
    let of_itself = matches!(kind, Some(0 | 5)) || is_built_in(user, event.user_uid.as_deref());
    // With administrators one logon gives two sessions; the one without privileges is no try of its own.
    let second = view.number(known::TARGET_LINKED_LOGON_ID).is_some_and(|id| id != 0)
        && view.get(known::ELEVATED_TOKEN) == Some("%%1843");
    if of_itself || second {
        event.count = 0;
    }
}

fn logoff<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::Authentication, activity::AUTH_LOGOFF);
    target(view, event);
    event.session = view.text(known::TARGET_LOGON_ID);
    event.logon_type = view.number(known::LOGON_TYPE).and_then(|number| u8::try_from(number).ok());
    event.outcome = Outcome::Success;
    event.count = 0;
}

/// 4648: a program of this computer used the code of an account; whether it was right is not told.
fn explicit<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::Authentication, activity::AUTH_LOGON);
    target(view, event);
    event.src_ip = view.ip(known::IP_ADDRESS);
    event.src_port = view.port(known::IP_PORT);
    event.actor = view.text(known::SUBJECT_USER_NAME);
    event.actor_uid = view.text(known::SUBJECT_USER_SID);
    event.session = view.text(known::SUBJECT_LOGON_ID);
    event.process = view.text(known::PROCESS_NAME);
    event.pid = view.pid(known::PROCESS_ID);
    event.service = Some(Cow::Borrowed("explicit_credentials"));
    let server = view.said(known::TARGET_SERVER_NAME).filter(|name| !name.eq_ignore_ascii_case("localhost"));
    if let Some(server) = server {
        event.src_host = event.dst_host.take();
        event.dst_host = Some(Cow::Borrowed(server));
    }
    event.is_remote = Some(server.is_some());
}

fn privileges<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::AuthorizeSession, activity::SESSION_PRIVILEGES);
    event.user = view.text(known::SUBJECT_USER_NAME);
    event.user_domain = view.text(known::SUBJECT_DOMAIN_NAME);
    event.user_uid = view.text(known::SUBJECT_USER_SID);
    event.session = view.text(known::SUBJECT_LOGON_ID);
    event.outcome = view.audited();
}

/// Tickets of Kerberos, seen by the domain controller: 4768, 4769, 4770, 4771.
fn ticket<'a>(view: &View<'a>, event: &mut Event<'a>) {
    let what = match view.event_id {
        4768 => activity::AUTH_TICKET,
        4771 => activity::AUTH_PREAUTH,
        _ => activity::AUTH_SERVICE_TICKET,
    };
    class(event, Class::Authentication, what);
    target(view, event);
    if view.event_id != 4771 {
        event.service = view.text(known::SERVICE_NAME);
    }
    // Service tickets name the account as user@REALM.
    if let Some((user, _)) = view.said(known::TARGET_USER_NAME).and_then(|name| name.split_once('@')) {
        event.user = Some(Cow::Borrowed(user));
    }
    source(view, event);
    event.is_remote = event.src_ip.map(|ip| !ip.is_loopback());
    event.auth_method = Some(AuthMethod::Kerberos);
    event.encryption = view.named("TicketEncryptionType").map(Cow::Borrowed);
    match view.number(known::STATUS) {
        Some(0) | None if view.event_id != 4771 => {
            (event.outcome, event.reason) = (Outcome::Success, Reason::Ok);
        }
        code => failed(event, kerberos(code.unwrap_or(u64::MAX)), view.said(known::STATUS)),
    }
    // For a service ticket no code is given.
    if what == activity::AUTH_SERVICE_TICKET {
        event.count = 0;
    }
}

/// 4776 and 4777: a code was checked with NTLM. The name of the computer is told by the computer itself.
fn ntlm<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::Authentication, activity::AUTH_LOGON);
    target(view, event);
    source(view, event);
    event.auth_method = Some(AuthMethod::Ntlm);
    event.service = Some(Cow::Borrowed("ntlm"));
    match view.number(known::STATUS) {
        Some(0) => (event.outcome, event.reason) = (Outcome::Success, Reason::Ok),
        code => failed(event, ntstatus(code.unwrap_or(1)), view.said(known::STATUS)),
    }
}

/// 4778 and 4779: a remote desktop session was taken up again, or left.
fn session<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::Rdp, activity::OTHER);
    event.user = view.text(known::ACCOUNT_NAME);
    event.user_domain = view.text(known::ACCOUNT_DOMAIN);
    event.session = view.text(known::SESSION_LOGON_ID);
    event.src_host = view.text(known::CLIENT_NAME);
    event.src_ip = view.ip(known::CLIENT_ADDRESS);
    event.is_remote = event.src_ip.map(|ip| !ip.is_loopback());
    event.outcome = view.audited();
}
