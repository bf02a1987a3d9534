//! Forged tickets show in names that do not fit: a number (SID) that belongs to one account is used under the name of
//! another, or the domain of an account has a name that nobody else of the domain has (K-43). Whoever forges a ticket writes
//! its names and numbers by hand.

use super::named::{first_label, is_person, realm};
use super::people::add_host;
use crate::engine::{Ctx, Detector};
use crate::findings::{add_evidence, add_source, raise, record};
use crate::rule::{Params, RuleSet};
use crate::signal::{RuleIndex, Signal};
use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};
use vocab::{
    AccountRole, AccountSeen, AuthMethod, Class, EvidenceRole, Finding, Flags, Level, Message, Outcome,
    Record, Timestamp,
};

/// Accounts remembered.
const ACCOUNTS_MAX: usize = 65_536;
/// Domains remembered, and names remembered of one domain.
const DOMAINS_MAX: usize = 1_024;
const NAMES_MAX: usize = 64;
/// Numbers of accounts that domains and computers give begin so.
const OF_A_DOMAIN: &str = "S-1-5-21-";

/// A name of a domain, how often it was used, and its first use.
#[derive(Clone, Debug)]
struct Called {
    name: CompactString,
    count: u64,
    first: Box<Signal>,
}

/// K-43, names that do not fit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identities {
    rule: Option<(RuleIndex, Params)>,
    /// Name by number, and when it was last used.
    names: FxHashMap<CompactString, (CompactString, Timestamp)>,
    /// Names of domains by the part of the number that all accounts of the domain share.
    domains: FxHashMap<CompactString, Vec<Called>>,
    /// Names that domains have by their tickets and by the names of their computers.
    realms: FxHashSet<CompactString>,
}

impl Identities {
    /// With the rule in force.
    pub(crate) fn new(rules: &RuleSet) -> Self {
        let rule = rules.native("ticket_identity").map(|(index, rule)| (index, rule.params.clone()));
        Self { rule, ..Self::default() }
    }

    fn name(&mut self, number: &str, signal: &Signal, rule: RuleIndex, ctx: &mut Ctx) {
        let name = signal.account.to_lowercase();
        let time = signal.order.time;
        let full = self.names.len() >= ACCOUNTS_MAX;
        match self.names.get_mut(number) {
            Some((known, last)) if *known == name => *last = time,
            Some((known, last)) => {
                let note = Message::new("windows-number-of-another")
                    .with("account", signal.account.as_str())
                    .with("known", known.as_str())
                    .with("time", *last);
                say(rule, "number", signal, note, ctx);
            }
            None if full => ctx.stats.evicted += 1,
            None => {
                self.names.insert(number.into(), (name, time));
            }
        }
    }

    /// A domain has two names, and a computer's own name ends with one of them.
    fn realm(&mut self, signal: &Signal) {
        let said = match signal.grammar {
            "EVTX-4768" | "EVTX-4769" if signal.outcome == Outcome::Success => {
                signal.detail.as_deref().map_or("", |detail| detail.user_domain.as_str())
            }
            "EVTX-4624" => signal.host.split_once('.').map_or("", |(_, domain)| domain),
            _ => return,
        };
        if !said.is_empty() && self.realms.len() < DOMAINS_MAX {
            self.realms.insert(first_label(said));
        }
    }

    fn domain(&mut self, number: &str, signal: &Signal) {
        let Some((domain, _)) = number.rsplit_once('-') else { return };
        let said = signal.detail.as_deref().map_or("", |detail| detail.user_domain.as_str());
        let name = first_label(said);
        let full = self.domains.len() >= DOMAINS_MAX;
        if full && !self.domains.contains_key(domain) {
            return;
        }
        let names = self.domains.entry(domain.into()).or_default();
        if let Some(called) = names.iter_mut().find(|called| called.name == name) {
            called.count += 1;
        } else if names.len() < NAMES_MAX {
            names.push(Called { name, count: 1, first: Box::new(signal.clone()) });
        }
    }
}

/// The number of an account of a domain or computer; Windows' own accounts have others.
fn number(signal: &Signal) -> Option<&str> {
    let detail = signal.detail.as_deref()?;
    Some(detail.user_uid.as_str()).filter(|number| number.starts_with(OF_A_DOMAIN) && number.len() < 128)
}

