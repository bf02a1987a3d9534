//! Which text of the law applies, by the date of the act (casework.md 1.4), key dates, ministers, errata.

use crate::dates::ActTime;
use crate::table::{cell, row, rows};
use crate::text_enum::text_enum;

text_enum! {
    /// Text of the law that applies to an act.
    LawVersion {
        /// Before 2000-02-13: no law.
        Pre = "pre",
        /// 2000-02-13 to 2012-04-30: numbering of 1999.
        Act1999 = "act1999",
        /// From 2012-05-01: amended by Law 12 of 2012.
        Act2012 = "act2012",
    }
}

impl LawVersion {
    /// The version for a day in Japan, `YYYY-MM-DD` (CW-LAW-08: the day of the act, never of the report).
    #[must_use]
    pub fn on(day: &str) -> Self {
        Self::ALL.iter().copied().find(|version| version.covers(day)).unwrap_or(Self::Pre)
    }

    /// Every version the interval can fall under, oldest first (CW-LAW-09). An open end reaches without limit.
    #[must_use]
    pub fn within(time: &ActTime) -> Vec<Self> {
        let first = time.from.as_ref().map_or(Self::Pre, |moment| Self::on(&moment.japan_day()));
        let last = time.to.as_ref().map_or(Self::Act2012, |moment| Self::on(&moment.japan_day()));
        Self::ALL.iter().copied().filter(|version| *version >= first && *version <= last).collect()
    }

    /// First and last day, `YYYY-MM-DD`; empty = without limit.
    #[must_use]
    pub fn days(self) -> (&'static str, &'static str) {
        let cells = row("law_versions", self.as_str()).unwrap_or_default();
        (cell(&cells, 1), cell(&cells, 2))
    }

    /// Short title of the text, Japanese.
    #[must_use]
    pub fn name_ja(self) -> &'static str {
        cell(&row("law_versions", self.as_str()).unwrap_or_default(), 3)
    }

    /// Short title of the text, English.
    #[must_use]
    pub fn name_en(self) -> &'static str {
        cell(&row("law_versions", self.as_str()).unwrap_or_default(), 4)
    }

    fn covers(self, day: &str) -> bool {
        let (from, to) = self.days();
        within_days(day, from, to)
    }
}

/// Whether `day` lies in the closed range; ISO days compare as texts, an empty border is open.
pub(crate) fn within_days(day: &str, from: &str, to: &str) -> bool {
    (from.is_empty() || day >= from) && (to.is_empty() || day <= to)
}

/// A key date of the Act (CW-LAW-11), e.g. `in_force`, as `YYYY-MM-DD`.
#[must_use]
pub fn key_date(id: &str) -> Option<&'static str> {
    row("key_dates", id).map(|cells| cell(&cells, 1))
}

/// Who publishes under Art. 7(1) / 10(1) on this day (`YYYY-MM-DD`): Japanese and English (CW-LAW-12).
#[must_use]
pub fn publishing_ministers(day: &str) -> Option<(&'static str, &'static str)> {
    rows("ministers")
        .find(|cells| within_days(day, cell(cells, 0), cell(cells, 1)))
        .map(|cells| (cell(&cells, 2), cell(&cells, 3)))
}

/// One known slip of a source (casework.md 1.6); shown, never silently corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Erratum {
    /// `ER-1` to `ER-7`.
    pub id: &'static str,
    /// Where it stands.
    pub source: &'static str,
    /// The slip, Japanese.
    pub ja: &'static str,
    /// The slip, English.
    pub en: &'static str,
    /// What the product uses instead, Japanese.
    pub uses_ja: &'static str,
    /// What the product uses instead, English.
    pub uses_en: &'static str,
}

/// The register of errata.
pub fn errata() -> impl Iterator<Item = Erratum> {
    rows("errata").map(|cells| Erratum {
        id: cell(&cells, 0),
        source: cell(&cells, 1),
        ja: cell(&cells, 2),
        en: cell(&cells, 3),
        uses_ja: cell(&cells, 4),
        uses_en: cell(&cells, 5),
    })
}
