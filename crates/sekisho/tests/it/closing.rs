//! A case from 検知 to 終結 on the console: every guard objects until what it asks for is done (casework.md 6.3, 10.4).

use crate::notices::attack;
use crate::rulings::person;
use crate::serving::{Service, form};

/// A value as a form carries it.
pub(crate) fn coded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// What a hidden field of the page holds.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let at = page.find(&mark).unwrap_or_else(|| panic!("no {name}: {page}")) + mark.len();
    page[at..].split('"').next().expect("a value").to_owned()
}

/// Sends a form of the case with the secret of the session and the version of the case; gives status and answer.
pub(crate) fn send(service: &Service, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let page = service.get("/cases/1/recovery");
    let secret = form(&page);
    let version = if page.contains("name=\"version\"") { hidden(&page, "version") } else { String::new() };
    let mut body = format!("form={secret}");
    let given = fields.iter().any(|(name, _)| *name == "version");
    if !given {
        body.push_str(&format!("&version={version}"));
    }
    for (name, value) in fields {
        body.push_str(&format!("&{name}={}", coded(value)));
    }
    service.ask("POST", path, &body, "")
}

pub(crate) fn done(service: &Service, path: &str, fields: &[(&str, &str)]) {
    let (status, answer) = send(service, path, fields);
    assert!(status == 303 && !answer.contains("said=stale"), "{path} {fields:?}: {answer}");
}

pub(crate) fn moved(service: &Service, state: &str) -> (u16, String) {
    send(service, "/cases/1/state", &[("state", state), ("reason", "済み")])
}

/// A service with one case of a break-in, `kanri` signed in, and the cookie of an operator.
pub(crate) fn broken_into(folder: &std::path::Path) -> (Service, String) {
    attack(&folder.join("auth.log"), "203.0.113.9");
    let mut service = Service::start_for(folder, |_| String::new());
    service.set_up_as("kanri", "");
    service.until("/cases", "href=\"/cases/1\"");
    let secret = form(&service.get("/cases/1"));
    let operator = person(&mut service, &secret, "oper", "operator");
    (service, operator)
}

/// Preserves with reasons instead of copies.
fn preserve(service: &Service) {
    let gate = |gate: &str, host: &str, answer: &str| {
        done(
            service,
            "/cases/1/gate",
            &[("gate", gate), ("host", host), ("answer", answer), ("reason", "<b>借用機</b>")],
        );
    };
    let (status, _) = send(
        service,
        "/cases/1/gate",
        &[("gate", "PG-5"), ("host", ""), ("answer", "not_possible"), ("reason", "x")],
    );
    assert_eq!(status, 409, "custody cannot be stated away");
    gate("PG-1", "web01", "not_possible");
    gate("PG-3", "web01", "not_possible");
    gate("PG-2", "", "kept_elsewhere");
}

fn confirm(service: &Service) {
    for (id, value) in [("F5", "code_of_other"), ("F7", "refuted"), ("F8", "refuted"), ("F9", "refuted")] {
        done(service, "/cases/1/facts", &[("fact", id), ("value", value), ("reason", "聴取")]);
    }
    done(service, "/cases/1/verdict", &[("do", "confirm"), ("class", "UA1"), ("reason", "資料")]);
}

