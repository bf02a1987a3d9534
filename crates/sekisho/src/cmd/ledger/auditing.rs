//! The review of a log (ログの監査, LG 17): what an auditor has to see, and the signed entry that it was looked at.

use super::governing::person_key;
use super::keys::identities;
use super::talk;
use super::view;
use super::write;
use crate::clock::Clock;
use anyhow::Context as _;
use clap::Args;
use ledger::{AuditFacts, EntryKind, Reader, Request, Silence, StreamFacts};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use vocab::{Message, Timestamp};

/// Largest file with findings that is read, bytes.
const FINDINGS_BYTES_MAX: usize = 512 << 10;
/// Most bytes of facts that are entered with a review.
const ENCLOSED_BYTES_MAX: usize = 384 << 10;

/// `sekisho ledger audit`.
#[derive(Args, Debug)]
pub(crate) struct AuditArgs {
    /// Folder of the ledger
    pub(super) ledger: PathBuf,
    /// File with the secret of the ledger, to enter the review
    #[arg(long, value_name = "FILE", requires = "person")]
    secret: Option<PathBuf>,
    /// Signing key of the reviewer
    #[arg(long, value_name = "FILE", requires_all = ["result", "secret"])]
    person: Option<PathBuf>,
    /// Result code, e.g. clean, findings
    #[arg(long, value_name = "CODE")]
    result: Option<String>,
    /// Findings as text, or @FILE
    #[arg(long, value_name = "TEXT", default_value = "")]
    findings: String,
    /// First entry looked at [default: the first that no review covers]
    #[arg(long)]
    from: Option<u64>,
    /// Last entry looked at [default: the last one]
    #[arg(long)]
    to: Option<u64>,
    /// Identity file of a role holder: tells who read what, and the names of sources; may be given several times
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// Minutes without an entry of a source that are listed as a silence
    #[arg(long, value_name = "MINUTES", default_value_t = 360, value_parser = clap::value_parser!(u32).range(1..))]
    silence: u32,
}

/// Prints the facts; signs and enters the review.
pub(super) fn audit(args: &AuditArgs) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let name = || format!("cannot read {}", args.ledger.display());
    let mut reader = Reader::open(&args.ledger).with_context(name)?;
    reader.add_identities(identities(&args.identity)?);
    let facts = reader.audit(clock.now(), i64::from(args.silence) * Timestamp::MINUTE).with_context(name)?;
    let mut document = document(&facts, clock.now());
    tell(&facts, clock.now());
    if let (Some(person), Some(result), Some(secret)) = (&args.person, &args.result, &args.secret) {
        let person = person_key(person)?;
        let from = args.from.or(facts.unreviewed_from).unwrap_or(0);
        let to = args.to.unwrap_or(facts.size.saturating_sub(1));
        let findings = match args.findings.strip_prefix('@') {
            Some(file) => crate::inputs::read_text(Path::new(file), FINDINGS_BYTES_MAX)?,
            None => args.findings.clone(),
        };
        let private = json!({ "facts": enclosed(&document), "findings": findings, "op": "review" });
        let mut request = Request::review(&reader.id(), (from, to), result, &private, &clock.random()?)?;
        request.approve(&person)?;
        let mut ledger = write::open(&args.ledger, secret, clock)?;
        let index = ledger.enact(&request, clock.now());
        let due = ledger.governance().reviews.last().map(|review| review.due);
        let index = write::finish(ledger, clock, index, "cannot enter the review")?;
        talk::tell(&Message::new("ledger-audit-entered").with("index", index.0.to_string()));
        if let Some(fields) = document.as_object_mut() {
            fields.insert(
                "entered".to_owned(),
                json!({ "index": index.0, "from": from, "to": to, "next_due": due }),
            );
        }
    }
    view::show(&document)
}

