//! Runs the steps of a plan one after the other on the staged clock and keeps the tally of the truth.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::IpAddr;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::plan::{Act, Plan, Request, Step};
use super::run;
use super::truth::Tally;
use super::world::{SERVER, SERVER_V6, World};

/// The ssh client exits so when sshpass saw the password refused.
const REFUSED: i32 = 5;
/// sshd closed the connection, as after a refused root log-in.
const CLOSED: i32 = 255;
/// Hard limit on one outside program.
const PROGRAM_SECONDS_MAX: &str = "120";
/// Sends names as raw bytes, which no ordinary client does.
const RAW_NAMES: &str = include_str!("raw_names.py");

/// Runs every step.
pub(super) fn run_steps(world: &mut World, plan: &mut Plan) -> Result<Tally> {
    plan.steps.sort_by_key(|step| step.at);
    let mut runner = Runner { world, tally: Tally::default(), open: BTreeMap::new() };
    for step in &plan.steps {
        let gap = step.at - runner.world.clock.now();
        if gap > 60 {
            World::age_process_ids(gap)?;
        }
        runner.world.clock.advance_to(step.at)?;
        let from = runner.world.clock.now();
        runner.act(step)?;
        runner.tally.happened(step.incident, from, runner.world.clock.now());
    }
    Ok(runner.tally)
}

struct Runner<'a> {
    world: &'a mut World,
    tally: Tally,
    open: BTreeMap<usize, Child>,
}

