//! Fields of a normalised event by name (detection.md 1.2 and B.2), whatever log it came from.

use std::borrow::Cow;
use vocab::{Event, Text};

/// Reads one field.
type Get = for<'e, 'a> fn(&'e Event<'a>) -> Option<Cow<'e, str>>;

fn lent<'e>(text: &'e Text<'_>) -> Option<Cow<'e, str>> {
    text.as_deref().map(Cow::Borrowed)
}

fn made<'e>(value: Option<impl ToString>) -> Option<Cow<'e, str>> {
    value.map(|value| Cow::Owned(value.to_string()))
}

/// Names of the fields that have a place of their own, in the order in which help shows them. The names on the right of
/// `|` are those that Sigma rules use for the same field.
pub(crate) const NAMES: &[(&str, Get)] = &[
    ("time", |event| made(event.time)),
    ("file", |event| Some(Cow::Borrowed(event.origin.file))),
    ("record|line", |event| made(Some(event.origin.line))),
    ("parser", |event| Some(Cow::Borrowed(event.origin.parser))),
    ("class", |event| made(Some(event.class as u32))),
    ("activity", |event| made(Some(event.activity))),
    ("outcome|status", |event| Some(Cow::Borrowed(event.outcome.as_str()))),
    ("reason", |event| Some(Cow::Borrowed(event.reason.as_str()))),
    ("reason_code|c-win32-status", |event| lent(&event.reason_code)),
    ("host|dst_host", |event| lent(&event.dst_host)),
    ("user|cs-username|username", |event| lent(&event.user)),
    ("user_domain", |event| lent(&event.user_domain)),
    ("user_uid", |event| lent(&event.user_uid)),
    ("actor", |event| lent(&event.actor)),
    ("target_user", |event| lent(&event.target_user)),
    ("group", |event| lent(&event.group)),
    ("source|src_ip|c-ip", |event| made(event.src_ip)),
    ("src_port", |event| made(event.src_port)),
    ("src_host", |event| lent(&event.src_host)),
    ("dst_ip", |event| made(event.dst_ip)),
    ("dst_port", |event| made(event.dst_port)),
    ("device", |event| lent(&event.device)),
    ("session", |event| lent(&event.session)),
    ("service", |event| lent(&event.service)),
    ("method", |event| event.auth_method.map(|method| Cow::Borrowed(method.as_str()))),
    ("logon_type", |event| made(event.logon_type)),
    ("key_id", |event| lent(&event.key_id)),
    ("process", |event| lent(&event.process)),
    ("pid", |event| made(event.pid)),
    ("parent", |event| lent(&event.parent)),
    ("cmdline", |event| lent(&event.cmdline)),
    ("cwd", |event| lent(&event.cwd)),
    ("path", |event| lent(&event.path)),
    ("http_method|cs-method", |event| lent(&event.http_method)),
    ("url_path|cs-uri-stem", |event| lent(&event.url_path)),
    ("url_query|cs-uri-query", |event| lent(&event.url_query)),
    ("url_host|cs-host", |event| lent(&event.url_host)),
    ("http_status|sc-status", |event| made(event.http_status)),
    ("bytes_out|sc-bytes", |event| made(event.bytes_out)),
    ("bytes_in|cs-bytes", |event| made(event.bytes_in)),
    ("user_agent|cs-user-agent", |event| lent(&event.user_agent)),
    ("referrer|cs-referer", |event| lent(&event.referrer)),
    ("signature", |event| lent(&event.signature)),
    ("message", |event| lent(&event.message)),
];

/// A field that a person named.
#[derive(Clone)]
pub(crate) struct Field {
    /// The name as given.
    pub(crate) name: String,
    own: Option<Get>,
}

impl Field {
    /// The field of that name; names are compared without regard to case. A name that is none of ours is looked for among
    /// the fields that the log itself names, e.g. `EventID` or `TargetUserName`.
    pub(crate) fn new(name: &str) -> Self {
        let fits = |names: &&(&str, Get)| names.0.split('|').any(|own| own.eq_ignore_ascii_case(name));
        Self { name: name.to_owned(), own: NAMES.iter().find(fits).map(|(_, get)| *get) }
    }

    /// Has the field a place of its own in every event?
    pub(crate) fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Does `test` hold for a value of the field? A log may give the same name several values. `None` when the event has no
    /// such field.
    pub(crate) fn test(&self, event: &Event<'_>, test: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
        let own = self.own.and_then(|get| get(event)).map(|value| test(&value));
        let extra = event
            .extra
            .iter()
            .filter(|extra| extra.name.eq_ignore_ascii_case(&self.name))
            .map(|extra| &extra.value);
        extra.fold(own, |found, value| Some(found.unwrap_or(false) || test(value)))
    }
}

/// Calls `see` with every text that the log gave, except those that are slices of `within`; stops when it says so.
pub(crate) fn texts(event: &Event<'_>, within: &[u8], see: &mut dyn FnMut(&str) -> bool) -> bool {
    let bounds = within.as_ptr_range();
    let own = [
        &event.message,
        &event.user,
        &event.user_domain,
        &event.user_uid,
        &event.actor,
        &event.actor_uid,
        &event.target_user,
        &event.group,
        &event.src_host,
        &event.dst_host,
        &event.device,
        &event.session,
        &event.service,
        &event.process,
        &event.parent,
        &event.cmdline,
        &event.cwd,
        &event.path,
        &event.url_path,
        &event.url_query,
        &event.url_host,
        &event.http_method,
        &event.user_agent,
        &event.referrer,
        &event.reason_code,
        &event.signature,
        &event.key_id,
    ];
    let new = |text: &str| !text.is_empty() && !bounds.contains(&text.as_ptr());
    own.into_iter().filter_map(|text| text.as_deref()).filter(|text| new(text)).any(&mut *see)
        || event.extra.iter().map(|extra| extra.value.as_ref()).filter(|text| new(text)).any(&mut *see)
        || event.src_ip.is_some_and(|ip| see(&ip.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_extras_are_found() {
        let mut names: Vec<&str> = NAMES.iter().flat_map(|(names, _)| names.split('|')).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        let mut event = Event { user: Some("alice".into()), ..Event::default() };
        event.push_extra("Data", "one");
        event.push_extra("Data", "two");
        let is = |name: &str, wanted: &str| Field::new(name).test(&event, &mut |value| value == wanted);
        assert_eq!(is("USER", "alice"), Some(true));
        assert_eq!(is("data", "two"), Some(true));
        assert_eq!(is("data", "three"), Some(false));
        assert_eq!(is("nothing", ""), None);
    }

    #[test]
    fn every_text_is_seen_once() {
        let raw = "user=alice".to_owned();
        let mut event = Event { user: raw.get(5..).map(Cow::Borrowed), ..Event::default() };
        event.push_extra("decoded", "bob");
        let mut seen = Vec::new();
        texts(&event, raw.as_bytes(), &mut |text| {
            seen.push(text.to_owned());
            false
        });
        assert_eq!(seen, ["bob"]);
    }
}
