//! Facts that records can establish (DT-KND-05). Everything else stays unknown.

use crate::group::succeeded;
use crate::incident::AccountEntry;
use act::{AccessControl, ActKind, ActTime, EvidenceRef, Fact, Facts, InputKind, Moment, Tri};
use std::collections::BTreeSet;
use vocab::{AccountRole, Category, EvidenceRole, Finding, Kind, Record, Timestamp, Trust};

/// Records named per fact.
const RECORDS_MAX: usize = 200;
/// One source that entered this many accounts of different holders used somebody else's codes (DT-KND-05, F5).
const ACCOUNTS_OF_OTHERS: usize = 3;
/// Within this time.
const ACCOUNTS_WITHIN: i64 = Timestamp::HOUR;

/// Proposes the facts of the incident's act.
pub(crate) fn propose(
    members: &[&Finding],
    kind: Kind,
    category: Category,
    accounts: &[AccountEntry],
    first: Timestamp,
    last: Timestamp,
) -> Facts {
    let mut facts = Facts::new(format!("act:{}", kind.as_str()), act_kind(kind, category));
    let records = usable(members);
    let entered = members.iter().any(|finding| succeeded(finding));
    let (from, to) = act_span(members, first, last);
    if let (Some(from), Some(to)) = (Moment::from_unix_micros(from.0), Moment::from_unix_micros(to.0)) {
        facts.act_time = Fact::new(ActTime::between(from, to));
    }
    let remote = members.iter().any(|finding| !finding.sources.is_empty());
    if remote && !records.is_empty() {
        // A program of the target wrote a record of a peer on the network: it is a computer, it is connected, and the
        // input came over the line.
        facts.target_is_computer = fact(Tri::Yes, &records);
        facts.target_connected = fact(Tri::Yes, &records);
        facts.via_line = fact(Tri::Yes, &records);
    }
    let refused: Vec<&Record> = with_role(&records, &[EvidenceRole::Failure]);
    if !refused.is_empty() {
        facts.access_control_present = fact(AccessControl::OnUsed, &refused);
    }
    if entered {
        let successes = with_role(&records, &[EvidenceRole::Success, EvidenceRole::Effect]);
        if !successes.is_empty() {
            facts.use_made_possible = fact(Tri::Yes, &successes);
        }
    } else if matches!(category, Category::Attempt | Category::OutOfScope) && !refused.is_empty() {
        facts.use_made_possible = fact(Tri::No, &refused);
    } else if category == Category::Attempt {
        let payloads = with_role(&records, &[EvidenceRole::Payload]);
        if !payloads.is_empty() {
            facts.use_made_possible = fact(Tri::No, &payloads);
        }
    }
    facts.input_kind = input_kind(members, category, accounts, &records);
    let intentional = records.iter().copied().take(RECORDS_MAX).collect::<Vec<_>>();
    if !intentional.is_empty() && category != Category::Undetermined && kind != Kind::SharedCodeUse {
        facts.intentional = fact(Tri::Yes, &intentional);
    }
    facts
}

/// Descriptive kind of the act; it decides only in R3.
const fn act_kind(kind: Kind, category: Category) -> ActKind {
    match kind {
        Kind::PortScan => ActKind::PortScan,
        Kind::DenialOfService => ActKind::Dos,
        Kind::MailAbuse => ActKind::SpamRelay,
        Kind::PageDefacement => ActKind::Defacement,
        Kind::CredentialSolicitation => ActKind::Phishing,
        Kind::CredentialProvision => ActKind::CodeProvision,
        Kind::CredentialStoreAccess => ActKind::CodeAcquisition,
        Kind::SqlInjection
        | Kind::PathTraversal
        | Kind::CodeExecution
        | Kind::CrossSiteScripting
        | Kind::VulnerabilityProbe
        | Kind::VulnerabilityScan
        | Kind::SensitiveFileProbe
        | Kind::AuthenticationBypass
        | Kind::WebShell
        | Kind::WormPropagation => ActKind::HoleExploit,
        _ => match category {
            Category::CredentialMisuse | Category::SecurityHole | Category::Attempt => ActKind::Login,
            _ => ActKind::Other,
        },
    }
}

/// When the act was: with an entry, from the first to the last record that shows it.
fn act_span(members: &[&Finding], first: Timestamp, last: Timestamp) -> (Timestamp, Timestamp) {
    let times = members
        .iter()
        .flat_map(|finding| &finding.evidence)
        .filter(|record| matches!(record.role, EvidenceRole::Success | EvidenceRole::Effect));
    let times: Vec<Timestamp> = times.filter_map(|record| record.time).collect();
    match (times.iter().min(), times.iter().max()) {
        (Some(from), Some(to)) if members.iter().any(|finding| succeeded(finding)) => (*from, *to),
        _ => (first, last),
    }
}

/// F5. A success alone never proves that the code was another's.
fn input_kind(
    members: &[&Finding],
    category: Category,
    accounts: &[AccountEntry],
    records: &[&Record],
) -> Fact<InputKind> {
    let successes = with_role(records, &[EvidenceRole::Success, EvidenceRole::Effect]);
    let repudiated = members.iter().any(|finding| finding.kind == Kind::RepudiatedLogin);
    if repudiated || entered_many(accounts) {
        return fact(InputKind::CodeOfOther, &successes);
    }
    let left_over = members.iter().any(|finding| {
        succeeded(finding)
            && matches!(
                finding.kind,
                Kind::LeaverAccountUse | Kind::PlantedAccountUse | Kind::DefaultAccountUse
            )
    });
    let exploited =
        members.iter().any(|finding| finding.effect && finding.category == Category::SecurityHole);
    if category == Category::SecurityHole && (left_over || exploited) {
        return fact(InputKind::NonCodeInformation, &successes);
    }
    Fact::default()
}

/// Did one source enter three or more accounts within an hour?
fn entered_many(accounts: &[AccountEntry]) -> bool {
    let entries: Vec<&AccountEntry> = accounts
        .iter()
        .filter(|account| account.state == AccountRole::Entered && account.entry_source.is_some())
        .collect();
    entries.iter().any(|one| {
        let names: BTreeSet<&str> = entries
            .iter()
            .filter(|other| other.entry_source == one.entry_source)
            .filter(|other| {
                other.last.since(one.first).abs() <= ACCOUNTS_WITHIN
                    || other.first.since(one.last).abs() <= ACCOUNTS_WITHIN
            })
            .map(|other| other.name.as_str())
            .collect();
        names.len() >= ACCOUNTS_OF_OTHERS
    })
}

/// Records that may establish a fact: unambiguous and better than TR0 (DT-INC-07).
fn usable<'a>(members: &[&'a Finding]) -> Vec<&'a Record> {
    let mut records: Vec<&Record> = members
        .iter()
        .flat_map(|finding| &finding.evidence)
        .filter(|record| !record.ambiguous && record.trust > Trust::Tr0)
        .collect();
    records.sort_by_key(|record| (record.citation, record.role));
    records
}

fn with_role<'a>(records: &[&'a Record], roles: &[EvidenceRole]) -> Vec<&'a Record> {
    records.iter().copied().filter(|record| roles.contains(&record.role)).collect()
}

fn fact<T>(value: T, records: &[&Record]) -> Fact<T> {
    let mut citations: Vec<_> = records.iter().map(|record| record.citation).collect();
    citations.dedup();
    let mut fact = Fact::new(value);
    for citation in citations.into_iter().take(RECORDS_MAX) {
        fact = fact.with(EvidenceRef::record(citation.index.0, citation.record));
    }
    fact.author = Some("sekisho".to_owned());
    fact
}
