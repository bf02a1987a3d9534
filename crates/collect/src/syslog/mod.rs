//! Syslog text: FR-01 (RFC 3164 in all the shapes that files hold) and FR-02 (RFC 5424), detection.md 3.2.
//!
//! The framing is daemon-owned: stamp, host, program and process id are read from the left and end before the message
//! begins, so nothing inside a message can move them. The message goes to the [`crate::grammar`] of its program; a message
//! that no grammar wants stays a base event (DT-EVT-11).

mod deliver;
mod frame;
mod header;
mod repeat;
mod structured;
#[cfg(test)]
mod tests;

pub(crate) use deliver::{Delivery, deliver};
pub(crate) use frame::{octet_counted, severity};
pub(crate) use header::program_name;

use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use crate::time::{Printed, Resolved, Resolver};
use crate::unread::Shapes;
use frame::Frame;
use std::borrow::Cow;
use vocab::{Event, Flags, Trust};

/// The format.
pub(crate) const SYSLOG: Format = Format {
    name: "syslog",
    cut: |_| Cut::Lines,
    yearless: true,
    score,
    decoder: |_, settings| Box::new(SyslogDecoder::new(settings)),
};

/// The host that a line names; `None` when it is no syslog line or names none.
pub(crate) fn host_of(line: &str) -> Option<&str> {
    frame::frame(line).filter(|frame| frame.tagged).map(|frame| frame.host).filter(|host| !host.is_empty())
}

fn score(sample: &Sample<'_>) -> f32 {
    sample.share(|line| frame::frame(line).is_some_and(|frame| frame.tagged)) * 0.96
}

/// Longest stamp that is kept for comparison with the next one, bytes.
const STAMP_BYTES_MAX: usize = 40;

/// The last stamp and what it meant: most lines of a busy log share it with the line before.
#[derive(Clone, Debug)]
struct LastStamp {
    bytes: [u8; STAMP_BYTES_MAX],
    length: usize,
    year: i16,
    resolved: Resolved,
}

/// Decodes syslog text.
pub(crate) struct SyslogDecoder {
    resolver: Resolver,
    stamp: LastStamp,
    last: repeat::Last,
    misses: Shapes,
}

