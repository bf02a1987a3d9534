//! What is not sent yet: small ledgers, one behind the other, into which the logs are followed as into any ledger. So lines and
//! the places up to which the logs were read become durable together; a ledger whose records the server has is removed.

use crate::clock::Clock;
use crate::cmd::ledger::{make_secret, read_secret};
use crate::follow::{self, Following, Notice, Position, Settings, Told};
use anyhow::Context as _;
use ledger::{DataClass, EntryKind, Form, Genesis, Ledger, Reader, Resume};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vocab::Timestamp;

/// Bytes of lines at which the next ledger is begun.
const SEGMENT_BYTES_MAX: u64 = 8 << 20;
/// Cost of an entry beside its lines, bytes.
const ENTRY_BYTES: u64 = 1_024;

/// The end of the spool at which lines come in.
pub(super) struct Spool {
    folder: PathBuf,
    clock: Clock,
    /// Number of the ledger that is written.
    segment: u64,
    ledger: Ledger,
    following: Following,
    /// Records in all ledgers so far, those included that were sent and removed.
    records: u64,
    /// Bytes of lines in the present ledger.
    bytes: u64,
}

/// How far the spool reaches, for the one who sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reach {
    /// Number of the ledger that is written.
    pub(super) segment: u64,
    /// Its durable entries.
    pub(super) entries: u64,
}

/// Folder of a ledger of the spool.
pub(super) fn segment_folder(spool: &Path, segment: u64) -> PathBuf {
    spool.join(format!("{segment:010}"))
}

fn secret(spool: &Path, segment: u64) -> PathBuf {
    spool.join(format!("{segment:010}.secret"))
}

