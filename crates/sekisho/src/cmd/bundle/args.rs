//! Arguments of `sekisho bundle`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use vocab::{Citation, LedgerIndex, Timestamp};

/// `sekisho bundle`.
#[derive(Debug, Subcommand)]
pub(crate) enum BundleCommand {
    /// Make a signing key (minisign format, without a password) and print the public key
    Key {
        /// New file for the secret key
        file: PathBuf,
    },
    /// State that a signing key is replaced by another one, signed with both
    #[command(after_long_help = "Examples:
  sekisho bundle rotate-key old.key new.key --sender 'Example KK' --reason 'yearly' --out rotation.json
  sekisho bundle verify case17.skb --sender-key old.pub --key-statement rotation.json

Hand out rotation.json with the two .minisig files beside it; stock minisign checks them.")]
    RotateKey(super::succession::RotateArgs),
    /// State that a signing key was lost or stolen; two officers sign the statement with `sign-statement`
    #[command(after_long_help = "Examples:
  sekisho bundle lost-key old.pub --new new.pub --sender 'Example KK' --at 2026-11-20T08:00:00Z --reason theft --out loss.json
  sekisho bundle sign-statement loss.json --key president.key
  sekisho bundle sign-statement loss.json --key auditor.key
  sekisho bundle verify case17.skb --sender-key old.pub --key-statement loss.json --officer-key president.pub --officer-key auditor.pub")]
    LostKey(super::succession::LostArgs),
    /// Sign a statement about a signing key; the signature is written beside it
    SignStatement {
        /// The statement
        statement: PathBuf,
        /// Secret signing key of the officer
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Seal records with their proofs, documents and the chain of custody into one signed file
    #[command(after_long_help = "Examples:
  sekisho bundle key /root/seal.key > seal.pub
  sekisho bundle create report --out case17.skb --key /root/seal.key --sender 'Example KK' --case 2026-17
  sekisho bundle create report --incident INC-3f9c --document damage.pdf --recipient 'Kanagawa Police' \\
      --recipient-key age1... --out police.skb --key seal.key --sender 'Example KK' --case 2026-17
  sekisho bundle create ledger --cite 12/340 --entry 15 --previous case17.skb --out more.skb --key seal.key \\
      --sender 'Example KK' --case 2026-17 --ledger-secret s.hex --purpose police

--ledger-secret: an `export` entry of the ledger says what is handed out, before it is. Stock tools check the result: tar xf case17.skb; sha256sum -c SHA256SUMS; minisign -Vm manifest.json -p seal.pub")]
    Create(CreateArgs),
    /// Check a bundle: container, signature, hashes, custody, records, signed head
    #[command(after_long_help = "Examples:
  sekisho bundle verify case17.skb --sender-key seal.pub --log-key 'local/3f9c...+a1b2c3d4+AAAA...'
  sekisho bundle verify more.skb --previous case17.skb --sender-key seal.pub

Exit code 0: it holds. 1: it does not; the first fault is named by its code (BV-01 to BV-11).")]
    Verify(CheckArgs),
    /// Check a bundle, then print its records as JSON lines, or unpack everything into a new folder
    #[command(after_long_help = "Examples:
  sekisho bundle open case17.skb | jq -r .text
  sekisho bundle open police.skb --identity key.txt --out case17")]
    Open(OpenArgs),
    /// Make a copy with parts withheld that leads to the same root of the ledger
    #[command(after_long_help = "Examples:
  sekisho bundle redact case17.skb --withhold-text tanaka --withhold 12/340 --reason 'personal data' \\
      --out copy.skb --key desk.key --sender Desk --case copy-1

Names of files, documents, evidence and custody are left out unless --keep names them.")]
    Redact(RedactArgs),
    /// Sign a receipt for a bundle (受理証); the same bundle gets the same receipt again
    Receipt(ReceiptArgs),
    /// Check a receipt against the bundle that it names
    CheckReceipt(CheckReceiptArgs),
}

/// Who seals, with which key, into which file.
#[derive(Args, Debug)]
pub(crate) struct Sealing {
    /// New file for the bundle
    #[arg(long, value_name = "FILE.skb")]
    pub(super) out: PathBuf,
    /// Secret signing key (see `sekisho bundle key`)
    #[arg(long, value_name = "FILE")]
    pub(super) key: PathBuf,
    /// Name of the body that seals
    #[arg(long, value_name = "NAME")]
    pub(super) sender: String,
    /// Case number
    #[arg(long, value_name = "NO")]
    pub(super) case: String,
}

/// `sekisho bundle create`.
#[derive(Args, Debug)]
pub(crate) struct CreateArgs {
    /// Folder that `investigate --out` wrote, or the folder of a ledger
    pub(super) from: PathBuf,
    #[command(flatten)]
    pub(super) sealing: Sealing,
    /// Records of this incident; may be given several times [default with a report: all incidents]
    #[arg(long, value_name = "ID")]
    pub(super) incident: Vec<String>,
    /// One record: INDEX/RECORD, or INDEX for a single entry
    #[arg(long, value_name = "INDEX/RECORD", value_parser = citation)]
    pub(super) cite: Vec<Citation>,
    /// Everything under one entry
    #[arg(long, value_name = "INDEX")]
    pub(super) entry: Vec<u64>,
    /// Identity file of a role holder (age) that opens the records of a sealed ledger; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) identity: Vec<PathBuf>,
    /// A document to put in (PDF, text, ...)
    #[arg(long, value_name = "FILE")]
    pub(super) document: Vec<PathBuf>,
    /// An item of evidence to put in, named by its SHA-256
    #[arg(long, value_name = "FILE")]
    pub(super) evidence: Vec<PathBuf>,
    /// Chain of custody (see `sekisho custody`)
    #[arg(long, value_name = "custody.jsonl")]
    pub(super) custody: Option<PathBuf>,
    /// Name of the body it is addressed to
    #[arg(long, value_name = "NAME")]
    pub(super) recipient: Option<String>,
    /// Encrypt the content to this age recipient; may be given several times
    #[arg(long, value_name = "age1...")]
    pub(super) recipient_key: Vec<String>,
    /// The bundle before of the same case: makes a delta with a proof that the ledger only grew
    #[arg(long, value_name = "FILE.skb")]
    pub(super) previous: Option<PathBuf>,
    /// When the incident was recognised (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = crate::cli::fixed_time)]
    pub(super) recognised: Option<Timestamp>,
    /// File with the secret of the ledger, to enter there what is handed out
    #[arg(long, value_name = "FILE", requires = "purpose")]
    pub(super) ledger_secret: Option<PathBuf>,
    /// Why it is handed out: incident, audit, court, police, person-request, operations, controls or disclosure
    #[arg(long, value_name = "CODE", requires = "ledger_secret")]
    pub(super) purpose: Option<String>,
}

/// What a bundle is checked against.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// The bundle
    pub(super) bundle: PathBuf,
    /// Public key of the sender, as a file or as its line; may be given several times
    #[arg(long, value_name = "KEY")]
    pub(super) sender_key: Vec<String>,
    /// What the sender said about its keys (`rotate-key`, `lost-key`), with its signatures beside it; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) key_statement: Vec<PathBuf>,
    /// Public key of an officer of the sender, two of whom state the loss of a key; may be given several times
    #[arg(long, value_name = "KEY")]
    pub(super) officer_key: Vec<String>,
    /// Log key of the ledger from a source you trust, e.g. the printed report
    #[arg(long, value_name = "KEY")]
    pub(super) log_key: Option<String>,
    /// The bundle before of the same case
    #[arg(long, value_name = "FILE.skb")]
    pub(super) previous: Option<PathBuf>,
    /// File with the age identity that opens encrypted content
    #[arg(long, value_name = "FILE")]
    pub(super) identity: Option<PathBuf>,
    /// Name of the body that receives it
    #[arg(long = "as", value_name = "NAME")]
    pub(super) recipient: Option<String>,
    /// Print JSON also on a terminal
    #[arg(long)]
    pub(super) json: bool,
    /// Language [default: from the environment, else ja]
    #[arg(long, value_enum)]
    pub(super) lang: Option<crate::cli::LangArg>,
}

