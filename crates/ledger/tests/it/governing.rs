//! ContentPolicy, reviews, holds, destruction by two people, and what the verifier says of it (LG chapters 15 and 17).

use crate::sealing::{holders, holds, options, sealed};
use crate::support::{NOW, cite, files, place, resume};
use ledger::{
    Choice, Code, ContentPolicy, DataClass, Error, Guards, Identity, KeyPlan, Ledger, Person, PersonKey,
    Reader, Request, Resume, SILENCE_MICROS_DEFAULT, Scope, VerifyOptions, VerifyReport, verify,
};
use serde_json::json;
use std::path::{Path, PathBuf};
use vocab::{LedgerIndex, Timestamp};

const DAY: i64 = 86_400 * Timestamp::SECOND;

/// Later than every period of days in the policy.
const LATER: Timestamp = Timestamp(NOW.0 + 2_000 * DAY);

pub(crate) struct Office {
    _guard: tempfile::TempDir,
    pub(crate) folder: PathBuf,
    pub(crate) holders: [Identity; 2],
    pub(crate) auditor: PersonKey,
    pub(crate) manager: PersonKey,
    run: LedgerIndex,
    first: LedgerIndex,
    session: u8,
}

impl Office {
    /// A sealed ledger with a policy that lists two people.
    pub(crate) fn new() -> Self {
        let (guard, folder) = place();
        let holders = holders();
        let (run, first) = sealed(&folder, &holders);
        let (auditor, manager) = (PersonKey::from_seed(&[11; 32]), PersonKey::from_seed(&[12; 32]));
        let mut office = Self { _guard: guard, folder, holders, auditor, manager, run, first, session: 20 };
        let people = [(&office.auditor, "auditor"), (&office.manager, "crisis-manager")]
            .map(|(key, role)| Person { key: key.public(), role: role.to_owned() });
        let policy = ContentPolicy { people: people.into(), ..ContentPolicy::default() };
        let request =
            Request::policy(&office.id(), &policy, None, &json!({"names": {"a": "suzuki.taro"}}), &[1; 32])
                .unwrap();
        office.write(|ledger, now| ledger.enact(&request, now)).unwrap();
        office
    }

    pub(crate) fn id(&self) -> ledger::Hash {
        Reader::open(&self.folder).unwrap().id()
    }

    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Ledger, Timestamp) -> ledger::Result<T>,
    ) -> ledger::Result<T> {
        self.session += 1;
        let (mut ledger, _) =
            Ledger::open(&self.folder, &Resume { now: LATER, ..resume(self.session) }).unwrap();
        ledger.seal_with(options(&self.holders, self.session)).unwrap();
        let result = work(&mut ledger, LATER);
        ledger.close(LATER).unwrap();
        result
    }

    /// The run of class `auth`, and the first entry of the case.
    pub(crate) const fn indices(&self) -> (LedgerIndex, LedgerIndex) {
        (self.run, self.first)
    }

    pub(crate) fn review(&mut self) -> LedgerIndex {
        let size = Reader::open(&self.folder).unwrap().size();
        let mut request =
            Request::review(&self.id(), (0, size - 1), "clean", &json!({"looked_at": "all"}), &[2; 32])
                .unwrap();
        request.approve(&self.auditor).unwrap();
        self.write(|ledger, now| ledger.enact(&request, now)).unwrap()
    }

    pub(crate) fn plans(&self, class: DataClass) -> Vec<KeyPlan> {
        let mut reader = Reader::open(&self.folder).unwrap();
        let plans = reader.key_plans(&Guards::at(LATER)).unwrap();
        plans.into_iter().filter(|plan| plan.class == class).collect()
    }

    pub(crate) fn shred_request(&self, class: DataClass) -> Request {
        let mut reader = Reader::open(&self.folder).unwrap();
        reader
            .request_shred(&self.plans(class), "policy", &json!({"reason": "period over"}), &[3; 32])
            .unwrap()
    }

    pub(crate) fn shred(&mut self, request: &Request) -> ledger::Result<ledger::Destroyed> {
        let guards = Guards::at(LATER);
        self.write(|ledger, now| ledger.shred(request, &guards, now))
    }

    pub(crate) fn verify(&self) -> VerifyReport {
        let options = VerifyOptions { identities: vec![self.holders[0].clone()], ..VerifyOptions::default() };
        verify(&self.folder, &options).unwrap()
    }
}

