//! Time stamps of others over signed heads (RFC 3161, タイムスタンプ; LG chapter 11). A token proves that a head existed before a
//! moment that its authority vouches for, nothing about completeness. Requests, replies and certificates are bytes; how
//! they reach the authority is not known here.

mod asn1;
mod chain;
mod kept;
mod token;

pub use chain::Authorities;
pub(crate) use kept::{NOTE_SUFFIX, REPLY_SUFFIX, STAMP_BYTES_MAX, TOKENS_FOLDER};
pub use kept::{check_kept_stamp, prepare_stamp};
pub use token::{Stamped, check_stamp, stamp_request};

/// What is wrong with a token (LG-TSA-03). The code is that of docs/spec/ledger.md 19.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StampFault {
    /// Not a reply that grants a token.
    Format,
    /// A token over something else, or an answer to another request.
    Hash,
    /// The certificate is not one for time stamping.
    Purpose,
    /// A signature is wrong.
    Sig,
    /// No way leads to a certificate that is trusted.
    Key,
    /// A certificate was not valid at the time of the token.
    Time,
    /// Sets are not in the order of DER; some verifiers refuse such a reply.
    Order,
}

impl StampFault {
    /// The code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Format => "LV-TSA-FORMAT",
            Self::Hash => "LV-TSA-HASH",
            Self::Purpose => "LV-TSA-PURPOSE",
            Self::Sig => "LV-TSA-SIG",
            Self::Key => "LV-TSA-KEY",
            Self::Time => "LV-TSA-TIME",
            Self::Order => "LV-TSA-ORDER",
        }
    }
}

/// A token that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: expected {what}", fault.as_str())]
pub struct StampError {
    /// What sort.
    pub fault: StampFault,
    /// What was expected.
    pub what: &'static str,
}
