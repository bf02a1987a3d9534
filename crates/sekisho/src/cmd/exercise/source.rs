//! The sources through which the exercise goes.

use super::line::{MARK, Shape};
use crate::serve::config::Config;
use anyhow::Context as _;
use collect::stream::{LiveSettings, LiveSource};
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::SourceRow;
use vocab::Timestamp;

/// Bytes at the end of a file in which its last line is looked for.
const TAIL_BYTES: u64 = 16 << 10;
/// Sources that take part.
const SOURCES_MAX: usize = 1_000;

/// How the marked line gets there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Appended to a file that is followed.
    File(PathBuf),
    /// A datagram to the receiver.
    Udp(SocketAddr),
    /// Over a connection to the receiver.
    Tcp(SocketAddr),
    /// Written on another computer, by `sekisho exercise --agent` there.
    Agent,
}

/// One source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// What it is called.
    pub(super) name: String,
    /// How its line gets there.
    pub(super) way: Way,
    /// Mark of its line.
    pub(super) mark: String,
}

/// All sources of the settings; sources of agents where these take part.
pub(super) fn all(config: &Config, known: &[SourceRow], id: &str, agents: bool) -> Vec<Source> {
    let files = config.files.iter().map(|path| (path.display().to_string(), Way::File(path.clone())));
    let udp = config.syslog.udp.map(|address| (format!("syslog udp {address}"), Way::Udp(address)));
    let tcp = config.syslog.tcp.map(|address| (format!("syslog tcp {address}"), Way::Tcp(address)));
    let theirs = known.iter().filter(|row| agents && row.way == "agent");
    let theirs = theirs.map(|row| (row.name.clone(), Way::Agent));
    let named = files.chain(udp).chain(tcp).chain(theirs).take(SOURCES_MAX);
    named
        .map(|(name, way)| {
            let mark = mark(id, &name);
            Source { name, way, mark }
        })
        .collect()
}

/// The mark of a source: that of a file of an agent can be told on both sides without a word between them.
pub(super) fn mark(id: &str, name: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let hash = Sha256::digest(name);
    format!("{MARK}{id}-{}", hex::encode(hash.get(..4).unwrap_or_default()))
}

impl Source {
    /// Writes the marked line; says why not.
    pub(super) fn attack(&self, now: Timestamp, zone: &jiff::tz::TimeZone) -> anyhow::Result<()> {
        let message = || format!("<38>{}", Shape::Syslog.line(&self.mark, now, zone));
        match &self.way {
            Way::Agent => Ok(()),
            Way::File(path) => append(path, &self.mark, now, zone),
            Way::Udp(address) => {
                let any: SocketAddr =
                    if address.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0; 16], 0).into() };
                let socket = UdpSocket::bind(any).context("cannot open a socket")?;
                socket.send_to(message().as_bytes(), reachable(*address)).context("cannot send")?;
                Ok(())
            }
            Way::Tcp(address) => {
                let wait = Duration::from_secs(5);
                let mut stream =
                    TcpStream::connect_timeout(&reachable(*address), wait).context("cannot connect")?;
                stream.set_write_timeout(Some(wait)).context("cannot connect")?;
                writeln!(stream, "{}", message()).context("cannot send")
            }
        }
    }
}

/// An address on which a receiver listens, as it is reached from here.
fn reachable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    let ip = if address.is_ipv4() {
        std::net::Ipv4Addr::LOCALHOST.into()
    } else {
        std::net::Ipv6Addr::LOCALHOST.into()
    };
    SocketAddr::new(ip, address.port())
}

/// Appends a marked line to a log, as its writers do; nothing in it is changed.
pub(super) fn append(
    path: &Path,
    mark: &str,
    now: Timestamp,
    zone: &jiff::tz::TimeZone,
) -> anyhow::Result<()> {
    let tail = tail(path)?;
    // Added to a line that is being written, the mark would change what its writer says.
    let end = match tail.strip_suffix(b"\n") {
        Some(end) => end,
        None if tail.is_empty() => &tail,
        None => anyhow::bail!("its last line has no end yet"),
    };
    let last = end.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let settings = LiveSettings {
        rank: 0,
        name: path.display().to_string(),
        zone: zone.clone(),
        zone_assumed: false,
        host: String::new(),
    };
    let known =
        LiveSource::begin(settings.clone(), &tail, now).or_else(|| LiveSource::begin(settings, last, now));
    let Some(format) = known.map(|source| source.format()) else {
        anyhow::bail!("no known format is in it yet");
    };
    let Some(shape) = Shape::of(format, last) else {
        anyhow::bail!("there is no exercise for the format {format}");
    };
    let mut line = shape.line(mark, now, zone);
    line.push('\n');
    let cannot = || format!("{}: cannot add a line", path.display());
    let mut file = std::fs::OpenOptions::new().append(true).open(path).with_context(cannot)?;
    file.write_all(line.as_bytes()).with_context(cannot)
}

fn tail(path: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("{}: cannot read", path.display());
    // Opening a pipe would wait for ever.
    anyhow::ensure!(std::fs::metadata(path).with_context(cannot)?.is_file(), "it is no file");
    let file = std::fs::File::open(path).with_context(cannot)?;
    let start = file.metadata().with_context(cannot)?.len().saturating_sub(TAIL_BYTES);
    let mut bytes = vec![0; usize::try_from(TAIL_BYTES)?];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, start + filled as u64).with_context(cannot)? {
            0 => break,
            read => filled += read,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
