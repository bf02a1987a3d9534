//! Text for people, not yet in a language.

use serde::{Deserialize, Serialize};

/// One sentence for people: a message id of `locales/` with its values. Only the leaf that shows it knows the language,
/// so that Japanese and English say the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Message id in `locales/{ja,en}/*.ftl`.
    #[serde(rename = "$msg")]
    pub id: String,
    /// Values, in the order in which they were given.
    pub args: Vec<(String, Value)>,
}

/// A value inside a [`Message`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number; the catalogue formats it.
    Number(f64),
    /// Text as it is; may be hostile, the leaf escapes it.
    Text(String),
    /// A point in time, shown in the user's zone.
    Time {
        /// Microseconds since 1970, UTC.
        time: crate::Timestamp,
    },
    /// Another message, shown in the same language.
    Message(Box<Message>),
    /// Several values, joined in the manner of the language.
    List(Vec<Value>),
}

impl Message {
    /// A message without values.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), args: Vec::new() }
    }

    /// The same message with one more value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.args.push((name.to_owned(), value.into()));
        self
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Value {
    #[expect(clippy::cast_precision_loss, reason = "counts shown to people stay far below 2^53")]
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<crate::Timestamp> for Value {
    fn from(time: crate::Timestamp) -> Self {
        Self::Time { time }
    }
}

impl From<Message> for Value {
    fn from(message: Message) -> Self {
        Self::Message(Box::new(message))
    }
}
