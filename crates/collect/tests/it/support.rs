//! Files to read and what came of them.

use collect::input::{Input, Limits};
use collect::stream::{Plan, PlanSettings, SourceReader, YearReport, plan};
use collect::unread::{Unread, UnreadItem};
use jiff::tz::TimeZone;
use std::fs;
use std::io::Write;
use std::path::Path;
use vocab::{Event, Outcome, Timestamp};

/// 2026-11-22 05:40 UTC.
pub(crate) const CLOCK: Timestamp = Timestamp::from_seconds(1_795_326_000);

pub(crate) fn settings() -> PlanSettings {
    PlanSettings {
        limits: Limits::default(),
        timezone: None,
        machine_zone: TimeZone::get("Asia/Tokyo").unwrap(),
        year: None,
        clock: CLOCK,
    }
}

/// One event, as far as the tests look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) time: Option<Timestamp>,
    pub(crate) ip: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) message: String,
    pub(crate) outcome: Outcome,
    pub(crate) flags: Vec<&'static str>,
    pub(crate) ocsf: String,
}

/// What came of a run.
pub(crate) struct Run {
    pub(crate) events: Vec<Seen>,
    pub(crate) items: Vec<UnreadItem>,
    pub(crate) years: Vec<YearReport>,
    pub(crate) plan: Plan,
}

impl Run {
    /// Reasons and names of what could not be read, without the folder.
    pub(crate) fn unread(&self, folder: &Path) -> Vec<(String, &'static str)> {
        let root = format!("{}/", folder.display());
        let item = |item: &UnreadItem| (item.file.replacen(&root, "", 1), item.reason.name());
        self.items.iter().map(item).collect()
    }

    /// Events of a file by the end of its name.
    pub(crate) fn of(&self, file: &str) -> Vec<&Seen> {
        self.events.iter().filter(|event| event.file.ends_with(file)).collect()
    }
}

/// Reads everything in a folder.
pub(crate) fn run(folder: &Path) -> Run {
    run_with(vec![Input::Path(folder.to_owned())], &settings())
}

pub(crate) fn run_with(inputs: Vec<Input>, settings: &PlanSettings) -> Run {
    let mut plan = plan(inputs, settings);
    let mut unread = std::mem::take(&mut plan.unread);
    let (mut events, mut years) = (Vec::new(), Vec::new());
    for source in &plan.sources {
        let mut reader = SourceReader::new(source, settings);
        let mut sink = |event: &Event<'_>| events.push(seen(event));
        while let Some(block) = reader.next() {
            reader.decode(&block, None, &mut sink);
        }
        reader.finish(&mut sink);
        let report = reader.into_report();
        years.extend(report.years);
        Unread::merge(&mut unread, report.unread);
    }
    Run { events, items: unread.into_items(), years, plan }
}

fn seen(event: &Event<'_>) -> Seen {
    let mut line = Vec::new();
    // Every event must also make a valid line; large ones are left out to keep the tests quick.
    if event.origin.raw.len() < 4_096 {
        collect::ocsf::write(event, &mut line);
        assert!(serde_json::from_slice::<serde_json::Value>(&line).is_ok());
    }
    Seen {
        file: event.origin.file.to_owned(),
        line: event.origin.line,
        time: event.time,
        ip: event.src_ip.map(|ip| ip.to_string()),
        user: event.user.as_deref().map(str::to_owned),
        message: event.message.as_deref().unwrap_or_default().chars().take(200).collect(),
        outcome: event.outcome,
        flags: event.flags.names().collect(),
        ocsf: String::from_utf8(line).unwrap(),
    }
}

/// A failed login of sshd at a time of day.
pub(crate) fn sshd(stamp: &str, address: &str) -> String {
    format!("{stamp} web01 sshd[77]: Failed password for root from {address} port 51234 ssh2\n")
}

/// `count` failed logins in November 2026.
pub(crate) fn auth(address: &str, count: usize) -> String {
    (0..count).map(|n| sshd(&format!("Nov 21 10:{:02}:{:02}", n / 60 % 60, n % 60), address)).collect()
}

pub(crate) fn access(address: &str, path: &str) -> String {
    format!("{address} - - [22/Nov/2026:04:05:06 +0900] \"GET {path} HTTP/1.1\" 200 5 \"-\" \"curl/8\"\n")
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::File::create(path).unwrap().write_all(bytes.as_ref()).unwrap();
}

/// A tar archive of one or more members.
pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, bytes) in members {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..108].copy_from_slice(b"0000644\0");
        header[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
        header[136..148].copy_from_slice(format!("{:011o}\0", 1_795_000_000).as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive.extend_from_slice(&header);
        archive.extend_from_slice(bytes);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1_024, 0);
    archive
}

/// A zip archive with the members deflated.
pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
