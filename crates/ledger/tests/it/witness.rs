//! Witnesses (LG chapter 10): honest growth is cosigned, forks and rollbacks are refused and kept.

use crate::support::{NOW, genesis, place};
use ledger::{
    AddCheckpoint, EntryKind, Ledger, Policy, Reader, Verdict, Witness, WitnessError, WitnessKey,
    add_cosignatures,
};
use serde_json::json;
use std::path::{Path, PathBuf};

/// A ledger that grew by one entry for each size; its notes.
fn grown(folder: &Path, word: &str, steps: usize) -> Vec<String> {
    let mut ledger = Ledger::create(folder, genesis()).unwrap();
    let stream = ledger.open_stream("s", "file", NOW).unwrap();
    let mut notes = Vec::new();
    for n in 0..steps {
        ledger.append(stream, EntryKind::Record, NOW, &json!({ word: n })).unwrap();
        notes.push(ledger.checkpoint(NOW).unwrap().note);
    }
    notes
}

fn size(note: &str) -> u64 {
    note.lines().nth(1).unwrap().parse().unwrap()
}

fn request(folder: &Path, old: u64, note: &str) -> String {
    let proof = Reader::open(folder).unwrap().consistency(old, size(note)).unwrap();
    AddCheckpoint::new(&proof, note).unwrap().body()
}

fn key(name: &str) -> WitnessKey {
    WitnessKey::new(name, &[name.len() as u8; 32]).unwrap()
}

struct Setting {
    _guard: tempfile::TempDir,
    ledger: PathBuf,
    state: PathBuf,
    log_key: String,
    notes: Vec<String>,
}

fn setting() -> Setting {
    let (guard, ledger) = place();
    let notes = grown(&ledger, "n", 4);
    let state = guard.path().join("witness");
    let log_key = Reader::open(&ledger).unwrap().verifier_key().to_owned();
    Witness::enrol_first(&state, &log_key);
    Setting { _guard: guard, ledger, state, log_key, notes }
}

trait EnrolFirst {
    fn enrol_first(folder: &Path, log_key: &str);
}
impl EnrolFirst for Witness {
    fn enrol_first(folder: &Path, log_key: &str) {
        std::fs::create_dir(folder).unwrap();
        Self::enrol(folder, log_key, None).unwrap();
    }
}

impl Setting {
    fn witness(&self) -> Witness {
        Witness::open(&self.state, key("w1.example.jp"), std::slice::from_ref(&self.log_key)).unwrap()
    }
    fn evidence(&self) -> usize {
        std::fs::read_dir(self.state.join("evidence")).unwrap().count()
    }
}

fn ask(witness: &mut Witness, body: &str) -> Verdict {
    witness.add_checkpoint(body.as_bytes(), NOW).unwrap()
}

/// LG-WIT-01, -02, LF-19: each row of the table of 10.2.
#[test]
fn growth_is_cosigned_and_everything_else_refused() {
    let setting = setting();
    let mut witness = setting.witness();
    let [first, second, third, _] = setting.notes.as_slice() else { panic!() };
    let verdict = ask(&mut witness, &request(&setting.ledger, 0, first));
    assert_eq!((verdict.status, verdict.evidence), (200, None), "{verdict:?}");
    let cosigned = add_cosignatures(first, &verdict.body).unwrap();
    let policy = format!("witness w1 {}\nquorum w1\n", key("w1.example.jp").verifier_key());
    let quorum = Policy::parse(&policy).unwrap().check(&cosigned).unwrap();
    assert_eq!((quorum.met, quorum.signed), (true, vec![("w1".to_owned(), 1_700_000_000)]));

    let stale = ask(&mut witness, &request(&setting.ledger, 0, second));
    assert_eq!(
        (stale.status, stale.body),
        (409, format!("{}\n", size(first))),
        "the witness says what it knows"
    );
    let good = request(&setting.ledger, size(first), second);
    let wrong_proof = good.replacen(good.lines().nth(1).unwrap(), &"A".repeat(43), 1).replacen(
        &"A".repeat(43),
        &format!("{}=", "A".repeat(43)),
        1,
    );
    let table = [
        (400, "nothing".to_owned()),
        (400, good.replacen("old ", "old 0", 1)),
        (400, format!("old 1\n{}\n{first}", "AAAA\n".repeat(64))),
        (404, good.replacen("local/test", "local/other", 1)),
        (
            403,
            good.replacen('\u{2014}', "\u{2014} x AAAAAA==\n\u{2014}", 1)
                .replace("local/test ", "local/tess "),
        ),
        (
            400,
            request(&setting.ledger, size(third), third).replacen(
                &format!("old {}", size(third)),
                "old 99",
                1,
            ),
        ),
        (422, wrong_proof),
    ];
    for (status, body) in table {
        assert_eq!(ask(&mut witness, &body).status, status, "{body}");
    }
    assert_eq!(setting.evidence(), 1, "only the wrong proof was signed by the log and wrong");
    assert_eq!(ask(&mut witness, &good).status, 200);
    // The same head again is cosigned again: a fresh time, nothing else.
    assert_eq!(ask(&mut witness, &request(&setting.ledger, size(second), second)).status, 200);
    drop(witness);
    let kept: Vec<_> = setting.witness().logs().map(|(_, size, _)| size).collect();
    assert_eq!(kept, [size(second)], "the state outlives the process");
}

