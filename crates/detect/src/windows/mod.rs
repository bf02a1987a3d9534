//! What records of the Windows event log need beside rules on single events (detection.md 3.10, 4.5).

pub mod numbers;
mod watch;

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
    matches!(event.class, Class::Authentication | Class::AccountChange | Class::GroupManagement)
        || event.class == Class::EventLog && event.activity == activity::LOG_CLEAR
}
