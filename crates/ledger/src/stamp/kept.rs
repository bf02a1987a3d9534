//! Tokens beside the ledger: `tokens/<size>.tsr` as received, with the note that was stamped (cosignatures may come to the
//! kept one later) and the request; the entry `timestamp` holds the digest of the reply (LG-TSA-01, LG-TSA-02).

use super::{Authorities, Stamped, check_stamp, stamp_request};
use crate::entry::EntryKind;
use crate::{Error, Ledger, Result, files, note, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use std::path::{Path, PathBuf};
use vocab::{LedgerIndex, Timestamp};

/// Folder of the tokens, below that of the ledger.
pub(crate) const TOKENS_FOLDER: &str = "tokens";
/// Largest reply, in bytes.
pub(crate) const STAMP_BYTES_MAX: usize = 64 * 1024;
pub(crate) const REPLY_SUFFIX: &str = "tsr";
pub(crate) const NOTE_SUFFIX: &str = "note";
const REQUEST_SUFFIX: &str = "tsq";

fn place(size: u64, suffix: &str) -> PathBuf {
    Path::new(TOKENS_FOLDER).join(format!("{size}.{suffix}"))
}

/// Makes a request for a token over the newest head of a ledger, and keeps it with the head as it is now. Returns the size
/// of the head and the request in DER. `nonce`: eight random bytes.
///
/// # Errors
/// `LE-POLICY` when no head was published, `LE-IO`.
pub fn prepare_stamp(folder: &Path, nonce: [u8; 8]) -> Result<(u64, Vec<u8>)> {
    let Some(head) = crate::Reader::open(folder)?.checkpoint()? else {
        return Err(Error::Policy("no head was published; hint: `sekisho ledger checkpoint`"));
    };
    let request = stamp_request(head.note.as_bytes(), nonce)
        .map_err(|_| Error::Policy("the request cannot be encoded"))?;
    let tokens = folder.join(TOKENS_FOLDER);
    if !tokens.is_dir() {
        files::make_folder(&tokens)?;
        files::sync_folder(folder)?;
    }
    // A token that is kept belongs to the note beside it.
    if tokens.join(format!("{}.{REPLY_SUFFIX}", head.size)).exists() {
        return Err(Error::Policy("this head has its token already"));
    }
    files::replace(&tokens, &format!("{}.{NOTE_SUFFIX}", head.size), head.note.as_bytes())?;
    files::replace(&tokens, &format!("{}.{REQUEST_SUFFIX}", head.size), &request)?;
    Ok((head.size, request))
}

/// Checks a kept token, or one that is to be kept (`reply`), against the head and the request beside it.
///
/// # Errors
/// `LE-IO` when there is no such request, [`Error::Stamp`] for what does not hold.
pub fn check_kept_stamp(
    folder: &Path,
    size: u64,
    reply: Option<&[u8]>,
    pinned: Option<&Authorities>,
    now: Option<Timestamp>,
) -> Result<Stamped> {
    let read = |suffix| files::read_small(&folder.join(place(size, suffix)), STAMP_BYTES_MAX);
    let (note, request) = (read(NOTE_SUFFIX)?, read(REQUEST_SUFFIX)?);
    let kept = match reply {
        Some(_) => None,
        None => Some(read(REPLY_SUFFIX)?),
    };
    let reply = reply.or(kept.as_deref()).unwrap_or_default();
    check_stamp(reply, &note, Some(&request), pinned, now).map_err(Error::Stamp)
}

impl Ledger {
    /// Keeps the reply of an authority to the request about the head of `size`, as it came, and writes the entry
    /// `timestamp`. With `pinned`, the way to a trusted certificate is asked for; at `now` none may be expired.
    ///
    /// # Errors
    /// [`Error::Stamp`] when the reply does not hold, `LE-IO`.
    pub fn keep_stamp(
        &mut self,
        size: u64,
        reply: &[u8],
        pinned: Option<&Authorities>,
        now: Timestamp,
    ) -> Result<(LedgerIndex, Stamped)> {
        let folder = self.folder.clone();
        let note = files::read_small(&folder.join(place(size, NOTE_SUFFIX)), note::NOTE_BYTES_MAX)?;
        if !self.log_keys.check(&note).is_ok_and(|(head, _)| head.size == size) {
            return Err(Error::Key("the head that was stamped is not one of this ledger"));
        }
        let stamped = check_kept_stamp(&folder, size, Some(reply), pinned, Some(now))?;
        files::replace(&folder.join(TOKENS_FOLDER), &format!("{size}.{REPLY_SUFFIX}"), reply)?;
        self.settle_clock(now)?;
        let body = json!({
            "authority": BASE64.encode(stamped.authority),
            "size": size,
            "token": BASE64.encode(tree::sha256(reply)),
        });
        Ok((self.public(EntryKind::Stamp, 0, &body)?, stamped))
    }
}