/// LG-WIT-03, LF-04, LF-20: what contradicts an earlier cosignature is refused for ever and kept.
#[test]
fn forks_and_rollbacks_are_refused_and_kept() {
    let setting = setting();
    let mut witness = setting.witness();
    let [first, _, third, fourth] = setting.notes.as_slice() else { panic!() };
    assert_eq!(ask(&mut witness, &request(&setting.ledger, 0, third)).status, 200);
    let rolled_back = ask(&mut witness, &request(&setting.ledger, size(first), first));
    assert_eq!((rolled_back.status, rolled_back.evidence), (409, Some("rollback")));
    let (_other_guard, other) = place();
    let forked = grown(&other, "m", 4);
    assert_eq!(size(&forked[2]), size(third));
    let fork = ask(&mut witness, &request(&other, size(third), &forked[2]));
    assert_eq!((fork.status, fork.evidence), (409, Some("fork")));
    let fork_grown = ask(&mut witness, &request(&other, size(third), &forked[3]));
    assert_eq!((fork_grown.status, fork_grown.evidence), (422, Some("proof")));
    assert_eq!(setting.evidence(), 3);
    assert_eq!(
        ask(&mut witness, &request(&setting.ledger, size(third), fourth)).status,
        200,
        "the honest log goes on"
    );
}

/// LG-WIT-04: a witness that lost its memory is no witness.
#[test]
fn lost_state_is_not_a_fresh_start() {
    let setting = setting();
    drop(setting.witness());
    for item in std::fs::read_dir(setting.state.join("state")).unwrap() {
        std::fs::remove_file(item.unwrap().path()).unwrap();
    }
    let keys = std::slice::from_ref(&setting.log_key);
    let refused = Witness::open(&setting.state, key("w1.example.jp"), keys).err().unwrap();
    assert!(
        matches!(refused, WitnessError::StateLost { .. }) && refused.to_string().contains("LE-WITNESS-STATE")
    );
    assert!(Witness::enrol(&setting.state, "not a key", None).is_err());
    Witness::enrol(&setting.state, &setting.log_key, Some((3, [1; 32]))).unwrap();
    assert!(Witness::enrol(&setting.state, &setting.log_key, None).is_err(), "only once");
    let mut witness = setting.witness();
    let verdict = ask(&mut witness, &request(&setting.ledger, 0, &setting.notes[3]));
    assert_eq!((verdict.status, verdict.body.as_str()), (409, "3\n"));
}

