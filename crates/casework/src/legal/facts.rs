//! Facts that records can establish (DT-KND-05). Everything else stays unknown.

use crate::group::succeeded;
use crate::incident::AccountEntry;
use act::{AccessControl, ActKind, ActTime, EvidenceRef, Fact, Facts, InputKind, Moment, Tri};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use vocab::{
    AccountRole, Category, Citation, Context, EvidenceRole, Finding, Kind, NetworkLabel, Record, Stage,
    Timestamp, Trust,
};

/// Records named per fact.
const RECORDS_MAX: usize = 200;
/// Records that a fact keeps in `incidents.json`; the elements beside it name up to 400.
const SHOWN_MAX: usize = 40;
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
    context: &Context,
    span: (Timestamp, Timestamp),
) -> Facts {
    let mut facts = Facts::new(format!("act:{}", kind.as_str()), act_kind(kind, category));
    let records = usable(members);
    let entered = members.iter().any(|finding| opened(finding));
    let (from, to) = act_span(members, span);
    if let (Some(from), Some(to)) = (Moment::from_unix_micros(from.0), Moment::from_unix_micros(to.0)) {
        facts.act_time = Fact::new(ActTime::between(from, to));
    }
    let remote = over_the_line(members);
    if !remote.is_empty() {
        // A program of the target wrote a record of a peer on the network: it is a computer, it is connected, and the
        // input came over the line.
        facts.target_is_computer = fact(Tri::Yes, &remote);
        facts.target_connected = fact(Tri::Yes, &remote);
        facts.via_line = fact(Tri::Yes, &remote);
    }
    let refused: Vec<&Record> = with_role(&records, &[EvidenceRole::Failure]);
    if !refused.is_empty() {
        facts.access_control_present = fact(AccessControl::OnUsed, &refused);
    }
    // Refused by the function: F6 is refuted. Answered without a sign of a lifted limit: nothing is known (W3).
    let mut successes = with_role(&records, &[EvidenceRole::Success, EvidenceRole::Effect]);
    if successes.is_empty() {
        let open: Vec<&Finding> = members.iter().filter(|finding| opened(finding)).copied().collect();
        successes = with_role(&usable(&open), &[EvidenceRole::Session]);
    }
    if entered && !successes.is_empty() {
        facts.use_made_possible = fact(Tri::Yes, &successes);
    } else if !entered && matches!(category, Category::Attempt | Category::OutOfScope) && !refused.is_empty()
    {
        facts.use_made_possible = fact(Tri::No, &refused);
    }
    facts.input_kind = input_kind(members, category, accounts, context, &records);
    if !members.is_empty() && members.iter().all(|finding| finding.consented) {
        facts.consent_of_administrator = fact(Tri::Yes, &[]).with(EvidenceRef::text("consent register"));
    }
    if let Some(stated) = repudiated(members) {
        facts.consent_of_entitled_user =
            fact(Tri::No, &stated).with(EvidenceRef::text("statement of the holder"));
    }
    let intentional = records.iter().copied().take(RECORDS_MAX).collect::<Vec<_>>();
    if !intentional.is_empty() && category != Category::Undetermined && kind != Kind::SharedCodeUse {
        facts.intentional = fact(Tri::Yes, &intentional);
    }
    facts
}

/// The facts as `incidents.json` holds them.
pub(crate) fn shortened(mut facts: Facts) -> Facts {
    facts.target_is_computer.evidence.truncate(SHOWN_MAX);
    facts.target_connected.evidence.truncate(SHOWN_MAX);
    facts.via_line.evidence.truncate(SHOWN_MAX);
    facts.access_control_present.evidence.truncate(SHOWN_MAX);
    facts.input_kind.evidence.truncate(SHOWN_MAX);
    facts.use_made_possible.evidence.truncate(SHOWN_MAX);
    facts.consent_of_administrator.evidence.truncate(SHOWN_MAX);
    facts.consent_of_entitled_user.evidence.truncate(SHOWN_MAX);
    facts.intentional.evidence.truncate(SHOWN_MAX);
    facts
}

/// Did a use become possible (F6: session opened, effect seen), whatever the class of the finding?
fn opened(finding: &Finding) -> bool {
    let entry =
        |account: &vocab::AccountSeen| account.role == AccountRole::Entered && account.entry.is_some();
    succeeded(finding) || (finding.stage != Stage::Context && finding.accounts.iter().any(entry))
}

