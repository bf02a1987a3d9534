//! Events as OCSF 1.8.0 JSON lines (detection.md 1.2), the form in which they are printed and handed to others.
//!
//! | module | what |
//! |---|---|
//! | [`json`] | objects with keys in the order of the calls |
//! | [`parts`] | the objects of OCSF: people, endpoints, processes, HTTP |
//! | [`windows`] | registry, services, tasks, libraries, names, shares |
//! | [`extra`] | `unmapped`: provenance, marks, readings, fields without a place of their own |

mod extra;
mod json;
mod parts;
#[cfg(test)]
mod tests;
mod windows;

use crate::mask::masked;
use json::Object;
use vocab::{Class, Event, Reason};

/// Version of the schema, in `metadata.version`.
pub const OCSF_VERSION: &str = "1.8.0";
/// How much of a raw record is printed, bytes; `raw_data_size` and `raw_data_hash` are of the whole record.
const RAW_SHOWN_BYTES_MAX: usize = 64 << 10;

/// A text with its secrets masked, and whether there were any.
struct Masker {
    masked: bool,
}

impl Masker {
    /// Writes a text without its secrets; nothing when it is absent.
    fn text(&mut self, object: &mut Object<'_>, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            let clean = masked(value);
            self.masked |= matches!(clean, std::borrow::Cow::Owned(_));
            object.text(key, &clean);
        }
    }
}

/// Appends one event as one JSON object without a line end. Key order is fixed; absent facts are left out, except what
/// the class requires, which gets the schema's value for "unknown" (DT-EVT-09).
pub fn write(event: &Event<'_>, out: &mut Vec<u8>) {
    let mut masker = Masker { masked: event.flags.has(vocab::Flags::SECRET_MASKED) };
    let mut object = Object::begin(out);
    head(event, &mut object, &mut masker);
    parts::people(event, &mut object, &mut masker);
    parts::login(event, &mut object);
    parts::endpoints(event, &mut object);
    parts::process(event, &mut object, &mut masker);
    windows::write(event, &mut object, &mut masker);
    parts::http(event, &mut object, &mut masker);
    parts::finding(event, &mut object);
    extra::metadata(event, &mut object);
    extra::raw(event, &mut object, &mut masker);
    extra::unmapped(event, &mut object, &mut masker);
    object.end();
}

fn head(event: &Event<'_>, object: &mut Object<'_>, masker: &mut Masker) {
    let class = event.class as u32;
    object.number("class_uid", class);
    object.number("category_uid", category(event.class));
    object.number("activity_id", event.activity);
    object.number("type_uid", u64::from(class) * 100 + u64::from(event.activity));
    object.number("time", event.time.map_or(0, |time| time.0.div_euclid(1_000)));
    if let Some(time) = event.time {
        object.value("time_dt", |out| extra::rfc3339(out, time));
    }
    object.number_if("timezone_offset", event.tz_offset_min);
    object.number("severity_id", event.severity);
    object.number("status_id", event.outcome as u8);
    if event.reason != Reason::Unknown {
        object.text("status_code", event.reason.as_str());
    }
    masker.text(object, "status_detail", event.reason_code.as_deref());
    if event.count != 1 {
        object.number("count", event.count);
    }
    masker.text(object, "message", event.message.as_deref());
}

/// `category_uid`: the thousands of the class, without the number of an extension.
const fn category(class: Class) -> u32 {
    class as u32 % 100_000 / 1_000
}
