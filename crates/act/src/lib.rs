//! The law and the standards as types and pure functions.
