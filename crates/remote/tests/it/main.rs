//! The backends against real servers, which the tests start: SeaweedFS, moto and PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "tests write files and look at the clock")]

mod faults;
mod postgres;
mod s3;
mod servers;
