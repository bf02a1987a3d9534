//! Findings to incidents and cases.
