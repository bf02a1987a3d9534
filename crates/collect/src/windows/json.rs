//! An event as JSON: what converters of EVTX write (`{"Event":{"System":...}}`), Winlogbeat and the documents that
//! OpenSearch keeps of it, NXLog, and PowerShell's `Get-WinEvent | ConvertTo-Json`.

use super::fields::Fields;
use super::known;
use super::names::{Names, Part};
use super::properties;
use super::sources::SYSMON;
use super::xml::{is_number, timestamp};
use serde_json::{Map, Value};
use vocab::Timestamp;

/// The value is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoEvent;

type Object = Map<String, Value>;

/// Puts fields into a record.
struct Filler<'f> {
    names: &'f mut Names,
    fields: &'f mut Fields,
    room: bool,
}

/// Deepest nesting of objects.
const DEPTH_MAX: usize = 16;

/// Reads one event into `fields`.
pub(super) fn read(value: &Value, names: &mut Names, fields: &mut Fields) -> Result<(), NoEvent> {
    let mut object = value.as_object().ok_or(NoEvent)?;
    // Documents as search systems hand them out.
    if let Some(inner) = object.get("_source").and_then(Value::as_object) {
        object = inner;
    }
    let mut filler = Filler { names, fields, room: true };
    if let Some(event) = object.get("Event").and_then(Value::as_object) {
        converted(event, &mut filler);
    } else if let Some(winlog) = object.get("winlog").and_then(Value::as_object) {
        winlogbeat(object, winlog, &mut filler);
    } else if object.contains_key("ProviderName") && object.contains_key("LogName") {
        powershell(object, &mut filler);
    } else if object.contains_key("EventID") {
        nxlog(object, &mut filler);
    }
    let room = filler.room;
    if room && fields.is_event() { Ok(()) } else { Err(NoEvent) }
}

impl Filler<'_> {
    fn text(&mut self, part: Part, name: &str, value: &str, bare: bool) {
        let name = name.replace(' ', "");
        let id = self.names.number(&name);
        let mark = self.fields.mark();
        self.fields.text_mut().push_str(value);
        let bare = if part == Part::System { is_number(&name, value) } else { bare };
        self.room &= self.fields.push(id, part, mark, bare);
    }

    /// A value of whatever type; objects inside are joined by `.`.
    fn value(&mut self, part: Part, name: &str, value: &Value, depth: usize) {
        match value {
            _ if depth > DEPTH_MAX => self.room = false,
            Value::Null => {}
            Value::String(text) => self.text(part, name, text, false),
            Value::Number(number) => self.text(part, name, &number.to_string(), true),
            Value::Bool(truth) => self.text(part, name, if *truth { "true" } else { "false" }, false),
            Value::Array(items) => items.iter().for_each(|item| self.value(part, name, item, depth + 1)),
            Value::Object(inner) => {
                for (key, value) in inner {
                    match key.as_str() {
                        "#attributes" => {}
                        "#text" => self.value(part, name, value, depth + 1),
                        key => self.value(part, &format!("{name}.{key}"), value, depth + 1),
                    }
                }
            }
        }
    }

    fn head(&mut self, name: &str, value: Option<&Value>) {
        if let Some(value) = value {
            self.value(Part::System, name, value, 0);
        }
    }

    fn time(&mut self, value: Option<&Value>) {
        let text = value.and_then(Value::as_str).unwrap_or_default();
        self.fields.time = self.fields.time.or_else(|| date(text));
    }

    /// `Keywords` as a number with sign, as some write it.
    fn keywords(&mut self, value: Option<&Value>) {
        match value.and_then(Value::as_i64) {
            Some(number) => self.text(Part::System, "Keywords", &format!("{number:#x}"), false),
            None => self.head("Keywords", value),
        }
    }
}

/// A time as the exports write it: RFC 3339, without a zone (UTC), or `/Date(milliseconds)/`.
fn date(text: &str) -> Option<Timestamp> {
    if let Some(millis) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) {
        return Some(Timestamp(millis.parse::<i64>().ok()?.checked_mul(1_000)?));
    }
    timestamp(text).or_else(|| timestamp(&format!("{text}Z")))
}

/// What converters of EVTX write.
fn converted(event: &Object, filler: &mut Filler<'_>) {
    for (name, value) in event.get("System").and_then(Value::as_object).into_iter().flatten() {
        let own = name.strip_suffix("_attributes");
        let attributes = own.map(|_| value).or_else(|| value.get("#attributes")).and_then(Value::as_object);
        for (key, value) in attributes.into_iter().flatten() {
            filler.head(&format!("{}_{key}", own.unwrap_or(name)), Some(value));
        }
        if own.is_none() {
            filler.head(name, value.as_object().map_or(Some(value), |inner| inner.get("#text")));
        }
    }
    let time = filler.fields.find(Part::System, known::TIME).and_then(timestamp);
    filler.fields.time = time;
    data(event.get("EventData"), filler);
    user_data(event.get("UserData"), filler);
}

fn data(value: Option<&Value>, filler: &mut Filler<'_>) {
    for (name, value) in value.and_then(Value::as_object).into_iter().flatten() {
        if name != "#attributes" && name != "xml_name" {
            filler.value(Part::Data, name, value, 0);
        }
    }
}

/// Fields below the wrapper.
fn user_data(value: Option<&Value>, filler: &mut Filler<'_>) {
    for (name, value) in value.and_then(Value::as_object).into_iter().flatten() {
        match value {
            Value::Object(_) => data(Some(value), filler),
            _ if name == "#attributes" || name == "xml_name" => {}
            _ => filler.value(Part::Data, name, value, 0),
        }
    }
}

