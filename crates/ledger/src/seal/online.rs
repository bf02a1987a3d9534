//! The online copy: data keys of the last days, so that the service reads them without a role holder (LG-KEY-02). One
//! file of mode 0600, enciphered under the secret of the machine, which is not in the folder of the ledger.

use super::wrap::{self, ENCODED_BYTES};
use super::{DataKey, KEYS_FOLDER};
use crate::{Error, Hash, Result, files, keys};
use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use zeroize::Zeroizing;

/// Days of keys kept online unless the policy says otherwise.
pub const WINDOW_DAYS_DEFAULT: u16 = 7;
/// Largest reading window, in days.
pub const WINDOW_DAYS_MAX: u16 = 366;
pub(crate) const NAME: &str = "online";
const MAGIC: &[u8; 8] = b"SKONL\0\0\x01";
/// Largest file that is read, in bytes: all classes for the largest window, twice.
const FILE_BYTES_MAX: usize = 1024 * 1024;

/// Where and how long data keys are kept for reading without a role holder's identity.
#[derive(Clone)]
pub struct OnlineCopy {
    /// Secret of this machine, kept outside the folder of the ledger (credential store, TPM).
    pub secret: Hash,
    /// Days before today whose keys are kept; 0 = today only.
    pub window_days: u16,
}

impl std::fmt::Debug for OnlineCopy {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "OnlineCopy({} days)", self.window_days)
    }
}

fn cipher(secret: &Hash, ledger: &Hash) -> XChaCha20Poly1305 {
    let key = Zeroizing::new(keys::hmac(secret, &[b"sekisho-ledger-1 online copy", ledger]));
    XChaCha20Poly1305::new(&(*key).into())
}

/// Keys of the online copy; none when there is no such file.
pub(crate) fn read(ledger_folder: &Path, ledger: &Hash, secret: &Hash) -> Result<Vec<DataKey>> {
    let path = ledger_folder.join(KEYS_FOLDER).join(NAME);
    let bytes = match files::read_small(&path, FILE_BYTES_MAX) {
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Vec::new());
        }
        other => other?,
    };
    open(&bytes, ledger, secret).ok_or(Error::Key(
        "the online copy of the data keys does not open; hint: give the secret of this ledger, or remove keys/online \
         and open with an identity",
    ))
}

fn open(bytes: &[u8], ledger: &Hash, secret: &Hash) -> Option<Vec<DataKey>> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (nonce, rest) = rest.split_first_chunk::<24>()?;
    let (body, tag) = rest.split_last_chunk::<16>()?;
    let mut plain = Zeroizing::new(body.to_vec());
    cipher(secret, ledger)
        .decrypt_inout_detached(&XNonce::from(*nonce), MAGIC, plain.as_mut_slice().into(), &Tag::from(*tag))
        .ok()?;
    plain.chunks(ENCODED_BYTES).map(|one| wrap::decode(ledger, one)).collect()
}

/// Replaces the online copy; the bytes of the one before are overwritten.
pub(crate) fn write(
    ledger_folder: &Path,
    ledger: &Hash,
    secret: &Hash,
    nonce: &[u8; 24],
    content: &[DataKey],
) -> Result<()> {
    let folder = ledger_folder.join(KEYS_FOLDER);
    let path = folder.join(NAME);
    let mut plain = Zeroizing::new(Vec::with_capacity(content.len() * ENCODED_BYTES));
    for key in content {
        plain.extend(wrap::encode(ledger, key).iter());
    }
    let tag = cipher(secret, ledger)
        .encrypt_inout_detached(&XNonce::from(*nonce), MAGIC, plain.as_mut_slice().into())
        .map_err(|_| Error::Key("the cipher refused the online copy"))?;
    let bytes = [MAGIC.as_slice(), nonce, &plain, &tag].concat();
    let before = files::open_existing(&path).ok();
    files::replace(&folder, NAME, &bytes)?;
    before.map_or(Ok(()), |file| overwrite(file, &path))
}

/// Overwrites a file that has no name any more.
fn overwrite(mut file: std::fs::File, path: &Path) -> Result<()> {
    let size = file.metadata().map_err(Error::io(path))?.len().min(FILE_BYTES_MAX as u64);
    file.seek(SeekFrom::Start(0)).map_err(Error::io(path))?;
    file.write_all(&vec![0; usize::try_from(size).unwrap_or(0)])
        .and_then(|()| file.sync_all())
        .map_err(Error::io(path))
}

/// Whether a key of `day` is still inside the window on `today`.
pub(crate) const fn inside(day: u32, today: u32, window_days: u16) -> bool {
    day.saturating_add(window_days as u32) >= today
}
