//! The one writer of a ledger (LG chapters 3, 6, 7).

use crate::batch::{Batch, Chain};
use crate::entry::{Entry, EntryKind, FLAG_BULK, FLAG_IMPORTED, Form};
use crate::govern::Governance;
use crate::logkey::{self, LogKeys};
use crate::recall::Recent;
use crate::run::{self, Run, Scratch};
use crate::seal::{DataClass, SealOptions, Sealing, SessionKeys, day_of};
use crate::store::Store;
use crate::streams::{StreamId, Streams};
use crate::tree::Frontier;
use crate::{Checkpoint, Error, Hash, Payload, Result, entry, files, json, keys, note, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vocab::{LedgerIndex, Timestamp};

/// What a new ledger begins with.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// Name of the ledger, e.g. `ledger.example.jp/main` or `local/3f9c...` (LG-CHK-04, LG-MOD-08).
    pub origin: String,
    /// Time of creation.
    pub now: Timestamp,
    /// Random bytes from which all keys and salts of the ledger follow. Secret. Not written anywhere by this crate.
    pub seed: Hash,
}

/// The writer (台帳への書込み). There is one at a time; it holds an exclusive lock.
///
/// Memory does not grow with the ledger: it keeps the right edge of the tree and one line per stream. An index
/// that [`Ledger::append`] or [`Ledger::append_run`] returns is durable once [`Ledger::commit`] or
/// [`Ledger::checkpoint`] has returned (docs/formats/ledger.md, "Durability"). Several threads that each want to be told
/// when their entry is durable use [`crate::SharedLedger`].
pub struct Ledger {
    pub(crate) folder: PathBuf,
    pub(crate) origin: String,
    pub(crate) log_key: SigningKey,
    /// All log keys of the ledger; `log_key` is that of the last one.
    pub(crate) log_keys: LogKeys,
    pub(crate) batch: Batch,
    pub(crate) streams: Streams,
    pub(crate) store: Arc<Mutex<Store>>,
    /// Frames have been written since the last sync.
    pub(crate) unsynced: bool,
    pub(crate) recent: Recent,
    pub(crate) clock: Clock,
    pub(crate) epoch_start: EpochStart,
    pub(crate) work: Scratch,
    /// Newest data key that earlier sessions made; 0: none, the ledger is plain so far.
    pub(crate) data_keys: u64,
    /// Policy, holds, reviews and destructions so far.
    pub(crate) governance: Governance,
    /// Last of all: it is given up when everything else is gone.
    pub(crate) _lock: files::Lock,
}

/// Latest times seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// `received_at` of the newest entry.
    pub(crate) accepted: Timestamp,
    /// What the caller passed last.
    pub(crate) passed: Timestamp,
}

/// Where the present epoch began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EpochStart {
    pub(crate) time: Timestamp,
    /// First number of stream 0 in the epoch.
    pub(crate) seq: u64,
}

/// Everything of an entry that the writer does not fill in by itself.
struct Draft {
    kind: EntryKind,
    form: Form,
    flags: u8,
    stream: u32,
    part_count: u16,
    data_class: u16,
    commitment: Hash,
    body: Vec<u8>,
}

impl Ledger {
    /// Makes a ledger in `folder`, which must not exist yet.
    ///
    /// # Errors
    /// `LE-POLICY` for an unfit origin, `LE-IO` where the file system refuses.
    pub fn create(folder: &Path, genesis: Genesis) -> Result<Self> {
        Self::create_under(folder, genesis, None)
    }

