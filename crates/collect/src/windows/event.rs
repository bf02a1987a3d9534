//! From the fields of a record to an event.

use super::fields::Fields;
use super::known;
use super::meaning::View;
use super::names::{Names, Part};
use super::shape::{HASHES, Shapes, Variant};
use crate::record::{RawRecord, Sink};
use std::borrow::Cow;
use vocab::{Event, Extra, Flags, Trust, WindowsRecord};

/// What a decoder keeps from record to record.
#[derive(Debug, Default)]
pub(crate) struct Maker {
    /// Names of fields.
    pub(crate) names: Names,
    shapes: Shapes,
}

impl Maker {
    /// To be called between records that share nothing: forgets names when there are too many. `true` = numbers of names
    /// have changed.
    pub(crate) fn tidy(&mut self) -> bool {
        let full = self.names.is_full();
        if full {
            *self = Self::default();
        }
        full
    }

    /// Makes the event of a record.
    pub(crate) fn event(
        &mut self,
        record: &RawRecord<'_>,
        fields: &Fields,
        parser: &'static str,
        sink: &mut Sink<'_>,
    ) {
        let shape = self.shapes.of(fields, &self.names);
        let names = &self.names;
        let head = |name| fields.find(Part::System, name).unwrap_or_default();
        let mut extra = Vec::with_capacity(shape.order.len() + shape.aliases.len() + HASHES.len());
        let list = fields.list();
        let value =
            |place: u16| list.get(usize::from(place)).map(|field| fields.value(field)).unwrap_or_default();
        for place in &shape.order {
            let Some(field) = list.get(usize::from(*place)) else { continue };
            let (name, value) =
                (Cow::Borrowed(&**names.name(field.name)), Cow::Borrowed(fields.value(field)));
            extra.push(Extra { name, value, bare: field.bare });
        }
        for (alias, place) in &shape.aliases {
            let value = Cow::Borrowed(value(*place));
            extra.push(Extra { name: Cow::Borrowed(*alias), value, bare: false });
        }
        let mut variant = Variant { hashes: 0, sources: &[] };
        if let Some(place) = shape.hashes {
            variant.hashes = hashes(value(place), names, &mut extra);
        }
        variant.sources = shape.sources.list(|| {
            let found = extra.iter().find(|extra| extra.name == "EventType")?;
            Some(&*found.value)
        });
        let windows = WindowsRecord {
            channel: Cow::Borrowed(head(known::CHANNEL)),
            provider: Cow::Borrowed(head(known::PROVIDER)),
            event_id: fields.number(known::EVENT_ID).unwrap_or(0),
            version: fields.number(known::VERSION).unwrap_or(0),
            level: fields.number(known::LEVEL).unwrap_or(0),
            record_id: fields.number(known::RECORD_ID).unwrap_or(record.origin.line),
            shape: shape.number(variant, names),
        };
        let mut event = Event {
            time: fields.time,
            tz_offset_min: Some(0),
            severity: severity(windows.level),
            product: "windows",
            log_sources: variant.sources,
            dst_host: Some(head(known::COMPUTER)).filter(|host| !host.is_empty()).map(Cow::Borrowed),
            signature: Some(Cow::Borrowed(head(known::EVENT_ID))),
            message: fields.find(Part::Data, known::MESSAGE).map(Cow::Borrowed),
            count: 1,
            trust: Trust::Tr3,
            flags: record.flags,
            extra,
            origin: record.origin.clone(),
            ..Event::default()
        };
        if fields.guessed {
            event.flags.set(Flags::ENCODING_GUESSED);
        }
        if event.time.is_none() {
            event.flags.set(Flags::BAD_TIME);
        }
        event.origin.line = windows.record_id;
        event.origin.parser = parser;
        event.origin.parser_version = 1;
        if let Some(row) = shape.meaning {
            event.origin.grammar = row.grammar;
            (row.fill)(&View { fields, names, event_id: windows.event_id }, &mut event);
        }
        event.windows = Some(&windows);
        sink(&event);
    }
}

/// OCSF severity of a level: 1 informational to 5 critical.
const fn severity(level: u8) -> u8 {
    match level {
        1 => 5,
        2 => 4,
        3 => 3,
        _ => 1,
    }
}

/// Splits `SHA1=...,MD5=...` (EX-7); gives back which are there.
fn hashes<'a>(text: &'a str, names: &'a Names, extra: &mut Vec<Extra<'a>>) -> u8 {
    let mut found = 0;
    for (bit, (algorithm, name)) in HASHES.into_iter().enumerate() {
        let hash = text.split(',').find_map(|part| {
            let (own, hash) = part.trim().split_once('=')?;
            own.eq_ignore_ascii_case(algorithm).then_some(hash)
        });
        if let Some(hash) = hash {
            found |= 1 << bit;
            extra.push(Extra {
                name: Cow::Borrowed(&**names.name(name)),
                value: Cow::Borrowed(hash),
                bare: false,
            });
        }
    }
    found
}
