//! `sekisho exercise` against the service as it runs: seen through every source, told of, acknowledged; and what is not seen is
//! said.

use crate::serving::{Service, failure, form};
use crate::support::sekisho;
use std::path::Path;
use std::process::Stdio;

fn exercise(folder: &Path, more: &[&str]) -> std::process::Command {
    let mut command = sekisho();
    command.current_dir(folder).args(["exercise", "--json", "--config", "sekisho.toml"]).args(more);
    command
}

fn said(output: &std::process::Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn an_exercise_is_seen_told_of_and_acknowledged() {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("auth.log"), failure("203.0.113.9", 1)).expect("log");
    let web = folder.path().join("access.log");
    let quiet = "198.51.100.7 - - [10/Nov/2026:13:00:00 +0900] \"GET / HTTP/1.1\" 200 9 \"-\" \"curl/8\"\n";
    std::fs::write(&web, quiet).expect("log");
    let mut service = Service::start_for(folder.path(), |_| String::new());
    drop(service);
    let settings = folder.path().join("sekisho.toml");
    let text = std::fs::read_to_string(&settings).expect("settings");
    let more = text.replace("auth.log\"]", &format!("auth.log\", {web:?}]"));
    assert_ne!(text, more);
    service = Service::restart(folder.path(), &more);
    service.set_up_as("kanri", "");
    service.until("/sources", "access.log");

    // Nobody acknowledges in time: not proved, though all was seen.
    let late =
        said(&exercise(folder.path(), &["--wait", "30", "--acknowledged", "1"]).output().expect("runs"));
    assert_eq!(late["proved"], false, "{late}");
    let sources = late["sources"].as_array().expect("sources");
    assert_eq!(sources.len(), 4, "{late}");
    assert!(sources.iter().all(|source| source["seen"] == true), "{late}");

    // The manager acknowledges while it waits.
    let running = exercise(folder.path(), &["--wait", "30", "--acknowledged", "60"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    let page = service.get("/cases/1");
    assert!(page.contains("sekisho exercise"), "{page}");
    let mut running = running;
    while running.try_wait().expect("runs").is_none() {
        // A case that grew is told of anew.
        let body = format!("form={}", form(&page));
        assert_eq!(service.ask("POST", "/cases/1/acknowledge", &body, "").0, 303);
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    let output = running.wait_with_output().expect("ends");
    let proved = said(&output);
    assert_eq!(proved["proved"], true, "{proved}");
    assert!(output.status.success());
    assert!(proved["acknowledged"][0]["by"] == "kanri", "{proved}");
}

#[test]
fn what_is_not_watched_is_not_proved() {
    let folder = tempfile::tempdir().expect("folder");
    let log = folder.path().join("auth.log");
    std::fs::write(&log, failure("203.0.113.9", 1)).expect("log");
    let (open, pipe) = (folder.path().join("open.log"), folder.path().join("pipe.log"));
    std::fs::write(
        folder.path().join("sekisho.toml"),
        format!(
            "data = {:?}\nfiles = [{log:?}, {:?}, {open:?}, {pipe:?}]\n",
            folder.path().join("data"),
            folder.path().join("none.log")
        ),
    )
    .expect("settings");
    std::fs::write(&open, format!("{}half a", failure("203.0.113.9", 2))).expect("log");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    std::fs::create_dir(folder.path().join("data")).expect("folder");
    let output = exercise(folder.path(), &["--wait", "1", "--acknowledged", "0"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert_eq!(said["proved"], false);
    assert_eq!(said["sources"][0]["seen"], false, "{said}");
    assert!(said["sources"][1]["not_tried"].as_str().is_some_and(|why| why.contains("none.log")), "{said}");
    // A line that is being written is left alone, and a pipe does not make it wait.
    for (place, reason) in [(2, "no end yet"), (3, "no file")] {
        let why = said["sources"][place]["not_tried"].as_str().expect("a reason");
        assert!(why.contains(reason), "{why}");
    }
    assert!(std::fs::read_to_string(&open).expect("log").ends_with("half a"));
    // What was there before stays, and the marked line is whole.
    let lines = std::fs::read_to_string(&log).expect("log");
    assert!(
        lines.starts_with(&failure("203.0.113.9", 1)) && lines.lines().count() == 2 && lines.ends_with('\n')
    );
    let bad =
        sekisho().args(["exercise", "--agent", "x", "--name", "y", "--id", "../x"]).output().expect("runs");
    assert_eq!(bad.status.code(), Some(2));
}
