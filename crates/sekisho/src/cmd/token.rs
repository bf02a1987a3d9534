//! `sekisho token`: what programs show to send lines or to read (docs/api).

use crate::clock::Clock;
use crate::error::Usage;
use crate::serve::api::SOURCE;
use crate::serve::config;
use crate::serve::{agents::issue::is_name, console::digest};
use anyhow::Context as _;
use clap::Subcommand;
use std::io::Write as _;
use std::path::PathBuf;
use store::Role;

/// `sekisho token`.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token; it is printed once and kept as a hash / トークンを作る
    #[command(after_long_help = "Examples:
  sekisho token add shop --role source        lines of the source http/shop
  sekisho token add dashboard --role auditor  reads cases, findings and sources")]
    Add {
        /// Name: a-z, 0-9, `-` and `.`
        name: String,
        /// `source`: may send lines; the name of a role: may read
        #[arg(long, value_name = "ROLE")]
        role: String,
        /// Settings of the server
        #[arg(long, value_name = "FILE", default_value = "sekisho.toml")]
        config: PathBuf,
    },
    /// Show all tokens, without what they are / 一覧
    List {
        /// Settings of the server
        #[arg(long, value_name = "FILE", default_value = "sekisho.toml")]
        config: PathBuf,
    },
    /// Take a token back / 取り消す
    Revoke {
        /// Name
        name: String,
        /// Settings of the server
        #[arg(long, value_name = "FILE", default_value = "sekisho.toml")]
        config: PathBuf,
    },
}

/// Runs the command.
pub(crate) fn run(command: TokenCommand) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let mut out = std::io::stdout().lock();
    match command {
        TokenCommand::Add { name, role, config } => {
            let known = role == SOURCE || Role::of(&role).is_some();
            if !is_name(&name) || !known {
                let roles: Vec<_> = Role::ALL.iter().map(|role| role.name()).collect();
                return Err(Usage::error(
                    format!("no token {name:?} with the role {role:?} can be made"),
                    format!("a name of a-z, 0-9, '-' and '.'; a role of {SOURCE}, {}", roles.join(", ")),
                ));
            }
            let config = config::read(&config)?;
            crate::output::private_folder(&config.data)?;
            let token = format!("skt_{}", hex::encode(clock.random()?));
            let store = crate::serve::open_store(&config)?;
            let entered = store.write(|tx| tx.add_token(&name, &digest(&token), &role, clock.now()));
            entered.with_context(|| format!("cannot enter {name}"))?;
            writeln!(out, "{token}").context("cannot write to standard output")?;
        }
        TokenCommand::List { config } => {
            let store = crate::serve::open_store(&config::read(&config)?)?;
            for token in store.read(|tx| tx.tokens())? {
                let state = if token.revoked.0 > 0 { "revoked" } else { "holds" };
                writeln!(out, "{}\t{}\t{state}", token.name, token.role)
                    .context("cannot write to standard output")?;
            }
        }
        TokenCommand::Revoke { name, config } => {
            let store = crate::serve::open_store(&config::read(&config)?)?;
            let revoked = store.write(|tx| tx.revoke_token(&name, clock.now()));
            revoked.with_context(|| format!("cannot revoke {name}"))?;
        }
    }
    Ok(0)
}