    /// As [`Ledger::create`], with the public part of a root key that is kept off line: it vouches for later log keys, and
    /// revokes one that was lost (LG chapter 9.1).
    ///
    /// # Errors
    /// As [`Ledger::create`].
    pub fn create_under(folder: &Path, genesis: Genesis, root: Option<&[u8; 32]>) -> Result<Self> {
        let Genesis { origin, now, seed } = genesis;
        if !note::origin_fits(&origin) {
            return Err(Error::Policy(
                "an origin has 1 to 256 bytes without blank, control character or plus sign",
            ));
        }
        files::make_folder(folder)?;
        let lock = files::lock(folder)?;
        for name in ["segments", "keys", "checkpoints"] {
            files::make_folder(&folder.join(name))?;
        }
        let log_key = keys::log_key(&seed);
        let epoch_key = keys::epoch_key(&seed, 1);
        let body = json!({
            "created": now.0,
            "epoch_key": BASE64.encode(epoch_key.verifying_key().as_bytes()),
            "format": 1,
            "log_key": note::verifier_key(&origin, log_key.verifying_key().as_bytes()),
            "origin": origin,
            "root_key": logkey::root_field(root),
        });
        let first = Entry {
            kind: EntryKind::Genesis,
            form: Form::None,
            flags: 0,
            stream: 0,
            stream_seq: 1,
            prev_index: entry::NO_INDEX,
            received_at: now,
            part_count: 0,
            data_class: 0,
            commitment: [0; 32],
            body: canonical(&body)?,
        };
        let bytes = first.encode();
        let id = tree::sha256(&bytes);
        let store = Store::create(folder, id)?;
        let mut batch =
            Batch::new(id, seed, 1, Frontier::default(), (0, Frontier::default()), Chain::default())?;
        batch.push(&bytes);
        let mut streams = Streams::default();
        streams.advance(0, 1, 0, true);
        files::replace(folder, "format", files::FORMAT_LINE.as_bytes())?;
        Ok(Self {
            folder: folder.to_owned(),
            origin,
            log_key,
            log_keys: LogKeys::begin(id, &body).map_err(|what| Error::Key(what.0))?,
            batch,
            streams,
            store: Arc::new(Mutex::new(store)),
            unsynced: true,
            recent: Recent::default(),
            clock: Clock { accepted: now, passed: now },
            epoch_start: EpochStart { time: now, seq: 1 },
            work: Scratch::default(),
            data_keys: 0,
            governance: Governance::new(id),
            _lock: lock,
        })
    }

    /// Public log key in the form `origin+id+base64`, as printed in the report (LG-MOD-08).
    #[must_use]
    pub fn verifier_key(&self) -> String {
        note::verifier_key(&self.origin, self.log_key.verifying_key().as_bytes())
    }

