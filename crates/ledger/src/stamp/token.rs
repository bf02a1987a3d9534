//! Requests, and checking replies.

use super::asn1::{
    CONTENT_TYPE, EssCertId, EssCertIdV2, MESSAGE_DIGEST, MessageImprint, SHA_256, SHA_384, SHA_512,
    SIGNED_DATA, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, SigningCertificate, TST_INFO, TimeStampReq,
    TimeStampResp, TstInfo, gen_time,
};
use super::chain::{self, Authorities};
use super::{STAMP_BYTES_MAX, StampError, StampFault};
use crate::{Hash, tree};
use cms::cert::CertificateChoices;
use cms::cert::x509::Certificate;
use cms::cert::x509::ext::pkix::SubjectKeyIdentifier;
use cms::cert::x509::spki::AlgorithmIdentifierOwned;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use der::asn1::{Any, Int, ObjectIdentifier, OctetString};
use der::{Decode as _, Encode as _};
use ring::digest;
use vocab::Timestamp;

/// What a token says that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// The moment before which the message existed.
    pub time: Timestamp,
    /// How far the moment may be off, in microseconds, where the authority says so.
    pub accuracy_micros: Option<i64>,
    /// Object identifier of the policy of the authority.
    pub policy: String,
    /// Serial number of the token, in hexadecimal digits.
    pub serial: String,
    /// SHA-256 of the public key of the signer (`SubjectPublicKeyInfo` in DER).
    pub authority: Hash,
    /// Whether a way to a trusted certificate was asked for and found.
    pub trusted: bool,
}

const fn fail<T>(fault: StampFault, what: &'static str) -> Result<T, StampError> {
    Err(StampError { fault, what })
}

/// A request for a token over `message`: SHA-256, this nonce, certificates wanted (RFC 3161, 2.4.1).
///
/// # Errors
/// `LV-TSA-FORMAT` where it cannot be encoded.
pub fn stamp_request(message: &[u8], nonce: [u8; 8]) -> Result<Vec<u8>, StampError> {
    // A positive number in its shortest form: the first byte is between 0x40 and 0x7f.
    let mut nonce = nonce;
    if let Some(first) = nonce.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    let encode = || {
        TimeStampReq {
            version: 1,
            message_imprint: MessageImprint {
                hash_algorithm: AlgorithmIdentifierOwned { oid: SHA_256, parameters: Some(Any::null()) },
                hashed_message: OctetString::new(tree::sha256(message))?,
            },
            req_policy: None,
            nonce: Some(Int::new(&nonce)?),
            cert_req: true,
            extensions: None,
        }
        .to_der()
    };
    encode().or_else(|_: der::Error| fail(StampFault::Format, "a request that can be encoded"))
}

/// Checks the reply of an authority to `request` (where that is at hand) about `message`: the imprint, the nonce, the
/// certificate that the token names, its signature, its purpose, and, with `pinned`, the way to a certificate that is
/// trusted and its validity at the time of the token; with `now`, at that time too.
///
/// # Errors
/// What does not hold, each with a code of its own (LG-TSA-03).
pub fn check_stamp(
    reply: &[u8],
    message: &[u8],
    request: Option<&[u8]>,
    pinned: Option<&Authorities>,
    now: Option<Timestamp>,
) -> Result<Stamped, StampError> {
    let signed = signed_data(reply)?;
    let content = signed.encap_content_info.econtent.as_ref().map_or(&[][..], Any::value);
    let info = TstInfo::from_der(content).or_else(|_| fail(StampFault::Format, "TSTInfo in DER"))?;
    let Some(time) = gen_time(&info.gen_time).filter(|_| info.version == 1) else {
        return fail(StampFault::Format, "version and time of a token");
    };
    check_imprint(&info, message, request)?;
    let others = certificates(&signed);
    let [signer_info] = signed.signer_infos.0.as_slice() else {
        return fail(StampFault::Format, "one signer");
    };
    let known = others.iter().chain(pinned.iter().flat_map(|pinned| &pinned.certificates));
    let Some(signer) = known.into_iter().find(|one| names(&signer_info.sid, one)) else {
        return fail(StampFault::Key, "the certificate of the signer, in the token or among those given");
    };
    check_signature(signer_info, signer, content)?;
    if let Some(pinned) = pinned {
        for moment in [Some(time), now].into_iter().flatten() {
            chain::follow(signer, &others, pinned, moment)?;
        }
    }
    let key = signer.tbs_certificate.subject_public_key_info.to_der();
    let accuracy = info.accuracy.as_ref().map(|accuracy| {
        i64::from(accuracy.seconds.unwrap_or(0)) * 1_000_000
            + i64::from(accuracy.millis.unwrap_or(0)) * 1_000
            + i64::from(accuracy.micros.unwrap_or(0))
    });
    Ok(Stamped {
        time,
        accuracy_micros: accuracy,
        policy: info.policy.to_string(),
        serial: hex::encode(info.serial_number.as_bytes()),
        authority: tree::sha256(&key.unwrap_or_default()),
        trusted: pinned.is_some(),
    })
}

