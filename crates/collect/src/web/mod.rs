//! Logs of web servers (detection.md 3.7, W01 to W08): who asked for what, and what was answered.
//!
//! | module | rows | what |
//! |---|---|---|
//! | [`access`] | W01, W02, W03 | NCSA common, combined, vhost_combined and their extensions |
//!
//! Everything after the address of such a line is chosen by the client; what is safe to attribute is stated in
//! DT-FMT-40 and in the anchor table of detection.md 6.4.

pub mod access;
pub(crate) mod escape;
pub(crate) mod frame;
pub mod proxies;
pub(crate) mod request;
pub(crate) mod stamp;

#[cfg(test)]
mod access_tests;
#[cfg(test)]
pub(crate) mod testing;
