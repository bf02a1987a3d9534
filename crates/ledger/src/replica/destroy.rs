//! Destruction reaches copies (LG 15.4 steps 4 and 5): what the log says is destroyed goes from the copy too.

use super::depot::key_name;
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
                match self.objects.delete(&key_name(*key)) {
                    Ok(()) => gone.push(*key),
                    Err(StoreError::Refused(_)) => kept.push(*key),
                    Err(error) => return Err(error.into()),
                }
            }
            done.push(Removed { index: one.index, gone, kept });
        }
        Ok(done)
    }
}
