//! Servers of others that a test starts on this computer and ends with itself. `./test` installs them, pinned: SeaweedFS and
//! moto in `target/stores`, PostgreSQL as a Debian package. Where one is missing, the test says that it skips.
#![allow(dead_code, reason = "two test binaries share it, and none uses all of it")]

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Access key of the servers.
pub(crate) const KEY: &str = "AKIDSEKISHO";
/// Secret of the servers.
pub(crate) const SECRET: &str = "not-a-real-secret";

/// A server that ends with the test.
pub(crate) struct Server {
    command: Command,
    child: Child,
    /// Its data, removed with it.
    _folder: tempfile::TempDir,
    pub(crate) port: u16,
}

impl Server {
    fn start(mut command: Command, folder: tempfile::TempDir, port: u16) -> Self {
        let log = std::fs::File::create(folder.path().join("log")).expect("its log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().expect("it starts");
        let mut server = Self { command, child, _folder: folder, port };
        wait_for(&mut server);
        server
    }
    /// Ends a store as `kill -9` does, and starts it again on the same data.
    pub(crate) fn restart(&mut self) {
        self.kill();
        self.child = self.command.spawn().expect("it starts");
        wait_for(self);
        ready(self);
    }
    /// Address for clients of S3.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

#[allow(clippy::print_stderr, reason = "a check that is skipped says so")]
fn skipped(what: &str) {
    eprintln!("skipped: {what} is not installed; `./test` installs it");
}

fn tool(name: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().expect("its path");
    let target = program.ancestors().nth(3).expect("target");
    let path = target.join("stores/bin").join(name);
    if path.is_file() {
        return Some(path);
    }
    skipped(&path.display().to_string());
    None
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number").port()
}

fn wait_for(server: &mut Server) {
    for _ in 0..300 {
        if TcpStream::connect(("127.0.0.1", server.port)).is_ok() {
            return;
        }
        assert!(server.child.try_wait().expect("its state").is_none(), "the server ended");
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the server does not answer");
}

/// SeaweedFS: a real store with conditional writes, versions and Object Lock.
pub(crate) fn seaweedfs() -> Option<Server> {
    let weed = tool("weed")?;
    let folder = tempfile::tempdir().expect("temporary folder");
    let identities = format!(
        "{{\"identities\":[{{\"name\":\"sekisho\",\"credentials\":[{{\"accessKey\":\"{KEY}\",\"secretKey\":\"{SECRET}\"}}],\
         \"actions\":[\"Admin\",\"Read\",\"Write\",\"List\",\"Tagging\"]}}]}}"
    );
    std::fs::write(folder.path().join("s3.json"), identities).expect("its settings");
    let mut server = weed_in(&weed, folder, free_port());
    ready(&mut server);
    Some(server)
}

fn weed_in(weed: &Path, folder: tempfile::TempDir, port: u16) -> Server {
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).expect("its folder");
    let mut command = Command::new(weed);
    command.args(["-logtostderr", "server", "-ip", "127.0.0.1", "-ip.bind", "127.0.0.1", "-filer", "-s3"]);
    command.args([
        "-s3.port.iceberg",
        "0",
        "-s3.port.lance",
        "0",
        "-volume.max",
        "30",
        "-master.volumeSizeLimitMB",
        "64",
    ]);
    command.arg("-s3.config").arg(folder.path().join("s3.json")).arg("-dir").arg(&data);
    command.args(["-s3.port", &port.to_string()]);
    for option in [
        "-master.port",
        "-master.port.grpc",
        "-volume.port",
        "-volume.port.grpc",
        "-filer.port",
        "-filer.port.grpc",
        "-s3.port.grpc",
    ] {
        command.args([option, &free_port().to_string()]);
    }
    command.current_dir(folder.path()).env("HOME", folder.path());
    Server::start(command, folder, port)
}

/// The port answers before the store does.
fn ready(server: &mut Server) {
    for _ in 0..60 {
        assert!(server.child.try_wait().expect("its state").is_none(), "the server ended");
        if boto(server, "s3.list_buckets()").0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    panic!("the store does not answer");
}

/// moto: the behaviour of AWS without AWS.
pub(crate) fn moto() -> Option<Server> {
    let program = tool("moto_server")?;
    let (folder, port) = (tempfile::tempdir().expect("temporary folder"), free_port());
    let mut command = Command::new(program);
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    Some(Server::start(command, folder, port))
}

/// Runs Python with boto3 as `s3`: makes buckets, looks behind us, and plays an intruder who has the credentials. Tells
/// whether it ended well, and what it printed.
pub(crate) fn boto(server: &Server, script: &str) -> (bool, String) {
    let python = tool("python").expect("installed with the server");
    let mut child = Command::new(python)
        .args(["-", &server.url(), KEY, SECRET])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let start = "import sys, boto3\nfrom botocore.config import Config\nfrom botocore.exceptions import ClientError\n\
         s3 = boto3.client('s3', endpoint_url=sys.argv[1], aws_access_key_id=sys.argv[2], \
         aws_secret_access_key=sys.argv[3], region_name='us-east-1', config=Config(retries={'max_attempts': 1}, connect_timeout=5, read_timeout=15))\n";
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(format!("{start}{script}\n").as_bytes()).expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), text)
}

/// PostgreSQL with a role `sekisho` and its password; `settings` are further lines of its configuration.
pub(crate) fn postgres(settings: &[&str]) -> Option<Server> {
    let bin = std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok);
    let Some(bin) = bin.map(|item| item.path().join("bin")).find(|bin| bin.join("initdb").is_file()) else {
        skipped("PostgreSQL (package postgresql)");
        return None;
    };
    let (folder, port) = (tempfile::tempdir().expect("temporary folder"), free_port());
    let root = std::fs::read_to_string("/proc/self/loginuid").is_ok()
        && Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.starts_with(b"0\n"));
    let as_user = |program: &str| {
        if !root {
            return Command::new(bin.join(program));
        }
        // It refuses to run as root.
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(bin.join(program));
        command
    };
    let data = folder.path().join("data");
    let password = folder.path().join("password");
    std::fs::write(&password, SECRET).expect("its password");
    if root {
        let owned = Command::new("chown").args(["-R", "postgres:postgres"]).arg(folder.path()).status();
        assert!(owned.expect("chown").success());
    }
    let made = as_user("initdb")
        .args(["-U", "sekisho", "-A", "scram-sha-256", "--no-sync", "-E", "UTF8", "--locale=C", "--pwfile"])
        .arg(&password)
        .arg("-D")
        .arg(&data)
        .current_dir(folder.path())
        .output()
        .expect("initdb");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut command = as_user("postgres");
    command.arg("-D").arg(&data).arg("-k").arg(folder.path()).current_dir(folder.path());
    let port_setting = format!("port={port}");
    for setting in ["listen_addresses=127.0.0.1", "shared_buffers=16MB", &port_setting].iter().chain(settings)
    {
        command.args(["-c", setting]);
    }
    let server = Server::start(command, folder, port);
    // It takes connections before it takes questions.
    let port = port.to_string();
    let mut asked = Command::new(bin.join("pg_isready"));
    asked.args(["-q", "-h", "127.0.0.1", "-p", &port]);
    for _ in 0..300 {
        if asked.status().is_ok_and(|status| status.success()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Some(server)
}
