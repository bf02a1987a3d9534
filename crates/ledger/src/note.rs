//! Checkpoints as signed notes (C2SP signed-note and tlog-checkpoint; LG chapter 10.1).

use crate::bytes::Malformed;
use crate::{Hash, ProofError, keys, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::SigningKey;

/// Largest note in bytes (LG chapter 21).
pub(crate) const NOTE_BYTES_MAX: usize = 64 * 1024;
/// Most signatures in a note (LG-CHK-03).
const SIGNATURES_MAX: usize = 64;
/// Longest origin in bytes.
const ORIGIN_BYTES_MAX: usize = 256;
/// Signature type of the log key.
pub(crate) const TYPE_ED25519: u8 = 1;
/// Signature type of a cosignature with its time (C2SP tlog-cosignature).
pub(crate) const TYPE_COSIGNATURE: u8 = 4;

/// A signed tree head (署名付きの先頭).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Entries in the tree.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
    /// The whole signed note as text.
    pub note: String,
}

/// Whether `origin` may name a ledger: no blank, no control character, no plus sign (LG-CHK-04).
pub(crate) fn origin_fits(origin: &str) -> bool {
    !origin.is_empty()
        && origin.len() <= ORIGIN_BYTES_MAX
        && !origin.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

pub(crate) fn key_id(name: &str, kind: u8, key: &[u8; 32]) -> [u8; 4] {
    let mut text = name.as_bytes().to_vec();
    text.extend([b'\n', kind]);
    text.extend(key);
    let [a, b, c, d, ..] = tree::sha256(&text);
    [a, b, c, d]
}

/// Public key in the form witnesses and other tools read: `name+id+base64`.
pub(crate) fn verifier_key(name: &str, key: &[u8; 32]) -> String {
    verifier_key_of(name, TYPE_ED25519, key)
}

pub(crate) fn verifier_key_of(name: &str, kind: u8, key: &[u8; 32]) -> String {
    let mut data = vec![kind];
    data.extend(key);
    format!("{name}+{}+{}", hex::encode(key_id(name, kind, key)), BASE64.encode(data))
}

/// The key bytes of [`verifier_key`], when name and id fit.
pub(crate) fn parse_verifier_key(text: &str) -> Option<(String, [u8; 32])> {
    parse_verifier_key_of(text, TYPE_ED25519)
}

pub(crate) fn parse_verifier_key_of(text: &str, wanted: u8) -> Option<(String, [u8; 32])> {
    let mut parts = text.splitn(3, '+');
    let (name, _, data) = (parts.next()?, parts.next()?, parts.next()?);
    let data = BASE64.decode(data).ok()?;
    let (kind, key) = data.split_first()?;
    let key: [u8; 32] = key.try_into().ok()?;
    let same = *kind == wanted && origin_fits(name) && verifier_key_of(name, wanted, &key) == text;
    same.then(|| (name.to_owned(), key))
}

/// Signs a checkpoint.
pub(crate) fn sign(origin: &str, size: u64, root: Hash, key: &SigningKey) -> Checkpoint {
    let text = format!("{origin}\n{size}\n{}\n", BASE64.encode(root));
    let signature = keys::sign(key, text.as_bytes());
    let line =
        signature_line(origin, key_id(origin, TYPE_ED25519, key.verifying_key().as_bytes()), &signature);
    Checkpoint { size, root, note: format!("{text}\n{line}") }
}

/// Reads size and root of a note whose signature somebody else checks.
pub(crate) fn unchecked(note: String) -> Option<Checkpoint> {
    if note.len() > NOTE_BYTES_MAX {
        return None;
    }
    let mut lines = note.split('\n').skip(1);
    let size = lines.next()?.parse().ok()?;
    let root = BASE64.decode(lines.next()?).ok()?.try_into().ok()?;
    Some(Checkpoint { size, root, note })
}

/// A line of a signature with its line end.
pub(crate) fn signature_line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    let mut data = id.to_vec();
    data.extend(signature);
    format!("\u{2014} {name} {}\n", BASE64.encode(data))
}

/// A signature of a note, not checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) name: String,
    pub(crate) id: [u8; 4],
    pub(crate) bytes: Vec<u8>,
}

