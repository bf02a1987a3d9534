//! Reading: entries, records by citation, proofs (LG-API-01). A [`Reader`] has no way to write.

mod opened;
mod rotated;

use crate::block::{self, BlockForm, Content};
use crate::bytes::Malformed;
use crate::entry::{Entry, EntryKind, Form};
use crate::logkey::LogKeys;
use crate::opening::{EntryPath, Kept};
use crate::proof::{InclusionProof, RecordProof};
use crate::scan::{BlockPlace, FramePlace, Segments};
use crate::seal::{Identity, KeyRing, SessionKeys};
use crate::tiles::TileHashes;
use crate::{Checkpoint, Error, Hash, Result, files, frame, json, note, ranges, redact, run, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocab::{Citation, LedgerIndex};

/// How much a reader may keep in memory.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions {
    /// Decompressed blocks kept, in bytes. At least one block is kept.
    pub cache_bytes_max: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { cache_bytes_max: 64 * 1024 * 1024 }
    }
}

/// A record as it was read from its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordView {
    /// The bytes, unchanged. For a single entry: its payload as canonical JSON.
    pub bytes: Vec<u8>,
    /// Name of the source; empty for a single entry.
    pub file: Arc<str>,
    /// Line or record number; 0 for a single entry.
    pub line: u64,
    /// Byte offset in the source; 0 for a single entry.
    pub offset: u64,
}

/// Reads a ledger. Needs no lock; it sees what was there when it was opened.
#[derive(Debug)]
pub struct Reader {
    pub(crate) ledger: Hash,
    pub(crate) segments: Segments,
    pub(crate) frames: Vec<FramePlace>,
    /// Blocks in the frame of their entries, by first entry.
    pub(crate) blocks: Vec<BlockPlace>,
    /// Blocks written again behind the frames of their entries (LG-RSL-01), oldest first.
    pub(crate) rewritten: Vec<BlockPlace>,
    pub(crate) ring: KeyRing,
    pub(crate) origin: String,
    pub(crate) log_keys: LogKeys,
    pub(crate) folder: PathBuf,
    options: ReadOptions,
    cache: VecDeque<((usize, u64), Arc<Cached>)>,
    cached_bytes: usize,
}

/// A block in the cache, with the table of its run when it holds one.
#[derive(Debug)]
pub(crate) struct Cached {
    pub(crate) content: Content,
    /// Payloads are openings: the block was written again (LG-RSL-01).
    pub(crate) resealed: bool,
    run: Option<CachedRun>,
}

#[derive(Debug)]
struct CachedRun {
    index: u64,
    file: Arc<str>,
    /// Offset, line, start from the end of the payload's table, length.
    records: Vec<(u64, u64, usize, usize)>,
}

impl Reader {
    /// Opens the ledger in `folder` with the usual limits.
    ///
    /// # Errors
    /// `LV-FORMAT` when it is no ledger, `LV-DAMAGE` when its parts do not follow one another, `LE-IO`.
    pub fn open(folder: &Path) -> Result<Self> {
        Self::open_with(folder, ReadOptions::default())
    }

