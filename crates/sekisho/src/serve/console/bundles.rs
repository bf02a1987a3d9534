//! Evidence bundles of a case (証拠の束, casework.md 11): made, listed, handed out as files. That one is made and each copy of it
//! are steps of custody and entries of the ledger.

use super::contents::{Contents, contents};
use super::evidence::NOTE_CHARS_MAX;
use super::items::{NAME_CHARS_MAX, chain};
use super::routes::{Page, may, part, value};
use super::work::{Work, actor};
use super::{Asked, Console, Made, askama, held};
use crate::crypt::Recipients;
use crate::sealing;
use crate::vault::Vault;
use anyhow::Context as _;
use bundle::minisign::SecretKey;
use bundle::{Chain, CustodyEvent, Draft, Kind, Party, Seal};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use store::{CaseEvent, Role};
use vocab::{Message, Timestamp};
use web::console::{BundleLine, BundlesPage, visible};

/// Deed whose particulars are a bundle that was made.
pub(super) const BUNDLE: &str = "bundle";
/// File of the signing key, beside the ledger.
const KEY: &str = "bundle.key";
/// Most bundles of a case.
const BUNDLES_MAX: usize = 200;
/// Longest recipient of `age` that is looked at, bytes.
const AGE_BYTES_MAX: usize = 100;

/// A bundle that was made.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    sha256: String,
    bytes: u64,
    /// SHA-256 of the manifest.
    manifest: String,
    sequence: u64,
    sender: String,
    recipient: String,
    /// Recipient of `age`; empty: not encrypted.
    age: String,
    key_id: String,
}

/// What somebody asks for on the page.
struct Wanted {
    sender: String,
    recipient: String,
    age: String,
    seal: Option<Recipients>,
    evidence: bool,
}

impl Wanted {
    /// `Err`: id of what is said instead.
    fn of(form: &str) -> Result<Self, &'static str> {
        let field = |name: &str| value(form, name).unwrap_or_default().trim().to_owned();
        let (sender, recipient, age) = (field("sender"), field("recipient"), field("age"));
        let fits = |text: &str| text.chars().count() <= NAME_CHARS_MAX && !text.chars().any(char::is_control);
        if sender.is_empty() || !fits(&sender) || !fits(&recipient) {
            return Err("bundles-names");
        }
        let seal = if age.is_empty() {
            None
        } else if age.len() <= AGE_BYTES_MAX && !recipient.is_empty() {
            Some(Recipients::parse(std::slice::from_ref(&age)).map_err(|_| "bundles-age-wrong")?)
        } else {
            return Err("bundles-age-wrong");
        };
        Ok(Self { sender, recipient, age, seal, evidence: field("evidence") == "1" })
    }
}

/// A deed that made a bundle, for the log of the case.
pub(super) fn words(event: &CaseEvent) -> Option<String> {
    let made: Sealed = serde_json::from_str(&event.body).ok()?;
    let to = if made.recipient.is_empty() { String::new() } else { format!(" → {}", made.recipient) };
    Some(format!("{} - SHA-256 {} - {} bytes - {}{to}", made.sequence, made.sha256, made.bytes, made.sender))
}

/// Bundles of a case with the deeds that made them, the oldest first.
fn made(events: &[CaseEvent]) -> Vec<(&CaseEvent, Sealed)> {
    let deeds = events.iter().filter(|event| event.deed == BUNDLE);
    let mut all: Vec<_> =
        deeds.filter_map(|event| Some((event, serde_json::from_str::<Sealed>(&event.body).ok()?))).collect();
    all.sort_by_key(|(event, _)| event.ledger);
    all
}

/// What of a chain of custody somebody may seal: the items that he holds (BV-08).
fn held_by(whole: &Chain, sender: &str) -> anyhow::Result<Chain> {
    let own = |line: &&str| {
        let event: Option<CustodyEvent> = serde_json::from_str(line).ok();
        event.is_some_and(|event| whole.holder(&event.item) == Some(sender))
    };
    let text: String = whole.text().lines().filter(own).map(|line| format!("{line}\n")).collect();
    Chain::parse(&text).context("the chain of custody of this case does not hold")
}

