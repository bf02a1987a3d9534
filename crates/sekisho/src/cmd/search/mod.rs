//! `sekisho search`: the records that fit, with file and record number.

mod term;

use crate::cli::{Search, SearchFormat};
use crate::clock::{self, Clock};
use crate::inputs;
use crate::output::{say, terminal::safe};
use crate::progress::Progress;
use crate::record::{Scan, brief, record_name, scan};
use anyhow::Context as _;
use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use term::Term;
use unicode_width::UnicodeWidthStr as _;
use vocab::{Event, Message};
use web::{Catalog, Lang};

/// Widest text of a table line, columns.
const TEXT_COLUMNS_MAX: usize = 400;
/// Widths of time, place, computer, account and source in the table, columns.
const COLUMNS: [usize; 5] = [23, 34, 16, 16, 15];

/// Lines of one block of records.
#[derive(Default)]
struct Batch {
    lines: Vec<u8>,
    /// Ends of the lines, so that `--max` can cut between them.
    ends: Vec<usize>,
    events: u64,
    found: u64,
}

/// Runs the command.
pub(crate) fn run(args: &Search) -> anyhow::Result<u8> {
    let wanted = terms(std::iter::once(&args.term).chain(&args.and))?;
    let unwanted = terms(args.not.iter())?;
    let clock = args.reading.deterministic.map_or(Clock::System, Clock::Fixed);
    let (mut plan, settings) = inputs::open(&args.reading, clock)?;
    let zone = settings.timezone.clone().unwrap_or_else(|| settings.machine_zone.clone());
    let span = args.span.read(&zone)?;
    let lang = args.lang.map_or_else(clock::language, Lang::from);
    let catalog = Catalog::new(lang, zone);

    plan.sources.sort_by_key(|source| source.order);
    let progress = Progress::on_terminal(args.quiet);
    progress.total(plan.sources.iter().flat_map(|source| &source.files).map(|file| file.stored_bytes).sum());
    let work = Scan {
        sources: &plan.sources,
        settings: &settings,
        progress: &progress,
        threads: args.reading.threads(),
    };
    let see = |event: &Event<'_>, batch: &mut Batch| {
        batch.events += 1;
        let fits = span.holds(event.time)
            && wanted.iter().all(|term| term.fits(event))
            && !unwanted.iter().any(|term| term.fits(event));
        if !fits {
            return;
        }
        batch.found += 1;
        match args.format {
            _ if args.count => return,
            SearchFormat::Table => row(event, &catalog, &mut batch.lines),
            SearchFormat::Jsonl => {
                collect::ocsf::write(event, &mut batch.lines);
                batch.lines.push(b'\n');
            }
        }
        batch.ends.push(batch.lines.len());
    };
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    if args.format == SearchFormat::Table && !args.count {
        out.write_all(&head(&catalog)).context("cannot write to standard output")?;
    }
    let (mut events, mut found, mut shown) = (0, 0, 0_u64);
    let unread = scan(&work, &see, &mut |batch: Batch| {
        events += batch.events;
        found += batch.found;
        let room = args.max.map_or(u64::MAX, |max| max.saturating_sub(shown));
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(batch.ends.len());
        let end = room.checked_sub(1).and_then(|last| batch.ends.get(last)).copied().unwrap_or(0);
        shown += room as u64;
        out.write_all(batch.lines.get(..end).unwrap_or_default()).context("cannot write to standard output")
    })?;
    if args.count {
        writeln!(out, "{found}").context("cannot write to standard output")?;
    }
    out.flush().context("cannot write to standard output")?;
    progress.clear();
    plan.unread.merge(unread);
    super::tell_unread(&plan.unread);
    tell(&wanted, [events, found, if args.count { found } else { shown }], &catalog);
    Ok(0)
}

fn terms<'t>(texts: impl Iterator<Item = &'t String>) -> anyhow::Result<Vec<Term>> {
    texts.map(|text| Term::parse(text)).collect()
}

/// What was looked at and found, and fields that no record has.
fn tell(wanted: &[Term], [events, found, shown]: [u64; 3], catalog: &Catalog) {
    let counts = Message::new("search-found").with("found", found).with("events", events);
    say(&catalog.render(&counts));
    if shown < found {
        say(&catalog.render(&Message::new("search-shown").with("shown", shown)));
    }
    for name in wanted.iter().filter_map(Term::unknown_field).filter(|_| found == 0 && events > 0) {
        let names: Vec<&str> =
            crate::record::NAMES.iter().filter_map(|(names, _)| names.split('|').next()).collect();
        let message = Message::new("search-no-field").with("field", name).with("names", names.join(" "));
        say(&catalog.render(&message));
    }
}

fn head(catalog: &Catalog) -> Vec<u8> {
    let mut line = String::new();
    let names = ["time", "place", "host", "account", "source", "text"];
    for (at, name) in names.iter().enumerate() {
        cell(&mut line, &catalog.text(&format!("search-column-{name}")), COLUMNS.get(at).copied());
    }
    line.push('\n');
    line.into_bytes()
}

/// One line of the table; nothing in it can drive the terminal (DT-HOS-16).
fn row(event: &Event<'_>, catalog: &Catalog, out: &mut Vec<u8>) {
    let time = event.time.map_or_else(|| "-".to_owned(), |time| catalog.time(time));
    let text = |text: &vocab::Text<'_>| text.as_deref().unwrap_or("-").to_owned();
    let source = event.src_ip.map_or_else(|| text(&event.src_host), |ip| ip.to_string());
    let cells = [time, record_name(event), text(&event.dst_host), text(&event.user), source, brief(event)];
    let mut line = String::new();
    for (at, value) in cells.iter().enumerate() {
        cell(&mut line, &safe(value, TEXT_COLUMNS_MAX), COLUMNS.get(at).copied());
    }
    line.push('\n');
    out.extend_from_slice(line.as_bytes());
}

/// A value, filled up to the width of its column; a longer one moves the rest of its line.
fn cell(line: &mut String, value: &str, width: Option<usize>) {
    line.push_str(value);
    if let Some(width) = width {
        let fill = width.saturating_sub(value.width());
        let _ = write!(line, "{:fill$}  ", "");
    }
}
