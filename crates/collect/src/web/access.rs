//! W01, W02, W03: access logs in NCSA common, combined and vhost_combined form, with extra columns, as nginx (all
//! versions; default escape `\xHH`) and Apache httpd (2.0 to 2.4; `\"`, `\\`, `\xhh`, C escapes) write them.
//!
//! Template: `[vhost] address ident user [time] "request" status bytes ["referrer" "agent" columns...]`. Free text: user,
//! request, referrer, agent and all further columns. Anchor: the left end (DT-FMT-40). No maximum length of its own;
//! a record cut by the reader keeps its head, which holds the address.

use super::escape::decode;
use super::frame::{COLUMNS_MAX, Head, Tail, head, heads, quote_from, tail_after, tails};
use super::proxies::{TrustedProxies, address};
use super::request;
use super::stamp::StampReader;
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use std::borrow::Cow;
use vocab::{AuthMethod, Class, Event, Flags, Outcome, Reading, Reason, Trust, UserKind};

/// The format.
pub(crate) const ACCESS: Format = Format {
    name: "web_access",
    cut: |_| Cut::Lines,
    yearless: false,
    score,
    decoder: |sample, _| Box::new(AccessDecoder::new(&Layout::learn(sample), TrustedProxies::default())),
};

/// Names of the columns after the byte count that have no place of their own.
const EXTRA_NAMES: [&str; COLUMNS_MAX] = [
    "column_1",
    "column_2",
    "column_3",
    "column_4",
    "column_5",
    "column_6",
    "column_7",
    "column_8",
    "column_9",
    "column_10",
    "column_11",
    "column_12",
];

/// What a column after the byte count holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Referrer,
    Agent,
    /// `X-Forwarded-For`.
    Forwarded,
    /// Time to answer in seconds with a fraction (`$request_time`).
    Seconds,
    Other,
}

/// Order of the columns, learned from the first 200 lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    vhost: bool,
    columns: usize,
    roles: [Role; COLUMNS_MAX],
    product: &'static str,
    grammar: &'static str,
}

fn score(sample: &Sample<'_>) -> f32 {
    let fits = |line: &str, vhost: bool| {
        head(line, vhost).is_some_and(|head| super::frame::looks_like_time(head.stamp) && plausible(&head))
    };
    sample.share(|line| fits(line, false) || fits(line, true)) * 0.97
}

/// An address column is an address or a name, without what other formats put first.
fn plausible(head: &Head<'_>) -> bool {
    !head.address.starts_with(['[', '{', '"', '<'])
}

impl Layout {
    /// Learns the order of the columns.
    #[must_use]
    pub fn learn(sample: &Sample<'_>) -> Self {
        let vhost = sample.share(second_is_address) > 0.5;
        let mut counts = [0_u16; COLUMNS_MAX + 1];
        let mut votes = [[0_u16; 5]; COLUMNS_MAX];
        let (mut nginx, mut apache) = (0_u16, 0_u16);
        for line in sample.lines().take(200) {
            nginx += u16::from(line.contains("\\x22") || line.contains("\\x5C"));
            apache += u16::from(line.contains("\\\"") || line.contains("\\\\") || line.contains("\\n"));
            let Some(tail) = head(line, vhost).and_then(|head| first_tail(line, head.quote)) else {
                continue;
            };
            counts[tail.column_count.min(COLUMNS_MAX)] += 1;
            for (vote, (text, quoted)) in votes.iter_mut().zip(tail.columns).take(tail.column_count) {
                vote[guess(text, quoted) as usize] += u16::from(text != "-");
            }
        }
        let columns = (0..=COLUMNS_MAX).rev().max_by_key(|at| counts[*at]).unwrap_or(2);
        let name = sample.name.rsplit('/').next().unwrap_or_default();
        let (product, grammar) = if name.contains("nginx") || (nginx > apache) {
            ("nginx", "W02")
        } else if ["apache", "httpd", "other_vhosts_access"].iter().any(|part| name.contains(part))
            || apache > nginx
        {
            ("apache", "W03")
        } else {
            ("", "W01")
        };
        Self { vhost, columns, roles: roles(&votes, columns), product, grammar }
    }
}

