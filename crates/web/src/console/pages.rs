//! The pages with their fields.

use super::{Frame, IncidentPart, MoveLine};
use crate::report::view::IncidentView;
use askama::Template;

/// Signing in.
#[derive(Template)]
#[template(path = "console/login.html")]
pub struct LoginPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
}

/// First set-up with the code of the terminal.
#[derive(Template)]
#[template(path = "console/setup.html")]
pub struct SetupPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
}

/// Acknowledging by a one-time link: opening it is not acknowledging, the button is (DT-NTF-02).
#[derive(Template)]
#[template(path = "console/noticed.html")]
pub struct NoticedPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// Path of the link.
    pub path: String,
    /// What it is about.
    pub about: String,
}

/// A case in a list.
#[derive(Clone, Debug)]
pub struct CaseRow {
    /// Number.
    pub number: i64,
    /// Name of the level, for the style.
    pub level: &'static str,
    /// Level in words.
    pub level_text: String,
    /// Somebody got in.
    pub entered: bool,
    /// Title.
    pub title: String,
    /// State in words.
    pub state: String,
    /// Whether somebody has acknowledged it, in words.
    pub told: String,
    /// Time of the last record.
    pub last: String,
    /// The clock that ends first, in words; empty: none runs.
    pub due: String,
}

/// A clock of a case: what has to be told to whom by when.
#[derive(Clone, Debug)]
pub struct ClockLine {
    /// Clock, e.g. `CLK-3`.
    pub clock: String,
    /// Recipient.
    pub recipient: String,
    /// Whether it applies, in words.
    pub applies: String,
    /// Its end.
    pub due: String,
    /// How it stands, in words.
    pub state: String,
    /// It presses.
    pub presses: bool,
    /// What the recipient gave.
    pub receipt: String,
    /// The reader may note that it was done.
    pub acts: bool,
}

/// What needs a decision.
#[derive(Template)]
#[template(path = "console/today.html")]
pub struct TodayPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// `entered`, `tried` or `nothing`.
    pub answer: &'static str,
    /// The answer in a few words.
    pub answer_title: String,
    /// The answer in a sentence.
    pub answer_text: String,
    /// What is wrong with the notices themselves, in sentences.
    pub alarms: Vec<String>,
    /// Open cases.
    pub cases: Vec<CaseRow>,
    /// Name and value of what is watched.
    pub facts: Vec<(String, String)>,
    /// Sources that have fallen silent.
    pub silent: Vec<String>,
}

/// All cases.
#[derive(Template)]
#[template(path = "console/cases.html")]
pub struct CasesPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// The cases.
    pub cases: Vec<CaseRow>,
}

/// One case.
#[derive(Template)]
#[template(path = "console/case.html")]
pub struct CasePage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// Number.
    pub number: i64,
    /// Version of the row.
    pub version: i64,
    /// States in their order, and which is the present one.
    pub steps: Vec<(String, bool)>,
    /// Name and value.
    pub facts: Vec<(String, String)>,
    /// The reader may act on it.
    pub acts: bool,
    /// It waits to be acknowledged.
    pub waits: bool,
    /// What to do now and why, step by step in plain words.
    pub guide: Vec<String>,
    /// What not to do now.
    pub guide_not: String,
    /// States that it may be moved to, each with what still stands against it.
    pub moves: Vec<MoveLine>,
    /// The reader may move it.
    pub moves_too: bool,
    /// The reader may exempt from a clock and extend it.
    pub exempts: bool,
    /// What has to be told to whom by when.
    pub clocks: Vec<ClockLine>,
    /// What was found.
    incident: Option<IncidentView>,
    /// Log: time, deed in words, ledger entry, particulars.
    pub events: Vec<(String, String, i64, String)>,
}

impl<'a> CasePage<'a> {
    /// The page of a case; further fields are filled in by the caller.
    #[must_use]
    pub fn new(f: Frame<'a>, number: i64, version: i64, incident: Option<IncidentPart>) -> Self {
        Self {
            f,
            number,
            version,
            steps: Vec::new(),
            facts: Vec::new(),
            acts: false,
            waits: false,
            guide: Vec::new(),
            guide_not: String::new(),
            moves: Vec::new(),
            moves_too: false,
            exempts: false,
            clocks: Vec::new(),
            incident: incident.map(|part| part.0),
            events: Vec::new(),
        }
    }
}

