//! Builds the tables from count units, by the layout in `data/count_tables.tsv` and `data/count_categories.tsv`.

use std::collections::{BTreeMap, BTreeSet};

use super::CountOptions;
use super::lump::{CountUnit, Provision};
use super::tables::{Cell, Measure, Note, Row, RowKind, Table};
use super::unit::{Assistance, Clearance, Person, Unit};
use crate::facts::Tri;
use crate::table::{cell, list, row, rows};
use crate::verdict::{LegalClass, Text};

pub(crate) fn note(code: &str, record: &str, place: &str) -> Note {
    let cells = row("count_notes", code).unwrap_or_default();
    let text = Text::new(cell(&cells, 1), cell(&cells, 2));
    Note { code: code.to_owned(), record: record.to_owned(), text, place: place.to_owned() }
}

/// The suspects by id.
pub(crate) struct People<'a>(BTreeMap<&'a str, &'a Person>);

impl<'a> People<'a> {
    pub(crate) fn of(units: &'a [Unit], notes: &mut Vec<Note>) -> Self {
        let mut people = BTreeMap::new();
        for unit in units {
            if let Unit::Person(person) = unit {
                people.insert(person.id.as_str(), person);
                if !person.responsible {
                    notes.push(note("not_responsible", &person.id, ""));
                }
            }
        }
        Self(people)
    }

    fn age(&self, id: &str) -> Option<u8> {
        self.0.get(id).and_then(|person| person.age)
    }

    fn is_responsible(&self, id: &str) -> bool {
        self.0.get(id).is_none_or(|person| person.responsible)
    }

    /// Suspects of cleared units of the period who get guidance only.
    pub(crate) fn guidance_only(&self, units: &[CountUnit<'_>], options: &CountOptions) -> Vec<String> {
        let cleared = units.iter().filter(|unit| cleared(unit, options));
        let ids: BTreeSet<&String> = cleared.flat_map(suspects).collect();
        ids.into_iter().filter(|id| !self.is_responsible(id)).cloned().collect()
    }
}

/// One thing that is counted in a table, with the codes it has on the table's axis.
struct Item<'a> {
    codes: Vec<String>,
    counts: Vec<&'a str>,
    cases: Vec<&'a str>,
    persons: Vec<&'a str>,
}

impl Item<'_> {
    fn ids(&self, measure: Measure) -> &[&str] {
        match measure {
            Measure::Counts => &self.counts,
            Measure::Cases => &self.cases,
            Measure::Persons | Measure::Age => &self.persons,
        }
    }
}

pub(crate) fn tables(
    units: &[CountUnit<'_>],
    records: &[Unit],
    people: &People<'_>,
    options: &CountOptions,
    notes: &mut Vec<Note>,
) -> Vec<Table> {
    for unit in units.iter().filter(|unit| !recognised(unit, options) && !cleared(unit, options)) {
        notes.push(note("other_period", unit.id(), "reported_to_npa_at"));
    }
    let layouts: Vec<Vec<&str>> =
        rows("count_tables").filter(|cells| cell(cells, 0) == options.list).collect();
    layouts
        .iter()
        .map(|layout| {
            let assistance = assistance(records, options);
            let items = match cell(layout, 3) {
                "assistance" => assistance.iter().map(|one| given(one)).collect(),
                population => items(units, population, cell(layout, 2), people, options),
            };
            table(layout, &items, people, notes)
        })
        .collect()
}

fn recognised(unit: &CountUnit<'_>, options: &CountOptions) -> bool {
    unit.provision == Provision::Access && options.period.holds(&unit.reported())
}

fn cleared(unit: &CountUnit<'_>, options: &CountOptions) -> bool {
    clearances(unit).any(|cleared| options.period.holds(&cleared.on.japan_day()))
}

fn clearances<'a>(unit: &CountUnit<'a>) -> impl Iterator<Item = &'a Clearance> {
    unit.acts.clone().into_iter().filter_map(|act| act.cleared.as_ref())
}

fn suspects<'a>(unit: &CountUnit<'a>) -> Vec<&'a String> {
    unit.acts.iter().flat_map(|act| &act.suspects).collect()
}

fn assistance<'a>(records: &'a [Unit], options: &CountOptions) -> Vec<&'a Assistance> {
    let given = records.iter().filter_map(|unit| match unit {
        Unit::Assistance(assistance) => Some(assistance),
        _ => None,
    });
    let mut given: Vec<&Assistance> = given.filter(|one| options.period.holds(&one.on.japan_day())).collect();
    given.sort_by_key(|one| (one.on.first_micros(), &one.id));
    given
}

fn given(assistance: &Assistance) -> Item<'_> {
    let codes = vec![assistance.prefecture.clone()];
    Item { codes, counts: vec![&assistance.id], cases: Vec::new(), persons: Vec::new() }
}

