//! Data keys and destroyed payloads against the entries that tell of them (LG-KEY-01, LG-SHR-02).

use super::{Code, VerifyOptions, VerifyReport};
use crate::destroy::keys_root;
use crate::entry::EntryKind;
use crate::logkey::LogKey;
use crate::opening::Opening;
use crate::redact::{OPENING_BYTES_MAX, OPENINGS};
use crate::replay::{Fault, Replay};
use crate::seal::{KEYS_FOLDER, WRAPPED_BYTES_MAX, wrapped_name};
use crate::{Error, Reader, files, tree};
use std::path::Path;

/// Every data key that was not destroyed has its wrapped form beside the segments, unchanged.
pub(crate) fn check_keys(folder: &Path, replay: &Replay, report: &mut VerifyReport) {
    if report.redacted {
        return;
    }
    for (id, note) in &replay.data_keys {
        let file = Path::new(KEYS_FOLDER).join(wrapped_name(*id));
        let found = files::read_small(&folder.join(&file), WRAPPED_BYTES_MAX);
        if replay.governance.destroyed(*id).is_some() {
            if found.is_ok() {
                let what = format!("{}: a destroyed data key is still there", file.display());
                report.warn(Code::Key, what);
            }
            continue;
        }
        let fault = match found {
            Ok(bytes) if tree::sha256(&bytes) == note.digest => continue,
            Ok(_) | Err(Error::Limit { .. }) => {
                Fault::at(Code::Key, "a wrapped data key was changed", note.index)
            }
            Err(_) => Fault::at(Code::Missing, "a wrapped data key", note.index),
        };
        report.fail(&fault, &file, 0, None);
    }
}

/// Every tombstone is explained by a `shred` or `reseal` entry, and these tell of exactly the blocks that are gone.
pub(crate) fn check_destroyed(
    folder: &Path,
    replay: &Replay,
    options: &VerifyOptions,
    report: &mut VerifyReport,
) {
    let file = Path::new("segments");
    for (key, blocks) in replay.by_key.iter().filter(|(_, blocks)| blocks.graves > 0) {
        if replay.governance.destroyed(*key).is_none() && report.redacted {
            report.payloads.withheld += blocks.payloads[0];
        } else if replay.governance.destroyed(*key).is_none() {
            let what = "payload blocks are gone and no entry says that they were destroyed";
            report.fail(&Fault::at(Code::Missing, what, blocks.first), file, 0, None);
        }
    }
    for destruction in &replay.governance.destructions {
        let mut total = 0;
        let mut payloads = 0u64;
        let mut roots = Vec::new();
        for key in &destruction.keys {
            let blocks = replay.by_key.get(key).cloned().unwrap_or_default();
            total += blocks.digests.size();
            roots.push((*key, blocks.digests.size(), blocks.digests.root()));
            let [buried, sealed, again] = blocks.payloads;
            payloads += buried + sealed + again;
            if options.open {
                // Sealed under a key that is gone: destroyed, even where the cipher text still stands.
                report.payloads.withheld = report.payloads.withheld.saturating_sub(sealed);
            }
        }
        if !replay.lost && destruction.blocks != (total, keys_root(roots.into_iter())) {
            let what = "other blocks are gone than the entry of their destruction says";
            report.fail(&Fault::at(Code::Missing, what, destruction.index), file, 0, None);
        }
        let kept = match (destruction.kind, destruction.again) {
            (EntryKind::Reseal, Some((key, _, _))) => {
                replay.by_key.get(&key).map_or(0, |blocks| blocks.payloads.iter().sum())
            }
            _ => 0,
        };
        report.payloads.destroyed += payloads.saturating_sub(kept);
    }
    let again = replay.by_key.values().any(|blocks| blocks.payloads[2] > 0);
    if options.open && again {
        check_again(folder, replay, options, report);
    }
}

/// Openings in a redacted copy: each counts as present instead of withheld.
pub(crate) fn check_openings(folder: &Path, replay: &Replay, report: &mut VerifyReport) {
    let what = "a redacted copy: what it withholds can be checked in the original only";
    report.warn(Code::Redacted, what.to_owned());
    let Ok(items) = std::fs::read_dir(folder.join(OPENINGS)) else { return };
    let mut names: Vec<_> = items.filter_map(|item| item.ok().map(|item| item.file_name())).collect();
    names.sort();
    let root = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, replay.tree.root());
    for name in names {
        let file = Path::new(OPENINGS).join(&name);
        let bytes = files::read_small(&folder.join(&file), OPENING_BYTES_MAX).unwrap_or_default();
        let opening: Option<Opening> = serde_json::from_slice(&bytes).ok();
        let holds = opening.as_ref().is_some_and(|opening| {
            // The whole log was followed: a path to its root needs no signature of its own.
            let ours = opening.proof.as_ref().is_some_and(|path| {
                path.root == root && path.size == replay.size() || path.checkpoint.is_some()
            });
            let note = opening.proof.as_ref().and_then(|path| path.checkpoint.as_ref());
            let key = note.map(|note| replay.log_keys.check(note.as_bytes()).map(|(_, number)| number));
            let key = match key {
                None => Some(None),
                Some(number) => {
                    let number = number.unwrap_or_default();
                    replay.log_keys.all().iter().find(|key| key.number == number).map(Some)
                }
            };
            let signed = |key: Option<&LogKey>| opening.check(key.map(|key| &*key.verifier_key)).is_ok();
            opening.origin == replay.origin && ours && key.is_some_and(signed)
        });
        if holds {
            report.payloads.present += 1;
            report.payloads.withheld = report.payloads.withheld.saturating_sub(1);
        } else {
            let fault = Fault {
                index: opening.map(|opening| opening.index),
                ..Fault::new(Code::Commit, "an opening")
            };
            report.fail(&fault, &file, 0, None);
        }
    }
}

/// Payloads of blocks that were written again, against the commitments of their entries.
fn check_again(folder: &Path, replay: &Replay, options: &VerifyOptions, report: &mut VerifyReport) {
    let fault = |what, index| Fault::at(Code::Commit, what, index);
    let file = Path::new("segments");
    let mut reader = match Reader::open(folder) {
        Ok(reader) => reader,
        // What is wrong with the ledger stands in the report already.
        Err(_) => return,
    };
    reader.add_identities(options.identities.clone());
    for place in reader.rewritten.clone() {
        if replay.governance.destroyed(place.key).is_some() {
            continue;
        }
        match reader.check_again(&place) {
            Ok(Some(count)) => report.payloads.present += count,
            Ok(None) => report.payloads.withheld += place.payloads,
            Err(_) => {
                report.fail(
                    &fault("a block that was written again", place.first_index),
                    file,
                    place.offset,
                    None,
                );
            }
        }
    }
}
