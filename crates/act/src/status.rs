//! Status of a credential (casework.md 2.2): decides what kind of input (F5) it was. The list is data (CW-CLS-07).

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::table::{cell, row, rows};

/// A row id of the credential status table, `CS01` to `CS15`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CredentialStatus(String);

impl CredentialStatus {
    /// The status with this id; `None` where the table has no such row.
    #[must_use]
    pub fn new(id: &str) -> Option<Self> {
        row("credential_status", id).map(|_| Self(id.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The situation in words: Japanese and English.
    #[must_use]
    pub fn text(&self) -> (&'static str, &'static str) {
        let cells = row("credential_status", &self.0).unwrap_or_default();
        (cell(&cells, 3), cell(&cells, 4))
    }

    /// What the row derives for F5: a value of `InputKind`, `record` or `officer`.
    pub(crate) fn derives(&self) -> &'static str {
        cell(&row("credential_status", &self.0).unwrap_or_default(), 1)
    }

    /// Special effect of the row, `-` where none.
    pub(crate) fn effect(&self) -> &'static str {
        cell(&row("credential_status", &self.0).unwrap_or_default(), 2)
    }
}

impl<'de> Deserialize<'de> for CredentialStatus {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let id = std::borrow::Cow::<'de, str>::deserialize(from)?;
        Self::new(&id).ok_or_else(|| {
            let known: Vec<&str> = rows("credential_status").map(|cells| cell(&cells, 0)).collect();
            let id: String = id.chars().take(32).collect();
            de::Error::custom(format!(
                "unknown credential status `{id}`, expected one of {}",
                known.join(", ")
            ))
        })
    }
}

/// Every status of the table with its Japanese and English text.
pub fn credential_statuses() -> impl Iterator<Item = (CredentialStatus, &'static str, &'static str)> {
    rows("credential_status")
        .map(|cells| (CredentialStatus(cell(&cells, 0).to_owned()), cell(&cells, 3), cell(&cells, 4)))
}
