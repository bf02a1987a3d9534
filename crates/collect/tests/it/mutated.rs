//! Real files with bytes changed, lost, doubled and moved: nothing panics, every event is a valid line that cites bytes of
//! the file, an ambiguous one names no address (DT-EVT-06), and a second run gives the same (DT-EVT-02).

use crate::support::{access, auth, gzip, settings, tar, zip};
use collect::input::{Input, Limits};
use collect::stream::{PlanSettings, SourceReader, plan};
use std::path::PathBuf;
use vocab::{Event, Flags};

/// A small generator of numbers that is the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides.max(1) as u64).unwrap()
    }
}

/// Files to begin with: the samples of the project, and one of each packing.
fn seeds() -> Vec<Vec<u8>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let mut paths = vec![root];
    let mut seeds = Vec::new();
    while let Some(path) = paths.pop() {
        if let Ok(entries) = std::fs::read_dir(&path) {
            paths.extend(entries.map(|entry| entry.unwrap().path()));
        } else if let Ok(mut bytes) = std::fs::read(&path) {
            bytes.truncate(12_000);
            seeds.push(bytes);
        }
    }
    seeds.sort();
    let (one, two) = (auth("192.0.2.1", 40), access("192.0.2.2", "/?a=%3Cscript%3E").repeat(20));
    let members: [(&str, &[u8]); 2] = [("x/auth.log", one.as_bytes()), ("x/access.log", two.as_bytes())];
    seeds.extend([
        zip(&members),
        tar(&members),
        gzip(&tar(&members)),
        zstd::encode_all(one.as_bytes(), 1).unwrap(),
    ]);
    seeds.push(one.encode_utf16().flat_map(u16::to_le_bytes).collect());
    seeds.push(
        format!("{{\"Records\":[{}]}}", "{\"eventName\":\"ConsoleLogin\",\"n\":[1,{}]},".repeat(20))
            .into_bytes(),
    );
    seeds
}

fn mutate(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.roll(12) {
        let at = dice.roll(bytes.len().max(1)).min(bytes.len());
        let end = (at + dice.roll(200)).min(bytes.len());
        match dice.roll(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.roll(8),
            1 if at < bytes.len() => bytes[at] = *b"\0\n\r\"\\ :=[]{}<>\xff\x80'".get(dice.roll(17)).unwrap(),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            4 => {
                let from = dice.roll(other.len().max(1)).min(other.len());
                let part = &other[from..(from + dice.roll(400)).min(other.len())];
                bytes.splice(at..at, part.iter().copied());
            }
            5 => bytes.truncate(at.max(1)),
            6 => bytes
                .splice(at..at, std::iter::repeat_n(b"x \n\0\"["[dice.roll(6)], dice.roll(3_000)))
                .for_each(drop),
            _ => bytes.splice(at..at, *b" from 198.51.100.7 port 22 ssh2").for_each(drop),
        }
    }
    bytes
}

/// Reads bytes; lines of the events and how much could not be read.
fn read(bytes: &[u8]) -> (Vec<u8>, u64) {
    let limits =
        Limits { file_bytes_max: 4 << 20, ratio_free_bytes: 1 << 20, members_max: 16, ..Limits::default() };
    let settings = PlanSettings { limits, ..settings() };
    let plan = plan(vec![Input::stream("-", Box::new(std::io::Cursor::new(bytes.to_vec())))], &settings);
    let (mut lines, mut unread) = (Vec::new(), plan.unread.total());
    for source in &plan.sources {
        let plain =
            source.files.iter().all(|file| file.name == "-") && collect::input::packing(bytes).is_none();
        let mut reader = SourceReader::new(source, &settings);
        let mut sink = |event: &Event<'_>| {
            assert!(
                !event.flags.has(Flags::AMBIGUOUS) || event.src_ip.is_none(),
                "an address in an ambiguous event"
            );
            let start = usize::try_from(event.origin.offset).unwrap();
            let cited = bytes.get(start..start + event.origin.raw.len());
            assert!(!plain || cited == Some(event.origin.raw), "cites other bytes than its own");
            let start = lines.len();
            collect::ocsf::write(event, &mut lines);
            assert!(serde_json::from_slice::<serde_json::Value>(&lines[start..]).is_ok());
        };
        while let Some(block) = reader.next() {
            assert!(!block.is_empty() && block.len() <= collect::stream::RECORDS_MAX);
            reader.decode(&block, None, &mut sink);
        }
        reader.finish(&mut sink);
        unread += reader.into_report().unread.total();
    }
    (lines, unread)
}

#[test]
fn mutated_files() {
    let seeds = seeds();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let rounds = option_env!("SEKISHO_MUTATIONS").and_then(|text| text.parse().ok()).unwrap_or(400);
    for round in 0..rounds {
        let (one, two) = (dice.roll(seeds.len()), dice.roll(seeds.len()));
        let bytes = mutate(&seeds[one], &seeds[two], &mut dice);
        let first = read(&bytes);
        if round % 4 == 0 {
            assert!(first == read(&bytes), "two runs differ in round {round}");
        }
    }
}
