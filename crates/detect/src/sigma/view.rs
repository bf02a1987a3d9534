//! The normalised event as the rule engine sees it.

use super::slot::{self, group};
use crate::canon::{self, Part, Request};
use rsigma_eval::EventValue;
use std::borrow::Cow;
use std::cell::OnceCell;
use vocab::Event;

/// One event for evaluation; canonical forms are made once, when a rule asks.
pub(super) struct View<'e> {
    pub(super) event: &'e Event<'e>,
    request: OnceCell<Request>,
    url: OnceCell<String>,
    whole: OnceCell<String>,
}

impl<'e> View<'e> {
    pub(super) fn new(event: &'e Event<'e>) -> Self {
        Self { event, request: OnceCell::new(), url: OnceCell::new(), whole: OnceCell::new() }
    }

    /// Readings of the request.
    pub(super) fn request(&self) -> &Request {
        self.request.get_or_init(|| {
            let part = |text: &'e vocab::Text<'_>| text.as_deref().unwrap_or_default();
            let event = self.event;
            Request::new(
                part(&event.url_path),
                part(&event.url_query),
                part(&event.referrer),
                part(&event.user_agent),
            )
        })
    }

    /// Readings of path and query, one a line.
    pub(super) fn url(&self) -> &str {
        self.url.get_or_init(|| {
            let request = self.request();
            format!("{}\n{}", request.path, request.query)
        })
    }

    /// Readings of everything the client chose, one a line.
    pub(super) fn whole(&self) -> &str {
        self.whole.get_or_init(|| {
            let request = self.request();
            format!("{}\n{}\n{}\n{}", request.path, request.query, request.referrer, request.agent)
        })
    }

    /// Calls `scan` with every text that a rule can look into, and its group; stops when `scan` says `true`.
    ///
    /// Texts that are slices of the message are covered by the message, which counts for all groups.
    pub(super) fn scan(&self, wanted: u8, scan: &mut dyn FnMut(&str, u8) -> bool) -> bool {
        let event = self.event;
        let message = event.message.as_deref().unwrap_or_default();
        let inside = {
            let bounds = message.as_bytes().as_ptr_range();
            move |text: &str| bounds.contains(&text.as_ptr())
        };
        if !message.is_empty() && scan(message, group::ALL) {
            return true;
        }
        let mut part = |text: &vocab::Text<'_>, groups: u8| {
            let Some(text) = text.as_deref() else { return false };
            text.len() > 1 && wanted & groups != 0 && !inside(text) && scan(text, groups)
        };
        if part(&event.url_path, group::URL)
            || part(&event.url_query, group::URL)
            || part(&event.user_agent, group::AGENT)
            || part(&event.referrer, group::REFERRER)
        {
            return true;
        }
        if wanted & group::REST != 0 {
            let rest = [
                &event.cmdline,
                &event.process,
                &event.parent,
                &event.cwd,
                &event.path,
                &event.user,
                &event.actor,
                &event.target_user,
                &event.group,
                &event.http_method,
                &event.url_host,
                &event.src_host,
                &event.dst_host,
                &event.service,
                &event.session,
                &event.reason_code,
                &event.signature,
                &event.device,
                &event.user_uid,
                &event.user_domain,
            ];
            if rest.into_iter().any(|text| part(text, group::REST)) {
                return true;
            }
            if event.extra.iter().any(|extra| !inside(&extra.value) && scan(&extra.value, group::REST)) {
                return true;
            }
        }
        self.scan_readings(wanted, scan)
    }

    fn scan_readings(&self, wanted: u8, scan: &mut dyn FnMut(&str, u8) -> bool) -> bool {
        if wanted & (group::URL | group::AGENT | group::REFERRER) == 0 {
            return false;
        }
        let event = self.event;
        let differs = |text: &vocab::Text<'_>, part: Part| {
            text.as_deref().is_some_and(|text| canon::may_differ(text, part))
        };
        let path = differs(&event.url_path, Part::Path);
        let query = differs(&event.url_query, Part::Query);
        let agent = differs(&event.user_agent, Part::Header);
        let referrer = differs(&event.referrer, Part::Header);
        if !(path || query || agent || referrer) {
            return false;
        }
        let request = self.request();
        path && scan(&request.path, group::URL)
            || query && scan(&request.query, group::URL)
            || agent && scan(&request.agent, group::AGENT)
            || referrer && scan(&request.referrer, group::REFERRER)
    }
}

impl rsigma_eval::Event for View<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        slot::value(self, path)
    }

    /// The message and every string value, not the framing (DT-RUL-13).
    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        let event = self.event;
        let texts = [
            &event.message,
            &event.url_path,
            &event.url_query,
            &event.user_agent,
            &event.referrer,
            &event.cmdline,
            &event.path,
            &event.cwd,
            &event.user,
            &event.actor,
            &event.target_user,
            &event.group,
            &event.http_method,
            &event.url_host,
            &event.src_host,
            &event.reason_code,
            &event.signature,
        ];
        texts.into_iter().any(|text| text.as_deref().is_some_and(pred))
            || event.extra.iter().any(|extra| pred(&extra.value))
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let all = std::cell::RefCell::new(Vec::new());
        self.any_string_value(&|text| {
            all.borrow_mut().push(Cow::Owned(text.to_owned()));
            false
        });
        all.into_inner()
    }

    /// Only the fields that a correlation or a report may ask for.
    fn to_json(&self) -> serde_json::Value {
        let mut map = serde_json::Map::new();
        for name in ["src_ip", "user", "message", "cs-uri", "CommandLine"] {
            if let Some(value) = slot::value(self, name) {
                map.insert(name.to_owned(), value.to_json());
            }
        }
        serde_json::Value::Object(map)
    }
}
