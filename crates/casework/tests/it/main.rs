//! Tests of the crate `casework` through its public interface: findings in, incidents out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod acceptance;
mod assistance;
mod grouping;
mod handling;
mod law;
mod obligations;
mod ruling;
mod support;
mod words;
