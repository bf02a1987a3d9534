//! Data keys and the blocks under them, as the log tells of them (LG 5.4, 15.4, 15.5).

use super::Replay;
use crate::Hash;
use crate::block::{self, BlockForm};
use crate::seal::DataClass;
use crate::tree::{self, Frontier};
use crate::verify::Code;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

/// The blocks under one data key.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyBlocks {
    /// Leaves over their digests, in the order of the log.
    pub(crate) digests: Frontier,
    /// Tombstones.
    pub(crate) graves: u64,
    /// Payloads of tombstones, of sealed blocks, and of blocks that were written again.
    pub(crate) payloads: [u64; 3],
    /// First entry of the first tombstone.
    pub(crate) first: u64,
}

/// What a `key` entry tells of a data key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyNote {
    /// The entry.
    pub(crate) index: u64,
    pub(crate) class: DataClass,
    /// Days since 1970-01-01, UTC.
    pub(crate) day: u32,
    /// SHA-256 of the wrapped key.
    pub(crate) digest: Hash,
}

/// What a `timestamp` entry tells of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StampNote {
    /// The entry.
    pub(crate) index: u64,
    /// Size of the head.
    pub(crate) size: u64,
    /// SHA-256 of the reply of the authority.
    pub(crate) token: Hash,
}

impl Replay {
    /// A time-stamp token over a head of this ledger (LG-TSA-01).
    pub(super) fn stamp_entry(&mut self, index: u64, body: &Value) -> Option<(Code, &'static str)> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let token = BASE64.decode(text("token")).ok().and_then(|bytes| bytes.try_into().ok());
        match (body.get("size").and_then(Value::as_u64), token) {
            (Some(size), Some(token)) if size <= index => {
                self.stamps.push(StampNote { index, size, token });
                None
            }
            _ => Some((Code::TsaFormat, "contents of a time-stamp entry")),
        }
    }

    pub(super) fn count_block(&mut self, header: &block::Header, digest: Hash) {
        let blocks = self.by_key.entry(header.key).or_default();
        let payloads = u64::from(header.payloads);
        match header.form {
            BlockForm::Plain => self.sealed_blocks.1 += 1,
            BlockForm::Sealed => {
                self.sealed_blocks.0 += 1;
                blocks.payloads[1] += payloads;
            }
            BlockForm::Resealed => {
                self.sealed_blocks.0 += 1;
                blocks.payloads[2] += payloads;
            }
            BlockForm::Tombstone => {
                if blocks.graves == 0 {
                    blocks.first = header.first_index;
                }
                blocks.graves += 1;
                blocks.payloads[0] += payloads;
            }
        }
        // Plain blocks are listed by the trailers; only what can be destroyed is counted by key.
        if header.key != 0 {
            blocks.digests.push(tree::leaf(&digest));
        }
    }

    /// Whether the blocks of a `reseal` entry are there.
    pub(super) fn written_again(&self, index: u64) -> bool {
        if self.partial {
            return true;
        }
        let newest = self.governance.destructions.last().filter(|one| one.index == index);
        let Some((key, count, root)) = newest.and_then(|one| one.again) else { return self.lost };
        let found = self.by_key.get(&key).map(|blocks| &blocks.digests);
        self.lost || found.map_or(count == 0, |found| found.size() == count && found.root() == root)
    }

    /// Whether the log had the head that a freeze names, shortly before it (LG 18.1).
    pub(super) fn frozen_head_fits(&self, index: u64) -> bool {
        let newest = self.governance.freezes.last().filter(|one| one.index == index);
        self.lost || newest.is_none_or(|one| self.ends.contains(&one.head))
    }

    /// A new data key: numbers follow one another (LG-KEY-01).
    pub(super) fn data_key_entry(&mut self, index: u64, body: &Value) -> Option<(Code, &'static str)> {
        let number = |name: &str| body.get(name).and_then(Value::as_u64);
        let digest = body.get("digest").and_then(Value::as_str).and_then(|text| BASE64.decode(text).ok());
        let class =
            number("class").and_then(|class| u16::try_from(class).ok()).and_then(DataClass::from_number);
        let (Some(id), Some(class), Some(day), Some(digest)) = (
            number("id"),
            class,
            number("day").and_then(|day| u32::try_from(day).ok()),
            digest.and_then(|bytes| bytes.try_into().ok()),
        ) else {
            return Some((Code::Key, "contents of a key entry"));
        };
        let newest = self.data_keys.last_key_value().map_or(0, |(id, _)| *id);
        self.data_keys.insert(id, KeyNote { index, class, day, digest });
        match (self.lost, self.sealed, id == newest + 1) {
            (false, true, _) => Some((Code::Epoch, "a data key made under an epoch that has ended")),
            (false, _, false) => Some((Code::Key, "numbers of the data keys")),
            _ => None,
        }
    }
}
