//! Destruction of payloads (廃棄): what may go, how it goes, and what stays to prove it (LG 15.2, 15.4 to 15.6).

mod bury;
mod carry;
mod plan;
mod reseal;

pub use carry::Destroyed;
pub use plan::{Against, Guards, KeyPlan};

pub(crate) use bury::{Grave, bury, erase, finish as finish_burials};

use crate::{Hash, tree};

/// Root over the blocks of several data keys, ascending: one leaf a key with number (8), count (8), root of its blocks (32).
pub(crate) fn keys_root(keys: impl Iterator<Item = (u64, u64, Hash)>) -> Hash {
    let mut leaves: Vec<Hash> = keys
        .map(|(key, count, root)| {
            tree::leaf(&[key.to_be_bytes().as_slice(), &count.to_be_bytes(), &root].concat())
        })
        .collect();
    tree::root_in_place(&mut leaves)
}
