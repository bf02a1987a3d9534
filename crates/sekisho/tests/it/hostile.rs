//! Hostile and broken inputs: the rest of the work is done, the file and the reason are named (DT-EVT-15, DT-HOS-14).

use crate::support::{Case, NOW, guessing, sshd};
use std::io::Write as _;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// A good log that must be read whatever stands beside it.
fn good() -> String {
    guessing("root", "203.0.113.9", 6, 0)
}

#[test]
fn broken_files_are_named_and_the_rest_is_done() {
    let packed = gzip(good().repeat(200).as_bytes());
    let case = Case::new(&[
        ("good.log", good().as_bytes()),
        ("cut.log.gz", &packed[..packed.len() / 2]),
        (
            "noise.bin",
            &(0..20_000_u32).flat_map(|n| (n.wrapping_mul(2_654_435_761)).to_le_bytes()).collect::<Vec<_>>(),
        ),
        ("empty.log", b""),
        ("nul.log", &[0; 5_000]),
    ]);
    let report = case.report(&[]);
    assert_eq!(report.unread_of("cut.log.gz"), ["corrupt"]);
    assert_eq!(report.unread_of("noise.bin"), ["unrecognised"]);
    assert_eq!(report.unread_of("nul.log"), ["unrecognised"]);
    assert!(report.unread_of("good.log").is_empty());
    let good =
        report.summary["inputs"].as_array().unwrap().iter().find(|input| input["path"] == "logs/good.log");
    assert_eq!(good.unwrap()["events"], 6);
    for item in &report.unread {
        for field in ["schema_version", "file", "offset", "line", "length", "reason", "expected", "hint"] {
            assert!(!item[field].is_null(), "{field} in {item}");
        }
    }
}

#[test]
fn a_bomb_is_stopped() {
    let bomb = gzip(&vec![b'a'; 32 << 20]);
    let mut log = good().into_bytes();
    log.extend(vec![b'b'; 32 << 20]);
    let case =
        Case::new(&[("good.log", good().as_bytes()), ("bomb.gz", &bomb), ("auth.log.1.gz", &gzip(&log))]);
    let report = case.report(&[]);
    assert_eq!(report.unread_of("bomb.gz"), ["limit_ratio"]);
    assert!(report.unread_of("auth.log.1.gz").contains(&"limit_ratio"), "{:?}", report.unread);
    assert!(report.summary["events"].as_u64().unwrap() >= 12);
}

#[test]
fn an_endless_line_does_not_fill_the_memory() {
    let mut log = good().into_bytes();
    log.extend(vec![b'x'; 10 << 20]);
    log.push(b'\n');
    log.extend(guessing("root", "203.0.113.9", 3, 100).into_bytes());
    let case = Case::new(&[("auth.log", &log)]);
    let report = case.report(&[]);
    assert!(report.unread_of("auth.log").contains(&"record_too_long"), "{:?}", report.unread);
    assert!(report.summary["events"].as_u64().unwrap() >= 9);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_skipped() {
    let case = Case::new(&[("good.log", good().as_bytes()), ("secret.log", good().as_bytes())]);
    let fifo = case.path("logs/pipe.log");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    std::os::unix::fs::symlink("/etc/passwd", case.path("logs/link.log")).unwrap();
    std::fs::set_permissions(case.path("logs/secret.log"), std::os::unix::fs::PermissionsExt::from_mode(0o0))
        .unwrap();
    let readable = std::fs::File::open(case.path("logs/secret.log")).is_ok();
    let report = case.report(&[]);
    assert_eq!(report.unread_of("pipe.log"), ["special_file"]);
    assert_eq!(report.unread_of("link.log"), ["special_file"]);
    if readable {
        eprintln!("skipped: this user may read every file, so a file without permission cannot be made");
    } else {
        assert_eq!(report.unread_of("secret.log"), ["permission"]);
    }
}

/// DT-HOS-16 to -18: log text stays text, on the page, in the table and on the terminal.
#[test]
fn log_text_stays_text() {
    let mut log = String::new();
    for (n, name) in
        ["<script>alert(1)</script>", "=cmd|' /c calc'!A1", "a\u{1b}]0;x\u{7}\u{202e}b", "\"><img src=x>"]
            .iter()
            .enumerate()
    {
        for m in 0..20_u32 {
            let at = 100 * n as u32 + m;
            log += &sshd(
                at,
                100 + at,
                &format!("Failed password for invalid user {name} from 203.0.113.9 port 40000 ssh2"),
            );
            log += &sshd(
                at,
                100 + at,
                &format!("Accepted password for {name} from 203.0.113.9 port 40000 ssh2"),
            );
        }
    }
    let case = Case::new(&[("auth.log", log.as_bytes())]);
    let ran = case.investigate(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{202e}'), "{}", ran.stdout);
    let page = std::fs::read_to_string(case.path("r/report.html")).unwrap();
    assert!(!page.contains("<script") && !page.contains("<img"), "log text became markup");
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
    let table = std::fs::read_to_string(case.path("r/timeline.csv")).unwrap();
    for line in table.lines() {
        for cell in line.split(',') {
            let cell = cell.trim_start_matches('"');
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{line}");
        }
    }
}

#[test]
fn times_that_cannot_be_do_not_stop_the_run() {
    let mut log = String::new();
    for stamp in ["Feb 31 25:61:99", "Jan  1 00:00:00", "Dec 31 23:59:59", "Nov 20 03:00:00"] {
        log += &format!("{stamp} web1 sshd[5]: Failed password for root from 203.0.113.9 port 4 ssh2\n");
    }
    log += "9999-12-31T23:59:59.999999+00:00 web1 sshd[5]: Failed password for root from 203.0.113.9 port 4 ssh2\n";
    let case = Case::new(&[("auth.log", log.as_bytes())]);
    let ran = case.run(&["investigate", "logs", "--out", "r", "--deterministic", NOW]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}
