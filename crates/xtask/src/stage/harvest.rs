//! Takes the logs out of the staged computer and checks them against the tally.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::plan::Plan;
use super::run;

/// Log files that may exist, with the members that rotation makes.
const LOGS: [&str; 8] = [
    "auth.log",
    "cron.log",
    "syslog",
    "wtmp",
    "btmp",
    "nginx/access.log",
    "nginx/error.log",
    "app/login.json",
];
/// Ends of the names of rotated members.
const MEMBERS: [&str; 5] = ["", ".1", ".2.gz", ".3.gz", ".4.gz"];

/// Copies the logs below `out` and lists them relative to it.
pub(super) fn collect(plan: &Plan, out: &Path) -> Result<Vec<String>> {
    let mut wanted: Vec<String> =
        LOGS.iter().flat_map(|log| MEMBERS.iter().map(move |end| format!("/var/log/{log}{end}"))).collect();
    wanted.extend(plan.also_collect.iter().map(|path| (*path).to_owned()));
    let mut paths = Vec::new();
    for source in wanted {
        let length = std::fs::metadata(&source).map_or(0, |data| data.len());
        if length == 0 {
            continue;
        }
        let target: PathBuf = out.join(plan.name).join(source.trim_start_matches('/'));
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        std::fs::copy(&source, &target).with_context(|| format!("cannot copy {source}"))?;
        run::must(&["chmod", "644", &target.to_string_lossy()])?;
        paths.push(format!("{}{source}", plan.name));
    }
    Ok(paths)
}

/// Every password sent to sshd must stand in its log, no more and no fewer.
pub(super) fn check(plan: &Plan, out: &Path, sent: u64) -> Result<()> {
    let mut found = 0;
    for member in MEMBERS {
        let path = out.join(plan.name).join(format!("var/log/auth.log{member}"));
        if path.exists() {
            let text = run::output(&["zcat", "-f", &path.to_string_lossy()])?.stdout;
            found += text.split(|byte| *byte == b'\n').filter(|line| tells_of_a_password(line)).count();
        }
    }
    if u64::try_from(found).unwrap_or(u64::MAX) != sent {
        bail!("{}: {sent} passwords were sent to sshd, but its log tells of {found}", plan.name);
    }
    Ok(())
}

fn tells_of_a_password(line: &[u8]) -> bool {
    // `Nov  9 08:00:01 web01 sshd[95]: Failed password for ...`: the message starts after the first `]: `.
    let Some(start) = line.windows(3).position(|part| part == b"]: ") else { return false };
    let message = line.get(start + 3..).unwrap_or_default();
    message.starts_with(b"Failed password for ") || message.starts_with(b"Accepted password for ")
}
