//! References to evidence. They are opaque here: this crate never opens a record.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// What a fact rests on: a sealed record of the ledger, or a text that names something outside it.
///
/// In JSON either `{"index": 12, "record": 3}` (`record` may be left out, then 0) or a string.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum EvidenceRef {
    /// A record of the ledger.
    Record {
        /// Index of the ledger entry.
        index: u64,
        /// Number of the record inside the entry, from 0.
        record: u32,
    },
    /// Any other reference, e.g. the number of a paper exhibit.
    Text(String),
}

impl EvidenceRef {
    /// A record of the ledger.
    #[must_use]
    pub const fn record(index: u64, record: u32) -> Self {
        Self::Record { index, record }
    }

    /// A reference in words.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

impl fmt::Display for EvidenceRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record { index, record } => write!(out, "{index}/{record}"),
            Self::Text(text) => out.write_str(text),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordRef {
    index: u64,
    #[serde(default)]
    record: u32,
}

impl<'de> Deserialize<'de> for EvidenceRef {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Seen;
        impl<'de> Visitor<'de> for Seen {
            type Value = EvidenceRef;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an evidence reference: {\"index\": N, \"record\": N} or a text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<EvidenceRef, E> {
                Ok(EvidenceRef::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<EvidenceRef, A::Error> {
                let RecordRef { index, record } =
                    Deserialize::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(EvidenceRef::Record { index, record })
            }
        }
        from.deserialize_any(Seen)
    }
}