/// A block in the list.
#[derive(Clone, Debug)]
pub struct BlockLine {
    /// Id.
    pub id: String,
    /// What is blocked.
    pub prefix: String,
    /// Number of its case; 0: none.
    pub number: i64,
    /// State in words.
    pub state: String,
    /// From.
    pub began: String,
    /// Until.
    pub ends: String,
    /// Who.
    pub actor: String,
    /// Why, and what was set aside.
    pub why: String,
    /// Entry of the ledger with the order.
    pub ledger: i64,
    /// The reader may take it back.
    pub undoes: bool,
}

/// A source that could be blocked.
#[derive(Clone, Debug)]
pub struct ProposalLine {
    /// What would be blocked.
    pub prefix: String,
    /// Number of the case.
    pub number: i64,
    /// For how long.
    pub length: String,
    /// What speaks against it.
    pub objections: Vec<String>,
    /// Blocked already, or not.
    pub state: String,
    /// The reader may order it.
    pub acts: bool,
    /// Only with a reason.
    pub asks_reason: bool,
    /// Somebody who is needed would be locked out.
    pub sheltered: bool,
}

/// What is blocked, and what could be.
#[derive(Template)]
#[template(path = "console/blocks.html")]
pub struct BlocksPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// What is done about attackers, in a sentence.
    pub mode: String,
    /// The reader is asked to say that the preview was looked at.
    pub asks_seen: bool,
    /// The reader is asked to say that the way in is still open.
    pub asks_confirm: bool,
    /// Blocks.
    pub rows: Vec<BlockLine>,
    /// What could be done.
    pub proposals: Vec<ProposalLine>,
}

/// A finding in a list.
#[derive(Clone, Debug)]
pub struct FindingRow {
    /// Name of the level, for the style.
    pub level: &'static str,
    /// Level in words.
    pub level_text: String,
    /// Kind in words.
    pub kind: String,
    /// What it is about: the parts of its key.
    pub about: String,
    /// Time of its first record.
    pub first: String,
    /// Time of its last record.
    pub last: String,
    /// Number of its case; 0: none.
    pub number: i64,
}

/// Findings.
#[derive(Template)]
#[template(path = "console/findings.html")]
pub struct FindingsPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// Levels to choose from: number, words, chosen.
    pub levels: Vec<(i64, String, bool)>,
    /// The chosen level.
    pub level: i64,
    /// How many there are, in words.
    pub count: String,
    /// The findings.
    pub rows: Vec<FindingRow>,
    /// Page with newer ones.
    pub before: Option<i64>,
    /// Page with older ones.
    pub after: Option<i64>,
}

/// A page that is a table: sources, the ledger.
#[derive(Template)]
#[template(path = "console/table.html")]
pub struct TablePage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// A sentence before it; may be empty.
    pub note: String,
    /// Name and value.
    pub facts: Vec<(String, String)>,
    /// Heads of the columns.
    pub heads: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
}

/// A person in the list.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// Id.
    pub id: String,
    /// Name to sign in with.
    pub login: String,
    /// Name to be shown.
    pub name: String,
    /// Mail address.
    pub mail: String,
    /// Role in words.
    pub role: String,
    /// Code of the role.
    pub role_code: &'static str,
    /// May sign in.
    pub active: bool,
    /// The same in words.
    pub state: String,
    /// Version of the row.
    pub version: i64,
}

/// People and roles.
#[derive(Template)]
#[template(path = "console/people.html")]
pub struct PeoplePage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// The people.
    pub people: Vec<PersonRow>,
    /// Roles: code and words.
    pub roles: Vec<(&'static str, String)>,
    /// The reader may change them.
    pub acts: bool,
}

/// A page that says one thing, e.g. that there is no such page.
#[must_use]
pub fn message(f: Frame<'_>, note: String) -> TablePage<'_> {
    TablePage { f, note, facts: Vec::new(), heads: Vec::new(), rows: Vec::new() }
}
