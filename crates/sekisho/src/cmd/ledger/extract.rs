//! `sekisho ledger extract` (抄本, LG 18.2): chosen entries with everything that proves them, in a folder that stock tools check.

use super::handing::{Handed, Handing};
use super::talk;
use super::view;
use super::write;
use crate::clock::Clock;
use crate::error::Usage;
use anyhow::Context as _;
use clap::Args;
use ledger::{Checkpoint, Choice, EntryKind, KeyHistory, Opening, Reader, canonical_json};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use vocab::{LedgerIndex, Message};

/// Most entries of an extract.
const ENTRIES_MAX: u64 = 16_384;
/// Most bytes of an extract; a larger one is made in parts.
const BYTES_MAX: usize = 512 << 20;
/// Most seals, gaps and tokens that are put in.
const BESIDE_MAX: usize = 4_096;
/// Largest token and signed head that is copied, bytes.
const SMALL_BYTES_MAX: usize = 256 << 10;
/// How to check it with stock tools and with this program.
const README: &str = include_str!("extract.txt");

/// `sekisho ledger extract`.
#[derive(Args, Debug)]
pub(crate) struct ExtractArgs {
    /// Folder of the ledger
    pub(super) ledger: PathBuf,
    /// New folder for the extract
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Range of entries, e.g. 100-250; may be given several times
    #[arg(long, value_name = "A-B", value_parser = super::governing::range, required = true)]
    entries: Vec<(u64, u64)>,
    /// Of single entries only these fields; the others are given as hashes; may be given several times
    #[arg(long, value_name = "NAME")]
    part: Vec<String>,
    /// Give no content at all: entries and proofs only
    #[arg(long, conflicts_with = "part")]
    closed: bool,
    /// Size of a head that the receiver knows: adds the proof that the ledger only grew since; may be given several times
    #[arg(long, value_name = "SIZE")]
    known: Vec<u64>,
    /// Identity file of a role holder, to open what is sealed; may be given several times
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// File with keys of the past that `ledger grant` wrote for you; may be given several times
    #[arg(long, value_name = "FILE", requires = "identity")]
    granted: Vec<PathBuf>,
    #[command(flatten)]
    handing: Handing,
}

/// The files of an extract, and what became of each entry.
#[derive(Default)]
struct Made {
    files: Vec<(String, Vec<u8>)>,
    bytes: usize,
    opened: Vec<u64>,
    closed: Vec<u64>,
    destroyed: Vec<u64>,
}

impl Made {
    fn add(&mut self, name: String, bytes: Vec<u8>) -> anyhow::Result<()> {
        self.bytes += bytes.len();
        if self.bytes > BYTES_MAX {
            return Err(Usage::error(
                "the extract would hold more than 512 MiB",
                "make it in parts: smaller --entries",
            ));
        }
        self.files.push((name, bytes));
        Ok(())
    }
}

/// Makes the extract, enters it, and writes it.
pub(super) fn run(args: &ExtractArgs) -> anyhow::Result<u8> {
    let clock = Clock::System;
    if args.to.exists() {
        return Err(Usage::error(format!("{} exists already", args.to.display()), "name a new folder"));
    }
    let name = || format!("cannot take entries from {}", args.ledger.display());
    // With tiles a proof costs a few reads; without them all entries are hashed for each. They are derived: no harm when not.
    let _ = ledger::update_tiles(&args.ledger);
    let mut reader = Reader::open(&args.ledger).with_context(name)?;
    let identities = super::identities(&args.identity)?;
    super::grant::use_files(&mut reader, &args.granted, &identities)?;
    reader.add_identities(identities);
    if let Some(secret) = &args.handing.secret {
        let _ = reader.use_online_copy(&write::read_secret(secret)?);
    }
    let (_, note) = super::ask::newest(&args.ledger)?;
    let head = reader.checkpoint().with_context(name)?.with_context(name)?;
    let indices = indices(&args.entries, head.size)?;
    let mut made = Made::default();
    made.add("checkpoint".to_owned(), note.into_bytes())?;
    for index in &indices {
        entry(args, &mut reader, *index, &mut made)?;
    }
    beside(args, &mut reader, &head, &indices, &mut made)?;
    let manifest = manifest(args, &reader, &head, &indices, &made)?;
    let digest: [u8; 32] = Sha256::digest(&manifest).into();
    made.add("README.txt".to_owned(), README.as_bytes().to_vec())?;
    made.add("manifest.json".to_owned(), manifest)?;
    let sums = sums(&made.files);
    made.add("SHA256SUMS".to_owned(), sums)?;
    drop(reader);
    let range = (*indices.first().context("no entry")?, *indices.last().context("no entry")?);
    let handed = Handed {
        what: "extract",
        digest,
        range,
        entries: indices.len() as u64,
        indices: &json!({ "entries": args.entries, "opened": made.opened.len(), "parts": args.part }),
    };
    let entered = args.handing.enter(&args.ledger, &handed, clock)?;
    write_all(&args.to, &made.files)?;
    let message = Message::new("ledger-extract")
        .with("path", args.to.display().to_string())
        .with("entries", indices.len() as u64)
        .with("opened", made.opened.len() as u64)
        .with("size", head.size.to_string());
    talk::tell(&message);
    view::show(&json!({
        "schema_version": 1,
        "closed": made.closed.len(),
        "destroyed": made.destroyed.len(),
        "entered": entered.map(|index| index.0),
        "entries": indices.len(),
        "manifest_sha256": hex::encode(digest),
        "opened": made.opened.len(),
        "root": hex::encode(head.root),
        "size": head.size,
    }))
}

