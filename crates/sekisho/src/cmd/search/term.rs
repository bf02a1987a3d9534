//! What is searched for: words, `field=value`, `field~regex`, `/regex/`.

use crate::error::Usage;
use crate::record::{Field, texts};
use regex::{Regex, RegexBuilder, bytes};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use vocab::{Event, Network, NetworkLabel};

/// Room for one compiled expression, bytes.
const REGEX_BYTES_MAX: usize = 4 << 20;
/// Longest term, bytes.
const TERM_BYTES_MAX: usize = 4_096;

/// One condition.
pub(super) struct Term {
    what: What,
    /// Did any record have the field?
    seen: AtomicBool,
}

enum What {
    /// Anywhere in the record, or in a value that the record holds in another form.
    Anywhere(bytes::Regex, Regex),
    /// A field with a value that fits.
    Named(Field, Value),
}

enum Value {
    Fits(Regex),
    Inside(Network),
}

impl Term {
    /// Reads a term. Case does not count, except inside a regular expression that says so.
    ///
    /// # Errors
    /// Wrong use, with what is expected, when it is empty, too long or no regular expression.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        if text.is_empty() || text.len() > TERM_BYTES_MAX {
            return Err(wrong(text, "it is empty or longer than 4,096 bytes"));
        }
        let what = match text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            Some(pattern) if !pattern.is_empty() => anywhere(text, pattern)?,
            _ => match named(text) {
                Some((name, '~', value)) => {
                    What::Named(Field::new(name), Value::Fits(expression(text, value)?))
                }
                Some((name, _, value)) => What::Named(Field::new(name), exact(text, value)?),
                None => anywhere(text, &regex::escape(text.trim_matches('"')))?,
            },
        };
        Ok(Self { what, seen: AtomicBool::new(false) })
    }

    /// Does the record fit?
    pub(super) fn fits(&self, event: &Event<'_>) -> bool {
        match &self.what {
            What::Anywhere(raw, text) => {
                raw.is_match(event.origin.raw)
                    || texts(event, event.origin.raw, &mut |value| text.is_match(value))
            }
            What::Named(field, value) => {
                let found = field.test(event, &mut |text| value.fits(text));
                if found.is_some() {
                    self.seen.store(true, Ordering::Relaxed);
                }
                found == Some(true)
            }
        }
    }

    /// Name of the field when no record had it and it is none of ours: most likely misspelt.
    pub(super) fn unknown_field(&self) -> Option<&str> {
        match &self.what {
            What::Named(field, _) if !field.is_own() && !self.seen.load(Ordering::Relaxed) => {
                Some(&field.name)
            }
            _ => None,
        }
    }
}

impl Value {
    fn fits(&self, text: &str) -> bool {
        match self {
            Self::Fits(regex) => regex.is_match(text),
            Self::Inside(network) => text.parse().is_ok_and(|ip: IpAddr| network.contains(ip)),
        }
    }
}

/// Name, sign and value of a term about a field. A name is a letter, then letters, digits and `_ - .`.
fn named(text: &str) -> Option<(&str, char, &str)> {
    let place = text.find(['=', '~'])?;
    let (name, rest) = text.split_at(place);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain);
    let sign = rest.chars().next().filter(|_| is_name)?;
    Some((name, sign, rest.get(1..)?))
}

