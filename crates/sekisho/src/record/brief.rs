//! One line for people: what a record says, in short.

use collect::mask::masked;
use std::fmt::Write as _;
use vocab::{Class, Event, activity};

/// Longest line, bytes before cutting.
const BRIEF_BYTES_MAX: usize = 1_024;
/// Fields of the log itself that are shown where it has no message.
const FIELDS_SHOWN: usize = 12;
/// Fields that say most, in this order; the others follow as they stand.
const FIRST: &[&str] = &[
    "Image",
    "NewProcessName",
    "CommandLine",
    "ParentImage",
    "ParentProcessName",
    "SourceImage",
    "TargetImage",
    "GrantedAccess",
    "TargetObject",
    "Details",
    "TargetFilename",
    "ImageLoaded",
    "PipeName",
    "TargetUserName",
    "TargetDomainName",
    "SubjectUserName",
    "LogonType",
    "IpAddress",
    "WorkstationName",
    "Status",
    "SubStatus",
    "ServiceName",
    "ImagePath",
    "ServiceFileName",
    "TaskName",
    "TicketEncryptionType",
    "ShareName",
    "RelativeTargetName",
    "ObjectName",
    "Properties",
    "MemberSid",
    "ScriptBlockText",
    "SourceIp",
    "DestinationIp",
    "DestinationPort",
];
/// Fields that every Windows record has and that stand in columns of their own, and numbers that only programs need.
const FRAMING: &[&str] = &[
    "Channel",
    "Company",
    "Computer",
    "Description",
    "EventID",
    "EventRecordID",
    "Execution_ProcessID",
    "Execution_ThreadID",
    "FileVersion",
    "Hashes",
    "IntegrityLevel",
    "Keywords",
    "Level",
    "OriginalFileName",
    "Opcode",
    "Product",
    "Provider_Guid",
    "Provider_Name",
    "Qualifiers",
    "RuleName",
    "Security_UserID",
    "Task",
    "TerminalSessionId",
    "TimeCreated",
    "UtcTime",
    "Version",
    "imphash",
    "md5",
    "sha1",
    "sha256",
];

/// Where the record stands: `file:record`.
pub(crate) fn record_name(event: &Event<'_>) -> String {
    format!("{}:{}", event.origin.file, event.origin.line)
}

/// What the record says: its message, its request, its command, or its own fields. Secrets are masked (DT-EVT-08); control
/// characters are left to the writer.
pub(crate) fn brief(event: &Event<'_>) -> String {
    let mut out = String::new();
    match event.class {
        Class::Http => request(event, &mut out),
        _ if event.message.as_deref().is_some_and(|message| !message.is_empty()) => {
            out.push_str(event.message.as_deref().unwrap_or_default());
        }
        _ => fields(event, &mut out),
    }
    let end = out.floor_char_boundary(BRIEF_BYTES_MAX);
    if end < out.len() {
        out.truncate(end);
        out.push('…');
    }
    masked(&out).into_owned()
}

fn request(event: &Event<'_>, out: &mut String) {
    let text = |text: &vocab::Text<'_>| text.as_deref().unwrap_or("-").to_owned();
    let _ = write!(out, "{} {}", text(&event.http_method), text(&event.url_path));
    if let Some(query) = event.url_query.as_deref() {
        let _ = write!(out, "?{query}");
    }
    if let Some(status) = event.http_status {
        let _ = write!(out, " {status}");
    }
}

fn fields(event: &Event<'_>, out: &mut String) {
    let told = |extra: &&vocab::Extra<'_>| {
        let (name, value) = (extra.name.as_ref(), extra.value.as_ref());
        !value.is_empty() && value != "-" && !FRAMING.contains(&name) && !name.ends_with("Guid")
    };
    let place = |extra: &&vocab::Extra<'_>| FIRST.iter().position(|name| *name == extra.name);
    let mut list: Vec<&vocab::Extra<'_>> = event.extra.iter().filter(told).collect();
    // A stable sort: what is not named keeps its place behind.
    list.sort_by_key(|extra| place(extra).unwrap_or(FIRST.len()));
    let mut shown = 0;
    for extra in list.into_iter().take(FIELDS_SHOWN) {
        let value: Vec<&str> = extra.value.split_whitespace().collect();
        let _ = write!(out, "{}{}={}", if shown > 0 { " ¦ " } else { "" }, extra.name, value.join(" "));
        shown += 1;
    }
    if shown > 0 {
        return;
    }
    for text in [&event.process, &event.cmdline, &event.path, &event.service]
        .into_iter()
        .filter_map(|text| text.as_deref())
    {
        let _ = write!(out, "{}{text}", if out.is_empty() { "" } else { " " });
    }
    if out.is_empty() && event.class == Class::Authentication {
        let word = if event.activity == activity::AUTH_LOGOFF { "logoff" } else { "logon" };
        let _ = write!(out, "{word} {}", event.outcome.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_message_shows_its_own_fields() {
        let mut event = Event::default();
        event.push_extra("EventID", "4624");
        event.push_extra("ProcessGuid", "{1}");
        event.push_extra("Odd", "a\r\n\t b");
        event.push_extra("LogonType", "3");
        event.push_extra("TargetUserName", "alice");
        event.push_extra("Empty", "-");
        assert_eq!(brief(&event), "TargetUserName=alice ¦ LogonType=3 ¦ Odd=a b");
    }

    #[test]
    fn a_request_and_a_long_message_are_cut() {
        let mut event = Event { class: Class::Http, http_method: Some("GET".into()), ..Event::default() };
        event.url_path = Some("/a".into());
        event.url_query = Some("x=1".into());
        event.http_status = Some(404);
        assert_eq!(brief(&event), "GET /a?x=1 404");
        let long = Event { message: Some("関".repeat(1_000).into()), ..Event::default() };
        assert!(brief(&long).len() <= BRIEF_BYTES_MAX + 3);
    }
}
