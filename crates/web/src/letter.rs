//! Notices in words (DT-NTF-05): Japanese first, then English, as plain text. No secret, no raw log, no link but the one of
//! the console; what attackers chose (names of accounts and computers) can neither end a line nor become a link.

use crate::Catalog;
use casework::Incident;
use vocab::{Level, Message, Timestamp};

/// Sentences of the explanation.
const SENTENCES_MAX: usize = 10;
/// Longest sentence and subject, characters.
const SENTENCE_CHARS_MAX: usize = 400;
const SUBJECT_CHARS_MAX: usize = 120;

/// Rows of a list in a digest.
const LIST_MAX: usize = 50;

/// A notice in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Subject.
    pub subject: String,
    /// Text.
    pub text: String,
}

/// What a notice tells of.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Number of the case.
    pub number: i64,
    /// Level.
    pub level: Level,
    /// Somebody got in.
    pub entered: bool,
    /// First and last record.
    pub span: (Timestamp, Timestamp),
    /// Name of the class of attack.
    pub kind: &'a str,
    /// The incident with its particulars, where they are known.
    pub incident: Option<&'a Incident>,
    /// Round of telling; after the first it says that nobody has acknowledged.
    pub round: i64,
}

/// Where to acknowledge.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// By this one-time link.
    Link(&'a str),
    /// On the console, wherever it is.
    Console,
}

/// The catalogues, Japanese first.
pub type Both<'a> = [&'a Catalog; 2];

/// A notice of an incident.
#[must_use]
pub fn of_incident(about: &About<'_>, place: Place<'_>, catalogs: Both<'_>) -> Letter {
    let result = if about.entered { "result-entered" } else { "result-tried" };
    let subject = |t: &Catalog| {
        let message = Message::new("letter-subject")
            .with("level", Message::new(format!("level-{}", about.level.as_str())))
            .with("result", Message::new(result))
            .with("kind", Message::new(format!("kind-{}", about.kind)))
            .with("number", about.number.unsigned_abs());
        t.render(&message)
    };
    compose(subject, |t| body(about, place, t), catalogs)
}

fn body(about: &About<'_>, place: Place<'_>, t: &Catalog) -> Vec<String> {
    let mut lines = Vec::new();
    if about.round > 0 {
        lines.push(t.render(&Message::new("letter-again").with("round", about.round.unsigned_abs())));
    }
    match about.incident {
        Some(incident) => {
            lines.push(t.render(&incident.explanation.line));
            lines.push(String::new());
            let sentences =
                incident.explanation.short.iter().filter(|one| **one != incident.explanation.line);
            lines.extend(sentences.take(SENTENCES_MAX).map(|one| format!("- {}", t.render(one))));
        }
        None => lines.push(t.text(&format!("kind-{}", about.kind))),
    }
    lines.push(String::new());
    let facts = [
        ("letter-number", about.number.to_string()),
        ("letter-level", t.text(&format!("level-{}", about.level.as_str()))),
        ("letter-span", format!("{} - {} ({})", t.time(about.span.0), t.time(about.span.1), zone(t))),
    ];
    lines.extend(facts.map(|(name, value)| format!("{}: {value}", t.text(name))));
    lines.extend([
        String::new(),
        t.text("letter-first"),
        t.text("letter-first-isolate"),
        t.text("letter-first-preserve"),
    ]);
    lines.push(String::new());
    lines.extend(acknowledge(place, t));
    lines
}

/// A test, which must be acknowledged like any other notice (DT-NTF-05).
#[must_use]
pub fn test(sent: Timestamp, place: Place<'_>, catalogs: Both<'_>) -> Letter {
    let body = |t: &Catalog| {
        let text = Message::new("letter-test-text").with("time", sent).with("zone", zone(t).as_str());
        let mut lines = vec![t.render(&text), String::new()];
        lines.extend(acknowledge(place, t));
        lines
    };
    compose(|t| t.text("letter-test"), body, catalogs)
}

