//! What people state about the facts of an act, and the verdict that they confirm (casework.md 2.1, 2.6, CW-CLS-23, -24, -27).
//!
//! Pure: proposed facts, statements and decisions in, the verdict as it stands out. Who may state or confirm, and where both
//! are kept, is up to the caller. Nothing is overwritten: a later statement is a new version, a former verdict stays readable.

mod statement;
mod values;

pub use statement::{STATED, Statement, entered};
pub use values::{FactOption, FactRow, rows, values};

use crate::dossier::{Seen, SeenLegal};
use crate::incident::{Bilingual, Confirmed, Legal};
use crate::legal;
use act::{Category, Facts, LegalClass, State, Text, Verdict};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

/// Most statements, and most decisions, of one case.
const NOTES_MAX: usize = 500;
/// Longest text of a note, characters.
const TEXT_CHARS_MAX: usize = 1_000;
/// Author of facts that the records show.
const PROGRAM: &str = "sekisho";

/// What a person does about the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    /// 確定
    Confirm,
    /// 改定: another verdict replaces the confirmed one.
    Revise,
    /// 取下げ
    Withdraw,
}

/// A person's decision about the verdict (判定): `[[verdict]]` of the case file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What is done.
    #[serde(rename = "do")]
    pub doing: Doing,
    /// Class that the person saw and means, e.g. `UA1`; empty for a withdrawal.
    #[serde(default)]
    pub class: String,
    /// Who.
    pub by: String,
    /// When, in Japan's time or with an offset.
    pub at: String,
    /// Why.
    pub reason: String,
}

/// A verdict that a person made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// The verdict; its state says whether it still stands.
    pub verdict: Verdict,
    /// What the rules proposed at that time (CW-CLS-24: both are kept).
    pub proposed: LegalClass,
    /// Why.
    pub reason: String,
    /// The person had stated every fact that the rule used: somebody else should look (CW-CLS-27).
    pub sole_author: bool,
}

/// How the verdict of an act stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ruling {
    /// The facts as they stand.
    pub facts: Facts,
    /// What the rules make of them (判定案).
    pub proposal: Verdict,
    /// Every verdict that a person made, the oldest first.
    pub verdicts: Vec<Decided>,
}

/// A statement or decision that cannot stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("[[{table}]] {number}: {what}")]
pub struct RulingFault {
    /// `statement` or `verdict`.
    pub table: &'static str,
    /// Number of the note, from 1.
    pub number: usize,
    /// What is wrong, and what was expected.
    pub what: String,
}

/// Takes the statements and decisions, in order of their times, on top of the proposed facts.
///
/// # Errors
///
/// All notes that cannot stand: a value that the fact cannot have, a text that is missing, a verdict that the facts do not
/// carry.
pub fn ruling(
    proposed: &Facts,
    statements: &[Statement],
    decisions: &[Decision],
) -> Result<Ruling, Vec<RulingFault>> {
    let (notes, mut faults) = in_order(statements, decisions);
    let facts = proposed.clone();
    let mut ruling = Ruling { proposal: act::classify(&facts), facts, verdicts: Vec::new() };
    for (at, note) in notes {
        let (table, number, done) = match note {
            Note::Statement(number, statement) => ("statement", number, ruling.state(statement, at)),
            Note::Decision(number, decision) => ("verdict", number, ruling.decide(decision, at)),
        };
        if let Err(what) = done {
            faults.push(RulingFault { table, number, what });
        }
    }
    if faults.is_empty() { Ok(ruling) } else { Err(faults) }
}

enum Note<'n> {
    Statement(usize, &'n Statement),
    Decision(usize, &'n Decision),
}

fn in_order<'n>(
    statements: &'n [Statement],
    decisions: &'n [Decision],
) -> (Vec<(DateTime, Note<'n>)>, Vec<RulingFault>) {
    let (mut notes, mut faults) = (Vec::new(), Vec::new());
    for (statement, number) in statements.iter().zip(1..) {
        match checked(number, [&statement.by, &statement.reason, &statement.value], &statement.at) {
            Ok(at) => notes.push((at, Note::Statement(number, statement))),
            Err(what) => faults.push(RulingFault { table: "statement", number, what }),
        }
    }
    for (decision, number) in decisions.iter().zip(1..) {
        match checked(number, [&decision.by, &decision.reason, &decision.reason], &decision.at) {
            Ok(at) => notes.push((at, Note::Decision(number, decision))),
            Err(what) => faults.push(RulingFault { table: "verdict", number, what }),
        }
    }
    notes.sort_by_key(|(at, _)| *at);
    (notes, faults)
}

/// The time of a note whose texts are there and short enough.
fn checked(number: usize, texts: [&String; 3], at: &str) -> Result<DateTime, String> {
    if number > NOTES_MAX {
        return Err(format!("at most {NOTES_MAX} of them"));
    }
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err("`by`, `at`, `reason` and the value must not be empty".to_owned());
    }
    if texts.iter().any(|text| text.chars().count() > TEXT_CHARS_MAX) {
        return Err(format!("a text has more than {TEXT_CHARS_MAX} characters"));
    }
    crate::dossier::time(at)
}