impl Runner<'_> {
    fn act(&mut self, step: &Step) -> Result<()> {
        match &step.act {
            Act::Try { from, user, password, command } => {
                let argv = client(*from, user, password, &[command]);
                let done = run::output(&argv)?;
                let good = match done.status.code() {
                    Some(0) => true,
                    Some(REFUSED | CLOSED) => false,
                    _ => bail!(
                        "ssh as {user} from {from} ended oddly: {}",
                        String::from_utf8_lossy(&done.stderr)
                    ),
                };
                self.count(step, *from, user, good);
            }
            Act::Enter { id, from, user, password } => self.enter(step, *id, *from, user, password)?,
            Act::Type { id, line } => self.type_line(*id, line)?,
            Act::Leave { id } => {
                self.type_line(*id, "exit")?;
                if let Some(mut child) = self.open.remove(id) {
                    drop(child.stdin.take());
                    child.wait().context("cannot wait for a session")?;
                }
            }
            Act::Ask(request) => {
                ask(request)?;
                self.tally.asked(step.incident, request.from);
            }
            Act::Form { from, user, password, agent } => {
                let status = form(*from, user, password, agent)?;
                self.tally.asked(step.incident, *from);
                self.tally.tried(step.incident, *from, user, status == "302");
            }
            Act::Cron => cron()?,
            Act::Hydra { from, args, tries } => self.hydra(step, *from, args, *tries)?,
            Act::Raw { from, names } => self.raw(step, *from, names)?,
            Act::Rotate => {
                run::must(&["logrotate", "-f", "-s", "/run/logrotate.state", "/etc/logrotate-staged.conf"])?;
                sleep(Duration::from_millis(300));
            }
            Act::Console(argv) => {
                run::must(argv)?;
            }
            Act::File { path, text } => run::put(path, text, 0o644)?,
        }
        Ok(())
    }

    fn count(&mut self, step: &Step, from: IpAddr, user: &str, good: bool) {
        self.tally.tried(step.incident, from, user, good);
        self.tally.sent_to_sshd += 1;
    }

    fn enter(&mut self, step: &Step, id: usize, from: IpAddr, user: &str, password: &str) -> Result<()> {
        let child = run::command(&client(from, user, password, &["-tt"]))
            .stdin(Stdio::piped())
            .stdout(run::talk("session")?)
            .stderr(run::talk("session")?)
            .spawn()
            .context("cannot start ssh")?;
        self.open.insert(id, child);
        sleep(Duration::from_millis(450));
        if let Some(child) = self.open.get_mut(&id)
            && let Some(status) = child.try_wait().context("cannot look after a session")?
        {
            bail!("{user} could not enter from {from}: {status}");
        }
        self.count(step, from, user, true);
        Ok(())
    }

    fn type_line(&mut self, id: usize, line: &str) -> Result<()> {
        let Some(stdin) = self.open.get_mut(&id).and_then(|child| child.stdin.as_mut()) else {
            bail!("session {id} is not open");
        };
        stdin.write_all(format!("{line}\n").as_bytes()).context("cannot type into a session")?;
        stdin.flush().context("cannot type into a session")?;
        sleep(Duration::from_millis(350));
        Ok(())
    }

    fn hydra(&mut self, step: &Step, from: IpAddr, args: &[String], tries: usize) -> Result<()> {
        // hydra cannot choose its address; the route to the server chooses it.
        let back = ["ip", "route", "replace", "local", SERVER, "dev", "lo", "table", "local", "src"];
        let mut there: Vec<String> = back.iter().map(|word| (*word).to_owned()).collect();
        there.push(from.to_string());
        run::must(&there)?;
        let mut argv: Vec<String> = ["timeout", PROGRAM_SECONDS_MAX, "hydra", "-I", "-w", "5"]
            .iter()
            .map(|word| (*word).to_owned())
            .collect();
        argv.extend(args.iter().cloned());
        let done = run::command(&argv).current_dir("/tmp").output().context("cannot start hydra")?;
        there.pop();
        there.push(SERVER.to_owned());
        run::must(&there)?;
        if !String::from_utf8_lossy(&done.stdout).contains("completed") {
            bail!("hydra did not finish: {}", String::from_utf8_lossy(&done.stdout));
        }
        let tries = u64::try_from(tries).unwrap_or(u64::MAX);
        self.tally.tried_in_bulk(step.incident, from, tries);
        if args.iter().any(|word| word.starts_with("ssh://")) {
            self.tally.sent_to_sshd += tries;
        }
        Ok(())
    }

    fn raw(&mut self, step: &Step, from: IpAddr, names: &[Vec<u8>]) -> Result<()> {
        run::put("/tmp/raw_names.py", RAW_NAMES, 0o644)?;
        for name in names {
            let hex: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
            run::put("/tmp/raw_name.hex", hex, 0o600)?;
            run::must(&[
                "/usr/bin/python3",
                "/tmp/raw_names.py",
                &from.to_string(),
                SERVER,
                "/tmp/raw_name.hex",
            ])?;
            self.count(step, from, &name.escape_ascii().to_string(), false);
        }
        Ok(())
    }
}

fn client(from: IpAddr, user: &str, password: &str, last: &[&str]) -> Vec<String> {
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

fn curl(from: IpAddr, agent: &str, method: &str) -> Vec<String> {
    let place = format!("www.example.jp:80:{}", if from.is_ipv6() { SERVER_V6 } else { SERVER });
    let argv = [
        "curl",
        "-s",
        "-g",
        "--max-time",
        "20",
        "--path-as-is",
        "-o",
        "/dev/null",
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

fn ask(request: &Request) -> Result<()> {
    let mut argv = curl(request.from, &request.agent, request.method);
    argv.extend(request.more.iter().cloned());
    argv.push(format!("http://www.example.jp{}", request.target));
    run::must(&argv).map(drop)
}

fn form(from: IpAddr, user: &str, password: &str, agent: &str) -> Result<String> {
    let mut argv = curl(from, agent, "POST");
    for field in [format!("log={user}"), format!("pwd={password}"), "wp-submit=Log In".to_owned()] {
        argv.extend(["--data-urlencode".to_owned(), field]);
    }
    argv.extend(["-e".to_owned(), "http://www.example.jp/wp-login.php".to_owned()]);
    argv.push("http://www.example.jp/wp-login.php".to_owned());
    run::must(&argv)
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
