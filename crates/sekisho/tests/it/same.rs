//! The same logs give the same files, however they come in.

use crate::evtx_writer::{self, FILETIME, Record, Value, security};
use crate::support::{Case, NOW, guessing, sshd};
use std::collections::BTreeMap;
use std::path::Path;

fn mixed() -> String {
    let mut log = guessing("root", "203.0.113.9", 30, 0);
    log += &sshd(200, 7, "Accepted password for root from 203.0.113.9 port 50001 ssh2");
    log += &guessing("invalid user admin", "198.51.100.7", 20, 300);
    log
}

fn tree(folder: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tree(&path, into);
        } else {
            into.insert(path.display().to_string(), std::fs::read(&path).unwrap());
        }
    }
}

fn files(case: &Case) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    tree(&case.path("r"), &mut all);
    let root = case.path("r").display().to_string();
    all.into_iter().map(|(path, bytes)| (path.trim_start_matches(&root).to_owned(), bytes)).collect()
}

#[test]
fn two_runs_give_identical_files() {
    let web = "203.0.113.7 - - [20/Nov/2026:10:00:00 +0900] \"GET /?id=1%20UNION%20SELECT%201 HTTP/1.1\" 200 5 \"-\" \"x\"\n";
    let run = || {
        let case =
            Case::new(&[("auth.log", mixed().as_bytes()), ("nginx/access.log", web.repeat(50).as_bytes())]);
        case.report(&[]);
        files(&case)
    };
    let (first, second) = (run(), run());
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (name, bytes) in &first {
        assert!(bytes == &second[name], "{name} differs");
    }
    assert!(first.len() > 7);
}

/// DT-COR-09: the findings do not depend on how the bytes arrive.
#[test]
fn a_pipe_line_by_line_gives_the_findings_of_the_file() {
    let log = mixed();
    let case = Case::new(&[("auth.log", log.as_bytes())]);
    let args = |path, out| {
        vec![
            "investigate",
            path,
            "--out",
            out,
            "--deterministic",
            NOW,
            "--timezone",
            "Asia/Tokyo",
            "--year",
            "2026",
        ]
    };
    assert_eq!(case.run(&args("logs/auth.log", "file")).code, Some(0));
    let mut child = crate::support::sekisho()
        .current_dir(case.path(""))
        .args(args("-", "pipe"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for line in log.split_inclusive('\n') {
        std::io::Write::write_all(&mut stdin, line.as_bytes()).unwrap();
        std::io::Write::flush(&mut stdin).unwrap();
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let read = |folder: &str| {
        let text = std::fs::read_to_string(case.path(folder).join("findings.jsonl")).unwrap();
        text.replace("logs/auth.log", "-")
    };
    assert_eq!(read("file"), read("pipe"));
}

/// DT-COR-06: order is by time, whatever the names of the files.
#[test]
fn logs_in_two_files_give_what_they_give_in_one() {
    let whole = mixed();
    let (even, odd): (Vec<_>, Vec<_>) =
        whole.split_inclusive('\n').enumerate().partition(|(at, _)| at % 2 == 0);
    let join = |lines: Vec<(usize, &str)>| lines.into_iter().map(|(_, line)| line).collect::<String>();
    let split = Case::new(&[("z/auth.log", join(even).as_bytes()), ("a/auth.log", join(odd).as_bytes())]);
    let one = Case::new(&[("auth.log", whole.as_bytes())]);
    let key = |case: &Case| -> Vec<String> {
        let of = |incident: &serde_json::Value| {
            format!(
                "{} {} {} {}",
                incident["kind"], incident["attempts"], incident["successes"], incident["sources"][0]["ip"]
            )
        };
        case.report(&[]).incidents.iter().map(of).collect()
    };
    assert_eq!(key(&split), key(&one));
}

/// Failed and successful logons: `count` records, one each `step` tenths of a second from the start; many blocks.
fn security_log(count: u64, from: u8, step: u64) -> Vec<u8> {
    let address = format!("10.0.{from}.7");
    let users: Vec<String> = (0..40).map(|number| format!("user{number}")).collect();
    let fields: Vec<[(&str, Value<'_>); 4]> = (0..count)
        .map(|id| {
            let user = if id % 7 == 0 { "administrator" } else { &users[usize::try_from(id).unwrap() % 40] };
            [
                ("TargetUserName", Value::Text(user)),
                ("LogonType", Value::U32(3)),
                ("IpAddress", Value::Text(&address)),
                ("SubStatus", Value::Hex64(0xc000_006a)),
            ]
        })
        .collect();
    let records: Vec<Record<'_>> = (1..=count)
        .zip(&fields)
        .map(|(id, fields)| Record {
            filetime: FILETIME + id * step * 1_000_000,
            ..security(id, if id % 50 == 0 { 4624 } else { 4625 }, fields)
        })
        .collect();
    evtx_writer::file(&records)
}

/// A case of event logs and text logs whose times overlap; one log is damaged in its middle.
fn blocks() -> Case {
    let (one, mut two) = (security_log(2_500, 1, 10), security_log(2_200, 2, 12));
    let middle = two.len() / 2 / 65_536 * 65_536 + 4_096 + 30_000;
    two[middle..middle + 900].fill(0x2a);
    let case = Case::new(&[("one.evtx", &one), ("two.evtx", &two), ("auth.log", mixed().as_bytes())]);
    for number in 0..5 {
        case.add(&format!("small/{number}.evtx"), &security_log(30, 10 + number, 70));
    }
    case
}

/// DT-FMT-58, DT-EVT-02: what comes out does not depend on the number of threads, of any command that reads logs.
#[test]
fn any_number_of_threads_gives_the_same() {
    const RULE: &str = "title: t\nid: t\nlevel: low\ntags: [attack.t1110]\nlogsource: {product: windows, service: security}\n\
                        detection:\n  s: {EventID: 4625, TargetUserName: administrator}\n  condition: s\n";
    let case = blocks();
    std::fs::create_dir(case.path("rules")).unwrap();
    std::fs::write(case.path("rules/t.yml"), RULE).unwrap();
    let given = ["--deterministic", NOW, "--timezone", "Asia/Tokyo", "--year", "2026", "--threads"];
    let commands: [&[&str]; 4] = [
        &["detect", "logs", "--rules", "rules"],
        &["events", "logs"],
        &["search", "administrator", "logs", "--format", "jsonl"],
        &["timeline", "logs", "--format", "jsonl"],
    ];
    for command in commands {
        let run = |threads| {
            let mut args = command.to_vec();
            args.extend(given.iter().chain(&[threads]));
            let ran = case.run(&args);
            assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
            (ran.stdout, ran.stderr)
        };
        let alone = run("1");
        assert!(alone.0.lines().count() > 600, "{command:?}: {}", alone.0.lines().count());
        assert!(alone == run("3"), "{command:?} with three threads differs");
    }
    let report = |threads: &str| {
        let folder = case.path("r");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        case.report(&["--threads", threads]);
        files(&case)
    };
    let alone = report("1");
    for (name, bytes) in report("3") {
        assert!(alone[&name] == bytes, "{name} with three threads differs");
    }
    // Damage stays where it is: every record of the sound chunks of the damaged log is there, under its own number.
    let unread = String::from_utf8(alone["/unread.jsonl"].clone()).unwrap();
    assert!(unread.contains("two.evtx"), "{unread}");
    assert!(!unread.contains("one.evtx") && !unread.contains("small"), "{unread}");
}
