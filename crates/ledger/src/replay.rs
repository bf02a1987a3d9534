//! The rules of the log, followed frame by frame: what `verify` reports and what opening for writing insists on
//! (LG chapters 6, 9, 19.2).

mod epochs;
mod sealed;

pub(crate) use sealed::{KeyBlocks, KeyNote, StampNote};

use crate::batch::Chain;
use crate::bytes::Malformed;
use crate::entry::{Entry, EntryKind, NO_INDEX};
use crate::frame::{self, Frame};
use crate::govern::Governance;
use crate::logkey::LogKeys;
use crate::seal::DataClass;
use crate::streams::Streams;
use crate::tree::{self, Frontier};
use crate::verify::Code;
use crate::{Hash, block, json, keys};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use vocab::Timestamp;

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) what: &'static str,
    /// First entry concerned, where one can be named.
    pub(crate) index: Option<u64>,
    pub(crate) stream: Option<u32>,
}

impl Fault {
    pub(crate) const fn new(code: Code, what: &'static str) -> Self {
        Self { code, what, index: None, stream: None }
    }
    pub(crate) const fn at(code: Code, what: &'static str, index: u64) -> Self {
        Self { code, what, index: Some(index), stream: None }
    }
}

/// The state of a log after the frames seen so far.
pub(crate) struct Replay {
    pub(crate) ledger: Hash,
    pub(crate) origin: String,
    /// The log keys so far.
    pub(crate) log_keys: LogKeys,
    /// The log key was revoked, or replaced without handing over: an epoch under the next one has to begin.
    pub(super) needs_epoch: bool,
    pub(crate) tree: Frontier,
    pub(crate) streams: Streams,
    pub(crate) chain: Chain,
    pub(crate) epoch: u64,
    epoch_key: [u8; 32],
    /// Key of the epoch that begins behind this frame: time and number in stream 0 of the seal that names it.
    next_epoch: Option<([u8; 32], Timestamp, u64)>,
    /// The present epoch has its seal.
    pub(crate) sealed: bool,
    /// Frames were followed without their blocks: what entries tell of blocks is not compared.
    pub(crate) partial: bool,
    /// Blocks since the newest `blocks` entry were not all seen.
    unseen: bool,
    /// Digests of blocks that no `blocks` entry names yet, and the number of the first of them.
    pub(crate) unlisted: (u64, Frontier),
    /// `received_at` of the newest entry.
    pub(crate) accepted: Timestamp,
    /// Where the present epoch began: time and number in stream 0.
    epoch_start: (Timestamp, u64),
    /// Size after each `blocks` entry: a checkpoint was published there, unless the writer died first.
    /// True: the next entry is a `recovery`.
    pub(crate) published: Vec<(u64, bool)>,
    /// The newest entry of stream 0 is a `recovery`.
    recovering: bool,
    /// Roots are no longer comparable: an earlier frame is missing or wrong.
    pub(crate) lost: bool,
    /// Streams seen again after a loss; others are taken as they come.
    rejoined: BTreeSet<u32>,
    pub(crate) records: u64,
    pub(crate) blocks: u64,
    /// Blocks with cipher text, and plain ones.
    pub(crate) sealed_blocks: (u64, u64),
    pub(crate) seal: Option<(u64, Timestamp)>,
    /// Policy, holds, reviews and destructions so far.
    pub(crate) governance: Governance,
    /// Blocks by data key; 0: plain ones.
    pub(crate) by_key: BTreeMap<u64, KeyBlocks>,
    /// Time-stamp tokens that entries name.
    pub(crate) stamps: Vec<StampNote>,
    /// Data keys that `key` entries name.
    pub(crate) data_keys: BTreeMap<u64, KeyNote>,
    /// Sizes and roots after the newest frames, newest last.
    ends: VecDeque<(u64, Hash)>,
}

/// Frames between a frozen head and the entry that names it, at most.
const FREEZE_FRAMES_MAX: usize = 64;

