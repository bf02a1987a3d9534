//! What a full disk or a kill leaves behind: no file under its final name that is not complete.

use crate::support::{Case, guessing, sekisho};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Complete JSON in every file that has its final name.
fn everything_is_whole(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".partial") {
            continue;
        }
        match name.as_str() {
            "summary.json" | "incidents.json" => {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{name} is cut");
            }
            "findings.jsonl" | "unread.jsonl" => {
                drop(crate::support::lines(&std::fs::read_to_string(&path).unwrap()))
            }
            "report.html" => assert!(std::fs::read_to_string(&path).unwrap().trim_end().ends_with("</html>")),
            "ledger" => assert!(path.join("checkpoint").is_file(), "a ledger without its last checkpoint"),
            "timeline.csv" | "logons.csv" | "events.csv" => {}
            other => panic!("unexpected file {other}"),
        }
    }
}

#[test]
fn a_kill_leaves_nothing_half_written() {
    let log = guessing("root", "203.0.113.9", 4_000, 0);
    for millis in [20, 400, 1_500] {
        let case = Case::new(&[("auth.log", log.as_bytes())]);
        let mut child = sekisho()
            .current_dir(case.path(""))
            .args(["investigate", "logs", "--out", "r", "--quiet"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(millis));
        let _ = child.kill();
        child.wait().unwrap();
        everything_is_whole(&case.path("r"));
        // What a killed run left does not stand in the way of the next one.
        let again = case.run(&["investigate", "logs", "--out", "r", "--quiet"]);
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        everything_is_whole(&case.path("r"));
        let left = std::fs::read_dir(case.path("r")).unwrap().count();
        assert_eq!(left, 9, "leftovers after {millis} ms");
    }
}

#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let mut log = String::new();
    for n in 0..25_000_u32 {
        let noise = n.wrapping_mul(2_654_435_761);
        log += &crate::support::sshd(
            n % 60_000,
            n,
            &format!(
                "Failed password for invalid user {noise:x} from 203.0.113.{} port {} ssh2",
                n % 250,
                noise % 60_000
            ),
        );
    }
    let case = Case::new(&[("auth.log", log.as_bytes())]);
    for kib in [64, 350] {
        let disk = case.path("disk");
        std::fs::create_dir_all(&disk).unwrap();
        let script = format!(
            "mount -t tmpfs -o size={kib}k sekisho-test {disk} && \"$0\" investigate {logs} --out {disk}/r --quiet; \
             code=$?; cp -r {disk}/r {copy} 2>/dev/null; exit $code",
            disk = disk.display(),
            logs = case.path("logs").display(),
            copy = case.path(&format!("copy{kib}")).display(),
        );
        let output = Command::new("unshare")
            .args([
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                &script,
                env!("CARGO_BIN_EXE_sekisho"),
            ])
            .stdin(Stdio::null())
            .output();
        let Ok(output) = output else {
            eprintln!("skipped: unshare is not installed");
            return;
        };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if said.contains("unshare") || said.contains("mount:") {
            eprintln!("skipped: no small file system can be mounted here: {said}");
            return;
        }
        assert_eq!(output.status.code(), Some(1), "{kib} KiB: {said}");
        assert!(said.contains("error:") && said.contains("No space left"), "{said}");
        everything_is_whole(&case.path(&format!("copy{kib}")));
    }
}
