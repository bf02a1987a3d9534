//! `sekisho ledger replica`: be the computer that keeps a copy of a ledger (LG-REP-01, -02; docs/formats/replica.md).

use super::view;
use super::write::{make_secret, read_secret};
use crate::clock::Clock;
use crate::error::Usage;
use crate::http::{Answer, Limits, Request, Response, serve as serve_http};
use anyhow::Context as _;
use clap::Subcommand;
use ledger::{
    Checkpoint, Error, Reader, Receiver as _, Removed, Replica, ReplicaKey, Source as _, Statement,
    frame_names,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of the small files of a replica that are read.
const FILE_BYTES_MAX: usize = 4 << 10;
/// Largest frame (docs/formats/ledger.md).
const FRAME_BYTES_MAX: usize = 100 << 20;
/// Connections at once: each may bring a frame.
const CONNECTIONS_MAX: usize = 8;
/// Time for one request, in seconds: a large frame over a slow line.
const REQUEST_SECONDS_MAX: u64 = 120;

/// `sekisho ledger replica`.
#[derive(Debug, Subcommand)]
pub(crate) enum ReplicaCommand {
    /// Make a place for the copy of one ledger on this computer; prints its public key and where the token is
    Init {
        /// Folder; must not exist yet
        folder: PathBuf,
        /// Name of the copy, e.g. backup.example.jp/r1
        #[arg(long)]
        name: String,
        /// Log key of the ledger (`origin+id+base64`), from a source you trust
        #[arg(long)]
        key: String,
    },
    /// Take frames and give them back to who has the token; prints its address
    Serve {
        /// Folder of the replica
        folder: PathBuf,
        /// Address and port
        #[arg(long, default_value = "127.0.0.1:8642")]
        listen: SocketAddr,
    },
    /// Print what is held here
    Status {
        /// Folder of the replica
        folder: PathBuf,
    },
}

/// Runs the command.
pub(super) fn run(command: ReplicaCommand) -> anyhow::Result<u8> {
    match command {
        ReplicaCommand::Init { folder, name, key } => init(&folder, &name, &key),
        ReplicaCommand::Serve { folder, listen } => serve(&folder, listen),
        ReplicaCommand::Status { folder } => status(&folder),
    }
}

fn init(folder: &Path, name: &str, log_key: &str) -> anyhow::Result<u8> {
    if folder.exists() {
        return Err(Usage::error(format!("{} exists already", folder.display()), "name a new folder"));
    }
    std::fs::create_dir(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let token = folder.join("token");
    make_secret(&token, Clock::System)?;
    let key = ReplicaKey::new(name, &make_secret(&folder.join("secret"), Clock::System)?);
    let key = key.ok_or_else(|| Usage::error(format!("{name:?} is no name"), "no blank, no plus sign"))?;
    crate::output::atomic::write(&folder.join("name"), name.as_bytes())?;
    crate::output::atomic::write(&folder.join("log-key"), log_key.as_bytes())?;
    view::show(&json!({ "key": key.verifier_key(), "token": token }))
}

/// What a replica is made of.
struct Opened {
    ledger: PathBuf,
    log_key: String,
    key: ReplicaKey,
    token: [u8; 32],
}

fn open(folder: &Path) -> anyhow::Result<Opened> {
    let text = |name: &str| {
        crate::inputs::read_text(&folder.join(name), FILE_BYTES_MAX).map(|text| text.trim().to_owned())
    };
    let key = ReplicaKey::new(&text("name")?, &read_secret(&folder.join("secret"))?);
    Ok(Opened {
        ledger: folder.join("ledger"),
        log_key: text("log-key")?,
        key: key.with_context(|| format!("{} holds no name of a replica", folder.display()))?,
        token: Sha256::digest(text("token")?).into(),
    })
}

fn status(folder: &Path) -> anyhow::Result<u8> {
    let opened = open(folder)?;
    if !opened.ledger.join("format").exists() {
        return view::show(&json!({ "key": opened.key.verifier_key(), "size": 0, "frames": 0 }));
    }
    let reader = Reader::open(&opened.ledger).context("cannot read the copy")?;
    let head = reader.checkpoint()?;
    view::show(&json!({
        "key": opened.key.verifier_key(),
        "origin": reader.origin(),
        "size": head.as_ref().map_or(0, |head| head.size),
        "root": head.map(|head| hex::encode(head.root)),
        "frames": reader.frame_count(),
    }))
}

fn serve(folder: &Path, listen: SocketAddr) -> anyhow::Result<u8> {
    let opened = open(folder)?;
    let replica = Replica::open(&opened.ledger, Some(&opened.log_key))
        .with_context(|| format!("cannot open the copy in {}", opened.ledger.display()))?;
    if !listen.ip().is_loopback() {
        crate::output::say(
            "warning: this port speaks http:// and the token passes on it: put a TLS proxy or a tunnel before it",
        );
    }
    let serving = Serving { opened, state: Mutex::new(State { replica: Some(replica), reader: None }) };
    let limits = Limits {
        body_bytes_max: FRAME_BYTES_MAX,
        connections_max: CONNECTIONS_MAX,
        request_seconds_max: REQUEST_SECONDS_MAX,
        ..Limits::default()
    };
    serve_http(listen, limits, Arc::new(serving))?;
    Ok(0)
}

struct State {
    /// `None` after a frame that did not fit: the copy is opened, and checked as a whole, again.
    replica: Option<Replica>,
    /// To give frames back; `None` when the copy grew since.
    reader: Option<Reader>,
}

struct Serving {
    opened: Opened,
    state: Mutex<State>,
}

impl Serving {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Replica) -> ledger::Result<T>) -> ledger::Result<T> {
        let mut state = self.state();
        let mut replica = match state.replica.take() {
            Some(replica) => replica,
            None => Replica::open(&self.opened.ledger, Some(&self.opened.log_key))?,
        };
        let done = work(&mut replica);
        // A fork is found before anything is followed: the copy stays open.
        if done.is_ok() || matches!(done, Err(Error::Fork { .. })) {
            state.replica = Some(replica);
        }
        done
    }

    fn reading<T>(&self, work: impl FnOnce(&mut Reader) -> ledger::Result<T>) -> ledger::Result<T> {
        let mut state = self.state();
        let mut reader = match state.reader.take() {
            Some(reader) => reader,
            None => Reader::open(&self.opened.ledger)?,
        };
        let done = work(&mut reader);
        state.reader = Some(reader);
        done
    }

    fn seconds() -> u64 {
        u64::try_from(Clock::System.now().seconds()).unwrap_or(0)
    }

    fn holds(&self) -> ledger::Result<Vec<u8>> {
        let held = self.with(|replica| replica.holds())?;
        Ok(json(&json!({
            "v": 1,
            "ledger": held.ledger.map(hex::encode).unwrap_or_default(),
            "frames": held.frames,
            "size": held.size,
            "last": hex::encode(held.last),
        })))
    }

    /// Takes the next frame; the one that was taken last may come again, when its answer was lost.
    fn add(&self, number: u64, frame: &[u8]) -> ledger::Result<Vec<u8>> {
        self.state().reader = None;
        self.with(|replica| {
            let held = replica.holds()?;
            if number.checked_add(1) == Some(held.frames) && frame_names(frame)? == (held.last, held.size) {
                return Ok(());
            }
            if number < held.frames {
                return Err(Error::Fork { size: held.size });
            }
            if number > held.frames {
                return Err(Error::Absent { index: held.frames, record: 0 });
            }
            replica.add(frame)
        })?;
        Ok(Vec::new())
    }

    fn acknowledge(&self, note: &[u8]) -> ledger::Result<Vec<u8>> {
        let text = std::str::from_utf8(note).ok().and_then(Checkpoint::unchecked);
        let head = text.ok_or(Error::Policy("a signed head expected"))?;
        let held = self.with(|replica| {
            replica.acknowledge(&head)?;
            replica.destroy()?;
            replica.holds()
        })?;
        let (ledger, seconds) = (held.ledger.unwrap_or_default(), Self::seconds());
        let statement = Statement::Holds { ledger, size: head.size, root: head.root, seconds };
        Ok(self.opened.key.sign(&statement).into_bytes())
    }

    fn destroyed(&self) -> ledger::Result<Vec<u8>> {
        let (ledger, removed) =
            self.with(|replica| Ok((replica.holds()?.ledger.unwrap_or_default(), replica.destroy()?)))?;
        let seconds = Self::seconds();
        let sign = |Removed { index, gone, kept }| {
            self.opened.key.sign(&Statement::Destroyed { ledger, index, gone, kept, seconds })
        };
        Ok(json(&removed.into_iter().map(sign).collect()))
    }

    fn route(&self, request: &Request) -> Option<ledger::Result<Vec<u8>>> {
        let rest = request.path.strip_prefix("/replica/v1")?;
        let number = |prefix: &str| rest.strip_prefix(prefix).and_then(|number| number.parse::<u64>().ok());
        let body = request.body.as_slice();
        Some(match (request.method.as_str(), rest) {
            ("GET", "") => self.holds(),
            ("GET", "/heads") => {
                self.reading(|reader| Ok(json(&reader.heads()?.into_iter().map(|head| head.note).collect())))
            }
            ("GET", "/keys") => self.reading(|reader| {
                let keys = reader.keys()?.into_iter();
                Ok(json(&keys.map(|(id, bytes)| json!([id, hex::encode(bytes)])).collect()))
            }),
            ("GET", "/destroyed") => self.destroyed(),
            ("GET", _) => {
                let number = number("/frames/")?;
                self.reading(|reader| reader.frame(number))
            }
            ("POST", "/head") => self.acknowledge(body),
            ("POST", _) => match (number("/frames/"), number("/keys/")) {
                (Some(number), _) => self.add(number, body),
                (_, Some(id)) => self.with(|replica| replica.keep_key(id, body)).map(|()| Vec::new()),
                _ => return None,
            },
            _ => return None,
        })
    }
}

