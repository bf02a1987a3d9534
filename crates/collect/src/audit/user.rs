//! Records of programs that check codes, open sessions and change accounts.

use super::meaning::{Known, Own};
use crate::grammar::text::{Peer, ip};
use vocab::{AuthMethod, Class, Event, Flags, Outcome, Reason, UserKind, activity};

/// Programs that tell the end of a login by `USER_LOGIN`.
fn tells_logins(exe: &str) -> bool {
    exe.ends_with("/sshd")
        || exe.ends_with("/sshd-session")
        || exe.ends_with("/login")
        || exe.ends_with("/gdm-session-worker")
}

/// Fills the event when the record is one of these.
pub(super) fn describe<'a>(own: &'a Own, known: &mut Known, event: &mut Event<'a>) -> bool {
    let exe = own.get("exe").unwrap_or_default();
    match own.kind.as_str() {
        "USER_AUTH" | "USER_LOGIN" | "USER_ERR" => attempt(own, exe, known, event),
        "USER_LOGOUT" | "USER_END" | "USER_START" => session(own, exe, event),
        "USER_ACCT" => {
            peer(own, exe, event);
            if event.outcome == Outcome::Failure {
                login(event, activity::AUTH_LOGON, Reason::NotAllowed);
                event.count = 0;
            }
        }
        "CRED_ACQ" | "CRED_DISP" | "CRED_REFR" => peer(own, exe, event),
        "USER_CMD" => {
            event.class = Class::Process;
            event.activity = activity::PROCESS_LAUNCH;
            event.cmdline = own.get("cmd").map(Into::into);
            event.cwd = own.get("cwd").map(Into::into);
            event.user.clone_from(&event.actor);
        }
        "LOGIN" => {
            event.user = own.get("AUID").map(Into::into);
            event.user_uid = own.get("auid").map(Into::into);
        }
        _ => return changed(own, exe, event),
    }
    true
}

/// Account, source and service, as PAM knows them.
fn peer<'a>(own: &'a Own, exe: &'a str, event: &mut Event<'a>) {
    event.user = own.get("acct").or_else(|| own.get("ID")).map(Into::into);
    event.service = Some(exe.rsplit('/').next().unwrap_or(exe).into());
    let host = own.get("addr").and_then(ip).map(|ip| Peer { ip: Some(ip), host: None, port: None });
    let host = host.or_else(|| own.get("hostname").or_else(|| own.get("addr")).and_then(Peer::host));
    if let Some(peer) = host {
        event.src_ip = peer.ip;
        event.src_host = peer.host.map(Into::into);
        event.is_remote = Some(peer.ip.is_none_or(|ip| !ip.is_loopback()));
    }
}

fn login(event: &mut Event<'_>, what: u8, failure: Reason) {
    event.class = Class::Authentication;
    event.activity = what;
    event.reason = match event.outcome {
        Outcome::Success => Reason::Ok,
        Outcome::Failure => failure,
        Outcome::Unknown => Reason::Unknown,
    };
}

fn attempt<'a>(own: &'a Own, exe: &'a str, known: &mut Known, event: &mut Event<'a>) {
    peer(own, exe, event);
    let operation = own.get("op").unwrap_or_default();
    let switch = matches!(exe.rsplit('/').next(), Some("su" | "sudo" | "doas" | "pkexec"));
    let what = if switch { activity::AUTH_SWITCH } else { activity::AUTH_LOGON };
    if own.kind == "USER_ERR" {
        login(event, what, Reason::UnknownUser);
        event.count = 0;
        event.flags.set(Flags::INFERRED);
        return;
    }
    login(event, what, Reason::BadSecret);
    let pid = own.get("pid").unwrap_or_default();
    if operation.contains("pubkey") || operation.starts_with("key") {
        event.auth_method = Some(AuthMethod::Publickey);
    }
    match (own.kind.as_str(), event.outcome) {
        ("USER_AUTH", Outcome::Failure) => known.failed(pid),
        ("USER_AUTH", Outcome::Success) if tells_logins(exe) => event.count = 0,
        ("USER_LOGIN", Outcome::Failure) => {
            if known.take_failed(pid) {
                event.count = 0;
            }
            if matches!(own.get("acct"), None | Some("unknown" | "(invalid user)")) {
                event.user_kind = Some(UserKind::Unknown);
            }
        }
        _ => {}
    }
    if switch {
        event.target_user.clone_from(&event.user);
    }
}

fn session<'a>(own: &'a Own, exe: &'a str, event: &mut Event<'a>) {
    peer(own, exe, event);
    let what = if own.kind == "USER_START" { activity::AUTH_LOGON } else { activity::AUTH_LOGOFF };
    login(event, what, Reason::Unknown);
    event.count = 0;
}

/// Accounts and groups (K-22).
fn changed<'a>(own: &'a Own, exe: &'a str, event: &mut Event<'a>) -> bool {
    let operation = own.get("op").unwrap_or_default();
    let (class, what) = match own.kind.as_str() {
        "ADD_USER" => (Class::AccountChange, activity::ACCOUNT_CREATE),
        "DEL_USER" => (Class::AccountChange, activity::ACCOUNT_DELETE),
        "ACCT_LOCK" => (Class::AccountChange, activity::ACCOUNT_LOCK),
        "ACCT_UNLOCK" => (Class::AccountChange, activity::ACCOUNT_UNLOCK),
        "USER_CHAUTHTOK" => (Class::AccountChange, activity::ACCOUNT_PASSWORD_CHANGE),
        "ADD_GROUP" => (Class::GroupManagement, activity::GROUP_CREATE),
        "DEL_GROUP" => (Class::GroupManagement, activity::GROUP_DELETE),
        "USER_MGMT" | "GRP_MGMT" if operation.contains("add") && operation.contains("group") => {
            (Class::GroupManagement, activity::GROUP_ADD_USER)
        }
        "USER_MGMT" | "GRP_MGMT" if operation.contains("delet") && operation.contains("group") => {
            (Class::GroupManagement, activity::GROUP_REMOVE_USER)
        }
        "USER_MGMT" => (Class::AccountChange, activity::OTHER),
        "GRP_MGMT" => (Class::GroupManagement, activity::OTHER),
        _ => return false,
    };
    peer(own, exe, event);
    if event.user.is_none() {
        event.user = own.get("id").map(Into::into);
    }
    event.target_user.clone_from(&event.user);
    event.group = own.get("grp").map(Into::into);
    event.class = class;
    event.activity = what;
    event.reason_code = (!operation.is_empty()).then(|| operation.into());
    true
}
