//! Blocking by the service with the real nft: in a network namespace, against an attacker in another one (detection.md 8.2).

use crate::serving::{Service, form};
use crate::support::sekisho;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const OURS: &str = "192.0.2.1:7022";
const ATTACKER: &str = "192.0.2.9";
const SECOND: &str = "192.0.2.10";

fn ran(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|ran| ran.status.success())
}

/// This test program, with one of the ignored tests below.
fn this(before: &[&str], name: &str) -> Command {
    let (program, arguments) = before.split_first().expect("a program");
    let mut command = Command::new(program);
    command.args(arguments).arg(std::env::current_exe().expect("this test"));
    command.args(["--exact", name, "--ignored", "--nocapture"]);
    command
}

#[test]
fn a_source_is_blocked_and_let_in_again() {
    if !ran("unshare", &["-n", "/usr/sbin/nft", "list", "tables"]) || !ran("ip", &["-V"]) {
        eprintln!("skipped: blocking needs root, and the packages nftables, iproute2 and util-linux");
        return;
    }
    let ran = this(&["unshare", "-n"], "blocking::inside").output().expect("runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(
        ran.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

struct Other(Child);

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Other {
    /// Another computer at the end of a cable.
    fn attached() -> Self {
        let child = Command::new("unshare").args(["-n", "sleep", "600"]).spawn().expect("another computer");
        let other = Self(child);
        let pid = other.0.id().to_string();
        std::thread::sleep(Duration::from_millis(300));
        for line in [
            "link set lo up",
            "link add here type veth peer name there",
            "addr add 192.0.2.1/24 dev here",
            "link set here up",
        ] {
            assert!(ran("ip", &line.split(' ').collect::<Vec<_>>()), "ip {line}");
        }
        assert!(ran("ip", &["link", "set", "there", "netns", &pid]));
        for line in ["addr add 192.0.2.9/24 dev there", "link set there up"] {
            let arguments: Vec<&str> = ["-t", &pid, "-n", "ip"].into_iter().chain(line.split(' ')).collect();
            assert!(ran("nsenter", &arguments), "ip {line}");
        }
        other
    }

    /// From another address than before.
    fn moves_to(&self, address: &str) {
        let pid = self.0.id().to_string();
        for line in ["addr flush dev there".to_owned(), format!("addr add {address}/24 dev there")] {
            let arguments: Vec<&str> = ["-t", &pid, "-n", "ip"].into_iter().chain(line.split(' ')).collect();
            assert!(ran("nsenter", &arguments), "ip {line}");
        }
    }

    fn reaches_us(&self) -> bool {
        let pid = self.0.id().to_string();
        let tried = this(&["nsenter", "-t", &pid, "-n"], "blocking::connects").output().expect("runs");
        tried.status.success()
    }

    fn until(&self, reaches: bool) {
        let begun = Instant::now();
        while self.reaches_us() != reaches {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "the attacker never {}",
                if reaches { "got in" } else { "stayed out" }
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

#[test]
#[ignore = "the attacker's side, started by a_source_is_blocked_and_let_in_again"]
fn connects() {
    let ours: SocketAddr = OURS.parse().expect("address");
    TcpStream::connect_timeout(&ours, Duration::from_secs(1)).expect("reached");
}

fn attack(log: &Path, source: &str, enters: bool) {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("log");
    let offset = jiff::tz::Offset::constant(9);
    for number in 0..30 {
        let at = offset.to_datetime(jiff::Timestamp::now()).strftime("%b %e %H:%M:%S");
        let what = if enters && number == 29 { "Accepted" } else { "Failed" };
        writeln!(
            file,
            "{at} web01 sshd[{}]: {what} password for root from {source} port {} ssh2",
            700 + number,
            40_000 + number
        )
        .expect("written");
    }
}

fn settings(mode: &str) -> String {
    format!("[containment]\nallow = [\"198.51.100.0/24\"]\n{mode}")
}

#[test]
#[ignore = "runs in a network namespace, started by a_source_is_blocked_and_let_in_again"]
fn inside() {
    let other = Other::attached();
    let listener = TcpListener::bind(OURS).expect("a port");
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let folder = tempfile::tempdir().expect("folder");
    let log = folder.path().join("auth.log");
    attack(&log, ATTACKER, false);
    attack(&log, "198.51.100.20", false);
    assert!(other.reaches_us());
    let mut service = Service::start_with(folder.path(), &settings("mode = \"confirm\"\n"));
    service.set_up();

    // The page proposes it; ordering it needs the form's secret, and nobody may lock out whom settings shelter.
    let page = service.until("/blocks", "192.0.2.9/32");
    let page =
        if page.contains("198.51.100.20/32") { page } else { service.until("/blocks", "198.51.100.20/32") };
    assert!(page.contains("BG-3: Must not be locked out (allowed 198.51.100.0/24)"), "{page}");
    let secret = form(&page);
    let numbered = |prefix: &str| {
        let at = page.find(&format!(">{prefix}<")).expect("a line");
        let rest = &page[at..];
        let link = rest.find("/cases/").expect("its case") + 7;
        rest[link..].split('"').next().expect("a number").to_owned()
    };
    let order = |service: &Service, prefix: &str, secret: &str| {
        let body = format!("form={secret}&case={}&prefix={prefix}&reason=because", numbered(prefix));
        service.ask("POST", "/blocks", &body, "")
    };
    assert_eq!(order(&service, "192.0.2.9/32", "x").0, 403);
    assert_eq!(order(&service, "198.51.100.20/32", &secret).0, 409);
    assert!(order(&service, "192.0.2.9/32", &secret).1.contains("said=blocked"));
    assert!(!other.reaches_us());
    assert!(service.get("/blocks").contains("blocked (to be confirmed)"));
    assert!(
        service.ask("POST", "/blocks/confirm", &format!("form={secret}"), "").1.contains("said=confirmed")
    );
    assert!(!service.get("/blocks").contains("to be confirmed"));

    // The kernel keeps it while Sekisho is dead; taken back by command, then restored by the service that still counts on it.
    drop(service);
    assert!(!other.reaches_us());
    let unban = sekisho().args(["case", "unban", ATTACKER]).output().expect("runs");
    assert!(unban.status.success(), "{}", String::from_utf8_lossy(&unban.stderr));
    assert!(other.reaches_us());
    let mut service = Service::start_with(folder.path(), &settings("mode = \"confirm\"\n"));
    other.until(false);
    service.sign_in("kanri");
    let page = service.get("/blocks");
    let undo =
        page.split("action=\"/blocks/").nth(1).and_then(|rest| rest.split("/undo").next()).expect("a button");
    let (status, answer) =
        service.ask("POST", &format!("/blocks/{undo}/undo"), &format!("form={}", form(&page)), "");
    assert!(status == 303 && answer.contains("said=unblocked"), "{answer}");
    assert!(other.reaches_us());
    drop(service);
    by_itself(folder.path(), &log, &other);
}

/// By itself only for named rules, only once somebody has looked at what would be blocked, and never what a person took back.
fn by_itself(folder: &Path, log: &Path, other: &Other) {
    attack(log, ATTACKER, true);
    let out = folder.join("report");
    let report = sekisho()
        .args(["investigate", "--quiet", "--timezone", "Asia/Tokyo", "--out"])
        .arg(&out)
        .arg(log)
        .output();
    assert!(report.expect("runs").status.success());
    let findings = std::fs::read_to_string(out.join("findings.jsonl")).expect("findings");
    let rules: std::collections::BTreeSet<String> = findings
        .lines()
        .filter_map(|line| {
            serde_json::from_str::<serde_json::Value>(line)
                .ok()?
                .pointer("/rule/id")?
                .as_str()
                .map(str::to_owned)
        })
        .collect();
    assert!(!rules.is_empty());
    let rules: Vec<&String> = rules.iter().collect();
    let mode = format!("mode = \"auto\"\nauto_rules = {rules:?}\n");
    let mut service = Service::start_with(folder, &settings(&mode));
    service.sign_in("kanri");
    let page = service.until("/blocks", "Blocking by itself has not begun");
    assert!(other.reaches_us());
    let (status, _) = service.ask("POST", "/blocks/seen", &format!("form={}", form(&page)), "");
    assert_eq!(status, 303);
    other.moves_to(SECOND);
    assert!(other.reaches_us());
    attack(log, ATTACKER, true);
    attack(log, SECOND, true);
    other.until(false);
    let page = service.until("/blocks", "<bdi>Sekisho</bdi>");
    other.moves_to(ATTACKER);
    assert!(other.reaches_us(), "what a person took back was blocked again: {page}");
    assert!(!page.contains("198.51.100.20/32</td><td>blocked"), "{page}");
}
