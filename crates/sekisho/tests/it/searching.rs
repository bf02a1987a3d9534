//! Searching the logs at the console: words of two characters, filters, pages, secrets, and the proof of a line.

use crate::serving::{Service, failure};
use std::io::Write as _;

fn rows(page: &str) -> usize {
    page.matches("<td><a href=\"/logs/").count()
}

fn first_proof(page: &str) -> String {
    let at = page.find("<a href=\"/logs/").expect("a line") + 9;
    page[at..].split('"').next().expect("an address").to_owned()
}

#[test]
fn lines_are_found_and_proved() {
    let folder = tempfile::tempdir().expect("folder");
    let log = folder.path().join("auth.log");
    let mut text: String = (0..130).map(|n| failure("203.0.113.9", n)).collect();
    text.push_str("Nov 21 10:05:00 web01 app[9]: 不正な侵入の検知 <b>担当</b>\n");
    text.push_str("Nov 21 10:05:01 web01 sudo[9]: root : COMMAND=/usr/bin/mysql --password=himitsu-7\n");
    std::fs::write(&log, text).expect("log");
    let mut service = Service::start_with(folder.path(), "");
    for path in ["/logs", "/logs/1/1"] {
        let (status, answer) = service.ask("GET", path, "", "");
        assert!(status == 303 && answer.contains("location: /login"), "{path}: {answer}");
    }
    service.set_up();
    // 侵入: two characters are a word; what a line holds is shown harmlessly, its secret not at all.
    let page = service.until("/logs?q=%E4%BE%B5%E5%85%A5", "<td><a href=\"/logs/");
    assert!(rows(&page) == 1 && page.contains("不正な侵入の検知 &#60;b&#62;担当"), "{page}");
    let page = service.get("/logs?q=command%20mysql");
    assert!(rows(&page) == 1 && !page.contains("himitsu-7"), "{page}");
    assert_eq!(rows(&service.get("/logs?q=himitsu-7")), 0, "what is masked cannot be asked for");
    assert_eq!(rows(&service.get("/logs?q=%E4%BE%B5%E5%85%A5%E3%81%97")), 0);
    // A page holds fifty; the others are behind the link, and none is shown twice.
    let page = service.get("/logs?q=ACCEPTED+FAILED");
    assert_eq!(rows(&page), 0);
    let (mut path, mut seen) = ("/logs?q=%EF%BC%A6ailed".to_owned(), 0);
    loop {
        let page = service.get(&path);
        seen += rows(&page);
        let Some(at) = page.find("<a href=\"/logs?q=") else { break };
        path = page[at + 9..].split('"').next().expect("an address").replace("&#38;", "&");
    }
    assert_eq!(seen, 130);
    // Filters.
    let source = log.display().to_string().replace('/', "%2F");
    assert_eq!(rows(&service.get(&format!("/logs?source={source}"))), 50);
    assert_eq!(rows(&service.get("/logs?source=nothing")), 0);
    assert_eq!(rows(&service.get("/logs?to=2020-01-01T00:00")), 0);
    assert_eq!(rows(&service.get("/logs?from=2020-01-01T00:00")), 50);
    assert!(service.get("/logs?from=x").contains("A time cannot be read"));
    // The proof of a line.
    let page = service.get(&first_proof(&service.get("/logs?q=%E4%BE%B5%E5%85%A5")));
    assert!(page.contains("The proof was checked") && page.contains("不正な侵入"), "{page}");
    for absent in ["/logs/0/0", "/logs/999999/0", "/logs/x/0"] {
        assert_eq!(service.ask("GET", absent, "", "").0, 404, "{absent}");
    }
    // Killed and started again, also without its index: each line is there once.
    let before = service.cookie.clone();
    drop(service);
    let mut file = std::fs::OpenOptions::new().append(true).open(&log).expect("log");
    file.write_all("Nov 21 10:06:00 web01 app[9]: 侵入 again\n".as_bytes()).expect("written");
    let mut service = Service::start_with(folder.path(), "");
    service.cookie = before;
    service.until("/logs?q=again", "<td><a href=\"/logs/");
    assert_eq!(rows(&service.get("/logs?q=%E4%BE%B5%E5%85%A5")), 2);
    drop(service);
    for name in ["state.db", "state.db-wal", "state.db-shm", "seen"] {
        let _ = std::fs::remove_file(folder.path().join("data").join(name));
    }
    let mut service = Service::start_with(folder.path(), "");
    service.set_up();
    service.until("/logs?q=again", "<td><a href=\"/logs/");
    assert_eq!(
        rows(&service.get("/logs?q=%E4%BE%B5%E5%85%A5")),
        2,
        "the index is made again from the ledger"
    );
}
