//! The page of preservation and evidence (保全と証拠): the gates PG-1 to PG-6, what people state of them, and who sets one aside.

use super::routes::{Page, may, value};
use super::work::{Work, actor};
use super::{Asked, Console, Made, askama, held};
use bundle::Chain;
use casework::handling::{
    Fate, GateAnswer, GateNote, Guard, Handling, Item, ItemClass, Place, Waiver, gates,
};
use store::Role;
use vocab::Message;
use web::Catalog;
use web::console::{EvidencePage, GateLine, ItemLine, WaiverLine, visible, visible_whole};

/// Longest text of a note, characters.
pub(super) const NOTE_CHARS_MAX: usize = 2_000;

impl Console {
    pub(super) fn evidence(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let t = asked.t;
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        let session = asked.session.as_ref();
        let role = session.map_or(Role::Auditor, |session| session.role);
        let open = !work.is_over();
        let mut f = self.frame(asked, "/cases", "evidence-title");
        f.title = format!("{} {}: {}", t.text("console-case"), work.case.number, t.text("evidence-title"));
        let login = session.map_or("", |session| session.login.as_str());
        let page = EvidencePage {
            f,
            number: work.case.number,
            version: work.case.version,
            gates: gate_lines(&work, asked),
            waivers: work
                .handling
                .waivers
                .iter()
                .rev()
                .map(|made| {
                    let list: Vec<&str> = made.waiver.gates.iter().map(|gate| gate.code()).collect();
                    let words = Message::new("evidence-waived")
                        .with("by", made.by.as_str())
                        .with("at", t.time(made.at).as_str())
                        .with("gates", list.join(", ").as_str());
                    let state = match (made.holds(), made.approved.is_empty()) {
                        (true, true) => String::new(),
                        (true, false) => t.render(
                            &Message::new("evidence-waiver-agreed").with("by", made.approved.as_str()),
                        ),
                        (false, _) => t.text("evidence-waiver-waits"),
                    };
                    WaiverLine {
                        entry: made.entry,
                        words: t.render(&words),
                        reason: visible_whole(&made.waiver.reason),
                        state,
                        agrees: open && !made.holds() && made.by != login && may(Page::ApproveWaiver, role),
                    }
                })
                .collect(),
            items: item_lines(&work, t),
            chain_broken: work.chain.is_none(),
            hosts: work.hit.iter().map(|host| (host.clone(), visible(host))).collect(),
            classes: ItemClass::ALL
                .into_iter()
                .map(|class| (class.code(), t.text(&format!("evidence-class-{}", class.code()))))
                .collect(),
            fates: Fate::ALL
                .into_iter()
                .map(|fate| (fate.code(), t.text(&format!("evidence-fate-{}", fate.code()))))
                .collect(),
            limit: t.render(&Message::new("evidence-limit").with("mib", self.upload_bytes_max >> 20)),
            entries: held(&self.shared.ledger).0,
            adds: open && may(Page::AddEvidence, role),
            hands: may(Page::HandOn, role),
            settles: open && may(Page::Settle, role),
            states: open && may(Page::StateGate, role),
            waives: open && may(Page::Waive, role),
        };
        Ok(Made::Html(200, askama(&page)))
    }

    /// A statement about a gate, a waiver, or somebody who agrees to one.
    pub(super) fn note_gate(&self, asked: &Asked<'_>, page: Page) -> anyhow::Result<Made> {
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let field = |name: &str| value(&form, name).unwrap_or_default();
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        if work.is_over() {
            return Ok(self.told(asked, 409, "console-guard-closed"));
        }
        let reason = field("reason");
        let reasoned = !reason.trim().is_empty() && reason.chars().count() <= NOTE_CHARS_MAX;
        let made = match page {
            Page::StateGate => {
                let (gate, host) = (Guard::gate(&field("gate")), field("host"));
                let answer = gate.and_then(|gate| {
                    let all = GateAnswer::of(gate).iter();
                    all.copied().find(|answer| answer.code() == field("answer")).map(|answer| (gate, answer))
                });
                let about_host = matches!(gate, Some(Guard::Image | Guard::Volatile));
                let fits = if about_host { work.hit.contains(&host) } else { host.is_empty() };
                answer.filter(|_| fits && reasoned).map(|(gate, answer)| {
                    let note = GateNote { gate, host, answer, reason };
                    serde_json::to_string(&note).map(|body| (Handling::GATE, body))
                })
            }
            Page::Waive => {
                let gates: Vec<Guard> = Guard::GATES
                    .into_iter()
                    .filter(|gate| field(&gate.code().to_lowercase()) == "1")
                    .collect();
                let role = asked.session.as_ref().map_or("", |session| session.role.name());
                let waiver = Waiver {
                    hosts: work.hit.clone(),
                    role: role.to_owned(),
                    second: self.others_may_waive(&actor(asked)?)?,
                    reason,
                    gates,
                };
                (reasoned && !waiver.gates.is_empty())
                    .then(|| serde_json::to_string(&waiver).map(|body| (Handling::WAIVER, body)))
            }
            _ => {
                let (entry, actor) = (field("entry").parse::<i64>().ok(), actor(asked)?);
                let waits = work
                    .handling
                    .waivers
                    .iter()
                    .any(|made| Some(made.entry) == entry && !made.holds() && made.by != actor);
                entry.filter(|_| waits).map(|entry| Ok((Handling::APPROVED, entry.to_string())))
            }
        };
        match made.transpose()? {
            Some((deed, body)) => self.decide(asked, &work, deed, &body, "/evidence", "noted"),
            None => Ok(self.told(asked, 409, "console-note-refused")),
        }
    }

