//! `sekisho serve` as a process: lines by file and by syslog, the console by HTTP, an end by signal and by kill.

use crate::support::sekisho;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

pub(crate) fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("address").port()
}

pub(crate) struct Service {
    pub(crate) child: Child,
    pub(crate) console: u16,
    syslog: u16,
    code: Option<String>,
    pub(crate) cookie: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Service {
    fn start(folder: &Path) -> Self {
        Self::start_with(folder, "")
    }

    /// Starts with more settings.
    pub(crate) fn start_with(folder: &Path, more: &str) -> Self {
        Self::start_for(folder, |_| more.to_owned())
    }

    /// Starts with settings that may depend on the port of the console.
    pub(crate) fn start_for(folder: &Path, more: impl Fn(u16) -> String) -> Self {
        // Another test may take a port between finding it free and listening on it.
        for _ in 0..5 {
            let (console, syslog) = (port(), port());
            let text = format!(
                "data = {:?}\ntimezone = \"Asia/Tokyo\"\nfiles = [{:?}]\n[syslog]\nudp = \"127.0.0.1:{syslog}\"\ntcp = \"127.0.0.1:{syslog}\"\n[console]\nlisten = \"127.0.0.1:{console}\"\n{}",
                folder.join("data"),
                folder.join("auth.log"),
                more(console),
            );
            if let Some(service) = Self::begun(folder, &text, console, syslog) {
                return service;
            }
        }
        panic!("the service ended five times before it listened");
    }

    /// Starts again with the settings of before, changed.
    pub(crate) fn restart(folder: &Path, text: &str) -> Self {
        let after = |before: &str| -> u16 {
            let rest = text.split(before).nth(1).expect("an address");
            rest.split('"').next().and_then(|port| port.parse().ok()).expect("a port")
        };
        let (console, syslog) = (after("listen = \"127.0.0.1:"), after("udp = \"127.0.0.1:"));
        // Nobody is registered: a code is shown again.
        drop(std::fs::remove_file(folder.join("data/seen")));
        Self::begun(folder, text, console, syslog).expect("starts again")
    }

    fn begun(folder: &Path, text: &str, console: u16, syslog: u16) -> Option<Self> {
        std::fs::write(folder.join("sekisho.toml"), text).expect("settings");
        let mut command = sekisho();
        command.current_dir(folder).args(["serve", "--lang", "en"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        let mut ready = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut ready).expect("says where");
        if ready.is_empty() {
            child.wait().expect("ended");
            return None;
        }
        assert_eq!(ready.trim(), format!("http://127.0.0.1:{console}/"));
        let mut service = Self { child, console, syslog, code: None, cookie: String::new() };
        let mut stderr = BufReader::new(service.child.stderr.take().expect("piped"));
        if !folder.join("data/seen").exists() {
            let mut line = String::new();
            while !line.contains("one-time code:") {
                line.clear();
                assert!(stderr.read_line(&mut line).expect("read") > 0, "no code was shown");
            }
            service.code = line.trim().rsplit(' ').next().map(str::to_owned);
            std::fs::write(folder.join("data/seen"), "").expect("noted");
        }
        // What else it says must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Some(service)
    }

    /// Starts with a token for the figures, set up.
    fn started_for_figures(folder: &Path) -> Self {
        std::fs::write(folder.join("token"), "0123456789abcdef\n").expect("token");
        let log = (0..30).map(|n| failure("203.0.113.9", n)).collect::<String>();
        std::fs::write(folder.join("auth.log"), log).expect("log");
        let token = folder.join("token");
        let more = format!("metrics_token_file = {token:?}\n");
        Self::start_with(folder, &more)
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: &str, more: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.console)).expect("answers");
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nCookie: {}\r\n{more}Content-Length: {}\r\n\r\n{body}",
            self.console,
            self.cookie,
            body.len()
        )
        .expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let text = String::from_utf8(answer).expect("UTF-8");
        let status = text.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
        (status, text)
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let (status, text) = self.ask("GET", path, "", "");
        assert_eq!(status, 200, "{path}: {text}");
        text
    }

    pub(crate) fn keep_cookie(&mut self, answer: &str) {
        let set =
            answer.lines().find_map(|line| line.strip_prefix("set-cookie: sekisho=")).expect("a session");
        self.cookie = format!("sekisho={}", set.split(';').next().expect("a value"));
        assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
    }

    pub(crate) fn sign_in(&mut self, login: &str) {
        let (status, answer) =
            self.ask("POST", "/login", &format!("login={login}&password=correct-horse-battery"), "");
        assert_eq!(status, 303, "{answer}");
        self.keep_cookie(&answer);
    }

    /// Registers the first administrator, `kanri`, who is signed in afterwards.
    pub(crate) fn set_up(&mut self) {
        self.set_up_as("kanri", "");
    }

    /// Registers the first administrator.
    pub(crate) fn set_up_as(&mut self, login: &str, mail: &str) {
        let code = self.code.clone().expect("a code");
        let body =
            format!("code={code}&login={login}&name={login}&mail={mail}&password=correct-horse-battery");
        let (status, answer) = self.ask("POST", "/setup", &body, "");
        assert_eq!(status, 303, "{answer}");
        self.keep_cookie(&answer);
    }

    /// Waits until the page shows the text.
    pub(crate) fn until(&self, path: &str, wanted: &str) -> String {
        let begun = Instant::now();
        loop {
            let page = self.get(path);
            if page.contains(wanted) {
                return page;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{path} never showed {wanted:?}:\n{page}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

pub(crate) fn failure(source: &str, number: usize) -> String {
    format!(
        "Nov 21 10:00:{:02} web01 sshd[{}]: Failed password for root from {source} port {} ssh2\n",
        number % 60,
        700 + number,
        40_000 + number
    )
}

pub(crate) fn form(page: &str) -> String {
    let at = page.find("name=\"form\" value=\"").expect("a form") + 19;
    page[at..at + 64].to_owned()
}

/// Goes through what people do with a case, as an administrator and as an auditor.
fn work_on_the_case(service: &mut Service, case: &str) {
    // Work on the case: acknowledge, move without and with a reason, a stale version, a note; never without the form's secret.
    assert_eq!(service.ask("POST", "/cases/1/acknowledge", "", "").0, 403);
    let secret = form(case);
    let (status, answer) = service.ask("POST", "/cases/1/acknowledge", &format!("form={secret}"), "");
    assert!(status == 303 && answer.contains("location: /cases/1?said=acknowledged"), "{answer}");
    let moved = |version: u32, reason: &str| {
        let body = format!("form={secret}&state=preserving&version={version}&reason={reason}");
        service.ask("POST", "/cases/1/state", &body, "")
    };
    assert_eq!(moved(2, "").0, 409, "a reason is asked for");
    assert!(moved(1, "copied").1.contains("said=stale"), "somebody else was first");
    assert!(moved(2, "copied").1.contains("said=moved"));
    // Clocks run from the acknowledgement; what was told is noted, a clock that does not run is refused (CW-REP-05).
    let page = service.get("/cases/1");
    assert!(page.contains("What has to be told, and by when") && page.contains("CLK-7"), "{page}");
    let told = |clock: &str| {
        service.ask("POST", "/cases/1/told", &format!("form={secret}&clock={clock}&receipt=No.+12"), "").0
    };
    assert_eq!((told("CLK-99"), told("CLK-7")), (409, 303));
    let page = service.get("/cases/1");
    assert!(page.contains("done <bdi>No. 12</bdi>"), "{page}");
    let note = format!("form={secret}&note=%3Cscript%3Ealert(1)%3C%2Fscript%3E");
    assert_eq!(service.ask("POST", "/cases/1/note", &note, "").0, 303);
    let case = service.get("/cases/1");
    assert!(case.contains("&#60;script&#62;alert(1)") && !case.contains("<script"), "{case}");
    assert!(case.contains("kanri acknowledged the notice"), "{case}");

    // An auditor looks and changes nothing; what the role may not do is refused by the server.
    let body = format!("form={secret}&login=kansa&name=A&mail=&role=auditor&password=correct-horse-battery");
    assert_eq!(service.ask("POST", "/people", &body, "").0, 303);
    let admin = std::mem::take(&mut service.cookie);
    assert_eq!(service.ask("POST", "/login", "login=kansa&password=wrong-wrong-wrong", "").0, 401);
    service.sign_in("kansa");
    let case = service.get("/cases/1");
    assert!(!case.contains("action=\"/cases/1/note\""), "{case}");
    let secret = form(&case);
    for path in
        ["/cases/1/note", "/cases/1/told", "/cases/1/state", "/cases/1/acknowledge", "/people", "/people/x"]
    {
        let (status, _) = service.ask("POST", path, &format!("form={secret}&note=x&state=preserving"), "");
        assert_eq!(status, 403, "{path}");
    }
    service.cookie = admin;
}

#[test]
fn logs_are_watched_and_cases_are_worked_on() {
    let folder = tempfile::tempdir().expect("folder");
    let log = folder.path().join("auth.log");
    std::fs::write(&log, (0..30).map(|n| failure("203.0.113.9", n)).collect::<String>()).expect("log");
    let mut service = Service::start(folder.path());
    // Nothing is shown without a session.
    for path in
        ["/", "/cases", "/cases/1", "/blocks", "/findings", "/sources", "/rules", "/ledger", "/people"]
    {
        let (status, answer) = service.ask("GET", path, "", "");
        assert!(status == 303 && answer.contains("location: /login"), "{path}: {answer}");
    }
    assert_eq!(service.ask("GET", "/nothing", "", "").0, 401);
    let code = service.code.clone().expect("a code");
    let set_up = |code: &str| {
        format!("code={code}&login=kanri&name=%E9%96%A2+%3Cb%3E&mail=&password=correct-horse-battery")
    };
    assert_eq!(service.ask("POST", "/setup", &set_up("wrong"), "").0, 403);
    let foreign = "Origin: http://evil.example\r\n";
    assert_eq!(service.ask("POST", "/setup", &set_up(&code), foreign).0, 403, "a form of another page");
    assert_eq!(service.ask("POST", "/setup", &set_up(&code), "Origin: null\r\n").0, 403);
    // A browser names the origin of its own form only when the page's referrer policy lets it.
    let page = service.ask("GET", "/setup", "", "").1;
    assert!(page.contains("referrer-policy: same-origin"), "{page}");
    let own = format!("Origin: http://127.0.0.1:{}\r\n", service.console);
    let (status, answer) = service.ask("POST", "/setup", &set_up(&code), &own);
    assert_eq!(status, 303, "{answer}");
    service.keep_cookie(&answer);
    assert_eq!(service.ask("POST", "/setup", &set_up(&code), "").0, 403, "the code holds once");

    // The guesses of the file become a case; hostile names are shown harmlessly.
    let page = service.until("/cases", "href=\"/cases/1\"");
    assert!(page.contains("関 &#60;b&#62;"), "{page}");
    let case = service.get("/cases/1");
    assert!(case.contains("203.0.113.9") && case.contains("Failed password for root"), "{case}");

    // Syslog: eight failures by datagrams and a success by a stream are a second case, in which somebody got in.
    let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
    for n in 0..12 {
        let line = format!("<38>{}", failure("198.51.100.7", n).replace("web01", "web02"));
        socket.send_to(line.as_bytes(), ("127.0.0.1", service.syslog)).expect("sent");
    }
    service.until("/sources", "syslog/127.0.0.1");
    let success =
        "<38>Nov 21 10:01:00 web02 sshd[900]: Accepted password for root from 198.51.100.7 port 22 ssh2";
    let mut stream = TcpStream::connect(("127.0.0.1", service.syslog)).expect("connected");
    write!(stream, "{} {success}", success.len()).expect("sent");
    drop(stream);
    service.until("/", "Somebody may have got in");

    work_on_the_case(&mut service, &case);

    // Killed and started again: nothing is forgotten or doubled, and the next line is seen.
    let before = service.get("/sources");
    drop(service);
    let mut again = Service::start(folder.path());
    again.sign_in("kanri");
    let after = again.until("/sources", "syslog/127.0.0.1");
    let counts = |page: &str| page.matches("<td class=\"log\"><bdi>30</bdi></td>").count();
    assert_eq!((counts(&before), counts(&after)), (counts(&after), counts(&before)));
    assert!(again.get("/cases").contains("href=\"/cases/2\""));
    assert!(!again.get("/cases").contains("href=\"/cases/3\""));
    let rest: String = (30..60).map(|n| failure("192.0.2.44", n)).collect();
    std::fs::OpenOptions::new()
        .append(true)
        .open(&log)
        .expect("log")
        .write_all(rest.as_bytes())
        .expect("written");
    again.until("/findings", "192.0.2.44");

    // It ends in good order, and the ledger holds.
    let id = again.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
    assert!(again.child.wait().expect("ends").success());
    let ran = sekisho()
        .current_dir(folder.path())
        .args(["ledger", "verify", "data/ledger"])
        .output()
        .expect("runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_copy_is_made_while_it_runs_and_put_back() {
    let folder = tempfile::tempdir().expect("folder");
    let log = folder.path().join("auth.log");
    std::fs::write(&log, (0..30).map(|n| failure("203.0.113.9", n)).collect::<String>()).expect("log");
    let backup = |arguments: &[&str]| {
        let ran = sekisho().current_dir(folder.path()).arg("backup").args(arguments).output().expect("runs");
        (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned())
    };
    let mut service = Service::start(folder.path());
    service.set_up();
    service.until("/cases", "href=\"/cases/1\"");
    assert_eq!(backup(&["create", "copy"]).0, Some(0));
    // Again into the same folder, while lines go on arriving.
    let mut file = std::fs::OpenOptions::new().append(true).open(&log).expect("log");
    file.write_all((0..30).map(|n| failure("192.0.2.44", n)).collect::<String>().as_bytes())
        .expect("written");
    service.until("/findings", "192.0.2.44");
    let (code, said) = backup(&["create", "copy"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(backup(&["check", "copy"]).0, Some(0));
    let (code, said) = backup(&["restore", "copy"]);
    assert!(code == Some(2) && said.contains("is there already"), "{said}");
    drop(service);
    std::fs::rename(folder.path().join("data"), folder.path().join("lost")).expect("lost");

    // A changed byte of the state, and one of the ledger, are found before anything is put back.
    let state = folder.path().join("copy/state.db");
    let good = std::fs::read(&state).expect("state");
    let mut bad = good.clone();
    *bad.last_mut().expect("bytes") ^= 1;
    std::fs::write(&state, bad).expect("written");
    let (code, said) = backup(&["check", "copy"]);
    assert!(code == Some(1) && said.contains("SHA-256"), "{said}");
    assert!(backup(&["restore", "copy"]).0 != Some(0) && !folder.path().join("data").exists());
    std::fs::write(&state, good).expect("written");

    let (code, said) = backup(&["restore", "copy"]);
    assert_eq!(code, Some(0), "{said}");
    std::fs::write(folder.path().join("data/seen"), "").expect("noted");
    let mut again = Service::start(folder.path());
    again.sign_in("kanri");
    assert!(again.get("/cases").contains("href=\"/cases/1\""));
    again.until("/findings", "192.0.2.44");
    let id = again.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
    assert!(again.child.wait().expect("ends").success());
    let verified = sekisho().current_dir(folder.path()).args(["ledger", "verify", "data/ledger"]).output();
    assert!(verified.expect("runs").status.success());
}

#[test]
fn figures_are_shown_to_who_has_the_token() {
    let folder = tempfile::tempdir().expect("folder");
    let mut service = Service::started_for_figures(folder.path());
    service.set_up();
    service.until("/cases", "href=\"/cases/1\"");
    for wrong in
        ["", "Authorization: Bearer 0123456789abcdeX\r\n", "Authorization: Basic 0123456789abcdef\r\n"]
    {
        assert_eq!(service.ask("GET", "/metrics", "", wrong).0, 401, "{wrong}");
    }
    let (status, figures) = service.ask("GET", "/metrics", "", "Authorization: Bearer 0123456789abcdef\r\n");
    assert_eq!(status, 200, "{figures}");
    let lines =
        format!("sekisho_source_lines_total{{source=\"{}\"}} 30", folder.path().join("auth.log").display());
    for wanted in [
        lines.as_str(),
        "sekisho_cases_open 1",
        "sekisho_cases_unacknowledged 1",
        "sekisho_blocks_active 0",
        "# EOF",
    ] {
        assert!(figures.contains(wanted), "{wanted}: {figures}");
    }
}

#[test]
fn settings_are_checked_and_mistakes_are_named() {
    let folder = tempfile::tempdir().expect("folder");
    let check = |text: &str| {
        std::fs::write(folder.path().join("s.toml"), text).expect("settings");
        let ran =
            sekisho().current_dir(folder.path()).args(["config", "check", "s.toml"]).output().expect("runs");
        (ran.status.success(), String::from_utf8_lossy(&ran.stderr).into_owned())
    };
    let good = "data = \"d\"\nfiles = [\"/var/log/auth.log\"]\n";
    assert!(check(good).0);
    for (text, wanted) in [
        ("data = \"d\"\nfile = [\"x\"]\n", "unknown field"),
        ("data = \"d\"\n", "nothing to watch"),
        ("files = [\"x\"]\n", "missing field `data`"),
        (&format!("{good}[console]\nlisten = \"0.0.0.0:80\"\n"), "without TLS"),
    ] {
        let (fine, said) = check(text);
        assert!(!fine && said.contains(wanted) && said.contains("s.toml"), "{text}: {said}");
    }
}

/// LG-HBT-04: what was sent while nobody listened may be missing, and the ledger says so.
#[test]
fn a_restart_says_that_nobody_listened() {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("auth.log"), "").expect("log");
    for _ in 0..2 {
        // Killed, not ended.
        drop(Service::start(folder.path()));
    }
    let ran =
        sekisho().args(["ledger", "audit"]).arg(folder.path().join("data/ledger")).output().expect("runs");
    let audit: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    let gaps = audit["gaps"].as_array().expect("gaps");
    assert_eq!((gaps.len(), &gaps[0]["cause"]), (1, &"ledger-down".into()), "{audit}");
    assert!(gaps[0]["from"].as_str() < gaps[0]["to"].as_str(), "{audit}");
}
