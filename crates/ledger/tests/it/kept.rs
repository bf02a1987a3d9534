//! Ledgers of every version that was ever written, kept beside the tests (LF-23): each opens, verifies, and can be written on.

use crate::governing::Office;
use crate::sealing::options;
use crate::support::{NOW, cite, files, genesis, place, records, resume};
use ledger::{
    Code, ContentPolicy, DataClass, EntryKind, Error, Export, Freeze, GapCause, Guards, Identity,
    KeyStatement, Ledger, Person, PersonKey, Reader, Request, Resume, RootKey, Run, Scope, VerifyOptions,
    VerifyReport, WitnessAlarm, WitnessEvent, verify,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vocab::{LedgerIndex, Timestamp};

const DOCUMENT: &str = include_str!("../../../../docs/formats/ledger.md");
/// Secret of the second log key of the kept ledgers that were rotated.
const NEXT: [u8; 32] = [8; 32];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn vector(name: &str) -> &'static str {
    let line =
        DOCUMENT.lines().find_map(|line| line.strip_prefix(name).and_then(|rest| rest.strip_prefix(" = ")));
    line.unwrap_or_else(|| panic!("no vector {name}"))
}

/// The identities of the role holders of the kept sealed ledger; they are secrets of nobody.
fn holders() -> [Identity; 2] {
    let text = std::fs::read_to_string(data("holders.txt")).unwrap();
    Identity::parse_file(&text).unwrap().try_into().unwrap()
}

fn checked(folder: &Path, identities: Vec<Identity>) -> VerifyReport {
    verify(folder, &VerifyOptions { identities, ..VerifyOptions::default() }).unwrap()
}

fn copied(from: &Path, to: &Path) {
    for path in files(from) {
        let place = to.join(path.strip_prefix(from).unwrap());
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::copy(path, place).unwrap();
    }
    for name in ["keys", "checkpoints", "segments"] {
        std::fs::create_dir_all(to.join(name)).unwrap();
    }
}

/// LF-23: every kept ledger is found by its name, so that none is forgotten when a version begins.
#[test]
fn every_version_opens_verifies_and_is_written_on() {
    let names: BTreeSet<String> = std::fs::read_dir(data(""))
        .unwrap()
        .map(|item| item.unwrap())
        .filter(|item| item.path().is_dir())
        .map(|item| item.file_name().to_string_lossy().into_owned())
        .collect();
    let expected = ["ledger-v1", "ledger-v2", "ledger-v2-sealed"].map(str::to_owned);
    assert_eq!(names, BTreeSet::from(expected));
    for name in names {
        let (_guard, folder) = place();
        copied(&data(&name), &folder);
        let sealed = name.ends_with("sealed");
        let identities = || if sealed { vec![holders()[0].clone()] } else { Vec::new() };
        let before = checked(&folder, identities());
        assert_eq!(before.failures, [], "{name}");
        assert_eq!(before.payloads.withheld, 0, "{name}");
        let seed = if name == "ledger-v2" { NEXT } else { [7; 32] };
        let later = before.last_time.unwrap().plus(Timestamp::SECOND);
        let (mut ledger, recovered) =
            Ledger::open(&folder, &Resume { seed, now: later, session: [77; 32] }).unwrap();
        assert!(recovered.clean, "{name}");
        if sealed {
            ledger.seal_with(options(&holders(), 77)).unwrap();
        }
        let stream = ledger.open_stream("later", "file", later).unwrap();
        let index = ledger.append(stream, EntryKind::Record, later, &json!({ "later": name })).unwrap();
        ledger.close(later).unwrap();
        let after = checked(&folder, identities());
        assert_eq!(after.failures, [], "{name}");
        assert_eq!(std::fs::read(folder.join("format")).unwrap(), b"sekisho-ledger 2\n", "{name}");
        let mut reader = Reader::open(&folder).unwrap();
        reader.add_identities(identities());
        assert_eq!(
            reader.record(cite(index, 0)).unwrap().bytes,
            format!("{{\"later\":\"{name}\"}}").into_bytes()
        );
        let growth = reader.consistency(before.entries, after.entries).unwrap();
        assert!(growth.holds(), "{name}");
    }
}

