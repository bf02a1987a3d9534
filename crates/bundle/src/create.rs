//! Sealing a bundle (封印).

use crate::custody::Chain;
use crate::error::{Code, Fault};
use crate::head::Head;
use crate::manifest::{self, Class, Entry, Kind, LedgerHead, Manifest, Party, Withheld};
use crate::minisign::SecretKey;
use crate::tar::{self, Member};
use crate::{names, sha256_hex};
use ledger::Excerpt;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use vocab::Timestamp;

/// Encryption failed; why, in words.
#[derive(Debug)]
pub struct SealError(pub String);

/// Encrypts bytes for the recipients (`age`).
pub trait Seal {
    /// The bytes, encrypted.
    ///
    /// # Errors
    /// When it cannot be done.
    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, SealError>;
}

/// A file to put into a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Name in the container: `forms/...`, `incidents.json` and others of docs/formats/bundle.md. An item of evidence is
    /// named by [`File::evidence`].
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
}

impl File {
    /// An item of evidence, named by its hash.
    #[must_use]
    pub fn evidence(bytes: Vec<u8>) -> Self {
        Self { path: format!("evidence/{}", sha256_hex(&bytes)), bytes }
    }
    /// A document; its name is made safe.
    #[must_use]
    pub fn document(name: &str, bytes: Vec<u8>) -> Self {
        Self { path: format!("forms/{}", names::document_name(name)), bytes }
    }
}

/// What a bundle is made of.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Sixteen random bytes.
    pub bundle_id: [u8; 16],
    /// What sort.
    pub kind: Kind,
    /// The sender's case number.
    pub case_ref: String,
    /// 1, 2, 3 ... among the bundles of the case.
    pub sequence: u64,
    /// Hash of the manifest before.
    pub previous: Option<String>,
    /// Name of the sender.
    pub sender: String,
    /// To whom.
    pub recipient: Option<Party>,
    /// When; rounded down to whole seconds.
    pub sealed_at: Timestamp,
    /// When the incident was recognised.
    pub recognised_at: Option<Timestamp>,
    /// Records with their signed head.
    pub records: Option<(Excerpt, Head)>,
    /// Other files.
    pub files: Vec<File>,
    /// Chain of custody.
    pub custody: Chain,
    /// What was left out.
    pub withheld: Vec<Withheld>,
    /// Program and version.
    pub tool: String,
}

/// Seals a bundle. With `seal` everything but the signed head, the hashes and the manifest is encrypted.
///
/// # Errors
/// A [`Fault`] with the code that the receiver would give: an unknown or doubled name, too much, a chain of custody
/// whose items somebody else holds.
pub fn create(draft: Draft, key: &SecretKey, seal: Option<&dyn Seal>) -> Result<Vec<u8>, Fault> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut put = |path: String, bytes: Vec<u8>| match files.insert(path.clone(), bytes) {
        None => Ok(()),
        Some(_) => Err(Fault::new(Code::Bv02, path, "stands twice in the bundle")),
    };
    for file in draft.files {
        put(file.path, file.bytes)?;
    }
    let mut ledger_head = None;
    if let Some((excerpt, head)) = &draft.records {
        ledger_head = Some(LedgerHead { seq: head.size, hash: head.root.clone() });
        put(names::HEAD.to_owned(), head.bytes()?)?;
        put(names::RECORDS.to_owned(), excerpt_bytes(excerpt)?)?;
    }
    if !draft.custody.events().is_empty() {
        check_holders(&draft.custody, &draft.sender)?;
        put(names::CUSTODY.to_owned(), draft.custody.text().as_bytes().to_vec())?;
    }
    let (mut entries, mut files) = listed(files, seal)?;
    let sums = sums(&entries);
    entries.push(entry(names::SUMS, &sums, Class::Case, None));
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let public = key.public();
    let manifest = Manifest {
        schema: manifest::SCHEMA.to_owned(),
        bundle_id: uuid(draft.bundle_id),
        kind: draft.kind,
        case_ref: draft.case_ref,
        sequence: draft.sequence,
        previous: draft.previous,
        sender: Party { id: draft.sender, key_id: public.id(), public_key: public.line() },
        recipient: draft.recipient,
        sealed_at: Timestamp::from_seconds(draft.sealed_at.seconds()),
        recognised_at: draft.recognised_at,
        entries,
        ledger_head,
        withheld: draft.withheld,
        tool: draft.tool,
    };
    let bytes = manifest.bytes()?;
    Manifest::parse(&bytes)?;
    let comment = format!("{} {}", manifest.sealed_at, manifest.bundle_id);
    files.insert(names::SIGNATURE.to_owned(), key.sign(&bytes, &comment).into_bytes());
    files.insert(names::MANIFEST.to_owned(), bytes);
    files.insert(names::SUMS.to_owned(), sums);
    if files.len() > tar::ENTRIES_MAX {
        return Err(Fault::new(Code::Bv01, "container", "more entries than a bundle may hold"));
    }
    let members: Vec<_> = files.iter().map(|(name, bytes)| Member { name, bytes }).collect();
    let bundle = tar::write(&members, u64::try_from(manifest.sealed_at.seconds()).unwrap_or_default());
    if bundle.len() > tar::BUNDLE_BYTES_MAX {
        return Err(Fault::new(Code::Bv01, "container", "larger than a bundle may be"));
    }
    Ok(bundle)
}

