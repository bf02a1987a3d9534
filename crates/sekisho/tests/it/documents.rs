//! The documents of a case on the console (casework.md 7, 15; CW-REP-01 to -04).

use crate::closing::{broken_into, done, moved, send};
use sha2::{Digest as _, Sha256};

#[test]
fn documents_are_filled_released_and_receipted() {
    let folder = tempfile::tempdir().expect("folder");
    let (mut service, operator) = broken_into(folder.path());
    done(&service, "/cases/1/acknowledge", &[]);
    for (lang, wanted) in [("ja", "してはいけないこと"), ("en", "pull the network cable")] {
        let page = service.get(&format!("/cases/1?lang={lang}"));
        assert!(page.contains(wanted) && !page.contains("[guide-"), "{page}");
    }
    let page = service.get("/cases/1/documents");
    assert!(page.contains("What is missing") && page.contains("police.damage"), "{page}");
    assert!(
        page.contains("Would the desk take it?") && page.contains("href=\"/cases/1/entries#reporter.phone\""),
        "{page}"
    );

    // Facts are entered by an operator, once, and checked by their types.
    let manager = std::mem::replace(&mut service.cookie, operator);
    let (status, answer) =
        send(&service, "/cases/1/entries", &[("discovery.time", "昨日"), ("reporter.name", "関 太郎")]);
    assert!(status == 409 && answer.contains("discovery.time"), "{answer}");
    assert!(!service.get("/cases/1/entries").contains("関 太郎"), "nothing of a refused form is taken");
    let facts = [
        ("reporter.name", "<b>𠮷野</b> 髙子"),
        ("reporter.phone", "03-0000-0000"),
        ("discovery.time", "2026-11-21 10:30"),
        ("clock.synchronised", "yes"),
    ];
    done(&service, "/cases/1/entries", &facts);
    let page = service.get("/cases/1/entries");
    assert!(page.contains("&#60;b&#62;𠮷野") && !page.contains("<b>𠮷野"), "{page}");
    assert!(!service.get("/cases/1/documents").contains("entries#reporter.phone\""), "it is known now");
    assert_eq!(send(&service, "/cases/1/release", &[("document", "ipa.access")]).0, 403);

    // Every kind of file is made; the text has what was entered.
    let (status, text) = service.ask("GET", "/cases/1/documents/ipa.access.txt", "", "");
    assert!(status == 200 && text.contains("髙子") && text.contains("attachment"), "{text}");
    assert_eq!(service.ask("GET", "/cases/1/documents/ipa.access.exe", "", "").0, 404);
    assert_eq!(service.ask("GET", "/cases/1/documents/..%2f..%2fx.txt", "", "").0, 404);

    service.cookie = manager;
    let release = |fields: &[(&str, &str)]| send(&service, "/cases/1/release", fields);
    let (status, answer) = release(&[("document", "ipa.access")]);
    assert_eq!(status, 409, "{answer}");
    let whole = [("document", "ipa.access"), ("incomplete", "1"), ("consent", "本人の同意")];
    let (status, answer) = release(&whole);
    assert_eq!(status, 303, "{answer}");
    assert_eq!(release(&whole).0, 409, "it is out already");
    let page = service.get("/cases/1/documents");
    let link = page
        .split("href=\"")
        .find(|rest| rest.starts_with("/cases/1/released/") && rest.contains(".txt\""))
        .expect("a link");
    let link = link.split('"').next().expect("an address");
    let (status, kept) = service.ask("GET", link, "", "");
    assert_eq!(status, 200);
    assert!(kept.contains("髙子"), "{kept}");
    let hash = link.rsplit('/').next().and_then(|name| name.split('.').next()).expect("a hash");
    let file = std::fs::read(folder.path().join("data/evidence").join(&hash[..2]).join(hash)).expect("kept");
    assert_eq!(hex::encode(Sha256::digest(file)), hash);
    assert_eq!(service.ask("GET", &format!("/cases/1/released/{}.txt", "0".repeat(64)), "", "").0, 404);

    // Without its receipt the case does not close; with it the clock of the form is done.
    done(&service, "/cases/1/waiver", &[("pg-1", "1"), ("pg-2", "1"), ("pg-3", "1"), ("reason", "x")]);
    assert_eq!(moved(&service, "preserving").0, 303);
    assert_eq!(moved(&service, "assessing").0, 303);
    assert!(moved(&service, "closed").1.contains("receipt ipa.access"));
    assert_eq!(send(&service, "/cases/1/receipt", &[("document", "police.damage"), ("number", "1")]).0, 409);
    done(&service, "/cases/1/receipt", &[("document", "ipa.access"), ("number", "No. 77")]);
    assert!(!moved(&service, "closed").1.contains("receipt ipa.access"));
    assert!(service.get("/cases/1").contains("<bdi>No. 77</bdi>"), "the clock of its form is done");
}
