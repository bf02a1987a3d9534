//! Who a Windows record names, and what happened to them: the accounts, computers and programs of a finding come from the
//! records that a rule matched and not only from its key (detection.md 7.2, `accounts`, `hosts`).

use super::named;
use crate::findings::record;
use crate::signal::{Detail, Signal};
use compact_str::CompactString;
use smallvec::SmallVec;
use std::net::IpAddr;
use vocab::{AccountRole, AccountSeen, Class, EvidenceRole, Finding, Level, Message, Outcome, activity};

/// Accounts, computers and notes of one finding that come from records.
const ACCOUNTS_MAX: usize = 1_000;
const HOSTS_MAX: usize = 16;
const NOTES_MAX: usize = 8;
/// Bytes of a program's name that are shown.
const PROGRAM_BYTES_MAX: usize = 260;

/// An account in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Person<'a> {
    name: &'a str,
    realm: CompactString,
    role: AccountRole,
}

/// Adds what the record names to the finding. `grave`: the rule is one whose match, where it shows a use over the network,
/// is an entry.
pub(crate) fn fill(finding: &mut Finding, signal: &Signal, grave: bool) {
    let Some(detail) = signal.detail.as_deref() else { return };
    let far = signal.src_ip.filter(|ip| !ip.is_loopback());
    for person in people(signal, detail, grave) {
        let entered = person.role == AccountRole::Entered;
        finding.successes += u64::from(entered);
        add(finding, &person, signal, far.filter(|_| entered));
    }
    if finding.successes > 0 {
        let source = finding.sources.iter_mut().find(|source| Some(source.ip) == far);
        if let Some(source) = source.filter(|source| source.successes < finding.successes) {
            source.successes += 1;
        }
    }
    // The record of a use of other codes stands on the computer that used them.
    if signal.grammar == "EVTX-4648" && !detail.src_host.is_empty() {
        add_host(finding, &detail.src_host);
    }
    note_program(finding, signal, detail);
}

fn people<'a>(signal: &'a Signal, detail: &'a Detail, grave: bool) -> SmallVec<[Person<'a>; 2]> {
    let mut people = SmallVec::new();
    let realm = named::realm(&detail.user_domain, &signal.host);
    let account = signal.account.as_str();
    let actor = detail.actor.as_str();
    let mut add = |name: &'a str, realm: CompactString, role: AccountRole| {
        let changed = matches!(role, AccountRole::Changed | AccountRole::Created | AccountRole::Locked);
        let somebody = named::is_person(name) || changed && !name.is_empty();
        if somebody && !people.iter().any(|old: &Person<'_>| old.name.eq_ignore_ascii_case(name)) {
            people.push(Person { name, realm, role });
        }
    };
    let target = if detail.target_user.is_empty() { account } else { &detail.target_user };
    match signal.class {
        Class::Authentication => {
            let role = match signal.outcome {
                Outcome::Success if signal.is_remote == Some(true) && grave => AccountRole::Entered,
                Outcome::Success => AccountRole::Used,
                _ => AccountRole::Tried,
            };
            add(account, realm, role);
            if signal.grammar == "EVTX-4648" {
                add(actor, CompactString::default(), AccountRole::Used);
            }
        }
        Class::AccountChange => {
            let role = match signal.activity {
                activity::ACCOUNT_CREATE => AccountRole::Created,
                activity::ACCOUNT_LOCK => AccountRole::Locked,
                _ => AccountRole::Changed,
            };
            add(target, realm.clone(), role);
            add(actor, realm, AccountRole::Used);
        }
        Class::GroupManagement => {
            add(target, CompactString::default(), AccountRole::Changed);
            add(actor, CompactString::default(), AccountRole::Used);
        }
        _ => {
            let over_the_line = signal.is_remote == Some(true) && signal.outcome == Outcome::Success;
            let role = if over_the_line && grave { AccountRole::Entered } else { AccountRole::Used };
            add(if actor.is_empty() { account } else { actor }, realm, role);
        }
    }
    people
}

fn add(finding: &mut Finding, person: &Person<'_>, signal: &Signal, source: Option<IpAddr>) {
    let time = signal.order.time;
    let entered = person.role == AccountRole::Entered;
    let tries = u64::from(person.role == AccountRole::Tried || entered);
    let same = |seen: &&mut AccountSeen| {
        seen.name.eq_ignore_ascii_case(person.name) && seen.host == signal.host && seen.realm == person.realm
    };
    if entered {
        crate::findings::add_evidence(finding, record(signal, EvidenceRole::Success));
    }
    if let Some(seen) = finding.accounts.iter_mut().find(same) {
        seen.first = seen.first.min(time);
        seen.last = seen.last.max(time);
        seen.role = seen.role.max(person.role);
        seen.attempts += tries;
        seen.successes += u64::from(entered);
        if entered && seen.entry.is_none() {
            (seen.entry, seen.entry_source) = (Some(signal.citation), source);
        }
        return;
    }
    finding.account_count += 1;
    if finding.accounts.len() >= ACCOUNTS_MAX {
        return;
    }
    finding.accounts.push(AccountSeen {
        name: person.name.into(),
        realm: person.realm.clone(),
        host: signal.host.clone(),
        service: signal.service.clone(),
        role: person.role,
        known: (signal.outcome == Outcome::Success).then_some(true),
        privileged: false,
        first: time,
        last: time,
        attempts: tries,
        successes: u64::from(entered),
        entry: entered.then_some(signal.citation),
        entry_source: source,
    });
}

