//! Destruction reaches copies (LG 15.4 steps 4 and 5): what the log says is destroyed goes from the copy too.

use super::depot::key_prefix;
use super::{Depot, Replica};
use crate::block::BlockForm;
use crate::destroy::{Grave, bury, erase};
use crate::seal::{KEYS_FOLDER, wrapped_name};
use crate::storage::StoreError;
use crate::{Destruction, Reader, Result};

/// What a copy did about one destruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The `shred` or `reseal` entry.
    pub index: u64,
    /// Data keys whose wrapped copies are gone.
    pub gone: Vec<u64>,
    /// Data keys whose wrapped copies could not be removed, e.g. because the store locks them.
    pub kept: Vec<u64>,
}

impl Replica {
    /// Removes what destructions under signed heads name and is still here: wrapped keys, then the blocks under them. Doing it
    /// again changes nothing.
    ///
    /// # Errors
    /// `LE-IO`, `LV-DAMAGE`.
    pub fn destroy(&mut self) -> Result<Vec<Removed>> {
        let (folder, head, destructions) = self.destructions();
        let due: Vec<&Destruction> = destructions.iter().filter(|one| one.index < head).collect();
        if due.len() > self.destroyed {
            let mut graves = Vec::new();
            let mut reader = Reader::open(&folder)?;
            for key in due.iter().flat_map(|one| &one.keys) {
                erase(&folder.join(KEYS_FOLDER), &wrapped_name(*key))?;
                for (place, digest) in reader.blocks_under(*key)? {
                    if place.form != BlockForm::Tombstone {
                        graves.push(Grave::new(&place, digest));
                    }
                }
            }
            bury(&folder, &graves)?;
            self.destroyed = due.len();
        }
        let removed =
            |one: &&Destruction| Removed { index: one.index, gone: one.keys.clone(), kept: Vec::new() };
        Ok(due.iter().map(removed).collect())
    }
}

impl Depot<'_> {
    /// Removes the wrapped keys that destructions under the newest signed head name. Frames stay as they are: what is sealed
    /// under a key that is gone cannot be read (LG-STO-04).
    ///
    /// # Errors
    /// `LE-IO`.
    pub fn destroy(&mut self, destructions: &[Destruction]) -> Result<Vec<Removed>> {
        let size = self.size();
        let mut done = Vec::new();
        for one in destructions.iter().filter(|one| one.index < size) {
            let (mut gone, mut kept) = (Vec::new(), Vec::new());
            for key in &one.keys {
                if self.erase_key(*key)? { gone.push(*key) } else { kept.push(*key) }
            }
            done.push(Removed { index: one.index, gone, kept });
        }
        Ok(done)
    }

    /// Removes a wrapped data key; `false` when the store locks it.
    pub(super) fn erase_key(&self, key: u64) -> Result<bool> {
        let mut gone = true;
        for name in self.objects.list(&key_prefix(key), None)? {
            match self.objects.delete(&name) {
                Ok(()) => {}
                Err(StoreError::Refused(_)) => gone = false,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(gone)
    }
}
