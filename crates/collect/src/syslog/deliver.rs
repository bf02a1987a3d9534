//! From a framed message to the grammar of its program; shared by all framings that carry syslog messages.

use crate::grammar::{self, Message, Parsed};
use crate::record::{Decoded, Sink, UnreadReason};
use crate::unread::Shapes;
use vocab::Event;

/// What the framing knows beside the event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery<'a> {
    /// Host as framed; may be empty.
    pub(crate) host: &'a str,
    /// Program as framed; may be empty.
    pub(crate) program: &'a str,
    /// Process id.
    pub(crate) pid: Option<u32>,
    /// The transport may have cut the message (DT-HOS-07).
    pub(crate) cut: bool,
}

/// Parses the message and hands the event over. A message that its grammar cannot read is handed over as a base event and
/// counted as a miss (DT-FMT-06, DT-HOS-06).
pub(crate) fn deliver<'a>(
    delivery: &Delivery<'a>,
    body: &'a str,
    mut event: Event<'a>,
    misses: &mut Shapes,
    sink: &mut Sink<'_>,
) -> Decoded {
    let parsed = match grammar::of_program(delivery.program) {
        Some(parse) => {
            let cut_at = if delivery.cut { body.len() } else { usize::MAX };
            let (host, program, pid) = (delivery.host, delivery.program, delivery.pid);
            let times = event.count;
            event.count = 1;
            let parsed = parse(&Message { host, program, pid, body, cut_at }, &mut event);
            event.count = event.count.saturating_mul(times);
            parsed
        }
        None => Parsed::Uninteresting,
    };
    if event.origin.parser.is_empty() {
        event.origin.parser = "syslog";
        event.origin.parser_version = 1;
        event.product = "linux";
        event.sigma_services = &["syslog"];
    }
    sink(&event);
    if parsed == Parsed::Miss {
        misses.add(delivery.program, body);
        return Decoded::Unread(UnreadReason::GrammarMiss, "a message form of this program that is known");
    }
    Decoded::Events
}
