//! Files that say something about the host and are no logs: account files, and the zone of its clock (detection.md 2.2).

use super::explore::Head;
use crate::input::text::charset;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::io::Read;

/// How much of a side file is kept.
pub(crate) const SIDE_BYTES_MAX: u64 = 4 << 20;

/// What a side file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SideKind {
    /// Accounts of the host (`etc/passwd`).
    Passwd,
    /// Its groups (`etc/group`).
    Group,
    /// Zone of its clock: `etc/timezone`, `etc/localtime`, or the target of that link.
    Zone,
    /// Its name (`etc/hostname`).
    Hostname,
    /// Roster of accounts (detection.md 1.6), known by its header line.
    Roster,
}

/// A file beside the logs that tells about the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideFile {
    /// What it tells.
    pub kind: SideKind,
    /// Input name as given, plus `!member`.
    pub name: String,
    /// Its bytes, at most 4 MiB; of a link its target.
    pub bytes: Vec<u8>,
}

/// What a file tells, by its name and the look of its content.
pub(crate) fn kind_of(name: &str, head: &Head) -> Option<SideKind> {
    let (folder, base) = name.rsplit_once(['/', '!']).unwrap_or(("", name));
    let in_etc = folder == "etc" || folder.ends_with("/etc") || folder.ends_with("!etc");
    let text = charset(&head.bytes).map(|_| String::from_utf8_lossy(&head.bytes)).unwrap_or_default();
    let all = |fields: usize| {
        let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
        lines.peek().is_some() && lines.all(|line| !head.complete || line.split(':').count() == fields)
    };
    match base {
        "passwd" if all(7) => Some(SideKind::Passwd),
        "group" if all(4) => Some(SideKind::Group),
        "timezone" | "localtime" if head.bytes.starts_with(b"TZif") => Some(SideKind::Zone),
        "timezone" if zone_name(&text).is_some() => Some(SideKind::Zone),
        "hostname" if in_etc && host_name(&text).is_some() => Some(SideKind::Hostname),
        _ if is_table(base) && text.lines().next().is_some_and(crate::context::is_roster_header) => {
            Some(SideKind::Roster)
        }
        _ => None,
    }
}

fn is_table(base: &str) -> bool {
    [".csv", ".tsv"].iter().any(|end| base.to_ascii_lowercase().ends_with(end))
}

/// Reads a side file up to its cap.
pub(crate) fn read(stream: &mut dyn Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "`take` is the cap")]
    let read = stream.take(SIDE_BYTES_MAX).read_to_end(&mut bytes);
    // What was read before an error still helps; the error itself shows when nothing was.
    if read.is_err() && bytes.is_empty() { Vec::new() } else { bytes }
}

/// What the hosts of an image say, each for the files below its root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    zones: Vec<(String, u8, TimeZone)>,
    names: Vec<(String, String)>,
    /// Folders of syslog files, and the host that their lines name; `None` where there is more than one.
    logged: BTreeMap<String, Option<String>>,
}

impl Hosts {
    /// Collects what the side files tell. Of two zones of the same host `localtime` wins, which is what its programs use.
    pub(crate) fn new(side: &[SideFile]) -> Self {
        let mut hosts = Self::default();
        for file in side {
            let root = root_of(&file.name);
            let text = String::from_utf8_lossy(&file.bytes);
            match file.kind {
                SideKind::Zone => {
                    let weight = u8::from(file.name.ends_with("localtime"));
                    if let Some(zone) = zone_of(&file.bytes, &text) {
                        hosts.zones.push((root.to_owned(), weight, zone));
                    }
                }
                SideKind::Hostname => {
                    if let Some(name) = host_name(&text) {
                        hosts.names.push((root.to_owned(), name.to_owned()));
                    }
                }
                SideKind::Passwd | SideKind::Group | SideKind::Roster => {}
            }
        }
        hosts
    }

    /// Takes in a syslog file of a folder. `host` is `None` when its lines name several.
    pub(crate) fn logged(&mut self, folder: &str, host: Option<&str>) {
        let known = self.logged.entry(folder.to_owned()).or_insert_with(|| host.map(str::to_owned));
        if known.as_deref() != host {
            *known = None;
        }
    }

    /// Zone of the host that a file belongs to.
    pub(crate) fn zone(&self, file: &str) -> Option<TimeZone> {
        let fitting = self.zones.iter().filter(|(root, ..)| file.starts_with(root.as_str()));
        fitting.max_by_key(|(root, weight, _)| (root.len(), *weight)).map(|(.., zone)| zone.clone())
    }

