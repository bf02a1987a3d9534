//! Messages that stand for several: `message repeated n times: [ X ]` and `last message repeated n times` (FR-01).

use super::frame::Frame;
use crate::grammar::text::number;
use vocab::{Event, Flags};

/// rsyslog prints at most this much of a repeated message, bytes.
pub(super) const QUOTED_BYTES_MAX: usize = 800;
/// A higher number is not believed.
const TIMES_MAX: u32 = 1_000_000;

/// The last message, for `last message repeated n times`. Its buffers are reused from line to line.
#[derive(Debug, Default)]
pub(super) struct Last {
    host: String,
    pub(super) program: String,
    pub(super) pid: Option<u32>,
    pub(super) body: String,
    kept: bool,
}

impl Last {
    /// Keeps a message.
    pub(super) fn keep(&mut self, frame: &Frame<'_>) {
        set(&mut self.host, frame.host);
        set(&mut self.program, frame.program);
        set(&mut self.body, frame.body);
        self.pid = frame.pid;
        self.kept = frame.tagged;
    }

    /// The message that a host repeats. Another host's line in between hides it.
    pub(super) fn for_host(&self, host: &str) -> Option<&Self> {
        (self.kept && self.host == host).then_some(self)
    }
}

fn set(to: &mut String, from: &str) {
    to.clear();
    to.push_str(from);
}

/// `message repeated n times: [ X ]` as the whole message: n and X. The words inside a message mean nothing (HC-10).
pub(super) fn quoted(body: &str) -> Option<(u32, &str)> {
    let rest = body.strip_prefix("message repeated ")?;
    let (count, rest) = rest.split_once(" times: [")?;
    let inner = rest.strip_suffix(']')?;
    Some((times(count)?, inner.strip_prefix(' ').unwrap_or(inner)))
}

/// `last message repeated n times` as the whole message.
pub(super) fn of_last(body: &str) -> Option<u32> {
    let rest = body.strip_prefix("last message repeated ")?;
    times(rest.strip_suffix(" times").or_else(|| rest.strip_suffix(" time"))?)
}

fn times(text: &str) -> Option<u32> {
    number(text).filter(|count| (1..=TIMES_MAX).contains(count))
}

/// Notes that the event stands for `count`.
pub(super) fn mark(event: &mut Event<'_>, count: u32) {
    event.count = count;
    event.flags.set(Flags::REPEATED);
}
