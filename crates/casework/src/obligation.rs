//! Obligations and their clocks (casework.md 7.8, CW-REP-05): what has to be told to whom by when, and how far it is. They
//! run beside the states of the case. Days, recipients and bases are data (`data/clocks.tsv`); the present is a value.

use crate::dossier::{Dossier, FactValue, Seen, SeenReport, Tongue};
use crate::incident::Bilingual;
use crate::reports;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use vocab::Timestamp;

/// Without a day of its own, warning begins this long before the end, at most.
const WARN_BEFORE_MAX: i64 = 7 * Timestamp::DAY;
/// Longest text of a reason, characters.
const TEXT_CHARS_MAX: usize = 1_000;
/// Most notes of a case file.
const NOTES_MAX: usize = 200;

/// How binding an obligation is in this case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// It applies.
    Due,
    /// A person has to say whether it applies.
    Conditional,
    /// Nobody must.
    Optional,
}

/// How far an obligation is (CW-REP-05).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ObligationState {
    /// A person said that it does not apply.
    NotApplicable {
        /// Why.
        reason: String,
    },
    /// Nothing presses yet.
    Open,
    /// The end is near.
    DueSoon,
    /// The end has passed.
    Overdue,
    /// It was done.
    Done {
        /// Number of the receipt, or who took it.
        receipt: String,
        /// Later than the end.
        late: bool,
    },
    /// The law exempts from it.
    Exempt {
        /// Basis of the exemption.
        basis: String,
    },
}

/// What a person noted about an obligation: `[[obligation]]` of the case file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Clock, e.g. `CLK-3`.
    pub clock: String,
    /// Who says so.
    #[serde(default)]
    pub by: String,
    /// Why a start was moved, or an end extended.
    #[serde(default)]
    pub reason: String,
    /// Another start, in Japan's time.
    #[serde(default)]
    pub start: Option<String>,
    /// Another last day.
    #[serde(default)]
    pub extended_to: Option<String>,
    /// When it was done.
    #[serde(default)]
    pub done: Option<String>,
    /// Number of the receipt.
    #[serde(default)]
    pub receipt: String,
    /// Basis of an exemption.
    #[serde(default)]
    pub exempt: String,
    /// Why it does not apply.
    #[serde(default)]
    pub not_applicable: String,
}

/// A note that cannot stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("[[obligation]] {number} ({clock}): {what}")]
pub struct NoteFault {
    /// Number of the note, from 1.
    pub number: usize,
    /// Clock as written.
    pub clock: String,
    /// What is wrong.
    pub what: String,
}

/// To whom a reminder goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reminded {
    /// Who handles the case.
    Owner,
    /// The crisis manager: escalation.
    CrisisManager,
}

/// A reminder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reminder {
    /// When.
    pub at: Timestamp,
    /// To whom.
    pub to: Reminded,
    /// `begin`, `warn`, `last_day`, `overdue`.
    pub why: &'static str,
}

/// An obligation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Obligation {
    /// Clock of casework.md 7.8.
    pub clock: String,
    /// Form.
    pub form: String,
    /// Who gets it.
    pub recipient: String,
    /// Legal basis.
    pub basis: Bilingual,
    /// How binding it is.
    pub binding: Binding,
    /// When the clock starts.
    pub start: Timestamp,
    /// What the start rests on: a fact, a note, or the investigation.
    pub start_from: String,
    /// The end; `None` = no day is stated.
    pub due: Option<Timestamp>,
    /// The end before it was extended.
    pub due_before: Option<Timestamp>,
    /// From when it presses.
    pub warn_from: Option<Timestamp>,
    #[serde(skip)]
    done: Option<Timestamp>,
    #[serde(skip)]
    note: Note,
}

/// The obligations of a case, in order of their ends.
///
/// # Errors
///
/// All notes that cannot stand: an unknown clock, a change without reason, a time that cannot be read.
pub fn obligations(case: &Dossier, notes: &[Note]) -> Result<Vec<Obligation>, Vec<NoteFault>> {
    let mut built: Vec<Obligation> =
        forms(case).into_iter().filter_map(|(form, clock)| begin(case, &form, &clock)).collect();
    let mut faults = Vec::new();
    for (at, note) in notes.iter().enumerate() {
        let known = built.iter_mut().find(|obligation| obligation.clock == note.clock);
        let noted = match known {
            _ if at >= NOTES_MAX => Err(format!("at most {NOTES_MAX} notes")),
            Some(obligation) => obligation.note(note),
            None => Err("this case has no such clock".to_owned()),
        };
        if let Err(what) = noted {
            faults.push(NoteFault { number: at + 1, clock: note.clock.clone(), what });
        }
    }
    built.sort_by_key(|obligation| (obligation.due.is_none(), obligation.due, obligation.clock.clone()));
    if faults.is_empty() { Ok(built) } else { Err(faults) }
}