fn indices(ranges: &[(u64, u64)], size: u64) -> anyhow::Result<BTreeSet<u64>> {
    let many: u64 = ranges
        .iter()
        .map(|(from, to)| to.saturating_sub(*from).saturating_add(1))
        .fold(0, u64::saturating_add);
    if many > ENTRIES_MAX {
        return Err(Usage::error(
            format!("{many} entries; an extract has at most {ENTRIES_MAX}"),
            "make it in parts, or use `sekisho ledger export` for whole ledgers",
        ));
    }
    let indices: BTreeSet<u64> = ranges.iter().flat_map(|(from, to)| *from..=*to).collect();
    match indices.last() {
        Some(last) if *last >= size => Err(Usage::error(
            format!("entry {last} is not under the newest signed head, which has {size} entries"),
            "run `sekisho ledger checkpoint`, or name entries below that",
        )),
        _ => Ok(indices),
    }
}

/// The exact bytes of an entry, its proof, and its content as far as it is handed out.
fn entry(args: &ExtractArgs, reader: &mut Reader, index: u64, made: &mut Made) -> anyhow::Result<()> {
    let name = || format!("cannot take entry {index}");
    let (bytes, path) = reader.entry_with_path(LedgerIndex(index)).with_context(name)?;
    let has_content = reader.entry(LedgerIndex(index)).with_context(name)?.form != ledger::Form::None;
    made.add(format!("entries/{index}"), bytes)?;
    let proof = path.tlog_proof(index).context("no signed head covers the entry")?;
    made.add(format!("proofs/{index}.tlog-proof"), proof.into_bytes())?;
    if args.closed || !has_content {
        made.closed.push(index);
        return Ok(());
    }
    match opening(args, reader, index) {
        Ok(opening) => {
            made.opened.push(index);
            let text = serde_json::to_vec(&opening).context("cannot write JSON")?;
            made.add(format!("openings/{index}.json"), text)
        }
        Err(ledger::Error::Destroyed { .. } | ledger::Error::Withheld { .. }) => {
            made.destroyed.push(index);
            Ok(())
        }
        Err(error @ ledger::Error::Sealed { .. }) => Err(anyhow::Error::new(error)
            .context(format!("entry {index} is sealed: give --identity, or --closed"))),
        Err(error) => Err(anyhow::Error::new(error).context(name())),
    }
}

fn opening(args: &ExtractArgs, reader: &mut Reader, index: u64) -> ledger::Result<Opening> {
    let choice = if args.part.is_empty() { Choice::All } else { Choice::Parts(args.part.clone()) };
    reader.opening(LedgerIndex(index), &choice)
}

