//! What concerns the content of a ledger: reading it with a purpose, policy, review, hold, destruction, redaction
//! (ledger.md 15 to 17).

use super::{auditing, destroying, extract, freeze, governing, grant, showing};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// A ledger that is written on.
#[derive(Args, Debug)]
pub(crate) struct Writing {
    /// Folder of the ledger
    pub(super) ledger: PathBuf,
    /// File with the secret of the ledger
    #[arg(long, value_name = "FILE")]
    pub(super) secret: PathBuf,
}

/// Commands on the content of a ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum ContentCommand {
    /// Make the signing key of a person and print its public part
    #[command(after_long_help = "Examples:
  sekisho ledger person sato.key

Each person keeps the own file. Two people means two different keys that the policy lists.")]
    Person {
        /// File for the key; must not exist yet
        file: PathBuf,
    },
    /// Say who may do what, to whom payloads are sealed, and how long they are kept
    #[command(after_long_help = "Examples:
  sekisho ledger policy LEDGER --secret SECRET --recipient auditor=age1... --recipient crisis-manager=age1... \\
      --person auditor=BASE64 --person crisis-manager=BASE64 --keep event=400

The first policy is entered at once; from then on payloads are sealed. A later one is written to --request, to be approved by
two people of the policy in force and entered with `carry-out`.")]
    Policy(governing::PolicyArgs),
    /// Show entries; sealed payloads only with an identity or inside the reading window, and with a purpose
    #[command(after_long_help = "Examples:
  sekisho ledger show report/ledger 12 --record 340
  sekisho ledger show LEDGER 12 --secret SECRET --identity auditor.txt --purpose incident --case R8-15
  sekisho ledger show LEDGER 12 --secret SECRET --purpose court --case R8-15 --part op --json > opening.json

Reading sealed payloads writes a `read` entry first. --json prints opening documents, which `ledger check` checks without the
ledger.")]
    Show(showing::ShowArgs),
    /// Facts for the review of a log; with --person and --result the review is signed and entered
    #[command(
        visible_alias = "review",
        after_long_help = "Examples:
  sekisho ledger audit LEDGER
  sekisho ledger audit LEDGER --identity auditor.txt --silence 60
  sekisho ledger audit LEDGER --secret SECRET --person auditor.key --result clean --findings 'nothing unusual'

By source: entries, gaps with their causes, and silences longer than --silence minutes, also up to now; beside them steps of the
clock, stops of the writer, who read what and what was handed out, freezes, holds and destructions."
    )]
    Audit(auditing::AuditArgs),
    /// Stop all destruction over a part of the ledger (証拠保全の指定)
    #[command(after_long_help = "Examples:
  sekisho ledger hold LEDGER --secret SECRET --person manager.key --case R8-15 --basis incident --stream 3
  sekisho ledger hold LEDGER --secret SECRET --person manager.key --case R8-15 --basis court --entries 100-2000")]
    Hold(governing::HoldArgs),
    /// Keep the state at the moment an incident is recognised (保全): take in, seal, sign, hold, and copy
    #[command(after_long_help = "Examples:
  sekisho ledger freeze LEDGER --secret SECRET --person manager.key --case R8-15 --recognised 2026-11-28T09:15
  sekisho ledger freeze LEDGER --secret SECRET --person manager.key --case R8-15 --to /media/usb/frozen

Followed logs are read up to now, the epoch is sealed, a head is signed, a hold stops every destruction, and an entry names all of it;
then the witnesses are asked. It needs no network, no second person and no reason. Sources that could not be reached are listed. While
`append --follow` or `serve` writes on the ledger, end it first.")]
    Freeze(freeze::FreezeArgs),
    /// Write chosen entries with everything that proves them into a folder, for a court, an officer or an auditor
    #[command(after_long_help = "Examples:
  sekisho ledger extract LEDGER --entries 100-250 --to extract --secret SECRET --identity auditor.txt \\
      --purpose police --case R8-15 --recipient 'Kanagawa Police'
  sekisho ledger extract report/ledger --entries 12-12 --known 4711 --to extract
  sekisho ledger check extract --key ledger.example.jp/main+a1b2c3d4+AAAA...

