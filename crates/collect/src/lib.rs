//! Sources and parsers: bytes to normalised events (detection.md 1 to 3 and 6).
//!
//! Architecture invariant: `collect` knows no rule, no law and no network action, and reads no clock: the clock value
//! and the default zone are passed in.
//!
//! The way of a record: [`registry`] recognises the format of a file from its content, a cutter cuts records out of the
//! decompressed bytes, the format's [`Decoder`] frames each record and, for syslog-like formats, hands the message to
//! the [`grammar`] of its program.

pub mod audit;
pub mod binary;
pub mod cloud;
pub mod context;
mod files;
mod flat;
pub mod grammar;
pub mod input;
mod journal;
pub mod mask;
pub mod ocsf;
pub mod record;
pub mod registry;
pub mod stream;
pub mod syslog;
pub mod time;
pub mod unread;
pub mod web;
mod windows;

pub use record::{Cut, Decoder, RawRecord, Sample, Settings, Sink};
