//! The connection to the server: TLS with both certificates, one batch at a time, the next when that one is acknowledged.

use super::config::Config;
use super::outbox::{Item, Outbox};
use super::spool::{self, Reach};
use super::wire::{self, Ack, Hello, Kind, SERVER_NAME, Status, VERSION, Welcome};
use crate::serve::tls;
use anyhow::{Context as _, bail};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde::{Deserialize, Serialize};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long the server may take to answer.
const ANSWER: Duration = Duration::from_secs(60);
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// A heartbeat is sent after so long without anything else.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Waits between tries to connect.
const PAUSES: [u64; 5] = [1, 2, 5, 10, 30];

/// What the follower of the logs tells the sender.
#[derive(Default)]
pub(super) struct News {
    state: Mutex<(Reach, bool)>,
    changed: Condvar,
}

impl News {
    /// The spool reaches further.
    pub(super) fn reaches(&self, reach: Reach) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.0 != reach {
            state.0 = reach;
            self.changed.notify_all();
        }
    }

    /// The agent ends.
    pub(super) fn end(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.changed.notify_all();
    }

    fn now(&self) -> (Reach, bool) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the spool reaches beyond `known`, the agent ends, or the time is over.
    fn wait(&self, known: Reach, most: Duration) -> (Reach, bool) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited =
            self.changed.wait_timeout_while(state, most, |(reach, ended)| *reach == known && !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// What the spool knows of its server, in `spool.json`.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Tie {
    /// Name of the spool.
    spool: String,
    /// Records that the server had of this agent before the first one of this spool; not known before the first connection.
    base: Option<u64>,
}

/// Sends.
pub(super) struct Sender {
    config: Config,
    tls: Arc<ClientConfig>,
    tie: Tie,
    news: Arc<News>,
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

impl Sender {
    /// # Errors
    /// When a certificate or the spool cannot be read.
    pub(super) fn new(config: Config, news: Arc<News>, name: String) -> anyhow::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .context("TLS cannot be used")?
            .with_root_certificates(tls::authorities(&config.authority)?)
            .with_client_auth_cert(tls::certificates(&config.certificate)?, tls::private_key(&config.key)?)
            .with_context(|| {
                format!("{} does not fit the key {}", config.certificate.display(), config.key.display())
            })?;
        let path = config.spool.join("spool.json");
        let tie = if path.exists() {
            let text = crate::inputs::read_text(&path, 4_096)?;
            serde_json::from_str(&text)
                .with_context(|| format!("{}: not what an agent wrote", path.display()))?
        } else {
            let tie = Tie { spool: name, base: None };
            keep(&config.spool, &tie)?;
            tie
        };
        Ok(Self { config, tls: Arc::new(tls), tie, news })
    }

    /// Sends until the agent ends; a connection that fails is made anew.
    pub(super) fn run(mut self) {
        let (mut tries, mut told) = (0, String::new());
        while !self.news.now().1 {
            match self.session(&mut tries) {
                Ok(()) => return,
                Err(error) => {
                    let text = format!("{}: {error:#}", self.config.server);
                    if text != told {
                        crate::output::say(&format!("not sent: {text}; it is kept and tried again"));
                        told = text;
                    }
                }
            }
            let pause = PAUSES.get(tries).or(PAUSES.last()).copied().unwrap_or(30);
            tries += 1;
            let mut rest = Duration::from_secs(pause);
            // Wakes for the end of the agent only.
            while !rest.is_zero() && !self.news.now().1 {
                let part = rest.min(Duration::from_millis(500));
                std::thread::sleep(part);
                rest -= part;
            }
        }
    }

