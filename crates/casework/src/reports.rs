//! Reports to file and their clocks (casework.md 7.3, 7.8). Recipients, days and bases are data (`data/clocks.tsv`).

use crate::days::DayCount;
use crate::incident::{Bilingual, Incident, ReportDue};
use vocab::{Category, Level, Message, Timestamp};

const CLOCKS: &str = include_str!("../data/clocks.tsv");

/// Reports for an incident. The clocks start at `clock`, the moment the result was made known (知った日).
#[must_use]
pub fn reports(incident: &Incident, clock: Timestamp) -> Vec<ReportDue> {
    let mut forms: Vec<&str> = Vec::new();
    if incident.entered() {
        forms.extend(["internal.notice", "police.damage", "ppc.leak.prompt", "ppc.leak.final"]);
        if incident.entered_accounts().next().is_some() {
            forms.push("notice.holder");
        }
        forms.extend(["ipa.access", "jpcert.incident", "psc.assist"]);
    } else {
        if incident.level >= Level::High {
            forms.extend(["internal.notice", "police.damage"]);
        }
        if incident.legal.category != Category::OutOfScope {
            forms.push("ipa.access");
        }
        forms.push("jpcert.incident");
    }
    forms.into_iter().filter_map(|form| due(form, clock)).collect()
}

fn due(form: &str, clock: Timestamp) -> Option<ReportDue> {
    let row = rows().find(|row| row.cell(1) == form)?;
    let id = form.replace('.', "-");
    Some(ReportDue {
        recipient: row.recipient().to_owned(),
        form: form.to_owned(),
        clock: row.cell(2).to_owned(),
        due: row.end(clock),
        warn_from: row.warn(clock),
        when: Message::new(format!("report-when-{id}")),
        condition: Message::new(format!("report-condition-{id}")),
        basis: row.basis(clock),
        state: row.state().to_owned(),
    })
}

/// A row of the clocks.
pub(crate) struct Row(Vec<&'static str>);

fn rows() -> impl Iterator<Item = Row> {
    CLOCKS.lines().filter(|line| !line.starts_with('#')).map(|line| Row(line.split('\t').collect()))
}

/// The row of a clock such as `CLK-3`.
pub(crate) fn row(clock: &str) -> Option<Row> {
    rows().find(|row| row.cell(2) == clock)
}

impl Row {
    fn cell(&self, at: usize) -> &'static str {
        self.0.get(at).copied().unwrap_or_default()
    }

    pub(crate) fn recipient(&self) -> &'static str {
        self.cell(0)
    }

    /// `due`, `conditional`, `optional`.
    pub(crate) fn state(&self) -> &'static str {
        self.cell(8)
    }

    /// The end of a clock that starts at this moment; `None` = no day stated.
    pub(crate) fn end(&self, start: Timestamp) -> Option<Timestamp> {
        self.days(3, start)
    }

    /// From when it presses, where the data say a day.
    pub(crate) fn warn(&self, start: Timestamp) -> Option<Timestamp> {
        self.days(4, start)
    }

    pub(crate) fn basis(&self, day: Timestamp) -> Bilingual {
        basis(self.cell(9), self.cell(10), day)
    }

    fn days(&self, cell: usize, start: Timestamp) -> Option<Timestamp> {
        let count = DayCount {
            first_day_counts: self.cell(5) == "yes",
            business_days: self.cell(6) == "yes",
            roll_over: self.cell(7) == "yes",
        };
        Some(match self.cell(cell).parse().ok()? {
            0 => start,
            days if self.cell(5) == "hours" => start.plus(days * Timestamp::DAY),
            days => count.end_of(start, days),
        })
    }
}

/// The basis; an article of the Act is cited in the text that is in force on the day of the report (CW-LAW-04).
fn basis(ja: &str, en: &str, clock: Timestamp) -> Bilingual {
    let cited = ja.strip_prefix('@').and_then(|subject| {
        let day = act::Moment::from_unix_micros(clock.0)?.japan_day();
        act::cite(subject, act::LawVersion::on(&day))
    });
    match cited {
        Some(citation) => Bilingual { ja: citation.text_ja, en: citation.text_en },
        None => Bilingual { ja: ja.to_owned(), en: en.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clock_has_its_row_and_its_basis() {
        let clock = Timestamp::from_seconds(1_795_357_800); // 2026-11-22 23:30 in Japan
        let forms = [
            ("internal.notice", "CLK-1", Some(clock), None),
            ("police.damage", "CLK-2", None, None),
            ("ppc.leak.prompt", "CLK-3", Some("2026-11-26"), Some("2026-11-24")).days(),
            ("ppc.leak.final", "CLK-5", Some("2027-01-20"), None).days(),
            ("ipa.access", "CLK-7", Some("2026-11-28"), None).days(),
            ("psc.assist", "CLK-8", None, None),
            ("notice.holder", "CLK-9", Some(clock.plus(Timestamp::DAY)), None),
            ("jpcert.incident", "none", None, None),
        ];
        for (form, name, end, warn) in forms {
            let found = due(form, clock).unwrap();
            assert_eq!((found.clock.as_str(), found.due, found.warn_from), (name, end, warn), "{form}");
            assert!(
                !found.basis.ja.is_empty() && !found.basis.en.is_empty() && !found.basis.ja.starts_with('@')
            );
        }
        let psc = due("psc.assist", clock).unwrap();
        assert!(psc.basis.ja.contains("第9条第1項"), "{}", psc.basis.ja);
        assert_eq!(due("unheard.of", clock), None);
    }

    /// Days as the last second of that day in Japan.
    trait Days {
        fn days(self) -> (&'static str, &'static str, Option<Timestamp>, Option<Timestamp>);
    }
    impl Days for (&'static str, &'static str, Option<&'static str>, Option<&'static str>) {
        fn days(self) -> (&'static str, &'static str, Option<Timestamp>, Option<Timestamp>) {
            let end = |day: &str| {
                let text = format!("{day}T23:59:59+09:00");
                Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
            };
            (self.0, self.1, self.2.map(end), self.3.map(end))
        }
    }
}
