//! Runs the real binary on small inputs.

use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The clock value of all runs here.
pub(crate) const NOW: &str = "2026-11-22T00:00:00Z";

/// A folder of inputs and, after a run, of the report `r`.
pub(crate) struct Case {
    folder: tempfile::TempDir,
}

/// What a run gave.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output is UTF-8");
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// The binary, in a fixed language and without the caller's environment.
pub(crate) fn sekisho() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    command.env_clear().env("LANG", "C.UTF-8").stdin(Stdio::null());
    command
}

impl Case {
    /// A case with these input files; names may hold folders.
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        let case = Self { folder };
        for (name, bytes) in files {
            case.add(name, bytes);
        }
        case
    }

    /// Adds a file below `logs/`.
    pub(crate) fn add(&self, name: &str, bytes: &[u8]) {
        let path = self.path("logs").join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folder");
        std::fs::write(path, bytes).expect("input file");
    }

    /// A path inside the case.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `sekisho` in the folder of the case.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        sekisho().current_dir(self.folder.path()).args(args).output().expect("the binary runs").into()
    }

    /// Runs `sekisho` with text on standard input.
    pub(crate) fn run_with(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut command = sekisho();
        command.current_dir(self.folder.path()).args(args).stdin(Stdio::piped());
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let mut stdin = child.stdin.take().expect("stdin");
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let _ = stdin.write_all(input);
            });
            child.wait_with_output().expect("the binary ends").into()
        })
    }

    /// `sekisho investigate logs --out r` with a fixed clock, in English, and more arguments.
    pub(crate) fn investigate(&self, more: &[&str]) -> Ran {
        let mut args = vec!["investigate", "logs", "--out", "r", "--deterministic", NOW, "--lang", "en"];
        args.extend(["--timezone", "Asia/Tokyo"]);
        args.extend(more);
        self.run(&args)
    }

    /// Runs `investigate` and expects success.
    pub(crate) fn report(&self, more: &[&str]) -> Report {
        let ran = self.investigate(more);
        assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
        Report::read(&self.path("r"))
    }
}

/// The files of a report.
pub(crate) struct Report {
    pub(crate) folder: PathBuf,
    pub(crate) summary: Value,
    pub(crate) incidents: Vec<Value>,
    pub(crate) findings: Vec<Value>,
    pub(crate) unread: Vec<Value>,
}

impl Report {
    pub(crate) fn read(folder: &Path) -> Self {
        let incidents: Value =
            serde_json::from_slice(&bytes(folder, "incidents.json")).expect("incidents.json");
        Self {
            folder: folder.to_owned(),
            summary: serde_json::from_slice(&bytes(folder, "summary.json")).expect("summary.json"),
            incidents: incidents.as_array().expect("an array").clone(),
            findings: lines(&text(folder, "findings.jsonl")),
            unread: lines(&text(folder, "unread.jsonl")),
        }
    }

    pub(crate) fn text(&self, name: &str) -> String {
        text(&self.folder, name)
    }

    /// Reasons why things of a file could not be read.
    pub(crate) fn unread_of(&self, file: &str) -> Vec<&str> {
        let of_file = |item: &&Value| item["file"].as_str().is_some_and(|name| name.contains(file));
        self.unread.iter().filter(of_file).filter_map(|item| item["reason"].as_str()).collect()
    }

    /// The one incident of a kind.
    pub(crate) fn incident(&self, kind: &str) -> &Value {
        let found: Vec<_> = self.incidents.iter().filter(|incident| incident["kind"] == kind).collect();
        let kinds: Vec<_> = self.incidents.iter().map(|incident| &incident["kind"]).collect();
        assert_eq!(found.len(), 1, "one incident of {kind} expected, found {kinds:?}");
        found[0]
    }
}

/// Names of the accounts of an incident that were entered, sorted.
pub(crate) fn entered(incident: &Value) -> Vec<&str> {
    let accounts = incident["accounts"].as_array().expect("accounts");
    let mut names: Vec<_> = accounts
        .iter()
        .filter(|account| account["state"] == "entered")
        .filter_map(|account| account["name"].as_str())
        .collect();
    names.sort_unstable();
    names
}

fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn text(folder: &Path, name: &str) -> String {
    String::from_utf8(bytes(folder, name)).expect("UTF-8")
}

/// JSON lines.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

/// A line of sshd at a number of seconds after 2026-11-20 03:00:00.
pub(crate) fn sshd(seconds: u32, pid: u32, message: &str) -> String {
    let (hour, minute, second) = (3 + seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("Nov 20 {hour:02}:{minute:02}:{second:02} web1 sshd[{pid}]: {message}\n")
}

/// Failed passwords of one source against one account, one every five seconds.
pub(crate) fn guessing(account: &str, source: &str, tries: u32, start: u32) -> String {
    (0..tries)
        .map(|n| {
            sshd(
                start + 5 * n,
                1_000 + start + n,
                &format!("Failed password for {account} from {source} port {} ssh2", 40_000 + n),
            )
        })
        .collect()
}
