//! W08: HAProxy, the HTTP log form of 1.5 to 3.x in syslog.
//!
//! `A:P [time] FRONTEND BACKEND/SERVER timers STATUS BYTES - - TERM conns queue [{captures}] "<request>"`. Free text: request and
//! captured headers, on the right. Anchor: left, fixed positions up to the byte count.

use super::fill::row;
use super::text::{ip, port};
use super::{Message, Parsed};
use crate::web::access::{outcome, requested};
use vocab::{Class, Event, activity};

/// Grammar of `haproxy`.
pub(crate) fn haproxy<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "haproxy", &["access"], rows)
}

fn rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::shared_process(event);
    let mut words = message.body.splitn(12, ' ');
    let mut next = || words.next().unwrap_or_default();
    let (client, stamp, frontend, backend, timers) = (next(), next(), next(), next(), next());
    let Some((address, digits)) = client.rsplit_once(':') else { return Parsed::Miss };
    let (Some(address), Some(number)) = (ip(address), port(digits)) else { return Parsed::Miss };
    if !stamp.starts_with('[') || !stamp.ends_with(']') || !backend.contains('/') {
        return Parsed::Miss;
    }
    event.src_ip = Some(address);
    event.src_port = Some(number);
    event.is_remote = Some(!address.is_loopback());
    event.service = Some(frontend.trim_end_matches('~').into());
    if timers.matches('/').count() < 4 {
        // The TCP form has three timers and no request.
        event.class = Class::Network;
        event.activity = activity::NET_OPEN;
        return row(event, "W08");
    }
    let (status, bytes) = (next(), next());
    event.product = "haproxy";
    event.category = "webserver";
    event.class = Class::Http;
    event.http_status = status.parse().ok().filter(|status| (100..=999).contains(status));
    event.bytes_out = bytes.parse().ok();
    event.outcome = outcome(event.http_status);
    event.activity = activity::OTHER;
    event.push_extra("backend", backend);
    // Captures stand before the request and may hold quotes: with a quote in them the request is not read.
    let tail = words.last().unwrap_or_default();
    if let Some((before, request)) = tail.split_once(" \"")
        && !before.contains('"')
    {
        requested(request.strip_suffix('"').unwrap_or(request), event);
    }
    row(event, "W08")
}
