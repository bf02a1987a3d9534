//! The body of `add-checkpoint` (C2SP tlog-witness), and the answers put under a note.

use crate::bytes::Malformed;
use crate::{ConsistencyProof, Error, Hash, Reader, Result, files, note};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::fmt::Write as _;

/// Most hashes of a consistency proof (LG chapter 10.2).
const PROOF_LINES_MAX: usize = 63;

/// A request for a cosignature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size that the witness is believed to have cosigned last.
    pub old: u64,
    /// Proof that the log of that size grew into the one of the note.
    pub(super) proof: Vec<Hash>,
    /// The signed note.
    pub note: String,
}

impl AddCheckpoint {
    /// Asks for a cosignature under `note`.
    ///
    /// # Errors
    /// `LE-POLICY` for a proof whose hashes are none.
    pub fn new(proof: &ConsistencyProof, note: &str) -> Result<Self> {
        let hashes: Option<Vec<Hash>> =
            proof.hashes.iter().map(|text| BASE64.decode(text).ok()?.try_into().ok()).collect();
        let proof_hashes = hashes.ok_or(Error::Policy("hashes of a consistency proof"))?;
        Ok(Self { old: proof.old.size, proof: proof_hashes, note: note.to_owned() })
    }

    /// The bytes that are sent.
    #[must_use]
    pub fn body(&self) -> String {
        let mut body = format!("old {}\n", self.old);
        for hash in &self.proof {
            let _ = writeln!(body, "{}", BASE64.encode(hash));
        }
        let _ = write!(body, "\n{}", self.note);
        body
    }

    /// Reads a body, strictly.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(body).map_err(|_| Malformed("body is no text"))?;
        let (head, note) = text.split_once("\n\n").ok_or(Malformed("an empty line before the checkpoint"))?;
        let mut lines = head.split('\n');
        let old_text = lines.next().and_then(|line| line.strip_prefix("old ")).unwrap_or_default();
        let old: u64 = old_text.parse().map_err(|_| Malformed("first line `old <size>`"))?;
        if old.to_string() != old_text {
            return Err(Malformed("first line `old <size>`"));
        }
        let proof: Vec<Hash> = lines
            .map(|line| BASE64.decode(line).ok().and_then(|hash| hash.try_into().ok()))
            .collect::<Option<_>>()
            .ok_or(Malformed("lines of the proof"))?;
        if proof.len() > PROOF_LINES_MAX {
            return Err(Malformed("more lines of proof than any tree needs"));
        }
        Ok(Self { old, proof, note: note.to_owned() })
    }
}

/// Puts a head with more cosignatures in the place of the one that is kept, and of the published one where that is not newer.
///
/// # Errors
/// `LE-KEY` when the note is not signed by a log key of the ledger, `LE-IO`.
pub fn keep_cosigned(reader: &Reader, note: &str) -> Result<()> {
    let folder = reader.folder();
    let (head, _) = reader.log_keys.check(note.as_bytes()).map_err(|what| Error::Key(what.0))?;
    let _alone = files::publishing(folder);
    files::replace(&folder.join("checkpoints"), &head.size.to_string(), note.as_bytes())?;
    match reader.checkpoint()? {
        Some(newest) if newest.size > head.size => Ok(()),
        _ => files::replace(folder, "checkpoint", note.as_bytes()),
    }
}

/// A note with cosignature lines of witnesses under it. Lines that are there already are not repeated; a newer one of the same
/// witness takes the place of the older.
///
/// # Errors
/// `LE-POLICY` when `note` is no checkpoint or `lines` are no signature lines.
pub fn add_cosignatures(note: &str, lines: &str) -> Result<String> {
    let wrong = |Malformed(what)| Error::Policy(what);
    note::parse(note.as_bytes()).map_err(wrong)?;
    let new = note::signatures(lines).map_err(wrong)?;
    let Some((text, old)) = note.split_once("\n\n") else { return Err(Error::Policy("a signed note")) };
    let mut out = format!("{text}\n\n");
    for (line, old) in old.split_inclusive('\n').zip(note::signatures(old).map_err(wrong)?) {
        if !new.iter().any(|new| new.name == old.name && new.id == old.id) {
            out.push_str(line);
        }
    }
    for signature in &new {
        out.push_str(&note::signature_line(&signature.name, signature.id, &signature.bytes));
    }
    note::parse(out.as_bytes()).map_err(wrong)?;
    Ok(out)
}
