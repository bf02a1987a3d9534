//! The truth file: what was staged, told by those who staged it and never read out of the logs.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::clock;

/// What a report owes to a staged act.
#[derive(Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Expect {
    /// An incident of this kind and category.
    Incident,
    /// Nothing above the level `low`: an act that is a label on its source (K-50) and no attack of its own.
    AtMostLow,
}

/// What a scenario says about one incident before it runs.
pub(super) struct Declared {
    /// Name that the steps carry.
    pub(super) key: &'static str,
    /// One of the kinds of detection.md.
    pub(super) kind: &'static str,
    /// Kinds that describe the same acts as well and are not wrong.
    pub(super) also: &'static [&'static str],
    /// Kinds that a report must name beside the first.
    pub(super) must: &'static [&'static str],
    /// One of the categories of detection.md 4.2.
    pub(super) legal_category: &'static str,
    /// What a report owes to it.
    pub(super) expect: Expect,
    /// The logs show every try, so that a report must count all of them.
    pub(super) counted: bool,
    /// What a person should know.
    pub(super) notes: &'static str,
}

impl Declared {
    /// An incident that must be reported.
    pub(super) fn incident(key: &'static str, kind: &'static str, legal_category: &'static str) -> Self {
        Self {
            key,
            kind,
            also: &[],
            must: &[],
            legal_category,
            expect: Expect::Incident,
            counted: true,
            notes: "",
        }
    }

    /// An act that may be named at most at the level `low`.
    pub(super) fn label(key: &'static str, kind: &'static str, legal_category: &'static str) -> Self {
        Self { expect: Expect::AtMostLow, ..Self::incident(key, kind, legal_category) }
    }

    /// Sets the kinds that are not wrong either.
    pub(super) fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    /// Sets the kinds that must be named too.
    pub(super) fn must(self, must: &'static [&'static str]) -> Self {
        Self { must, ..self }
    }

    /// Says that no number of tries is owed.
    pub(super) fn uncounted(self) -> Self {
        Self { counted: false, ..self }
    }

    /// Sets what a person should know.
    pub(super) fn notes(self, notes: &'static str) -> Self {
        Self { notes, ..self }
    }
}

/// One address, and what came from it.
#[derive(Serialize, Deserialize)]
pub(super) struct Source {
    ip: IpAddr,
    attempts: u64,
    successes: u64,
    /// Connections that named an account and tried no code; a log shows each as one try of an unknown method (DT-FMT-16).
    without_code: u64,
    requests: u64,
}

/// One staged incident.
#[derive(Serialize, Deserialize)]
pub(super) struct Incident {
    name: String,
    kind: String,
    also: Vec<String>,
    must: Vec<String>,
    legal_category: String,
    expect: Expect,
    first: String,
    last: String,
    sources: Vec<Source>,
    counted: bool,
    /// Codes that were tried, right ones included.
    attempts: u64,
    /// Those of them that were right.
    successes: u64,
    /// Number of different names tried.
    accounts_tried: usize,
    accounts_entered: Vec<String>,
    /// Web requests, those of the log-in form included.
    requests: u64,
    notes: String,
}

/// Ordinary use of a computer, which must not be reported.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Ordinary {
    first: String,
    last: String,
    logins: u64,
    failed_logins: u64,
    requests: u64,
}

/// What was staged on one computer.
#[derive(Serialize, Deserialize)]
pub(super) struct Host {
    scenario: String,
    host: String,
    files: Vec<String>,
    /// Nothing but ordinary use.
    quiet: bool,
    /// The intruder destroyed a part of the logs, so that they no longer show every try.
    logs_destroyed: bool,
    ordinary: Ordinary,
    incidents: Vec<Incident>,
}

/// The whole file.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Truth {
    /// Version of this format.
    pub(super) schema_version: u32,
    /// Zone of the stamps without one.
    pub(super) timezone: String,
    /// Year of the stamps without one.
    pub(super) year: i16,
    /// Programs that wrote the logs.
    pub(super) programs: Vec<String>,
    /// One entry a computer.
    pub(super) hosts: Vec<Host>,
}

impl Truth {
    /// Puts one computer in the place of what was said of it before; `order` is that of the scenarios.
    pub(super) fn replace(&mut self, part: Host, order: &[&str]) {
        let place = |scenario: &str| order.iter().position(|one| *one == scenario);
        self.hosts.retain(|one| one.scenario != part.scenario && place(&one.scenario).is_some());
        self.hosts.push(part);
        self.hosts.sort_by_key(|one| place(&one.scenario));
    }
}

/// Counts what the runner sees while it runs.
#[derive(Default)]
pub(super) struct Tally {
    by_incident: BTreeMap<Option<&'static str>, Seen>,
    /// Wrong passwords sent to sshd, to be found again in its log.
    pub(super) refused_by_sshd: u64,
    /// Right passwords sent to sshd, to be found again in its log.
    pub(super) accepted_by_sshd: u64,
}

