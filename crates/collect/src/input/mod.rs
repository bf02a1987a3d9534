//! Inputs: paths, decompression and archives, with the limits of detection.md 6.5 (DT-FMT-01, DT-HOS-14).

mod archive;
mod guard;
mod magic;
mod open;
mod spool;
pub mod text;
mod walk;

pub use archive::{Member, Stored};
pub(crate) use archive::{Members, tar_members, zip_members};
pub use guard::LimitError;
pub(crate) use guard::reason_of;
pub use magic::{Packing, packing};
pub use open::{Base, Location, Opened, Step, open};
pub(crate) use open::{in_memory, open_counted};
pub use spool::Spool;
pub(crate) use walk::shown;
pub use walk::{Found, Walked, walk};

use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Limits on what an input may cost (detection.md 6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Decompressed bytes of one input file.
    pub file_bytes_max: u64,
    /// Decompressed bytes for each compressed byte, beyond [`Self::ratio_free_bytes`].
    pub ratio_max: u64,
    /// Decompressed bytes before the ratio is looked at.
    pub ratio_free_bytes: u64,
    /// Members of one archive.
    pub members_max: usize,
    /// Layers of compression or archive; a compressed tar archive is one layer.
    pub nesting_max: u32,
    /// Memory of the xz decoder.
    pub xz_memory_bytes_max: u64,
    /// Window of the zstd decoder, as a power of two.
    pub zstd_window_log_max: u32,
    /// Folder depth.
    pub depth_max: usize,
    /// An archive that can only be read with seeking, inside another one: how much of it is kept in memory.
    pub inner_archive_bytes_max: u64,
    /// A compressed tar archive up to this size is unpacked once into a temporary file; a larger one is unpacked anew for
    /// each member.
    pub spool_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes_max: 64 << 30,
            ratio_max: 200,
            ratio_free_bytes: 16 << 20,
            members_max: 10_000,
            nesting_max: 2,
            xz_memory_bytes_max: 80 << 20,
            zstd_window_log_max: 27,
            depth_max: 64,
            inner_archive_bytes_max: 64 << 20,
            spool_bytes_max: 4 << 30,
        }
    }
}

/// A stream that can be read once, e.g. standard input; shared between plan and reader.
pub type Once = Arc<Mutex<Option<Box<dyn Read + Send>>>>;

/// One input as the user named it.
#[derive(Clone)]
pub enum Input {
    /// A file or folder.
    Path(PathBuf),
    /// A stream that cannot be read twice; the name is shown (`-` for standard input).
    Stream {
        /// Name to show.
        name: String,
        /// The stream; taken by the first reader.
        stream: Once,
    },
}

impl Input {
    /// An input that is read from a stream, e.g. standard input under the name `-`.
    #[must_use]
    pub fn stream(name: impl Into<String>, stream: Box<dyn Read + Send>) -> Self {
        Self::Stream { name: name.into(), stream: Arc::new(Mutex::new(Some(stream))) }
    }
}
