//! `sekisho events`: normalised events as JSON lines (DT-EVT-13).

use crate::cli::Events;
use crate::clock::Clock;
use crate::inputs::{self, Prepared};
use crate::progress::Progress;
use crate::record::{Scan, scan};
use anyhow::Context as _;
use std::io::{BufWriter, Write};

/// Bytes gathered before they are written out.
const BUFFER_BYTES: usize = 1 << 16;

/// Runs the command. Nothing is put in order of time; sources come in the order in which they were given, records
/// in their own.
pub(crate) fn run(args: &Events) -> anyhow::Result<u8> {
    let clock = args.reading.deterministic.map_or(Clock::System, Clock::Fixed);
    let Prepared { mut plan, settings, .. } = inputs::prepare(&args.reading, clock, false)?;
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, std::io::stdout().lock());
    plan.sources.sort_by_key(|source| source.order);
    let work = Scan {
        sources: &plan.sources,
        settings: &settings,
        progress: &Progress::hidden(),
        threads: args.reading.threads(),
    };
    let unread = scan(&work, &line, &mut |lines: Vec<u8>| {
        out.write_all(&lines).context("cannot write to standard output")
    })?;
    plan.unread.merge(unread);
    out.flush().context("cannot write to standard output")?;
    super::tell_unread(&plan.unread);
    Ok(0)
}

fn line(event: &vocab::Event<'_>, lines: &mut Vec<u8>) {
    collect::ocsf::write(event, lines);
    lines.push(b'\n');
}
