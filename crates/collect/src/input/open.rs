//! Opening a location: a file on disk, and the layers inside it.

use super::archive::{Member, Stored};
use super::guard::{Counted, Guarded};
use super::magic::Packing;
use super::spool::Spool;
use super::{Limits, Once};
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// One layer.
#[derive(Clone, Debug)]
pub enum Step {
    /// Decompress.
    Unpack(Packing),
    /// A member of an archive.
    Member(Packing, Member),
}

/// Where a stream of records lies.
#[derive(Clone)]
pub struct Location {
    /// Name to show: input as given, plus `!member`.
    pub name: String,
    /// The file, or the stream.
    pub base: Base,
    /// Layers, outermost first.
    pub steps: Vec<Step>,
}

/// What a location starts from.
#[derive(Clone)]
pub enum Base {
    /// A file on disk.
    File(PathBuf),
    /// A stream that can be read once, behind the bytes that were read from it for recognition.
    Once(Arc<Vec<u8>>, Once),
    /// Bytes that were put aside, because they are read more than once.
    Spool(Arc<Spool>),
}

/// An open stream of decompressed bytes.
pub type Opened = Box<dyn Read + Send>;

/// Opens a location and puts every layer behind its guard.
///
/// # Errors
/// When the file cannot be opened, a stream was read already, or an inner zip archive is larger than its limit.
pub fn open(location: &Location, limits: &Limits) -> io::Result<Opened> {
    open_counted(location, limits, &Arc::default())
}

/// As [`open`]; `taken` counts the stored bytes that were read, for progress and for the ratio.
pub(crate) fn open_counted(
    location: &Location,
    limits: &Limits,
    taken: &Arc<AtomicU64>,
) -> io::Result<Opened> {
    let mut steps = location.steps.as_slice();
    let mut stream = match &location.base {
        Base::File(path) => first_layer(open_file(path)?, &mut steps, taken, limits)?,
        Base::Spool(spool) => first_layer(spool.reader(), &mut steps, taken, limits)?,
        Base::Once(head, once) => {
            let stream = once.lock().ok().and_then(|mut slot| slot.take());
            let Some(stream) = stream else { return Err(io::Error::other("the stream was read already")) };
            Box::new(Counted::new(Cursor::new(head.as_ref().clone()).chain(stream), Arc::clone(taken)))
        }
    };
    for step in steps {
        stream = match step {
            Step::Unpack(packing) => {
                let inner = BufReader::with_capacity(64 << 10, stream);
                guarded(unpack(*packing, inner, limits)?, taken, *limits)
            }
            Step::Member(Packing::Tar, member) => {
                let skipped = io::copy(&mut stream.by_ref().take(member.start), &mut io::sink())?;
                if skipped < member.start {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Box::new(Exactly { inner: stream, left: member.length })
            }
            Step::Member(_, member) => {
                let whole = in_memory(stream, limits)?;
                zip_member(Cursor::new(whole), member, taken, *limits)?
            }
        };
    }
    Ok(stream)
}

/// The file itself, or the member of it that is reached by seeking.
fn first_layer<R: Read + Seek + Send + 'static>(
    mut file: R,
    steps: &mut &[Step],
    taken: &Arc<AtomicU64>,
    limits: &Limits,
) -> io::Result<Opened> {
    Ok(match *steps {
        [Step::Member(Packing::Zip, member), rest @ ..] => {
            *steps = rest;
            zip_member(file, member, taken, *limits)?
        }
        [Step::Member(Packing::Tar, member), rest @ ..] => {
            *steps = rest;
            file.seek(SeekFrom::Start(member.start))?;
            Box::new(Exactly { inner: Box::new(Counted::new(file, Arc::clone(taken))), left: member.length })
        }
        _ => Box::new(Counted::new(file, Arc::clone(taken))),
    })
}

fn open_file(path: &PathBuf) -> io::Result<File> {
    let file = File::open(path)?;
    // The folder may have changed since it was walked.
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file any more"));
    }
    Ok(file)
}

fn guarded(inner: Opened, taken: &Arc<AtomicU64>, limits: Limits) -> Opened {
    Box::new(Guarded::new(inner, Arc::clone(taken), limits))
}

/// A decompressor.
fn unpack(packing: Packing, inner: BufReader<Opened>, limits: &Limits) -> io::Result<Opened> {
    Ok(match packing {
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(inner)),
        Packing::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(inner)?;
            decoder.window_log_max(limits.zstd_window_log_max)?;
            Box::new(decoder)
        }
        Packing::Xz => {
            let stream = liblzma::stream::Stream::new_stream_decoder(
                limits.xz_memory_bytes_max,
                liblzma::stream::CONCATENATED,
            )
            .map_err(io::Error::other)?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(inner, stream))
        }
        Packing::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(inner)),
        Packing::Zip | Packing::Tar => return Err(io::Error::other("an archive is opened by its members")),
    })
}

/// One member of a zip archive. Its own stored bytes are what the ratio is measured against.
fn zip_member<R: Read + Seek + Send + 'static>(
    mut archive: R,
    member: &Member,
    taken: &Arc<AtomicU64>,
    limits: Limits,
) -> io::Result<Opened> {
    archive.seek(SeekFrom::Start(member.start))?;
    let stored = BufReader::new(Counted::new(archive.take(member.length), Arc::clone(taken)));
    let plain: Opened = match member.stored {
        Stored::Plain => Box::new(stored),
        Stored::Deflate => Box::new(flate2::bufread::DeflateDecoder::new(stored)),
        Stored::Bzip2 => Box::new(bzip2::bufread::BzDecoder::new(stored)),
        Stored::Other => return Err(io::Error::other("a zip member stored, deflated or with bzip2")),
    };
    Ok(guarded(plain, taken, limits))
}

/// A stream that has to be held in memory because it is read with seeking.
pub(crate) fn in_memory(stream: Opened, limits: &Limits) -> io::Result<Vec<u8>> {
    let mut whole = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "`take` is the cap")]
    stream.take(limits.inner_archive_bytes_max + 1).read_to_end(&mut whole)?;
    if whole.len() as u64 > limits.inner_archive_bytes_max {
        return Err(super::LimitError::Size { bytes_max: limits.inner_archive_bytes_max }.into());
    }
    Ok(whole)
}

/// A run of bytes that must be complete.
struct Exactly {
    inner: Opened,
    left: u64,
}

impl Read for Exactly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let max = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..max).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        match self.inner.read(buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            got => {
                self.left -= got as u64;
                Ok(got)
            }
        }
    }
}
