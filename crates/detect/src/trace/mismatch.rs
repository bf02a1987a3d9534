//! K-33 login_record_mismatch (ログイン記録の不一致): logins that stand in the text log and not in wtmp, or the reverse, and
//! failures that stand in btmp alone. Only the period that both cover is compared.

use super::deed::Deed;
use super::pairs::{Entry, covered, entered_account, entry, hosts, parties, unmatched};
use super::rules::InForce;
use super::{Desk, Part};
use crate::activity::Edge;
use crate::engine::Ctx;
use crate::findings::{Key, Mark, observed};
use crate::rule::RuleSet;
use crate::signal::Signal;
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::IpAddr;
use vocab::{
    AuthMethod, Citation, Class, EvidenceRole, Flags, Kind, Level, Message, Outcome, Timestamp, Trust,
    activity,
};

/// Records kept per list.
const LIST_MAX: usize = 50_000;
/// Records of btmp kept per source.
const PER_SOURCE: usize = 8;

/// K-33.
#[derive(Clone, Debug)]
pub(crate) struct Mismatch {
    rule: InForce,
    gap: Option<InForce>,
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
            gap: InForce::find(rules, "log_gap"),
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
            if left.is_empty() || left.len() >= mine.len() {
                continue;
            }
            if what.sign == "wtmp" {
                self.judge(&left, &mine, &theirs, (from, to), ctx);
            } else {
                self.say(what.sign, &left, &[], (from, to), ctx);
            }
        }
    }

    /// Logins that wtmp alone holds. Those from a source that the account never used in either list were taken out of the
    /// text log; several others inside one silence of the text log show that it was dead, which is a gap (K-32).
    fn judge(
        &self,
        left: &[&Entry],
        mine: &[&Entry],
        theirs: &[&Entry],
        period: (Timestamp, Timestamp),
        ctx: &mut Ctx,
    ) {
        let missing: FxHashSet<Citation> = left.iter().map(|entry| entry.mark.citation).collect();
        let matched = mine.iter().filter(|entry| !missing.contains(&entry.mark.citation));
        let usual: FxHashSet<(u64, Option<IpAddr>)> =
            matched.chain(theirs).map(|entry| (entry.account, entry.src)).collect();
        let mut sources: Vec<u32> = theirs.iter().map(|entry| entry.source).collect();
        sources.sort_unstable();
        let pauses: Vec<(Edge, Edge, String)> = ctx
            .streams
            .iter()
            .filter(|stream| sources.binary_search(&stream.source).is_ok())
            .flat_map(|stream| {
                let file = stream.files.first().cloned().unwrap_or_default();
                stream.pauses.iter().map(move |(from, to)| (*from, *to, file.clone()))
            })
            .collect();
        let inside = |entry: &Entry, (from, to, _): &(Edge, Edge, String)| {
            from.time < entry.time && entry.time < to.time
        };
        let mut rest: Vec<&Entry> = left.to_vec();
        for pause in &pauses {
            let (dead, others): (Vec<&Entry>, Vec<&Entry>) =
                rest.iter().copied().partition(|entry| inside(entry, pause));
            if dead.len() >= 2 {
                self.dead(pause, &dead, ctx);
                rest = others;
            }
        }
        let strange: Vec<&Entry> =
            rest.iter().copied().filter(|entry| !usual.contains(&(entry.account, entry.src))).collect();
        if !rest.is_empty() {
            self.say("wtmp", &rest, &strange, period, ctx);
        }
    }

    /// The text log was silent while people logged in.
    fn dead(&self, (from, to, file): &(Edge, Edge, String), dead: &[&Entry], ctx: &mut Ctx) {
        let (Some(rule), Some(first)) = (&self.gap, dead.first()) else { return };
        let key: Key = vec![
            ("host".to_owned(), first.host.to_string()),
            ("source".to_owned(), file.clone()),
            ("sign".to_owned(), "silence_with_logins".to_owned()),
            ("at".to_owned(), from.time.seconds().to_string()),
        ];
        let Some(finding) = ctx.findings.upsert(&ctx.rules, rule.index, key, from.time) else { return };
        finding.level = rule.level("level_logins");
        finding.last = finding.last.max(to.time);
        if !first.host.is_empty() {
            finding.hosts.push(first.host.to_string());
        }
        for edge in [from, to] {
            let mark = Mark { citation: edge.citation, time: edge.time, trust: Trust::Tr1, ambiguous: false };
            finding.evidence.push(mark.record(EvidenceRole::Boundary));
        }
        finding.evidence.extend(dead.iter().take(50).map(|entry| entry.mark.record(EvidenceRole::Context)));
        #[expect(clippy::cast_precision_loss, reason = "at most 50,000")]
        finding.observed.push(observed("logins", dead.len() as f64, Some(2.0)));
        let note = Message::new("trace-gap-logins")
            .with("file", file.as_str())
            .with("from", from.time)
            .with("to", to.time);
        super::report::add_note(finding, note);
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

    /// Writes the finding; `entered` are logins of somebody else, as far as their source tells.
    fn say(
        &self,
        sign: &str,
        left: &[&Entry],
        entered: &[&Entry],
        (from, to): (Timestamp, Timestamp),
        ctx: &mut Ctx,
    ) {
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
        // Those of a strange source stand first: they tell who it was.
        let shown = if entered.is_empty() { left } else { entered };
        for entry in shown.iter().take(100) {
            finding.last = finding.last.max(entry.time);
            let role = if entered.is_empty() { EvidenceRole::Context } else { EvidenceRole::Success };
            finding.evidence.push(entry.mark.record(role));
            if let Some(ip) = entry.src {
                crate::findings::add_source(finding, ip, entry.time, entry.mark.trust, !entered.is_empty());
            }
        }
        for entry in entered {
            finding.attempts += 1;
            finding.successes += 1;
            entered_account(finding, entry);
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 50,000")]
        finding.observed.push(observed("unmatched", left.len() as f64, Some(1.0)));
        let names: Vec<&str> = shown.iter().take(5).map(|entry| entry.name.as_str()).collect();
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
        // Grows by steps: doubling would leave half of a long list empty.
        if list.len() == list.capacity() {
            list.reserve_exact((list.len() / 4).max(16).min(LIST_MAX - list.len()));
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
