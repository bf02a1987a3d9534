//! Windows event logs: what events mean (DT-FMT-53), damage (DT-FMT-50), places (DT-FMT-51), exports (DT-FMT-52).

use super::evtx_writer::{Record, Value, file, security};
use super::support::{Run, gzip, put, run, zip};
use Value::{Hex64, Null, Raw, Text, Texts, U32};
use serde_json::Value as Json;

/// Events of one file as they are printed.
fn events(bytes: &[u8]) -> (Vec<Json>, Run) {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a.evtx", bytes);
    let run = run(folder.path());
    (run.events.iter().map(|event| serde_json::from_str(&event.ocsf).unwrap()).collect(), run)
}

fn one(record: Record<'_>) -> Json {
    let (mut events, run) = events(&file(&[record]));
    assert!(run.items.is_empty() && events.len() == 1, "{:?}", run.items);
    events.remove(0)
}

fn logon<'f>(fields: &'f [(&'f str, Value<'f>)], event_id: u16) -> Json {
    one(security(7, event_id, fields))
}

/// DT-FMT-51, EX-1 to EX-5, EX-7: what the crate reads, we read.
#[test]
fn fields_of_all_types() {
    let fields = [
        ("Source Name", Text("C:\\a\\日本語")),
        ("Absent", Null),
        ("Empty", Text("")),
        ("Dash", Text("-")),
        ("Number", U32(42)),
        ("Mask", Hex64(0x3e7)),
        ("Hashes", Text("SHA1=AA,MD5=BB,IMPHASH=CC")),
        ("", Texts(&["one", "two"])),
        ("Sid", Raw(0x13, &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0])),
    ];
    let record = Record { id: 1_000_000_007, ..security(7, 9_999, &fields) };
    let bytes = file(&[record]);
    let mut parser = evtx::EvtxParser::from_buffer(bytes.clone()).unwrap();
    let theirs: Vec<_> = parser.records_json_value().map(|record| record.unwrap().data).collect();
    assert_eq!(theirs[0]["Event"]["EventData"]["Source Name"], "C:\\a\\日本語");
    let (ours, _) = events(&bytes);
    let unmapped = &ours[0]["unmapped"];
    for (name, value) in [
        ("SourceName", Json::from("C:\\a\\日本語")),
        ("Absent", Json::Null),
        ("Empty", "".into()),
        ("Dash", "-".into()),
        ("Number", 42.into()),
        ("Mask", "0x3e7".into()),
        ("md5", "BB".into()),
        ("imphash", "CC".into()),
        ("sha256", Json::Null),
        ("Data", "one".into()),
        ("Data#1", "two".into()),
        ("Sid", "S-1-5-18".into()),
        ("EventID", 9_999.into()),
        ("EventRecordID", 1_000_000_007_u64.into()),
        ("Channel", "Security".into()),
    ] {
        assert_eq!(unmapped[name], value, "{name}");
    }
    assert_eq!(unmapped["sekisho"]["line"], 1_000_000_007_u64);
    assert_eq!(unmapped["sekisho"]["offset"], 4_096 + 512);
    assert_eq!(ours[0]["time_dt"], "2026-11-22T04:00:07.000000Z");
    assert_eq!(ours[0]["raw_data"], Json::Null);
}

/// DT-FMT-53: 4625 by sub-status, 4624 by type.
#[test]
fn logons_and_why_they_fail() {
    for (status, sub, reason) in [
        ("0xc000006d", "0xc0000064", "unknown_user"),
        ("0xc000006d", "0xc000006a", "bad_secret"),
        ("0xc000006e", "0xc0000072", "disabled"),
        ("0xc0000193", "0xc0000193", "expired"),
        ("0xc0000234", "0x0", "locked"),
        ("0xc000006e", "0xc0000071", "password_expired"),
        ("0xc000006e", "0xc000006f", "not_allowed"),
        ("0xc000006e", "0xc0000070", "not_allowed"),
    ] {
        let fields = [
            ("TargetUserName", Text("taro")),
            ("TargetDomainName", Text("EXAMPLE")),
            ("Status", Text(status)),
            ("SubStatus", Text(sub)),
            ("LogonType", U32(3)),
            ("WorkstationName", Text("PC9")),
            ("IpAddress", Text("::ffff:192.0.2.9")),
            ("IpPort", Text("51000")),
            ("AuthenticationPackageName", Text("NTLM")),
        ];
        let event = logon(&fields, 4625);
        assert_eq!((&event["class_uid"], &event["status_id"]), (&3002.into(), &2.into()));
        assert_eq!(event["status_code"], reason, "{status} {sub}");
        assert_eq!(event["src_endpoint"]["ip"], "192.0.2.9");
        assert_eq!(event["user"], serde_json::json!({"name": "taro", "domain": "EXAMPLE"}));
        assert_eq!((&event["logon_type_id"], &event["is_remote"]), (&3.into(), &true.into()));
        assert_eq!(event["auth_protocol"], "ntlm");
    }
    let success = |user, kind, elevated| {
        logon(
            &[
                ("TargetUserName", Text(user)),
                ("TargetLogonId", Hex64(0x1234)),
                ("LogonType", U32(kind)),
                ("IpAddress", Text("-")),
                ("TargetLinkedLogonId", Hex64(0x1230)),
                ("ElevatedToken", Text(elevated)),
            ],
            4624,
        )
    };
    let event = success("taro", 2, "%%1842");
    assert_eq!(
        (&event["status_code"], &event["count"], &event["is_remote"]),
        (&"ok".into(), &Json::Null, &false.into())
    );
    assert_eq!(event["service"]["name"], "interactive");
    assert_eq!(event["unmapped"]["ElevatedToken"], "%%1842");
    // The second session of an administrator, and services, are no tries.
    assert_eq!(success("taro", 2, "%%1843")["count"], 0);
    assert_eq!(success("SYSTEM", 5, "%%1842")["count"], 0);
}

