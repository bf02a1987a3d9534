//! Joining the records of one serial (DT-FMT-18): EOE, PROCTITLE, 2 s or 64 records close a group.

use super::meaning::{Known, Own, describe};
use super::record::Record;
use crate::record::{Decoded, Decoder, RawRecord, Settings, Sink, UnreadReason};
use crate::time::{Resolved, Resolver};
use std::collections::VecDeque;
use vocab::{Citation, Flags, Origin, Timestamp};

/// Records of one group.
const RECORDS_MAX: usize = 64;
/// Groups that are open at once.
const GROUPS_MAX: usize = 32;
/// A group is closed when the log is this much further, microseconds.
const OPEN_MICROS: i64 = 2 * Timestamp::SECOND;
/// Processes whose failed `USER_AUTH` is remembered.
const FAILED_MAX: usize = 64;

/// Where a record stands, kept until its group is closed.
pub(super) struct Place {
    offset: u64,
    line: u64,
    raw: Vec<u8>,
    citation: Option<Citation>,
    flags: Flags,
}

impl Place {
    fn of(record: &RawRecord<'_>) -> Self {
        Self {
            offset: record.origin.offset,
            line: record.origin.line,
            raw: record.origin.raw.to_vec(),
            citation: record.origin.citation,
            flags: record.flags,
        }
    }

    /// The origin of the event made from the record.
    pub(super) fn origin<'a>(&'a self, file: &Origin<'a>) -> Origin<'a> {
        Origin {
            offset: self.offset,
            line: self.line,
            raw: &self.raw,
            citation: self.citation,
            parser: "auditd",
            parser_version: 1,
            grammar: "A01",
            ..file.clone()
        }
    }

    /// Marks of the record.
    pub(super) const fn flags(&self) -> Flags {
        self.flags
    }
}

struct Group {
    serial: u64,
    time: Resolved,
    records: Vec<(Own, Place)>,
}

/// Decodes the log of auditd.
pub(crate) struct AuditDecoder {
    resolver: Resolver,
    open: VecDeque<Group>,
    known: Known,
    host: String,
    /// File of the last record, for what is handed over at the end.
    file: String,
    ranks: (u32, u32),
}

impl AuditDecoder {
    /// For one file.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            resolver: Resolver::new(settings),
            open: VecDeque::new(),
            known: Known::new(FAILED_MAX),
            host: settings.host.clone(),
            file: String::new(),
            ranks: (0, 0),
        }
    }

    fn close(&mut self, group: &Group, sink: &mut Sink<'_>) {
        let origin =
            Origin { file: &self.file, source: self.ranks.0, file_rank: self.ranks.1, ..Origin::default() };
        let host = self.host.clone();
        for at in 0..group.records.len() {
            let Some((own, place)) = group.records.get(at) else { continue };
            let mut event = vocab::Event {
                time: group.time.time,
                tz_offset_min: group.time.offset_min,
                original_time: Some(own.stamp.as_str().into()),
                product: "linux",
                sigma_services: &["auditd"],
                count: 1,
                trust: vocab::Trust::Tr1,
                flags: place.flags(),
                origin: place.origin(&origin),
                ..vocab::Event::default()
            };
            event.flags.set(group.time.flags);
            let others = group.records.iter().map(|(own, _)| own);
            if describe(own, others, &host, &mut self.known, &mut event) {
                sink(&event);
            }
        }
    }

    /// Closes the groups that are older than the log by now, and the oldest when there are too many.
    fn close_old(&mut self, now: Option<Timestamp>, sink: &mut Sink<'_>) {
        while let Some(first) = self.open.front() {
            let old = match (first.time.time, now) {
                (Some(then), Some(now)) => now.since(then) > OPEN_MICROS,
                _ => true,
            };
            if !old && self.open.len() <= GROUPS_MAX {
                return;
            }
            if let Some(group) = self.open.pop_front() {
                self.close(&group, sink);
            }
        }
    }
}

/// Records that stand alone: programs write them, not the kernel.
fn is_single(kind: &str) -> bool {
    let prefixes = [
        "USER", "CRED_", "ADD_", "DEL_", "GRP_", "ACCT_", "DAEMON_", "SERVICE_", "SYSTEM_", "ANOM_L", "RESP_",
    ];
    prefixes.iter().any(|prefix| kind.starts_with(prefix))
        || matches!(kind, "CHGRP_ID" | "CHUSER_ID" | "USYS_CONFIG" | "TRUSTED_APP")
}

impl Decoder for AuditDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, _: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let text = record.text;
        if text.is_empty() || text == "----" || text.starts_with("time->") {
            return Decoded::Nothing;
        }
        let Some(read) = Record::read(text) else {
            return Decoded::Unread(
                UnreadReason::GrammarMiss,
                "type=T msg=audit(seconds:serial): key=value ...",
            );
        };
        if self.file != record.origin.file {
            record.origin.file.clone_into(&mut self.file);
        }
        self.ranks = (record.origin.source, record.origin.file_rank);
        let time = self.resolver.resolve(&read.printed, record.year);
        self.close_old(time.time, sink);
        let (kind, serial) = (read.kind, read.serial);
        let own = Own::new(&read);
        let place = Place::of(record);
        if is_single(kind) {
            let group = Group { serial, time, records: vec![(own, place)] };
            self.close(&group, sink);
            return Decoded::Events;
        }
        let at = self.open.iter().rposition(|group| group.serial == serial && group.time.time == time.time);
        let full = match at.and_then(|at| self.open.get_mut(at)) {
            Some(group) => {
                group.records.push((own, place));
                group.records.len() >= RECORDS_MAX
            }
            None => {
                self.open.push_back(Group { serial, time, records: vec![(own, place)] });
                false
            }
        };
        let last = self.open.len().saturating_sub(1);
        if (full || matches!(kind, "EOE" | "PROCTITLE"))
            && let Some(group) = self.open.remove(at.unwrap_or(last))
        {
            self.close(&group, sink);
        }
        Decoded::Events
    }

    fn finish(&mut self, _: &Settings, sink: &mut Sink<'_>) {
        while let Some(group) = self.open.pop_front() {
            self.close(&group, sink);
        }
    }
}
