//! The journal of systemd as a source: `journalctl --follow` tells its entries as JSON, each is sealed once. Where it was left is
//! read from the ledger: the cursor in the last entry that is sealed.

use super::{Delivery, config};
use crate::live::{Arrival, Way};
use anyhow::Context as _;
use ledger::{EntryKind, Form, Reader};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;
use vocab::{Citation, LedgerIndex};

/// Name of the source.
const SOURCE: &str = "journal";
/// Where Debian keeps the program.
const JOURNALCTL: &str = "/usr/bin/journalctl";
/// Longest entry that is kept, bytes; what is beyond is cut off.
const ENTRY_BYTES_MAX: usize = 1 << 20;
/// Bytes that are handed on at once.
const TURN_BYTES: usize = 1 << 20;
/// Longest cursor.
const CURSOR_BYTES_MAX: usize = 512;
/// How long the program may be gone before it is started again.
const PAUSE: Duration = Duration::from_secs(5);

/// Follows the journal from a cursor on, on a thread of its own.
pub(super) fn begin(
    settings: &config::Journal,
    cursor: Option<String>,
    lines: SyncSender<Delivery>,
) -> anyhow::Result<()> {
    let program = settings.journalctl.clone().unwrap_or_else(|| PathBuf::from(JOURNALCTL));
    let mut journal =
        Journal { program, namespace: settings.namespace.clone(), cursor, lines, told: String::new() };
    // What cannot start at all is a mistake in the settings.
    let first = journal.start()?;
    std::thread::spawn(move || {
        let mut child = Some(first);
        loop {
            let ended = match child.take() {
                Some(child) => journal.follow(child),
                None => journal.start().and_then(|child| journal.follow(child)),
            };
            match ended {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => journal.tell(&format!("{error:#}")),
            }
            std::thread::sleep(PAUSE);
        }
    });
    Ok(())
}

struct Journal {
    program: PathBuf,
    namespace: Option<String>,
    cursor: Option<String>,
    lines: SyncSender<Delivery>,
    told: String,
}

impl Journal {
    fn tell(&mut self, what: &str) {
        if what != self.told {
            crate::output::say(&format!("journal: {what}; tried again"));
            what.clone_into(&mut self.told);
        }
    }

    fn start(&self) -> anyhow::Result<Child> {
        let mut command = Command::new(&self.program);
        command.args(["--follow", "--no-tail", "--output=json", "--all", "--no-pager", "--quiet"]);
        if let Some(namespace) = &self.namespace {
            command.arg(format!("--namespace={namespace}"));
        }
        if let Some(cursor) = &self.cursor {
            command.arg(format!("--after-cursor={cursor}"));
        }
        command.env_clear().env("LC_ALL", "C").current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().with_context(|| format!("cannot run {}", self.program.display()))
    }

    /// Takes what the program says until it ends; `false` when the watch has ended.
    fn follow(&mut self, mut child: Child) -> anyhow::Result<bool> {
        let stdout = child.stdout.take().context("a pipe")?;
        let stderr = child.stderr.take().context("a pipe")?;
        let complaining = std::thread::spawn(move || complaint(stderr));
        let taken = self.take(&mut BufReader::with_capacity(64 << 10, stdout));
        let _ = child.kill();
        let _ = child.wait();
        let complaint = complaining.join().unwrap_or_default();
        if taken? {
            anyhow::bail!("{} ended: {complaint}", self.program.display());
        }
        Ok(false)
    }

    fn take(&mut self, from: &mut BufReader<impl std::io::Read>) -> anyhow::Result<bool> {
        let source: Arc<str> = SOURCE.into();
        loop {
            let (mut arrivals, mut bytes, mut last) = (Vec::new(), 0, None);
            // Waits for one entry, then takes those that are there.
            loop {
                let Some(line) = line(from)? else { return Ok(true) };
                if let Some(cursor) = cursor(&line) {
                    last = Some(cursor);
                }
                bytes += line.len();
                arrivals.push(Arrival {
                    way: Way::Journal,
                    source: Arc::clone(&source),
                    offset: None,
                    line: None,
                    bytes: line,
                });
                let whole = from.buffer().contains(&b'\n');
                if bytes >= TURN_BYTES || !whole {
                    break;
                }
            }
            let (done, sealed) = sync_channel(1);
            let delivery = Delivery { lines: arrivals, done: Some(done), ..Delivery::default() };
            if self.lines.send(delivery).is_err() || sealed.recv().is_err() {
                return Ok(false);
            }
            self.cursor = last.or(self.cursor.take());
            self.told.clear();
        }
    }
}