fn json(value: &serde_json::Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

impl Answer for Serving {
    fn refuses(&self, head: &Request) -> Option<Response> {
        let token = head.authorization.as_deref().and_then(|value| value.strip_prefix("Bearer "));
        // Hashes are compared, so that time tells nothing about the token.
        let fits = token.is_some_and(|token| <[u8; 32]>::from(Sha256::digest(token)) == self.opened.token);
        (!fits).then(|| Response::text(401, "the token of this copy expected"))
    }

    fn answer(&self, request: &Request) -> Response {
        let kind = "application/octet-stream";
        match self.route(request) {
            Some(Ok(body)) => {
                Response { status: 200, kind, cache: "no-store", body, headers: Vec::new(), file: None }
            }
            None => Response::text(404, "no such request of version 1"),
            Some(Err(error)) => {
                let text = error.to_string();
                let alarm = matches!(
                    error,
                    Error::Fork { .. }
                        | Error::Foreign { .. }
                        | Error::Rollback { .. }
                        | Error::Damage { .. }
                        | Error::Key(_)
                );
                crate::output::say(&format!("{}: {text}", if alarm { "alarm" } else { "error" }));
                let status = match error {
                    Error::Io { .. } | Error::Stopped { .. } | Error::Locked { .. } => 503,
                    Error::Absent { .. } => 404,
                    _ => 409,
                };
                Response::text(status, text)
            }
        }
    }
}
