//! `sekisho ledger append --follow`: lines of logs that grow, into a ledger, until the program is asked to end.

use super::living::Living;
use super::standing::Standing;
use super::write;
use crate::clock::{self, Clock};
use crate::error::Usage;
use crate::follow::{Following, Notice, Settings, Told, positions};
use crate::http::Ending;
use crate::progress::Progress;
use anyhow::Context as _;
use clap::Args;
use ledger::{DataClass, Ledger, Reader};
use serde_json::json;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use vocab::{Message, Timestamp};
use web::{Catalog, Lang};

/// Most logs that are followed at once.
const LOGS_MAX: usize = 1_024;
/// Shortest pause between two looks where the ledger lives in a store (LG-STO-07), milliseconds.
const STORE_LOOK_MS: u64 = 1_000;
/// Longest path of a log, bytes.
const PATH_BYTES_MAX: usize = 4_096;

/// What concerns `--follow`.
#[derive(Args, Debug)]
pub(crate) struct FollowArgs {
    /// Follow these logs as they grow, instead of reading JSON; each is a stream of its own
    #[arg(long, value_name = "LOG", num_args = 1.., conflicts_with_all = ["input", "stream", "kind"])]
    follow: Vec<PathBuf>,
    /// A log that was not followed before begins behind what it holds
    #[arg(long, requires = "follow")]
    from_end: bool,
    /// Take what is there now, and end
    #[arg(long, requires = "follow")]
    once: bool,
    /// Data class of the lines: event, auth, case, secret or control
    #[arg(long, value_name = "CLASS", default_value = "event", value_parser = class, requires = "follow")]
    class: DataClass,
    /// Milliseconds between two looks at the logs
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    look_ms: u64,
    /// Seconds between two signed heads while lines arrive
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(i64).range(1..=3_600))]
    head_seconds: i64,
    /// Identity file of a role holder: where the place in a log is sealed under keys beyond the reading window
    #[arg(long, value_name = "FILE", requires = "follow")]
    identity: Vec<PathBuf>,
    /// Print no entries and no progress
    #[arg(long)]
    quiet: bool,
    /// Language of messages [default: from the environment, else Japanese]
    #[arg(long, value_enum)]
    lang: Option<crate::cli::LangArg>,
}

fn class(text: &str) -> Result<DataClass, String> {
    DataClass::from_name(text)
        .filter(|class| *class != DataClass::Ledger)
        .ok_or_else(|| "expected event, auth, case, secret or control".to_owned())
}

impl FollowArgs {
    /// Whether logs are followed at all.
    pub(super) const fn wanted(&self) -> bool {
        !self.follow.is_empty()
    }
}

/// Follows the logs until SIGINT or SIGTERM.
pub(super) fn run(folder: &Path, secret: &Path, args: &FollowArgs) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let catalog = Catalog::new(args.lang.map_or_else(clock::language, Lang::from), clock.zone());
    let signals = signals().context("cannot wait for signals")?;
    let logs = logs(&args.follow)?;
    let living = Living::of(folder)?;
    let name = || format!("cannot read {}", folder.display());
    let mut reader = Reader::open(folder).with_context(name)?;
    reader.add_identities(super::identities(&args.identity)?);
    // Without an online copy, or with one that is not of this secret, only identities open what is sealed.
    let _ = reader.use_online_copy(&write::read_secret(secret)?);
    let positions = positions(&mut reader).with_context(|| catalog.text("follow-place-unknown"))?;
    let size = reader.size();
    drop(reader);
    let mut ledger = write::open_at(folder, secret, size, clock)?;
    ledger.fill_ahead();
    let standing = Standing::begin(folder, clock);
    let settings = Settings { from_end: args.from_end, class: args.class };
    let following = Following::begin(&mut ledger, &logs, positions, settings, clock.now());
    // A shared store sees one batch a second.
    let look_ms = args.look_ms.max(if living.is_some() { STORE_LOOK_MS } else { 0 });
    let mut run = Run {
        args,
        look_ms,
        catalog,
        clock,
        progress: Progress::on_terminal(args.quiet),
        printing: !args.quiet,
    };
    let done = following.and_then(|mut following| {
        let followed = run.follow(signals, &mut following, &mut ledger, &standing);
        let ended = following.end(&mut ledger, clock.now());
        followed.and(ended)
    });
    run.progress.clear();
    // After the round that is under way, so that nothing it has to say is left out.
    standing.end();
    let rested = ledger.rest(clock.now()).context("cannot close the ledger");
    done?;
    rested?;
    super::after_head(folder, secret, clock);
    Ok(0)
}

/// From now on a signal no longer ends the program in the middle of its work.
fn signals() -> std::io::Result<(tokio::runtime::Runtime, Ending)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ending = {
        let _inside = runtime.enter();
        Ending::listen()?
    };
    Ok((runtime, ending))
}

