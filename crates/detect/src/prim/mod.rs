//! Primitives of the own runtime (detection.md 5.3), each without knowledge of events.

pub mod ratio;
pub mod table;
