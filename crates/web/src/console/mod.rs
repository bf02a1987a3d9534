//! Pages of the console (`sekisho serve`). Pure: what is shown comes in, a page goes out. They need no JavaScript, and what
//! logs and people wrote stands in text only, escaped by the template engine (DT-HOS-17).

mod bundles;
mod documents;
mod facts;
mod handling;
mod logs;
mod notices;
mod pages;
mod rules;

pub use bundles::{BundleLine, BundlesPage};
pub use documents::{
    DocumentLine, DocumentsPage, EntriesPage, EntryGroup, EntryLine, OpinionLine, ReleaseLine,
};
pub use facts::{FactLine, FactsPage, VerdictLine};
pub use handling::{
    EvidencePage, GateLine, ItemLine, MeasureLine, MoveLine, ObjectionLine, RecoveryLine, RecoveryPage,
    WaiverLine,
};
pub use logs::{LogRow, LogsPage};
pub use notices::{AddressRow, DutyRow, NoticeRow, NoticesPage, WaitingRow};
pub use pages::{
    BlockLine, BlocksPage, CasePage, CaseRow, CasesPage, ClockLine, FindingRow, FindingsPage, LoginPage,
    NoticedPage, PeoplePage, PersonRow, ProposalLine, SetupPage, TablePage, TodayPage, message,
};
pub use rules::RulesPage;

pub use crate::report::escape::{visible, visible_whole};
use crate::report::view;
use crate::{Catalog, Lang};
use casework::Incident;

/// Style sheet of all pages.
pub const STYLE: &str =
    concat!(include_str!("../../assets/report.css"), include_str!("../../assets/console.css"));

/// Headers' content policy: nothing but the console's own style sheet and forms.
pub const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Who looks at the page.
#[derive(Clone, Debug)]
pub struct Who {
    /// Name to be shown.
    pub name: String,
    /// Role, in words.
    pub role: String,
    /// Secret that forms of this session carry.
    pub form: String,
}

/// What every page has.
pub struct Frame<'a> {
    /// Language.
    pub t: &'a Catalog,
    /// Title.
    pub title: String,
    /// Path of the page in the navigation, e.g. `/cases`.
    pub here: &'static str,
    /// Who looks at it; nobody has signed in: `None`.
    pub who: Option<Who>,
    /// What came of the last action; empty: nothing to say.
    pub said: String,
    /// Version of the program.
    pub version: &'static str,
}

/// Pages of the navigation: path, and message of the title.
pub const PAGES: &[(&str, &str)] = &[
    ("/", "console-today"),
    ("/cases", "console-cases"),
    ("/blocks", "console-blocks"),
    ("/notices", "console-notices"),
    ("/findings", "console-findings"),
    ("/logs", "console-logs"),
    ("/sources", "console-sources"),
    ("/rules", "console-rules"),
    ("/ledger", "console-ledger"),
    ("/people", "console-people"),
];

impl Frame<'_> {
    fn pages(&self) -> Vec<(&'static str, String, bool)> {
        PAGES.iter().map(|(path, id)| (*path, self.t.text(id), *path == self.here)).collect()
    }

    fn other(&self) -> &'static str {
        if self.t.lang() == Lang::Ja { "en" } else { "ja" }
    }

    fn other_name(&self) -> &'static str {
        if self.t.lang() == Lang::Ja { "English" } else { "日本語" }
    }
}

/// An incident as the page of its case shows it.
pub struct IncidentPart(view::IncidentView);

impl IncidentPart {
    /// Of an incident, in the language of the page.
    #[must_use]
    pub fn new(incident: &Incident, t: &Catalog) -> Self {
        Self(view::incident(0, incident, t))
    }
}
