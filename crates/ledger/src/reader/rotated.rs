//! The log keys of a ledger that is read: found when its newest head is not signed by the first of them.

use super::Reader;
use crate::entry::{Entry, EntryKind};
use crate::govern::Governance;
use crate::logkey::LogKeys;
use crate::{Error, Result, files, note};

impl Reader {
    /// Looks for later log keys where the newest head bears no signature of the first one. A ledger that was never rotated is
    /// not read for it.
    pub(super) fn follow_rotations(&mut self) -> Result<()> {
        let Ok(bytes) = files::read_small(&self.folder.join("checkpoint"), note::NOTE_BYTES_MAX) else {
            return Ok(());
        };
        match note::parse(&bytes) {
            Ok(parsed) if !self.log_keys.names_signer(&parsed) || self.log_keys.signer(&parsed).is_err() => {
                self.log_keys = self.key_history()?.0;
                Ok(())
            }
            // A note that cannot be read is told when it is asked for.
            _ => Ok(()),
        }
    }

    /// All log keys, as the entries tell of them.
    ///
    /// # Errors
    /// `LE-KEY` where an entry about keys does not hold, `LV-DAMAGE`, `LE-IO`.
    pub fn log_keys(&mut self) -> Result<LogKeys> {
        self.key_history().map(|(keys, _)| keys)
    }

    /// All log keys, and the entries that the history follows from: those about keys, and the policies whose people signed.
    pub(crate) fn key_history(&mut self) -> Result<(LogKeys, Vec<u64>)> {
        let Some(first) = self.log_keys.first_only() else { return Ok((LogKeys::default(), Vec::new())) };
        let (mut keys, mut governance) = (first, Governance::new(self.ledger));
        let (mut about, mut policies) = (Vec::new(), Vec::new());
        for item in self.raw_entries() {
            let (index, bytes, path) = item?;
            let kind = bytes.get(1).copied().and_then(EntryKind::from_number);
            if !matches!(kind, Some(EntryKind::Key | EntryKind::Policy)) {
                continue;
            }
            let entry = Entry::decode(&bytes).map_err(|what| Error::damage(&path, 0, what.0))?;
            if entry.kind == EntryKind::Policy {
                // What a policy breaks is for a verification to tell.
                let _ = governance.take(index, &entry);
                policies.push(index);
                continue;
            }
            let before = keys.clone();
            keys.take(index, &entry, &governance).map_err(|(_, what)| Error::Key(what))?;
            if keys != before {
                about.push(index);
            }
        }
        if !about.is_empty() {
            about.extend(policies);
            about.sort_unstable();
        }
        Ok((keys, about))
    }
}
