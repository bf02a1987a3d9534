//! Documents that have to be handed in (casework.md 7, 15): forms as data, filled from a case, as text, PDF and workbook.
//!
//! Architecture invariant: the only crate that knows the typesetter. It holds no rule about law, clocks or desks (those are
//! in `casework`), reads no file and no clock; fonts, case and day are passed in. Hostile text reaches the typesetter as
//! data, never as markup.

mod document;
pub mod exchange;
mod fill;
mod follow;
mod form;
pub mod official;
#[cfg(feature = "pdf")]
pub mod pdf;
mod release;
mod substitute;
#[cfg(test)]
mod tests;
mod text;
mod xlsx;

pub use document::{Block, Document, Entry, Missing, Shape, Value};
pub use fill::{Filling, fill};
pub use follow::{follow, former_pdf};
pub use form::{Field, Form, FormFault, LayoutState, Required, Section, Stage, form, forms, ids, read};
pub use release::{Approval, RELEASES_VERSION, Receipt, Release, ReleaseFault, ReleasedFile, Releases};
pub use substitute::{Substitute, SubstituteFault, printed};
pub use text::text;
pub use xlsx::{XlsxFault, xlsx};
