//! W04 and W05: which column of a named-column access log means what (alias table of nginx, Caddy, Traefik, Envoy,
//! Cloudflare, ALB exports, LTSV and W3C).

use super::access::{outcome, requested, seconds, user};
use super::proxies::address;
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use vocab::{Class, Event, Flags, Reading};

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The peer; a lower number is believed first.
    Peer(u8),
    Port,
    Time,
    /// W3C date.
    Date,
    User,
    /// Whole request line.
    Request,
    Method,
    /// Path with query.
    Uri,
    Path,
    Query,
    Host,
    Status,
    BytesOut,
    BytesIn,
    Referrer,
    Agent,
    Forwarded,
    /// Seconds with a fraction.
    Seconds,
    Millis,
    Micros,
    Nanos,
    ServerIp,
    ServerPort,
    ServerName,
}

/// Role of a name in a JSON log.
pub(crate) fn of_json(name: &str) -> Option<Role> {
    let name = name.strip_suffix(".0").unwrap_or(name);
    let lower = name.to_ascii_lowercase();
    Some(match lower.as_str() {
        "remote_addr"
        | "request.remote_ip"
        | "downstream_remote_address"
        | "clientaddr"
        | "c-ip"
        | "remoteip" => Role::Peer(0),
        "remote_ip" | "client_ip" | "clientip" | "clienthost" | "client" | "request.remote_addr" => {
            Role::Peer(1)
        }
        "remote_host" | "src_ip" | "ip" | "source_ip" | "request.client_ip" => Role::Peer(2),
        "remote_port" | "request.remote_port" | "clientport" | "client_port" => Role::Port,
        "time" | "time_iso8601" | "time_local" | "timestamp" | "@timestamp" | "ts" | "msec" | "datetime"
        | "startutc" | "starttime" | "start_time" | "edgestarttimestamp" | "date" => Role::Time,
        "remote_user" | "user" | "clientusername" | "user_id" | "username" => Role::User,
        "request" | "request_line" => Role::Request,
        "method"
        | "request_method"
        | "requestmethod"
        | "request.method"
        | "clientrequestmethod"
        | "http_method" => Role::Method,
        "request_uri" | "uri" | "requestpath" | "request.uri" | "clientrequesturi" | "url" => Role::Uri,
        "path" | "x-envoy-original-path" => Role::Uri,
        "query" | "query_string" | "args" => Role::Query,
        "host" | "http_host" | "requesthost" | "request.host" | "authority" | "clientrequesthost"
        | "vhost" | "server_name" => Role::Host,
        "status" | "response_code" | "downstreamstatus" | "edgeresponsestatus" | "status_code"
        | "response_status" => Role::Status,
        "body_bytes_sent"
        | "bytes_sent"
        | "size"
        | "downstreamcontentsize"
        | "edgeresponsebytes"
        | "bytes"
        | "response_size" => Role::BytesOut,
        "request_length" | "bytes_received" | "bytes_read" | "requestcontentsize" => Role::BytesIn,
        "http_referer"
        | "referer"
        | "referrer"
        | "request.headers.referer"
        | "clientrequestreferer"
        | "request_referer" => Role::Referrer,
        "http_user_agent"
        | "user_agent"
        | "agent"
        | "ua"
        | "request.headers.user-agent"
        | "clientrequestuseragent"
        | "request_user-agent"
        | "useragent" => Role::Agent,
        "x_forwarded_for"
        | "http_x_forwarded_for"
        | "x-forwarded-for"
        | "forwardedfor"
        | "request.headers.x-forwarded-for" => Role::Forwarded,
        "request_time" => Role::Seconds,
        "duration" if name == "Duration" => Role::Nanos,
        "duration" => Role::Seconds,
        _ => return None,
    })
}

/// Role of an LTSV label (ltsv.org).
pub(crate) fn of_ltsv(name: &str) -> Option<Role> {
    Some(match name {
        "host" | "remote_addr" => Role::Peer(0),
        "time" => Role::Time,
        "forwardedfor" => Role::Forwarded,
        "user" => Role::User,
        "req" => Role::Request,
        "method" => Role::Method,
        "uri" => Role::Uri,
        "status" => Role::Status,
        "size" => Role::BytesOut,
        "reqsize" => Role::BytesIn,
        "referer" => Role::Referrer,
        "ua" => Role::Agent,
        "vhost" => Role::Host,
        "reqtime" => Role::Seconds,
        "reqtime_microsec" => Role::Micros,
        _ => return None,
    })
}

