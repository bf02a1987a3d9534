//! Runs the steps of a plan one after the other on the staged clock and keeps the tally of the truth.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::IpAddr;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::client::{self, PROGRAM_SECONDS_MAX};
use super::plan::{Act, Plan, Step};
use super::run;
use super::truth::Tally;
use super::world::{SERVER, World};

/// The ssh client exits so when sshpass saw the password refused.
const REFUSED: i32 = 5;
/// The ssh client itself gave up: cut off without a word, for one of `REFUSALS`, or because something is wrong with the staging.
const CLOSED: i32 = 255;
const REFUSALS: [&str; 2] = ["Permission denied", "Connection closed"];
/// Sends any bytes as a name, and many passwords over one connection, which no ordinary client does.
const KNOCK: &str = include_str!("knock.py");
/// Connects, says something and leaves.
const GREET: &str = include_str!("greet.py");

/// Runs every step.
pub(super) fn run_steps(world: &mut World, plan: &mut Plan) -> Result<Tally> {
    plan.steps.sort_by_key(|step| step.at);
    let mut runner = Runner { world, tally: Tally::default(), open: BTreeMap::new() };
    for step in &plan.steps {
        let gap = step.at - runner.world.clock.now();
        if gap > 0 {
            runner.let_sshd_finish()?;
        }
        if gap > 60 {
            World::age_process_ids(gap)?;
        }
        runner.world.clock.advance_to(step.at)?;
        let from = runner.world.clock.now();
        let before = bytes("/var/log/auth.log");
        runner.act(step)?;
        if matches!(step.act, Act::Try { .. } | Act::Knock { .. } | Act::Greet { .. } | Act::Leave { .. }) {
            patiently("auth.log did not grow", || Ok(bytes("/var/log/auth.log") > before))?;
        }
        runner.tally.happened(step.incident, from, runner.world.clock.now());
    }
    Ok(runner.tally)
}

struct Runner<'a> {
    world: &'a mut World,
    tally: Tally,
    open: BTreeMap<usize, (Child, IpAddr)>,
}

