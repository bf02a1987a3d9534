//! The commands. Each returns its exit code.

mod backup;
pub(crate) use backup::BackupCommand;
pub(crate) mod act;
mod act_count;
pub(crate) mod agents;
pub(crate) mod bundle;
pub(crate) mod case;
pub(crate) mod custody;
mod detect_rules;
mod events;
pub(crate) mod exercise;
mod investigate;
pub(crate) mod ledger;
mod rules;
mod search;
mod timeline;
pub(crate) mod token;

use crate::cli::Command;

/// Runs a command.
pub(crate) fn run(command: Command) -> anyhow::Result<u8> {
    match command {
        Command::Investigate(args) => investigate::run(&args),
        Command::Serve(args) => {
            crate::serve::run(&args.config, args.lang.map_or_else(crate::clock::language, web::Lang::from))
        }
        Command::Backup(command) => backup::run(command),
        Command::Agent(args) => crate::agent::run(&args.config),
        Command::Token(command) => token::run(command),
        Command::Agents(command) => agents::run(command),
        Command::Config(crate::cli::ConfigCommand::Check { config }) => crate::serve::check(&config),
        Command::Notice(crate::cli::NoticeCommand::Test { config }) => crate::serve::test_notice(&config),
        Command::Exercise(args) => exercise::run(&args),
        Command::Events(args) => events::run(&args),
        Command::Detect(args) => detect_rules::run(&args),
        Command::Search(args) => search::run(&args),
        Command::Timeline(args) => timeline::run(&args),
        Command::Act(command) => act::run(command),
        Command::Ledger(command) => ledger::run(command),
        Command::Bundle(command) => bundle::run(command),
        Command::Case(command) => case::run(command),
        Command::Custody(command) => custody::run(command),
        Command::Rules(command) => rules::run(command),
    }
}

/// Says on standard error which rules could not be loaded (DT-RUL-02).
pub(crate) fn warn_refused(report: &detect::rule::LoadReport) {
    const SHOWN: usize = 20;
    for refused in report.refused.iter().take(SHOWN) {
        crate::output::say(&format!(
            "warning: rule {} in {}:{} is not in force: {}",
            refused.id, refused.file, refused.line, refused.reason
        ));
    }
    if let Some(more) = report.refused.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        crate::output::say(&format!(
            "warning: {more} more rules are not in force; see `sekisho rules check`"
        ));
    }
}

/// Says on standard error what could not be read.
fn tell_unread(unread: &collect::unread::Unread) {
    const SHOWN: usize = 20;
    let mut counts = unread.counts();
    for (file, reason, count) in counts.by_ref().take(SHOWN) {
        crate::output::say(&format!("warning: {file}: {} ({count})", reason.name()));
    }
    let more = counts.count();
    if more > 0 {
        crate::output::say(&format!("warning: {more} more kinds of unread material"));
    }
}

/// 3 when something is at or above the limit.
fn exit_code(worst: Option<vocab::Level>, fail_on: Option<vocab::Level>) -> u8 {
    match (worst, fail_on) {
        (Some(worst), Some(limit)) if worst >= limit => 3,
        _ => 0,
    }
}