/// Answers every measure that the page shows.
fn answer_measures(service: &Service) {
    let page = service.get("/cases/1/recovery");
    let ids: Vec<&str> =
        page.split("name=\"measure\" value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(!ids.is_empty(), "{page}");
    for (place, id) in ids.iter().enumerate() {
        let answer = if place == 0 { "declined" } else { "done" };
        done(service, "/cases/1/measure", &[("measure", id), ("answer", answer), ("reason", "11/24 佐藤")]);
    }
}

/// Says of every clock that it does not apply; nothing goes without a reason or for a clock that does not run.
fn settle_clocks(service: &Service) {
    let page = service.get("/cases/1");
    let clocks: Vec<&str> = ["CLK-2", "CLK-3", "CLK-4", "CLK-5", "CLK-6", "CLK-9"]
        .into_iter()
        .filter(|clock| page.contains(&format!("name=\"clock\" value=\"{clock}\"")))
        .collect();
    assert_eq!(
        send(service, "/cases/1/clock", &[("clock", clocks[0]), ("do", "exempt"), ("reason", " ")]).0,
        409
    );
    let late = [("clock", clocks[0]), ("do", "extend"), ("until", "2020-01-01"), ("reason", "x")];
    assert_eq!(
        send(service, "/cases/1/clock", &[("clock", "CLK-99"), ("do", "exempt"), ("reason", "x")]).0,
        409
    );
    assert!(
        send(service, "/cases/1/clock", &late).0 == 409 || page.contains("no day"),
        "an extension ends later"
    );
    for clock in clocks {
        done(
            service,
            "/cases/1/clock",
            &[("clock", clock), ("do", "not_applicable"), ("reason", "個人データなし")],
        );
    }
}

const REBUILT: [(&str, &str); 4] =
    [("action", "rebuilt"), ("host", "web01"), ("done", "佐藤 11/24"), ("reason", "初期化")];

/// An operator preserves, and neither sets aside nor exempts.
fn work_as_operator(service: &mut Service, operator: String) {
    // Recovery that changes a computer waits for preservation; the operator may not set that aside.
    let (status, answer) = send(service, "/cases/1/recovery", &REBUILT);
    assert!(status == 409 && answer.contains("PG-1 web01"), "{answer}");
    let manager = std::mem::replace(&mut service.cookie, operator);
    preserve(service);
    assert_eq!(send(service, "/cases/1/waiver", &[("pg-6", "1"), ("reason", "x")]).0, 403);
    assert_eq!(
        send(service, "/cases/1/clock", &[("clock", "CLK-2"), ("do", "exempt"), ("reason", "x")]).0,
        403
    );
    let page = service.get("/cases/1/evidence");
    assert!(page.contains("&#60;b&#62;借用機") && !page.contains("<b>借用機"), "{page}");
    service.cookie = manager;
}

#[test]
fn a_case_is_closed_when_nothing_objects() {
    let folder = tempfile::tempdir().expect("folder");
    let (mut service, operator) = broken_into(folder.path());
    done(&service, "/cases/1/acknowledge", &[]);
    assert_eq!(moved(&service, "preserving").0, 303);
    let (status, answer) = moved(&service, "assessing");
    assert!(status == 409 && answer.contains("PG-1 web01") && answer.contains("PG-2"), "{answer}");
    assert!(!answer.contains("PG-6"), "{answer}");
    let page = service.get("/cases/1");
    assert!(
        page.contains("href=\"/cases/1/evidence#gates\"") && !page.contains("value=\"assessing\""),
        "{page}"
    );
    let stale =
        [("gate", "PG-2"), ("host", ""), ("answer", "not_possible"), ("reason", "x"), ("version", "1")];
    assert!(send(&service, "/cases/1/gate", &stale).1.contains("said=stale"), "somebody else was first");
    work_as_operator(&mut service, operator);
    assert_eq!(moved(&service, "assessing").0, 303);
    confirm(&service);
    assert!(moved(&service, "responding").1.contains("PG-6"));
    done(&service, "/cases/1/waiver", &[("pg-6", "1"), ("reason", "署と電話で調整中")]);
    assert!(service.get("/cases/1/evidence").contains("kanri set aside PG-6"));
    assert_eq!(moved(&service, "responding").0, 303, "nobody else could agree, so one person is enough");
    assert!(moved(&service, "preventing").1.contains("REC-0 web01"));
    done(&service, "/cases/1/recovery", &REBUILT);
    for action in ["cause_found", "codes_changed", "checked"] {
        done(
            &service,
            "/cases/1/recovery",
            &[("action", action), ("host", ""), ("done", "佐藤"), ("reason", "調査")],
        );
    }
    assert_eq!(moved(&service, "preventing").0, 303);
    let (status, answer) = moved(&service, "closed");
    assert!(
        status == 409 && answer.contains("measure PM-") && answer.contains("obligation CLK-"),
        "{answer}"
    );
    assert!(!answer.contains("verdict") && !answer.contains("REC-"), "{answer}");
    answer_measures(&service);
    settle_clocks(&service);
    assert_eq!(moved(&service, "closed").0, 303);
    let page = service.get("/cases/1");
    assert!(page.contains("open this case again") && page.contains("Move to &#34;"), "{page}");
    // Closed is closed; opened again with a reason, everything is still there.
    for (path, fields) in
        [("/cases/1/recovery", &REBUILT[..]), ("/cases/1/waiver", &[("pg-1", "1"), ("reason", "x")][..])]
    {
        assert_eq!(send(&service, path, &[fields, &[("version", "99")]].concat()).0, 409, "{path}");
    }
}

/// CW-VIC-05: where two may decide, one alone sets nothing aside.
#[test]
fn a_waiver_needs_a_second_person_where_there_is_one() {
    let folder = tempfile::tempdir().expect("folder");
    let (mut service, _) = broken_into(folder.path());
    let secret = form(&service.get("/cases/1"));
    let second = person(&mut service, &secret, "buchou", "crisis-manager");
    done(&service, "/cases/1/acknowledge", &[]);
    assert_eq!(moved(&service, "preserving").0, 303);
    let all = [("pg-1", "1"), ("pg-2", "1"), ("pg-3", "1"), ("reason", "業務が止まっている")];
    done(&service, "/cases/1/waiver", &all);
    let (status, answer) = moved(&service, "assessing");
    assert!(status == 409 && answer.contains("PG-1 web01"), "{answer}");
    let page = service.get("/cases/1/evidence");
    assert!(page.contains("waits for a second person") && !page.contains("waiver/approve"), "{page}");
    let first = std::mem::replace(&mut service.cookie, second);
    let entry = hidden(&service.get("/cases/1/evidence"), "entry");
    let own = std::mem::replace(&mut service.cookie, first);
    assert_eq!(send(&service, "/cases/1/waiver/approve", &[("entry", &entry)]).0, 409, "not one's own");
    service.cookie = own;
    assert_eq!(send(&service, "/cases/1/waiver/approve", &[("entry", "7")]).0, 409);
    done(&service, "/cases/1/waiver/approve", &[("entry", &entry)]);
    assert!(service.get("/cases/1/evidence").contains("buchou agreed"));
    assert_eq!(moved(&service, "assessing").0, 303);
}
