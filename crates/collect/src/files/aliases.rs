//! Which field of an unknown JSON or CSV record means what: only what no rule could guess wrongly. Everything is kept under
//! its own name as well (DT-EVT-05).

use crate::record::Settings;
use crate::time::{Resolver, any};
use std::borrow::Cow;
use vocab::{Event, Flags};

/// What a field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Time,
    Message,
    Host,
    Program,
    Pid,
}

/// Meaning of a name; case and blanks do not matter.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    let lower = name.trim().to_ascii_lowercase();
    Some(match lower.as_str() {
        "time"
        | "timestamp"
        | "@timestamp"
        | "ts"
        | "date"
        | "datetime"
        | "date_time"
        | "event_time"
        | "eventtime"
        | "created_at"
        | "日時"
        | "日付時刻"
        | "発生日時"
        | "時刻"
        | "タイムスタンプ"
        | "アクセス日時"
        | "ログイン日時" => Meaning::Time,
        "message" | "msg" | "log" | "メッセージ" | "内容" => Meaning::Message,
        "host" | "hostname" | "computer" | "ホスト名" | "コンピューター名" => Meaning::Host,
        "ident" | "program" | "appname" | "app_name" | "syslog_identifier" => Meaning::Program,
        "pid" | "procid" => Meaning::Pid,
        _ => return None,
    })
}

/// Sets the time from a printed stamp that fills the whole text, or from digits of an epoch.
pub(super) fn time<'a>(text: &'a str, resolver: &mut Resolver, year: i16, event: &mut Event<'a>) -> bool {
    let text = text.trim();
    let Some(printed) = any(text.as_bytes()) else { return false };
    let rest = text.get(printed.length..).unwrap_or_default().trim();
    if rest.len() > 6 {
        return false;
    }
    let resolved = resolver.resolve(&printed, year);
    event.time = resolved.time;
    event.tz_offset_min = resolved.offset_min;
    event.flags.set(resolved.flags);
    event.original_time = Some(Cow::Borrowed(text));
    true
}

/// Marks an event without a time; sets the host of the settings where the record names none.
pub(super) fn finish<'a>(event: &mut Event<'a>, timed: bool, settings: &'a Settings) {
    if !timed {
        event.flags.set(Flags::BAD_TIME);
    }
    if event.dst_host.is_none() && !settings.host.is_empty() {
        event.dst_host = Some(Cow::Borrowed(&settings.host));
    }
}
