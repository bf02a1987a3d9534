//! Zeros in advance (LG-SEG-04): a frame that is written over zeros changes no metadata of its file, so that its sync
//! has only data to move. A helper thread stays some steps ahead of the frames.

use crate::{files, frame};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::thread::JoinHandle;

/// Bytes that one step fills.
const STEP_BYTES: u64 = 8 * 1024 * 1024;
/// Bytes written at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Fills the newest segment.
pub(crate) struct Filler {
    /// The segment is durable and zero from the last frame up to here.
    end: u64,
    on: bool,
    low: bool,
    /// A step under way, and where it will end.
    running: Option<(u64, JoinHandle<std::io::Result<()>>)>,
    syncs: u64,
}

impl Filler {
    /// Fills nothing yet.
    pub(crate) const fn new(offset: u64) -> Self {
        Self { end: offset, on: false, low: false, running: None, syncs: 0 }
    }
    pub(crate) const fn space_low(&self) -> bool {
        self.low
    }
    pub(crate) const fn syncs(&self) -> u64 {
        self.syncs
    }
    /// Begins to fill.
    pub(crate) fn start(&mut self, path: &Path) {
        self.on = true;
        self.next(path);
    }
    /// A new segment has begun.
    pub(crate) fn turn(&mut self, path: &Path, offset: u64) {
        self.end = offset;
        self.next(path);
    }

    /// Called before a frame that ends at `end` is written. Where a step under way is not far enough, it is waited for:
    /// zeros must never be written over a frame.
    pub(crate) fn room(&mut self, path: &Path, end: u64) {
        let ready = self.running.as_ref().is_some_and(|(_, step)| step.is_finished());
        if ready || end > self.end {
            self.wait();
        }
        self.end = self.end.max(end);
        if self.end - end < STEP_BYTES / 2 {
            self.next(path);
        }
    }

    /// Waits for the step under way; true when there may be zeros behind the last frame.
    pub(crate) fn stop(&mut self) -> bool {
        self.wait();
        self.on
    }

    fn wait(&mut self) {
        let Some((end, step)) = self.running.take() else { return };
        match step.join() {
            Ok(Ok(())) => {
                self.end = end;
                self.syncs += 1;
            }
            // The frames themselves will say when the disk is full; until then they go on without zeros ahead.
            _ => self.low = true,
        }
    }

    fn next(&mut self, path: &Path) {
        let (from, to) = (self.end, (self.end + STEP_BYTES).min(frame::SEGMENT_BYTES));
        if !self.on || self.low || self.running.is_some() || from >= to {
            return;
        }
        let path = path.to_owned();
        self.running = Some((to, std::thread::spawn(move || zeros(&path, from, to))));
    }
}

impl Drop for Filler {
    /// No zero is written once the writer is gone.
    fn drop(&mut self) {
        self.wait();
    }
}

fn zeros(path: &Path, from: u64, to: u64) -> std::io::Result<()> {
    let mut file = files::open_existing(path).map_err(std::io::Error::other)?;
    file.seek(SeekFrom::Start(from))?;
    let chunk = vec![0; CHUNK_BYTES];
    let mut rest = usize::try_from(to - from).unwrap_or(0);
    while rest > 0 {
        let size = rest.min(CHUNK_BYTES);
        file.write_all(chunk.get(..size).unwrap_or_default())?;
        rest -= size;
    }
    file.sync_all()
}
