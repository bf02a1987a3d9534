//! A large body of event logs out of small ones: the records of each sample chunk are repeated with other times and record
//! ids until the chunk is full, chunk after chunk, with the right checksums.

use anyhow::{Context as _, bail};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

const FILE_HEAD_BYTES: usize = 4_096;
const CHUNK_BYTES: usize = 65_536;
const CHUNK_HEAD_BYTES: usize = 512;
/// Chunks of one file: 64 MiB, a usual size of a log.
const FILE_CHUNKS: u64 = 1_024;
/// Steps of 100 ns between two records: 1.1 s.
const STEP: u64 = 11_000_000;
/// Time of the first record: 2026-01-01.
const START: u64 = (1_767_225_600 + 11_644_473_600) * 10_000_000;

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    /// Bytes of all files.
    pub(super) bytes: u64,
    /// Records.
    pub(super) records: u64,
}

/// A chunk to be repeated.
struct Sample {
    /// Head and records, up to the free space.
    bytes: Vec<u8>,
    /// Places of the records in `bytes`.
    records: Vec<usize>,
    /// The records without the definitions of templates in them, to fill the rest of a chunk.
    pure: Vec<Vec<u8>>,
}

/// Writes about `bytes` of logs into `folder`, from the logs below `samples`.
pub(super) fn write(samples: &Path, folder: &Path, bytes: u64) -> anyhow::Result<Written> {
    let mut files = Vec::new();
    find(samples, &mut files)?;
    files.sort();
    let mut chunks = Vec::new();
    for file in &files {
        let log = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        chunks.extend(log.get(FILE_HEAD_BYTES..).unwrap_or_default().chunks(CHUNK_BYTES).filter_map(sample));
    }
    if chunks.is_empty() {
        bail!("no event logs below {}", samples.display());
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let (mut written, mut number) = (Written::default(), 0);
    let mut samples = chunks.iter().cycle();
    while written.bytes < bytes {
        let count = FILE_CHUNKS.min((bytes - written.bytes).div_ceil(CHUNK_BYTES as u64));
        let path = folder.join(format!("{number:03}.evtx"));
        let file = fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut out = BufWriter::new(file);
        out.write_all(&file_head(count))?;
        for chunk in samples.by_ref().take(usize::try_from(count)?) {
            out.write_all(&chunk.filled(&mut written.records))?;
        }
        out.flush()?;
        written.bytes += FILE_HEAD_BYTES as u64 + count * CHUNK_BYTES as u64;
        number += 1;
    }
    Ok(written)
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|end| end == "evtx") {
            files.push(path);
        }
    }
    Ok(())
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?)))
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(slot) = bytes.get_mut(at..at + value.len()) {
        slot.copy_from_slice(value);
    }
}

fn sample(chunk: &[u8]) -> Option<Sample> {
    if !chunk.starts_with(b"ElfChnk\0") {
        return None;
    }
    let free = u32_at(chunk, 48)?;
    let (mut at, mut records, mut pure) = (CHUNK_HEAD_BYTES, Vec::new(), Vec::new());
    while at < free && chunk.get(at..)?.starts_with(b"**\0\0") {
        let size = u32_at(chunk, at + 4)?;
        if size < 28 || at + size > free {
            break;
        }
        records.push(at);
        pure.extend(without_definitions(chunk, at, size));
        at += size;
    }
    (!records.is_empty()).then(|| Sample { bytes: chunk.get(..at).unwrap_or(chunk).to_vec(), records, pure })
}

/// An instance of a template: the table of its values, and where it ends.
struct Instance {
    /// Bytes of a definition that stands inside, if any.
    definition: std::ops::Range<usize>,
    /// Place of the number of values.
    table: usize,
    count: usize,
}

fn instance(chunk: &[u8], mut at: usize) -> Option<Instance> {
    if chunk.get(at) == Some(&0x0f) {
        at += 4;
    }
    if chunk.get(at) != Some(&0x0c) {
        return None;
    }
    let offset = u32_at(chunk, at + 6)?;
    at += 10;
    let inside = if offset == at { 24 + u32_at(chunk, at + 20)? } else { 0 };
    Some(Instance { definition: at..at + inside, table: at + inside, count: u32_at(chunk, at + inside)? })
}

impl Instance {
    /// Type, start and length of each value.
    fn values(&self, chunk: &[u8]) -> Option<Vec<(u8, usize, usize)>> {
        let mut start = self.table + 4 + 4 * self.count;
        let mut all = Vec::new();
        for place in 0..self.count {
            let at = self.table + 4 + 4 * place;
            let length = u16_at(chunk, at)?;
            all.push((*chunk.get(at + 2)?, start, length));
            start += length;
        }
        Some(all)
    }
}