fn winlogbeat(object: &Object, winlog: &Object, filler: &mut Filler<'_>) {
    for (name, key) in [
        ("Provider_Name", "provider_name"),
        ("Provider_Guid", "provider_guid"),
        ("EventID", "event_id"),
        ("Version", "version"),
        ("Task", "task"),
        ("Opcode", "opcode"),
        ("EventRecordID", "record_id"),
        ("Channel", "channel"),
        ("Computer", "computer_name"),
    ] {
        filler.head(name, winlog.get(key));
    }
    filler.keywords(winlog.get("keywords"));
    let at = |path: &str| path.split('.').try_fold(winlog.get("process")?, |value, key| value.get(key));
    filler.head("Execution_ProcessID", at("pid"));
    filler.head("Execution_ThreadID", at("thread.id"));
    filler.head("Security_UserID", winlog.get("user").and_then(|user| user.get("identifier")));
    let level = object.get("log").and_then(|log| log.get("level")).and_then(Value::as_str);
    if let Some(level) = level.and_then(level_number) {
        filler.text(Part::System, "Level", level, true);
    }
    filler.time(object.get("@timestamp"));
    data(winlog.get("event_data"), filler);
    user_data(winlog.get("user_data"), filler);
    filler.value(Part::Data, "Message", object.get("message").unwrap_or(&Value::Null), 0);
}

fn level_number(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "critical" => "1",
        "error" => "2",
        "warning" => "3",
        "information" | "info" => "4",
        "verbose" => "5",
        _ => return None,
    })
}

/// Names of NXLog, and ours.
const NXLOG: [(&str, &str); 14] = [
    ("SourceName", "Provider_Name"),
    ("ProviderGuid", "Provider_Guid"),
    ("EventID", "EventID"),
    ("Version", "Version"),
    ("Task", "Task"),
    ("OpcodeValue", "Opcode"),
    ("RecordNumber", "EventRecordID"),
    ("RecordID", "EventRecordID"),
    ("Channel", "Channel"),
    ("Hostname", "Computer"),
    ("ExecutionProcessID", "Execution_ProcessID"),
    ("ThreadID", "Execution_ThreadID"),
    ("UserID", "Security_UserID"),
    ("ActivityID", "Correlation_ActivityID"),
];
/// Names that NXLog and those who pass its lines on add themselves.
const NXLOG_OWN: [&str; 18] = [
    "Severity",
    "SeverityValue",
    "EventReceivedTime",
    "SourceModuleName",
    "SourceModuleType",
    "Category",
    "Opcode",
    "Domain",
    "AccountName",
    "AccountType",
    "EventTime",
    "EventTimeWritten",
    "@timestamp",
    "@version",
    "host",
    "port",
    "tags",
    "TimeCreated",
];

fn nxlog(object: &Object, filler: &mut Filler<'_>) {
    let audit = object.get("EventType").and_then(Value::as_str);
    for (name, value) in object {
        if let Some((_, own)) = NXLOG.iter().find(|(theirs, _)| theirs == name) {
            filler.head(own, Some(value));
        } else if name == "Keywords" {
            filler.keywords(Some(value));
        } else if name == "ProcessID" {
            filler.head("Execution_ProcessID", Some(value));
        } else if NXLOG_OWN.contains(&name.as_str())
            || name == "EventType"
                && audit.is_some_and(|kind| kind.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        {
            filler.head(name, Some(value));
        } else {
            filler.value(Part::Data, name, value, 0);
        }
    }
    for key in ["EventTime", "TimeCreated", "@timestamp"] {
        filler.time(object.get(key));
    }
}

fn powershell(object: &Object, filler: &mut Filler<'_>) {
    for (name, key) in [
        ("Provider_Name", "ProviderName"),
        ("EventID", "Id"),
        ("EventID_Qualifiers", "Qualifiers"),
        ("Version", "Version"),
        ("Level", "Level"),
        ("Task", "Task"),
        ("Opcode", "Opcode"),
        ("EventRecordID", "RecordId"),
        ("Execution_ProcessID", "ProcessId"),
        ("Execution_ThreadID", "ThreadId"),
        ("Channel", "LogName"),
        ("Computer", "MachineName"),
    ] {
        filler.head(name, object.get(key));
    }
    if let Some(guid) = object.get("ProviderId").and_then(Value::as_str) {
        filler.text(Part::System, "Provider_Guid", &format!("{{{guid}}}"), false);
    }
    filler.keywords(object.get("Keywords"));
    let user = object.get("UserId");
    filler.head(
        "Security_UserID",
        user.and_then(|user| user.get("Value")).or(user.filter(|user| user.is_string())),
    );
    filler.time(object.get("TimeCreated"));
    let message = object.get("Message").and_then(Value::as_str).unwrap_or_default();
    let provider = object.get("ProviderName").and_then(Value::as_str).unwrap_or_default();
    let id = object.get("Id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok()).unwrap_or(0);
    let values = object.get("Properties").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if provider == SYSMON {
        // Its messages name their fields, in one language for all.
        for (name, value) in message.lines().skip(1).filter_map(|line| line.split_once(": ")) {
            filler.text(Part::Data, name.trim(), value.trim(), false);
        }
    } else {
        let names = properties::of(provider, id, values.len());
        for (place, value) in values.iter().enumerate() {
            let name = names.as_ref().and_then(|names| names.get(place)).copied().unwrap_or("Data");
            filler.value(Part::Data, name, value.get("Value").unwrap_or(value), 0);
        }
    }
    filler.value(Part::Data, "Message", object.get("Message").unwrap_or(&Value::Null), 0);
}
