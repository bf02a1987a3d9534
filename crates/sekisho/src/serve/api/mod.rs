//! The interface for programs (docs/api/openapi.yaml): lines come in, what was found goes out. Each request carries a token; a
//! token of a source may send and nothing else, one with a role may read and nothing else.

mod lines;
mod read;

use super::{Delivery, Shared};
use crate::clock::Clock;
use crate::http::{Request, Response};
use crate::serve::console::digest;
use lines::Intake;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use store::TokenRow;

/// Content type of every answer.
const JSON: &str = "application/json";
/// What a token of a source is for, in the state.
pub(crate) const SOURCE: &str = "source";
/// Longest token, bytes.
const TOKEN_BYTES_MAX: usize = 128;

/// The interface.
pub(super) struct Api {
    shared: Arc<Shared>,
    intake: Intake,
    clock: Clock,
}

/// An answer that is no success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Token,
    Forbidden,
    Absent,
    Method(&'static str),
    Query(&'static str),
    Body(&'static str),
    Slow,
    Busy,
    Failed,
}

impl Refusal {
    fn answer(self) -> Response {
        let (status, code, message) = match self {
            Self::Token => (401, "token", "a token is expected: `Authorization: Bearer ...`"),
            Self::Forbidden => (403, "forbidden", "this token is for something else"),
            Self::Absent => (404, "absent", "there is nothing of this name"),
            Self::Method(_) => (405, "method", "this method is not for this path"),
            Self::Query(what) => (400, "query", what),
            Self::Body(what) => (400, "body", what),
            Self::Slow => (429, "slow", "wait for the answer to an earlier request of this token"),
            Self::Busy => (503, "busy", "the queue is full; send the same lines again"),
            Self::Failed => (500, "failed", "the service failed; its log says why"),
        };
        let mut answer = respond(status, &json!({ "error": { "code": code, "message": message } }));
        answer.headers.extend(match self {
            Self::Token => Some(("www-authenticate", "Bearer realm=\"sekisho\"".to_owned())),
            Self::Method(allowed) => Some(("allow", allowed.to_owned())),
            Self::Slow | Self::Busy => Some(("retry-after", "1".to_owned())),
            _ => None,
        });
        answer
    }
}

fn respond(status: u16, value: &Value) -> Response {
    Response {
        status,
        kind: JSON,
        cache: "no-store",
        body: value.to_string().into_bytes(),
        headers: Vec::new(),
        file: None,
    }
}

/// Is the path one of this interface?
pub(super) fn is_ours(path: &str) -> bool {
    path == "/v1/lines" || path.starts_with("/api/")
}

impl Api {
    pub(super) fn new(shared: Arc<Shared>, lines: SyncSender<Delivery>, clock: Clock) -> Self {
        Self { shared, intake: Intake::new(lines), clock }
    }

    /// Refuses before the body is read.
    pub(super) fn refuses(&self, head: &Request) -> Option<Response> {
        if head.path != "/v1/lines" {
            return None;
        }
        match self.token(head) {
            Ok(token) if token.role == SOURCE => None,
            Ok(_) => Some(Refusal::Forbidden.answer()),
            Err(refusal) => Some(refusal.answer()),
        }
    }

    /// Bytes that a body may have.
    pub(super) fn body_bytes_max(head: &Request) -> Option<usize> {
        (head.path == "/v1/lines" && head.method == "POST").then_some(lines::BODY_BYTES_MAX)
    }

    /// The answer to a request.
    pub(super) fn answer(&self, request: &Request) -> Response {
        self.make(request).map_or_else(Refusal::answer, |value| respond(200, &value))
    }

    fn make(&self, request: &Request) -> Result<Value, Refusal> {
        let token = self.token(request)?;
        let sends = request.path == "/v1/lines";
        if sends != (token.role == SOURCE) {
            return Err(Refusal::Forbidden);
        }
        if sends {
            if request.method != "POST" {
                return Err(Refusal::Method("POST"));
            }
            return self.intake.take(&token.name, &request.body);
        }
        if request.method != "GET" {
            return Err(Refusal::Method("GET, HEAD"));
        }
        read::answer(&self.shared, request, self.clock.now())
    }

    fn token(&self, request: &Request) -> Result<TokenRow, Refusal> {
        let given = request.authorization.as_deref().and_then(|text| {
            let (scheme, token) = text.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        });
        let given = given.filter(|token| !token.is_empty() && token.len() <= TOKEN_BYTES_MAX);
        let hash = digest(given.ok_or(Refusal::Token)?);
        let found = self.shared.store.read(|tx| tx.token_of(&hash)).map_err(|error| failed(&error))?;
        found.ok_or(Refusal::Token)
    }
}

fn failed(error: &dyn std::fmt::Display) -> Refusal {
    crate::output::say(&format!("api: {error}"));
    Refusal::Failed
}
