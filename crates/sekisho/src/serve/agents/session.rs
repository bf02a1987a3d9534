//! One connection of an agent.

use super::{Agents, FILES_MAX, Standing, issue};
use crate::agent::wire::{self, Ack, Batch, Hello, Hole, Kind, Status, VERSION, Welcome};
use crate::live::{Arrival, Way};
use crate::serve::{Delivery, Missing};
use serde_json::json;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use store::Store;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use vocab::Timestamp;

/// An agent that is not heard for so long has gone away: it sends a heartbeat every ten seconds.
const SILENCE: Duration = Duration::from_secs(60);

/// How often it is looked whether an agent that is connected may still send, microseconds.
const LIST_MICROS: i64 = 20 * Timestamp::SECOND;

type Stream = TlsStream<TcpStream>;

/// Serves an agent until it goes away.
pub(super) async fn run(mut stream: Stream, peer: SocketAddr, store: Arc<Store>, agents: Arc<Agents>) {
    let certificate =
        stream.get_ref().1.peer_certificates().and_then(|all| all.first()).map(|one| issue::digest(one));
    let certificate = certificate.unwrap_or_default();
    let Some(name) = listed(&store, &certificate).await else {
        crate::output::say(&format!(
            "agents: {} is not heard: its certificate is not in the list",
            peer.ip()
        ));
        let why = "this certificate is not in the list of agents; `sekisho agents add` enters one";
        let _ = send(&mut stream, wire::message(Kind::Refused, &why)).await;
        return;
    };
    let checked = agents.clock.now();
    let mut session = Session { name, certificate, checked, store, agents };
    if let Err(error) = session.serve(&mut stream).await
        && error.kind() == io::ErrorKind::InvalidData
    {
        crate::output::say(&format!("agents: {}: {error}", session.name));
        let _ = send(&mut stream, wire::message(Kind::Refused, &error.to_string())).await;
    }
}

/// Name of the agent with this certificate, when it may send.
async fn listed(store: &Arc<Store>, certificate: &str) -> Option<String> {
    let (store, certificate) = (Arc::clone(store), certificate.to_owned());
    let known = tokio::task::spawn_blocking(move || store.read(|tx| tx.agent_of(&certificate)));
    known.await.ok()?.ok()?.map(|agent| agent.name)
}

async fn send(stream: &mut Stream, frame: io::Result<Vec<u8>>) -> io::Result<()> {
    stream.write_all(&frame?).await?;
    stream.flush().await
}

async fn read(stream: &mut Stream) -> io::Result<(Kind, Vec<u8>)> {
    let frame = async {
        let mut bytes = [0; 5];
        stream.read_exact(&mut bytes).await?;
        let (length, kind) = wire::head(bytes)?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        Ok((kind, body))
    };
    tokio::time::timeout(SILENCE, frame).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

struct Session {
    name: String,
    certificate: String,
    /// When it was last looked whether the agent may send.
    checked: Timestamp,
    store: Arc<Store>,
    agents: Arc<Agents>,
}

impl Session {
    async fn serve(&mut self, stream: &mut Stream) -> io::Result<()> {
        let (kind, body) = read(stream).await?;
        let hello: Hello = wire::value(&body)?;
        if kind != Kind::Hello || hello.v != VERSION {
            return Err(invalid("this version of the protocol is not spoken here"));
        }
        let standing = self.agents.of(&self.name);
        {
            let mut now = standing.lock().await;
            let deed = json!({
                "deed": "agent connected", "agent": self.name, "spool": hello.spool, "version": hello.version, "have": now.have,
            });
            if now.spool != hello.spool {
                self.deliver(Delivery { deeds: vec![deed], ..Delivery::default() }).await?;
                now.spool = hello.spool;
            }
            self.heard(&mut now, false);
            send(stream, wire::message(Kind::Welcome, &Welcome { have: now.have })).await?;
        }
        loop {
            let (kind, body) = read(stream).await?;
            self.still_listed().await?;
            // Another connection of the same agent may be under way: one batch at a time.
            let mut now = standing.lock().await;
            let mut stopping = false;
            let size = match kind {
                Kind::Batch => self.batch(&mut now, Batch::read(&body)?).await?,
                Kind::Hole => self.hole(wire::value(&body)?).await?,
                Kind::Status => {
                    let status: Status = wire::value(&body)?;
                    (now.spool_bytes, stopping) = (status.spool_bytes, status.stopping);
                    0
                }
                _ => return Err(invalid("a frame that only servers send")),
            };
            self.heard(&mut now, stopping);
            send(stream, wire::message(Kind::Ack, &Ack { have: now.have, size })).await?;
            if stopping {
                return Ok(());
            }
        }
    }

    async fn still_listed(&mut self) -> io::Result<()> {
        let now = self.agents.clock.now();
        if now.since(self.checked) < LIST_MICROS {
            return Ok(());
        }
        self.checked = now;
        match listed(&self.store, &self.certificate).await {
            Some(_) => Ok(()),
            None => Err(invalid("this agent was revoked")),
        }
    }

    fn heard(&self, standing: &mut Standing, stopped: bool) {
        (standing.heard, standing.stopped) = (self.agents.clock.now(), stopped);
        self.agents.show(&self.name, standing);
    }

    fn source(&self, file: &str) -> Arc<str> {
        format!("{}:{file}", self.name).into()
    }

    /// Takes the records of a batch that are new; when this returns they are durable.
    async fn batch(&self, standing: &mut Standing, batch: Batch) -> io::Result<u64> {
        standing.files.extend(batch.parts.iter().map(|part| part.file.clone()));
        if standing.files.len() > FILES_MAX {
            return Err(invalid("an agent follows fewer files"));
        }
        let names = batch.parts.iter().flat_map(|part| {
            let source = self.source(&part.file);
            std::iter::repeat_with(move || Arc::clone(&source)).take(part.records)
        });
        let mut delivery = Delivery::default();
        if batch.first > standing.have + 1 {
            delivery.deeds.push(json!({
                "deed": "records of an agent are missing", "agent": self.name,
                "from": standing.have + 1, "to": batch.first - 1,
            }));
        }
        let last = batch.first + batch.records.len() as u64 - 1;
        for ((number, bytes), source) in (batch.first..).zip(batch.records).zip(names) {
            if number <= standing.have {
                standing.repeated += 1;
                continue;
            }
            let line = Some(number);
            delivery.lines.push(Arrival { way: Way::Agent, source, offset: None, line, bytes });
        }
        if delivery.lines.is_empty() {
            return Ok(0);
        }
        let size = self.deliver(delivery).await?;
        standing.have = last.max(standing.have);
        Ok(size)
    }

    async fn hole(&self, hole: Hole) -> io::Result<u64> {
        if !wire::is_file(&hole.file) || hole.from > hole.to {
            return Err(invalid("a hole without file, or that ends before it begins"));
        }
        let (source, span) = (self.source(&hole.file), (Timestamp(hole.from), Timestamp(hole.to)));
        self.deliver(Delivery { missing: vec![Missing { source, span }], ..Delivery::default() }).await
    }

    /// Hands over and waits until it is durable; gives the size of the ledger.
    async fn deliver(&self, mut delivery: Delivery) -> io::Result<u64> {
        let (done, durable) = sync_channel(1);
        delivery.done = Some(done);
        let lines = self.agents.lines.clone();
        let waited = tokio::task::spawn_blocking(move || {
            lines.send(delivery).ok()?;
            // However long it takes: who gave up would not know whether the records are there.
            durable.recv().ok()
        });
        waited.await.ok().flatten().ok_or_else(|| io::Error::other("the ledger does not answer"))
    }
}
