//! Tests of the binary as a person runs it: files in, exit code, files and text out.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests write small inputs of their own, and fail by panicking"
)]

mod agents;
mod attacks;
mod blocking;
mod bundles;
mod cases;
mod closing;
mod commands;
mod contract;
mod copies;
mod documents;
mod durable;
mod evidence;
#[expect(dead_code, reason = "the tests of `collect` write more kinds of values")]
#[path = "../../../collect/tests/it/evtx_writer.rs"]
mod evtx_writer;
mod exercise;
mod following;
mod handing;
mod hooks;
mod hostile;
mod journal;
mod living;
mod log_keys;
mod look;
mod notices;
mod outsiders;
mod papers;
mod programs;
mod receiving;
mod records;
mod reloading;
mod replicas;
mod rules;
mod rulings;
mod same;
mod samples;
mod schemas;
mod sealing;
mod searching;
#[path = "../../../remote/tests/it/servers.rs"]
mod servers;
mod serving;
mod sigma;
mod staged_papers;
mod standing;
mod stores;
mod support;
mod talking;
mod verdicts;
mod windows;
mod witnesses;
