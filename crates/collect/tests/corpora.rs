//! Real files written by others: what comes out agrees with an independent search in the text. Skips where the corpora
//! are missing.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that says when it skips")]

use collect::record::{Decoded, RawRecord, Sample, Settings, UnreadReason};
use collect::registry::FORMATS;
use std::collections::BTreeMap;
use std::path::PathBuf;
use vocab::{Class, Flags, Origin, Outcome, Timestamp};

/// The text of a corpus file; `None` when there is none.
fn text(name: &str) -> Option<String> {
    let folder = option_env!("SEKISHO_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"),
        PathBuf::from,
    );
    let folders = [folder, PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpora")];
    let found = folders.iter().find_map(|folder| std::fs::read(folder.join("text").join(name)).ok());
    if found.is_none() {
        eprintln!("skipped: no corpus file {name} (set SEKISHO_CORPORA)");
    }
    found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// What a file gave.
#[derive(Debug, Default)]
struct Found {
    format: &'static str,
    lines: usize,
    events: usize,
    timed: usize,
    unread: BTreeMap<&'static str, usize>,
    /// Events by grammar row, class and outcome.
    rows: BTreeMap<(&'static str, u32, &'static str), u32>,
    /// Tries that rows of this name stand for, failures only.
    tries: BTreeMap<&'static str, u32>,
    sources: usize,
    ambiguous: usize,
    misses: Vec<String>,
}

impl Found {
    fn count(&self, row: &str, class: Class, outcome: Outcome) -> u32 {
        let name = format!("{outcome:?}");
        self.rows
            .iter()
            .filter(|((r, c, o), _)| *r == row && *c == class as u32 && *o == name)
            .map(|(_, count)| count)
            .sum()
    }
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Unknown => "Unknown",
        Outcome::Success => "Success",
        Outcome::Failure => "Failure",
    }
}