/// Records that show an input over a line: those of findings with a source that is not the computer itself (F2, F3).
fn over_the_line<'a>(members: &[&'a Finding]) -> Vec<&'a Record> {
    let far = |finding: &&&Finding| {
        let mut sources = finding.sources.iter();
        sources.any(|source| !local(source.ip) && source.trust > Trust::Tr0)
    };
    let remote: Vec<&Finding> = members.iter().filter(far).copied().collect();
    usable(&remote)
}

/// The computer itself, or no address at all.
fn local(ip: IpAddr) -> bool {
    let ip = match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    };
    ip.is_loopback() || ip.is_unspecified()
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
fn act_span(members: &[&Finding], span: (Timestamp, Timestamp)) -> (Timestamp, Timestamp) {
    let times = members
        .iter()
        .flat_map(|finding| &finding.evidence)
        .filter(|record| matches!(record.role, EvidenceRole::Success | EvidenceRole::Effect));
    let times: Vec<Timestamp> = times.filter_map(|record| record.time).collect();
    match (times.iter().min(), times.iter().max()) {
        (Some(from), Some(to)) if members.iter().any(|finding| opened(finding)) => (*from, *to),
        _ => span,
    }
}

/// F5. A success alone never proves that the code was another's.
fn input_kind(
    members: &[&Finding],
    category: Category,
    accounts: &[AccountEntry],
    context: &Context,
    records: &[&Record],
) -> Fact<InputKind> {
    let successes = with_role(records, &[EvidenceRole::Success, EvidenceRole::Effect]);
    if repudiated(members).is_some() || entered_many(accounts, members, context) {
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

/// Records of the log-ins that their holders say were not theirs (K-19); `None` when nobody said so. The statement itself
/// is no record of a log: it is named in words, and a person confirms the verdict.
fn repudiated<'a>(members: &[&'a Finding]) -> Option<Vec<&'a Record>> {
    let said: Vec<&Finding> =
        members.iter().filter(|finding| finding.kind == Kind::RepudiatedLogin).copied().collect();
    (!said.is_empty()).then(|| with_role(&usable(&said), &[EvidenceRole::Success]))
}

/// Did one source enter accounts of three or more holders within an hour? A network that many people share by its nature
/// (office, VPN, proxy, partner) shows nothing of the kind.
fn entered_many(accounts: &[AccountEntry], members: &[&Finding], context: &Context) -> bool {
    let entered = || accounts.iter().filter(|account| account.state == AccountRole::Entered);
    if entered().count() < ACCOUNTS_OF_OTHERS {
        return false;
    }
    let times: BTreeMap<Citation, Timestamp> = members
        .iter()
        .flat_map(|finding| &finding.evidence)
        .filter_map(|record| Some((record.citation, record.time?)))
        .collect();
    let shared = |ip: IpAddr| {
        context.labels(ip).any(|label| {
            matches!(
                label,
                NetworkLabel::Office | NetworkLabel::Vpn | NetworkLabel::Proxy | NetworkLabel::Partner
            )
        })
    };
    let mut by_source: BTreeMap<IpAddr, Vec<(Timestamp, String)>> = BTreeMap::new();
    for account in entered() {
        let (Some(ip), Some(entry)) = (account.entry_source, account.entry) else { continue };
        let Some(time) = times.get(&entry) else { continue };
        let owner = context.account(&account.name).and_then(|record| record.owner.clone());
        let holder = owner.unwrap_or_else(|| account.name.to_lowercase());
        if !shared(ip) {
            by_source.entry(ip).or_default().push((*time, holder));
        }
    }
    by_source.into_values().any(|mut entries| {
        entries.sort();
        let holders = |from: usize| -> BTreeSet<&str> {
            let within = entries.iter().skip(from).take_while(|(time, _)| {
                entries.get(from).is_some_and(|(first, _)| time.since(*first) <= ACCOUNTS_WITHIN)
            });
            within.map(|(_, holder)| holder.as_str()).collect()
        };
        (0..entries.len()).any(|from| holders(from).len() >= ACCOUNTS_OF_OTHERS)
    })
}

/// Records that may establish a fact: unambiguous and better than TR0 (DT-INC-07).
fn usable<'a>(members: &[&'a Finding]) -> Vec<&'a Record> {
    // The keys stand beside the records: sorting looks at each many times, and there may be hundreds of thousands.
    let mut records: Vec<((Citation, EvidenceRole), &Record)> = members
        .iter()
        .flat_map(|finding| &finding.evidence)
        .filter(|record| !record.ambiguous && record.trust > Trust::Tr0)
        .map(|record| ((record.citation, record.role), record))
        .collect();
    records.sort_by_key(|(key, _)| *key);
    records.into_iter().map(|(_, record)| record).collect()
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
