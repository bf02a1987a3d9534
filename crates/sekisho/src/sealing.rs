//! Sealing of evidence bundles (証拠の束), for the command and the console: keys of the sender, what an incident cites.

use crate::error::Hinted;
use anyhow::Context as _;
use bundle::minisign::SecretKey;
use serde::Deserialize as _;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use vocab::Citation;

/// Longest key file that is read, bytes.
pub(crate) const KEY_BYTES_MAX: usize = 4_096;

/// What is written into a manifest.
pub(crate) const TOOL: &str = concat!("sekisho ", env!("CARGO_PKG_VERSION"));

/// Makes a signing key in a new file that its owner alone can read.
pub(crate) fn new_key(path: &Path) -> anyhow::Result<SecretKey> {
    let key = SecretKey::from_seed(&crate::clock::Clock::System.random()?);
    let name = || format!("cannot write the key to {}", path.display());
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).with_context(name)?;
    file.write_all(key.file().as_bytes()).and_then(|()| file.sync_all()).with_context(name)?;
    Ok(key)
}

/// Reads a signing key.
pub(crate) fn secret_key(path: &Path) -> anyhow::Result<SecretKey> {
    let text = zeroize::Zeroizing::new(crate::inputs::read_text(path, KEY_BYTES_MAX)?);
    SecretKey::parse(&text).map_err(|error| {
        Hinted::error(
            format!("{}: {error}", path.display()),
            "`sekisho bundle key FILE` makes a key; so does `minisign -G -W`",
        )
    })
}

/// Sixteen random bytes.
pub(crate) fn bundle_id() -> anyhow::Result<[u8; 16]> {
    let random = crate::clock::Clock::System.random()?;
    Ok(random.first_chunk().copied().unwrap_or_default())
}

/// Every citation inside an incident: its records, and those of the elements of the offence.
pub(crate) fn cite(value: &Value, cited: &mut BTreeSet<Citation>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| cite(item, cited)),
        Value::Object(fields) => {
            if let Ok(citation) = Citation::deserialize(value) {
                cited.insert(citation);
            }
            fields.values().for_each(|field| cite(field, cited));
        }
        _ => {}
    }
}
