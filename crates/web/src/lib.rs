//! Pages, reports and their languages.
//!
//! Architecture invariant: `web` holds no rule and no SQL, and reads no clock. Everything it shows was decided elsewhere.

pub mod console;
pub mod i18n;
pub mod letter;
pub mod report;

pub use i18n::{Catalog, Lang};
