//! What can be wrong with a bundle, with the codes of docs/spec/casework.md 11.3.

/// A check of docs/spec/casework.md 11.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Container: limits, structure.
    Bv01,
    /// Names: relative, known, no link, none twice.
    Bv02,
    /// Manifest: canonical, complete.
    Bv03,
    /// Signature of the manifest.
    Bv04,
    /// Key of the sender.
    Bv05,
    /// Entries: each listed once, with right size and hash.
    Bv06,
    /// The bundle before a delta.
    Bv07,
    /// Chain of custody.
    Bv08,
    /// Records and their proofs.
    Bv09,
    /// Signed head of the ledger.
    Bv10,
    /// Addressee.
    Bv11,
}

impl Code {
    /// The code as the specification writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bv01 => "BV-01",
            Self::Bv02 => "BV-02",
            Self::Bv03 => "BV-03",
            Self::Bv04 => "BV-04",
            Self::Bv05 => "BV-05",
            Self::Bv06 => "BV-06",
            Self::Bv07 => "BV-07",
            Self::Bv08 => "BV-08",
            Self::Bv09 => "BV-09",
            Self::Bv10 => "BV-10",
            Self::Bv11 => "BV-11",
        }
    }
}

/// Why a bundle is refused. The first fault ends the check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {place}: {what}", .code.as_str())]
pub struct Fault {
    /// Which check.
    pub code: Code,
    /// Where: an entry of the bundle, or a byte of the container.
    pub place: String,
    /// What was expected.
    pub what: String,
}

impl Fault {
    pub(crate) fn new(code: Code, place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { code, place: place.into(), what: what.into() }
    }
}
