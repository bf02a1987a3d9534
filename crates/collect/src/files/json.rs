//! FR-04: JSON objects of any kind as base events. An object that carries a syslog message (`ident`, `message`, as fluentd and
//! Fluent Bit write it) goes to the grammar of its program.

use super::aliases::{Meaning, finish, meaning, time};
use crate::flat::Flat;
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink};
use crate::registry::Format;
use crate::syslog::{Delivery, deliver, program_name};
use crate::time::Resolver;
use crate::unread::Shapes;
use std::borrow::Cow;
use vocab::{Event, Extra, Flags, Trust};

/// The format.
pub(crate) const JSON: Format = Format {
    name: "json",
    cut: |_| Cut::Json,
    yearless: false,
    score,
    decoder: |_, settings| {
        Box::new(JsonDecoder { resolver: Resolver::new(settings), misses: Shapes::default() })
    },
};

fn score(sample: &Sample<'_>) -> f32 {
    let lines = sample.share(|line| line.starts_with('{') && Flat::read(line).is_ok());
    let text = sample.text.trim_start();
    let mut start = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let spread = match (start.next(), start.next()) {
        (Some(b'{'), Some(b'"')) | (Some(b'['), Some(b'{')) => text.contains("\":"),
        _ => false,
    };
    (lines * 0.9).max(if spread { 0.7 } else { 0.0 })
}

struct JsonDecoder {
    resolver: Resolver,
    misses: Shapes,
}

impl Decoder for JsonDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        if record.text.trim().is_empty() {
            return Decoded::Nothing;
        }
        let flat = match Flat::read(record.text) {
            Ok(flat) => flat,
            Err(unread) => return unread,
        };
        let mut event = Event {
            count: 1,
            trust: Trust::Tr1,
            flags: record.flags,
            origin: record.origin.clone(),
            ..Event::default()
        };
        let mut timed = false;
        let (mut program, mut pid) = ("", None);
        for field in &flat.fields {
            let value = field.value.as_ref();
            match meaning(&field.name) {
                Some(Meaning::Time) if !timed => {
                    timed = time(value, &mut self.resolver, record.year, &mut event)
                }
                Some(Meaning::Message) if event.message.is_none() => {
                    event.message = Some(Cow::Borrowed(value))
                }
                Some(Meaning::Host) if event.dst_host.is_none() => {
                    event.dst_host = Some(Cow::Borrowed(value))
                }
                Some(Meaning::Program) if program.is_empty() => program = value,
                Some(Meaning::Pid) => pid = value.parse().ok(),
                _ => {}
            }
            let (name, value) = (Cow::Borrowed(field.name.as_ref()), Cow::Borrowed(value));
            event.extra.push(Extra { name, value, bare: field.bare });
        }
        finish(&mut event, timed, settings);
        if flat.doubtful {
            event.flags.set(Flags::AMBIGUOUS);
        }
        let body: Option<&str> =
            flat.fields.iter().find(|f| meaning(&f.name) == Some(Meaning::Message)).map(|f| f.value.as_ref());
        let message = body.filter(|_| !program.is_empty() && !flat.doubtful);
        if let Some(body) = message {
            event.process = Some(Cow::Borrowed(program_name(program)));
            event.pid = pid;
            let host = flat.fields.iter().find(|f| meaning(&f.name) == Some(Meaning::Host));
            let host = host.map_or("", |field| field.value.as_ref());
            let cut = record.flags.has(Flags::TRUNCATED);
            return deliver(&Delivery { host, program, pid, cut }, body, event, &mut self.misses, sink);
        }
        event.origin.parser = "json";
        event.origin.parser_version = 1;
        sink(&event);
        Decoded::Events
    }

    fn take_misses(&mut self) -> Shapes {
        std::mem::take(&mut self.misses)
    }
}
