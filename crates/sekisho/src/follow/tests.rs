//! A writer that does everything writers do, and a follower that is stopped and killed at any moment: every line once.

use super::state::State;
use super::{Begin, Follower, Notice, REST_MICROS, Step};
use crate::clock::Clock;
use proptest::prelude::*;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use vocab::Timestamp;

/// What a ledger would hold: notes of places and runs of records, in order.
#[derive(Default)]
struct Kept {
    place: Option<String>,
    /// Records since: offset, line, bytes.
    run: Vec<(u64, u64, Vec<u8>)>,
    lines: Vec<Vec<u8>>,
    gaps: usize,
    notices: Vec<Notice>,
    looked: Timestamp,
}

impl Kept {
    fn take(&mut self, steps: Vec<Step>, now: Timestamp) {
        for step in steps {
            match step {
                Step::Gap(..) => self.gaps += 1,
                Step::Notice(notice) => self.notices.push(notice),
                Step::Records(piece, state) => {
                    if let Some(state) = state {
                        self.note(&state);
                    }
                    self.looked = now;
                    self.run.clear();
                    for span in &piece.spans {
                        let bytes = piece.bytes[span.start..span.start + span.length].to_vec();
                        self.lines.push(bytes.clone());
                        self.run.push((piece.offset + span.start as u64, span.line, bytes));
                    }
                }
            }
        }
    }

    fn note(&mut self, state: &State) {
        self.place = Some(state.to_json("app.log").to_string());
        self.run.clear();
    }

    fn begin(&self) -> Begin {
        let Some(place) = &self.place else { return Begin::Start };
        let mut state = State::from_json(&serde_json::from_str(place).unwrap()).unwrap();
        if let Some((offset, line, bytes)) = self.run.last() {
            let full = self.run.iter().rev().find(|(_, _, bytes)| !bytes.is_empty()).unwrap_or(&self.run[0]);
            state.advance((*offset, bytes.len() as u64, *line), (full.0, &full.2), self.looked);
        }
        Begin::At(state)
    }
}

struct Writer {
    path: PathBuf,
    file: File,
    turned: usize,
    written: Vec<Vec<u8>>,
    half: bool,
}

impl Writer {
    fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), file: append(path), turned: 0, written: Vec::new(), half: false }
    }
    fn line(&mut self, size: usize, ending: &str) {
        self.finish();
        let text = format!("{:06} {}", self.written.len(), "x".repeat(size));
        self.file.write_all(format!("{text}{ending}").as_bytes()).unwrap();
        self.written.push(text.into_bytes());
    }
    /// An empty line behind another one: a file that holds nothing but empty lines cannot be told from another.
    fn empty(&mut self) {
        self.line(0, "\n");
        self.file.write_all(b"\n").unwrap();
        self.written.push(Vec::new());
    }
    fn half(&mut self) {
        self.finish();
        let text = format!("{:06} half", self.written.len());
        self.file.write_all(text.as_bytes()).unwrap();
        self.written.push(format!("{text} and half").into_bytes());
        self.half = true;
    }
    fn finish(&mut self) {
        if std::mem::take(&mut self.half) {
            self.file.write_all(b" and half\n").unwrap();
        }
    }
    fn shift(&mut self) {
        for number in (1..=self.turned).rev() {
            std::fs::rename(self.name(number), self.name(number + 1)).unwrap();
        }
        self.turned += 1;
    }
    fn name(&self, number: usize) -> PathBuf {
        self.path.with_file_name(format!("app.log.{number}"))
    }
    /// As logrotate does with `create`; the writer goes on with the old file until it is told.
    fn rename(&mut self) {
        if !self.path.exists() {
            return;
        }
        self.shift();
        std::fs::rename(&self.path, self.name(1)).unwrap();
    }
    fn reopen(&mut self) {
        self.finish();
        self.file = append(&self.path);
    }
    /// As logrotate does with `copytruncate`.
    fn copy_and_cut(&mut self) {
        self.reopen();
        self.shift();
        std::fs::copy(&self.path, self.name(1)).unwrap();
        self.file.set_len(0).unwrap();
    }
}

fn append(path: &Path) -> File {
    OpenOptions::new().append(true).create(true).open(path).unwrap()
}

fn now() -> Timestamp {
    Clock::System.now()
}

fn sorted(mut lines: Vec<Vec<u8>>) -> Vec<String> {
    lines.sort();
    lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect()
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Lines(u8),
    Empty,
    Half,
    Rename,
    Reopen,
    Cut,
    Poll,
    /// What was read last did not become durable.
    Killed,
    Restarted,
    /// A note of the places between, as at the turn of a day.
    Note,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (1u8..6).prop_map(Op::Lines),
        1 => Just(Op::Empty),
        2 => Just(Op::Half),
        1 => Just(Op::Rename),
        2 => Just(Op::Reopen),
        1 => Just(Op::Cut),
        4 => Just(Op::Poll),
        1 => Just(Op::Killed),
        1 => Just(Op::Restarted),
        1 => Just(Op::Note),
    ]
}

