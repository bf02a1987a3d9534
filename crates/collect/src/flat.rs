//! JSON records as a flat list of fields (FR-04): `a.b.0` for nested values, in the order of the text.
//!
//! Limits of detection.md 6.5 hold: depth 64, 512 fields, 1 MiB. A name that stands twice in one object makes the record
//! doubtful: readers of JSON differ in which one they take, so both are kept and the event is ambiguous (HC-19).

use crate::record::{Decoded, UnreadReason};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

const DEPTH_MAX: usize = 64;
const FIELDS_MAX: usize = 512;
const DOCUMENT_BYTES_MAX: usize = 1 << 20;

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// Path in the document.
    pub(crate) name: Cow<'a, str>,
    /// Value as text; empty for null.
    pub(crate) value: Cow<'a, str>,
    /// A number or boolean.
    pub(crate) bare: bool,
}

/// A JSON object, flattened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flat<'a> {
    /// Its fields.
    pub(crate) fields: Vec<Field<'a>>,
    /// A name stood twice in one object.
    pub(crate) doubtful: bool,
    limit: Option<UnreadReason>,
}

impl<'a> Flat<'a> {
    /// Reads a document that must be an object.
    pub(crate) fn read(text: &'a str) -> Result<Self, Decoded> {
        if text.len() > DOCUMENT_BYTES_MAX {
            return Err(Decoded::Unread(UnreadReason::LimitSize, "a JSON document of at most 1 MiB"));
        }
        if !text.trim_start().starts_with('{') {
            return Err(Decoded::Unread(UnreadReason::Corrupt, "a JSON object"));
        }
        let mut flat = Self::default();
        let mut reader = serde_json::Deserializer::from_str(text);
        let seed = Value { flat: &mut flat, path: Cow::Borrowed(""), depth: 0 };
        let read = seed.deserialize(&mut reader).and_then(|()| reader.end());
        match (read, flat.limit) {
            (_, Some(UnreadReason::LimitDepth)) => {
                Err(Decoded::Unread(UnreadReason::LimitDepth, "JSON of at most 64 levels"))
            }
            (_, Some(reason)) => Err(Decoded::Unread(reason, "a JSON object of at most 512 fields")),
            (Ok(()), None) => Ok(flat),
            (Err(error), None) if error.is_eof() || error.is_syntax() || error.is_data() || error.is_io() => {
                Err(Decoded::Unread(UnreadReason::Corrupt, "a complete JSON object"))
            }
            (Err(_), None) => Err(Decoded::Unread(UnreadReason::Corrupt, "a JSON object")),
        }
    }

    /// Value of a field by its exact name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.as_ref())
    }

    fn push(&mut self, name: Cow<'a, str>, value: Cow<'a, str>, bare: bool) -> bool {
        if self.fields.len() >= FIELDS_MAX {
            self.limit = Some(UnreadReason::LimitSize);
            return false;
        }
        self.fields.push(Field { name, value, bare });
        true
    }
}

/// A text that is borrowed from the document where it holds no escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

struct Value<'f, 'de> {
    flat: &'f mut Flat<'de>,
    path: Cow<'de, str>,
    depth: usize,
}

impl<'de> Value<'_, 'de> {
    fn put<E: de::Error>(self, value: Cow<'de, str>, bare: bool) -> Result<(), E> {
        if self.flat.push(self.path, value, bare) { Ok(()) } else { Err(E::custom("too many fields")) }
    }

    fn below<E: de::Error>(&mut self) -> Result<usize, E> {
        if self.depth >= DEPTH_MAX {
            self.flat.limit = Some(UnreadReason::LimitDepth);
            return Err(E::custom("too deep"));
        }
        Ok(self.depth + 1)
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<(), E> {
        self.put(Cow::Borrowed(text), false)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        self.put(Cow::Owned(text.to_owned()), false)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.put(Cow::Borrowed(if value { "true" } else { "false" }), true)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.put(Cow::Owned(value.to_string()), true)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.put(Cow::Owned(value.to_string()), true)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        self.put(Cow::Owned(value.to_string()), true)
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.put(Cow::Borrowed(""), true)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let depth = self.below()?;
        let mut seen: Vec<Cow<'de, str>> = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            if seen.contains(&key) {
                self.flat.doubtful = true;
            } else if seen.len() < FIELDS_MAX {
                seen.push(key.clone());
            }
            let path = if self.path.is_empty() { key } else { Cow::Owned(format!("{}.{key}", self.path)) };
            map.next_value_seed(Value { flat: self.flat, path, depth })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        let depth = self.below()?;
        let first = self.flat.fields.len();
        let mut at = 0_u32;
        loop {
            let path = Cow::Owned(format!("{}.{at}", self.path));
            if list.next_element_seed(Value { flat: self.flat, path, depth })?.is_none() {
                break;
            }
            at += 1;
            self.bytes_so_far(first);
        }
        self.bytes(first);
        Ok(())
    }
}

