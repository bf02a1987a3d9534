//! Reads UNITS.jsonl: one record a line. The first wrong line ends the reading: figures made from the rest of a file
//! would be wrong without anybody seeing it.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::unit::{ActRecord, Assistance, AutomatedLogins, Person, Unit};
use crate::read::{ReadError, parse};

/// Largest UNITS.jsonl that is read, bytes.
pub const UNITS_BYTES_MAX: usize = 256 << 20;
/// Longest line, bytes.
pub const UNIT_LINE_BYTES_MAX: usize = 64 << 10;
/// Most records.
pub const UNITS_MAX: usize = 1_000_000;
/// Longest id or code, characters.
const TEXT_CHARS_MAX: usize = 200;
/// Most entries of a list inside a record.
const LIST_MAX: usize = 1_000;

#[derive(Deserialize)]
struct Tag {
    record: String,
}

/// Reads UNITS.jsonl. Empty lines are passed over.
///
/// # Errors
/// The input is too large, not UTF-8, or a line is not a record: file, line and field are named.
pub fn read_units(bytes: &[u8], name: &str) -> Result<Vec<Unit>, ReadError> {
    units(bytes).map_err(|error| ReadError::InFile { name: name.to_owned(), error: Box::new(error) })
}

fn units(bytes: &[u8]) -> Result<Vec<Unit>, ReadError> {
    if bytes.len() > UNITS_BYTES_MAX {
        return Err(ReadError::TooLarge { bytes: bytes.len(), bytes_max: UNITS_BYTES_MAX });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut units = Vec::new();
    let mut seen: BTreeSet<(bool, String)> = BTreeSet::new();
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let number = at + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let unit = unit(line, number)?;
        if units.len() == UNITS_MAX {
            return Err(format_error(number, ".", format!("expected at most {UNITS_MAX} records")));
        }
        // Persons have names of their own: an act and a person may share one.
        if !seen.insert((matches!(unit, Unit::Person(_)), unit.id().to_owned())) {
            return Err(content(number, &unit, "id", "expected an id that no earlier line has".to_owned()));
        }
        units.push(unit);
    }
    Ok(units)
}

fn unit(line: &[u8], number: usize) -> Result<Unit, ReadError> {
    if line.len() > UNIT_LINE_BYTES_MAX {
        let expected = format!("expected at most {UNIT_LINE_BYTES_MAX} bytes, found {}", line.len());
        return Err(format_error(number, ".", expected));
    }
    let text = std::str::from_utf8(line)
        .map_err(|error| format_error(number, ".", format!("expected UTF-8, found other bytes: {error}")))?;
    let tag: Tag = parse(text, number)?;
    let unit = match tag.record.as_str() {
        "act" => Unit::Act(Box::new(body::<ActRecord>(text, number)?)),
        "person" => Unit::Person(body::<Person>(text, number)?),
        "assistance" => Unit::Assistance(body::<Assistance>(text, number)?),
        "automated_logins" => Unit::AutomatedLogins(body::<AutomatedLogins>(text, number)?),
        other => {
            let found: String = other.chars().take(64).collect();
            let expected = format!(
                "unknown record `{found}`, expected `act`, `person`, `assistance` or `automated_logins`"
            );
            return Err(format_error(number, "record", expected));
        }
    };
    checked(unit, number)
}

fn body<T: for<'de> Deserialize<'de>>(text: &str, number: usize) -> Result<T, ReadError> {
    parse::<Body<T>>(text, number).map(|body| body.0)
}

/// What the types cannot say: texts that may not be empty or endless, and periods that run backwards.
fn checked(unit: Unit, number: usize) -> Result<Unit, ReadError> {
    for (field, text) in texts(&unit) {
        let length = text.chars().count();
        if length > TEXT_CHARS_MAX {
            let expected = format!("expected at most {TEXT_CHARS_MAX} characters, found {length}");
            return Err(content(number, &unit, field, expected));
        }
        if text.trim().is_empty() {
            return Err(content(number, &unit, field, "expected a text that is not empty".to_owned()));
        }
    }
    for (field, list) in lists(&unit) {
        if list.len() > LIST_MAX {
            let expected = format!("expected at most {LIST_MAX} entries, found {}", list.len());
            return Err(content(number, &unit, field, expected));
        }
        if list.iter().any(|text| text.trim().is_empty() || text.chars().count() > TEXT_CHARS_MAX) {
            let expected = format!("expected texts of 1 to {TEXT_CHARS_MAX} characters");
            return Err(content(number, &unit, field, expected));
        }
    }
    if let Unit::AutomatedLogins(report) = &unit {
        if report.from.japan_day() > report.to.japan_day() {
            return Err(content(number, &unit, "from", "expected a day not later than `to`".to_owned()));
        }
        if report.successes > report.attempts {
            let expected = "expected at most as many successes as attempts".to_owned();
            return Err(content(number, &unit, "successes", expected));
        }
    }
    Ok(unit)
}

fn texts(unit: &Unit) -> Vec<(&'static str, &str)> {
    let mut texts = vec![("id", unit.id())];
    match unit {
        Unit::Act(act) => {
            texts.extend([("function", act.function.as_str()), ("method", &act.method)]);
            texts.extend(act.cleared.as_ref().map(|cleared| ("cleared.case", cleared.case.as_str())));
            texts.extend(act.lump.as_ref().map(|lump| ("lump.reason", lump.reason.as_str())));
        }
        Unit::Person(_) => {}
        Unit::Assistance(assistance) => texts.push(("prefecture", &assistance.prefecture)),
        Unit::AutomatedLogins(report) => texts.push(("operator", &report.operator)),
    }
    texts
}

fn lists(unit: &Unit) -> Vec<(&'static str, &[String])> {
    match unit {
        Unit::Act(act) => {
            let mut lists = vec![("suspects", act.suspects.as_slice()), ("afterwards", &act.afterwards)];
            if let Some(cleared) = &act.cleared {
                lists.push(("cleared.means_of", &cleared.means_of));
                lists.push(("cleared.attributes", &cleared.attributes));
                lists.push(("cleared.facilitation_form", &cleared.facilitation_form));
            }
            lists
        }
        Unit::AutomatedLogins(report) => vec![("acts", report.acts.as_slice())],
        Unit::Person(_) | Unit::Assistance(_) => Vec::new(),
    }
}

fn format_error(line: usize, field: &str, expected: String) -> ReadError {
    ReadError::Format { line, column: 0, field: field.to_owned(), expected }
}

fn content(line: usize, unit: &Unit, field: &'static str, expected: String) -> ReadError {
    let id = unit.id().chars().take(64).collect();
    ReadError::Content { line, id, field, expected }
}

/// The fields of a record without its tag; unknown and doubled fields stay errors that name the field.
struct Body<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Body<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(SeenBody(PhantomData))
    }
}

struct SeenBody<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SeenBody<T> {
    type Value = Body<T>;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a record: an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Body<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(WithoutTag(map))).map(Body)
    }
}

struct WithoutTag<A>(A);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutTag<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.0.next_key::<String>()? {
            if key != "record" {
                let key: StringDeserializer<A::Error> = key.into_deserializer();
                return seed.deserialize(key).map(Some);
            }
            self.0.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.0.next_value_seed(seed)
    }
}