/// RFC 3339 in Japan's time.
fn written(at: DateTime) -> String {
    format!("{}+09:00", at.strftime("%Y-%m-%dT%H:%M:%S"))
}

impl Ruling {
    fn state(&mut self, statement: &Statement, at: DateTime) -> Result<(), String> {
        self.facts = statement.onto(&self.facts, &written(at))?;
        self.proposal = act::classify(&self.facts);
        Ok(())
    }

    fn decide(&mut self, decision: &Decision, at: DateTime) -> Result<(), String> {
        let standing = self.verdicts.last_mut().filter(|last| last.verdict.state == State::Confirmed);
        let former = standing.as_ref().and_then(|last| last.verdict.verdict_id.clone());
        match (decision.doing, standing) {
            (Doing::Confirm, Some(_)) => {
                Err("a verdict is confirmed already; expected do = \"revise\" or \"withdraw\"".to_owned())
            }
            (Doing::Revise | Doing::Withdraw, None) => {
                Err("no verdict is confirmed; expected do = \"confirm\"".to_owned())
            }
            (Doing::Withdraw, Some(last)) => {
                last.verdict.state = State::Withdrawn;
                Ok(())
            }
            (Doing::Confirm | Doing::Revise, _) => {
                let decided = self.confirmed(decision, at, former)?;
                if let Some(last) = self.verdicts.last_mut().filter(|_| decision.doing == Doing::Revise) {
                    last.verdict.state = State::Revised;
                }
                self.verdicts.push(decided);
                Ok(())
            }
        }
    }

    /// The verdict with the class that the person means, if the facts carry it.
    fn confirmed(
        &self,
        decision: &Decision,
        at: DateTime,
        former: Option<String>,
    ) -> Result<Decided, String> {
        let proposed = self.proposal.legal_class;
        let class = LegalClass::from_code(decision.class.trim())
            .ok_or_else(|| format!("「{}」 is no class; the rules propose {proposed}", decision.class))?;
        let open = self.proposal.unconfirmable_because();
        // That it cannot be determined may be confirmed with its reason (CW-DAT-10); anything else needs every fact.
        if !open.is_empty() && class != LegalClass::Undetermined {
            let open: Vec<String> =
                open.iter().map(|fact| format!("{} ({})", fact.as_str(), fact.ja())).collect();
            return Err(format!("not known yet: {}; state them first", open.join(", ")));
        }
        // The words 不正アクセス行為 rest on facts alone: a person may take less than the rules propose, not more.
        if class.is_act() && !proposed.is_act() {
            return Err(format!("the facts make it {proposed}, not {class}; state other facts first"));
        }
        let mut verdict = self.proposal.clone();
        if class != proposed {
            verdict.legal_class = class;
            verdict.label = class.text();
            verdict.citations = definition(class)
                .iter()
                .filter_map(|subject| act::cite(subject, verdict.law_version?))
                .collect();
            if !class.is_act() {
                verdict.penalty_rows.clear();
            }
        }
        verdict.heading = Text::new("判定（確定）", "Verdict, confirmed (判定)");
        verdict.state = State::Confirmed;
        verdict.verdict_id = Some(format!("V-{}", self.verdicts.len() + 1));
        verdict.confirmed_by = Some(decision.by.trim().to_owned());
        verdict.confirmed_at = Some(written(at));
        verdict.supersedes = former;
        let sole_author = self.sole_author(decision.by.trim());
        Ok(Decided { verdict, proposed, reason: decision.reason.trim().to_owned(), sole_author })
    }