impl Value<'_, '_> {
    /// journald writes text that is no UTF-8 as a list of bytes: what was read of such a list does not count as fields.
    fn bytes_so_far(&mut self, first: usize) {
        if self.flat.fields.len() - first >= 256 {
            self.bytes(first);
        }
    }

    /// A list of at least four bytes becomes one text, in fields named as journald names them.
    fn bytes(&mut self, first: usize) {
        if !self.path.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') {
            return;
        }
        let fields = self.flat.fields.get(first..).unwrap_or_default();
        if fields.len() < 4 {
            return;
        }
        let mut bytes = Vec::with_capacity(fields.len());
        let mut earlier = String::new();
        for (at, field) in fields.iter().enumerate() {
            match field.value.parse::<u8>() {
                Ok(byte) if field.bare => bytes.push(byte),
                // The text of an earlier part of the same list.
                _ if at == 0 && field.name == self.path => earlier.push_str(&field.value),
                _ => return,
            }
        }
        earlier.push_str(&String::from_utf8_lossy(&bytes));
        self.flat.fields.truncate(first);
        let name = self.path.clone();
        self.flat.fields.push(Field { name, value: Cow::Owned(earlier), bare: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn show(text: &str) -> String {
        match Flat::read(text) {
            Ok(flat) => {
                let fields: Vec<String> = flat
                    .fields
                    .iter()
                    .map(|f| format!("{}={}{}", f.name, f.value, if f.bare { "!" } else { "" }))
                    .collect();
                fields.join(" ") + if flat.doubtful { " doubtful" } else { "" }
            }
            Err(Decoded::Unread(reason, _)) => reason.name().to_owned(),
            Err(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn flattens() {
        assert_eq!(
            show(r#"{"a":1,"b":{"c":"x\ny","d":[true,null,"z"]},"e":1.5,"f":-2}"#),
            "a=1! b.c=x\ny b.d.0=true! b.d.1=! b.d.2=z e=1.5! f=-2!"
        );
        assert_eq!(show(r#"{"M":[227,129,130,10]}"#), "M=あ\n");
        assert_eq!(show(r#"{"a":1,"b":{"a":2},"a":3}"#), "a=1! b.a=2! a=3! doubtful");
    }

    #[test]
    fn limits_and_broken_documents() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(show(&deep), "limit_depth");
        let wide: Vec<String> = (0..600).map(|at| format!("\"k{at}\":\"x\"")).collect();
        assert_eq!(show(&format!("{{{}}}", wide.join(","))), "limit_size");
        assert_eq!(show(&format!("{{\"a\":\"{}\"}}", "x".repeat(2 << 20))), "limit_size");
        let bytes: Vec<String> = (0..5_000).map(|at| (at % 128).to_string()).collect();
        assert!(show(&format!("{{\"M\":[{}]}}", bytes.join(","))).len() > 4_000);
        for broken in ["{", "{\"a\":1e400}", "{\"a\":\"\\ud800\"}", "[1]", "1", "", "{\"a\":1}x"] {
            assert_eq!(show(broken), "corrupt", "{broken}");
        }
    }

    proptest! {
        #[test]
        fn any_text(text in "[\\[\\]{}\",:a1\\\\.-]{0,60}|.{0,40}") {
            show(&text);
        }
    }
}