impl Runner<'_> {
    /// Waits until only the open sessions are left at sshd, so that no line is written after the clock has jumped.
    fn let_sshd_finish(&self) -> Result<()> {
        // The daemon itself, and two processes a session.
        let wanted = 1 + 2 * self.open.len();
        patiently("sshd did not finish its connections", || Ok(processes(Some("sshd"))? <= wanted))?;
        // rsyslogd stamps a line when it reads it; on a busy machine that may be a moment later.
        let seen = Cell::new(0);
        patiently("auth.log did not come to rest", || {
            let now = bytes("/var/log/auth.log");
            Ok(seen.replace(now) == now)
        })
    }

    fn act(&mut self, step: &Step) -> Result<()> {
        match &step.act {
            Act::Try { from, user, password, command } => {
                let argv = client::ssh(*from, user, password, &[command]);
                let done = run::output(&argv)?;
                let said = String::from_utf8_lossy(&done.stderr);
                let good = match done.status.code() {
                    Some(0) => true,
                    Some(REFUSED) => false,
                    Some(CLOSED)
                        if said.trim().is_empty() || REFUSALS.iter().any(|one| said.contains(one)) =>
                    {
                        false
                    }
                    _ => bail!("ssh as {user} from {from} ended oddly ({}): {said}", done.status),
                };
                self.count(step, *from, user, good);
            }
            Act::Enter { id, from, user, password } => self.enter(step, *id, *from, user, password)?,
            Act::Type { id, line } => self.type_line(step, *id, line)?,
            Act::Leave { id } => {
                self.type_line(step, *id, "exit")?;
                if let Some((mut child, _)) = self.open.remove(id) {
                    drop(child.stdin.take());
                    child.wait().context("cannot wait for a session")?;
                }
            }
            Act::Ask(request) => {
                client::ask(request)?;
                self.tally.asked(step.incident, request.from);
            }
            Act::Form { from, user, password, agent } => {
                let status = client::form(*from, user, password, agent)?;
                self.tally.asked(step.incident, *from);
                self.tally.tried(step.incident, *from, user, status == "302");
            }
            Act::Ftp { from, user, password } => {
                let good = client::ftp(*from, user, password)?;
                self.tally.tried(step.incident, *from, user, good);
            }
            Act::Cron => cron()?,
            Act::Hydra { from, args } => self.hydra(step, *from, args)?,
            Act::Knock { from, name, passwords } => self.knock(step, *from, name, passwords)?,
            Act::Rotate => {
                run::must(&["logrotate", "-f", "-s", "/run/logrotate.state", "/etc/logrotate-staged.conf"])?;
                sleep(Duration::from_millis(300));
            }
            Act::Greet { from, bytes } => self.greet(step, *from, bytes)?,
            Act::File { path, text } => run::put(path, text, 0o644)?,
        }
        Ok(())
    }

    fn count(&mut self, step: &Step, from: IpAddr, user: &str, good: bool) {
        self.tally.tried_at_sshd(step.incident, from, user, good);
    }

    fn enter(&mut self, step: &Step, id: usize, from: IpAddr, user: &str, password: &str) -> Result<()> {
        let before = bytes("/var/log/wtmp");
        let child = run::command(&client::ssh(from, user, password, &["-tt"]))
            .stdin(Stdio::piped())
            .stdout(run::talk("session")?)
            .stderr(run::talk("session")?)
            .spawn()
            .context("cannot start ssh")?;
        self.open.insert(id, (child, from));
        // sshd writes to wtmp when it has opened a terminal; then the shell starts.
        patiently("the session did not open", || Ok(bytes("/var/log/wtmp") > before))?;
        sleep(Duration::from_millis(150));
        if let Some((child, _)) = self.open.get_mut(&id)
            && let Some(status) = child.try_wait().context("cannot look after a session")?
        {
            bail!("{user} could not enter from {from}: {status}");
        }
        self.count(step, from, user, true);
        Ok(())
    }

    fn type_line(&mut self, step: &Step, id: usize, line: &str) -> Result<()> {
        let Some((child, from)) = self.open.get_mut(&id) else { bail!("session {id} is not open") };
        self.tally.met(step.incident, *from);
        let stdin = child.stdin.as_mut().context("a session without input")?;
        let before = processes(None)?;
        stdin.write_all(format!("{line}\n").as_bytes()).context("cannot type into a session")?;
        stdin.flush().context("cannot type into a session")?;
        sleep(Duration::from_millis(200));
        patiently("a command in a session did not end", || Ok(processes(None)? <= before))
    }

    fn hydra(&mut self, step: &Step, from: IpAddr, args: &[String]) -> Result<()> {
        // hydra cannot choose its address; the route to the server chooses it.
        let back = ["ip", "route", "replace", "local", SERVER, "dev", "lo", "table", "local", "src"];
        let mut there: Vec<String> = back.iter().map(|word| (*word).to_owned()).collect();
        there.push(from.to_string());
        run::must(&there)?;
        let mut argv: Vec<String> =
            ["timeout", PROGRAM_SECONDS_MAX, "hydra", "-I", "-vV", "-w", "5"].map(str::to_owned).to_vec();
        argv.extend(args.iter().cloned());
        let done = run::command(&argv).current_dir("/tmp").output().context("cannot start hydra")?;
        there.pop();
        there.push(SERVER.to_owned());
        run::must(&there)?;
        let said = String::from_utf8_lossy(&done.stdout);
        if !said.contains("completed") {
            bail!("hydra did not finish: {said}");
        }
        let good: Vec<&str> = said.lines().filter_map(|line| hydra_word(line, "host: ", "login: ")).collect();
        for name in said.lines().filter_map(|line| hydra_word(line, "ATTEMPT] ", "login \"")) {
            self.tally.tried_at_sshd(step.incident, from, name.trim_end_matches('"'), false);
        }
        if said.contains("Testing if password authentication is supported") {
            self.tally.showed_a_name(step.incident, from);
        }
        for name in good {
            self.tally.turned_out_right(step.incident, from, name);
        }
        Ok(())
    }

    fn knock(&mut self, step: &Step, from: IpAddr, name: &[u8], passwords: &[&str]) -> Result<()> {
        run::put("/tmp/knock.py", KNOCK, 0o644)?;
        let lines: String = std::iter::once(name)
            .chain(passwords.iter().map(|word| word.as_bytes()))
            .map(|bytes| hex(bytes) + "\n")
            .collect();
        run::put("/tmp/knock.hex", lines, 0o600)?;
        let argv = ["/usr/bin/python3", "/tmp/knock.py", &from.to_string(), SERVER, "/tmp/knock.hex"];
        let sent: usize = run::must(&argv)?.trim().parse().context("knock.py said no number")?;
        for _ in 0..sent {
            self.count(step, from, &name.escape_ascii().to_string(), false);
        }
        Ok(())
    }

    fn greet(&mut self, step: &Step, from: IpAddr, bytes: &[u8]) -> Result<()> {
        run::put("/tmp/greet.py", GREET, 0o644)?;
        run::must(&["/usr/bin/python3", "/tmp/greet.py", &from.to_string(), SERVER, &hex(bytes)])?;
        self.tally.met(step.incident, from);
        Ok(())
    }
}

