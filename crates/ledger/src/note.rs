//! Checkpoints as signed notes (C2SP signed-note and tlog-checkpoint; LG chapter 10.1).

use crate::bytes::Malformed;
use crate::{Hash, keys, tree};
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
const TYPE_ED25519: u8 = 1;

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

fn key_id(name: &str, key: &[u8; 32]) -> [u8; 4] {
    let mut text = name.as_bytes().to_vec();
    text.extend([b'\n', TYPE_ED25519]);
    text.extend(key);
    let [a, b, c, d, ..] = tree::sha256(&text);
    [a, b, c, d]
}

/// Public key in the form witnesses and other tools read: `name+id+base64`.
pub(crate) fn verifier_key(name: &str, key: &[u8; 32]) -> String {
    let mut data = vec![TYPE_ED25519];
    data.extend(key);
    format!("{name}+{}+{}", hex::encode(key_id(name, key)), BASE64.encode(data))
}

/// The key bytes of [`verifier_key`], when name and id fit.
pub(crate) fn parse_verifier_key(text: &str) -> Option<(String, [u8; 32])> {
    let mut parts = text.splitn(3, '+');
    let (name, _, data) = (parts.next()?, parts.next()?, parts.next()?);
    let data = BASE64.decode(data).ok()?;
    let (kind, key) = data.split_first()?;
    let key: [u8; 32] = key.try_into().ok()?;
    (*kind == TYPE_ED25519 && verifier_key(name, &key) == text).then(|| (name.to_owned(), key))
}

/// Signs a checkpoint.
pub(crate) fn sign(origin: &str, size: u64, root: Hash, key: &SigningKey) -> Checkpoint {
    let text = format!("{origin}\n{size}\n{}\n", BASE64.encode(root));
    let mut signature = key_id(origin, key.verifying_key().as_bytes()).to_vec();
    signature.extend(keys::sign(key, text.as_bytes()));
    Checkpoint { size, root, note: format!("{text}\n\u{2014} {origin} {}\n", BASE64.encode(signature)) }
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

/// Reads a checkpoint and checks the signature of the log key, strictly. Other signatures are ignored.
pub(crate) fn check(note: &[u8], origin: &str, key: &[u8; 32]) -> Result<Checkpoint, Malformed> {
    if note.len() > NOTE_BYTES_MAX {
        return Err(Malformed("note larger than the limit"));
    }
    let note = std::str::from_utf8(note).map_err(|_| Malformed("note is no text"))?;
    let (text, signatures) = note.split_once("\n\n").ok_or(Malformed("note without signatures"))?;
    let mut lines = text.split('\n');
    if lines.next() != Some(origin) {
        return Err(Malformed("note of another origin"));
    }
    let size_text = lines.next().unwrap_or_default();
    let size: u64 = size_text.parse().map_err(|_| Malformed("size of a note"))?;
    let root = lines.next().and_then(|root| BASE64.decode(root).ok()).and_then(|root| root.try_into().ok());
    let (Some(root), None, true) = (root, lines.next(), size.to_string() == size_text) else {
        return Err(Malformed("lines of a note"));
    };
    let signatures = signatures.strip_suffix('\n').ok_or(Malformed("end of a note"))?;
    if signatures.split('\n').count() > SIGNATURES_MAX {
        return Err(Malformed("too many signatures"));
    }
    let wanted = key_id(origin, key);
    let mut found = 0;
    for line in signatures.split('\n') {
        let line = line.strip_prefix("\u{2014} ").ok_or(Malformed("signature line of a note"))?;
        let (name, data) = line.split_once(' ').ok_or(Malformed("signature line of a note"))?;
        let data = BASE64.decode(data).map_err(|_| Malformed("signature line of a note"))?;
        let Some((id, signature)) = data.split_first_chunk::<4>() else {
            return Err(Malformed("signature line of a note"));
        };
        if name == origin && *id == wanted {
            let signature: [u8; 64] = signature.try_into().map_err(|_| Malformed("signature of a note"))?;
            if !keys::signature_holds(key, format!("{text}\n").as_bytes(), &signature) {
                return Err(Malformed("signature of a note"));
            }
            found += 1;
        }
    }
    if found != 1 {
        return Err(Malformed("signature of the log key, exactly once"));
    }
    Ok(Checkpoint { size, root, note: note.to_owned() })
}
