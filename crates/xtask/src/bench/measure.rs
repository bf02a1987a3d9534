//! CPU time and peak memory of a child process, from `/proc`.

use anyhow::{Context as _, bail};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Clock ticks in a second, as Linux shows them in `/proc` on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;
/// How often the child's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What a run cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// Seconds of user and system time, to the hundredth.
    pub(super) cpu: f64,
    /// Seconds from start to end.
    pub(super) wall: f64,
    /// Peak resident memory in KiB, as seen last before the end.
    pub(super) peak_kib: u64,
}

/// Runs a command to its end.
pub(super) fn measure(mut command: Command) -> anyhow::Result<Measured> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let before = children_ticks()?;
    #[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot run {name}"))?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    let exit = loop {
        peak_kib =
            peak_kib.max(std::fs::read_to_string(&status).ok().and_then(|text| peak(&text)).unwrap_or(0));
        match child.try_wait().with_context(|| format!("cannot wait for {name}"))? {
            Some(exit) => break exit,
            None => std::thread::sleep(LOOK_EVERY),
        }
    };
    let wall = start.elapsed().as_secs_f64();
    if !exit.success() {
        bail!("{name} ended with {exit}");
    }
    let ticks = children_ticks()?.saturating_sub(before).max(1);
    #[expect(clippy::cast_precision_loss, reason = "ticks stay far below 2^53")]
    let cpu = ticks as f64 / TICKS_PER_SECOND;
    Ok(Measured { cpu, wall, peak_kib })
}

fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Ticks of all children that have ended: fields 16 and 17 of `/proc/self/stat`.
fn children_ticks() -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("the bench needs /proc")?;
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<&str> = after.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).and_then(|text| text.parse::<u64>().ok());
    field(16).zip(field(17)).map(|(user, system)| user + system).context("/proc/self/stat has another form")
}
