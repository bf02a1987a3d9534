//! TLS of the channels: the authorities of the system, and those of one's own beside them.

use crate::error::Hinted;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::path::Path;

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