/// The signed content of a reply that grants a token.
fn signed_data(reply: &[u8]) -> Result<SignedData, StampError> {
    if reply.len() > STAMP_BYTES_MAX {
        return fail(StampFault::Format, "a reply of at most 64 KiB");
    }
    let Ok(response) = TimeStampResp::from_der(reply) else {
        return fail(StampFault::Format, "TimeStampResp in DER");
    };
    let Some(token) = response.token.filter(|_| response.status.status <= 1) else {
        return fail(StampFault::Format, "a reply that grants a token");
    };
    let content = token.content.to_der().unwrap_or_default();
    let signed = SignedData::from_der(&content);
    let Ok(signed) = signed.map_err(drop).and_then(|signed| {
        let right = token.content_type == SIGNED_DATA && signed.encap_content_info.econtent_type == TST_INFO;
        if right { Ok(signed) } else { Err(()) }
    }) else {
        return fail(StampFault::Format, "signed data with a TSTInfo");
    };
    // Reading puts sets in order: what differs when it is written again was not in the order of DER.
    if signed.to_der().unwrap_or_default() != content {
        return fail(StampFault::Order, "sets in the order of DER");
    }
    Ok(signed)
}

fn check_imprint(info: &TstInfo, message: &[u8], request: Option<&[u8]>) -> Result<(), StampError> {
    let imprint = &info.message_imprint;
    let right =
        imprint.hash_algorithm.oid == SHA_256 && imprint.hashed_message.as_bytes() == tree::sha256(message);
    if !right {
        return fail(StampFault::Hash, "a token over this head (SHA-256)");
    }
    let Some(request) = request else { return Ok(()) };
    let Ok(request) = TimeStampReq::from_der(request) else {
        return fail(StampFault::Format, "TimeStampReq in DER");
    };
    if info.nonce != request.nonce || request.message_imprint != *imprint {
        return fail(StampFault::Hash, "an answer to this request (nonce)");
    }
    Ok(())
}

fn certificates(signed: &SignedData) -> Vec<Certificate> {
    let choices = signed.certificates.as_ref().map(|set| set.0.as_slice()).unwrap_or_default();
    let certificate = |choice: &CertificateChoices| match choice {
        CertificateChoices::Certificate(certificate) => Some(certificate.clone()),
        CertificateChoices::Other(_) => None,
    };
    choices.iter().take(64).filter_map(certificate).collect()
}

fn names(sid: &SignerIdentifier, certificate: &Certificate) -> bool {
    let tbs = &certificate.tbs_certificate;
    match sid {
        SignerIdentifier::IssuerAndSerialNumber(name) => {
            name.issuer == tbs.issuer && name.serial_number == tbs.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            tbs.get::<SubjectKeyIdentifier>().is_ok_and(|found| found.is_some_and(|(_, found)| found == *id))
        }
    }
}

/// The signed attributes (RFC 5652, 5.4; RFC 5816): content type, digest, certificate, and the signature over them.
fn check_signature(info: &SignerInfo, signer: &Certificate, content: &[u8]) -> Result<(), StampError> {
    let Some(attributes) = &info.signed_attrs else {
        return fail(StampFault::Sig, "signed attributes");
    };
    let value = |oid: ObjectIdentifier| {
        let mut found = attributes.iter().filter(|attribute| attribute.oid == oid);
        match (found.next().map(|attribute| attribute.values.as_slice()), found.next()) {
            (Some([value]), None) => Some(value),
            _ => None,
        }
    };
    let kind = value(CONTENT_TYPE).and_then(|value| value.decode_as::<ObjectIdentifier>().ok());
    let digested = value(MESSAGE_DIGEST).and_then(|value| value.decode_as::<OctetString>().ok());
    let expected = hash(info.digest_alg.oid, content);
    let right = kind == Some(TST_INFO)
        && expected.is_some()
        && digested.as_ref().map(|digest| digest.as_bytes().to_vec()) == expected;
    if !right {
        return fail(StampFault::Sig, "the digest of the token in its signed attributes");
    }
    let whole = signer.to_der().unwrap_or_default();
    let named = match (value(SIGNING_CERTIFICATE_V2), value(SIGNING_CERTIFICATE)) {
        (Some(value), _) => first_id::<EssCertIdV2>(value).is_some_and(|id| {
            let algorithm = id.algorithm.map_or(SHA_256, |algorithm| algorithm.oid);
            hash(algorithm, &whole).is_some_and(|digest| digest == id.hash.as_bytes())
        }),
        (None, Some(value)) => first_id::<EssCertId>(value).is_some_and(|id| {
            digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &whole).as_ref() == id.hash.as_bytes()
        }),
        (None, None) => false,
    };
    if !named {
        return fail(StampFault::Sig, "the digest of the signer's certificate in the signed attributes");
    }
    let message = attributes.to_der().unwrap_or_default();
    let key = &signer.tbs_certificate.subject_public_key_info;
    let digest = Some(info.digest_alg.oid);
    if chain::signature_holds(key, &info.signature_algorithm, digest, &message, info.signature.as_bytes()) {
        Ok(())
    } else {
        fail(
            StampFault::Sig,
            "a signature by the certificate that the token names (RSA, ECDSA P-256 or P-384)",
        )
    }
}

fn first_id<T: for<'a> der::Decode<'a>>(value: &Any) -> Option<T> {
    let list: SigningCertificate = value.decode_as().ok()?;
    T::from_der(&list.certs.first()?.to_der().ok()?).ok()
}

fn hash(algorithm: ObjectIdentifier, bytes: &[u8]) -> Option<Vec<u8>> {
    let means = match algorithm {
        SHA_256 => &digest::SHA256,
        SHA_384 => &digest::SHA384,
        SHA_512 => &digest::SHA512,
        _ => return None,
    };
    Some(digest::digest(means, bytes).as_ref().to_vec())
}