#[derive(Default)]
struct Seen {
    first: Option<i64>,
    last: i64,
    sources: BTreeMap<IpAddr, Source>,
    attempts: u64,
    successes: u64,
    requests: u64,
    tried: BTreeSet<String>,
    entered: BTreeSet<String>,
}

impl Tally {
    /// Something happened between the two moments.
    pub(super) fn happened(&mut self, incident: Option<&'static str>, from: i64, until: i64) {
        let seen = self.by_incident.entry(incident).or_default();
        seen.first.get_or_insert(from);
        seen.last = seen.last.max(until);
    }

    /// A source showed itself without trying a code.
    pub(super) fn met(&mut self, incident: Option<&'static str>, source: IpAddr) {
        self.by_incident.entry(incident).or_default().source(source);
    }

    /// A connection named an account and left without a code.
    pub(super) fn showed_a_name(&mut self, incident: Option<&'static str>, source: IpAddr) {
        self.by_incident.entry(incident).or_default().source(source).without_code += 1;
    }

    /// One password was tried.
    pub(super) fn tried(&mut self, incident: Option<&'static str>, source: IpAddr, user: &str, good: bool) {
        let seen = self.by_incident.entry(incident).or_default();
        seen.source(source).attempts += 1;
        seen.attempts += 1;
        seen.tried.insert(user.to_owned());
        if good {
            seen.source(source).successes += 1;
            seen.successes += 1;
            seen.entered.insert(user.to_owned());
        }
    }

    /// One password was tried at sshd.
    pub(super) fn tried_at_sshd(
        &mut self,
        incident: Option<&'static str>,
        source: IpAddr,
        user: &str,
        good: bool,
    ) {
        self.tried(incident, source, user, good);
        if good {
            self.accepted_by_sshd += 1;
        } else {
            self.refused_by_sshd += 1;
        }
    }

    /// A try at sshd that was counted as wrong turned out to be right.
    pub(super) fn turned_out_right(&mut self, incident: Option<&'static str>, source: IpAddr, user: &str) {
        let seen = self.by_incident.entry(incident).or_default();
        seen.source(source).successes += 1;
        seen.successes += 1;
        seen.entered.insert(user.to_owned());
        self.accepted_by_sshd += 1;
        self.refused_by_sshd = self.refused_by_sshd.saturating_sub(1);
    }

    /// One web request was made.
    pub(super) fn asked(&mut self, incident: Option<&'static str>, source: IpAddr) {
        let seen = self.by_incident.entry(incident).or_default();
        seen.source(source).requests += 1;
        seen.requests += 1;
    }

    /// Turns the counts into the truth of one computer.
    pub(super) fn host(
        self,
        scenario: &str,
        host: &str,
        logs_destroyed: bool,
        declared: &[Declared],
        files: Vec<String>,
    ) -> Host {
        let mut ordinary = Ordinary::default();
        let mut incidents = Vec::new();
        for (key, seen) in self.by_incident {
            match key.and_then(|key| declared.iter().find(|one| one.key == key)) {
                Some(one) => incidents.push(seen.incident(one)),
                None => ordinary = seen.ordinary(),
            }
        }
        incidents.sort_by(|a, b| (&a.first, &a.name).cmp(&(&b.first, &b.name)));
        Host {
            scenario: scenario.to_owned(),
            host: host.to_owned(),
            files,
            quiet: incidents.is_empty(),
            logs_destroyed,
            ordinary,
            incidents,
        }
    }
}

impl Seen {
    fn source(&mut self, ip: IpAddr) -> &mut Source {
        self.sources.entry(ip).or_insert(Source {
            ip,
            attempts: 0,
            successes: 0,
            without_code: 0,
            requests: 0,
        })
    }

    fn incident(self, declared: &Declared) -> Incident {
        Incident {
            name: declared.key.to_owned(),
            kind: declared.kind.to_owned(),
            also: declared.also.iter().map(|kind| (*kind).to_owned()).collect(),
            must: declared.must.iter().map(|kind| (*kind).to_owned()).collect(),
            legal_category: declared.legal_category.to_owned(),
            expect: declared.expect,
            first: clock::print(self.first.unwrap_or_default()),
            last: clock::print(self.last),
            sources: self.sources.into_values().collect(),
            counted: declared.counted,
            attempts: self.attempts,
            successes: self.successes,
            accounts_tried: self.tried.len(),
            accounts_entered: self.entered.into_iter().collect(),
            requests: self.requests,
            notes: declared.notes.to_owned(),
        }
    }

    fn ordinary(self) -> Ordinary {
        Ordinary {
            first: clock::print(self.first.unwrap_or_default()),
            last: clock::print(self.last),
            logins: self.successes,
            failed_logins: self.attempts - self.successes,
            requests: self.requests,
        }
    }
}
