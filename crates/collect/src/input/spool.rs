//! Bytes that are read more than once although their source can be read only once, or only from its beginning: standard
//! input, and the stream inside a compressed tar archive. They are put into a temporary file without a name.

use super::{LimitError, Opened};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A temporary file that nobody else can open; gone with its last user.
#[derive(Debug)]
pub struct Spool {
    file: Mutex<File>,
    length: u64,
}

impl Spool {
    /// Takes in a stream up to `bytes_max` bytes. When it breaks off, what came before is kept and the error handed back.
    pub(crate) fn fill(stream: Opened, bytes_max: u64) -> io::Result<(Arc<Self>, Option<io::Error>)> {
        let mut file = tempfile::tempfile()?;
        let mut stream = stream.take(bytes_max.saturating_add(1));
        let mut chunk = vec![0; 128 << 10];
        let (mut length, mut broken) = (0_u64, None);
        loop {
            match stream.read(&mut chunk) {
                Ok(0) => break,
                Ok(got) => {
                    file.write_all(chunk.get(..got).unwrap_or_default())?;
                    length += got as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        if length > bytes_max {
            length = bytes_max;
            broken = Some(LimitError::Size { bytes_max }.into());
        }
        Ok((Arc::new(Self { file: Mutex::new(file), length }), broken))
    }

    /// Reads it from its beginning.
    pub(crate) fn reader(self: &Arc<Self>) -> SpoolReader {
        SpoolReader { spool: Arc::clone(self), at: 0 }
    }
}

/// One reader of a [`Spool`], with a place of its own.
#[derive(Debug)]
pub(crate) struct SpoolReader {
    spool: Arc<Spool>,
    at: u64,
}

impl Read for SpoolReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.spool.length.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let max = left.min(buffer.len());
        let Some(buffer) = buffer.get_mut(..max).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let mut file = self.spool.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        let got = file.read(buffer)?;
        self.at += got as u64;
        Ok(got)
    }
}

impl Seek for SpoolReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.spool.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_readers_do_not_disturb_each_other() {
        let (spool, broken) = Spool::fill(Box::new(io::Cursor::new(b"0123456789".to_vec())), 8).unwrap();
        assert!(broken.is_some());
        let (mut one, mut two) = (spool.reader(), spool.reader());
        let mut bytes = [0; 4];
        one.seek(SeekFrom::End(-3)).unwrap();
        two.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"0123");
        assert_eq!(one.read(&mut bytes).unwrap(), 3);
        assert_eq!(&bytes[..3], b"567");
    }
}
