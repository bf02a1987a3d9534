//! `xtask stage`: stages attacks against real programs and collects their logs into samples/.
//!
//! Each scenario runs in mount, network, host-name and process namespaces of its own: no packet leaves the machine, no
//! account or log of the machine is touched, and everything ends with the first process of the namespace.

mod client;
mod clock;
mod harvest;
mod plan;
mod prereq;
mod roster;
mod run;
mod runner;
mod scenario;
mod truth;
mod web;
mod world;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, anyhow, bail};

use truth::{Host, Truth};
use world::World;

/// Version of the truth file.
const SCHEMA_VERSION: u32 = 1;
/// Longest time that one scenario may take, as timeout(1) reads it.
const SCENARIO_SECONDS_MAX: &str = "900";

/// Options of `xtask stage`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder for the logs; a scenario replaces its own folder and nothing else.
    #[arg(long, default_value = "samples")]
    out: PathBuf,
    /// Scenarios to stage; all of them if none is named.
    scenarios: Vec<String>,
    /// How many scenarios run side by side.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=16))]
    jobs: u8,
    /// Used by the program itself after it has entered the namespaces.
    #[arg(long, hide = true)]
    inside: bool,
}

/// Stages the scenarios and rewrites truth.json.
pub(crate) fn run(args: &Args) -> Result<()> {
    if args.inside {
        let name = args.scenarios.first().ok_or_else(|| anyhow!("no scenario named"))?;
        return inside(name, &args.out);
    }
    prereq::check()?;
    let known = scenario::names();
    if let Some(wrong) = args.scenarios.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("no scenario is called {wrong:?}; there are: {}", known.join(", "));
    }
    std::fs::create_dir_all(&args.out).with_context(|| format!("cannot create {}", args.out.display()))?;
    let out = args.out.canonicalize().with_context(|| format!("cannot find {}", args.out.display()))?;
    let chosen: Vec<&str> = known
        .iter()
        .copied()
        .filter(|name| args.scenarios.is_empty() || args.scenarios.iter().any(|one| one == name))
        .collect();
    let failed = side_by_side(&chosen, usize::from(args.jobs), |name| {
        crate::say(&format!("staging {name}"));
        outside(name, &out)
    });
    if args.scenarios.is_empty() && out.join("truth.json").exists() {
        std::fs::remove_file(out.join("truth.json")).context("cannot remove the old truth.json")?;
    }
    for name in &chosen {
        if !failed.iter().any(|(one, _)| one == name) {
            add_truth(name, &out)?;
        }
    }
    roster::write(&out)?;
    for (name, error) in &failed {
        crate::say(&format!("{name}: {error:#}"));
    }
    if failed.is_empty() { Ok(()) } else { bail!("{} of {} scenarios failed", failed.len(), chosen.len()) }
}

/// Runs `work` for each name, some at a time, and hands back those that failed.
fn side_by_side<'a>(
    names: &[&'a str],
    jobs: usize,
    work: impl Fn(&str) -> Result<()> + Sync,
) -> Vec<(&'a str, anyhow::Error)> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut failed = Vec::new();
        while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = work(name) {
                failed.push((*name, error));
            }
        }
        failed
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..jobs.min(names.len())).map(|_| scope.spawn(worker)).collect();
        running.into_iter().flat_map(|one| one.join().unwrap_or_default()).collect()
    })
}

/// Enters new namespaces and starts this program again inside them.
fn outside(name: &str, out: &Path) -> Result<()> {
    let folder = out.join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let program = std::env::current_exe().context("cannot find this program")?;
    let program = program.to_string_lossy();
    let out = out.to_string_lossy();
    let argv = [
        "timeout",
        "-k",
        "5",
        SCENARIO_SECONDS_MAX,
        "unshare",
        "--mount",
        "--net",
        "--uts",
        "--pid",
        "--ipc",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "--",
        &program,
        "stage",
        "--inside",
        "--out",
        &out,
        name,
    ];
    let status = run::command(&argv).env_clear().envs(run::TIME_ENV).envs(BARE_ENV).status();
    let status = status.context("cannot start unshare")?;
    if !status.success() {
        bail!("scenario {name} failed ({status})");
    }
    Ok(())
}

/// The environment of the staged world: nothing of the caller's goes in.
const BARE_ENV: [(&str, &str); 4] = [
    ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
    ("LANG", "C.UTF-8"),
    ("HOME", "/root"),
    ("LC_ALL", "C.UTF-8"),
];

fn inside(name: &str, out: &Path) -> Result<()> {
    let mut plan = scenario::plan(name).ok_or_else(|| anyhow!("no scenario is called {name:?}"))?;
    let mut world = World::build(&plan, out)?;
    let out = Path::new(world::RESULT);
    let tally = runner::run_steps(&mut world, &mut plan)?;
    world.stop()?;
    let files = harvest::collect(&plan, out)?;
    harvest::check(&plan, out, &files, &tally)?;
    let part = tally.host(plan.name, plan.host, plan.logs_destroyed, &plan.declared, files);
    let text = serde_json::to_string(&part).context("cannot print the truth")?;
    run::put(out.join(format!("{name}.part")), text, 0o644)
}

/// Replaces what truth.json says of one scenario.
fn add_truth(name: &str, out: &Path) -> Result<()> {
    let (whole, part) = (out.join("truth.json"), out.join(format!("{name}.part")));
    let mut truth: Truth = if whole.exists() { read(&whole)? } else { Truth::default() };
    let part: Host = {
        let text = read(&part)?;
        std::fs::remove_file(&part).with_context(|| format!("cannot remove {}", part.display()))?;
        text
    };
    truth.schema_version = SCHEMA_VERSION;
    clock::ZONE.clone_into(&mut truth.timezone);
    truth.year = 2026;
    truth.programs = prereq::versions()?;
    truth.replace(part, &scenario::names());
    let text = serde_json::to_string_pretty(&truth).context("cannot print the truth")?;
    run::put(whole, text + "\n", 0o644)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("cannot parse {}", path.display()))
}
