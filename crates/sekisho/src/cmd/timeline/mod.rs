//! `sekisho timeline`: all events in order of time, as CSV or JSON lines, in little memory.

mod row;
mod sort;

use crate::cli::{Timeline, TimelineFormat};
use crate::clock::{self, Clock};
use crate::error::Hinted;
use crate::inputs;
use crate::output::{atomic::AtomicFile, say};
use crate::progress::Progress;
use crate::record::{Scan, scan};
use anyhow::Context as _;
use sort::{Key, Sorter};
use std::io::{BufWriter, Write};
use std::path::Path;
use vocab::{Event, Message};
use web::{Catalog, Lang};

/// Rows of one block of records, one after the other in `bytes`.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    rows: Vec<(Key, usize)>,
}

/// Runs the command.
pub(crate) fn run(args: &Timeline) -> anyhow::Result<u8> {
    let clock = args.reading.deterministic.map_or(Clock::System, Clock::Fixed);
    let (mut plan, settings) = inputs::open(&args.reading, clock)?;
    let zone = settings.timezone.clone().unwrap_or_else(|| settings.machine_zone.clone());
    let span = args.span.read(&zone)?;
    let catalog = Catalog::new(args.lang.map_or_else(clock::language, Lang::from), zone.clone());
    let folder = args.temp.clone().unwrap_or_else(std::env::temp_dir);
    let mut sorter = Sorter::new(&folder, usize::from(args.memory_mib) << 20);

    let progress = Progress::on_terminal(args.quiet);
    progress.total(plan.sources.iter().flat_map(|source| &source.files).map(|file| file.stored_bytes).sum());
    let work = Scan {
        sources: &plan.sources,
        settings: &settings,
        progress: &progress,
        threads: args.reading.threads(),
    };
    let see = |event: &Event<'_>, batch: &mut Batch| {
        if span.holds(event.time) {
            row::write(event, args.format, &zone, &mut batch.bytes);
            batch.rows.push((row::key(event), batch.bytes.len()));
        }
    };
    let unread = scan(&work, &see, &mut |batch: Batch| {
        let mut begin = 0;
        for (key, end) in batch.rows {
            sorter
                .push(key, batch.bytes.get(begin..end).unwrap_or_default())
                .map_err(|error| kept(&folder, error))?;
            begin = end;
        }
        Ok(())
    })?;
    progress.clear();
    let (rows, untimed) = match &args.out {
        Some(path) => {
            let mut file = AtomicFile::create(path)?;
            let counts = write(sorter, args.format, catalog.lang(), &mut file)
                .with_context(|| format!("cannot write {}", path.display()))?;
            file.commit()?;
            counts
        }
        None => {
            let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
            write(sorter, args.format, catalog.lang(), &mut out).context("cannot write to standard output")?
        }
    };
    plan.unread.merge(unread);
    super::tell_unread(&plan.unread);
    say(&catalog.render(&Message::new("timeline-rows").with("rows", rows)));
    if untimed > 0 {
        say(&catalog.render(&Message::new("timeline-untimed").with("rows", untimed)));
    }
    Ok(0)
}

/// Writes the rows in order; gives how many, and how many of them have no time.
fn write(
    sorter: Sorter,
    format: TimelineFormat,
    lang: Lang,
    out: &mut impl Write,
) -> std::io::Result<(u64, u64)> {
    let rows = sorter.rows;
    let mut untimed = 0;
    if format == TimelineFormat::Csv {
        // Spreadsheets take a file without the mark for Shift_JIS.
        if lang == Lang::Ja {
            out.write_all("\u{feff}".as_bytes())?;
        }
        out.write_all(row::HEADER.as_bytes())?;
    }
    sorter.finish(&mut |key, bytes| {
        untimed += u64::from(key.0 == i64::MAX);
        out.write_all(bytes)
    })?;
    out.flush()?;
    Ok((rows, untimed))
}

/// Why the temporary files could not be kept.
fn kept(folder: &Path, error: std::io::Error) -> anyhow::Error {
    anyhow::Error::from(error).context(Hinted::error(
        format!("cannot keep rows for sorting in {}", folder.display()),
        "name a folder with more room with --temp, or shorten the period with --from and --to",
    ))
}