    /// One connection, until the agent ends.
    fn session(&mut self, tries: &mut usize) -> anyhow::Result<()> {
        let mut stream = self.connect()?;
        let hello = Hello {
            v: VERSION,
            spool: self.tie.spool.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        wire::write(&mut stream, &wire::message(Kind::Hello, &hello)?)?;
        let Welcome { have } = wire::value(&answer(&mut stream, Kind::Welcome)?)?;
        *tries = 0;
        let mut base = self.base(have)?;
        let mut outbox = Outbox::begin(&self.config.spool, have.saturating_sub(base))?;
        if base + outbox.sent() < have {
            // An older copy of the spool was put back: what is in it may be new. Twice is better than never.
            outbox = Outbox::begin(&self.config.spool, 0)?;
            base = have.saturating_sub(outbox.sent());
            self.tie.base = Some(base);
            keep(&self.config.spool, &self.tie)?;
            crate::output::say(
                "warning: the server has more than this spool ever held: all of it is sent again",
            );
        }
        crate::output::say(&format!("connected to {}", self.config.server));
        loop {
            let (reach, ended) = self.news.now();
            if let Some(item) = outbox.next(reach)? {
                self.item(&mut stream, item, base, outbox.sent())?;
                outbox.clear()?;
                continue;
            }
            let (_, now_ended) = if ended { (reach, true) } else { self.news.wait(reach, HEARTBEAT) };
            let quiet = self.news.now().0 == reach;
            if now_ended || quiet {
                let status =
                    Status { spool_bytes: spool::bytes(&self.config.spool), stopping: now_ended && quiet };
                wire::write(&mut stream, &wire::message(Kind::Status, &status)?)?;
                answer(&mut stream, Kind::Ack)?;
            }
            if now_ended && quiet {
                return Ok(());
            }
        }
    }

    fn item(&self, stream: &mut Stream, item: Item, base: u64, sent: u64) -> anyhow::Result<()> {
        let frame = match item {
            Item::Batch(mut batch) => {
                batch.first += base;
                batch.to_frame()?
            }
            Item::Hole(hole) => wire::message(Kind::Hole, &hole)?,
        };
        wire::write(stream, &frame)?;
        let ack: Ack = wire::value(&answer(stream, Kind::Ack)?)?;
        if ack.have < base + sent {
            bail!("the server acknowledged {} of {} records", ack.have, base + sent);
        }
        Ok(())
    }

    /// Number that the first record of this spool follows.
    fn base(&mut self, have: u64) -> anyhow::Result<u64> {
        if let Some(base) = self.tie.base.filter(|base| *base <= have) {
            return Ok(base);
        }
        if let Some(base) = self.tie.base {
            crate::output::say(&format!(
                "warning: the server has {have} records of this agent, where it had {base}: what it lost is not here any more"
            ));
            return Ok(base);
        }
        // Durable before the first record is sent: else it would be numbered anew after a crash, and be there twice.
        self.tie.base = Some(have);
        keep(&self.config.spool, &self.tie)?;
        Ok(have)
    }

    fn connect(&self) -> anyhow::Result<Stream> {
        let mut addresses = self.config.server.to_socket_addrs().context("the name cannot be resolved")?;
        let address = addresses.next().context("the name has no address")?;
        let socket = TcpStream::connect_timeout(&address, CONNECT).context("cannot connect")?;
        socket.set_read_timeout(Some(ANSWER))?;
        socket.set_write_timeout(Some(ANSWER))?;
        socket.set_nodelay(true)?;
        let name = ServerName::try_from(SERVER_NAME).context("name of the server")?;
        let connection = ClientConnection::new(Arc::clone(&self.tls), name)?;
        Ok(StreamOwned::new(connection, socket))
    }
}

fn keep(spool: &Path, tie: &Tie) -> anyhow::Result<()> {
    crate::output::atomic::write(&spool.join("spool.json"), &serde_json::to_vec(tie)?)
}

/// The body of the next frame, which has to be of this kind.
fn answer(stream: &mut Stream, wanted: Kind) -> anyhow::Result<Vec<u8>> {
    let (kind, body) = wire::read(stream).context("the connection broke")?;
    match kind {
        Kind::Refused => bail!("the server refuses: {}", wire::value::<String>(&body).unwrap_or_default()),
        kind if kind == wanted => Ok(body),
        _ => bail!("the server answers what was not asked"),
    }
}
