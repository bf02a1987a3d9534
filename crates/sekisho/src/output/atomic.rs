//! Files are written whole or not at all: temporary file, fsync, rename, fsync of the folder.

use anyhow::Context as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that appears under its name only when it is complete.
pub(crate) struct AtomicFile {
    file: Option<BufWriter<File>>,
    temporary: PathBuf,
    path: PathBuf,
}

impl AtomicFile {
    /// Starts a file.
    ///
    /// # Errors
    /// When the folder cannot be written; the message names the path.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let temporary = path.with_file_name(name);
        let file = File::create(&temporary).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { file: Some(BufWriter::with_capacity(1 << 16, file)), temporary, path: path.to_owned() })
    }

    /// Makes the file durable and gives it its name.
    ///
    /// # Errors
    /// When the disk is full or the folder cannot be written; the message names the path.
    pub(crate) fn commit(mut self) -> anyhow::Result<()> {
        let context = || format!("cannot write {}", self.path.display());
        if let Some(writer) = self.file.take() {
            let file = writer.into_inner().map_err(|error| anyhow::Error::from(error.into_error()));
            file.and_then(|file| Ok(file.sync_all()?)).with_context(context)?;
        }
        std::fs::rename(&self.temporary, &self.path).with_context(context)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        sync_folder(folder.unwrap_or(Path::new("."))).with_context(context)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.as_mut().map_or(Err(std::io::ErrorKind::BrokenPipe.into()), |file| file.write(bytes))
    }

    /// Straight into the buffer: JSON comes in pieces of a few bytes.
    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.file.as_mut().map_or(Err(std::io::ErrorKind::BrokenPipe.into()), |file| file.write_all(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

/// Writes a small file whole or not at all.
///
/// # Errors
/// When the folder cannot be written; the message names the path.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).with_context(|| format!("cannot write {}", path.display()))?;
    file.commit()
}

/// Makes a rename in the folder durable.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}
