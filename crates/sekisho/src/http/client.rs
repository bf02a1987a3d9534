//! One request to another computer of one's own network: `http://` only, since what is sent and answered is signed.

use anyhow::{Context as _, bail};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::net::TcpStream;

/// Largest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Status and body of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    /// Status code.
    pub(crate) status: u16,
    /// Body as text; what is no UTF-8 is replaced.
    pub(crate) body: String,
}

/// Sends a text and waits for the answer, at most `seconds_max`.
pub(crate) fn post(url: &str, body: String, seconds_max: u64) -> anyhow::Result<Answered> {
    let uri: hyper::Uri = url.parse().with_context(|| format!("{url} is no address"))?;
    let (Some("http"), Some(host)) = (uri.scheme_str(), uri.host()) else {
        bail!("{url}: an address begins with http://");
    };
    let place = (host.trim_matches(['[', ']']).to_owned(), uri.port_u16().unwrap_or(80));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let asked = tokio::time::timeout(Duration::from_secs(seconds_max), exchange(&uri, place, body)).await;
        asked.map_err(|_| anyhow::anyhow!("{url}: no answer within {seconds_max} seconds"))?
    })
}

async fn exchange(uri: &hyper::Uri, place: (String, u16), body: String) -> anyhow::Result<Answered> {
    let stream = TcpStream::connect(place).await.with_context(|| format!("cannot reach {uri}"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        // What goes wrong on the connection shows in the answer.
        let _ = connection.await;
    });
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = hyper::Request::post(path)
        .header(HOST, authority)
        .header(CONTENT_TYPE, super::TEXT)
        .body(Full::new(Bytes::from(body)))?;
    let answer = sender.send_request(request).await.with_context(|| format!("{uri} does not answer"))?;
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
    let body =
        body.map_err(|_| anyhow::anyhow!("{uri}: the answer is larger than the limit or broke off"))?;
    Ok(Answered { status, body: String::from_utf8_lossy(&body.to_bytes()).into_owned() })
}
