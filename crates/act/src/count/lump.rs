//! From acts to count units (件): N1 to N5.

use std::collections::BTreeMap;

use serde::Serialize;

use super::CountOptions;
use super::build::note;
use super::tables::Note;
use super::unit::{ActRecord, Route, Unit};
use crate::law::LawVersion;
use crate::verdict::{LegalClass, State};

/// The provision an act falls under; part of the key, so that an act and its facilitation are never lumped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Provision {
    Access,
    Facilitation,
    Acquisition,
    Storage,
    Solicitation,
}

impl Provision {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Access => "unauthorized_access",
            Self::Facilitation => "facilitation",
            Self::Acquisition => "acquisition",
            Self::Storage => "storage",
            Self::Solicitation => "solicitation",
        }
    }

    const fn of(class: LegalClass) -> Option<Self> {
        match class {
            LegalClass::Ua1 | LegalClass::Ua2 | LegalClass::Ua3 => Some(Self::Access),
            LegalClass::Facilitate => Some(Self::Facilitation),
            LegalClass::Acquire => Some(Self::Acquisition),
            LegalClass::Store => Some(Self::Storage),
            LegalClass::SolicitSite | LegalClass::SolicitMail => Some(Self::Solicitation),
            _ => None,
        }
    }
}

/// One count (件): one access control function, one method, one set of suspects (CW-CNT-02).
pub(crate) struct CountUnit<'a> {
    pub(crate) provision: Provision,
    pub(crate) class: LegalClass,
    /// In order of time; the first gives the unit its id.
    pub(crate) acts: Vec<&'a ActRecord>,
}

impl CountUnit<'_> {
    /// Id of the unit: that of its first act.
    pub(crate) fn id(&self) -> &str {
        self.acts.first().map_or("", |act| act.id.as_str())
    }

    /// Earliest day of report: later reports of the same unit make no new count (CW-PUB-06).
    pub(crate) fn reported(&self) -> String {
        let days = self.acts.iter().filter_map(|act| act.reported_to_npa_at.as_ref());
        days.map(crate::dates::Moment::japan_day).min().unwrap_or_default()
    }
}

/// Acts that were lumped into one count (N4), and on whose word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lumping {
    /// Id of the count unit.
    pub unit: String,
    /// The acts, in order of time.
    pub acts: Vec<String>,
    /// The "short period" applied, hours.
    pub short_period_hours: u32,
    /// Officer's reasons; empty = none recorded yet.
    pub reasons: Vec<String>,
    /// Officers.
    pub officers: Vec<String>,
}

/// All count units of all periods.
pub(crate) fn units<'a>(
    units: &'a [Unit],
    options: &CountOptions,
    notes: &mut Vec<Note>,
) -> Vec<CountUnit<'a>> {
    type Key<'a> = (Provision, &'a str, &'a str, Vec<&'a str>);
    let mut by_key: BTreeMap<Key<'a>, Vec<(&'a ActRecord, LegalClass)>> = BTreeMap::new();
    for unit in units {
        let Unit::Act(act) = unit else { continue };
        match counted(act) {
            Ok((provision, class)) => {
                let mut suspects: Vec<&str> = act.suspects.iter().map(String::as_str).collect();
                suspects.sort_unstable();
                suspects.dedup();
                let key = (provision, act.function.as_str(), act.method.as_str(), suspects);
                by_key.entry(key).or_default().push((act, class));
                check_law(act, class, notes);
            }
            Err(code) => notes.push(note(code, &act.id, "")),
        }
    }
    let short = i64::from(options.short_period_hours).saturating_mul(3_600_000_000);
    let mut out = Vec::new();
    for ((provision, ..), acts) in by_key {
        lump(provision, acts, short, &mut out);
    }
    out.sort_by(|a, b| a.id().cmp(b.id()));
    for unit in &out {
        remark(unit, notes);
    }
    out
}