/// The facts as they go into the sealed part of the entry: an entry has room for 1 MiB, and what is too long is named by its digest.
fn enclosed(document: &Value) -> Value {
    let text = document.to_string();
    if text.len() <= ENCLOSED_BYTES_MAX {
        return document.clone();
    }
    let digest = hex::encode(Sha256::digest(text.as_bytes()));
    json!({ "bytes": text.len(), "sha256": digest, "size": document.get("size") })
}

fn document(facts: &AuditFacts, now: Timestamp) -> Value {
    json!({
        "schema_version": 1,
        "size": facts.size,
        "unreviewed_from": facts.unreviewed_from,
        "next_due": facts.due,
        "overdue": now > facts.due,
        "reviews": all(&facts.reviews, |one| {
            json!({ "index": one.index, "from": one.range.0, "to": one.range.1, "result": one.result,
                "by": one.by.to_string(), "time": one.time })
        }),
        "streams": all(&facts.streams, stream),
        "gaps": all(&facts.gaps, |one| {
            json!({ "index": one.index, "stream": one.stream, "cause": one.cause, "from": one.span.0, "to": one.span.1 })
        }),
        "reads": all(&facts.reads, |one| json!({ "index": one.index, "time": one.time, "content": one.content })),
        "exports": all(&facts.exports, super::destroying::export),
        "freezes": all(&facts.freezes, |one| {
            json!({ "freeze": one.number, "index": one.index, "size": one.head.0, "root": hex::encode(one.head.1),
                "hold": one.hold, "time": one.time })
        }),
        "breaks": all(&facts.breaks, |one| {
            json!({ "index": one.index, "kind": one.kind.name(), "time": one.time, "told": one.body })
        }),
        "holds": all(&facts.holds, |(number, hold)| {
            json!({ "hold": number, "index": hold.index, "basis": hold.basis, "by": hold.by.to_string() })
        }),
        "deletions": all(&facts.deletions, super::destroying::deletion),
        "policies": facts.policies,
        "left_off": facts.left_off,
    })
}

fn all<T>(items: &[T], show: impl Fn(&T) -> Value) -> Vec<Value> {
    items.iter().map(show).collect()
}

fn stream(one: &StreamFacts) -> Value {
    let silence = |one: &Silence| json!({ "from": one.from, "to": one.to, "lasts": one.lasts });
    json!({
        "stream": one.stream, "type": one.kind, "name": one.name, "entries": one.entries, "first": one.span.0,
        "last": one.span.1, "longest_silence": { "from": one.silence.0, "to": one.silence.1 },
        "silences": all(&one.silences, silence), "silences_count": one.silences_count, "gaps": one.gaps, "open": one.open,
    })
}

/// The facts in a few sentences.
fn tell(facts: &AuditFacts, now: Timestamp) {
    let due = if now > facts.due { "ledger-audit-overdue" } else { "ledger-audit-due" };
    talk::tell(&Message::new(due).with("due", facts.due).with("count", facts.reviews.len() as u64));
    for one in facts.streams.iter().filter(|one| one.stream != 0) {
        let name = one.name.clone().unwrap_or_default();
        let message =
            |id: &str| Message::new(id).with("stream", u64::from(one.stream)).with("name", name.as_str());
        if one.gaps > 0 {
            talk::tell(&message("ledger-audit-gaps").with("count", one.gaps));
        }
        if let Some(last) = one.silences.last().filter(|last| last.lasts) {
            talk::tell(&message("ledger-audit-silent").with("since", last.from));
        }
        let past = one.silences_count - u64::from(one.silences.last().is_some_and(|last| last.lasts));
        if past > 0 {
            talk::tell(&message("ledger-audit-silences").with("count", past));
        }
    }
    let steps = facts.breaks.iter().filter(|one| one.kind == EntryKind::Clock).count() as u64;
    let stops = facts.breaks.len() as u64 - steps;
    let (reads, exports) = (facts.reads.len() as u64, facts.exports.len() as u64);
    talk::tell(&Message::new("ledger-audit-breaks").with("steps", steps).with("stops", stops));
    talk::tell(&Message::new("ledger-audit-reads").with("reads", reads).with("exports", exports));
}
