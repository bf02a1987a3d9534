//! Counting what a decompressor takes in and gives out.

use super::Limits;
use crate::record::UnreadReason;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A limit was reached; travels inside [`io::Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Too much decompressed for what went in.
    #[error("more than {ratio_max} bytes decompressed for each compressed byte")]
    Ratio {
        /// The limit.
        ratio_max: u64,
    },
    /// Too much decompressed in all.
    #[error("more than {bytes_max} bytes decompressed")]
    Size {
        /// The limit.
        bytes_max: u64,
    },
}

impl From<LimitError> for io::Error {
    fn from(limit: LimitError) -> Self {
        Self::other(limit)
    }
}

/// What an error while reading means for `unread.jsonl`, and what was expected.
#[must_use]
pub(crate) fn reason_of(error: &io::Error, packed: bool) -> (UnreadReason, String) {
    if let Some(limit) = error.get_ref().and_then(|inner| inner.downcast_ref::<LimitError>()) {
        let reason = match limit {
            LimitError::Ratio { .. } => UnreadReason::LimitRatio,
            LimitError::Size { .. } => UnreadReason::LimitSize,
        };
        return (reason, limit.to_string());
    }
    let text = error.to_string();
    match error.kind() {
        io::ErrorKind::PermissionDenied => (UnreadReason::Permission, "a file that may be read".to_owned()),
        _ if packed && (text.contains("emory") || text.contains("indow")) => {
            (UnreadReason::LimitSize, format!("a decoder window within the limit: {text}"))
        }
        _ if packed => (UnreadReason::Corrupt, format!("intact compressed data: {text}")),
        _ => (UnreadReason::Io, format!("readable data: {text}")),
    }
}

/// Counts the bytes that pass.
pub(super) struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Counted<R> {
    pub(super) fn new(inner: R, count: Arc<AtomicU64>) -> Self {
        Self { inner, count }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.count.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}

/// Stops a stream that grows beyond the limits. Compares with the bytes read from the file itself, so that layers do not
/// multiply.
pub(super) struct Guarded<R> {
    inner: R,
    taken: Arc<AtomicU64>,
    given: u64,
    limits: Limits,
}

impl<R: Read> Guarded<R> {
    pub(super) fn new(inner: R, taken: Arc<AtomicU64>, limits: Limits) -> Self {
        Self { inner, taken, given: 0, limits }
    }
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let taken = self.taken.load(Ordering::Relaxed);
        if self.given > self.limits.file_bytes_max {
            return Err(LimitError::Size { bytes_max: self.limits.file_bytes_max }.into());
        }
        if self.given > self.limits.ratio_free_bytes && self.given / self.limits.ratio_max > taken {
            return Err(LimitError::Ratio { ratio_max: self.limits.ratio_max }.into());
        }
        let got = self.inner.read(buffer)?;
        self.given += got as u64;
        Ok(got)
    }
}
