//! The facts that documents may draw on (`data/facts.toml`): what each is called, what it may hold, who could know it and
//! which record would show it (CW-REP-01).

use crate::incident::Bilingual;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

const DATA: &str = include_str!("../../data/facts.toml");

/// What a fact may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactType {
    /// One paragraph.
    Text,
    /// Several paragraphs.
    Lines,
    /// A day; typed as ISO 8601 or in the Japanese calendar.
    Date,
    /// A day and a time in Japan.
    Time,
    /// A whole number from zero.
    Number,
    /// Yes or no.
    YesNo,
    /// One of the options.
    Choice,
    /// Several of the options.
    Choices,
    /// A table.
    Rows,
}

/// How careful one has to be with a value (CW-DAT-06). Secrets of others are in no fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Anybody may know it.
    Public,
    /// Concerns the organisation.
    Org,
    /// Concerns a person.
    Personal,
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What is typed.
    pub code: String,
    /// Japanese, as the official list words it.
    pub ja: String,
    /// English.
    pub en: String,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What is typed.
    pub key: String,
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// One fact of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactKind {
    /// `group.name`.
    pub id: String,
    /// What it may hold.
    #[serde(rename = "type")]
    pub holds: FactType,
    /// What it is called, in Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
    /// Key of `[who]`: who could know it.
    pub who: String,
    /// Key of `[record]`: which log or paper would show it.
    pub record: String,
    /// Sensitivity.
    pub sensitivity: Sensitivity,
    /// Options of a choice.
    #[serde(default)]
    pub options: Vec<Choice>,
    /// Columns of a table.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// How a value may look.
    #[serde(default)]
    pub example: String,
}

impl FactKind {
    /// What it is called.
    #[must_use]
    pub fn label(&self) -> Bilingual {
        Bilingual { ja: self.ja.clone(), en: self.en.clone() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema_version: u32,
    who: BTreeMap<String, Bilingual>,
    record: BTreeMap<String, Bilingual>,
    fact: Vec<FactKind>,
}

/// All facts.
#[derive(Debug)]
pub struct Catalogue {
    who: BTreeMap<String, Bilingual>,
    record: BTreeMap<String, Bilingual>,
    facts: Vec<FactKind>,
}

/// The catalogue of this version of the product.
#[must_use]
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| match toml::from_str::<File>(DATA) {
        Ok(file) if file.schema_version == 1 => {
            Catalogue { who: file.who, record: file.record, facts: file.fact }
        }
        // The file is part of the program and a test reads it: this does not happen.
        _ => Catalogue { who: BTreeMap::new(), record: BTreeMap::new(), facts: Vec::new() },
    })
}

impl Catalogue {
    /// All facts in the order in which people are asked.
    #[must_use]
    pub fn facts(&self) -> &[FactKind] {
        &self.facts
    }

    /// The fact with this id.
    #[must_use]
    pub fn fact(&self, id: &str) -> Option<&FactKind> {
        self.facts.iter().find(|fact| fact.id == id)
    }

    /// Who could know a fact.
    #[must_use]
    pub fn who(&self, fact: &FactKind) -> Bilingual {
        self.who.get(&fact.who).cloned().unwrap_or_else(empty)
    }

    /// Which record would show it.
    #[must_use]
    pub fn record(&self, fact: &FactKind) -> Bilingual {
        self.record.get(&fact.record).cloned().unwrap_or_else(empty)
    }

    /// The known id nearest to a mistyped one.
    #[must_use]
    pub fn nearest(&self, id: &str) -> Option<&str> {
        let near = |known: &&FactKind| {
            let tail = |id: &str| id.rsplit_once('.').map(|(_, name)| name.to_owned());
            let common = known.id.bytes().zip(id.bytes()).take_while(|(a, b)| a == b).count();
            (usize::from(tail(&known.id) == tail(id)) * 8) + common
        };
        self.facts.iter().max_by_key(near).map(|fact| fact.id.as_str())
    }
}

fn empty() -> Bilingual {
    Bilingual { ja: String::new(), en: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_catalogue_is_whole() {
        let file: File = toml::from_str(DATA).unwrap();
        let all = catalogue();
        assert!(all.facts().len() > 50);
        let ids: BTreeSet<&str> = all.facts().iter().map(|fact| fact.id.as_str()).collect();
        assert_eq!(ids.len(), all.facts().len(), "an id stands twice");
        for fact in &file.fact {
            assert!(
                fact.id.split_once('.').is_some_and(|(group, name)| !group.is_empty() && !name.is_empty())
            );
            assert!(file.who.contains_key(&fact.who), "{}: who", fact.id);
            assert!(file.record.contains_key(&fact.record), "{}: record", fact.id);
            let choice = matches!(fact.holds, FactType::Choice | FactType::Choices);
            assert_eq!(choice, !fact.options.is_empty(), "{}", fact.id);
            assert_eq!(fact.holds == FactType::Rows, !fact.columns.is_empty(), "{}", fact.id);
            assert!(!fact.ja.is_empty() && !fact.en.is_empty(), "{}", fact.id);
        }
        assert_eq!(all.nearest("reporter.nmae"), Some("reporter.name"));
    }
}