/// The common order, unless the sample clearly says otherwise.
fn roles(votes: &[[u16; 5]; COLUMNS_MAX], columns: usize) -> [Role; COLUMNS_MAX] {
    let mut roles = [Role::Other; COLUMNS_MAX];
    let most = |vote: &[u16; 5], role: Role| {
        vote[role as usize] > 0 && vote.iter().all(|other| *other <= vote[role as usize])
    };
    if columns >= 2 {
        let swapped = most(&votes[0], Role::Agent)
            && !most(&votes[1], Role::Agent)
            && votes[1][Role::Other as usize] + votes[1][Role::Seconds as usize] == 0;
        let pair = if swapped { [Role::Agent, Role::Referrer] } else { [Role::Referrer, Role::Agent] };
        roles[..2].copy_from_slice(&pair);
    } else if columns == 1 {
        roles[0] = if most(&votes[0], Role::Agent) { Role::Agent } else { Role::Referrer };
    }
    for (role, vote) in roles.iter_mut().zip(votes).take(columns).skip(2) {
        if most(vote, Role::Forwarded) {
            *role = Role::Forwarded;
        } else if most(vote, Role::Seconds) {
            *role = Role::Seconds;
        }
    }
    roles
}

fn guess(text: &str, quoted: bool) -> Role {
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if text.split(',').all(|part| address(part.trim()).is_some()) {
        Role::Forwarded
    } else if !quoted && numeric(text) && text.contains('.') {
        Role::Seconds
    } else if text.starts_with("http://") || text.starts_with("https://") {
        Role::Referrer
    } else if text.contains('/') && !text.starts_with('/') {
        Role::Agent
    } else {
        Role::Other
    }
}

fn second_is_address(line: &str) -> bool {
    let mut words = line.split(' ');
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    address(second).is_some() && address(first).is_none()
}

/// The tail whose request ends at the first unescaped quote.
fn first_tail(line: &str, quote: usize) -> Option<Tail<'_>> {
    let end = quote_from(line.as_bytes(), quote + 1)?;
    tail_after(line, quote, end)
}

/// Decodes access logs.
#[derive(Clone, Debug)]
pub struct AccessDecoder {
    layout: Layout,
    proxies: TrustedProxies,
    stamps: StampReader,
}

impl AccessDecoder {
    /// A decoder for lines of this layout; `X-Forwarded-For` is believed only from these proxies.
    #[must_use]
    pub fn new(layout: &Layout, proxies: TrustedProxies) -> Self {
        Self { layout: layout.clone(), proxies, stamps: StampReader::default() }
    }

    fn line<'a>(
        &mut self,
        record: &RawRecord<'a>,
        settings: &'a Settings,
    ) -> Result<Event<'a>, &'static str> {
        let text = record.text;
        let Some(head) = head(text, self.layout.vhost) else {
            return Err("address ident user [time] \"request\"");
        };
        let mut event = Event {
            class: Class::Http,
            dst_host: (!settings.host.is_empty()).then_some(Cow::Borrowed(settings.host.as_str())),
            product: self.layout.product,
            category: "webserver",
            sigma_services: &["access"],
            message: text.get(head.quote..).map(Cow::Borrowed),
            original_time: Some(Cow::Borrowed(head.stamp)),
            count: 1,
            trust: Trust::Tr2,
            flags: record.flags,
            origin: record.origin.clone(),
            ..Event::default()
        };
        event.origin.parser = "web_access";
        event.origin.parser_version = 1;
        event.origin.grammar = self.layout.grammar;
        match self.stamps.any(head.stamp, settings) {
            Some(stamp) => {
                event.time = Some(stamp.time);
                event.tz_offset_min = Some(stamp.offset_min);
                if stamp.zoneless && settings.zone_assumed {
                    event.flags.set(Flags::ZONE_ASSUMED);
                }
            }
            None => event.flags.set(Flags::BAD_TIME),
        }
        peer(&head, &mut event);
        match first_tail(text, head.quote) {
            Some(tail) if tail.balanced && tail.column_count == self.layout.columns => {
                self.fill(&head, &tail, &mut event);
            }
            tail => self.irregular(text, &head, tail.as_ref(), &mut event),
        }
        Ok(event)
    }

    /// A line that does not have the usual columns: cut, another layout, or quotes written by the client and not
    /// escaped. All readings are tried (DT-HOS-03).
    fn irregular<'a>(&self, text: &'a str, head: &Head<'a>, first: Option<&Tail<'a>>, event: &mut Event<'a>) {
        let mut starts = heads(text, self.layout.vhost);
        if !starts.iter().any(|start| start.quote == head.quote) {
            starts.insert(0, *head);
        }
        let mut readings: Vec<Reading> = Vec::new();
        let mut chosen = None;
        for start in &starts {
            for tail in tails(text, start.quote) {
                let outcome = outcome(tail.status);
                let user = decode(start.user).into_owned();
                if !readings.iter().any(|reading| reading.user == user && reading.outcome == outcome) {
                    readings.push(Reading { src_ip: event.src_ip, user, outcome });
                }
                chosen = chosen.or((start.quote == head.quote).then_some(tail));
            }
        }
        if readings.len() > 1 {
            event.src_ip = None;
            event.src_port = None;
            event.is_remote = None;
            event.flags.set(Flags::AMBIGUOUS);
            event.readings = readings;
            event.readings.truncate(8);
            event.activity = vocab::activity::OTHER;
            return;
        }
        match first.or(chosen.as_ref()) {
            Some(tail) => self.fill(head, tail, event),
            None => {
                // No end of the request: the line was cut.
                event.flags.set(Flags::TRUNCATED);
                let tail =
                    Tail { request: text.get(head.quote + 1..).unwrap_or_default(), ..Tail::default() };
                self.fill(head, &tail, event);
            }
        }
    }

    fn fill<'a>(&self, head: &Head<'a>, tail: &Tail<'a>, event: &mut Event<'a>) {
        if let Some(vhost) = head.vhost {
            let name =
                vhost.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
            event.dst_port = name.and_then(|(_, port)| port.parse().ok());
            event.service = Some(Cow::Borrowed(name.map_or(vhost, |(name, _)| name)));
            event.url_host.clone_from(&event.service);
        }
        requested(tail.request, event);
        event.http_status = tail.status;
        event.bytes_out = tail.bytes;
        event.outcome = outcome(tail.status);
        user(head.user, event);
        for (at, (text, _)) in tail.columns.iter().take(tail.column_count).enumerate() {
            if *text == "-" {
                continue;
            }
            match self.layout.roles.get(at) {
                Some(Role::Referrer) => event.referrer = Some(decode(text)),
                Some(Role::Agent) => event.user_agent = Some(decode(text)),
                Some(Role::Seconds) => event.latency_us = seconds(text),
                Some(Role::Forwarded) => {
                    self.forwarded(text, event);
                    event.push_extra("x_forwarded_for", decode(text));
                }
                _ => event.push_extra(EXTRA_NAMES.get(at).copied().unwrap_or("column"), decode(text)),
            }
        }
    }

    fn forwarded<'a>(&self, text: &'a str, event: &mut Event<'a>) {
        if let Some(peer) = event.src_ip
            && let Some(client) = self.proxies.client(peer, text)
        {
            event.src_ip = Some(client);
            event.proxy_chain = Some(Cow::Owned(format!("{text}, {peer}")));
        }
    }
}

