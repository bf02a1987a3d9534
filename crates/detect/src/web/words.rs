//! Payloads in words: the request as received beside its canonical form, parameters, requested delays.

use super::reduce::path_hash;
use crate::canon::{Part, decode, readings};
use crate::rule::Rule;
use crate::signal::Detail;
use vocab::Message;

/// Longest quoted request, bytes.
const QUOTE_BYTES_MAX: usize = 300;

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(QUOTE_BYTES_MAX)).unwrap_or(text)
}

/// Path and query as received.
pub(super) fn raw(detail: &Detail) -> String {
    let path = detail.url_path.as_str();
    if detail.url_query.is_empty() { path.to_owned() } else { format!("{path}?{}", detail.url_query) }
}

/// The same in canonical form (DT-FMT-43).
fn canonical(detail: &Detail) -> String {
    let (path, _) = decode(&detail.url_path, false);
    if detail.url_query.is_empty() {
        return path.into_owned();
    }
    let (query, _) = decode(&detail.url_query, true);
    format!("{path}?{query}")
}

/// Id of a payload: spellings of one payload are one (detection.md 4.6, the unit is the distinct payload).
pub(super) fn identity(detail: &Detail) -> u64 {
    let mut text = canonical(detail);
    text.make_ascii_lowercase();
    if detail.user_agent.contains(['{', '(', '<', '\'']) {
        text.push_str(&detail.user_agent);
    }
    path_hash(&text)
}

/// Ids of the parameter whose value is longest, which most likely carries the payload.
pub(super) fn parameter(detail: &Detail) -> Option<u64> {
    let longest = detail
        .url_query
        .split('&')
        .max_by_key(|pair| pair.split_once('=').map_or(0, |(_, value)| value.len()))?;
    let (name, _) = longest.split_once('=')?;
    Some(path_hash(name))
}

/// A sentence that quotes the payload, raw and canonical side by side.
pub(super) fn quote(detail: &Detail, rule: &Rule, status: u16) -> Message {
    let (raw, canonical) = (raw(detail), canonical(detail));
    let id = if raw == canonical { "web-payload" } else { "web-payload-decoded" };
    let mut message = Message::new(id)
        .with("method", detail.http_method.as_str())
        .with("request", cut(&raw))
        .with("rule", name(rule))
        .with("status", u32::from(status));
    if raw != canonical {
        message = message.with("reading", cut(&canonical));
    }
    message
}

/// Name of a shipped rule, in the language of the reader (DT-RUL-18).
fn name(rule: &Rule) -> Message {
    let file = rule.file.rsplit('/').next().unwrap_or(&rule.file);
    Message::new(format!("webrule-{}", file.trim_end_matches(".yml").replace('_', "-")))
}

/// Seconds that the payload asks the database to wait (K-36).
pub(super) fn delay_seconds(detail: &Detail) -> Option<u64> {
    let (query, _) = readings(&detail.url_query, Part::Query);
    let text = query.to_ascii_lowercase();
    let after = |word: &str| text.find(word).and_then(|at| text.get(at + word.len()..));
    let rest = after("sleep(").or_else(|| after("sleep (")).map(str::to_owned).or_else(|| {
        let clock = after("delay")?.trim_start_matches([' ', '\'', '"', '(']);
        Some(clock.get(..clock.floor_char_boundary(8))?.rsplit(':').next()?.to_owned())
    })?;
    let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).take(5).collect();
    digits.parse().ok().filter(|seconds| *seconds > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(path: &str, query: &str) -> Detail {
        Detail { url_path: path.into(), url_query: query.into(), ..Detail::default() }
    }

    #[test]
    fn spellings_of_a_payload_are_one() {
        let plain = identity(&detail("/a", "f=../../etc/passwd"));
        assert_eq!(plain, identity(&detail("/a", "f=%2e%2e%2f..%252fetc/passwd")));
        assert_ne!(plain, identity(&detail("/a", "f=../../etc/shadow")));
    }

    #[test]
    fn delays_are_read() {
        assert_eq!(delay_seconds(&detail("/a", "id=1'+or+pg_sleep(10)--")), Some(10));
        assert_eq!(delay_seconds(&detail("/a", "id=1;WAITFOR+DELAY+'0:0:5'--")), Some(5));
        assert_eq!(delay_seconds(&detail("/a", "id=1;waitfor%20delay%20%2700:00:07%27")), Some(7));
        assert_eq!(delay_seconds(&detail("/a", "q=sleep")), None);
    }

    #[test]
    fn hostile_text_is_cut_at_a_character() {
        let long = "あ".repeat(400);
        assert_eq!(cut(&long).chars().count(), 100);
    }

    #[test]
    fn every_rule_about_requests_has_a_name_in_both_languages() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../locales");
        let (rules, _) = crate::RuleSet::load(crate::BUILTIN, &[]);
        for language in ["ja", "en"] {
            let text = std::fs::read_to_string(folder.join(language).join("web.ftl")).expect("web.ftl");
            for (_, rule) in rules.iter() {
                if rule.file.starts_with("web/") && matches!(rule.body, crate::rule::Body::Sigma(_)) {
                    let id = name(rule).id;
                    assert!(text.contains(&format!("\n{id} = ")), "{language} {id}");
                }
            }
        }
    }
}
