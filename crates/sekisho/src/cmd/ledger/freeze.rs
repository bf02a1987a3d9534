//! `sekisho ledger freeze` (保全, LG 18.1): everything that can be reached is taken in, sealed, signed and held. Quick, without
//! network and without a second person.

use super::content::Writing;
use super::talk;
use super::view;
use super::{governing, replicate, write};
use crate::clock::Clock;
use crate::error::Usage;
use crate::follow::{Following, Notice, Position, STREAM_KIND, Settings, Told, positions};
use anyhow::Context as _;
use clap::Args;
use ledger::{AuditFacts, DataClass, Export, Freeze, Frozen, Ledger, Reader, Scope};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vocab::{Message, Timestamp};

/// How long one followed log may take, in seconds: a log that is flooded does not hold the freeze up.
const TAKE_SECONDS_MAX: f64 = 20.0;
/// Latest moment that an entry can name, microseconds.
const LATEST: i64 = (1 << 53) - 1;
/// Most sources that are named as behind.
const BEHIND_MAX: usize = 200;

/// `sekisho ledger freeze`.
#[derive(Args, Debug)]
pub(crate) struct FreezeArgs {
    #[command(flatten)]
    pub(super) writing: Writing,
    /// Case number
    #[arg(long, value_name = "NO")]
    case: String,
    /// Signing key of the person who freezes; needed where the policy lists people
    #[arg(long, value_name = "FILE")]
    person: Option<PathBuf>,
    /// When the incident was recognised, e.g. 2026-11-28T09:15 [default: now]
    #[arg(long, value_name = "TIME")]
    recognised: Option<String>,
    /// Hold only this stream, also what is still to come of it; may be given several times [default: everything so far]
    #[arg(long, value_name = "NO")]
    stream: Vec<u32>,
    /// Hold only what was received since then, also what is still to come
    #[arg(long, value_name = "TIME", conflicts_with = "stream")]
    from: Option<String>,
    /// Identity file of a role holder: where the place in a followed log is sealed; may be given several times
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// New folder on another medium for a copy of the frozen state
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// A source of which something may not be in the ledger (LG-FRZ-03).
struct Behind {
    name: String,
    why: &'static str,
    detail: String,
    last: Option<Timestamp>,
}

/// Freezes, asks the witnesses, and copies.
pub(super) fn run(args: &FreezeArgs) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let folder = &args.writing.ledger;
    let started = clock.now();
    let recognised = args.recognised.as_deref().map(moment).transpose()?.unwrap_or(started);
    let scope = match (&args.from, args.stream.is_empty()) {
        (Some(from), _) => Some(Scope { times: vec![(moment(from)?.0, LATEST)], ..Scope::default() }),
        (None, false) => Some(Scope { streams: args.stream.clone(), ..Scope::default() }),
        (None, true) => None,
    };
    if args.to.as_ref().is_some_and(|to| to.exists()) {
        return Err(Usage::error("the folder of --to exists already", "name a new folder"));
    }
    let person = args.person.as_deref().map(governing::person_key).transpose()?;
    let name = || format!("cannot read {}", folder.display());
    let mut reader = Reader::open(folder).with_context(name)?;
    reader.add_identities(super::identities(&args.identity)?);
    // Without an online copy only identities open what is sealed.
    let _ = reader.use_online_copy(&write::read_secret(&args.writing.secret)?);
    let facts = reader.audit(started, i64::MAX).with_context(name)?;
    let known = positions(&mut reader);
    let size = reader.size();
    drop(reader);
    let mut ledger = write::open_at(folder, &args.writing.secret, size, clock)?;
    let behind: Vec<Value> =
        take_in(&mut ledger, known, &facts, clock).iter().map(Behind::document).collect();
    let freeze = Freeze {
        case: &args.case,
        recognised,
        scope,
        person: person.as_ref(),
        behind: json!(behind),
        nonce: clock.random()?,
    };
    let done = ledger.freeze(&freeze, clock.now()).and_then(|frozen| {
        if args.to.is_some() {
            copied(&mut ledger, &frozen, &args.case, clock)?;
        }
        Ok(frozen)
    });
    let frozen = write::finish(ledger, clock, done, "cannot freeze the ledger")?;
    super::after_head(folder, &args.writing.secret, clock);
    let copy = args.to.as_deref().map(|to| replicate::export_to(folder, to, 0, true)).transpose()?;
    tell(&frozen, behind.len(), args.to.as_deref());
    view::show(&json!({
        "schema_version": 1,
        "after_seconds": frozen.after_micros / Timestamp::SECOND,
        "behind": behind,
        "copied": copy.map(|copy| copy.size),
        "freeze": frozen.number,
        "hold": frozen.hold,
        "index": frozen.index.0,
        "root": hex::encode(frozen.head.root),
        "size": frozen.head.size,
    }))
}