/// The record as one that refers to definitions elsewhere in its chunk.
fn without_definitions(chunk: &[u8], at: usize, size: usize) -> Option<Vec<u8>> {
    let outer = instance(chunk, at + 24)?;
    let values = outer.values(chunk)?;
    let mut out = chunk.get(at..outer.definition.start)?.to_vec();
    let table = out.len();
    out.extend_from_slice(chunk.get(outer.table..outer.table + 4 + 4 * outer.count)?);
    let mut end = outer.table + 4 + 4 * outer.count;
    for (place, (kind, start, length)) in values.into_iter().enumerate() {
        end = start + length;
        let value = chunk.get(start..end)?;
        let inner = if kind == 0x21 { instance(chunk, start) } else { None };
        match inner.filter(|inner| !inner.definition.is_empty()) {
            Some(inner) => {
                let before = out.len();
                out.extend_from_slice(chunk.get(start..inner.definition.start)?);
                out.extend_from_slice(chunk.get(inner.definition.end..end)?);
                let length = u16::try_from(out.len() - before).ok()?;
                put(&mut out, table + 4 + 4 * place, &length.to_le_bytes());
            }
            None => out.extend_from_slice(value),
        }
    }
    out.extend_from_slice(chunk.get(end..at + size - 4)?);
    let size = u32::try_from(out.len() + 4).ok()?.to_le_bytes();
    out.extend_from_slice(&size);
    put(&mut out, 4, &size);
    Some(out)
}

impl Sample {
    /// The chunk, filled up, with the next numbers and times.
    fn filled(&self, number: &mut u64) -> Vec<u8> {
        let mut chunk = self.bytes.clone();
        let first = *number + 1;
        let mut last_at = 0;
        for at in &self.records {
            *number += 1;
            renumber(&mut chunk, *at, *number);
            last_at = *at;
        }
        let mut more = self.pure.iter().cycle();
        while let Some(record) = more.next().filter(|record| chunk.len() + record.len() <= CHUNK_BYTES) {
            last_at = chunk.len();
            chunk.extend_from_slice(record);
            *number += 1;
            renumber(&mut chunk, last_at, *number);
        }
        let free = chunk.len();
        for (place, id) in [first, *number, first, *number].into_iter().enumerate() {
            put(&mut chunk, 8 + 8 * place, &id.to_le_bytes());
        }
        let narrow = |value: usize| u32::try_from(value).unwrap_or(0).to_le_bytes();
        put(&mut chunk, 44, &narrow(last_at));
        put(&mut chunk, 48, &narrow(free));
        put(&mut chunk, 120, &[0; 4]);
        let sum = evtx::checksum_ieee(chunk.get(CHUNK_HEAD_BYTES..).unwrap_or_default());
        put(&mut chunk, 52, &sum.to_le_bytes());
        let head =
            [chunk.get(..120), chunk.get(128..CHUNK_HEAD_BYTES)].map(Option::unwrap_or_default).concat();
        put(&mut chunk, 124, &evtx::checksum_ieee(&head).to_le_bytes());
        chunk.resize(CHUNK_BYTES, 0);
        chunk
    }
}

/// Gives a record its number and time: in its head, and in the event, where the first value of each type stands for it.
fn renumber(chunk: &mut [u8], at: usize, number: u64) {
    let time = START + number * STEP;
    put(chunk, at + 8, &number.to_le_bytes());
    put(chunk, at + 16, &time.to_le_bytes());
    let Some(values) = instance(chunk, at + 24).and_then(|outer| outer.values(chunk)) else { return };
    for (kind, value) in [(0x11, time), (0x0a, number)] {
        let found = values.iter().find(|(own, _, length)| *own == kind && *length == 8);
        if let Some((_, start, _)) = found {
            put(chunk, *start, &value.to_le_bytes());
        }
    }
}

fn file_head(chunks: u64) -> Vec<u8> {
    let mut head = vec![0; FILE_HEAD_BYTES];
    put(&mut head, 0, b"ElfFile\0");
    put(&mut head, 16, &chunks.saturating_sub(1).to_le_bytes());
    put(&mut head, 32, &128_u32.to_le_bytes());
    put(&mut head, 36, &[1, 0, 3, 0]);
    put(&mut head, 40, &4_096_u16.to_le_bytes());
    put(&mut head, 42, &u16::try_from(chunks).unwrap_or(0).to_le_bytes());
    let sum = evtx::checksum_ieee(head.get(..120).unwrap_or_default());
    put(&mut head, 124, &sum.to_le_bytes());
    head
}
