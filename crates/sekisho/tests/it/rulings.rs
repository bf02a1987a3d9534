//! Facts and verdict on the console (casework.md 2.1, 2.6, CW-CLS-21, -23, CW-DAT-09).

use crate::notices::attack;
use crate::serving::{Service, form};

/// Adds a person and gives the cookie of a session.
pub(crate) fn person(service: &mut Service, secret: &str, login: &str, role: &str) -> String {
    let body = format!("form={secret}&login={login}&name=A&mail=&role={role}&password=correct-horse-battery");
    assert_eq!(service.ask("POST", "/people", &body, "").0, 303);
    let own = std::mem::take(&mut service.cookie);
    service.sign_in(login);
    std::mem::replace(&mut service.cookie, own)
}

#[test]
fn facts_are_stated_and_a_manager_confirms_the_verdict() {
    let folder = tempfile::tempdir().expect("folder");
    attack(&folder.path().join("auth.log"), "203.0.113.9");
    let mut service = Service::start_for(folder.path(), |_| String::new());
    service.set_up_as("kanri", "");
    service.until("/cases", "href=\"/cases/1\"");
    let secret = form(&service.get("/cases/1"));
    let operator = person(&mut service, &secret, "oper", "operator");
    let auditor = person(&mut service, &secret, "kansa", "auditor");
    let post = |service: &Service, path: &str, body: &str| {
        let secret = form(&service.get("/cases/1/facts"));
        service.ask("POST", path, &format!("form={secret}&{body}"), "").0
    };
    let verdict = |service: &Service, doing: &str, class: &str| {
        post(service, "/cases/1/verdict", &format!("do={doing}&class={class}&reason=%E8%B3%87%E6%96%99"))
    };
    let fact = |service: &Service, fact: &str, value: &str| {
        let why = "reason=%3Cb%3Easked%3C%2Fb%3E&evidence=statement+1";
        post(service, "/cases/1/facts", &format!("fact={fact}&value={value}&{why}"))
    };
    assert_eq!(verdict(&service, "confirm", "UA1"), 409, "not before the stage of assessment");
    assert_eq!(post(&service, "/cases/1/acknowledge", ""), 303);
    let moved = |service: &Service, version: u32, state: &str| {
        let body = format!("state={state}&version={version}&reason=copied");
        post(service, "/cases/1/state", &body)
    };
    assert_eq!(moved(&service, 2, "preserving"), 303);
    assert_eq!(moved(&service, 3, "assessing"), 409, "nothing is preserved");
    let waived = "version=3&pg-1=1&pg-2=1&pg-3=1&reason=rented";
    assert_eq!(post(&service, "/cases/1/waiver", waived), 303);
    assert_eq!(moved(&service, 4, "assessing"), 303);
    assert_eq!(verdict(&service, "confirm", "UA1"), 409, "facts are missing");
    assert_eq!(verdict(&service, "revise", "UA1"), 409, "nothing is confirmed");
    let page = service.get("/cases/1/facts");
    assert!(page.contains("The verdict needs it"), "{page}");

    // An operator states facts and confirms nothing, an auditor does neither.
    let admin = std::mem::replace(&mut service.cookie, auditor);
    assert_eq!(fact(&service, "F8", "refuted"), 403);
    assert!(!service.get("/cases/1/facts").contains("action=\"/cases/1/facts\""));
    service.cookie = operator;
    assert_eq!(fact(&service, "F8", "nonsense"), 409);
    assert_eq!(fact(&service, "F99", "refuted"), 400);
    for (id, value) in [("F5", "code_of_other"), ("F7", "refuted"), ("F8", "refuted"), ("F9", "refuted")] {
        assert_eq!(fact(&service, id, value), 303, "{id}");
    }
    assert_eq!(verdict(&service, "confirm", "UA1"), 403);
    assert!(!service.get("/cases/1/facts").contains("action=\"/cases/1/verdict\""));
    service.cookie = admin;

    let page = service.get("/cases/1/facts");
    assert!(page.contains("(UA1)") && page.contains("(oper, "), "{page}");
    assert!(page.contains("&#60;b&#62;asked&#60;/b&#62;") && !page.contains("<b>asked"), "{page}");
    let named = |service: &Service| service.get("/cases/1/facts").contains("confirmed by kanri");
    assert!(!named(&service), "a proposal until a person confirms it");
    assert_eq!(verdict(&service, "confirm", "UA2"), 409, "the facts do not carry it");
    assert_eq!(verdict(&service, "confirm", "UA1"), 303);
    assert!(named(&service));
    assert!(service.get("/cases/1").contains("kanri recorded a verdict"));
    assert_eq!(verdict(&service, "confirm", "UA1"), 409, "it is confirmed already");
    // Consent after all: the confirmation does not count until a person revises it.
    assert_eq!(fact(&service, "F8", "established"), 303);
    let page = service.get("/cases/1/facts");
    assert!(page.contains("role=\"alert\""), "{page}");
    assert_eq!(verdict(&service, "withdraw", ""), 303);
    assert!(service.get("/cases/1/facts").contains("withdrawn later"));
}
