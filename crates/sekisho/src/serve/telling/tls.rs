//! TLS of the channels: the authorities of the system, and those of one's own beside them.

use crate::error::Hinted;
use anyhow::Context as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;
use std::path::Path;
use std::sync::Arc;

/// Largest file with certificates, bytes.
pub(super) const CERTIFICATES_BYTES_MAX: usize = 1 << 20;

/// The certificates in a file.
///
/// # Errors
/// Names the file when it cannot be read or holds none.
pub(super) fn authorities(file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let pem = crate::inputs::read_text(file, CERTIFICATES_BYTES_MAX)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match read {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(Hinted::error(
            format!("{}: no certificate can be read", file.display()),
            "expected certificates of authorities in PEM",
        )),
    }
}

/// What a client trusts: the authorities of the system, and those in the file beside them.
///
/// # Errors
/// Names the file when it cannot be read or holds none.
pub(super) fn config(file: Option<&Path>) -> anyhow::Result<rustls::ClientConfig> {
    let extra = file.map_or_else(|| Ok(Vec::new()), authorities)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider));
    let verifier = Verifier::new_with_extra_roots(extra, provider).context("cannot set up TLS")?;
    let builder = builder.with_safe_default_protocol_versions().context("cannot set up TLS")?;
    // "dangerous" is the name for any verifier but the simplest; this one checks as the system does.
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}
