//! `report.html`: one self-contained page, readable without a network, without JavaScript, and on paper.
//!
//! Log text is hostile: it stands in text nodes only, escaped by the template engine, never in an attribute, a URL, a
//! style or a script (DT-HOS-17). The page carries a content policy that allows nothing but its own style sheet.

mod activity;
mod chart;
pub(crate) mod escape;
mod graph;
pub(crate) mod view;

pub use activity::{Activity, Edge, EventRow, Graph, LogonRow, NumberRow};

use crate::Catalog;
use askama::Template;
use base64::Engine as _;
use casework::{Answer, Incident};
use sha2::{Digest, Sha256};
use vocab::{Message, Timestamp};

/// One input of the run.
#[derive(Clone, Debug, Default)]
pub struct InputView {
    /// Name as given.
    pub path: String,
    /// Recognised format.
    pub format: String,
    /// Bytes read.
    pub bytes: u64,
    /// Records read.
    pub records: u64,
    /// Records that could not be read.
    pub unread: u64,
}

/// Something that could not be read.
#[derive(Clone, Debug, Default)]
pub struct UnreadView {
    /// Input name.
    pub file: String,
    /// Line, where known.
    pub line: Option<u64>,
    /// Reason, one of the closed list of DT-EVT-15.
    pub reason: String,
    /// What was expected.
    pub expected: String,
    /// How many of the kind.
    pub count: u64,
}

/// What the report says beside the incidents.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The answer.
    pub answer: Answer,
    /// When the report was made.
    pub made: Timestamp,
    /// First and last event.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Events read.
    pub events: u64,
    /// Findings by level, most grave first: level and count.
    pub findings: Vec<(vocab::Level, u64)>,
    /// Inputs.
    pub inputs: Vec<InputView>,
    /// Unread material.
    pub unread: Vec<UnreadView>,
    /// Assumed years and zones, clock skew.
    pub assumptions: Vec<Message>,
    /// Classes of attack that could not be judged, and why (DT-KND-03).
    pub not_checked: Vec<(vocab::Kind, Message)>,
    /// Ledger entries and root, hexadecimal.
    pub ledger: Option<(u64, String)>,
    /// Whether the payloads of the ledger are sealed, and to how many role holders (LG-PAY-07).
    pub ledger_payloads: Option<Message>,
    /// Rules loaded and refused.
    pub rules: (u64, u64),
    /// Version of the program.
    pub version: String,
    /// Logons, records and ways.
    pub activity: Activity,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    t: &'a Catalog,
    style: &'a str,
    policy: String,
    summary: view::SummaryView,
    incidents: Vec<view::IncidentView>,
    /// Incidents of which paper shows the summary only, and the sentence that says so.
    brief: usize,
    print_note: String,
    activity: activity::ActivityView,
}

/// Incidents that paper shows with all details, unless the reader asks for all.
const PRINTED_MAX: usize = 5;

/// Marks the incidents of which paper shows the summary only: they stand in order of urgency. A few fit as they are.
fn shorten(incidents: &mut [view::IncidentView]) -> usize {
    if incidents.len() <= PRINTED_MAX {
        return 0;
    }
    let late = incidents.iter_mut().skip(PRINTED_MAX);
    late.map(|incident| incident.brief = true).count()
}

const STYLE: &str = include_str!("../../assets/report.css");

/// The report as one HTML page.
///
/// # Errors
/// Only when the template engine fails, which a test excludes.
pub fn html(summary: &Summary, incidents: &[Incident], catalog: &Catalog) -> Result<String, askama::Error> {
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let mut views: Vec<_> =
        incidents.iter().enumerate().map(|(at, incident)| view::incident(at, incident, catalog)).collect();
    let brief = shorten(&mut views);
    let print_note = Message::new("print-note")
        .with("shown", views.len().saturating_sub(brief) as u64)
        .with("brief", brief as u64);
    let page = Page {
        t: catalog,
        style: STYLE,
        policy: format!(
            "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        ),
        summary: view::summary(summary, incidents, catalog),
        incidents: views,
        brief,
        print_note: catalog.render(&print_note),
        activity: activity::view(&summary.activity, catalog),
    };
    page.render()
}
