//! A copy in a store (LG chapter 12.3): frames and signed heads as immutable objects, and one cell that says which of them
//! count. The cell also makes sure that there is one writer: each start takes a higher fence, and who finds a higher one
//! than his own stops for good (LG-STO-06).

use super::{Holds, Receiver, Replicated, digest, parse};
use crate::storage::{Cell, Objects, StoreError, Versioned};
use crate::{Checkpoint, Error, Hash, Result, json, note, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Value of the cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    v: u32,
    /// SHA-256 of the first entry, hexadecimal; empty before the first head.
    ledger: String,
    fence: u64,
    frames: u64,
    size: u64,
    /// Root, base64.
    root: String,
    /// Name of the newest frame.
    last: String,
    /// The newest signed head.
    checkpoint: String,
}

/// A ledger, or a copy of one, in a store.
pub struct Depot<'a> {
    pub(super) objects: Box<dyn Objects + 'a>,
    cell: Box<dyn Cell + 'a>,
    state: State,
    version: Option<String>,
    /// Frames written since the last exchange of the cell: their number, the newest one's name, size, root and ledger.
    pending: Option<Pending>,
    writes: bool,
    pace: Option<Box<dyn FnMut() + Send + 'a>>,
}

#[derive(Clone, Debug)]
struct Pending {
    frames: u64,
    size: u64,
    root: Hash,
    last: String,
    ledger: String,
    digest: Hash,
}

impl Depot<'_> {
    /// Names below this have to stay deletable where a store locks objects: wrapped data keys, so that what they open can be
    /// destroyed (LG-STO-04).
    pub const ERASABLE: &'static str = "keys/";
}

impl<'a> Depot<'a> {
    /// Looks at what the store holds, without changing it.
    ///
    /// # Errors
    /// When the store cannot be read, or its cell was not written by this program.
    pub fn read(objects: impl Objects + 'a, cell: impl Cell + 'a) -> Result<Self> {
        let (state, version) = load(&cell)?;
        let (objects, cell) = (Box::new(objects), Box::new(cell));
        Ok(Self { objects, cell, state, version, pending: None, writes: false, pace: None })
    }

    /// Takes over writing: from now on every other writer is refused.
    ///
    /// # Errors
    /// As [`Depot::read`]; `LE-LOCKED` when another one took over in the same moment.
    pub fn write(objects: impl Objects + 'a, cell: impl Cell + 'a) -> Result<Self> {
        let mut depot = Self::read(objects, cell)?;
        depot.writes = true;
        let fence = depot.state.fence + 1;
        depot.swap(State { v: 1, fence, ..depot.state.clone() })?;
        // A writer that was stopped behind its last exchange did not keep this one.
        if let Some(head) = note::unchecked(depot.state.checkpoint.clone()) {
            depot.keep_head(&head)?;
        }
        Ok(depot)
    }

    /// `wait` is called before each batch is acknowledged, so that a shared store sees few exchanges (LG-STO-07).
    #[must_use]
    pub fn paced(mut self, wait: impl FnMut() + Send + 'a) -> Self {
        self.pace = Some(Box::new(wait));
        self
    }

    /// Begins an empty store with what comes behind `since` entries of a ledger, for media that are written once
    /// (LG-REP-06). It continues a copy that holds at least so many.
    ///
    /// # Errors
    /// `LE-POLICY` when the store is not empty or no frame ends at `since`; as [`Depot::read`].
    pub fn begin_at(
        objects: impl Objects + 'a,
        cell: impl Cell + 'a,
        from: &mut crate::Reader,
        since: u64,
    ) -> Result<Self> {
        let mut depot = Self::read(objects, cell)?;
        if depot.version.is_some() {
            return Err(Error::Policy("an export begins in an empty folder or store"));
        }
        let mut state = State { v: 1, fence: 1, ..State::default() };
        if since > 0 {
            let (number, last) = from.frame_ending_at(since)?;
            let note = from.kept_checkpoints()?.into_iter().find(|note| note.size == since);
            let note = note.ok_or(Error::Policy("a size at which a signed head was published"))?;
            state.ledger = hex::encode(from.ledger());
            (state.frames, state.size) = (number + 1, since);
            (state.root, state.checkpoint) = (BASE64.encode(note.root), note.note);
            // Only the digest counts: the frame itself is where what came before is.
            state.last = frame_name(since, &last);
        }
        depot.writes = true;
        depot.swap(state)?;
        Ok(depot)
    }

