//! Three separate axes of a finding: how grave, how sure, whom to tell. They are never folded into one number
//! (DT-RUL-07).

use serde::{Deserialize, Serialize};

/// How grave a finding is: the five Sigma levels, OCSF severity 1 to 5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing, no action (参考).
    #[default]
    Informational,
    /// Low (低).
    Low,
    /// Medium (中).
    Medium,
    /// High (高).
    High,
    /// Critical (重大).
    Critical,
}

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Self; 5] = [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name used in rules, JSON and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The level with this name; `info` is accepted for `informational`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = if name.eq_ignore_ascii_case("info") { "informational" } else { name };
        Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(name))
    }

    /// OCSF `severity_id`, 1 to 5.
    #[must_use]
    pub const fn severity(self) -> u8 {
        self as u8 + 1
    }

    /// One step graver; `Critical` stays.
    #[must_use]
    pub const fn raised(self) -> Self {
        match self {
            Self::Informational => Self::Low,
            Self::Low => Self::Medium,
            Self::Medium => Self::High,
            Self::High | Self::Critical => Self::Critical,
        }
    }
}

/// How sure a rule is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Many harmless causes.
    Low,
    /// Some harmless causes.
    #[default]
    Medium,
    /// Hardly any harmless cause.
    High,
}

/// Who is told first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The account's holder (利用権者).
    Holder,
    /// The operator (オペレータ).
    #[default]
    Operator,
    /// The crisis manager (危機管理責任者).
    CrisisManager,
}