/// The next line, cut at the limit; the rest of an entry without end is passed over.
fn line(from: &mut impl BufRead) -> anyhow::Result<Option<Vec<u8>>> {
    let (mut line, mut begun) = (Vec::new(), false);
    loop {
        let buffer = from.fill_buf().context("cannot read")?;
        if buffer.is_empty() {
            return Ok(begun.then_some(line));
        }
        begun = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
        let room = ENTRY_BYTES_MAX.saturating_sub(line.len());
        line.extend_from_slice(part.get(..room).unwrap_or(part));
        let passed = end.map_or(buffer.len(), |end| end + 1);
        from.consume(passed);
        if end.is_some() {
            return Ok(Some(line));
        }
    }
}

fn complaint(from: impl std::io::Read) -> String {
    let mut first = String::new();
    let mut from = BufReader::new(from);
    while let Ok(Some(line)) = line(&mut from) {
        if first.is_empty() {
            first =
                String::from_utf8_lossy(&line).chars().filter(|one| !one.is_control()).take(500).collect();
        }
    }
    first
}

/// The cursor of an entry: what journald writes before all values that a program may choose.
fn cursor(line: &[u8]) -> Option<String> {
    let entry: serde_json::Value = serde_json::from_slice(line).ok()?;
    let cursor = entry.get("__CURSOR")?.as_str()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"=;".contains(&byte);
    (cursor.len() <= CURSOR_BYTES_MAX && cursor.bytes().all(plain)).then(|| cursor.to_owned())
}

/// Where the journal was left, from the ledger; `None`: it was not followed yet.
///
/// # Errors
/// When the ledger cannot be read, or no key at hand opens the last entry.
pub(super) fn left_at(reader: &mut Reader) -> anyhow::Result<Option<String>> {
    let (mut streams, mut last) = (std::collections::BTreeSet::new(), None);
    for item in reader.entries() {
        let (index, entry) = item?;
        if entry.kind == EntryKind::StreamOpen {
            let body: serde_json::Value = serde_json::from_slice(&entry.body).unwrap_or_default();
            if body.get("type").and_then(serde_json::Value::as_str) == Some(Way::Journal.name()) {
                streams.insert(entry.stream);
            }
        } else if entry.kind == EntryKind::Event && entry.form == Form::Run && streams.contains(&entry.stream)
        {
            last = Some((index, u32::from(entry.part_count.saturating_sub(1))));
        }
    }
    let Some((index, records)) = last else { return Ok(None) };
    cursor_in(reader, index, records).context("cannot tell where the journal was left")
}

/// The last cursor of a run.
fn cursor_in(reader: &mut Reader, index: LedgerIndex, records: u32) -> anyhow::Result<Option<String>> {
    for record in (0..records).rev() {
        if let Some(found) = cursor(&reader.record(Citation { index, record })?.bytes) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_taken_from_whole_entries_only() {
        let entry = br#"{"MESSAGE":"x","__CURSOR":"s=9d;i=15b;b=c3;m=3d;t=66;x=81"}"#;
        assert_eq!(cursor(entry).as_deref(), Some("s=9d;i=15b;b=c3;m=3d;t=66;x=81"));
        assert_eq!(cursor(br#"{"__CURSOR":"x --vacuum"}"#), None);
        assert_eq!(cursor(br#"{"MESSAGE":"\"__CURSOR\":\"s=1\""}"#), None);
        assert_eq!(cursor(&entry[..20]), None);
    }

    #[test]
    fn endless_entries_are_cut() {
        let mut text = vec![b'a'; 2 * ENTRY_BYTES_MAX];
        text.extend_from_slice(b"\nnext\nlast");
        let mut from = BufReader::new(text.as_slice());
        assert_eq!(line(&mut from).expect("read").map(|one| one.len()), Some(ENTRY_BYTES_MAX));
        assert_eq!(line(&mut from).expect("read").as_deref(), Some(&b"next"[..]));
        assert_eq!(line(&mut from).expect("read").as_deref(), Some(&b"last"[..]));
        assert_eq!(line(&mut from).expect("read"), None);
    }
}