The folder holds the exact entries, opening documents, C2SP tlog-proofs, the signed head, seals, time stamps and check sums; stock tools
check them (README.txt says how). What is handed out is entered before it is written.")]
    Extract(extract::ExtractArgs),
    /// Give a new role holder the keys of the past; those of the future follow from the policy
    #[command(after_long_help = "Examples:
  sekisho ledger grant LEDGER --to auditor=age1... --identity manager.txt --out past.age --secret SECRET --purpose operations \\
      --case 'new auditor'
  sekisho ledger show LEDGER 12 --identity new-auditor.txt --granted past.age --secret SECRET --purpose audit --case R8-15

An existing role holder does it; the entry names the keys and the new holder. The ledger itself stays as it is.")]
    Grant(grant::GrantArgs),
    /// For every data key: what is sealed under it, when it may be destroyed, and what stands against it
    Retention {
        /// Folder of the ledger
        ledger: PathBuf,
    },
    /// Write a request that two people have to approve: release a hold, destroy, or erase single records
    #[command(subcommand)]
    Request(destroying::RequestCommand),
    /// Sign a request
    #[command(after_long_help = "Examples:
  sekisho ledger approve shred.json --person auditor.key")]
    Approve {
        /// The request
        request: PathBuf,
        /// Your signing key
        #[arg(long, value_name = "FILE")]
        person: PathBuf,
    },
    /// Carry out a request that has its signatures; all guards are checked again
    #[command(
        name = "carry-out",
        after_long_help = "Examples:
  sekisho ledger carry-out LEDGER shred.json --secret SECRET
  sekisho ledger carry-out LEDGER erase.json --secret SECRET --identity auditor.txt"
    )]
    CarryOut(destroying::CarryOutArgs),
    /// List every destruction: what, when, why, who asked and approved, which review allowed it
    Deletions {
        /// Folder of the ledger
        ledger: PathBuf,
    },
    /// Write a copy that names nobody and verifies to the same root
    #[command(after_long_help = "Examples:
  sekisho ledger redact report/ledger --to copy --open 12:340 --open 7/op
  sekisho ledger redact LEDGER --to copy --secret SECRET --identity auditor.txt --purpose disclosure --case R8-15 --open 12:340")]
    Redact(showing::RedactArgs),
}

impl ContentCommand {
    /// The ledger that the command works on.
    pub(super) const fn folder_mut(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::Policy(args) => Some(&mut args.writing.ledger),
            Self::Hold(args) => Some(&mut args.writing.ledger),
            Self::Freeze(args) => Some(&mut args.writing.ledger),
            Self::Show(args) => Some(&mut args.ledger),
            Self::Audit(args) => Some(&mut args.ledger),
            Self::Extract(args) => Some(&mut args.ledger),
            Self::Grant(args) => Some(&mut args.ledger),
            Self::CarryOut(args) => Some(&mut args.ledger),
            Self::Redact(args) => Some(&mut args.ledger),
            Self::Request(command) => Some(command.folder_mut()),
            Self::Retention { ledger } | Self::Deletions { ledger } => Some(ledger),
            Self::Person { .. } | Self::Approve { .. } => None,
        }
    }
}

/// Runs the command.
pub(super) fn run(command: ContentCommand) -> anyhow::Result<u8> {
    match command {
        ContentCommand::Person { file } => governing::person(&file),
        ContentCommand::Policy(args) => governing::policy(&args),
        ContentCommand::Show(args) => showing::show(&args),
        ContentCommand::Audit(args) => auditing::audit(&args),
        ContentCommand::Hold(args) => governing::hold(&args),
        ContentCommand::Freeze(args) => freeze::run(&args),
        ContentCommand::Extract(args) => extract::run(&args),
        ContentCommand::Grant(args) => grant::run(&args),
        ContentCommand::Retention { ledger } => destroying::retention(&ledger),
        ContentCommand::Request(command) => destroying::request(command),
        ContentCommand::Approve { request, person } => destroying::approve(&request, &person),
        ContentCommand::CarryOut(args) => destroying::carry_out(&args),
        ContentCommand::Deletions { ledger } => destroying::deletions(&ledger),
        ContentCommand::Redact(args) => showing::redact(&args),
    }
}
