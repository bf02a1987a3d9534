//! Kernel lines: row P11 of detection.md 3.4. Packet filter records (netfilter LOG target with any prefix, UFW), crashes,
//! promiscuous mode, new USB devices, killed processes.
//!
//! Free text: names of processes (at most 15 bytes, chosen by whoever runs them) in crash lines; none in packet records,
//! whose fields stand at fixed places. The optional `[seconds] ` of the kernel clock is taken off.

use super::fill::{self, class, row};
use super::text::{ip, number, port};
use super::{Message, Parsed};
use vocab::{Class, Event, Outcome, activity};

/// Grammar of `kernel`.
pub(crate) fn kernel<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::begin(message, event, "kernel", &["syslog"]);
    event.attempt = 0;
    fill::is_cut(message, event, usize::MAX);
    let text = after_clock(message.body);
    if let Some(fields) = packet_at(text) {
        return packet(text, fields, event);
    }
    let parsed = crash(text, event);
    if parsed == Parsed::Event {
        return parsed;
    }
    let sniffer = text
        .strip_prefix("device ")
        .and_then(|rest| rest.strip_suffix(" entered promiscuous mode"))
        .or_else(|| text.strip_suffix(": entered promiscuous mode"));
    if let Some(device) = sniffer {
        event.device = Some(device.into());
        event.push_extra("promiscuous", "true");
        return row(event, "P11");
    }
    if text.starts_with("usb ") && text.contains(": New USB device found, ") {
        event.device = text.split_once(": ").map(|(device, _)| device.into());
        event.push_extra("usb", "new");
        return row(event, "P11");
    }
    Parsed::Uninteresting
}

/// Takes `[12345.678901] ` off.
fn after_clock(body: &str) -> &str {
    let inner = || {
        let (clock, rest) = body.strip_prefix('[')?.split_once("] ")?;
        let (seconds, micros) = clock.trim_start().split_once('.')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        (digits(seconds) && digits(micros)).then_some(rest)
    };
    inner().unwrap_or(body)
}

/// Where the fields of a packet record begin.
fn packet_at(text: &str) -> Option<usize> {
    let at = if text.starts_with("IN=") { 0 } else { memchr::memmem::find(text.as_bytes(), b" IN=")? + 1 };
    let fields = text.get(at..)?;
    (at <= 200 && fields.contains(" OUT=") && fields.contains(" SRC=") && fields.contains(" DST="))
        .then_some(at)
}

/// `PREFIX IN=i OUT=o MAC=m SRC=A DST=B ... PROTO=p SPT=n DPT=n ... SYN`.
fn packet<'a>(text: &'a str, at: usize, event: &mut Event<'a>) -> Parsed {
    let (prefix, fields) = text.split_at_checked(at).unwrap_or(("", text));
    // The packet inside an ICMP error stands in brackets at the end.
    let fields = fields.split_once(" [").map_or(fields, |(outer, _)| outer);
    let value = |key: &str| {
        fields.split(' ').find_map(|part| part.strip_prefix(key)).filter(|value| !value.is_empty())
    };
    let prefix = prefix.trim();
    let upper = prefix.to_ascii_uppercase();
    let refused = ["BLOCK", "DROP", "DENY", "DENIED", "REJECT", "LIMIT", "INVALID", "BAD"];
    let passed = ["ALLOW", "ACCEPT", "PASS"];
    let (what, outcome) = if refused.iter().any(|word| upper.contains(word)) {
        (activity::NET_REFUSE, Outcome::Failure)
    } else if passed.iter().any(|word| upper.contains(word)) {
        (activity::NET_OPEN, Outcome::Success)
    } else {
        (activity::NET_TRAFFIC, Outcome::Unknown)
    };
    class(event, Class::Network, what);
    event.category = "firewall";
    event.outcome = outcome;
    event.src_ip = value("SRC=").and_then(ip);
    event.dst_ip = value("DST=").and_then(ip);
    event.src_port = value("SPT=").and_then(port);
    event.dst_port = value("DPT=").and_then(port);
    event.bytes_in = value("LEN=").and_then(number).map(u64::from);
    event.is_remote = Some(true);
    if !prefix.is_empty() {
        event.signature = Some(prefix.into());
    }
    for key in ["IN=", "OUT=", "PROTO="] {
        if let Some(value) = value(key) {
            event.push_extra(key.trim_end_matches('=').to_ascii_lowercase(), value);
        }
    }
    let flags: Vec<&str> = fields
        .split(' ')
        .filter(|part| matches!(*part, "SYN" | "ACK" | "FIN" | "RST" | "PSH" | "URG"))
        .collect();
    if !flags.is_empty() {
        event.push_extra("tcp_flags", flags.join(","));
    }
    row(event, "P11")
}

/// `NAME[pid]: segfault at ...`, `traps: NAME[pid] general protection ...`, `Out of memory: Killed process n (NAME) ...`.
fn crash<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let read = || {
        if let Some(rest) = text.strip_prefix("traps: ") {
            let open = rest.find('[')?;
            let (pid, why) = rest.get(open + 1..)?.split_once("] ")?;
            return Some((rest.get(..open)?, pid.split_once('[').map_or(pid, |(_, pid)| pid), why));
        }
        if let Some(rest) = text.strip_prefix("Out of memory: Kill") {
            let (_, rest) = rest.split_once("process ")?;
            let (pid, rest) = rest.split_once(" (")?;
            let (name, _) = rest.split_once(')')?;
            return Some((name, pid, "out of memory"));
        }
        // The name may hold anything: the last place where the fixed words stand counts.
        let (left, why) = text.rsplit_once("]: segfault at ")?;
        let (name, pid) = left.rsplit_once('[')?;
        Some((name, pid, why))
    };
    let Some((name, pid, why)) = read() else { return Parsed::Miss };
    let Some(pid) = number(pid) else { return Parsed::Miss };
    class(event, Class::Process, activity::PROCESS_TERMINATE);
    event.outcome = Outcome::Failure;
    event.service = Some(name.into());
    event.pid = Some(pid);
    event.reason_code = Some(why.into());
    row(event, "P11")
}
