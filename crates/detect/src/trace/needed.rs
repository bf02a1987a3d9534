//! Which uninteresting lines of syslog the trace detectors need all the same: state of the computer, its clock, its disks,
//! its defences.

use vocab::Event;

/// Programs and the beginnings or parts of their messages. Longest lists stand for the programs that say most.
const WANTED: &[(&str, &[&str])] = &[
    (
        "kernel",
        &[
            "Linux version ",
            "I/O error",
            "EXT4-fs error",
            "XFS (",
            "BTRFS error",
            "Remounting filesystem read-only",
            "SYN flooding",
            "table full, dropping packet",
            "TCP: out of memory",
            "module verification failed",
            "loading out-of-tree module",
            "SELinux:",
            "enforcing=0",
            "audit_enabled=0",
            "tainted",
            "temperature above threshold",
            "Hardware Error",
            "exceeded file-max limit",
        ],
    ),
    ("systemd-logind", &["System is ", "The system will "]),
    (
        "systemd",
        &[
            "hutdown",
            "Power-Off",
            "Power Off",
            "Reboot",
            "Shutting down",
            "Startup finished",
            "Time has been changed",
            "Failed with result",
            "start request repeated too quickly",
            "Start request repeated too quickly",
            "Scheduled restart job",
        ],
    ),
    ("shutdown", &[""]),
    ("chronyd", &["System clock", "clock wrong", "stepped"]),
    ("ntpd", &["time reset", "step", "time set", "no servers reachable"]),
    ("ntpdate", &["step time"]),
    ("systemd-timesyncd", &["clock jump", "System time"]),
    ("clamd", &["FOUND"]),
    ("clamscan", &["FOUND"]),
    ("rkhunter", &["Warning"]),
    ("aide", &["changed", "added", "removed"]),
    ("smartd", &["FAILED", "pending sectors", "uncorrectable"]),
    ("mdadm", &["Fail event", "DegradedArray"]),
    ("fail2ban-server", &["Exiting"]),
    ("nginx", &["exited on signal", "worker_connections are not enough"]),
    ("php-fpm", &["exited on signal"]),
    ("apache2", &["exit signal", "MaxRequestWorkers"]),
    ("httpd", &["exit signal", "MaxRequestWorkers"]),
    ("setenforce", &[""]),
    ("dbus-daemon", &["enforcing"]),
];

/// Parts that matter in any program's message.
const ANYWHERE: &[&str] = &["No space left on device", "Disk quota exceeded", "Read-only file system"];

/// Does a trace detector need the base event although no grammar row fits it?
pub(crate) fn needed(event: &Event<'_>) -> bool {
    let message = event.message.as_deref().unwrap_or_default();
    let program = program(event.process.as_deref().unwrap_or_default());
    let by_program = WANTED
        .iter()
        .find(|(name, _)| *name == program)
        .is_some_and(|(_, parts)| parts.iter().any(|part| message.contains(part)));
    by_program || (message.contains(' ') && ANYWHERE.iter().any(|part| message.contains(part)))
}

/// Name of a program without path and parentheses.
pub(crate) fn program(process: &str) -> &str {
    let name = process.rsplit('/').next().unwrap_or(process);
    name.split_once('(').map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_needed(process: &'static str, message: &'static str) -> bool {
        needed(&Event { process: Some(process.into()), message: Some(message.into()), ..Event::default() })
    }

    #[test]
    fn few_lines_are_needed() {
        assert!(is_needed("kernel", "Buffer I/O error on dev sda1, logical block 5"));
        assert!(is_needed("systemd-logind", "System is rebooting."));
        assert!(is_needed("backup", "cannot write: No space left on device"));
        assert!(!is_needed("systemd", "Starting Daily apt download activities..."));
        assert!(!is_needed("myapp", "System is rebooting."));
    }
}
