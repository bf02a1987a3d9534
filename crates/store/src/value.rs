//! Values on their way into and out of the database.

use crate::{Error, Result};
use vocab::Timestamp;

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number; also truth (0, 1) and times (microseconds since 1970, UTC).
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}
impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.0)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        // PostgreSQL keeps no NUL in text; a name may hold one.
        Self::Text(if value.contains('\0') { value.replace('\0', "\u{fffd}") } else { value.to_owned() })
    }
}
impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::from(value.as_str())
    }
}
impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.to_vec())
    }
}
impl<V: Into<Self>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    fn at(&self, column: usize, expected: &'static str) -> Result<&Value> {
        self.0.get(column).ok_or(Error::Column { column, expected })
    }

    /// A number.
    ///
    /// # Errors
    /// [`Error::Column`] when it is none.
    pub fn int(&self, column: usize) -> Result<i64> {
        self.maybe_int(column)?.ok_or(Error::Column { column, expected: "number" })
    }

    /// A number or nothing.
    ///
    /// # Errors
    /// [`Error::Column`] when it is something else.
    pub fn maybe_int(&self, column: usize) -> Result<Option<i64>> {
        match self.at(column, "number")? {
            Value::Int(value) => Ok(Some(*value)),
            Value::Null => Ok(None),
            _ => Err(Error::Column { column, expected: "number" }),
        }
    }

    /// Truth.
    ///
    /// # Errors
    /// [`Error::Column`] when it is no number.
    pub fn truth(&self, column: usize) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }

    /// A time.
    ///
    /// # Errors
    /// [`Error::Column`] when it is no number.
    pub fn time(&self, column: usize) -> Result<Timestamp> {
        self.int(column).map(Timestamp)
    }

    /// A time or nothing.
    ///
    /// # Errors
    /// [`Error::Column`] when it is something else.
    pub fn maybe_time(&self, column: usize) -> Result<Option<Timestamp>> {
        Ok(self.maybe_int(column)?.map(Timestamp))
    }

    /// Text; nothing is empty text.
    ///
    /// # Errors
    /// [`Error::Column`] when it is something else.
    pub fn text(&self, column: usize) -> Result<String> {
        match self.at(column, "text")? {
            Value::Text(text) => Ok(text.clone()),
            Value::Null => Ok(String::new()),
            _ => Err(Error::Column { column, expected: "text" }),
        }
    }

    /// Text or nothing.
    ///
    /// # Errors
    /// [`Error::Column`] when it is something else.
    pub fn maybe_text(&self, column: usize) -> Result<Option<String>> {
        if matches!(self.at(column, "text")?, Value::Null) { Ok(None) } else { self.text(column).map(Some) }
    }
}
