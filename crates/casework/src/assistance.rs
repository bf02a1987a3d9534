//! The path of an application for assistance (援助の申出; casework.md 5.3) on the side of the applicant: what was filed, asked,
//! decided and advised, and what was done with the advice. The administrator carries out every measure (CW-AST-03).

use crate::incident::Bilingual;
use serde::{Deserialize, Serialize};

/// Most steps and most items of advice.
const ITEMS_MAX: usize = 500;
/// Longest text, characters.
const TEXT_CHARS_MAX: usize = 2_000;
/// Codes of refusal (5.2).
const CODES: [&str; 6] = ["D1", "D2", "D3", "D4", "D5", "D6"];

/// State of an application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AssistanceState {
    /// 作成中
    #[default]
    Draft,
    /// 申出
    Filed,
    /// 資料要求中
    DocsRequested,
    /// 資料補正
    Supplemented,
    /// 審査
    Review,
    /// 不開始通知
    NotStarted,
    /// 事例分析中
    Analysis,
    /// 援助内容通知
    Advised,
    /// 措置実施中
    Implementing,
    /// 措置完了報告
    Done,
    /// 終結
    Closed,
    /// 取下げ
    Withdrawn,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AssistanceEvent {
    /// The application was filed.
    File,
    /// Its form was checked.
    Check,
    /// Documents were asked for.
    Missing,
    /// They were supplied.
    Supplement,
    /// The day for them passed.
    Lapse,
    /// It was found applicable and proper.
    Accept,
    /// It was refused.
    Refuse,
    /// The analysis came with advice.
    Advise,
    /// Carrying out began.
    Start,
    /// Every item is decided and done.
    Complete,
    /// The commission took note.
    Confirm,
    /// It was withdrawn.
    Withdraw,
}

use AssistanceEvent as E;
use AssistanceState as S;

/// State, event, next state (casework.md 5.3).
const TABLE: [(S, E, S); 23] = [
    (S::Draft, E::File, S::Filed),
    (S::Filed, E::Check, S::Review),
    (S::Filed, E::Missing, S::DocsRequested),
    (S::Filed, E::Refuse, S::NotStarted),
    (S::DocsRequested, E::Supplement, S::Supplemented),
    (S::DocsRequested, E::Lapse, S::Review),
    (S::Supplemented, E::Check, S::Review),
    (S::Supplemented, E::Missing, S::DocsRequested),
    (S::Review, E::Accept, S::Analysis),
    (S::Review, E::Refuse, S::NotStarted),
    (S::Review, E::Missing, S::DocsRequested),
    (S::Analysis, E::Advise, S::Advised),
    (S::Analysis, E::Missing, S::DocsRequested),
    (S::Advised, E::Start, S::Implementing),
    (S::Implementing, E::Complete, S::Done),
    (S::Done, E::Confirm, S::Closed),
    (S::Draft, E::Withdraw, S::Withdrawn),
    (S::Filed, E::Withdraw, S::Withdrawn),
    (S::DocsRequested, E::Withdraw, S::Withdrawn),
    (S::Supplemented, E::Withdraw, S::Withdrawn),
    (S::Review, E::Withdraw, S::Withdrawn),
    (S::Analysis, E::Withdraw, S::Withdrawn),
    (S::NotStarted, E::File, S::Filed),
];

impl AssistanceState {
    /// What the state is called, and the paper that belongs to it.
    #[must_use]
    pub fn label(self) -> Bilingual {
        let (ja, en) = match self {
            Self::Draft => ("作成中（援助申出書）", "draft (application form)"),
            Self::Filed => ("申出済み（受理番号）", "filed (receipt)"),
            Self::DocsRequested => ("資料要求中（書類等提出要請書）", "documents asked for (request)"),
            Self::Supplemented => ("資料を提出済み", "documents supplied"),
            Self::Review => ("審査中（該当性・相当性）", "under review (applicability, properness)"),
            Self::NotStarted => ("援助不開始（援助不開始通知書）", "not started (notice)"),
            Self::Analysis => ("事例分析中", "under analysis"),
            Self::Advised => {
                ("援助内容の通知済み（援助内容通知書）", "advised (notice with a menu of measures)")
            }
            Self::Implementing => ("措置を実施中", "measures being carried out"),
            Self::Done => ("措置完了を報告済み", "completion reported"),
            Self::Closed => ("終結", "closed"),
            Self::Withdrawn => ("取下げ", "withdrawn"),
        };
        Bilingual { ja: ja.to_owned(), en: en.to_owned() }
    }