/// LF-23, LG-IND-02: version 2 with every kind of entry that a plain ledger holds now.
#[test]
fn version_2_opens_and_verifies() {
    let folder = data("ledger-v2");
    let report = checked(&folder, Vec::new());
    assert_eq!(report.failures, []);
    assert_eq!(report.entries.to_string(), vector("v2 entries"));
    assert_eq!(hex::encode(report.root), vector("v2 root"));
    let mut reader = Reader::open(&folder).unwrap();
    let kinds: BTreeSet<&str> = reader.entries().map(|item| item.unwrap().1.kind.name()).collect();
    let all = [
        "blocks",
        "clock",
        "command",
        "event",
        "export",
        "freeze",
        "gap",
        "genesis",
        "hold",
        "key",
        "policy",
        "read",
        "record",
        "release",
        "result",
        "review",
        "seal",
        "stream-close",
        "stream-open",
        "witness",
    ];
    assert_eq!(kinds, BTreeSet::from(all));
    let keys = reader.log_keys().unwrap();
    assert_eq!(
        keys.all().iter().map(|key| key.verifier_key.as_str()).collect::<Vec<_>>(),
        [vector("v2 log key 1"), vector("v2 log key 2")]
    );
    let index = LedgerIndex(vector("v2 run").parse().unwrap());
    let proof = reader.inclusion(cite(index, 1)).unwrap();
    assert_eq!(proof.check(Some(vector("v2 log key 2"))), Ok(()));
    assert_eq!(hex::encode(reader.record(cite(index, 1)).unwrap().bytes), vector("v2 record 1"));
}

/// LF-23: a sealed ledger of which a record was erased and a key destroyed; what is there opens for either role, and nobody else.
#[test]
fn version_2_sealed_opens_for_its_role_holders() {
    let folder = data("ledger-v2-sealed");
    for holder in holders() {
        let report = checked(&folder, vec![holder.clone()]);
        assert_eq!(report.failures, []);
        assert_eq!(hex::encode(report.root), vector("v2 sealed root"));
        let payloads = (report.payloads.present, report.payloads.withheld, report.payloads.destroyed);
        assert_eq!(format!("{payloads:?}"), vector("v2 sealed payloads"));
        let mut reader = Reader::open(&folder).unwrap();
        reader.add_identities(vec![holder]);
        let index = LedgerIndex(vector("v2 sealed record").parse().unwrap());
        let view = reader.record(cite(index, 0)).unwrap();
        assert_eq!(String::from_utf8(view.bytes).unwrap(), vector("v2 sealed content"));
        let gone = LedgerIndex(vector("v2 sealed destroyed").parse().unwrap());
        assert!(matches!(reader.record(cite(gone, 0)), Err(Error::Destroyed { .. })));
    }
    let closed = checked(&folder, Vec::new());
    assert_eq!(closed.failures, []);
    assert!(closed.payloads.withheld > 0 && closed.payloads.present == 0);
    let codes: Vec<Code> = closed.warnings.iter().map(|warning| warning.code).collect();
    assert!(codes.contains(&Code::TailUnproven), "{codes:?}");
}

fn person(seed: u8, role: &str) -> (PersonKey, Person) {
    let key = PersonKey::from_seed(&[seed; 32]);
    let listed = Person { key: key.public(), role: role.to_owned() };
    (key, listed)
}

/// A plain ledger with every kind of entry.
fn make_plain(folder: &Path) -> LedgerIndex {
    let root = RootKey::from_seed(&[99; 32]);
    let mut ledger = Ledger::create_under(folder, genesis(), Some(&root.public())).unwrap();
    let file = ledger.open_stream("/var/log/auth.log", "follow", NOW).unwrap();
    let lines = vec![b"first".to_vec(), b"second \xff\x00".to_vec(), vec![]];
    let run = Run { file: "/var/log/auth.log", records: &records(&lines) };
    let index = ledger.append_live(file, NOW.plus(1), &run).unwrap();
    ledger.commit().unwrap();
    ledger.append_gap(file, GapCause::SourceHole, (NOW, NOW.plus(1)), NOW.plus(2)).unwrap();
    ledger.record_clock_step(NOW.plus(2), NOW.plus(9)).unwrap();
    ledger.checkpoint(NOW.plus(9)).unwrap();
    let ((auditor, first), (manager, second)) = (person(11, "auditor"), person(12, "crisis-manager"));
    let policy = ContentPolicy { people: vec![first, second], ..ContentPolicy::default() };
    let id = ledger.id();
    let request = Request::policy(&id, &policy, None, &json!({}), &[1; 32]).unwrap();
    ledger.enact(&request, NOW.plus(10)).unwrap();
    let mut review = Request::review(&id, (0, index.0), "clean", &json!({}), &[2; 32]).unwrap();
    review.approve(&auditor).unwrap();
    ledger.enact(&review, NOW.plus(10)).unwrap();
    let scope = Scope { streams: vec![1], ..Scope::default() };
    let mut hold = Request::hold(&id, 1, &scope, "court", &json!({}), &[3; 32]).unwrap();
    hold.approve(&manager).unwrap();
    ledger.enact(&hold, NOW.plus(10)).unwrap();
    let mut release = Request::release(&id, 1, "case-closed", &json!({}), &[4; 32]).unwrap();
    release.approve(&manager).unwrap();
    release.approve(&auditor).unwrap();
    ledger.enact(&release, NOW.plus(11)).unwrap();
    ledger.record_read("audit", "R8-1", &json!({ "indices": [index.0] }), NOW.plus(11)).unwrap();
    let private = json!({ "case": "R8-1", "recipient": "police" });
    let (what, purpose, digest) = ("extract", "police", [5; 32]);
    let export = Export { what, purpose, digest, range: (index.0, index.0), entries: 1, private: &private };
    ledger.record_export(&export, NOW.plus(11)).unwrap();
    let freeze = Freeze {
        case: "R8-1",
        recognised: NOW,
        scope: None,
        person: Some(&manager),
        behind: json!([]),
        nonce: [6; 32],
    };
    ledger.freeze(&freeze, NOW.plus(12)).unwrap();
    let event = WitnessEvent { alarm: WitnessAlarm::QuorumLost, witness: String::new(), size: 9 };
    ledger.record_witness(&event, NOW.plus(12)).unwrap();
    let case = ledger.open_stream("case 1", "case", NOW.plus(13)).unwrap();
    for kind in [EntryKind::Command, EntryKind::Outcome, EntryKind::Record] {
        ledger.append(case, kind, NOW.plus(13), &json!({ "op": kind.name() })).unwrap();
    }
    let mut statement = KeyStatement::next_key(&id, ledger.origin(), 2, &NEXT);
    statement.sign(&root).unwrap();
    ledger.rotate(&statement, &NEXT, NOW.plus(14)).unwrap();
    ledger.close(NOW.plus(15)).unwrap();
    let (ledger, _) = Ledger::open(folder, &Resume { seed: NEXT, ..resume(2) }).unwrap();
    ledger.close(NOW.plus(16)).unwrap();
    index
}

