//! Signed heads: the published checkpoint, those kept, and those known from elsewhere (LG 19.2 steps 5 and 11).

use super::{Code, SignedHeads, VerifyReport};
use crate::bytes::Malformed;
use crate::logkey::{LogKeys, NOT_IN_FORCE};
use crate::replay::{Fault, Replay};
use crate::tree::Frontier;
use crate::{Checkpoint, Error, Hash, Policy, files, note};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Most kept checkpoints that are read.
const KEPT_MAX: usize = 1_000_000;

/// Heads by size; each must be the root of the log at that size.
#[derive(Default)]
pub(crate) struct Heads {
    by_size: BTreeMap<u64, Vec<Head>>,
    /// Sizes of the checkpoints that the ledger keeps.
    kept: BTreeSet<u64>,
    /// Size of the published checkpoint.
    published: Option<u64>,
    /// Heads that satisfy the policy, with the names of those who cosigned.
    witnessed: BTreeMap<u64, Vec<String>>,
    /// Notes from elsewhere, by name.
    known: BTreeMap<PathBuf, String>,
}

/// A head whose bytes are checked at once, or, where no key known so far signed it, when all log keys are known.
struct Head {
    file: PathBuf,
    root: Hash,
    /// Signed by a key of the ledger as far as it was known.
    signed: bool,
}

impl Heads {
    pub(crate) fn read(
        folder: &Path,
        replay: &Replay,
        known: &[(String, String)],
        policy: Option<&Policy>,
        report: &mut VerifyReport,
    ) -> Self {
        let mut heads = Self::default();
        for name in kept_names(folder, report) {
            let file = Path::new("checkpoints").join(&name);
            let bytes = files::read_small(&folder.join(&file), note::NOTE_BYTES_MAX);
            let size = heads.add(&file, bytes, replay, policy, report);
            match size {
                Some(size) if size.to_string() == name => drop(heads.kept.insert(size)),
                Some(_) => report.fail(
                    &Fault::new(Code::Damage, "size in a checkpoint and its name"),
                    &file,
                    0,
                    None,
                ),
                None => {}
            }
        }
        let file = Path::new("checkpoint");
        match files::read_small(&folder.join(file), note::NOTE_BYTES_MAX) {
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            bytes => heads.published = heads.add(file, bytes, replay, policy, report),
        }
        for (name, note) in known {
            heads.known.insert(PathBuf::from(name), note.clone());
            heads.add(Path::new(name), Ok(note.clone().into_bytes()), replay, policy, report);
        }
        heads
    }

    fn add(
        &mut self,
        file: &Path,
        bytes: crate::Result<Vec<u8>>,
        replay: &Replay,
        policy: Option<&Policy>,
        report: &mut VerifyReport,
    ) -> Option<u64> {
        match bytes.map_err(|_| "a checkpoint that can be read").and_then(|bytes| first_look(&bytes, replay))
        {
            Ok((checkpoint, signed)) => {
                if signed {
                    self.note_quorum(file, &checkpoint, policy, report);
                }
                let head = Head { file: file.to_owned(), root: checkpoint.root, signed };
                self.by_size.entry(checkpoint.size).or_default().push(head);
                Some(checkpoint.size)
            }
            Err(what) => {
                report.fail(&Fault::new(Code::Sig, what), file, 0, None);
                None
            }
        }
    }

    fn note_quorum(
        &mut self,
        file: &Path,
        checkpoint: &Checkpoint,
        policy: Option<&Policy>,
        report: &mut VerifyReport,
    ) {
        match policy.map(|policy| policy.check(&checkpoint.note)) {
            Some(Ok(quorum)) if quorum.met => {
                let names = quorum.signed.into_iter().map(|(name, _)| name).collect();
                self.witnessed.insert(checkpoint.size, names);
            }
            Some(Err(what)) => {
                report.fail(&Fault::at(Code::Quorum, what, checkpoint.size.saturating_sub(1)), file, 0, None);
            }
            _ => {}
        }
    }

