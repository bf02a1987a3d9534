//! A copy on another computer that checks what it takes (`sekisho ledger replica serve`): the client of that protocol
//! (docs/formats/replica.md; LG-REP-01, -02).

use crate::Secret;
use crate::runner::{Runner, choose_tls};
use ledger::storage::{OBJECT_BYTES_MAX, StoreError, StoreResult};
use ledger::{Checkpoint, Error, Hash, Holds, Receiver, Result, Source, Statement};
use reqwest::{Certificate, Client, Method, StatusCode};
use serde::Deserialize;
use std::time::Duration;

/// How often a request is sent when the computer does not answer.
const TRIES_MAX: u32 = 4;
/// Longest refusal that is told, in characters.
const SAID_CHARS_MAX: usize = 400;

/// Which computer, and how it is asked.
#[derive(Clone, Debug)]
pub struct HostSettings {
    /// Address, e.g. `https://backup.example.jp:8642`.
    pub url: String,
    /// Token that the receiver made.
    pub token: Secret,
    /// Public key of the receiver (`name+id+base64`), which signs what it holds.
    pub key: String,
    /// Certificate authorities (PEM) that are trusted beside those of the system.
    pub authorities: Option<Vec<u8>>,
    /// Seconds that one request may take.
    pub request_seconds_max: u64,
}

/// The copy.
#[derive(Debug)]
pub struct Host {
    runner: Runner,
    client: Client,
    settings: HostSettings,
    statements: Vec<String>,
    /// Ledger that it said it holds, and number of the next frame.
    ledger: Option<Hash>,
    next: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    v: u32,
    ledger: String,
    frames: u64,
    size: u64,
    last: String,
}

fn failed(name: &str, error: &dyn std::error::Error) -> StoreError {
    StoreError::io(name, crate::told(error))
}

impl Host {
    /// Makes ready; nothing is asked yet.
    ///
    /// # Errors
    /// [`StoreError::Io`] for settings that do not fit.
    pub fn open(settings: &HostSettings) -> StoreResult<Self> {
        choose_tls();
        let limit = Duration::from_secs(settings.request_seconds_max);
        let mut builder = Client::builder()
            .user_agent("sekisho")
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(limit.min(Duration::from_secs(10)))
            .timeout(limit);
        if let Some(pem) = &settings.authorities {
            let parsed = Certificate::from_pem_bundle(pem);
            let parsed = parsed.map_err(|error| failed("certificate authorities", &error))?;
            builder = builder.tls_certs_merge(parsed);
        }
        let client = builder.build().map_err(|error| failed("settings of the copy", &error))?;
        let waits = settings.request_seconds_max.saturating_mul(u64::from(TRIES_MAX)) + 10;
        let mut settings = settings.clone();
        settings.url = settings.url.trim_end_matches('/').to_owned();
        Ok(Self {
            runner: Runner::new(waits)?,
            client,
            settings,
            statements: Vec::new(),
            ledger: None,
            next: 0,
        })
    }

    /// Statements that it signed since this was opened, its signature checked.
    #[must_use]
    pub fn statements(&self) -> &[String] {
        &self.statements
    }

    /// Asks once or more: every request may come twice without doing anything twice.
    fn ask(&self, method: &Method, rest: &str, body: &[u8]) -> Result<Vec<u8>> {
        let url = format!("{}/replica/v1{rest}", self.settings.url);
        let answered = self.runner.wait(&url, async {
            let mut tries = 1;
            loop {
                match self.once(method, &url, body).await {
                    Err(_) | Ok((503, _)) if tries < TRIES_MAX => {
                        tokio::time::sleep(Duration::from_millis(200 << tries)).await;
                        tries += 1;
                    }
                    answered => return answered,
                }
            }
        });
        match answered? {
            (200, bytes) => Ok(bytes),
            (status, bytes) => {
                let said: String =
                    String::from_utf8_lossy(&bytes).trim().chars().take(SAID_CHARS_MAX).collect();
                let said = if said.is_empty() { format!("status {status}") } else { said };
                Err(Error::Refuses { place: self.settings.url.clone(), said })
            }
        }
    }