    /// Opens the ledger in `folder`.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn open_with(folder: &Path, options: ReadOptions) -> Result<Self> {
        let mut segments = Segments::open(folder)?;
        let ledger = segments.segment_header(0)?.ledger;
        let frames = segments.frames()?;
        let mut blocks = Vec::new();
        for frame in &frames {
            segments.blocks(frame, &ledger, &mut blocks)?;
        }
        let log_keys = genesis(&mut segments, &frames, &ledger)?;
        let (blocks, rewritten) =
            blocks.into_iter().partition(|block: &BlockPlace| block.first_index >= block.frame_first);
        let mut reader = Self {
            ledger,
            segments,
            frames,
            blocks,
            rewritten,
            ring: KeyRing::new(folder, ledger, Vec::new()),
            origin: log_keys.origin.clone(),
            log_keys,
            folder: folder.to_owned(),
            options,
            cache: VecDeque::new(),
            cached_bytes: 0,
        };
        reader.follow_rotations()?;
        Ok(reader)
    }

    /// Opens sealed payloads with the keys of role holders from here on.
    pub fn add_identities(&mut self, identities: Vec<Identity>) {
        self.ring.add_identities(identities);
    }

    /// Opens sealed payloads of a session of this process.
    pub fn use_session_keys(&mut self, keys: &SessionKeys) {
        self.ring.add_session(&keys.0);
    }

    /// Opens sealed payloads of the last days with the online copy of the data keys (LG-KEY-02).
    ///
    /// # Errors
    /// `LE-KEY` when the online copy does not open with the secret of the machine, `LE-IO`.
    pub fn use_online_copy(&mut self, machine_secret: &Hash) -> Result<()> {
        self.ring.add_online(machine_secret)
    }

    /// Name of the ledger.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
    /// Public log key that the first entry names, as `origin+id+base64`.
    #[must_use]
    pub fn verifier_key(&self) -> &str {
        self.log_keys.all().first().map_or("", |key| &key.verifier_key)
    }
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
    /// Entries in whole frames.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frames.last().map_or(0, |f| f.header.first_index + u64::from(f.header.entries))
    }

    /// Newest published checkpoint, its signature checked; `None` when there is none yet.
    ///
    /// # Errors
    /// `LV-DAMAGE` for a note that does not hold, `LE-IO`.
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>> {
        let path = self.folder.join("checkpoint");
        let note = match files::read_small(&path, note::NOTE_BYTES_MAX) {
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            other => other?,
        };
        let checked = self.log_keys.check(&note);
        checked.map(|(head, _)| Some(head)).map_err(|what| Error::damage(&path, 0, what.0))
    }

    /// One entry.
    ///
    /// # Errors
    /// [`Error::Absent`] when there is none, `LV-DAMAGE`, `LE-IO`.
    pub fn entry(&mut self, index: LedgerIndex) -> Result<Entry> {
        let absent = Error::Absent { index: index.0, record: 0 };
        let place = self.frames.partition_point(|frame| frame.header.first_index <= index.0);
        let Some(frame) = place.checked_sub(1).and_then(|place| self.frames.get(place)).copied() else {
            return Err(absent);
        };
        let mut bytes = Vec::new();
        self.segments.entries(&frame, &mut bytes)?;
        let number = usize::try_from(index.0 - frame.header.first_index).unwrap_or(usize::MAX);
        match frame::entries(&bytes).nth(number) {
            Some(entry) => entry.and_then(Entry::decode).map_err(|what| self.broken(&frame, what)),
            None => Err(absent),
        }
    }

    /// All entries in order.
    pub fn entries(&mut self) -> impl Iterator<Item = Result<(LedgerIndex, Entry)>> + '_ {
        self.entries_from(LedgerIndex(0))
    }

    /// Entries in order, from one on.
    pub fn entries_from(
        &mut self,
        from: LedgerIndex,
    ) -> impl Iterator<Item = Result<(LedgerIndex, Entry)>> + '_ {
        self.raw_entries_from(from.0).map(|item| {
            let (index, bytes, place) = item?;
            let entry = Entry::decode(&bytes).map_err(|what| Error::damage(&place, 0, what.0))?;
            Ok((LedgerIndex(index), entry))
        })
    }

    pub(crate) fn raw_entries(&mut self) -> impl Iterator<Item = Result<(u64, Vec<u8>, PathBuf)>> + '_ {
        self.raw_entries_from(0)
    }

    /// Index, bytes and segment of the entries from `from` on.
    pub(crate) fn raw_entries_from(
        &mut self,
        from: u64,
    ) -> impl Iterator<Item = Result<(u64, Vec<u8>, PathBuf)>> + '_ {
        let Self { segments, frames, .. } = self;
        let place = frames.partition_point(|frame| frame.header.first_index <= from).saturating_sub(1);
        let early = move |item: &Result<(u64, Vec<u8>, PathBuf)>| {
            item.as_ref().is_ok_and(|(index, _, _)| *index < from)
        };
        let frames = frames.get(place..).unwrap_or_default();
        let all = frames.iter().flat_map(move |frame| {
            let mut bytes = Vec::new();
            let path = segments.path(frame.segment);
            if let Err(error) = segments.entries(frame, &mut bytes) {
                return vec![Err(error)];
            }
            let whole =
                (frame.header.first_index..).zip(frame::entries(&bytes)).map(|(index, entry)| match entry {
                    Ok(entry) => Ok((index, entry.to_vec(), path.clone())),
                    Err(what) => Err(Error::damage(&path, frame.offset, what.0)),
                });
            whole.collect()
        });
        all.skip_while(early)
    }

    fn broken(&self, frame: &FramePlace, what: Malformed) -> Error {
        self.segments.damage(frame.segment, frame.offset, what)
    }

    /// One record. Reading many is quickest in the order of citations; [`Reader::records`] sees to that.
    ///
    /// # Errors
    /// [`Error::Absent`] when nothing is cited, `LV-DAMAGE`, `LE-IO`. The commitment is not checked here; that is what
    /// [`Reader::inclusion`] and `verify` are for.
    pub fn record(&mut self, citation: Citation) -> Result<RecordView> {
        let absent = Error::Absent { index: citation.index.0, record: citation.record };
        let Some(cached) = self.block_of(citation.index.0)? else { return Err(absent) };
        let Some(payload) = cached.content.payload(citation.index.0) else {
            return Err(if cached.resealed { Error::Destroyed { index: citation.index.0 } } else { absent });
        };
        if cached.resealed {
            let damage = |what: Malformed| Error::damage(&self.folder, 0, what.0);
            let kept = Kept::decode(payload).map_err(damage)?;
            return opened::kept_record(&kept, &self.entry(citation.index)?, citation);
        }
        match &cached.run {
            Some(run) if run.index == citation.index.0 => {
                let Some((offset, line, start, size)) = run.records.get(citation.record as usize).copied()
                else {
                    return Err(absent);
                };
                let Some(bytes) = payload.get(start..start + size) else { return Err(absent) };
                Ok(RecordView { bytes: bytes.to_vec(), file: Arc::clone(&run.file), line, offset })
            }
            _ if citation.record == 0 => {
                Ok(RecordView { bytes: payload.to_vec(), file: Arc::from(""), line: 0, offset: 0 })
            }
            _ => Err(absent),
        }
    }

    /// Many records: results stand in the order of `citations`, blocks are read in the order of the ledger, each once.
    pub fn records(&mut self, citations: &[Citation]) -> Vec<Result<RecordView>> {
        let mut order: Vec<usize> = (0..citations.len()).collect();
        order.sort_by_key(|place| citations.get(*place));
        let mut found: Vec<(usize, Result<RecordView>)> = order
            .into_iter()
            .filter_map(|place| citations.get(place).map(|citation| (place, self.record(*citation))))
            .collect();
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, record)| record).collect()
    }

    /// Where the payload of an entry is.
    pub(crate) fn block_place(&mut self, index: u64) -> Result<Option<BlockPlace>> {
        let after = self.blocks.partition_point(|block| block.first_index <= index);
        let Some(mut place) = after.checked_sub(1) else { return Ok(None) };
        let Some(mut block) = self.blocks.get(place).copied() else { return Ok(None) };
        if block.class != 0 {
            // Blocks of several classes stand beside each other in a frame.
            let class = self.entry(LedgerIndex(index))?.data_class;
            let frame = block.frame_first;
            while block.class != class {
                let Some(before) = place.checked_sub(1) else { return Ok(None) };
                match self.blocks.get(before) {
                    Some(next) if next.frame_first == frame => (place, block) = (before, *next),
                    _ => return Ok(None),
                }
            }
        }
        if block.form != BlockForm::Tombstone {
            return Ok(Some(block));
        }
        match self.living(block) {
            block if block.form == BlockForm::Tombstone && redact::is_redacted(&self.folder) => {
                Err(Error::Withheld { index })
            }
            block if block.form == BlockForm::Tombstone => Err(Error::Destroyed { index }),
            block => Ok(Some(block)),
        }
    }

    /// The block that holds the payload of an entry, from the cache or from disk.
    pub(crate) fn block_of(&mut self, index: u64) -> Result<Option<Arc<Cached>>> {
        let Some(block) = self.block_place(index)? else { return Ok(None) };
        let place = (block.segment, block.offset);
        if let Some(at) = self.cache.iter().position(|(cached, _)| *cached == place)
            && let Some(hit) = self.cache.remove(at)
        {
            let cached = Arc::clone(&hit.1);
            self.cache.push_front(hit);
            return Ok(Some(cached));
        }
        let mut bytes = Vec::new();
        self.segments.read(block.segment, block.offset, block.bytes, &mut bytes)?;
        let opened = open_block(&bytes, &mut self.ring)
            .map_err(|what| self.segments.damage(block.segment, block.offset, what))?;
        let Some(opened) = opened else { return Err(Error::Sealed { index, key: block.key }) };
        let cached = Arc::new(opened);
        self.cached_bytes += cached.memory();
        self.cache.push_front((place, Arc::clone(&cached)));
        while self.cached_bytes > self.options.cache_bytes_max && self.cache.len() > 1 {
            let Some((_, oldest)) = self.cache.pop_back() else { break };
            self.cached_bytes -= oldest.memory();
        }
        Ok(Some(cached))
    }

    /// Proof that a record stands in the ledger, through the tree of its run and the tree of the ledger, up to the
    /// newest checkpoint, or up to the present size where the checkpoint is older than the entry.
    ///
    /// # Errors
    /// [`Error::Absent`] when nothing is cited, `LV-DAMAGE` when the content does not fit its commitment, `LE-IO`.
    pub fn inclusion(&mut self, citation: Citation) -> Result<InclusionProof> {
        let index = citation.index.0;
        let entry = self.entry(citation.index)?;
        let path = self.entry_path(&entry, index)?;
        let record = match entry.form {
            Form::Run => Some(self.record_proof(citation, &entry)?),
            _ if citation.record == 0 => None,
            _ => return Err(Error::Absent { index, record: citation.record }),
        };
        Ok(InclusionProof {
            v: 1,
            origin: self.origin.clone(),
            index,
            size: path.size,
            root: path.root,
            entry: BASE64.encode(entry.encode()),
            hashes: path.hashes,
            record,
            checkpoint: path.checkpoint,
        })
    }

    /// Path of an entry to the newest checkpoint, or to the present size where the checkpoint is older than the entry.
    fn entry_path(&mut self, entry: &Entry, index: u64) -> Result<EntryPath> {
        let checkpoint = self.checkpoint()?.filter(|c| c.size > index && c.size <= self.size());
        let size = checkpoint.as_ref().map_or(self.size(), |c| c.size);
        let absent = Error::Absent { index, record: 0 };
        let Some(ranges) = tree::path_ranges(index, size) else { return Err(absent) };
        let leaf = tree::leaf(&entry.encode());
        let leads = |path: &[Hash]| tree::root_from_path(index, size, leaf, path);
        let known = checkpoint.as_ref().map(|c| c.root);
        let path = self.roots(size, &ranges, &|path| leads(path) == known)?;
        let Some(root) = leads(&path) else { return Err(absent) };
        Ok(EntryPath {
            size,
            root: BASE64.encode(root),
            hashes: path.iter().map(|hash| BASE64.encode(hash)).collect(),
            checkpoint: checkpoint.map(|c| c.note),
        })
    }

    /// Roots of ranges of leaves: from tiles where these give what `right` accepts, else from all entries.
    pub(crate) fn roots(
        &mut self,
        size: u64,
        ranges: &[(u64, u64)],
        right: &dyn Fn(&[Hash]) -> bool,
    ) -> Result<Vec<Hash>> {
        let mut tiles = TileHashes::new(&self.folder, size);
        let quick: Option<Vec<Hash>> =
            ranges.iter().map(|(start, end)| tiles.root(*start, *end).ok().flatten()).collect();
        match quick.filter(|hashes| right(hashes)) {
            Some(hashes) => Ok(hashes),
            None => {
                let leaves = self.raw_entries().map(|item| item.map(|(_, bytes, _)| tree::leaf(&bytes)));
                ranges::roots(ranges, leaves)?.ok_or(Error::Absent { index: size, record: 0 })
            }
        }
    }

    fn record_proof(&mut self, citation: Citation, entry: &Entry) -> Result<RecordProof> {
        let absent = Error::Absent { index: citation.index.0, record: citation.record };
        let Some(cached) = self.block_of(citation.index.0)? else { return Err(absent) };
        let Some(payload) = cached.content.payload(citation.index.0) else { return Err(absent) };
        if cached.resealed {
            return Err(Error::Policy(
                "the block was written again; hint: `sekisho ledger show --json` proves the record",
            ));
        }
        let damage = |what: Malformed| Error::damage(&self.folder, 0, what.0);
        let opened = run::open(payload).map_err(damage)?;
        let number = citation.record as usize;
        let Some(record) = opened.records.get(number) else { return Err(absent) };
        let leaves = opened.leaves(&cached.content.secret);
        let count = leaves.len() as u64;
        if tree::root_in_place(&mut leaves.clone()) != entry.commitment
            || count != u64::from(entry.part_count)
        {
            return Err(damage(Malformed("records do not fit the commitment of their entry")));
        }
        let hashes = leaves.iter().map(|hash| Ok::<_, Error>(*hash));
        let path = tree::path(u64::from(citation.record), count, hashes)?.unwrap_or_default();
        let salt = run::Salts::new(&cached.content.secret, number + 1, Vec::new()).get(number);
        Ok(RecordProof {
            number: citation.record,
            leaves: count,
            salt: BASE64.encode(salt),
            offset: record.offset,
            line: record.line,
            bytes: BASE64.encode(record.bytes),
            hashes: path.iter().map(|hash| BASE64.encode(hash)).collect(),
        })
    }
}

