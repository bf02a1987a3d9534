//! Facts typed by people (`case.toml`), checked against the catalogue. Every fault names its line.

use super::catalogue::{Catalogue, FactKind, FactType};
use crate::era;
use jiff::civil::{Date, DateTime, Time};
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Largest file of facts, bytes.
pub const FACTS_BYTES_MAX: usize = 4 << 20;
/// Longest text of one value, characters.
const TEXT_CHARS_MAX: usize = 4_000;
/// Most lines, rows or choices of one value.
const ITEMS_MAX: usize = 1_000;
/// Words for "asked, and nobody knows".
const UNKNOWN: [&str; 2] = ["不明", "unknown"];

/// The value of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactValue {
    /// One paragraph.
    Text(String),
    /// Several paragraphs.
    Lines(Vec<String>),
    /// A day.
    Date(Date),
    /// A time in Japan.
    Time(DateTime),
    /// A number.
    Number(u64),
    /// Yes or no.
    YesNo(bool),
    /// Places of the chosen options.
    Chosen(Vec<usize>),
    /// Rows of a table, cells in the order of the columns.
    Rows(Vec<Vec<String>>),
    /// Somebody looked and does not know: an answer, unlike a fact that is not entered.
    Unknown,
}

/// What people entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    values: BTreeMap<String, FactValue>,
}

/// One thing wrong in a file of facts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct FactFault {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, and what was expected.
    pub what: String,
}

impl Facts {
    /// Reads a file of facts. Tables that the case file uses for other things are named in `others`.
    ///
    /// # Errors
    ///
    /// All faults, with their lines: no TOML, facts that no catalogue knows, values of the wrong type.
    pub fn parse(text: &str, catalogue: &Catalogue, others: &[&str]) -> Result<Self, Vec<FactFault>> {
        if text.len() > FACTS_BYTES_MAX {
            let what = format!("the file has {} bytes; at most {FACTS_BYTES_MAX}", text.len());
            return Err(vec![FactFault { line: 1, what }]);
        }
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            vec![FactFault { line: line(text, at), what: error.message().to_owned() }]
        })?;
        let mut reading = Reading { text, catalogue, facts: Self::default(), faults: Vec::new() };
        for (group, value) in table.get_ref() {
            let name = group.get_ref().as_ref();
            if others.contains(&name) {
                continue;
            }
            match value.get_ref() {
                DeValue::Table(facts) => reading.group(name, facts),
                _ => reading.fault(group.span().start, format!("expected a table [{name}] of facts")),
            }
        }
        if reading.faults.is_empty() { Ok(reading.facts) } else { Err(reading.faults) }
    }

    /// The value of a fact, if it was entered.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&FactValue> {
        self.values.get(id)
    }

    /// All facts that were entered.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &FactValue)> {
        self.values.iter().map(|(id, value)| (id.as_str(), value))
    }
}

struct Reading<'t> {
    text: &'t str,
    catalogue: &'t Catalogue,
    facts: Facts,
    faults: Vec<FactFault>,
}

impl Reading<'_> {
    fn fault(&mut self, at: usize, what: String) {
        self.faults.push(FactFault { line: line(self.text, at), what });
    }

    fn group(&mut self, group: &str, facts: &DeTable<'_>) {
        for (name, value) in facts {
            let id = format!("{group}.{}", name.get_ref());
            let Some(kind) = self.catalogue.fact(&id) else {
                let near = self.catalogue.nearest(&id).unwrap_or_default();
                self.fault(name.span().start, format!("no fact is called {id}; did you mean {near}?"));
                continue;
            };
            match read(kind, value) {
                Ok(Some(value)) => {
                    self.facts.values.insert(id, value);
                }
                Ok(None) => {}
                Err(what) => self.fault(value.span().start, format!("{id} ({}): {what}", kind.ja)),
            }
        }
    }
}

/// The value; `None` = left empty.
fn read(kind: &FactKind, value: &Spanned<DeValue<'_>>) -> Result<Option<FactValue>, String> {
    let value = value.get_ref();
    if let DeValue::String(text) = value {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if UNKNOWN.contains(&text) && !kind.options.iter().any(|option| option.code == text) {
            return Ok(Some(FactValue::Unknown));
        }
    }
    let read = match (kind.holds, value) {
        (FactType::Text, DeValue::String(text)) => FactValue::Text(self::text(text)?),
        (FactType::Lines, DeValue::String(text)) => {
            FactValue::Lines(text.lines().map(self::text).collect::<Result<_, _>>()?)
        }
        (FactType::Lines, DeValue::Array(items)) => FactValue::Lines(strings(items)?),
        (FactType::Date, DeValue::String(text)) => {
            FactValue::Date(era::read(text).map_err(|error| error.to_string())?)
        }
        (FactType::Date | FactType::Time, DeValue::Datetime(stamp)) => {
            let time = time(&stamp.to_string())?;
            if kind.holds == FactType::Date { FactValue::Date(time.date()) } else { FactValue::Time(time) }
        }
        (FactType::Time, DeValue::String(text)) => FactValue::Time(time(text)?),
        (FactType::Number, DeValue::Integer(number)) => FactValue::Number(
            u64::from_str_radix(number.as_str(), number.radix())
                .map_err(|_| "expected a whole number from 0".to_owned())?,
        ),
        (FactType::YesNo, DeValue::Boolean(yes)) => FactValue::YesNo(*yes),
        (FactType::Choice | FactType::Choices, DeValue::String(code)) => {
            FactValue::Chosen(vec![choice(kind, code)?])
        }
        (FactType::Choices, DeValue::Array(items)) => FactValue::Chosen(
            strings(items)?.iter().map(|code| choice(kind, code)).collect::<Result<_, _>>()?,
        ),
        (FactType::Rows, DeValue::Array(rows)) => FactValue::Rows(self::rows(kind, rows)?),
        _ => return Err(format!("expected {}", expected(kind.holds))),
    };
    let empty = match &read {
        FactValue::Lines(lines) => lines.is_empty(),
        FactValue::Rows(rows) => rows.is_empty(),
        FactValue::Chosen(chosen) => chosen.is_empty(),
        _ => false,
    };
    Ok((!empty).then_some(read))
}

