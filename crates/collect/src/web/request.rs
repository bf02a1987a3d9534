//! The request line inside an access log line. All of it is chosen by the client.

/// The parts of a request line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request<'a> {
    /// Method; `None` when the line does not begin with one.
    pub(crate) method: Option<&'a str>,
    /// Path, or the whole target when it has another form (`*`, `host:port`, `http://...`).
    pub(crate) path: Option<&'a str>,
    /// Query without `?`.
    pub(crate) query: Option<&'a str>,
    /// `HTTP/1.1`; absent for HTTP/0.9 and for broken lines.
    pub(crate) protocol: Option<&'a str>,
}

/// Splits a request line: the method from the left, the protocol from the right, the target is all between, spaces
/// included. A line that does not begin with a method (empty, `-`, a TLS hello on a clear port) has no parts.
pub(crate) fn split(line: &str) -> Request<'_> {
    let Some((method, rest)) = line.split_once(' ') else { return Request::default() };
    let is_method = !method.is_empty()
        && method.len() <= 32
        && method.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_'));
    if !is_method {
        return Request::default();
    }
    let (target, protocol) = match rest.rsplit_once(' ') {
        Some((target, protocol)) if is_protocol(protocol) => (target, Some(protocol)),
        _ => (rest, None),
    };
    let (path, query) = match memchr::memchr(b'?', target.as_bytes()) {
        Some(at) => (target.get(..at), target.get(at + 1..)),
        None => (Some(target), None),
    };
    Request { method: Some(method), path, query, protocol }
}

fn is_protocol(text: &str) -> bool {
    text.len() <= 16 && text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("HTTP/"))
}

/// OCSF 1.8 activity of a method; 99 for methods the schema does not name.
pub(crate) fn activity(method: &str) -> u8 {
    match method {
        "CONNECT" => 1,
        "DELETE" => 2,
        "GET" => 3,
        "HEAD" => 4,
        "OPTIONS" => 5,
        "POST" => 6,
        "PUT" => 7,
        "TRACE" => 8,
        _ => vocab::activity::OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_request_lines() {
        let plain = split("GET /a?b=c?d HTTP/1.1");
        assert_eq!((plain.method, plain.path, plain.query), (Some("GET"), Some("/a"), Some("b=c?d")));
        assert_eq!(plain.protocol, Some("HTTP/1.1"));
        assert_eq!(split("GET /a b  c HTTP/1.0").path, Some("/a b  c"));
        assert_eq!(split("GET /old").path, Some("/old"));
        assert_eq!(split("GET /old").protocol, None);
        for broken in ["", "-", "\u{16}\u{3}\u{1}\u{2} x", "\\x16\\x03 a", " GET / HTTP/1.1"] {
            assert_eq!(split(broken), Request::default(), "{broken:?}");
        }
    }
}