    /// Checks what had to wait until all log keys were known, and tells which key signed which heads (LG-EPO-04).
    pub(crate) fn settle(
        &mut self,
        folder: &Path,
        keys: &LogKeys,
        policy: Option<&Policy>,
        report: &mut VerifyReport,
    ) {
        let first_until = keys.all().first().and_then(|key| key.until);
        let mut signed: BTreeMap<u64, SignedHeads> = BTreeMap::new();
        let mut wrong = Vec::new();
        let mut confirmed = Vec::new();
        for (size, heads) in &self.by_size {
            for head in heads {
                let number = if head.signed && first_until.is_none_or(|until| *size <= until) {
                    Ok(1)
                } else {
                    self.again(folder, head, *size, keys).map(|(checkpoint, number)| {
                        if !head.signed {
                            confirmed.push((head.file.clone(), checkpoint));
                        }
                        number
                    })
                };
                match number {
                    Ok(number) => {
                        let one = signed.entry(number).or_insert(SignedHeads {
                            key: number,
                            count: 0,
                            sizes: (*size, *size),
                        });
                        one.count += 1;
                        one.sizes.1 = *size;
                    }
                    Err(what) => wrong.push((*size, head.file.clone(), what)),
                }
            }
        }
        for (file, checkpoint) in confirmed {
            self.note_quorum(&file, &checkpoint, policy, report);
        }
        for (size, file, what) in wrong {
            let code = if what == NOT_IN_FORCE { Code::Key } else { Code::Sig };
            report.fail(&Fault::new(code, what.0), &file, 0, None);
            if let Some(heads) = self.by_size.get_mut(&size) {
                heads.retain(|head| head.file != file);
                if heads.is_empty() {
                    self.by_size.remove(&size);
                }
            }
            if file == Path::new("checkpoints").join(size.to_string()) {
                self.kept.remove(&size);
            } else if file == Path::new("checkpoint") {
                self.published = None;
            }
        }
        report.signed_heads = signed.into_values().collect();
    }

    /// Reads a note again, now that all keys are known.
    fn again(
        &self,
        folder: &Path,
        head: &Head,
        size: u64,
        keys: &LogKeys,
    ) -> Result<(Checkpoint, u64), Malformed> {
        let bytes = match self.known.get(&head.file) {
            Some(note) => note.clone().into_bytes(),
            None => files::read_small(&folder.join(&head.file), note::NOTE_BYTES_MAX)
                .map_err(|_| Malformed("a checkpoint that can be read"))?,
        };
        let found = keys.check(&bytes)?;
        if found.0.size != size || found.0.root != head.root {
            return Err(Malformed("a checkpoint that does not change while it is read"));
        }
        Ok(found)
    }

    /// Whether the policy is satisfied where it has to be: at the published head (LG-WIT-09).
    pub(crate) fn finish_quorum(&self, size: u64, policy: Option<&Policy>, report: &mut VerifyReport) {
        report.witnessed = self.witnessed.range(..=size).next_back().map(|(size, by)| (*size, by.clone()));
        let asked = policy.is_some_and(|policy| !policy.is_none());
        let published = self.published.unwrap_or(size);
        if asked && !self.witnessed.contains_key(&published) {
            let what = "cosignatures under the published head, as many as the policy asks for";
            let fault = Fault::at(Code::Quorum, what, published.saturating_sub(1));
            report.fail(&fault, Path::new("checkpoint"), 0, None);
        }
    }

    /// Called after each entry.
    pub(crate) fn pass(&self, size: u64, tree: &Frontier, forks: &mut Vec<(PathBuf, u64)>) {
        let Some(heads) = self.by_size.get(&size) else { return };
        let root = tree.root();
        forks.extend(heads.iter().filter(|head| head.root != root).map(|head| (head.file.clone(), size)));
    }

