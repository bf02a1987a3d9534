//! What a verification found.

use super::{Extent, SignedHeads, Since};
use crate::Hash;
use crate::logkey::LogKeys;
use crate::replay::Fault;
use std::path::{Path, PathBuf};
use vocab::{Message, Timestamp};

/// A code of LG chapter 19.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// Made by a newer version.
    Newer,
    /// Bytes changed: checksum, length, order of frames.
    Damage,
    /// The tree root differs: an entry was changed, dropped, inserted or swapped.
    Root,
    /// A signature is wrong.
    Sig,
    /// A key is unknown or not certified.
    Key,
    /// Key of another epoch.
    Epoch,
    /// Entries that only a revoked log key vouches for (warning).
    Unproven,
    /// The last epoch has no seal (warning).
    Unsealed,
    /// A seal is missing, doubled, or tells other counts.
    Seal,
    /// Numbers or links of a stream do not agree.
    Link,
    /// Shorter than a known signed head.
    Trunc,
    /// Another root at the size of a known signed head.
    Fork,
    /// Signed by too few people, by others than the policy lists, or against a rule of retention.
    Approval,
    /// A redacted copy (warning): what it withholds can be checked in the original only.
    Redacted,
    /// A payload block is damaged.
    Block,
    /// A file or payload is gone.
    Missing,
    /// A record does not fit the commitment of its entry.
    Commit,
    /// A file of another ledger.
    Foreign,
    /// An unfinished frame at the end (warning): a writer is at work or was killed.
    Torn,
    /// A derived file differs from the segments; `ledger rebuild` repairs it.
    Tile,
    /// The quorum of the policy given is not met (LG-WIT-09).
    Quorum,
    /// A time-stamp reply that cannot be read, or that grants no token.
    TsaFormat,
    /// A token over another head, or an answer to another request.
    TsaHash,
    /// A token of a certificate that is not for time stamping alone.
    TsaPurpose,
    /// The signature of a token is wrong.
    TsaSig,
    /// No way leads from a token to a certificate that is trusted (a warning where none was given).
    TsaKey,
    /// A certificate was not valid at the time of its token.
    TsaTime,
    /// Sets of a token are not in the order of DER.
    TsaOrder,
    /// Only a part was read as a whole (warning).
    Partial,
    /// No witness: rollback cannot be excluded (warning, always; LG-THR-02).
    TailUnproven,
}

