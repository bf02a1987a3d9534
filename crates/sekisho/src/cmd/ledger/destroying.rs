//! Requests that two people approve: release, destruction, erasing; and what they did.

use super::governing::person_key;
use super::keys::identities;
use super::talk;
use super::view;
use super::write;
use crate::clock::Clock;
use crate::error::Hinted;
use crate::output::atomic::AtomicFile;
use anyhow::Context as _;
use clap::{Args, Subcommand};
use ledger::{DataClass, Destruction, Disclosures, EntryKind, ExportFacts, Guards, KeyPlan, Reader, Request};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use vocab::Message;

/// Largest request that is read, bytes.
const REQUEST_BYTES_MAX: usize = 4 << 20;

/// What every request says.
#[derive(Args, Debug)]
pub(crate) struct Asking {
    /// Folder of the ledger
    pub(super) ledger: PathBuf,
    /// Basis code, e.g. policy, person-request, court
    #[arg(long, value_name = "CODE")]
    basis: String,
    /// Why, in words; it is sealed
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Signing key of the person who asks
    #[arg(long, value_name = "FILE")]
    person: PathBuf,
    /// File for the request
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// `sekisho ledger request`.
#[derive(Debug, Subcommand)]
pub(crate) enum RequestCommand {
    /// End a hold
    #[command(after_long_help = "Examples:
  sekisho ledger request release LEDGER --hold 1 --basis case-closed --reason 'settled' --person manager.key --out release.json")]
    Release {
        #[command(flatten)]
        asking: Asking,
        /// Number of the hold
        #[arg(long)]
        hold: u64,
    },
    /// Destroy data keys and everything sealed under them
    #[command(after_long_help = "Examples:
  sekisho ledger request shred LEDGER --class event --basis policy --reason 'period over' --person auditor.key --out shred.json

Without --key all keys of the class are taken against which nothing stands. What would die with them is printed, and what left the
system before: extracts, copies, bundles and reads cannot be recalled.")]
    Shred {
        #[command(flatten)]
        asking: Asking,
        /// Data class
        #[arg(long, value_parser = class)]
        class: Option<DataClass>,
        /// Data key; may be given several times
        #[arg(long)]
        key: Vec<u64>,
        /// Identity file of a role holder: tells which reads were of these entries; may be given several times
        #[arg(long, value_name = "FILE")]
        identity: Vec<PathBuf>,
    },
    /// Erase single entries, or single records of bulk entries
    #[command(after_long_help = "Examples:
  sekisho ledger request erase LEDGER --drop 12:340 --basis person-request --reason '...' --person auditor.key --out erase.json")]
    Erase {
        #[command(flatten)]
        asking: Asking,
        /// INDEX or INDEX:RECORD; may be given several times
        #[arg(long, value_name = "WHAT", required = true, value_parser = dropped)]
        drop: Vec<(u64, Option<u32>)>,
    },
}

impl RequestCommand {
    /// The ledger that the request is about.
    pub(super) const fn folder_mut(&mut self) -> &mut PathBuf {
        match self {
            Self::Release { asking, .. } | Self::Shred { asking, .. } | Self::Erase { asking, .. } => {
                &mut asking.ledger
            }
        }
    }
}

/// `sekisho ledger carry-out`.
#[derive(Args, Debug)]
pub(crate) struct CarryOutArgs {
    /// Folder of the ledger
    pub(super) ledger: PathBuf,
    /// The request with its signatures
    request: PathBuf,
    /// File with the secret of the ledger
    #[arg(long, value_name = "FILE")]
    secret: PathBuf,
    /// Identity file of a role holder, to erase single records; may be given several times
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// Ranges of entries that an open case cites, e.g. 100-120; may be given several times
    #[arg(long, value_name = "A-B", value_parser = cited)]
    cited: Vec<(u64, u64)>,
    /// Only say what would be done and what stands against it
    #[arg(long)]
    dry_run: bool,
}

fn class(text: &str) -> Result<DataClass, String> {
    DataClass::from_name(text)
        .ok_or_else(|| "expected event, auth, case, secret, control or ledger".to_owned())
}

fn dropped(text: &str) -> Result<(u64, Option<u32>), String> {
    let wrong = |_| "expected INDEX or INDEX:RECORD".to_owned();
    match text.split_once(':') {
        Some((index, record)) => Ok((index.parse().map_err(wrong)?, Some(record.parse().map_err(wrong)?))),
        None => Ok((text.parse().map_err(wrong)?, None)),
    }
}

fn cited(text: &str) -> Result<(u64, u64), String> {
    let pair = text.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    pair.ok_or_else(|| "expected FIRST-LAST".to_owned())
}

fn plan(plan: &KeyPlan) -> Value {
    json!({
        "key": plan.key,
        "class": plan.class.name(),
        "day": plan.day,
        "from": plan.range.0,
        "to": plan.range.1,
        "entries": plan.entries,
        "latest": plan.latest,
        "earliest": plan.earliest,
        "against": plan.against.iter().map(|one| json!({ "code": one.code, "what": one.what })).collect::<Vec<_>>(),
    })
}

/// One destruction, for the auditor (15.6).
pub(super) fn deletion(one: &Destruction) -> Value {
    json!({
        "index": one.index,
        "kind": one.kind.name(),
        "time": one.time,
        "basis": one.basis,
        "keys": one.keys,
        "blocks": one.blocks.0,
        "from": one.range.0,
        "to": one.range.1,
        "review": one.review,
        "by": one.by.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "dropped": one.dropped.iter().map(|(entry, record)| json!({ "entry": entry, "record": record })).collect::<Vec<_>>(),
    })
}

/// Something that was handed out.
pub(super) fn export(one: &ExportFacts) -> Value {
    json!({
        "index": one.index, "time": one.time, "what": one.what, "purpose": one.purpose, "entries": one.entries,
        "from": one.range.0, "to": one.range.1, "digest": hex::encode(one.digest), "content": one.content,
    })
}

/// What left the system before and cannot be recalled by a destruction (LG-SHR-03).
fn disclosed(found: &Disclosures) -> Value {
    json!({
        "exports": found.exports.iter().map(export).collect::<Vec<_>>(),
        "reads": found.reads.iter().map(|one| json!({ "index": one.index, "time": one.time, "content": one.content }))
            .collect::<Vec<_>>(),
        "sealed_reads": found.sealed_reads,
        "left_off": found.left_off,
    })
}

fn reader(folder: &Path) -> anyhow::Result<Reader> {
    Reader::open(folder).with_context(|| format!("cannot read {}", folder.display()))
}

/// Prints what is sealed under each key and what stands against destroying it (LG-RET-02).
pub(super) fn retention(folder: &Path) -> anyhow::Result<u8> {
    let plans = reader(folder)?.key_plans(&Guards::at(Clock::System.now()))?;
    view::show(&plans.iter().map(plan).collect())
}

/// Prints every destruction.
pub(super) fn deletions(folder: &Path) -> anyhow::Result<u8> {
    let governance = reader(folder)?.governance()?;
    view::show(&governance.destructions.iter().map(deletion).collect())
}

/// Writes a request, signed by the person who asks.
pub(super) fn request(command: RequestCommand) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let nonce = clock.random()?;
    let private = |asking: &Asking, op: &str| json!({ "op": op, "reason": asking.reason });
    let (asking, mut request) = match command {
        RequestCommand::Release { asking, hold } => {
            let id = reader(&asking.ledger)?.id();
            let request = Request::release(&id, hold, &asking.basis, &private(&asking, "release"), &nonce)?;
            (asking, request)
        }
        RequestCommand::Shred { asking, class, key, identity } => {
            let mut reader = reader(&asking.ledger)?;
            let mut plans = reader.key_plans(&Guards::at(clock.now()))?;
            plans.retain(|plan| {
                let named = key.contains(&plan.key);
                named || key.is_empty() && Some(plan.class) == class && plan.against.is_empty()
            });
            if plans.is_empty() {
                return Err(Hinted::error(
                    "nothing may be destroyed now",
                    "`sekisho ledger retention` shows what stands against each key",
                ));
            }
            let range = plans.iter().fold((u64::MAX, 0), |all: (u64, u64), plan| {
                (all.0.min(plan.range.0), all.1.max(plan.range.1))
            });
            reader.add_identities(identities(&identity)?);
            let found = reader.disclosures(range)?;
            view::show(&json!({
                "plans": plans.iter().map(plan).collect::<Vec<_>>(), "disclosed": disclosed(&found),
            }))?;
            tell(&plans, &found);
            let mut told = private(&asking, "shred");
            if let Some(fields) = told.as_object_mut() {
                // Those who approve sign for it: what left the system stays readable elsewhere.
                let exports: Vec<u64> = found.exports.iter().map(|one| one.index).collect();
                let reads: Vec<u64> = found.reads.iter().map(|one| one.index).collect();
                fields.insert(
                    "disclosed".to_owned(),
                    json!({ "exports": exports, "reads": reads,
                    "sealed_reads": found.sealed_reads }),
                );
            }
            let request = reader.request_shred(&plans, &asking.basis, &told, &nonce)?;
            (asking, request)
        }
        RequestCommand::Erase { asking, drop } => {
            let mut reader = reader(&asking.ledger)?;
            let request = reader.request_reseal(&drop, &asking.basis, &private(&asking, "erase"), &nonce)?;
            (asking, request)
        }
    };
    request.approve(&person_key(&asking.person)?)?;
    save(&request, &asking.out)
}

