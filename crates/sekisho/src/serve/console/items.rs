//! Evidence of a case (証拠): uploads, items that lie elsewhere, ranges of the ledger; each with its chain of custody, whose
//! every event is a deed in the ledger. What people upload is hostile: it is kept as bytes and only ever handed out as a file.

use super::acts::{Doing, write_case};
use super::evidence::NOTE_CHARS_MAX;
use super::routes::{Page, find, may, part, value};
use super::work::{Work, actor, handling};
use super::{Asked, Console, Made, Shared, auth, held};
use crate::clock::Clock;
use crate::http::{Request, Response, Take};
use crate::vault::{Incoming, Vault};
use anyhow::Context as _;
use bundle::{Chain, CustodyEvent};
use casework::handling::{Fate, Handling, Item, ItemClass, Place, Settled};
use ledger::Reader;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use store::{Case, CaseEvent};
use vocab::{LedgerIndex, Timestamp};

/// Deed whose particulars are a line of the chain of custody.
pub(super) const CUSTODY: &str = "custody";
/// Longest name of an item, characters.
pub(super) const NAME_CHARS_MAX: usize = 255;
/// Most entries of one range of the ledger.
const RANGE_MAX: u64 = 5_000_000;

/// A range of the ledger: hash, size, the time that it covers.
type Range = (String, u64, (Timestamp, Timestamp));

/// The chain of custody of a case; `None` when its lines do not hold together.
pub(super) fn chain(events: &[CaseEvent]) -> Option<Chain> {
    let mut lines: Vec<&CaseEvent> = events.iter().filter(|event| event.deed == CUSTODY).collect();
    lines.sort_by_key(|event| event.ledger);
    let text: String = lines.iter().map(|event| format!("{}\n", event.body)).collect();
    Chain::parse(&text).ok()
}

/// The event of custody that a deed is.
pub(super) fn event(event: &CaseEvent) -> Option<CustodyEvent> {
    if event.deed == CUSTODY { serde_json::from_str(&event.body).ok() } else { None }
}

/// Names of items that nobody holds by a chain that holds together (PG-5).
pub(super) fn unheld(handling: &Handling, chain: Option<&Chain>) -> Vec<String> {
    let held = |item: &Item| chain.is_some_and(|chain| chain.holder(&item.sha256).is_some());
    let items = handling.items.iter().filter(|(entry, item)| *entry <= 0 || !held(item));
    items.map(|(_, item)| item.name.clone()).collect()
}

/// What writes evidence down; also without a page.
#[derive(Clone)]
pub(super) struct Desk {
    shared: Arc<Shared>,
    clock: Clock,
    custody: Arc<Mutex<()>>,
}

impl Desk {
    fn random(&self) -> anyhow::Result<String> {
        Ok(hex::encode(self.clock.random()?.get(..16).unwrap_or_default()))
    }

    /// Adds an item with the first event of its custody; gives what is said about it.
    fn add(&self, number: i64, item: &Item, from: &str, login: &str) -> anyhow::Result<&'static str> {
        let found = self.shared.store.read(|tx| {
            let Some(case) = tx.case(number)? else { return Ok(None) };
            let events = tx.case_events(&case.id)?;
            Ok(Some((case, events)))
        })?;
        let Some((case, events)) = found else { return Ok("evidence-refused") };
        let over = matches!(case.state, store::CaseState::Closed | store::CaseState::Dismissed);
        if over {
            return Ok("evidence-refused");
        }
        if handling(&events).items.iter().any(|(_, known)| known.sha256 == item.sha256) {
            return Ok("evidence-known");
        }
        let body = serde_json::to_string(item)?;
        self.write(&case, Doing { deed: Handling::EVIDENCE, body: &body, actor: login })?;
        let event = CustodyEvent {
            item: item.sha256.clone(),
            from: from.to_owned(),
            to: login.to_owned(),
            purpose: "保全 / preservation".to_owned(),
            tool: item.tool.clone(),
            place: match &item.place {
                Place::Elsewhere(place) => place.clone(),
                Place::Store | Place::Ledger(..) => "sekisho".to_owned(),
            },
            ..CustodyEvent::default()
        };
        self.hand(&case, event, login)?;
        Ok("evidence-added")
    }

    fn write(&self, case: &Case, doing: Doing<'_>) -> anyhow::Result<()> {
        write_case(&self.shared, case, (false, self.random()?), doing, self.clock.now())
    }

    /// Writes the next event of custody, one after the other.
    pub(super) fn hand(&self, case: &Case, mut event: CustodyEvent, login: &str) -> anyhow::Result<()> {
        let _one = held(&self.custody);
        let events = self.shared.store.read(|tx| tx.case_events(&case.id))?;
        let mut chain = chain(&events).context("the chain of custody of this case does not hold")?;
        // The clock may have been set back; the chain goes on all the same.
        let last = chain.events().last().map_or(Timestamp(0), |last| last.time);
        event.time = self.clock.now().max(last);
        let before = chain.text().len();
        chain.add(event)?;
        let line = chain.text().get(before..).unwrap_or_default().trim_end();
        self.write(case, Doing { deed: CUSTODY, body: line, actor: login })
    }
}

