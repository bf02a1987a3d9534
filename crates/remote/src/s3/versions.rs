//! Versions of objects: what a delete marker hides, and what has to go when something is destroyed for good.

use super::S3;
use super::raw::Version;
use ledger::storage::{LIST_NAMES_MAX, StoreError, StoreResult};
use object_store::{GetOptions, GetResult, ObjectStore as _};

/// Most pages of a listing that are read in one call: versions of one object are few, those of a cell many.
const PAGES_MAX: usize = 1_000;

impl S3 {
    /// Versions and markers of one object, the newest first.
    pub(super) async fn versions_of(&self, name: &str) -> StoreResult<Vec<Version>> {
        let full = self.full(name);
        let mut found = Vec::new();
        let mut from = None;
        for _ in 0..PAGES_MAX {
            let page = self.0.raw.versions(&full, from.as_ref()).await?;
            let more = page.versions.iter().all(|one| one.name <= full);
            found.extend(page.versions.into_iter().filter(|one| one.name == full));
            match page.next {
                Some(next) if more => from = Some(next),
                _ => return Ok(found),
            }
        }
        Err(StoreError::io(name, "more versions than are looked at"))
    }

    /// One version of an object.
    pub(super) async fn get_version(&self, name: &str, id: &str) -> StoreResult<GetResult> {
        let options = GetOptions { version: Some(id.to_owned()), ..GetOptions::default() };
        let found = self.0.plain.get_opts(&self.path(name)?, options).await;
        found.map_err(|error| StoreError::io(name, error))
    }

    /// Names that have a version, whether a marker hides it or not.
    pub(super) async fn versioned_names(
        &self,
        prefix: &str,
        after: Option<&str>,
    ) -> StoreResult<Vec<String>> {
        let full = self.full(prefix);
        // An empty mark of a version goes on behind all versions of the name.
        let mut from = after.map(|after| (self.full(after), String::new()));
        let mut names: Vec<String> = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = self.0.raw.versions(&full, from.as_ref()).await?;
            for one in page.versions.into_iter().filter(|one| !one.marker) {
                let name = self.short(&one.name).unwrap_or_default().to_owned();
                let behind = after.is_none_or(|after| name.as_str() > after);
                if behind && names.last() != Some(&name) {
                    names.push(name);
                }
            }
            match page.next {
                Some(next) if names.len() < LIST_NAMES_MAX => from = Some(next),
                _ => break,
            }
        }
        names.truncate(LIST_NAMES_MAX);
        Ok(names)
    }

    /// Deletes every version, so that nothing is left.
    pub(super) async fn delete_versions(&self, name: &str) -> StoreResult<()> {
        let mut refused = 0;
        for one in self.versions_of(name).await? {
            if !self.0.raw.delete_version(&one).await? {
                refused += 1;
            }
        }
        if refused == 0 {
            Ok(())
        } else {
            Err(StoreError::Refused(format!(
                "{name} is locked: {refused} of its versions stay until their date"
            )))
        }
    }
}