fn tell(plans: &[KeyPlan], found: &Disclosures) {
    let entries: u64 = plans.iter().map(|plan| plan.entries).sum();
    let keys = talk::list(plans.iter().map(|plan| plan.key));
    talk::tell(&Message::new("ledger-shred-plan").with("keys", keys).with("entries", entries));
    let reads = found.reads.len() as u64 + found.sealed_reads;
    let exports = found.exports.len() as u64;
    let id = if exports + reads == 0 { "ledger-shred-nothing-left" } else { "ledger-shred-left" };
    talk::tell(&Message::new(id).with("exports", exports).with("reads", reads));
}

/// Writes a request to a file.
pub(super) fn save(request: &Request, path: &Path) -> anyhow::Result<u8> {
    let mut bytes = serde_json::to_vec_pretty(request).context("cannot write JSON")?;
    bytes.push(b'\n');
    let mut file = AtomicFile::create(path)?;
    file.write_all(&bytes).with_context(|| format!("cannot write {}", path.display()))?;
    file.commit()?;
    Ok(0)
}

fn load(path: &Path) -> anyhow::Result<Request> {
    let text = crate::inputs::read_text(path, REQUEST_BYTES_MAX)?;
    serde_json::from_str(&text).with_context(|| format!("{} is no request", path.display()))
}

