//! `sekisho bundle verify` and `open`.

use super::args::{CheckArgs, OpenArgs};
use crate::crypt::Identities;
use crate::output::terminal::safe;
use anyhow::Context as _;
use bundle::{Fault, KeyNote, Note, Opened, Unseal, VerifyOptions};
use serde_json::{Value, json};
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use vocab::Message;
use web::{Catalog, Lang};

/// Checks and prints. Exit code 1 when the bundle does not hold.
pub(super) fn verify(args: &CheckArgs) -> anyhow::Result<u8> {
    let result = check(args)?;
    let mut out = std::io::stdout().lock();
    let written = if args.json || !std::io::stdout().is_terminal() {
        let bytes = serde_json::to_vec_pretty(&document(&result)).context("cannot write JSON")?;
        out.write_all(&bytes).and_then(|()| out.write_all(b"\n"))
    } else {
        let lang = args.lang.map_or_else(crate::clock::language, Lang::from);
        let catalog = Catalog::new(lang, crate::clock::Clock::System.zone());
        lines(&result, &catalog).iter().try_for_each(|line| writeln!(out, "{}", safe(line, 400)))
    };
    written.context("cannot write to standard output")?;
    Ok(u8::from(result.is_err()))
}

/// Checks, then prints the records or unpacks everything.
pub(super) fn open(args: &OpenArgs) -> anyhow::Result<u8> {
    let opened = must_hold(&args.check)?;
    let mut records = Vec::new();
    for shown in &opened.shown {
        serde_json::to_writer(&mut records, &record(shown)).context("cannot write JSON")?;
        records.push(b'\n');
    }
    let Some(folder) = &args.out else {
        return super::print(&records);
    };
    unpack(&opened, &records, folder)?;
    crate::output::say(&format!("{}: {} files", folder.display(), opened.files.len() + 2));
    Ok(0)
}

/// A bundle that holds, or the fault as an error.
pub(super) fn must_hold(args: &CheckArgs) -> anyhow::Result<Opened> {
    check(args)?.with_context(|| format!("{} does not hold", args.bundle.display()))
}

fn check(args: &CheckArgs) -> anyhow::Result<Result<Opened, Fault>> {
    let bytes = super::read_bundle(&args.bundle)?;
    let identities = args.identity.as_deref().map(Identities::read).transpose()?;
    let before = match &args.previous {
        Some(path) => {
            let unseal = identities.as_ref().map(|one| one as &dyn Unseal);
            Some(super::opened(path, &VerifyOptions { unseal, ..VerifyOptions::default() })?)
        }
        None => None,
    };
    let options = VerifyOptions {
        sender_keys: args
            .sender_key
            .iter()
            .map(|key| super::public_key(key))
            .collect::<anyhow::Result<_>>()?,
        key_statements: args
            .key_statement
            .iter()
            .map(|path| super::succession::load(path))
            .collect::<anyhow::Result<_>>()?,
        officer_keys: args
            .officer_key
            .iter()
            .map(|key| super::public_key(key))
            .collect::<anyhow::Result<_>>()?,
        log_key: args.log_key.clone(),
        before: before.as_ref(),
        unseal: identities.as_ref().map(|one| one as &dyn Unseal),
        recipient: args.recipient.clone(),
    };
    Ok(bundle::verify(&bytes, &options))
}

/// Names are safe: `verify` has let pass only names of the closed list.
fn unpack(opened: &Opened, records: &[u8], folder: &Path) -> anyhow::Result<()> {
    let name = || format!("cannot unpack into {}", folder.display());
    std::fs::create_dir(folder).with_context(name)?;
    let manifest = serde_json::to_vec_pretty(&opened.manifest).context("cannot write JSON")?;
    let files = opened.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    for (file, bytes) in files.chain([("records.jsonl", records), ("manifest.json", &manifest)]) {
        let path = folder.join(file);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(name)?;
        }
        super::write_new(&path, bytes)?;
    }
    Ok(())
}