fn against(plans: &[KeyPlan]) -> Vec<&'static str> {
    plans.iter().flat_map(|plan| &plan.against).map(|one| one.code).collect()
}

fn copies(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    files(folder).into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// LF-14, LG-SHR-01, LG-SHR-02, LG-RET-01: the whole way of a destruction.
#[test]
fn destruction_leaves_proofs_and_nothing_else() {
    let mut office = Office::new();
    let mut reader = Reader::open(&office.folder).unwrap();
    reader.add_identities(vec![office.holders[0].clone()]);
    let key = reader.verifier_key().to_owned();
    let opening = reader.opening(office.run, &Choice::All).unwrap();
    assert_eq!(opening.check(Some(&key)), Ok(()));
    let salt = ledger_salt(&opening);
    assert_eq!(against(&office.plans(DataClass::Auth)), ["LE-REVIEW"]);
    let mut request = office.shred_request(DataClass::Auth);
    assert!(matches!(office.shred(&request), Err(Error::Blocked { code: "LE-REVIEW", .. })));
    office.review();
    assert_eq!(against(&office.plans(DataClass::Auth)), [""; 0]);
    assert_eq!(against(&office.plans(DataClass::Ledger)), ["LE-POLICY"], "kept for ever");
    // The request names the review that allows it, so it is made again.
    request = office.shred_request(DataClass::Auth);
    request.approve(&office.auditor).unwrap();
    assert!(matches!(office.shred(&request), Err(Error::Approval(_))), "one person is not enough");
    assert!(matches!(request.approve(&office.auditor), Err(Error::Approval(_))), "nor the same one twice");
    request.approve(&PersonKey::from_seed(&[99; 32])).unwrap();
    assert!(matches!(office.shred(&request), Err(Error::Approval(_))), "nor one who is not listed");
    request.approvals.pop();
    request.approve(&office.manager).unwrap();
    let id = office.plans(DataClass::Auth)[0].key;
    let before = office.verify();
    let done = office.shred(&request).unwrap();
    assert_eq!((done.blocks, before.payloads.destroyed), (1, 0));

    let report = office.verify();
    assert_eq!(report.failures, []);
    assert_eq!((report.payloads.destroyed, report.payloads.withheld), (1, 0));
    assert!(!office.folder.join(format!("keys/{id}.age")).exists());
    for secret in [b"suzuki.taro logged".as_slice(), &salt] {
        assert!(!holds(&office.folder, secret), "nothing of it is in any file");
    }
    let mut reader = Reader::open(&office.folder).unwrap();
    reader.add_identities(vec![office.holders[0].clone()]);
    reader.use_online_copy(&[7; 32]).unwrap();
    assert!(matches!(reader.record(cite(office.run, 0)), Err(Error::Destroyed { .. })));
    let destruction = reader.governance().unwrap().destructions.pop().unwrap();
    assert_eq!(
        (destruction.index, destruction.by.len(), destruction.basis.as_str()),
        (done.index.0, 2, "policy")
    );
    assert_eq!(opening.check(Some(&key)), Ok(()), "what left the system before still proves itself");
    office.shred(&request).unwrap_err();
}

fn ledger_salt(opening: &ledger::Opening) -> Vec<u8> {
    use base64::Engine as _;
    let salt = &opening.run.as_ref().unwrap().records[0].salt;
    base64::engine::general_purpose::STANDARD.decode(salt).unwrap()
}

/// LG-SHR-02: blocks that vanish without an entry, or other blocks than it says, are tampering.
#[test]
#[expect(clippy::disallowed_methods, reason = "damage on purpose")]
fn a_forged_tombstone_is_missing() {
    let mut office = Office::new();
    let intact = copies(&office.folder);
    office.review();
    let mut request = office.shred_request(DataClass::Auth);
    request.approve(&office.auditor).unwrap();
    request.approve(&office.manager).unwrap();
    office.shred(&request).unwrap();
    // The tombstone of the shredded ledger, in the ledger from before: nobody said so.
    let segment = office.folder.join("segments/00000000000000000000.seg");
    let shredded = std::fs::read(&segment).unwrap();
    for (path, bytes) in &intact {
        std::fs::write(path, bytes).unwrap();
    }
    for name in ["checkpoint", "checkpoints"] {
        let path = office.folder.join(name);
        if path.is_dir() {
            for kept in std::fs::read_dir(&path).unwrap() {
                let kept = kept.unwrap().path();
                if !intact.iter().any(|(path, _)| *path == kept) {
                    std::fs::remove_file(kept).unwrap();
                }
            }
        }
    }
    let length = intact.iter().find(|(path, _)| *path == segment).unwrap().1.len();
    std::fs::write(&segment, &shredded[..length]).unwrap();
    let codes: Vec<Code> = office.verify().failures.iter().map(|failure| failure.code).collect();
    assert_eq!(codes, [Code::Missing]);
}

/// LG-HLD-01 to LG-HLD-03.
#[test]
fn a_hold_stops_destruction_until_two_people_release_it() {
    let mut office = Office::new();
    office.review();
    let id = office.id();
    let scope = Scope { streams: vec![1], ..Scope::default() };
    let mut hold = Request::hold(&id, 1, &scope, "incident", &json!({"case": "R8-1"}), &[4; 32]).unwrap();
    assert!(
        matches!(office.write(|ledger, now| ledger.enact(&hold, now)), Err(Error::Approval(_))),
        "unsigned"
    );
    hold.approve(&office.manager).unwrap();
    office.write(|ledger, now| ledger.enact(&hold, now)).unwrap();
    assert_eq!(against(&office.plans(DataClass::Auth)), ["LE-HELD"]);
    assert!(!against(&office.plans(DataClass::Case)).contains(&"LE-HELD"));
    let mut request = office.shred_request(DataClass::Auth);
    request.approve(&office.auditor).unwrap();
    request.approve(&office.manager).unwrap();
    assert!(matches!(office.shred(&request), Err(Error::Blocked { code: "LE-HELD", .. })));
    let mut release =
        Request::release(&id, 1, "case-closed", &json!({"reason": "settled"}), &[5; 32]).unwrap();
    release.approve(&office.manager).unwrap();
    assert!(matches!(office.write(|ledger, now| ledger.enact(&release, now)), Err(Error::Approval(_))));
    release.approve(&office.auditor).unwrap();
    office.write(|ledger, now| ledger.enact(&release, now)).unwrap();
    assert_eq!(against(&office.plans(DataClass::Auth)), [""; 0]);
    assert!(office.write(|ledger, now| ledger.enact(&release, now)).is_err(), "a hold is released once");
    assert_eq!(office.verify().failures, []);
    let cited = Guards { cited: vec![(office.run.0, office.run.0)], ..Guards::at(LATER) };
    let blocked = office.write(|ledger, now| ledger.shred(&request, &cited, now));
    assert!(matches!(blocked, Err(Error::Blocked { code: "LE-CITED", .. })));
}

/// LG-RSL-01, LG-RSL-02: one record of a run and one entry go, everything else stays and still proves itself.
#[test]
fn single_records_are_erased_and_the_rest_still_fits() {
    let mut office = Office::new();
    let (run, first) = (office.run, office.first);
    let key = Reader::open(&office.folder).unwrap().verifier_key().to_owned();
    let erase = |office: &mut Office, drop: &[(u64, Option<u32>)]| {
        let mut reader = Reader::open(&office.folder).unwrap();
        let mut request =
            reader.request_reseal(drop, "person-request", &json!({"case": "R8-2"}), &[6; 32]).unwrap();
        request.approve(&office.auditor).unwrap();
        request.approve(&office.manager).unwrap();
        let (guards, identities) = (Guards::at(LATER), vec![office.holders[1].clone()]);
        office.write(|ledger, now| ledger.reseal(&request, &guards, identities, now)).unwrap()
    };
    erase(&mut office, &[(run.0, Some(0))]);
    erase(&mut office, &[(first.0, None)]);
    let report = office.verify();
    assert_eq!(report.failures, []);
    assert_eq!(
        (report.payloads.destroyed, report.payloads.withheld),
        (1, 0),
        "the run is still there in part"
    );
    let mut reader = Reader::open(&office.folder).unwrap();
    reader.add_identities(vec![office.holders[0].clone()]);
    assert!(matches!(reader.record(cite(run, 0)), Err(Error::Destroyed { .. })));
    assert!(matches!(reader.record(cite(first, 0)), Err(Error::Destroyed { .. })));
    let view = reader.record(cite(run, 1)).unwrap();
    assert_eq!((view.bytes.as_slice(), &*view.file, view.line), (b"second".as_slice(), "auth.log", 2));
    let later = LedgerIndex(first.0 + 3);
    assert_eq!(
        reader.record(cite(LedgerIndex(first.0 + 2), 0)).unwrap().bytes,
        br#"{"password":"hunter2hunter2"}"#
    );
    let opened: Vec<_> = [(run, Choice::All), (run, Choice::Records(vec![2])), (first, Choice::All)]
        .into_iter()
        .map(|(index, choice)| reader.opening(index, &choice).map(|opening| opening.check(Some(&key))))
        .collect();
    assert!(
        matches!(opened.as_slice(), [Ok(Ok(())), Ok(Ok(())), Err(Error::Destroyed { .. })]),
        "{opened:?}"
    );
    assert!(reader.record(cite(later, 0)).is_ok());
    // Erasing again what was written again.
    erase(&mut office, &[(run.0, Some(1))]);
    assert_eq!(office.verify().failures, []);
    let mut reader = Reader::open(&office.folder).unwrap();
    reader.add_identities(vec![office.holders[0].clone()]);
    assert!(matches!(reader.record(cite(run, 1)), Err(Error::Destroyed { .. })));
    assert!(reader.record(cite(run, 2)).is_ok());
}

/// A stop in the middle of overwriting is made good when the ledger is opened again.
#[test]
#[expect(clippy::disallowed_methods, reason = "a stop in the middle, made by hand")]
fn an_interrupted_destruction_is_completed() {
    let mut office = Office::new();
    office.review();
    let before = copies(&office.folder);
    let mut request = office.shred_request(DataClass::Auth);
    request.approve(&office.auditor).unwrap();
    request.approve(&office.manager).unwrap();
    office.shred(&request).unwrap();
    let segment = office.folder.join("segments/00000000000000000000.seg");
    let whole = std::fs::read(&segment).unwrap();
    let old = &before.iter().find(|(path, _)| *path == segment).unwrap().1;
    // The bytes that differ in the old part are the block and the checksum of its frame.
    let differ: Vec<usize> = (0..old.len()).filter(|place| old[*place] != whole[*place]).collect();
    let (start, end) = (differ[0] - 70, differ[differ.len() - 1]);
    let digest = <sha2::Sha256 as sha2::Digest>::digest(&old[start..start + 104 + stored(&old[start..])]);
    let frame = (88..start).rev().find(|at| old[*at..].starts_with(b"SKFRM")).unwrap();
    let mut graves = b"SKGRV\0\0\x01".to_vec();
    for number in [0, frame as u64, start as u64, 104 + stored(&old[start..]) as u64] {
        graves.extend(number.to_be_bytes());
    }
    graves.extend(digest);
    for cut in [start + 1, start + 80, start + 110, start + 300, end] {
        let torn = [&whole[..cut], &old[cut..], &whole[old.len()..]].concat();
        std::fs::write(&segment, torn).unwrap();
        std::fs::write(office.folder.join("keys/graves"), &graves).unwrap();
        office.write(|_, _| Ok(())).unwrap();
        assert_eq!(std::fs::read(&segment).unwrap()[..whole.len()], whole, "cut at {cut}");
        assert!(!office.folder.join("keys/graves").exists());
        std::fs::write(&segment, &whole).unwrap();
        break_off(&office.folder, whole.len());
    }
}

fn stored(block: &[u8]) -> usize {
    u32::from_be_bytes(block[96..100].try_into().unwrap()) as usize
}

/// Takes the checkpoints of later sessions away, so that the segment can be put back.
fn break_off(folder: &Path, _length: usize) {
    let size = Reader::open(folder).unwrap().size();
    for item in std::fs::read_dir(folder.join("checkpoints")).unwrap() {
        let path = item.unwrap().path();
        let kept: u64 = path.file_name().unwrap().to_string_lossy().parse().unwrap_or(0);
        if kept > size {
            std::fs::remove_file(path).unwrap();
        }
    }
    std::fs::copy(folder.join("checkpoints").join(size.to_string()), folder.join("checkpoint")).unwrap();
}

/// LF-15, LG-RED-01 to LG-RED-04: a copy that names nobody, verifies to the same root, and discloses what was chosen.
#[test]
#[expect(clippy::disallowed_methods, reason = "damage on purpose")]
fn a_redacted_copy_names_nobody_and_verifies_to_the_same_root() {
    let (_guard, folder) = place();
    let holders = holders();
    let (run, first) = sealed(&folder, &holders);
    let plain = folder.with_file_name("plain");
    let plain_run = crate::support::small(&plain);
    let mut reader = Reader::open(&folder).unwrap();
    reader.add_identities(vec![holders[0].clone()]);
    let chosen = [(run, Choice::Records(vec![1])), (first, Choice::Parts(vec!["op".to_owned()]))];
    let openings: Vec<_> =
        chosen.iter().map(|(index, choice)| reader.opening(*index, choice).unwrap()).collect();
    let copy = folder.with_file_name("copy");
    let made = ledger::redact(&folder, &copy, &openings).unwrap();
    assert_eq!(made.openings, 2);
    for needle in [b"suzuki".as_slice(), b"203.0.113.77", b"hunter2", b"auth.log"] {
        assert!(!holds(&copy, needle));
    }
    let (original, report) = (
        verify(&folder, &VerifyOptions::default()).unwrap(),
        verify(&copy, &VerifyOptions::default()).unwrap(),
    );
    assert_eq!(
        (report.failures.as_slice(), report.root, report.checkpoint),
        ([].as_slice(), original.root, original.checkpoint)
    );
    assert_eq!((report.payloads.present, report.payloads.withheld), (2, original.payloads.withheld - 2));
    assert!(report.redacted && report.warnings.iter().any(|warning| warning.code == Code::Redacted));
    let mut copied = Reader::open(&copy).unwrap();
    assert!(matches!(copied.record(cite(run, 0)), Err(Error::Withheld { .. })));
    assert!(Ledger::open(&copy, &resume(50)).is_err());
    // A plain ledger can be given away the same way.
    let other = folder.with_file_name("other");
    let opening = Reader::open(&plain).unwrap().opening(plain_run, &Choice::Records(vec![2])).unwrap();
    ledger::redact(&plain, &other, &[opening]).unwrap();
    assert!(!holds(&other, b"auth.log"));
    assert_eq!(verify(&other, &VerifyOptions::default()).unwrap().failures, []);
    // A changed opening is found; without the mark the missing payloads are.
    let document = copy.join(format!("openings/{}.json", first.0));
    let text = std::fs::read_to_string(&document).unwrap();
    std::fs::write(&document, text.replacen("open", "shut", 1)).unwrap();
    let codes = |folder: &Path| -> Vec<Code> {
        verify(folder, &VerifyOptions::default())
            .unwrap()
            .failures
            .iter()
            .map(|failure| failure.code)
            .collect()
    };
    assert_eq!(codes(&copy), [Code::Commit]);
    std::fs::remove_file(copy.join("redacted")).unwrap();
    assert!(codes(&copy).contains(&Code::Missing));
}

/// LG-RED-02: nothing that is sent can test a guess of what is withheld.
#[test]
fn guesses_of_withheld_values_have_nothing_to_succeed_against() {
    let (_guard, folder) = place();
    let holders = holders();
    let (run, first) = sealed(&folder, &holders);
    let mut reader = Reader::open(&folder).unwrap();
    reader.add_identities(vec![holders[0].clone()]);
    for (index, choice) in [(first, Choice::Parts(vec!["op".to_owned()])), (run, Choice::Records(vec![1]))] {
        let text = serde_json::to_string(&reader.opening(index, &choice).unwrap()).unwrap();
        let opening: ledger::Opening = serde_json::from_str(&text).unwrap();
        assert_eq!((opening.check(None), opening.disclosed()), (Ok(()), 1));
        let salts = text.matches("\"salt\"").count();
        assert_eq!(salts, 1, "no salt of what is withheld");
        // A wider disclosure of the same entry verifies too, a narrower choice of it as well (LG-RED-04).
        assert_eq!(reader.opening(index, &Choice::All).unwrap().check(None), Ok(()));
    }
}

/// LG-AUD-01, LG-AUD-03, LG-AUD-04.
#[test]
fn reviews_and_reads_are_entries_with_rules() {
    let mut office = Office::new();
    let reviewed = office.review();
    let mut reader = Reader::open(&office.folder).unwrap();
    let governance = reader.governance().unwrap();
    assert_eq!(governance.reviews[0].index, reviewed.0);
    assert_eq!(governance.reviews[0].due, Timestamp(LATER.0 + 90 * DAY));
    assert_eq!(governance.policy.as_ref().unwrap().1.role(office.auditor.reference()), Some("auditor"));
    let what = json!({"indices": [1]});
    for (purpose, case) in [("test", "R8-1"), ("", "R8-1"), ("audit", " ")] {
        let refused = office.write(|ledger, now| ledger.record_read(purpose, case, &what, now));
        assert!(matches!(refused, Err(Error::Purpose { .. })), "{purpose:?}");
    }
    office.write(|ledger, now| ledger.record_read("audit", "R8-1", &what, now)).unwrap();
    reader = Reader::open(&office.folder).unwrap();
    let facts = reader.audit(LATER, SILENCE_MICROS_DEFAULT).unwrap();
    assert_eq!(
        (facts.reads.len(), &facts.reads[0].content, facts.due),
        (1, &None, Timestamp(LATER.0 + 90 * DAY))
    );
    assert_eq!(facts.unreviewed_from, Some(reviewed.0 - 1), "a key entry stands before the review");
    let silent = facts.streams.iter().find(|stream| stream.stream == 0).unwrap().silence;
    assert_eq!(silent, (NOW.plus(5), LATER));
    reader.add_identities(vec![office.holders[1].clone()]);
    let facts = reader.audit(LATER, SILENCE_MICROS_DEFAULT).unwrap();
    assert_eq!(facts.reads[0].content.as_ref().unwrap()["purpose"], "audit");
    // A policy is changed by two people of the former one.
    let (index, policy) = governance.policy.unwrap();
    let weaker = ContentPolicy { people: policy.people[..1].to_vec(), ..policy };
    let mut request = Request::policy(&office.id(), &weaker, Some(index), &json!({}), &[8; 32]).unwrap();
    request.approve(&office.auditor).unwrap();
    assert!(matches!(office.write(|ledger, now| ledger.enact(&request, now)), Err(Error::Approval(_))));
    request.approve(&office.manager).unwrap();
    office.write(|ledger, now| ledger.enact(&request, now)).unwrap();
    let mut changed = request.clone();
    changed.private["names"] = json!("somebody else");
    assert!(matches!(office.write(|ledger, now| ledger.enact(&changed, now)), Err(Error::Policy(_))));
    assert_eq!(office.verify().failures, []);
}
