//! `sekisho bundle receipt` and `check-receipt`.

use super::args::{CheckReceiptArgs, DecisionArg, ReceiptArgs};
use crate::error::Hinted;
use anyhow::Context as _;
use bundle::{Decision, Receipt};
use std::path::{Path, PathBuf};

/// Largest receipt or signature, bytes.
const RECEIPT_BYTES_MAX: usize = 64 << 10;

impl From<DecisionArg> for Decision {
    fn from(arg: DecisionArg) -> Self {
        match arg {
            DecisionArg::Accepted => Self::Accepted,
            DecisionArg::Consultation => Self::Consultation,
            DecisionArg::Guidance => Self::Guidance,
            DecisionArg::Refused => Self::Refused,
            DecisionArg::Supplement => Self::Supplement,
        }
    }
}

/// Signs a receipt. A bundle that was taken in before gets its receipt again, unchanged (CW-BND-08).
pub(super) fn make(args: &ReceiptArgs) -> anyhow::Result<u8> {
    let key = super::secret_key(&args.key)?;
    let opened = super::check::must_hold(&args.check)?;
    let path = args.receipts.join(format!("{}.json", opened.manifest_hash));
    if path.is_file() {
        let bytes = crate::inputs::read_bytes(&path, RECEIPT_BYTES_MAX)?;
        let signature = crate::inputs::read_bytes(&signature_path(&path), RECEIPT_BYTES_MAX)?;
        Receipt::check(&bytes, &signature, &key.public(), &opened.manifest_hash)
            .with_context(|| format!("{} does not hold", path.display()))?;
        crate::output::say("this bundle has a receipt already; it is printed again");
        return line(bytes);
    }
    let now = crate::clock::Clock::System.now();
    let decision = Decision::from(args.decision);
    let receipt = Receipt {
        schema: String::new(),
        manifest_hash: opened.manifest_hash.clone(),
        desk: args.desk.clone(),
        intake_no: args.intake_no.clone(),
        received_at: now,
        accepted_at: (decision == Decision::Accepted).then_some(now),
        decision,
        code: args.code.clone(),
        policy_version: args.policy_version.clone(),
        key_id: String::new(),
    };
    let (bytes, signature) = receipt.sign(&key)?;
    std::fs::create_dir_all(&args.receipts)
        .with_context(|| format!("cannot make {}", args.receipts.display()))?;
    // The signature first: a receipt under its name always has one. One left by a stop is written anew.
    let beside = signature_path(&path);
    if beside.is_file() {
        std::fs::remove_file(&beside).with_context(|| format!("cannot replace {}", beside.display()))?;
    }
    super::write_new(&beside, signature.as_bytes())?;
    super::write_new(&path, &bytes)?;
    line(bytes)
}

/// Checks a receipt against its bundle.
pub(super) fn check(args: &CheckReceiptArgs) -> anyhow::Result<u8> {
    let hash = bundle::manifest_hash(&super::read_bundle(&args.bundle)?)?;
    let key = super::public_key(&args.desk_key)?;
    let bytes = crate::inputs::read_bytes(&args.receipt, RECEIPT_BYTES_MAX)?;
    let signature = crate::inputs::read_bytes(&signature_path(&args.receipt), RECEIPT_BYTES_MAX)?;
    let receipt = Receipt::check(&bytes, &signature, &key, &hash).map_err(|fault| {
        Hinted::error(
            format!("{}: {fault}", args.receipt.display()),
            "ask the desk for the receipt again; custody stays with the sender until then",
        )
    })?;
    line(serde_json::to_vec(&receipt).context("cannot write JSON")?)
}

fn line(mut bytes: Vec<u8>) -> anyhow::Result<u8> {
    bytes.push(b'\n');
    super::print(&bytes)
}

fn signature_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".minisig");
    PathBuf::from(name)
}
