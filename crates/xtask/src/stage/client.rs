//! Command lines of the programs that knock at the staged computer: ssh and curl.

use std::net::IpAddr;

use anyhow::{Result, bail};

use super::plan::Request;
use super::run;
use super::world::{SERVER, SERVER_V6};

/// Hard limit on one outside program.
pub(super) const PROGRAM_SECONDS_MAX: &str = "120";

/// The command line of ssh that hands over one password.
pub(super) fn ssh(from: IpAddr, user: &str, password: &str, last: &[&str]) -> Vec<String> {
    let server = if from.is_ipv6() { SERVER_V6 } else { SERVER };
    let mut argv: Vec<String> =
        ["timeout", PROGRAM_SECONDS_MAX, "sshpass", "-p", password, "ssh", "-F", "/dev/null"]
            .map(str::to_owned)
            .to_vec();
    for option in [
        "StrictHostKeyChecking=no",
        "UserKnownHostsFile=/dev/null",
        "LogLevel=ERROR",
        "PreferredAuthentications=password",
        "PubkeyAuthentication=no",
        "NumberOfPasswordPrompts=1",
        "EscapeChar=none",
    ] {
        argv.extend(["-o".to_owned(), option.to_owned()]);
    }
    argv.extend(["-b".to_owned(), from.to_string(), "-l".to_owned(), user.to_owned()]);
    let (options, commands): (Vec<&str>, Vec<&str>) =
        last.iter().copied().partition(|word| word.starts_with('-'));
    argv.extend(options.iter().map(|word| (*word).to_owned()));
    argv.push(server.to_owned());
    argv.extend(commands.iter().map(|word| (*word).to_owned()));
    argv
}

fn curl(from: IpAddr, agent: &str, method: &str, output: &str) -> Vec<String> {
    let place = format!("www.example.jp:80:{}", if from.is_ipv6() { SERVER_V6 } else { SERVER });
    let argv = [
        "curl",
        "-s",
        "-g",
        "--max-time",
        "20",
        "--path-as-is",
        "-o",
        output,
        "-w",
        "%{http_code}",
        "--interface",
        &from.to_string(),
        "--resolve",
        &place,
        "-A",
        agent,
    ];
    let mut argv = argv.map(str::to_owned).to_vec();
    if method == "HEAD" {
        argv.push("-I".to_owned());
    } else {
        argv.extend(["-X".to_owned(), method.to_owned()]);
    }
    argv
}

/// Makes one request and checks that the answer holds what the scenario counts on.
pub(super) fn ask(request: &Request) -> Result<()> {
    let output = if request.expect.is_empty() { "/dev/null" } else { "-" };
    let mut argv = curl(request.from, &request.agent, request.method, output);
    argv.extend(request.more.iter().cloned());
    argv.push(format!("http://www.example.jp{}", request.target));
    let answer = run::must(&argv)?;
    if !answer.contains(request.expect) {
        let start: String = answer.chars().take(300).collect();
        bail!("the answer to {} {} lacks {:?}: {start}", request.method, request.target, request.expect);
    }
    Ok(())
}

/// Sends the log-in form of the site once and hands back the status of the answer.
pub(super) fn form(from: IpAddr, user: &str, password: &str, agent: &str) -> Result<String> {
    let mut argv = curl(from, agent, "POST", "/dev/null");
    for field in [format!("log={user}"), format!("pwd={password}"), "wp-submit=Log In".to_owned()] {
        argv.extend(["--data-urlencode".to_owned(), field]);
    }
    argv.extend(["-e".to_owned(), "http://www.example.jp/wp-login.php".to_owned()]);
    argv.push("http://www.example.jp/wp-login.php".to_owned());
    run::must(&argv)
}

/// Logs in at the FTP server, lists the folder, and says whether the password was right.
pub(super) fn ftp(from: IpAddr, user: &str, password: &str) -> Result<bool> {
    let argv = ["curl", "-s", "--max-time", "20", "--interface", &from.to_string(), "-o", "/dev/null"];
    let mut argv = argv.map(str::to_owned).to_vec();
    argv.extend(["-u".to_owned(), format!("{user}:{password}"), format!("ftp://{SERVER}/")]);
    let done = run::output(&argv)?;
    match done.status.code() {
        Some(0) => Ok(true),
        // curl: the server denied the log-in.
        Some(67) => Ok(false),
        _ => bail!(
            "ftp as {user} from {from} ended oddly ({}): {}",
            done.status,
            String::from_utf8_lossy(&done.stderr)
        ),
    }
}