/// A summary of what was folded (DT-NTF-04): how many, and the numbers of the cases.
#[must_use]
pub fn summary(numbers: &[i64], folded: usize, catalogs: Both<'_>) -> Letter {
    let count = Message::new("letter-summary").with("count", folded as u64);
    let body = |t: &Catalog| {
        let shown: Vec<String> = numbers.iter().take(100).map(ToString::to_string).collect();
        let more = if numbers.len() > 100 { " ..." } else { "" };
        vec![
            t.text("letter-summary-text"),
            format!("{}: {}{more}", t.text("letter-number"), shown.join(", ")),
            String::new(),
            t.text("letter-acknowledge-console"),
        ]
    };
    compose(|t| t.render(&count), body, catalogs)
}

/// What a day brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Open cases: number, name of the class of attack, level, somebody has acknowledged it.
    pub cases: Vec<(i64, String, Level, bool)>,
    /// Names of the classes of attack that were found in the last day, and how often.
    pub found: Vec<(String, u64)>,
    /// Sources that are silent.
    pub silent: Vec<String>,
}

/// The daily digest (DT-NTF-01): also when nothing happened, so that its absence is noticed.
#[must_use]
pub fn digest(day: &Day, at: Timestamp, catalogs: Both<'_>) -> Letter {
    let subject = |t: &Catalog| {
        let open = day.cases.len() as u64;
        t.render(
            &Message::new("letter-digest")
                .with("day", t.time(at).get(..10).unwrap_or_default())
                .with("open", open),
        )
    };
    compose(subject, |t| digest_lines(day, t), catalogs)
}

fn digest_lines(day: &Day, t: &Catalog) -> Vec<String> {
    let kind = |name: &str| t.text(&format!("kind-{name}"));
    let mut lines = vec![t.text("letter-digest-cases")];
    for (number, name, level, acknowledged) in day.cases.iter().take(LIST_MAX) {
        let waits =
            if *acknowledged { String::new() } else { format!(" ({})", t.text("letter-digest-waits")) };
        let level = t.text(&format!("level-{}", level.as_str()));
        lines.push(format!("- {} {number}: {level}, {}{waits}", t.text("letter-number"), kind(name)));
    }
    let found = day.found.iter().take(LIST_MAX).map(|(name, count)| format!("- {}: {count}", kind(name)));
    let silent = day.silent.iter().take(LIST_MAX).map(|name| format!("- {name}"));
    let none = |lines: &mut Vec<String>, empty: bool| {
        if empty {
            lines.push(t.text("letter-digest-none"));
        }
    };
    none(&mut lines, day.cases.is_empty());
    lines.extend([String::new(), t.text("letter-digest-found")]);
    lines.extend(found);
    none(&mut lines, day.found.is_empty());
    lines.extend([String::new(), t.text("letter-digest-silent")]);
    lines.extend(silent);
    none(&mut lines, day.silent.is_empty());
    lines
}

fn acknowledge(place: Place<'_>, t: &Catalog) -> Vec<String> {
    match place {
        // The link is the console's own and stays a link.
        Place::Link(link) => vec![t.text("letter-acknowledge-link"), format!("\u{1}{link}")],
        Place::Console => vec![t.text("letter-acknowledge-console")],
    }
}

