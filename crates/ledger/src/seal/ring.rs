//! Data keys at hand for reading: those of the online copy, and wrapped ones that an identity opens.

use super::{DataKey, Identity, KEYS_FOLDER, WRAPPED_BYTES_MAX, online, wrap, wrapped_name};
use crate::{Hash, Result, files};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Keys by number; each wrapped key is opened once.
#[derive(Debug)]
pub(crate) struct KeyRing {
    folder: PathBuf,
    ledger: Hash,
    identities: Vec<Identity>,
    /// `None`: tried, and none of the identities opens it.
    known: BTreeMap<u64, Option<DataKey>>,
}

impl KeyRing {
    pub(crate) fn new(ledger_folder: &Path, ledger: Hash, identities: Vec<Identity>) -> Self {
        Self { folder: ledger_folder.to_owned(), ledger, identities, known: BTreeMap::new() }
    }
    /// Adds the keys of the online copy.
    pub(crate) fn add_online(&mut self, secret: &Hash) -> Result<()> {
        for key in online::read(&self.folder, &self.ledger, secret)? {
            self.known.insert(key.id, Some(key));
        }
        Ok(())
    }
    /// Adds the keys of a session of this process.
    pub(crate) fn add_session(&mut self, keys: &[DataKey]) {
        for key in keys {
            self.known.insert(key.id, Some(key.clone()));
        }
    }
    pub(crate) fn add_identities(&mut self, more: Vec<Identity>) {
        self.identities.extend(more);
        self.known.retain(|_, key| key.is_some());
    }
    /// The key of a number, when it can be had.
    pub(crate) fn get(&mut self, id: u64) -> Option<&DataKey> {
        let Self { folder, ledger, identities, known } = self;
        let open = || {
            if identities.is_empty() {
                return None;
            }
            let path = folder.join(KEYS_FOLDER).join(wrapped_name(id));
            let wrapped = files::read_small(&path, WRAPPED_BYTES_MAX).ok()?;
            wrap::unwrap(ledger, id, &wrapped, identities)
        };
        known.entry(id).or_insert_with(open).as_ref()
    }
}