/// Role of a W3C column.
pub(crate) fn of_w3c(name: &str) -> Option<Role> {
    Some(match name {
        "c-ip" => Role::Peer(0),
        "c-port" => Role::Port,
        "date" => Role::Date,
        "time" => Role::Time,
        "cs-username" => Role::User,
        "cs-method" => Role::Method,
        "cs-uri" => Role::Uri,
        "cs-uri-stem" => Role::Path,
        "cs-uri-query" => Role::Query,
        "cs-host" => Role::Host,
        "sc-status" => Role::Status,
        "sc-bytes" => Role::BytesOut,
        "cs-bytes" => Role::BytesIn,
        "cs(Referer)" => Role::Referrer,
        "cs(User-Agent)" => Role::Agent,
        "X-Forwarded-For" | "cs(X-Forwarded-For)" => Role::Forwarded,
        "time-taken" => Role::Millis,
        "s-ip" => Role::ServerIp,
        "s-port" => Role::ServerPort,
        "s-computername" => Role::ServerName,
        _ => return None,
    })
}

/// Collects the values of one record.
#[derive(Default)]
pub(crate) struct Columns<'a> {
    peer: Option<(u8, &'a str)>,
    /// Two columns name the peer with the same right, and differently.
    split_peer: bool,
    user: Option<&'a str>,
    has_request: bool,
}

impl<'a> Columns<'a> {
    /// Takes one value. Times are left to the caller.
    pub(crate) fn take(&mut self, role: Role, value: &'a str, event: &mut Event<'a>) {
        if matches!(value, "" | "-") {
            return;
        }
        let text = || Some(Cow::Borrowed(value));
        match role {
            Role::Peer(rank) => self.peer(rank, value),
            Role::Port => event.src_port = value.parse().ok(),
            Role::User => self.user = Some(value),
            Role::Request => {
                let parts = super::request::split(value);
                if parts.method.is_some() || event.http_method.is_none() {
                    requested(value, event);
                    self.has_request = true;
                }
            }
            Role::Method => {
                event.http_method = text();
                event.activity = super::request::activity(value);
            }
            Role::Uri if self.has_request => {}
            Role::Uri => {
                let (path, query) =
                    value.split_once('?').map_or((value, None), |(path, query)| (path, Some(query)));
                event.url_path = Some(Cow::Borrowed(path));
                event.url_query = query.map(Cow::Borrowed).or(event.url_query.take());
            }
            Role::Path => event.url_path = text(),
            Role::Query if event.url_query.is_none() => event.url_query = text(),
            Role::Host => event.url_host = text(),
            Role::Status => {
                event.http_status = value.parse().ok().filter(|status| (100..=999).contains(status))
            }
            Role::BytesOut => event.bytes_out = value.parse().ok(),
            Role::BytesIn => event.bytes_in = value.parse().ok(),
            Role::Referrer => event.referrer = text(),
            Role::Agent => event.user_agent = text(),
            Role::Forwarded => event.push_extra("x_forwarded_for", value),
            Role::Seconds => event.latency_us = seconds(value),
            Role::Millis => event.latency_us = value.parse::<u64>().ok().and_then(|ms| ms.checked_mul(1_000)),
            Role::Micros => event.latency_us = value.parse().ok(),
            Role::Nanos => event.latency_us = value.parse::<u64>().ok().map(|ns| ns / 1_000),
            Role::ServerIp => event.dst_ip = address(value),
            Role::ServerPort => event.dst_port = value.parse().ok(),
            Role::ServerName => event.dst_host = text(),
            Role::Time | Role::Date | Role::Query => {}
        }
    }

    fn peer(&mut self, rank: u8, value: &'a str) {
        match self.peer {
            Some((other, known)) if other == rank && known != value => self.split_peer = true,
            Some((other, _)) if other <= rank => {}
            _ => self.peer = Some((rank, value)),
        }
    }

    /// Sets what depends on several columns. `doubtful` = more than one reading of the record is possible.
    pub(crate) fn finish(self, doubtful: bool, event: &mut Event<'a>) {
        event.class = Class::Http;
        event.category = "webserver";
        event.outcome = outcome(event.http_status);
        event.service = event.url_host.clone();
        if let Some(name) = self.user {
            user(name, event);
            // Values of these formats are not escaped a second time.
            event.user = Some(Cow::Borrowed(name));
        }
        let peer = self.peer.map(|(_, text)| text);
        let ip = peer.and_then(|text| peer_address(text, event));
        if doubtful || self.split_peer {
            event.flags.set(Flags::AMBIGUOUS);
            event.src_port = None;
            let name = event.user.as_deref().unwrap_or_default().to_owned();
            event.readings = vec![Reading { src_ip: ip, user: name, outcome: event.outcome }];
            return;
        }
        event.src_ip = ip;
        event.is_remote = ip.map(|ip| !ip.is_loopback());
        if ip.is_none() {
            event.src_host = peer.map(Cow::Borrowed);
        }
    }
}

fn peer_address(text: &str, event: &mut Event<'_>) -> Option<IpAddr> {
    if let Some(ip) = address(text) {
        return Some(ip);
    }
    let socket: SocketAddr = text.parse().ok()?;
    event.src_port = Some(socket.port());
    Some(socket.ip().to_canonical())
}
