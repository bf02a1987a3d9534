//! Forms (様式) as versioned data (CW-REP-07): fields, where each value comes from, recipient, legal basis, layout. A changed
//! layout is a new file in `data/` and not new code; older versions stay.

use casework::Bilingual;
use casework::dossier::{PROJECTIONS, catalogue::catalogue};
use serde::Deserialize;
use std::sync::OnceLock;

/// Every form file, oldest version first.
const FILES: &[(&str, &str)] = &[
    ("police.damage.1", include_str!("../data/police.damage.1.toml")),
    ("psc.assist.1", include_str!("../data/psc.assist.1.toml")),
    ("psc.operating.1", include_str!("../data/psc.operating.1.toml")),
    ("psc.management.1", include_str!("../data/psc.management.1.toml")),
    ("ipa.access.1", include_str!("../data/ipa.access.1.toml")),
    ("jpcert.incident.1", include_str!("../data/jpcert.incident.1.toml")),
    ("ppc.leak.prompt.1", include_str!("../data/ppc.leak.prompt.1.toml")),
    ("ppc.leak.final.1", include_str!("../data/ppc.leak.final.1.toml")),
    ("nco.ddos.1", include_str!("../data/nco.ddos.1.toml")),
    ("nco.ransom.1", include_str!("../data/nco.ransom.1.toml")),
    ("notice.holder.1", include_str!("../data/notice.holder.1.toml")),
    ("internal.notice.1", include_str!("../data/internal.notice.1.toml")),
    ("recovery.record.1", include_str!("../data/recovery.record.1.toml")),
];

/// How sure it is that the layout is the recipient's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayoutState {
    /// The recipient's own form.
    Official,
    /// The recipient's items as far as they are known; the rest is not verified.
    Partial,
    /// The product's own layout: an official one exists or may exist, and is not verified.
    Neutral,
    /// The product's own layout; nobody prescribes one.
    Own,
}

/// When a field has to be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Required {
    /// Welcome, never asked for.
    #[default]
    Never,
    /// By the final report (確報).
    Final,
    /// By the first report (速報).
    Prompt,
    /// Without it the recipient cannot take the document.
    Always,
}

/// First or final report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What is known so far (速報, 第一報).
    #[default]
    Prompt,
    /// Everything (確報).
    Final,
}

/// To whom a document is addressed (宛名).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addressee {
    /// Fact that names the body; empty = the text alone.
    #[serde(default)]
    pub source: String,
    /// What follows the name, or stands alone.
    pub suffix: String,
    /// Line to write on when the name is not known.
    #[serde(default)]
    pub blank: String,
}

/// A field (記載事項).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// `fact:ID` or `case:PROJECTION`; the first that has a value is shown, or all with `all`.
    pub source: Vec<String>,
    /// Show every source that has a value.
    #[serde(default)]
    pub all: bool,
    /// Label; without it, that of the first fact.
    #[serde(default)]
    pub label: Option<Bilingual>,
    /// Only these columns of a table of facts, e.g. without the names of the staff in a letter to users.
    #[serde(default)]
    pub columns: Vec<String>,
    /// When it has to be known.
    #[serde(default)]
    pub required: Required,
}

/// A block of fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Block of the requirement or item of the recipient, e.g. `RC-1`.
    pub id: String,
    /// Heading.
    pub title: Bilingual,
    /// Fields.
    pub field: Vec<Field>,
}

/// A form.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Id of casework.md 7.3.
    pub id: String,
    /// Version of this file, from 1.
    pub version: u32,
    /// Title that is printed.
    pub title: Bilingual,
    /// Desk or body (casework.md 4.1).
    pub recipient: String,
    /// First day on which the version is used.
    #[serde(deserialize_with = "day")]
    pub valid_from: jiff::civil::Date,
    /// How sure the layout is.
    pub state: LayoutState,
    /// What is not verified, in words.
    #[serde(default)]
    pub unverified: Bilingual,
    /// Document that asks for the fields.
    pub basis: Bilingual,
    /// Where the field list comes from.
    pub source: Bilingual,
    /// Layout of the printed document: `form` or `letter`.
    pub layout: String,
    /// The recipient numbers the items itself: headings carry the ids of the sections, `0` none.
    #[serde(default)]
    pub numbered_by_recipient: bool,
    /// First or final report.
    #[serde(default)]
    pub stage: Stage,
    /// The recipient takes it with facts still missing.
    pub accepts_incomplete: bool,
    /// It must not be shown outside without a person's look at the personal data in it.
    #[serde(default)]
    pub internal: bool,
    /// To whom it is addressed.
    pub addressee: Addressee,
    /// First sentence.
    pub lead: Bilingual,
    /// Last sentence.
    #[serde(default)]
    pub closing: Bilingual,
    /// Blocks.
    pub section: Vec<Section>,
}

impl Form {
    /// Is a field with this mark needed in this form?
    #[must_use]
    pub fn needs(&self, required: Required) -> bool {
        match self.stage {
            Stage::Prompt => required >= Required::Prompt,
            Stage::Final => required >= Required::Final,
        }
    }
}

fn day<'de, D: serde::Deserializer<'de>>(from: D) -> Result<jiff::civil::Date, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