/// Numbers of the ledgers, oldest first.
pub(super) fn segments(spool: &Path) -> anyhow::Result<Vec<u64>> {
    let name = || format!("cannot read {}", spool.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(spool).with_context(name)? {
        let name = entry.with_context(name)?.file_name();
        found.extend(name.to_str().filter(|name| name.len() == 10).and_then(|name| name.parse::<u64>().ok()));
    }
    found.sort_unstable();
    Ok(found)
}

/// Removes a ledger whose records the server has.
pub(super) fn remove(spool: &Path, segment: u64) -> anyhow::Result<()> {
    let folder = segment_folder(spool, segment);
    std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    drop(std::fs::remove_file(secret(spool, segment)));
    Ok(())
}

/// Bytes of all files of the spool.
pub(super) fn bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(data) if data.is_dir() => bytes(&entry.path()),
        Ok(data) => data.len(),
        // Removed meanwhile.
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

/// Records before a ledger of the spool, and in it.
pub(super) fn counts(reader: &mut Reader) -> anyhow::Result<(u64, u64)> {
    let (mut before, mut records, mut note) = (0, 0, None);
    for item in reader.entries() {
        let (index, entry) = item?;
        if entry.kind == EntryKind::Event && entry.form == Form::Run {
            records += u64::from(entry.part_count.saturating_sub(1));
        } else if entry.kind == EntryKind::Record && note.is_none() {
            note = Some(index);
        }
    }
    if let Some(index) = note {
        let view = reader.record(vocab::Citation { index, record: 0 })?;
        let value: serde_json::Value = serde_json::from_slice(&view.bytes).unwrap_or_default();
        before = value.get("before").and_then(serde_json::Value::as_u64).unwrap_or(0);
    }
    Ok((before, records))
}

/// Makes the ledger `segment`, which appears under its name only when it is whole, and opens it.
fn make(folder: &Path, segment: u64, before: u64, clock: Clock) -> anyhow::Result<Ledger> {
    let (place, secret) = (segment_folder(folder, segment), secret(folder, segment));
    let half = place.with_extension("half");
    if half.exists() {
        std::fs::remove_dir_all(&half).with_context(|| format!("cannot remove {}", half.display()))?;
    }
    drop(std::fs::remove_file(&secret));
    let (seed, now) = (make_secret(&secret, clock)?, clock.now());
    let origin = format!("spool/{}", hex::encode(clock.random()?.get(..8).unwrap_or_default()));
    let mut ledger = Ledger::create(&half, Genesis { origin, now, seed }).context("cannot make a spool")?;
    let stream = ledger.open_stream("spool", "spool", now)?;
    ledger.append(stream, EntryKind::Record, now, &serde_json::json!({ "before": before, "op": "spool" }))?;
    ledger.close_stream(stream, now)?;
    ledger.rest(now)?;
    std::fs::rename(&half, &place)
        .and_then(|()| std::fs::File::open(folder)?.sync_all())
        .with_context(|| format!("cannot make {}", place.display()))?;
    open(folder, segment, clock)
}

fn open(folder: &Path, segment: u64, clock: Clock) -> anyhow::Result<Ledger> {
    let resume =
        Resume { now: clock.now(), seed: read_secret(&secret(folder, segment))?, session: clock.random()? };
    let place = segment_folder(folder, segment);
    let (ledger, _) = Ledger::open(&place, &resume)
        .with_context(|| format!("cannot go on with the spool {}", place.display()))?;
    Ok(ledger)
}

impl Spool {
    /// Opens the spool, and goes on with the logs where they were left.
    ///
    /// # Errors
    /// When the folder cannot be written or a ledger in it is damaged.
    pub(super) fn open(folder: &Path, files: &[PathBuf], clock: Clock) -> anyhow::Result<Self> {
        crate::output::private_folder(folder)?;
        let known = segments(folder)?;
        let mut positions: BTreeMap<String, Position> = BTreeMap::new();
        let (mut before, mut records) = (0, 0);
        for (place, segment) in known.iter().enumerate() {
            let mut reader = Reader::open(&segment_folder(folder, *segment))
                .with_context(|| format!("cannot read the spool {segment} back"))?;
            let newest = place + 1 == known.len();
            let found = follow::positions(&mut reader)?;
            // What an older ledger says of a log holds until a newer one says more.
            positions
                .extend(found.into_iter().map(|(log, at)| (log, if newest { at } else { at.elsewhere() })));
            if newest {
                (before, records) = counts(&mut reader)?;
            }
        }
        let segment = known.last().copied().unwrap_or(1);
        let mut ledger =
            if known.is_empty() { make(folder, 1, 0, clock)? } else { open(folder, segment, clock)? };
        let logs: Vec<_> = files.iter().map(|path| (path.display().to_string(), path.clone())).collect();
        let settings = Settings { from_end: false, class: DataClass::Event };
        let now = clock.now();
        let following = Following::begin(&mut ledger, &logs, positions, settings, now)?;
        ledger.commit()?;
        let folder = folder.to_owned();
        Ok(Self { folder, clock, segment, ledger, following, records: before + records, bytes: 0 })
    }

    /// Takes what the logs hold; it is durable when this returns. Whether there is more at once.
    ///
    /// # Errors
    /// When the spool cannot be written: nothing is lost, it has to be opened again.
    pub(super) fn step(&mut self, notices: &mut Vec<(String, Notice)>) -> anyhow::Result<bool> {
        let now = self.clock.now();
        if self.bytes >= SEGMENT_BYTES_MAX {
            self.turn(now)?;
        }
        let mut told = Vec::new();
        let more = self.following.step(&mut self.ledger, now, &mut told)?;
        for one in told {
            match one {
                Told::Records { piece, .. } => {
                    self.records += piece.records().count() as u64;
                    self.bytes += piece.bytes.len() as u64 + ENTRY_BYTES;
                }
                Told::Notice(file, notice) => notices.push((file, notice)),
            }
        }
        self.ledger.commit().context("cannot make the spool durable")?;
        Ok(more)
    }

    /// Begins the next ledger.
    fn turn(&mut self, now: Timestamp) -> anyhow::Result<()> {
        let mut next = make(&self.folder, self.segment + 1, self.records, self.clock)?;
        self.following.move_to(&mut next, now)?;
        next.commit()?;
        let full = std::mem::replace(&mut self.ledger, next);
        full.close(now).context("cannot close a full spool")?;
        (self.segment, self.bytes) = (self.segment + 1, 0);
        Ok(())
    }

    /// How far it reaches.
    pub(super) fn reach(&self) -> Reach {
        Reach { segment: self.segment, entries: self.ledger.size() }
    }

    /// Ends in good order.
    ///
    /// # Errors
    /// When the spool cannot be written.
    pub(super) fn close(mut self) -> anyhow::Result<()> {
        let now = self.clock.now();
        self.following.end(&mut self.ledger, now)?;
        self.ledger.rest(now).context("cannot close the spool").map(drop)
    }
}
