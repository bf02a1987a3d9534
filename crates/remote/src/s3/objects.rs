//! Objects of a bucket. Where it keeps versions, a delete marker hides nothing: the oldest version is what was written.

use super::S3;
use futures_util::TryStreamExt as _;
use ledger::storage::{
    LIST_NAMES_MAX, OBJECT_BYTES_MAX, Objects, StoreError, StoreResult, check_name, check_object,
};
use object_store::path::Path;
use object_store::{Error, GetResult, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions};

/// The objects.
#[derive(Clone, Debug)]
pub struct S3Objects(pub(super) S3);

async fn content(name: &str, found: GetResult) -> StoreResult<Vec<u8>> {
    if found.meta.size > OBJECT_BYTES_MAX as u64 {
        let what = "an object of at most 100 MiB expected";
        return Err(StoreError::Unfit { name: name.to_owned(), what });
    }
    Ok(found.bytes().await.map_err(|error| StoreError::io(name, error))?.to_vec())
}

impl S3Objects {
    async fn read(&self, name: &str) -> StoreResult<Option<Vec<u8>>> {
        let path = self.0.path(name)?;
        match self.0.0.plain.get(&path).await {
            Ok(found) => Ok(Some(content(name, found).await?)),
            Err(Error::NotFound { .. }) if self.0.0.versioned => {
                let versions = self.0.versions_of(name).await?;
                let Some(oldest) = versions.into_iter().rfind(|one| !one.marker) else { return Ok(None) };
                Ok(Some(content(name, self.0.get_version(name, &oldest.id).await?).await?))
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(StoreError::io(name, error)),
        }
    }

    async fn write(&self, name: &str, bytes: &[u8]) -> StoreResult<()> {
        let path = self.0.path(name)?;
        let inner = &self.0.0;
        let client = match &inner.locking {
            Some((locking, except)) if !name.starts_with(except) => locking,
            _ => &inner.plain,
        };
        let options = PutOptions::from(PutMode::Create);
        match client.put_opts(&path, bytes.to_vec().into(), options).await {
            Ok(_) => Ok(()),
            // Also when an answer was lost and the request came again.
            Err(Error::AlreadyExists { .. }) => match self.read(name).await? {
                Some(there) if there == bytes => Ok(()),
                _ => Err(StoreError::Exists { name: name.to_owned() }),
            },
            Err(error) => Err(StoreError::io(name, error)),
        }
    }

    /// Names below the folder of `prefix`, in the order of the store.
    async fn names(&self, prefix: &str, after: Option<&str>) -> StoreResult<Vec<String>> {
        if self.0.0.versioned {
            return self.0.versioned_names(prefix, after).await;
        }
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let folder = if folder.is_empty() { self.0.0.prefix.clone() } else { self.0.full(folder) };
        let folder = (!folder.is_empty()).then(|| Path::from(folder));
        let mut stream = match after {
            Some(after) => self.0.0.plain.list_with_offset(folder.as_ref(), &Path::from(self.0.full(after))),
            None => self.0.0.plain.list(folder.as_ref()),
        };
        let mut names = Vec::new();
        let failed = |error| StoreError::io(prefix, error);
        while let Some(item) = stream.try_next().await.map_err(failed)? {
            let Some(name) = self.0.short(item.location.as_ref()) else { continue };
            if !name.starts_with(prefix) {
                if name > prefix {
                    break;
                }
                continue;
            }
            // Not every character of a mark may stand in a path of the library.
            if after.is_none_or(|after| name > after) {
                names.push(name.to_owned());
            }
            if names.len() == LIST_NAMES_MAX {
                break;
            }
        }
        Ok(names)
    }
}

impl S3 {
    /// The name without the prefix of this store.
    pub(super) fn short<'a>(&self, full: &'a str) -> Option<&'a str> {
        if self.0.prefix.is_empty() {
            return Some(full);
        }
        full.strip_prefix(&self.0.prefix).and_then(|rest| rest.strip_prefix('/'))
    }
}

impl Objects for S3Objects {
    fn get(&self, name: &str) -> StoreResult<Option<Vec<u8>>> {
        check_name(name)?;
        self.0.0.runner.wait(name, self.read(name))
    }

    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> StoreResult<()> {
        check_object(name, bytes)?;
        self.0.0.runner.wait(name, self.write(name, bytes))
    }

    fn list(&self, prefix: &str, after: Option<&str>) -> StoreResult<Vec<String>> {
        let names = self.0.0.runner.wait(prefix, self.names(prefix, after))?;
        let before = |pair: &[String]| matches!(pair, [one, next] if one < next);
        if !names.windows(2).all(before) {
            return Err(StoreError::Refused("it does not list names in ascending order".to_owned()));
        }
        Ok(names)
    }

    fn delete(&self, name: &str) -> StoreResult<()> {
        let path = self.0.path(name)?;
        self.0.0.runner.wait(name, async {
            if self.0.0.versioned {
                return self.0.delete_versions(name).await;
            }
            match self.0.0.plain.delete(&path).await {
                Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
                Err(Error::PermissionDenied { .. }) => {
                    Err(StoreError::Refused(format!("{name} may not be deleted")))
                }
                Err(error) => Err(StoreError::io(name, error)),
            }
        })
    }
}