impl SyslogDecoder {
    /// For one file.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            resolver: Resolver::new(settings),
            stamp: LastStamp {
                bytes: [0; STAMP_BYTES_MAX],
                length: 0,
                year: 0,
                resolved: Resolved::default(),
            },
            last: repeat::Last::default(),
            misses: Shapes::default(),
        }
    }

    /// Reads the stamp at the beginning of the text: its length and its meaning.
    fn stamped(&mut self, text: &str, year: i16) -> Option<(usize, Resolved)> {
        let bytes = text.as_bytes();
        let known = &self.stamp;
        if known.length > 0
            && known.year == year
            && bytes.get(..known.length) == known.bytes.get(..known.length)
            && bytes.get(known.length) == Some(&b' ')
        {
            return Some((known.length, known.resolved));
        }
        let printed = frame::stamp(bytes)?;
        let resolved = self.resolver.resolve(&printed, year);
        self.remember(bytes, printed, year, resolved);
        Some((printed.length, resolved))
    }

    fn remember(&mut self, bytes: &[u8], printed: Printed, year: i16, resolved: Resolved) {
        let known = &mut self.stamp;
        known.length = 0;
        if let (Some(from), Some(to)) = (bytes.get(..printed.length), known.bytes.get_mut(..printed.length)) {
            to.copy_from_slice(from);
            (known.length, known.year, known.resolved) = (printed.length, year, resolved);
        }
    }

    /// One message, framing included.
    fn message(
        &mut self,
        text: &str,
        record: &RawRecord<'_>,
        settings: &Settings,
        sink: &mut Sink<'_>,
    ) -> Decoded {
        let (priority, rest) = frame::priority(text);
        let new_form = frame::is_5424(priority, rest);
        let rest = if new_form { rest.get(2..).unwrap_or_default() } else { rest };
        let nil = new_form && rest.starts_with("- ");
        let (length, resolved) = match self.stamped(rest, record.year) {
            Some(found) => found,
            None if nil => (1, Resolved { flags: Flags::BAD_TIME, ..Resolved::default() }),
            None => {
                return Decoded::Unread(UnreadReason::BadTime, "a syslog line beginning with a time stamp");
            }
        };
        let (Some(stamp), Some(after)) = (rest.get(..length), rest.get(length..)) else {
            return Decoded::Unread(UnreadReason::BadTime, "a syslog line beginning with a time stamp");
        };
        let frame = frame::after_stamp(after, new_form);
        let mut event = Event {
            time: resolved.time,
            tz_offset_min: resolved.offset_min,
            original_time: Some(Cow::Borrowed(stamp)),
            dst_host: host(frame.host, settings),
            process: (!frame.program.is_empty()).then(|| Cow::Borrowed(program_name(frame.program))),
            pid: frame.pid,
            message: Some(Cow::Borrowed(frame.body)),
            // Raw datagrams have no origin that can be relied on.
            trust: if priority.is_some() && !new_form { Trust::Tr0 } else { Trust::Tr1 },
            severity: priority.map_or(0, severity),
            count: 1,
            flags: record.flags,
            origin: record.origin.clone(),
            ..Event::default()
        };
        event.flags.set(resolved.flags);
        structured::extras(frame.structured, frame.message_id, &mut event);
        self.program(text.len(), &frame, record, event, sink)
    }

    /// Hands the message to its grammar; undoes repetitions first.
    fn program<'a>(
        &mut self,
        length: usize,
        frame: &Frame<'a>,
        record: &RawRecord<'_>,
        mut event: Event<'a>,
        sink: &mut Sink<'_>,
    ) -> Decoded {
        let cut = record.flags.has(Flags::TRUNCATED) || frame::may_be_cut(length);
        let delivery = Delivery { host: frame.host, program: frame.program, pid: frame.pid, cut };
        if let Some((count, inner)) = repeat::quoted(frame.body) {
            repeat::mark(&mut event, count);
            let cut = cut || inner.len() >= repeat::QUOTED_BYTES_MAX;
            return deliver(&Delivery { cut, ..delivery }, inner, event, &mut self.misses, sink);
        }
        if let Some(count) = repeat::of_last(frame.body) {
            repeat::mark(&mut event, count);
            let Some(last) = self.last.for_host(frame.host) else {
                event.origin.parser = "syslog";
                sink(&event);
                return Decoded::Events;
            };
            let mut event: Event<'_> = event;
            event.process = Some(Cow::Borrowed(program_name(&last.program)));
            event.pid = last.pid;
            event.push_extra("repeated_message", last.body.as_str());
            let delivery = Delivery { program: &last.program, pid: last.pid, ..delivery };
            return deliver(&delivery, &last.body, event, &mut self.misses, sink);
        }
        self.last.keep(frame);
        deliver(&delivery, frame.body, event, &mut self.misses, sink)
    }
}

/// The host of the record, else the one of the settings.
fn host<'a>(framed: &'a str, settings: &'a Settings) -> vocab::Text<'a> {
    let name = if framed.is_empty() { settings.host.as_str() } else { framed };
    (!name.is_empty()).then_some(Cow::Borrowed(name))
}

impl Decoder for SyslogDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let mut text = record.text;
        if text.trim().is_empty() {
            return Decoded::Nothing;
        }
        let Some((first, mut rest)) = octet_counted(text) else {
            return self.message(text, record, settings, sink);
        };
        let mut decoded = self.message(first.trim_end(), record, settings, sink);
        // Messages of a capture follow one another without line ends.
        while !rest.is_empty() {
            (text, rest) = octet_counted(rest).unwrap_or((rest, ""));
            let next = self.message(text.trim_end(), record, settings, sink);
            if next != Decoded::Events {
                decoded = next;
            }
        }
        decoded
    }

    fn take_misses(&mut self) -> Shapes {
        std::mem::take(&mut self.misses)
    }
}
