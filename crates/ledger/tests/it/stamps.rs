//! Time-stamp tokens made by `openssl ts`, which shares no code with ours (LG-TSA-01 to -03, LF-21). Where the program is
//! missing these tests say that they skip.

use crate::support::{NOW, genesis, overwrite, place, resume};
use ledger::{
    Authorities, Code, EntryKind, Error, Ledger, StampFault, VerifyOptions, check_stamp, prepare_stamp,
    stamp_request, verify,
};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use vocab::Timestamp;

const CONFIG: &str = "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\ncrypto_device = builtin\nsigner_digest = sha256\n\
    default_policy = 1.2.3.4.1\ndigests = sha256\naccuracy = secs:1, millisecs:500\nordering = no\ntsa_name = no\n\
    ess_cert_id_chain = no\ness_cert_id_alg = sha256\n";

fn openssl(folder: &Path, line: &str) -> bool {
    Command::new("openssl")
        .args(line.split(' '))
        .current_dir(folder)
        .output()
        .is_ok_and(|ran| ran.status.success())
}

/// An authority: a root, and a signer with an RSA or elliptic key; `wrong`: a signer for another purpose.
fn authority(folder: &Path) -> bool {
    overwrite(&folder.join("tsa.cnf"), CONFIG.as_bytes());
    overwrite(&folder.join("serial"), b"01\n");
    let purpose = |name: &str, usage: &str| overwrite(&folder.join(name), usage.as_bytes());
    purpose("stamp.ext", "extendedKeyUsage=critical,timeStamping\n");
    purpose("wrong.ext", "extendedKeyUsage=timeStamping\n");
    let root = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout root.key -out root.pem -days 20 \
         -subj /CN=root";
    if !openssl(folder, root) {
        return false;
    }
    for (name, key, extension) in [
        ("rsa", "rsa:2048", "stamp.ext"),
        ("ec", "ec -pkeyopt ec_paramgen_curve:P-256", "stamp.ext"),
        ("wrong", "ec -pkeyopt ec_paramgen_curve:P-256", "wrong.ext"),
    ] {
        let request = format!("req -newkey {key} -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}");
        let sign = format!(
            "x509 -req -in {name}.csr -CA root.pem -CAkey root.key -CAcreateserial -out {name}.pem -days 10 -extfile {extension}"
        );
        if !openssl(folder, &request) || !openssl(folder, &sign) {
            return false;
        }
    }
    true
}

fn reply(folder: &Path, request: &[u8], signer: &str) -> Vec<u8> {
    overwrite(&folder.join("q.tsq"), request);
    let line = format!(
        "ts -reply -config tsa.cnf -queryfile q.tsq -signer {signer}.pem -inkey {signer}.key -out r.tsr"
    );
    assert!(openssl(folder, &line), "{line}");
    std::fs::read(folder.join("r.tsr")).unwrap()
}

fn pinned(folder: &Path, name: &str) -> Authorities {
    Authorities::from_pem(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn tokens_of_openssl_hold_and_changed_ones_do_not() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    if !authority(folder) {
        eprintln!("skipped: `openssl` (package openssl) is missing");
        return;
    }
    let root = pinned(folder, "root.pem");
    let message = b"a head";
    let request = stamp_request(message, [0xff; 8]).unwrap();
    for signer in ["rsa", "ec"] {
        let token = reply(folder, &request, signer);
        let (itself, stranger) = (pinned(folder, &format!("{signer}.pem")), pinned(folder, "wrong.pem"));
        let check =
            |reply: &[u8], pinned, now| check_stamp(reply, message, Some(&request), Some(pinned), now);
        let stamped = check(&token, &root, None).unwrap();
        assert!(
            stamped.trusted && stamped.accuracy_micros == Some(1_500_000) && stamped.policy == "1.2.3.4.1"
        );
        assert!(check(&token, &root, Some(stamped.time.plus(1))).is_ok());
        // The same by the pinned certificate of the signer alone; not by that of another.
        assert!(check(&token, &itself, None).is_ok());
        let fault =
            |result: Result<_, ledger::StampError>| result.map(|_: ledger::Stamped| ()).unwrap_err().fault;
        assert_eq!(fault(check(&token, &stranger, None)), StampFault::Key);
        let later = Timestamp(stamped.time.0 + 11 * 86_400_000_000);
        assert_eq!(fault(check(&token, &root, Some(later))), StampFault::Time, "an expired certificate");
        assert_eq!(fault(check_stamp(&token, b"another head", None, Some(&root), None)), StampFault::Hash);
        let other = stamp_request(message, [1; 8]).unwrap();
        let replayed = check_stamp(&token, message, Some(&other), Some(&root), None);
        assert_eq!(fault(replayed), StampFault::Hash, "an answer to another request");
        // Every changed byte: refused, or the statement is the same. Versions and lists of algorithms stand outside the
        // signature (RFC 5652); in a ledger the digest in the entry covers them.
        let mut uncovered = 0;
        for at in 0..token.len() {
            let mut bytes = token.clone();
            bytes[at] ^= 1;
            if let Ok(found) = check(&bytes, &root, None) {
                assert_eq!(found, stamped, "byte {at}");
                uncovered += 1;
            }
        }
        assert!(uncovered < 64, "{uncovered} of {} bytes", token.len());
    }
    let wrong = reply_of_wrong_purpose(folder, &request);
    if let Some(wrong) = wrong {
        let found = check_stamp(&wrong, message, Some(&request), Some(&root), None);
        assert_eq!(found.unwrap_err().fault, StampFault::Purpose);
    }
    assert_eq!(check_stamp(b"", message, None, None, None).unwrap_err().fault, StampFault::Format);
}

/// LF-21: certificates that are not in the order of DER have a code of their own; in that order the same token holds.
#[test]
fn sets_out_of_order_have_their_own_code() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    if !authority(folder) {
        eprintln!("skipped: `openssl` (package openssl) is missing");
        return;
    }
    let message = b"a head";
    let request = stamp_request(message, [5; 8]).unwrap();
    overwrite(&folder.join("q.tsq"), &request);
    let line =
        "ts -reply -config tsa.cnf -queryfile q.tsq -signer ec.pem -inkey ec.key -chain root.pem -out r.tsr";
    assert!(openssl(folder, line), "{line}");
    let token = std::fs::read(folder.join("r.tsr")).unwrap();
    let der = |name: &str| {
        assert!(openssl(folder, &format!("x509 -in {name}.pem -outform DER -out {name}.der")));
        std::fs::read(folder.join(format!("{name}.der"))).unwrap()
    };
    let (signer, root) = (der("ec"), der("root"));
    let place =
        |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).position(|window| window == part).unwrap();
    let begin = place(&token, &signer).min(place(&token, &root));
    let with = |first: &[u8], second: &[u8]| {
        let mut bytes = token.clone();
        bytes[begin..begin + first.len() + second.len()].copy_from_slice(&[first, second].concat());
        check_stamp(&bytes, message, Some(&request), Some(&pinned(folder, "root.pem")), None)
    };
    // DER: ascending by the encodings.
    let (low, high) = if signer < root { (&signer, &root) } else { (&root, &signer) };
    assert!(with(low, high).is_ok());
    assert_eq!(with(high, low).unwrap_err().fault, StampFault::Order);
}