/// Seals and gaps around the entries, the history of the log keys, proofs of growth, time stamps, the policy.
fn beside(
    args: &ExtractArgs,
    reader: &mut Reader,
    head: &Checkpoint,
    indices: &BTreeSet<u64>,
    made: &mut Made,
) -> anyhow::Result<()> {
    let (first, mut lines, mut behind) = (indices.first().copied().unwrap_or(0), Vec::new(), 0);
    let last = indices.last().copied().unwrap_or(0);
    for item in reader.entries() {
        let (index, entry) = item.context("cannot read the seals")?;
        let tells =
            matches!(entry.kind, EntryKind::Seal | EntryKind::Gap | EntryKind::Recovery | EntryKind::Clock);
        if !tells || index.0 < first || lines.len() >= BESIDE_MAX || behind > 0 {
            continue;
        }
        // Up to the seal that ends the epoch of the last entry.
        behind += usize::from(index.0 > last && entry.kind == EntryKind::Seal);
        let body = ledger::parse_canonical_json(&entry.body).unwrap_or(Value::Null);
        lines
            .push(json!({ "body": body, "index": index.0, "kind": entry.kind.name(), "stream": entry.stream,
            "received_at": entry.received_at.0 }));
    }
    let mut text = Vec::new();
    for line in &lines {
        text.extend(
            canonical_json(line).map_err(|what| anyhow::anyhow!("a seal cannot be written: {what}"))?,
        );
        text.push(b'\n');
    }
    made.add("seals.jsonl".to_owned(), text)?;
    let history = KeyHistory::of(reader, None).context("cannot prove the log keys")?;
    made.add("keys.json".to_owned(), serde_json::to_vec(&history).context("cannot write JSON")?)?;
    for known in &args.known {
        let name = || format!("cannot prove that the ledger grew from {known}");
        let proof = reader.consistency(*known, head.size).with_context(name)?;
        let text = serde_json::to_vec_pretty(&proof).context("cannot write JSON")?;
        made.add(format!("consistency/{known}-{}.json", head.size), text)?;
    }
    tokens(&args.ledger, made)?;
    if args.ledger.join("policy").is_file() {
        made.add(
            "policy".to_owned(),
            crate::inputs::read_bytes(&args.ledger.join("policy"), SMALL_BYTES_MAX)?,
        )?;
    }
    Ok(())
}

/// Time stamps with the heads that were stamped.
fn tokens(folder: &Path, made: &mut Made) -> anyhow::Result<()> {
    let Ok(items) = std::fs::read_dir(folder.join("tokens")) else { return Ok(()) };
    let mut names: Vec<PathBuf> = items.take(BESIDE_MAX).filter_map(|item| Some(item.ok()?.path())).collect();
    names.sort();
    for path in names {
        let end = path.extension().and_then(|end| end.to_str());
        if let (Some("tsr" | "note"), Some(name)) = (end, path.file_name().and_then(|name| name.to_str())) {
            made.add(format!("tokens/{name}"), crate::inputs::read_bytes(&path, SMALL_BYTES_MAX)?)?;
        }
    }
    Ok(())
}

fn manifest(
    args: &ExtractArgs,
    reader: &Reader,
    head: &Checkpoint,
    indices: &BTreeSet<u64>,
    made: &Made,
) -> anyhow::Result<Vec<u8>> {
    let files: serde_json::Map<String, Value> = made
        .files
        .iter()
        .map(|(name, bytes)| (name.clone(), json!(hex::encode(Sha256::digest(bytes)))))
        .collect();
    let document = json!({
        "schema": "sekisho.ledger-extract/1",
        "case": args.handing.case,
        "closed": made.closed,
        "destroyed": made.destroyed,
        "entries": indices.len(),
        "files": files,
        "ledger": hex::encode(reader.id()),
        "log_key": reader.verifier_key(),
        "opened": made.opened,
        "origin": reader.origin(),
        "parts": args.part,
        "purpose": args.handing.purpose,
        "root": hex::encode(head.root),
        "size": head.size,
        "tool": concat!("sekisho ", env!("CARGO_PKG_VERSION")),
    });
    canonical_json(&document).map_err(|what| anyhow::anyhow!("the manifest cannot be written: {what}"))
}

/// As `sha256sum` writes and checks them.
fn sums(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut files: Vec<&(String, Vec<u8>)> = files.iter().collect();
    files.sort();
    let mut out = String::new();
    for (name, bytes) in files {
        let _ = writeln!(out, "{}  {name}", hex::encode(Sha256::digest(bytes)));
    }
    out.into_bytes()
}

/// Writes the folder under a name of its own and gives it the right one when it is whole.
fn write_all(to: &Path, files: &[(String, Vec<u8>)]) -> anyhow::Result<()> {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = to.with_file_name(name);
    if partial.exists() {
        return Err(Usage::error(
            format!("{} is left from an attempt that was interrupted", partial.display()),
            "remove it",
        ));
    }
    crate::output::private_folder(&partial)?;
    for (name, bytes) in files {
        let path = partial.join(name);
        if let Some(folder) = path.parent() {
            crate::output::private_folder(folder)?;
        }
        crate::output::atomic::write(&path, bytes)?;
    }
    std::fs::rename(&partial, to).with_context(|| format!("cannot write {}", to.display()))
}
