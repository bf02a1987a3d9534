//! Tests of the crate `ledger` through its public interface.
mod reading;
mod support;
