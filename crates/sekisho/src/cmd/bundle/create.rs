//! `sekisho bundle create`.

use super::args::CreateArgs;
use crate::clock::Clock;
use crate::cmd::ledger::{Handed, Handing};
use crate::crypt::Recipients;
use crate::error::{Hinted, Usage};
use anyhow::Context as _;
use bundle::{BUNDLE_BYTES_MAX, Chain, Draft, File, Head, Kind, Opened, Party, Seal, VerifyOptions};
use ledger::{Reader, Shown};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vocab::{Citation, LedgerIndex};

/// Largest `incidents.json` that is read, bytes.
const INCIDENTS_BYTES_MAX: usize = 512 << 20;

/// Seals a bundle and prints the hash of its manifest.
pub(super) fn run(args: &CreateArgs) -> anyhow::Result<u8> {
    let key = super::secret_key(&args.sealing.key)?;
    let before = match &args.previous {
        Some(path) => Some(super::opened(path, &VerifyOptions::default())?),
        None => None,
    };
    let mut files = Vec::new();
    let records = records(args, before.as_ref(), &mut files)?;
    let shown = records.0.check(&records.1.checkpoint, None).context("the records do not hold")?;
    for path in &args.document {
        let bytes = crate::inputs::read_bytes(path, BUNDLE_BYTES_MAX)?;
        files.push(File::document(&path.file_name().unwrap_or_default().to_string_lossy(), bytes));
    }
    for path in &args.evidence {
        files.push(File::evidence(crate::inputs::read_bytes(path, BUNDLE_BYTES_MAX)?));
    }
    let custody = match &args.custody {
        Some(path) => Chain::parse(&crate::inputs::read_text(path, super::TEXT_BYTES_MAX)?)
            .with_context(|| format!("{} does not hold", path.display()))?,
        None => Chain::default(),
    };
    let seal =
        (!args.recipient_key.is_empty()).then(|| Recipients::parse(&args.recipient_key)).transpose()?;
    let recipient = args.recipient.as_ref().map(|id| Party {
        id: id.clone(),
        key_id: String::new(),
        public_key: args.recipient_key.join(" "),
    });
    let draft = Draft {
        bundle_id: super::bundle_id()?,
        kind: if before.is_some() { Kind::Delta } else { Kind::Full },
        case_ref: args.sealing.case.clone(),
        sequence: before.as_ref().map_or(1, |before| before.manifest.sequence + 1),
        previous: before.as_ref().map(|before| before.manifest_hash.clone()),
        sender: args.sealing.sender.clone(),
        recipient,
        sealed_at: Clock::System.now(),
        recognised_at: args.recognised,
        records: Some(records),
        files,
        custody,
        withheld: Vec::new(),
        tool: super::TOOL.to_owned(),
    };
    let bytes = bundle::create(draft, &key, seal.as_ref().map(|seal| seal as &dyn Seal))?;
    enter(args, &bundle::manifest_hash(&bytes)?, &shown)?;
    super::write_new(&args.sealing.out, &bytes)?;
    crate::output::say(&format!(
        "{}: {} bytes, signed with {}",
        args.sealing.out.display(),
        bytes.len(),
        key.public().id()
    ));
    super::print(format!("{}\n", bundle::manifest_hash(&bytes)?).as_bytes())
}

/// The ledger that the records come from, and whether it is that of a report.
fn ledger_of(from: &Path) -> (PathBuf, bool) {
    let is_report = !from.join("format").is_file();
    (if is_report { from.join("ledger") } else { from.to_owned() }, is_report)
}

