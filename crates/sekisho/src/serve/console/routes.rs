//! Every page and action of the console with the roles that may ask for it, in one table.

use store::Role;

/// A page or an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    Login,
    SignIn,
    Setup,
    SetUp,
    SignOut,
    Noticed,
    NoticedDone,
    Today,
    Cases,
    Case,
    Acknowledge,
    Move,
    Note,
    Told,
    Clock,
    Evidence,
    AddEvidence,
    RegisterEvidence,
    HandOn,
    Settle,
    CopyEvidence,
    StateGate,
    Waive,
    ApproveWaiver,
    Recovery,
    AddRecovery,
    AnswerMeasure,
    Documents,
    DocumentFile,
    ReleaseDocument,
    NoteReceipt,
    Bundles,
    MakeBundle,
    CopyBundle,
    Entries,
    Enter,
    Blocks,
    AddBlock,
    UndoBlock,
    ConfirmBlocks,
    SeenBlocks,
    Facts,
    StateFact,
    Verdict,
    Notices,
    TestNotice,
    AcknowledgeTests,
    AddDuty,
    RemoveDuty,
    SetAddresses,
    Findings,
    Logs,
    LogLine,
    Sources,
    Rules,
    LoadRules,
    Ledger,
    People,
    AddPerson,
    ChangePerson,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    method: &'static str,
    /// Path; `*` stands for one part.
    path: &'static str,
    pub(super) page: Page,
    /// Roles that may; `None`: whoever has not signed in.
    pub(super) roles: Option<&'static [Role]>,
}

use Role::{Administrator, Auditor, CrisisManager, Operator};

const ALL: Option<&[Role]> = Some(&[Administrator, CrisisManager, Operator, Auditor]);
const WORK: Option<&[Role]> = Some(&[Administrator, CrisisManager, Operator]);
const DECIDE: Option<&[Role]> = Some(&[Administrator, CrisisManager]);
const ADMIN: Option<&[Role]> = Some(&[Administrator]);

const fn route(
    method: &'static str,
    path: &'static str,
    page: Page,
    roles: Option<&'static [Role]>,
) -> Route {
    Route { method, path, page, roles }
}