/// How many processes run in the staged computer, all of them or those of that name.
fn processes(name: Option<&str>) -> Result<usize> {
    let mark = name.map(|name| format!(" ({name}) "));
    let mut count = 0;
    for entry in std::fs::read_dir("/proc").context("cannot read /proc")? {
        // `95 (sshd) S 1 ...`; a process that has ended and waits for its parent is `Z`.
        let path = entry.context("cannot read /proc")?.path().join("stat");
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let running = match &mark {
            Some(mark) => text.split_once(mark.as_str()).is_some_and(|(_, rest)| !rest.starts_with('Z')),
            None => text.split_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z')),
        };
        count += usize::from(running);
    }
    Ok(count)
}

/// Length of a file, 0 when it is not there.
fn bytes(path: &str) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}

/// Waits until something is so, ten seconds at most, and gives the writers of the logs a moment more.
fn patiently(otherwise: &str, so: impl Fn() -> Result<bool>) -> Result<()> {
    for _ in 0..500 {
        if so()? {
            sleep(Duration::from_millis(15));
            return Ok(());
        }
        sleep(Duration::from_millis(20));
    }
    bail!("{otherwise} within ten seconds")
}

/// The bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The word after `before` in a line of hydra that holds `mark`.
///
/// `[ATTEMPT] target 203.0.113.10 - login "root" - pass "1234" - 1 of 24 [child 0] (0/0)`, `[22][ssh] host: 203.0.113.10   login: root   password: 1234`.
fn hydra_word<'a>(line: &'a str, mark: &str, before: &str) -> Option<&'a str> {
    if !line.starts_with('[') || !line.contains(mark) {
        return None;
    }
    line.split_once(before)?.1.split_whitespace().next()
}

/// Starts cron two seconds before a full minute, lets it run what is due, and ends it.
fn cron() -> Result<()> {
    let mut child = run::command(&["/usr/sbin/cron", "-f"])
        .stderr(run::talk("cron")?)
        .spawn()
        .context("cannot start cron")?;
    sleep(Duration::from_millis(4_000));
    run::must(&["/bin/kill", "-TERM", &child.id().to_string()])?;
    child.wait().context("cannot wait for cron")?;
    run::must(&["rm", "-f", "/run/crond.pid", "/var/run/crond.pid"])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::hydra_word;

    #[test]
    fn hydra_says_what_it_tried_and_found() {
        let tried = r#"[ATTEMPT] target 203.0.113.10 - login "root" - pass "1234" - 1 of 24 [child 0] (0/0)"#;
        assert_eq!(hydra_word(tried, "ATTEMPT] ", "login \""), Some("root\""));
        let found = "[22][ssh] host: 203.0.113.10   login: root   password: 1234";
        assert_eq!(hydra_word(found, "host: ", "login: "), Some("root"));
        assert_eq!(hydra_word("login: root host: x", "host: ", "login: "), None);
    }
}