    /// Did this person state every fact that the rule used?
    fn sole_author(&self, person: &str) -> bool {
        let used = self.proposal.rule_path.last().map_or(&[][..], |step| step.fact_refs.as_slice());
        let authors: Vec<Option<String>> =
            used.iter().map(|used| statement::author(&self.facts, used.fact)).collect();
        !authors.is_empty() && authors.iter().all(|author| author.as_deref() == Some(person))
    }

    /// The confirmed verdict that stands, if one does.
    #[must_use]
    pub fn standing(&self) -> Option<&Decided> {
        self.verdicts.last().filter(|last| last.verdict.state == State::Confirmed)
    }

    /// Facts were stated after the confirmation that make the rules propose something else: a person has to revise it.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        self.standing().is_some_and(|last| last.proposed != self.proposal.legal_class)
    }

    /// Whether 不正アクセス行為 may be said of it (CW-CLS-21).
    #[must_use]
    pub fn names_act(&self) -> bool {
        !self.is_outdated() && self.standing().is_some_and(|last| last.verdict.may_be_named())
    }

    /// The verdict that is shown: the one that stands, else the proposal.
    #[must_use]
    pub fn shown(&self) -> &Verdict {
        self.standing().filter(|_| !self.is_outdated()).map_or(&self.proposal, |last| &last.verdict)
    }

    /// The legal view of the incident with this ruling, as incidents carry it.
    #[must_use]
    pub fn legal(&self) -> Legal {
        let verdict = self.shown();
        let class = verdict.legal_class;
        let article = definition(class)
            .last()
            .and_then(|subject| act::cite(subject, verdict.law_version?))
            .map(|citation| Bilingual { ja: citation.text_ja, en: citation.text_en });
        let mut legal = legal::shown(verdict, category(class), article, self.facts.clone());
        legal.confirmed = self.standing().filter(|_| !self.is_outdated()).map(|last| Confirmed {
            id: last.verdict.verdict_id.clone().unwrap_or_default(),
            by: last.verdict.confirmed_by.clone().unwrap_or_default(),
            at: last.verdict.confirmed_at.clone().unwrap_or_default(),
            reason: last.reason.clone(),
            names_act: self.names_act(),
        });
        legal
    }

    /// Puts the ruling into an incident, so that documents and desks see it. Class and article of a mere proposal stay those of
    /// the incident, and elements that rest on records alone keep all of those.
    ///
    /// # Errors
    ///
    /// When the ruling cannot be written as JSON.
    pub fn settle(&self, seen: &mut Seen) -> Result<(), serde_json::Error> {
        let mut legal = SeenLegal::deserialize(serde_json::to_value(self.legal())?)?;
        if legal.confirmed.is_none() {
            legal.category.clone_from(&seen.legal.category);
            legal.article.clone_from(&seen.legal.article);
        }
        let elements = self.shown().elements.iter();
        let by_records = elements.filter(|element| {
            let mut authors = element.facts.iter().map(|used| statement::author(&self.facts, used.fact));
            authors.all(|author| author.is_none_or(|author| author == PROGRAM))
        });
        for id in by_records.map(|element| &element.id) {
            let former = seen.legal.elements.iter().find(|element| element.id == *id);
            let shown = legal.elements.iter_mut().find(|element| element.id == *id);
            if let (Some(former), Some(shown)) = (former, shown) {
                shown.records.clone_from(&former.records);
            }
        }
        seen.legal = legal;
        Ok(())
    }
}

/// Where acts (i) to (iii) are forbidden and defined.
const fn definition(class: LegalClass) -> &'static [&'static str] {
    match class {
        LegalClass::Ua1 => &["ua_ban", "ua_def_1"],
        LegalClass::Ua2 => &["ua_ban", "ua_def_2"],
        LegalClass::Ua3 => &["ua_ban", "ua_def_3"],
        LegalClass::AttemptOnly => &["ua_ban"],
        _ => &[],
    }
}

const fn category(class: LegalClass) -> vocab::Category {
    match class.category() {
        Category::CredentialMisuse => vocab::Category::CredentialMisuse,
        Category::SecurityHole => vocab::Category::SecurityHole,
        Category::Attempt => vocab::Category::Attempt,
        Category::Preparatory => vocab::Category::Preparatory,
        Category::OutOfScope => vocab::Category::OutOfScope,
        Category::Undetermined => vocab::Category::Undetermined,
    }
}