impl Console {
    fn key_path(&self) -> PathBuf {
        self.shared.folder.with_file_name(KEY)
    }

    /// The signing key; made where there is none.
    fn bundle_key(&self) -> anyhow::Result<SecretKey> {
        let path = self.key_path();
        if path.exists() { sealing::secret_key(&path) } else { sealing::new_key(&path) }
    }

    pub(super) fn bundles(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let t = asked.t;
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        let role = asked.session.as_ref().map_or(Role::Auditor, |session| session.role);
        let all = made(&work.events);
        let key = if self.key_path().exists() { self.bundle_key()?.public().line() } else { String::new() };
        let mut f = self.frame(asked, "/cases", "bundles-title");
        f.title = format!("{} {}: {}", t.text("console-case"), work.case.number, t.text("bundles-title"));
        let line = |(event, made): &(&CaseEvent, Sealed)| BundleLine {
            sequence: made.sequence,
            sha256: made.sha256.clone(),
            manifest: made.manifest.clone(),
            bytes: made.bytes,
            words: t.render(
                &Message::new("bundles-made")
                    .with("by", event.actor.as_str())
                    .with("at", t.time(event.at).as_str()),
            ),
            sender: visible(&made.sender),
            recipient: visible(&made.recipient),
            encrypted: !made.age.is_empty(),
            key_id: made.key_id.clone(),
            entry: event.ledger,
        };
        let page = BundlesPage {
            f,
            number: work.case.number,
            bundles: all.iter().rev().map(line).collect(),
            key,
            log_key: held(&self.shared.ledger).1.clone(),
            sender: all.last().map_or_else(String::new, |(_, made)| made.sender.clone()),
            limit: t.render(
                &Message::new("bundles-limit").with("mib", super::contents::EVIDENCE_BYTES_MAX >> 20),
            ),
            makes: may(Page::MakeBundle, role),
            copies: may(Page::CopyBundle, role),
        };
        Ok(Made::Html(200, askama(&page)))
    }

    /// Seals a bundle, keeps it in the store of evidence and writes down that it was made.
    pub(super) fn make_bundle(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let wanted = match Wanted::of(&String::from_utf8_lossy(&asked.request.body)) {
            Ok(wanted) => wanted,
            Err(id) => return Ok(self.told(asked, 409, id)),
        };
        let _one = held(&self.sealing);
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        if made(&work.events).len() >= BUNDLES_MAX {
            return Ok(self.told(asked, 409, "bundles-many"));
        }
        if work.chain.is_none() {
            return Ok(self.told(asked, 409, "evidence-chain-broken"));
        }
        self.shared.sign()?;
        let own = self.in_the_house(&work, &wanted.sender)?;
        let contents = match contents(&self.shared.folder, &work, asked.now, wanted.evidence.then_some(&own))?
        {
            Ok(contents) => contents,
            Err(id) => return Ok(self.told(asked, 409, id)),
        };
        let login = actor(asked)?;
        for item in &own {
            let purpose = format!("証拠の束への封印 / sealed into a bundle by {login}");
            let (item, to) = (item.clone(), wanted.sender.clone());
            self.desk().hand(
                &work.case,
                CustodyEvent { item, to, purpose, ..CustodyEvent::default() },
                &login,
            )?;
        }
        let (sealed, bytes) = match self.seal(&work, &wanted, contents, asked.now)? {
            Ok(sealed) => sealed,
            Err(what) => return Ok(self.told_words(asked, 409, visible(&what))),
        };
        let mut incoming = Vault::beside(&self.shared.folder).begin(&self.id()?)?;
        incoming.write(&bytes)?;
        incoming.keep()?;
        let body = serde_json::to_string(&sealed)?;
        self.write_case(&work.case, false, BUNDLE, &body, &login, asked.now)?;
        let event = CustodyEvent {
            item: sealed.sha256,
            from: "sekisho".to_owned(),
            to: wanted.sender,
            place: "sekisho".to_owned(),
            purpose: format!("証拠の束の作成 / bundle made by {login}"),
            tool: sealing::TOOL.to_owned(),
            ..CustodyEvent::default()
        };
        self.desk().hand(&work.case, event, &login)?;
        Ok(Made::See(format!("/cases/{}/bundles?said=bundle-made", work.case.number), None))
    }

