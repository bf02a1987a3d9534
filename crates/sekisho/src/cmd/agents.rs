//! `sekisho agents`: who may send.

use crate::clock::Clock;
use crate::error::{Hinted, Usage};
use crate::serve::agents::issue::{Authority, is_name, write_new};
use crate::serve::config::{self, Config};
use anyhow::Context as _;
use clap::Subcommand;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// `sekisho agents`.
#[derive(Debug, Subcommand)]
pub(crate) enum AgentsCommand {
    /// Let an agent send: makes a folder with its certificate and settings / エージェントを登録する
    #[command(after_long_help = "Examples:
  sekisho agents add web01 --server sekisho.example.jp:8471
  scp -r web01 web01:/etc/sekisho-agent
  ssh web01 sekisho agent --config /etc/sekisho-agent/agent.toml

The folder holds a private key: whoever has it can send in the agent's name. Delete it here when it is there.
フォルダには秘密鍵が入っています。送り先に移したら、ここから消してください。")]
    Add {
        /// Name of the agent: a-z, 0-9, `-` and `.`, e.g. that of its computer
        name: String,
        /// Address of this server as the agent reaches it [default: `[agents] listen`]
        #[arg(long, value_name = "NAME:PORT")]
        server: Option<String>,
        /// Folder to make [default: the name]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Settings of the server
        #[arg(long, value_name = "FILE", default_value = "sekisho.toml")]
        config: PathBuf,
    },
    /// Show all agents / 一覧
    List {
        /// Settings of the server
        #[arg(long, value_name = "FILE", default_value = "sekisho.toml")]
        config: PathBuf,
    },
    /// Let an agent send no more; it may be added again with a new key / 登録を取り消す
    Revoke {
        /// Name of the agent
        name: String,
        /// Settings of the server
        #[arg(long, value_name = "FILE", default_value = "sekisho.toml")]
        config: PathBuf,
    },
}

/// Runs the command.
pub(crate) fn run(command: AgentsCommand) -> anyhow::Result<u8> {
    let now = Clock::System.now();
    match command {
        AgentsCommand::Add { name, server, out, config } => {
            let config = config::read(&config)?;
            let out = out.unwrap_or_else(|| PathBuf::from(&name));
            add(&config, &name, server, &out)
        }
        AgentsCommand::List { config } => {
            let store = crate::serve::open_store(&config::read(&config)?)?;
            let mut lines = std::io::stdout().lock();
            for agent in store.read(|tx| tx.agents())? {
                let state = if agent.revoked.0 > 0 { "revoked" } else { "may send" };
                writeln!(lines, "{}\t{state}\t{}", agent.name, agent.certificate)
                    .context("cannot write to standard output")?;
            }
            Ok(0)
        }
        AgentsCommand::Revoke { name, config } => {
            let store = crate::serve::open_store(&config::read(&config)?)?;
            store.write(|tx| tx.revoke_agent(&name, now)).with_context(|| format!("cannot revoke {name}"))?;
            crate::output::say(&format!(
                "{name} may not send any more; a connection that is open ends within a minute"
            ));
            Ok(0)
        }
    }
}

fn add(config: &Config, name: &str, server: Option<String>, out: &Path) -> anyhow::Result<u8> {
    if !is_name(name) {
        return Err(Usage::error(
            format!("{name:?} cannot be the name of an agent"),
            "a name has 1 to 63 of a-z, 0-9, '-' and '.', e.g. web01",
        ));
    }
    let server = match (server, &config.agents) {
        (Some(server), _) => server,
        (None, Some(agents)) => agents.listen.to_string(),
        (None, None) => {
            return Err(Usage::error(
                "the settings have no [agents] listen",
                "[agents]\nlisten = \"0.0.0.0:8471\"",
            ));
        }
    };
    if out.exists() {
        return Err(Hinted::error(format!("{} exists already", out.display()), "choose another --out"));
    }
    crate::output::private_folder(&config.data)?;
    let authority = Authority::open(&config.data)?;
    let issued = authority.agent(name)?;
    crate::output::private_folder(out)?;
    let root = crate::inputs::read_text(&authority.certificate(), 1 << 16)?;
    write_new(&out.join("authority.pem"), &root)?;
    write_new(&out.join("agent.pem"), &issued.certificate)?;
    write_new(&out.join("agent.key"), &issued.key)?;
    write_new(
        &out.join("agent.toml"),
        &format!(
            "server = {server:?}\nauthority = \"authority.pem\"\ncertificate = \"agent.pem\"\nkey = \"agent.key\"\nspool = \"spool\"\nfiles = [\"/var/log/auth.log\"]\n"
        ),
    )?;
    // Last: an agent on the list whose key nobody has would only be in the way.
    let store = crate::serve::open_store(config)?;
    let entered = store.write(|tx| tx.add_agent(name, &issued.digest, Clock::System.now()));
    if entered.is_err() {
        drop(std::fs::remove_dir_all(out));
    }
    entered.with_context(|| format!("cannot enter {name}"))?;
    crate::output::say(&format!("{}: move it to the computer of {name}", out.display()));
    Ok(0)
}
