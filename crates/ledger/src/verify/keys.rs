//! Which log key signed what, which was revoked, and whether they are those that are expected (LG-EPO-04, LF-13).

use super::{Code, VerifyOptions, VerifyReport};
use crate::logkey::Authority;
use crate::replay::{Fault, Replay};
use std::path::Path;

/// The heads that one log key signed, among those that hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedHeads {
    /// Number of the key.
    pub key: u64,
    /// How many heads: those that the ledger keeps, the published one, and those given.
    pub count: u64,
    /// Smallest and largest size among them.
    pub sizes: (u64, u64),
}

/// Takes in statements from elsewhere, compares the keys with those expected, and names what a revocation leaves unproven.
pub(super) fn check(replay: &mut Replay, options: &VerifyOptions, report: &mut VerifyReport) {
    let segments = Path::new("segments");
    let size = replay.size();
    for (name, statement) in &options.statements {
        let what = match replay.log_keys.revoke_outside(statement, size, &replay.governance) {
            Ok(true) => continue,
            Ok(false) => "a statement about the log keys of this ledger",
            Err(_) => "a revocation by the root key or two people of this ledger",
        };
        report.fail(&Fault::new(Code::Key, what), Path::new(name), 0, None);
    }
    let keys = &replay.log_keys;
    let logs = options.policy.as_ref().map_or(&[][..], |policy| policy.logs.as_slice());
    if !logs.is_empty() && !logs.iter().any(|log| keys.find(log).is_some()) {
        report.fail(&Fault::at(Code::Key, "a log key that the policy names", 0), segments, 0, None);
    }
    if options.log_key.as_ref().is_some_and(|expected| keys.find(expected).is_none()) {
        report.fail(&Fault::at(Code::Key, "not the log key you expect", 0), segments, 0, None);
    }
    if options.root_key.as_ref().is_some_and(|expected| !keys.has_root(expected)) {
        report.fail(&Fault::at(Code::Key, "not the root key you expect", 0), segments, 0, None);
    } else if options.root_key.is_some() && keys.current().is_none_or(|key| key.by != Authority::Root) {
        // Anybody can name the root key of another in a first entry: only its signature says anything.
        let what = "a log key that the root key has signed; hint: `sekisho ledger keys certify`";
        report.fail(&Fault::at(Code::Key, what, 0), segments, 0, None);
    }
    for key in keys.all() {
        if let (Some((first, last)), Some(revoked)) = (key.unproven(size), &key.revoked) {
            let what = format!("entries {first} to {last}: log key {} was {}", key.number, revoked.reason);
            report.warn(Code::Unproven, what);
        }
    }
    report.log_keys = keys.clone();
}
