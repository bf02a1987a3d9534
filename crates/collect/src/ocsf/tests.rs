//! Exact lines.

use super::write;
use serde_json::Value;
use std::borrow::Cow;
use std::net::IpAddr;
use vocab::*;

fn line(event: &Event<'_>) -> String {
    let mut out = Vec::new();
    write(event, &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
    text
}

fn login() -> Event<'static> {
    Event {
        time: Some(Timestamp::from_seconds(1_795_320_306)),
        tz_offset_min: Some(540),
        original_time: Some("Nov 22 13:05:06".into()),
        class: Class::Authentication,
        activity: activity::AUTH_LOGON,
        outcome: Outcome::Failure,
        reason: Reason::BadSecret,
        src_ip: Some(IpAddr::from([192, 0, 2, 1])),
        src_port: Some(51_234),
        dst_host: Some("web01".into()),
        user: Some("root".into()),
        user_kind: Some(UserKind::Known),
        auth_method: Some(AuthMethod::Password),
        is_remote: Some(true),
        service: Some("sshd".into()),
        process: Some("sshd".into()),
        pid: Some(77),
        message: Some("Failed password for root from 192.0.2.1 port 51234 ssh2".into()),
        count: 1,
        trust: Trust::Tr1,
        flags: Flags::YEAR_ASSUMED,
        attempt: 0xabc,
        origin: Origin {
            file: "logs/auth.log",
            line: 3,
            offset: 210,
            raw: b"Nov 22 13:05:06 web01 sshd[77]: Failed password for root from 192.0.2.1 port 51234 ssh2",
            parser: "openssh",
            parser_version: 1,
            grammar: "O01",
            citation: Some(Citation { index: LedgerIndex(5), record: 2 }),
            ..Origin::default()
        },
        ..Event::default()
    }
}

#[test]
fn a_failed_login() {
    assert_eq!(
        line(&login()),
        concat!(
            r#"{"class_uid":3002,"category_uid":3,"activity_id":1,"type_uid":300201,"time":1795320306000,"#,
            r#""time_dt":"2026-11-22T04:05:06.000000Z","timezone_offset":540,"severity_id":0,"status_id":2,"#,
            r#""status_code":"bad_secret","message":"Failed password for root from 192.0.2.1 port 51234 ssh2","#,
            r#""user":{"name":"root"},"actor":{"process":{"name":"sshd","pid":77}},"auth_protocol":"password","#,
            r#""auth_protocol_id":99,"auth_factors":[{"factor_type":"password","factor_type_id":11}],"#,
            r#""is_remote":true,"service":{"name":"sshd"},"src_endpoint":{"ip":"192.0.2.1","port":51234},"#,
            r#""dst_endpoint":{"hostname":"web01"},"metadata":{"version":"1.8.0","product":{"name":"Sekisho","#,
            r#""vendor_name":"Sekisho"},"log_source":"logs/auth.log","uid":"5.2","#,
            r#""original_time":"Nov 22 13:05:06"},"raw_data":"Nov 22 13:05:06 web01 sshd[77]: Failed password "#,
            r#"for root from 192.0.2.1 port 51234 ssh2","raw_data_hash":{"algorithm_id":3,"value":""#,
            r#"HASH"},"raw_data_size":87,"unmapped":{"sekisho":"#,
            r#"{"line":3,"offset":210,"parser":"openssh","parser_version":1,"grammar":"O01","#,
            r#""flags":["year_assumed"],"trust":"TR1","attempt":"0000000000000abc","user_kind":"known"}}}"#
        )
        .replace("HASH", &sha256(login().origin.raw))
    );
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(bytes))
}

#[test]
fn a_web_request_with_secrets() {
    let raw =
        b"192.0.2.1 - - [22/Nov/2026:04:05:06 +0000] \"GET /a?token=s3cret HTTP/1.1\" 200 5 \"-\" \"\xff\"";
    let event = Event {
        time: Some(Timestamp::from_seconds(1_795_320_306)),
        class: Class::Http,
        activity: 3,
        src_ip: Some(IpAddr::from([192, 0, 2, 1])),
        http_method: Some("GET".into()),
        url_path: Some("/a".into()),
        url_query: Some("token=s3cret".into()),
        http_status: Some(200),
        bytes_out: Some(5),
        latency_us: Some(12_345),
        count: 1,
        trust: Trust::Tr2,
        origin: Origin {
            file: "a",
            line: 1,
            raw,
            parser: "web_access",
            parser_version: 1,
            grammar: "W01",
            ..Origin::default()
        },
        ..Event::default()
    };
    let text = line(&event);
    assert!(!text.contains("s3cret"), "{text}");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["http_request"]["url"], serde_json::json!({"path": "/a", "query_string": "token=***"}));
    assert_eq!(value["http_response"], serde_json::json!({"code": 200, "length": 5, "latency": 12}));
    assert_eq!(value["unmapped"]["sekisho"]["flags"], serde_json::json!(["secret_masked"]));
    // The bytes as received hold the secret: neither they nor their base64 are shown, their hash is.
    assert_eq!(value["unmapped"]["sekisho"]["raw_b64"], Value::Null);
    assert_eq!(value["raw_data_hash"]["value"], sha256(raw).as_str());
}