/// Reads signature lines, each with its line end.
pub(crate) fn signatures(lines: &str) -> Result<Vec<Signature>, Malformed> {
    let lines = lines.strip_suffix('\n').ok_or(Malformed("end of a note"))?;
    if lines.split('\n').count() > SIGNATURES_MAX {
        return Err(Malformed("too many signatures"));
    }
    let wrong = Malformed("signature line of a note");
    lines
        .split('\n')
        .map(|line| {
            let (name, data) =
                line.strip_prefix("\u{2014} ").and_then(|line| line.split_once(' ')).ok_or(wrong)?;
            let data = BASE64.decode(data).map_err(|_| wrong)?;
            let (id, bytes) = data.split_first_chunk::<4>().ok_or(wrong)?;
            Ok(Signature { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
        })
        .collect()
}

/// A checkpoint taken apart, no signature checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// What is signed: the three lines with their line ends.
    pub(crate) text: String,
    pub(crate) origin: String,
    pub(crate) size: u64,
    pub(crate) root: Hash,
    pub(crate) signatures: Vec<Signature>,
}

/// Reads a checkpoint without extension lines.
pub(crate) fn parse(note: &[u8]) -> Result<Parsed, Malformed> {
    if note.len() > NOTE_BYTES_MAX {
        return Err(Malformed("note larger than the limit"));
    }
    let note = std::str::from_utf8(note).map_err(|_| Malformed("note is no text"))?;
    let (text, lines) = note.split_once("\n\n").ok_or(Malformed("note without signatures"))?;
    let mut parts = text.split('\n');
    let origin = parts.next().filter(|origin| origin_fits(origin)).ok_or(Malformed("origin of a note"))?;
    let size_text = parts.next().unwrap_or_default();
    let size: u64 = size_text.parse().map_err(|_| Malformed("size of a note"))?;
    let root = parts.next().and_then(|root| BASE64.decode(root).ok()).and_then(|root| root.try_into().ok());
    let (Some(root), None, true) = (root, parts.next(), size.to_string() == size_text) else {
        return Err(Malformed("lines of a note"));
    };
    let signatures = signatures(lines)?;
    Ok(Parsed { text: format!("{text}\n"), origin: origin.to_owned(), size, root, signatures })
}

impl Parsed {
    /// Checks the signature of the log key, strictly and exactly once. Others are ignored.
    pub(crate) fn check_log(&self, origin: &str, key: &[u8; 32]) -> Result<(), Malformed> {
        if self.origin != origin {
            return Err(Malformed("note of another origin"));
        }
        let wanted = key_id(origin, TYPE_ED25519, key);
        let mut found = 0;
        for signature in self.signatures.iter().filter(|one| one.name == origin && one.id == wanted) {
            let bytes: [u8; 64] =
                signature.bytes.as_slice().try_into().map_err(|_| Malformed("signature of a note"))?;
            if !keys::signature_holds(key, self.text.as_bytes(), &bytes) {
                return Err(Malformed("signature of a note"));
            }
            found += 1;
        }
        if found == 1 { Ok(()) } else { Err(Malformed("signature of the log key, exactly once")) }
    }
}

/// Reads a checkpoint and checks the signature of the log key, strictly. Other signatures are ignored.
pub(crate) fn check(note: &[u8], origin: &str, key: &[u8; 32]) -> Result<Checkpoint, Malformed> {
    let parsed = parse(note)?;
    parsed.check_log(origin, key)?;
    Ok(Checkpoint { size: parsed.size, root: parsed.root, note: String::from_utf8_lossy(note).into_owned() })
}

/// Whether a signed note by `log_key` (`origin+id+base64`) names this origin, size and root.
pub(crate) fn vouches(
    note: Option<&str>,
    log_key: &str,
    origin: &str,
    size: u64,
    root: &Hash,
) -> Result<(), ProofError> {
    let Some((named, key)) = parse_verifier_key(log_key) else {
        return Err(ProofError("the log key given is not of the form origin+id+base64"));
    };
    let Some(note) = note else { return Err(ProofError("no signed checkpoint")) };
    let signed = check(note.as_bytes(), &named, &key).map_err(|Malformed(what)| ProofError(what))?;
    if named != origin || signed.size != size || signed.root != *root {
        return Err(ProofError("the signed checkpoint has another origin, size or root"));
    }
    Ok(())
}
