//! Encryption to recipients with `age`: what the stock tool of that name opens, and the other way round.

use crate::error::{Hinted, Usage};
use anyhow::Context as _;
use bundle::{Seal, SealError, Unseal};
use std::io::{Read as _, Write as _};
use std::path::Path;

/// Largest content that is decrypted, bytes.
const PLAIN_BYTES_MAX: u64 = 512 << 20;
/// Largest file with identities, bytes.
const IDENTITY_BYTES_MAX: usize = 64 << 10;

/// Recipients of `age`, each able to open what is sealed.
pub(crate) struct Recipients(Vec<age::x25519::Recipient>);

/// Identities of `age`.
pub(crate) struct Identities(Vec<age::x25519::Identity>);

impl Recipients {
    /// Reads recipients (`age1...`).
    pub(crate) fn parse(keys: &[String]) -> anyhow::Result<Self> {
        let parse = |key: &String| {
            key.parse().map_err(|_| {
                Usage::error(
                    format!("{key:?} is no recipient of age"),
                    "give the line that `age-keygen -y` prints; it begins with age1",
                )
            })
        };
        Ok(Self(keys.iter().map(parse).collect::<anyhow::Result<_>>()?))
    }
}

impl Seal for Recipients {
    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let told = |error: &dyn std::fmt::Display| SealError(format!("encryption failed: {error}"));
        let keys = self.0.iter().map(|key| key as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(keys).map_err(|error| told(&error))?;
        let mut out = Vec::with_capacity(plain.len() + 512);
        let mut writer = encryptor.wrap_output(&mut out).map_err(|error| told(&error))?;
        writer.write_all(plain).map_err(|error| told(&error))?;
        writer.finish().map_err(|error| told(&error))?;
        Ok(out)
    }
}

impl Identities {
    /// Reads a file as `age-keygen` writes it.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = crate::inputs::read_text(path, IDENTITY_BYTES_MAX)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Option<Vec<_>> = lines.map(|line| line.parse().ok()).collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(Self(keys)),
            _ => Err(Hinted::error(
                format!("{} holds no identity of age", path.display()),
                "give a file as `age-keygen` writes it",
            )),
        }
    }
}

impl Unseal for Identities {
    fn unseal(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let decryptor = age::Decryptor::new(sealed).context("header").ok()?;
        let keys = self.0.iter().map(|key| key as &dyn age::Identity);
        let reader = decryptor.decrypt(keys).ok()?;
        let mut out = Vec::new();
        #[expect(clippy::disallowed_methods, reason = "`take` is the cap")]
        reader.take(PLAIN_BYTES_MAX).read_to_end(&mut out).ok()?;
        Some(out)
    }
}
