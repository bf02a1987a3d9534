//! The truth file: what was staged, told by those who staged it and never read out of the logs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::clock;

/// What a scenario says about one incident before it runs.
pub(super) struct Declared {
    /// Name that the steps carry.
    pub(super) key: &'static str,
    /// One of the kinds of detection.md.
    pub(super) kind: &'static str,
    /// Kinds that describe the same acts as well and are not wrong.
    pub(super) also: &'static [&'static str],
    /// One of the categories of detection.md 4.2.
    pub(super) legal_category: &'static str,
    /// What a person should know.
    pub(super) notes: &'static str,
}

/// One staged incident.
#[derive(Serialize, Deserialize)]
pub(super) struct Incident {
    scenario: String,
    kind: String,
    also: Vec<String>,
    legal_category: String,
    hosts: Vec<String>,
    paths: Vec<String>,
    first: String,
    last: String,
    sources: Vec<String>,
    attempts: u64,
    requests: u64,
    accounts_tried: Vec<String>,
    accounts_entered: Vec<String>,
    notes: String,
}

/// A stretch of time on one host in which nothing was staged but ordinary use.
#[derive(Serialize, Deserialize)]
pub(super) struct Quiet {
    scenario: String,
    hosts: Vec<String>,
    paths: Vec<String>,
    first: String,
    last: String,
    logins: u64,
    failed_logins: u64,
    requests: u64,
    notes: String,
}

/// What one scenario hands back.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Part {
    /// Staged incidents.
    pub(super) incidents: Vec<Incident>,
    /// Ordinary use on the same computer.
    pub(super) quiet: Vec<Quiet>,
}

/// The whole file.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Truth {
    /// Version of this format.
    pub(super) schema_version: u32,
    /// Zone of the year-less stamps in the logs.
    pub(super) timezone: String,
    /// Year of the year-less stamps.
    pub(super) year: i16,
    /// Programs that wrote the logs.
    pub(super) programs: Vec<String>,
    /// Staged incidents of all scenarios.
    pub(super) incidents: Vec<Incident>,
    /// Ordinary use.
    pub(super) quiet: Vec<Quiet>,
}

impl Truth {
    /// Puts the part of one scenario in the place of what was said of it before; `order` is that of the scenarios.
    pub(super) fn replace(&mut self, name: &str, part: Part, order: &[&str]) {
        let place = |scenario: &str| order.iter().position(|one| *one == scenario);
        self.incidents.retain(|one| one.scenario != name && place(&one.scenario).is_some());
        self.incidents.extend(part.incidents);
        self.incidents.sort_by_key(|one| (place(&one.scenario), one.first.clone()));
        self.quiet.retain(|one| one.scenario != name && place(&one.scenario).is_some());
        self.quiet.extend(part.quiet);
        self.quiet.sort_by_key(|one| place(&one.scenario));
    }
}

/// Counts what the runner sees while it runs.
#[derive(Default)]
pub(super) struct Tally {
    by_incident: BTreeMap<Option<&'static str>, Seen>,
    /// Passwords sent to sshd, to be found again in its log.
    pub(super) sent_to_sshd: u64,
}

#[derive(Default)]
struct Seen {
    first: Option<i64>,
    last: i64,
    sources: BTreeSet<std::net::IpAddr>,
    attempts: u64,
    requests: u64,
    tried: BTreeSet<String>,
    entered: BTreeSet<String>,
    failures: u64,
}

impl Tally {
    /// Something happened between the two moments.
    pub(super) fn happened(&mut self, incident: Option<&'static str>, from: i64, until: i64) {
        let seen = self.by_incident.entry(incident).or_default();
        seen.first.get_or_insert(from);
        seen.last = seen.last.max(until);
    }

    /// One password was tried.
    pub(super) fn tried(
        &mut self,
        incident: Option<&'static str>,
        source: std::net::IpAddr,
        user: &str,
        good: bool,
    ) {
        let seen = self.by_incident.entry(incident).or_default();
        seen.sources.insert(source);
        seen.attempts += 1;
        seen.tried.insert(user.to_owned());
        if good {
            seen.entered.insert(user.to_owned());
        } else {
            seen.failures += 1;
        }
    }

    /// A program tried many passwords by itself.
    pub(super) fn tried_in_bulk(
        &mut self,
        incident: Option<&'static str>,
        source: std::net::IpAddr,
        tries: u64,
    ) {
        let seen = self.by_incident.entry(incident).or_default();
        seen.sources.insert(source);
        seen.attempts += tries;
        seen.failures += tries;
    }

    /// One web request was made.
    pub(super) fn asked(&mut self, incident: Option<&'static str>, source: std::net::IpAddr) {
        let seen = self.by_incident.entry(incident).or_default();
        seen.sources.insert(source);
        seen.requests += 1;
    }

    /// Turns the counts into the truth of one scenario.
    pub(super) fn part(self, name: &str, host: &str, declared: &[Declared], paths: &[String]) -> Part {
        let mut part = Part::default();
        for (key, seen) in self.by_incident {
            let first = clock::print(seen.first.unwrap_or_default());
            let last = clock::print(seen.last);
            let common = (name.to_owned(), vec![host.to_owned()], paths.to_vec());
            match key.and_then(|key| declared.iter().find(|one| one.key == key)) {
                Some(one) => part.incidents.push(Incident {
                    scenario: common.0,
                    kind: one.kind.to_owned(),
                    also: one.also.iter().map(|kind| (*kind).to_owned()).collect(),
                    legal_category: one.legal_category.to_owned(),
                    hosts: common.1,
                    paths: common.2,
                    first,
                    last,
                    sources: seen.sources.iter().map(ToString::to_string).collect(),
                    attempts: seen.attempts,
                    requests: seen.requests,
                    accounts_tried: seen.tried.into_iter().collect(),
                    accounts_entered: seen.entered.into_iter().collect(),
                    notes: one.notes.to_owned(),
                }),
                None => part.quiet.push(Quiet {
                    scenario: common.0,
                    hosts: common.1,
                    paths: common.2,
                    first,
                    last,
                    logins: seen.attempts - seen.failures,
                    failed_logins: seen.failures,
                    requests: seen.requests,
                    notes: "no incident: ordinary use, with mistyped passwords".to_owned(),
                }),
            }
        }
        part
    }
}