/// The whole value, with `*` and `?`; of an address also its network.
fn exact(term: &str, value: &str) -> anyhow::Result<Value> {
    if let Some(network) = network(value) {
        return Ok(Value::Inside(network));
    }
    let mut pattern = String::from("^");
    for c in value.chars() {
        match c {
            '*' => pattern.push_str(".*"),
            '?' => pattern.push('.'),
            other => pattern.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    pattern.push('$');
    Ok(Value::Fits(expression(term, &pattern)?))
}

fn network(value: &str) -> Option<Network> {
    let (address, bits) = value.split_once('/')?;
    let (address, prefix_bits) = (address.parse::<IpAddr>().ok()?, bits.parse::<u8>().ok()?);
    let most = if address.is_ipv4() { 32 } else { 128 };
    (prefix_bits <= most).then_some(Network { address, prefix_bits, label: NetworkLabel::Office })
}

fn expression(term: &str, pattern: &str) -> anyhow::Result<Regex> {
    let built = RegexBuilder::new(pattern)
        .case_insensitive(true)
        .dot_matches_new_line(true)
        .size_limit(REGEX_BYTES_MAX)
        .build();
    built.map_err(|error| wrong(term, &error.to_string()))
}

fn anywhere(term: &str, pattern: &str) -> anyhow::Result<What> {
    let raw = bytes::RegexBuilder::new(pattern)
        .case_insensitive(true)
        .dot_matches_new_line(true)
        .size_limit(REGEX_BYTES_MAX)
        .build();
    let raw = raw.map_err(|error| wrong(term, &error.to_string()))?;
    Ok(What::Anywhere(raw, expression(term, pattern)?))
}

fn wrong(term: &str, why: &str) -> anyhow::Error {
    Usage::error(
        format!("cannot search for {term:?}: {why}"),
        "give a word, field=value (with * and ?), field~regex, or /regex/; see sekisho search --help",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINE: &str = "Nov 10 sshd[1]: Failed password for root from 203.0.113.9 port 22";

    fn event() -> Event<'static> {
        let mut event = Event {
            user: Some("root".into()),
            src_ip: "203.0.113.9".parse().ok(),
            message: LINE.get(16..).map(Into::into),
            ..Event::default()
        };
        event.origin.raw = LINE.as_bytes();
        event.push_extra("TargetUserName", "Änne");
        event.push_extra("CommandLine", r"C:\Windows\System32\cmd.exe /c whoami");
        event
    }

    fn fits(term: &str) -> bool {
        Term::parse(term).unwrap().fits(&event())
    }

    #[test]
    fn words_fields_wildcards_networks_and_expressions() {
        for term in [
            "failed PASSWORD",
            "WhoAmI",
            "änne",
            "user=ROOT",
            "user=r*t",
            "source=203.0.113.0/24",
            "src_ip=203.0.113.?",
            "targetusername=ä*",
            r"CommandLine=C:\Windows\*\cmd.exe*",
            "CommandLine~cmd\\.exe\\s+/c",
            "/port \\d+$/",
            "\"user=\"",
        ] {
            assert_eq!(fits(term), term != "\"user=\"", "{term}");
        }
        for term in
            ["user=roo", "source=203.0.114.0/24", "nofield=x", "user=", "/^port/", "source=203.0.113.9/33"]
        {
            assert!(!fits(term), "{term}");
        }
    }

    #[test]
    fn wrong_terms_are_refused_and_unknown_fields_named() {
        for term in ["", "/(/", "user~(", &"x".repeat(5_000), "/(a{1000}){1000}/"] {
            assert!(Term::parse(term).is_err(), "{term:.20}");
        }
        let term = Term::parse("TargetUsrName=x").unwrap();
        assert!(!term.fits(&event()));
        assert_eq!(term.unknown_field(), Some("TargetUsrName"));
        let term = Term::parse("commandline=x").unwrap();
        assert!(!term.fits(&event()));
        assert_eq!(term.unknown_field(), None);
    }

    proptest! {
        #[test]
        fn any_term_is_taken_or_refused(text in ".{0,40}") {
            if let Ok(term) = Term::parse(&text) {
                let _ = term.fits(&event());
            }
        }

        /// A word is found exactly where it stands.
        #[test]
        fn words_are_found(word in "[a-z0-9 ]{1,12}", before in "[A-Z0-9 ]{0,8}", after in "[A-Z]{0,8}") {
            let line = format!("{before}{word}{after}");
            let mut event = Event::default();
            event.origin.raw = line.as_bytes();
            prop_assert!(Term::parse(&word).unwrap().fits(&event));
            event.origin.raw = b"~";
            prop_assert!(!Term::parse(&word).unwrap().fits(&event));
        }
    }
}
