//! Evidence bundles of the console (casework.md 11): made, listed, handed out, checked by whoever receives them.

use crate::closing::{broken_into, done, send};
use crate::evidence::{IMAGE, sha, upload};
use crate::rulings::person;
use crate::serving::{Service, form};
use crate::support::{lines, sekisho};
use age::secrecy::ExposeSecret as _;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const SENDER: &str = "例 株式会社 <b>";

fn run(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let ran = sekisho().current_dir(folder).args(args).output().expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (ran.status.code(), text(&ran.stdout), text(&ran.stderr))
}

/// SHA-256 of the newest bundle on the page.
fn newest(page: &str) -> String {
    after(page, "<dt>SHA-256</dt><dd class=\"log\">").to_owned()
}

/// What the page says after a mark, up to the end of the field.
fn after<'a>(page: &'a str, mark: &str) -> &'a str {
    let rest = page.split(mark).nth(1).expect("shown");
    rest.split('<').next().expect("a value")
}

fn make(service: &Service, fields: &[(&str, &str)]) {
    let (status, answer) = send(service, "/cases/1/bundles", fields);
    assert!(status == 303 && answer.contains("said=bundle-made"), "{answer}");
}

/// The file in an answer that was sent in chunks (RFC 9112, 7.1).
fn unchunked(body: &str) -> String {
    let (mut rest, mut out) = (body, String::new());
    loop {
        let (length, after) = rest.split_once("\r\n").expect("a length");
        let length = usize::from_str_radix(length, 16).expect("hexadecimal");
        if length == 0 {
            return out;
        }
        out.push_str(&after[..length]);
        rest = after[length..].strip_prefix("\r\n").expect("the end of a chunk");
    }
}

/// Takes the newest bundle from the store.
fn kept(folder: &Path, hash: &str) -> Vec<u8> {
    std::fs::read(folder.join("data/evidence").join(&hash[..2]).join(hash)).expect("kept")
}

/// Nothing is made of what is not whole.
fn refuses(service: &Service) {
    let body = "sender=K";
    assert_eq!(service.ask("POST", "/cases/1/bundles", body, "").0, 403, "without the secret of the session");
    let refused = |fields: &[(&str, &str)]| send(service, "/cases/1/bundles", fields).0;
    let long = "x".repeat(300);
    assert_eq!(
        (refused(&[("sender", " ")]), refused(&[("sender", &long)]), refused(&[("sender", "a\nb")])),
        (409, 409, 409)
    );
    for age in ["age1wrong", "ssh-ed25519 AAAA", &long] {
        assert_eq!(refused(&[("sender", "K"), ("recipient", "P"), ("age", age)]), 409, "{age}");
    }
}

