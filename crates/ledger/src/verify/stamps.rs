//! Tokens against the entries that tell of them, and against certificates given (LG-TSA-02, -03, LF-21).

use super::{Code, VerifyOptions, VerifyReport};
use crate::replay::{Fault, Replay};
use crate::stamp::{NOTE_SUFFIX, REPLY_SUFFIX, STAMP_BYTES_MAX, StampFault, TOKENS_FOLDER, check_kept_stamp};
use crate::{Error, files, note, tree};
use std::path::Path;

const fn code(fault: StampFault) -> Code {
    match fault {
        StampFault::Format => Code::TsaFormat,
        StampFault::Hash => Code::TsaHash,
        StampFault::Purpose => Code::TsaPurpose,
        StampFault::Sig => Code::TsaSig,
        StampFault::Key => Code::TsaKey,
        StampFault::Time => Code::TsaTime,
        StampFault::Order => Code::TsaOrder,
    }
}

/// Every token that an entry names is there, unchanged, over a head of this ledger, and holds.
pub(super) fn check(folder: &Path, replay: &Replay, options: &VerifyOptions, report: &mut VerifyReport) {
    for stamp in &replay.stamps {
        let file = |suffix| Path::new(TOKENS_FOLDER).join(format!("{}.{suffix}", stamp.size));
        let mut fail = |code, what, suffix| {
            report.fail(&Fault::at(code, what, stamp.index), &file(suffix), 0, None);
        };
        match files::read_small(&folder.join(file(REPLY_SUFFIX)), STAMP_BYTES_MAX) {
            Ok(reply) if tree::sha256(&reply) == stamp.token => {}
            Ok(_) | Err(Error::Limit { .. }) => {
                fail(Code::Damage, "a time-stamp token was changed", REPLY_SUFFIX);
                continue;
            }
            Err(_) => {
                fail(Code::Missing, "a time-stamp token", REPLY_SUFFIX);
                continue;
            }
        }
        let note =
            files::read_small(&folder.join(file(NOTE_SUFFIX)), note::NOTE_BYTES_MAX).unwrap_or_default();
        let ours = replay.log_keys.check(&note);
        if !ours.is_ok_and(|(head, _)| head.size == stamp.size) {
            fail(Code::TsaHash, "the head that was stamped", NOTE_SUFFIX);
            continue;
        }
        // The entry and the heads behind it cover the token: a certificate may have expired since (LG-TSA-02).
        match check_kept_stamp(folder, stamp.size, None, options.authorities.as_ref(), None) {
            Ok(stamped) => {
                if stamped.trusted && report.stamped.is_none_or(|(size, _)| size < stamp.size) {
                    report.stamped = Some((stamp.size, stamped.time));
                }
            }
            Err(Error::Stamp(error)) => fail(code(error.fault), error.what, REPLY_SUFFIX),
            Err(_) => fail(Code::Missing, "the request of a time-stamp token", "tsq"),
        }
    }
    if !replay.stamps.is_empty() && options.authorities.is_none() {
        let what = "time-stamp tokens are whole; whose they are was not asked".to_owned();
        report.warn(Code::TsaKey, what);
    }
}
