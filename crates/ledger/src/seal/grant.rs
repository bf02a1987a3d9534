//! The past for a new role holder (LG-KEY-04): data keys that an existing one opens, wrapped once more, in a file of its own. The
//! ledger stays as it is; an `export` entry says that the keys left it.

use super::{DataKey, Identity, Recipient, wrap};
use crate::{Error, Reader, Result, SessionKeys};

/// Most keys in one file.
const KEYS_MAX: usize = 100_000;

/// Data keys for a new role holder.
#[derive(Clone, Debug)]
pub struct Granted {
    /// An `age` file for the new role holder alone.
    pub bytes: Vec<u8>,
    /// Numbers of the data keys in it.
    pub keys: Vec<u64>,
    /// First and last entry that they open.
    pub range: (u64, u64),
}

impl Reader {
    /// Wraps the data keys that are sealed payloads' and that the identities at hand open to `recipient`: those of `keys`, or all.
    /// Destroyed keys are passed over.
    ///
    /// # Errors
    /// `LE-KEY` when a key does not open, when one that is named is not there, or when there is none at all; `LE-LIMIT`, `LE-IO`.
    pub fn grant(&mut self, keys: Option<&[u64]>, recipient: &Recipient) -> Result<Granted> {
        let mut numbers: Vec<u64> = self
            .blocks
            .iter()
            .chain(&self.rewritten)
            .map(|block| block.key)
            .filter(|key| *key != 0)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let governance = self.governance()?;
        numbers.retain(|key| governance.destroyed(*key).is_none());
        if let Some(wanted) = keys {
            if wanted.iter().any(|key| !numbers.contains(key)) {
                return Err(Error::Key("a data key that is named is not there"));
            }
            numbers.retain(|key| wanted.contains(key));
        }
        if numbers.len() > KEYS_MAX {
            let (size, limit) = (numbers.len() as u64, KEYS_MAX as u64);
            return Err(Error::Limit { what: "data keys in one file", size, limit });
        }
        let mut opened: Vec<DataKey> = Vec::with_capacity(numbers.len());
        for number in &numbers {
            let key = self.ring.get(*number);
            opened.push(
                key.cloned().ok_or(Error::Key("a data key is not wrapped to the identity that was given"))?,
            );
        }
        let touched = self.blocks.iter().chain(&self.rewritten).filter(|block| numbers.contains(&block.key));
        let firsts: Vec<u64> = touched.map(|block| block.first_index).collect();
        let (Some(from), Some(last)) = (firsts.iter().min(), firsts.iter().max()) else {
            return Err(Error::Key("no payload is sealed under a key that could be given"));
        };
        // A block ends at most with the frame that holds it.
        let frame = self.frames.partition_point(|frame| frame.header.first_index <= *last).saturating_sub(1);
        let end =
            self.frames.get(frame).map(|frame| frame.header.first_index + u64::from(frame.header.entries));
        let range = (*from, end.unwrap_or(last + 1).saturating_sub(1));
        Ok(Granted { bytes: wrap::wrap_many(&self.ledger, &opened, recipient)?, keys: numbers, range })
    }

    /// Opens sealed payloads with a file of [`Reader::grant`] and the identity that it was wrapped to. Returns the number of keys.
    ///
    /// # Errors
    /// `LE-KEY` when it does not open, was changed, or is of another ledger.
    pub fn use_granted(&mut self, bytes: &[u8], identities: &[Identity]) -> Result<usize> {
        let keys = wrap::unwrap_many(&self.ledger, bytes, identities, KEYS_MAX)
            .ok_or(Error::Key("the file with granted keys does not open, or is of another ledger"))?;
        let count = keys.len();
        self.use_session_keys(&SessionKeys(keys));
        Ok(count)
    }
}
