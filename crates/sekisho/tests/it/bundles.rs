//! Bundles as a person makes, sends, opens and redacts them.

use crate::support::{Case, NOW, guessing, lines, sshd};
use serde_json::Value;
use std::process::Command;

/// A report with an entry after guessing, a signing key, and the key of the other side.
fn case() -> (Case, String) {
    let log = guessing("root", "203.0.113.9", 30, 0)
        + &sshd(300, 77, "Accepted password for root from 203.0.113.9 port 40999 ssh2")
        + &sshd(400, 78, "Accepted password for tanaka from 198.51.100.7 port 40998 ssh2");
    let case = Case::new(&[("auth.log", log.as_bytes())]);
    let ran = case.run(&["investigate", "logs", "--out", "r", "--deterministic", NOW]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let key = case.run(&["bundle", "key", "seal.key"]);
    assert_eq!(key.code, Some(0), "{}", key.stderr);
    let public = key.stdout.lines().last().unwrap().to_owned();
    (case, public)
}

fn create(case: &Case, out: &str, more: &[&str]) -> String {
    let mut args = vec!["bundle", "create", "r", "--out", out, "--key", "seal.key"];
    args.extend(["--sender", "Example KK", "--case", "2026-17"]);
    args.extend(more);
    let ran = case.run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.stdout.trim().to_owned()
}

fn verify(case: &Case, bundle: &str, more: &[&str]) -> (Option<i32>, Value) {
    let ran = case.run(&[&["bundle", "verify", bundle][..], more].concat());
    (ran.code, serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr)))
}

/// LG-RED-06: a bundle of a ledger is entered there before it is written; without the secret, that it was not is told.
#[test]
fn a_bundle_is_entered_in_its_ledger() {
    let case = Case::new(&[("x.log", b"one\ntwo\n")]);
    let ok = |args: &[&str]| {
        let ran = case.run(args);
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
        ran
    };
    ok(&["ledger", "init", "l", "--secret", "s.hex", "--origin", "example.jp/main"]);
    ok(&["ledger", "append", "l", "--secret", "s.hex", "--follow", "logs/x.log", "--once"]);
    ok(&["bundle", "key", "seal.key"]);
    let audit = || serde_json::from_str::<Value>(&ok(&["ledger", "audit", "l"]).stdout).unwrap();
    let run = audit()["size"].as_u64().unwrap();
    let first = (0..run).rev().find(|index| {
        case.run(&["ledger", "prove", "l", &index.to_string(), "--record", "1"]).code == Some(0)
    });
    let entry = first.unwrap().to_string();
    let make =
        ["bundle", "create", "l", "--entry", &entry, "--key", "seal.key", "--sender", "K", "--case", "R8-1"];
    let plain = ok(&[&make[..], &["--out", "a.skb"]].concat());
    assert!(plain.stderr.contains("--secret"), "{}", plain.stderr);
    assert!(audit()["exports"].as_array().unwrap().is_empty());
    let more = ["--out", "b.skb", "--ledger-secret", "s.hex", "--purpose", "police", "--recipient", "Desk"];
    let made = ok(&[&make[..], &more].concat());
    let exports = audit()["exports"].clone();
    assert_eq!(exports.as_array().unwrap().len(), 1, "{exports}");
    assert_eq!((&exports[0]["what"], &exports[0]["purpose"]), (&"bundle".into(), &"police".into()));
    assert_eq!(exports[0]["from"].to_string(), entry);
    assert_eq!(exports[0]["digest"].as_str(), Some(made.stdout.trim()));
    // Nothing is handed out that cannot be entered.
    std::fs::write(case.path("other"), "00".repeat(32)).unwrap();
    let other = ["--out", "c.skb", "--ledger-secret", "other", "--purpose", "police"];
    assert_eq!(case.run(&[&make[..], &other].concat()).code, Some(1));
    assert!(!case.path("c.skb").exists());
}

