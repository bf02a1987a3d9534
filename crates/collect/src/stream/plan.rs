//! Looking at all inputs: which log sources there are, and how each is to be read.

use super::chain::{self, Age};
use super::explore::{Explored, Explorer, Outside, ZoneLink};
use super::recognise::{Recognised, recognise};
use super::side::{self, Hosts, SideFile, SideKind};
use crate::input::{Base, Input, Limits, Location, Step, open, reason_of, shown, walk};
use crate::record::{Cut, UnreadReason};
use crate::unread::Unread;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use vocab::Timestamp;

/// What the caller knows beforehand.
#[derive(Clone, Debug)]
pub struct PlanSettings {
    /// Limits on what the inputs may cost.
    pub limits: Limits,
    /// `--timezone`: zone of stamps without offset.
    pub timezone: Option<TimeZone>,
    /// Zone of the machine that runs Sekisho; the last resort, marked `zone_assumed`.
    pub machine_zone: TimeZone,
    /// `--year`: year of the newest line without year of each chain (Y2).
    pub year: Option<i16>,
    /// The clock value of the run.
    pub clock: Timestamp,
}

/// What the inputs hold.
#[derive(Clone, Default)]
pub struct Plan {
    /// One for each log source, by name; the rank of a source is its place here.
    pub sources: Vec<SourcePlan>,
    /// Files that tell about the hosts.
    pub side: Vec<SideFile>,
    /// Files that hold nothing.
    pub empty: Vec<String>,
    /// What could not be read, as far as is known before reading.
    pub unread: Unread,
}

/// One log source: a file, or a rotation chain of files.
#[derive(Clone)]
pub struct SourcePlan {
    /// Rank by name (DT-COR-06).
    pub rank: u32,
    /// Name of the chain: folder and name without rotation suffix, or the name of its only file.
    pub name: String,
    /// The files, from oldest to newest (Y1).
    pub files: Vec<FilePlan>,
    /// Zone of stamps without offset.
    pub zone: TimeZone,
    /// The zone is that of this machine, for want of a better one (detection.md 2.2, row 5).
    pub zone_assumed: bool,
    /// Name of the host where an image tells it; else empty.
    pub host: String,
    /// Place of its first file among the inputs as given (DT-EVT-13).
    pub order: usize,
}

impl SourcePlan {
    /// Does every block of it say everything by itself, so that blocks may be decoded in any order (DT-FMT-58)?
    #[must_use]
    pub fn stands_alone(&self) -> bool {
        self.files.iter().all(|file| file.recognised.cut == Cut::Chunks)
    }
}

/// One file of a log source.
#[derive(Clone)]
pub struct FilePlan {
    /// Input name as given, plus `!member`.
    pub name: String,
    /// Name of its format.
    pub format: &'static str,
    /// Bytes as stored, where known; of a member of an archive what it takes there.
    pub stored_bytes: Option<u64>,
    /// Modification time, seconds since 1970, where known.
    pub modified: Option<i64>,
    pub(crate) age: Age,
    pub(crate) location: Location,
    pub(crate) recognised: Recognised,
    /// Host that all of its first lines name.
    pub(super) host: Option<String>,
    pub(super) order: usize,
}

/// Looks at all inputs, in the order given.
#[must_use]
pub fn plan(inputs: Vec<Input>, settings: &PlanSettings) -> Plan {
    let mut finder = Finder { settings, plan: Plan::default(), files: Vec::new(), seen: BTreeSet::new() };
    for input in inputs {
        match input {
            Input::Path(path) => finder.path(&path),
            Input::Stream { name, stream } => {
                let base = Base::Once(Arc::default(), stream);
                let outside = Outside { size: None, modified: None };
                finder.location(Location { name, base, steps: Vec::new() }, outside);
            }
        }
    }
    finder.finish()
}

struct Finder<'a> {
    settings: &'a PlanSettings,
    plan: Plan,
    files: Vec<FilePlan>,
    /// Files that were looked at: the same file given twice is read once.
    seen: BTreeSet<std::path::PathBuf>,
}

impl Finder<'_> {
    fn path(&mut self, root: &Path) {
        let walked = walk(root, &self.settings.limits, &mut self.plan.unread);
        for (link, target) in walked.zone_links {
            let bytes = target.as_os_str().as_encoded_bytes().to_vec();
            self.plan.side.push(SideFile { kind: SideKind::Zone, name: shown(&link), bytes });
        }
        for found in walked.files {
            if std::fs::canonicalize(&found.path).is_ok_and(|real| !self.seen.insert(real)) {
                continue;
            }
            let location =
                Location { name: shown(&found.path), base: Base::File(found.path), steps: Vec::new() };
            self.location(location, Outside { size: Some(found.size), modified: found.modified });
        }
    }

    fn location(&mut self, location: Location, outside: Outside) {
        let (files, plan) = (&mut self.files, &mut self.plan);
        let (side, empty) = (&mut plan.side, &mut plan.empty);
        let mut zone_links: Vec<ZoneLink> = Vec::new();
        let limits = self.settings.limits;
        Explorer {
            limits,
            unread: &mut plan.unread,
            zone_links: &mut zone_links,
            visit: &mut |explored, unread| {
                let name = &explored.location.name;
                if explored.head.bytes.is_empty() && explored.head.complete {
                    empty.push(name.clone());
                } else if let Some(kind) = side::kind_of(name, &explored.head) {
                    let bytes = side_bytes(&explored, &limits);
                    side.push(SideFile { kind, name: name.clone(), bytes });
                } else {
                    let order = files.len();
                    files.extend(file_plan(explored, outside.size, order, &limits, unread));
                }
            },
        }
        .look(location, 0, outside);
        for (name, target) in zone_links {
            side.push(SideFile { kind: SideKind::Zone, name, bytes: target.into_bytes() });
        }
    }

    fn finish(self) -> Plan {
        let Self { settings, mut plan, files, .. } = self;
        plan.side.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        let mut hosts = Hosts::new(&plan.side);
        for file in files.iter().filter(|file| file.format == crate::syslog::SYSLOG.name) {
            hosts.logged(base_of(&file.name).0, file.host.as_deref());
        }
        for (name, files) in chains(files) {
            let first = files.first().map_or(name.as_str(), |file| file.name.as_str());
            let (zone, zone_assumed) = match settings.timezone.clone().or_else(|| hosts.zone(first)) {
                Some(zone) => (zone, false),
                None => (settings.machine_zone.clone(), true),
            };
            let host = hosts.name(first).unwrap_or_default().to_owned();
            let order = files.iter().map(|file| file.order).min().unwrap_or(0);
            let rank = u32::try_from(plan.sources.len()).unwrap_or(u32::MAX);
            plan.sources.push(SourcePlan { rank, name, files, zone, zone_assumed, host, order });
        }
        plan
    }
}

