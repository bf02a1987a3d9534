//! Checking a bundle from its bytes alone (docs/spec/casework.md 11.3). The first fault ends the check.

use crate::custody::Chain;
use crate::error::{Code, Fault};
use crate::head::Head;
use crate::manifest::{Class, Kind, Manifest};
use crate::minisign::PublicKey;
use crate::succession::{self, KeyNote, SignedSenderKeyStatement};
use crate::tar::{self, Member};
use crate::{create, names, sha256_hex};
use ledger::{Excerpt, Shown};
use std::collections::BTreeMap;

/// Decrypts entries (`age`).
pub trait Unseal {
    /// The bytes, decrypted; `None` when they are not for this identity or were changed.
    fn unseal(&self, sealed: &[u8]) -> Option<Vec<u8>>;
}

/// What is known from elsewhere.
#[derive(Clone, Default)]
pub struct VerifyOptions<'a> {
    /// Signing keys that the sender may have, from a source you trust; empty when none is known (BV-05).
    pub sender_keys: Vec<PublicKey>,
    /// What the sender said about its keys (CW-BND-03).
    pub key_statements: Vec<SignedSenderKeyStatement>,
    /// Keys of officers of the sender: two of them state the loss of a key.
    pub officer_keys: Vec<PublicKey>,
    /// Log key of the ledger, from a source you trust such as the printed report.
    pub log_key: Option<String>,
    /// The newest bundle before of the same case (BV-07, BV-10).
    pub before: Option<&'a Opened>,
    /// Opens encrypted entries.
    pub unseal: Option<&'a dyn Unseal>,
    /// Name of the body that receives it (BV-11).
    pub recipient: Option<String>,
}

/// Something to know that is no fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// No key was given to compare with: the signature shows only that the bundle is whole (BV-05).
    KeyUnknown,
    /// An earlier bundle of the case is missing (BV-07).
    EarlierMissing,
    /// Encrypted entries were not opened, thus not checked inside.
    Encrypted(u64),
    /// Addressed to another body (BV-11).
    OtherRecipient(String),
    /// No log key was given: the signed head is checked with the key that the bundle itself names.
    LogKeyUnknown,
    /// Items of evidence without a line of custody.
    NoCustody(u64),
    /// What became of the signing key of the sender (CW-BND-03).
    SenderKey(KeyNote),
    /// Records that only a revoked log key of the ledger vouches for (LG-EPO-04).
    Unproven(u64),
}

/// A bundle that holds together.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Its manifest.
    pub manifest: Manifest,
    /// SHA-256 of the manifest, hexadecimal: the name of the bundle in receipts and deltas.
    pub manifest_hash: String,
    /// Plain content by name, without `.age`; what could not be decrypted is not here.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Records that are shown.
    pub shown: Vec<Shown>,
    /// The excerpt of the ledger.
    pub excerpt: Option<Excerpt>,
    /// The signed head.
    pub head: Option<Head>,
    /// Chain of custody.
    pub custody: Chain,
    /// What there is to know besides.
    pub notes: Vec<Note>,
}

/// Checks a bundle.
///
/// # Errors
/// The first [`Fault`], with the code of the check that failed.
pub fn verify(bytes: &[u8], options: &VerifyOptions<'_>) -> Result<Opened, Fault> {
    let (members, mtime) = tar::read(bytes)?;
    for member in &members {
        let known = matches!(member.name, names::MANIFEST | names::SIGNATURE | names::SUMS)
            || names::class(member.name.strip_suffix(names::ENCRYPTED).unwrap_or(member.name)).is_some();
        if !known {
            return Err(Fault::new(Code::Bv02, member.name, "no such name may stand in a bundle"));
        }
    }
    check_case(&members)?;
    let manifest_bytes = find(&members, names::MANIFEST)?;
    let manifest = Manifest::parse(manifest_bytes)?;
    let mut notes = Vec::new();
    check_signature(&manifest, manifest_bytes, &members, options, &mut notes)?;
    if u64::try_from(manifest.sealed_at.seconds()) != Ok(mtime) {
        return Err(Fault::new(
            Code::Bv06,
            "container",
            "the time of the entries is not that of the manifest",
        ));
    }
    check_entries(&manifest, &members)?;
    check_before(&manifest, options.before, &mut notes)?;
    check_recipient(&manifest, options, &mut notes);
    let files = plain(&manifest, &members, options.unseal, &mut notes)?;
    let custody = custody(&manifest, &files, &mut notes)?;
    let mut opened = Opened {
        manifest_hash: sha256_hex(manifest_bytes),
        manifest,
        files,
        shown: Vec::new(),
        excerpt: None,
        head: None,
        custody,
        notes,
    };
    check_ledger(&mut opened, options)?;
    Ok(opened)
}

/// Hash of the manifest of a bundle whose container can be read; nothing else is checked.
///
/// # Errors
/// BV-01, BV-02.
pub fn manifest_hash(bytes: &[u8]) -> Result<String, Fault> {
    let (members, _) = tar::read(bytes)?;
    find(&members, names::MANIFEST).map(sha256_hex)
}

