//! Tests of the crate `ledger` through its public interface.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod commit;
mod excerpts;
mod format;
mod freezing;
mod full_disk;
mod governing;
mod kept;
mod killed;
mod living;
mod log_keys;
mod partial;
mod reading;
mod replicas;
mod resuming;
mod sealing;
mod shredding;
mod stamps;
mod succession;
mod support;
mod tampering;
mod tiles;
mod verifying;
mod witness;
