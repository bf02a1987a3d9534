//! File transfer (detection.md 3.8): M05 vsftpd, M06 ProFTPD, Pure-FTPd, wu-ftpd.

mod others;
mod vsftpd;

pub(crate) use others::{proftpd, pureftpd, wuftpd};
pub(crate) use vsftpd::vsftpd;
