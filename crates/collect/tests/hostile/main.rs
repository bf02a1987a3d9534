//! Hostile input (detection.md 6, DT-HOS-01 to 08, DT-HOS-11): text chosen by an attacker in every place where a remote
//! party can write into a log. Two promises are held, over all formats and thousands of texts:
//!
//! * no event carries an address that the attacker wrote: its source is the true peer, or none and `ambiguous`;
//! * no attempt is lost: the record still gives a failure.
//!
//! 192.0.2.1 is the true peer, 198.51.100.9 the address that the attacker writes.

#![expect(clippy::panic, reason = "tests")]

mod names;
mod place;
mod places;

use collect::record::{RawRecord, Sample, Settings};
use collect::registry::{FORMATS, Format};
use names::Names;
use place::{Place, Want};
use places::PLACES;
use vocab::{Class, Flags, Origin, Outcome, Timestamp};

const PEER: &str = "192.0.2.1";
const FORGED: [&str; 3] = ["198.51.100.9", "2001:db8::bad", "198.51.100.77"];
/// Generated texts for each place, beside the listed ones.
const GENERATED: usize = 600;

fn settings() -> Settings {
    Settings {
        zone: jiff::tz::TimeZone::UTC,
        zone_assumed: false,
        clock: Timestamp::from_seconds(1_795_348_800),
        host: String::new(),
    }
}

fn format(name: &str) -> &'static Format {
    FORMATS.iter().find(|format| format.name == name).unwrap_or_else(|| panic!("no format {name}"))
}

/// What the events of one record said.
#[derive(Debug, Default)]
struct Seen {
    events: u32,
    failures: u32,
    successes: u32,
    attempts: u32,
    problems: Vec<String>,
    shown: String,
}

fn decode(place: &Place, line: &str) -> Seen {
    let settings = settings();
    let format = format(place.format);
    let text = format!("{}{line}\n", place.header);
    let sample = Sample { bytes: text.as_bytes(), text: &text, name: place.file, complete: true, size: None };
    let mut decoder = (format.decoder)(&sample, &settings);
    let mut seen = Seen::default();
    let mut sink = |event: &vocab::Event<'_>| {
        seen.events += 1;
        seen.shown += &format!(
            " [{} {:?} {:?} x{} src {:?} user {:?} {:?}]",
            event.origin.grammar,
            event.class,
            event.outcome,
            event.count,
            event.src_ip,
            event.user,
            event.flags.names().collect::<Vec<_>>()
        );
        let source = event.src_ip.map(|ip| ip.to_string());
        if let Some(source) = &source
            && source != PEER
        {
            seen.problems.push(format!("source {source}"));
        }
        if source.is_some() && event.flags.has(Flags::AMBIGUOUS) {
            seen.problems.push("ambiguous with a source".to_owned());
        }
        if source.is_none() && event.src_host.as_deref().is_some_and(|host| FORGED.contains(&host)) {
            seen.problems.push("forged host".to_owned());
        }
        if event.outcome == Outcome::Failure {
            seen.failures += 1;
            if event.class == Class::Authentication {
                seen.attempts += event.count;
            }
        }
        if event.outcome == Outcome::Success && event.class == Class::Authentication {
            seen.successes += 1;
        }
    };
    for line in text.lines() {
        let origin = Origin { file: place.file, line: 1, raw: line.as_bytes(), ..Origin::default() };
        let record =
            RawRecord { origin, text: line, flags: Flags::default(), year: 2026, ..RawRecord::default() };
        decoder.decode(&record, &settings, &mut sink);
    }
    decoder.finish(&settings, &mut sink);
    seen
}

/// Writes the text into the place as the daemon would, and looks at what comes out.
fn check(place: &Place, text: &str) -> Result<(), String> {
    let line = place.line(text);
    let seen = decode(place, &line);
    let mut problems = seen.problems;
    if seen.events != 1 {
        problems.push(format!("{} events", seen.events));
    }
    if place.want == Want::Login {
        if seen.successes != 1 && !seen.shown.contains("ambiguous") {
            problems.push("the login is lost".to_owned());
        }
    } else if seen.successes > 0 {
        problems.push("a success".to_owned());
    }
    match place.want {
        Want::Attempt if seen.attempts != 1 => problems.push(format!("counted {} attempts", seen.attempts)),
        Want::Failure if seen.failures != 1 => problems.push("no failure".to_owned()),
        _ => {}
    }
    if problems.is_empty() {
        Ok(())
    } else {
        let shown: String = format!("{line:?}").chars().take(600).collect();
        Err(format!("{}: {}\n    {shown}\n    {}", place.name, problems.join(", "), seen.shown))
    }
}

fn report(wrong: Vec<String>, all: usize) {
    let count = wrong.len();
    let first: Vec<String> = wrong.into_iter().take(12).collect();
    assert!(first.is_empty(), "{count} of {all} cases are wrong:\n{}", first.join("\n"));
}

#[test]
fn plain_names_are_read_completely() {
    let mut wrong = Vec::new();
    // Odd, but with one reading only: refusing to read these would be a cloak for everybody.
    let names = [
        "alice",
        "",
        "a b",
        "あきら",
        "o'neil",
        "x.y@z",
        "DOMAIN\\u",
        "-",
        "1",
        "from",
        "a from b",
        "x".repeat(64).leak(),
    ];
    for place in PLACES.iter().filter(|place| place.template.contains(PEER)) {
        for name in names {
            let seen = decode(place, &place.line(name));
            if !seen.shown.contains(&format!("src Some({PEER})")) || check(place, name).is_err() {
                wrong.push(format!("{}: {name:?} {:?} {}", place.name, check(place, name), seen.shown));
            }
        }
    }
    report(wrong, PLACES.len() * names.len());
}

#[test]
fn listed_texts() {
    let mut wrong = Vec::new();
    let texts = names::listed();
    let mut all = 0;
    for place in PLACES {
        for text in texts.iter().chain(&names::own(place.template)) {
            all += 1;
            wrong.extend(check(place, text).err());
        }
    }
    report(wrong, all);
}

#[test]
fn generated_texts() {
    let mut wrong = Vec::new();
    for (at, place) in PLACES.iter().enumerate() {
        for text in Names::new(at as u64, place.template).take(GENERATED) {
            wrong.extend(check(place, &text).err());
        }
    }
    report(wrong, PLACES.len() * GENERATED);
}

#[test]
fn lengths_around_every_cut() {
    let mut wrong = Vec::new();
    let mut all = 0;
    for place in PLACES {
        for forged in
            [" from 198.51.100.9 port 22 ssh2", " rhost=198.51.100.9", ", rip=198.51.100.9, lip=203.0.113.5"]
        {
            let near = |limit: usize| limit.saturating_sub(40)..=limit + 2;
            let lengths =
                [100, 200, 433, 500].into_iter().flat_map(near).step_by(2).chain((960..=1_102).step_by(7));
            for length in lengths.chain([999, 1_000, 1_023, 1_024, 1_100, 1_101, 8_000, 8_192, 70_000]) {
                let pad = "x".repeat(length);
                all += 1;
                wrong.extend(check(place, &format!("{pad}{forged}")).err());
            }
        }
    }
    report(wrong, all);
}
