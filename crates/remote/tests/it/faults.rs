//! Stores that fail: answers of 500, answers that never come, connections that break, rubbish. A small server plays them.

use crate::s3::settings;
use ledger::storage::{Cell as _, Objects as _, StoreError};
use remote::{S3, S3Settings};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the server answers to the request with this number and first line; `None`: it closes the connection.
type Script = dyn Fn(usize, &str) -> Option<String> + Send + Sync;

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
}

/// The two questions of every start, then what `script` says.
fn server(
    script: impl Fn(usize, &str) -> Option<String> + Send + Sync + 'static,
) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    let count = Arc::new(AtomicUsize::new(0));
    let (counted, script): (_, Arc<Script>) = (Arc::clone(&count), Arc::new(script));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(stream), script, counted) = (stream, Arc::clone(&script), Arc::clone(&counted)) else {
                return;
            };
            std::thread::spawn(move || one(stream, &*script, &counted));
        }
    });
    (url, count)
}

fn one(mut stream: TcpStream, script: &Script, counted: &AtomicUsize) {
    let mut bytes = [0; 65_536];
    let size = stream.read(&mut bytes).unwrap_or(0);
    let text = String::from_utf8_lossy(&bytes[..size]).into_owned();
    let line = text.lines().next().unwrap_or_default();
    let reply = if line.contains("?versioning") {
        Some(answer("200 OK", "", "<VersioningConfiguration/>"))
    } else if line.contains("?object-lock") {
        Some(answer("404 Not Found", "", "<Error><Code>ObjectLockConfigurationNotFoundError</Code></Error>"))
    } else {
        script(counted.fetch_add(1, Ordering::SeqCst), line)
    };
    if let Some(reply) = reply {
        let _ = stream.write_all(reply.as_bytes());
    }
}

fn opened(url: String) -> S3 {
    S3::open(&S3Settings { request_seconds_max: 2, retries_max: 2, ..settings(url, "b") })
        .expect("the bucket")
}

/// Failing answers are repeated, but not for ever, and an exchange is asked once only.
#[test]
fn a_failing_store_is_an_error_after_a_limit() {
    let (url, count) = server(|_, _| {
        Some(answer("500 Internal Server Error", "", "<Error><Code>InternalError</Code></Error>"))
    });
    let store = opened(url);
    assert!(matches!(store.objects().put_if_absent("frames/a", b"x"), Err(StoreError::Io { .. })));
    assert_eq!(count.load(Ordering::SeqCst), 3, "one and two more");
    assert!(matches!(store.cell("head").unwrap().compare_and_swap(None, b"x"), Err(StoreError::Io { .. })));
    assert_eq!(count.load(Ordering::SeqCst), 4, "once");
}

/// A store that fails twice and then works is no failure.
#[test]
fn a_store_that_recovers_is_used() {
    let (url, count) = server(|number, _| {
        Some(match number {
            0 => answer("503 Slow Down", "", "<Error><Code>SlowDown</Code></Error>"),
            1 => answer("500 Internal Server Error", "", ""),
            _ => answer("200 OK", "etag: \"1\"\r\n", ""),
        })
    });
    opened(url).objects().put_if_absent("frames/a", b"x").unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

/// The first answer was lost after it took effect; the same content again is a success, another one is not.
#[test]
fn a_lost_answer_is_found_again() {
    let date = "last-modified: Sun, 22 Nov 2026 00:00:00 GMT\r\netag: \"1\"\r\n";
    for (there, fits) in [("content", true), ("another", false)] {
        let (url, _) = server(move |number, line| match (number, line.starts_with("PUT")) {
            (0, _) => Some(answer("500 Internal Server Error", "", "")),
            (_, true) => {
                Some(answer("412 Precondition Failed", "", "<Error><Code>PreconditionFailed</Code></Error>"))
            }
            (_, false) => Some(answer("200 OK", date, there)),
        });
        let put = opened(url).objects().put_if_absent("frames/a", b"content");
        assert_eq!(put.is_ok(), fits, "{put:?}");
        assert!(fits || matches!(put, Err(StoreError::Exists { .. })), "{put:?}");
    }
}

/// Silence, closed connections and rubbish end in an error within the limit.
#[test]
fn silence_and_rubbish_end_in_an_error() {
    let (url, _) = server(|_, _| {
        std::thread::sleep(std::time::Duration::from_secs(20));
        None
    });
    let slow = S3Settings { request_seconds_max: 1, retries_max: 0, ..settings(url, "b") };
    let late = S3::open(&slow).unwrap().objects().get("frames/a").unwrap_err();
    assert!(matches!(late, StoreError::Io { .. }), "{late}");
    let (url, _) = server(|_, _| None);
    assert!(matches!(opened(url).objects().get("frames/a"), Err(StoreError::Io { .. })));
    for rubbish in [
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\nx",
        "\0\u{1}\u{2}",
        "HTTP/1.1 200 OK\r\n\r\n<ListBucketResult>",
    ] {
        let (url, _) = server(move |_, _| Some(rubbish.to_owned()));
        let store = opened(url);
        assert!(store.objects().get("frames/a").is_err(), "{rubbish:?}");
        assert!(store.objects().list("frames/", None).is_err(), "{rubbish:?}");
        assert!(store.cell("head").unwrap().load().is_err(), "{rubbish:?}");
    }
    // Nobody there at all.
    let nobody = format!("http://127.0.0.1:{}", crate::servers::free_port());
    assert!(matches!(S3::open(&settings(nobody, "b")), Err(StoreError::Io { .. })));
    let outside = S3::open(&settings("http://192.0.2.1".to_owned(), "b"));
    assert!(matches!(outside, Err(StoreError::Refused(_))), "not without TLS");
}