    /// Largest size that any head promises.
    pub(crate) fn newest(&self) -> u64 {
        self.by_size.last_key_value().map_or(0, |(size, _)| *size)
    }

    /// Whether the ledger keeps a checkpoint of this size.
    pub(crate) fn keeps(&self, size: u64) -> bool {
        self.kept.contains(&size)
    }

    pub(crate) fn finish(&self, replay: &Replay, report: &mut VerifyReport) {
        let size = replay.size();
        for (head, files) in self.by_size.range(size + 1..) {
            for Head { file, .. } in files {
                let what = "the ledger is shorter than a signed head";
                report.fail(&Fault::at(Code::Trunc, what, size), file, 0, Some(replay.accepted));
            }
            report.warn(Code::Trunc, format!("{size} entries found, {head} promised"));
        }
        for (at, recovered) in &replay.published {
            // A writer that died between the entry and the checkpoint says so with its next entry.
            let died = *recovered || (*at == size && !replay.sealed);
            if !self.kept.contains(at) && !died {
                let file = Path::new("checkpoints").join(at.to_string());
                report.fail(&Fault::at(Code::Missing, "checkpoint", at - 1), &file, 0, None);
            }
        }
        if replay.sealed && !self.kept.contains(&size) {
            let file = Path::new("checkpoints").join(size.to_string());
            report.fail(&Fault::at(Code::Missing, "checkpoint of a closed ledger", size - 1), &file, 0, None);
        }
        let newest = self.kept.last().copied();
        match (self.published, newest) {
            (None, Some(newest)) => {
                let fault = Fault::at(Code::Missing, "the published checkpoint", newest.saturating_sub(1));
                report.fail(&fault, Path::new("checkpoint"), 0, None);
            }
            (Some(published), newest) if newest != Some(published) => {
                let what = "the published checkpoint is not the newest one kept";
                if newest > Some(published) {
                    report.warn(Code::Trunc, what.to_owned());
                } else {
                    let file = Path::new("checkpoints").join(published.to_string());
                    report.fail(&Fault::new(Code::Missing, "the published checkpoint, kept"), &file, 0, None);
                }
            }
            _ => {}
        }
        let held = self.by_size.range(..=size).next_back();
        report.checkpoint = held.and_then(|(size, files)| files.first().map(|head| (*size, head.root)));
    }
}

/// Size and root of a note, and whether a log key known so far signed it.
fn first_look(bytes: &[u8], replay: &Replay) -> Result<(Checkpoint, bool), &'static str> {
    let parsed = note::parse(bytes).map_err(|what| what.0)?;
    if parsed.origin != replay.origin {
        return Err("note of another origin");
    }
    let signed = replay.log_keys.names_signer(&parsed);
    if signed {
        parsed.check_log(&replay.origin, &replay.log_keys.current_key()).map_err(|what| what.0)?;
    }
    let note = String::from_utf8_lossy(bytes).into_owned();
    Ok((Checkpoint { size: parsed.size, root: parsed.root, note }, signed))
}

fn kept_names(folder: &Path, report: &mut VerifyReport) -> Vec<String> {
    let mut names = Vec::new();
    let Ok(items) = std::fs::read_dir(folder.join("checkpoints")) else {
        report.fail(
            &Fault::new(Code::Missing, "folder of the checkpoints"),
            Path::new("checkpoints"),
            0,
            None,
        );
        return names;
    };
    for item in items.take(KEPT_MAX) {
        let name = item.ok().and_then(|item| item.file_name().into_string().ok()).unwrap_or_default();
        if name.parse::<u64>().is_ok_and(|size| size.to_string() == name) {
            names.push(name);
        } else if !name.ends_with(".tmp") {
            report.warn(Code::Foreign, format!("checkpoints/{name}: a file that does not belong here"));
        }
    }
    names.sort();
    names
}
