//! Tamper-evident append-only log.
