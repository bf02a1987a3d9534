//! A folder as a store: temporary file, sync, link without replacing, sync of the folder (LG chapter 12.2).

use super::disk::{Disk, Real};
use super::{
    CELL_BYTES_MAX, Cell, LIST_NAMES_MAX, OBJECT_BYTES_MAX, Objects, StoreError, StoreResult, Versioned,
    check_name, check_object,
};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Deepest nesting of folders that is listed.
const DEPTH_MAX: usize = 16;

/// Objects as files below a folder.
pub struct DirectoryObjects {
    root: PathBuf,
    disk: Box<dyn Disk>,
    /// Numbers temporary files of this process.
    temporary: AtomicU64,
}

impl DirectoryObjects {
    /// Objects below `root`, which is made when it is not there.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn open(root: &Path) -> StoreResult<Self> {
        Self::on(root, Box::new(Real))
    }

    fn on(root: &Path, disk: Box<dyn Disk>) -> StoreResult<Self> {
        let store = Self { root: root.to_owned(), disk, temporary: AtomicU64::new(0) };
        store.make_folder(root).map_err(|error| StoreError::io("folder of the store", error))?;
        Ok(store)
    }

    /// Makes a folder whose name is durable; the folders above it exist.
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.disk.make_folder(path)?;
        // Also when it was there: whoever made it may have died before the sync.
        match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => self.disk.sync_folder(parent),
            None => Ok(()),
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<bool> {
        let path = self.root.join(name);
        let mut folder = self.root.clone();
        let mut parts = name.split('/').peekable();
        while let (Some(part), true) = (parts.next(), parts.peek().is_some()) {
            folder.push(part);
            self.make_folder(&folder)?;
        }
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = folder.join(format!(".{}-{number}.tmp", std::process::id()));
        match self.disk.remove(&temporary) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.disk.write_new(&temporary, bytes)?;
        self.disk.sync_file(&temporary)?;
        let linked = self.disk.link(&temporary, &path);
        let made = match linked {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if self.disk.read(&path, OBJECT_BYTES_MAX)? != bytes {
                    self.disk.remove(&temporary)?;
                    return Ok(false);
                }
                // Whoever wrote it may not have come to the sync of the folder.
                true
            }
            Err(error) => return Err(error),
        };
        self.disk.remove(&temporary)?;
        self.disk.sync_folder(&folder)?;
        Ok(made)
    }

    fn walk(&self, folder: &Path, name: &str, depth: usize, found: &mut Vec<String>) -> io::Result<()> {
        let mut names = match self.disk.names(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            names => names?,
        };
        names.retain(|(part, _)| !part.starts_with('.'));
        for (part, is_folder) in names {
            let name = if name.is_empty() { part.clone() } else { format!("{name}/{part}") };
            if !is_folder {
                found.push(name);
            } else if depth < DEPTH_MAX {
                self.walk(&folder.join(part), &name, depth + 1, found)?;
            }
        }
        Ok(())
    }
}

impl Objects for DirectoryObjects {
    fn get(&self, name: &str) -> StoreResult<Option<Vec<u8>>> {
        check_name(name)?;
        match self.disk.read(&self.root.join(name), OBJECT_BYTES_MAX) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io(name, error)),
        }
    }

    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> StoreResult<()> {
        check_object(name, bytes)?;
        match self.put(name, bytes) {
            Ok(true) => Ok(()),
            Ok(false) => Err(StoreError::Exists { name: name.to_owned() }),
            Err(error) => Err(StoreError::io(name, error)),
        }
    }

    fn list(&self, prefix: &str, after: Option<&str>) -> StoreResult<Vec<String>> {
        // Only the folder that the prefix names is walked.
        let base = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        if !base.is_empty() {
            check_name(base)?;
        }
        let mut found = Vec::new();
        let folder = if base.is_empty() { self.root.clone() } else { self.root.join(base) };
        self.walk(&folder, base, 0, &mut found).map_err(|error| StoreError::io(prefix, error))?;
        found.retain(|name| name.starts_with(prefix) && after.is_none_or(|after| name.as_str() > after));
        found.sort();
        found.truncate(LIST_NAMES_MAX);
        Ok(found)
    }

    fn delete(&self, name: &str) -> StoreResult<()> {
        check_name(name)?;
        let path = self.root.join(name);
        let removed = match self.disk.remove(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            removed => removed,
        };
        let folder = path.parent().unwrap_or(&self.root);
        removed.and_then(|()| self.disk.sync_folder(folder)).map_err(|error| StoreError::io(name, error))
    }
}

/// A cell as a file: a number (8 bytes), then the value. Exchanges are serialised by a lock on a file beside it.
pub struct DirectoryCell {
    folder: PathBuf,
    name: String,
    disk: Box<dyn Disk>,
    lock: Option<File>,
    writes: bool,
    /// Within this process too.
    busy: Mutex<()>,
}

