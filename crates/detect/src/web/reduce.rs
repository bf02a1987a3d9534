//! Which requests are looked at after the stateless rules, and what remains of them.

use crate::signal::Answer;
use rustc_hash::FxHasher;
use std::hash::Hasher;
use vocab::{Event, Flags};

/// Name endings of parts of a page.
const ASSETS: [&str; 19] = [
    "png", "jpg", "jpeg", "gif", "svg", "ico", "css", "js", "mjs", "map", "woff", "woff2", "ttf", "webp",
    "avif", "mp3", "mp4", "webm", "eot",
];
/// Name endings of scripts.
const SCRIPTS: [&str; 22] = [
    "php", "php3", "php4", "php5", "php7", "phtml", "phar", "asp", "aspx", "ashx", "asmx", "jsp", "jspx",
    "jspf", "do", "action", "cgi", "pl", "cfm", "py", "sh", "war",
];
/// Name endings of documents.
const PAGES: [&str; 6] = ["html", "htm", "xhtml", "shtml", "txt", "xml"];

/// Ending of the last path segment, without the dot; empty when there is none.
pub(super) fn extension(path: &str) -> &str {
    let bytes = path.as_bytes();
    match memchr::memrchr2(b'.', b'/', bytes) {
        Some(at) if bytes.get(at) == Some(&b'.') => path.get(at + 1..).unwrap_or_default(),
        _ => "",
    }
}

fn one_of(extension: &str, list: &[&str]) -> bool {
    (2..=6).contains(&extension.len()) && list.iter().any(|name| extension.eq_ignore_ascii_case(name))
}

/// Does a detector of the web need the request although no rule matched? Parts of pages that were served, or are
/// missing, say nothing.
pub(crate) fn needed(event: &Event<'_>) -> bool {
    let Some(path) = event.url_path.as_deref() else {
        return event.http_status.is_some_and(|status| status >= 400);
    };
    let reading = matches!(event.http_method.as_deref(), Some("GET" | "HEAD"));
    !reading || event.user.is_some() || !one_of(extension(path), &ASSETS)
}

/// Must the text of the request stay, although no rule matched? Not for a page that was served; a redirect may be
/// the refusal of one who is not logged in.
pub(crate) fn telling(event: &Event<'_>) -> bool {
    !matches!(event.http_method.as_deref(), Some("GET" | "HEAD"))
        || event.http_status.is_none_or(|status| status >= 400 || status == 302)
        || event.flags.has(Flags::AMBIGUOUS)
}

/// Two sizes within 2 %, or within the length of an echoed word.
pub(super) fn alike(a: u32, b: u32) -> bool {
    let difference = a.abs_diff(b);
    difference <= 24 || u64::from(difference) * 50 <= u64::from(a.max(b))
}

/// Hash of a path; never 0.
pub(super) fn path_hash(path: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(path.as_bytes());
    hasher.finish().max(1)
}

/// The request in small.
pub(crate) fn answer(event: &Event<'_>) -> Answer {
    let mut traits = match event.http_method.as_deref() {
        Some("GET") => Answer::GET,
        Some("HEAD") => Answer::HEAD,
        Some("POST") => Answer::POST,
        Some("PUT" | "DELETE" | "MOVE" | "COPY" | "PATCH") => Answer::WRITE,
        _ => 0,
    };
    let mut path = 0;
    if let Some(text) = event.url_path.as_deref() {
        path = path_hash(text);
        let extension = extension(text);
        if one_of(extension, &ASSETS) {
            traits |= Answer::ASSET;
        } else if one_of(extension, &SCRIPTS) {
            traits |= Answer::SCRIPT;
        } else if text.ends_with('/') || one_of(extension, &PAGES) {
            traits |= Answer::PAGE;
        }
    }
    if event.referrer.as_deref().is_some_and(|text| text.len() > 1) {
        traits |= Answer::REFERRED;
    }
    if event.url_query.is_some() {
        traits |= Answer::QUERY;
    }
    let bytes = event.bytes_out.map_or(u32::MAX, |bytes| u32::try_from(bytes).unwrap_or(u32::MAX - 1));
    Answer { path, bytes, status: event.http_status.unwrap_or(0), traits }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event<'a>(method: &'a str, path: &'a str, status: u16) -> Event<'a> {
        Event {
            http_method: Some(method.into()),
            url_path: Some(path.into()),
            http_status: Some(status),
            ..Event::default()
        }
    }

    #[test]
    fn served_parts_of_pages_are_left_out() {
        assert!(!needed(&event("GET", "/logo.png", 200)));
        assert!(!needed(&event("GET", "/fonts/a.WOFF2", 304)));
        assert!(needed(&event("PUT", "/logo.png", 201)));
        assert!(needed(&event("GET", "/", 200)));
        assert!(needed(&event("GET", "/a.php", 404)));
        assert!(telling(&event("GET", "/a.php", 404)));
        assert!(!telling(&event("GET", "/a.php", 200)));
    }

    #[test]
    fn traits_follow_method_and_name() {
        let seen = answer(&event("POST", "/up/x.PHP5", 200));
        assert!(seen.has(Answer::POST | Answer::SCRIPT));
        assert_eq!((seen.status, seen.bytes), (200, u32::MAX));
        assert_ne!(seen.path, answer(&event("POST", "/up/y.php5", 200)).path);
        assert!(answer(&event("GET", "/docs/", 200)).has(Answer::PAGE));
    }
}
