//! Settings of the channels: `[telling]`, `[mail]`.

use crate::error::Hinted;
use casework::telling::Hours;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// How people are told.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::serve) struct Telling {
    /// Hours in which notices below high wait, e.g. `22:00-07:00`.
    #[serde(default)]
    pub(in crate::serve) quiet: Option<String>,
    /// Address of the console as people reach it, e.g. `https://sekisho.example.jp`; without it notices carry no link.
    #[serde(default)]
    pub(in crate::serve) console: Option<String>,
}

/// A mail server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::serve) struct Mail {
    /// Name of the server.
    pub(in crate::serve) host: String,
    /// Its port: 587, or 465 with `tls = "tls"`, unless given.
    #[serde(default)]
    pub(in crate::serve) port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub(in crate::serve) tls: Protection,
    /// File with certificates of one's own authority, PEM.
    #[serde(default)]
    pub(in crate::serve) ca_file: Option<PathBuf>,
    /// Name to sign in with at the server.
    #[serde(default)]
    pub(in crate::serve) user: Option<String>,
    /// File with its password.
    #[serde(default)]
    pub(in crate::serve) password_file: Option<PathBuf>,
    /// Sender, e.g. `Sekisho <sekisho@example.jp>`.
    pub(in crate::serve) from: String,
}

/// Protection of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::serve) enum Protection {
    /// `STARTTLS`, and nothing is sent before it.
    #[default]
    Starttls,
    /// TLS from the beginning.
    #[serde(rename = "tls")]
    Always,
    /// None: on this computer only.
    None,
}

impl Telling {
    /// The quiet hours.
    pub(in crate::serve) fn quiet(&self) -> anyhow::Result<Option<Hours>> {
        let Some(text) = &self.quiet else { return Ok(None) };
        let hours = Hours::parse(text).filter(|hours| hours.from != hours.until);
        hours.map(Some).ok_or_else(|| {
            Hinted::error(format!("[telling] quiet = {text:?}"), "expected hours such as \"22:00-07:00\"")
        })
    }

    /// Where a one-time link leads.
    pub(in crate::serve) fn link(&self, token: &str) -> Option<String> {
        let console = self.console.as_deref()?;
        Some(format!("{}/notice/{token}", console.trim_end_matches('/')))
    }

    /// Names what cannot be meant.
    pub(in crate::serve) fn check(&self, file: &Path) -> anyhow::Result<()> {
        self.quiet().map_err(|error| error.context(file.display().to_string()))?;
        let Some(console) = &self.console else { return Ok(()) };
        let uri = console.parse::<hyper::Uri>().ok();
        let fits = uri.filter(|uri| {
            let local = uri.host().is_some_and(is_loopback);
            let scheme = uri.scheme_str();
            uri.query().is_none() && (scheme == Some("https") || scheme == Some("http") && local)
        });
        if fits.is_none() {
            return Err(Hinted::error(
                format!("{}: [telling] console = {console:?}", file.display()),
                "expected the address of the console, such as \"https://sekisho.example.jp\"",
            ));
        }
        Ok(())
    }
}

impl Mail {
    /// The port.
    pub(in crate::serve) fn port(&self) -> u16 {
        self.port.unwrap_or(if self.tls == Protection::Always { 465 } else { 587 })
    }

    /// Names what cannot be meant, and files that cannot be read.
    pub(in crate::serve) fn check(&self, file: &Path) -> anyhow::Result<()> {
        let wrong = |what: String, hint: &'static str| {
            Err(Hinted::error(format!("{}: {what}", file.display()), hint))
        };
        if self.tls == Protection::None && !is_loopback(&self.host) {
            return wrong(
                format!("[mail] would send to {} without TLS", self.host),
                "set tls = \"starttls\" or \"tls\"; without TLS only a server on this computer is used",
            );
        }
        if self.user.is_some() != self.password_file.is_some() {
            return wrong(
                "[mail] has only one of `user` and `password_file`".to_owned(),
                "give both or none of them",
            );
        }
        if self.from.parse::<lettre::message::Mailbox>().is_err() {
            return wrong(
                format!("[mail] from = {:?} is no mail address", self.from),
                "expected an address such as \"Sekisho <sekisho@example.jp>\"",
            );
        }
        super::mail::MailChannel::new(self)
            .map(drop)
            .map_err(|error| error.context(file.display().to_string()))
    }
}

/// Is it this computer?
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
