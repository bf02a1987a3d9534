//! What remains of an event once its record is gone: small, owned, ready to be put in order.

use compact_str::CompactString;
use smallvec::SmallVec;
use std::net::IpAddr;
use vocab::{AuthMethod, Citation, Class, Flags, Outcome, Reading, Reason, Timestamp, Trust, UserKind};

/// Order of signals (DT-COR-06): time, then log source and file by rank of their names, then offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey {
    /// Time of the event.
    pub time: Timestamp,
    /// Rank of the log source.
    pub source: u32,
    /// Rank of the file in its rotation chain.
    pub file_rank: u32,
    /// Byte offset in the decompressed stream.
    pub offset: u64,
}

/// Number of a rule in the loaded rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub u32);

/// A reduced event. About 200 bytes; the rare parts live in [`Detail`].
#[derive(Clone, Debug)]
pub struct Signal {
    /// Place in the order.
    pub order: OrderKey,
    /// Where the record is kept.
    pub citation: Citation,
    /// Line or record number.
    pub line: u64,
    /// OCSF class.
    pub class: Class,
    /// OCSF activity.
    pub activity: u8,
    /// Result.
    pub outcome: Outcome,
    /// Normalised reason.
    pub reason: Reason,
    /// How the code was given.
    pub method: Option<AuthMethod>,
    /// What the log source says of the account.
    pub user_kind: Option<UserKind>,
    /// Came over the line.
    pub is_remote: Option<bool>,
    /// Marks.
    pub flags: Flags,
    /// How far the record can be believed.
    pub trust: Trust,
    /// How many attempts the record stands for.
    pub count: u32,
    /// Source address.
    pub src_ip: Option<IpAddr>,
    /// Source port.
    pub src_port: Option<u16>,
    /// Process id.
    pub pid: Option<u32>,
    /// Account that was used or changed, as the log shows it.
    pub account: CompactString,
    /// Computer that was accessed.
    pub host: CompactString,
    /// Service or vhost.
    pub service: CompactString,
    /// Joins records of the same try or session; 0 = alone.
    pub attempt: u64,
    /// Parser, e.g. `openssh`.
    pub parser: &'static str,
    /// Grammar row, e.g. `O01`.
    pub grammar: &'static str,
    /// Stateless rules that matched.
    pub matches: SmallVec<[RuleIndex; 2]>,
    /// What a request came to; zero for other classes.
    pub answer: Answer,
    /// The rare parts; absent for an ordinary request.
    pub detail: Option<Box<Detail>>,
}

/// A request and its answer in small, for what looks at every request (detection.md 4.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Hash of the path, raw; 0 when there is none.
    pub path: u64,
    /// Bytes of the answer; [`u32::MAX`] when not stated.
    pub bytes: u32,
    /// Status; 0 when not stated.
    pub status: u16,
    /// Bits of [`Answer`]'s constants.
    pub traits: u16,
}

impl Answer {
    /// Method GET.
    pub const GET: u16 = 1;
    /// Method HEAD.
    pub const HEAD: u16 = 1 << 1;
    /// Method POST.
    pub const POST: u16 = 1 << 2;
    /// Method that writes or removes: PUT, DELETE, MOVE, COPY, PATCH.
    pub const WRITE: u16 = 1 << 3;
    /// The path names a script, e.g. `.php`.
    pub const SCRIPT: u16 = 1 << 4;
    /// The path names a part of a page, e.g. `.css`, `.png`.
    pub const ASSET: u16 = 1 << 5;
    /// A referrer was sent.
    pub const REFERRED: u16 = 1 << 6;
    /// A query was sent.
    pub const QUERY: u16 = 1 << 7;
    /// The path names a document, e.g. `.html`, or ends with a slash.
    pub const PAGE: u16 = 1 << 8;

    /// Are all bits set?
    #[must_use]
    pub const fn has(self, traits: u16) -> bool {
        self.traits & traits == traits
    }
}

/// Rare parts of a reduced event; absent text is empty.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "same names and meanings as in vocab::Event")]
pub struct Detail {
    pub actor: CompactString,
    pub target_user: CompactString,
    pub group: CompactString,
    pub device: CompactString,
    pub session: CompactString,
    pub key_id: CompactString,
    pub encryption: CompactString,
    pub process: CompactString,
    pub cmdline: CompactString,
    pub cwd: CompactString,
    pub path: CompactString,
    pub http_method: CompactString,
    pub url_path: CompactString,
    pub url_query: CompactString,
    pub http_status: Option<u16>,
    pub bytes_out: Option<u64>,
    pub latency_us: Option<u64>,
    pub user_agent: CompactString,
    pub referrer: CompactString,
    pub message: CompactString,
    pub reason_code: CompactString,
    pub src_host: CompactString,
    pub user_domain: CompactString,
    pub user_uid: CompactString,
    pub actor_uid: CompactString,
    pub signature: CompactString,
    pub dst_ip: Option<IpAddr>,
    pub dst_port: Option<u16>,
    pub readings: Vec<Reading>,
}
