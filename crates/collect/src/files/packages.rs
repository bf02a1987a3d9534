//! What the package tools of Debian write: `dpkg.log` and apt's `history.log`. They show what was installed around an entry, and
//! which gaps of other logs a package operation explains (K-32).

use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use crate::time::{Printed, Resolver, form};
use std::borrow::Cow;
use vocab::{Citation, Class, Event, Flags, Origin, Outcome, Trust, activity};

/// `YYYY-MM-DD hh:mm:ss action package:arch version [version]`.
pub(crate) const DPKG: Format = Format {
    name: "dpkg",
    cut: |_| Cut::Lines,
    yearless: false,
    score: |sample: &Sample<'_>| sample.share(|line| dpkg(line).is_some()) * 0.97,
    decoder: |_, settings| Box::new(DpkgDecoder { resolver: Resolver::new(settings) }),
};

/// Stanzas from `Start-Date:` to `End-Date:`.
pub(crate) const APT: Format = Format {
    name: "apt_history",
    cut: |_| Cut::Lines,
    yearless: false,
    score: |sample: &Sample<'_>| {
        let first = sample.lines().next().unwrap_or_default();
        if first.starts_with("Start-Date: ") { 0.97 } else { 0.0 }
    },
    decoder: |_, settings| Box::new(AptDecoder { resolver: Resolver::new(settings), open: None }),
};

const ACTIONS: &[&str] = &[
    "startup",
    "install",
    "upgrade",
    "remove",
    "purge",
    "configure",
    "trigproc",
    "status",
    "conffile",
    "disappear",
];

fn dpkg(line: &str) -> Option<(Printed, &str, &str)> {
    if line.as_bytes().get(10) != Some(&b' ') || line.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    let printed = form::rfc3339(line.as_bytes())?;
    let (action, rest) = line.get(printed.length..)?.strip_prefix(' ')?.split_once(' ')?;
    ACTIONS.contains(&action).then_some((printed, action, rest))
}

struct DpkgDecoder {
    resolver: Resolver,
}

impl Decoder for DpkgDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        if record.text.trim().is_empty() {
            return Decoded::Nothing;
        }
        let Some((printed, action, rest)) = dpkg(record.text) else {
            return Decoded::Unread(UnreadReason::GrammarMiss, "YYYY-MM-DD hh:mm:ss action package version");
        };
        let mut event = Event {
            process: Some("dpkg".into()),
            product: "linux",
            sigma_services: &["dpkg"],
            message: record.text.get(printed.length + 1..).map(Cow::Borrowed),
            ..super::stamped(record, settings, &printed, &mut self.resolver)
        };
        (event.origin.parser, event.origin.parser_version) = ("dpkg", 1);
        event.push_extra("action", action);
        let package = if action == "status" { rest.split(' ').nth(1) } else { rest.split(' ').next() };
        if let Some(package) = package {
            event.push_extra("package", package);
        }
        sink(&event);
        Decoded::Events
    }
}

/// A stanza that is being read.
struct Stanza {
    start: String,
    lines: Vec<(String, String)>,
    offset: u64,
    line: u64,
    raw: Vec<u8>,
    citation: Option<Citation>,
    flags: Flags,
    file: String,
    ranks: (u32, u32),
    year: i16,
}

/// Most lines of a stanza.
const LINES_MAX: usize = 64;

struct AptDecoder {
    resolver: Resolver,
    open: Option<Stanza>,
}

impl AptDecoder {
    fn close(&mut self, settings: &Settings, sink: &mut Sink<'_>) {
        let Some(stanza) = self.open.take() else { return };
        let get =
            |name: &str| stanza.lines.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        // Two blanks stand between date and time.
        let stamp = stanza.start.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut event = Event {
            class: Class::Process,
            activity: activity::PROCESS_LAUNCH,
            outcome: if get("Error").is_some() { Outcome::Failure } else { Outcome::Success },
            dst_host: (!settings.host.is_empty()).then_some(Cow::Borrowed(settings.host.as_str())),
            process: Some("apt".into()),
            product: "linux",
            sigma_services: &["apt"],
            cmdline: get("Commandline").map(Cow::Borrowed),
            actor: get("Requested-By").map(|text| text.split(" (").next().unwrap_or(text)).map(Cow::Borrowed),
            count: 1,
            trust: Trust::Tr2,
            flags: stanza.flags,
            origin: Origin {
                file: &stanza.file,
                source: stanza.ranks.0,
                file_rank: stanza.ranks.1,
                offset: stanza.offset,
                line: stanza.line,
                raw: &stanza.raw,
                citation: stanza.citation,
                parser: "apt_history",
                parser_version: 1,
                ..Origin::default()
            },
            ..Event::default()
        };
        event.user.clone_from(&event.actor);
        match form::rfc3339(stamp.as_bytes()) {
            Some(printed) => {
                let resolved = self.resolver.resolve(&printed, stanza.year);
                (event.time, event.tz_offset_min) = (resolved.time, resolved.offset_min);
                event.flags.set(resolved.flags);
            }
            None => event.flags.set(Flags::BAD_TIME),
        }
        event.original_time = Some(Cow::Borrowed(&stanza.start));
        let message: Vec<String> =
            stanza.lines.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        event.message = Some(Cow::Owned(message.join("; ")));
        for (key, value) in &stanza.lines {
            event.push_extra(key.as_str(), value.as_str());
        }
        sink(&event);
    }
}

impl Decoder for AptDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let line = record.text;
        if let Some(start) = line.strip_prefix("Start-Date: ") {
            self.close(settings, sink);
            self.open = Some(Stanza {
                start: start.to_owned(),
                lines: Vec::new(),
                offset: record.origin.offset,
                line: record.origin.line,
                raw: record.origin.raw.to_vec(),
                citation: record.origin.citation,
                flags: record.flags,
                file: record.origin.file.to_owned(),
                ranks: (record.origin.source, record.origin.file_rank),
                year: record.year,
            });
            return Decoded::Events;
        }
        if line.trim().is_empty() {
            return Decoded::Nothing;
        }
        let Some(((key, value), stanza)) = line.split_once(": ").zip(self.open.as_mut()) else {
            return Decoded::Unread(UnreadReason::GrammarMiss, "a line Start-Date: before the others");
        };
        if key == "End-Date" {
            self.close(settings, sink);
        } else if stanza.lines.len() < LINES_MAX {
            stanza.lines.push((key.to_owned(), value.to_owned()));
        }
        Decoded::Events
    }

    fn finish(&mut self, settings: &Settings, sink: &mut Sink<'_>) {
        self.close(settings, sink);
    }
}