/// Last holder of every item is the sender (BV-08).
pub(crate) fn check_holders(chain: &Chain, sender: &str) -> Result<(), Fault> {
    match chain.holders().find(|(_, holder)| *holder != sender) {
        None => Ok(()),
        Some((item, holder)) => {
            let what = format!("item {item} is held by {holder:?}, not by the sender {sender:?}");
            Err(Fault::new(Code::Bv08, names::CUSTODY, what))
        }
    }
}

pub(crate) fn excerpt_bytes(excerpt: &Excerpt) -> Result<Vec<u8>, Fault> {
    let fault = |what: String| Fault::new(Code::Bv09, names::RECORDS, what);
    let value = serde_json::to_value(excerpt).map_err(|error| fault(error.to_string()))?;
    ledger::canonical_json(&value).map_err(|what| fault(what.to_owned()))
}

type Listed = (Vec<Entry>, BTreeMap<String, Vec<u8>>);

/// Classes, hashes, and encryption.
fn listed(files: BTreeMap<String, Vec<u8>>, seal: Option<&dyn Seal>) -> Result<Listed, Fault> {
    let (mut entries, mut out) = (Vec::new(), BTreeMap::new());
    for (path, bytes) in files {
        let Some(class) = names::class(&path) else {
            return Err(Fault::new(Code::Bv02, path, "no such name may stand in a bundle"));
        };
        let (path, bytes, plain) = match seal {
            Some(seal) if path != names::HEAD => {
                let what = |error: SealError| Fault::new(Code::Bv06, path.as_str(), error.0);
                // Salts make the records unguessable; an item is named by its hash anyway. The hash of a form could
                // be found by trying.
                let tells = !matches!(class, Class::Evidence | Class::Ledger);
                let plain = (!tells).then(|| sha256_hex(&bytes));
                (format!("{path}{}", names::ENCRYPTED), seal.seal(&bytes).map_err(what)?, Some(plain))
            }
            _ => (path, bytes, None),
        };
        entries.push(entry(&path, &bytes, class, plain));
        out.insert(path, bytes);
    }
    Ok((entries, out))
}

fn entry(path: &str, bytes: &[u8], class: Class, encrypted: Option<Option<String>>) -> Entry {
    Entry {
        path: path.to_owned(),
        sha256: sha256_hex(bytes),
        size: bytes.len() as u64,
        class,
        encrypted: encrypted.is_some(),
        plain_sha256: encrypted.flatten(),
    }
}

/// `SHA256SUMS`: all entries but itself, the manifest and its signature.
pub(crate) fn sums(entries: &[Entry]) -> Vec<u8> {
    let mut out = String::new();
    for entry in entries.iter().filter(|entry| entry.path != names::SUMS) {
        let _ = writeln!(out, "{}  {}", entry.sha256, entry.path);
    }
    out.into_bytes()
}

/// Sixteen random bytes as a UUID of version 4.
fn uuid(mut bytes: [u8; 16]) -> String {
    if let Some(byte) = bytes.get_mut(6) {
        *byte = *byte & 0x0f | 0x40;
    }
    if let Some(byte) = bytes.get_mut(8) {
        *byte = *byte & 0x3f | 0x80;
    }
    let text = hex::encode(bytes);
    let mut out = String::with_capacity(36);
    for (place, c) in text.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(c);
    }
    out
}