    /// Name of the ledger.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Entries so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.batch.tree.size()
    }

    /// Root of the tree over all entries so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.batch.tree.root()
    }

    /// Seals the payloads of this session from here on (LG-KEY-01). To be called before anything with content is appended.
    ///
    /// # Errors
    /// `LE-POLICY` for unfit recipients or when plain payloads wait to be written, `LE-KEY` when the online copy does not
    /// open, `LE-IO`.
    pub fn seal_with(&mut self, options: SealOptions) -> Result<()> {
        if self.batch.waits() || self.batch.sealing.is_some() {
            return Err(Error::Policy("sealing begins before the first payload of a session"));
        }
        let (today, ledger) = (day_of(self.clock.accepted), self.batch.ledger);
        let sealing = Sealing::begin(&self.folder, ledger, self.data_keys, today, options)?;
        self.batch.sealing = Some(sealing);
        Ok(())
    }

    /// The data keys of this session that are still in memory; `None` when it does not seal.
    #[must_use]
    pub fn session_keys(&self) -> Option<SessionKeys> {
        self.batch.sealing.as_ref().map(Sealing::keys)
    }

    /// Makes the data key of a class and the present day when there is none, and writes the `key` entry.
    fn ready(&mut self, class: DataClass) -> Result<()> {
        let day = day_of(self.clock.accepted);
        let Some(sealing) = &mut self.batch.sealing else {
            return if self.data_keys == 0 {
                Ok(())
            } else {
                Err(Error::Policy(
                    "this ledger seals its payloads; hint: give the recipients of its data keys",
                ))
            };
        };
        if !sealing.needs(class, day) {
            return Ok(());
        }
        let body = sealing.make(class, day)?;
        self.batch.finish_single()?;
        self.public(EntryKind::Key, 0, &body).map(drop)
    }

    /// Appends a run of records under one entry; the citation of record `n` is (index returned, `n`). The records are older
    /// than their reception by design: a file that is read once.
    ///
    /// # Errors
    /// `LE-STREAM`, `LE-LIMIT` (4,096 records, 4 MiB, file name), `LE-POLICY` for an empty run, `LE-IO`.
    pub fn append_run(&mut self, stream: StreamId, now: Timestamp, run: &Run<'_>) -> Result<LedgerIndex> {
        self.put_run(stream, now, run, FLAG_IMPORTED | FLAG_BULK)
    }

    /// As [`Ledger::append_run`], for records that are taken over as they arise.
    ///
    /// # Errors
    /// As [`Ledger::append_run`].
    pub fn append_live(&mut self, stream: StreamId, now: Timestamp, run: &Run<'_>) -> Result<LedgerIndex> {
        self.put_run(stream, now, run, FLAG_BULK)
    }

    fn put_run(&mut self, stream: StreamId, now: Timestamp, run: &Run<'_>, flags: u8) -> Result<LedgerIndex> {
        self.streams.require_open(stream.0)?;
        run.check()?;
        self.settle_clock(now)?;
        let class = self.streams.class(stream.0);
        self.ready(class)?;
        let work = &mut self.work;
        let commitment =
            self.batch.alone(Some(class), |salter, out| run::seal(run, salter.secret(), work, out))?;
        let commitment = commitment.map_err(|_| Error::Policy("the head of the run cannot be written"))?;
        self.put(Draft {
            kind: EntryKind::Event,
            form: Form::Run,
            flags,
            stream: stream.0,
            part_count: run.records.len() as u16 + 1,
            data_class: self.class_number(class),
            commitment,
            body: Vec::new(),
        })
    }

    /// Appends one entry. A payload that is an object commits to each field by itself (form 3), any other as a whole
    /// (form 1).
    ///
    /// # Errors
    /// `LE-STREAM`, `LE-LIMIT` (1 MiB), `LE-POLICY` for kinds that only the ledger itself writes and for numbers
    /// with a fraction or of 2^53 and more, `LE-IO`.
    pub fn append(
        &mut self,
        stream: StreamId,
        kind: EntryKind,
        now: Timestamp,
        payload: &Value,
    ) -> Result<LedgerIndex> {
        let payload = Payload::new(payload)?;
        self.require_appendable(stream, kind)?;
        self.settle_clock(now)?;
        self.append_payload(stream, kind, &payload)
    }

    /// Refuses closed streams and kinds that only the ledger itself writes.
    pub(crate) fn require_appendable(&self, stream: StreamId, kind: EntryKind) -> Result<()> {
        self.streams.require_open(stream.0)?;
        if kind.has_body() {
            return Err(Error::Policy("entries of this kind are written by the ledger itself"));
        }
        Ok(())
    }

    /// Makes everything appended so far durable with at most one sync, without publishing a signed head; returns the
    /// size that is now durable (LG-SEG-03).
    ///
    /// # Errors
    /// `LE-IO`. After an error nothing more can be written; open the ledger again.
    pub fn commit(&mut self) -> Result<u64> {
        self.flush()?;
        self.store().sync()?;
        self.unsynced = false;
        Ok(self.size())
    }

    /// From now on segments are filled with zeros ahead of the frames, which makes syncs quicker (LG-SEG-04). Worth it
    /// for a ledger that is written on for long.
    pub fn fill_ahead(&mut self) {
        self.store().fill_ahead();
    }

    /// The segment files. Nobody waits long for them except while a sync runs.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes out everything, makes it durable, and publishes a signed tree head (LG-CHK-01, LG-PAY-06).
    ///
    /// # Errors
    /// `LE-IO`. After an error nothing more can be written; open the ledger again.
    pub fn checkpoint(&mut self, now: Timestamp) -> Result<Checkpoint> {
        self.settle_clock(now)?;
        self.batch.finish_single()?;
        let (first, digests) = std::mem::take(&mut self.batch.unlisted);
        if digests.size() > 0 {
            let root = BASE64.encode(digests.root());
            self.public(
                EntryKind::Blocks,
                0,
                &json!({ "count": digests.size(), "first": first, "root": root }),
            )?;
        }
        self.commit()?;
        let checkpoint = note::sign(&self.origin, self.size(), self.root(), &self.log_key);
        self.store().at_home(|home| home.head(&checkpoint))?;
        self.keep_head(&checkpoint)?;
        Ok(checkpoint)
    }

    /// Publishes a signed head.
    pub(crate) fn keep_head(&self, head: &Checkpoint) -> Result<()> {
        let kept = self.folder.join("checkpoints");
        let _alone = files::publishing(&self.folder);
        files::replace(&kept, &head.size.to_string(), head.note.as_bytes())?;
        files::replace(&self.folder, "checkpoint", head.note.as_bytes())
    }

    /// Closes all streams, seals the epoch and publishes the last checkpoint (LG-DUR-10).
    ///
    /// # Errors
    /// `LE-IO`.
    pub fn close(mut self, now: Timestamp) -> Result<Checkpoint> {
        for stream in self.streams.open() {
            self.close_stream(StreamId(stream), now)?;
        }
        self.rest(now)
    }

    /// Ends a session as [`Ledger::close`] does, but leaves the streams open that later sessions go on with.
    ///
    /// # Errors
    /// `LE-IO`.
    pub fn rest(mut self, now: Timestamp) -> Result<Checkpoint> {
        self.seal(now)?;
        let checkpoint = self.checkpoint(now)?;
        self.store().end_segment()?;
        self._lock.release()?;
        Ok(checkpoint)
    }

    /// An entry with a payload, sealed under the key of its class where the session seals.
    pub(crate) fn with_payload(
        &mut self,
        kind: EntryKind,
        stream: u32,
        class: DataClass,
        payload: &Payload,
        body: Vec<u8>,
    ) -> Result<LedgerIndex> {
        self.ready(class)?;
        let (index, form) = (self.size(), payload.form());
        let (part_count, commitment) =
            self.batch.single(Some(class), |salter, out| payload.seal(salter, index, out))?;
        let data_class = self.class_number(class);
        self.put(Draft { kind, form, flags: 0, stream, part_count, data_class, commitment, body })
    }

    /// An entry of a stream, in the class of the stream.
    pub(crate) fn append_payload(
        &mut self,
        stream: StreamId,
        kind: EntryKind,
        payload: &Payload,
    ) -> Result<LedgerIndex> {
        let class = self.streams.class(stream.0);
        self.with_payload(kind, stream.0, class, payload, Vec::new())
    }

    fn class_number(&self, class: DataClass) -> u16 {
        if self.batch.sealing.is_some() { class.number() } else { 0 }
    }

    /// An entry without payload.
    pub(crate) fn public(&mut self, kind: EntryKind, stream: u32, body: &Value) -> Result<LedgerIndex> {
        let body = canonical(body)?;
        let (part_count, data_class, commitment) = (0, 0, [0; 32]);
        self.put(Draft { kind, form: Form::None, flags: 0, stream, part_count, data_class, commitment, body })
    }

    fn put(&mut self, draft: Draft) -> Result<LedgerIndex> {
        let index = self.size();
        let (stream_seq, prev_index) = self.streams.next(draft.stream);
        let entry = Entry {
            kind: draft.kind,
            form: draft.form,
            flags: draft.flags,
            stream: draft.stream,
            stream_seq,
            prev_index,
            received_at: self.clock.accepted,
            part_count: draft.part_count,
            data_class: draft.data_class,
            commitment: draft.commitment,
            body: draft.body,
        };
        self.batch.push(&entry.encode());
        // Checked before it came here.
        let _ = self.governance.take(index, &entry);
        let _ = self.log_keys.take(index, &entry, &self.governance);
        self.streams.advance(draft.stream, stream_seq, index, draft.kind != EntryKind::StreamClose);
        if self.batch.is_full() {
            self.flush()?;
        }
        Ok(LedgerIndex(index))
    }

    /// Writes the batch to the segment, without sync.
    pub(crate) fn flush(&mut self) -> Result<()> {
        let Some((bytes, first_index, before)) = self.batch.take_frame(!self.unsynced)? else {
            return Ok(());
        };
        self.unsynced = true;
        self.store().append(&bytes, first_index, before)
    }
}

pub(crate) fn canonical(body: &Value) -> Result<Vec<u8>> {
    json::canonical(body).map_err(|_| Error::Policy("times and numbers lie below 2^53"))
}