/// The obligations with all notes that still stand, and why the others do not: what people state of a case may take the clock
/// away that a note was about.
#[must_use]
pub fn standing(case: &Dossier, notes: &[Note]) -> (Vec<Obligation>, Vec<NoteFault>) {
    let mut notes = notes.to_vec();
    let mut fallen = Vec::new();
    loop {
        match obligations(case, &notes) {
            Ok(all) => return (all, fallen),
            // Every turn takes at least one note away, so this ends.
            Err(faults) => {
                let mut place = 0;
                notes.retain(|_| {
                    place += 1;
                    faults.iter().all(|fault| fault.number != place)
                });
                fallen.extend(faults);
            }
        }
    }
}

/// Form and clock of everything that the incident asks for. The final report has 60 days when the leak may have been for an
/// unlawful purpose (L3), which an unauthorized access is, and 30 days else; who says the grounds decides.
fn forms(case: &Dossier) -> Vec<(String, String)> {
    let mut forms: Vec<(String, String)> = Vec::new();
    for report in &case.seen.reports {
        let clock = match report.clock.as_str() {
            "CLK-5" if !unlawful(case) => "CLK-4",
            clock => clock,
        };
        forms.push((report.form.clone(), clock.to_owned()));
        if report.clock == "CLK-3" {
            forms.push(("notice.holder".to_owned(), "CLK-6".to_owned()));
        }
    }
    forms.retain(|(_, clock)| clock.starts_with("CLK-"));
    forms
}

/// Not said otherwise: the grounds are open, or name the unlawful purpose.
fn unlawful(case: &Dossier) -> bool {
    const UNLAWFUL: usize = 2;
    match case.facts.get("privacy.grounds") {
        Some(FactValue::Chosen(chosen)) => chosen.contains(&UNLAWFUL),
        _ => true,
    }
}

fn begin(case: &Dossier, form: &str, clock: &str) -> Option<Obligation> {
    let (start, start_from) = start(case, clock);
    let row = reports::row(clock)?;
    let due = row.end(start);
    let warn_from = row.warn(start).or_else(|| due.map(|due| warn(start, due)));
    Some(Obligation {
        clock: clock.to_owned(),
        form: form.to_owned(),
        recipient: row.recipient().to_owned(),
        basis: row.basis(start),
        binding: match row.state() {
            "due" => Binding::Due,
            "conditional" => Binding::Conditional,
            _ => Binding::Optional,
        },
        start,
        start_from,
        due,
        due_before: None,
        warn_from,
        done: None,
        note: Note::default(),
    })
}

/// The day on which it became known for the clocks of personal data, the discovery for the others, and without either the
/// moment of the investigation.
fn start(case: &Dossier, clock: &str) -> (Timestamp, String) {
    let privacy = ["CLK-3", "CLK-4", "CLK-5", "CLK-6"].contains(&clock);
    for fact in ["privacy.known_on", "discovery.time"].into_iter().skip(usize::from(!privacy)) {
        let time = match case.facts.get(fact) {
            Some(FactValue::Date(day)) => in_japan(day.at(0, 0, 0, 0)),
            Some(FactValue::Time(time)) => in_japan(*time),
            _ => None,
        };
        if let Some(time) = time {
            return (time, fact.to_owned());
        }
    }
    (investigated(&case.seen), "investigation".to_owned())
}

/// When the incident was made known: what has to be told at once was due then.
fn investigated(seen: &Seen) -> Timestamp {
    let at_once = seen.reports.iter().find(|report| report.clock == "CLK-1").and_then(|report| report.due);
    at_once.unwrap_or(seen.last)
}

/// Has the clocks start when a person recognised the matter, not when it was investigated.
pub fn recognised(seen: &mut Seen, at: Timestamp) {
    const FORM: &str = "internal.notice";
    seen.reports.retain(|report| report.form != FORM);
    seen.reports.push(SeenReport {
        form: FORM.to_owned(),
        recipient: "crisis_manager".to_owned(),
        clock: "CLK-1".to_owned(),
        due: Some(at),
        state: "due".to_owned(),
    });
}

fn warn(start: Timestamp, due: Timestamp) -> Timestamp {
    Timestamp(due.0 - (due.since(start) / 2).clamp(0, WARN_BEFORE_MAX))
}

