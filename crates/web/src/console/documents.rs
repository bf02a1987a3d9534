//! The pages of documents and of what people enter for them.

use super::Frame;
use askama::Template;

/// What one desk would do.
#[derive(Clone, Debug)]
pub struct OpinionLine {
    /// Desk.
    pub desk: String,
    /// What it would do.
    pub outcome: String,
    /// Why, and which desk may be better.
    pub reasons: Vec<String>,
    /// Questions that are not answered yes, with the facts that would settle them.
    pub open: Vec<(String, Vec<String>)>,
}

/// A document that was handed in.
#[derive(Clone, Debug)]
pub struct ReleaseLine {
    /// Who and when.
    pub words: String,
    /// Files: name, SHA-256, ending.
    pub files: Vec<(String, String, String)>,
    /// Receipt; empty: none yet.
    pub receipt: String,
}

/// A document.
#[derive(Clone, Debug)]
pub struct DocumentLine {
    /// Form.
    pub form: String,
    /// Title.
    pub title: String,
    /// Version of the form.
    pub version: u32,
    /// How far it is.
    pub state: String,
    /// Nothing that is needed is missing.
    pub complete: bool,
    /// What is not verified of its layout.
    pub unverified: String,
    /// What is missing: fact, label, who could know it, needed.
    pub missing: Vec<(String, String, String, bool)>,
    /// Labels of personal data in it.
    pub personal: String,
    /// The recipient takes it incomplete.
    pub takes_incomplete: bool,
    /// It was handed in.
    pub released: Option<ReleaseLine>,
}

/// The documents of a case.
#[derive(Template)]
#[template(path = "console/documents.html")]
pub struct DocumentsPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// Number of the case.
    pub number: i64,
    /// Version of the row.
    pub version: i64,
    /// Documents.
    pub documents: Vec<DocumentLine>,
    /// What each desk would do.
    pub opinions: Vec<OpinionLine>,
    /// The reader may release.
    pub releases: bool,
    /// The reader may note receipts.
    pub receives: bool,
}

/// A fact that may be entered.
#[derive(Clone, Debug)]
pub struct EntryLine {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Who could know it.
    pub who: String,
    /// How it is typed.
    pub hint: String,
    /// One of the options is chosen.
    pub chosen: bool,
    /// It may have several lines.
    pub long: bool,
    /// It was entered as not known.
    pub unknown: bool,
    /// Options: code, words, chosen.
    pub options: Vec<(String, String, bool)>,
    /// What was typed.
    pub value: String,
}

/// Facts that belong together.
#[derive(Clone, Debug)]
pub struct EntryGroup {
    /// Id.
    pub id: String,
    /// What they are about.
    pub label: String,
    /// The facts.
    pub facts: Vec<EntryLine>,
}

/// What people enter for documents.
#[derive(Template)]
#[template(path = "console/entries.html")]
pub struct EntriesPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// Number of the case.
    pub number: i64,
    /// Version of the row.
    pub version: i64,
    /// Facts in groups.
    pub groups: Vec<EntryGroup>,
    /// The reader may enter them.
    pub acts: bool,
}
