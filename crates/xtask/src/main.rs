//! Chores of the project, run as `cargo xtask NAME`.
//!
//! Each chore is one module with an `Args` structure and a `run` function.

mod bench;
mod stage;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of the project.
#[derive(Parser)]
#[command(name = "xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Measure speed and memory beside `wc -l` and a peer.
    Bench(bench::Args),
    /// Measure speed and memory on Windows event logs made of samples.
    BenchWindows(bench::windows::Args),
    /// Stage the attacks of samples/ against a real sshd, nginx and PAM inside namespaces of their own.
    Stage(stage::Args),
    /// Check the rules of the tree that no compiler checks.
    Tidy(tidy::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().chore {
        Chore::Bench(args) => bench::run(&args),
        Chore::BenchWindows(args) => bench::windows::run(&args),
        Chore::Stage(args) => stage::run(&args),
        Chore::Tidy(args) => tidy::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Talks to the person at the terminal. Standard output stays free for data.
#[expect(clippy::print_stderr, reason = "a chore talks to the developer who runs it")]
fn say(text: &str) {
    eprintln!("{text}");
}
