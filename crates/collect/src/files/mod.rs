//! Files with a form of their own beside syslog and web logs: any JSON (FR-04), any CSV (FR-05), vsftpd's own log (M05),
//! Exim (M03), MySQL and PostgreSQL (D01, D02), and what the package tools of Debian write.

mod aliases;
mod csv;
mod databases;
mod exim;
mod json;
mod packages;
#[cfg(test)]
mod tests;
mod vsftpd;

pub(crate) use csv::CSV;
pub(crate) use databases::{MYSQL, POSTGRES};
pub(crate) use exim::EXIM;
pub(crate) use json::JSON;
pub(crate) use packages::{APT, DPKG};
pub(crate) use vsftpd::VSFTPD;

use crate::record::{RawRecord, Settings};
use crate::time::{Printed, Resolver};
use std::borrow::Cow;
use vocab::{Event, Trust};

/// The event of a line that begins with its stamp, in a file that only its daemon writes (TR2): time, host and place. What
/// happened is for the caller to say.
fn stamped<'a>(
    record: &RawRecord<'a>,
    settings: &'a Settings,
    printed: &Printed,
    resolver: &mut Resolver,
) -> Event<'a> {
    let resolved = resolver.resolve(printed, record.year);
    let mut event = Event {
        time: resolved.time,
        tz_offset_min: resolved.offset_min,
        original_time: record.text.get(..printed.length).map(Cow::Borrowed),
        dst_host: (!settings.host.is_empty()).then_some(Cow::Borrowed(settings.host.as_str())),
        count: 1,
        trust: Trust::Tr2,
        flags: record.flags,
        origin: record.origin.clone(),
        ..Event::default()
    };
    event.flags.set(resolved.flags);
    event
}