/// `openssl` itself refuses to sign with such a certificate; where it does, there is nothing to check.
fn reply_of_wrong_purpose(folder: &Path, request: &[u8]) -> Option<Vec<u8>> {
    overwrite(&folder.join("q.tsq"), request);
    let line = "ts -reply -config tsa.cnf -queryfile q.tsq -signer wrong.pem -inkey wrong.key -out w.tsr";
    openssl(folder, line).then(|| std::fs::read(folder.join("w.tsr")).ok()).flatten()
}

/// A token kept in a ledger: an entry names it, `verify` checks it, and a lost or changed one is named.
#[test]
fn a_kept_token_is_verified_with_the_ledger() {
    let (temporary, folder) = place();
    if !authority(temporary.path()) {
        eprintln!("skipped: `openssl` (package openssl) is missing");
        return;
    }
    let root = pinned(temporary.path(), "root.pem");
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    let stream = ledger.open_stream("s", "case", NOW).unwrap();
    ledger.append(stream, EntryKind::Record, NOW, &json!({ "op": "open" })).unwrap();
    ledger.checkpoint(NOW).unwrap();
    let (size, request) = prepare_stamp(&folder, [3; 8]).unwrap();
    let token = reply(temporary.path(), &request, "ec");
    let mut foreign = token.clone();
    *foreign.last_mut().unwrap() ^= 1;
    let now = check_stamp(&token, &std::fs::read(folder.join("checkpoint")).unwrap(), None, None, None)
        .unwrap()
        .time;
    assert!(matches!(ledger.keep_stamp(size, &foreign, Some(&root), now), Err(Error::Stamp(_))));
    let (index, stamped) = ledger.keep_stamp(size, &token, Some(&root), now).unwrap();
    ledger.close(now).unwrap();
    let with = |authorities| {
        let options = VerifyOptions { authorities, ..VerifyOptions::default() };
        verify(&folder, &options).unwrap()
    };
    let report = with(Some(root.clone()));
    assert!(report.holds(), "{:?}", report.failures);
    assert_eq!(report.stamped, Some((size, stamped.time)));
    let report = with(None);
    assert!(report.holds() && report.warnings.iter().any(|warning| warning.code == Code::TsaKey));
    let codes =
        |authorities| with(authorities).failures.iter().map(|one| (one.code, one.index)).collect::<Vec<_>>();
    let other = pinned(temporary.path(), "wrong.pem");
    assert_eq!(codes(Some(other)), [(Code::TsaKey, Some(index.0))]);
    let path = folder.join(format!("tokens/{size}.tsr"));
    overwrite(&path, &foreign);
    assert_eq!(codes(None), [(Code::Damage, Some(index.0))]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(codes(None), [(Code::Missing, Some(index.0))]);
    overwrite(&path, &token);
    assert!(prepare_stamp(&folder, [4; 8]).is_ok(), "a newer head may have its own token");
    let (ledger, _) = Ledger::open(&folder, &resume(1)).unwrap();
    drop(ledger);
}
