//! Freeze, exports and what an audit tells of sources (LG 17, 18.1, LG-RED-06, LG-SHR-03).

use crate::governing::Office;
use crate::sealing::{options, sealed};
use crate::support::{NOW, genesis, place, resume, small};
use ledger::{
    Code, EntryKind, Error, Export, Freeze, GapCause, Guards, Ledger, PersonKey, Reader,
    SILENCE_MICROS_DEFAULT, Scope, VerifyOptions, verify,
};
use serde_json::{Value, json};
use vocab::Timestamp;

fn freeze<'a>(person: Option<&'a PersonKey>, recognised: Timestamp) -> Freeze<'a> {
    let behind = json!([{ "name": "auth.log", "why": "unreachable" }]);
    Freeze { case: "R8-15", recognised, scope: None, person, behind, nonce: [9; 32] }
}

/// LG-FRZ-01 to -03: a head, a hold and an entry, with the time since the recognition and what could not be taken in.
#[test]
fn a_freeze_keeps_the_state_and_stops_destruction() {
    let mut office = Office::new();
    office.review();
    let manager = PersonKey::from_seed(&[12; 32]);
    let before = Reader::open(&office.folder).unwrap().size();
    let recognised = |now: Timestamp| Timestamp(now.0 - 90 * Timestamp::SECOND);
    let frozen =
        office.write(|ledger, now| ledger.freeze(&freeze(Some(&manager), recognised(now)), now)).unwrap();
    assert_eq!((frozen.number, frozen.hold, frozen.after_micros), (1, Some(1), 90 * Timestamp::SECOND));
    assert!(frozen.head.size > before, "what waited and the seal of the epoch are under the head");
    assert!(office.verify().failures.is_empty());
    // Everything under the head is held.
    let plans = office.plans(ledger::DataClass::Auth);
    assert!(plans.iter().all(|plan| plan.against.iter().any(|one| one.code == "LE-HELD")), "{plans:?}");
    let mut reader = Reader::open(&office.folder).unwrap();
    reader.add_identities(vec![office.holders[1].clone()]);
    let facts = reader.audit(Timestamp(i64::MAX / 2), SILENCE_MICROS_DEFAULT).unwrap();
    assert_eq!(facts.freezes[0].head, (frozen.head.size, frozen.head.root));
    assert_eq!((facts.freezes[0].index, facts.freezes[0].hold), (frozen.index.0, Some(1)));
    let view = reader.record(crate::support::cite(frozen.index, 0)).unwrap();
    let private: Value = serde_json::from_slice(&view.bytes).unwrap();
    assert_eq!(private["after_micros"], 90 * Timestamp::SECOND);
    assert_eq!((&private["case"], &private["behind"][0]["name"]), (&json!("R8-15"), &json!("auth.log")));
    // The public body names nobody.
    let entry = reader.entry(frozen.index).unwrap();
    let body = String::from_utf8(entry.body).unwrap();
    assert!(!body.contains("R8-15") && !body.contains("auth.log"), "{body}");
}

/// LG-FRZ-02: one person is enough, but one whom the policy lists; nothing is written otherwise.
#[test]
fn a_freeze_is_signed_by_a_listed_person() {
    let mut office = Office::new();
    let stranger = PersonKey::from_seed(&[99; 32]);
    for person in [None, Some(&stranger)] {
        let done = office.write(|ledger, now| {
            let before = ledger.size();
            let done = ledger.freeze(&freeze(person, now), now);
            assert_eq!(ledger.size(), before);
            done
        });
        assert!(matches!(done, Err(Error::Approval(_))), "{done:?}");
    }
    let future = office.write(|ledger, now| ledger.freeze(&freeze(Some(&stranger), now.plus(1)), now));
    assert!(matches!(future, Err(Error::Policy(_))));
    let scope = Scope { streams: vec![1], ..Scope::default() };
    let auditor = PersonKey::from_seed(&[11; 32]);
    let narrow = office
        .write(|ledger, now| {
            ledger.freeze(&Freeze { scope: Some(scope.clone()), ..freeze(Some(&auditor), now) }, now)
        })
        .unwrap();
    let governance = Reader::open(&office.folder).unwrap().governance().unwrap();
    assert_eq!(governance.holds[&narrow.hold.unwrap()].scope, scope);
}

