//! Reports to file and their clocks (casework.md 7.3, 7.8). Recipients, days and bases are data (`data/clocks.tsv`).

use crate::days::DayCount;
use crate::incident::{Bilingual, Incident, ReportDue};
use vocab::{Category, Level, Message, Timestamp};

const CLOCKS: &str = include_str!("../data/clocks.tsv");

/// Reports for an incident. The clocks start at `clock`, the moment the result was made known (知った日).
pub(crate) fn reports(incident: &Incident, clock: Timestamp) -> Vec<ReportDue> {
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
    let row: Vec<&str> = CLOCKS
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .find(|row| row.get(1) == Some(&form))?;
    let cell = |at: usize| row.get(at).copied().unwrap_or_default();
    let count = DayCount {
        first_day_counts: cell(5) == "yes",
        business_days: cell(6) == "yes",
        roll_over: cell(7) == "yes",
    };
    let end = |days: i64| match days {
        0 => clock,
        days if cell(5) == "hours" => clock.plus(days * Timestamp::DAY),
        days => count.end_of(clock, days),
    };
    let id = form.replace('.', "-");
    Some(ReportDue {
        recipient: cell(0).to_owned(),
        form: form.to_owned(),
        clock: cell(2).to_owned(),
        due: cell(3).parse().ok().map(end),
        warn_from: cell(4).parse().ok().map(end),
        when: Message::new(format!("report-when-{id}")),
        condition: Message::new(format!("report-condition-{id}")),
        basis: basis(cell(9), cell(10), clock),
        state: cell(8).to_owned(),
    })
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
