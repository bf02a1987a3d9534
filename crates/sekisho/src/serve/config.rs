//! The settings of the service: one TOML file, every mistake named with its place.

use super::telling::settings::{Mail, SyslogOut, Telling, Webhook};
use crate::error::Hinted;
use casework::containment::Mode;
use ipnet::IpNet;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Largest settings file, bytes.
const BYTES_MAX: usize = 1 << 20;

/// `sekisho.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Folder of the ledger, its secret and the state.
    pub(crate) data: PathBuf,
    /// `postgresql://...`; without it the state is a file in `data`.
    #[serde(default)]
    pub(crate) database: Option<String>,
    /// File with the password of the database.
    #[serde(default)]
    pub(crate) database_password_file: Option<PathBuf>,
    /// Zone of stamps without offset, e.g. `Asia/Tokyo`; without it that of this machine.
    #[serde(default)]
    pub(crate) timezone: Option<String>,
    /// Folders with further rules.
    #[serde(default)]
    pub(crate) rules: Vec<PathBuf>,
    /// Days of the past that a restart goes over again.
    #[serde(default = "days")]
    pub(crate) remember_days: u16,
    /// Days of lines that can be searched at the console.
    #[serde(default = "search_days")]
    pub(crate) search_days: u16,
    /// Minutes that a source may say nothing before it counts as silent.
    #[serde(default = "silence")]
    pub(crate) silence_minutes: u32,
    /// Logs that are followed.
    #[serde(default)]
    pub(crate) files: Vec<PathBuf>,
    /// The journal of systemd.
    #[serde(default)]
    journal: Option<Journal>,
    /// Syslog receiver.
    #[serde(default)]
    pub(crate) syslog: Syslog,
    /// Agents.
    #[serde(default)]
    pub(crate) agents: Option<Agents>,
    /// Console.
    #[serde(default)]
    pub(crate) console: Console,
    /// What is known beside the logs.
    #[serde(default)]
    pub(crate) context: Beside,
    /// Evidence that people add.
    #[serde(default)]
    pub(crate) evidence: Evidence,
    /// Blocking of sources.
    #[serde(default)]
    pub(crate) containment: Containment,
    /// How people are told.
    #[serde(default)]
    pub(super) telling: Telling,
    /// Mail server for notices.
    #[serde(default)]
    pub(super) mail: Option<Mail>,
    /// Webhooks for notices.
    #[serde(default)]
    pub(super) webhook: Option<Webhook>,
    /// Another system that gets notices by syslog.
    #[serde(default)]
    pub(super) syslog_out: Option<SyslogOut>,
}

impl Config {
    /// The journal, where it is followed.
    pub(super) fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref().filter(|journal| journal.follow)
    }
}

/// Files with what is known beside the logs, as `investigate` takes them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Beside {
    /// Accounts.
    pub(crate) accounts: Option<PathBuf>,
    /// Hosts.
    pub(crate) assets: Option<PathBuf>,
    /// Networks.
    pub(crate) networks: Option<PathBuf>,
    /// Log-ins that their holders say were not theirs.
    pub(crate) repudiated: Option<PathBuf>,
    /// Databases of places.
    #[serde(default)]
    pub(crate) places: Vec<PathBuf>,
}

/// Blocking of sources (遮断).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Containment {
    /// What is done about an attacker; only shown, unless settings say more.
    #[serde(default)]
    pub(crate) mode: Mode,
    /// Rules whose findings Sekisho blocks by itself, by id; only with `mode = "auto"`.
    #[serde(default)]
    pub(crate) auto_rules: Vec<String>,
    /// Networks that are never blocked.
    #[serde(default)]
    pub(crate) allow: Vec<IpNet>,
    /// Where the program nft is.
    #[serde(default)]
    pub(crate) nft: Option<PathBuf>,
}

/// The journal of systemd as a source.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Journal {
    /// It is followed.
    pub(crate) follow: bool,
    /// Of this namespace instead of the computer's own.
    #[serde(default)]
    pub(crate) namespace: Option<String>,
    /// Where the program journalctl is.
    #[serde(default)]
    pub(crate) journalctl: Option<PathBuf>,
}

/// Evidence that people add to cases.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evidence {
    /// Largest file that is taken, MiB.
    #[serde(default = "upload")]
    pub(crate) upload_mib_max: u32,
}