#[test]
fn a_bundle_of_an_investigation_opens_elsewhere() {
    let (case, public) = case();
    case.add("damage.txt", "被害".as_bytes());
    let hash = create(&case, "b.skb", &["--document", "logs/damage.txt"]);
    let summary: Value =
        serde_json::from_slice(&std::fs::read(case.path("r/summary.json")).unwrap()).unwrap();
    let (code, report) = verify(&case, "b.skb", &["--sender-key", &public]);
    assert_eq!((code, &report["holds"], &report["manifest_hash"]), (Some(0), &true.into(), &hash.into()));
    assert_eq!(report["manifest"]["ledger_head"]["seq"], summary["ledger"]["size"]);
    let log_key = report["log_key"].as_str().unwrap().to_owned();
    // The other computer has neither the report nor a secret of the first.
    let other = Case::new(&[("b.skb", &std::fs::read(case.path("b.skb")).unwrap())]);
    let checks = ["--sender-key", &public, "--log-key", &log_key];
    let ran = other.run(&[&["bundle", "open", "logs/b.skb", "--out", "x"][..], &checks].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(std::fs::read(other.path("x/forms/damage.txt")).unwrap(), "被害".as_bytes());
    let records = lines(&String::from_utf8(std::fs::read(other.path("x/records.jsonl")).unwrap()).unwrap());
    assert!(records.iter().any(|one| one["text"].as_str().unwrap().contains("Accepted password for root")));
    let incidents: Value =
        serde_json::from_slice(&std::fs::read(other.path("x/incidents.json")).unwrap()).unwrap();
    assert!(!incidents.as_array().unwrap().is_empty());
    // Every record that the incidents cite is there.
    let shown: Vec<_> = records.iter().map(|one| (one["index"].clone(), one["record"].clone())).collect();
    for record in incidents[0]["records"].as_array().unwrap() {
        let cited = (record["citation"]["index"].clone(), record["citation"]["record"].clone());
        assert!(shown.contains(&cited), "{cited:?}");
    }
    let (code, report) = verify(&other, "logs/b.skb", &["--log-key", "local/x+00000000+AAAA"]);
    assert_eq!((code, &report["fault"]["code"]), (Some(1), &"BV-09".into()));
}

#[test]
fn an_encrypted_bundle_is_for_its_recipient() {
    let (case, _) = case();
    let Ok(made) = Command::new("age-keygen").output() else {
        eprintln!("skipped: age is not installed (Debian package age)");
        return;
    };
    case.add("identity.txt", &made.stdout);
    let recipient = String::from_utf8(made.stderr).unwrap();
    let recipient = recipient.trim().rsplit(' ').next().unwrap();
    create(&case, "b.skb", &["--recipient", "Police", "--recipient-key", recipient]);
    let bytes = std::fs::read(case.path("b.skb")).unwrap();
    assert!(!bytes.windows(6).any(|part| part == b"203.0."), "an address stands in the clear");
    let (code, report) = verify(&case, "b.skb", &["--as", "Police"]);
    assert_eq!((code, &report["records"]), (Some(0), &0.into()));
    let ran = case.run(&["bundle", "open", "b.skb", "--identity", "logs/identity.txt"]);
    assert!(ran.stdout.contains("Accepted password for root"), "{}", ran.stderr);
    // The stock tool opens it too.
    let script = "mkdir x && tar xf b.skb -C x && cd x && sha256sum -c --strict SHA256SUMS >&2 && \
                  age -d -i ../logs/identity.txt records.json.age";
    let stock = Command::new("sh").args(["-c", script]).current_dir(case.path("")).output().unwrap();
    assert!(stock.status.success(), "{}", String::from_utf8_lossy(&stock.stderr));
    let records: Value = serde_json::from_slice(&stock.stdout).unwrap();
    assert_eq!(records["v"], 1);
    let other = Command::new("age-keygen").output().unwrap();
    case.add("other.txt", &other.stdout);
    let (code, report) = verify(&case, "b.skb", &["--identity", "logs/other.txt"]);
    assert_eq!((code, &report["fault"]["code"]), (Some(1), &"BV-11".into()));
}

#[test]
fn custody_redaction_and_receipt() {
    let (case, _) = case();
    case.add("disk.img", b"image");
    let add = |to: &str, more: &[&str]| {
        let item = ["custody", "add", "c.jsonl", "--item", "logs/disk.img", "--purpose", "保全", "--to", to];
        case.run(&[&item[..], more].concat())
    };
    assert_eq!(add("sato", &[]).code, Some(2), "a new item comes from somewhere");
    assert_eq!(add("sato", &["--from", "web1"]).code, Some(0));
    let sealing = ["--evidence", "logs/disk.img", "--custody", "c.jsonl"];
    let args = ["bundle", "create", "r", "--out", "b.skb", "--key", "seal.key", "--sender", "Example KK"];
    let refused = case.run(&[&args[..], &["--case", "1"], &sealing].concat());
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("BV-08"), "{}", refused.stderr);
    assert_eq!(add("Example KK", &[]).code, Some(0));
    create(&case, "b.skb", &sealing);
    let redact = ["bundle", "redact", "b.skb", "--out", "copy.skb", "--key", "desk.key", "--sender", "Desk"];
    let how = ["--case", "copy-1", "--reason", "personal data", "--withhold-text", "ROOT"];
    assert_eq!(case.run(&["bundle", "key", "desk.key"]).code, Some(0));
    let ran = case.run(&[&redact[..], &how].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let bytes = String::from_utf8_lossy(&std::fs::read(case.path("copy.skb")).unwrap()).into_owned();
    for name in ["root from", "auth.log", "Example KK", "sato", "2026-17"] {
        assert!(!bytes.contains(name), "{name}");
    }
    let (_, original) = verify(&case, "b.skb", &[]);
    let (code, copy) = verify(&case, "copy.skb", &[]);
    assert_eq!(code, Some(0));
    assert_eq!(copy["manifest"]["ledger_head"], original["manifest"]["ledger_head"]);
    let receipt =
        ["bundle", "receipt", "b.skb", "--receipts", "taken", "--key", "desk.key", "--desk", "Desk"];
    let receipt = |no| case.run(&[&receipt[..], &["--decision", "accepted", "--intake-no", no]].concat());
    let (first, again) = (receipt("8-12"), receipt("8-13"));
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert_eq!(first.stdout, again.stdout, "the same bundle gets the same receipt");
    let hash = original["manifest_hash"].as_str().unwrap();
    let (file, desk) =
        (format!("taken/{hash}.json"), copy["manifest"]["sender"]["public_key"].as_str().unwrap());
    let checked = case.run(&["bundle", "check-receipt", "b.skb", &file, "--desk-key", desk]);
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    let wrong = case.run(&["bundle", "check-receipt", "copy.skb", &file, "--desk-key", desk]);
    assert_eq!(wrong.code, Some(1));
}

/// The records of a sealed ledger go into a bundle only with the identity of a role holder.
#[test]
fn a_sealed_ledger_needs_a_role_holder() {
    let (holder, other) = (ledger::Identity::generate(), ledger::Identity::generate());
    let case = Case::new(&[("auth.log", guessing("root", "203.0.113.9", 30, 0).as_bytes())]);
    std::fs::write(case.path("holder.txt"), holder.line().as_bytes()).unwrap();
    let to = |one: &ledger::Identity| format!("auditor={}", one.recipient("auditor").unwrap().key());
    let (first, second) = (to(&holder), to(&other));
    let sealed = ["--seal-to", first.as_str(), "--seal-to", second.as_str()];
    let ran = case.run(&[&["investigate", "logs", "--out", "r"][..], &sealed].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(case.run(&["bundle", "key", "seal.key"]).code, Some(0));
    let args =
        ["bundle", "create", "r", "--out", "b.skb", "--key", "seal.key", "--sender", "K", "--case", "1"];
    assert_eq!(case.run(&args).code, Some(1), "no identity");
    let ran = case.run(&[&args[..], &["--identity", "holder.txt"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let (code, report) = verify(&case, "b.skb", &[]);
    assert_eq!(code, Some(0));
    assert!(report["records"].as_u64() > Some(0));
}

/// CW-BND-03: a rotation with both keys, and a loss that two officers state; every later check says so.
#[test]
fn keys_of_a_sender_are_rotated_and_lost() {
    let (case, public) = case();
    let key = |file: &str| {
        let ran = case.run(&["bundle", "key", file]);
        ran.stdout.lines().last().unwrap().to_owned()
    };
    let (second, third, president, auditor) =
        (key("second.key"), key("third.key"), key("p.key"), key("a.key"));
    create(&case, "b1.skb", &[]);
    let run = |args: &[&str]| {
        let ran = case.run(&[&["bundle"], args].concat());
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
    };
    let sealing = ["--sender", "Example KK", "--case", "2026-18"];
    run(&[&["create", "r", "--out", "b2.skb", "--key", "second.key"][..], &sealing].concat());
    let stating = ["--sender", "Example KK", "--reason", "yearly"];
    run(&[&["rotate-key", "seal.key", "second.key", "--out", "rot.json"][..], &stating].concat());
    let known = ["--sender-key", public.as_str()];
    assert_eq!(verify(&case, "b2.skb", &known).0, Some(1));
    let rotated = [&known[..], &["--key-statement", "rot.json"]].concat();
    let (code, report) = verify(&case, "b2.skb", &rotated);
    assert_eq!((code, &report["notes"][0]), (Some(0), &"bundle-note-key-rotated".into()));

    let lost = [
        "lost-key",
        public.as_str(),
        "--new",
        third.as_str(),
        "--at",
        "2020-01-01T00:00:00Z",
        "--out",
        "loss.json",
    ];
    run(&[&lost[..], &["--sender", "Example KK", "--reason", "theft"]].concat());
    run(&[&["create", "r", "--out", "b3.skb", "--key", "third.key"][..], &sealing].concat());
    let officers = [
        "--officer-key",
        president.as_str(),
        "--officer-key",
        auditor.as_str(),
        "--key-statement",
        "loss.json",
    ];
    let checks = [&known[..], &officers].concat();
    assert_eq!(verify(&case, "b3.skb", &checks).0, Some(1), "nobody has signed it");
    for officer in ["p.key", "a.key"] {
        run(&["sign-statement", "loss.json", "--key", officer]);
    }
    let (code, report) = verify(&case, "b3.skb", &checks);
    assert_eq!((code, &report["notes"][0]), (Some(0), &"bundle-note-key-replaced".into()));
    let (code, report) = verify(&case, "b1.skb", &checks);
    assert_eq!((code, &report["fault"]["code"]), (Some(1), &"BV-05".into()), "sealed after the loss");
    assert_ne!(second, third);
}