/// A file on its way into the store of evidence.
struct Upload {
    desk: Desk,
    vault: Vault,
    bytes_max: u64,
    number: i64,
    login: String,
    form: String,
    fields: BTreeMap<String, String>,
    file: Option<(Incoming, String)>,
}

fn see(number: i64, said: &str) -> Response {
    let place = format!("/cases/{number}/evidence?said={said}");
    let mut response = Response::text(303, "");
    response.headers.push(("location", place));
    response
}

impl Take for Upload {
    fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    fn field(&mut self, name: &str, value: String) {
        self.fields.entry(name.to_owned()).or_insert(value);
    }

    fn file(&mut self, name: &str) -> Result<(), Response> {
        let given = self.fields.get("form").map_or("", String::as_str);
        if auth::digest(given) != auth::digest(&self.form) {
            return Err(Response::text(403, "this form is not of your session"));
        }
        if self.file.is_some() {
            return Err(Response::text(400, "one file at a time"));
        }
        let begun = self.desk.random().and_then(|id| self.vault.begin(&id));
        let name: String = name.chars().take(NAME_CHARS_MAX).collect();
        self.file = Some((begun.map_err(|error| broken(&error))?, name));
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), Response> {
        let Some((file, _)) = &mut self.file else { return Ok(()) };
        file.write(bytes).map_err(|error| broken(&error))
    }

    fn done(mut self: Box<Self>) -> Response {
        let Some((file, name)) = self.file.take() else { return see(self.number, "evidence-refused") };
        if file.bytes() == 0 {
            return see(self.number, "evidence-empty");
        }
        let kept = self.keep(file, name);
        kept.map_or_else(|error| broken(&error), |said| see(self.number, said))
    }
}

fn broken(error: &anyhow::Error) -> Response {
    crate::output::say(&format!("evidence: {error:#}"));
    Response::text(507, "the file cannot be kept: see the log of the service")
}

impl Upload {
    fn keep(&self, file: Incoming, name: String) -> anyhow::Result<&'static str> {
        let Some(fields) = Fields::of(&|name| self.fields.get(name).cloned().unwrap_or_default()) else {
            return Ok("evidence-refused");
        };
        let (sha256, bytes) = file.keep()?;
        let name = if name.trim().is_empty() { sha256.clone() } else { name };
        let item = fields.item(name, sha256, bytes, Place::Store);
        self.desk.add(self.number, &item, &fields.from, &self.login)
    }
}

/// What people say of an item.
struct Fields {
    class: ItemClass,
    host: String,
    from: String,
    tool: String,
    taken: String,
    note: String,
    covers: Option<(Timestamp, Timestamp)>,
}

