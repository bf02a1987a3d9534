//! Walking folders in byte order of the names.

use super::Limits;
use crate::record::UnreadReason;
use crate::unread::Unread;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// A regular file that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its path.
    pub path: PathBuf,
    /// The input below which it was found.
    pub root: PathBuf,
    /// Size in bytes.
    pub size: u64,
    /// Modification time, seconds since 1970, where known.
    pub modified: Option<i64>,
}

/// What lies at or below a path.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    /// The regular files.
    pub files: Vec<Found>,
    /// Links called `localtime`, and where they point: on most systems the zone of the host is told by the target alone.
    pub zone_links: Vec<(PathBuf, PathBuf)>,
}

/// All regular files at or below a path, in byte order of their paths. A symbolic link is followed only when it is the
/// input itself; inside a folder its target is read where it stands, and a target outside of the root is reported.
pub fn walk(root: &Path, limits: &Limits, unread: &mut Unread) -> Walked {
    let mut found = Walked::default();
    match fs::metadata(root) {
        Ok(meta) if meta.is_dir() => folder(root, root, limits.depth_max, &mut found, unread),
        Ok(meta) => file(root, root, &meta, &mut found, unread),
        Err(error) => failed(root, &error, unread),
    }
    found
}

fn folder(path: &Path, root: &Path, depth_left: usize, found: &mut Walked, unread: &mut Unread) {
    if depth_left == 0 {
        unread.file(&shown(path), UnreadReason::LimitDepth, "at most 64 folders inside each other");
        return;
    }
    if is_own_report(path) {
        unread.file(&shown(path), UnreadReason::SpecialFile, "logs, not a report that Sekisho wrote earlier");
        return;
    }
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => return failed(path, &error, unread),
    };
    let mut paths = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => paths.push(entry.path()),
            Err(error) => failed(path, &error, unread),
        }
    }
    paths.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    for path in paths {
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_symlink() => link(&path, root, found, unread),
            Ok(meta) if meta.is_dir() => folder(&path, root, depth_left - 1, found, unread),
            Ok(meta) => file(&path, root, &meta, found, unread),
            Err(error) => failed(&path, &error, unread),
        }
    }
}

/// What we wrote ourselves is no input (DT-HOS-20).
fn is_own_report(path: &Path) -> bool {
    path.join("findings.jsonl").is_file() && path.join("ledger").join("format").is_file()
}

fn file(path: &Path, root: &Path, meta: &Metadata, found: &mut Walked, unread: &mut Unread) {
    if !meta.is_file() {
        unread.file(&shown(path), UnreadReason::SpecialFile, "a regular file, not a FIFO, socket or device");
        return;
    }
    let modified = meta.modified().ok().and_then(|time| {
        let after = time.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(after.as_secs()).ok()
    });
    found.files.push(Found { path: path.to_owned(), root: root.to_owned(), size: meta.len(), modified });
}

/// A link inside a folder: what it points to inside the root is read under its own name.
fn link(path: &Path, root: &Path, found: &mut Walked, unread: &mut Unread) {
    if path.file_name().is_some_and(|name| name == "localtime")
        && let Ok(target) = fs::read_link(path)
    {
        found.zone_links.push((path.to_owned(), target));
        return;
    }
    let inside = fs::canonicalize(path)
        .and_then(|target| Ok((target, fs::canonicalize(root)?)))
        .is_ok_and(|(target, root)| target.starts_with(root));
    if !inside {
        unread.file(&shown(path), UnreadReason::SpecialFile, "no symbolic link that leads out of the folder");
    }
}

fn failed(path: &Path, error: &io::Error, unread: &mut Unread) {
    let (reason, expected) = super::guard::reason_of(error, false);
    unread.file(&shown(path), reason, expected);
}

/// A path as shown; bytes that are not UTF-8 are replaced.
pub(crate) fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
