//! What a record means for the counting of tries (detection.md 3.3, 3.4, DT-FMT-16).

use crate::signal::Signal;
use vocab::{AuthMethod, Class, Outcome, Reason, activity};

/// Part that a record plays in a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The program says that a code was refused.
    Failure,
    /// A key or certificate was refused.
    KeyFailure,
    /// Only a name was given so far.
    NameOnly,
    /// PAM tells of the same try.
    Pam,
    /// PAM counts further tries.
    More,
    /// The code was right.
    Success,
    /// A session was opened.
    Opened,
    /// The connection or session ended.
    Closed,
    /// The connection ended before the login was done; the peer had named an account.
    ClosedBefore,
    /// utmp family.
    Binary,
    /// Names the peer, says nothing of a try.
    Peer,
    /// Not about logins.
    None,
}

pub(super) fn of(signal: &Signal) -> Role {
    if matches!(signal.parser, "wtmp" | "btmp" | "utmp" | "lastlog") {
        // lastlog repeats what another record told.
        let told = signal.class == Class::Authentication && signal.count > 0;
        return if told && signal.activity == activity::AUTH_LOGON { Role::Binary } else { Role::None };
    }
    // auditd tells of the same tries as the text log of the program, as the utmp family does.
    if signal.parser == "auditd" {
        let told = is_login(signal) && signal.count > 0 && signal.outcome != Outcome::Unknown;
        return if told { Role::Binary } else { Role::None };
    }
    match signal.grammar {
        "O01" => program(signal),
        "O02" | "O03" | "O08" => Role::NameOnly,
        "O04" | "O11" if before_login(signal) => Role::ClosedBefore,
        "O04" | "O05" | "O06" => Role::Closed,
        "O07" | "O10" | "O11" | "O12" | "O17" | "O20" => Role::Peer,
        "O13" | "O14" | "O22" => Role::None,
        // sudo sums up its tries in a line of its own; without a process id nothing joins that line to the PAM lines.
        "P01" | "P02" if signal.attempt == 0 && signal.service == "sudo" => Role::Peer,
        "O15" | "O16" | "P01" => Role::Pam,
        "P02" => pam_more(signal),
        "P03" => session(signal),
        "P04" | "P05" if signal.outcome == Outcome::Failure => Role::Pam,
        "O18" => Role::Peer,
        "O19" | "O21" if signal.outcome == Outcome::Failure => Role::KeyFailure,
        "P07" if signal.outcome == Outcome::Failure && is_login(signal) => Role::More,
        // A session of logind, a second line about a try that another line counts.
        "P10" => Role::None,
        _ if signal.class == Class::Authentication
            && signal.count == 0
            && !signal.grammar.starts_with('P') =>
        {
            Role::Peer
        }
        _ if signal.class == Class::Authentication => generic(signal),
        _ => Role::None,
    }
}

fn is_login(signal: &Signal) -> bool {
    signal.class == Class::Authentication
        && matches!(
            signal.activity,
            activity::AUTH_LOGON | activity::AUTH_PREAUTH | activity::AUTH_SWITCH | activity::AUTH_TICKET
        )
}

fn before_login(signal: &Signal) -> bool {
    !signal.account.is_empty()
        && (signal.outcome == Outcome::Failure || signal.reason == Reason::PreauthClose)
        || signal.user_kind.is_some() && signal.outcome == Outcome::Failure
}

fn program(signal: &Signal) -> Role {
    match (signal.outcome, signal.method) {
        (Outcome::Success, _) => Role::Success,
        (Outcome::Failure, Some(AuthMethod::None)) => Role::Peer,
        (Outcome::Failure, Some(AuthMethod::Publickey | AuthMethod::Certificate | AuthMethod::Hostbased)) => {
            Role::KeyFailure
        }
        (Outcome::Failure, _) => Role::Failure,
        (Outcome::Unknown, _) => Role::Peer,
    }
}

fn pam_more(signal: &Signal) -> Role {
    match (signal.outcome, signal.reason) {
        (Outcome::Failure, Reason::UnknownUser) => Role::Pam,
        (Outcome::Failure, _) => Role::More,
        _ => Role::Peer,
    }
}

fn session(signal: &Signal) -> Role {
    match signal.activity {
        activity::AUTH_LOGOFF => Role::Closed,
        _ => Role::Opened,
    }
}

fn generic(signal: &Signal) -> Role {
    match (signal.activity, signal.outcome) {
        (activity::AUTH_LOGOFF, _) => Role::Closed,
        (_, Outcome::Unknown) => Role::Peer,
        (_, Outcome::Success) => Role::Success,
        (_, Outcome::Failure) => Role::Failure,
    }
}
