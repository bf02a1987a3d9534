//! Redacted copies (一部開示): what is withheld becomes a hash, and everything else still leads to the same root of the
//! ledger (docs/spec/ledger.md 16).

use crate::create::{Draft, File};
use crate::custody::Chain;
use crate::error::{Code, Fault};
use crate::head::Head;
use crate::manifest::{Class, Kind, Withheld};
use crate::names;
use crate::verify::Opened;
use ledger::Shown;
use vocab::Timestamp;

/// How to redact.
#[derive(Clone, Debug)]
pub struct Redaction {
    /// Sixteen random bytes.
    pub bundle_id: [u8; 16],
    /// Reference under which the copy is handed out; the case number of the original is not copied.
    pub case_ref: String,
    /// Who redacts and signs.
    pub sender: String,
    /// When.
    pub sealed_at: Timestamp,
    /// Why, in words.
    pub reason: String,
    /// Names of the entries that are kept besides the records; all others are left out.
    pub keep: Vec<String>,
    /// Program and version.
    pub tool: String,
}

/// The draft of a redacted copy of a verified bundle: records for which `withhold` says so, all names of files, the
/// chain of custody and all entries that are not kept are gone. Sender and case number of the original are not in it.
///
/// # Errors
/// BV-09 when there are no open records.
pub fn redact(
    original: &Opened,
    how: Redaction,
    withhold: impl FnMut(&Shown) -> bool,
) -> Result<Draft, Fault> {
    let fault = |what: &str| Fault::new(Code::Bv09, names::RECORDS, what);
    let (Some(excerpt), Some(head)) = (&original.excerpt, &original.head) else {
        return Err(fault("no open records: give the identity that decrypts them"));
    };
    let mut excerpt = excerpt.clone();
    let gone = excerpt.withhold(true, withhold).map_err(|error| fault(error.what()))?;
    let mut withheld = vec![Withheld { class: Class::Ledger, count: gone, reason: how.reason.clone() }];
    let mut files = Vec::new();
    for entry in &original.manifest.entries {
        let name = entry.path.strip_suffix(names::ENCRYPTED).unwrap_or(&entry.path);
        if matches!(name, names::RECORDS | names::HEAD | names::SUMS) {
            continue;
        }
        match original.files.get(name) {
            Some(bytes) if name != names::CUSTODY && how.keep.iter().any(|kept| kept == name) => {
                files.push(File { path: name.to_owned(), bytes: bytes.clone() });
            }
            _ => match withheld.iter_mut().find(|one| one.class == entry.class) {
                Some(one) => one.count += 1,
                None => {
                    withheld.push(Withheld { class: entry.class, count: 1, reason: how.reason.clone() });
                }
            },
        }
    }
    let head = Head::new(&excerpt, head.checkpoint.clone(), None);
    Ok(Draft {
        bundle_id: how.bundle_id,
        kind: Kind::Redacted,
        case_ref: how.case_ref,
        sequence: 1,
        previous: Some(original.manifest_hash.clone()),
        sender: how.sender,
        recipient: None,
        sealed_at: how.sealed_at,
        recognised_at: None,
        records: Some((excerpt, head)),
        files,
        custody: Chain::default(),
        withheld,
        tool: how.tool,
    })
}