impl Replay {
    /// Begins with the first frame of a ledger, without following it yet.
    pub(crate) fn begin(first: &Frame<'_>, id: &Hash) -> Result<Self, Fault> {
        let damaged = |Malformed(what)| Fault::at(Code::Damage, what, 0);
        let bytes =
            frame::entries(first.entries).next().unwrap_or(Err(Malformed("first entry"))).map_err(damaged)?;
        if tree::sha256(bytes) != *id {
            return Err(Fault::at(
                Code::Foreign,
                "the first entry is not the one the ledger is named after",
                0,
            ));
        }
        let entry = Entry::decode(bytes).map_err(damaged)?;
        let body = json::parse_canonical(&entry.body).map_err(damaged)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let epoch_key = BASE64.decode(text("epoch_key")).ok().and_then(|key| key.try_into().ok());
        let (Ok(log_keys), Some(epoch_key), EntryKind::Genesis) =
            (LogKeys::begin(*id, &body), epoch_key, entry.kind)
        else {
            return Err(Fault::at(Code::Damage, "keys of the first entry", 0));
        };
        if log_keys.origin != text("origin") || body.get("format").and_then(Value::as_u64) != Some(1) {
            return Err(Fault::at(Code::Newer, "format or origin of the first entry", 0));
        }
        Ok(Self {
            ledger: *id,
            origin: log_keys.origin.clone(),
            log_keys,
            needs_epoch: false,
            tree: Frontier::default(),
            streams: Streams::default(),
            chain: Chain::default(),
            epoch: 1,
            epoch_key,
            next_epoch: None,
            sealed: false,
            partial: false,
            unseen: false,
            unlisted: (0, Frontier::default()),
            accepted: entry.received_at,
            epoch_start: (entry.received_at, 1),
            published: Vec::new(),
            recovering: false,
            lost: false,
            rejoined: BTreeSet::new(),
            records: 0,
            blocks: 0,
            sealed_blocks: (0, 0),
            seal: None,
            governance: Governance::new(*id),
            stamps: Vec::new(),
            by_key: BTreeMap::new(),
            data_keys: BTreeMap::new(),
            ends: VecDeque::new(),
        })
    }

    /// Goes on behind frames that are missing: what they held is unknown from here on.
    pub(crate) fn skip_to(&mut self, frame: &Frame<'_>) {
        self.lost = true;
        self.recovering = true;
        self.rejoined.clear();
        self.chain = Chain {
            batch: frame.header.batch,
            first_index: frame.header.first_index,
            first_block: frame.header.first_block,
            before: frame.trailer.before,
        };
    }

    /// Follows one frame of which neither blocks nor checksum were read: entries, links and root, no signature of its
    /// trailer. A later trailer that is checked, or a signed head, covers its entries too.
    pub(crate) fn frame_without_blocks(
        &mut self,
        frame: &Frame<'_>,
        sizes: &mut dyn FnMut(u64, &Frontier),
        faults: &mut Vec<Fault>,
    ) {
        (self.partial, self.unseen) = (true, self.unseen || frame.header.blocks > 0);
        self.follow_chain(frame, faults);
        self.follow_entries(frame, sizes, faults);
        self.check_root(frame, faults);
        self.turn(frame);
    }

    /// Follows one frame, whole or damaged. `sizes` is called with the tree after each entry.
    pub(crate) fn frame(
        &mut self,
        frame: &Frame<'_>,
        sizes: &mut dyn FnMut(u64, &Frontier),
        faults: &mut Vec<Fault>,
    ) {
        let first = frame.header.first_index;
        if !frame.sound {
            faults.push(Fault::at(Code::Damage, "checksum, padding or end of a frame", first));
        }
        self.follow_chain(frame, faults);
        self.list_blocks(frame, faults);
        self.follow_entries(frame, sizes, faults);
        self.check_trailer(frame, faults);
        self.turn(frame);
    }

    fn follow_entries(
        &mut self,
        frame: &Frame<'_>,
        sizes: &mut dyn FnMut(u64, &Frontier),
        faults: &mut Vec<Fault>,
    ) {
        let first = frame.header.first_index;
        let mut count = 0u32;
        for bytes in frame::entries(frame.entries) {
            let index = first + u64::from(count);
            match bytes {
                Ok(bytes) => self.entry(index, bytes, faults),
                Err(Malformed(what)) => {
                    faults.push(Fault::at(Code::Damage, what, index));
                    break;
                }
            }
            count += 1;
            if !self.lost {
                sizes(index + 1, &self.tree);
            }
        }
        if count != frame.header.entries {
            faults.push(Fault::at(Code::Damage, "number of entries of a frame", first + u64::from(count)));
        }
    }

    /// What holds behind a frame.
    fn turn(&mut self, frame: &Frame<'_>) {
        if let Some((key, time, seq)) = self.next_epoch.take() {
            (self.epoch, self.epoch_key, self.sealed) = (self.epoch + 1, key, false);
            self.epoch_start = (time, seq + 1);
        }
        self.chain = Chain {
            batch: frame.header.batch.wrapping_add(1),
            first_index: frame.header.first_index.wrapping_add(u64::from(frame.header.entries)),
            first_block: frame.header.first_block.wrapping_add(u64::from(frame.header.blocks)),
            before: frame.trailer.digest(&frame.header),
        };
    }