/// N1, CW-CNT-03, N0: which acts are counted at all.
fn counted(act: &ActRecord) -> Result<(Provision, LegalClass), &'static str> {
    match &act.recognition {
        None => return Err("not_recognised"),
        Some(recognition) if recognition.route == Route::Consultation => return Err("consultation"),
        Some(_) => {}
    }
    let verdict = act.verdict.as_ref().ok_or("not_confirmed")?;
    if verdict.state != State::Confirmed {
        return Err("not_confirmed");
    }
    let provision = Provision::of(verdict.legal_class).ok_or("not_covered")?;
    if act.reported_to_npa_at.is_none() {
        return Err("not_reported");
    }
    Ok((provision, verdict.legal_class))
}

/// The text of the law at the time of the act has to know the act (CW-CNT-04: the law follows the date of the act).
fn check_law(act: &ActRecord, class: LegalClass, notes: &mut Vec<Note>) {
    let only_2012 = !class.is_act() && class != LegalClass::Facilitate;
    let known = |version: &LawVersion| match version {
        LawVersion::Pre => false,
        LawVersion::Act1999 => !only_2012,
        LawVersion::Act2012 => true,
    };
    if !LawVersion::within(&act.act_time).iter().any(known) {
        notes.push(note("law_version", &act.id, "act_time"));
    }
}

/// N4: acts of one key follow each other within the short period. An act without a time is a unit of its own.
fn lump<'a>(
    provision: Provision,
    mut acts: Vec<(&'a ActRecord, LegalClass)>,
    short: i64,
    out: &mut Vec<CountUnit<'a>>,
) {
    acts.sort_by(|(a, _), (b, _)| (start(a), &a.id).cmp(&(start(b), &b.id)));
    let mut until: Option<i64> = None;
    for (act, class) in acts {
        let continues = match (until, start(act)) {
            (Some(until), Some(start)) => start.saturating_sub(until) <= short,
            _ => false,
        };
        match out.last_mut() {
            Some(unit) if continues => unit.acts.push(act),
            _ => {
                out.push(CountUnit { provision, class, acts: vec![act] });
                until = None;
            }
        }
        until = end(act).max(until);
    }
}

fn start(act: &ActRecord) -> Option<i64> {
    act.act_time.from.as_ref().or(act.act_time.to.as_ref()).map(crate::dates::Moment::first_micros)
}

/// End of the act; a day that is not known more exactly counts from its beginning, so that it lumps no more than it must.
fn end(act: &ActRecord) -> Option<i64> {
    act.act_time.to.as_ref().or(act.act_time.from.as_ref()).map(crate::dates::Moment::first_micros)
}

/// CW-CNT-01: a lumping needs an officer's reason; a reason without a lumping is shown too.
fn remark(unit: &CountUnit<'_>, notes: &mut Vec<Note>) {
    let reasons = unit.acts.iter().filter(|act| act.lump.is_some()).count();
    if unit.acts.len() > 1 && reasons == 0 {
        notes.push(note("lump_reason", unit.id(), ""));
    }
    if unit.acts.len() == 1 && reasons > 0 {
        notes.push(note("lump_apart", unit.id(), ""));
    }
}

/// The lumpings among the units of the period.
pub(crate) fn lumpings(units: &[CountUnit<'_>], options: &CountOptions) -> Vec<Lumping> {
    let shown = units.iter().filter(|unit| unit.acts.len() > 1 && options.period.holds(&unit.reported()));
    shown
        .map(|unit| {
            let given = || unit.acts.iter().filter_map(|act| act.lump.as_ref());
            Lumping {
                unit: unit.id().to_owned(),
                acts: unit.acts.iter().map(|act| act.id.clone()).collect(),
                short_period_hours: options.short_period_hours,
                reasons: given().map(|lump| lump.reason.clone()).collect(),
                officers: given().map(|lump| lump.officer.clone()).collect(),
            }
        })
        .collect()
}