impl Code {
    /// The code as the specification writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newer => "LV-NEWER",
            Self::Damage => "LV-DAMAGE",
            Self::Root => "LV-ROOT",
            Self::Sig => "LV-SIG",
            Self::Key => "LV-KEY",
            Self::Epoch => "LV-EPOCH",
            Self::Unproven => "LV-UNPROVEN",
            Self::Unsealed => "LV-UNSEALED",
            Self::Seal => "LV-SEAL",
            Self::Link => "LV-LINK",
            Self::Trunc => "LV-TRUNC",
            Self::Fork => "LV-FORK",
            Self::Approval => "LV-APPROVAL",
            Self::Redacted => "LV-REDACTED",
            Self::Block => "LV-BLOCK",
            Self::Missing => "LV-MISSING",
            Self::Commit => "LV-COMMIT",
            Self::Foreign => "LV-FOREIGN",
            Self::Torn => "LV-TORN",
            Self::Tile => "LV-TILE",
            Self::Quorum => "LV-QUORUM",
            Self::TsaFormat => "LV-TSA-FORMAT",
            Self::TsaHash => "LV-TSA-HASH",
            Self::TsaPurpose => "LV-TSA-PURPOSE",
            Self::TsaSig => "LV-TSA-SIG",
            Self::TsaKey => "LV-TSA-KEY",
            Self::TsaTime => "LV-TSA-TIME",
            Self::TsaOrder => "LV-TSA-ORDER",
            Self::Partial => "LV-PARTIAL",
            Self::TailUnproven => "LV-TAIL-UNPROVEN",
        }
    }

    /// What it means, for people: a message of `locales/`.
    #[must_use]
    pub fn message(self) -> Message {
        Message::new(self.as_str().to_ascii_lowercase())
    }

    /// Whether it is about a time-stamp token, which says nothing of the log itself.
    const fn is_of_a_stamp(self) -> bool {
        matches!(
            self,
            Self::TsaFormat
                | Self::TsaHash
                | Self::TsaPurpose
                | Self::TsaSig
                | Self::TsaKey
                | Self::TsaTime
                | Self::TsaOrder
        )
    }

    const fn touches(self, property: Property) -> bool {
        match property {
            Property::Alteration => {
                let derived = matches!(self, Self::Missing | Self::Trunc | Self::Tile | Self::Quorum);
                !derived && !self.is_of_a_stamp()
            }
            Property::Deletion => {
                matches!(
                    self,
                    Self::Missing | Self::Trunc | Self::Seal | Self::Root | Self::Link | Self::Damage
                )
            }
            Property::Destruction => matches!(self, Self::Damage | Self::Block | Self::Missing | Self::Trunc),
            Property::Leak => false,
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What sort.
    pub code: Code,
    /// What was expected, in English, for those who know the format.
    pub what: &'static str,
    /// File, below the folder of the ledger.
    pub file: PathBuf,
    /// Byte at which the damaged piece (segment, frame, note) begins.
    pub offset: u64,
    /// First entry concerned, where one can be named.
    pub index: Option<u64>,
    /// Its stream, where known.
    pub stream: Option<u32>,
    /// Time of the newest entry before it: everything accepted up to then is still vouched for.
    pub since: Since,
}

impl Failure {
    /// Place and time for people: a message of `locales/`.
    #[must_use]
    pub fn place(&self) -> Message {
        let id = match (self.index, self.since) {
            (None, _) => "lv-place",
            (Some(_), None) => "lv-place-index",
            (Some(_), Some(_)) => "lv-place-since",
        };
        let mut message = Message::new(id)
            .with("file", self.file.display().to_string())
            .with("offset", self.offset.to_string());
        if let Some(index) = self.index {
            message = message.with("index", index.to_string());
        }
        match self.since {
            Some(since) if self.index.is_some() => message.with("since", since),
            _ => message,
        }
    }
}

/// Something to know that is no failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What sort.
    pub code: Code,
    /// In English, for those who know the format.
    pub what: String,
}

/// The four properties that the Standard asks for, told apart (LG-THR-04): 改ざん、削除、破壊、漏えい.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    /// 改ざん: nothing was changed.
    Alteration,
    /// 削除: nothing was taken away.
    Deletion,
    /// 破壊: everything can be read.
    Destruction,
    /// 漏えい: nobody else can read it.
    Leak,
}

/// Whether a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PropertyState {
    /// It holds, up to the newest signed head.
    Holds,
    /// It does not.
    Broken,
    /// Not protected: the blocks are plain (LG-PAY-07).
    Unprotected,
    /// Only in part: some blocks are sealed and some are plain, or payloads are withheld in a redacted copy.
    Partly,
}

