//! Where records are kept so that they can be cited: in the ledger of a run, before they are decoded (DESIGN
//! invariant 1, DT-EVT-01), or, for commands that write none, as places in the input.

use crate::clock::Clock;
use anyhow::Context as _;
use collect::stream::Block;
use ledger::{
    EntryKind, Genesis, Ledger, RUN_BYTES_MAX, Recipient, Run, RunRecord, SealOptions, SessionKeys, StreamId,
};
use std::collections::BTreeMap;
use std::path::Path;
use vocab::{Citation, LedgerIndex};

/// Longest name that the ledger takes, in bytes.
const NAME_BYTES_MAX: usize = 4_096;

/// Gives each block the entry under which its records are cited.
pub(crate) trait Keep {
    /// Keeps a block of a file of a source; `rank` is the place of the source in the plan.
    fn keep(&mut self, rank: u32, source: &str, file: &str, block: &Block) -> anyhow::Result<LedgerIndex>;
}

/// Seals blocks in a ledger.
pub(crate) struct Seal {
    ledger: Ledger,
    clock: Clock,
    recipients: usize,
    streams: BTreeMap<u32, StreamId>,
}

/// What the report says of the ledger.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    /// Entries.
    pub(crate) size: u64,
    /// Root of the tree, hexadecimal.
    pub(crate) root: String,
    /// Public log key.
    pub(crate) key: String,
    /// Role holders to whom the payloads are sealed; 0: plain (LG-PAY-07).
    pub(crate) recipients: usize,
    /// Keys to read the payloads back in this run.
    pub(crate) keys: Option<SessionKeys>,
}

impl Seal {
    /// Begins a ledger in a folder that does not exist yet.
    pub(crate) fn create(folder: &Path, clock: Clock, recipients: &[Recipient]) -> anyhow::Result<Self> {
        let seed = clock.random()?;
        let name = clock.random()?;
        let origin = format!("local/{}", hex::encode(name.get(..8).unwrap_or_default()));
        let mut ledger = Ledger::create(folder, Genesis { origin, now: clock.now(), seed })
            .context("cannot begin the ledger")?;
        if !recipients.is_empty() {
            let options = SealOptions {
                recipients: recipients.to_vec(),
                entropy: clock.random()?.into(),
                online: None,
                single_recipient: true,
                keep_keys: true,
            };
            ledger.seal_with(options).context("cannot seal the ledger")?;
        }
        Ok(Self { ledger, clock, recipients: recipients.len(), streams: BTreeMap::new() })
    }

    /// Writes down how the run was asked for: version, rules, settings (DT-EVT-17).
    pub(crate) fn describe(&mut self, run: &serde_json::Value) -> anyhow::Result<()> {
        let now = self.clock.now();
        let stream = self.ledger.open_stream("investigate", "run", now)?;
        self.ledger.append(stream, EntryKind::Record, now, run).context("cannot write the ledger")?;
        Ok(())
    }

    fn stream(&mut self, rank: u32, source: &str) -> anyhow::Result<StreamId> {
        if let Some(stream) = self.streams.get(&rank) {
            return Ok(*stream);
        }
        let stream = self
            .ledger
            .open_stream(cut(source), "file", self.clock.now())
            .with_context(|| format!("cannot open a stream for {source} in the ledger"))?;
        self.streams.insert(rank, stream);
        Ok(stream)
    }

    /// A record larger than an entry may be goes into several; the first is cited.
    fn large(
        &mut self,
        stream: StreamId,
        file: &str,
        records: &[RunRecord<'_>],
    ) -> ledger::Result<LedgerIndex> {
        let now = self.clock.now();
        let mut first = None;
        for record in records {
            for (part, bytes) in record.bytes.chunks(RUN_BYTES_MAX).enumerate() {
                let offset = record.offset + (part * RUN_BYTES_MAX) as u64;
                let piece = [RunRecord { offset, line: record.line, bytes }];
                let index = self.ledger.append_run(stream, now, &Run { file, records: &piece })?;
                first = first.or(Some(index));
            }
        }
        first.ok_or(ledger::Error::Policy("a run holds at least one record"))
    }

    /// Closes all streams and publishes the signed tree head.
    pub(crate) fn close(self) -> anyhow::Result<Sealed> {
        let key = self.ledger.verifier_key();
        let (keys, recipients) = (self.ledger.session_keys(), self.recipients);
        let head = self.ledger.close(self.clock.now()).context("cannot close the ledger")?;
        Ok(Sealed { size: head.size, root: hex::encode(head.root), key, recipients, keys })
    }
}

impl Keep for Seal {
    fn keep(&mut self, rank: u32, source: &str, file: &str, block: &Block) -> anyhow::Result<LedgerIndex> {
        let stream = self.stream(rank, source)?;
        let records: Vec<RunRecord<'_>> = block
            .records()
            .map(|record| RunRecord { offset: record.offset, line: record.line, bytes: record.raw })
            .collect();
        let sealed = if block.record_bytes() <= RUN_BYTES_MAX as u64 {
            self.ledger.append_run(stream, self.clock.now(), &Run { file: cut(file), records: &records })
        } else {
            self.large(stream, cut(file), &records)
        };
        sealed.with_context(|| format!("cannot seal records of {file} in the ledger"))
    }
}

/// Places of records in the input, for commands that write no ledger. A few bytes for each block.
#[derive(Default)]
pub(crate) struct Places {
    blocks: Vec<Place>,
    files: Vec<String>,
}

struct Place {
    file: usize,
    line: u64,
    /// Line of each record where they do not simply follow one another.
    lines: Option<Box<[u64]>>,
}

impl Keep for Places {
    fn keep(&mut self, _rank: u32, _source: &str, file: &str, block: &Block) -> anyhow::Result<LedgerIndex> {
        if self.files.last().is_none_or(|last| last != file) {
            self.files.push(file.to_owned());
        }
        let line = block.records().next().map_or(0, |record| record.line);
        let follow = block.records().zip(line..).all(|(record, line)| record.line == line);
        let lines = (!follow).then(|| block.records().map(|record| record.line).collect());
        self.blocks.push(Place { file: self.files.len() - 1, line, lines });
        Ok(LedgerIndex(self.blocks.len() as u64 - 1))
    }
}

impl Places {
    /// File and line of a cited record.
    pub(crate) fn find(&self, citation: Citation) -> Option<(&str, u64)> {
        let place = self.blocks.get(usize::try_from(citation.index.0).ok()?)?;
        let line = match &place.lines {
            Some(lines) => *lines.get(citation.record as usize)?,
            None => place.line + u64::from(citation.record),
        };
        Some((self.files.get(place.file)?, line))
    }
}

/// The name, at most as long as the ledger takes.
fn cut(name: &str) -> &str {
    let mut end = name.len().min(NAME_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}
