//! Sorting more than memory holds: sorted runs in temporary files, merged when all is read (external merge sort).
//!
//! The files have no name in any folder, so that nothing is left when the program is killed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Runs merged at once: each has one open file and one buffer.
const FAN_MAX: usize = 64;
/// Buffer of one run while it is merged, bytes.
const BUFFER_BYTES: usize = 64 << 10;
/// Longest row, bytes; a damaged run must not fill the memory.
const ROW_BYTES_MAX: u32 = 64 << 20;

/// Order of a row: time in microseconds (rows without a time last), log source, file, place in the file.
pub(super) type Key = (i64, u32, u32, u64);

/// A row and its place in the order.
pub(super) type Row = (Key, Box<[u8]>);

/// Rows on their way into order.
pub(super) struct Sorter {
    folder: PathBuf,
    budget_bytes: usize,
    held: Vec<Row>,
    held_bytes: usize,
    runs: Vec<File>,
    /// Rows so far.
    pub(super) rows: u64,
}

impl Sorter {
    /// A sorter that holds about `budget_bytes` in memory and puts the rest into `folder`.
    pub(super) fn new(folder: &Path, budget_bytes: usize) -> Self {
        let folder = folder.to_owned();
        Self { folder, budget_bytes, held: Vec::new(), held_bytes: 0, runs: Vec::new(), rows: 0 }
    }

    /// Takes a row.
    ///
    /// # Errors
    /// When the temporary folder is full or cannot be written.
    pub(super) fn push(&mut self, key: Key, bytes: &[u8]) -> std::io::Result<()> {
        self.rows += 1;
        self.held_bytes += bytes.len() + size_of::<Row>();
        self.held.push((key, bytes.into()));
        if self.held_bytes >= self.budget_bytes { self.spill() } else { Ok(()) }
    }

    /// Writes what is held as a run, and joins runs when there are many.
    fn spill(&mut self) -> std::io::Result<()> {
        self.held.sort();
        let mut run = BufWriter::with_capacity(BUFFER_BYTES, tempfile::tempfile_in(&self.folder)?);
        for (key, bytes) in self.held.drain(..) {
            write_row(&mut run, key, &bytes)?;
        }
        self.held_bytes = 0;
        self.runs.push(finished(run)?);
        if self.runs.len() >= FAN_MAX {
            let mut joined = BufWriter::with_capacity(BUFFER_BYTES, tempfile::tempfile_in(&self.folder)?);
            let runs = std::mem::take(&mut self.runs);
            merge(runs, Vec::new(), &mut |key, bytes| write_row(&mut joined, key, bytes))?;
            self.runs.push(finished(joined)?);
        }
        Ok(())
    }

    /// Hands out all rows in order.
    ///
    /// # Errors
    /// When a temporary file cannot be read, or the first error of `take`.
    pub(super) fn finish(
        mut self,
        take: &mut dyn FnMut(Key, &[u8]) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        self.held.sort();
        merge(self.runs, self.held, take)
    }
}

/// Ends a run and goes to its start.
fn finished(run: BufWriter<File>) -> std::io::Result<File> {
    let mut file = run.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

fn write_row(out: &mut impl Write, key: Key, bytes: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    out.write_all(&key.0.to_le_bytes())?;
    out.write_all(&key.1.to_le_bytes())?;
    out.write_all(&key.2.to_le_bytes())?;
    out.write_all(&key.3.to_le_bytes())?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(bytes)
}

/// The next row of a run; `None` at its end.
fn read_row(from: &mut BufReader<File>) -> std::io::Result<Option<Row>> {
    let mut head = [0; 28];
    match from.read_exact(&mut head) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut parts = head.as_slice();
    let mut eight = || -> [u8; 8] { take(&mut parts) };
    let (time, places, offset) = (i64::from_le_bytes(eight()), eight(), u64::from_le_bytes(eight()));
    let length = u32::from_le_bytes(take(&mut parts));
    if length > ROW_BYTES_MAX {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    let mut places = places.as_slice();
    let key = (time, u32::from_le_bytes(take(&mut places)), u32::from_le_bytes(take(&mut places)), offset);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    from.read_exact(&mut bytes)?;
    Ok(Some((key, bytes.into())))
}

/// The next bytes of a head; zeros when it is too short, which it is not.
fn take<const N: usize>(from: &mut &[u8]) -> [u8; N] {
    let (first, rest) =
        from.split_first_chunk::<N>().map_or(([0; N], &[] as &[u8]), |(first, rest)| (*first, rest));
    *from = rest;
    first
}

/// Merges runs and what is held, all sorted.
fn merge(
    runs: Vec<File>,
    held: Vec<Row>,
    take: &mut dyn FnMut(Key, &[u8]) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut runs: Vec<BufReader<File>> =
        runs.into_iter().map(|file| BufReader::with_capacity(BUFFER_BYTES, file)).collect();
    let mut held = held.into_iter();
    let last = runs.len();
    let mut heads = BinaryHeap::with_capacity(last + 1);
    for (place, run) in runs.iter_mut().enumerate() {
        heads.extend(read_row(run)?.map(|row| Reverse((row, place))));
    }
    heads.extend(held.next().map(|row| Reverse((row, last))));
    while let Some(Reverse(((key, bytes), place))) = heads.pop() {
        take(key, &bytes)?;
        let next = match runs.get_mut(place) {
            Some(run) => read_row(run)?,
            None => held.next(),
        };
        heads.extend(next.map(|row| Reverse((row, place))));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(rows: &[Row], budget: usize) -> (Vec<Row>, usize) {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path(), budget);
        for (key, bytes) in rows {
            sorter.push(*key, bytes).unwrap();
        }
        let runs = sorter.runs.len();
        assert_eq!(sorter.rows, rows.len() as u64);
        let mut out = Vec::new();
        sorter
            .finish(&mut |key, bytes| {
                out.push((key, bytes.into()));
                Ok(())
            })
            .unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "temporary files have no name");
        (out, runs)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_budget_gives_the_same_order(
            rows in prop::collection::vec(
                ((any::<i64>(), 0..3_u32, 0..3_u32, 0..50_u64), prop::collection::vec(any::<u8>(), 0..20)),
                0..200
            ),
            budget in 1..4_000_usize,
        ) {
            let rows: Vec<Row> = rows.into_iter().map(|(key, bytes)| (key, bytes.into())).collect();
            let mut wanted = rows.clone();
            wanted.sort();
            prop_assert_eq!(sorted(&rows, budget).0, wanted);
        }
    }

    #[test]
    fn many_runs_are_joined_on_the_way() {
        let rows: Vec<Row> = (0..500_i64)
            .map(|at| ((at * 7_919 % 500, 0, 0, 0), Box::from(at.to_le_bytes().as_slice())))
            .collect();
        let (out, runs) = sorted(&rows, 1);
        assert!(runs < FAN_MAX, "{runs}");
        assert!(out.is_sorted() && out.len() == 500);
    }

    #[test]
    fn an_unwritable_folder_is_an_error() {
        let mut sorter = Sorter::new(Path::new("/nonexistent"), 1);
        assert!(sorter.push((0, 0, 0, 0), b"x").is_err());
    }
}
