//! A small HTTP server for the ledger: few methods, few paths, a limit on everything.

mod client;
mod server;
mod upload;

pub(crate) use client::post;
pub(crate) use server::{Ending, Limits, serve};

/// A request, its body already read within the limit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// Method, e.g. `GET`. A `HEAD` is handed on as `GET`; the body of its answer is left out.
    pub(crate) method: String,
    /// Path without query, as it was sent.
    pub(crate) path: String,
    /// Query without its question mark; empty: none.
    pub(crate) query: String,
    /// Value of `Authorization`, when it is text.
    pub(crate) authorization: Option<String>,
    /// Value of `Cookie`, when it is text.
    pub(crate) cookie: Option<String>,
    /// Value of `Origin`, when it is text.
    pub(crate) origin: Option<String>,
    /// Value of `Host`, when it is text.
    pub(crate) host: Option<String>,
    /// Value of `Content-Type`, when it is text.
    pub(crate) content_type: Option<String>,
    /// Address of the client; `None` where nobody asked for it.
    pub(crate) peer: Option<std::net::IpAddr>,
    /// Body, at most [`Limits::body_bytes_max`].
    pub(crate) body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Response {
    /// Status code.
    pub(crate) status: u16,
    /// Content type.
    pub(crate) kind: &'static str,
    /// Value of `Cache-Control`.
    pub(crate) cache: &'static str,
    /// Body.
    pub(crate) body: Vec<u8>,
    /// File that is sent instead of the body.
    pub(crate) file: Option<std::path::PathBuf>,
    /// Further headers.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// Content type of plain text.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

impl Response {
    /// A line of text that nobody may keep.
    pub(crate) fn text(status: u16, text: impl Into<String>) -> Self {
        let mut body = text.into().into_bytes();
        body.push(b'\n');
        Self { status, kind: TEXT, cache: "no-store", body, ..Self::default() }
    }
}

/// Answers requests. Called on a thread that may wait for the disk.
pub(crate) trait Answer: Send + Sync + 'static {
    /// An answer before the body is read, for who may not ask at all. The body of the request is empty here.
    fn refuses(&self, _head: &Request) -> Option<Response> {
        None
    }
    /// Bytes that the body of this request may have, where that is not what the server allows for all.
    fn body_bytes_max(&self, _head: &Request) -> Option<usize> {
        None
    }
    /// What takes the form of this request piece by piece, where its files do not go into memory; asked before the body is read.
    fn takes(&self, _head: &Request) -> Option<Box<dyn Take>> {
        None
    }
    /// The answer to a request.
    fn answer(&self, request: &Request) -> Response;
}

/// Takes a form that carries a file. Called on a thread that may wait for the disk; the first refusal ends the reading.
pub(crate) trait Take: Send {
    /// Most bytes of the file.
    fn bytes_max(&self) -> u64;
    /// A field, whole.
    fn field(&mut self, name: &str, value: String);
    /// The file begins: its name as the client gave it.
    fn file(&mut self, name: &str) -> Result<(), Response>;
    /// Bytes of the file.
    fn data(&mut self, bytes: &[u8]) -> Result<(), Response>;
    /// The form is whole.
    fn done(self: Box<Self>) -> Response;
}
