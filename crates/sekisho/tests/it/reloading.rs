//! Rules loaded anew while `sekisho serve` runs: what came in before is found too, and what is wrong changes nothing.

use crate::serving::{Service, form};
use std::process::Command;

const RULE: &str = "title: Secret page\nid: 8b1f0c52-6a0e-4b58-9a43-6f8ff8d2c001\nlevel: high\nlogsource: {category: webserver}\ndetection: {selection: {cs-uri-stem|contains: secret-page}, condition: selection}\n";
const ID: &str = "8b1f0c52-6a0e-4b58-9a43-6f8ff8d2c001";

fn asked(host: u8) -> String {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).strftime("%d/%b/%Y:%H:%M:%S +0000");
    format!("198.51.100.{host} - - [{now}] \"GET /secret-page HTTP/1.1\" 200 9 \"-\" \"curl/8\"\n").repeat(3)
}

fn hang_up(service: &Service) {
    let pid = service.child.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().expect("kill").success());
}

#[test]
fn rules_are_loaded_anew_while_lines_come_in() {
    let folder = tempfile::tempdir().expect("folder");
    let rules = folder.path().join("rules");
    std::fs::create_dir(&rules).expect("folder");
    let log = folder.path().join("auth.log");
    std::fs::write(&log, asked(7)).expect("log");
    let mut service = Service::start_for(folder.path(), |_| "[context]\n".to_owned());
    // Settings are read anew too.
    let settings = folder.path().join("sekisho.toml");
    let text = std::fs::read_to_string(&settings).expect("settings");
    std::fs::write(&settings, format!("rules = [{rules:?}]\n{text}")).expect("settings");
    service.set_up();
    let page = service.get("/rules");
    assert!(!page.contains(ID));
    service.until("/sources", "auth.log");

    // Without the secret of the form nothing happens; with it, the rules of the folder are in force, over lines of before.
    assert_eq!(service.ask("POST", "/rules", "", "").0, 403);
    std::fs::write(rules.join("own.yml"), RULE).expect("rule");
    assert_eq!(service.ask("POST", "/rules", &format!("form={}", form(&page)), "").0, 303);
    service.until("/rules", ID);
    service.until("/findings", "198.51.100.7");

    // Over lines that come later; a file that is wrong is named, the others are in force.
    std::fs::write(rules.join("bad.yml"), "title: Bad\nid: bad-rule\ndetection: 7\n").expect("rule");
    hang_up(&service);
    let page = service.until("/rules", "bad.yml");
    assert!(page.contains("Not in force") && page.contains(ID), "{page}");
    let mut lines = std::fs::read_to_string(&log).expect("log");
    lines.push_str(&asked(8));
    std::fs::write(&log, lines).expect("log");
    service.until("/findings", "198.51.100.8");

    // A folder that is not there changes nothing, and says so.
    std::fs::rename(&rules, folder.path().join("gone")).expect("renamed");
    hang_up(&service);
    let page = service.until("/rules", "the rules before stay in force");
    assert!(page.contains(ID) && page.contains("no such folder"), "{page}");
    let secret = form(&page);
    let body = format!("form={secret}&login=unyo&name=O&mail=&role=operator&password=correct-horse-battery");
    assert_eq!(service.ask("POST", "/people", &body, "").0, 303);
    service.sign_in("unyo");
    let page = service.get("/rules");
    assert!(!page.contains("action=\"/rules\""));
    assert_eq!(service.ask("POST", "/rules", &format!("form={}", form(&page)), "").0, 403);
}
