//! Files with a form of their own beside syslog and web logs: any JSON (FR-04), any CSV (FR-05), vsftpd's own log (M05),
//! Exim (M03), MySQL and PostgreSQL (D01, D02), and what the package tools of Debian write.

mod aliases;
mod csv;
mod databases;
mod exim;
mod json;
mod packages;
#[cfg(test)]
mod tests;
mod vsftpd;

pub(crate) use csv::CSV;
pub(crate) use databases::{MYSQL, POSTGRES};
pub(crate) use exim::EXIM;
pub(crate) use json::JSON;
pub(crate) use packages::{APT, DPKG};
pub(crate) use vsftpd::VSFTPD;