impl DirectoryCell {
    /// The cell `name` in `folder`, which must exist.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &Path, name: &str) -> StoreResult<Self> {
        check_name(name)?;
        let path = folder.join(format!("{name}.lock"));
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let lock = lock.map_err(|error| StoreError::io(name, error))?;
        Ok(Self::on(folder, name, Box::new(Real), Some(lock)))
    }

    /// The cell `name` in a folder that cannot be written, such as a medium that is written once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn to_read(folder: &Path, name: &str) -> StoreResult<Self> {
        check_name(name)?;
        let mut cell = Self::on(folder, name, Box::new(Real), None);
        cell.writes = false;
        Ok(cell)
    }

    fn on(folder: &Path, name: &str, disk: Box<dyn Disk>, lock: Option<File>) -> Self {
        Self {
            folder: folder.to_owned(),
            name: name.to_owned(),
            disk,
            lock,
            writes: true,
            busy: Mutex::new(()),
        }
    }

    fn read(&self) -> io::Result<Option<(u64, Vec<u8>)>> {
        let bytes = match self.disk.read(&self.folder.join(&self.name), CELL_BYTES_MAX + 8) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        match bytes.split_first_chunk::<8>() {
            Some((number, value)) => Ok(Some((u64::from_be_bytes(*number), value.to_vec()))),
            None => Err(io::Error::new(ErrorKind::InvalidData, "a cell begins with its number")),
        }
    }

    fn swap(&self, expected: Option<&str>, value: &[u8]) -> io::Result<Option<String>> {
        let now = self.read()?;
        if now.as_ref().map(|(number, _)| number.to_string()).as_deref() != expected {
            return Ok(None);
        }
        let number = now.map_or(1, |(number, _)| number + 1);
        let mut bytes = number.to_be_bytes().to_vec();
        bytes.extend(value);
        let temporary = self.folder.join(format!(".{}.tmp", self.name));
        match self.disk.remove(&temporary) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.disk.write_new(&temporary, &bytes)?;
        self.disk.sync_file(&temporary)?;
        self.disk.rename(&temporary, &self.folder.join(&self.name))?;
        self.disk.sync_folder(&self.folder)?;
        Ok(Some(number.to_string()))
    }
}

impl Cell for DirectoryCell {
    fn load(&self) -> StoreResult<Option<Versioned>> {
        let found = self.read().map_err(|error| StoreError::io(&self.name, error))?;
        Ok(found.map(|(number, value)| Versioned { value, version: number.to_string() }))
    }

    fn compare_and_swap(&self, expected: Option<&str>, value: &[u8]) -> StoreResult<String> {
        if value.len() > CELL_BYTES_MAX {
            return Err(StoreError::Unfit {
                name: self.name.clone(),
                what: "a value of at most 64 KiB expected",
            });
        }
        if !self.writes {
            return Err(StoreError::Refused("it was opened for reading".to_owned()));
        }
        let failed = |error: io::Error| StoreError::io(&self.name, error);
        let _busy = self.busy.lock().map_err(|_| failed(io::Error::other("an exchange before failed")))?;
        if let Some(lock) = &self.lock {
            lock.lock().map_err(failed)?;
        }
        let swapped = self.swap(expected, value);
        if let Some(lock) = &self.lock {
            lock.unlock().map_err(failed)?;
        }
        swapped.map_err(failed)?.ok_or(StoreError::Stale)
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::losing::Losing;
    use super::*;
    use std::sync::Arc;

    const ROOT: &str = "/store";

    fn on(disk: &Arc<Losing>) -> StoreResult<DirectoryObjects> {
        // The folder above the store is there before everything else.
        DirectoryObjects::on(Path::new(ROOT), Box::new(Arc::clone(disk)))
    }

    /// LG-STO-03: whatever call fails and whatever was not synced is lost, an acknowledged object is there whole, and
    /// one that was not acknowledged is there whole or not at all.
    #[test]
    fn acknowledged_objects_survive_a_crash_at_every_call() {
        for fail_at in 0.. {
            let disk = Arc::new(Losing::default());
            disk.fail_at(fail_at);
            let mut acknowledged = Vec::new();
            if let Ok(store) = on(&disk) {
                for name in ["frames/a", "frames/b", "frames/deep/c", "frames/a"] {
                    if store.put_if_absent(name, name.as_bytes()).is_ok() {
                        acknowledged.push(name);
                    }
                }
            }
            let done = disk.calls() <= fail_at;
            disk.crash();
            let store = on(&disk).unwrap();
            for name in ["frames/a", "frames/b", "frames/deep/c"] {
                match store.get(name).unwrap() {
                    Some(bytes) => assert_eq!(bytes, name.as_bytes(), "half an object, call {fail_at}"),
                    None => assert!(!acknowledged.contains(&name), "{name} is lost, call {fail_at}"),
                }
                store.put_if_absent(name, name.as_bytes()).unwrap();
            }
            let all = store.list("frames/", None).unwrap();
            assert_eq!(all, ["frames/a", "frames/b", "frames/deep/c"], "call {fail_at}");
            if done {
                assert!(fail_at > 20);
                break;
            }
        }
    }

    #[test]
    fn an_exchange_survives_a_crash_at_every_call() {
        for fail_at in 0.. {
            let disk = Arc::new(Losing::default());
            disk.make_folder(Path::new(ROOT)).unwrap();
            let before = disk.calls();
            disk.fail_at(fail_at);
            let cell = DirectoryCell::on(Path::new(ROOT), "cell", Box::new(Arc::clone(&disk)), None);
            let first = cell.compare_and_swap(None, b"one");
            let second = first.as_ref().ok().map(|version| cell.compare_and_swap(Some(version), b"two"));
            let done = disk.calls() - before <= fail_at;
            disk.crash();
            let now = cell.load().unwrap().map(|now| now.value);
            match (first.is_ok(), matches!(second, Some(Ok(_)))) {
                (_, true) => assert_eq!(now.as_deref(), Some(&b"two"[..])),
                (true, false) => assert!(matches!(now.as_deref(), Some(b"one" | b"two"))),
                (false, false) => assert!(matches!(now.as_deref(), None | Some(b"one"))),
            }
            if done {
                break;
            }
        }
    }
}