/// DT-FMT-53: what domain controllers see.
#[test]
fn kerberos_and_ntlm() {
    for (id, status, activity, reason) in [
        (4768, "0x6", 3, "unknown_user"),
        (4768, "0x0", 3, "ok"),
        (4771, "0x18", 6, "bad_secret"),
        (4771, "0x12", 6, "disabled"),
        (4769, "0x0", 4, "ok"),
    ] {
        let fields = [
            ("TargetUserName", Text("taro@EXAMPLE.JP")),
            ("Status", Text(status)),
            ("IpAddress", Text("::ffff:198.51.100.7")),
        ];
        let event = logon(&fields, id);
        assert_eq!(
            (&event["activity_id"], &event["status_code"]),
            (&activity.into(), &reason.into()),
            "{id}"
        );
        assert_eq!((&event["user"]["name"], &event["auth_protocol_id"]), (&"taro".into(), &2.into()));
    }
    let fields =
        [("TargetUserName", Text("taro")), ("Workstation", Text("PC9")), ("Status", Text("0xc000006a"))];
    let event = logon(&fields, 4776);
    assert_eq!(
        (&event["status_code"], &event["src_endpoint"]["hostname"]),
        (&"bad_secret".into(), &"PC9".into())
    );
}

/// DT-FMT-53: accounts, groups, services, logs, remote desktop, OpenSSH.
#[test]
fn other_events_with_a_meaning() {
    let made = logon(&[("TargetUserName", Text("mallory")), ("SubjectUserName", Text("admin"))], 4720);
    assert_eq!((&made["class_uid"], &made["activity_id"]), (&3001.into(), &1.into()));
    assert_eq!((&made["user"]["name"], &made["actor"]["user"]["name"]), (&"mallory".into(), &"admin".into()));
    let member = [("MemberName", Text("CN=mallory,DC=x")), ("TargetUserName", Text("Administrators"))];
    let added = logon(&member, 4732);
    assert_eq!(
        (&added["group"]["name"], &added["user_result"]["name"]),
        (&"Administrators".into(), &"mallory".into())
    );
    let own = |provider, channel, event_id, fields| {
        one(Record { provider, channel, event_id, ..security(1, 1, fields) })
    };
    let fields = [("ServiceName", Text("x")), ("ImagePath", Text("\"C:\\a b.exe\" /password:hunter2"))];
    let service = own("Service Control Manager", "System", 7045, &fields);
    assert_eq!((&service["class_uid"], &service["win_service"]["name"]), (&201_004.into(), &"x".into()));
    assert!(!service.to_string().contains("hunter2"), "{service}");
    let (name, channel) = ("Microsoft-Windows-TerminalServices-RemoteConnectionManager", "x/Operational");
    let fields = [("Param1", Text("taro")), ("Param2", Text("EX")), ("Param3", Text("203.0.113.5"))];
    let rdp = own(name, channel, 1149, &fields);
    assert_eq!((&rdp["class_uid"], &rdp["src_endpoint"]["ip"]), (&3002.into(), &"203.0.113.5".into()));
    let line = "Failed password for invalid user bob from 192.0.2.1 port 50000 ssh2";
    let fields = [("process", Text("sshd: [priv]")), ("payload", Text(line))];
    let ssh = own("OpenSSH", "OpenSSH/Operational", 4, &fields);
    assert_eq!((&ssh["class_uid"], &ssh["status_id"]), (&3002.into(), &2.into()), "{ssh}");
    assert_eq!((&ssh["user"]["name"], &ssh["src_endpoint"]["ip"]), (&"bob".into(), &"192.0.2.1".into()));
}