fn in_japan(time: DateTime) -> Option<Timestamp> {
    let instant = jiff::tz::Offset::constant(9).to_timestamp(time).ok()?;
    Some(Timestamp(instant.as_microsecond()))
}

/// A time of a note; a day alone is its first moment, or its last second.
fn moment(text: &str, last: bool) -> Result<Timestamp, String> {
    let time = crate::dossier::time(text)?;
    let day_alone = !text.trim().contains([' ', 'T', '\u{3000}']);
    let time = if last && day_alone { time.date().at(23, 59, 59, 0) } else { time };
    in_japan(time).ok_or_else(|| format!("「{text}」 lies outside of what can be counted"))
}

impl Obligation {
    fn note(&mut self, note: &Note) -> Result<(), String> {
        let texts = [&note.by, &note.reason, &note.receipt, &note.exempt, &note.not_applicable];
        if texts.iter().any(|text| text.chars().count() > TEXT_CHARS_MAX) {
            return Err(format!("a text has more than {TEXT_CHARS_MAX} characters"));
        }
        let changes = note.start.is_some() || note.extended_to.is_some();
        if changes && (note.reason.trim().is_empty() || note.by.trim().is_empty()) {
            return Err("a moved start or an extension needs `reason` and `by`".to_owned());
        }
        if let Some(start) = &note.start {
            let start = moment(start, false)?;
            if let Some(row) = reports::row(&self.clock) {
                self.due = row.end(start);
                self.warn_from = row.warn(start).or_else(|| self.due.map(|due| warn(start, due)));
            }
            (self.start, self.start_from) = (start, format!("note by {}", note.by));
        }
        if let Some(day) = &note.extended_to {
            let due = moment(day, true)?;
            if self.due.is_some_and(|before| due <= before) {
                return Err("the extension ends before the day that it extends".to_owned());
            }
            self.due_before = self.due_before.or(self.due);
            (self.due, self.warn_from) = (Some(due), Some(warn(self.start, due)));
        }
        if let Some(done) = &note.done {
            let done = moment(done, false)?;
            if note.receipt.trim().is_empty() {
                return Err("`done` needs `receipt`: a number, or who took it".to_owned());
            }
            self.done = Some(done);
            self.note.receipt.clone_from(&note.receipt);
        }
        for (mine, new) in
            [(&mut self.note.exempt, &note.exempt), (&mut self.note.not_applicable, &note.not_applicable)]
        {
            if !new.trim().is_empty() {
                mine.clone_from(new);
            }
        }
        Ok(())
    }

    /// How far it is at this moment.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> ObligationState {
        if let Some(done) = self.done.filter(|done| *done <= now) {
            let late = self.due.is_some_and(|due| done > due);
            return ObligationState::Done { receipt: self.note.receipt.clone(), late };
        }
        if !self.note.exempt.is_empty() {
            return ObligationState::Exempt { basis: self.note.exempt.clone() };
        }
        if !self.note.not_applicable.is_empty() {
            return ObligationState::NotApplicable { reason: self.note.not_applicable.clone() };
        }
        match (self.due, self.warn_from) {
            (Some(due), _) if now > due => ObligationState::Overdue,
            (_, Some(warn)) if now >= warn => ObligationState::DueSoon,
            _ => ObligationState::Open,
        }
    }

    /// When whom to remind; nobody once it is settled.
    #[must_use]
    pub fn reminders(&self) -> Vec<Reminder> {
        let settled = !self.note.exempt.is_empty() || !self.note.not_applicable.is_empty();
        let mut reminders = vec![Reminder { at: self.start, to: Reminded::Owner, why: "begin" }];
        if let Some(due) = self.due {
            let last_day = Timestamp(due.0 - Timestamp::DAY + Timestamp::SECOND);
            let warn = self.warn_from.unwrap_or(last_day);
            let overdue = due.plus(Timestamp::SECOND);
            reminders.push(Reminder { at: warn, to: Reminded::Owner, why: "warn" });
            if last_day > warn {
                reminders.push(Reminder { at: last_day, to: Reminded::Owner, why: "last_day" });
            }
            reminders.push(Reminder { at: overdue, to: Reminded::CrisisManager, why: "overdue" });
        }
        reminders.retain(|reminder| !settled && self.done.is_none_or(|done| reminder.at < done));
        reminders
    }

    /// A moment as people in Japan write it.
    #[must_use]
    pub fn shown(time: Timestamp, tongue: Tongue) -> String {
        crate::dossier::stamp(time, tongue)
    }
}
