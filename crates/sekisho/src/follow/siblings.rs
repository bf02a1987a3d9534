//! The other files of a log: `app.log.1`, `app.log-20261128`, `app-20261128.log`.

use super::generation::{self, FileId};
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use vocab::Timestamp;

/// Most files of a folder that are looked at.
const FILES_MAX: usize = 100_000;
/// Most files of one log.
const SIBLINGS_MAX: usize = 1_000;

/// A file that may be an earlier one of the same log.
#[derive(Debug)]
pub(crate) struct Sibling {
    /// Its path.
    pub(crate) path: PathBuf,
    /// Which file.
    pub(crate) id: FileId,
    /// When it was last written to.
    pub(crate) written: Timestamp,
    /// It is compressed, and cannot be read on.
    pub(crate) packed: bool,
}

impl Sibling {
    /// Opens it, unless another file has taken its name meanwhile.
    pub(crate) fn open(&self) -> io::Result<Option<File>> {
        let (file, data) = generation::open(&self.path)?;
        Ok((FileId::of(&data) == self.id).then_some(file))
    }
}

/// The other files of the log at `path`, those written to first before the others.
pub(crate) fn list(path: &Path) -> io::Result<Vec<Sibling>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Ok(Vec::new());
    };
    // A log may be named without a folder: it lies in that of the process.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut found = Vec::new();
    for item in std::fs::read_dir(folder)?.take(FILES_MAX) {
        let item = item?;
        let Some(packed) = item.file_name().to_str().and_then(|other| turned(name, other)) else { continue };
        // Whoever may write into the folder can put links there: they are not followed.
        let Ok(data) = std::fs::symlink_metadata(item.path()) else { continue };
        if data.is_file() && found.len() < SIBLINGS_MAX {
            let written = Timestamp::from_seconds(data.mtime()).plus(data.mtime_nsec() / 1_000);
            found.push(Sibling { path: item.path(), id: FileId::of(&data), written, packed });
        }
    }
    // Of two that were written to last at the same moment, the one with the larger number is the older one.
    found.sort_by(|a, b| (a.written, number(&b.path), &a.path).cmp(&(b.written, number(&a.path), &b.path)));
    Ok(found)
}

fn number(path: &Path) -> u64 {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let digits = name.rsplit(['.', '-', '_']).find_map(|part| part.parse().ok());
    digits.filter(|number| *number < 100_000).unwrap_or(0)
}

/// Whether a turned file of the log `name` may be called `other`; and whether that is a compressed one.
fn turned(name: &str, other: &str) -> Option<bool> {
    const PACKED: [&str; 5] = [".gz", ".xz", ".bz2", ".zst", ".Z"];
    let plain = PACKED.iter().find_map(|ending| other.strip_suffix(ending));
    let packed = plain.is_some();
    let other = plain.unwrap_or(other);
    let dated = |rest: &str| {
        let rest = rest.strip_prefix(['.', '-', '_']).unwrap_or_default();
        rest == "old"
            || (rest.contains(|c: char| c.is_ascii_digit())
                && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | ':' | 'T' | 'Z')))
    };
    let behind = other.strip_prefix(name).is_some_and(dated);
    let before_ending = name.rsplit_once('.').is_some_and(|(stem, ending)| {
        let middle = other.strip_prefix(stem).and_then(|rest| rest.strip_suffix(ending)?.strip_suffix('.'));
        middle.is_some_and(dated)
    });
    (behind || before_ending).then_some(packed)
}

#[cfg(test)]
mod tests {
    use super::turned;

    /// A log that is named without a folder is one of the folder that the process works in.
    #[test]
    fn a_bare_name_has_a_folder() {
        assert!(super::list(std::path::Path::new("Cargo.toml")).is_ok());
    }

    #[test]
    fn turned_files_are_known_by_their_names() {
        for (other, packed) in [
            ("app.log.1", Some(false)),
            ("app.log.12.gz", Some(true)),
            ("app.log-20261128", Some(false)),
            ("app-2026-11-28.log", Some(false)),
            ("app-20261128.log.xz", Some(true)),
            ("app.log.old", Some(false)),
            ("app.log.2026-11-28T03:00:00Z", Some(false)),
            ("app.log", None),
            ("app2.log", None),
            ("app.log.swp", None),
            ("app.login.1", None),
            ("app.log.evil.1", None),
            ("app.", None),
            ("other.log.1", None),
        ] {
            assert_eq!(turned("app.log", other), packed, "{other}");
        }
        assert_eq!(turned("messages", "messages-1"), Some(false));
    }
}