/// The units of a population, with their codes on an axis.
fn items<'a>(
    units: &'a [CountUnit<'a>],
    population: &str,
    axis: &str,
    people: &People<'_>,
    options: &CountOptions,
) -> Vec<Item<'a>> {
    let inside = |unit: &&CountUnit<'_>| match population {
        "recognised" => recognised(unit, options),
        "cleared" => cleared(unit, options),
        "cleared_access" => unit.provision == Provision::Access && cleared(unit, options),
        "cleared_code_theft" => unit.class == LegalClass::Ua1 && cleared(unit, options),
        "cleared_facilitation" => unit.provision == Provision::Facilitation && cleared(unit, options),
        "means_of_other" => {
            let means = clearances(unit).any(|cleared| !cleared.means_of.is_empty());
            unit.provision == Provision::Access && means && cleared(unit, options)
        }
        _ => false,
    };
    let chosen = units.iter().filter(inside);
    if axis != "age" {
        return chosen.map(|unit| item(unit, axis, people)).collect();
    }
    // A person is one item, in however many units.
    let ids: BTreeSet<&str> = chosen.flat_map(|unit| responsible(unit, people)).collect();
    ids.into_iter()
        .map(|id| Item {
            codes: age_codes(people.age(id)),
            counts: Vec::new(),
            cases: Vec::new(),
            persons: vec![id],
        })
        .collect()
}

fn item<'a>(unit: &'a CountUnit<'a>, axis: &str, people: &People<'_>) -> Item<'a> {
    let cases = clearances(unit).map(|cleared| cleared.case.as_str()).collect();
    Item { codes: codes(unit, axis), counts: vec![unit.id()], cases, persons: responsible(unit, people) }
}

fn responsible<'a>(unit: &CountUnit<'a>, people: &People<'_>) -> Vec<&'a str> {
    suspects(unit).into_iter().map(String::as_str).filter(|id| people.is_responsible(id)).collect()
}

fn codes(unit: &CountUnit<'_>, axis: &str) -> Vec<String> {
    let first = unit.acts.first();
    let one = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
    match axis {
        "recognised" => {
            let abroad = unit.acts.iter().any(|act| act.from_abroad == Tri::Yes);
            if abroad { vec!["from_abroad".to_owned()] } else { Vec::new() }
        }
        "administrator" => one(first.map_or("", |act| &act.administrator)),
        "how_recognised" => one(first.map_or("", |act| &act.how_recognised)),
        "afterwards" => unit.acts.iter().flat_map(|act| act.afterwards.clone()).collect(),
        "provision" => one(unit.provision.code()),
        "type" if unit.class == LegalClass::Ua1 => one("code_theft"),
        "type" => one("hole_attack"),
        "method" => {
            let attributes = clearances(unit).flat_map(|cleared| cleared.attributes.clone());
            one(first.map_or("", |act| &act.method)).into_iter().chain(attributes).collect()
        }
        "motive" => clearances(unit).flat_map(|cleared| one(&cleared.motive)).collect(),
        "means_of" => clearances(unit).flat_map(|cleared| cleared.means_of.clone()).collect(),
        "facilitation_form" => {
            clearances(unit).flat_map(|cleared| cleared.facilitation_form.clone()).collect()
        }
        _ => Vec::new(),
    }
}

/// The band of ten years, and adult (成人) or juvenile (少年, under 20).
fn age_codes(age: Option<u8>) -> Vec<String> {
    age.map_or_else(Vec::new, |age| {
        let grown = if age < 20 { "juvenile" } else { "adult" };
        vec![format!("{}s", age / 10 * 10), grown.to_owned()]
    })
}

fn table(layout: &[&'static str], items: &[Item<'_>], people: &People<'_>, notes: &mut Vec<Note>) -> Table {
    let id = cell(layout, 1);
    let measures: Vec<Measure> =
        list(cell(layout, 4)).iter().filter_map(|text| Measure::from_code(text)).collect();
    let exhaustive = cell(layout, 5) == "yes";
    let mut rows = categories(layout, items, &measures);
    let category_codes = published_codes(layout, &rows);
    let outside: Vec<&Item<'_>> =
        items.iter().filter(|item| !item.codes.iter().any(|code| category_codes.contains(code))).collect();
    if exhaustive && !outside.is_empty() && cell(layout, 2) != "prefecture" {
        for item in &outside {
            let ids = measures.first().map_or(&[][..], |measure| item.ids(*measure));
            notes.extend(ids.iter().map(|record| note("unclassified", record, id)));
        }
        let text = Text::new("分類なし", "unclassified");
        rows.push(make(format!("{id}.unclassified"), text, RowKind::Unclassified, &measures, &outside));
    }
    if cell(layout, 7) == "yes" {
        rows.push(remainder(id, &rows, items, &measures));
    }
    if cell(layout, 6) == "yes" {
        rows.push(total(id, &rows, items, &measures));
    }
    if cell(layout, 2) == "age" {
        ages(items, people, &mut rows, notes);
    }
    let title = Text::new(cell(layout, 8), cell(layout, 9));
    Table { id: id.to_owned(), title, measures, exhaustive, rows }
}

