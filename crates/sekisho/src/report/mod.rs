//! The folder that `investigate` leaves behind (DESIGN, command line).

mod activity;
mod csv;
mod folder;
mod json;
mod summary;
mod talk;

pub(crate) use csv::timeline;
pub(crate) use folder::Folder;
pub(crate) use json::{
    Tongues, findings as findings_lines, incidents as incidents_document, unread as unread_lines,
};
pub(crate) use summary::{Given, document as summary_document, view};
pub(crate) use talk::said;

/// Version of the shapes of the JSON files.
pub(crate) const SCHEMA_VERSION: u32 = 1;