    /// Name of the host that a file belongs to: as the syslog beside or above it names it, because that is the name the
    /// other records carry, else as the image says.
    pub(crate) fn name(&self, file: &str) -> Option<&str> {
        let above = self.logged.iter().filter(|(folder, _)| file.starts_with(folder.as_str()));
        if let Some((_, logged)) = above.max_by_key(|(folder, _)| folder.len()) {
            // A folder of several hosts says nothing about its other files, and neither does an image around it.
            return logged.as_deref();
        }
        let fitting = self.names.iter().filter(|(root, _)| file.starts_with(root.as_str()));
        fitting.max_by_key(|(root, _)| root.len()).map(|(_, name)| name.as_str())
    }
}

/// Beginning of the names of all files of the same host: what stands before `etc/`, else the folder.
fn root_of(name: &str) -> &str {
    let folder = name.rfind(['/', '!']).map_or("", |end| name.get(..=end).unwrap_or_default());
    match folder.strip_suffix("etc/") {
        Some(root) if root.is_empty() || root.ends_with(['/', '!']) => root,
        _ => folder,
    }
}

fn zone_of(bytes: &[u8], text: &str) -> Option<TimeZone> {
    if bytes.starts_with(b"TZif") {
        return TimeZone::tzif("localtime", bytes).ok();
    }
    zone_name(text)
}

/// `Asia/Tokyo`, alone or at the end of the path of a zone file.
fn zone_name(text: &str) -> Option<TimeZone> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let name = line.rsplit_once("zoneinfo/").map_or(line, |(_, name)| name);
    let name = name.strip_prefix("posix/").unwrap_or(name);
    if name.len() > 64 { None } else { TimeZone::get(name).ok() }
}

fn host_name(text: &str) -> Option<&str> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let fits = line.len() <= 253
        && line.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    fits.then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(name: &str, kind: SideKind, bytes: &[u8]) -> SideFile {
        SideFile { kind, name: name.into(), bytes: bytes.into() }
    }

    #[test]
    fn the_nearest_root_counts() {
        let hosts = Hosts::new(&[
            side("x/a/etc/timezone", SideKind::Zone, b"Asia/Tokyo\n"),
            side("x/a/etc/localtime", SideKind::Zone, b"/usr/share/zoneinfo/Europe/Berlin"),
            side("x/a/etc/hostname", SideKind::Hostname, b"web01\n"),
            side("x/img.tar!etc/timezone", SideKind::Zone, b"America/New_York\n"),
            side("x/timezone", SideKind::Zone, b"UTC\n"),
        ]);
        let zone = |name: &str| hosts.zone(name).and_then(|zone| zone.iana_name().map(str::to_owned));
        assert_eq!(zone("x/a/var/log/auth.log").as_deref(), Some("Europe/Berlin"));
        assert_eq!(zone("x/img.tar!var/log/auth.log").as_deref(), Some("America/New_York"));
        assert_eq!(zone("x/b/auth.log").as_deref(), Some("UTC"));
        assert_eq!(zone("y/auth.log"), None);
        assert_eq!(hosts.name("x/a/var/log/wtmp"), Some("web01"));
        assert_eq!(hosts.name("x/b/wtmp"), None);
    }

    #[test]
    fn a_syslog_beside_names_the_host() {
        let mut hosts = Hosts::new(&[side("a/etc/hostname", SideKind::Hostname, b"web01.example.jp\n")]);
        hosts.logged("a/var/log/", Some("web01"));
        hosts.logged("c/", Some("web01"));
        hosts.logged("c/", Some("web02"));
        assert_eq!(hosts.name("a/var/log/wtmp"), Some("web01"));
        assert_eq!(hosts.name("a/var/log/nginx/access.log"), Some("web01"));
        assert_eq!(hosts.name("a/srv/access.log"), Some("web01.example.jp"));
        assert_eq!(hosts.name("c/wtmp"), None);
    }

    #[test]
    fn kinds_need_the_right_content() {
        let kind = |name: &str, bytes: &[u8]| {
            kind_of(name, &Head { bytes: bytes.into(), complete: true, error: None })
        };
        assert_eq!(kind("etc/passwd", b"root:x:0:0:root:/root:/bin/bash\n"), Some(SideKind::Passwd));
        assert_eq!(kind("a!etc/group", b"root:x:0:\n"), Some(SideKind::Group));
        assert_eq!(kind("passwd", b"Nov  2 03:04:05 h passwd: changed\n"), None);
        assert_eq!(kind("etc/timezone", b"Atlantis/City\n"), None);
        assert_eq!(kind("hostname", b"web01\n"), None);
        assert_eq!(kind("a/etc/hostname", b"web01\n"), Some(SideKind::Hostname));
        assert_eq!(kind("a/etc/hostname", b"<b>web01\n"), None);
        assert_eq!(kind("localtime", b"TZif2"), Some(SideKind::Zone));
    }
}
