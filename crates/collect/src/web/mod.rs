//! Logs of web servers (detection.md 3.7, W01 to W08): who asked for what, and what was answered.
//!
//! | module | rows | what |
//! |---|---|---|
//! | [`access`] | W01, W02, W03 | NCSA common, combined, vhost_combined and their extensions |
//! | `named`, `w3c` | W04, W05 | JSON, LTSV, IIS |
//! | `nginx_error`, `apache_error` | W06, W07 | error logs: refused logins, denied requests, crashes |
//!
//! Everything after the address of such a line is chosen by the client; what is safe to attribute is stated in
//! DT-FMT-40 and in the anchor table of detection.md 6.4.

pub mod access;
pub(crate) mod apache_error;
mod error;
pub(crate) mod escape;
mod fields;
pub(crate) mod frame;
pub(crate) mod named;
pub(crate) mod nginx_error;
pub mod proxies;
pub(crate) mod request;
pub(crate) mod stamp;
pub(crate) mod w3c;

#[cfg(test)]
mod access_tests;
#[cfg(test)]
mod error_tests;
#[cfg(test)]
mod named_tests;
#[cfg(test)]
pub(crate) mod testing;
