//! Sekisho (関所): one program against unauthorized computer access (不正アクセス).
//!
//! The leaf of the workspace: command line, wiring, clock, files. Exit codes: 0 done, 1 failure, 2 wrong use, 3 findings at
//! or above `--fail-on`.

mod agent;
mod cli;
mod clock;
mod cmd;
mod contain;
mod crypt;
mod error;
mod follow;
mod http;
mod inputs;
mod live;
mod output;
mod papers;
mod pipeline;
mod pool;
mod progress;
mod record;
mod report;
mod sealing;
mod serve;
mod tally;
mod vault;

use clap::Parser as _;
use std::process::ExitCode;

/// Signals and findings are made by one thread and dropped by another, which leaves the arenas of glibc full of holes: twice
/// the bytes in use. How soon memory goes back to the system stands in `.cargo/config.toml`.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe behind `--help | head` is not a failure.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match cmd::run(cli.command) {
        Ok(code) => ExitCode::from(code),
        Err(error) if error::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            error::print(&error);
            ExitCode::from(error::code(&error))
        }
    }
}
