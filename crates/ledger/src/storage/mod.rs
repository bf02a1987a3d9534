//! Storage behind two traits (LG chapter 12): immutable objects, and one value that is exchanged by comparison. Nothing
//! else is asked of a store: no transaction over several objects, no lock service (LG-STO-02).

mod directory;
mod disk;
mod faulty;
mod table;

pub use directory::{DirectoryCell, DirectoryObjects};
pub use faulty::{Faulty, When};
pub use table::{Broken, check};

/// Longest name of an object in bytes.
pub const NAME_BYTES_MAX: usize = 512;
/// Largest object in bytes: a frame.
pub const OBJECT_BYTES_MAX: usize = 100 << 20;
/// Largest value of a cell in bytes.
pub const CELL_BYTES_MAX: usize = 64 << 10;
/// Most names that one call of [`Objects::list`] gives.
pub const LIST_NAMES_MAX: usize = 1_000;

/// Why a store did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another content stands under this name; objects never change.
    #[error("{name}: another content stands under this name")]
    Exists {
        /// The name.
        name: String,
    },
    /// The cell was changed by somebody else since it was loaded.
    #[error("the cell was changed by another writer")]
    Stale,
    /// A name or size that no store takes.
    #[error("{name}: {what}")]
    Unfit {
        /// The name.
        name: String,
        /// What was expected.
        what: &'static str,
    },
    /// The store must not be used for a ledger (LE-POLICY).
    #[error("LE-POLICY: this store cannot hold a ledger: {0}")]
    Refused(String),
    /// Reading, writing or the way to the store failed. Whether a write took effect is not known.
    #[error("{name}: {source}")]
    Io {
        /// The object, or what was done.
        name: String,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// A failure of the way to the store.
    pub fn io(name: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Io { name: name.to_owned(), source: source.into() }
    }
}

/// Result of a call of a store.
pub type StoreResult<T> = Result<T, StoreError>;

/// Immutable objects by name. A success is durable; a reader never sees half an object (LG-STO-01).
pub trait Objects: Send + Sync {
    /// Content of an object; `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&self, name: &str) -> StoreResult<Option<Vec<u8>>>;
    /// Writes an object that is not there. The same content again is a success.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when another content stands there.
    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> StoreResult<()>;
    /// Names that begin with `prefix` and come behind `after`, ascending, at most [`LIST_NAMES_MAX`]. An object is
    /// listed from the moment its writing has succeeded.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&self, prefix: &str, after: Option<&str>) -> StoreResult<Vec<String>>;
    /// Removes an object; none there is a success. For garbage only: a ledger never deletes what it has acknowledged.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete(&self, name: &str) -> StoreResult<()>;
}

/// The value of a cell with the version by which it is exchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// The value.
    pub value: Vec<u8>,
    /// Names this state of the cell; never used for another one.
    pub version: String,
}

/// One value that many read and one may exchange.
pub trait Cell: Send + Sync {
    /// The value; `None` before the first exchange.
    ///
    /// # Errors
    /// [`StoreError`].
    fn load(&self) -> StoreResult<Option<Versioned>>;
    /// Puts `value` in the place of the state `expected` (`None`: nothing yet) and returns the new version.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the cell is in another state.
    fn compare_and_swap(&self, expected: Option<&str>, value: &[u8]) -> StoreResult<String>;
}

/// Whoever borrows or owns a store has one.
macro_rules! forward {
    ($($of:ty),*) => {$(
        impl<T: Objects + ?Sized> Objects for $of {
            fn get(&self, name: &str) -> StoreResult<Option<Vec<u8>>> {
                (**self).get(name)
            }
            fn put_if_absent(&self, name: &str, bytes: &[u8]) -> StoreResult<()> {
                (**self).put_if_absent(name, bytes)
            }
            fn list(&self, prefix: &str, after: Option<&str>) -> StoreResult<Vec<String>> {
                (**self).list(prefix, after)
            }
            fn delete(&self, name: &str) -> StoreResult<()> {
                (**self).delete(name)
            }
        }
        impl<T: Cell + ?Sized> Cell for $of {
            fn load(&self) -> StoreResult<Option<Versioned>> {
                (**self).load()
            }
            fn compare_and_swap(&self, expected: Option<&str>, value: &[u8]) -> StoreResult<String> {
                (**self).compare_and_swap(expected, value)
            }
        }
    )*};
}
forward!(&T, Box<T>);

/// Whether a store takes this name: parts of letters, digits, `.`, `_`, `-`, separated by `/`; no part begins with a dot.
///
/// # Errors
/// [`StoreError::Unfit`].
pub fn check_name(name: &str) -> StoreResult<()> {
    let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(fits);
    if name.len() <= NAME_BYTES_MAX && name.split('/').all(part) {
        Ok(())
    } else {
        let what = "a name of letters, digits, '.', '_', '-' and '/' expected";
        Err(StoreError::Unfit { name: name.to_owned(), what })
    }
}

/// Whether a store takes an object of this size.
///
/// # Errors
/// [`StoreError::Unfit`].
pub fn check_object(name: &str, bytes: &[u8]) -> StoreResult<()> {
    check_name(name)?;
    if bytes.len() > OBJECT_BYTES_MAX {
        return Err(StoreError::Unfit {
            name: name.to_owned(),
            what: "an object of at most 100 MiB expected",
        });
    }
    Ok(())
}
