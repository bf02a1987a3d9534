//! `sekisho custody`: the chain of custody of items of evidence (証拠の引継ぎ).

use crate::error::Usage;
use crate::output::terminal::safe;
use anyhow::Context as _;
use bundle::{Chain, CustodyEvent};
use clap::{Args, Subcommand};
use sha2::{Digest as _, Sha256};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use vocab::Timestamp;

/// Longest chain that is read, bytes.
const CHAIN_BYTES_MAX: usize = 64 << 20;

/// `sekisho custody`.
#[derive(Debug, Subcommand)]
pub(crate) enum CustodyCommand {
    /// Write down that an item was taken or handed on
    #[command(after_long_help = "Examples:
  sekisho custody add custody.jsonl --item disk.img --from web1 --to sato --purpose 保全 --tool 'dd 9.1' --witness suzuki
  sekisho custody add custody.jsonl --item 3f9c... --to 'Example KK' --purpose 保管 --place 金庫2

Each line names the line before of the same item by its hash; who hands on is who held it last.")]
    Add(Box<AddArgs>),
    /// Check a chain and print who holds what
    Show {
        /// The chain
        chain: PathBuf,
    },
}

/// `sekisho custody add`.
#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// The chain; made when it is not there
    chain: PathBuf,
    /// The item: a file, or the SHA-256 of one
    #[arg(long, value_name = "FILE|SHA256")]
    item: String,
    /// From whom or where, for a new item
    #[arg(long, value_name = "NAME", default_value = "")]
    from: String,
    /// Who holds it from now on
    #[arg(long, value_name = "NAME")]
    to: String,
    /// What for
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// When [default: now]
    #[arg(long, value_name = "TIME", value_parser = crate::cli::fixed_time)]
    time: Option<Timestamp>,
    /// How far the clock was off, milliseconds
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    clock_error_ms: Option<i64>,
    /// Where
    #[arg(long, value_name = "TEXT", default_value = "")]
    place: String,
    /// State of the item
    #[arg(long, value_name = "TEXT", default_value = "")]
    condition: String,
    /// Number of the seal
    #[arg(long, value_name = "ID", default_value = "")]
    seal_id: String,
    /// Tool that took it
    #[arg(long, value_name = "TEXT", default_value = "")]
    tool: String,
    /// SHA-256 of that tool
    #[arg(long, value_name = "SHA256", default_value = "")]
    tool_sha256: String,
    /// Who was present (立会人)
    #[arg(long, value_name = "NAME", default_value = "")]
    witness: String,
    /// How it was checked that it is the same (同一性の検証)
    #[arg(long, value_name = "TEXT", default_value = "")]
    identity_check: String,
    /// Hash of the manifest that the receipt of a desk names
    #[arg(long, value_name = "SHA256", default_value = "")]
    receipt: String,
}

/// Runs the command.
pub(crate) fn run(command: CustodyCommand) -> anyhow::Result<u8> {
    match command {
        CustodyCommand::Add(args) => add(*args),
        CustodyCommand::Show { chain } => show(&read(&chain)?),
    }
}

fn read(path: &Path) -> anyhow::Result<Chain> {
    let text = crate::inputs::read_text(path, CHAIN_BYTES_MAX)?;
    Chain::parse(&text).with_context(|| format!("{} does not hold", path.display()))
}

fn add(args: AddArgs) -> anyhow::Result<u8> {
    let mut chain = if args.chain.exists() { read(&args.chain)? } else { Chain::default() };
    let item = item(&args.item)?;
    if chain.holder(&item).is_none() && args.from.is_empty() {
        return Err(Usage::error(
            "a new item needs --from",
            "say from whom or from which computer it was taken",
        ));
    }
    let event = CustodyEvent {
        item: item.clone(),
        from: args.from,
        to: args.to,
        time: args.time.unwrap_or_else(|| crate::clock::Clock::System.now()),
        clock_error_ms: args.clock_error_ms,
        place: args.place,
        purpose: args.purpose,
        condition: args.condition,
        seal_id: args.seal_id,
        tool: args.tool,
        tool_sha256: args.tool_sha256,
        witness: args.witness,
        identity_check: args.identity_check,
        receipt: args.receipt,
        ..CustodyEvent::default()
    };
    chain.add(event)?;
    let mut file = crate::output::atomic::AtomicFile::create(&args.chain)?;
    file.write_all(chain.text().as_bytes())
        .with_context(|| format!("cannot write {}", args.chain.display()))?;
    file.commit()?;
    let newest = chain.text().lines().next_back().unwrap_or_default();
    writeln!(std::io::stdout().lock(), "{newest}").context("cannot write to standard output")?;
    Ok(0)
}

fn show(chain: &Chain) -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    for (item, holder) in chain.holders() {
        writeln!(out, "{item} {}", safe(holder, 200)).context("cannot write to standard output")?;
    }
    Ok(0)
}

/// SHA-256 of a file, or the one that was given.
fn item(text: &str) -> anyhow::Result<String> {
    if text.len() == 64 && text.bytes().all(|c| c.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    let name = || format!("cannot read {text}");
    let mut file = std::fs::File::open(text).with_context(name)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer).with_context(name)? {
            0 => return Ok(hex::encode(hash.finalize())),
            read => hash.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}
