//! Data classes (LG 15.1): which key, which retention, which rules of deletion.

/// What sort of content a payload is (データ区分). Numbers are part of the format; 0 stands in ledgers without keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum DataClass {
    /// Ordinary logs.
    Event = 1,
    /// Authentication and gate records.
    Auth = 2,
    /// Cases, custody, forms, decisions.
    Case = 3,
    /// Material with credentials. Never compressed (LG-PAY-05).
    Secret = 4,
    /// Observations, reviews, audits, reads.
    Control = 5,
    /// What the ledger tells about itself, such as names of streams. Kept for ever.
    Ledger = 6,
}

impl DataClass {
    /// All classes, by number.
    pub const ALL: [Self; 6] =
        [Self::Event, Self::Auth, Self::Case, Self::Secret, Self::Control, Self::Ledger];

    /// Number as entries and blocks carry it.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
    /// Class of a number; `None` for 0 and for numbers of a newer format.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.number() == number)
    }
    /// Name as the specification writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Auth => "auth",
            Self::Case => "case",
            Self::Secret => "secret",
            Self::Control => "control",
            Self::Ledger => "ledger",
        }
    }
    /// Class of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}
