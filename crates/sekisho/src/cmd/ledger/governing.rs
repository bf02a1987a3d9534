//! People, policy, review, hold.

use super::content::Writing;
use super::keys::recipients;
use super::view;
use super::write;
use crate::clock::Clock;
use crate::error::{Hinted, Usage};
use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::Args;
use ledger::{
    ContentPolicy, DataClass, Ledger, OnlineCopy, Person, PersonKey, Reader, Request, Retention, Scope,
    SealOptions,
};
use serde_json::json;
use std::path::{Path, PathBuf};

/// `sekisho ledger policy`.
#[derive(Args, Debug)]
pub(crate) struct PolicyArgs {
    #[command(flatten)]
    pub(super) writing: Writing,
    /// Role holder to whom data keys are wrapped: ROLE=age1...; at least two
    #[arg(long, value_name = "ROLE=KEY")]
    recipient: Vec<String>,
    /// Person whose signature counts: ROLE=KEY as `ledger person` prints it
    #[arg(long, value_name = "ROLE=KEY", value_parser = listed)]
    person: Vec<(String, [u8; 32])>,
    /// Retention of a class in days, e.g. event=365; classes: event, auth, case, secret, control, ledger
    #[arg(long, value_name = "CLASS=DAYS", value_parser = kept)]
    keep: Vec<(DataClass, u32)>,
    /// Days between two reviews
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    review: u32,
    /// Days that stay readable without a role holder
    #[arg(long, value_name = "DAYS", default_value_t = ledger::WINDOW_DAYS_DEFAULT)]
    window: u16,
    /// Accept one recipient alone; the exception is written down
    #[arg(long)]
    single_recipient: bool,
    /// File for the request when a policy is in force already
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
}

/// `sekisho ledger hold`.
#[derive(Args, Debug)]
pub(crate) struct HoldArgs {
    #[command(flatten)]
    pub(super) writing: Writing,
    /// Signing key of the person who sets it
    #[arg(long, value_name = "FILE")]
    person: PathBuf,
    /// Case number
    #[arg(long, value_name = "NO")]
    case: String,
    /// Basis code, e.g. incident, court, police
    #[arg(long, value_name = "CODE")]
    basis: String,
    /// Range of entries, e.g. 100-2000; may be given several times
    #[arg(long, value_name = "A-B", value_parser = range)]
    entries: Vec<(u64, u64)>,
    /// Stream; may be given several times
    #[arg(long, value_name = "NO")]
    stream: Vec<u32>,
}

fn listed(text: &str) -> Result<(String, [u8; 32]), String> {
    let wrong = || "expected ROLE=KEY, as `sekisho ledger person` prints the key".to_owned();
    let (role, key) = text.split_once('=').ok_or_else(wrong)?;
    let key = BASE64.decode(key).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)?;
    Ok((role.to_owned(), key))
}

fn kept(text: &str) -> Result<(DataClass, u32), String> {
    let wrong = || "expected CLASS=DAYS, e.g. event=365".to_owned();
    let (class, days) = text.split_once('=').ok_or_else(wrong)?;
    Ok((DataClass::from_name(class).ok_or_else(wrong)?, days.parse().map_err(|_| wrong())?))
}

pub(super) fn range(text: &str) -> Result<(u64, u64), String> {
    let pair = text.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    pair.filter(|(from, to)| from <= to).ok_or_else(|| "expected FIRST-LAST, e.g. 100-2000".to_owned())
}

/// Makes the signing key of a person.
pub(super) fn person(file: &Path) -> anyhow::Result<u8> {
    let seed = write::make_secret(file, Clock::System)?;
    let key = PersonKey::from_seed(&seed);
    view::show(&json!({ "key": BASE64.encode(key.public()), "reference": key.reference().to_string() }))
}

/// Reads the signing key of a person.
pub(super) fn person_key(file: &Path) -> anyhow::Result<PersonKey> {
    Ok(PersonKey::from_seed(&write::read_secret(file)?))
}

/// Seals the session as the policy in force says; a ledger without recipients stays plain.
pub(super) fn seal_by_policy(ledger: &mut Ledger, secret: &[u8; 32], clock: Clock) -> anyhow::Result<()> {
    let Some((_, policy)) = ledger.governance().policy.clone() else { return Ok(()) };
    seal(ledger, &policy, secret, clock)
}

fn seal(ledger: &mut Ledger, policy: &ContentPolicy, secret: &[u8; 32], clock: Clock) -> anyhow::Result<()> {
    if policy.recipients.is_empty() {
        return Ok(());
    }
    let options = SealOptions {
        recipients: policy.recipients.clone(),
        entropy: clock.random()?.into(),
        online: Some(OnlineCopy { secret: *secret, window_days: policy.window_days }),
        single_recipient: policy.single_recipient,
        keep_keys: false,
    };
    ledger.seal_with(options).context("cannot seal the ledger")
}

/// Enters the first policy, or writes a request for another one.
pub(super) fn policy(args: &PolicyArgs) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let mut policy = ContentPolicy {
        people: args.person.iter().map(|(role, key)| Person { key: *key, role: role.clone() }).collect(),
        recipients: recipients(&args.recipient)?,
        review_days: args.review,
        window_days: args.window,
        single_recipient: args.single_recipient,
        ..ContentPolicy::default()
    };
    for (class, days) in &args.keep {
        let rule = match class {
            DataClass::Case => Retention::AfterClose(*days),
            _ => Retention::Days(*days),
        };
        policy.retention.insert(*class, rule);
    }
    let folder = &args.writing.ledger;
    let mut reader = Reader::open(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let governance = reader.governance()?;
    let nonce = clock.random()?;
    let previous = governance.policy.as_ref().map(|(index, _)| *index);
    let request = Request::policy(&reader.id(), &policy, previous, &json!({ "op": "policy" }), &nonce)?;
    if previous.is_some() {
        let out = args.request.as_ref().ok_or_else(|| {
            Usage::error(
                "a policy is in force already",
                "give --request FILE: two people have to approve the new one",
            )
        })?;
        return super::destroying::save(&request, out);
    }
    let mut ledger = write::open(folder, &args.writing.secret, clock)?;
    seal(&mut ledger, &policy, &write::read_secret(&args.writing.secret)?, clock)?;
    let index = ledger.enact(&request, clock.now());
    let index = write::finish(ledger, clock, index, "cannot enter the policy")?;
    view::show(&json!({ "index": index.0 }))
}

/// Sets a hold.
pub(super) fn hold(args: &HoldArgs) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let mut ledger = write::open(&args.writing.ledger, &args.writing.secret, clock)?;
    let number = ledger.governance().next_hold();
    let scope = Scope { entries: args.entries.clone(), streams: args.stream.clone(), times: Vec::new() };
    if scope == Scope::default() {
        return Err(Hinted::error("the hold covers nothing", "name --entries or --stream"));
    }
    let private = json!({ "case": args.case, "op": "hold" });
    let mut request = Request::hold(&ledger.id(), number, &scope, &args.basis, &private, &clock.random()?)?;
    request.approve(&person_key(&args.person)?)?;
    let index = ledger.enact(&request, clock.now());
    let index = write::finish(ledger, clock, index, "cannot set the hold")?;
    view::show(&json!({ "hold": number, "index": index.0 }))
}
