//! What the grammars of small programs share: PAM lines first, then the program's own rows, all by fixed text at both ends.

use super::text::has_failure_words;
use super::{Message, Parsed};
use vocab::Event;

/// Rows of one program: the message body into the event.
pub(crate) type Rows = for<'a> fn(&Message<'a>, &mut Event<'a>) -> Parsed;

/// Runs a program's rows behind the PAM rows. What no row wants is a miss when it holds failure words (DT-HOS-06).
pub(crate) fn run<'a>(
    message: &Message<'a>,
    event: &mut Event<'a>,
    parser: &'static str,
    services: &'static [&'static str],
    rows: Rows,
) -> Parsed {
    super::begin(message, event, parser, services);
    if let Some(parsed) = super::pam::inside(message, event) {
        return parsed;
    }
    let cut = super::fill::is_cut(message, event, usize::MAX);
    match rows(message, event) {
        Parsed::Miss if !has_failure_words(message.body) => Parsed::Uninteresting,
        Parsed::Event if cut => {
            super::fill::withdraw_source(event);
            Parsed::Event
        }
        parsed => parsed,
    }
}

/// The text between a fixed beginning and a fixed end.
pub(crate) fn between<'a>(text: &'a str, left: &str, right: &str) -> Option<&'a str> {
    text.strip_prefix(left)?.strip_suffix(right)
}

/// `'NAME'` or `` `NAME' `` at the beginning, the name without quotes inside; gives the name and what follows.
pub(crate) fn quoted(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix(['\'', '`'])?.split_once('\'')
}

/// A process that serves one client after the other: its id joins nothing.
pub(crate) fn shared_process(event: &mut Event<'_>) {
    event.attempt = 0;
}