    fn follow_chain(&self, frame: &Frame<'_>, faults: &mut Vec<Fault>) {
        let (header, expected) = (&frame.header, &self.chain);
        let follows = header.batch == expected.batch
            && header.first_index == expected.first_index
            && header.first_block == expected.first_block
            && frame.trailer.before == expected.before;
        if !follows {
            faults.push(Fault::at(Code::Damage, "frames do not follow one another", expected.first_index));
        }
    }

    /// Hashes the blocks of a frame and compares them with the trailer (no key needed, LG-PAY-06).
    fn list_blocks(&mut self, frame: &Frame<'_>, faults: &mut Vec<Fault>) {
        let mut digests = Vec::new();
        let mut broken = None;
        for item in frame::blocks(frame) {
            match item {
                Ok((header, bytes)) => {
                    if header.ledger != self.ledger {
                        broken = broken.or(Some((Code::Foreign, "a block of another ledger")));
                    }
                    match block::digest(&header, bytes) {
                        Some(digest) => {
                            digests.push(tree::leaf(&digest));
                            self.count_block(&header, digest);
                        }
                        None => {
                            broken = broken.or(Some((Code::Block, "a tombstone holds anything but a digest")))
                        }
                    }
                }
                Err(Malformed(what)) => broken = broken.or(Some((Code::Block, what))),
            }
        }
        if self.unlisted.1.size() == 0 {
            self.unlisted.0 = frame.header.first_block;
        }
        for digest in &digests {
            self.unlisted.1.push(*digest);
        }
        self.blocks += digests.len() as u64;
        let agrees = digests.len() == frame.header.blocks as usize
            && tree::root_in_place(&mut digests) == frame.trailer.blocks_root;
        let broken =
            broken.or((!agrees).then_some((Code::Block, "payload blocks differ from what was signed")));
        if let Some((code, what)) = broken {
            faults.push(Fault::at(code, what, frame.header.first_index));
        }
    }

    fn check_trailer(&mut self, frame: &Frame<'_>, faults: &mut Vec<Fault>) {
        let (header, trailer) = (&frame.header, &frame.trailer);
        let first = header.first_index;
        if tree::sha256(frame.entries) != trailer.entries_digest {
            faults.push(Fault::at(Code::Root, "entries differ from what was signed", first));
        }
        if self.check_root(frame, faults)
            && !keys::signature_holds(
                &self.epoch_key,
                &trailer.message(&self.ledger, header),
                &trailer.signature,
            )
        {
            faults.push(Fault::at(Code::Sig, "signature of a frame", first));
        }
    }

    /// Size, root and epoch that the trailer names; false when it names another epoch.
    fn check_root(&mut self, frame: &Frame<'_>, faults: &mut Vec<Fault>) -> bool {
        let (trailer, first) = (&frame.trailer, frame.header.first_index);
        if !self.lost && (trailer.size != self.tree.size() || trailer.root != self.tree.root()) {
            faults.push(Fault::at(Code::Root, "the root after a frame differs from what was signed", first));
            self.lost = true;
        }
        if self.ends.len() >= FREEZE_FRAMES_MAX {
            self.ends.pop_front();
        }
        self.ends.push_back((trailer.size, trailer.root));
        if trailer.epoch != self.epoch {
            faults.push(Fault::at(Code::Epoch, "a frame is signed by the key of another epoch", first));
        }
        trailer.epoch == self.epoch
    }

    fn entry(&mut self, index: u64, bytes: &[u8], faults: &mut Vec<Fault>) {
        self.tree.push(tree::leaf(bytes));
        let entry = match Entry::decode(bytes) {
            Ok(entry) => entry,
            Err(Malformed(what)) => {
                // A later version may know it: tree, seals and signatures are still checked (LG-ENT-06).
                let newer = bytes.first() != Some(&1)
                    || bytes.get(1).is_some_and(|kind| EntryKind::from_number(*kind).is_none());
                faults.push(Fault::at(if newer { Code::Newer } else { Code::Damage }, what, index));
                return;
            }
        };
        let mut fault = |code, what| {
            faults.push(Fault { code, what, index: Some(index), stream: Some(entry.stream) });
        };
        if entry.received_at < self.accepted {
            fault(Code::Link, "time of acceptance runs backwards");
        }
        self.accepted = self.accepted.max(entry.received_at);
        if let Some(what) = self.link(index, &entry) {
            fault(Code::Link, what);
        }
        if let Some((code, what)) = self.meaning(index, &entry) {
            fault(code, what);
        }
        if let Err((code, what)) = self.governance.take(index, &entry) {
            fault(code, what);
        }
        if entry.kind == EntryKind::Freeze && !self.frozen_head_fits(index) {
            fault(Code::Root, "a freeze names another head than the log had");
        }
        if entry.kind == EntryKind::Reseal && !self.written_again(index) {
            fault(Code::Block, "blocks that were written again differ from what the entry says");
        }
        if let Err((code, what)) = self.log_keys.take(index, &entry, &self.governance) {
            fault(code, what);
        }
        if entry.stream == 0 {
            // Entries about log keys may stand between a recovery and the epoch after it.
            let kept = entry.kind == EntryKind::Key && self.recovering && self.needs_epoch;
            self.recovering = entry.kind == EntryKind::Recovery || kept;
            if let Some((_, died)) = self.published.last_mut().filter(|(size, _)| *size == index) {
                *died = self.recovering;
            }
        }
        if entry.form == crate::Form::Run {
            self.records += u64::from(entry.part_count).saturating_sub(1);
        }
        self.streams.advance(entry.stream, entry.stream_seq, index, entry.kind != EntryKind::StreamClose);
    }