fn many(count: u64) -> Vec<u8> {
    let long = "x".repeat(700);
    let fields = [("TargetUserName", Text("taro")), ("LogonType", U32(3)), ("Filler", Text(&long))];
    let records: Vec<_> = (1..=count).map(|id| security(id, 4624, &fields)).collect();
    file(&records)
}

fn ids(run: &Run) -> Vec<u64> {
    run.events.iter().map(|event| event.line).collect()
}

/// DT-FMT-50: whatever is damaged, the rest is read, and what is missing is told with its place.
#[test]
fn damage_is_told_and_the_rest_is_read() {
    let whole = many(120);
    let (_, run) = events(&whole);
    let all = ids(&run);
    assert_eq!((all.len(), run.items.len()), (120, 0));
    let damaged = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        let (_, run) = events(&bytes);
        let told: Vec<_> = run.items.iter().map(|item| (item.offset, item.expected.clone())).collect();
        (ids(&run), told)
    };
    // Head of the file; head of a chunk; its mark.
    for (place, word) in [(100, "file head"), (4_096 + 60, "chunk head"), (4_096, "ElfChnk")] {
        let (read, told) = damaged(&|bytes| bytes[place] ^= 1);
        assert_eq!(read, all, "{word}");
        assert!(told.len() == 1 && told[0].1.contains(word), "{told:?}");
    }
    // A record without size can still be read; one without content is lost, and its place is told.
    let sixth = whole.windows(4).enumerate().filter(|(_, w)| w == b"**\0\0").nth(5).unwrap().0;
    let (read, told) = damaged(&|bytes| bytes[sixth + 4..sixth + 8].fill(0));
    assert!(read == all && told[0].1.contains("checksum"), "{told:?}");
    let (read, told) = damaged(&|bytes| bytes[sixth + 24..sixth + 400].fill(0));
    assert!(read.len() == 119 && told.iter().any(|(offset, _)| *offset == sixth as u64), "{told:?}");
    // A chunk of zeros is an empty one; bytes missing in the middle move the chunks behind.
    let (read, told) = damaged(&|bytes| bytes[4_096..4_096 + 65_536].fill(0));
    assert!(read.len() < 120 && read.iter().all(|id| all.contains(id)) && told.is_empty(), "{told:?}");
    let (read, told) = damaged(&|bytes| drop(bytes.drain(40_000..41_000)));
    assert!(read.len() > 110 && read.ends_with(&all[60..]), "{}", read.len());
    assert!(!told.is_empty());
    // A chunk alone, as carving tools hand it out.
    let (read, _) = damaged(&|bytes| drop(bytes.drain(..4_096)));
    assert_eq!(read, all);
}

/// No byte at which a file may be cut stops the reader, and no record that is whole is lost.
#[test]
fn a_file_cut_at_any_byte() {
    let whole = many(3);
    let used = 4_096 + 8_192;
    let folder = tempfile::tempdir().unwrap();
    let cuts: Vec<usize> = (0..used).step_by(389).collect();
    for cut in &cuts {
        put(folder.path(), &format!("{cut:05}.evtx"), &whole[..*cut]);
    }
    let run = run(folder.path());
    for cut in cuts {
        let name = format!("{cut:05}.evtx");
        let read = run.of(&name).len();
        let told = run.items.iter().any(|item| item.file.ends_with(&name));
        assert!(read == 3 || told || cut <= 4_096, "{cut}: {read} records, nothing told");
    }
}

/// DT-FMT-01: inside archives, under the name of the member.
#[test]
fn inside_archives() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = many(2);
    put(folder.path(), "a.zip", zip(&[("Logs/Security.evtx", &bytes)]));
    put(folder.path(), "b.evtx.gz", gzip(&bytes));
    let run = run(folder.path());
    assert_eq!((run.of("a.zip!Logs/Security.evtx").len(), run.of("b.evtx.gz").len()), (2, 2));
    assert_eq!(run.unread(folder.path()), []);
}