fn moment(text: &str) -> anyhow::Result<Timestamp> {
    crate::record::moment(text, &Clock::System.zone(), false).ok_or_else(|| {
        Usage::error(format!("{text:?} is no point in time"), "give a date and time such as 2026-11-28T09:15")
    })
}

/// The entry about the copy on another medium (LG-RED-06).
fn copied(ledger: &mut Ledger, frozen: &Frozen, case: &str, clock: Clock) -> ledger::Result<()> {
    let private = json!({ "case": case, "indices": null, "recipient": "freeze" });
    let export = Export {
        what: "copy",
        purpose: "incident",
        digest: frozen.head.root,
        range: (0, frozen.head.size.saturating_sub(1)),
        entries: frozen.head.size,
        private: &private,
    };
    ledger.record_export(&export, clock.now()).map(drop)
}

/// Takes in what stands in the followed logs by now; the sources of which that was not possible, or not wholly.
fn take_in(
    ledger: &mut Ledger,
    known: ledger::Result<BTreeMap<String, Position>>,
    facts: &AuditFacts,
    clock: Clock,
) -> Vec<Behind> {
    let mut behind = Vec::new();
    let open = |kind: &'static str| facts.streams.iter().filter(move |one| one.open && one.kind == kind);
    let named = |stream: &ledger::StreamFacts| {
        stream.name.clone().unwrap_or_else(|| format!("stream {}", stream.stream))
    };
    let mut add = |name: String, why, detail: String| {
        let last = facts.streams.iter().rev().find(|one| one.name.as_deref() == Some(name.as_str()));
        behind.push(Behind { name, why, detail, last: last.map(|one| one.span.1) });
    };
    match known {
        Ok(known) => {
            for (name, position) in known.into_iter().filter(|(_, position)| position.is_open()) {
                match take_one(ledger, &name, position, clock) {
                    Ok(None) => {}
                    Ok(Some((why, detail))) => add(name, why, detail),
                    Err(error) => add(name, "unreachable", format!("{error:#}")),
                }
            }
        }
        Err(error) => {
            open(STREAM_KIND).for_each(|stream| add(named(stream), "place-sealed", error.to_string()));
        }
    }
    // The receiver ran in the program that had the ledger before: nobody listens while this one has it.
    open("syslog").for_each(|stream| add(named(stream), "not-received", String::new()));
    behind.truncate(BEHIND_MAX);
    behind
}

fn take_one(
    ledger: &mut Ledger,
    name: &str,
    position: Position,
    clock: Clock,
) -> anyhow::Result<Option<(&'static str, String)>> {
    let logs = [(name.to_owned(), PathBuf::from(name))];
    let known = BTreeMap::from([(name.to_owned(), position)]);
    let settings = Settings { from_end: false, class: DataClass::Event };
    let mut following = Following::begin(ledger, &logs, known, settings, clock.now())?;
    let (watch, mut trouble) = (clock.stopwatch(), None);
    loop {
        let mut told = Vec::new();
        let more = following.step(ledger, clock.now(), &mut told)?;
        for one in told {
            match one {
                Told::Notice(_, Notice::Missing) => trouble = Some(("unreachable", String::new())),
                Told::Notice(_, Notice::Unreadable(error)) => trouble = Some(("unreachable", error)),
                Told::Notice(_, Notice::Lost) => trouble = Some(("lost", String::new())),
                Told::Notice(..) | Told::Records { .. } => {}
            }
        }
        if !more {
            break;
        }
        if watch.seconds() > TAKE_SECONDS_MAX {
            trouble = Some(("more", String::new()));
            break;
        }
    }
    following.end(ledger, clock.now())?;
    Ok(trouble)
}

impl Behind {
    fn document(&self) -> Value {
        let detail: String = self.detail.chars().take(400).collect();
        json!({ "detail": detail, "last": self.last.map(|last| last.0), "name": self.name, "why": self.why })
    }
}

fn tell(frozen: &Frozen, behind: usize, to: Option<&Path>) {
    let message = Message::new("ledger-frozen")
        .with("number", frozen.number.to_string())
        .with("size", frozen.head.size.to_string())
        .with("index", frozen.index.0.to_string())
        .with("seconds", (frozen.after_micros / Timestamp::SECOND).to_string());
    talk::tell(&message);
    match frozen.hold {
        Some(hold) => talk::tell(&Message::new("ledger-frozen-hold").with("hold", hold.to_string())),
        None => talk::tell(&Message::new("ledger-frozen-no-hold")),
    }
    if behind > 0 {
        talk::tell(&Message::new("ledger-frozen-behind").with("count", behind as u64));
    }
    if let Some(to) = to {
        talk::tell(&Message::new("ledger-frozen-copy").with("path", to.display().to_string()));
    }
}
