//! K-33 login_record_mismatch (ログイン記録の不一致): logins that stand in the text log and not in wtmp, or the reverse, and
//! failures that stand in btmp alone. Only the period that both cover is compared.

use super::deed::Deed;
use super::rules::InForce;
use super::{Desk, Part};
use crate::activity::Stream;
use crate::attempts::account_id;
use crate::engine::Ctx;
use crate::findings::{Key, Mark, observed};
use crate::rule::RuleSet;
use crate::signal::Signal;
use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::IpAddr;
use vocab::{AuthMethod, Class, EvidenceRole, Flags, Kind, Level, Message, Outcome, Timestamp, activity};

/// The edges of the period that both cover are left out, microseconds.
const EDGE_MICROS: i64 = 60 * Timestamp::SECOND;
/// Bytes of a name that utmp records hold.
const NAME_BYTES: usize = 32;
/// Records kept per list.
const LIST_MAX: usize = 50_000;
/// Records of btmp kept per source.
const PER_SOURCE: usize = 8;

/// A login or a failure in one of the lists.
#[derive(Clone, Debug)]
struct Entry {
    time: Timestamp,
    account: u64,
    name: CompactString,
    host: CompactString,
    source: u32,
    src: Option<IpAddr>,
    session: u64,
    pid: Option<u32>,
    mark: Mark,
}

/// K-33.
#[derive(Debug)]
pub(crate) struct Mismatch {
    rule: InForce,
    within: i64,
    within_session: i64,
    several: usize,
    source_min: usize,
    terminals: FxHashSet<u64>,
    text: Vec<Entry>,
    wtmp: Vec<Entry>,
    /// Sources whose failures the text log knows, with the first and the last failure of each log source and computer.
    failed: FxHashSet<IpAddr>,
    failed_edges: Vec<Entry>,
    btmp: Vec<Entry>,
    btmp_counts: FxHashMap<IpAddr, usize>,
    full: bool,
}

impl Mismatch {
    /// The part, when its rule is in force.
    pub(crate) fn new(rules: &RuleSet) -> Option<Self> {
        let rule = InForce::find(rules, "login_record_mismatch")?;
        Some(Self {
            within: rule.params.duration("within", 5 * Timestamp::SECOND),
            within_session: rule.params.duration("within_session", 10 * Timestamp::MINUTE),
            several: rule.params.count("several", 3) as usize,
            source_min: rule.params.count("source_min", 3) as usize,
            terminals: FxHashSet::default(),
            text: Vec::new(),
            wtmp: Vec::new(),
            failed: FxHashSet::default(),
            failed_edges: Vec::new(),
            btmp: Vec::new(),
            btmp_counts: FxHashMap::default(),
            full: false,
            rule,
        })
    }

    fn compare(&self, what: &Comparison<'_>, ctx: &mut Ctx) {
        let hosts = hosts(what.right);
        for (host, source) in parties(what.left) {
            // The other list must be of the same computer, or not name its computer at all.
            if !host.is_empty() && !hosts.iter().any(|other| other.is_empty() || *other == host) {
                continue;
            }
            let same = |entry: &&Entry| entry.host == host || entry.host.is_empty() || host.is_empty();
            let theirs: Vec<&Entry> = what.right.iter().filter(same).collect();
            let of_party = |entry: &&Entry| entry.host == host && entry.source == source;
            let mine: Vec<&Entry> = what.left.iter().filter(of_party).collect();
            let Some((from, to)) = covered(&mine, &theirs, &ctx.streams) else { continue };
            let mine: Vec<&Entry> =
                mine.into_iter().filter(|entry| from <= entry.time && entry.time <= to).collect();
            let left = match what.sign {
                "btmp" => self.unknown_sources(&mine),
                _ => unmatched(&mine, &theirs, (self.within, self.within_session)),
            };
            // Where nothing fits, the two lists are of different computers.
            if !left.is_empty() && left.len() < mine.len() {
                self.say(what.sign, &left, (from, to), ctx);
            }
        }
    }

