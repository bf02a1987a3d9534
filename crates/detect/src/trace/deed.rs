//! What a record says that somebody did on a computer, in one form whatever program wrote it (detection.md 3.4 to 3.6).

use crate::signal::{Detail, Signal};
use crate::windows::is_windows;
use vocab::{Class, Outcome, Reason, activity};

/// Why a change of account was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The rules do not allow it (not in sudoers, command not allowed).
    NotAllowed,
    /// Wrong code.
    BadSecret,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A command was run with other rights (sudo, doas, pkexec), or was seen by auditd.
    Command,
    /// cron or at ran a command.
    Job,
    /// sudo or su was refused.
    Refused(Refusal),
    /// A session under another account was opened (su, sudo -i).
    Switched,
    /// An account was made.
    AccountCreated,
    /// An account was changed or enabled.
    AccountChanged,
    /// A password was set.
    PasswordSet,
    /// An account was put into a group.
    GroupJoined,
    /// A table of cron was replaced.
    JobTableChanged,
    /// Anything else.
    Other,
}

/// One record, as seen by the trace detectors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deed<'a> {
    /// What was done.
    pub(crate) what: What,
    /// Who did it; empty when the record does not say.
    pub(crate) actor: &'a str,
    /// Account that was used or changed; empty when none.
    pub(crate) target: &'a str,
    /// Group that was changed.
    pub(crate) group: &'a str,
    /// Command line; empty when none.
    pub(crate) line: &'a str,
    /// Message of the record; empty for plain logins.
    pub(crate) message: &'a str,
    /// Program that wrote the record; empty for plain logins.
    pub(crate) process: &'a str,
    /// The signal.
    pub(crate) signal: &'a Signal,
}

fn none() -> &'static Detail {
    static NONE: std::sync::OnceLock<Detail> = std::sync::OnceLock::new();
    NONE.get_or_init(Detail::default)
}

impl<'a> Deed<'a> {
    /// Reads a signal.
    pub(crate) fn of(signal: &'a Signal) -> Self {
        let detail = signal.detail.as_deref().unwrap_or_else(|| none());
        let what = what(signal, detail);
        let account = signal.account.as_str();
        // The account of a record is who acted in records of commands, and who was changed in all others.
        let (mut actor, mut target) = (detail.actor.as_str(), detail.target_user.as_str());
        if matches!(what, What::Command | What::Job | What::Refused(_)) {
            if actor.is_empty() {
                actor = account;
            }
            if target.is_empty() && account != actor {
                target = account;
            }
        } else if target.is_empty() {
            target = account;
        }
        Self {
            what,
            actor,
            target,
            group: &detail.group,
            line: if is_windows(signal) { "" } else { &detail.cmdline },
            message: &detail.message,
            process: &detail.process,
            signal,
        }
    }

    /// The same with the names of accounts of which the record tells the number.
    pub(crate) fn named(mut self, names: &'a super::Names) -> Self {
        let detail = self.detail();
        if self.actor.is_empty() && !detail.actor_uid.is_empty() {
            self.actor = names.get(&detail.actor_uid);
        }
        if self.what == What::Command && self.target.is_empty() && !detail.user_uid.is_empty() {
            self.target = names.get(&detail.user_uid);
        }
        self
    }

    /// The rare parts of the signal; empty for plain logins.
    pub(crate) fn detail(&self) -> &'a Detail {
        self.signal.detail.as_deref().unwrap_or_else(|| none())
    }

    /// Is the account that was used the superuser?
    pub(crate) fn becomes_root(&self) -> bool {
        matches!(self.target, "root" | "0" | "")
    }
}

fn what(signal: &Signal, detail: &Detail) -> What {
    // Rules on single events look at the programs, services and tasks of Windows.
    let account_or_group = matches!(signal.class, Class::AccountChange | Class::GroupManagement);
    if is_windows(signal) && !account_or_group {
        return What::Other;
    }
    let refused = signal.outcome == Outcome::Failure;
    match (signal.class, signal.activity) {
        (Class::Process, activity::PROCESS_LAUNCH) if refused && !detail.cmdline.is_empty() => {
            refusal(signal, detail)
        }
        // auditd tells of all programs: those without a login user, and root's without a terminal, are jobs.
        (Class::Process, activity::PROCESS_LAUNCH)
            if signal.parser == "auditd"
                && (detail.actor_uid.is_empty() || detail.actor_uid == "0" && detail.device.is_empty()) =>
        {
            What::Job
        }
        (Class::Process, activity::PROCESS_LAUNCH) if !detail.cmdline.is_empty() => What::Command,
        (Class::AuthorizeSession, _) if !refused && !detail.cmdline.is_empty() => What::Command,
        (Class::AuthorizeSession, _) if refused => refusal(signal, detail),
        (Class::Authentication, activity::AUTH_SWITCH) if refused => refusal(signal, detail),
        (Class::Authentication, activity::AUTH_SWITCH) => What::Switched,
        (Class::Authentication, _) if refused && signal.grammar == "P07" => refusal(signal, detail),
        (Class::ScheduledJob, _) if !detail.cmdline.is_empty() => What::Job,
        (Class::ScheduledJob, _) if detail.message.contains("REPLACE") => What::JobTableChanged,
        (Class::AccountChange, _) if refused => What::Other,
        (Class::AccountChange, activity::ACCOUNT_CREATE) => What::AccountCreated,
        (Class::AccountChange, activity::ACCOUNT_PASSWORD_CHANGE | activity::ACCOUNT_PASSWORD_RESET) => {
            What::PasswordSet
        }
        (Class::AccountChange, activity::ACCOUNT_ENABLE | activity::ACCOUNT_UNLOCK | activity::OTHER) => {
            What::AccountChanged
        }
        (Class::GroupManagement, activity::GROUP_ADD_USER) if !refused => What::GroupJoined,
        _ => What::Other,
    }
}

fn refusal(signal: &Signal, detail: &Detail) -> What {
    let message = detail.message.to_ascii_lowercase();
    let not_allowed = signal.reason == Reason::NotAllowed
        || message.contains("not in sudoers")
        || message.contains("not in the sudoers")
        || message.contains("command not allowed");
    let code = matches!(signal.reason, Reason::BadSecret | Reason::BadFactor | Reason::RateLimited)
        || message.contains("incorrect password attempt")
        || signal.class == Class::Authentication;
    match (not_allowed, code) {
        (true, _) => What::Refused(Refusal::NotAllowed),
        (false, true) => What::Refused(Refusal::BadSecret),
        (false, false) => What::Other,
    }
}
