//! Fills a form from a case (CW-REP-01): every value has a source, a value without source is "not entered" and is listed
//! with who could know it.

use crate::document::{Block, Document, Entry, Missing, Value};
use crate::form::{Field, Form, LayoutState, Required};
use casework::commission;
use casework::dossier::catalogue::{FactKind, FactType, Sensitivity, catalogue};
use casework::dossier::{Dossier, FactValue, Origin, Shown, Table, Tongue, project};
use casework::era;
use jiff::civil::{Date, DateTime};

/// What filling needs beside form and case.
#[derive(Clone, Debug)]
pub struct Filling {
    /// Language.
    pub tongue: Tongue,
    /// Day of release, in Japan.
    pub day: Date,
}

/// Fills a form.
#[must_use]
pub fn fill(form: &Form, case: &Dossier, filling: &Filling) -> Document {
    let tongue = filling.tongue;
    let of = |both: &casework::Bilingual| tongue.of(&both.ja, &both.en).to_owned();
    let mut missing = Vec::new();
    let mut personal = Vec::new();
    let mut sections = Vec::new();
    for (at, section) in form.section.iter().enumerate() {
        let mut fields = Vec::new();
        for field in &section.field {
            let entry = entry(field, case, tongue);
            if entry.values.is_empty() && form.needs(field.required) {
                missing.push(lack(field, &entry, tongue));
            }
            if !entry.values.is_empty() && holds_personal(field) && !personal.contains(&entry.label) {
                personal.push(entry.label.clone());
            }
            fields.push(entry);
        }
        sections.push(Block { number: number(form, &section.id, at), title: of(&section.title), fields });
    }
    Document {
        form: form.id.clone(),
        version: form.version,
        lang: tongue.of("ja", "en"),
        layout: form.layout.clone(),
        title: of(&form.title),
        day: day(filling.day, tongue),
        addressee: addressee(form, case),
        sender: sender(form, case, tongue),
        lead: of(&form.lead),
        closing: of(&form.closing),
        marks: marks(form, case, &missing, tongue),
        sections,
        foot: format!("{} / {} v{}", case.seen.id, form.id, form.version),
        missing,
        personal,
    }
}

fn number(form: &Form, id: &str, at: usize) -> String {
    match (form.numbered_by_recipient, id) {
        (true, "0") => String::new(),
        (true, id) => format!("{id}　"),
        (false, _) => format!("{}　", at + 1),
    }
}

fn entry(field: &Field, case: &Dossier, tongue: Tongue) -> Entry {
    let mut values = Vec::new();
    for source in &field.source {
        if let Some((shown, origin)) = value(source, field, case, tongue) {
            values.push(Value::new(shown, origin, tongue.of("ja", "en")));
            if !field.all {
                break;
            }
        }
    }
    let id = field.source.first().cloned().unwrap_or_default();
    let empty = match fact(field) {
        Some(_) => tongue.of("（未入力）", "(not entered)"),
        None => tongue.of("（該当する記録なし）", "(no such record)"),
    };
    Entry { label: label(field, tongue), id, values, empty }
}

fn label(field: &Field, tongue: Tongue) -> String {
    match (&field.label, fact(field)) {
        (Some(label), _) => tongue.of(&label.ja, &label.en).to_owned(),
        (None, Some(kind)) => tongue.of(&kind.ja, &kind.en).to_owned(),
        (None, None) => field.source.join(", "),
    }
}

/// The first fact that a field names.
fn fact(field: &Field) -> Option<&'static FactKind> {
    field.source.iter().find_map(|source| catalogue().fact(source.strip_prefix("fact:")?))
}

fn holds_personal(field: &Field) -> bool {
    let facts = field.source.iter().filter_map(|source| catalogue().fact(source.strip_prefix("fact:")?));
    let mut facts = facts.map(|kind| kind.sensitivity == Sensitivity::Personal);
    facts.any(|personal| personal) || field.source.iter().any(|source| source == "case:accounts")
}

fn lack(field: &Field, entry: &Entry, tongue: Tongue) -> Missing {
    let needed = field.required == Required::Always;
    let label = entry.label.clone();
    match fact(field) {
        Some(kind) => {
            let (who, record) = (catalogue().who(kind), catalogue().record(kind));
            Missing {
                fact: kind.id.clone(),
                label,
                who: tongue.of(&who.ja, &who.en).to_owned(),
                record: tongue.of(&record.ja, &record.en).to_owned(),
                needed,
            }
        }
        None => Missing {
            fact: String::new(),
            label,
            who: tongue.of("（記録から得る）", "(from the records)").to_owned(),
            record: tongue
                .of("調査に用いたログの範囲を広げる（sekisho investigate）", "investigate more logs")
                .to_owned(),
            needed,
        },
    }
}

