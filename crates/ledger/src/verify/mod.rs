//! Checking a ledger from its bytes alone (LG chapter 19): what is wrong, where, and since when.

mod extent;
mod heads;
mod keys;
mod payload;
mod report;
mod sealed;
mod stamps;
mod tiles;
mod walk;

pub use extent::{Extent, SEED_BYTES_MAX, Sample, size_at};
pub use keys::SignedHeads;
pub use report::{Code, Failure, Payloads, Property, PropertyState, VerifyReport, Warning};

use crate::frame::Frame;
use crate::replay::{Fault, Replay};
use crate::seal::{Identity, KeyRing};
use crate::{Authorities, Error, KeyStatement, Policy, Result, files};
pub(crate) use heads::Heads;
pub(crate) use walk::{Found, Walk};

use std::path::{Path, PathBuf};
use vocab::Timestamp;

/// What to check and against what.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// Level `open`: also decompress every payload and compare it with its commitment. Without it, level `payload`:
    /// blocks are only compared with their digests.
    pub open: bool,
    /// Failures listed; the others are only counted.
    pub failures_max: usize,
    /// A log key that you expect (`origin+id+base64`), from a source you trust such as the printed report: the first one, or
    /// any that followed it.
    pub log_key: Option<String>,
    /// The root key that you expect.
    pub root_key: Option<[u8; 32]>,
    /// Revocations of log keys that were handed out, each with a name (LG-EPO-04).
    pub statements: Vec<(String, KeyStatement)>,
    /// Signed notes known from elsewhere, each with a name: an older report, a bundle, a witness.
    pub heads: Vec<(String, String)>,
    /// Who has to have cosigned, from a file that you keep outside the ledger (LG-WIT-08). A quorum that is not met is a
    /// failure, never a warning.
    pub policy: Option<Policy>,
    /// Read frames as a whole from this entry on; of earlier ones only the entries. All frames without it, unless there
    /// is a sample. A signed head of that size, among `heads`, pins what came before.
    pub since: Option<u64>,
    /// Read frames as a whole that are drawn at random.
    pub sample: Option<Sample>,
    /// Certificates of time-stamp authorities that are trusted.
    pub authorities: Option<Authorities>,
    /// Keys of role holders: sealed payloads that they open are compared with their commitments too.
    pub identities: Vec<Identity>,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self {
            open: true,
            failures_max: 100,
            log_key: None,
            root_key: None,
            statements: Vec::new(),
            heads: Vec::new(),
            policy: None,
            authorities: None,
            since: None,
            sample: None,
            identities: Vec::new(),
        }
    }
}

/// Checks the ledger in `folder`: every byte of its segments and checkpoints, the chain of frames, every signature, the
/// root after every frame, streams, seals, blocks and (level `open`) every record against the commitment of its entry.
///
/// # Errors
/// Only when there is nothing to check: `LV-FORMAT` when it is no ledger, `LE-IO` when it cannot be read. Everything
/// that is wrong inside a ledger stands in the report.
pub fn verify(folder: &Path, options: &VerifyOptions) -> Result<VerifyReport> {
    verify_with(folder, options, &mut |_| {})
}

/// As [`verify`]; `progress` is called now and then with the bytes of segments that lie behind.
///
/// # Errors
/// As [`verify`].
pub fn verify_with(
    folder: &Path,
    options: &VerifyOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<VerifyReport> {
    files::check_format(folder)?;
    let mut report = VerifyReport::new(options.failures_max);
    let mut walk = Walk::open(folder, &mut report)?;
    let partly = options.since.is_some() || options.sample.is_some();
    // Where frames cannot be listed something is wrong: then everything is read, and the report tells.
    if partly && let Ok(chosen) = extent::Chosen::choose(folder, options.since, options.sample.as_ref()) {
        walk.choose(chosen);
    }
    let mut check =
        Check { folder, options, replay: None, heads: Heads::default(), ring: None, tiles: None, torn: None };
    if !walk.is_partial() {
        check.tiles = tiles::TileCheck::open(folder, &mut report);
    }
    while let Some(found) = walk.next(check.replay.as_ref().map(|replay| &replay.chain), &mut report)? {
        let frame = match &found {
            Found::Frame { .. } => walk.frame(),
            Found::Torn { .. } => None,
        };
        if !check.found(found, frame.as_ref(), walk.is_light(), &mut report) {
            break;
        }
        progress(walk.passed());
    }
    report.extent = walk.extent();
    check.finish(&mut report)?;
    Ok(report)
}

struct Check<'a> {
    folder: &'a Path,
    options: &'a VerifyOptions,
    replay: Option<Replay>,
    heads: Heads,
    ring: Option<KeyRing>,
    tiles: Option<tiles::TileCheck>,
    /// Bytes behind the last whole frame of the newest segment.
    torn: Option<(PathBuf, u64, u64)>,
}