    /// Is there somebody else who may set gates aside (CW-VIC-05)?
    fn others_may_waive(&self, login: &str) -> anyhow::Result<bool> {
        let people = self.shared.store.read(|tx| tx.people())?;
        Ok(people.iter().any(|one| one.active && one.login != login && may(Page::Waive, one.role)))
    }
}

/// Every item with its chain of custody.
fn item_lines(work: &Work, t: &Catalog) -> Vec<ItemLine> {
    let events = work.chain.as_ref().map_or(&[][..], Chain::events);
    let line = |(entry, item): &(i64, Item)| {
        let own = events.iter().filter(|event| event.item == item.sha256);
        let custody = own.map(|event| {
            let words = Message::new("evidence-step")
                .with("from", visible(&event.from).as_str())
                .with("to", visible(&event.to).as_str())
                .with("at", t.time(event.time).as_str());
            (
                t.render(&words),
                visible_whole(&event.purpose),
                event.prev_hash.get(..16).unwrap_or("-").to_owned(),
            )
        });
        let holder = work.chain.as_ref().and_then(|chain| chain.holder(&item.sha256));
        let settled = work.handling.settled.get(&item.sha256);
        let covers =
            item.covers.map_or_else(String::new, |(from, to)| format!("{} - {}", t.time(from), t.time(to)));
        let texts = [&item.tool, &item.taken, &covers, &item.note].map(|text| visible_whole(text));
        ItemLine {
            entry: *entry,
            sha256: item.sha256.clone(),
            name: visible(&item.name),
            class: t.text(&format!("evidence-class-{}", item.class.code())),
            host: visible(&item.host),
            bytes: item.bytes,
            place: match &item.place {
                Place::Store => t.text("evidence-place-store"),
                Place::Ledger(first, last) => {
                    t.render(&Message::new("evidence-place-ledger").with("first", *first).with("last", *last))
                }
                Place::Elsewhere(place) => visible(place),
            },
            about: texts.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join(" / "),
            holder: holder.map_or_else(|| t.text("evidence-holder-none"), visible),
            custody: custody.collect(),
            fate: settled.map_or_else(String::new, |note| {
                let fate = t.text(&format!("evidence-fate-{}", note.fate.code()));
                format!("{fate}: {}", visible_whole(&note.reason))
            }),
            file: item.place == Place::Store,
        }
    };
    work.handling.items.iter().map(line).collect()
}

/// Every gate, for each hit computer where it asks for each: how it stands, what was stated.
fn gate_lines(work: &Work, asked: &Asked<'_>) -> Vec<GateLine> {
    let t = asked.t;
    let closed = gates(&work.situation(asked.now), &work.handling);
    let mut lines = Vec::new();
    for gate in Guard::GATES {
        let hosts = match gate {
            Guard::Image | Guard::Volatile => work.hit.clone(),
            _ => vec![String::new()],
        };
        for host in hosts {
            let about_host = !host.is_empty();
            let against: Vec<&str> = closed
                .iter()
                .filter(|one| one.guard == gate && (!about_host || one.about == host))
                .map(|one| one.about.as_str())
                .collect();
            let stated = work.handling.gates.get(&(gate, host.clone()));
            lines.push(gate_line(gate, &host, &against, stated, t));
        }
    }
    lines
}

fn gate_line(gate: Guard, host: &str, against: &[&str], stated: Option<&GateNote>, t: &Catalog) -> GateLine {
    let answer = |answer: GateAnswer| t.text(&format!("gate-answer-{}", answer.code().replace('_', "-")));
    let items: Vec<String> =
        if host.is_empty() { against.iter().map(|name| visible(name)).collect() } else { Vec::new() };
    GateLine {
        code: gate.code(),
        host: host.to_owned(),
        shown: visible(host),
        asks: t.text(&format!("gate-{}", gate.code().to_lowercase())),
        closed: !against.is_empty(),
        state: t.text(if against.is_empty() { "gate-open" } else { "gate-closed" }),
        about: items.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", "),
        stated: stated.map_or_else(String::new, |note| {
            format!("{}: {}", answer(note.answer), visible_whole(&note.reason))
        }),
        answers: GateAnswer::of(gate).iter().map(|one| (one.code(), answer(*one))).collect(),
    }
}