pub(crate) fn add_host(finding: &mut Finding, host: &str) {
    if finding.hosts.len() < HOSTS_MAX && !finding.hosts.iter().any(|old| old == host) {
        finding.hosts.push(host.to_owned());
    }
}

/// Names the program in the words of the finding. Command lines stay in the records: they may hold codes.
fn note_program(finding: &mut Finding, signal: &Signal, detail: &Detail) {
    let program = detail.process.as_str();
    if program.is_empty() || program == "-" || signal.class == Class::Authentication {
        return;
    }
    let note = Message::new("windows-program")
        .with("program", shortened(program))
        .with("host", signal.host.as_str());
    if finding.notes.len() < NOTES_MAX && !finding.notes.contains(&note) {
        finding.notes.push(note);
    }
}

fn shortened(name: &str) -> String {
    let mut end = name.len().min(PROGRAM_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let mut short = name.get(..end).unwrap_or_default().to_owned();
    if end < name.len() {
        short.push('…');
    }
    short
}

/// Is a match of the rule, where its record shows a use over the network, an entry (K-46, `level`)? What administrators
/// do every day is no more than a sign.
pub(crate) fn is_grave(level: Level) -> bool {
    level >= Level::High
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocab::Citation;

    fn signal(class: Class, outcome: Outcome) -> Signal {
        let event = vocab::Event {
            class,
            outcome,
            user: Some("bob".into()),
            user_domain: Some("EXAMPLE".into()),
            actor: Some("alice".into()),
            dst_host: Some("PC1.example.co.jp".into()),
            process: Some(r"C:\Windows\System32\svchost.exe".into()),
            src_ip: Some("10.0.0.5".parse().unwrap()),
            is_remote: Some(true),
            ..vocab::Event::default()
        };
        crate::front::reduce(&event, SmallVec::new())
    }

    fn seen(signal: &Signal, grave: bool) -> Vec<(String, AccountRole, u64)> {
        let mut finding = crate::windows::testing::finding();
        fill(&mut finding, signal, grave);
        let one = |seen: &AccountSeen| (seen.name.to_string(), seen.role, seen.successes);
        finding.accounts.iter().map(one).collect()
    }

    #[test]
    fn roles_follow_from_what_the_record_says() {
        let logon = signal(Class::Authentication, Outcome::Success);
        assert_eq!(seen(&logon, true), [("bob".to_owned(), AccountRole::Entered, 1)]);
        assert_eq!(seen(&logon, false), [("bob".to_owned(), AccountRole::Used, 0)]);
        let refused = signal(Class::Authentication, Outcome::Failure);
        assert_eq!(seen(&refused, true), [("bob".to_owned(), AccountRole::Tried, 0)]);
        let share = signal(Class::Smb, Outcome::Success);
        assert_eq!(seen(&share, true), [("alice".to_owned(), AccountRole::Entered, 1)]);
        let mut made = signal(Class::AccountChange, Outcome::Success);
        made.activity = activity::ACCOUNT_CREATE;
        let names = [("bob".to_owned(), AccountRole::Created, 0), ("alice".to_owned(), AccountRole::Used, 0)];
        assert_eq!(seen(&made, true), names);
    }

    #[test]
    fn accounts_of_windows_itself_are_nobody() {
        for name in ["SYSTEM", "PC1$", "LOCAL SERVICE", "DWM-1", "UMFD-0", "ANONYMOUS LOGON", "-", ""] {
            let mut own = signal(Class::FileSystem, Outcome::Success);
            own.account = name.into();
            if let Some(detail) = own.detail.as_deref_mut() {
                detail.actor = CompactString::default();
            }
            assert_eq!(seen(&own, true), [], "{name}");
        }
    }

    #[test]
    fn a_second_record_adds_to_the_account() {
        let mut finding = crate::windows::testing::finding();
        let mut logon = signal(Class::Authentication, Outcome::Success);
        fill(&mut finding, &logon, true);
        logon.citation = Citation { record: 7, ..Citation::default() };
        fill(&mut finding, &logon, true);
        assert_eq!((finding.accounts.len(), finding.account_count, finding.successes), (1, 1, 2));
        assert_eq!(finding.accounts[0].entry, Some(Citation::default()));
        assert_eq!(finding.accounts[0].realm, "example");
        assert_eq!(finding.notes, []);
    }

    #[test]
    fn long_names_are_cut_at_letters() {
        assert_eq!(shortened(&"あ".repeat(200)).chars().count(), 87);
        assert_eq!(shortened("a.exe"), "a.exe");
    }
}