/// The value of a source; `None` = not entered.
fn value(source: &str, field: &Field, case: &Dossier, tongue: Tongue) -> Option<(Shown, Origin)> {
    match source.split_once(':')? {
        ("case", name) => project(&case.seen, name, tongue),
        ("fact", id) => {
            let kind = catalogue().fact(id)?;
            Some((shown(kind, case.facts.get(id)?, &field.columns, tongue), Origin::Person))
        }
        _ => None,
    }
}

/// What a cell of an official workbook shows of a source: lines one under the other, rows of a table with their cells apart.
pub(crate) fn cell_text(source: &str, case: &Dossier, tongue: Tongue) -> Option<String> {
    let shown = match source.split_once(':')? {
        ("case", name) => project(&case.seen, name, tongue)?.0,
        ("fact", id) => {
            let kind = catalogue().fact(id)?;
            let held = case.facts.get(id)?;
            match held {
                // A cell has its own boxes; only the chosen options are written.
                FactValue::Chosen(chosen) => {
                    let options = chosen.iter().filter_map(|at| kind.options.get(*at));
                    Shown::Lines(options.map(|option| tongue.of(&option.ja, &option.en).to_owned()).collect())
                }
                held => shown(kind, held, &[], tongue),
            }
        }
        _ => return None,
    };
    let text = match shown {
        Shown::Text(text) => text,
        Shown::Lines(lines) => lines.join("\n"),
        Shown::Table(table) => table.rows.iter().map(|row| row.join("　")).collect::<Vec<_>>().join("\n"),
    };
    (!text.trim().is_empty()).then_some(text)
}

/// Is this option of a choice chosen? `None` = nobody said.
pub(crate) fn chosen(source: &str, option: &str, case: &Dossier) -> Option<bool> {
    let id = source.strip_prefix("fact:")?;
    let kind = catalogue().fact(id)?;
    match case.facts.get(id)? {
        FactValue::Chosen(chosen) => {
            let at = kind.options.iter().position(|known| known.code == option)?;
            Some(chosen.contains(&at))
        }
        FactValue::YesNo(yes) => Some(*yes == (option == "yes")),
        _ => None,
    }
}

/// Can the fact have this option? `yes` and `no` are those of a question.
pub(crate) fn has_option(source: &str, option: &str) -> bool {
    let kind = source.strip_prefix("fact:").and_then(|id| catalogue().fact(id));
    kind.is_some_and(|kind| match kind.holds {
        FactType::YesNo => ["yes", "no"].contains(&option),
        _ => kind.options.iter().any(|known| known.code == option),
    })
}

fn shown(kind: &FactKind, value: &FactValue, columns: &[String], tongue: Tongue) -> Shown {
    let option = |at: &usize| kind.options.get(*at).map_or("", |option| tongue.of(&option.ja, &option.en));
    Shown::Text(match value {
        FactValue::Text(text) => text.clone(),
        FactValue::Lines(lines) => return Shown::Lines(lines.clone()),
        FactValue::Date(date) => day(*date, tongue),
        FactValue::Time(time) => moment(*time, tongue),
        FactValue::Number(number) => grouped(*number),
        FactValue::YesNo(yes) if kind.id.ends_with("_statement") => match yes {
            true => tongue.of("相違ない", "so stated").to_owned(),
            false => tongue.of("異なる（承諾等がある）", "not so: there was consent").to_owned(),
        },
        FactValue::YesNo(true) => tongue.of("はい", "yes").to_owned(),
        FactValue::YesNo(false) => tongue.of("いいえ", "no").to_owned(),
        FactValue::Chosen(chosen) if kind.options.len() <= 10 => return boxes(kind, chosen, tongue),
        FactValue::Chosen(chosen) => {
            chosen.iter().map(option).collect::<Vec<_>>().join(tongue.of("、", ", "))
        }
        FactValue::Unknown => tongue.of("不明（調査中）", "unknown, being examined").to_owned(),
        FactValue::Rows(rows) => {
            let wanted: Vec<usize> = (0..kind.columns.len())
                .filter(|at| {
                    columns.is_empty()
                        || kind.columns.get(*at).is_some_and(|column| columns.contains(&column.key))
                })
                .collect();
            let head = wanted.iter().filter_map(|at| kind.columns.get(*at));
            let head = head.map(|column| tongue.of(&column.ja, &column.en).to_owned()).collect();
            let of = |row: &Vec<String>| wanted.iter().filter_map(|at| row.get(*at).cloned()).collect();
            return Shown::Table(Table { head, rows: rows.iter().map(of).collect(), left_out: 0 });
        }
    })
}

