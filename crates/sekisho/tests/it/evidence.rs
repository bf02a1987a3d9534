//! Evidence on the console (casework.md 6.3, 10.2; CW-BND-05): uploads, items elsewhere, ranges of the ledger, custody.

use crate::closing::{broken_into, coded, done, hidden, moved, send};
use crate::serving::{Service, form};
use sha2::{Digest as _, Sha256};

const HOSTILE: &str = "../../<img src=x onerror=alert(1)>.html";

/// Sends a file with what is said of it.
pub(crate) fn upload(
    service: &Service,
    secret: &str,
    fields: &[(&str, &str)],
    name: &str,
    content: &str,
) -> (u16, String) {
    let mut body = String::new();
    for (field, value) in [("form", secret)].iter().chain(fields) {
        body.push_str(&format!(
            "--q1w2\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str(&format!(
        "--q1w2\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n{content}\r\n--q1w2--\r\n"
    ));
    service.ask("POST", "/cases/1/evidence", &body, "Content-Type: multipart/form-data; boundary=q1w2\r\n")
}

pub(crate) const IMAGE: [(&str, &str); 3] =
    [("class", "image"), ("host", "web01"), ("from", "web01 /dev/sda")];

pub(crate) fn sha(content: &str) -> String {
    hex::encode(Sha256::digest(content))
}

/// A hostile file goes in and comes out as bytes, is shown as text, and every touch of it is in its chain.
#[test]
fn a_file_is_kept_and_handed_out_as_bytes() {
    let folder = tempfile::tempdir().expect("folder");
    let (mut service, operator) = broken_into(folder.path());
    done(&service, "/cases/1/acknowledge", &[]);
    service.cookie = operator;
    let secret = form(&service.get("/cases/1/evidence"));
    let content = "<script>alert(1)</script>\r\n--q1w\r\nboundary? no";
    assert_eq!(
        upload(&service, "0".repeat(64).as_str(), &IMAGE, "a", content).0,
        403,
        "not a form of this session"
    );
    let said = |answer: &str| {
        answer.lines().find_map(|line| line.split_once("said=")).map(|(_, said)| said.to_owned())
    };
    assert_eq!(said(&upload(&service, &secret, &IMAGE, "a", "").1).as_deref(), Some("evidence-empty"));
    assert_eq!(
        said(&upload(&service, &secret, &[("class", "x")], "a", "b").1).as_deref(),
        Some("evidence-refused")
    );
    let name = HOSTILE;
    assert_eq!(said(&upload(&service, &secret, &IMAGE, name, content).1).as_deref(), Some("evidence-added"));
    assert_eq!(
        said(&upload(&service, &secret, &IMAGE, "again", content).1).as_deref(),
        Some("evidence-known")
    );
    let hash = sha(content);
    let file = folder.path().join("data/evidence").join(&hash[..2]).join(&hash);
    assert_eq!(std::fs::read_to_string(&file).expect("kept"), content);
    assert_eq!(std::fs::read_dir(folder.path().join("data/evidence/incoming")).expect("folder").count(), 0);
    let page = service.get("/cases/1/evidence");
    assert!(page.contains(&hash) && page.contains("onerror") && !page.contains("<img"), "{page}");
    assert!(page.contains("web01 /dev/sda → oper"), "{page}");

    // A copy is an attachment that nothing runs, and a step of custody with its purpose.
    let copy = format!("/cases/1/evidence/{hash}/copy");
    assert_eq!(send(&service, &copy, &[("reason", " ")]).0, 409);
    let (status, answer) = send(&service, &copy, &[("reason", "解析")]);
    assert_eq!(status, 200, "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
    let head = head.to_ascii_lowercase();
    for wanted in [
        "content-type: application/octet-stream",
        "x-content-type-options: nosniff",
        "content-security-policy: sandbox; default-src 'none'",
        &format!("content-disposition: attachment; filename=\"{}-", &hash[..12]),
    ] {
        assert!(head.contains(wanted), "{wanted}: {head}");
    }
    assert!(!head.contains("<img") && body.contains(content), "{head}");
    let hand = format!("/cases/1/evidence/{hash}/custody");
    assert_eq!(send(&service, &hand, &[("to", ""), ("reason", "x")]).0, 409);
    done(&service, &hand, &[("to", "鑑識会社"), ("reason", "解析の依頼")]);
    let page = service.get("/cases/1/evidence");
    assert!(page.contains("copy to oper: 解析") && page.contains("oper → 鑑識会社"), "{page}");
    let settle = format!("/cases/1/evidence/{hash}/settle");
    assert_eq!(send(&service, &settle, &[("fate", "kept"), ("reason", "x")]).0, 403);

    // A changed file is never handed out.
    std::fs::write(&file, "changed").expect("written");
    let (status, answer) = send(&service, &copy, &[("reason", "解析")]);
    assert!(status == 409 && answer.contains("does not have its hash"), "{answer}");
}

/// PG-1 to PG-5 are opened by what lies in the evidence.
#[test]
fn evidence_opens_the_gates() {
    let folder = tempfile::tempdir().expect("folder");
    let (service, _) = broken_into(folder.path());
    done(&service, "/cases/1/acknowledge", &[]);
    assert_eq!(moved(&service, "preserving").0, 303);
    let secret = form(&service.get("/cases/1/evidence"));
    assert_eq!(upload(&service, &secret, &IMAGE, "sda.img", "disk").0, 303);
    assert!(!moved(&service, "assessing").1.contains("PG-1"));
    let known = |fields: &[(&str, &str)]| send(&service, "/cases/1/evidence/known", fields).1;
    let memory = [
        ("kind", "elsewhere"),
        ("class", "volatile"),
        ("host", "web01"),
        ("from", "web01"),
        ("name", "mem.lime"),
        ("place", "金庫2"),
    ];
    assert!(known(&[&memory[..], &[("sha256", "xyz")]].concat()).contains("said=evidence-refused"));
    assert!(known(&[&memory[..], &[("sha256", &sha("memory"))]].concat()).contains("said=evidence-added"));
    let range = |first: &str, last: &str| {
        known(&[("kind", "ledger"), ("class", "logs"), ("from", "sekisho"), ("first", first), ("last", last)])
    };
    assert!(
        range("5", "1").contains("said=evidence-refused")
            && range("0", "99999").contains("said=evidence-refused")
    );
    assert!(range("0", "2").contains("said=evidence-added"));
    // What the ledger holds began today; older logs are brought as a file.
    assert!(moved(&service, "assessing").1.contains("PG-2"));
    let logs =
        [("class", "logs"), ("from", "backup"), ("covers_from", "2020-01-01"), ("covers_to", "2099-01-01")];
    assert_eq!(upload(&service, &secret, &logs, "auth.log.1", "old lines").0, 303);
    assert_eq!(moved(&service, "assessing").0, 303);
    let page = service.get("/cases/1/evidence");
    assert!(page.contains("entries 0 to 2 of the ledger") && page.contains("金庫2"), "{page}");
    assert_eq!(hidden(&page, "kind"), "elsewhere");
    assert_ne!(coded("金庫"), "金庫");
}

#[test]
fn a_file_over_the_limit_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    crate::notices::attack(&folder.path().join("auth.log"), "203.0.113.9");
    let mut service = Service::start_for(folder.path(), |_| "[evidence]\nupload_mib_max = 1\n".to_owned());
    service.set_up_as("kanri", "");
    service.until("/cases", "href=\"/cases/1\"");
    let secret = form(&service.get("/cases/1/evidence"));
    let large = "x".repeat((1 << 20) + 1);
    assert_eq!(upload(&service, &secret, &IMAGE, "large", &large).0, 413);
    let larger = "x".repeat((2 << 20) + 1);
    assert_eq!(upload(&service, &secret, &IMAGE, "larger", &larger).0, 413);
    assert!(upload(&service, &secret, &IMAGE, "fits", &large[..1 << 20]).1.contains("said=evidence-added"));
    let left = std::fs::read_dir(folder.path().join("data/evidence/incoming")).expect("folder").count();
    assert_eq!(left, 0, "what was refused is gone");
}
