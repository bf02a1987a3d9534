//! Keys of people as they come on the command line: recipients and identity files of `age`.

use anyhow::Context as _;
use ledger::{Identity, Recipient};
use std::path::PathBuf;

/// Largest identity file that is read, bytes.
const IDENTITY_BYTES_MAX: usize = 64 << 10;

/// Role holders, each `[ROLE=]age1...`.
pub(crate) fn recipients(texts: &[String]) -> anyhow::Result<Vec<Recipient>> {
    texts.iter().map(|text| Recipient::parse(text).with_context(|| format!("recipient {text:?}"))).collect()
}

/// The identities of all files.
pub(crate) fn identities(paths: &[PathBuf]) -> anyhow::Result<Vec<Identity>> {
    let mut found = Vec::new();
    for path in paths {
        let text = zeroize::Zeroizing::new(crate::inputs::read_text(path, IDENTITY_BYTES_MAX)?);
        found.extend(
            Identity::parse_file(&text).with_context(|| format!("identity file {}", path.display()))?,
        );
    }
    Ok(found)
}