fn find<'a>(members: &[Member<'a>], name: &str) -> Result<&'a [u8], Fault> {
    let found = members.iter().find(|member| member.name == name);
    found.map(|member| member.bytes).ok_or_else(|| Fault::new(Code::Bv06, name, "missing"))
}

/// No two names that a file system without case would take for one (BV-02).
fn check_case(members: &[Member<'_>]) -> Result<(), Fault> {
    let mut seen = BTreeMap::new();
    for member in members {
        if let Some(other) = seen.insert(member.name.to_lowercase(), member.name) {
            return Err(Fault::new(Code::Bv02, member.name, format!("differs from {other} by case only")));
        }
    }
    Ok(())
}

fn check_signature(
    manifest: &Manifest,
    bytes: &[u8],
    members: &[Member<'_>],
    options: &VerifyOptions<'_>,
    notes: &mut Vec<Note>,
) -> Result<(), Fault> {
    let fault = |code, what: String| Fault::new(code, names::SIGNATURE, what);
    let sender = &manifest.sender;
    let key = PublicKey::parse(&sender.public_key).map_err(|error| fault(Code::Bv04, error.to_string()))?;
    if key.id() != sender.key_id || key.line() != sender.public_key {
        return Err(fault(Code::Bv04, "key and key id of the sender do not agree".to_owned()));
    }
    let comment =
        key.check(bytes, find(members, names::SIGNATURE)?).map_err(|e| fault(Code::Bv04, e.to_string()))?;
    if comment != format!("{} {}", manifest.sealed_at, manifest.bundle_id) {
        return Err(fault(Code::Bv04, "the trusted comment is not that of this bundle".to_owned()));
    }
    let (known, officers) = (&options.sender_keys, &options.officer_keys);
    if known.is_empty() {
        notes.push(Note::KeyUnknown);
    }
    let told =
        succession::judge(&key, &sender.id, manifest.sealed_at, known, &options.key_statements, officers)?;
    notes.extend(told.into_iter().map(Note::SenderKey));
    Ok(())
}

fn check_entries(manifest: &Manifest, members: &[Member<'_>]) -> Result<(), Fault> {
    let rest = || members.iter().filter(|m| !matches!(m.name, names::MANIFEST | names::SIGNATURE));
    let fault = |path: &str, what: &str| Fault::new(Code::Bv06, path, what);
    let mut expected = manifest.entries.iter();
    for member in rest() {
        let Some(entry) = expected.next().filter(|entry| entry.path == member.name) else {
            return Err(fault(member.name, "not listed at its place in the manifest"));
        };
        if entry.size != member.bytes.len() as u64 || entry.sha256 != sha256_hex(member.bytes) {
            return Err(fault(member.name, "size or SHA-256 is not that of the manifest"));
        }
        let plain = member.name.strip_suffix(names::ENCRYPTED);
        let class = match member.name {
            names::SUMS => Some(Class::Case),
            name => names::class(plain.unwrap_or(name)),
        };
        if plain.is_some() != entry.encrypted || class != Some(entry.class) {
            return Err(fault(member.name, "class or encryption is not that of its name"));
        }
    }
    if let Some(entry) = expected.next() {
        return Err(fault(&entry.path, "listed in the manifest, but not there"));
    }
    if find(members, names::SUMS)? != create::sums(&manifest.entries) {
        return Err(fault(names::SUMS, "does not agree with the manifest"));
    }
    Ok(())
}

fn check_before(manifest: &Manifest, before: Option<&Opened>, notes: &mut Vec<Note>) -> Result<(), Fault> {
    match before {
        None if manifest.kind == Kind::Delta => notes.push(Note::EarlierMissing),
        None => {}
        Some(before) => {
            let fault = |what: &str| Err(Fault::new(Code::Bv07, names::MANIFEST, what));
            if before.manifest.case_ref != manifest.case_ref || before.manifest.sender != manifest.sender {
                return fault("the bundle before is of another case or sender");
            }
            if before.manifest.sequence >= manifest.sequence {
                return fault("the bundle before is not earlier");
            }
            let next = before.manifest.sequence + 1 == manifest.sequence;
            if next && manifest.previous.as_deref() != Some(&before.manifest_hash) {
                return fault("names another bundle as the one before");
            }
            if !next {
                notes.push(Note::EarlierMissing);
            }
        }
    }
    Ok(())
}

fn check_recipient(manifest: &Manifest, options: &VerifyOptions<'_>, notes: &mut Vec<Note>) {
    let addressed = manifest.recipient.as_ref().map(|party| party.id.as_str());
    if let (Some(addressed), Some(me)) = (addressed, options.recipient.as_deref())
        && addressed != me
    {
        notes.push(Note::OtherRecipient(addressed.to_owned()));
    }
}

/// Contents without encryption.
fn plain(
    manifest: &Manifest,
    members: &[Member<'_>],
    unseal: Option<&dyn Unseal>,
    notes: &mut Vec<Note>,
) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
    let (mut files, mut closed) = (BTreeMap::new(), 0);
    for entry in &manifest.entries {
        let bytes = find(members, &entry.path)?;
        let name = entry.path.strip_suffix(names::ENCRYPTED).unwrap_or(&entry.path);
        let content = match (entry.encrypted, unseal) {
            (false, _) => bytes.to_vec(),
            (true, None) => {
                closed += 1;
                continue;
            }
            (true, Some(unseal)) => {
                let what = "cannot be decrypted with this identity";
                unseal.unseal(bytes).ok_or_else(|| Fault::new(Code::Bv11, &entry.path, what))?
            }
        };
        let hash = sha256_hex(&content);
        let named = name.strip_prefix("evidence/").is_none_or(|named| named == hash);
        if !named || entry.plain_sha256.as_ref().is_some_and(|plain| *plain != hash) {
            return Err(Fault::new(Code::Bv06, &entry.path, "SHA-256 of the plain content"));
        }
        files.insert(name.to_owned(), content);
    }
    if closed > 0 {
        notes.push(Note::Encrypted(closed));
    }
    Ok(files)
}

fn custody(
    manifest: &Manifest,
    files: &BTreeMap<String, Vec<u8>>,
    notes: &mut Vec<Note>,
) -> Result<Chain, Fault> {
    let text = files.get(names::CUSTODY).map_or(&[] as &[u8], Vec::as_slice);
    let text =
        std::str::from_utf8(text).map_err(|_| Fault::new(Code::Bv08, names::CUSTODY, "UTF-8 expected"))?;
    let chain = Chain::parse(text)?;
    create::check_holders(&chain, &manifest.sender.id)?;
    let items = manifest.entries.iter().filter(|entry| entry.class == Class::Evidence);
    let hash =
        |path: &str| path.trim_end_matches(names::ENCRYPTED).trim_start_matches("evidence/").to_owned();
    let closed = manifest.entries.iter().any(|entry| entry.class == Class::Custody && entry.encrypted);
    let without = items.filter(|entry| chain.holder(&hash(&entry.path)).is_none()).count();
    if without > 0 && !(closed && text.is_empty()) {
        notes.push(Note::NoCustody(without as u64));
    }
    Ok(chain)
}

/// Records and head (BV-09, BV-10).
fn check_ledger(opened: &mut Opened, options: &VerifyOptions<'_>) -> Result<(), Fault> {
    let fault = |code, place: &str, what: &str| Fault::new(code, place, what);
    let head = opened.files.get(names::HEAD).map(|bytes| Head::parse(bytes)).transpose()?;
    let Some(head) = head else {
        if opened.manifest.ledger_head.is_some() || opened.files.contains_key(names::RECORDS) {
            return Err(fault(Code::Bv10, names::HEAD, "missing"));
        }
        return Ok(());
    };
    let stated = opened.manifest.ledger_head.as_ref();
    if stated.is_none_or(|stated| stated.seq != head.size || stated.hash != head.root) {
        return Err(fault(Code::Bv10, names::HEAD, "not the head that the manifest names"));
    }
    let before = options.before.and_then(|before| before.head.as_ref());
    let known = before.filter(|known| known.origin == head.origin);
    head.check_growth(known.map(|known| (known.size, known.root.as_str())))?;
    if let Some(bytes) = opened.files.get(names::RECORDS) {
        let what = |what: String| Fault::new(Code::Bv09, names::RECORDS, what);
        let value = ledger::parse_canonical_json(bytes).map_err(|error| what(error.to_owned()))?;
        let excerpt: Excerpt = serde_json::from_value(value).map_err(|error| what(error.to_string()))?;
        if create::excerpt_bytes(&excerpt)? != *bytes {
            return Err(what("not in the one form it may have".to_owned()));
        }
        let same =
            excerpt.origin() == head.origin && excerpt.size() == head.size && excerpt.root() == head.root;
        if !same {
            return Err(what("leads to another head than the signed one".to_owned()));
        }
        let shown = excerpt.check(&head.checkpoint, options.log_key.as_deref());
        opened.shown = shown.map_err(|error| what(error.what().to_owned()))?;
        opened.notes.extend(unproven(&excerpt, &opened.shown));
        if options.log_key.is_none() {
            opened.notes.push(Note::LogKeyUnknown);
        }
        opened.excerpt = Some(excerpt);
    } else if !opened
        .manifest
        .entries
        .iter()
        .any(|e| e.path == format!("{}{}", names::RECORDS, names::ENCRYPTED))
    {
        return Err(fault(Code::Bv09, names::RECORDS, "a head without records"));
    }
    opened.head = Some(head);
    Ok(())
}

/// How many records stand under a log key that was revoked from before them on.
fn unproven(excerpt: &Excerpt, shown: &[Shown]) -> Option<Note> {
    let keys = excerpt.log_keys().ok()?;
    let doubted =
        shown.iter().filter(|one| keys.doubt(one.citation.index.0, excerpt.size()).is_some()).count();
    (doubted > 0).then_some(Note::Unproven(doubted as u64))
}