/// What became of the payloads (LG-SHR-02). A run of records counts as one. Missing ones are failures (`LV-MISSING`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Payloads {
    /// Opened, and they fit the commitments of their entries. Only at level `open`.
    pub present: u64,
    /// Sealed, and no key was given; their blocks are as they were written. Only at level `open`.
    pub withheld: u64,
    /// Destroyed, as a `shred` or `reseal` entry says.
    pub destroyed: u64,
}

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// Name of the ledger; empty when its first entry cannot be read.
    pub origin: String,
    /// Public log key that the first entry names.
    pub verifier_key: String,
    /// All log keys and the root key, with what was revoked.
    pub log_keys: LogKeys,
    /// Which log key signed which heads.
    pub signed_heads: Vec<SignedHeads>,
    /// Entries in frames.
    pub entries: u64,
    /// Records under bulk entries.
    pub records: u64,
    /// Payload blocks.
    pub blocks: u64,
    /// Segment files.
    pub segments: u64,
    /// A redacted copy: payloads are withheld but for openings (LG-RED-01).
    pub redacted: bool,
    /// What became of the payloads.
    pub payloads: Payloads,
    /// Blocks that are sealed, and those that are plain.
    pub sealed_blocks: (u64, u64),
    /// Root of the tree over all entries.
    pub root: Hash,
    /// Size and root of the newest signed checkpoint that holds.
    pub checkpoint: Option<(u64, Hash)>,
    /// `received_at` of the newest entry.
    pub last_time: Option<Timestamp>,
    /// Number and time of the newest seal.
    pub last_seal: Option<(u64, Timestamp)>,
    /// Largest size whose head satisfies the policy given, and who cosigned it: that the ledger was put back to an earlier
    /// state is excluded up to there.
    pub witnessed: Option<(u64, Vec<String>)>,
    /// Size of the largest head with a token of an authority given, and the moment before which it existed.
    pub stamped: Option<(u64, Timestamp)>,
    /// What was read as a whole when only a part was asked for; `None`: everything was.
    pub extent: Option<Extent>,
    /// The writer closed the ledger in good order.
    pub closed: bool,
    /// What is wrong, in the order of the log.
    pub failures: Vec<Failure>,
    /// Failures beyond the limit.
    pub failures_left_off: u64,
    /// What there is to know besides.
    pub warnings: Vec<Warning>,
    failures_max: usize,
}

impl VerifyReport {
    pub(crate) fn new(failures_max: usize) -> Self {
        Self {
            origin: String::new(),
            verifier_key: String::new(),
            log_keys: LogKeys::default(),
            signed_heads: Vec::new(),
            entries: 0,
            records: 0,
            blocks: 0,
            segments: 0,
            redacted: false,
            payloads: Payloads::default(),
            sealed_blocks: (0, 0),
            root: crate::tree::empty_root(),
            checkpoint: None,
            last_time: None,
            last_seal: None,
            witnessed: None,
            stamped: None,
            extent: None,
            closed: false,
            failures: Vec::new(),
            failures_left_off: 0,
            warnings: Vec::new(),
            failures_max,
        }
    }

    /// Whether everything checked is as it was written. Read the warnings even so (LG-THR-02).
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.failures.is_empty() && self.failures_left_off == 0
    }

    /// The four properties, each for itself.
    #[must_use]
    pub fn properties(&self) -> [(Property, PropertyState); 4] {
        use Property::{Alteration, Deletion, Destruction, Leak};
        [Alteration, Deletion, Destruction, Leak].map(|property| {
            let broken = self.failures.iter().any(|failure| failure.code.touches(property));
            let state = match property {
                Leak if self.redacted => PropertyState::Holds,
                Leak => match self.sealed_blocks {
                    (0, _) => PropertyState::Unprotected,
                    (_, 0) => PropertyState::Holds,
                    _ => PropertyState::Partly,
                },
                _ if broken => PropertyState::Broken,
                Destruction if self.redacted => PropertyState::Partly,
                _ => PropertyState::Holds,
            };
            (property, state)
        })
    }

    pub(crate) fn fail(&mut self, fault: &Fault, file: &Path, offset: u64, since: Since) {
        if self.failures.len() >= self.failures_max.max(1) {
            self.failures_left_off += 1;
            return;
        }
        self.failures.push(Failure {
            code: fault.code,
            what: fault.what,
            file: file.to_owned(),
            offset,
            index: fault.index,
            stream: fault.stream,
            since,
        });
    }

    pub(crate) fn warn(&mut self, code: Code, what: String) {
        self.warnings.push(Warning { code, what });
    }
}
