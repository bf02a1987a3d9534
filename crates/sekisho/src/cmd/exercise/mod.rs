//! `sekisho exercise` (演習): a harmless, marked attack through every source, and the proof that it is seen, told of and
//! acknowledged. Nothing is assumed: each mark has to come out of the state that the running service keeps.

mod line;
mod proof;
mod source;

use crate::clock::Clock;
use crate::error::Usage;
use crate::serve::config;
use anyhow::Context as _;
use clap::Args;
use proof::{Proof, Report};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Exit code when something was not proved.
const NOT_PROVED: u8 = 1;
/// How often the state is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// In how many seconds after it was seen telling people has to have begun.
const TOLD_SECONDS: f64 = 5.0;

/// `sekisho exercise`.
#[derive(Debug, Args)]
pub(crate) struct Exercise {
    /// Settings of the service that runs / 動いているサービスの設定
    #[arg(long, value_name = "FILE", default_value = "sekisho.toml", conflicts_with = "agent")]
    config: PathBuf,
    /// Seconds in which every source has to be seen / 検知を待つ秒数
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
    /// Seconds in which somebody has to acknowledge; 0: it is enough that telling begins / 確認を待つ秒数(0: 知らせが始まればよい)
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    acknowledged: u64,
    /// Expect the sources of agents too, on whose computers the command that is shown has to be run / エージェントも含める
    #[arg(long)]
    agents: bool,
    /// On the computer of an agent: write the marked lines into the files of this agent.toml
    #[arg(long, value_name = "FILE", requires_all = ["id", "name"])]
    agent: Option<PathBuf>,
    /// The exercise, as the server shows it
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Name of the agent, as the server shows it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Print JSON on a terminal too
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Exercise) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let id = match &args.id {
        Some(id) if id.len() <= 32 && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            id.to_ascii_lowercase()
        }
        Some(id) => {
            return Err(Usage::error(
                format!("{id:?} is not the id of an exercise"),
                "give what `sekisho exercise --agents` shows on the server, up to 32 hexadecimal digits",
            ));
        }
        None => hex::encode(clock.random()?.get(..6).unwrap_or_default()),
    };
    match (&args.agent, &args.name) {
        (Some(agent), Some(name)) => on_agent(agent, name, &id, clock),
        _ => on_server(args, &id, clock),
    }
}

/// Writes the lines on the computer of an agent.
fn on_agent(settings: &Path, name: &str, id: &str, clock: Clock) -> anyhow::Result<u8> {
    let config = crate::agent::config::read(settings)?;
    let mut failed = false;
    for path in &config.files {
        let mark = source::mark(id, &format!("{name}:{}", path.display()));
        match source::append(path, &mark, clock.now(), &clock.zone()) {
            Ok(()) => crate::output::say(&format!("{}: {mark}", path.display())),
            Err(error) => {
                failed = true;
                crate::output::alarm(&format!("{}: {error:#}", path.display()));
            }
        }
    }
    Ok(u8::from(failed))
}

fn on_server(args: &Exercise, id: &str, clock: Clock) -> anyhow::Result<u8> {
    let config = config::read(&args.config)?;
    let zone = config.timezone.as_deref().map(crate::inputs::zone).transpose()?;
    let zone = zone.unwrap_or_else(|| clock.zone());
    let store = crate::serve::open_store(&config)?;
    let known = store.read(|tx| tx.sources())?;
    let sources = source::all(&config, &known, id, args.agents);
    if args.agents {
        crate::output::say(&format!(
            "エージェントの計算機で実行してください / run on the computers of the agents:\n  sekisho exercise --agent agent.toml --id {id} --name NAME"
        ));
    }
    let (mut proofs, begun) = (Vec::new(), clock.stopwatch());
    for one in sources {
        let failed = one.attack(clock.now(), &zone).err().map(|error| format!("{error:#}"));
        proofs.push(Proof::of(one, failed, begun.seconds()));
    }
    let mut report = Report::new(id, proofs);
    let shows = !args.json && std::io::stdout().is_terminal();
    if shows {
        crate::output::say("検知を待っています / waiting until it is seen");
    }
    let (mut asked, mut seen_at) = (false, None);
    loop {
        let elapsed = begun.seconds();
        report.look(&store, elapsed)?;
        let seen = report.is_seen() || elapsed >= seconds(args.wait);
        if !seen {
            std::thread::sleep(LOOK);
            continue;
        }
        if !asked && shows && !report.cases.is_empty() {
            crate::output::say(&format!(
                "事案 {:?} の通知を画面か通知のリンクで確認してください / acknowledge the notice of the case on the console or by its link",
                report.cases
            ));
            asked = true;
        }
        let since = elapsed - *seen_at.get_or_insert(elapsed);
        let over = match args.acknowledged {
            0 => report.is_told_of(),
            limit => report.is_acknowledged() || since >= seconds(limit),
        };
        if over || (since >= TOLD_SECONDS && !report.is_told_of()) {
            break;
        }
        std::thread::sleep(LOOK);
    }
    report.end(args.acknowledged > 0);
    let mut out = std::io::stdout().lock();
    let written = if shows { report.print(&mut out) } else { writeln!(out, "{}", report.json()) };
    written.context("cannot write to standard output")?;
    Ok(if report.proved { 0 } else { NOT_PROVED })
}

fn seconds(whole: u64) -> f64 {
    Duration::from_secs(whole).as_secs_f64()
}
