//! Takes the logs out of the staged computer and checks them against the tally.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::plan::Plan;
use super::run;
use super::truth::Tally;

/// Folders and files that are copied, as somebody would who secures a computer's logs.
const WANTED: [&str; 5] = ["/var/log", "/etc/passwd", "/etc/group", "/etc/timezone", "/etc/hostname"];
/// Files that say nothing, or that are mostly holes.
const LEFT_OUT: [&str; 1] = ["/var/log/lastlog"];

/// Copies the logs below `out` and lists them relative to it.
pub(super) fn collect(plan: &Plan, out: &Path) -> Result<Vec<String>> {
    let mut argv = vec!["find"];
    argv.extend(WANTED);
    argv.extend(["-type", "f", "-size", "+0"]);
    let listed = run::must(&argv)?;
    let mut sources: Vec<&str> =
        listed.lines().filter(|path| !LEFT_OUT.contains(path) || plan.keeps_lastlog).collect();
    sources.sort_unstable();
    let mut paths = Vec::new();
    for source in sources {
        // What logrotate made of an empty log.
        if source.ends_with(".gz") && run::output(&["zcat", source])?.stdout.is_empty() {
            continue;
        }
        let target: PathBuf = out.join(plan.name).join(source.trim_start_matches('/'));
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        std::fs::copy(source, &target).with_context(|| format!("cannot copy {source}"))?;
        run::must(&["chmod", "644", &target.to_string_lossy()])?;
        paths.push(format!("{}{source}", plan.name));
    }
    Ok(paths)
}

/// Every password sent to sshd must stand in its log, no more and no fewer, unless the intruder destroyed the log.
pub(super) fn check(plan: &Plan, out: &Path, files: &[String], tally: &Tally) -> Result<()> {
    if plan.logs_destroyed {
        return Ok(());
    }
    let (mut refused, mut accepted) = (0, 0);
    for file in files.iter().filter(|file| file.contains("/var/log/auth.log")) {
        let text = run::output(&["zcat", "-f", &out.join(file).to_string_lossy()])?.stdout;
        for line in text.split(|byte| *byte == b'\n') {
            let (times, message) = message(line);
            if message.starts_with(b"Failed password for ") {
                refused += times;
            }
            if message.starts_with(b"Accepted password for ") {
                accepted += times;
            }
        }
    }
    if (refused, accepted) != (tally.refused_by_sshd, tally.accepted_by_sshd) {
        bail!(
            "{}: sshd was sent {} wrong and {} right passwords, but its log tells of {refused} and {accepted}",
            plan.name,
            tally.refused_by_sshd,
            tally.accepted_by_sshd
        );
    }
    Ok(())
}

/// The message of a line of sshd, and how often it stands for itself.
///
/// `Nov  9 08:00:01 web01 sshd[95]: Failed password for ...`: the message starts after the first `]: `. rsyslog may have
/// drawn several together as `message repeated 5 times: [ Failed password for ...]`.
fn message(line: &[u8]) -> (u64, &[u8]) {
    let program = line.windows(6).position(|part| part == b" sshd[");
    let Some(start) = line.windows(3).position(|part| part == b"]: ").filter(|_| program.is_some()) else {
        return (0, &[]);
    };
    let message = line.get(start + 3..).unwrap_or_default();
    let Some(rest) = message.strip_prefix(b"message repeated ".as_slice()) else { return (1, message) };
    let digits: &[u8] = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    let times = std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let inner = rest.windows(3).position(|part| part == b": [").and_then(|at| rest.get(at + 4..));
    (times, inner.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn lines_of_sshd_stand_for_one_or_several() {
        let one = b"Nov  9 08:00:01 web01 sshd[95]: Failed password for root from 192.0.2.1 port 9 ssh2";
        assert_eq!(message(one), (1, b"Failed password for root from 192.0.2.1 port 9 ssh2".as_slice()));
        let more = b"Nov  9 08:00:01 web01 sshd[95]: message repeated 5 times: [ Failed password for x]";
        assert_eq!(message(more), (5, b"Failed password for x]".as_slice()));
        let other =
            b"Nov  9 08:00:01 web01 wordpress(www.example.jp)[95]: Accepted password for x from 192.0.2.1";
        assert_eq!(message(other).0, 0);
    }
}