fn run(ops: &[Op]) -> (Vec<String>, Vec<String>, Kept) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let mut writer = Writer::new(&path);
    let mut kept = Kept::default();
    let mut follower = Follower::begin(&path, Begin::Start, now()).unwrap();
    kept.note(&follower.state());
    for op in ops {
        match op {
            Op::Lines(count) => {
                for n in 0..*count {
                    writer.line(usize::from(n) * 7, if n % 3 == 2 { "\r\n" } else { "\n" });
                }
            }
            Op::Empty => writer.empty(),
            Op::Half => writer.half(),
            Op::Rename => writer.rename(),
            Op::Reopen => writer.reopen(),
            Op::Cut => writer.copy_and_cut(),
            Op::Note => kept.note(&follower.state()),
            Op::Poll => {
                let time = now();
                kept.take(follower.poll(time).0, time);
            }
            Op::Killed | Op::Restarted => {
                if matches!(op, Op::Killed) {
                    drop(follower.poll(now()));
                }
                follower = Follower::begin(&path, kept.begin(), now()).unwrap();
            }
        }
    }
    writer.reopen();
    loop {
        let time = now();
        let (steps, more) = follower.poll(time);
        kept.take(steps, time);
        if !more {
            break;
        }
    }
    (sorted(std::mem::take(&mut kept.lines)), sorted(writer.written), kept)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    /// Every line once: renamed, copied and cut, unfinished lines, kills and restarts at any moment.
    #[test]
    fn every_line_is_taken_exactly_once(ops in prop::collection::vec(op(), 1..40)) {
        let turns = |op: &&Op| matches!(op, Op::Rename | Op::Cut);
        prop_assume!(ops.iter().filter(turns).count() < 7);
        let (found, expected, kept) = run(&ops);
        prop_assert_eq!(found, expected);
        prop_assert_eq!(kept.gaps, 0, "nothing is lost: {:?}", kept.notices);
    }
}

/// What cannot be found again is told as a gap, and what is there is read from its beginning.
#[test]
fn what_is_gone_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let mut writer = Writer::new(&path);
    writer.line(3, "\n");
    let mut kept = Kept::default();
    let mut follower = Follower::begin(&path, Begin::Start, now()).unwrap();
    kept.take(follower.poll(now()).0, now());
    // Cut without a copy while it is followed.
    writer.file.set_len(0).unwrap();
    writer.line(0, "\n");
    kept.take(follower.poll(now()).0, now());
    assert_eq!((kept.gaps, kept.lines.len()), (1, 2));
    assert_eq!(kept.notices, [Notice::Cut(None)]);
    // Removed and begun anew while nobody was there.
    kept.note(&follower.state());
    std::fs::remove_file(&path).unwrap();
    writer.reopen();
    writer.line(1, "\n");
    let mut follower = Follower::begin(&path, kept.begin(), now()).unwrap();
    kept.take(follower.poll(now()).0, now());
    assert_eq!((kept.gaps, sorted(kept.lines.clone())), (2, sorted(writer.written.clone())));
    // Missing, told once; there again, told once.
    std::fs::remove_file(&path).unwrap();
    for _ in 0..3 {
        kept.take(follower.poll(now()).0, now());
    }
    writer.reopen();
    for _ in 0..3 {
        kept.take(follower.poll(now()).0, now());
    }
    let of = |notice: &Notice| kept.notices.iter().filter(|one| *one == notice).count();
    assert_eq!((of(&Notice::Missing), of(&Notice::Found), of(&Notice::Lost)), (1, 1, 1));
}

/// An unfinished line waits for its end; in a turned file only for a while, and a line without end is taken in pieces.
#[test]
fn unfinished_lines_wait() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let mut writer = Writer::new(&path);
    let mut kept = Kept::default();
    let start = now();
    let mut follower = Follower::begin(&path, Begin::Start, start).unwrap();
    writer.file.write_all(b"one\ntw").unwrap();
    kept.take(follower.poll(start).0, start);
    writer.rename();
    append(&path);
    let later = start.plus(REST_MICROS - 1);
    kept.take(follower.poll(later).0, later);
    assert_eq!(kept.lines, [b"one"]);
    let later = start.plus(REST_MICROS);
    kept.take(follower.poll(later).0, later);
    assert_eq!(kept.lines, [b"one".to_vec(), b"tw".to_vec()]);
    writer.file.write_all(b"o\n").unwrap();
    kept.take(follower.poll(later).0, later);
    assert_eq!(kept.lines[2], b"o", "what comes later is not lost");

    writer.reopen();
    let long = vec![b'y'; 2 * super::generation::LINE_BYTES_MAX + 5];
    writer.file.write_all(&long).unwrap();
    kept.take(follower.poll(later).0, later);
    follower = Follower::begin(&path, kept.begin(), later).unwrap();
    writer.file.write_all(b"\r\n\nend\n").unwrap();
    kept.take(follower.poll(later).0, later);
    let sizes: Vec<usize> = kept.lines[3..].iter().map(Vec::len).collect();
    assert_eq!(sizes, [1 << 20, 1 << 20, 5, 0, 3]);
    assert_eq!(kept.run.iter().map(|record| record.1).collect::<Vec<_>>(), [1, 2, 3], "numbers of the lines");
}

/// `--from-end` begins behind the last whole line.
#[test]
fn the_end_is_behind_the_last_whole_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let mut writer = Writer::new(&path);
    writer.file.write_all(b"old\nnew ").unwrap();
    let mut follower = Follower::begin(&path, Begin::End, now()).unwrap();
    writer.file.write_all(b"line\n").unwrap();
    let mut kept = Kept::default();
    kept.take(follower.poll(now()).0, now());
    assert_eq!(kept.lines, [b"new line"]);
}

/// What is no regular file is refused, and a pipe does not hang the program.
#[test]
fn only_files_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert!(Follower::begin(&path, Begin::Start, now()).is_err());
}
