//! Bundles: bytes in, bytes out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod hostile;
mod support;
mod whole;
