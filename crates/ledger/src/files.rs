//! Files and folders: creation with narrow rights, durable replacement, capped reading (LG-DUR-04).

use crate::{Error, Result};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// First line of the file `format`.
pub(crate) const FORMAT_LINE: &str = "sekisho-ledger 1\n";

pub(crate) fn make_folder(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(Error::io(path))
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a file that must not exist yet.
pub(crate) fn create_new(path: &Path) -> Result<File> {
    options().write(true).create_new(true).open(path).map_err(Error::io(path))
}

/// Opens an existing file for appending and cutting.
pub(crate) fn open_existing(path: &Path) -> Result<File> {
    options().read(true).write(true).open(path).map_err(Error::io(path))
}

/// Takes the lock of the one writer (LG-SEG-07).
pub(crate) fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let file = options().write(true).create(true).truncate(false).open(&path).map_err(Error::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Locked { path }),
        Err(std::fs::TryLockError::Error(error)) => Err(Error::io(&path)(error)),
    }
}

/// Makes names created in `folder` durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(Error::io(folder))
}

/// Replaces `folder/name` as a whole or not at all: temporary file, sync, rename, sync of the folder.
pub(crate) fn replace(folder: &Path, name: &str, content: &[u8]) -> Result<()> {
    let (path, temporary) = (folder.join(name), folder.join(format!("{name}.tmp")));
    let mut options = options();
    let mut file =
        options.write(true).create(true).truncate(true).open(&temporary).map_err(Error::io(&temporary))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(Error::io(&temporary))?;
    std::fs::rename(&temporary, &path).map_err(Error::io(&path))?;
    sync_folder(folder)
}

/// Reads a small file; one longer than `bytes_max` is an error.
pub(crate) fn read_small(path: &Path, bytes_max: usize) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(Error::io(path))?;
    let mut content = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "limited by take")]
    file.take(bytes_max as u64 + 1).read_to_end(&mut content).map_err(Error::io(path))?;
    if content.len() > bytes_max {
        return Err(Error::Limit {
            what: "small file in bytes",
            size: content.len() as u64,
            limit: bytes_max as u64,
        });
    }
    Ok(content)
}

/// Checks the file `format`.
pub(crate) fn check_format(folder: &Path) -> Result<()> {
    let path = folder.join("format");
    match read_small(&path, 64)? {
        line if line == FORMAT_LINE.as_bytes() => Ok(()),
        line if line.starts_with(b"sekisho-ledger ") => {
            Err(Error::Format { path, what: "made by a newer version" })
        }
        _ => Err(Error::Format { path, what: "not a ledger" }),
    }
}

/// Numbers of the segment files, ascending, and names that are none.
pub(crate) fn segment_numbers(folder: &Path) -> Result<(Vec<u64>, Vec<String>)> {
    let folder = folder.join("segments");
    let (mut numbers, mut strays) = (Vec::new(), Vec::new());
    for item in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
        let name = item.map_err(Error::io(&folder))?.file_name();
        let name = name.to_string_lossy();
        match name.strip_suffix(".seg").and_then(|number| number.parse().ok()) {
            Some(number) if crate::frame::segment_name(number) == name => numbers.push(number),
            _ => strays.push(name.into_owned()),
        }
    }
    numbers.sort_unstable();
    strays.sort();
    Ok((numbers, strays))
}

/// Segment files in order. A name that does not belong there is an error; a missing number too.
pub(crate) fn segments(folder: &Path) -> Result<Vec<PathBuf>> {
    let (numbers, strays) = segment_numbers(folder)?;
    let folder = folder.join("segments");
    if let Some(name) = strays.first() {
        return Err(Error::damage(&folder.join(name), 0, "segment files numbered without a hole"));
    }
    let paths: Vec<PathBuf> =
        numbers.iter().map(|number| folder.join(crate::frame::segment_name(*number))).collect();
    match (0..).zip(&numbers).zip(&paths).find(|((expected, number), _)| expected != *number) {
        Some((_, path)) => Err(Error::damage(path, 0, "segment files numbered without a hole")),
        None => Ok(paths),
    }
}
