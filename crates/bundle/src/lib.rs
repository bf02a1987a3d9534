//! Signed evidence bundles (証拠の束, `.skb`): chosen records of a ledger with proofs, documents and the chain of custody
//! in one file that stock `tar`, `sha256sum` and `minisign` check (docs/spec/casework.md 11; bytes in
//! docs/formats/bundle.md).
//!
//! Everything here is bytes in, bytes out: no file, no clock, no randomness. Encryption is passed in as [`Seal`] and
//! [`Unseal`]. [`verify`] is strict: each byte of a bundle has one allowed value, so that no change goes unseen.

mod create;
mod custody;
mod error;
mod head;
mod manifest;
pub mod minisign;
mod names;
mod receipt;
mod redact;
mod succession;
mod tar;
mod verify;

pub use create::{Draft, File, Seal, SealError, create};
pub use custody::{Chain, CustodyEvent};
pub use error::{Code, Fault};
pub use head::{Head, Previous};
pub use manifest::{Class, Entry, Kind, Manifest, Party, Withheld};
pub use names::document_name;
pub use receipt::{Decision, Receipt};
pub use redact::{Redaction, redact};
pub use succession::{Change, KeyNote, SenderKeyStatement, SignedSenderKeyStatement};
pub use tar::BUNDLE_BYTES_MAX;
pub use verify::{Note, Opened, Unseal, VerifyOptions, manifest_hash, verify};

/// Lower-case hexadecimal SHA-256.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}
