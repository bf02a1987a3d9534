//! The store of evidence: files named by their SHA-256, written once, hashed while they are written.

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Folder of what is still being written.
const INCOMING: &str = "incoming";
/// Bytes that are read at once.
const PIECE_BYTES: usize = 64 * 1024;

/// The store.
#[derive(Clone, Debug)]
pub(crate) struct Vault(PathBuf);

/// A file that is being written; gone unless it is kept.
pub(crate) struct Incoming {
    vault: Vault,
    path: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Vault {
    /// The store of an installation, beside its ledger.
    pub(crate) fn beside(ledger: &Path) -> Self {
        Self(ledger.with_file_name("evidence"))
    }

    /// Where an item lies.
    pub(crate) fn path(&self, sha256: &str) -> PathBuf {
        self.0.join(sha256.get(..2).unwrap_or_default()).join(sha256)
    }

    /// Begins a file; `name` is random.
    pub(crate) fn begin(&self, name: &str) -> anyhow::Result<Incoming> {
        let folder = self.0.join(INCOMING);
        crate::output::private_folder(&self.0)?;
        crate::output::private_folder(&folder)?;
        let path = folder.join(name);
        let file = File::options().write(true).create_new(true).mode(0o600).open(&path);
        let file = file.with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Incoming { vault: self.clone(), path, file, hash: Sha256::new(), bytes: 0 })
    }

    /// Does the file still have its hash?
    pub(crate) fn is_whole(&self, sha256: &str) -> bool {
        hash(&self.path(sha256)).is_ok_and(|found| found == sha256)
    }

    /// Names of the items.
    pub(crate) fn items(&self) -> Vec<String> {
        let entries = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
        let folders = entries(&self.0).filter(|folder| folder.file_name() != INCOMING);
        let names = folders.flat_map(|folder| entries(&folder.path()).collect::<Vec<_>>());
        let mut names: Vec<String> = names.filter_map(|file| file.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// Copies what another store lacks; gives how many items were copied.
    pub(crate) fn copy_to(&self, other: &Self) -> anyhow::Result<usize> {
        let lacking: Vec<String> =
            self.items().into_iter().filter(|name| !other.path(name).exists()).collect();
        for name in &lacking {
            // What an earlier copy was interrupted at is begun again.
            let _ = std::fs::remove_file(other.0.join(INCOMING).join(name));
            let mut incoming = other.begin(name)?;
            let mut file = File::open(self.path(name)).context("cannot read an item of evidence")?;
            let mut piece = vec![0; PIECE_BYTES];
            loop {
                match file.read(&mut piece).context("cannot read an item of evidence")? {
                    0 => break,
                    read => incoming.write(piece.get(..read).unwrap_or_default())?,
                }
            }
            let (found, _) = incoming.keep()?;
            anyhow::ensure!(
                found == *name,
                "the item {name} of the evidence was changed: its hash is {found}"
            );
        }
        Ok(lacking.len())
    }
}

/// SHA-256 of a file, hexadecimal.
fn hash(path: &Path) -> std::io::Result<String> {
    let (mut file, mut hash, mut piece) = (File::open(path)?, Sha256::new(), vec![0; PIECE_BYTES]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex::encode(hash.finalize())),
            read => hash.update(piece.get(..read).unwrap_or_default()),
        }
    }
}

impl Incoming {
    /// Writes on.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.file.write_all(bytes).context("cannot write evidence")?;
        self.hash.update(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// Bytes so far.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Puts the file, durable, in its place; gives hash and size.
    pub(crate) fn keep(self) -> anyhow::Result<(String, u64)> {
        self.file.sync_all().context("cannot write evidence")?;
        let name = hex::encode(self.hash.clone().finalize());
        let place = self.vault.path(&name);
        let folder = place.parent().unwrap_or(Path::new("/"));
        crate::output::private_folder(folder)?;
        std::fs::rename(&self.path, &place).with_context(|| format!("cannot write {}", place.display()))?;
        File::open(folder).and_then(|folder| folder.sync_all()).context("cannot write evidence")?;
        Ok((name, self.bytes))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // After it was kept there is nothing of this name.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_named_by_its_hash_and_a_change_is_seen() {
        let folder = tempfile::tempdir().expect("folder");
        let vault = Vault::beside(&folder.path().join("a/ledger"));
        std::fs::create_dir(folder.path().join("a")).expect("made");
        let mut incoming = vault.begin("x").expect("begun");
        incoming.write(b"ab").expect("written");
        incoming.write(b"c").expect("written");
        let (name, bytes) = incoming.keep().expect("kept");
        assert_eq!((name.get(..8), bytes), (Some("ba7816bf"), 3));
        drop(vault.begin("y").expect("begun"));
        assert_eq!(vault.items(), std::slice::from_ref(&name), "what was not kept is gone");
        std::fs::create_dir(folder.path().join("b")).expect("made");
        let copy = Vault::beside(&folder.path().join("b/ledger"));
        assert_eq!((vault.copy_to(&copy).expect("copied"), vault.copy_to(&copy).expect("copied")), (1, 0));
        assert!(copy.is_whole(&name));
        crate::output::atomic::write(&vault.path(&name), b"abd").expect("changed");
        assert!(!vault.is_whole(&name));
        std::fs::remove_file(copy.path(&name)).expect("removed");
        assert!(vault.copy_to(&copy).is_err(), "what was changed is not copied on");
        assert!(!copy.path(&name).exists());
    }
}