/// The table.
pub(super) const ROUTES: &[Route] = &[
    route("GET", "/login", Page::Login, None),
    route("POST", "/login", Page::SignIn, None),
    route("GET", "/setup", Page::Setup, None),
    route("POST", "/setup", Page::SetUp, None),
    route("POST", "/logout", Page::SignOut, ALL),
    // The link of a notice is the key: it holds once, for one notice, and shows nothing but its number.
    route("GET", "/notice/*", Page::Noticed, None),
    route("POST", "/notice/*", Page::NoticedDone, None),
    route("GET", "/", Page::Today, ALL),
    route("GET", "/cases", Page::Cases, ALL),
    route("GET", "/cases/*", Page::Case, ALL),
    route("POST", "/cases/*/acknowledge", Page::Acknowledge, WORK),
    route("POST", "/cases/*/state", Page::Move, DECIDE),
    route("POST", "/cases/*/note", Page::Note, WORK),
    route("POST", "/cases/*/told", Page::Told, WORK),
    route("POST", "/cases/*/clock", Page::Clock, DECIDE),
    route("GET", "/cases/*/evidence", Page::Evidence, ALL),
    route("POST", "/cases/*/evidence", Page::AddEvidence, WORK),
    route("POST", "/cases/*/evidence/known", Page::RegisterEvidence, WORK),
    route("POST", "/cases/*/evidence/*/custody", Page::HandOn, WORK),
    route("POST", "/cases/*/evidence/*/settle", Page::Settle, DECIDE),
    route("POST", "/cases/*/evidence/*/copy", Page::CopyEvidence, WORK),
    route("POST", "/cases/*/gate", Page::StateGate, WORK),
    route("POST", "/cases/*/waiver", Page::Waive, DECIDE),
    route("POST", "/cases/*/waiver/approve", Page::ApproveWaiver, DECIDE),
    route("GET", "/cases/*/recovery", Page::Recovery, ALL),
    route("POST", "/cases/*/recovery", Page::AddRecovery, WORK),
    route("POST", "/cases/*/measure", Page::AnswerMeasure, WORK),
    route("GET", "/cases/*/documents", Page::Documents, ALL),
    route("GET", "/cases/*/documents/*", Page::DocumentFile, ALL),
    route("GET", "/cases/*/released/*", Page::DocumentFile, ALL),
    route("POST", "/cases/*/release", Page::ReleaseDocument, DECIDE),
    route("POST", "/cases/*/receipt", Page::NoteReceipt, WORK),
    route("GET", "/cases/*/bundles", Page::Bundles, ALL),
    route("POST", "/cases/*/bundles", Page::MakeBundle, DECIDE),
    route("POST", "/cases/*/bundles/*/copy", Page::CopyBundle, WORK),
    route("GET", "/cases/*/entries", Page::Entries, ALL),
    route("POST", "/cases/*/entries", Page::Enter, WORK),
    route("GET", "/blocks", Page::Blocks, ALL),
    route("POST", "/blocks", Page::AddBlock, DECIDE),
    route("POST", "/blocks/confirm", Page::ConfirmBlocks, WORK),
    route("POST", "/blocks/seen", Page::SeenBlocks, DECIDE),
    route("POST", "/blocks/*/undo", Page::UndoBlock, WORK),
    route("GET", "/cases/*/facts", Page::Facts, ALL),
    route("POST", "/cases/*/facts", Page::StateFact, WORK),
    route("POST", "/cases/*/verdict", Page::Verdict, DECIDE),
    route("GET", "/notices", Page::Notices, ALL),
    route("POST", "/notices/test", Page::TestNotice, DECIDE),
    route("POST", "/notices/acknowledge", Page::AcknowledgeTests, WORK),
    route("POST", "/notices/duties", Page::AddDuty, ADMIN),
    route("POST", "/notices/duties/*", Page::RemoveDuty, ADMIN),
    route("POST", "/notices/addresses/*", Page::SetAddresses, ADMIN),
    route("GET", "/findings", Page::Findings, ALL),
    route("GET", "/logs", Page::Logs, ALL),
    route("GET", "/logs/*/*", Page::LogLine, ALL),
    route("GET", "/sources", Page::Sources, ALL),
    route("GET", "/rules", Page::Rules, ALL),
    route("POST", "/rules", Page::LoadRules, ADMIN),
    route("GET", "/ledger", Page::Ledger, ALL),
    route("GET", "/people", Page::People, ALL),
    route("POST", "/people", Page::AddPerson, ADMIN),
    route("POST", "/people/*", Page::ChangePerson, ADMIN),
];

/// The row for a request.
pub(super) fn find(method: &str, path: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.method == method && fits(route.path, path))
}

/// May somebody of this role do it?
pub(super) fn may(page: Page, role: Role) -> bool {
    ROUTES.iter().any(|route| route.page == page && route.roles.is_some_and(|roles| roles.contains(&role)))
}

fn fits(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    let all = pattern.split('/').all(|part| parts.next().is_some_and(|given| part == "*" || part == given));
    all && parts.next().is_none()
}

/// The part of the path at a place, from 1.
pub(super) fn part(path: &str, place: usize) -> &str {
    path.split('/').nth(place).unwrap_or_default()
}

/// A value of a form or query, `+` and `%xx` undone; the first of its name.
pub(super) fn value(form: &str, name: &str) -> Option<String> {
    form.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (plain(key) == name).then(|| plain(value))
    })
}

fn plain(text: &str) -> String {
    percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing that changes something is open to an auditor or to nobody; every row is reached by its own path.
    #[test]
    fn the_table_is_whole() {
        for route in ROUTES {
            let found = find(route.method, &route.path.replace('*', "7")).map(|found| found.page);
            assert_eq!(found, Some(route.page));
            let open = matches!(
                route.page,
                Page::Login | Page::SignIn | Page::Setup | Page::SetUp | Page::Noticed | Page::NoticedDone
            );
            assert_eq!(route.roles.is_none(), open, "{route:?}");
            if route.method == "POST" && !open && route.page != Page::SignOut {
                assert!(!may(route.page, Auditor), "{route:?}");
            }
        }
        assert!(find("GET", "/cases/1/2").is_none() && find("DELETE", "/").is_none());
        assert!(may(Page::Note, Operator) && !may(Page::Move, Operator) && !may(Page::Waive, Operator));
    }

    #[test]
    fn forms_are_read() {
        assert_eq!(value("a=1&note=%E9%96%A2+x%2", "note").as_deref(), Some("関 x%2"));
        assert_eq!(value("a=1", "b"), None);
        assert_eq!(value("a&b=", "a").as_deref(), Some(""));
    }
}