/// The rows of the layout; for prefectures one row for each that occurs, in the order in which they began.
fn categories(layout: &[&'static str], items: &[Item<'_>], measures: &[Measure]) -> Vec<Row> {
    let (list_id, id) = (cell(layout, 0), cell(layout, 1));
    if cell(layout, 2) == "prefecture" {
        let mut names: Vec<&String> = Vec::new();
        for name in items.iter().flat_map(|item| &item.codes) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let rows = names.iter().map(|name| {
            let inside: Vec<&Item<'_>> = items.iter().filter(|item| item.codes.contains(name)).collect();
            let label = Text::new(name.as_str(), name.as_str());
            make(format!("{id}.list.{name}"), label, RowKind::Category, measures, &inside)
        });
        return rows.collect();
    }
    rows("count_categories")
        .filter(|cells| cell(cells, 0) == list_id && cell(cells, 1) == id)
        .map(|cells| {
            let codes = list(cell(&cells, 4));
            let has = |item: &&Item<'_>| item.codes.iter().any(|code| codes.contains(code));
            let inside: Vec<&Item<'_>> = items.iter().filter(has).collect();
            let kind = RowKind::from_code(cell(&cells, 3)).unwrap_or(RowKind::Category);
            let label = Text::new(cell(&cells, 5), cell(&cells, 6));
            make(cell(&cells, 2).to_owned(), label, kind, measures, &inside)
        })
        .collect()
}

/// Codes that put an item into a category row.
fn published_codes(layout: &[&'static str], made: &[Row]) -> BTreeSet<String> {
    let (list_id, id) = (cell(layout, 0), cell(layout, 1));
    let categories = rows("count_categories")
        .filter(|cells| cell(cells, 0) == list_id && cell(cells, 1) == id && cell(cells, 3) == "category");
    let mut codes: BTreeSet<String> = categories.flat_map(|cells| list(cell(&cells, 4))).collect();
    codes.extend(made.iter().filter_map(|row| row.id.split_once(".list.")).map(|(_, name)| name.to_owned()));
    codes
}

fn make(id: String, label: Text, kind: RowKind, measures: &[Measure], items: &[&Item<'_>]) -> Row {
    let cells = measures
        .iter()
        .map(|measure| {
            let ids: BTreeSet<&str> =
                items.iter().flat_map(|item| item.ids(*measure).iter().copied()).collect();
            let records: Vec<String> = ids.into_iter().map(str::to_owned).collect();
            Cell { measure: *measure, value: records.len() as u64, overlap: 0, records }
        })
        .collect();
    Row { id, label, kind, cells }
}

/// The union, and by how much the rows overlap (CW-CNT-05).
fn total(id: &str, rows: &[Row], items: &[Item<'_>], measures: &[Measure]) -> Row {
    let all: Vec<&Item<'_>> = items.iter().collect();
    let mut total = make(format!("{id}.total"), Text::new("計", "total"), RowKind::Total, measures, &all);
    for cell in &mut total.cells {
        let parts = rows.iter().filter(|row| matches!(row.kind, RowKind::Category | RowKind::Unclassified));
        let sum: u64 = parts.map(|row| row.value(cell.measure)).sum();
        cell.overlap = sum.saturating_sub(cell.value);
    }
    total
}

/// What no published category holds: computed, and shown as such (CW-CNT-08).
fn remainder(id: &str, rows: &[Row], items: &[Item<'_>], measures: &[Measure]) -> Row {
    let all: Vec<&Item<'_>> = items.iter().collect();
    let label = Text::new("公表された区分に含まれないもの（差引き）", "in no published category (derived)");
    let mut rest = make(format!("{id}.remainder"), label, RowKind::Remainder, measures, &all);
    for cell in &mut rest.cells {
        let published: BTreeSet<&String> = rows
            .iter()
            .filter(|row| row.kind == RowKind::Category)
            .filter_map(|row| row.cell(cell.measure))
            .flat_map(|cell| &cell.records)
            .collect();
        cell.records.retain(|record| !published.contains(record));
        cell.value = cell.records.len() as u64;
    }
    rest
}

/// Oldest and youngest person; persons without a record of their age are named.
fn ages(items: &[Item<'_>], people: &People<'_>, rows: &mut Vec<Row>, notes: &mut Vec<Note>) {
    let ids = items.iter().flat_map(|item| &item.persons);
    let mut known: Vec<(u8, &str)> = Vec::new();
    for id in ids {
        match people.age(id) {
            Some(age) => known.push((age, id)),
            None => notes.push(note("person_unknown", id, "T8")),
        }
    }
    known.sort_unstable();
    let ends = [
        ("T8.oldest", "最年長", "oldest", known.last().map(|(age, _)| *age)),
        ("T8.youngest", "最年少", "youngest", known.first().map(|(age, _)| *age)),
    ];
    for (id, ja, en, age) in ends {
        let Some(age) = age else { continue };
        let records =
            known.iter().filter(|(known, _)| *known == age).map(|(_, id)| (*id).to_owned()).collect();
        let cells = vec![Cell { measure: Measure::Age, value: u64::from(age), overlap: 0, records }];
        rows.push(Row { id: id.to_owned(), label: Text::new(ja, en), kind: RowKind::Value, cells });
    }
}