/// The peer from the address column, which the daemon writes.
fn peer<'a>(head: &Head<'a>, event: &mut Event<'a>) {
    if let Some(ip) = address(head.address) {
        event.src_ip = Some(ip);
    } else if let Ok(socket) = head.address.parse::<std::net::SocketAddr>() {
        event.src_ip = Some(socket.ip().to_canonical());
        event.src_port = Some(socket.port());
    } else if head.address != "-" {
        event.src_host = Some(Cow::Borrowed(head.address));
    }
    event.is_remote = event.src_ip.map(|ip| !ip.is_loopback());
}

/// Fills in method, path and query, escapes undone. A request without parts is kept as `request`.
pub(crate) fn requested<'a>(line: &'a str, event: &mut Event<'a>) {
    event.activity = vocab::activity::OTHER;
    let request = request::split(line);
    let Some(method) = request.method else {
        if !matches!(line, "" | "-") {
            event.push_extra("request", decode(line));
        }
        return;
    };
    event.activity = request::activity(method);
    event.http_method = Some(Cow::Borrowed(method));
    event.url_path = request.path.map(decode);
    event.url_query = request.query.map(decode);
}

/// Success for answers below 400, failure from 400 on.
pub(crate) fn outcome(status: Option<u16>) -> Outcome {
    match status {
        Some(100..=399) => Outcome::Success,
        Some(400..=999) => Outcome::Failure,
        _ => Outcome::Unknown,
    }
}

/// The user column. With 401 the name was refused; the server's error log tells why.
pub(crate) fn user<'a>(text: &'a str, event: &mut Event<'a>) {
    match text {
        "-" => return,
        "" | "\"\"" => {
            event.user = Some(Cow::Borrowed(""));
            event.user_kind = Some(UserKind::Empty);
        }
        _ => event.user = Some(decode(text)),
    }
    event.auth_method = Some(AuthMethod::Basic);
    match event.http_status {
        Some(401) => {
            event.reason = Reason::BadSecret;
            event.reason_code = Some(Cow::Borrowed("401"));
        }
        Some(200..=399) => event.reason = Reason::Ok,
        Some(403) => event.reason = Reason::NotAllowed,
        _ => {}
    }
}

/// Seconds with a fraction as microseconds.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let micros = u64::try_from(super::stamp::fraction_micros(fraction)?).ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(micros)
}

impl Decoder for AccessDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        if record.text.trim().is_empty() {
            return Decoded::Nothing;
        }
        match self.line(record, settings) {
            Ok(event) => {
                sink(&event);
                Decoded::Events
            }
            Err(expected) => Decoded::Unread(UnreadReason::GrammarMiss, expected),
        }
    }
}
