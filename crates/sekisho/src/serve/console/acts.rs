//! What people do at the console. Each deed is in the ledger before it takes effect (DESIGN invariant 4).

use super::routes::{Page, part, value};
use super::{Asked, Console, Made, Shared, auth, clocks};
use anyhow::Context as _;
use store::{Case, CaseEvent, CaseState, Error, NewPerson, Role};
use vocab::{Message, Timestamp};

/// Whoever acknowledges first becomes the owner, and the clocks start.
pub(super) fn recognise(case: &mut Case, actor: &str, now: Timestamp) {
    if case.state == CaseState::Detected {
        (case.state, case.owner, case.recognised) = (CaseState::Initial, actor.to_owned(), now);
    }
}

/// What is done by whom.
#[derive(Clone, Copy)]
pub(super) struct Doing<'a> {
    pub(super) deed: &'a str,
    pub(super) body: &'a str,
    pub(super) actor: &'a str,
}

/// Writes a deed into ledger and log of a case; whether the case itself changes, and the id of the event.
pub(super) fn write_case(
    shared: &Shared,
    case: &Case,
    (changes, id): (bool, String),
    Doing { deed, body, actor }: Doing<'_>,
    now: Timestamp,
) -> anyhow::Result<()> {
    // A change that would come too late is not even begun.
    let found = shared.store.read(|tx| tx.case(case.number))?.map_or(0, |found| found.version);
    if changes && found != case.version {
        let what = format!("case {}", case.number);
        return Err(Error::Stale { what, found, expected: case.version }.into());
    }
    let ledger = shared.deed(serde_json::json!({
        "deed": deed, "case": case.number, "state": case.state.name(), "actor": actor, "text": body,
    }))?;
    let event = CaseEvent {
        id,
        case: case.id.clone(),
        at: now,
        actor: actor.to_owned(),
        deed: deed.to_owned(),
        body: body.to_owned(),
        ledger,
    };
    shared.store.write(|tx| {
        if changes {
            tx.change_case(case, now)?;
        }
        if deed == "acknowledged" {
            tx.acknowledge(&case.incident, actor, now)?;
        }
        tx.add_case_event(&event)
    })?;
    Ok(())
}

impl Console {
    pub(super) fn act(&self, asked: &Asked<'_>, page: Page) -> anyhow::Result<Made> {
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let field = |name: &str| value(&form, name).unwrap_or_default();
        let actor = asked.session.as_ref().context("a session")?.login.clone();
        match page {
            Page::AddPerson => return self.add_person(asked, &actor, &field),
            Page::ChangePerson => return self.change_person(asked, &actor, &field),
            _ => {}
        }
        let number: i64 = part(&asked.request.path, 2).parse().unwrap_or(0);
        let Some(mut case) = self.shared.store.read(|tx| tx.case(number))? else {
            return Ok(self.told(asked, 404, "console-missing"));
        };
        let place = format!("/cases/{number}");
        let (deed, body, said) = match page {
            Page::Acknowledge => {
                recognise(&mut case, &actor, asked.now);
                ("acknowledged", String::new(), "acknowledged")
            }
            Page::Move => {
                let state = CaseState::of(&field("state"));
                let reason = field("reason");
                let allowed = casework::case::moves(case.state).iter().find(|to| Some(**to) == state);
                let Some(to) = allowed else {
                    return Ok(self.told(asked, 409, "console-guard-order"));
                };
                if reason.trim().is_empty() {
                    return Ok(self.told(asked, 409, "console-guard-reason"));
                }
                // What stands against it is said with its codes (CW-DAT-12).
                let against = self.work(asked)?.map_or_else(Vec::new, |work| work.objections(*to, asked.now));
                if !against.is_empty() {
                    let list: Vec<String> = against.iter().map(ToString::to_string).collect();
                    let said = Message::new("console-guard-open").with("list", list.join(", ").as_str());
                    return Ok(self.told_words(asked, 409, asked.t.render(&said)));
                }
                case.version = field("version").parse().unwrap_or(0);
                case.state = *to;
                ("state", format!("{}: {reason}", to.name()), "moved")
            }
            Page::Told => {
                let (clock, receipt) = (field("clock"), field("receipt"));
                let runs = self.work(asked)?.is_some_and(|work| clocks::runs(&work, &clock));
                if !runs || case.recognised == Timestamp(0) {
                    return Ok(self.told(asked, 409, "console-missing"));
                }
                (casework::handling::Handling::TOLD, clocks::told_body(&clock, &receipt), "reported")
            }
            _ => {
                let note = field("note");
                if note.trim().is_empty() {
                    return Ok(Made::See(place, None));
                }
                ("note", note, "noted")
            }
        };
        let changes = !matches!(page, Page::Note | Page::Told);
        match self.write_case(&case, changes, deed, &body, &actor, asked.now) {
            Err(error) if matches!(error.downcast_ref(), Some(Error::Stale { .. })) => {
                Ok(Made::See(format!("{place}?said=stale"), None))
            }
            done => done.map(|()| Made::See(format!("{place}?said={said}"), None)),
        }
    }

    pub(super) fn write_case(
        &self,
        case: &Case,
        changes: bool,
        deed: &str,
        body: &str,
        actor: &str,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        write_case(&self.shared, case, (changes, self.id()?), Doing { deed, body, actor }, now)
    }

    fn add_person(
        &self,
        asked: &Asked<'_>,
        actor: &str,
        field: &dyn Fn(&str) -> String,
    ) -> anyhow::Result<Made> {
        let (login, name, mail) = (field("login"), field("name"), field("mail"));
        let hash = self.hashed(&zeroize::Zeroizing::new(field("password")))?;
        let (Some(hash), Some(role), true) = (hash, Role::of(&field("role")), auth::is_login(&login)) else {
            return Ok(self.told(asked, 400, "console-password-new"));
        };
        let id = self.id()?;
        let deed = serde_json::json!({ "deed": "person added", "login": login, "role": role.name(), "actor": actor });
        self.shared.deed(deed)?;
        let new = NewPerson { id: &id, login: &login, name: &name, mail: &mail, role, password: &hash };
        match self.shared.store.write(|tx| tx.add_person(new, asked.now)) {
            Err(Error::Exists(_)) => Ok(self.told(asked, 409, "console-stale")),
            done => done.map(|()| Made::See("/people".to_owned(), None)).map_err(Into::into),
        }
    }

    fn change_person(
        &self,
        asked: &Asked<'_>,
        actor: &str,
        field: &dyn Fn(&str) -> String,
    ) -> anyhow::Result<Made> {
        let id = part(&asked.request.path, 2);
        let Some(role) = Role::of(&field("role")) else {
            return Ok(self.told(asked, 400, "console-missing"));
        };
        let (version, active) = (field("version").parse().unwrap_or(0), field("active") == "1");
        let deed = serde_json::json!({
            "deed": "person changed", "person": id, "role": role.name(), "active": active, "actor": actor,
        });
        self.shared.deed(deed)?;
        match self.shared.store.write(|tx| tx.change_person(id, version, role, active, asked.now)) {
            Err(Error::Exists(_) | Error::Stale { .. }) => Ok(self.told(asked, 409, "console-stale")),
            Err(Error::Absent(_)) => Ok(self.told(asked, 404, "console-missing")),
            done => done.map(|()| Made::See("/people".to_owned(), None)).map_err(Into::into),
        }
    }
}
