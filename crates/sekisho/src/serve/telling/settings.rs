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
    /// Time of the day at which the digest goes to the crisis manager, e.g. `09:00`; without it there is none.
    #[serde(default)]
    pub(in crate::serve) digest: Option<String>,
    /// Days after which a test is sent by itself; without it people send tests.
    #[serde(default)]
    pub(in crate::serve) test_days: Option<u16>,
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

/// Webhooks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::serve) struct Webhook {
    /// Where every notice is posted; without it only second addresses of people that begin with `https://` are used.
    #[serde(default)]
    pub(in crate::serve) url: Option<String>,
    /// File with the secret of the signature, at least 16 characters.
    pub(in crate::serve) secret_file: PathBuf,
    /// File with certificates of one's own authority, PEM.
    #[serde(default)]
    pub(in crate::serve) ca_file: Option<PathBuf>,
}

/// Another system that gets notices by syslog (RFC 5424 over TLS, RFC 5425).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::serve) struct SyslogOut {
    /// Name of the other system.
    pub(in crate::serve) host: String,
    /// Its port: 6514 unless given.
    #[serde(default)]
    pub(in crate::serve) port: Option<u16>,
    /// `tls`, or `none` for a receiver on this computer.
    #[serde(default = "always")]
    pub(in crate::serve) tls: Protection,
    /// File with certificates of one's own authority, PEM.
    #[serde(default)]
    pub(in crate::serve) ca_file: Option<PathBuf>,
}

const fn always() -> Protection {
    Protection::Always
}

impl Webhook {
    /// Names what cannot be meant, and files that cannot be read.
    pub(in crate::serve) fn check(&self, file: &Path) -> anyhow::Result<()> {
        if let Some(url) = self.url.as_deref().filter(|url| !is_hook(url)) {
            return Err(Hinted::error(
                format!("{}: [webhook] url = {url:?}", file.display()),
                "expected an address that begins with https://",
            ));
        }
        super::webhook::WebhookChannel::new(self)
            .map(drop)
            .map_err(|error| error.context(file.display().to_string()))
    }
}

impl SyslogOut {
    /// Names what cannot be meant, and files that cannot be read.
    pub(in crate::serve) fn check(&self, file: &Path) -> anyhow::Result<()> {
        let fits = match self.tls {
            Protection::Always => true,
            Protection::None => is_loopback(&self.host),
            Protection::Starttls => false,
        };
        if !fits {
            return Err(Hinted::error(
                format!("{}: [syslog_out] would send to {} without TLS", file.display(), self.host),
                "set tls = \"tls\"; tls = \"none\" is for a receiver on this computer",
            ));
        }
        super::syslog::SyslogChannel::new(self)
            .map(drop)
            .map_err(|error| error.context(file.display().to_string()))
    }
}

/// Is it an address of a webhook? With TLS, or on this computer.
pub(super) fn is_hook(url: &str) -> bool {
    url.len() <= 512
        && url.parse::<hyper::Uri>().is_ok_and(|uri| match uri.scheme_str() {
            Some("https") => uri.host().is_some_and(|host| !host.is_empty()),
            Some("http") => uri.host().is_some_and(is_loopback),
            _ => false,
        })
        && !url.contains('@')
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
        self.digest_minute().map_err(|error| error.context(file.display().to_string()))?;
        if self.test_days == Some(0) {
            return Err(Hinted::error(
                format!("{}: [telling] test_days = 0", file.display()),
                "expected a number of days, e.g. 30; leave it out to send no tests by themselves",
            ));
        }
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