fn record(shown: &ledger::Shown) -> Value {
    let text = String::from_utf8_lossy(&shown.bytes);
    let mut line = json!({
        "index": shown.citation.index,
        "record": shown.citation.record,
        "kind": shown.kind.name(),
        "received_at": shown.received_at,
        "file": shown.file,
        "line": shown.line,
        "part": shown.part,
        "text": text,
    });
    // Bytes that are no text are given as they are too.
    if let (std::borrow::Cow::Owned(_), Some(fields)) = (&text, line.as_object_mut()) {
        fields.insert("hex".to_owned(), hex::encode(&shown.bytes).into());
    }
    line
}

fn document(result: &Result<Opened, Fault>) -> Value {
    match result {
        Err(fault) => json!({
            "schema_version": 1,
            "holds": false,
            "fault": { "code": fault.code.as_str(), "place": fault.place, "what": fault.what },
        }),
        Ok(opened) => json!({
            "schema_version": 1,
            "holds": true,
            "manifest_hash": opened.manifest_hash,
            "manifest": opened.manifest,
            "records": opened.shown.len(),
            "custody": opened.custody.events().len(),
            "log_key": opened.excerpt.as_ref().and_then(|excerpt| excerpt.log_key().ok()),
            "notes": opened.notes.iter().map(|note| note_id(note)).collect::<Vec<_>>(),
        }),
    }
}

const fn note_id(note: &Note) -> &'static str {
    match note {
        Note::KeyUnknown => "bundle-note-key-unknown",
        Note::EarlierMissing => "bundle-note-earlier-missing",
        Note::Encrypted(_) => "bundle-note-encrypted",
        Note::OtherRecipient(_) => "bundle-note-other-recipient",
        Note::LogKeyUnknown => "bundle-note-log-key-unknown",
        Note::NoCustody(_) => "bundle-note-no-custody",
        Note::SenderKey(KeyNote::Rotated { .. }) => "bundle-note-key-rotated",
        Note::SenderKey(KeyNote::AfterRotation { .. }) => "bundle-note-key-after-rotation",
        Note::SenderKey(KeyNote::Replaced { .. }) => "bundle-note-key-replaced",
        Note::SenderKey(KeyNote::LostLater { .. }) => "bundle-note-key-lost-later",
        Note::Unproven(_) => "bundle-note-unproven",
    }
}

fn lines(result: &Result<Opened, Fault>, catalog: &Catalog) -> Vec<String> {
    let opened = match result {
        Err(fault) => {
            let message = Message::new(fault.code.as_str().to_ascii_lowercase());
            return vec![
                catalog.text("bundle-fails"),
                format!("  {} {}", fault.code.as_str(), catalog.render(&message)),
                format!("  {}: {}", fault.place, fault.what),
            ];
        }
        Ok(opened) => opened,
    };
    let manifest = &opened.manifest;
    let summary = Message::new("bundle-holds")
        .with("records", opened.shown.len() as u64)
        .with("entries", manifest.entries.len() as u64);
    let sealed = Message::new("bundle-sealed")
        .with("sender", manifest.sender.id.clone())
        .with("key", manifest.sender.key_id.clone())
        .with("time", manifest.sealed_at);
    let mut lines = vec![catalog.render(&summary), format!("  {}", catalog.render(&sealed))];
    for entry in &manifest.entries {
        lines.push(format!(
            "  {} {:>10} {}",
            entry.sha256.get(..16).unwrap_or_default(),
            entry.size,
            entry.path
        ));
    }
    for note in &opened.notes {
        let mut message = Message::new(note_id(note));
        match note {
            Note::Encrypted(count) | Note::NoCustody(count) | Note::Unproven(count) => {
                message = message.with("count", *count)
            }
            Note::SenderKey(KeyNote::Rotated { old, new, at } | KeyNote::Replaced { old, new, at }) => {
                message = message.with("old", old.clone()).with("new", new.clone()).with("time", *at)
            }
            Note::SenderKey(KeyNote::AfterRotation { old, at } | KeyNote::LostLater { old, at }) => {
                message = message.with("old", old.clone()).with("time", *at);
            }
            Note::OtherRecipient(name) => message = message.with("recipient", name.clone()),
            _ => {}
        }
        lines.push(format!("  {}", catalog.render(&message)));
    }
    lines
}
