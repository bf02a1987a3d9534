//! M05: vsftpd's own log, `dow Mon d hh:mm:ss YYYY [pid n] BODY`. The body is the same as in syslog; the file is the daemon's
//! own (TR2), and what it cannot print it writes as `?`.

use crate::grammar::text::number;
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use crate::syslog::{Delivery, deliver};
use crate::time::{Printed, Resolver, ctime};
use crate::unread::Shapes;
use std::borrow::Cow;
use vocab::{Event, Flags};

/// The format.
pub(crate) const VSFTPD: Format = Format {
    name: "vsftpd",
    cut: |_| Cut::Lines,
    yearless: false,
    score: |sample: &Sample<'_>| sample.share(|line| head(line).is_some()) * 0.98,
    decoder: |_, settings| {
        Box::new(VsftpdDecoder { resolver: Resolver::new(settings), misses: Shapes::default() })
    },
};

fn head(line: &str) -> Option<(Printed, u32, &str)> {
    let printed = ctime(line.as_bytes())?;
    let (pid, body) = line.get(printed.length..)?.strip_prefix(" [pid ")?.split_once("] ")?;
    Some((printed, number(pid.trim())?, body))
}

struct VsftpdDecoder {
    resolver: Resolver,
    misses: Shapes,
}

impl Decoder for VsftpdDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        if record.text.trim().is_empty() {
            return Decoded::Nothing;
        }
        let Some((printed, pid, body)) = head(record.text) else {
            return Decoded::Unread(UnreadReason::GrammarMiss, "dow Mon d hh:mm:ss YYYY [pid n] message");
        };
        let event = Event {
            process: Some("vsftpd".into()),
            pid: Some(pid),
            message: Some(Cow::Borrowed(body)),
            ..super::stamped(record, settings, &printed, &mut self.resolver)
        };
        let cut = record.flags.has(Flags::TRUNCATED);
        let delivery = Delivery { host: &settings.host, program: "vsftpd", pid: Some(pid), cut };
        deliver(&delivery, body, event, &mut self.misses, sink)
    }

    fn take_misses(&mut self) -> Shapes {
        std::mem::take(&mut self.misses)
    }
}