    /// Items that people of this console hold, or a sender of a bundle of this case.
    fn in_the_house(&self, work: &Work, sender: &str) -> anyhow::Result<Vec<String>> {
        let people = self.shared.store.read(|tx| tx.people())?;
        let before = made(&work.events);
        let ours = |holder: &str| {
            holder == sender
                || people.iter().any(|one| one.login == holder)
                || before.iter().any(|(_, made)| made.sender == holder)
        };
        let holder = |item: &str| work.chain.as_ref().and_then(|chain| chain.holder(item));
        let items = work.handling.items.iter().map(|(_, item)| item.sha256.clone());
        Ok(items.filter(|item| holder(item).is_some_and(ours)).collect())
    }

    /// The bytes of the bundle; `Err`: why the receiver would refuse it.
    fn seal(
        &self,
        work: &Work,
        wanted: &Wanted,
        contents: Contents,
        now: Timestamp,
    ) -> anyhow::Result<Result<(Sealed, Vec<u8>), String>> {
        let key = self.bundle_key()?;
        let events = self.shared.store.read(|tx| tx.case_events(&work.case.id))?;
        let whole = chain(&events).context("the chain of custody of this case does not hold")?;
        let before = made(&work.events);
        let last = before.last().map(|(_, made)| made);
        let sequence = last.map_or(1, |made| made.sequence + 1);
        let recipient = (!wanted.recipient.is_empty()).then(|| Party {
            id: wanted.recipient.clone(),
            key_id: String::new(),
            public_key: wanted.age.clone(),
        });
        let draft = Draft {
            bundle_id: sealing::bundle_id()?,
            kind: Kind::Full,
            case_ref: work.case.number.to_string(),
            sequence,
            previous: last.map(|made| made.manifest.clone()),
            sender: wanted.sender.clone(),
            recipient,
            sealed_at: now,
            recognised_at: (work.case.recognised > Timestamp(0)).then_some(work.case.recognised),
            records: Some(contents.records),
            files: contents.files,
            custody: held_by(&whole, &wanted.sender)?,
            withheld: Vec::new(),
            tool: sealing::TOOL.to_owned(),
        };
        let bytes = match bundle::create(draft, &key, wanted.seal.as_ref().map(|seal| seal as &dyn Seal)) {
            Ok(bytes) => bytes,
            Err(fault) => return Ok(Err(fault.to_string())),
        };
        let sealed = Sealed {
            sha256: super::contents::sha256(&bytes),
            bytes: bytes.len() as u64,
            manifest: bundle::manifest_hash(&bytes)?,
            sequence,
            sender: wanted.sender.clone(),
            recipient: wanted.recipient.clone(),
            age: wanted.age.clone(),
            key_id: key.public().id(),
        };
        Ok(Ok((sealed, bytes)))
    }

    /// Hands a bundle out; that a copy was taken, by whom and what for, is written first.
    pub(super) fn copy_bundle(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        let sha256 = part(&asked.request.path, 4);
        let all = made(&work.events);
        let Some((_, sealed)) = all.iter().find(|(_, made)| made.sha256 == sha256) else {
            return Ok(self.told(asked, 404, "console-missing"));
        };
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let reason: String =
            value(&form, "reason").unwrap_or_default().trim().chars().take(NOTE_CHARS_MAX).collect();
        if reason.is_empty() {
            return Ok(self.told(asked, 409, "console-guard-reason"));
        }
        let vault = Vault::beside(&self.shared.folder);
        if !vault.is_whole(sha256) {
            return Ok(self.told(asked, 409, "evidence-damaged"));
        }
        let login = actor(asked)?;
        let event = CustodyEvent {
            item: sealed.sha256.clone(),
            from: "sekisho".to_owned(),
            to: sealed.sender.clone(),
            purpose: format!("写しの交付 / copy to {login}: {reason}"),
            identity_check: "SHA-256".to_owned(),
            ..CustodyEvent::default()
        };
        self.desk().hand(&work.case, event, &login)?;
        let name = format!("case-{}-{}.skb", work.case.number, sealed.sequence);
        Ok(Made::File(vault.path(&sealed.sha256), name))
    }
}