const fn expected(holds: FactType) -> &'static str {
    match holds {
        FactType::Text => "a text in quotes",
        FactType::Lines => "a list of texts",
        FactType::Date => "a day such as 2026-11-28 or \"令和8年11月28日\"",
        FactType::Time => "a time such as \"2026-11-28 09:10\"",
        FactType::Number => "a whole number from 0",
        FactType::YesNo => "true, false or \"不明\"",
        FactType::Choice => "one of the options",
        FactType::Choices => "a list of options",
        FactType::Rows => "a list of tables [[...]]",
    }
}

fn text(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        long if long > TEXT_CHARS_MAX => Err(format!("{long} characters; at most {TEXT_CHARS_MAX}")),
        _ => Ok(text.to_owned()),
    }
}

fn strings(items: &[Spanned<DeValue<'_>>]) -> Result<Vec<String>, String> {
    if items.len() > ITEMS_MAX {
        return Err(format!("{} items; at most {ITEMS_MAX}", items.len()));
    }
    let one = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
        DeValue::String(value) => text(value),
        _ => Err("expected a list of texts".to_owned()),
    };
    items.iter().map(one).collect()
}

fn choice(kind: &FactKind, code: &str) -> Result<usize, String> {
    kind.options.iter().position(|option| option.code == code || option.ja == code).ok_or_else(|| {
        let known: Vec<String> =
            kind.options.iter().map(|option| format!("{} ({})", option.code, option.ja)).collect();
        format!("「{code}」 is no option; expected one of {}", known.join(", "))
    })
}

fn rows(kind: &FactKind, rows: &[Spanned<DeValue<'_>>]) -> Result<Vec<Vec<String>>, String> {
    if rows.len() > ITEMS_MAX {
        return Err(format!("{} rows; at most {ITEMS_MAX}", rows.len()));
    }
    let known = || kind.columns.iter().map(|column| column.key.as_str()).collect::<Vec<_>>().join(", ");
    let row = |row: &Spanned<DeValue<'_>>| {
        let DeValue::Table(cells) = row.get_ref() else { return Err("expected tables".to_owned()) };
        let is_known = |name: &str| kind.columns.iter().any(|column| column.key == name);
        if let Some(name) = cells.keys().find(|name| !is_known(name.get_ref())) {
            return Err(format!("no column is called {}; there are {}", name.get_ref(), known()));
        }
        let cell = |key: &str| match cells.get(key).map(Spanned::get_ref) {
            None => Ok(String::new()),
            Some(DeValue::String(value)) => text(value),
            Some(DeValue::Integer(number)) => Ok(number.as_str().to_owned()),
            Some(DeValue::Datetime(stamp)) => Ok(stamp.to_string().replace('T', " ")),
            Some(_) => Err(format!("{key}: expected a text")),
        };
        kind.columns.iter().map(|column| cell(&column.key)).collect()
    };
    rows.iter().map(row).collect()
}

/// `2026-11-28 09:10`, `2026-11-28T09:10:05+09:00` (turned into Japan's time), `令和8年11月28日 9:10`, or a day alone.
pub(crate) fn time(text: &str) -> Result<DateTime, String> {
    let text = text.trim();
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Ok(jiff::tz::Offset::constant(9).to_datetime(stamp));
    }
    let (day, clock) = text.split_once([' ', 'T', '\u{3000}']).unwrap_or((text, "00:00"));
    let date = era::read(day).map_err(|error| error.to_string())?;
    let mut parts = clock.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (parts.next().flatten(), parts.next().flatten());
    let second = parts.next().map_or(Some(0), |part| part);
    match (hour, minute, second, parts.next()) {
        (Some(hour), Some(minute), Some(second), None) => Time::new(hour, minute, second, 0)
            .map(|time| date.to_datetime(time))
            .map_err(|_| format!("「{clock}」 is no time of day")),
        _ => Err(format!("「{text}」 is no time; expected {}", expected(FactType::Time))),
    }
}

fn line(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}