    /// How often a writer has taken over.
    #[must_use]
    pub const fn fence(&self) -> u64 {
        self.state.fence
    }
    /// Entries that are acknowledged.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.state.size
    }

    fn swap(&mut self, state: State) -> Result<()> {
        if !self.writes {
            return Err(Error::Policy("the store was opened for reading"));
        }
        let value = serde_json::to_value(&state).ok().and_then(|value| json::canonical(&value).ok());
        let value = value.ok_or(Error::Policy("numbers lie below 2^53"))?;
        match self.cell.compare_and_swap(self.version.as_deref(), &value) {
            Ok(version) => {
                (self.state, self.version) = (state, Some(version));
                Ok(())
            }
            Err(StoreError::Stale) => {
                self.writes = false;
                Err(Error::Fenced { fence: self.state.fence })
            }
            Err(error) => {
                // Whether it took effect is not known: the store has to be opened again.
                self.writes = false;
                Err(error.into())
            }
        }
    }

    /// Gives everything under signed heads that `to` does not have, as [`super::replicate`] does from a folder.
    ///
    /// # Errors
    /// As [`super::replicate`]; `LV-DAMAGE` when an object is missing or was changed.
    pub fn fetch(&self, to: &mut dyn Receiver, progress: &mut dyn FnMut(u64, u64)) -> Result<Replicated> {
        let holds = to.holds()?;
        let ledger = holds.ledger.map(hex::encode);
        if ledger.is_some_and(|ledger| !self.state.ledger.is_empty() && ledger != self.state.ledger) {
            return Err(Error::Foreign { path: "the store".into() });
        }
        if holds.size > self.state.size {
            return Err(Error::Rollback { size: self.state.size, known: holds.size });
        }
        let notes = self.notes()?;
        let frames = self.names("frames/", holds.size)?;
        let mut done = Replicated { size: holds.size, ..Replicated::default() };
        let (mut size, mut before) = (holds.size, holds.last);
        if let Some(note) = notes.get(&size) {
            to.acknowledge(note)?;
        }
        while size < self.state.size {
            let bytes = self.next(&frames, size, &before)?;
            let frame = parse(&bytes)?;
            (size, before) = (frame.trailer.size, digest(&frame));
            to.add(&bytes)?;
            done.frames += 1;
            done.bytes += bytes.len() as u64;
            if let Some(note) = notes.get(&size) {
                to.acknowledge(note)?;
            }
            done.size = size;
            progress(holds.frames + done.frames, self.state.frames);
        }
        to.settle()?;
        for (id, names) in self.names("keys/", 0)? {
            self.give_key(id, &names, to)?;
        }
        if size == self.state.size && size > 0 && !frame_name_is(&self.state.last, &before) {
            return Err(Error::Fork { size });
        }
        Ok(done)
    }

    /// Where writers met there may be more than one key of a number: the log names one of them.
    fn give_key(&self, id: u64, names: &[String], to: &mut dyn Receiver) -> Result<()> {
        let mut refused = None;
        for name in names {
            match to.keep_key(id, &self.object(name)?) {
                Ok(()) => return Ok(()),
                Err(error @ Error::Damage { .. }) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        refused.map_or(Ok(()), Err)
    }

    /// Names below a prefix by the number that they begin with, from `least` on.
    pub(super) fn names(&self, prefix: &str, least: u64) -> Result<BTreeMap<u64, Vec<String>>> {
        let mut found: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        let mut after = least.checked_sub(1).map(|before| format!("{prefix}{before:020}~"));
        loop {
            let page = self.objects.list(prefix, after.as_deref())?;
            let Some(last) = page.last() else { return Ok(found) };
            after = Some(last.clone());
            for name in page {
                let number = name.strip_prefix(prefix).and_then(|rest| rest.split_once('-'));
                if let Some(number) = number.and_then(|(number, _)| number.parse().ok()) {
                    found.entry(number).or_default().push(name);
                }
            }
        }
    }

    pub(super) fn object(&self, name: &str) -> Result<Vec<u8>> {
        let missing = || Error::damage(Path::new(name), 0, "an object of the store that is not there");
        self.objects.get(name)?.ok_or_else(missing)
    }

    /// The frame behind `before` that begins at `size`. Where writers met there may be one more that does not count: no
    /// frame follows it, and the cell does not name it.
    fn next(&self, names: &BTreeMap<u64, Vec<String>>, size: u64, before: &Hash) -> Result<Vec<u8>> {
        let damage = |what| Error::damage(Path::new("frames"), size, what);
        let candidates = names.get(&size).map(Vec::as_slice).unwrap_or_default();
        let mut fitting = Vec::new();
        for name in candidates {
            let bytes = self.object(name)?;
            let frame = parse(&bytes)?;
            if !frame_name_is(name, &digest(&frame)) {
                return Err(Error::damage(Path::new(name), 0, "content that its name does not name"));
            }
            if frame.trailer.before == *before {
                fitting.push((name, bytes));
            }
        }
        if let [_] = fitting.as_slice() {
            return fitting.pop().map(|(_, bytes)| bytes).ok_or_else(|| damage("a frame"));
        }
        for (name, bytes) in fitting {
            let frame = parse(&bytes)?;
            let follows = |name: &String| {
                let after = self.object(name)?;
                Ok::<_, Error>(parse(&after)?.trailer.before == digest(&frame))
            };
            let mut followed = *name == self.state.last;
            for name in names.get(&frame.trailer.size).map(Vec::as_slice).unwrap_or_default() {
                followed = followed || follows(name)?;
            }
            if followed {
                return Ok(bytes);
            }
        }
        Err(damage("the frame that continues the log"))
    }

    /// All signed heads that are kept; their signatures are for the receiver to check.
    fn notes(&self) -> Result<BTreeMap<u64, Checkpoint>> {
        let newest = note::unchecked(self.state.checkpoint.clone());
        let mut notes: BTreeMap<u64, Checkpoint> = newest.map(|note| (note.size, note)).into_iter().collect();
        for (size, names) in self.names("checkpoints/", 0)? {
            for name in names {
                let text = self.object(&name)?;
                let damage = || Error::damage(Path::new(&name), 0, "a signed head");
                let note = String::from_utf8(text).map_err(|_| damage())?;
                let head = note::unchecked(note).ok_or_else(damage)?;
                if size <= self.state.size && notes.get(&size).is_some_and(|known| known.root != head.root) {
                    return Err(Error::Fork { size });
                }
                // The one with more signatures.
                let longer = |known: &Checkpoint| known.note.len() < head.note.len();
                if size <= self.state.size && notes.get(&size).is_none_or(longer) {
                    notes.insert(size, head);
                }
            }
        }
        Ok(notes)
    }
}

fn load(cell: &impl Cell) -> Result<(State, Option<String>)> {
    let Some(Versioned { value, version }) = cell.load()? else { return Ok((State::default(), None)) };
    let broken = |what| Error::damage(Path::new("cell"), 0, what);
    let value = json::parse_canonical(&value).map_err(|what| broken(what.0))?;
    let state: State = serde_json::from_value(value).map_err(|_| broken("value of the cell"))?;
    if state.v == 1 { Ok((state, Some(version))) } else { Err(broken("version of the cell")) }
}

fn frame_name(first: u64, digest: &Hash) -> String {
    format!("frames/{first:020}-{}", hex::encode(digest))
}

/// Where a wrapped data key stands. Two writers may meet with different keys of one number: each has its own name.
pub(super) fn key_name(id: u64, wrapped: &[u8]) -> String {
    format!("{}{}.age", key_prefix(id), hex::encode(tree::sha256(wrapped).get(..8).unwrap_or_default()))
}

pub(super) fn key_prefix(id: u64) -> String {
    format!("keys/{id:020}-")
}

fn frame_name_is(name: &str, digest: &Hash) -> bool {
    name.rsplit_once('-').is_some_and(|(_, end)| end == hex::encode(digest))
}

impl Receiver for Depot<'_> {
    fn holds(&mut self) -> Result<Holds> {
        let State { ledger, frames, size, last, .. } = &self.state;
        let hash = |text: &str| hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        let last = last.rsplit_once('-').and_then(|(_, end)| hash(end)).unwrap_or_default();
        Ok(Holds { ledger: hash(ledger), frames: *frames, size: *size, last })
    }

    fn add(&mut self, bytes: &[u8]) -> Result<()> {
        let frame = parse(bytes)?;
        let now = self.holds()?;
        let pending = self.pending.clone();
        let (size, before) = pending.as_ref().map_or((now.size, now.last), |one| (one.size, one.digest));
        if frame.header.first_index != size || frame.trailer.before != before {
            return Err(Error::damage(
                Path::new("frame"),
                frame.header.batch,
                "a frame that continues the store",
            ));
        }
        let digest = digest(&frame);
        let name = frame_name(frame.header.first_index, &digest);
        self.objects.put_if_absent(&name, bytes)?;
        let ledger = if size == 0 {
            let first = crate::frame::entries(frame.entries).next().and_then(std::result::Result::ok);
            hex::encode(tree::sha256(first.unwrap_or_default()))
        } else {
            pending.as_ref().map_or_else(|| self.state.ledger.clone(), |one| one.ledger.clone())
        };
        let frames = pending.map_or(self.state.frames, |one| one.frames) + 1;
        let (size, root) = (frame.trailer.size, frame.trailer.root);
        self.pending = Some(Pending { frames, size, root, last: name, ledger, digest });
        Ok(())
    }

    fn keep_key(&mut self, id: u64, wrapped: &[u8]) -> Result<()> {
        Ok(self.objects.put_if_absent(&key_name(id, wrapped), wrapped)?)
    }

    fn acknowledge(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let Some(pending) = self.pending.as_ref() else { return self.head(checkpoint) };
        if checkpoint.size != pending.size {
            return Err(Error::Policy("a head is acknowledged when exactly its entries are held"));
        }
        if checkpoint.root != pending.root {
            return Err(Error::Fork { size: checkpoint.size });
        }
        self.promise(Some(checkpoint))?;
        self.keep_head(checkpoint)
    }

    fn settle(&mut self) -> Result<()> {
        self.promise(None)
    }
}

