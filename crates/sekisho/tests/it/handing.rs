//! Freeze, extract and audit by commands (ledger.md 16 to 18): what an incident asks of a ledger.

use crate::support::{Case, guessing};
use serde_json::Value;
use std::process::Command;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A ledger with a policy of two people, and a followed log.
fn governed(case: &Case) -> String {
    let run = |args: &[&str]| {
        let ran = case.run(&[&["ledger"], args].concat());
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
        ran.stdout
    };
    let key = run(&["init", "l", "--secret", "k", "--origin", "ledger.example.jp/main"]);
    let holders = [ledger::Identity::generate(), ledger::Identity::generate()];
    std::fs::write(case.path("holder.txt"), holders[1].line().as_bytes()).unwrap();
    let to = |place: usize, role: &str| format!("{role}={}", holders[place].recipient(role).unwrap().key());
    let person = |file: &str| json(&run(&["person", file]))["key"].as_str().unwrap().to_owned();
    let (auditor, manager) =
        (format!("auditor={}", person("a.key")), format!("crisis-manager={}", person("m.key")));
    let (first, second) = (to(0, "auditor"), to(1, "crisis-manager"));
    let people = ["--person", &auditor, "--person", &manager, "--keep", "event=0"];
    let policy = ["policy", "l", "--secret", "k", "--recipient", &first, "--recipient", &second];
    run(&[&policy[..], &people].concat());
    key.trim().to_owned()
}

