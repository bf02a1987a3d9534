//! What people enter for documents (casework.md 7.1): each fact once, checked by its type, a note in the log of the case.

use super::routes::{Page, may, value};
use super::{Asked, Console, Made, askama};
use casework::dossier::Facts;
use casework::dossier::catalogue::{FactKind, FactType, catalogue};
use std::collections::BTreeMap;
use store::{CaseEvent, Role};
use vocab::Message;
use web::Catalog;
use web::console::{EntriesPage, EntryGroup, EntryLine, visible_whole};

/// Deed whose particulars are the facts that somebody entered, as typed.
pub(super) const ENTERED: &str = "entered";

/// What was typed, the newest of each fact.
pub(super) fn typed(events: &[CaseEvent]) -> BTreeMap<String, String> {
    let entered = events.iter().filter(|event| event.deed == ENTERED);
    entered
        .flat_map(|event| serde_json::from_str::<BTreeMap<String, String>>(&event.body).unwrap_or_default())
        .collect()
}

/// The facts of a case. What cannot be read any more, e.g. after a change of the catalogue, is left out: it counts as not entered.
pub(super) fn facts(typed: &BTreeMap<String, String>) -> Facts {
    let good: BTreeMap<&String, &String> = typed.iter().filter(|(id, text)| one(id, text).is_ok()).collect();
    read(good.into_iter()).unwrap_or_default()
}

fn one(id: &str, text: &str) -> Result<Facts, String> {
    read(std::iter::once((&id.to_owned(), &text.to_owned())))
}

fn read<'a>(all: impl Iterator<Item = (&'a String, &'a String)>) -> Result<Facts, String> {
    let mut table = toml::Table::new();
    for (id, text) in all {
        let kind = catalogue().fact(id).ok_or("no such fact")?;
        let (group, name) = id.split_once('.').ok_or("no such fact")?;
        let group = table.entry(group).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        if let Some(group) = group.as_table_mut() {
            group.insert(name.to_owned(), typed_value(kind, text));
        }
    }
    let text = toml::to_string(&table).map_err(|error| error.to_string())?;
    Facts::parse(&text, catalogue(), &[])
        .map_err(|faults| faults.iter().map(|fault| fault.what.clone()).collect::<Vec<_>>().join("; "))
}

/// A typed text as the case file would hold it.
fn typed_value(kind: &FactKind, text: &str) -> toml::Value {
    let text = text.trim().replace("\r\n", "\n");
    let string = || toml::Value::String(text.clone());
    match kind.holds {
        FactType::Number => text.parse().map_or_else(|_| string(), toml::Value::Integer),
        FactType::YesNo => match text.as_str() {
            "yes" => toml::Value::Boolean(true),
            "no" => toml::Value::Boolean(false),
            _ => string(),
        },
        FactType::Choices if !matches!(text.as_str(), "" | "不明" | "unknown") => {
            let codes = text.split([',', '\n']).map(str::trim).filter(|code| !code.is_empty());
            toml::Value::Array(codes.map(|code| toml::Value::String(code.to_owned())).collect())
        }
        FactType::Rows if !matches!(text.as_str(), "" | "不明" | "unknown") => {
            let rows = text.lines().filter(|line| !line.trim().is_empty());
            let row = |line: &str| {
                let cells = line.split(['|', '｜']).map(|cell| toml::Value::String(cell.trim().to_owned()));
                let keys = kind.columns.iter().map(|column| column.key.clone());
                toml::Value::Table(keys.zip(cells).collect())
            };
            toml::Value::Array(rows.map(row).collect())
        }
        _ => string(),
    }
}

