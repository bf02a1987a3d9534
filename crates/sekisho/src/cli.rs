//! The command line (contract of DESIGN).

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use vocab::{Level, Timestamp};

/// Sekisho (関所): was there an unauthorized access, what does the Act call it, and what has to be done now?
#[derive(Debug, Parser)]
#[command(name = "sekisho", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Language of the output.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LangArg {
    /// 日本語
    Ja,
    /// English
    En,
}

impl From<LangArg> for web::Lang {
    fn from(lang: LangArg) -> Self {
        match lang {
            LangArg::Ja => Self::Ja,
            LangArg::En => Self::En,
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read logs and write one report: what happened, to whom, from where, and what the Act calls it
    #[command(after_long_help = "Examples:
  sekisho investigate /mnt/copy/var/log --out report
  sekisho investigate auth.log.gz access.log --out r --lang en --timezone Asia/Tokyo
  sekisho investigate logs/ --accounts leavers.csv --out r --fail-on high
  journalctl -o json | sekisho investigate - --out r

Exit codes: 0 done, 1 failure, 2 wrong use, 3 findings at or above --fail-on.")]
    Investigate(Investigate),
    /// Print normalised events, one OCSF-shaped JSON object a line
    #[command(after_long_help = "Examples:
  sekisho events /var/log/auth.log
  zcat auth.log.1.gz | sekisho events - | jq 'select(.status_id == 2)'")]
    Events(Events),
    /// Print raw rule matches as JSON lines
    #[command(after_long_help = "Examples:
  sekisho detect --rules my-rules/ /var/log/nginx/
  sekisho detect access.log.1.gz")]
    Detect(Detect),
    /// Ask the Act: classify facts, count units
    #[command(subcommand)]
    Act(crate::cmd::act::ActCommand),
    /// Make, read and verify a ledger
    #[command(subcommand)]
    Ledger(crate::cmd::ledger::LedgerCommand),
    /// Look at detection rules
    #[command(subcommand)]
    Rules(Rules),
}

/// What every command that reads logs takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct Reading {
    /// Files, folders (walked; symbolic links are not followed) or `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Zone of stamps that carry none, e.g. Asia/Tokyo [default: zone files beside the logs, else this machine's]
    #[arg(long, value_name = "TZ")]
    pub(crate) timezone: Option<String>,
    /// Year of the newest line without a year [default: resolved from files and clock]
    #[arg(long, value_name = "YYYY", value_parser = clap::value_parser!(i16).range(1970..=9999))]
    pub(crate) year: Option<i16>,
    /// Folder with more rules (Sigma YAML); may be given several times
    #[arg(long = "rules", value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// CSV of accounts: account,kind,state,owner,left_on,valid_until,last_login
    #[arg(long, value_name = "CSV")]
    pub(crate) accounts: Option<PathBuf>,
    /// CSV of hosts: host,address,role,internet_facing,function_id
    #[arg(long, value_name = "CSV")]
    pub(crate) assets: Option<PathBuf>,
    /// CSV of networks: prefix,label
    #[arg(long, value_name = "CSV")]
    pub(crate) networks: Option<PathBuf>,
    /// Fix the clock at this moment (RFC 3339) and use no randomness: two runs give identical files
    #[arg(long, value_name = "TIME", value_parser = fixed_time)]
    pub(crate) deterministic: Option<Timestamp>,
}

/// `sekisho investigate`.
#[derive(Args, Debug)]
pub(crate) struct Investigate {
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Folder for the report; must be empty or hold an earlier report
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Language of report and summary [default: from the environment, else ja]
    #[arg(long, value_enum)]
    pub(crate) lang: Option<LangArg>,
    /// Exit with 3 when a finding is at or above this level
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub(crate) fail_on: Option<Level>,
    /// No progress on standard error
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// `sekisho events`.
#[derive(Args, Debug)]
pub(crate) struct Events {
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// `sekisho detect`.
#[derive(Args, Debug)]
pub(crate) struct Detect {
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Only the rules of --rules, without the built-in pack
    #[arg(long)]
    pub(crate) only: bool,
    /// Exit with 3 when a match is at or above this level
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub(crate) fail_on: Option<Level>,
}

/// `sekisho rules`.
#[derive(Debug, Subcommand)]
pub(crate) enum Rules {
    /// Load rules and say which load, which are refused, and why
    Check {
        /// Folders with rules; the built-in pack is always checked
        dirs: Vec<PathBuf>,
        /// Exit with 1 when a rule is refused
        #[arg(long)]
        strict: bool,
    },
    /// List the rules: id, level, kind, title
    List {
        /// Folders with more rules
        dirs: Vec<PathBuf>,
    },
}

fn level(text: &str) -> Result<Level, String> {
    Level::parse(text).ok_or_else(|| "expected informational, low, medium, high or critical".to_owned())
}

fn fixed_time(text: &str) -> Result<Timestamp, String> {
    text.parse::<jiff::Timestamp>()
        .map(|time| Timestamp(time.as_microsecond()))
        .map_err(|_| "expected a time such as 2026-11-22T12:00:00+09:00".to_owned())
}
