//! Certificates of agents: an authority of this installation's own, made at the first agent, vouches for the server and the
//! agents. Nothing of it expires; an agent that may not send any more is struck off the list in the state.

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use sha2::{Digest as _, Sha256};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Files of the authority, below the data folder.
pub(crate) struct Authority {
    folder: PathBuf,
}

/// A certificate with its key.
pub(crate) struct Issued {
    /// The certificate, PEM.
    pub(crate) certificate: String,
    /// The key, PEM. Secret.
    pub(crate) key: zeroize::Zeroizing<String>,
    /// SHA-256 of the certificate, hexadecimal.
    pub(crate) digest: String,
}

/// SHA-256 of a certificate, hexadecimal.
pub(crate) fn digest(certificate: &[u8]) -> String {
    hex::encode(Sha256::digest(certificate))
}

/// A file that only its owner can read, and that was not there before.
pub(crate) fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let name = || format!("cannot write {}", path.display());
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).with_context(name)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).with_context(name)
}

fn params(name: &str) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(vec![name.to_owned()]).context("name of a certificate")?;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Sekisho agents");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

impl Authority {
    /// The authority of an installation; made when there is none yet.
    ///
    /// # Errors
    /// When its folder cannot be written.
    pub(crate) fn open(data: &Path) -> anyhow::Result<Self> {
        let authority = Self { folder: data.join("agents") };
        crate::output::private_folder(&authority.folder)?;
        if !authority.server_key().exists() {
            authority.make()?;
        }
        Ok(authority)
    }

    /// Makes authority and server; what an interrupted try left is made anew, since nothing rests on it yet.
    fn make(&self) -> anyhow::Result<()> {
        let key = KeyPair::generate().context("cannot make a key")?;
        let certificate = authority_params().self_signed(&key).context("cannot make an authority")?;
        for path in [self.certificate(), self.key(), self.server_certificate()] {
            drop(std::fs::remove_file(path));
        }
        write_new(&self.key(), &zeroize::Zeroizing::new(key.serialize_pem()))?;
        write_new(&self.certificate(), &certificate.pem())?;
        let server = self.issue(crate::agent::wire::SERVER_NAME, ExtendedKeyUsagePurpose::ServerAuth)?;
        write_new(&self.server_certificate(), &server.certificate)?;
        // The last file: with it, all are there.
        write_new(&self.server_key(), &server.key)
    }

    /// Certificate of the authority.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.join("authority.key")
    }

    /// Certificate of the server.
    pub(crate) fn server_certificate(&self) -> PathBuf {
        self.folder.join("server.pem")
    }

    /// Key of the server.
    pub(crate) fn server_key(&self) -> PathBuf {
        self.folder.join("server.key")
    }

    /// A certificate for an agent.
    ///
    /// # Errors
    /// When the key of the authority cannot be read.
    pub(crate) fn agent(&self, name: &str) -> anyhow::Result<Issued> {
        self.issue(name, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(&self, name: &str, purpose: ExtendedKeyUsagePurpose) -> anyhow::Result<Issued> {
        let text = zeroize::Zeroizing::new(crate::inputs::read_text(&self.key(), 1 << 16)?);
        let own = KeyPair::from_pem(&text).with_context(|| format!("{}: no key", self.key().display()))?;
        let issuer = Issuer::new(authority_params(), own);
        let key = KeyPair::generate().context("cannot make a key")?;
        let mut params = params(name)?;
        params.extended_key_usages = vec![purpose];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &issuer).context("cannot make a certificate")?;
        let digest = digest(certificate.der());
        Ok(Issued { certificate: certificate.pem(), key: key.serialize_pem().into(), digest })
    }
}

/// May this be the name of an agent?
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let ends = |c: char| c.is_ascii_alphanumeric();
    !name.is_empty()
        && name.len() <= 63
        && name.chars().all(fits)
        && name.starts_with(ends)
        && name.ends_with(ends)
        && name != crate::agent::wire::SERVER_NAME
}