impl Default for Evidence {
    fn default() -> Self {
        Self { upload_mib_max: upload() }
    }
}

const fn upload() -> u32 {
    1_024
}

/// Where agents are heard.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agents {
    /// Address, e.g. `0.0.0.0:8471`.
    pub(crate) listen: SocketAddr,
}

/// Where messages are received.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Syslog {
    /// Address for datagrams, e.g. `0.0.0.0:514`.
    #[serde(default)]
    pub(crate) udp: Option<SocketAddr>,
    /// Address for streams.
    #[serde(default)]
    pub(crate) tcp: Option<SocketAddr>,
    /// Receiver over TLS (RFC 5425).
    #[serde(default)]
    pub(crate) tls: Option<Tls>,
}

impl Syslog {
    const fn is_off(&self) -> bool {
        self.udp.is_none() && self.tcp.is_none() && self.tls.is_none()
    }
}

/// An address that speaks TLS, with the files of its certificate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// Address, e.g. `0.0.0.0:6514`.
    pub(crate) listen: SocketAddr,
    /// PEM file: the certificate, then those that lead to its authority.
    pub(crate) certificate: PathBuf,
    /// PEM file of its private key, which others on this computer cannot read.
    pub(crate) key: PathBuf,
    /// PEM file of the authorities that vouch for senders: with it, only senders with a certificate of theirs are heard.
    #[serde(default)]
    pub(crate) clients: Option<PathBuf>,
}

/// Where the console is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Console {
    /// Its address; other computers reach it through a proxy that speaks TLS.
    #[serde(default = "listen")]
    pub(crate) listen: SocketAddr,
    /// The proxy speaks TLS: cookies are marked secure.
    #[serde(default)]
    pub(crate) behind_tls: bool,
    /// File with the token that opens `/metrics`; without it there are no figures.
    #[serde(default)]
    pub(crate) metrics_token_file: Option<PathBuf>,
}

impl Default for Console {
    fn default() -> Self {
        Self { listen: listen(), behind_tls: false, metrics_token_file: None }
    }
}

const fn days() -> u16 {
    7
}

const fn search_days() -> u16 {
    30
}

const fn silence() -> u32 {
    360
}

fn listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8470))
}

/// Reads and checks the settings.
///
/// # Errors
/// Names file, line and expectation.
pub(crate) fn read(path: &Path) -> anyhow::Result<Config> {
    let text = crate::inputs::read_text(path, BYTES_MAX)?;
    let config: Config = toml::from_str(&text).map_err(|error| {
        Hinted::error(
            format!("{}: {}", path.display(), error.to_string().trim_end()),
            "docs/serve.md lists all settings",
        )
    })?;
    let heard = !config.syslog.is_off() || config.agents.is_some();
    if config.files.is_empty() && !heard && config.journal().is_none() {
        return Err(Hinted::error(
            format!("{}: nothing to watch", path.display()),
            "name log files under `files`, an address under [syslog] or [agents], or follow = true under [journal]",
        ));
    }
    if !config.console.listen.ip().is_loopback() && !config.console.behind_tls {
        return Err(Hinted::error(
            format!("{}: the console at {} would be open without TLS", path.display(), config.console.listen),
            "listen on 127.0.0.1 behind a proxy that speaks TLS, and set behind_tls = true",
        ));
    }
    if config.containment.mode == Mode::Auto && config.containment.auto_rules.is_empty() {
        return Err(Hinted::error(
            format!("{}: mode = \"auto\" under [containment] names no rule", path.display()),
            "list under auto_rules the ids of the rules whose findings are blocked without asking",
        ));
    }
    if config.timezone.is_none() && config.containment.mode == Mode::Auto {
        return Err(Hinted::error(
            format!("{}: mode = \"auto\" needs the zone of the logs", path.display()),
            "set timezone, e.g. \"Asia/Tokyo\": on assumed times nothing is blocked without asking",
        ));
    }
    config.telling.check(path)?;
    if let Some(mail) = &config.mail {
        mail.check(path)?;
    }
    if let Some(webhook) = &config.webhook {
        webhook.check(path)?;
    }
    if let Some(syslog) = &config.syslog_out {
        syslog.check(path)?;
    }
    Ok(config)
}