/// CW-BND-01, -02, -05, -06: what the page makes is verified with the keys that it shows; a changed byte is found; who may do what.
#[test]
fn a_bundle_of_the_console_is_verified_elsewhere() {
    let folder = tempfile::tempdir().expect("folder");
    let (mut service, operator) = broken_into(folder.path());
    done(&service, "/cases/1/acknowledge", &[]);
    let page = service.get("/cases/1/bundles");
    assert!(service.get("/cases/1").contains("href=\"/cases/1/bundles\""));
    assert!(page.contains("There is no bundle yet") && !folder.path().join("data/bundle.key").exists());
    let secret = form(&page);
    assert_eq!(upload(&service, &secret, &IMAGE, "sda.img", "disk image").0, 303);
    let auditor = person(&mut service, &secret, "kansa", "auditor");
    refuses(&service);
    make(&service, &[("sender", SENDER), ("recipient", "神奈川県警察"), ("evidence", "1")]);
    let key = folder.path().join("data/bundle.key");
    assert_eq!(std::fs::metadata(&key).expect("a key").permissions().mode() & 0o777, 0o600);
    let page = service.get("/cases/1/bundles");
    assert!(
        page.contains("例 株式会社 &#60;b&#62;") && !page.contains("<b>") && page.contains("kanri made it"),
        "{page}"
    );
    let case = service.get("/cases/1");
    assert!(
        case.contains("kanri made an evidence bundle") && case.contains("bundle made by kanri"),
        "{case}"
    );
    let hash = newest(&page);
    let copy = format!("/cases/1/bundles/{hash}/copy");

    // An operator takes it and makes none; an auditor sees the list.
    let admin = std::mem::replace(&mut service.cookie, operator);
    assert_eq!(send(&service, "/cases/1/bundles", &[("sender", "K")]).0, 403);
    assert_eq!(send(&service, &copy, &[("reason", " ")]).0, 409);
    assert_eq!(
        send(&service, &format!("/cases/1/bundles/{}/copy", "0".repeat(64)), &[("reason", "x")]).0,
        404
    );
    let (status, answer) = send(&service, &copy, &[("reason", "県警へ")]);
    let (head, bundle) = answer.split_once("\r\n\r\n").expect("a body");
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    let bundle = &unchunked(bundle);
    assert!(status == 200 && head.contains("attachment; filename=\"case-1-1.skb\""), "{head}");
    service.cookie = auditor;
    let seen = service.get("/cases/1/bundles");
    assert!(seen.contains(&hash) && !seen.contains("action=\"/cases/1/bundles"), "{seen}");
    let forged = format!("form={}&sender=K&reason=x", form(&seen));
    assert_eq!(service.ask("POST", "/cases/1/bundles", &forged, "").0, 403);
    assert_eq!(service.ask("POST", &copy, &forged, "").0, 403);
    service.cookie = admin;
    assert!(service.get("/cases/1").contains("copy to oper: 県警へ"));

    assert_eq!(sha(bundle), hash);
    let told = received(&page, bundle);

    // The next one names the one before, signed with the same key; a file that was changed is not handed out.
    make(&service, &[("sender", SENDER)]);
    let next = newest(&service.get("/cases/1/bundles"));
    std::fs::write(folder.path().join("d.skb"), kept(folder.path(), &next)).expect("written");
    let (code, next_told, error) = run(folder.path(), &["bundle", "verify", "d.skb", "--json"]);
    assert_eq!(code, Some(0), "{error}");
    let next_told: Value = serde_json::from_str(&next_told).expect("JSON");
    let names = (&next_told["manifest"]["sequence"], &next_told["manifest"]["previous"]);
    assert_eq!(names, (&2.into(), &told["manifest_hash"]));
    std::fs::write(folder.path().join("data/evidence").join(&hash[..2]).join(&hash), "changed")
        .expect("written");
    let (status, answer) = send(&service, &copy, &[("reason", "x")]);
    assert!(status == 409 && answer.contains("does not have its hash"), "{answer}");
}

/// What whoever receives it finds, elsewhere, with the keys of the page; gives what `verify` says.
fn received(page: &str, bundle: &str) -> Value {
    let elsewhere = tempfile::tempdir().expect("folder");
    std::fs::write(elsewhere.path().join("b.skb"), bundle).expect("written");
    let sender_key = after(page, "(minisign)</dt><dd class=\"log\">");
    let log_key = after(page, "Key of the ledger</dt><dd class=\"log\">");
    let keys = ["--sender-key", sender_key, "--log-key", log_key];
    let verify =
        |name: &str| run(elsewhere.path(), &[&["bundle", "verify", name, "--json"][..], &keys].concat());
    let (code, told, error) = verify("b.skb");
    assert_eq!(code, Some(0), "{told}{error}");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert!(told["records"].as_u64() > Some(8) && told["manifest"]["sender"]["id"] == SENDER, "{told}");
    let (code, _, error) =
        run(elsewhere.path(), &[&["bundle", "open", "b.skb", "--out", "x"][..], &keys].concat());
    assert_eq!(code, Some(0), "{error}");
    let read = |name: &str| std::fs::read_to_string(elsewhere.path().join("x").join(name)).expect(name);
    let item = sha("disk image");
    assert_eq!(read(&format!("evidence/{item}")), "disk image");
    let custody = lines(&read("custody.jsonl"));
    assert!(
        custody
            .iter()
            .any(|one| one["item"] == item.as_str() && one["from"] == "kanri" && one["to"] == SENDER),
        "{custody:?}"
    );
    let records = read("records.jsonl");
    assert!(records.contains("Failed password") && records.contains("acknowledged"), "{records}");
    for name in
        ["case.json", "facts.json", "verdicts.json", "incidents.json", "stix.json", "misp.json", "README.txt"]
    {
        assert!(!read(name).is_empty(), "{name}");
    }
    for part in 1..12 {
        let mut changed = bundle.as_bytes().to_vec();
        let at = changed.len() / 12 * part;
        changed[at] ^= 1;
        std::fs::write(elsewhere.path().join("c.skb"), changed).expect("written");
        assert_eq!(verify("c.skb").0, Some(1), "byte {at}");
    }
    told
}

