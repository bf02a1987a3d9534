//! The few calls of a file system that the directory backend needs, so that a test can play a file system that loses
//! whatever was not synced (LG-STO-03).

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::Path;

/// A file system.
pub(super) trait Disk: Send + Sync {
    /// Makes a folder when it is not there; true when it was made.
    fn make_folder(&self, path: &Path) -> io::Result<bool>;
    /// Makes a file that must not exist; not durable.
    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Makes the content of a file durable.
    fn sync_file(&self, path: &Path) -> io::Result<()>;
    /// Gives a file a second name that must not exist; not durable.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Puts a file in the place of another; not durable.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Takes a name away; not durable.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Content of a file, at most `bytes_max`.
    fn read(&self, path: &Path, bytes_max: usize) -> io::Result<Vec<u8>>;
    /// Names in a folder: files, and folders with `true`.
    fn names(&self, path: &Path) -> io::Result<Vec<(String, bool)>>;
}

/// The file system of this machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Real;

impl Disk for Real {
    fn make_folder(&self, path: &Path) -> io::Result<bool> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(false),
            Err(error) => Err(error),
        }
    }
    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.write(true).create_new(true).open(path)?.write_all(bytes)
    }
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::hard_link(from, to)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
    fn read(&self, path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        #[expect(clippy::disallowed_methods, reason = "limited by take")]
        File::open(path)?.take(bytes_max as u64 + 1).read_to_end(&mut content)?;
        if content.len() > bytes_max {
            return Err(io::Error::new(ErrorKind::FileTooLarge, "larger than the limit"));
        }
        Ok(content)
    }
    fn names(&self, path: &Path) -> io::Result<Vec<(String, bool)>> {
        let mut names = Vec::new();
        for item in std::fs::read_dir(path)? {
            let item = item?;
            let folder = item.file_type()?.is_dir();
            names.extend(item.file_name().into_string().ok().map(|name| (name, folder)));
        }
        Ok(names)
    }
}

/// A file system in memory that forgets on [`Losing::crash`] what was not synced, and fails at a chosen call.
#[cfg(test)]
pub(super) mod losing {
    use super::{Disk, ErrorKind, Path, io};
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::PathBuf;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct State {
        /// Content by file number: as written, and as it would survive.
        files: BTreeMap<u64, (Vec<u8>, Vec<u8>)>,
        names: BTreeMap<PathBuf, u64>,
        durable_names: BTreeMap<PathBuf, u64>,
        folders: BTreeSet<PathBuf>,
        durable_folders: BTreeSet<PathBuf>,
        next: u64,
        calls: u64,
        fail_at: Option<u64>,
    }

    #[derive(Default)]
    pub(crate) struct Losing(Mutex<State>);

    impl Losing {
        /// Power fails: only what was synced is left.
        pub(crate) fn crash(&self) {
            let mut state = self.0.lock().unwrap();
            state.names = state.durable_names.clone();
            state.folders = state.durable_folders.clone();
            for content in state.files.values_mut() {
                content.0.clone_from(&content.1);
            }
            state.fail_at = None;
        }
        /// The call with this number, counted from now, and all after it fail.
        pub(crate) fn fail_at(&self, call: u64) {
            let mut state = self.0.lock().unwrap();
            state.fail_at = Some(state.calls + call);
        }
        pub(crate) fn calls(&self) -> u64 {
            self.0.lock().unwrap().calls
        }
        fn with<T>(&self, work: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
            let mut state = self.0.lock().unwrap();
            state.calls += 1;
            if state.fail_at.is_some_and(|at| state.calls > at) {
                return Err(io::Error::other("the power failed"));
            }
            work(&mut state)
        }
    }

    fn missing<T>(found: Option<T>) -> io::Result<T> {
        found.ok_or_else(|| ErrorKind::NotFound.into())
    }

    impl Disk for std::sync::Arc<Losing> {
        fn make_folder(&self, path: &Path) -> io::Result<bool> {
            self.with(|state| Ok(state.folders.insert(path.to_owned())))
        }
        fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            self.with(|state| {
                if state.names.contains_key(path) {
                    return Err(ErrorKind::AlreadyExists.into());
                }
                let number = state.next;
                state.next += 1;
                state.files.insert(number, (bytes.to_vec(), Vec::new()));
                state.names.insert(path.to_owned(), number);
                Ok(())
            })
        }
        fn sync_file(&self, path: &Path) -> io::Result<()> {
            self.with(|state| {
                let number = missing(state.names.get(path).copied())?;
                let content = missing(state.files.get_mut(&number))?;
                content.1.clone_from(&content.0);
                Ok(())
            })
        }
        fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.with(|state| {
                if state.names.contains_key(to) {
                    return Err(ErrorKind::AlreadyExists.into());
                }
                let number = missing(state.names.get(from).copied())?;
                state.names.insert(to.to_owned(), number);
                Ok(())
            })
        }
        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.with(|state| {
                let number = missing(state.names.remove(from))?;
                state.names.insert(to.to_owned(), number);
                Ok(())
            })
        }
        fn remove(&self, path: &Path) -> io::Result<()> {
            self.with(|state| missing(state.names.remove(path)).map(drop))
        }
        fn sync_folder(&self, path: &Path) -> io::Result<()> {
            self.with(|state| {
                let here = |name: &Path| name.parent() == Some(path);
                state.durable_names.retain(|name, _| !here(name));
                let now: Vec<_> = state.names.iter().filter(|(name, _)| here(name)).collect();
                let now: Vec<_> = now.into_iter().map(|(name, number)| (name.clone(), *number)).collect();
                state.durable_names.extend(now);
                let folders: Vec<_> = state.folders.iter().filter(|name| here(name)).cloned().collect();
                state.durable_folders.extend(folders);
                Ok(())
            })
        }
        fn read(&self, path: &Path, _: usize) -> io::Result<Vec<u8>> {
            self.with(|state| {
                let number = missing(state.names.get(path).copied())?;
                missing(state.files.get(&number)).map(|content| content.0.clone())
            })
        }
        fn names(&self, path: &Path) -> io::Result<Vec<(String, bool)>> {
            self.with(|state| {
                let here = |name: &&PathBuf| name.parent() == Some(path);
                let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
                let files = state.names.keys().filter(here).map(|path| (name(path), false));
                Ok(files.chain(state.folders.iter().filter(here).map(|path| (name(path), true))).collect())
            })
        }
    }
}
