//! Checking an extract without the ledger: sums, head, proofs, contents.

use super::talk;
use anyhow::{Context as _, bail};
use ledger::{ConsistencyProof, EntryPath, KeyHistory, Opening};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Component, Path};
use vocab::Message;

/// Largest file of an extract, bytes.
const FILE_BYTES_MAX: usize = 256 << 20;
/// Most files of an extract.
const FILES_MAX: usize = 200_000;

/// Checks the folder `extract`; with the log key from elsewhere also who signed.
pub(super) fn run(extract: &Path, key: Option<&str>) -> anyhow::Result<u8> {
    let listed = sums(extract)?;
    for (name, expected) in &listed {
        let bytes = read(extract, name)?;
        if hex::encode(Sha256::digest(&bytes)) != *expected {
            bail!("{name}: its hash is not the one in SHA256SUMS");
        }
    }
    unlisted(extract, extract, &listed)?;
    let manifest = manifest(extract, &listed)?;
    let head = text(extract, "checkpoint")?;
    let signer = match key {
        Some(key) => Some(signer(extract, key)?),
        None => None,
    };
    let (mut entries, mut opened) = (0_u64, 0_u64);
    for name in listed.keys().filter(|name| name.starts_with("entries/")) {
        let number = name.strip_prefix("entries/").unwrap_or_default();
        let bytes = read(extract, name)?;
        let proof = text(extract, &format!("proofs/{number}.tlog-proof"))?;
        let holds = || format!("the proof of entry {number} does not hold");
        let (index, path) = EntryPath::parse_tlog_proof(&proof).with_context(holds)?;
        if index.to_string() != number || path.checkpoint.as_deref() != Some(head.as_str()) {
            bail!("{}: it is of another entry or head", holds());
        }
        path.check(index, &bytes, signer.as_deref()).with_context(holds)?;
        entries += 1;
        let name = format!("openings/{number}.json");
        if listed.contains_key(&name) {
            opening(extract, &name, index, &bytes, signer.as_deref())?;
            opened += 1;
        }
    }
    growth(extract, &listed, &manifest)?;
    if manifest.get("entries").and_then(Value::as_u64) != Some(entries) {
        bail!("manifest.json names another number of entries");
    }
    let id = if key.is_some() { "ledger-extract-holds" } else { "ledger-extract-holds-no-key" };
    talk::tell(&Message::new(id).with("entries", entries).with("opened", opened));
    super::view::show(&serde_json::json!({
        "schema_version": 1,
        "entries": entries,
        "holds": true,
        "opened": opened,
        "root": manifest.get("root"),
        "signature": key.is_some(),
        "size": manifest.get("size"),
    }))
}

fn read(extract: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    crate::inputs::read_bytes(&extract.join(name), FILE_BYTES_MAX)
}

fn text(extract: &Path, name: &str) -> anyhow::Result<String> {
    crate::inputs::read_text(&extract.join(name), FILE_BYTES_MAX)
}

/// Names and hashes; no name leads out of the folder.
fn sums(extract: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut listed = BTreeMap::new();
    for (number, line) in (1..).zip(text(extract, "SHA256SUMS")?.lines()) {
        let (hash, name) = line
            .split_once("  ")
            .with_context(|| format!("SHA256SUMS: line {number} is not a hash, two blanks and a name"))?;
        let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if !inside || name.is_empty() || listed.len() >= FILES_MAX {
            bail!("SHA256SUMS: line {number} names no file of the extract");
        }
        listed.insert(name.to_owned(), hash.to_owned());
    }
    Ok(listed)
}

/// A file that nobody vouches for does not belong there.
fn unlisted(root: &Path, folder: &Path, listed: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let items = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for item in items.take(FILES_MAX) {
        let path = item.with_context(|| format!("cannot read {}", folder.display()))?.path();
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        if path.is_dir() {
            let depth = name.matches('/').count();
            if depth > 2 {
                bail!("{name}: a folder that does not belong to an extract");
            }
            unlisted(root, &path, listed)?;
        } else if name != "SHA256SUMS" && !listed.contains_key(&name) {
            bail!("{name}: SHA256SUMS does not list it");
        }
    }
    Ok(())
}

/// The list of the extract has the same files and hashes as the sums.
fn manifest(extract: &Path, listed: &BTreeMap<String, String>) -> anyhow::Result<Value> {
    let manifest: Value =
        serde_json::from_str(&text(extract, "manifest.json")?).context("manifest.json is no JSON")?;
    if manifest.get("schema").and_then(Value::as_str) != Some("sekisho.ledger-extract/1") {
        bail!("manifest.json is of no extract, or of a newer version");
    }
    let files = manifest.get("files").and_then(Value::as_object).context("manifest.json lists no files")?;
    let beside = |name: &str| matches!(name, "manifest.json" | "README.txt");
    let same = files.iter().all(|(name, hash)| listed.get(name).map(String::as_str) == hash.as_str());
    if !same || listed.keys().any(|name| !beside(name) && !files.contains_key(name)) {
        bail!("manifest.json and SHA256SUMS name other files or hashes");
    }
    Ok(manifest)
}

/// The key that signed the head, as the history leads to it from the one that is known.
fn signer(extract: &Path, key: &str) -> anyhow::Result<String> {
    let history: KeyHistory =
        serde_json::from_str(&text(extract, "keys.json")?).context("keys.json is no history of log keys")?;
    let keys = history.check(key, None).context("the history of the log keys does not hold")?;
    let newest = keys.all().last().map(|key| key.verifier_key.clone());
    newest.context("keys.json names no log key")
}

fn opening(extract: &Path, name: &str, index: u64, entry: &[u8], key: Option<&str>) -> anyhow::Result<()> {
    use base64::Engine as _;
    let opening: Opening = serde_json::from_str(&text(extract, name)?)
        .with_context(|| format!("{name} is no opening document"))?;
    let same = opening.index == index
        && base64::engine::general_purpose::STANDARD.decode(&opening.entry).is_ok_and(|bytes| bytes == entry);
    if !same {
        bail!("{name} is of another entry");
    }
    opening.check(key).with_context(|| format!("{name} does not hold"))
}

/// Proofs of growth lead to the head of the extract.
fn growth(extract: &Path, listed: &BTreeMap<String, String>, manifest: &Value) -> anyhow::Result<()> {
    use base64::Engine as _;
    let root = manifest.get("root").and_then(Value::as_str).and_then(|root| hex::decode(root).ok());
    let root = root.map(|root| base64::engine::general_purpose::STANDARD.encode(root));
    for name in listed.keys().filter(|name| name.starts_with("consistency/")) {
        let proof: ConsistencyProof = serde_json::from_str(&text(extract, name)?)
            .with_context(|| format!("{name} is no proof of growth"))?;
        let here = Some(proof.new.size) == manifest.get("size").and_then(Value::as_u64)
            && Some(&proof.new.root) == root.as_ref();
        if !here || !proof.holds() {
            bail!("{name} does not hold");
        }
    }
    Ok(())
}
