//! `sekisho events`: normalised events as JSON lines (DT-EVT-13).

use crate::cli::Events;
use crate::clock::Clock;
use crate::inputs;
use anyhow::Context as _;
use collect::stream::SourceReader;
use std::io::{BufWriter, Write};

/// Bytes gathered before they are written out.
const BUFFER_BYTES: usize = 1 << 16;

/// Runs the command. Nothing is put in order of time; sources come in the order in which they were given, records
/// in their own.
pub(crate) fn run(args: &Events) -> anyhow::Result<u8> {
    let clock = args.reading.deterministic.map_or(Clock::System, Clock::Fixed);
    let prepared = inputs::prepare(&args.reading, clock, false)?;
    let mut unread = prepared.plan.unread;
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, std::io::stdout().lock());
    let mut lines = Vec::with_capacity(BUFFER_BYTES);
    let mut sources = prepared.plan.sources;
    sources.sort_by_key(|source| source.order);
    for source in &sources {
        let mut reader = SourceReader::new(source, &prepared.settings);
        while let Some(block) = reader.next() {
            reader.decode(&block, None, &mut |event| line(event, &mut lines));
            write(&mut out, &mut lines)?;
        }
        reader.finish(&mut |event| line(event, &mut lines));
        write(&mut out, &mut lines)?;
        unread.merge(reader.into_report().unread);
    }
    out.flush().context("cannot write to standard output")?;
    super::tell_unread(&unread);
    Ok(0)
}

fn line(event: &vocab::Event<'_>, lines: &mut Vec<u8>) {
    collect::ocsf::write(event, lines);
    lines.push(b'\n');
}

fn write(out: &mut impl Write, lines: &mut Vec<u8>) -> anyhow::Result<()> {
    out.write_all(lines).context("cannot write to standard output")?;
    lines.clear();
    Ok(())
}
