//! Fields of a body, read strictly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

/// What is wrong with a body; the text names the field.
pub(crate) type Wrong = &'static str;

/// A JSON object read field by field.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Value);

impl<'a> Fields<'a> {
    pub(crate) fn number(self, name: &'static str) -> Result<u64, Wrong> {
        self.0.get(name).and_then(Value::as_u64).ok_or(name)
    }
    pub(crate) fn small(self, name: &'static str) -> Result<u32, Wrong> {
        self.number(name).and_then(|number| u32::try_from(number).map_err(|_| name))
    }
    pub(crate) fn text(self, name: &'static str) -> Result<&'a str, Wrong> {
        self.0.get(name).and_then(Value::as_str).ok_or(name)
    }
    pub(crate) fn flag(self, name: &'static str) -> Result<bool, Wrong> {
        self.0.get(name).and_then(Value::as_bool).ok_or(name)
    }
    /// A code: 1 to 40 of a-z, 0-9 and `-` (LG-ENT-02: no free text in an entry).
    pub(crate) fn code(self, name: &'static str) -> Result<&'a str, Wrong> {
        self.text(name).and_then(|text| if is_code(text) { Ok(text) } else { Err(name) })
    }
    pub(crate) fn list(self, name: &'static str) -> Result<&'a [Value], Wrong> {
        self.0.get(name).and_then(Value::as_array).map(Vec::as_slice).ok_or(name)
    }
    pub(crate) fn bytes<const N: usize>(self, name: &'static str) -> Result<[u8; N], Wrong> {
        decode(self.text(name)?).ok_or(name)
    }
    pub(crate) fn numbers(self, name: &'static str) -> Result<Vec<u64>, Wrong> {
        self.list(name)?.iter().map(|value| value.as_u64().ok_or(name)).collect()
    }
    /// A list of pairs, each ascending.
    pub(crate) fn ranges(self, name: &'static str) -> Result<Vec<(i64, i64)>, Wrong> {
        let pair = |value: &Value| match value.as_array().map(Vec::as_slice) {
            Some([from, to]) => Some((from.as_i64()?, to.as_i64()?)).filter(|(from, to)| from <= to),
            _ => None,
        };
        self.list(name)?.iter().map(|value| pair(value).ok_or(name)).collect()
    }
}

/// Whether a text is a code that may stand in an entry.
pub(crate) fn is_code(text: &str) -> bool {
    let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    !text.is_empty() && text.len() <= 40 && text.bytes().all(fits)
}

pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64.decode(text).ok()?.try_into().ok()
}