    /// Events that may follow.
    pub fn events(self) -> impl Iterator<Item = AssistanceEvent> {
        TABLE.iter().filter(move |(from, ..)| *from == self).map(|(_, event, _)| *event)
    }

    fn next(self, event: AssistanceEvent) -> Option<Self> {
        TABLE.iter().find(|(from, on, _)| (*from, *on) == (self, event)).map(|(.., to)| *to)
    }
}

/// One step: `[[step]]` of the case file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What happened.
    pub event: AssistanceEvent,
    /// When, in Japan's time.
    pub time: String,
    /// Number of the paper, e.g. 受理番号.
    #[serde(default)]
    pub number: String,
    /// Last day for what was asked.
    #[serde(default)]
    pub due: Option<String>,
    /// Code of a refusal.
    #[serde(default)]
    pub code: String,
    /// Who says so.
    #[serde(default)]
    pub by: String,
    /// In words.
    #[serde(default)]
    pub note: String,
}

/// What the applicant does with an item of advice (CW-AST-08).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdviceAnswer {
    /// Will be carried out.
    Accepted,
    /// Will not, for a reason.
    Declined,
    /// Was carried out.
    Done,
}

/// An item of the menu of measures: `[[advice]]` of the case file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// Measure.
    pub measure: String,
    /// Method or cause it is against.
    #[serde(default)]
    pub cause: String,
    /// 1 first.
    #[serde(default)]
    pub priority: u8,
    /// Effort, in words.
    #[serde(default)]
    pub effort: String,
    /// Answer; none = not decided.
    #[serde(default)]
    pub answer: Option<AdviceAnswer>,
    /// Why it was declined.
    #[serde(default)]
    pub reason: String,
    /// When it was done.
    #[serde(default)]
    pub done: Option<String>,
    /// By whom.
    #[serde(default)]
    pub by: String,
    /// What shows it.
    #[serde(default)]
    pub evidence: String,
}

/// A step or item that cannot stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("[[{table}]] {number}: {what}")]
pub struct AssistanceFault {
    /// `step` or `advice`.
    pub table: &'static str,
    /// Number, from 1.
    pub number: usize,
    /// What is wrong.
    pub what: String,
}

/// Where an application stands.
#[derive(Clone, Debug, Serialize)]
pub struct Application {
    /// State.
    pub state: AssistanceState,
    /// The steps.
    pub steps: Vec<Step>,
    /// The menu, in order of priority.
    pub advice: Vec<Advice>,
    /// Last day for documents that are asked for now (CLK-8).
    pub documents_due: Option<String>,
    /// Every item was declined: the commission may ask whether there is a will (D3), but does not refuse by itself.
    pub asks_for_will: bool,
}

