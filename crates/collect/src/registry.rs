//! The formats, and how a file's format is recognised from its content (DT-FMT-02).

use crate::record::{Cut, Decoder, Sample, Settings};

/// One file format.
pub struct Format {
    /// Name shown in `summary.json` and `metadata.log_source`, e.g. `syslog`, `nginx_access`.
    pub name: &'static str,
    /// How records are cut.
    pub cut: fn(&Sample<'_>) -> Cut,
    /// Stamps of this format carry no year: the reader resolves it beforehand.
    pub yearless: bool,
    /// How well the sample fits, 0 to 1; the best above 0.6 wins.
    pub score: fn(&Sample<'_>) -> f32,
    /// A decoder for a file with this sample.
    pub decoder: fn(&Sample<'_>, &Settings) -> Box<dyn Decoder>,
}

/// All formats. On a draw the earlier one wins, so the narrower formats stand first.
pub const FORMATS: &[&Format] = &[
    &crate::windows::evtx::EVTX,
    &crate::windows::export_xml::WINDOWS_XML,
    &crate::windows::export_json::WINDOWS_JSON,
    &crate::binary::login_db::LOGIN_DB,
    &crate::binary::utmp::UTMP,
    &crate::binary::lastlog::LASTLOG,
    &crate::journal::JOURNAL_EXPORT,
    &crate::journal::JOURNAL_JSON,
    &crate::journal::JOURNAL_VERBOSE,
    &crate::web::w3c::W3C,
    &crate::web::named::WEB_JSON,
    &crate::web::named::WEB_LTSV,
    &crate::web::access::ACCESS,
    &crate::web::nginx_error::NGINX_ERROR,
    &crate::web::apache_error::APACHE_ERROR,
    &crate::audit::AUDITD,
    &crate::files::VSFTPD,
    &crate::files::POSTGRES,
    &crate::files::MYSQL,
    &crate::files::DPKG,
    &crate::files::EXIM,
    &crate::files::APT,
    &crate::syslog::SYSLOG,
    &crate::files::JSON,
    &crate::files::CSV,
];