impl Cached {
    fn memory(&self) -> usize {
        self.content.memory() + self.run.as_ref().map_or(0, |run| run.records.len() * 32)
    }
}

fn open_block(bytes: &[u8], ring: &mut KeyRing) -> Result<Option<Cached>, Malformed> {
    let header = block::Header::decode(bytes)?;
    let Some(content) = Content::open(&header, bytes, ring)? else { return Ok(None) };
    // A run stands alone in its block. A payload of a single entry begins with a JSON character, thus never with
    // the zero byte that begins the count of a run.
    let resealed = header.form == BlockForm::Resealed;
    let only = if header.payloads == 1 && !resealed { content.payload(header.first_index) } else { None };
    let run = match only {
        Some(payload) if payload.first() == Some(&0) => {
            let opened = run::open(payload)?;
            let total: usize = opened.records.iter().map(|record| record.bytes.len()).sum();
            let mut start = payload.len().saturating_sub(total);
            let place = |record: &run::RunRecord<'_>| {
                let size = record.bytes.len();
                start += size;
                (record.offset, record.line, start - size, size)
            };
            let records = opened.records.iter().map(place).collect();
            Some(CachedRun { index: header.first_index, file: Arc::from(opened.file), records })
        }
        _ => None,
    };
    Ok(Some(Cached { content, resealed, run }))
}

/// Origin, log key and root key from the first entry, whose digest must be the id of the ledger.
fn genesis(segments: &mut Segments, frames: &[FramePlace], ledger: &Hash) -> Result<LogKeys> {
    let Some(first) = frames.first() else {
        return Err(Error::Format { path: segments.path(0), what: "no whole frame" });
    };
    let mut bytes = Vec::new();
    segments.entries(first, &mut bytes)?;
    let entry = frame::entries(&bytes).next().and_then(std::result::Result::ok).unwrap_or_default();
    if tree::sha256(entry) != *ledger {
        return Err(Error::Foreign { path: segments.path(0) });
    }
    let broken = |what: Malformed| segments.damage(0, first.offset, what);
    let entry = Entry::decode(entry).map_err(broken)?;
    let body = json::parse_canonical(&entry.body).map_err(broken)?;
    match (entry.kind, LogKeys::begin(*ledger, &body)) {
        (EntryKind::Genesis, Ok(keys)) => Ok(keys),
        _ => Err(broken(Malformed("first entry"))),
    }
}