fn read(name: &str, text: &str, year: i16) -> Found {
    let settings = Settings {
        zone: jiff::tz::TimeZone::UTC,
        zone_assumed: true,
        clock: Timestamp::from_seconds(1_795_348_800),
        host: String::new(),
    };
    let sample = Sample {
        bytes: text.as_bytes(),
        text: text.get(..text.floor_char_boundary(64 << 10)).unwrap_or(text),
        name,
        complete: false,
        size: None,
    };
    let (format, score) = FORMATS
        .iter()
        .map(|format| (format, (format.score)(&sample)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap();
    assert!(score > 0.6, "{name} is not recognised: {} {score}", format.name);
    let mut found = Found { format: format.name, ..Found::default() };
    let mut decoder = (format.decoder)(&sample, &settings);
    for (at, line) in text.lines().enumerate() {
        found.lines += 1;
        let origin = Origin { file: name, line: at as u64 + 1, raw: line.as_bytes(), ..Origin::default() };
        let record = RawRecord { origin, text: line, flags: Flags::default(), year, ..RawRecord::default() };
        let decoded = decoder.decode(&record, &settings, &mut |event| {
            found.events += 1;
            found.timed += usize::from(event.time.is_some());
            found.sources += usize::from(event.src_ip.is_some() || event.src_host.is_some());
            found.ambiguous += usize::from(event.flags.has(Flags::AMBIGUOUS));
            let key = (event.origin.grammar, event.class as u32, outcome_name(event.outcome));
            *found.rows.entry(key).or_default() += 1;
            if event.outcome == Outcome::Failure {
                *found.tries.entry(event.origin.grammar).or_default() += event.count;
            }
        });
        if let Decoded::Unread(reason, _) = decoded {
            *found.unread.entry(reason.name()).or_default() += 1;
            if reason == UnreadReason::GrammarMiss {
                found.misses.push(line.to_owned());
            }
        }
    }
    found
}

fn lines_with(text: &str, needle: &str) -> u32 {
    u32::try_from(text.lines().filter(|line| line.contains(needle)).count()).unwrap()
}

#[test]
fn openssh() {
    let Some(text) = text("OpenSSH_2k.log") else { return };
    let found = read("OpenSSH_2k.log", &text, 2015);
    assert_eq!((found.format, found.lines, found.events, found.timed), ("syslog", 2_000, 2_000, 2_000));
    assert_eq!(found.misses, Vec::<String>::new());
    assert_eq!(found.ambiguous, 0);
    let failed = lines_with(&text, "]: Failed password for ");
    assert!(failed > 500);
    let none = lines_with(&text, "]: Failed none for ");
    let repeated: Vec<u32> = text
        .lines()
        .filter_map(|line| line.split_once("]: message repeated ")?.1.split(' ').next()?.parse().ok())
        .collect();
    let repeated_lines = u32::try_from(repeated.len()).unwrap();
    assert_eq!(found.count("O01", Class::Authentication, Outcome::Failure), failed + none + repeated_lines);
    // `Failed none` is no try of a code; a repetition is as many as it says (DT-FMT-16).
    assert_eq!(found.tries["O01"], failed + repeated.iter().sum::<u32>());
    let accepted = lines_with(&text, "]: Accepted ");
    assert_eq!(found.count("O01", Class::Authentication, Outcome::Success), accepted);
    assert_eq!(
        found.count("O02", Class::Authentication, Outcome::Failure),
        lines_with(&text, "]: Invalid user ")
    );
    assert_eq!(
        found.count("P01", Class::Authentication, Outcome::Failure),
        lines_with(&text, "(sshd:auth): authentication failure;")
    );
}

#[test]
fn linux() {
    let Some(text) = text("Linux_2k.log") else { return };
    let found = read("Linux_2k.log", &text, 2005);
    assert_eq!((found.format, found.lines, found.events, found.timed), ("syslog", 2_000, 2_000, 2_000));
    assert_eq!(found.misses, Vec::<String>::new());
    let pam = lines_with(&text, "(pam_unix)[");
    let (sessions, checks) = (lines_with(&text, "]: session "), lines_with(&text, "]: check pass; "));
    assert_eq!(found.count("P01", Class::Authentication, Outcome::Failure), pam - sessions - checks);
    let opened = lines_with(&text, "]: session opened for user ");
    assert_eq!(found.count("P03", Class::Authentication, Outcome::Success), sessions);
    assert!(opened * 2 >= sessions && opened > 100);
    assert_eq!(
        found.count("M06", Class::Network, Outcome::Unknown),
        lines_with(&text, "]: connection from ")
    );
    let anonymous = lines_with(&text, "]: ANONYMOUS FTP LOGIN FROM ");
    assert_eq!(found.count("M06", Class::Authentication, Outcome::Success), anonymous);
    assert_eq!(
        found.count("P08", Class::Authentication, Outcome::Success),
        lines_with(&text, ": ROOT LOGIN ON ")
    );
    assert_eq!(found.count("P08", Class::Authentication, Outcome::Failure), lines_with(&text, " klogind["));
    let starts = lines_with(&text, "syslogd 1.4.1: restart.");
    assert_eq!(found.count("P10", Class::EventLog, Outcome::Success), starts);
}

#[test]
fn apache_error() {
    let Some(text) = text("Apache_2k.log") else { return };
    let found = read("Apache_2k.log", &text, 2005);
    assert_eq!((found.format, found.lines, found.events, found.timed), ("apache_error", 2_000, 2_000, 2_000));
    assert_eq!(found.misses, Vec::<String>::new());
    let clients = lines_with(&text, "] [client ");
    assert_eq!(u32::try_from(found.sources).unwrap(), clients);
    let refused = lines_with(&text, "] Directory index forbidden by rule: ");
    assert_eq!(found.count("W07", Class::Network, Outcome::Failure), refused);
    assert!(clients > 20 && refused > 20);
}
