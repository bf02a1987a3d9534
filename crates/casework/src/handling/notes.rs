//! What people note in a case. Each note is a deed in its log, its particulars JSON; a note that cannot be read counts for
//! nothing, so that a guard objects rather than passes.

use super::Guard;
use super::items::{Item, Settled};
use super::recovery::{MeasureAnswer, Recovery};
use crate::obligation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vocab::Timestamp;

/// A deed in the log of a case.
#[derive(Clone, Copy, Debug)]
pub struct Deed<'a> {
    /// Entry of the ledger that holds it.
    pub entry: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: &'a str,
    /// What.
    pub deed: &'a str,
    /// Particulars.
    pub body: &'a str,
}

/// The answer to a gate that evidence does not answer by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateAnswer {
    /// It cannot be had.
    NotPossible,
    /// It is kept elsewhere.
    KeptElsewhere,
    /// The police were told.
    Reported,
    /// The police will be told before recovery.
    BeforeRecovery,
    /// There is no need to tell the police.
    NotNeeded,
}

impl GateAnswer {
    /// The answers that a gate takes; none for PG-5, which only custody itself or a waiver opens.
    #[must_use]
    pub const fn of(gate: Guard) -> &'static [Self] {
        match gate {
            Guard::Image | Guard::Volatile | Guard::Elsewhere => &[Self::NotPossible],
            Guard::Logs => &[Self::KeptElsewhere, Self::NotPossible],
            Guard::Police => &[Self::Reported, Self::BeforeRecovery, Self::NotNeeded],
            _ => &[],
        }
    }

    /// Code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotPossible => "not_possible",
            Self::KeptElsewhere => "kept_elsewhere",
            Self::Reported => "reported",
            Self::BeforeRecovery => "before_recovery",
            Self::NotNeeded => "not_needed",
        }
    }
}

/// A reasoned statement about a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateNote {
    /// Gate.
    pub gate: Guard,
    /// Hit computer; empty: the case as a whole.
    pub host: String,
    /// Answer.
    pub answer: GateAnswer,
    /// Why, or where.
    pub reason: String,
}

/// Gates are set aside (CW-VIC-05).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Which.
    pub gates: Vec<Guard>,
    /// Hit computers for which: one that is hit later is not among them (CW-VIC-07).
    pub hosts: Vec<String>,
    /// Role of who does it.
    pub role: String,
    /// Why.
    pub reason: String,
    /// A second person has to agree.
    pub second: bool,
}

/// A waiver with who made it and who agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverMade {
    /// Entry of the ledger.
    pub entry: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// The waiver.
    pub waiver: Waiver,
    /// Who agreed; empty: nobody yet.
    pub approved: String,
}

impl WaiverMade {
    /// It counts.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.waiver.second || !self.approved.is_empty()
    }
}

/// Everything that people did in a case, as far as guards ask for it.
#[derive(Clone, Debug, Default)]
pub struct Handling {
    /// Evidence, the oldest first, with the entry of the ledger.
    pub items: Vec<(i64, Item)>,
    /// What became of it, by SHA-256.
    pub settled: BTreeMap<String, Settled>,
    /// Statements about gates; of one gate and computer the newest counts.
    pub gates: BTreeMap<(Guard, String), GateNote>,
    /// Waivers.
    pub waivers: Vec<WaiverMade>,
    /// The recovery record, the oldest first: entry of the ledger, when noted, by whom.
    pub recovery: Vec<(i64, Timestamp, String, Recovery)>,
    /// Answers to measures, the newest of each.
    pub measures: BTreeMap<String, MeasureAnswer>,
    /// What was noted of obligations.
    pub clocks: Vec<obligation::Note>,
}

fn read<'b, T: Deserialize<'b>>(body: &'b str) -> Option<T> {
    serde_json::from_str(body).ok()
}

/// A report as a note about its obligation.
fn told(deed: Deed<'_>) -> obligation::Note {
    let (clock, receipt) = deed.body.split_once(' ').unwrap_or((deed.body, ""));
    let receipt = if receipt.trim().is_empty() { "-" } else { receipt.trim() };
    obligation::Note {
        clock: clock.to_owned(),
        by: deed.by.to_owned(),
        done: Some(jiff::Timestamp::from_microsecond(deed.at.0).unwrap_or_default().to_string()),
        receipt: receipt.to_owned(),
        ..obligation::Note::default()
    }
}

impl Handling {
    /// Deeds whose particulars are read here.
    pub const EVIDENCE: &'static str = "evidence";
    /// What became of an item.
    pub const SETTLED: &'static str = "settled";
    /// A statement about a gate.
    pub const GATE: &'static str = "gate";
    /// A waiver.
    pub const WAIVER: &'static str = "waiver";
    /// Somebody agrees to a waiver; the particulars are its entry.
    pub const APPROVED: &'static str = "waiver-approved";
    /// An entry of the recovery record.
    pub const RECOVERY: &'static str = "recovery";
    /// The answer to a measure.
    pub const MEASURE: &'static str = "measure";
    /// A note about an obligation.
    pub const CLOCK: &'static str = "clock";

    /// Something was told; the particulars are the clock, a blank, and what the recipient gave.
    pub const TOLD: &'static str = "told";

    /// What the log of a case says, the oldest deed first.
    #[must_use]
    pub fn of<'a>(deeds: impl IntoIterator<Item = Deed<'a>>) -> Self {
        let mut all = Self::default();
        for deed in deeds {
            all.take(deed);
        }
        all
    }

    fn take(&mut self, deed: Deed<'_>) {
        match deed.deed {
            Self::EVIDENCE => self.items.extend(read(deed.body).map(|item| (deed.entry, item))),
            Self::SETTLED => {
                let note: Option<Settled> = read(deed.body);
                self.settled.extend(note.map(|note| (note.item.clone(), note)));
            }
            Self::GATE => {
                let note: Option<GateNote> = read(deed.body);
                self.gates.extend(note.map(|note| ((note.gate, note.host.clone()), note)));
            }
            Self::WAIVER => self.waivers.extend(read(deed.body).map(|waiver| WaiverMade {
                entry: deed.entry,
                at: deed.at,
                by: deed.by.to_owned(),
                waiver,
                approved: String::new(),
            })),
            Self::APPROVED => {
                let entry: Option<i64> = deed.body.parse().ok();
                let known = self.waivers.iter_mut().find(|made| Some(made.entry) == entry);
                // Nobody agrees with himself.
                if let Some(made) = known.filter(|made| made.by != deed.by && made.approved.is_empty()) {
                    deed.by.clone_into(&mut made.approved);
                }
            }
            Self::RECOVERY => self
                .recovery
                .extend(read(deed.body).map(|entry| (deed.entry, deed.at, deed.by.to_owned(), entry))),
            Self::MEASURE => {
                let note: Option<MeasureAnswer> = read(deed.body);
                self.measures.extend(note.map(|note| (note.measure.clone(), note)));
            }
            Self::CLOCK => self.clocks.extend(read(deed.body)),
            Self::TOLD => self.clocks.push(told(deed)),
            _ => {}
        }
    }
}
