//! Provenance, the raw record, and what OCSF has no place for.

use super::json::{Object, decimal};
use super::parts::is_ja4;
use super::{Masker, OCSF_VERSION, RAW_SHOWN_BYTES_MAX};
use crate::mask::{MASK, secret_name};
use crate::time::civil::civil_from_days;
use base64::Engine as _;
use sha2::{Digest, Sha256};
use std::io::Write;
use vocab::{Event, Extra, Flags, Timestamp, Trust, UserKind};

/// Largest raw record that is hashed again for printing; the ledger holds the hash of any record.
const HASHED_BYTES_MAX: usize = 4 << 20;

/// `"2026-11-22T04:05:06.000000Z"`.
pub(super) fn rfc3339(out: &mut Vec<u8>, time: Timestamp) {
    let (year, month, day) = civil_from_days(time.0.div_euclid(Timestamp::DAY));
    let of_day = time.0.rem_euclid(Timestamp::DAY);
    let (seconds, micros) = (of_day / Timestamp::SECOND, of_day % Timestamp::SECOND);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let _ = write!(out, "\"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z\"");
}

/// `metadata`.
pub(super) fn metadata(event: &Event<'_>, object: &mut Object<'_>) {
    object.object("metadata", true, |metadata| {
        metadata.text("version", OCSF_VERSION);
        metadata.object("product", true, |product| {
            product.text("name", "Sekisho");
            product.text("vendor_name", "Sekisho");
        });
        metadata.text("log_source", event.origin.file);
        if let Some(citation) = event.origin.citation {
            metadata.value("uid", |out| {
                out.push(b'"');
                decimal(out, i128::from(citation.index.0));
                out.push(b'.');
                decimal(out, i128::from(citation.record));
                out.push(b'"');
            });
        }
        metadata.text_if("event_code", event.signature.as_deref());
        metadata.text_if("original_time", event.original_time.as_deref());
    });
}

/// `raw_data` and its hash. The hash is of the bytes as received, also where a secret is masked or the text is cut.
pub(super) fn raw(event: &Event<'_>, object: &mut Object<'_>, masker: &mut Masker) {
    let raw = event.origin.raw;
    let shown = raw.get(..RAW_SHOWN_BYTES_MAX).unwrap_or(raw);
    if !is_binary_xml(event) {
        masker.text(object, "raw_data", Some(&String::from_utf8_lossy(shown)));
    }
    if raw.len() <= HASHED_BYTES_MAX {
        object.object("raw_data_hash", true, |hash| {
            hash.number("algorithm_id", 3_u8);
            hash.value("value", |out| {
                out.push(b'"');
                let start = out.len();
                out.resize(start + 64, 0);
                let target = out.get_mut(start..).unwrap_or_default();
                let _ = hex::encode_to_slice(Sha256::digest(raw), target);
                out.push(b'"');
            });
        });
    }
    object.number("raw_data_size", i128::try_from(raw.len()).unwrap_or(0));
}

/// `unmapped`: our own fields under `sekisho`, those of the source beside it.
pub(super) fn unmapped(event: &Event<'_>, object: &mut Object<'_>, masker: &mut Masker) {
    object.object("unmapped", true, |unmapped| {
        // The fields of the source first: whether one was masked shows among the marks.
        for (index, extra) in event.extra.iter().enumerate() {
            field(&event.extra, index, extra, unmapped, masker);
        }
        unmapped.object("sekisho", true, |own| sekisho(event, own, masker.masked));
    });
}