/// Every option with its box, as a paper form shows them.
fn boxes(kind: &FactKind, chosen: &[usize], tongue: Tongue) -> Shown {
    // As many as the column of values holds without a break inside an option.
    const LINE_CHARS_MAX: usize = 34;
    let box_of = |at: usize| if chosen.contains(&at) { "■" } else { "□" };
    let options = kind.options.iter().enumerate();
    let boxed: Vec<String> =
        options.map(|(at, option)| format!("{}{}", box_of(at), tongue.of(&option.ja, &option.en))).collect();
    let line = boxed.join("　");
    if line.chars().count() > LINE_CHARS_MAX { Shown::Lines(boxed) } else { Shown::Text(line) }
}

fn day(day: Date, tongue: Tongue) -> String {
    match tongue {
        Tongue::Ja => era::long(day),
        Tongue::En => day.to_string(),
    }
}

fn moment(time: DateTime, tongue: Tongue) -> String {
    match tongue {
        Tongue::Ja => format!("{} {}時{:02}分", era::long(time.date()), time.hour(), time.minute()),
        Tongue::En => time.strftime("%Y-%m-%d %H:%M +09:00").to_string(),
    }
}

/// 1,234,567
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

fn addressee(form: &Form, case: &Dossier) -> String {
    let name = form.addressee.source.strip_prefix("fact:").and_then(|id| case.facts.get(id));
    match name {
        Some(FactValue::Text(name)) => format!("{name}{}", form.addressee.suffix),
        // Without a name the place of the computer says which commission it is (CW-AST-01).
        _ if form.recipient == "psc" && commission::competent(&case.facts).body.is_some() => {
            format!(
                "{}{}",
                commission::competent(&case.facts).body.unwrap_or_default(),
                form.addressee.suffix
            )
        }
        _ if form.addressee.source.is_empty() => form.addressee.suffix.clone(),
        _ => form.addressee.blank.clone(),
    }
}

/// Who sends it; a letter names no single person.
fn sender(form: &Form, case: &Dossier, tongue: Tongue) -> Vec<String> {
    let ids =
        ["administrator.address", "administrator.name", "administrator.representative", "reporter.name"];
    let known = ids.iter().filter_map(|id| match case.facts.get(id) {
        Some(FactValue::Text(_)) if *id == "reporter.name" && form.layout == "letter" => None,
        Some(FactValue::Text(text)) if *id == "reporter.name" => {
            Some(format!("{}{text}", tongue.of("届出者　", "reported by ")))
        }
        Some(FactValue::Text(text)) => Some(text.clone()),
        _ => None,
    });
    known.collect()
}

fn marks(form: &Form, case: &Dossier, missing: &[Missing], tongue: Tongue) -> Vec<String> {
    let mut marks = Vec::new();
    // CW-REP-09
    if matches!(form.state, LayoutState::Partial | LayoutState::Neutral) {
        marks.push(tongue.of(&form.unverified.ja, &form.unverified.en).to_owned());
    }
    let names_verdict = |field: &Field| field.source.iter().any(|source| source == "case:verdict");
    let shows_verdict = form.section.iter().flat_map(|section| &section.field).any(names_verdict);
    if shows_verdict && case.seen.legal.state != "confirmed" {
        let ja = "判定案：法の要件に関する記載は、記録から機械的に導いた案であり、人による確認前のものです。";
        let en =
            "Proposal: what is said of the Act was derived from records and is not confirmed by a person.";
        marks.push(tongue.of(ja, en).to_owned());
    }
    if !missing.is_empty() {
        let needed = missing.iter().filter(|one| one.needed).count();
        marks.push(match tongue {
            Tongue::Ja => format!(
                "未確定の事項が{}件あります（うち必須{needed}件）。判明次第、追って報告します。",
                missing.len()
            ),
            Tongue::En => {
                format!("{} facts are not known yet ({needed} of them required); they follow.", missing.len())
            }
        });
    }
    marks
}