/// A sealed ledger of which one entry was erased and one key destroyed. Returns an entry that is there, and one that is not.
fn make_sealed(office: &mut Office) -> (LedgerIndex, LedgerIndex) {
    let (run, first) = office.indices();
    office.review();
    let mut reader = Reader::open(&office.folder).unwrap();
    let drop = [(first.0, None)];
    let mut erase = reader.request_reseal(&drop, "person-request", &json!({}), &[6; 32]).unwrap();
    let mut shred = office.shred_request(DataClass::Auth);
    for request in [&mut erase, &mut shred] {
        request.approve(&office.auditor).unwrap();
        request.approve(&office.manager).unwrap();
    }
    let identities = vec![office.holders[1].clone()];
    let later = Timestamp(NOW.0 + 2_000 * Timestamp::DAY);
    office.write(|ledger, now| ledger.reseal(&erase, &Guards::at(later), identities, now)).unwrap();
    office.shred(&shred).unwrap();
    (LedgerIndex(first.0 + 2), run)
}

/// Makes the kept ledgers of version 2 and prints their vectors; run by hand when a new version of the format begins.
#[test]
#[ignore = "writes the kept ledgers; run by hand for a new version of the format"]
#[expect(clippy::disallowed_methods, reason = "kept data, written once")]
fn make_the_kept_ledgers() {
    let (plain, sealed) = (data("ledger-v2"), data("ledger-v2-sealed"));
    assert!(!plain.exists() && !sealed.exists(), "a kept ledger is never overwritten");
    let run = make_plain(&plain);
    let mut office = Office::new();
    let (there, gone) = make_sealed(&mut office);
    copied(&office.folder, &sealed);
    let lines: Vec<String> = office.holders.iter().map(|holder| holder.line().trim().to_owned()).collect();
    std::fs::write(
        data("holders.txt"),
        format!("# Test data: these identities are secrets of nobody\n{}\n", lines.join("\n")),
    )
    .unwrap();
    for folder in [&plain, &sealed] {
        std::fs::remove_file(folder.join("lock")).unwrap();
    }
    let report = checked(&plain, Vec::new());
    assert_eq!(report.failures, []);
    println!("v2 entries = {}\nv2 root = {}", report.entries, hex::encode(report.root));
    let mut reader = Reader::open(&plain).unwrap();
    for key in reader.log_keys().unwrap().all() {
        println!("v2 log key {} = {}", key.number, key.verifier_key);
    }
    println!("v2 run = {}", run.0);
    println!("v2 record 1 = {}", hex::encode(reader.record(cite(run, 1)).unwrap().bytes));
    let report = checked(&sealed, vec![office.holders[0].clone()]);
    assert_eq!(report.failures, []);
    let payloads = (report.payloads.present, report.payloads.withheld, report.payloads.destroyed);
    println!("v2 sealed root = {}\nv2 sealed payloads = {payloads:?}", hex::encode(report.root));
    let mut reader = Reader::open(&sealed).unwrap();
    reader.add_identities(vec![office.holders[0].clone()]);
    let content = String::from_utf8(reader.record(cite(there, 0)).unwrap().bytes).unwrap();
    println!(
        "v2 sealed record = {}\nv2 sealed content = {content}\nv2 sealed destroyed = {}",
        there.0, gone.0
    );
}