/// Adds a signature to a request.
pub(super) fn approve(path: &Path, person: &Path) -> anyhow::Result<u8> {
    let mut request = load(path)?;
    request.approve(&person_key(person)?)?;
    save(&request, path)?;
    let people: Vec<String> = request.people()?.iter().map(ToString::to_string).collect();
    view::show(&json!({ "kind": request.kind, "by": people }))
}

/// Carries a request out.
pub(super) fn carry_out(args: &CarryOutArgs) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let request = load(&args.request)?;
    let guards = Guards { now: clock.now(), cited: args.cited.clone() };
    if args.dry_run {
        let people: Vec<String> = request.people()?.iter().map(ToString::to_string).collect();
        let keys = request.body.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut plans = reader(&args.ledger)?.key_plans(&guards)?;
        plans.retain(|plan| keys.contains(&json!(plan.key)));
        let plans: Value = plans.iter().map(plan).collect();
        return view::show(
            &json!({ "kind": request.kind, "body": request.body, "by": people, "plans": plans }),
        );
    }
    let identities = identities(&args.identity)?;
    let mut ledger = write::open(&args.ledger, &args.secret, clock)?;
    let told = |done: ledger::Destroyed| json!({ "index": done.index.0, "result": done.result.0, "blocks": done.blocks, "bytes": done.bytes });
    let done = match EntryKind::from_name(&request.kind) {
        Some(EntryKind::Shred) => ledger.shred(&request, &guards, clock.now()).map(told),
        Some(EntryKind::Reseal) => ledger.reseal(&request, &guards, identities, clock.now()).map(told),
        _ => ledger.enact(&request, clock.now()).map(|index| json!({ "index": index.0 })),
    };
    let what = format!("cannot carry out {}", args.request.display());
    view::show(&write::finish(ledger, clock, done, &what)?)
}