    /// Place of an entry in its stream (LG-MOD-02, LG-MOD-05).
    fn link(&mut self, index: u64, entry: &Entry) -> Option<&'static str> {
        let known = self.streams.head(entry.stream);
        if self.lost && self.rejoined.insert(entry.stream) {
            return None;
        }
        if (entry.stream_seq, entry.prev_index) != self.streams.next(entry.stream) {
            return Some("number in the stream or previous entry");
        }
        let opens = match entry.kind {
            EntryKind::Genesis => index == 0 && entry.stream == 0,
            EntryKind::StreamOpen => entry.stream != 0,
            _ => return known.is_none_or(|head| !head.open).then_some("entry in a stream that is not open"),
        };
        (!opens || entry.prev_index != NO_INDEX).then_some("stream opened in the wrong place")
    }

    /// What the entries of the ledger itself say about it.
    fn meaning(&mut self, index: u64, entry: &Entry) -> Option<(Code, &'static str)> {
        let ends = matches!(entry.kind, EntryKind::Blocks | EntryKind::Recovery | EntryKind::Key);
        if self.sealed && !ends && !self.lost {
            return Some((Code::Epoch, "entry under the key of an epoch that has ended"));
        }
        if self.needs_epoch && entry.kind != EntryKind::Key && !self.lost {
            return Some((Code::Key, "entry under a log key that was revoked"));
        }
        let body = match entry.kind {
            EntryKind::Blocks
            | EntryKind::Seal
            | EntryKind::Key
            | EntryKind::Stamp
            | EntryKind::StreamOpen
            | EntryKind::StreamClose
            | EntryKind::Succession => json::parse_canonical(&entry.body).ok()?,
            _ => return None,
        };
        let number = |name: &str| body.get(name).and_then(Value::as_u64);
        let stream = number("stream") == Some(u64::from(entry.stream));
        match entry.kind {
            EntryKind::StreamOpen => {
                let class = number("class").and_then(|class| u16::try_from(class).ok());
                if let Some(class) = class.and_then(DataClass::from_number) {
                    self.streams.classify(entry.stream, class);
                }
                (!stream).then_some((Code::Link, "number of the stream opened"))
            }
            EntryKind::StreamClose => {
                let agrees = stream && number("last_seq") == Some(entry.stream_seq);
                (!agrees).then_some((Code::Link, "number of the stream closed"))
            }
            EntryKind::Blocks => self.blocks_entry(index, &body),
            EntryKind::Seal => self.seal_entry(entry, body),
            EntryKind::Stamp => self.stamp_entry(index, &body),
            EntryKind::Succession => match crate::succession::read(&body) {
                Ok(_) if index == 1 => None,
                Ok(_) => Some((Code::Link, "a succession that is not the second entry")),
                Err(what) => Some((Code::Damage, what)),
            },
            _ => match body.get("use").and_then(Value::as_str) {
                Some("data") => self.data_key_entry(index, &body),
                Some("log" | "revoke" | "root") => self.log_key_entry(&body),
                _ => self.key_entry(entry, &body),
            },
        }
    }

    fn blocks_entry(&mut self, index: u64, body: &Value) -> Option<(Code, &'static str)> {
        self.published.push((index + 1, false));
        let (first, digests) = std::mem::take(&mut self.unlisted);
        let number = |name: &str| body.get(name).and_then(Value::as_u64);
        let root = body.get("root").and_then(Value::as_str).unwrap_or_default();
        let agrees = number("first") == Some(first)
            && number("count") == Some(digests.size())
            && root == BASE64.encode(digests.root());
        let compared = !std::mem::take(&mut self.unseen) && !self.lost;
        (!agrees && compared).then_some((Code::Block, "list of payload blocks"))
    }

    /// Entries that the frames followed so far tell of.
    pub(crate) const fn size(&self) -> u64 {
        self.chain.first_index
    }
}
