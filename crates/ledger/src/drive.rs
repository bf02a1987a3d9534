//! The few calls that the writer makes on a segment file, so that a test can play a disk that is full, that fails, or that
//! loses whatever was not synced (LG-STO-03, LF-10).

use std::fs::File;
use std::io::{self, Write as _};

/// A segment file being written.
pub(crate) trait Drive: Send {
    /// Writes all bytes at the present place.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes the content durable.
    fn sync_data(&mut self) -> io::Result<()>;
    /// Cuts the file, durably.
    fn cut(&mut self, size: u64) -> io::Result<()>;
}

impl Drive for File {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        (&*self).write_all(bytes)
    }
    fn sync_data(&mut self) -> io::Result<()> {
        Self::sync_data(self)
    }
    fn cut(&mut self, size: u64) -> io::Result<()> {
        self.set_len(size)?;
        self.sync_all()
    }
}

/// A disk that fails at a chosen call and can lose power.
#[cfg(test)]
pub(crate) mod losing {
    use super::{Drive, File, io};
    use std::os::unix::fs::FileExt as _;
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, Mutex};

    /// How a call fails.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Failing {
        /// An error, and nothing was done (EIO).
        Nothing,
        /// Half of the bytes were written, then the disk was full (ENOSPC, a short write).
        Half,
        /// Everything was done, yet an error was told.
        Everything,
    }

    /// What becomes of bytes that were written and not synced when the power fails.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Loss {
        /// All are gone, and the file is as long as it was when it was synced.
        All,
        /// The file has its length, but these bytes are zeros.
        Zeroed,
        /// The first half is zeros, the second half was written: the disk took the pages in another order.
        FirstHalf,
        /// Only the first half was written.
        SecondHalf,
    }

    #[derive(Debug, Default)]
    struct State {
        calls: u64,
        fail: Option<(u64, Failing)>,
        failed: bool,
        after_failure: u64,
        /// Of each segment file: bytes that are durable, and bytes written.
        files: Vec<(PathBuf, u64, u64)>,
    }

    /// The disk; clones share it.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct Disk(Arc<Mutex<State>>);

    impl Disk {
        /// A disk whose call with this number fails.
        pub(crate) fn failing(call: u64, how: Failing) -> Self {
            Self(Arc::new(Mutex::new(State { fail: Some((call, how)), ..State::default() })))
        }
        /// Calls so far.
        pub(crate) fn calls(&self) -> u64 {
            self.0.lock().unwrap().calls
        }
        /// Calls on a file after one had failed: there must be none (LG-DUR-02).
        pub(crate) fn calls_after_failure(&self) -> u64 {
            self.0.lock().unwrap().after_failure
        }
        /// The drive of a segment file that is durable so far.
        pub(crate) fn drive(&self, path: &Path, file: File) -> Box<dyn Drive> {
            let size = file.metadata().unwrap().len();
            self.0.lock().unwrap().files.push((path.to_owned(), size, size));
            Box::new(Losing { disk: self.clone(), path: path.to_owned(), file })
        }
        /// The power fails.
        pub(crate) fn crash(&self, loss: Loss) {
            for (path, durable, written) in &self.0.lock().unwrap().files {
                let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
                let middle = durable + (written - durable) / 2;
                match loss {
                    Loss::All => file.set_len(*durable).unwrap(),
                    Loss::SecondHalf => file.set_len(middle).unwrap(),
                    Loss::Zeroed => zero(&file, *durable, *written),
                    Loss::FirstHalf => zero(&file, *durable, middle),
                }
            }
        }
    }

    fn zero(file: &File, from: u64, to: u64) {
        file.write_all_at(&vec![0; (to - from) as usize], from).unwrap();
    }

    struct Losing {
        disk: Disk,
        path: PathBuf,
        file: File,
    }

    impl Losing {
        fn call(&self, done: impl FnOnce(Option<Failing>) -> io::Result<()>) -> io::Result<()> {
            let how = {
                let mut state = self.disk.0.lock().unwrap();
                state.after_failure += u64::from(state.failed);
                let number = state.calls;
                state.calls += 1;
                let how = state.fail.filter(|(at, _)| *at == number).map(|(_, how)| how);
                state.failed |= how.is_some();
                how
            };
            done(how)?;
            match how {
                None => Ok(()),
                Some(Failing::Half) => Err(io::ErrorKind::StorageFull.into()),
                Some(_) => Err(io::Error::other("input/output error, on purpose")),
            }
        }
        fn note(&self, change: impl FnOnce(&mut u64, &mut u64)) {
            let mut state = self.disk.0.lock().unwrap();
            let place = state.files.iter_mut().rev().find(|(path, _, _)| *path == self.path).unwrap();
            change(&mut place.1, &mut place.2);
        }
    }

    impl Drive for Losing {
        fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.call(|how| {
                let size = match how {
                    Some(Failing::Nothing) => 0,
                    Some(Failing::Half) => bytes.len() / 2,
                    _ => bytes.len(),
                };
                io::Write::write_all(&mut &self.file, &bytes[..size])?;
                self.note(|_, written| *written += size as u64);
                Ok(())
            })
        }
        fn sync_data(&mut self) -> io::Result<()> {
            // A sync that fails leaves nobody knows what: the bytes count as not durable.
            self.call(|how| {
                if matches!(how, None | Some(Failing::Everything)) {
                    self.note(|durable, written| *durable = *written);
                }
                Ok(())
            })
        }
        fn cut(&mut self, size: u64) -> io::Result<()> {
            self.call(|how| {
                if matches!(how, None | Some(Failing::Everything)) {
                    self.file.set_len(size)?;
                    self.note(|durable, written| (*durable, *written) = (size, size));
                }
                Ok(())
            })
        }
    }
}
