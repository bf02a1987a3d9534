//! `sekisho ledger status`: what an operator has to know of a ledger without verifying it; an alarm is exit code 1.

use super::asking::{policy_of, watch_of};
use super::view;
use crate::clock::Clock;
use anyhow::Context as _;
use ledger::{Policy, Reader, WitnessWatch};
use serde_json::{Value, json};
use std::path::Path;
use vocab::Timestamp;

/// Prints the state. Exit code 1 on an alarm.
pub(super) fn run(folder: &Path) -> anyhow::Result<u8> {
    let name = || format!("cannot read {}", folder.display());
    let now = Clock::System.now();
    let mut reader = Reader::open(folder).with_context(name)?;
    let (size, head) = (reader.size(), reader.checkpoint().with_context(name)?);
    let keys = reader.log_keys().context("cannot follow the log keys")?;
    let governance = reader.governance().with_context(name)?;
    let (policy, watch) = (policy_of(folder)?, watch_of(folder)?);
    let mut alarms = witness_alarms(&watch, policy.as_ref(), size, now);
    let key = keys.all().last();
    if key.is_some_and(|key| key.revoked.is_some()) {
        alarms.push(json!({ "alarm": "log-key-revoked" }));
    }
    let succession = reader.succession().with_context(name)?;
    let place = |(size, root): (u64, ledger::Hash)| json!({ "size": size, "root": hex::encode(root) });
    let stamping = super::stamping::of(folder)?;
    let begin = reader.entry(vocab::LedgerIndex(0)).with_context(name)?.received_at;
    let due = governance.policy.is_some().then(|| governance.next_review(begin));
    view::show(&json!({
        "schema_version": 1,
        "origin": reader.origin(),
        "size": size,
        "head": head.as_ref().map(|head| json!({ "size": head.size, "root": hex::encode(head.root) })),
        "log_key": key.map(|key| json!({ "number": key.number, "key": key.verifier_key })),
        "root_key": keys.root.is_some(),
        "quorum": quorum(&watch, policy.as_ref(), now),
        "witnesses": witnesses(&watch, policy.as_ref()),
        "next_review": due,
        "succeeds": succession.as_ref().map(|one| json!({
            "origin": one.before.origin,
            "ledger": hex::encode(one.before.ledger),
            "left": place(one.before.left),
            "known": one.before.known.map(place),
            "reason": one.reason,
        })),
        "timestamps": stamping.as_ref().map(|one| json!({ "url": one.url, "obtained": one.obtained,
            "failures": one.failures, "failure": one.failure })),
        "alarms": alarms,
    }))?;
    Ok(u8::from(!alarms.is_empty()))
}

fn quorum(watch: &WitnessWatch, policy: Option<&Policy>, now: Timestamp) -> Value {
    json!({
        "asked": policy.is_some_and(|policy| !policy.is_none()),
        "met_size": watch.met.map(|(size, _)| size),
        "met_at": watch.met.map(|(_, time)| time),
        "missing_since": watch.missing_since,
        "alarm_seconds": watch.alarm_seconds,
        "alarm": watch.quorum_alarm(now),
    })
}

fn witnesses(watch: &WitnessWatch, policy: Option<&Policy>) -> Vec<Value> {
    let listed = policy.map_or(&[][..], |policy| policy.witnesses.as_slice());
    let mut names: Vec<&str> = listed.iter().map(|witness| witness.name.as_str()).collect();
    names.extend(watch.witnesses.keys().map(String::as_str));
    names.sort_unstable();
    names.dedup();
    let seen = |name: &str| {
        let seen = watch.witnesses.get(name).cloned().unwrap_or_default();
        let url = listed.iter().find(|witness| witness.name == name).and_then(|witness| witness.url.clone());
        json!({
            "name": name,
            "url": url,
            "cosigned": seen.cosigned,
            "answered": seen.answered,
            "failures": seen.failures,
            "next": seen.next,
            "alarm": seen.alarm.map(|(alarm, size)| json!({ "alarm": alarm.code(), "size": size })),
        })
    };
    names.into_iter().map(seen).collect()
}

fn witness_alarms(watch: &WitnessWatch, policy: Option<&Policy>, size: u64, now: Timestamp) -> Vec<Value> {
    let mut alarms = Vec::new();
    if watch.quorum_alarm(now) && policy.is_none_or(|policy| !policy.is_none()) {
        alarms.push(json!({ "alarm": "quorum-lost", "since": watch.missing_since }));
    }
    for (name, seen) in &watch.witnesses {
        if let Some((alarm, named)) = seen.alarm {
            alarms.push(json!({ "alarm": alarm.code(), "witness": name, "size": named }));
        }
    }
    if let Some(known) = watch.beyond(size) {
        alarms.push(json!({ "alarm": "rolled-back", "size": size, "known": known }));
    }
    alarms
}
