//! Primitives of the own runtime (detection.md 5.3), each without knowledge of events.

pub mod absence;
pub mod distinct;
pub mod first_seen;
pub mod hours;
pub mod interval;
pub mod sequence;
pub mod small;
pub mod table;
pub mod travel;
pub mod window;
