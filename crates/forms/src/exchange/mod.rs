//! What a case shares with others (casework.md 12): STIX 2.1 and MISP JSON. The victim is left out (AN-1, AN-2), times are
//! days (AN-4), the attacker's addresses stay (AN-3), and before anything leaves the bytes are searched for every name that
//! the case knows of the victim (CW-SHR-05).

mod fold;
mod misp;
mod stix;

pub use misp::misp;
pub use stix::stix;

use casework::dossier::{Dossier, FactValue};
use jiff::civil::Date;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::net::IpAddr;
use uuid::Uuid;
use vocab::{Kind, Timestamp};

/// Most addresses that one item names.
pub(crate) const ADDRESSES_MAX: usize = 500;

/// Fields whose values are words of the formats, never of a case.
const FORMAT: [&str; 13] = [
    "type",
    "spec_version",
    "report_types",
    "identity_class",
    "indicator_types",
    "pattern_type",
    "relationship_type",
    "category",
    "lang",
    "extensions",
    "source_name",
    "extension_type",
    "object_refs",
];

/// How far an item may go (TLP 2.0, casework.md 12.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tlp {
    /// Anybody.
    Clear,
    /// The community.
    Green,
    /// The recipient's organisation and its clients.
    Amber,
    /// The recipient's organisation alone.
    AmberStrict,
    /// Those present.
    Red,
}

impl Tlp {
    /// `clear`, `green`, `amber`, `amber+strict`, `red`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::AmberStrict => "amber+strict",
            Self::Red => "red",
        }
    }

    /// Id of the marking definition of STIX.
    #[must_use]
    pub const fn marking(self) -> &'static str {
        match self {
            Self::Clear => "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
            Self::Green => "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
            Self::Amber => "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
            Self::AmberStrict => "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
            Self::Red => "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
        }
    }
}

/// An anonymised item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Seed of the ids: the case's own id never leaves (AN-1).
    seed: [u8; 32],
    /// What kinds of attack, in Japanese.
    pub(crate) title: String,
    /// ATT&CK techniques.
    pub(crate) techniques: Vec<&'static str>,
    /// The attacker's addresses, with the days on which each was seen.
    pub(crate) sources: Vec<Seen>,
    /// Measures, in Japanese.
    pub(crate) measures: Vec<String>,
    /// First and last day.
    pub(crate) days: (Date, Date),
    /// Moment of making.
    pub(crate) made: Timestamp,
    /// Mark.
    pub(crate) tlp: Tlp,
}

/// An address of the attacker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) ip: IpAddr,
    pub(crate) first: Date,
    pub(crate) last: Date,
}

/// Why nothing is shared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeakFault {
    /// A name of the victim stands in what would leave.
    #[error("「{0}」 of the case file stands in what would be shared; nothing was written")]
    Leak(String),
}

impl Item {
    /// Takes from a case what may be shared.
    #[must_use]
    pub fn of(case: &Dossier, made: Timestamp, tlp: Tlp) -> Self {
        let kind = Kind::parse(&case.seen.kind);
        let sources = case.seen.sources.iter().filter_map(|source| {
            Some(Seen { ip: source.ip.parse().ok()?, first: day(source.first), last: day(source.last) })
        });
        // An address inside the organisation is the victim's (AN-2).
        let sources = sources.filter(|source| !is_inside(source.ip)).take(ADDRESSES_MAX).collect();
        Self {
            seed: Sha256::digest(format!("sekisho-shared-1\0{}\0{}", case.seen.id, made.0)).into(),
            title: kind.map_or_else(|| "不正アクセスの疑い".to_owned(), |kind| kind.japanese().to_owned()),
            techniques: kind.map(|kind| kind.techniques().collect()).unwrap_or_default(),
            sources,
            measures: case.seen.measures.iter().map(|measure| measure.text.ja.clone()).take(20).collect(),
            days: (day(case.seen.first), day(case.seen.last)),
            made,
            tlp,
        }
    }

    /// An id that stays the same for the same item and part (CW-SHR-10).
    pub(crate) fn id(&self, part: &str) -> Uuid {
        let hash = Sha256::new().chain_update(self.seed).chain_update(part).finalize();
        let bytes: [u8; 16] = hash.first_chunk().copied().unwrap_or_default();
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// `2026-11-28T01:00:00.000Z`
    pub(crate) fn made(&self) -> String {
        let time = jiff::Timestamp::from_microsecond(self.made.0).unwrap_or_default();
        time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
    }
}

/// Searches what would leave for every name that the case knows of the victim (CW-SHR-05).
///
/// # Errors
///
/// The first name that stands in it.
pub fn leaks(case: &Dossier, outgoing: &Value) -> Result<(), LeakFault> {
    let mut text = String::new();
    told(outgoing, &mut text);
    let text = fold::folded(&text);
    let closed = fold::closed(&text);
    let facts = case.facts.iter().flat_map(|(id, value)| match value {
        FactValue::Text(text) if is_naming(id) => vec![text.clone()],
        FactValue::Lines(lines) if is_naming(id) => lines.clone(),
        _ => Vec::new(),
    });
    let logged =
        case.seen.hosts.iter().map(|host| &host.name).chain(case.seen.accounts.iter().map(|one| &one.name));
    let whole = facts.chain(logged.cloned()).chain([case.seen.id.clone()]);
    // A name of one or two letters says nothing and stands in every text.
    let names = whole.filter(|name| name.chars().count() >= 3);
    let found = names.into_iter().find(|name| {
        fold::forms_of(name).iter().filter(|form| form.chars().count() >= 3).any(|form| {
            // A name in Japanese is found with and without its gaps; a word of letters is one only with its ends.
            let shut = fold::closed(form);
            stands(&text, form) || (!form.is_ascii() && shut.chars().count() >= 3 && closed.contains(&shut))
        })
    });
    found.map_or(Ok(()), |name| Err(LeakFault::Leak(name)))
}

/// What an item tells, without the words of the format: an account may be called `report`.
fn told(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| told(item, text)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(words) if !FORMAT.contains(&name.as_str()) => {
                        text.push_str(words);
                        text.push('\n');
                    }
                    Value::String(_) => {}
                    _ if FORMAT.contains(&name.as_str()) => {}
                    _ => told(field, text),
                }
            }
        }
        _ => {}
    }
}

/// Facts that name the victim, its people, computers and places.
fn is_naming(id: &str) -> bool {
    ["reporter.", "administrator.", "computer.name", "computer.addresses", "computer.place"]
        .iter()
        .any(|part| id.starts_with(part))
        && id != "administrator.industry"
}

/// Does the name stand in the text as a word of its own? Names in Japanese are found anywhere.
fn stands(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric();
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|text| text.chars().next());
        let inside = |side: Option<char>, own: Option<char>| side.is_some_and(word) && own.is_some_and(word);
        !inside(before, name.chars().next()) && !inside(after, name.chars().next_back())
    })
}

fn is_inside(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => {
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified()
        }
    }
}

fn day(time: Timestamp) -> Date {
    let instant = jiff::Timestamp::from_microsecond(time.0).unwrap_or_default();
    jiff::tz::Offset::UTC.to_datetime(instant).date()
}

#[cfg(test)]
mod tests;