/// Recognises a file; what is not recognised is told.
fn file_plan(
    explored: Explored,
    stored_bytes: Option<u64>,
    order: usize,
    limits: &Limits,
    unread: &mut Unread,
) -> Option<FilePlan> {
    let Explored { location, head, size, modified } = explored;
    let Some((recognised, host)) = recognise(&head.bytes, &location.name, head.complete, size) else {
        let (reason, expected) = match foreign(&head.bytes) {
            Some(expected) => (UnreadReason::Unrecognised, expected.to_owned()),
            None => why_unread(&location, head.error.as_ref(), limits),
        };
        unread.file(&location.name, reason, expected);
        return None;
    };
    let member = location.steps.iter().find_map(|step| match step {
        Step::Member(_, member) => Some(member.length),
        Step::Unpack(_) => None,
    });
    Some(FilePlan {
        stored_bytes: member.or(stored_bytes),
        age: chain::split(base_of(&location.name).1).1,
        name: location.name.clone(),
        format: recognised.format.name,
        modified,
        location,
        recognised,
        host,
        order,
    })
}

/// Packings and databases that are told apart by their first bytes but not opened: what is needed instead.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: &[(&[u8], &str)] = &[
        (b"7z\xbc\xaf\x27\x1c", "the files inside this 7-Zip archive, unpacked"),
        (b"Rar!\x1a\x07", "the files inside this RAR archive, unpacked"),
        (b"\x04\x22\x4d\x18", "the file inside this LZ4 frame, unpacked"),
        (b"\x1f\x9d", "the file inside this compress (.Z) file, unpacked"),
        (b"LPKSHHRH", "the text of this journal file: journalctl --file FILE --output export"),
        (b"\x7fELF", "a log; this is a program"),
    ];
    KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, expected)| *expected)
}

/// Why nothing is made of a file. Something packed that holds no log may be a bomb or be broken: it is unpacked as far as
/// the limits need to tell.
fn why_unread(
    location: &Location,
    error: Option<&std::io::Error>,
    limits: &Limits,
) -> (UnreadReason, String) {
    if let Some(error) = error {
        return reason_of(error, !location.steps.is_empty());
    }
    let packed =
        location.steps.iter().any(|step| !matches!(step, Step::Member(crate::input::Packing::Tar, _)));
    if packed
        && !matches!(location.base, Base::Once(..))
        && let Ok(stream) = open(location, limits)
        && let Err(error) = std::io::copy(&mut stream.take(2 * limits.ratio_free_bytes), &mut std::io::sink())
    {
        return reason_of(&error, true);
    }
    (UnreadReason::Unrecognised, "a log in a known format".to_owned())
}

fn side_bytes(explored: &Explored, limits: &Limits) -> Vec<u8> {
    let once = matches!(explored.location.base, Base::Once(..));
    if explored.head.complete || once {
        return explored.head.bytes.clone();
    }
    open(&explored.location, limits).map(|mut stream| side::read(&mut stream)).unwrap_or_default()
}

/// Folder (with its separator) and name in it.
fn base_of(name: &str) -> (&str, &str) {
    let at = name.rfind(['/', '!']).map_or(0, |at| at + 1);
    name.split_at_checked(at).unwrap_or(("", name))
}

/// Files of the same folder, name and format that differ only in their rotation suffix; sorted by name, each chain from
/// oldest to newest.
fn chains(files: Vec<FilePlan>) -> Vec<(String, Vec<FilePlan>)> {
    let mut chains: BTreeMap<(String, &'static str), Vec<FilePlan>> = BTreeMap::new();
    for file in files {
        let (folder, base) = base_of(&file.name);
        let stem = format!("{folder}{}", chain::split(base).0);
        chains.entry((stem, file.format)).or_default().push(file);
    }
    let mut list: Vec<_> = chains
        .into_iter()
        .map(|((stem, _), mut files)| {
            files.sort_by(|a, b| (a.age, &a.name).cmp(&(b.age, &b.name)));
            let alone = files.first().filter(|_| files.len() == 1).map(|file| file.name.clone());
            (alone.unwrap_or(stem), files)
        })
        .collect();
    list.sort_by(|a, b| a.0.cmp(&b.0));
    list
}