/// A ledger without a policy can destroy nothing: the freeze is a head and an entry.
#[test]
fn a_ledger_without_policy_is_frozen_too() {
    let (_guard, folder) = place();
    small(&folder);
    let (mut ledger, _) = Ledger::open(&folder, &resume(1)).unwrap();
    let frozen = ledger.freeze(&freeze(None, NOW.plus(1)), NOW.plus(20)).unwrap();
    assert_eq!((frozen.number, frozen.hold, frozen.after_micros), (1, None, 19));
    let again = ledger.freeze(&freeze(None, NOW), NOW.plus(21)).unwrap();
    assert_eq!(again.number, 2);
    ledger.close(NOW.plus(22)).unwrap();
    assert_eq!(verify(&folder, &VerifyOptions::default()).unwrap().failures, []);
}

/// LG-VER-01: a freeze that names another head than the log had is named.
#[test]
fn a_forged_freeze_is_found() {
    let (_guard, folder) = place();
    // The writer itself lies: same shape, other root.
    let mut other = genesis();
    other.origin = "local/other".to_owned();
    let mut ledger = Ledger::create(&folder, other).unwrap();
    let frozen = ledger.freeze(&freeze(None, NOW), NOW.plus(5)).unwrap();
    ledger.close(NOW.plus(6)).unwrap();
    assert_eq!(verify(&folder, &VerifyOptions::default()).unwrap().failures, []);
    let mut reader = Reader::open(&folder).unwrap();
    let entry = reader.entry(frozen.index).unwrap();
    assert_eq!(entry.kind, EntryKind::Freeze);
    // A changed root in the entry breaks the tree, as every change does.
    let segment = folder.join("segments/00000000000000000000.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    let body = entry.body.clone();
    let at = bytes.windows(body.len()).position(|part| part == body).unwrap();
    let root = body.windows(8).position(|part| part == b"\"root\":\"").unwrap() + 8;
    bytes[at + root] = if bytes[at + root] == b'A' { b'B' } else { b'A' };
    crate::support::overwrite(&segment, &bytes);
    let codes: Vec<Code> =
        verify(&folder, &VerifyOptions::default()).unwrap().failures.iter().map(|one| one.code).collect();
    assert!(codes.contains(&Code::Root), "{codes:?}");
}

/// LG-RED-06, LG-SHR-03: what was handed out is an entry, and is listed before anything is destroyed.
#[test]
fn what_left_the_system_is_listed() {
    let (_guard, folder) = place();
    let holders = crate::sealing::holders();
    let (run, first) = sealed(&folder, &holders);
    let (mut ledger, _) = Ledger::open(&folder, &resume(2)).unwrap();
    ledger.seal_with(options(&holders, 2)).unwrap();
    let now = NOW.plus(30);
    let private = json!({ "case": "R8-15", "recipient": "県警察サイバー犯罪対策課", "indices": [run.0] });
    let export = Export {
        what: "extract",
        purpose: "police",
        digest: [5; 32],
        range: (run.0, run.0),
        entries: 1,
        private: &private,
    };
    let entered = ledger.record_export(&export, now).unwrap();
    for wrong in [
        Export { purpose: "test", ..export.clone() },
        Export { what: "An Extract", ..export.clone() },
        Export { range: (5, 4), ..export.clone() },
        Export { range: (0, 1 << 40), ..export.clone() },
    ] {
        assert!(ledger.record_export(&wrong, now).is_err(), "{wrong:?}");
    }
    ledger.record_read("audit", "R8-2", &json!({ "indices": [first.0] }), now).unwrap();
    ledger.close(now.plus(1)).unwrap();
    assert_eq!(verify(&folder, &VerifyOptions::default()).unwrap().failures, []);
    let mut reader = Reader::open(&folder).unwrap();
    let blind = reader.disclosures((run.0, run.0)).unwrap();
    assert_eq!((blind.exports.len(), blind.reads.len(), blind.sealed_reads), (1, 0, 1));
    assert_eq!((blind.exports[0].index, &blind.exports[0].content), (entered.0, &None));
    reader.add_identities(vec![holders[0].clone()]);
    let seen = reader.disclosures((run.0, run.0)).unwrap();
    assert_eq!(
        (seen.exports.len(), seen.reads.len(), seen.sealed_reads),
        (1, 0, 0),
        "the read was of another entry"
    );
    assert_eq!(seen.exports[0].content.as_ref().unwrap()["case"], "R8-15");
    let other = reader.disclosures((first.0, first.0)).unwrap();
    assert_eq!((other.exports.len(), other.reads.len()), (0, 1));
    // Bodies name nobody.
    let body = reader.entry(entered).unwrap().body;
    assert!(!String::from_utf8(body).unwrap().contains("R8-15"));
    let _ = reader.key_plans(&Guards::at(now)).unwrap();
}

/// Issue item 6, LG-HBT-04, LG-ENT-05: gaps and silence by source, with names where a key is at hand, and steps of the clock.
#[test]
fn an_audit_tells_gaps_silence_and_steps_by_source() {
    let (_guard, folder) = place();
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    let at = |hours: i64| Timestamp(NOW.0 + hours * Timestamp::HOUR);
    let quiet = ledger.open_stream("/var/log/quiet.log", "follow", NOW).unwrap();
    let busy = ledger.open_stream("/var/log/busy.log", "follow", NOW).unwrap();
    for hour in 0..48 {
        ledger.append(busy, EntryKind::Record, at(hour), &json!({ "hour": hour })).unwrap();
        if [0, 5, 20, 21].contains(&hour) {
            ledger.append(quiet, EntryKind::Record, at(hour), &json!({ "hour": hour })).unwrap();
        }
    }
    ledger.append_gap(quiet, GapCause::SourceHole, (at(5), at(20)), at(47)).unwrap();
    ledger.record_clock_step(at(47), at(47).plus(5 * Timestamp::SECOND)).unwrap();
    let end = ledger.checkpoint(at(48)).unwrap();
    ledger.rest(at(48)).unwrap();
    let mut reader = Reader::open(&folder).unwrap();
    let facts = reader.audit(at(50), SILENCE_MICROS_DEFAULT).unwrap();
    assert!(facts.size > end.size);
    let of =
        |stream: ledger::StreamId| facts.streams.iter().find(|one| one.stream == stream.number()).unwrap();
    let spans: Vec<(Timestamp, Timestamp, bool)> =
        of(quiet).silences.iter().map(|one| (one.from, one.to, one.lasts)).collect();
    // The gap entry of hour 47 belongs to the stream as well.
    assert_eq!(spans, [(at(5), at(20), false), (at(21), at(47), false)]);
    assert_eq!((of(quiet).name.as_deref(), of(quiet).gaps), (Some("/var/log/quiet.log"), 1));
    assert_eq!((of(busy).silences_count, of(busy).gaps), (0, 0));
    let later = reader.audit(at(100), SILENCE_MICROS_DEFAULT).unwrap();
    let lasting = |one: &&ledger::StreamFacts| one.silences.last().is_some_and(|last| last.lasts);
    assert_eq!(later.streams.iter().filter(lasting).count(), 2, "both are silent up to now");
    assert_eq!(
        (facts.gaps.len(), facts.gaps[0].cause.as_str(), facts.gaps[0].span),
        (1, "source-hole", (at(5), at(20)))
    );
    let steps: Vec<&Value> = facts.breaks.iter().map(|one| &one.body["source"]).collect();
    assert_eq!(steps, ["monotonic"]);
    assert_eq!(verify(&folder, &VerifyOptions::default()).unwrap().failures, []);
}