fn sekisho(event: &Event<'_>, own: &mut Object<'_>, masked: bool) {
    let origin = &event.origin;
    own.number("line", origin.line);
    own.number("offset", origin.offset);
    own.text("parser", origin.parser);
    own.number("parser_version", origin.parser_version);
    own.text("grammar", origin.grammar);
    let mut flags = event.flags;
    if masked {
        flags.set(Flags::SECRET_MASKED);
    }
    own.list("flags", flags.names());
    own.text("trust", trust_name(event.trust));
    if event.attempt != 0 {
        own.value("attempt", |out| {
            let _ = write!(out, "\"{:016x}\"", event.attempt);
        });
    }
    own.text_if("user_kind", event.user_kind.map(user_kind_name));
    own.text_if("client_version", event.client_fp.as_deref().filter(|text| !is_ja4(text)));
    own.number_if("latency_us", event.latency_us);
    if !event.readings.is_empty() {
        own.value("readings", |out| readings(event, out));
    }
    if !masked && !is_binary_xml(event) && std::str::from_utf8(origin.raw).is_err() {
        let shown = origin.raw.get(..RAW_SHOWN_BYTES_MAX).unwrap_or(origin.raw);
        own.text("raw_b64", &base64::engine::general_purpose::STANDARD.encode(shown));
    }
}

/// Binary XML says nothing without the chunk that it stood in, and would hide secrets in it from the mask.
fn is_binary_xml(event: &Event<'_>) -> bool {
    event.windows.is_some() && event.origin.raw.starts_with(b"**\0\0")
}

fn readings(event: &Event<'_>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, reading) in event.readings.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let mut inner = Object::begin(out);
        inner.address_if("src_ip", reading.src_ip);
        inner.text("user", &reading.user);
        inner.text("outcome", reading.outcome.as_str());
        inner.end();
    }
    out.push(b']');
}

/// One field of the source. Names are made unique: `sekisho` is ours, and a name that came before gets a number.
fn field(all: &[Extra<'_>], index: usize, extra: &Extra<'_>, unmapped: &mut Object<'_>, masker: &mut Masker) {
    let name = extra.name.as_ref();
    let before = all.iter().take(index).filter(|other| other.name == extra.name).count();
    let unique = match (before, name) {
        (0, "sekisho") => "sekisho#0".into(),
        (0, _) => std::borrow::Cow::Borrowed(name),
        (count, _) => format!("{name}#{count}").into(),
    };
    // `%%1842` stands for a word of the system: yes, no.
    if secret_name(name) && !extra.value.starts_with("%%") {
        masker.masked = true;
        unmapped.text(&unique, MASK);
    } else if extra.bare && is_bare(&extra.value) {
        unmapped.bare(&unique, &extra.value);
    } else {
        masker.text(unmapped, &unique, Some(&extra.value));
    }
}

/// A number or boolean as JSON writes it?
fn is_bare(value: &str) -> bool {
    value.len() <= 32
        && (matches!(value, "true" | "false" | "null")
            || serde_json::from_str::<serde_json::Number>(value).is_ok())
        && value.trim() == value
}

const fn trust_name(trust: Trust) -> &'static str {
    match trust {
        Trust::Tr0 => "TR0",
        Trust::Tr1 => "TR1",
        Trust::Tr2 => "TR2",
        Trust::Tr3 => "TR3",
    }
}

const fn user_kind_name(kind: UserKind) -> &'static str {
    match kind {
        UserKind::Known => "known",
        UserKind::Unknown => "unknown",
        UserKind::Disabled => "disabled",
        UserKind::Expired => "expired",
        UserKind::Locked => "locked",
        UserKind::Empty => "empty",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let shown = |micros: i64| {
            let mut out = Vec::new();
            rfc3339(&mut out, Timestamp(micros));
            String::from_utf8(out).unwrap()
        };
        assert_eq!(shown(1_795_320_306_000_007), "\"2026-11-22T04:05:06.000007Z\"");
        assert_eq!(shown(-1), "\"1969-12-31T23:59:59.999999Z\"");
    }

    #[test]
    fn bare_values() {
        assert!(["1", "-1.5e3", "true", "null"].iter().all(|value| is_bare(value)));
        assert!(["", " 1", "1,\"x\":2", "NaN", "0x1", "\"a\""].iter().all(|value| !is_bare(value)));
    }
}
