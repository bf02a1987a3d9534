//! Records of the Windows event log (detection.md 3.10): EVTX files and the common exports of them. Every source fills
//! the same [`fields::Fields`]; one place makes events of them, so that a record means the same whichever way it came.

mod event;
pub(crate) mod evtx;
pub(crate) mod export_json;
pub(crate) mod export_xml;
mod fields;
mod json;
mod known;
mod meaning;
mod names;
mod properties;
mod shape;
mod sources;
mod xml;