fn compose(
    subject: impl Fn(&Catalog) -> String,
    body: impl Fn(&Catalog) -> Vec<String>,
    catalogs: Both<'_>,
) -> Letter {
    let subject = catalogs.map(|t| harmless(&subject(t), SUBJECT_CHARS_MAX)).join(" / ");
    let texts = catalogs.map(|t| {
        let lines = body(t).into_iter().map(|line| match line.strip_prefix('\u{1}') {
            Some(link) => link.to_owned(),
            None => harmless(&line, SENTENCE_CHARS_MAX),
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    Letter { subject, text: texts.join("\n\n----\n\n") + "\n" }
}

fn zone(t: &Catalog) -> String {
    t.zone().iana_name().unwrap_or("UTC").to_owned()
}

/// One line without control, bidirectional or invisible characters, in which nothing is a link.
fn harmless(text: &str, chars_max: usize) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
    };
    let shown: String = text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect();
    let shown = shown
        .replace("://", "[:]//")
        .replace("www.", "www[.]")
        .replace("WWW.", "WWW[.]")
        .replace("mailto:", "mailto[:]");
    if shown.chars().count() <= chars_max {
        return shown;
    }
    shown.chars().take(chars_max - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lang;

    fn catalogs() -> [Catalog; 2] {
        let zone = jiff::tz::TimeZone::get("Asia/Tokyo").expect("zone");
        [Catalog::new(Lang::Ja, zone.clone()), Catalog::new(Lang::En, zone)]
    }

    #[test]
    fn a_letter_says_what_to_do_in_both_languages() {
        let [ja, en] = catalogs();
        let about = About {
            number: 12,
            level: Level::High,
            entered: true,
            span: (Timestamp::from_seconds(1_795_849_500), Timestamp::from_seconds(1_795_849_560)),
            kind: "password_guessing",
            incident: None,
            round: 1,
        };
        let link = "https://sekisho.example.jp/notice/0123";
        let letter = of_incident(&about, Place::Link(link), [&ja, &en]);
        assert_eq!(
            letter.subject,
            "【関所】高: 侵入の疑い（総当たり攻撃） 事案12 / [Sekisho] high: entered (password guessing), case 12"
        );
        assert_eq!(letter.text.matches(link).count(), 2);
        for words in
            ["2026-11-28 16:05:00 - 2026-11-28 16:06:00 (Asia/Tokyo)", "電源は切らない", "Leave the power on"]
        {
            assert!(letter.text.contains(words), "{words}: {}", letter.text);
        }
        assert!(letter.text.find("事案").unwrap() < letter.text.find("Case").unwrap(), "Japanese first");
        assert!(!letter.text.contains('['), "every message is there: {}", letter.text);
    }

    /// DT-NTF-01: low findings stand in the digest; what attackers chose is text.
    #[test]
    fn a_digest_tells_of_a_day_in_both_languages() {
        let [ja, en] = catalogs();
        let day = Day {
            cases: vec![(3, "password_guessing".to_owned(), Level::High, false)],
            found: vec![("web_scan".to_owned(), 7)],
            silent: vec!["web01:/var/log/x\nBcc: https://evil.example".to_owned()],
        };
        let letter = digest(&day, Timestamp::from_seconds(1_795_849_500), [&ja, &en]);
        assert!(letter.subject.contains("2026-11-28") && letter.subject.contains('1'), "{letter:?}");
        assert!(
            letter.text.contains("総当たり攻撃") && letter.text.contains("not acknowledged"),
            "{letter:?}"
        );
        assert!(
            letter.text.contains(": 7") && !letter.text.contains("://") && !letter.text.contains("\nBcc"),
            "{letter:?}"
        );
        let nothing = digest(&Day::default(), Timestamp(0), [&ja, &en]);
        assert_eq!(nothing.text.matches("なし").count(), 3, "{nothing:?}");
    }

    #[test]
    fn names_that_attackers_choose_are_text() {
        assert_eq!(
            harmless("a\r\nBcc: x https://evil.example \u{202e}", 99),
            "a\u{fffd}\u{fffd}Bcc: x https[:]//evil.example \u{fffd}"
        );
        assert_eq!(harmless("長い名前", 3), "長い…");
        let [ja, en] = catalogs();
        let letter = summary(&[1, 2], 2, [&ja, &en]);
        assert!(letter.subject.contains('2') && letter.text.contains("1, 2"), "{letter:?}");
        assert!(test(Timestamp(0), Place::Console, [&ja, &en]).text.contains("1970-01-01 09:00:00"));
    }
}