    async fn once(&self, method: &Method, url: &str, body: &[u8]) -> StoreResult<(u16, Vec<u8>)> {
        let request = self.client.request(method.clone(), url).bearer_auth(self.settings.token.reveal());
        let request = if body.is_empty() { request } else { request.body(body.to_vec()) };
        let mut answer = request.send().await.map_err(|error| failed(url, &error.without_url()))?;
        let status: StatusCode = answer.status();
        let mut bytes = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| failed(url, &error.without_url()))? {
            if bytes.len() + part.len() > OBJECT_BYTES_MAX {
                return Err(StoreError::io(url, "the answer is larger than the limit"));
            }
            bytes.extend_from_slice(&part);
        }
        Ok((status.as_u16(), bytes))
    }

    fn read<T: for<'a> Deserialize<'a>>(&self, rest: &str) -> Result<T> {
        let bytes = self.ask(&Method::GET, rest, b"")?;
        serde_json::from_slice(&bytes).map_err(|_| self.broken("an answer of a copy of this version"))
    }

    fn broken(&self, said: &str) -> Error {
        Error::Refuses { place: self.settings.url.clone(), said: format!("{said} expected") }
    }

    fn keep(&mut self, signed: String) -> Result<Statement> {
        let statement = Statement::check(&signed, &self.settings.key);
        let statement = statement.ok_or_else(|| self.broken("a statement signed by the key of the copy"))?;
        self.statements.push(signed);
        Ok(statement)
    }

    /// What it did about destructions that its copy of the log names, newest last, as it signed it (LG 15.4 step 4).
    ///
    /// # Errors
    /// [`Error::Refuses`] for what it did not sign; `LE-IO`.
    pub fn destroyed(&mut self) -> Result<Vec<(String, Statement)>> {
        let signed: Vec<String> = self.read("/destroyed")?;
        let check = |text: String| {
            let statement = Statement::check(&text, &self.settings.key)?;
            matches!(statement, Statement::Destroyed { .. }).then_some((text, statement))
        };
        let checked: Option<Vec<_>> = signed.into_iter().map(check).collect();
        checked.ok_or_else(|| self.broken("statements signed by the key of the copy"))
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..text.len()).step_by(2).map(pair).collect()
}

fn hash(text: &str) -> Option<Hash> {
    bytes(text)?.try_into().ok()
}

impl Source for Host {
    fn has(&mut self) -> Result<Holds> {
        self.holds()
    }
    fn frame(&mut self, number: u64) -> Result<Vec<u8>> {
        self.ask(&Method::GET, &format!("/frames/{number}"), b"")
    }
    fn heads(&mut self) -> Result<Vec<Checkpoint>> {
        let notes: Vec<String> = self.read("/heads")?;
        let heads: Option<Vec<Checkpoint>> = notes.iter().map(|note| Checkpoint::unchecked(note)).collect();
        heads.ok_or_else(|| self.broken("signed heads"))
    }
    fn keys(&mut self) -> Result<Vec<(u64, Vec<u8>)>> {
        let keys: Vec<(u64, String)> = self.read("/keys")?;
        let keys: Option<Vec<_>> = keys.into_iter().map(|(id, text)| Some((id, bytes(&text)?))).collect();
        keys.ok_or_else(|| self.broken("wrapped keys"))
    }
}

impl Receiver for Host {
    fn holds(&mut self) -> Result<Holds> {
        let held: Held = self.read("")?;
        let fits = held.v == 1;
        let ledger = if held.ledger.is_empty() { Some(None) } else { hash(&held.ledger).map(Some) };
        match (fits, ledger, hash(&held.last)) {
            (true, Some(ledger), Some(last)) => {
                (self.ledger, self.next) = (ledger, held.frames);
                Ok(Holds { ledger, frames: held.frames, size: held.size, last })
            }
            _ => Err(self.broken("an answer of a copy of this version")),
        }
    }

    fn add(&mut self, frame: &[u8]) -> Result<()> {
        self.ask(&Method::POST, &format!("/frames/{}", self.next), frame)?;
        self.next += 1;
        Ok(())
    }

    fn keep_key(&mut self, id: u64, wrapped: &[u8]) -> Result<()> {
        self.ask(&Method::POST, &format!("/keys/{id}"), wrapped).map(|_| ())
    }

    fn acknowledge(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let signed = self.ask(&Method::POST, "/head", checkpoint.note.as_bytes())?;
        let signed = String::from_utf8(signed).map_err(|_| self.broken("a statement"))?;
        match self.keep(signed)? {
            Statement::Holds { size, root, ledger, .. }
                if size == checkpoint.size
                    && root == checkpoint.root
                    && self.ledger.is_none_or(|known| known == ledger) =>
            {
                Ok(())
            }
            _ => Err(self.broken("a statement over this head")),
        }
    }
}
