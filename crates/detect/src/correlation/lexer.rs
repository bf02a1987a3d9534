//! Words of the expression language.

use crate::rule::parse_duration;
use std::fmt;
use vocab::Timestamp;

/// Words allowed in one expression.
const TOKENS_MAX: usize = 512;

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Name(String),
    /// A number; a duration is in seconds.
    Number(f64),
    Text(String),
    Sign(&'static str),
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name:?}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Sign(sign) => write!(f, "`{sign}`"),
        }
    }
}

const SIGNS: [&str; 13] = ["==", "!=", "<=", ">=", "<", ">", "(", ")", "+", "-", "*", "/", ","];

/// Cuts a text into words.
///
/// # Errors
/// Names the sign that belongs to no word.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if out.len() >= TOKENS_MAX {
            return Err(format!("more than {TOKENS_MAX} words"));
        }
        let (token, length) = match first {
            '"' | '\'' => quoted(rest, first)?,
            '0'..='9' => number(rest)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let length = word_length(rest);
                (Token::Name(rest.get(..length).unwrap_or_default().to_owned()), length)
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
                let sign = sign.ok_or_else(|| format!("{first:?} was not expected"))?;
                (Token::Sign(sign), sign.len())
            }
        };
        out.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(out)
}

fn word_length(text: &str) -> usize {
    text.find(|sign: char| !(sign.is_ascii_alphanumeric() || matches!(sign, '_' | '.'))).unwrap_or(text.len())
}

fn quoted(text: &str, quote: char) -> Result<(Token, usize), String> {
    let inner = text.get(1..).unwrap_or_default();
    let end = inner.find(quote).ok_or("a quoted text has no end")?;
    Ok((Token::Text(inner.get(..end).unwrap_or_default().to_owned()), end + 2))
}

#[expect(clippy::cast_precision_loss, reason = "durations are far below 2^53 seconds")]
fn number(text: &str) -> Result<(Token, usize), String> {
    let length = word_length(text);
    let word = text.get(..length).unwrap_or_default();
    if let Ok(number) = word.parse::<f64>() {
        return Ok((Token::Number(number), length));
    }
    let micros = parse_duration(word).ok_or_else(|| format!("{word:?} is no number and no duration"))?;
    Ok((Token::Number((micros / Timestamp::SECOND) as f64), length))
}
