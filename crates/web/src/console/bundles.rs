//! The page of evidence bundles (証拠の束) of a case.

use super::Frame;
use askama::Template;

/// A bundle that was made.
#[derive(Clone, Debug)]
pub struct BundleLine {
    /// Its place among the bundles of the case.
    pub sequence: u64,
    /// SHA-256 of the file.
    pub sha256: String,
    /// SHA-256 of its manifest.
    pub manifest: String,
    /// Size.
    pub bytes: u64,
    /// Who made it, and when.
    pub words: String,
    /// Name of the sender in it.
    pub sender: String,
    /// To whom; empty: nobody named.
    pub recipient: String,
    /// Its content is encrypted to the recipient.
    pub encrypted: bool,
    /// Id of the key that signed it.
    pub key_id: String,
    /// Entry of the ledger.
    pub entry: i64,
}

/// Bundles of a case.
#[derive(Template)]
#[template(path = "console/bundles.html")]
pub struct BundlesPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// Number of the case.
    pub number: i64,
    /// Bundles, the newest first.
    pub bundles: Vec<BundleLine>,
    /// Sender's verification key as one line; empty: it is made with the first bundle.
    pub key: String,
    /// Log key of the ledger.
    pub log_key: String,
    /// Name of the sender of the bundle before.
    pub sender: String,
    /// How much may go in, in words.
    pub limit: String,
    /// The reader may make one.
    pub makes: bool,
    /// The reader may take a copy.
    pub copies: bool,
}
