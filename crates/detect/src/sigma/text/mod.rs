//! How one text is compared with one value of a rule.

pub(super) mod encode;
pub(super) mod fold;
pub(super) mod glob;
pub(super) mod literals;
pub(super) mod number;
pub(super) mod time;