/// The logs by absolute names, so that the same log is known again from another folder.
fn logs(paths: &[PathBuf]) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut logs: Vec<(String, PathBuf)> = Vec::with_capacity(paths.len());
    for path in paths {
        let shown = || path.display();
        let (folder, name) = (path.parent(), path.file_name());
        let (Some(folder), Some(name)) = (folder, name) else {
            return Err(Usage::error(format!("{}: no file is named", shown()), "give the path of a log"));
        };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let folder = std::fs::canonicalize(folder).map_err(|error| {
            Usage::error(format!("{}: {error}", folder.display()), "give the path of a log")
        })?;
        let path = folder.join(name);
        let text = path.to_str().filter(|text| text.len() <= PATH_BYTES_MAX).ok_or_else(|| {
            Usage::error(format!("{}: not UTF-8, or longer than 4,096 bytes", shown()), "rename the log")
        })?;
        if path.is_dir() {
            return Err(Usage::error(format!("{text} is a folder"), "name the logs in it"));
        }
        if logs.iter().any(|(known, _)| known == text) {
            return Err(Usage::error(format!("{text} is named twice"), "name each log once"));
        }
        logs.push((text.to_owned(), path));
    }
    if logs.len() > LOGS_MAX {
        return Err(Usage::error(format!("more than {LOGS_MAX} logs"), "use several ledgers"));
    }
    Ok(logs)
}

/// One run of the program.
struct Run<'a> {
    args: &'a FollowArgs,
    look_ms: u64,
    catalog: Catalog,
    clock: Clock,
    progress: Progress,
    printing: bool,
}

impl Run<'_> {
    fn follow(
        &mut self,
        (runtime, mut ending): (tokio::runtime::Runtime, Ending),
        following: &mut Following,
        ledger: &mut Ledger,
        standing: &Standing,
    ) -> anyhow::Result<()> {
        let mut steps = self.clock.steps();
        self.progress.total(None);
        let mut published = self.clock.now();
        let mut head = ledger.size();
        ledger.commit().context("cannot write the ledger")?;
        loop {
            let now = self.clock.now();
            if let Some((before, after)) = steps.look() {
                ledger.record_clock_step(before, after).context("cannot write the ledger")?;
            }
            standing.enter(ledger)?;
            let turned = ledger.turn_epoch(now).context("cannot write the ledger")?;
            let more = self.turn(following, ledger, now)?;
            let due = now.since(published) >= self.args.head_seconds * Timestamp::SECOND;
            if turned || (due && ledger.size() > head) {
                ledger.checkpoint(now).context("cannot publish a signed head")?;
                (published, head) = (now, ledger.size());
                standing.head();
            }
            if self.args.once && !more {
                return Ok(());
            }
            let pause = Duration::from_millis(if more { 0 } else { self.look_ms });
            let asked = runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = ending.asked() => true,
                    () = tokio::time::sleep(pause) => false,
                }
            });
            if asked {
                // What stands there by now was written before the end.
                return self.turn(following, ledger, self.clock.now()).map(drop);
            }
        }
    }

    /// One look at every log; everything found is durable before it is told.
    fn turn(
        &mut self,
        following: &mut Following,
        ledger: &mut Ledger,
        now: Timestamp,
    ) -> anyhow::Result<bool> {
        let (mut told, before) = (Vec::new(), ledger.size());
        let more = following.step(ledger, now, &mut told).context("cannot write the ledger")?;
        if ledger.size() > before {
            ledger.commit().context("cannot write the ledger")?;
        }
        for one in told {
            self.tell(&one)?;
        }
        Ok(more)
    }

    fn tell(&mut self, told: &Told) -> anyhow::Result<()> {
        match told {
            Told::Notice(file, notice) => {
                crate::output::say(&self.catalog.render(&message(notice).with("file", file.as_str())));
            }
            Told::Records { index, stream, file, piece } => {
                let records = piece.records().len();
                let bytes: u64 = piece.records().map(|(_, _, bytes)| bytes.len() as u64).sum();
                self.progress.add(bytes);
                if self.printing {
                    let line = json!({ "bytes": bytes, "file": file, "index": index.0, "records": records,
                        "stream": stream.number() });
                    let mut out = std::io::stdout().lock();
                    match writeln!(out, "{line}").and_then(|()| out.flush()) {
                        Ok(()) => {}
                        // Nobody reads it any more; the logs are followed on.
                        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => self.printing = false,
                        Err(error) => return Err(error).context("cannot write to standard output"),
                    }
                }
            }
        }
        Ok(())
    }
}

fn message(notice: &Notice) -> Message {
    match notice {
        Notice::Missing => Message::new("follow-missing"),
        Notice::Found => Message::new("follow-found"),
        Notice::Turned => Message::new("follow-turned"),
        Notice::Cut(Some(copy)) => Message::new("follow-cut-copied").with("copy", copy.display().to_string()),
        Notice::Cut(None) => Message::new("follow-cut"),
        Notice::Lost => Message::new("follow-lost"),
        Notice::Unreadable(error) => Message::new("follow-unreadable").with("error", error.as_str()),
    }
}