    /// Records of sources that failed often by btmp and that the text log does not know at all.
    fn unknown_sources<'a>(&self, mine: &[&'a Entry]) -> Vec<&'a Entry> {
        let strange = |entry: &&&Entry| {
            entry.src.is_some_and(|ip| {
                !self.failed.contains(&ip)
                    && self.btmp_counts.get(&ip).is_some_and(|count| *count >= self.source_min)
            })
        };
        mine.iter().filter(strange).copied().collect()
    }

    /// Notes that the text log knows a failure.
    fn failure(&mut self, signal: &Signal) {
        let Some(ip) = signal.src_ip else { return };
        if self.failed.len() < LIST_MAX {
            self.failed.insert(ip);
        } else if !self.failed.contains(&ip) {
            self.full = true;
        }
        let party = |old: &Entry| old.host == signal.host && old.source == signal.order.source;
        let known = self.failed_edges.iter().filter(|old| party(old)).count();
        if known < 2 {
            if self.failed_edges.len() < 512 {
                self.failed_edges.push(entry(signal));
            }
        } else if let Some(last) = self.failed_edges.iter_mut().rfind(|old| party(old)) {
            last.time = last.time.max(signal.order.time);
        }
    }

    /// Keeps a few records of btmp per source.
    fn binary_failure(&mut self, signal: &Signal) {
        let Some(ip) = signal.src_ip else { return };
        if self.btmp_counts.len() >= LIST_MAX && !self.btmp_counts.contains_key(&ip) {
            self.full = true;
            return;
        }
        let count = self.btmp_counts.entry(ip).or_insert(0);
        *count += 1;
        if *count <= PER_SOURCE && self.btmp.len() < LIST_MAX {
            self.btmp.push(entry(signal));
        }
    }

    fn say(&self, sign: &str, left: &[&Entry], (from, to): (Timestamp, Timestamp), ctx: &mut Ctx) {
        let Some(first) = left.first() else { return };
        let key: Key =
            vec![("host".to_owned(), first.host.to_string()), ("sign".to_owned(), sign.to_owned())];
        let tampered =
            ctx.findings.iter().any(|other| other.kind == Kind::LogTampering && other.level >= Level::High);
        let Some(finding) = ctx.findings.upsert(&ctx.rules, self.rule.index, key, first.time) else { return };
        finding.level = self.rule.level;
        if left.len() >= self.several || tampered {
            crate::findings::raise(finding, self.rule.level("level_several"));
        }
        if !first.host.is_empty() {
            finding.hosts.push(first.host.to_string());
        }
        finding.service = "sshd".to_owned();
        for entry in left.iter().take(100) {
            finding.last = finding.last.max(entry.time);
            finding.evidence.push(entry.mark.record(EvidenceRole::Context));
            if let Some(ip) = entry.src
                && !finding.sources.iter().any(|source| source.ip == ip)
            {
                crate::findings::add_source(finding, ip, entry.time, entry.mark.trust, false);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 100,000")]
        finding.observed.push(observed("unmatched", left.len() as f64, Some(1.0)));
        let names: Vec<&str> = left.iter().take(5).map(|entry| entry.name.as_str()).collect();
        let note = Message::new(format!("trace-mismatch-{sign}"))
            .with("accounts", names.join(", "))
            .with("from", from)
            .with("to", to);
        super::report::add_note(finding, note);
    }
}

struct Comparison<'a> {
    sign: &'static str,
    left: &'a [Entry],
    right: &'a [Entry],
}

/// The period that both lists cover: that of their files where it is known, else that of the entries themselves.
fn covered(left: &[&Entry], right: &[&Entry], streams: &[Stream]) -> Option<(Timestamp, Timestamp)> {
    let span = |list: &[&Entry]| {
        let mut from = list.iter().map(|entry| entry.time).min()?;
        let mut to = list.iter().map(|entry| entry.time).max()?;
        let mut sources: Vec<u32> = list.iter().map(|entry| entry.source).collect();
        sources.sort_unstable();
        sources.dedup();
        for stream in streams.iter().filter(|stream| sources.binary_search(&stream.source).is_ok()) {
            from = from.min(stream.first.time);
            to = to.max(stream.last.time);
        }
        Some((from, to))
    };
    let ((a, b), (c, d)) = (span(left)?, span(right)?);
    let (from, to) = (a.max(c).plus(EDGE_MICROS), b.min(d).plus(-EDGE_MICROS));
    (from < to).then_some((from, to))
}

fn hosts(list: &[Entry]) -> Vec<CompactString> {
    let mut hosts: Vec<CompactString> = list.iter().map(|entry| entry.host.clone()).collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

fn parties(list: &[Entry]) -> Vec<(CompactString, u32)> {
    let mut parties: Vec<(CompactString, u32)> =
        list.iter().map(|entry| (entry.host.clone(), entry.source)).collect();
    parties.sort();
    parties.dedup();
    parties.truncate(256);
    parties
}

/// Entries of the left list without a partner of the same account: one close in time, or one of the same process or
/// source that is farther off, as clocks of two sources may be. Each partner serves once.
fn unmatched<'a>(
    left: &[&'a Entry],
    right: &[&Entry],
    (within, within_session): (i64, i64),
) -> Vec<&'a Entry> {
    let mut partners = Partners::default();
    for entry in right {
        let partner = Partner { time: entry.time, pid: entry.pid, src: entry.src, taken: false };
        partners.0.entry(entry.account).or_default().push(partner);
    }
    for list in partners.0.values_mut() {
        list.sort_by_key(|partner| partner.time);
    }
    let close: Vec<&'a Entry> =
        left.iter().filter(|entry| !partners.take(entry, within, |_, _| true)).copied().collect();
    let same = |pid: Option<u32>, src: Option<IpAddr>, entry: &Entry| {
        pid.is_some() && pid == entry.pid || src.is_some() && src == entry.src
    };
    close
        .into_iter()
        .filter(|entry| !partners.take(entry, within_session, |pid, src| same(pid, src, entry)))
        .collect()
}

