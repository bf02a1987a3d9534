//! Tamper-evident append-only log (台帳): one RFC 6962 tree, signed checkpoints, and proofs that need no trust in the
//! program that wrote it (docs/spec/ledger.md; bytes in docs/formats/ledger.md).
//!
//! A ledger is a directory. [`Ledger`] is its one writer, [`Reader`] reads it, [`verify`] checks it. Bulk input costs one
//! entry for a run of up to 4,096 records; the entry commits to a hash tree over the records, so that one line can be
//! shown or withheld alone (DESIGN, "Sealing must not cost more than looking").

mod batch;
mod block;
mod bytes;
mod commit;
mod consistency;
mod destroy;
mod drive;
mod entry;
mod epoch;
mod error;
mod excerpt;
mod export;
mod files;
mod fill;
mod frame;
mod gap;
mod govern;
#[cfg(any(test, feature = "fuzz"))]
#[doc(hidden)]
pub mod hostile;
mod json;
mod keys;
mod logkey;
mod note;
mod opening;
mod parts;
mod proof;
mod ranges;
mod reader;
mod recall;
mod recover;
mod redact;
mod replay;
mod replica;
mod review;
mod run;
mod scan;
mod seal;
mod stamp;
pub mod storage;
mod store;
mod streams;
mod succession;
mod tiles;
mod tree;
#[cfg(test)]
mod vectors;
mod verify;
mod witness;
mod writer;

pub use commit::{CommitStats, QueueLimits, SharedLedger, Submission};
pub use consistency::{ConsistencyProof, TreeHead};
pub use destroy::{Against, Destroyed, Guards, KeyPlan};
pub use entry::{Entry, EntryKind, Form};
pub use error::Error;
pub use excerpt::{EXCERPT_ENTRIES_MAX, Excerpt, Shown};
pub use export::{Disclosures, Export, ExportFacts};
pub use gap::GapCause;
pub use govern::{
    ContentPolicy, Destruction, Freeze, FreezeFacts, Frozen, Governance, Hold, PURPOSES, Person, PersonKey,
    PersonRef, Request, Retention, Review, Scope,
};
pub use json::{canonical_json, parse_canonical_json};
pub use logkey::{Authority, KeyHistory, KeyStatement, LOSS_REASONS, LogKey, LogKeys, Revocation, RootKey};
pub use note::Checkpoint;
pub use opening::{Choice, EntryPath, HeadOpening, OpenRecord, Opening, Part, RunOpening, Subtree, Withheld};
pub use parts::Payload;
pub use proof::{InclusionProof, ProofError};
pub use reader::{ReadOptions, Reader, RecordView};
pub use recall::Appended;
pub use recover::{Recovered, Resume};
pub use redact::{Redacted, redact};
pub use replica::{
    CaughtUp, Depot, Holds, Receiver, Removed, Replica, ReplicaKey, Replicated, Source, Statement, catch_up,
    frame_names, replicate,
};
pub use review::{AuditFacts, Break, GapFacts, ReadFacts, SILENCE_MICROS_DEFAULT, Silence, StreamFacts};
pub use run::{RUN_BYTES_MAX, RUN_RECORDS_MAX, Run, RunRecord};
pub use seal::{
    DataClass, Granted, Identity, OnlineCopy, Recipient, SealOptions, SessionKeys, WINDOW_DAYS_DEFAULT,
    WINDOW_DAYS_MAX,
};
pub use stamp::{
    Authorities, StampError, StampFault, Stamped, check_kept_stamp, check_stamp, prepare_stamp, stamp_request,
};
pub use streams::StreamId;
pub use succession::{Remains, Succession, close_for_ever, remains};
pub use tiles::{TileId, TileKind, TileStats, read_tile, rebuild_tiles, update_tiles};
pub use verify::{
    Code, Extent, Failure, Payloads, Property, PropertyState, SEED_BYTES_MAX, Sample, SignedHeads,
    VerifyOptions, VerifyReport, Warning, size_at, verify, verify_with,
};
pub use witness::{
    AddCheckpoint, Policy, PolicyError, Quorum, Verdict, WITNESS_ALARM_SECONDS_DEFAULT, Witness,
    WitnessAlarm, WitnessAnswer, WitnessEntry, WitnessError, WitnessEvent, WitnessKey, WitnessSeen,
    WitnessWatch, add_cosignatures, keep_cosigned,
};
pub use writer::{Genesis, Ledger};

/// A hash: SHA-256, 32 bytes.
pub type Hash = [u8; 32];
/// Result of a call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
