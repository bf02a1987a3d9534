//! What follows `ssh2: ` in O01: how the key, certificate, host or principal is described.

use vocab::{AuthMethod, Event};

/// The parts of INFO that are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Info<'a> {
    /// Fingerprint of the key or of the key inside the certificate's authority line.
    pub(super) key: &'a str,
    /// Key id of a certificate: chosen by whoever made it (DT-HOS-05).
    pub(super) certificate: Option<&'a str>,
    /// Fingerprint of the authority.
    pub(super) authority: Option<&'a str>,
    /// Part chosen by the client: client user and host of a host-based login.
    pub(super) free: Option<&'a str>,
}

impl<'a> Info<'a> {
    /// Could the free parts hold a forged tail?
    pub(super) fn is_suspicious(self) -> bool {
        [self.certificate, self.free]
            .into_iter()
            .flatten()
            .any(|text| text.contains(" from ") || text.contains(" port ") || text.contains(" (serial "))
    }

    /// Sets key id and certificate id.
    pub(super) fn fill(self, event: &mut Event<'a>) {
        if !self.key.is_empty() {
            event.key_id = Some(self.key.into());
        }
        if let Some(id) = self.certificate {
            event.auth_method = Some(AuthMethod::Certificate);
            event.push_extra("certificate_id", crate::grammar::text::unescape(id));
        }
        if let Some(authority) = self.authority {
            event.push_extra("certificate_authority", authority);
        }
        if let Some(free) = self.free {
            event.push_extra("auth_info", free);
        }
    }
}

/// Reads the complete INFO text, or nothing. `kerberos` = the method gives a principal in place of a key.
pub(super) fn info(text: &str, kerberos: bool) -> Option<Info<'_>> {
    if kerberos {
        return crate::grammar::text::is_word(text).then_some(Info { free: Some(text), ..Info::default() });
    }
    let (kind, rest) = text.split_once(' ')?;
    if !is_kind(kind) {
        return None;
    }
    if let Some(rest) = rest.strip_prefix("ID ") {
        return certificate(rest);
    }
    let (key, free) = match rest.split_once(", ") {
        Some((key, free)) => (key, Some(free)),
        None => (rest, None),
    };
    let good = is_fingerprint(key) && free.is_none_or(is_host_info);
    good.then_some(Info { key, free, ..Info::default() })
}

/// `<key id> (serial n) CA TYPE FP[, info]`.
fn certificate(text: &str) -> Option<Info<'_>> {
    let at = text.rfind(" (serial ")?;
    let (id, rest) = (text.get(..at)?, text.get(at + 9..)?);
    let (serial, rest) = rest.split_once(") CA ")?;
    let (kind, rest) = rest.split_once(' ')?;
    let (authority, free) = match rest.split_once(", ") {
        Some((fp, free)) => (fp, Some(free)),
        None => (rest, None),
    };
    let good = serial.len() <= 20
        && serial.bytes().all(|b| b.is_ascii_digit())
        && is_kind(kind)
        && is_fingerprint(authority)
        && free.is_none_or(is_host_info);
    good.then_some(Info { certificate: Some(id), authority: Some(authority), free, key: "" })
}

/// `client user "X", client host "Y"`.
fn is_host_info(text: &str) -> bool {
    text.starts_with("client user \"") && text.ends_with('"')
}

/// A key type: `RSA`, `ED25519-SK`, `ECDSA-CERT`.
fn is_kind(text: &str) -> bool {
    (2..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}

/// A fingerprint: `SHA256:...`, `MD5:aa:bb`, or bare hex pairs; no spaces.
pub(super) fn is_fingerprint(text: &str) -> bool {
    (8..=160).contains(&text.len())
        && text.contains(':')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'+' | b'/' | b'=' | b'-'))
}
