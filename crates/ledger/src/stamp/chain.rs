//! Certificates of time-stamp authorities: reading, signatures, and the way from a signer to a pinned one.

use super::asn1::{SHA_256, SHA_384, SHA_512, TIME_STAMPING};
use super::{StampError, StampFault};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cms::cert::x509::Certificate;
use cms::cert::x509::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use cms::cert::x509::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use ring::signature as rs;
use vocab::Timestamp;

/// Most certificates of a file, and of a token.
const CERTIFICATES_MAX: usize = 64;
/// Longest way from a signer to a pinned certificate.
const DEPTH_MAX: usize = 6;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ECDSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// Certificates of time-stamp authorities that you trust, from a file that you keep outside the ledger (LG-TSA-02).
#[derive(Clone, Debug, Default)]
pub struct Authorities {
    pub(super) certificates: Vec<Certificate>,
}

impl Authorities {
    /// Reads certificates in PEM, one after another; other lines are skipped.
    ///
    /// # Errors
    /// `LV-TSA-FORMAT` when there is none, one cannot be read, or there are more than 64.
    pub fn from_pem(text: &str) -> Result<Self, StampError> {
        let broken = |what| StampError { fault: StampFault::Format, what };
        let mut certificates = Vec::new();
        let mut rest = text;
        while let Some((_, begun)) = rest.split_once("-----BEGIN CERTIFICATE-----") {
            let (body, after) = begun
                .split_once("-----END CERTIFICATE-----")
                .ok_or_else(|| broken("a certificate in PEM with its end"))?;
            let body: String = body.split_ascii_whitespace().collect();
            let bytes = BASE64.decode(body).map_err(|_| broken("a certificate in base64"))?;
            certificates.push(Certificate::from_der(&bytes).map_err(|_| broken("a certificate in DER"))?);
            if certificates.len() > CERTIFICATES_MAX {
                return Err(broken("at most 64 certificates"));
            }
            rest = after;
        }
        if certificates.is_empty() { Err(broken("a certificate in PEM")) } else { Ok(Self { certificates }) }
    }
}

/// Checks a signature. `digest` names the hash where the algorithm of the signature does not.
pub(super) fn signature_holds(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    digest: Option<ObjectIdentifier>,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let curve = || key.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok();
    let means: &dyn rs::VerificationAlgorithm = match (key.algorithm.oid, algorithm.oid, digest) {
        (RSA, RSA_SHA_256, _) | (RSA, RSA, Some(SHA_256)) => &rs::RSA_PKCS1_2048_8192_SHA256,
        (RSA, RSA_SHA_384, _) | (RSA, RSA, Some(SHA_384)) => &rs::RSA_PKCS1_2048_8192_SHA384,
        (RSA, RSA_SHA_512, _) | (RSA, RSA, Some(SHA_512)) => &rs::RSA_PKCS1_2048_8192_SHA512,
        (EC, ECDSA_SHA_256, _) if curve() == Some(P_256) => &rs::ECDSA_P256_SHA256_ASN1,
        (EC, ECDSA_SHA_384, _) if curve() == Some(P_256) => &rs::ECDSA_P256_SHA384_ASN1,
        (EC, ECDSA_SHA_256, _) if curve() == Some(P_384) => &rs::ECDSA_P384_SHA256_ASN1,
        (EC, ECDSA_SHA_384, _) if curve() == Some(P_384) => &rs::ECDSA_P384_SHA384_ASN1,
        _ => return false,
    };
    let Some(bytes) = key.subject_public_key.as_bytes() else { return false };
    rs::UnparsedPublicKey::new(means, bytes).verify(message, signature).is_ok()
}

/// The way from `signer` to a pinned certificate, each valid at `time`; the purpose of the signer is time stamping alone.
pub(super) fn follow(
    signer: &Certificate,
    others: &[Certificate],
    pinned: &Authorities,
    time: Timestamp,
) -> Result<(), StampError> {
    let purpose = |what| StampError { fault: StampFault::Purpose, what };
    match signer.tbs_certificate.get::<ExtendedKeyUsage>() {
        Ok(Some((true, usage))) if usage.0 == [TIME_STAMPING] => {}
        _ => return Err(purpose("a certificate for time stamping alone, marked critical (RFC 3161, 2.3)")),
    }
    let mut present = signer;
    for depth in 0..DEPTH_MAX {
        if !valid_at(present, time) {
            return Err(StampError {
                fault: StampFault::Time,
                what: "a certificate valid at the time of the token",
            });
        }
        if depth > 0 && !may_issue(present) {
            return Err(purpose("a certificate of an authority that may issue others"));
        }
        if pinned.certificates.contains(present) {
            return Ok(());
        }
        let issued = |candidate: &&Certificate| {
            candidate.tbs_certificate.subject == present.tbs_certificate.issuer
                && signed_by(present, candidate)
        };
        let Some(issuer) = pinned.certificates.iter().chain(others).find(issued) else {
            let what = "a way from the signer to a certificate that you trust";
            return Err(StampError { fault: StampFault::Key, what });
        };
        present = issuer;
    }
    Err(StampError { fault: StampFault::Key, what: "a way of at most six certificates" })
}

fn valid_at(certificate: &Certificate, time: Timestamp) -> bool {
    let validity = &certificate.tbs_certificate.validity;
    let seconds = |time: &cms::cert::x509::time::Time| {
        Timestamp::from_seconds(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
    };
    seconds(&validity.not_before) <= time && time <= seconds(&validity.not_after).plus(999_999)
}

fn may_issue(certificate: &Certificate) -> bool {
    let tbs = &certificate.tbs_certificate;
    matches!(tbs.get::<BasicConstraints>(), Ok(Some((_, constraints))) if constraints.ca)
        && match tbs.get::<KeyUsage>() {
            Ok(None) => true,
            Ok(Some((_, usage))) => usage.key_cert_sign(),
            Err(_) => false,
        }
}

fn signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let Ok(message) = certificate.tbs_certificate.to_der() else { return false };
    let key = &issuer.tbs_certificate.subject_public_key_info;
    let signature = certificate.signature.as_bytes().unwrap_or_default();
    certificate.signature_algorithm == certificate.tbs_certificate.signature
        && signature_holds(key, &certificate.signature_algorithm, None, &message, signature)
}