impl Fields {
    fn of(field: &dyn Fn(&str) -> String) -> Option<Self> {
        let class = ItemClass::of(&field("class"))?;
        let [host, from, tool, taken, note] =
            ["host", "from", "tool", "taken", "note"].map(|name| field(name).trim().to_owned());
        let long =
            [&host, &from, &tool, &taken, &note].iter().any(|text| text.chars().count() > NOTE_CHARS_MAX);
        let from = if from.is_empty() { host.clone() } else { from };
        let covers = day(&field("covers_from"), false).zip(day(&field("covers_to"), true));
        let fits = !long && !from.is_empty() && covers.is_none_or(|(from, to)| from <= to);
        fits.then_some(Self { class, host, from, tool, taken, note, covers })
    }

    fn item(&self, name: String, sha256: String, bytes: u64, place: Place) -> Item {
        Item {
            name,
            class: self.class,
            host: self.host.clone(),
            sha256,
            bytes,
            place,
            tool: self.tool.clone(),
            taken: self.taken.clone(),
            covers: self.covers,
            note: self.note.clone(),
        }
    }
}

/// First or last moment of a day in Japan.
fn day(text: &str, last: bool) -> Option<Timestamp> {
    let day: jiff::civil::Date = text.parse().ok()?;
    let time = if last { day.at(23, 59, 59, 0) } else { day.at(0, 0, 0, 0) };
    let instant = jiff::tz::Offset::constant(9).to_timestamp(time).ok()?;
    Some(Timestamp(instant.as_microsecond()))
}

impl Console {
    pub(super) fn desk(&self) -> Desk {
        Desk { shared: Arc::clone(&self.shared), clock: self.clock, custody: Arc::clone(&self.custody) }
    }

    /// A form with a file, of somebody who may add evidence; anything else is answered as every request is.
    pub(super) fn upload(&self, head: &Request) -> Option<Box<dyn Take>> {
        let route = find(&head.method, &head.path).filter(|route| route.page == Page::AddEvidence)?;
        let session = self.session(head, self.clock.now()).ok().flatten()?;
        if !may(route.page, session.role) || !auth::is_own_origin(head) {
            return None;
        }
        Some(Box::new(Upload {
            desk: self.desk(),
            vault: Vault::beside(&self.shared.folder),
            bytes_max: self.upload_bytes_max,
            number: part(&head.path, 2).parse().unwrap_or(0),
            login: session.login,
            form: session.form,
            fields: BTreeMap::new(),
            file: None,
        }))
    }

    /// An item that lies elsewhere or in the ledger, a step of custody, what became of an item, a copy to be taken.
    pub(super) fn note_item(&self, asked: &Asked<'_>, page: Page) -> anyhow::Result<Made> {
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let field = |name: &str| value(&form, name).unwrap_or_default();
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        if page == Page::RegisterEvidence {
            return self.register(asked, &work, &field);
        }
        let sha256 = part(&asked.request.path, 4);
        let Some((_, item)) = work.handling.items.iter().find(|(_, item)| item.sha256 == sha256) else {
            return Ok(self.told(asked, 404, "console-missing"));
        };
        let login = actor(asked)?;
        let reason: String = field("reason").trim().chars().take(NOTE_CHARS_MAX).collect();
        if reason.is_empty() {
            return Ok(self.told(asked, 409, "console-guard-reason"));
        }
        if page == Page::Settle {
            let fate = serde_json::from_value::<Fate>(serde_json::json!(field("fate")));
            let Some(fate) = fate.ok().filter(|_| !work.is_over()) else {
                return Ok(self.told(asked, 409, "console-note-refused"));
            };
            let note = Settled { item: sha256.to_owned(), fate, reason };
            let body = serde_json::to_string(&note)?;
            return self.decide(asked, &work, Handling::SETTLED, &body, "/evidence", "noted");
        }
        let mut event = CustodyEvent { item: sha256.to_owned(), purpose: reason, ..CustodyEvent::default() };
        if page == Page::HandOn {
            event.to = field("to").trim().chars().take(NAME_CHARS_MAX).collect();
            if event.to.is_empty() {
                return Ok(self.told(asked, 409, "console-note-refused"));
            }
            self.desk().hand(&work.case, event, &login)?;
            return Ok(Made::See(format!("/cases/{}/evidence?said=noted", work.case.number), None));
        }
        self.copy(asked, &work, item, event, &login)
    }