/// LG-WIT-08, -09, LG-CHK-03: groups count, and a known key may sign once.
#[test]
fn policies_count_and_fail_closed() {
    let setting = setting();
    let note = &setting.notes[0];
    let names = ["w1.example.jp", "w2.example.jp/x", "w3.example.jp/xy"];
    let mut text = format!("# who has to agree\nlog {}\n", setting.log_key);
    for (number, name) in names.iter().enumerate() {
        text.push_str(&format!(
            "witness w{number} {} http://127.0.0.1:{number}/\n",
            key(name).verifier_key()
        ));
    }
    let with = |rest: &str| Policy::parse(&format!("{text}{rest}"));
    let policy = with("group two 2 w0 w1 w2\ngroup both all two w2\nquorum both\n").unwrap();
    assert_eq!(policy.witnesses[1].url.as_deref(), Some("http://127.0.0.1:1/"));
    let line = |name: &str| {
        let state = setting.state.with_extension(name.len().to_string());
        Witness::enrol_first(&state, &setting.log_key);
        let mut witness = Witness::open(&state, key(name), std::slice::from_ref(&setting.log_key)).unwrap();
        ask(&mut witness, &request(&setting.ledger, 0, note)).body
    };
    let lines: Vec<String> = names.iter().map(|name| line(name)).collect();
    let signed = |places: &[usize]| {
        let lines: String = places.iter().map(|place| lines[*place].as_str()).collect();
        if lines.is_empty() { note.clone() } else { add_cosignatures(note, &lines).unwrap() }
    };
    let met = |places: &[usize]| policy.check(&signed(places)).unwrap().met;
    assert!(!met(&[]) && !met(&[0]) && !met(&[0, 1]) && !met(&[2]));
    assert!(met(&[0, 2]) && met(&[1, 2]) && met(&[0, 1, 2]));
    // Added again it takes the place of the older; twice in one note it is refused.
    let again = add_cosignatures(&signed(&[0]), &lines[0]).unwrap();
    assert_eq!(again, signed(&[0]));
    assert!(policy.check(&format!("{}{}", signed(&[0]), lines[0])).is_err());
    let mut broken = signed(&[0]);
    let at = broken.rfind(' ').unwrap() + 20;
    broken.replace_range(at..=at, if broken.as_bytes()[at] == b'A' { "B" } else { "A" });
    assert!(policy.check(&broken).is_err(), "a wrong signature of a known key is no missing one");
    assert!(with("quorum none\n").unwrap().is_none());
    assert!(!with("quorum none\n").unwrap().check(&signed(&[0, 1, 2])).unwrap().met);
    for wrong in [
        "",
        "quorum w9\n",
        "quorum w0\nquorum w1\n",
        "group g 4 w0 w1\nquorum g\n",
        "group g 0 w0\nquorum g\n",
        "group w0 any w1\nquorum w0\n",
        "group none any w1\nquorum none\n",
        "quorum\n",
        "witness w7 x\nquorum none\n",
        "group g any\nquorum g\n",
    ] {
        assert!(with(wrong).is_err(), "{wrong:?}");
    }
}

/// LG-WIT-09, LF-03: with a policy the quorum decides, and a copy put back to an earlier state is told.
#[test]
fn verification_follows_the_policy() {
    use ledger::{Code, VerifyOptions, verify};
    let setting = setting();
    let mut witness = setting.witness();
    let newest = setting.notes.last().unwrap();
    let policy =
        Policy::parse(&format!("witness w1 {}\nquorum w1\n", key("w1.example.jp").verifier_key())).unwrap();
    let options = VerifyOptions { policy: Some(policy), ..VerifyOptions::default() };
    let codes = |folder: &Path| -> Vec<Code> {
        verify(folder, &options).unwrap().failures.iter().map(|failure| failure.code).collect()
    };
    assert_eq!(codes(&setting.ledger), [Code::Quorum]);
    let verdict = ask(&mut witness, &request(&setting.ledger, 0, newest));
    let cosigned = add_cosignatures(newest, &verdict.body).unwrap();
    crate::support::overwrite(&setting.ledger.join("checkpoint"), cosigned.as_bytes());
    let report = verify(&setting.ledger, &options).unwrap();
    assert_eq!(
        (report.failures.as_slice(), report.witnessed),
        (&[][..], Some((size(newest), vec!["w1".to_owned()])))
    );
    assert!(
        report.warnings.iter().all(|warning| warning.code != Code::TailUnproven),
        "{:?}",
        report.warnings
    );
    // The earlier state is sound in itself; what the witness signed shows that it is not the newest.
    let (_other_guard, earlier) = place();
    grown(&earlier, "n", 2);
    let heads = vec![("witness".to_owned(), cosigned)];
    let report = verify(&earlier, &VerifyOptions { heads, ..VerifyOptions::default() }).unwrap();
    assert_eq!(report.failures.iter().map(|one| one.code).collect::<Vec<_>>(), [Code::Trunc]);
}