/// DT-FMT-52: an export gives the event that the log gives, but for where it stands.
#[test]
fn an_export_gives_the_same_event() {
    let fields = [
        ("TargetUserName", Text("taro")),
        ("CommandLine", Text("cmd /c \"a & b\" <x>")),
        ("", Texts(&["one", "two"])),
        ("Empty", Text("")),
    ];
    let bytes = file(&[security(1, 4688, &fields), security(2, 4720, &fields)]);
    let mut parser = evtx::EvtxParser::from_buffer(bytes.clone()).unwrap();
    let text: String = parser.records().map(|record| record.unwrap().data).collect();
    let bare = text.replace("<?xml version=\"1.0\" encoding=\"utf-8\"?>", "");
    let wrapped = format!("\u{feff}<Events>{bare}</Events>");
    let wide: Vec<u8> = wrapped.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let plain = |event: &Json| {
        let mut event = event.clone();
        for key in ["raw_data", "raw_data_hash", "raw_data_size", "metadata"] {
            event.as_object_mut().unwrap().remove(key);
        }
        event["unmapped"]["sekisho"] = Json::Null;
        event
    };
    let own: Vec<Json> = events(&bytes).0.iter().map(plain).collect();
    for export in [bare.into_bytes(), wrapped.into_bytes(), wide] {
        let (events, run) = events(&export);
        assert!(run.items.is_empty(), "{:?}", run.items);
        assert_eq!(events.iter().map(plain).collect::<Vec<_>>(), own);
    }
}

/// DT-FMT-52: the JSON of others, as far as it tells.
#[test]
fn json_of_others() {
    let converted = r##"{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing"}},
        "EventID":4625,"Channel":"Security","Computer":"DC1","EventRecordID":9,"Keywords":"0x8010000000000000",
        "TimeCreated":{"#attributes":{"SystemTime":"2026-11-22T04:00:07.000000Z"}}},
        "EventData":{"TargetUserName":"taro","SubStatus":"0xc000006a","LogonType":3,"IpAddress":"192.0.2.9"}}}"##;
    let winlogbeat = r#"{"@timestamp":"2026-11-22T04:00:07.000Z","winlog":{"channel":"Security","event_id":"4625",
        "provider_name":"Microsoft-Windows-Security-Auditing","record_id":9,"computer_name":"DC1",
        "keywords":["Audit Failure"],"event_data":{"TargetUserName":"taro","SubStatus":"0xc000006a","LogonType":"3",
        "IpAddress":"192.0.2.9"}},"log":{"level":"information"},"message":"An account failed to log on."}"#;
    let opensearch = format!(r#"{{"_index":"x","_source":{winlogbeat}}}"#);
    let nxlog = r#"{"EventTime":"2026-11-22T04:00:07.000Z","Hostname":"DC1","Keywords":-9218868437227405312,
        "EventType":"AUDIT_FAILURE","EventID":4625,"SourceName":"Microsoft-Windows-Security-Auditing","RecordNumber":9,
        "Channel":"Security","TargetUserName":"taro","SubStatus":"0xc000006a","LogonType":"3","IpAddress":"192.0.2.9"}"#;
    let mut properties = vec!["-"; 21];
    (properties[5], properties[9], properties[10], properties[19]) = ("taro", "0xc000006a", "3", "192.0.2.9");
    let properties: Vec<_> = properties.iter().map(|value| serde_json::json!({"Value": value})).collect();
    let powershell = serde_json::json!([{"Id": 4625, "ProviderName": "Microsoft-Windows-Security-Auditing",
        "LogName": "Security", "RecordId": 9, "MachineName": "DC1", "Keywords": -9_218_868_437_227_405_312_i64,
        "TimeCreated": "/Date(1795320007000)/", "Properties": properties, "Message": "アカウントがログオンに失敗しました。"}]);
    for export in [converted, winlogbeat, &opensearch, nxlog, &powershell.to_string()] {
        let line = export.replace('\n', " ");
        let (events, run) = events(line.as_bytes());
        assert!(run.items.is_empty() && events.len() == 1, "{:?}\n{line}", run.items);
        let event = &events[0];
        assert_eq!(
            (&event["class_uid"], &event["status_code"]),
            (&3002.into(), &"bad_secret".into()),
            "{line}"
        );
        assert_eq!(
            (&event["user"]["name"], &event["src_endpoint"]["ip"]),
            (&"taro".into(), &"192.0.2.9".into())
        );
        assert_eq!((&event["dst_endpoint"]["hostname"], &event["logon_type_id"]), (&"DC1".into(), &3.into()));
        assert_eq!(
            (&event["time_dt"], &event["unmapped"]["sekisho"]["line"]),
            (&"2026-11-22T04:00:07.000000Z".into(), &9.into())
        );
    }
}

/// A folder of nothing but broken files gives a report and no event.
#[test]
fn nothing_but_noise() {
    let folder = tempfile::tempdir().unwrap();
    let noise: Vec<u8> = (0..70_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    put(folder.path(), "a.evtx", [b"ElfFile\0".as_slice(), &noise].concat());
    put(folder.path(), "b.evtx", [b"ElfChnk\0".as_slice(), &noise].concat());
    put(
        folder.path(),
        "c.xml",
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><EventID>",
    );
    let run = run(folder.path());
    assert!(run.events.is_empty());
    assert!(run.items.len() >= 3, "{:?}", run.items);
}