/// BV-08: items that somebody else holds stay out of the chain of the bundle, and it holds.
#[test]
fn what_others_hold_is_not_sealed() {
    let folder = tempfile::tempdir().expect("folder");
    let (service, _) = broken_into(folder.path());
    done(&service, "/cases/1/acknowledge", &[]);
    let secret = form(&service.get("/cases/1/evidence"));
    let (away, here) = (sha("away"), sha("here"));
    for content in ["away", "here"] {
        assert_eq!(upload(&service, &secret, &IMAGE, content, content).0, 303);
    }
    done(&service, &format!("/cases/1/evidence/{away}/custody"), &[("to", "鑑識会社"), ("reason", "解析")]);
    make(&service, &[("sender", "K"), ("evidence", "1")]);
    let hash = newest(&service.get("/cases/1/bundles"));
    std::fs::write(folder.path().join("b.skb"), kept(folder.path(), &hash)).expect("written");
    let (code, _, error) = run(folder.path(), &["bundle", "open", "b.skb", "--out", "x"]);
    assert_eq!(code, Some(0), "{error}");
    let custody = std::fs::read_to_string(folder.path().join("x/custody.jsonl")).expect("custody");
    assert!(custody.contains(&here) && !custody.contains(&away), "{custody}");
    assert!(!folder.path().join("x/evidence").join(&away).exists());
    let page = service.get("/cases/1/evidence");
    assert!(page.contains("kanri → 鑑識会社") && !page.contains("鑑識会社 → K"), "{page}");
}

/// CW-BND-04: only the recipient reads it.
#[test]
fn a_bundle_is_encrypted_to_whom_it_is_for() {
    let folder = tempfile::tempdir().expect("folder");
    let (service, _) = broken_into(folder.path());
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    std::fs::write(folder.path().join("id.txt"), identity.to_string().expose_secret()).expect("written");
    let fields = [("sender", "K"), ("age", recipient.as_str())];
    assert_eq!(send(&service, "/cases/1/bundles", &fields).0, 409, "for nobody");
    make(&service, &[&fields[..], &[("recipient", "Police")]].concat());
    let page = service.get("/cases/1/bundles");
    assert!(page.contains("encrypted to the recipient"), "{page}");
    let bytes = kept(folder.path(), &newest(&page));
    assert!(!bytes.windows(6).any(|part| part == b"203.0."), "an address stands in the clear");
    std::fs::write(folder.path().join("b.skb"), bytes).expect("written");
    let (code, _, error) = run(folder.path(), &["bundle", "verify", "b.skb", "--as", "Police"]);
    assert_eq!(code, Some(0), "{error}");
    let (code, told, error) = run(folder.path(), &["bundle", "open", "b.skb", "--identity", "id.txt"]);
    assert!(code == Some(0) && told.contains("Failed password"), "{error}");
}
