//! TLS of the receivers: certificates from files, senders vouched for by an authority where the settings name one.

use super::config::Tls;
use crate::error::Hinted;
use anyhow::Context as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Largest file with certificates, bytes.
const PEM_BYTES_MAX: usize = 1 << 20;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What a receiver speaks.
///
/// # Errors
/// Names the file that cannot be read, is no PEM, or does not fit the others.
pub(crate) fn server(settings: &Tls) -> anyhow::Result<Arc<ServerConfig>> {
    let chain = certificates(&settings.certificate)?;
    let key = private_key(&settings.key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .context("TLS cannot be used")?;
    let builder = match &settings.clients {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let roots = Arc::new(authorities(path)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider)
                .build()
                .with_context(|| format!("{}: no authority that can vouch for senders", path.display()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let config = builder.with_single_cert(chain, key).with_context(|| {
        format!("{} does not fit the key {}", settings.certificate.display(), settings.key.display())
    })?;
    Ok(Arc::new(config))
}

/// Certificates of a PEM file, at least one.
pub(crate) fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let text = crate::inputs::read_text(path, PEM_BYTES_MAX)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let all = all.with_context(|| format!("{}: no certificates in PEM form", path.display()))?;
    if all.is_empty() {
        return Err(Hinted::error(
            format!("{}: holds no certificate", path.display()),
            "a PEM file with -----BEGIN CERTIFICATE----- is expected",
        ));
    }
    Ok(all)
}

/// Certificates that vouch for others.
pub(crate) fn authorities(path: &Path) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots
            .add(certificate)
            .with_context(|| format!("{}: a certificate in it cannot be read", path.display()))?;
    }
    Ok(roots)
}

/// A private key that only its owner, or a group, can read.
pub(crate) fn private_key(path: &Path) -> anyhow::Result<PrivateKeyDer<'static>> {
    let mode = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    if mode.permissions().mode() & 0o007 != 0 {
        return Err(Hinted::error(
            format!("{}: everybody on this computer can read this private key", path.display()),
            format!("chmod 600 {}", path.display()),
        ));
    }
    let text = zeroize::Zeroizing::new(crate::inputs::read_text(path, PEM_BYTES_MAX)?);
    PrivateKeyDer::from_pem_slice(text.as_bytes())
        .map_err(|error| anyhow::anyhow!("{}: no private key in PEM form: {error}", path.display()))
}

/// The handshake with a sender; `None`: it failed, which is told.
pub(crate) async fn accept(
    acceptor: &TlsAcceptor,
    stream: TcpStream,
    peer: SocketAddr,
) -> Option<TlsStream<TcpStream>> {
    let why = match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the handshake took too long".to_owned(),
    };
    crate::output::say(&format!("TLS: {} is not heard: {why}", peer.ip()));
    None
}