impl Console {
    pub(super) fn entries(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let t = asked.t;
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        let role = asked.session.as_ref().map_or(Role::Auditor, |session| session.role);
        let typed = typed(&work.events);
        let mut groups: Vec<EntryGroup> = Vec::new();
        for kind in catalogue().facts() {
            let group = kind.id.split('.').next().unwrap_or_default();
            if groups.iter().all(|known| known.id != group) {
                let label = t.text(&format!("entries-group-{}", group.replace('_', "-")));
                groups.push(EntryGroup { id: group.to_owned(), label, facts: Vec::new() });
            }
            let line = entry_line(kind, typed.get(&kind.id).map_or("", String::as_str), t);
            let own = groups.iter_mut().find(|known| known.id == group);
            own.into_iter().for_each(|own| own.facts.push(line.clone()));
        }
        let mut f = self.frame(asked, "/cases", "entries-title");
        f.title = format!("{} {}: {}", t.text("console-case"), work.case.number, t.text("entries-title"));
        let page = EntriesPage {
            f,
            number: work.case.number,
            version: work.case.version,
            groups,
            acts: !work.is_over() && may(Page::Enter, role),
        };
        Ok(Made::Html(200, askama(&page)))
    }

    /// Takes what changed of one group; a fact that does not fit is named, and nothing is taken.
    pub(super) fn enter_facts(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        if work.is_over() {
            return Ok(self.told(asked, 409, "console-guard-closed"));
        }
        let before = typed(&work.events);
        let (mut changed, mut faults) = (BTreeMap::new(), Vec::new());
        for kind in catalogue().facts() {
            let Some(text) = value(&form, &kind.id) else { continue };
            let text = text.trim().replace("\r\n", "\n");
            if before.get(&kind.id).map_or("", String::as_str) == text {
                continue;
            }
            if let Err(what) = one(&kind.id, &text) {
                faults.push(what);
            }
            changed.insert(kind.id.clone(), text);
        }
        if !faults.is_empty() {
            let said = Message::new("entries-refused").with("list", faults.join("; ").as_str());
            return Ok(self.told_words(asked, 409, asked.t.render(&said)));
        }
        if changed.is_empty() {
            return Ok(Made::See(format!("/cases/{}/entries", work.case.number), None));
        }
        self.decide(asked, &work, ENTERED, &serde_json::to_string(&changed)?, "/entries", "noted")
    }
}

fn entry_line(kind: &FactKind, typed: &str, t: &Catalog) -> EntryLine {
    let ja = t.lang() == web::Lang::Ja;
    let pick = |both: &casework::Bilingual| if ja { both.ja.clone() } else { both.en.clone() };
    let holds = match kind.holds {
        FactType::Lines => "lines",
        FactType::Date => "date",
        FactType::Time => "time",
        FactType::Number => "number",
        FactType::YesNo => "yes-no",
        FactType::Choice => "choice",
        FactType::Choices => "choices",
        FactType::Rows => "rows",
        FactType::Text => "text",
    };
    let option = |(code, words): (&str, String)| (code.to_owned(), words, code == typed);
    let options = match kind.holds {
        FactType::YesNo => {
            ["yes", "no"].map(|code| option((code, t.text(&format!("entries-{code}"))))).to_vec()
        }
        _ => kind
            .options
            .iter()
            .map(|one| option((one.code.as_str(), if ja { one.ja.clone() } else { one.en.clone() })))
            .collect(),
    };
    let columns = kind.columns.iter().map(|column| if ja { column.ja.clone() } else { column.en.clone() });
    EntryLine {
        id: kind.id.clone(),
        label: pick(&kind.label()),
        who: t.render(
            &Message::new("case-who")
                .with("who", pick(&catalogue().who(kind)).as_str())
                .with("record", pick(&catalogue().record(kind)).as_str()),
        ),
        hint: match kind.holds {
            FactType::Rows => columns.collect::<Vec<_>>().join(" | "),
            FactType::Lines | FactType::Choices | FactType::Date | FactType::Time => {
                t.text(&format!("entries-hint-{holds}"))
            }
            _ => String::new(),
        },
        chosen: matches!(kind.holds, FactType::YesNo | FactType::Choice),
        long: matches!(kind.holds, FactType::Lines | FactType::Rows | FactType::Text | FactType::Choices),
        unknown: typed == "不明",
        options,
        value: visible_whole(typed),
    }
}
