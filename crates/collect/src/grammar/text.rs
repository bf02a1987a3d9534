//! Small strict readers that all message grammars share: addresses, ports, tokens, escapes, failure words.

use aho_corasick::AhoCorasick;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

/// Longest text that can be an address or host name, bytes.
const HOST_BYTES_MAX: usize = 255;

/// Reads an address strictly (HC-17): four decimal parts without leading zeros, or a plain IPv6 address. Zone ids,
/// `127.1`, `0x7f.1` and names are not addresses. IPv4-mapped IPv6 becomes IPv4.
pub(crate) fn ip(text: &str) -> Option<IpAddr> {
    let first = *text.as_bytes().first()?;
    if text.len() > 45 || !(first.is_ascii_hexdigit() || first == b':') {
        return None;
    }
    if text.as_bytes().contains(&b':') {
        let v6: Ipv6Addr = text.parse().ok()?;
        return Some(v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4));
    }
    text.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// Reads a port: 0 to 65535, no sign, no leading zero.
pub(crate) fn port(text: &str) -> Option<u16> {
    number(text).and_then(|n| u16::try_from(n).ok())
}

/// Reads a plain decimal number without leading zeros, at most nine digits.
pub(crate) fn number(text: &str) -> Option<u32> {
    let bytes = text.as_bytes();
    let good = !bytes.is_empty()
        && bytes.len() <= 9
        && bytes.iter().all(u8::is_ascii_digit)
        && (bytes.len() == 1 || bytes.first() != Some(&b'0'));
    if good { text.parse().ok() } else { None }
}

/// The other end of a line, as a daemon printed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer<'a> {
    /// Its address, where the text is one.
    pub(crate) ip: Option<IpAddr>,
    /// The text, where it is a name and no address.
    pub(crate) host: Option<&'a str>,
    /// Its port, where printed.
    pub(crate) port: Option<u16>,
}

impl<'a> Peer<'a> {
    /// An address, or an odd form that sshd itself prints: `UNKNOWN`, and IPv6 with a zone id.
    pub(crate) fn address(text: &'a str) -> Option<Self> {
        if let Some(found) = ip(text) {
            return Some(Self { ip: Some(found), host: None, port: None });
        }
        let zoned = text
            .split_once('%')
            .is_some_and(|(left, zone)| left.contains(':') && ip(left).is_some() && is_host(zone));
        (text == "UNKNOWN" || zoned).then_some(Self { ip: None, host: Some(text), port: None })
    }

    /// An address or a host name.
    pub(crate) fn host(text: &'a str) -> Option<Self> {
        Self::address(text)
            .or_else(|| is_host(text).then_some(Self { ip: None, host: Some(text), port: None }))
    }
}

/// `A port P` at the start of the text; gives the peer and what follows.
pub(crate) fn peer_port(text: &str) -> Option<(Peer<'_>, &str)> {
    let (address, rest) = token(text);
    let rest = rest.strip_prefix(" port ")?;
    let (digits, rest) = rest.split_at(rest.bytes().take(6).take_while(u8::is_ascii_digit).count());
    let peer = Peer::address(address)?;
    Some((Peer { port: Some(port(digits)?), ..peer }, rest))
}

/// `A[ port P]` at the start of the text; gives the peer and what follows.
pub(crate) fn peer(text: &str) -> Option<(Peer<'_>, &str)> {
    peer_port(text).or_else(|| {
        let (address, rest) = token(text);
        Some((Peer::address(address)?, rest))
    })
}

/// The text up to the first space (bounded), and the rest beginning with that space.
pub(crate) fn token(text: &str) -> (&str, &str) {
    let end = memchr::memchr(b' ', text.as_bytes()).unwrap_or(text.len());
    text.split_at(end)
}

/// Could the text be a host name or address: letters, digits and `.:-_%`, at most 255 bytes?
pub(crate) fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= HOST_BYTES_MAX
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'-' | b'_' | b'%'))
}

/// A name without white space and not empty.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.bytes().any(|b| b.is_ascii_whitespace())
}

/// Decodes the escapes of `strnvis` and of rsyslog for display and matching (DT-FMT-11): `\ooo`, `\n`, `\\`, `#ooo` is
/// left alone. Bytes that are no UTF-8 afterwards become U+FFFD. Text without a backslash is borrowed.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.as_bytes().contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let (decoded, used) = escape(tail);
        out.push(decoded);
        rest = tail.get(used..).unwrap_or_default();
    }
    match String::from_utf8(out) {
        Ok(good) => Cow::Owned(good),
        Err(bad) => Cow::Owned(String::from_utf8_lossy(bad.as_bytes()).into_owned()),
    }
}

/// The byte after a backslash, and how many bytes the escape used.
fn escape(tail: &[u8]) -> (u8, usize) {
    if let Some(&[a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7']) = tail.first_chunk::<3>() {
        return ((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'), 3);
    }
    match tail.first() {
        Some(b'n') => (b'\n', 1),
        Some(b'r') => (b'\r', 1),
        Some(b't') => (b'\t', 1),
        Some(b'a') => (7, 1),
        Some(b'b') => (8, 1),
        Some(b'v') => (11, 1),
        Some(b'f') => (12, 1),
        Some(b's') => (b' ', 1),
        Some(b'0') => (0, 1),
        Some(b'\\') => (b'\\', 1),
        _ => (b'\\', 0),
    }
}

/// Does the message hold a word of failure, refusal or success, so that not understanding it matters (DT-HOS-06)?
pub(crate) fn has_failure_words(body: &str) -> bool {
    static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let words = [
            "fail",
            "invalid",
            "illegal",
            "refus",
            "denied",
            "not allowed",
            "accepted",
            "incorrect",
            "attack",
            "exceeded",
            "too many",
            "not in sudoers",
            "unknown user",
            "user unknown",
            "locked",
            "revoked",
            "rejected",
        ];
        AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
    });
    WORDS.as_ref().is_some_and(|words| words.is_match(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_address_forms_are_no_addresses() {
        for odd in [
            "127.1",
            "0x7f.1",
            "198.51.100.9.example.org",
            "fe80::1%eth0",
            "1.2.3",
            "01.2.3.4",
            "",
            "::g",
            " 1.2.3.4",
        ] {
            assert_eq!(ip(odd), None, "{odd}");
        }
        assert_eq!(ip("::ffff:198.51.100.9"), "198.51.100.9".parse().ok());
        assert_eq!(ip("2001:db8::1"), "2001:db8::1".parse().ok());
        assert_eq!(ip("192.0.2.1"), "192.0.2.1".parse().ok());
    }

    #[test]
    fn ports_are_strict() {
        assert_eq!(port("0"), Some(0));
        assert_eq!(port("65535"), Some(65535));
        for odd in ["", "65536", "022", "+22", "-1", "22 ", "99999999999999999999"] {
            assert_eq!(port(odd), None, "{odd}");
        }
    }

    #[test]
    fn escapes_are_decoded_for_display() {
        assert_eq!(unescape("plain"), Cow::Borrowed("plain"));
        assert_eq!(unescape("\\343\\201\\202"), "あ");
        assert_eq!(unescape("a\\nb\\\\012"), "a\nb\\012");
        assert_eq!(unescape("\\377x\\"), "\u{fffd}x\\");
        assert_eq!(unescape("\\777"), "\\777");
    }
}