/// Enters in the ledger what is handed out, before it is (LG-RED-06).
fn enter(args: &CreateArgs, manifest_hash: &str, shown: &[Shown]) -> anyhow::Result<()> {
    let (folder, is_report) = ledger_of(&args.from);
    if is_report && args.ledger_secret.is_none() {
        return Ok(());
    }
    let indices: BTreeSet<u64> = shown.iter().map(|one| one.citation.index.0).collect();
    let (Some(first), Some(last)) = (indices.first(), indices.last()) else { return Ok(()) };
    let digest = hex::decode(manifest_hash).ok().and_then(|bytes| bytes.try_into().ok());
    let handed = Handed {
        what: "bundle",
        digest: digest.context("the hash of the manifest is no SHA-256")?,
        range: (*first, *last),
        entries: indices.len() as u64,
        indices: &json!({ "opened": indices }),
    };
    let handing = Handing {
        secret: args.ledger_secret.clone(),
        purpose: args.purpose.clone(),
        case: Some(args.sealing.case.clone()),
        recipient: args.recipient.clone().unwrap_or_default(),
    };
    handing.enter(&folder, &handed, Clock::System).map(drop)
}

/// Cited records with proofs; chosen incidents go into `files`.
fn records(
    args: &CreateArgs,
    before: Option<&Opened>,
    files: &mut Vec<File>,
) -> anyhow::Result<(ledger::Excerpt, Head)> {
    let from = &args.from;
    let (folder, is_report) = ledger_of(from);
    let mut cited: BTreeSet<Citation> = args.cite.iter().copied().collect();
    let nothing_named = args.cite.is_empty() && args.entry.is_empty();
    if !args.incident.is_empty() || (is_report && nothing_named) {
        if !is_report {
            return Err(Usage::error(
                "--incident needs the folder of a report",
                "give the folder that `investigate --out` wrote",
            ));
        }
        let chosen = incidents(&from.join("incidents.json"), &args.incident)?;
        for incident in &chosen {
            crate::sealing::cite(incident, &mut cited);
        }
        let bytes = serde_json::to_vec_pretty(&chosen).context("cannot write JSON")?;
        files.push(File { path: "incidents.json".to_owned(), bytes });
    }
    let seen: BTreeSet<Citation> = before.iter().flat_map(|b| &b.shown).map(|shown| shown.citation).collect();
    let cited: Vec<Citation> = cited.difference(&seen).copied().collect();
    let entries: Vec<LedgerIndex> = args.entry.iter().copied().map(LedgerIndex).collect();
    let name = || format!("cannot take records from {}", folder.display());
    let mut reader = Reader::open(&folder).with_context(name)?;
    reader.add_identities(crate::cmd::ledger::identities(&args.identity)?);
    let (excerpt, head) = reader.excerpt(&cited, &entries).with_context(name)?;
    let known =
        before.and_then(|before| before.head.as_ref()).filter(|known| known.origin == reader.origin());
    let growth = match known {
        Some(known) if known.size > head.size => {
            return Err(Hinted::error(
                format!("the ledger has {} entries, the bundle before was made at {}", head.size, known.size),
                "the ledger was put back to an earlier state: restore the newer copy",
            ));
        }
        Some(known) => Some(reader.consistency(known.size, head.size).with_context(name)?),
        None => None,
    };
    let head = Head::new(&excerpt, head.note, growth);
    Ok((excerpt, head))
}

/// The incidents with these ids, or all.
fn incidents(path: &Path, ids: &[String]) -> anyhow::Result<Vec<Value>> {
    let text = crate::inputs::read_text(path, INCIDENTS_BYTES_MAX)?;
    let all: Vec<Value> =
        serde_json::from_str(&text).with_context(|| format!("{} holds no incidents", path.display()))?;
    let id = |incident: &Value| incident.get("id").and_then(Value::as_str).map(str::to_owned);
    let known: Vec<String> = all.iter().filter_map(id).collect();
    if let Some(missing) = ids.iter().find(|wanted| !known.contains(wanted)) {
        return Err(Usage::error(
            format!("no incident has the id {missing}"),
            format!("there are: {}", known.join(", ")),
        ));
    }
    Ok(all.into_iter().filter(|one| ids.is_empty() || id(one).is_some_and(|id| ids.contains(&id))).collect())
}
