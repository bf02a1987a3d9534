//! The page of notices: what nobody has acknowledged, what went where, who has which duty when.

use super::Frame;
use askama::Template;

/// Something that nobody has acknowledged yet.
#[derive(Clone, Debug)]
pub struct WaitingRow {
    /// Number of its case; 0: a test.
    pub number: i64,
    /// What it is about, in words.
    pub about: String,
    /// Level in words.
    pub level: String,
    /// When it was begun.
    pub begun: String,
    /// Rounds of telling so far.
    pub rounds: i64,
}

/// A notice that went or goes to somebody.
#[derive(Clone, Debug)]
pub struct NoticeRow {
    /// When it was queued.
    pub time: String,
    /// What it is about, in words.
    pub about: String,
    /// Channel in words.
    pub channel: String,
    /// To whom.
    pub person: String,
    /// State in words.
    pub state: String,
    /// Tries.
    pub tries: i64,
    /// What the channel answered.
    pub answer: String,
}

/// A duty that a person has.
#[derive(Clone, Debug)]
pub struct DutyRow {
    /// Id.
    pub id: String,
    /// Name to sign in with.
    pub login: String,
    /// Duty in words.
    pub duty: String,
    /// Days and times in words.
    pub hours: String,
}

/// A person whom one may tell.
#[derive(Clone, Debug)]
pub struct AddressRow {
    /// Id.
    pub id: String,
    /// Name to sign in with.
    pub login: String,
    /// Mail address.
    pub mail: String,
    /// Second address.
    pub second: String,
}

/// Notices.
#[derive(Template)]
#[template(path = "console/notices.html")]
pub struct NoticesPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// What is wrong with the notices themselves.
    pub alarms: Vec<String>,
    /// What nobody has acknowledged.
    pub waiting: Vec<WaitingRow>,
    /// The newest notices.
    pub notices: Vec<NoticeRow>,
    /// Duties.
    pub duties: Vec<DutyRow>,
    /// People with their addresses.
    pub people: Vec<AddressRow>,
    /// Duties to choose from: code and words.
    pub kinds: Vec<(&'static str, String)>,
    /// Days of the week, Monday first.
    pub days: Vec<String>,
    /// The reader may acknowledge.
    pub acknowledges: bool,
    /// The reader may send a test.
    pub tests: bool,
    /// The reader may change duties and addresses.
    pub changes: bool,
}
