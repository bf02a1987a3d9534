//! Grammars of program messages: one module per program family, one function per program.
//!
//! A grammar matches the complete message body or nothing (DT-HOS-02), is anchored away from free text (DT-HOS-01), tries
//! all readings where free text leaves more than one (DT-HOS-03), and never searches for a sub-pattern.

use vocab::Event;

/// A framed message, ready for the grammar of its program.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Host that wrote it, as framed; may be empty.
    pub host: &'a str,
    /// Program name without path, e.g. `sshd`, `sshd-session`, `postfix/smtpd`.
    pub program: &'a str,
    /// Process id.
    pub pid: Option<u32>,
    /// The message, framing removed, escapes as they are.
    pub body: &'a str,
    /// Body length in bytes at or above which the transport may have cut it (DT-HOS-07); `usize::MAX` = no cut.
    pub cut_at: usize,
}

/// What a grammar made of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// Understood; the event is filled in.
    Event,
    /// A known message of this program that says nothing of interest; stays a base event.
    Uninteresting,
    /// A message of this program that no template fits: counted by shape, and as `grammar_miss` when it holds failure
    /// words (DT-HOS-06).
    Miss,
}

/// Fills in the event from the message. The framing has already set time, `dst_host`, `process`, `pid`, `message`, `trust`,
/// `count` and `origin`; the grammar sets the rest, including `origin.parser`, `origin.grammar`, `product`,
/// `sigma_services` and `attempt`.
pub type Grammar = for<'a> fn(&Message<'a>, &mut Event<'a>) -> Parsed;

/// The grammar of a program, if there is one. Chosen by a static match on the name.
#[must_use]
pub fn of_program(program: &str) -> Option<Grammar> {
    match program {
        _ => None,
    }
}
