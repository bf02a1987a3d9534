//! What can go wrong, with the codes of the specification (LG chapter 21).

use std::path::{Path, PathBuf};

/// A refusal or failure. Each message begins with a code of docs/spec/ledger.md chapter 21 or 19.3.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another writer holds the ledger (LG-SEG-07).
    #[error("LE-LOCKED: {path}: being written by {holder}; hint: wait until it has ended, or end it there")]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Host and process of the writer, as the lock file names them.
        holder: String,
    },
    /// The number is not the next one of the stream (LG-SRC-02).
    #[error(
        "LE-SEQ: stream {stream} expects number {expected}, not {found}; hint: send the missing records first"
    )]
    Seq {
        /// Number of the stream.
        stream: u32,
        /// Next number of the stream.
        expected: u64,
        /// Number given.
        found: u64,
    },
    /// A number of a stream was used before for other content (LG-APP-02).
    #[error(
        "LE-CONFLICT: number {seq} of stream {stream} is entry {index}, with other content; hint: two senders use one stream, or its counter was set back"
    )]
    Conflict {
        /// Number of the stream.
        stream: u32,
        /// Number given twice.
        seq: u64,
        /// The entry that has it.
        index: u64,
    },
    /// The queue of entries to be written stayed full until the deadline (LG-APP-03).
    #[error("LE-BUSY: the queue was full for {milliseconds} ms; hint: keep the records and send them again")]
    Busy {
        /// How long it was waited for, in milliseconds.
        milliseconds: u64,
    },
    /// Unknown or closed stream (LG-MOD-05).
    #[error("LE-STREAM: stream {stream} is not open; hint: open it before appending")]
    Stream {
        /// Number of the stream.
        stream: u32,
    },
    /// Something is larger than a limit.
    #[error("LE-LIMIT: {what} is {size}, the limit is {limit}; hint: split the input")]
    Limit {
        /// What was measured, with its unit.
        what: &'static str,
        /// Its size.
        size: u64,
        /// The largest size accepted.
        limit: u64,
    },
    /// A read, write or sync failed; the entry is not acknowledged (LG-DUR-02).
    #[error("LE-IO: {path}: {source}; hint: check the disk, then open the ledger again")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The writer stopped after an earlier failure and accepts nothing more (LG-DUR-02).
    #[error("LE-IO: {path}: the writer stopped after an earlier failure; hint: open the ledger again")]
    Stopped {
        /// The ledger.
        path: PathBuf,
    },
    /// The ledger is shorter than a checkpoint it once published (LG-DUR-06).
    #[error(
        "LE-ROLLBACK: the ledger holds {size} entries, a checkpoint names {known}; hint: restore the missing files"
    )]
    Rollback {
        /// Entries found.
        size: u64,
        /// Entries promised.
        known: u64,
    },
    /// A setting or argument that is not allowed.
    #[error("LE-POLICY: {0}")]
    Policy(&'static str),
    /// The key given is not the key of this ledger.
    #[error("LE-KEY: {0}")]
    Key(&'static str),
    /// Bytes on disk are not what was written.
    #[error("LV-DAMAGE: {path} at byte {offset}: {what}; hint: run `sekisho ledger verify`")]
    Damage {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        offset: u64,
        /// What was expected there.
        what: &'static str,
    },
    /// Not a ledger, or made by a newer version.
    #[error("LV-FORMAT: {path}: {what}")]
    Format {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// A file of another ledger (LG-MOD-06).
    #[error("LV-FOREIGN: {path}: belongs to another ledger")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// People who have to agree have not (LG-HLD-02, LG 15.4).
    #[error("LE-APPROVAL: {0}; hint: two different people whom the policy lists sign the request")]
    Approval(&'static str),
    /// Destruction is not allowed yet (LG-RET-01).
    #[error(
        "{code}: data key {key}, entries {from} to {to}: {what}; hint: `sekisho ledger retention` shows what blocks it"
    )]
    Blocked {
        /// `LE-HELD`, `LE-REVIEW`, `LE-CITED` or `LE-POLICY`.
        code: &'static str,
        /// Data key that was to be destroyed.
        key: u64,
        /// First entry under it.
        from: u64,
        /// Last entry under it.
        to: u64,
        /// What stands against it.
        what: &'static str,
    },
    /// Reading without a purpose (LG-AUD-04).
    #[error(
        "LE-PURPOSE: {purpose:?} is no purpose; hint: --purpose incident|audit|court|police|person-request|operations|controls|disclosure and --case NO"
    )]
    Purpose {
        /// What was given.
        purpose: String,
    },
    /// The payload is sealed and no key at hand opens it (LG-KEY-02).
    #[error(
        "LE-KEY: the payload of entry {index} is sealed under data key {key}; hint: give the identity of a role holder"
    )]
    Sealed {
        /// Entry asked for.
        index: u64,
        /// Number of the data key.
        key: u64,
    },
    /// The payload was destroyed, as the ledger says (LG-SHR-02).
    #[error(
        "the payload of entry {index} was destroyed (廃棄); `sekisho ledger deletions` tells by whom and why"
    )]
    Destroyed {
        /// Entry asked for.
        index: u64,
    },
    /// A copy, or a signed head, differs from this ledger at a size that both have (LF-04, LF-22).
    #[error(
        "LV-FORK: another log at {size} entries; hint: keep both, change neither, and find out which one is older"
    )]
    Fork {
        /// Entries at which they differ.
        size: u64,
    },
    /// A time-stamp token does not hold (LG-TSA-03).
    #[error("{0}; hint: keep the reply as it came and ask the authority for another")]
    Stamp(crate::StampError),
    /// Another writer took over the store (LG-STO-06).
    #[error(
        "LE-LOCKED: another writer took over the store after take-over {fence}; hint: fetch what it wrote first"
    )]
    Fenced {
        /// Number of the take-over of this writer.
        fence: u64,
    },
    /// A store did not do what was asked.
    #[error("LE-IO: {0}; hint: whether it took effect is not known: run the command again")]
    Store(#[from] crate::storage::StoreError),
    /// A copy on another computer did not take what it was sent; its words begin with a code.
    #[error("the copy at {place} refuses: {said}")]
    Refuses {
        /// Its address.
        place: String,
        /// What it said.
        said: String,
    },
    /// The payload is not in this redacted copy (LG-RED-01).
    #[error(
        "the payload of entry {index} is withheld in this redacted copy; hint: ask whoever made the copy"
    )]
    Withheld {
        /// Entry asked for.
        index: u64,
    },
    /// No such entry or record.
    #[error("entry {index} record {record} is not in this ledger, or holds no such content")]
    Absent {
        /// Entry asked for.
        index: u64,
        /// Record asked for.
        record: u32,
    },
}

impl Error {
    /// An input or output error at `path`.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }
    /// Damage at a place.
    pub(crate) fn damage(path: &Path, offset: u64, what: &'static str) -> Self {
        Self::Damage { path: path.to_owned(), offset, what }
    }
}
