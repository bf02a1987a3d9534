//! What records of the Windows event log need beside rules on single events (detection.md 3.10, 4.5).

pub(crate) mod book;
mod chain;
mod identity;
mod named;
pub mod numbers;
pub(crate) mod people;
mod tickets;
mod watch;

pub(crate) use chain::Chains;
pub(crate) use identity::Identities;
pub(crate) use named::first_label;
pub(crate) use tickets::Tickets;
pub(crate) use watch::Watch;

use crate::signal::Signal;
use vocab::{Class, Event, activity};

/// Row ids of the meaning of Windows records begin so.
const GRAMMAR: &str = "EVTX";

/// Is the signal of a Windows record?
pub(crate) fn is_windows(signal: &Signal) -> bool {
    signal.grammar.starts_with(GRAMMAR)
}

/// Does a correlation need the record although no rule matched? Process, file and registry records are many, and rules on
/// single events look at them.
pub(crate) fn needed(event: &Event<'_>) -> bool {
    matches!(event.class, Class::Authentication | Class::AccountChange | Class::GroupManagement | Class::Rdp)
        || event.class == Class::EventLog && event.activity == activity::LOG_CLEAR
        || event.class == Class::AuthorizeSession
            && event.user_uid.as_deref().is_some_and(|number| number.starts_with("S-1-5-21-"))
}

#[cfg(test)]
pub(crate) mod testing {
    use crate::RuleSet;
    use vocab::{Finding, Timestamp};

    /// A finding without records.
    pub(crate) fn finding() -> Finding {
        const RULE: &str =
            "title: n\nid: n\nlevel: high\ntags: [sekisho.kind.lateral_movement]\nsekisho_native: n\n";
        let (rules, _) = RuleSet::load(&[("n.yml", RULE)], &[]);
        let rule = rules.get(crate::RuleIndex(0)).expect("one rule");
        crate::findings::template(rule, Vec::new(), Timestamp::default())
    }
}
