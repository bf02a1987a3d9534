//! Sealed payloads (LG chapters 5.3, 5.4): one data key a class and UTC day, wrapped to role holders, so that a thief of
//! the disk reads nothing (漏えい) and destroying a key destroys what was sealed under it (LG 15.4).

mod cipher;
mod class;
mod draw;
mod grant;
mod online;
mod ring;
mod wrap;
mod writing;

pub use class::DataClass;
pub use grant::Granted;
pub use online::{OnlineCopy, WINDOW_DAYS_DEFAULT, WINDOW_DAYS_MAX};
pub use wrap::{Identity, Recipient};
pub use writing::{SealOptions, SessionKeys};

pub(crate) use cipher::{open as decrypt, seal as encrypt};
pub(crate) use online::NAME as ONLINE_NAME;
pub(crate) use ring::KeyRing;
pub(crate) use writing::Sealing;

use crate::Hash;
use vocab::Timestamp;
use zeroize::Zeroizing;

/// Name of the folder with the wrapped keys, below the ledger.
pub(crate) const KEYS_FOLDER: &str = "keys";
/// Largest wrapped key that is read, in bytes.
pub(crate) const WRAPPED_BYTES_MAX: usize = 16 * 1024;

/// A data key and what it is for (LG-KEY-01). Wiped from memory when it goes.
#[derive(Clone)]
pub(crate) struct DataKey {
    /// Number in the ledger, from 1; 0 means plain.
    pub(crate) id: u64,
    pub(crate) class: DataClass,
    /// Days since 1970-01-01, UTC.
    pub(crate) day: u32,
    pub(crate) secret: Zeroizing<Hash>,
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "DataKey({}, {}, day {})", self.id, self.class.name(), self.day)
    }
}

/// The UTC day of a moment, counted from 1970-01-01; 0 before it.
pub(crate) fn day_of(time: Timestamp) -> u32 {
    u32::try_from(time.0.div_euclid(Timestamp::SECOND * 86_400)).unwrap_or(0)
}

/// File name of a wrapped key.
pub(crate) fn wrapped_name(id: u64) -> String {
    format!("{id}.age")
}