/// A login of the other list.
struct Partner {
    time: Timestamp,
    pid: Option<u32>,
    src: Option<IpAddr>,
    taken: bool,
}

/// The logins of the other list by account, in order of time.
#[derive(Default)]
struct Partners(FxHashMap<u64, Vec<Partner>>);

impl Partners {
    /// Takes the first free partner in time that `fits`.
    fn take(
        &mut self,
        entry: &Entry,
        within: i64,
        fits: impl Fn(Option<u32>, Option<IpAddr>) -> bool,
    ) -> bool {
        let Some(list) = self.0.get_mut(&entry.account) else { return false };
        let start = list.partition_point(|partner| entry.time.since(partner.time) > within);
        let partner = list
            .iter_mut()
            .skip(start)
            .take_while(|partner| partner.time.since(entry.time) <= within)
            .find(|partner| !partner.taken && fits(partner.pid, partner.src));
        match partner {
            Some(partner) => {
                partner.taken = true;
                true
            }
            None => false,
        }
    }
}

fn entry(signal: &Signal) -> Entry {
    Entry {
        time: signal.order.time,
        account: account_id(super::command::cut(&signal.account, NAME_BYTES)),
        name: signal.account.clone(),
        host: signal.host.clone(),
        source: signal.order.source,
        src: signal.src_ip,
        session: signal.attempt,
        pid: signal.pid,
        mark: Mark {
            citation: signal.citation,
            time: signal.order.time,
            trust: signal.trust,
            ambiguous: signal.flags.has(Flags::AMBIGUOUS),
        },
    }
}

impl Part for Mismatch {
    fn see(&mut self, deed: &Deed<'_>, _desk: &mut Desk<'_>, _ctx: &mut Ctx) {
        let signal = deed.signal;
        if signal.grammar == "O18"
            && signal.attempt != 0
            && deed.message.contains("Starting session: shell on ")
        {
            if self.terminals.len() < LIST_MAX {
                self.terminals.insert(signal.attempt);
            }
            return;
        }
        if signal.class != Class::Authentication
            || signal.activity != activity::AUTH_LOGON
            || signal.flags.has(Flags::AMBIGUOUS)
        {
            return;
        }
        let coded = matches!(signal.method, Some(AuthMethod::Password | AuthMethod::Kbdint) | None);
        let list = match (signal.parser, signal.grammar, signal.outcome) {
            ("wtmp", _, Outcome::Success) if signal.src_ip.is_some() => &mut self.wtmp,
            ("btmp", _, Outcome::Failure) if signal.service == "sshd" => return self.binary_failure(signal),
            (_, "O01", Outcome::Success) => &mut self.text,
            (_, "O01", Outcome::Failure) if coded => return self.failure(signal),
            _ => return,
        };
        if list.len() >= LIST_MAX {
            self.full = true;
            return;
        }
        list.push(entry(signal));
    }

    fn close(&mut self, _desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let have_both = !self.text.is_empty() && !self.wtmp.is_empty();
        if !have_both && (self.failed.is_empty() || self.btmp.is_empty()) {
            ctx.not_checked.push((Kind::LoginRecordMismatch, Message::new("trace-mismatch-missing")));
            return;
        }
        if self.full {
            ctx.not_checked.push((Kind::LoginRecordMismatch, Message::new("trace-mismatch-full")));
        }
        // A login without a terminal (sftp, a single command) leaves no record in wtmp.
        let interactive: Vec<Entry> =
            self.text.iter().filter(|entry| self.terminals.contains(&entry.session)).cloned().collect();
        for what in [
            Comparison { sign: "wtmp", left: &self.wtmp, right: &self.text },
            Comparison { sign: "text", left: &interactive, right: &self.wtmp },
            Comparison { sign: "btmp", left: &self.btmp, right: &self.failed_edges },
        ] {
            self.compare(&what, ctx);
        }
    }
}
