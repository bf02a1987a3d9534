//! Canonical JSON (RFC 8785) without floating point, numbers below 2^53 (LG chapter 0).

use crate::bytes::Malformed;
use serde_json::Value;

/// Numbers at or beyond this are refused.
const NUMBER_LIMIT: u64 = 1 << 53;

/// `value` as canonical JSON; an error for floating point or numbers of 2^53 and more.
pub(crate) fn canonical(value: &Value) -> Result<Vec<u8>, Malformed> {
    let mut out = Vec::new();
    write(value, &mut out)?;
    Ok(out)
}

/// Reads bytes that must be canonical already.
pub(crate) fn parse_canonical(bytes: &[u8]) -> Result<Value, Malformed> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| Malformed("not JSON"))?;
    if canonical(&value)? == bytes { Ok(value) } else { Err(Malformed("JSON not in canonical form")) }
}

/// `value` as canonical JSON (RFC 8785): no number with a fraction or of 2^53 and more.
///
/// # Errors
/// What was found instead.
pub fn canonical_json(value: &Value) -> Result<Vec<u8>, &'static str> {
    canonical(value).map_err(|what| what.0)
}

/// Reads bytes that must be canonical JSON already, so that every byte means something.
///
/// # Errors
/// What was found instead.
pub fn parse_canonical_json(bytes: &[u8]) -> Result<Value, &'static str> {
    parse_canonical(bytes).map_err(|what| what.0)
}

// Depth is bounded: serde_json refuses to read more than 128 levels, and bodies made here have three.
pub(crate) fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), Malformed> {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) => {
            let size = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            if size.is_none_or(|size| size >= NUMBER_LIMIT) {
                return Err(Malformed("number with a fraction or beyond 2^53"));
            }
            out.extend(number.to_string().as_bytes());
        }
        Value::String(text) => write_string(text, out)?,
        Value::Array(items) => {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (place, (name, item)) in fields.into_iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write_string(name, out)?;
                out.push(b':');
                write(item, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

// serde_json escapes exactly as RFC 8785, 3.2.2.2 asks: short escapes, \u00xx in lower case, nothing else.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) -> Result<(), Malformed> {
    serde_json::to_writer(&mut *out, text).map_err(|_| Malformed("text cannot be written"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_sort_by_utf16_and_numbers_are_whole() {
        let value = json!({"\u{fb33}": 1, "\u{1f600}": 2, "b": [true, null], "a": "\u{1f}\n\"é"});
        let text = String::from_utf8(canonical(&value).unwrap()).unwrap();
        assert_eq!(text, "{\"a\":\"\\u001f\\n\\\"é\",\"b\":[true,null],\"\u{1f600}\":2,\"\u{fb33}\":1}");
        assert_eq!(parse_canonical(text.as_bytes()), Ok(value));
        assert!(canonical(&json!(1.5)).is_err());
        assert!(canonical(&json!(1u64 << 53)).is_err());
        assert!(parse_canonical(b"{ }").is_err());
        assert!(parse_canonical(b"{\"a\":1,\"a\":1}").is_err());
    }
}