impl Check<'_> {
    /// Takes in the next piece of the log; false ends the walk.
    fn found(
        &mut self,
        found: Found,
        frame: Option<&Frame<'_>>,
        light: bool,
        report: &mut VerifyReport,
    ) -> bool {
        let (file, offset, after_hole, segment_id) = match found {
            Found::Frame { file, offset, after_hole, segment_id } => (file, offset, after_hole, segment_id),
            Found::Torn { file, offset, bytes } => {
                self.torn = Some((file, offset, bytes));
                return true;
            }
        };
        let Some(frame) = frame else { return true };
        if self.replay.is_none() {
            match self.begin(frame, &segment_id, report) {
                Ok(replay) => self.replay = Some(replay),
                Err(fault) => {
                    report.fail(&fault, &file, offset, None);
                    return false;
                }
            }
        }
        let Some(replay) = &mut self.replay else { return false };
        let since = (replay.size() > 0).then_some(replay.accepted);
        if after_hole {
            replay.skip_to(frame);
        }
        let mut faults = Vec::new();
        let (heads, mut forks) = (&mut self.heads, Vec::new());
        let mut sizes = |size, tree: &_| heads.pass(size, tree, &mut forks);
        if light {
            replay.frame_without_blocks(frame, &mut sizes, &mut faults);
        } else {
            replay.frame(frame, &mut sizes, &mut faults);
        }
        if self.options.open && !light {
            let ring = self.ring.get_or_insert_with(|| {
                KeyRing::new(self.folder, replay.ledger, self.options.identities.clone())
            });
            payload::check(&replay.ledger, frame, ring, &mut report.payloads, &mut faults);
        }
        for fault in &faults {
            report.fail(fault, &file, offset, since);
        }
        for (name, size) in forks {
            let what = "another root at the size of a known signed head";
            report.fail(&Fault::at(Code::Fork, what, size.saturating_sub(1)), &name, 0, since);
        }
        if let Some(tiles) = &mut self.tiles
            && !replay.lost
        {
            tiles.frame(frame, report);
        }
        report.entries = replay.size();
        true
    }

    fn begin(
        &mut self,
        frame: &Frame<'_>,
        id: &crate::Hash,
        report: &mut VerifyReport,
    ) -> Result<Replay, Fault> {
        let replay = Replay::begin(frame, id)?;
        self.heads =
            Heads::read(self.folder, &replay, &self.options.heads, self.options.policy.as_ref(), report);
        Ok(replay)
    }

    fn finish(mut self, report: &mut VerifyReport) -> Result<()> {
        let Some(mut replay) = self.replay else {
            if report.failures.is_empty() {
                return Err(Error::Format { path: self.folder.to_owned(), what: "no whole frame" });
            }
            return Ok(());
        };
        report.origin.clone_from(&replay.origin);
        report.verifier_key =
            replay.log_keys.all().first().map_or_else(String::new, |key| key.verifier_key.clone());
        self.heads.settle(self.folder, &replay.log_keys, self.options.policy.as_ref(), report);
        keys::check(&mut replay, self.options, report);
        report.root = replay.tree.root();
        report.records = replay.records;
        report.blocks = replay.blocks;
        report.sealed_blocks = replay.sealed_blocks;
        report.last_time = Some(replay.accepted);
        report.last_seal = replay.seal;
        report.closed = replay.sealed;
        report.redacted = crate::redact::is_redacted(self.folder);
        sealed::check_keys(self.folder, &replay, report);
        stamps::check(self.folder, &replay, self.options, report);
        if !replay.partial {
            sealed::check_destroyed(self.folder, &replay, self.options, report);
        }
        if report.redacted {
            sealed::check_openings(self.folder, &replay, report);
        }
        self.heads.finish(&replay, report);
        self.heads.finish_quorum(replay.size(), self.options.policy.as_ref(), report);
        if let Some(tiles) = self.tiles.filter(|_| !replay.lost) {
            tiles.finish(report);
        }
        if let Some((file, offset, bytes)) = self.torn {
            let what = "bytes behind the last whole frame";
            if self.heads.newest() > replay.size() || replay.sealed {
                report.fail(
                    &Fault::at(Code::Damage, what, replay.size()),
                    &file,
                    offset,
                    Some(replay.accepted),
                );
            } else {
                report.warn(Code::Torn, format!("{}: {bytes} {what}, at {offset}", file.display()));
            }
        }
        if !replay.sealed {
            let what = "the last epoch has no seal: the writer is at work or was stopped";
            report.warn(Code::Unsealed, what.to_owned());
        }
        if let Some(extent) = &report.extent
            && extent.read < extent.frames
        {
            let what = format!("{} of {} frames were read as a whole", extent.read, extent.frames);
            report.warn(Code::Partial, what);
        }
        if report.witnessed.is_none() {
            report.warn(
                Code::TailUnproven,
                "no witness has signed: that the whole ledger was put back to an earlier state cannot be excluded"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// The newest moment that the report can vouch for.
pub(crate) type Since = Option<Timestamp>;
