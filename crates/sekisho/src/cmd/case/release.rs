//! `sekisho case release` and `sekisho case receipt`.

use super::args::{ReceiptArgs, ReleaseArgs};
use super::{language, print};
use crate::clock::Clock;
use crate::error::Hinted;
use crate::output::{atomic, say};
use crate::papers::written;
use anyhow::Context as _;
use forms::{Approval, RELEASES_VERSION, Receipt, Releases};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use vocab::Message;
use web::Catalog;

/// Name of the record of what was handed in.
const RELEASES: &str = "releases.json";
/// Largest of the JSON files of a folder of documents, bytes.
const JSON_BYTES_MAX: usize = 64 << 20;
/// Largest document or bundle, bytes.
const FILE_BYTES_MAX: usize = 2 << 30;

/// Releases one document of a folder.
pub(super) fn release(args: &ReleaseArgs) -> anyhow::Result<u8> {
    let catalog = Catalog::new(language(args.lang), jiff::tz::TimeZone::UTC);
    let path = args.folder.join("documents.json");
    let text = crate::inputs::read_text(&path, JSON_BYTES_MAX)?;
    let index: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("{} is no documents.json", path.display()))?;
    let now = args.at.unwrap_or_else(|| Clock::System.now());
    let bundle = args.bundle.as_ref().map(|path| hash(path)).transpose()?;
    let approval = Approval {
        by: args.by.clone(),
        at: written(now),
        consent: args.consent.clone(),
        incomplete: args.incomplete,
        withheld: args.withheld.clone(),
        bundle,
    };
    let mut releases = read(&args.folder)?;
    let done = releases
        .release(&index, &args.form, &approval, |name| hash(&args.folder.join(name)).ok())
        .map_err(|fault| Hinted::error(fault.to_string(), catalog.text("release-hint")))?;
    for file in &done.files {
        print(&format!("{}  {}\n", file.sha256, file.name))?;
    }
    let labels = done.personal.join("、");
    let said = Message::new("release-done").with("form", args.form.as_str()).with("by", done.by.as_str());
    let incomplete = done.incomplete;
    write(&args.folder, &releases)?;
    say(&catalog.render(&said));
    if !labels.is_empty() {
        say(&catalog.render(&Message::new("release-personal").with("labels", labels)));
    }
    if incomplete {
        say(&catalog.text("release-incomplete"));
    }
    Ok(0)
}

/// Notes a receipt.
pub(super) fn receipt(args: &ReceiptArgs) -> anyhow::Result<u8> {
    let at = written(args.at.unwrap_or_else(|| Clock::System.now()));
    let mut releases = read(&args.folder)?;
    releases.receipt(&args.form, Receipt { number: args.number.clone(), at }).map_err(|fault| {
        Hinted::error(
            fault.to_string(),
            format!("{} lists what was released", args.folder.join(RELEASES).display()),
        )
    })?;
    write(&args.folder, &releases)?;
    Ok(0)
}

/// Refuses to write a document over one that was handed in (CW-REP-04).
pub(super) fn keep_released<'f>(folder: &Path, forms: impl Iterator<Item = &'f str>) -> anyhow::Result<()> {
    let releases = read(folder)?;
    for form in forms {
        if let Some(out) = releases.of(form) {
            return Err(Hinted::error(
                format!("{}: {form} was released on {} and is not overwritten", folder.display(), out.at),
                "write to a new folder, with --previous documents.json of this one: the later report names the former",
            ));
        }
    }
    Ok(())
}

fn read(folder: &Path) -> anyhow::Result<Releases> {
    let path = folder.join(RELEASES);
    if !path.exists() {
        return Ok(Releases::default());
    }
    let text = crate::inputs::read_text(&path, JSON_BYTES_MAX)?;
    let releases: Releases = serde_json::from_str(&text)
        .with_context(|| format!("{} is no record of releases", path.display()))?;
    if releases.schema_version > RELEASES_VERSION {
        return Err(Hinted::error(
            format!("{} has schema_version {}", path.display(), releases.schema_version),
            "use the version of sekisho that wrote it, or a newer one",
        ));
    }
    Ok(releases)
}

fn write(folder: &Path, releases: &Releases) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(releases).context("cannot write JSON")?;
    atomic::write(&folder.join(RELEASES), text.as_bytes())
}

fn hash(path: &Path) -> anyhow::Result<String> {
    Ok(hex::encode(Sha256::digest(crate::inputs::read_bytes(path, FILE_BYTES_MAX)?)))
}
