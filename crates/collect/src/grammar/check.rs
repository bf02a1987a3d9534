//! What the tests of all grammars share.

use super::{Message, Parsed, of_program};
use vocab::{Event, Flags};

/// An event made from one message.
pub(crate) struct Checked {
    /// The event.
    pub(crate) event: Event<'static>,
    /// What the grammar said.
    pub(crate) parsed: Parsed,
}

impl Checked {
    /// Row id; empty when nothing matched.
    pub(crate) fn row(&self) -> &'static str {
        self.event.origin.grammar
    }

    /// Source address as text; empty when there is none.
    pub(crate) fn ip(&self) -> String {
        self.event.src_ip.map(|ip| ip.to_string()).unwrap_or_default()
    }

    /// Is the event marked ambiguous?
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.event.flags.has(Flags::AMBIGUOUS)
    }
}

/// Parses one message body of a program.
pub(crate) fn parse(program: &str, body: &str) -> Checked {
    parse_cut(program, body, usize::MAX)
}

/// Parses with a transport that cuts.
pub(crate) fn parse_cut(program: &str, body: &str, cut_at: usize) -> Checked {
    // Tests leak a few hundred short strings so that the event can be handed about freely.
    let (program, body): (&'static str, &'static str) = (program.to_owned().leak(), body.to_owned().leak());
    let mut event = Event { count: 1, ..Event::default() };
    let message = Message { host: "host", program, pid: Some(7), body, cut_at };
    let grammar = of_program(program).unwrap();
    let parsed = grammar(&message, &mut event);
    assert!(event.src_ip.is_none() || !event.flags.has(Flags::AMBIGUOUS), "ambiguous with a source: {body}");
    Checked { event, parsed }
}