fn say(rule: RuleIndex, sign: &str, signal: &Signal, note: Message, ctx: &mut Ctx) {
    let account = signal.account.as_str();
    let key = vec![
        ("host".to_owned(), signal.host.to_string()),
        ("account".to_owned(), account.to_owned()),
        ("sign".to_owned(), sign.to_owned()),
    ];
    let Some(finding) = ctx.findings.upsert(&ctx.rules, rule, key, signal.order.time) else { return };
    finding.attempts += 1;
    if sign == "number" {
        raise(finding, Level::High);
    }
    add_host(finding, &signal.host);
    let entered = signal.class == Class::Authentication && signal.outcome == Outcome::Success;
    let shown: Record = record(signal, if entered { EvidenceRole::Success } else { EvidenceRole::Payload });
    add_evidence(finding, shown);
    finding.successes += u64::from(entered);
    let far = signal.src_ip.filter(|ip| !ip.is_loopback());
    if let Some(ip) = far {
        add_source(finding, ip, signal.order.time, signal.trust, entered);
    }
    if finding.notes.len() < 8 && !finding.notes.contains(&note) {
        finding.notes.push(note);
    }
    account_of(finding, signal, entered);
}

fn account_of(finding: &mut Finding, signal: &Signal, entered: bool) {
    let time = signal.order.time;
    let role = if entered { AccountRole::Entered } else { AccountRole::Used };
    if let Some(seen) = finding.accounts.iter_mut().find(|seen| seen.name == signal.account) {
        (seen.last, seen.role) = (seen.last.max(time), seen.role.max(role));
        seen.attempts += 1;
        seen.successes += u64::from(entered);
        seen.entry = seen.entry.or(entered.then_some(signal.citation));
        return;
    }
    let domain = signal.detail.as_deref().map_or("", |detail| detail.user_domain.as_str());
    finding.account_count += 1;
    finding.accounts.push(AccountSeen {
        name: signal.account.clone(),
        realm: realm(domain, &signal.host),
        host: signal.host.clone(),
        service: signal.service.clone(),
        role,
        known: None,
        privileged: false,
        first: time,
        last: time,
        attempts: 1,
        successes: u64::from(entered),
        entry: entered.then_some(signal.citation),
        entry_source: signal.src_ip.filter(|_| entered),
    });
}

impl Detector for Identities {
    fn push(&mut self, signal: &Signal, ctx: &mut Ctx) {
        let Some((rule, _)) = &self.rule else { return };
        let rule = *rule;
        self.realm(signal);
        let Some(number) = number(signal) else { return };
        // The record of a new name, or of a new account under an old one.
        if signal.class == Class::AccountChange {
            let detail = signal.detail.as_deref();
            let new = detail.map_or("", |detail| detail.target_user.as_str());
            if matches!(signal.grammar, "EVTX-4781" | "EVTX-4720" | "EVTX-4741") && !new.is_empty() {
                self.names.insert(number.into(), (new.to_lowercase().into(), signal.order.time));
            }
            return;
        }
        let opened = matches!(signal.grammar, "EVTX-4624" | "EVTX-4672");
        // Accounts of the makers of Windows are known under an address of mail.
        let fits = opened && is_person(&signal.account) && !signal.account.contains('@');
        if !fits || signal.flags.has(Flags::AMBIGUOUS) || signal.outcome == Outcome::Failure {
            return;
        }
        let number = number.to_owned();
        self.name(&number, signal, rule, ctx);
        if signal.grammar == "EVTX-4624" && signal.method == Some(AuthMethod::Kerberos) {
            self.domain(&number, signal);
        }
    }

    fn finish(&mut self, ctx: &mut Ctx) {
        let Some((rule, params)) = &self.rule else { return };
        let (habit, rare) = (params.count("habit_min", 10), params.count("rare_max", 2));
        let mut odd: Vec<(&Called, &Called)> = Vec::new();
        for names in self.domains.values() {
            let Some(usual) = names.iter().max_by_key(|called| (called.count, &called.name)) else {
                continue;
            };
            if usual.count >= u64::from(habit) {
                odd.extend(
                    names
                        .iter()
                        .filter(|one| one.count <= u64::from(rare) && !self.realms.contains(&one.name))
                        .map(|one| (one, usual)),
                );
            }
        }
        odd.sort_by_key(|(one, _)| (one.first.order, one.first.line));
        for (one, usual) in odd {
            let note = Message::new("windows-domain-unusual")
                .with("domain", one.name.as_str())
                .with("usual", usual.name.as_str());
            say(*rule, "domain", &one.first, note, ctx);
        }
    }
}