/// LG-FRZ-01 to -03, issue item 6: followed logs are taken in, the state is held, and what is missing is named.
#[test]
fn an_incident_is_frozen_by_one_command() {
    let case =
        Case::new(&[("auth.log", guessing("root", "203.0.113.9", 5, 0).as_bytes()), ("gone.log", b"x\n")]);
    let key = governed(&case);
    let follow =
        ["ledger", "append", "l", "--secret", "k", "--follow", "logs/auth.log", "logs/gone.log", "--once"];
    assert_eq!(case.run(&follow).code, Some(0));
    // Written after the log was last looked at; the other log is out of reach now.
    let before = std::fs::read(case.path("logs/auth.log")).unwrap();
    case.add("auth.log", &[&before[..], b"Nov 22 00:00:09 web1 sshd[1]: the newest line\n"].concat());
    std::fs::remove_file(case.path("logs/gone.log")).unwrap();
    let freeze = |more: &[&str]| {
        let all = ["ledger", "freeze", "l", "--secret", "k", "--case", "R8-15", "--person"];
        case.run(&[&all[..], more].concat())
    };
    let ran = freeze(&["m.key", "--recognised", "2026-11-22T00:00:00Z", "--to", "copy"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told = json(&ran.stdout);
    assert_eq!((&told["freeze"], &told["hold"]), (&1.into(), &1.into()));
    assert!(told["after_seconds"].as_i64().unwrap() > 0, "{told}");
    let behind = told["behind"].as_array().unwrap();
    assert_eq!(behind.len(), 1, "{told}");
    assert!(behind[0]["name"].as_str().unwrap().ends_with("logs/gone.log"));
    assert_eq!(behind[0]["why"], "unreachable");
    assert!(behind[0]["last"].is_i64());
    assert!(ran.stderr.contains("保留"), "{}", ran.stderr);
    assert!(told["copied"].as_u64() >= told["size"].as_u64(), "{told}");
    let verified =
        json(&case.run(&["ledger", "verify", "l", "--key", &key, "--identity", "holder.txt"]).stdout);
    assert_eq!(verified["holds"], true, "{verified}");
    // The newest line is under the frozen head.
    let audit = case.run(&["ledger", "audit", "l", "--identity", "holder.txt", "--silence", "1"]);
    assert_eq!(audit.code, Some(0), "{}", audit.stderr);
    let audit = json(&audit.stdout);
    assert_eq!(audit["freezes"][0]["size"], told["size"]);
    assert_eq!(
        (&audit["exports"][0]["what"], &audit["exports"][0]["content"]["case"]),
        (&"copy".into(), &"R8-15".into())
    );
    let names: Vec<&str> =
        audit["streams"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(names.iter().any(|name| name.ends_with("logs/auth.log")), "{names:?}");
    let show = ["ledger", "show", "l", "--secret", "k", "--purpose", "incident", "--case", "R8-15"];
    let size = told["size"].as_u64().unwrap();
    let shown: String =
        (0..size).map(|index| case.run(&[&show[..], &[&index.to_string()]].concat()).stdout).collect();
    assert!(shown.contains("the newest line"), "{shown}");
    // Nothing of it can be destroyed now.
    assert!(case.run(&["ledger", "retention", "l"]).stdout.contains("LE-HELD"));
    let stranger = case.run(&["ledger", "person", "x.key"]);
    assert_eq!(stranger.code, Some(0));
    let refused = freeze(&["x.key"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("LE-APPROVAL"), "{}", refused.stderr);
    assert_eq!(freeze(&["m.key", "--recognised", "tomorrowish"]).code, Some(2));
    // A copy that came with the freeze is a ledger of its own.
    assert_eq!(case.run(&["ledger", "import", "copy", "restored", "--key", &key]).code, Some(0));
    assert_eq!(json(&case.run(&["ledger", "verify", "restored"]).stdout)["holds"], true);
}

/// LG 18.2, LG-RED-01, -06, LG-SHR-03: an extract proves itself with stock tools and with ours, is entered, and is named before
/// anything is destroyed.
#[test]
#[expect(clippy::too_many_lines, reason = "one story from an extract to a request for destruction")]
fn an_extract_proves_itself_and_is_remembered() {
    let case = Case::new(&[]);
    let key = governed(&case);
    let append = ["ledger", "append", "l", "--secret", "k", "--stream", "notes"];
    let ran = case
        .run_with(&append, b"{\"who\":\"sato.hanako\",\"op\":\"lock\"}\n{\"who\":\"ito\",\"op\":\"open\"}\n");
    let indices: Vec<u64> = ran.stdout.lines().map(|line| line.parse().unwrap()).collect();
    let range = format!("{}-{}", indices[0], indices[1]);
    let extract = |to: &str, more: &[&str]| {
        case.run(&[&["ledger", "extract", "l", "--entries", &range, "--to", to], more].concat())
    };
    let sealed = extract("none", &[]);
    assert!(sealed.code == Some(1) && sealed.stderr.contains("sealed"), "{}", sealed.stderr);
    let how = [
        "--secret",
        "k",
        "--identity",
        "holder.txt",
        "--purpose",
        "police",
        "--case",
        "R8-15",
        "--recipient",
        "県警",
    ];
    let ran = extract("x", &[&how[..], &["--part", "op", "--known", "1"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told = json(&ran.stdout);
    assert_eq!((&told["entries"], &told["opened"]), (&2.into(), &2.into()));
    // Stock tools.
    let sums =
        Command::new("sha256sum").current_dir(case.path("x")).args(["--quiet", "-c", "SHA256SUMS"]).output();
    let sums = sums.expect("sha256sum of coreutils");
    assert!(sums.status.success(), "{}", String::from_utf8_lossy(&sums.stderr));
    let check = |folder: &str| case.run(&["ledger", "check", folder, "--key", &key]);
    let ran = check("x");
    assert_eq!((ran.code, &json(&ran.stdout)["opened"]), (Some(0), &2.into()), "{}", ran.stderr);
    assert_eq!(case.run(&["ledger", "check", "x"]).code, Some(0), "without a key the parts agree");
    let other =
        case.run(&["ledger", "init", "other", "--secret", "ok", "--origin", "ledger.example.jp/main"]);
    assert_eq!(case.run(&["ledger", "check", "x", "--key", other.stdout.trim()]).code, Some(1));
    // What is withheld is nowhere.
    let all: Vec<u8> = walk(&case.path("x")).iter().flat_map(|path| std::fs::read(path).unwrap()).collect();
    let text = String::from_utf8_lossy(&all);
    assert!(!text.contains("sato") && text.contains("lock"), "withheld parts are hashes");
    // Every changed file is found, and a file that was added or taken away.
    for path in walk(&case.path("x")) {
        let name = path.strip_prefix(case.path("x")).unwrap().display().to_string();
        let intact = std::fs::read(&path).unwrap();
        let mut bytes = intact.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(check("x").code, Some(1), "changed: {name}");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(check("x").code, Some(1), "missing: {name}");
        std::fs::write(&path, &intact).unwrap();
    }
    std::fs::write(case.path("x/openings/9999.json"), "{}").unwrap();
    assert_eq!(check("x").code, Some(1), "added");
    std::fs::remove_file(case.path("x/openings/9999.json")).unwrap();
    assert_eq!(check("x").code, Some(0));
    // A forger who makes the sums anew meets the proofs.
    let opening = case.path(&format!("x/openings/{}.json", indices[0]));
    let text = std::fs::read_to_string(&opening).unwrap().replace("lock", "open");
    std::fs::write(&opening, text).unwrap();
    resum(&case, "x");
    let forged = check("x");
    assert!(forged.code == Some(1) && forged.stderr.contains("does not hold"), "{}", forged.stderr);

    let audit = json(&case.run(&["ledger", "audit", "l", "--identity", "holder.txt"]).stdout);
    assert_eq!(audit["exports"][0]["content"]["recipient"], "県警");
    assert_eq!(audit["exports"][0]["digest"], told["manifest_sha256"]);
    // Before a destruction it is said that this cannot be recalled.
    let review = ["ledger", "audit", "l", "--secret", "k", "--person", "a.key", "--result", "clean"];
    assert_eq!(case.run(&review).code, Some(0));
    let shred =
        ["ledger", "request", "shred", "l", "--class", "event", "--basis", "policy", "--reason", "over"];
    let ran = case
        .run(&[&shred[..], &["--person", "a.key", "--out", "s.json", "--identity", "holder.txt"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let shown = json(&ran.stdout);
    assert_eq!(shown["disclosed"]["exports"][0]["index"], told["entered"]);
    let request = json(&std::fs::read_to_string(case.path("s.json")).unwrap());
    assert_eq!(request["private"]["disclosed"]["exports"][0], told["entered"]);
    // After the destruction an extract still proves the entries.
    assert_eq!(case.run(&["ledger", "approve", "s.json", "--person", "m.key"]).code, Some(0));
    let done = case.run(&["ledger", "carry-out", "l", "s.json", "--secret", "k"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let ran = extract("y", &how);
    assert_eq!((ran.code, &json(&ran.stdout)["destroyed"]), (Some(0), &2.into()), "{}", ran.stderr);
    assert_eq!(check("y").code, Some(0));
}

/// LG-KEY-04: an existing role holder gives the past to a new one by a command, and the ledger remembers.
#[test]
fn the_past_is_given_to_a_new_role_holder() {
    let case = Case::new(&[]);
    governed(&case);
    let append = ["ledger", "append", "l", "--secret", "k", "--stream", "notes"];
    let ran = case.run_with(&append, b"{\"op\":\"lock the door\"}\n");
    let index = ran.stdout.trim();
    let newcomer = ledger::Identity::generate();
    std::fs::write(case.path("new.txt"), newcomer.line().as_bytes()).unwrap();
    let to = format!("auditor={}", newcomer.recipient("auditor").unwrap().key());
    let grant = |identity: &str, more: &[&str]| {
        let all = ["ledger", "grant", "l", "--to", &to, "--identity", identity, "--out", "past.age"];
        case.run(&[&all[..], more].concat())
    };
    let how = ["--secret", "k", "--purpose", "operations", "--case", "new auditor"];
    assert_eq!(grant("holder.txt", &[]).code, Some(2), "nothing is given unrecorded");
    assert_eq!(grant("new.txt", &how).code, Some(1), "nobody gives what they do not have");
    let ran = grant("holder.txt", &how);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told = json(&ran.stdout);
    // Without the online copy, as after the reading window.
    let _ = std::fs::remove_file(case.path("l/keys/online"));
    let show = [
        "ledger",
        "show",
        "l",
        index,
        "--secret",
        "k",
        "--purpose",
        "audit",
        "--case",
        "R8-1",
        "--identity",
        "new.txt",
    ];
    let refused = case.run(&show);
    assert_eq!(refused.code, Some(1), "{}", refused.stdout);
    let shown = case.run(&[&show[..], &["--granted", "past.age"]].concat());
    assert!(shown.stdout.contains("lock the door"), "{}", shown.stderr);
    let audit = json(&case.run(&["ledger", "audit", "l", "--identity", "holder.txt"]).stdout);
    assert_eq!(
        (&audit["exports"][0]["what"], &audit["exports"][0]["index"]),
        (&"keys".into(), &told["entered"])
    );
    assert_eq!(audit["exports"][0]["content"]["indices"]["role"], "auditor");
}

/// LG-DUR-07: a ledger that was put back is followed by a new one, and written on no more.
#[test]
fn a_ledger_that_lost_entries_is_succeeded() {
    let case = Case::new(&[]);
    let run = |args: &[&str]| case.run(&[&["ledger"], args].concat());
    assert_eq!(run(&["init", "l", "--secret", "k", "--origin", "ledger.example.jp/main"]).code, Some(0));
    let append = |ledger: &str, secret: &str| {
        case.run_with(&["ledger", "append", ledger, "--secret", secret, "--stream", "s"], b"{\"n\":1}\n")
    };
    assert_eq!(append("l", "k").code, Some(0));
    let early = std::fs::read(case.path("l/segments/00000000000000000000.seg")).unwrap();
    let next = ["init", "new", "--secret", "k2", "--origin", "ledger.example.jp/main-2", "--succeeds", "l"];
    let sound = run(&next);
    assert!(sound.code == Some(1) && sound.stderr.contains("is sound"), "{}", sound.stderr);
    assert!(!case.path("new").exists() && !case.path("k2").exists());
    assert_eq!(append("l", "k").code, Some(0));
    let newest = std::fs::read(case.path("l/checkpoint")).unwrap();
    std::fs::write(case.path("head"), &newest).unwrap();
    std::fs::write(case.path("l/segments/00000000000000000000.seg"), &early).unwrap();
    let lost = append("l", "k");
    assert!(lost.stderr.contains("LE-ROLLBACK"), "{}", lost.stderr);
    let same =
        run(&["init", "new", "--secret", "k2", "--origin", "ledger.example.jp/main", "--succeeds", "l"]);
    assert_eq!(same.code, Some(2), "{}", same.stderr);
    let ran = run(&[&next[..], &["--head", "head"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(append("new", "k2").code, Some(0));
    assert_eq!(json(&run(&["verify", "new"]).stdout)["holds"], true);
    let status = json(&run(&["status", "new"]).stdout);
    assert_eq!(
        (&status["succeeds"]["origin"], &status["succeeds"]["reason"]),
        (&"ledger.example.jp/main".into(), &"rolled-back".into())
    );
    assert!(
        status["succeeds"]["known"]["size"].as_u64() > status["succeeds"]["left"]["size"].as_u64(),
        "{status}"
    );
    // Even when somebody brings the lost part back.
    let closed = append("l", "k");
    assert!(closed.code == Some(1) && closed.stderr.contains("closed for ever"), "{}", closed.stderr);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for item in std::fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Writes manifest and sums anew over what is there.
fn resum(case: &Case, folder: &str) {
    use sha2::{Digest as _, Sha256};
    let root = case.path(folder);
    let hash = |path: &std::path::Path| hex::encode(Sha256::digest(std::fs::read(path).unwrap()));
    let manifest = root.join("manifest.json");
    let mut document = json(&std::fs::read_to_string(&manifest).unwrap());
    for (name, value) in document["files"].as_object_mut().unwrap() {
        *value = hash(&root.join(name)).into();
    }
    std::fs::write(&manifest, document.to_string()).unwrap();
    let lines: String = walk(&root)
        .iter()
        .map(|path| (path.strip_prefix(&root).unwrap().display().to_string(), path))
        .filter(|(name, _)| name != "SHA256SUMS")
        .map(|(name, path)| format!("{}  {name}\n", hash(path)))
        .collect();
    std::fs::write(root.join("SHA256SUMS"), lines).unwrap();
}
