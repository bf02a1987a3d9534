//! A cell as one object that is exchanged by its `ETag`. Its content is that of a cell in a folder: a number that grows
//! (8 bytes), then the value; so no two states have one `ETag`.

use super::S3;
use ledger::storage::{CELL_BYTES_MAX, Cell, StoreError, StoreResult, Versioned};
use object_store::{Error, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, UpdateVersion};

/// The cell.
#[derive(Clone, Debug)]
pub struct S3Cell {
    pub(super) store: S3,
    pub(super) name: String,
}

impl S3Cell {
    fn broken(&self, what: &'static str) -> StoreError {
        StoreError::io(&self.name, what)
    }

    async fn read(&self) -> StoreResult<Option<(u64, String, Vec<u8>)>> {
        let path = self.store.path(&self.name)?;
        let found = match self.store.0.plain.get(&path).await {
            Err(Error::NotFound { .. }) if self.store.0.versioned => {
                // A delete marker takes nothing away: the newest version is read, and an exchange against it is refused.
                let versions = self.store.versions_of(&self.name).await?;
                let Some(newest) = versions.into_iter().find(|one| !one.marker) else { return Ok(None) };
                self.store.get_version(&self.name, &newest.id).await?
            }
            Err(Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(|error| StoreError::io(&self.name, error))?,
        };
        if found.meta.size > CELL_BYTES_MAX as u64 + 8 {
            return Err(self.broken("a cell of at most 64 KiB expected"));
        }
        let tag = found.meta.e_tag.clone().ok_or_else(|| self.broken("the store gives no ETag"))?;
        let bytes = found.bytes().await.map_err(|error| StoreError::io(&self.name, error))?;
        let (number, value) =
            bytes.split_first_chunk::<8>().ok_or_else(|| self.broken("a cell begins with its number"))?;
        Ok(Some((u64::from_be_bytes(*number), tag, value.to_vec())))
    }

    async fn swap(&self, expected: Option<&str>, value: &[u8]) -> StoreResult<String> {
        let (number, mode) = match expected {
            None => (1, PutMode::Create),
            Some(version) => {
                let (number, tag) = version.split_once(':').ok_or(StoreError::Stale)?;
                let number = number.parse::<u64>().ok().and_then(|number| number.checked_add(1));
                let tag = UpdateVersion { e_tag: Some(tag.to_owned()), version: None };
                (number.ok_or(StoreError::Stale)?, PutMode::Update(tag))
            }
        };
        let mut bytes = number.to_be_bytes().to_vec();
        bytes.extend(value);
        let path = self.store.path(&self.name)?;
        let put = self.store.0.once.put_opts(&path, bytes.into(), PutOptions::from(mode)).await;
        match put {
            Ok(done) => {
                let tag = done.e_tag.ok_or_else(|| self.broken("the store gives no ETag"))?;
                Ok(format!("{number}:{tag}"))
            }
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Err(StoreError::Stale),
            Err(error) => Err(StoreError::io(&self.name, error)),
        }
    }
}

impl Cell for S3Cell {
    fn load(&self) -> StoreResult<Option<Versioned>> {
        let found = self.store.0.runner.wait(&self.name, self.read())?;
        Ok(found.map(|(number, tag, value)| Versioned { value, version: format!("{number}:{tag}") }))
    }

    fn compare_and_swap(&self, expected: Option<&str>, value: &[u8]) -> StoreResult<String> {
        if value.len() > CELL_BYTES_MAX {
            let what = "a value of at most 64 KiB expected";
            return Err(StoreError::Unfit { name: self.name.clone(), what });
        }
        self.store.0.runner.wait(&self.name, self.swap(expected, value))
    }
}
