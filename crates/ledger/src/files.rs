//! Files and folders: creation with narrow rights, durable replacement, capped reading (LG-DUR-04).

use crate::{Error, Result};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// First line of the file `format` as it is written now.
pub(crate) const FORMAT_LINE: &str = "sekisho-ledger 2\n";
/// First line of the file `format` in version 1: no frame with the second magic, nothing filled in advance.
const FORMAT_LINE_1: &str = "sekisho-ledger 1\n";

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

/// The lock of the one writer (LG-SEG-07). While it is held, the file names its holder.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Empties the file: a ledger that was closed names no writer.
    pub(crate) fn release(&self) -> Result<()> {
        self.file.set_len(0).map_err(Error::io(&self.path))
    }
}

/// Takes the lock of the one writer; a refusal names host and process of the holder.
pub(crate) fn lock(folder: &Path) -> Result<Lock> {
    let path = folder.join("lock");
    let mut file = options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(Error::io(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            let holder = read_small(&path, 512).unwrap_or_default();
            let holder = String::from_utf8_lossy(&holder).trim().to_owned();
            return Err(Error::Locked { path, holder });
        }
        Err(std::fs::TryLockError::Error(error)) => return Err(Error::io(&path)(error)),
    }
    let holder = format!("{} process {}\n", host(), std::process::id());
    file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(Error::io(&path))?;
    Ok(Lock { file, path })
}

/// Name of this computer, for people who look for the other writer.
fn host() -> String {
    #[cfg(unix)]
    return rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    return "this computer".to_owned();
}

/// Offset behind the last byte of a file that is not zero.
pub(crate) fn content_end(path: &Path) -> Result<u64> {
    const CHUNK_BYTES: u64 = 64 * 1024;
    let mut file = File::open(path).map_err(Error::io(path))?;
    let mut end = file.metadata().map_err(Error::io(path))?.len();
    let mut chunk = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(CHUNK_BYTES);
        chunk.clear();
        #[expect(clippy::disallowed_methods, reason = "limited by take")]
        file.seek(SeekFrom::Start(start))
            .and_then(|_| (&file).take(end - start).read_to_end(&mut chunk))
            .map_err(Error::io(path))?;
        if let Some(last) = chunk.iter().rposition(|byte| *byte != 0) {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(0)
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

/// While the value lives, nobody else publishes a head of this ledger: the writer and whoever keeps cosignatures would put an
/// older one in place of a newer one. Where the file system has no such lock, there is none.
pub(crate) fn publishing(folder: &Path) -> Option<File> {
    let file = File::open(folder.join("checkpoints")).ok()?;
    file.lock().ok().map(|()| file)
}

/// Makes a folder and those above it.
pub(crate) fn make_folders(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path).map_err(Error::io(path))
}

/// Puts a derived file in its place as a whole, without a sync (LG-DUR-09). Several programs may do so at once.
pub(crate) fn put_unsynced(path: &Path, content: &[u8]) -> Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let mut options = options();
    let file = options.write(true).create(true).truncate(true).open(&temporary);
    file.and_then(|mut file| file.write_all(content)).map_err(Error::io(&temporary))?;
    std::fs::rename(&temporary, path).map_err(Error::io(path))
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
        line if [FORMAT_LINE, FORMAT_LINE_1].iter().any(|known| line == known.as_bytes()) => Ok(()),
        line if line.starts_with(b"sekisho-ledger ") => {
            Err(Error::Format { path, what: "made by a newer version" })
        }
        _ => Err(Error::Format { path, what: "not a ledger" }),
    }
}

/// A ledger of version 1 is written on in version 2.
pub(crate) fn upgrade_format(folder: &Path) -> Result<()> {
    if read_small(&folder.join("format"), 64)? == FORMAT_LINE.as_bytes() {
        return Ok(());
    }
    replace(folder, "format", FORMAT_LINE.as_bytes())
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