/// A form file that is not usable.
#[derive(Debug, thiserror::Error)]
pub enum FormFault {
    /// No TOML of this shape.
    #[error("{file}: {error}")]
    Shape {
        /// File.
        file: String,
        /// What the reader said.
        error: Box<toml::de::Error>,
    },
    /// An id that cannot name a file.
    #[error(
        "{file}: the id 「{id}」 is none: expected letters, digits, `.`, `-` and `_`, at most 64, beginning with a letter"
    )]
    Id {
        /// File.
        file: String,
        /// As written.
        id: String,
    },
    /// A source that nothing provides.
    #[error("{file}: {id}: nothing is called {source_name}")]
    Source {
        /// File.
        file: String,
        /// Section.
        id: String,
        /// As written.
        source_name: String,
    },
}

/// Reads a form file and checks that each source exists.
///
/// # Errors
///
/// When the text is no form, or a field names a fact or projection that does not exist.
pub fn read(file: &str, text: &str) -> Result<Form, FormFault> {
    let form: Form = toml::from_str(text)
        .map_err(|error| FormFault::Shape { file: file.to_owned(), error: Box::new(error) })?;
    let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !form.id.starts_with(|c: char| c.is_ascii_alphabetic())
        || !form.id.chars().all(sign)
        || form.id.len() > 64
    {
        return Err(FormFault::Id { file: file.to_owned(), id: form.id.chars().take(64).collect() });
    }
    for section in &form.section {
        if let Some(column) = section.field.iter().find_map(strange_column) {
            let (file, id) = (file.to_owned(), section.id.clone());
            return Err(FormFault::Source { file, id, source_name: column.clone() });
        }
        for source in section.field.iter().flat_map(|field| &field.source) {
            if !exists(source) {
                let (file, id) = (file.to_owned(), section.id.clone());
                return Err(FormFault::Source { file, id, source_name: source.clone() });
            }
        }
    }
    Ok(form)
}

/// A column that the table of the field does not have.
fn strange_column(field: &Field) -> Option<&String> {
    let facts = field.source.iter().filter_map(|source| catalogue().fact(source.strip_prefix("fact:")?));
    let known: Vec<&str> = facts.flat_map(|kind| &kind.columns).map(|column| column.key.as_str()).collect();
    field.columns.iter().find(|column| !known.contains(&column.as_str()))
}

pub(crate) fn exists(source: &str) -> bool {
    match source.split_once(':') {
        Some(("fact", id)) => catalogue().fact(id).is_some(),
        Some(("case", name)) => PROJECTIONS.iter().any(|(known, ..)| *known == name),
        _ => false,
    }
}

/// Every version of every form of the product. A file that cannot be read is left out; a test reads them all.
#[must_use]
pub fn forms() -> &'static [Form] {
    static FORMS: OnceLock<Vec<Form>> = OnceLock::new();
    FORMS.get_or_init(|| FILES.iter().filter_map(|(file, text)| read(file, text).ok()).collect())
}

/// The newest version of a form that is in use on a day.
#[must_use]
pub fn form(id: &str, day: jiff::civil::Date) -> Option<&'static Form> {
    forms().iter().filter(|form| form.id == id && form.valid_from <= day).max_by_key(|form| form.version)
}

/// The ids of all forms, each once, in the order in which they are shown.
#[must_use]
pub fn ids() -> Vec<&'static str> {
    let mut ids: Vec<&str> = Vec::new();
    for form in forms() {
        if !ids.contains(&form.id.as_str()) {
            ids.push(&form.id);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CW-REP-07: every form file is whole, bilingual, and says where its fields come from.
    #[test]
    fn every_form_is_whole() {
        for (file, text) in FILES {
            let form = read(file, text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(*file, format!("{}.{}", form.id, form.version));
            for both in [&form.title, &form.basis, &form.source, &form.lead] {
                assert!(!both.ja.is_empty() && !both.en.is_empty(), "{file}");
            }
            assert!(["form", "letter"].contains(&form.layout.as_str()), "{file}: {}", form.layout);
            let verified = matches!(form.state, LayoutState::Official | LayoutState::Own);
            assert_eq!(verified, form.unverified.ja.is_empty(), "{file}: what is not verified is said");
            assert!(form.section.iter().all(|section| !section.field.is_empty()), "{file}");
        }
        assert_eq!(forms().len(), FILES.len());
    }

    #[test]
    fn a_form_file_with_a_fault_is_refused_by_name() {
        let (_, text) = FILES[0];
        let wrong = text.replace("fact:reporter.name", "fact:reporter.shoe_size");
        assert!(
            read("x.1", &wrong)
                .unwrap_err()
                .to_string()
                .contains("nothing is called fact:reporter.shoe_size")
        );
        let wrong =
            text.replace("[\"fact:measures.taken\"]", "[\"fact:measures.taken\"], columns = [\"shoe\"]");
        assert!(read("x.1", &wrong).unwrap_err().to_string().contains("nothing is called shoe"));
        assert!(read("x.1", "id = 3").unwrap_err().to_string().starts_with("x.1: "));
    }

    /// CW-REP-08: an older version stays available for the days on which it was used.
    #[test]
    fn the_version_follows_the_day() {
        assert!(form("police.damage", jiff::civil::date(2026, 11, 28)).is_some());
        assert!(form("police.damage", jiff::civil::date(1999, 1, 1)).is_none());
        assert!(form("no.such", jiff::civil::date(2026, 11, 28)).is_none());
    }
}
