//! What `search` and `timeline` share: fields of an event by name, a short line for people, spans of time, and a scan of
//! all inputs by several threads whose results come out in the order of reading.

mod brief;
mod fields;
mod scan;
mod span;

pub(crate) use brief::{brief, record_name};
pub(crate) use fields::{Field, NAMES, texts};
pub(crate) use scan::{Scan, scan};
pub(crate) use span::{Span, moment};
