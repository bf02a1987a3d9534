//! What goes into an evidence bundle (証拠の束) of a case: records with their proofs, facts and verdict, documents that were handed
//! in, indicators, and evidence where it was asked for.

use super::work::Work;
use super::{documents, entries, facts, items};
use crate::sealing;
use crate::vault::Vault;
use anyhow::Context as _;
use bundle::{BUNDLE_BYTES_MAX, File, Head};
use casework::handling::{Handling, Item, Place};
use forms::exchange::{self, Tlp};
use ledger::{Error, Excerpt, Reader};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use store::CaseEvent;
use vocab::{Citation, LedgerIndex, Timestamp};

/// Most bytes of evidence and documents in a bundle of the console; larger ones are made by command.
pub(super) const EVIDENCE_BYTES_MAX: u64 = 64 << 20;
/// How often the ledger is asked for a signed head over what was just written, and how long is waited in between.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(500);

/// Deeds whose entries go in: what is evidence of the offence and of its handling, not what people noted for each other.
const DEEDS: [&str; 7] = [
    "acknowledged",
    facts::FACT,
    facts::VERDICT,
    Handling::EVIDENCE,
    Handling::SETTLED,
    Handling::GATE,
    items::CUSTODY,
];

const README: &str = "証拠の束 / evidence bundle (Sekisho)

確かめ方 / how to check:
  sekisho bundle verify FILE.skb --sender-key KEY
  tar xf FILE.skb; minisign -Vm manifest.json -P KEY; sha256sum -c SHA256SUMS
鍵は、束とは別の経路で送り手から受け取ってください。
Get KEY from the sender by another way than the bundle.

custody.jsonl には、送り手が保持する証拠の記録だけが入ります。stix.json と misp.json は、被害者の名が含まれる場合は入りません。
custody.jsonl has the items that the sender holds. stix.json and misp.json are left out where a name of the victim stands in them.
";

/// What goes in.
pub(super) struct Contents {
    pub(super) records: (Excerpt, Head),
    pub(super) files: Vec<File>,
}

/// SHA-256, hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Gathers it; with `evidence` the files of these items too. `Err`: id of what is said instead.
pub(super) fn contents(
    ledger: &Path,
    work: &Work,
    now: Timestamp,
    evidence: Option<&Vec<String>>,
) -> anyhow::Result<Result<Contents, &'static str>> {
    let incident: Value =
        serde_json::from_str(&work.row.body).context("the incident in the state is no JSON")?;
    let mut files = vec![File { path: "README.txt".to_owned(), bytes: README.as_bytes().to_vec() }];
    let mut put = |name: &str, value: &Value| -> anyhow::Result<()> {
        files.push(File { path: name.to_owned(), bytes: serde_json::to_vec_pretty(value)? });
        Ok(())
    };
    put("case.json", &case(work))?;
    put("facts.json", &json!(entries::typed(&work.events)))?;
    put("verdicts.json", &verdicts(&work.events))?;
    put("incidents.json", &json!([incident]))?;
    let item = exchange::Item::of(&work.dossier, now, Tlp::Amber);
    for (name, value) in [("stix.json", exchange::stix(&item)), ("misp.json", exchange::misp(&item))] {
        if exchange::leaks(&work.dossier, &value).is_ok() {
            put(name, &value)?;
        }
    }
    let kept = match kept(&Vault::beside(ledger), work, evidence)? {
        Ok(kept) => kept,
        Err(id) => return Ok(Err(id)),
    };
    files.extend(kept);
    let Some(records) = records(ledger, work, &incident)? else { return Ok(Err("bundles-later")) };
    Ok(Ok(Contents { records, files }))
}

fn case(work: &Work) -> Value {
    json!({
        "number": work.case.number, "title": work.case.title, "state": work.case.state.name(),
        "opened": work.case.opened, "recognised": work.case.recognised, "incident": work.case.incident,
    })
}

/// What people stated of the facts of the offence, and verdicts, in their order.
fn verdicts(events: &[CaseEvent]) -> Value {
    let own = events.iter().filter(|event| [facts::FACT, facts::VERDICT].contains(&event.deed.as_str()));
    let lines = own.map(|event| {
        let body: Value = serde_json::from_str(&event.body).unwrap_or_else(|_| json!(event.body));
        json!({ "deed": event.deed, "at": event.at, "by": event.actor, "entry": event.ledger, "stated": body })
    });
    lines.collect()
}

/// Documents that were handed in, and evidence, each with its hash.
fn kept(
    vault: &Vault,
    work: &Work,
    evidence: Option<&Vec<String>>,
) -> anyhow::Result<Result<Vec<File>, &'static str>> {
    let releases = documents::releases(&work.events);
    let documents =
        releases.releases.iter().flat_map(|one| &one.files).map(|file| (&file.sha256, Some(&file.name)));
    let wanted = |item: &&Item| {
        item.place == Place::Store && evidence.is_some_and(|wanted| wanted.contains(&item.sha256))
    };
    let items =
        work.handling.items.iter().map(|(_, item)| item).filter(wanted).map(|item| (&item.sha256, None));
    let (mut files, mut names, mut bytes) = (Vec::new(), BTreeSet::new(), 0_u64);
    for (hash, name) in documents.chain(items) {
        let path = vault.path(hash);
        let Ok(about) = std::fs::metadata(&path) else { return Ok(Err("evidence-damaged")) };
        bytes = bytes.saturating_add(about.len());
        if bytes > EVIDENCE_BYTES_MAX {
            return Ok(Err("bundles-large"));
        }
        let content = crate::inputs::read_bytes(&path, BUNDLE_BYTES_MAX)?;
        if sha256(&content) != *hash {
            return Ok(Err("evidence-damaged"));
        }
        let mut file = match name {
            Some(name) => File::document(name, content),
            None => File::evidence(content),
        };
        if !names.insert(file.path.clone()) {
            // A form that was handed in again.
            let short = hash.get(..12).unwrap_or_default();
            file = File::document(&format!("{short}-{}", name.map_or("", String::as_str)), file.bytes);
            names.insert(file.path.clone());
        }
        files.push(file);
    }
    Ok(Ok(files))
}

/// The records that the incident cites and the entries of what people did, with proofs up to a signed head; `None` when no head
/// covers them yet.
fn records(ledger: &Path, work: &Work, incident: &Value) -> anyhow::Result<Option<(Excerpt, Head)>> {
    let mut cited = BTreeSet::new();
    sealing::cite(incident, &mut cited);
    let cited: Vec<Citation> = cited.into_iter().collect();
    let deeds = work.events.iter().filter(|event| DEEDS.contains(&event.deed.as_str()));
    let whole: Vec<LedgerIndex> = deeds
        .filter_map(|event| u64::try_from(event.ledger).ok())
        .filter(|index| *index > 0)
        .map(LedgerIndex)
        .collect();
    for turn in 0..TRIES {
        if turn > 0 {
            std::thread::sleep(PAUSE);
        }
        let mut reader = Reader::open(ledger).context("cannot read the ledger")?;
        match reader.excerpt(&cited, &whole) {
            Ok((excerpt, head)) => {
                let head = Head::new(&excerpt, head.note, None);
                return Ok(Some((excerpt, head)));
            }
            Err(Error::Absent { .. }) => {}
            Err(error) => return Err(error).context("cannot take records from the ledger"),
        }
    }
    Ok(None)
}
