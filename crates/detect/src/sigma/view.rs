//! The normalised event as the rule engine sees it.

use super::compile::Field;
use super::record::{self, Datum, Record};
use super::slot::{self, group};
use crate::canon::{self, Marks, Part};
use std::borrow::Cow;
use std::cell::OnceCell;
use vocab::Event;

/// One event for evaluation; canonical forms are made once, when a rule asks.
pub(super) struct View<'e> {
    pub(super) event: &'e Event<'e>,
    path: Reading<'e>,
    query: Reading<'e>,
    referrer: Reading<'e>,
    agent: Reading<'e>,
    url: OnceCell<String>,
    whole: OnceCell<String>,
}

/// Every reading of a part of the request, one a line.
type Reading<'e> = OnceCell<(Cow<'e, str>, Marks)>;

fn reading<'v, 'e>(
    cell: &'v Reading<'e>,
    text: &'e vocab::Text<'_>,
    part: Part,
) -> &'v (Cow<'e, str>, Marks) {
    cell.get_or_init(|| canon::readings(text.as_deref().unwrap_or_default(), part))
}

impl<'e> View<'e> {
    pub(super) const fn new(event: &'e Event<'e>) -> Self {
        Self {
            event,
            path: OnceCell::new(),
            query: OnceCell::new(),
            referrer: OnceCell::new(),
            agent: OnceCell::new(),
            url: OnceCell::new(),
            whole: OnceCell::new(),
        }
    }

    /// Readings of the path.
    pub(super) fn path(&self) -> &str {
        &reading(&self.path, &self.event.url_path, Part::Path).0
    }

    /// Readings of the query.
    pub(super) fn query(&self) -> &str {
        &reading(&self.query, &self.event.url_query, Part::Query).0
    }

    /// Readings of the referrer.
    pub(super) fn referrer(&self) -> &str {
        &reading(&self.referrer, &self.event.referrer, Part::Header).0
    }

    /// Readings of the user agent.
    pub(super) fn agent(&self) -> &str {
        &reading(&self.agent, &self.event.user_agent, Part::Header).0
    }

    /// What was met in path and query.
    pub(super) fn marks(&self) -> Marks {
        let mut marks = reading(&self.path, &self.event.url_path, Part::Path).1;
        marks.join(reading(&self.query, &self.event.url_query, Part::Query).1);
        marks
    }

    /// Readings of path and query, one a line.
    pub(super) fn url(&self) -> &str {
        self.url.get_or_init(|| joined([self.path(), self.query()]))
    }

    /// Readings of everything the client chose, one a line.
    pub(super) fn whole(&self) -> &str {
        self.whole.get_or_init(|| joined([self.path(), self.query(), self.referrer(), self.agent()]))
    }

    /// Calls `scan` with method, path and query, raw and every reading that differs.
    pub(super) fn scan_url(&self, scan: &mut dyn FnMut(&str, u8)) {
        let event = self.event;
        if let Some(method) = event.http_method.as_deref() {
            scan(method, group::METHOD);
        }
        let mut part = |text: &vocab::Text<'_>, part: Part, groups: u8| {
            let Some(text) = text.as_deref().filter(|text| !text.is_empty()) else { return false };
            scan(text, groups);
            canon::may_differ(text, part)
        };
        let path = part(&event.url_path, Part::Path, group::PATH);
        let query = part(&event.url_query, Part::Query, group::QUERY);
        if path {
            scan(self.path(), group::PATH);
        }
        if query {
            scan(self.query(), group::QUERY);
        }
    }

    /// User agent and referrer, each with its group.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&'e str, u8)> {
        let event = self.event;
        [(&event.user_agent, group::AGENT), (&event.referrer, group::REFERRER)]
            .into_iter()
            .filter_map(|(text, groups)| Some((text.as_deref().filter(|text| !text.is_empty())?, groups)))
    }

    /// Calls `scan` with a header, raw and every reading that differs.
    pub(super) fn scan_header(&self, text: &str, groups: u8, scan: &mut dyn FnMut(&str)) {
        scan(text);
        if canon::may_differ(text, Part::Header) {
            scan(if groups == group::AGENT { self.agent() } else { self.referrer() });
        }
    }

    /// Calls `scan` with the message and every other text. Texts that are slices of the message are covered by it.
    pub(super) fn scan_rest(&self, scan: &mut dyn FnMut(&str)) {
        let event = self.event;
        let message = event.message.as_deref().unwrap_or_default();
        let bounds = message.as_bytes().as_ptr_range();
        if !message.is_empty() {
            scan(message);
        }
        let texts = [
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
            // For keywords, which look into every text.
            &event.url_path,
            &event.url_query,
            &event.user_agent,
            &event.referrer,
        ];
        for text in texts.into_iter().filter_map(|text| text.as_deref()) {
            if !text.is_empty() && !bounds.contains(&text.as_ptr()) {
                scan(text);
            }
        }
        for extra in &event.extra {
            if !bounds.contains(&extra.value.as_ptr()) {
                scan(&extra.value);
            }
        }
    }
}

/// Texts, one a line.
fn joined<const N: usize>(texts: [&str; N]) -> String {
    let mut out = String::with_capacity(texts.iter().map(|text| text.len() + 1).sum());
    for (place, text) in texts.into_iter().enumerate() {
        if place > 0 {
            out.push('\n');
        }
        out.push_str(text);
    }
    out
}

impl Record for View<'_> {
    fn values(&self, _: usize, field: &Field, each: &mut dyn FnMut(Datum<'_>) -> bool) -> bool {
        if !record::is_windows(self.event)
            && let Some(value) = slot::value(self, field.slot)
        {
            return each(Datum::Text(value));
        }
        record::by_name(self.event, field, each)
    }

    fn texts(&self, each: &mut dyn FnMut(&str) -> bool) -> bool {
        let event = self.event;
        if record::is_windows(event) {
            return record::windows_texts(event, each);
        }
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
        texts.into_iter().any(|text| text.as_deref().is_some_and(&mut *each))
            || event.extra.iter().any(|extra| each(&extra.value))
    }
}