impl Depot<'_> {
    /// Acknowledges the frames added so far: from now on the cell names them, with `head` over exactly them if there is one.
    pub(super) fn promise(&mut self, head: Option<&Checkpoint>) -> Result<()> {
        let Some(pending) = self.pending.clone() else { return Ok(()) };
        if let Some(pace) = &mut self.pace {
            pace();
        }
        self.swap(State {
            v: 1,
            ledger: pending.ledger,
            fence: self.state.fence,
            frames: pending.frames,
            size: pending.size,
            root: BASE64.encode(pending.root),
            last: pending.last,
            checkpoint: head.map_or_else(|| self.state.checkpoint.clone(), |head| head.note.clone()),
        })?;
        self.pending = None;
        Ok(())
    }

    /// Keeps a signed head over exactly what is acknowledged.
    pub(super) fn head(&mut self, head: &Checkpoint) -> Result<()> {
        if (head.size, BASE64.encode(head.root)) != (self.state.size, self.state.root.clone()) {
            return Err(Error::Fork { size: head.size });
        }
        if note::unchecked(self.state.checkpoint.clone()).is_some_and(|known| known.size == head.size) {
            return Ok(());
        }
        self.swap(State { checkpoint: head.note.clone(), ..self.state.clone() })?;
        self.keep_head(head)
    }

    /// A signed head as an object of its own. It comes behind the cell: where two writers meet, none that was not acknowledged
    /// is ever left in the store.
    pub(super) fn keep_head(&self, head: &Checkpoint) -> Result<()> {
        let note = head.note.as_bytes();
        let short = hex::encode(tree::sha256(note).get(..8).unwrap_or_default());
        Ok(self.objects.put_if_absent(&format!("checkpoints/{:020}-{short}", head.size), note)?)
    }

    /// Entries under the newest signed head.
    pub(super) fn head_size(&self) -> u64 {
        note::unchecked(self.state.checkpoint.clone()).map_or(0, |head| head.size)
    }
}