#[test]
fn an_ambiguous_record_shows_its_readings() {
    let reading = |ip: [u8; 4], user: &str| Reading {
        src_ip: Some(IpAddr::from(ip)),
        user: user.into(),
        outcome: Outcome::Failure,
    };
    let event = Event {
        time: None,
        src_ip: None,
        src_port: None,
        flags: Flags(Flags::AMBIGUOUS.0 | Flags::BAD_TIME.0),
        readings: vec![reading([192, 0, 2, 1], "x"), reading([198, 51, 100, 1], "x from 192.0.2.1")],
        ..login()
    };
    let value: Value = serde_json::from_str(&line(&event)).unwrap();
    assert_eq!(value["time"], 0);
    assert_eq!(value["time_dt"], Value::Null);
    assert_eq!(value["src_endpoint"], Value::Null);
    assert_eq!(
        value["unmapped"]["sekisho"]["readings"],
        serde_json::json!([
            {"src_ip": "192.0.2.1", "user": "x", "outcome": "failure"},
            {"src_ip": "198.51.100.1", "user": "x from 192.0.2.1", "outcome": "failure"},
        ])
    );
    assert_eq!(value["unmapped"]["sekisho"]["flags"], serde_json::json!(["ambiguous", "bad_time"]));
}

#[test]
fn required_objects_are_there_and_say_unknown() {
    let of = |class: Class| {
        let event = Event { class, count: 1, ..Event::default() };
        serde_json::from_str::<Value>(&line(&event)).unwrap()
    };
    assert_eq!(of(Class::Authentication)["user"], serde_json::json!({"type_id": 0}));
    assert_eq!(of(Class::AccountChange)["user"], serde_json::json!({"type_id": 0}));
    assert_eq!(of(Class::Process)["process"], serde_json::json!({}));
    assert_eq!(of(Class::Process)["device"], serde_json::json!({"type_id": 0}));
    assert_eq!(of(Class::FileSystem)["file"], serde_json::json!({"type_id": 0}));
    assert_eq!(of(Class::WindowsService)["category_uid"], 1);
    assert_eq!(of(Class::WindowsService)["type_uid"], 20_100_400_u64);
    assert_eq!(of(Class::Base)["category_uid"], 0);
}

#[test]
fn account_changes_and_extra_fields() {
    let mut event = Event {
        class: Class::AccountChange,
        activity: activity::ACCOUNT_CREATE,
        user: Some("root".into()),
        target_user: Some("mallory".into()),
        actor: Some("bob".into()),
        count: 2,
        origin: Origin { raw: &[0xff, 0], ..Origin::default() },
        ..Event::default()
    };
    event.push_extra("sekisho", "x");
    event.push_extra("a\"}", "1");
    event.push_extra("a\"}", "2");
    event.push_extra("db.password", "hunter2");
    event.extra.push(Extra { name: "n".into(), value: Cow::Borrowed("1.5"), bare: true });
    event.extra.push(Extra { name: "m".into(), value: Cow::Borrowed("1}"), bare: true });
    let text = line(&event);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["user"]["name"], "mallory");
    assert_eq!(value["actor"]["user"]["name"], "bob");
    assert_eq!(value["count"], 2);
    let unmapped = &value["unmapped"];
    assert_eq!(
        (&unmapped["sekisho#0"], &unmapped["a\"}"], &unmapped["a\"}#1"]),
        (&"x".into(), &"1".into(), &"2".into())
    );
    assert_eq!(
        (&unmapped["db.password"], &unmapped["n"], &unmapped["m"]),
        (&"***".into(), &1.5.into(), &"1}".into())
    );
    assert!(!text.contains("hunter2"));
}

proptest::proptest! {
    #[test]
    fn any_text_stays_one_valid_line(name: String, value: String, raw: Vec<u8>, bare: bool) {
        let mut event = Event { user: Some(Cow::Borrowed(&name)), message: Some(Cow::Borrowed(&value)), ..Event::default() };
        event.extra.push(Extra { name: Cow::Borrowed(&name), value: Cow::Borrowed(&value), bare });
        event.origin.raw = &raw;
        event.origin.file = &name;
        let text = line(&event);
        proptest::prop_assert!(!text.contains('\n'));
        let back: Value = serde_json::from_str(&text).unwrap();
        proptest::prop_assert_eq!(back["user"]["name"].as_str(), Some(name.as_str()));
    }
}
