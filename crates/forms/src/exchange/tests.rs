use super::*;
use crate::tests::case;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Output};

const VICTIM: &str = "[administrator]\nname = \"㈱関所商店\"\n[computer]\nname = \"受注サーバ\"\naddresses = [\"203.0.113.30\", \"app03.sekisho.example\"]\n";

fn item(tlp: Tlp) -> Item {
    Item::of(&case(VICTIM), Timestamp::from_seconds(1_795_827_600), tlp)
}

/// Runs a program of `target/papers` on a file; `None` = it is not installed.
fn run(program: &str, args: &[&str], text: &str) -> Option<Output> {
    let mut file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let program = format!("{}/../../target/papers/bin/{program}", env!("CARGO_MANIFEST_DIR"));
    let ran = Command::new(&program).args(args).arg(file.path()).output();
    if ran.is_err() {
        eprintln!("skipped: {program} is not installed (./test installs it)");
    }
    ran.ok()
}

/// CW-SHR-09 to -11, CW-TST-02
#[test]
fn stix_is_valid_and_what_is_broken_is_not() {
    for tlp in [Tlp::Clear, Tlp::Green, Tlp::Amber, Tlp::AmberStrict, Tlp::Red] {
        let bundle = stix(&item(tlp));
        assert_eq!(bundle, stix(&item(tlp)), "stable for the same item");
        let objects = bundle["objects"].as_array().unwrap();
        let ids: BTreeSet<&str> = objects.iter().map(|object| object["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), objects.len(), "no id stands twice");
        for reference in
            objects.iter().flat_map(|object| object["object_refs"].as_array().into_iter().flatten())
        {
            assert!(ids.contains(reference.as_str().unwrap()), "{reference}");
        }
        assert!(ids.contains(tlp.marking()));
        // The validator takes over a second: the marks with and without a sign in their names are enough.
        if !matches!(tlp, Tlp::Green | Tlp::AmberStrict) {
            continue;
        }
        let Some(ran) = run("stix2_validator", &["--strict"], &bundle.to_string()) else { return };
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    }
    let text = stix(&item(Tlp::Green)).to_string();
    let broken = [
        text.replace("198.18.66.12", "198.18.66.999"),
        text.replacen("\"modified\":\"2026-11-28T", "\"modified\":\"2026-11-27T", 1),
        text.replacen("T01:00:00.000Z\"", "T01:00:00\"", 1),
    ];
    for broken in broken {
        assert_ne!(broken, text);
        let Some(ran) = run("stix2_validator", &["--strict"], &broken) else { return };
        assert!(!ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    }
}

/// CW-SHR-16, CW-SHR-17
#[test]
fn misp_comes_back_from_its_public_client() {
    let event = misp(&item(Tlp::AmberStrict));
    assert_eq!(event["Event"]["distribution"], "0");
    let script = "import json, sys\nfrom pymisp import MISPEvent\ne = MISPEvent(); e.load_file(sys.argv[1])\nprint(json.dumps({'info': e.info, 'uuid': e.uuid, 'tags': sorted(t.name for t in e.tags), 'values': sorted(a.value for a in e.attributes)}, ensure_ascii=False))";
    let Some(ran) = run("python", &["-c", script], &event.to_string()) else { return };
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let seen: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!((&seen["info"], &seen["uuid"]), (&"総当たり攻撃".into(), &event["Event"]["uuid"]));
    assert_eq!(seen["values"], serde_json::json!(["198.18.66.12", "すべて変更する"]));
    assert!(seen["tags"].as_array().unwrap().contains(&"tlp:amber+strict".into()), "{seen}");
}

/// AN-1, AN-2, AN-4, CW-SHR-05
#[test]
fn the_victim_is_in_nothing_that_leaves() {
    let case = case(VICTIM);
    for value in [stix(&item(Tlp::Clear)), misp(&item(Tlp::Clear))] {
        let text = value.to_string();
        for name in ["㈱関所商店", "受注サーバ", "app03", "203.0.113.30", "I-0123456789ab", "14:10:01"]
        {
            assert!(!text.contains(name), "{name} in {text}");
        }
        assert!(text.contains("198.18.66.12") && text.contains("2026-11-20T00:00:00"), "{text}");
        assert_eq!(leaks(&case, &value), Ok(()));
    }
    for leak in ["詳細は㈱関所商店まで", "host APP03 was hit", "203.0.113.30"] {
        assert!(leaks(&case, &serde_json::json!([{ "description": leak }])).is_err(), "{leak}");
    }
    let written = crate::tests::case(
        "[administrator]\nname = \"㈱セキショ商店\"\n[reporter]\nname = \"𠮷野 髙子\"\nkana = \"よしの たかこ\"\n",
    );
    for leak in
        ["(株)ｾｷｼｮ商店の件", "せきしょ 商店", "担当 吉野高子", "ヨシノタカコ様", "株式会社セキショ・商店"]
    {
        assert!(leaks(&written, &serde_json::json!([{ "description": leak }])).is_err(), "{leak}");
    }
    assert_eq!(leaks(&written, &serde_json::json!({ "description": "商店の吉田" })), Ok(()));
    let other = serde_json::json!({ "description": "1203.0.113.301 app031", "type": "app03" });
    assert_eq!(leaks(&case, &other), Ok(()), "a longer word, and a word of the format");
}

#[test]
fn an_address_inside_the_organisation_stays_inside() {
    let inside = ["10.1.2.3", "192.168.0.9", "127.0.0.1", "fd00::1", "fe80::1", "::1"];
    assert!(inside.iter().all(|ip| is_inside(ip.parse().unwrap())));
    assert!(!is_inside("198.18.66.12".parse().unwrap()) && !is_inside("2001:db8::1".parse().unwrap()));
}
