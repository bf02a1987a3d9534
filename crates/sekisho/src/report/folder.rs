//! Where the report goes: nothing of somebody else is overwritten, nothing incomplete stands under a final name.

use crate::error::{Hinted, Usage};
use crate::output::atomic;
use anyhow::Context as _;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Files of a report. The summary is written last, so that a folder with a summary holds a whole report.
const FILES: [&str; 8] = [
    "summary.json",
    "report.html",
    "incidents.json",
    "findings.jsonl",
    "timeline.csv",
    "logons.csv",
    "events.csv",
    "unread.jsonl",
];
const LEDGER: &str = "ledger";
const LEDGER_PARTIAL: &str = "ledger.partial";

/// A folder that one run writes into.
pub(crate) struct Folder {
    path: PathBuf,
    /// Holds the lock on the folder.
    _lock: File,
}

impl Folder {
    /// Makes or takes over the folder.
    ///
    /// # Errors
    /// Wrong use when it holds anything but an earlier report; a failure when it cannot be made, or another run writes
    /// into it.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let name = || format!("cannot write into {}", path.display());
        match std::fs::symlink_metadata(path) {
            Ok(_) if !path.is_dir() => {
                return Err(Usage::error(
                    format!("{} is not a folder", path.display()),
                    "name another place with --out",
                ));
            }
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                std::fs::create_dir_all(path).with_context(name)?;
            }
            Err(error) => return Err(error).with_context(name),
        }
        let lock = File::open(path).with_context(name)?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(Hinted::error(
                format!("another run writes into {}", path.display()),
                "wait until it has ended, or name another place with --out",
            ));
        }
        check(path)?;
        remove(&path.join(LEDGER_PARTIAL))?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the ledger grows until the run is complete.
    pub(crate) fn ledger_partial(&self) -> PathBuf {
        self.path.join(LEDGER_PARTIAL)
    }

    /// Puts the complete ledger in its place. Takes away the files of an earlier report first, because their citations
    /// mean another ledger.
    pub(crate) fn keep_ledger(&self) -> anyhow::Result<()> {
        for file in FILES {
            remove(&self.path.join(file))?;
        }
        remove(&self.path.join(LEDGER))?;
        let name = || format!("cannot write {}", self.path.join(LEDGER).display());
        std::fs::rename(self.path.join(LEDGER_PARTIAL), self.path.join(LEDGER)).with_context(name)?;
        File::open(&self.path).and_then(|folder| folder.sync_all()).with_context(name)
    }

    /// Writes one file of the report.
    pub(crate) fn write(
        &self,
        name: &str,
        fill: impl FnOnce(&mut atomic::AtomicFile) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        let path = self.path.join(name);
        let mut file = atomic::AtomicFile::create(&path)?;
        fill(&mut file).with_context(|| format!("cannot write {}", path.display()))?;
        file.commit()
    }
}

/// Refuses a folder with anything that is not of a report.
fn check(path: &Path) -> anyhow::Result<()> {
    let name = || format!("cannot read {}", path.display());
    for entry in std::fs::read_dir(path).with_context(name)? {
        let found = entry.with_context(name)?.file_name();
        let text = found.to_string_lossy();
        let whole = text.strip_suffix(".partial").unwrap_or(&text);
        let ours = FILES.contains(&whole) || (whole == LEDGER && is_ledger(&path.join(&found)));
        if !ours {
            return Err(Usage::error(
                format!("{} holds {text}, which is not of an earlier report", path.display()),
                "name an empty or new folder with --out",
            ));
        }
    }
    Ok(())
}

/// A ledger of ours, or the beginning of one.
fn is_ledger(path: &Path) -> bool {
    let known = ["format", "segments", "keys", "checkpoints", "checkpoint", "lock"];
    std::fs::read_dir(path).is_ok_and(|entries| {
        entries.flatten().all(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            known.contains(&name.trim_start_matches('.').split('.').next().unwrap_or_default())
        })
    })
}

fn remove(path: &Path) -> anyhow::Result<()> {
    let removed = match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    };
    removed.with_context(|| format!("cannot remove {}, which is of an earlier report", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &Path) -> String {
        Folder::open(path).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn somebody_elses_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        File::create(folder.path().join("thesis.doc")).unwrap();
        assert!(refused(folder.path()).contains("thesis.doc"));
        let photos = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(photos.path().join("ledger/photos")).unwrap();
        assert!(refused(photos.path()).contains("ledger"));
    }

    #[test]
    fn an_earlier_report_is_taken_over_and_locked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/r");
        let first = Folder::open(&path).unwrap();
        first.write("summary.json", |out| std::io::Write::write_all(out, b"{}")).unwrap();
        assert!(refused(&path).contains("another run"));
        drop(first);
        assert_eq!(refused(&path), "");
    }
}
