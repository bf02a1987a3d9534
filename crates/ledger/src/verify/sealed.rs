//! Wrapped data keys against the entries that name them (LG-KEY-01).

use super::{Code, VerifyReport};
use crate::replay::{Fault, Replay};
use crate::seal::{KEYS_FOLDER, WRAPPED_BYTES_MAX, wrapped_name};
use crate::{Error, files, tree};
use std::path::Path;

/// Every data key that was not destroyed has its wrapped form beside the segments, unchanged.
pub(crate) fn check_keys(folder: &Path, replay: &Replay, report: &mut VerifyReport) {
    for (id, note) in &replay.data_keys {
        let file = Path::new(KEYS_FOLDER).join(wrapped_name(*id));
        let fault = match files::read_small(&folder.join(&file), WRAPPED_BYTES_MAX) {
            Ok(bytes) if tree::sha256(&bytes) == note.digest => continue,
            Ok(_) | Err(Error::Limit { .. }) => {
                Fault::at(Code::Key, "a wrapped data key was changed", note.index)
            }
            Err(_) => Fault::at(Code::Missing, "a wrapped data key", note.index),
        };
        report.fail(&fault, &file, 0, None);
    }
}