    /// Hands the file out; that a copy was taken is part of its custody, and written first.
    fn copy(
        &self,
        asked: &Asked<'_>,
        work: &Work,
        item: &Item,
        mut event: CustodyEvent,
        login: &str,
    ) -> anyhow::Result<Made> {
        let vault = Vault::beside(&self.shared.folder);
        if item.place != Place::Store || !vault.is_whole(&item.sha256) {
            return Ok(self.told(asked, 409, "evidence-damaged"));
        }
        let holder = work.chain.as_ref().and_then(|chain| chain.holder(&item.sha256)).unwrap_or(login);
        holder.clone_into(&mut event.to);
        event.purpose = format!("写しの交付 / copy to {login}: {}", event.purpose);
        "SHA-256".clone_into(&mut event.identity_check);
        self.desk().hand(&work.case, event, login)?;
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let name: String = item.name.chars().map(|c| if safe(c) { c } else { '_' }).collect();
        let short = item.sha256.get(..12).unwrap_or_default();
        Ok(Made::File(vault.path(&item.sha256), format!("{short}-{}", name.trim_start_matches('.'))))
    }

    fn register(
        &self,
        asked: &Asked<'_>,
        work: &Work,
        field: &dyn Fn(&str) -> String,
    ) -> anyhow::Result<Made> {
        let place = |said: &str| Made::See(format!("/cases/{}/evidence?said={said}", work.case.number), None);
        let Some(mut fields) = Fields::of(field) else { return Ok(place("evidence-refused")) };
        let item = if field("kind") == "ledger" {
            let (first, last) = (field("first").parse(), field("last").parse());
            let (Ok(first), Ok(last)) = (first, last) else { return Ok(place("evidence-refused")) };
            let Some((sha256, bytes, covers)) = self.range(first, last)? else {
                return Ok(place("evidence-refused"));
            };
            fields.covers = Some(covers);
            fields.item(format!("ledger {first}-{last}"), sha256, bytes, Place::Ledger(first, last))
        } else {
            let (name, kept, sha256) = (field("name"), field("place"), field("sha256").trim().to_lowercase());
            let is_hash = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
            let texts = [&name, &kept]
                .iter()
                .all(|text| !text.trim().is_empty() && text.chars().count() <= NAME_CHARS_MAX);
            if !is_hash || !texts {
                return Ok(place("evidence-refused"));
            }
            let bytes = field("bytes").parse().unwrap_or(0);
            fields.item(name, sha256, bytes, Place::Elsewhere(kept))
        };
        let said = self.desk().add(work.case.number, &item, &fields.from, &actor(asked)?)?;
        Ok(place(said))
    }

    /// A range of the ledger: SHA-256 over one line for each entry (index, commitment, SHA-256 of its body), bytes of these
    /// lines, and the time it covers. `None` when there is no such range.
    fn range(&self, first: u64, last: u64) -> anyhow::Result<Option<Range>> {
        let mut reader = Reader::open(&self.shared.folder).context("cannot read the ledger")?;
        if first > last || last >= reader.size() || last - first >= RANGE_MAX {
            return Ok(None);
        }
        let (mut hash, mut bytes, mut covers) = (Sha256::new(), 0_u64, None);
        for found in reader.entries_from(LedgerIndex(first)) {
            let (index, entry) = found.context("cannot read the ledger")?;
            if index.0 > last {
                break;
            }
            let body = hex::encode(Sha256::digest(&entry.body));
            let line = format!("{} {} {body}\n", index.0, hex::encode(entry.commitment));
            hash.update(line.as_bytes());
            bytes = bytes.saturating_add(line.len() as u64);
            let from = covers.map_or(entry.received_at, |(from, _)| from);
            covers = Some((from, entry.received_at));
        }
        Ok(covers.map(|covers| (hex::encode(hash.finalize()), bytes, covers)))
    }
}
