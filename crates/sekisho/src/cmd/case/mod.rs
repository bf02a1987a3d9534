//! `sekisho case`: one incident, what people know of it, and the documents that have to be handed in.

mod args;
mod assistance;
mod check;
mod clocks;
mod desks;
mod file;
mod fill;
mod list;
mod new;
mod release;
mod share;
mod unban;
mod verdict;
mod write;

pub(crate) use args::CaseCommand;

use crate::clock;
use crate::papers::in_japan;
use casework::dossier::Tongue;
use std::io::Write as _;
use web::Lang;

/// Runs the command.
pub(crate) fn run(command: CaseCommand) -> anyhow::Result<u8> {
    match command {
        CaseCommand::New(args) => new::run(&args),
        CaseCommand::Check(args) => check::run(&args),
        CaseCommand::Write(args) => write::run(&args),
        CaseCommand::Release(args) => release::release(&args),
        CaseCommand::Receipt(args) => release::receipt(&args),
        CaseCommand::Fill(args) => fill::run(&args),
        CaseCommand::Cells { workbook } => fill::cells(&workbook),
        CaseCommand::Clocks(args) => clocks::run(&args),
        CaseCommand::Desks(args) => desks::run(&args),
        CaseCommand::Unban(args) => unban::run(&args),
        CaseCommand::Verdict(args) => verdict::run(&args),
        CaseCommand::Share(args) => share::run(&args),
        CaseCommand::Assistance(args) => assistance::run(&args),
        CaseCommand::Forms(args) => list::forms(&args),
        CaseCommand::Fonts { licences } => list::fonts(licences),
    }
}

fn language(lang: Option<crate::cli::LangArg>) -> Lang {
    lang.map_or_else(clock::language, Lang::from)
}

const fn tongue(lang: Lang) -> Tongue {
    match lang {
        Lang::Ja => Tongue::Ja,
        Lang::En => Tongue::En,
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    use anyhow::Context as _;
    std::io::stdout().lock().write_all(text.as_bytes()).context("cannot write to standard output")
}
