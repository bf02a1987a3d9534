//! Names that may stand in a bundle (BV-02; docs/spec/casework.md 11.1).

use crate::manifest::Class;

/// Longest name in bytes: what a header of the container holds.
pub(crate) const NAME_BYTES_MAX: usize = 100;
/// Longest name of a document in bytes, without its folder.
const DOCUMENT_BYTES_MAX: usize = 80;

/// Manifest of a bundle.
pub(crate) const MANIFEST: &str = "manifest.json";
/// Its signature.
pub(crate) const SIGNATURE: &str = "manifest.json.minisig";
/// Hashes of all other entries.
pub(crate) const SUMS: &str = "SHA256SUMS";
/// Records with their proofs.
pub(crate) const RECORDS: &str = "records.json";
/// Signed head of the ledger.
pub(crate) const HEAD: &str = "ledger-head.json";
/// Chain of custody.
pub(crate) const CUSTODY: &str = "custody.jsonl";
/// What encrypted entries end with.
pub(crate) const ENCRYPTED: &str = ".age";

/// Entries with a fixed name, and their class.
const FIXED: [(&str, Class); 14] = [
    (RECORDS, Class::Ledger),
    (HEAD, Class::Ledger),
    (CUSTODY, Class::Custody),
    ("case.json", Class::Case),
    ("facts.json", Class::Case),
    ("verdicts.json", Class::Case),
    ("incidents.json", Class::Case),
    ("timeline.json", Class::Case),
    ("observables.json", Class::Case),
    ("measures.json", Class::Case),
    ("recovery.jsonl", Class::Case),
    ("stix.json", Class::Exchange),
    ("misp.json", Class::Exchange),
    ("README.txt", Class::Case),
];

/// Class of a name without `.age`; `None` for a name that may not stand in a bundle.
pub(crate) fn class(name: &str) -> Option<Class> {
    if let Some((_, class)) = FIXED.iter().find(|(fixed, _)| *fixed == name) {
        return Some(*class);
    }
    match name.split_once('/') {
        Some(("evidence", hash)) => is_sha256(hash).then_some(Class::Evidence),
        Some(("forms", document)) => (document_name(document) == document).then_some(Class::Form),
        _ => None,
    }
}

/// Whether `text` is a SHA-256 in lower-case hexadecimal.
pub(crate) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c))
}

/// A name for a document that may stand in a bundle: letters and digits of any script, `.`, `_` and `-`; never
/// hidden, never a path, at most 80 bytes. Other characters become `_`.
#[must_use]
pub fn document_name(name: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut out = String::new();
    for c in name.trim_start_matches('.').chars().map(|c| if fits(c) { c } else { '_' }) {
        if out.len() + c.len_utf8() > DOCUMENT_BYTES_MAX {
            break;
        }
        out.push(c);
    }
    // A name that ends like an encrypted entry would be taken for one.
    let end = out.trim_end_matches(ENCRYPTED).trim_end_matches('.').len();
    out.truncate(end);
    if out.is_empty() { "_".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_have_a_class() {
        assert_eq!(class("forms/被害届.pdf"), Some(Class::Form));
        assert_eq!(class(&format!("evidence/{}", "0f".repeat(32))), Some(Class::Evidence));
        for name in
            ["forms/../x", "forms/.x", "forms/a/b", "/etc/passwd", "evidence/x", "x", "forms/", "forms/x.age"]
        {
            assert_eq!(class(name), None, "{name}");
        }
        assert_eq!(class(MANIFEST), None);
        assert_eq!(document_name("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(document_name(""), "_");
        assert_eq!(document_name("x.age.age"), "x");
    }
}
