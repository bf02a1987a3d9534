//! HTTP/1.1 on a TCP port, until the process is asked to end.

use super::upload::{self, Body};
use super::{Answer, Request, Response};
use anyhow::Context as _;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HOST, HeaderValue, ORIGIN, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Semaphore;

/// What one client may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of a request line with its headers (LG chapter 21).
    pub(crate) head_bytes_max: usize,
    /// Bytes of a body.
    pub(crate) body_bytes_max: usize,
    /// Connections at once; more wait.
    pub(crate) connections_max: usize,
    /// Time for a client to send its request.
    pub(crate) request_seconds_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes_max: 16 * 1024,
            body_bytes_max: 64 * 1024,
            connections_max: 256,
            request_seconds_max: 20,
        }
    }
}

/// Serves until SIGINT or SIGTERM. The address is printed on standard output once connections are accepted.
pub(crate) fn serve(listen: SocketAddr, limits: Limits, answer: Arc<dyn Answer>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(16)
        .build()
        .context("cannot start the server")?;
    runtime.block_on(async {
        let listener =
            TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        let address = listener.local_addr().context("cannot tell the address")?;
        writeln!(std::io::stdout().lock(), "http://{address}/").context("cannot write to standard output")?;
        let places = Arc::new(Semaphore::new(limits.connections_max));
        let mut ending = Ending::listen().context("cannot wait for signals")?;
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return Ok(()) };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = ending.asked() => return Ok(()),
            };
            // A connection that broke before it was accepted concerns nobody else.
            let Ok((stream, peer)) = accepted else { continue };
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                connection(stream, peer.ip(), limits, answer).await;
                drop(place);
            });
        }
    })
}

/// SIGINT and SIGTERM, noticed from [`Ending::listen`] on.
pub(crate) struct Ending {
    interrupt: Signal,
    terminate: Signal,
}

impl Ending {
    /// Begins to listen; within a runtime.
    ///
    /// # Errors
    /// When the system gives no signals.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits until the process is asked to end.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

async fn connection(stream: TcpStream, peer: std::net::IpAddr, limits: Limits, answer: Arc<dyn Answer>) {
    let service = hyper::service::service_fn(move |request| {
        let answer = Arc::clone(&answer);
        async move { Ok::<_, Infallible>(respond(request, peer, limits, answer).await) }
    });
    let limit = Duration::from_secs(limits.request_seconds_max);
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limit)
        .max_buf_size(limits.head_bytes_max)
        .serve_connection(TokioIo::new(stream), service);
    // What a client did wrong was answered, or it went away.
    let _ = served.await;
}

async fn respond(
    request: hyper::Request<Incoming>,
    peer: std::net::IpAddr,
    limits: Limits,
    answer: Arc<dyn Answer>,
) -> hyper::Response<Body> {
    let (head, body) = request.into_parts();
    let headless = head.method == Method::HEAD;
    let method = if headless { "GET".to_owned() } else { head.method.as_str().to_owned() };
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut request = Request {
        method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        authorization: text(AUTHORIZATION),
        cookie: text(COOKIE),
        origin: text(ORIGIN),
        host: text(HOST),
        content_type: text(CONTENT_TYPE),
        peer: Some(peer),
        body: Vec::new(),
    };
    if let Some(refusal) = answer.refuses(&request) {
        return finish(&refusal, headless);
    }
    if let Some(take) = answer.takes(&request) {
        let patience = Duration::from_secs(limits.request_seconds_max);
        return finish(&upload::form(body, request.content_type.as_deref(), take, patience).await, headless);
    }
    let most = answer.body_bytes_max(&request).unwrap_or(limits.body_bytes_max);
    let read = Limited::new(body, most).collect();
    request.body = match tokio::time::timeout(Duration::from_secs(limits.request_seconds_max), read).await {
        Ok(Ok(body)) => body.to_bytes().to_vec(),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
            return finish(&Response::text(413, "the body is larger than the limit"), false);
        }
        Ok(Err(_)) => return finish(&Response::text(400, "the body cannot be read"), false),
        Err(_) => return finish(&Response::text(408, "the body came too slowly"), false),
    };
    let made = tokio::task::spawn_blocking(move || answer.answer(&request)).await;
    finish(&made.unwrap_or_else(|_| Response::text(500, "internal failure")), headless)
}

fn finish(response: &Response, headless: bool) -> hyper::Response<Body> {
    let length = response.body.len();
    let body = if headless { Bytes::new() } else { Bytes::from(response.body.clone()) };
    let body = match &response.file {
        Some(path) if !headless => upload::file(path.clone()),
        _ => Full::new(body).map_err(|never| match never {}).boxed(),
    };
    let mut made = hyper::Response::new(body);
    *made.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = made.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(response.kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(response.cache));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in &response.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.append(*name, value);
        }
    }
    if headless {
        headers.insert(hyper::header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    made
}