/// Follows the steps.
///
/// # Errors
///
/// The first step that the table of states does not allow, and every item of advice that lacks its reason, day or person.
pub fn application(steps: &[Step], advice: &[Advice]) -> Result<Application, Vec<AssistanceFault>> {
    let mut faults = faulty_advice(advice);
    let mut state = AssistanceState::default();
    let mut last = None;
    let mut asked_with_day = false;
    let mut documents_due = None;
    for (at, step) in steps.iter().enumerate() {
        let fault = |what: String| AssistanceFault { table: "step", number: at + 1, what };
        let next = allowed(state, step, asked_with_day, advice)
            .and_then(|next| crate::dossier::time(&step.time).map(|time| (next, time)));
        match next {
            _ if at >= ITEMS_MAX => faults.push(fault(format!("at most {ITEMS_MAX} steps"))),
            Ok((_, time)) if last.is_some_and(|last| time < last) => {
                faults.push(fault("the step lies before the one above it".to_owned()));
            }
            Ok((next, time)) => {
                (state, last) = (next, Some(time));
                asked_with_day |= step.event == E::Missing && step.due.is_some();
                documents_due = step.due.clone().filter(|_| state == S::DocsRequested);
                continue;
            }
            Err(what) => faults.push(fault(what)),
        }
        break;
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut advice = advice.to_vec();
    advice.sort_by_key(|item| item.priority);
    let declined = |item: &Advice| item.answer == Some(AdviceAnswer::Declined);
    let asks_for_will = !advice.is_empty() && advice.iter().all(declined);
    Ok(Application { state, steps: steps.to_vec(), advice, documents_due, asks_for_will })
}

/// The next state, when the step may be made.
fn allowed(state: S, step: &Step, asked: bool, advice: &[Advice]) -> Result<S, String> {
    if [&step.number, &step.code, &step.by, &step.note]
        .iter()
        .any(|text| text.chars().count() > TEXT_CHARS_MAX)
    {
        return Err(format!("a text has more than {TEXT_CHARS_MAX} characters"));
    }
    let Some(next) = state.next(step.event) else {
        let may: Vec<String> = state.events().map(|event| format!("{event:?}").to_lowercase()).collect();
        let may = if may.is_empty() { "nothing".to_owned() } else { may.join(", ") };
        return Err(format!(
            "{:?} cannot follow in the state {}; there may follow: {may}",
            step.event,
            state.label().ja
        ));
    };
    match step.event {
        E::Refuse if !CODES.contains(&step.code.as_str()) => {
            Err(format!("`code` is one of {}", CODES.join(", ")))
        }
        E::Refuse if state == S::Filed && !["D1", "D6"].contains(&step.code.as_str()) => {
            Err("at its filing an application is refused by D1 or D6 only".to_owned())
        }
        E::Refuse if step.code == "D2" && !asked => {
            Err("D2 needs an earlier request for documents with a day (CW-AST-05)".to_owned())
        }
        E::Refuse if step.code == "D5" && step.note.trim().is_empty() => {
            Err("D5 needs `note`: which narrowing was offered (CW-AST-05)".to_owned())
        }
        E::Complete => match advice.iter().position(|item| !settled(item)) {
            _ if advice.is_empty() => Err("no [[advice]] is entered".to_owned()),
            Some(at) => Err(format!("[[advice]] {} is neither done nor declined", at + 1)),
            None => Ok(next),
        },
        _ => Ok(next),
    }
}

const fn settled(item: &Advice) -> bool {
    matches!(item.answer, Some(AdviceAnswer::Done | AdviceAnswer::Declined))
}

fn faulty_advice(advice: &[Advice]) -> Vec<AssistanceFault> {
    let what = |item: &Advice| match item.answer {
        _ if item.measure.trim().is_empty() => Some("`measure` is empty".to_owned()),
        _ if item.measure.chars().count() > TEXT_CHARS_MAX => Some("`measure` is too long".to_owned()),
        Some(AdviceAnswer::Declined) if item.reason.trim().is_empty() => {
            Some("declined needs `reason`".to_owned())
        }
        Some(AdviceAnswer::Done) if item.by.trim().is_empty() || item.evidence.trim().is_empty() => {
            Some("done needs `by` and `evidence`".to_owned())
        }
        Some(AdviceAnswer::Done) => match item.done.as_deref().map(crate::dossier::time) {
            Some(Ok(_)) => None,
            Some(Err(what)) => Some(what),
            None => Some("done needs `done`, the day".to_owned()),
        },
        _ => None,
    };
    let faults = advice.iter().take(ITEMS_MAX).enumerate().filter_map(|(at, item)| {
        Some(AssistanceFault { table: "advice", number: at + 1, what: what(item)? })
    });
    faults.collect()
}