/// `sekisho bundle open`.
#[derive(Args, Debug)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    pub(super) check: CheckArgs,
    /// New folder for the content; without it the records are printed
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

/// `sekisho bundle redact`.
#[derive(Args, Debug)]
pub(crate) struct RedactArgs {
    #[command(flatten)]
    pub(super) check: CheckArgs,
    #[command(flatten)]
    pub(super) sealing: Sealing,
    /// A record to withhold
    #[arg(long, value_name = "INDEX/RECORD", value_parser = citation)]
    pub(super) withhold: Vec<Citation>,
    /// Withhold every record that holds this text (upper and lower case are one)
    #[arg(long, value_name = "TEXT")]
    pub(super) withhold_text: Vec<String>,
    /// An entry of the bundle to keep, e.g. forms/damage.pdf
    #[arg(long, value_name = "NAME")]
    pub(super) keep: Vec<String>,
    /// Why, in words; stands in the copy
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
}

/// What a desk decided.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DecisionArg {
    /// 受理
    Accepted,
    /// 相談
    Consultation,
    /// 指導
    Guidance,
    /// 不受理
    Refused,
    /// 補正
    Supplement,
}

/// `sekisho bundle receipt`.
#[derive(Args, Debug)]
pub(crate) struct ReceiptArgs {
    #[command(flatten)]
    pub(super) check: CheckArgs,
    /// Folder of all receipts of the desk; the receipt is HASH.json with HASH.json.minisig
    #[arg(long, value_name = "DIR")]
    pub(super) receipts: PathBuf,
    /// Secret signing key of the desk
    #[arg(long, value_name = "FILE")]
    pub(super) key: PathBuf,
    /// Name of the desk
    #[arg(long, value_name = "NAME")]
    pub(super) desk: String,
    /// 受付番号
    #[arg(long, value_name = "NO")]
    pub(super) intake_no: String,
    /// Decision
    #[arg(long, value_enum)]
    pub(super) decision: DecisionArg,
    /// Code of the reason, e.g. RJ-ANY-1
    #[arg(long, value_name = "CODE", default_value = "")]
    pub(super) code: String,
    /// Version of the policy of the desk
    #[arg(long, value_name = "VERSION", default_value = "1")]
    pub(super) policy_version: String,
}

/// `sekisho bundle check-receipt`.
#[derive(Args, Debug)]
pub(crate) struct CheckReceiptArgs {
    /// The bundle
    pub(super) bundle: PathBuf,
    /// The receipt; its signature stands beside it with the ending .minisig
    pub(super) receipt: PathBuf,
    /// Public key of the desk, as a file or as its line
    #[arg(long, value_name = "KEY")]
    pub(super) desk_key: String,
}

/// `12/340`, or `12` for record 0.
fn citation(text: &str) -> Result<Citation, String> {
    let (index, record) = text.split_once('/').unwrap_or((text, "0"));
    match (index.parse(), record.parse()) {
        (Ok(index), Ok(record)) => Ok(Citation { index: LedgerIndex(index), record }),
        _ => Err("expected INDEX/RECORD such as 12/340, or INDEX".to_owned()),
    }
}
