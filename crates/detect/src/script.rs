//! A small language for tests: one signal a line, and findings as text.
//!
//! `TIME SOURCE OUTCOME ACCOUNT [word ...]`, e.g. `1d2h5m 192.0.2.1 fail root unknown host=web1 svc=sshd`. Time counts
//! from 2026-03-02T00:00Z, a Monday. Source `-` is a local try. Outcomes: `fail`, `ok`, `name` (a name without a code).

use crate::engine::{Engine, Output};
use crate::signal::{Detail, OrderKey, Signal};
use crate::{BUILTIN, RuleSet};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};
use vocab::{
    AccountRole, AuthMethod, Citation, Class, Context, EvidenceRole, Finding, Flags, LedgerIndex, Outcome,
    Reason, Timestamp, Trust, UserKind, activity,
};

/// 2026-03-02T00:00Z.
pub(crate) const BEGIN: i64 = 1_772_409_600;

/// Signals of a script, in order of their lines.
pub(crate) fn signals(script: &str) -> Vec<Signal> {
    script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .zip(0..)
        .map(|(line, number)| signal(line, number))
        .collect()
}

/// Seconds of a time such as `1d2h5m3s`.
fn seconds(text: &str) -> i64 {
    let (mut sum, mut number) = (0, 0);
    for sign in text.chars() {
        match sign {
            '0'..='9' => number = number * 10 + i64::from(sign as u32 - '0' as u32),
            'd' => (sum, number) = (sum + number * 86_400, 0),
            'h' => (sum, number) = (sum + number * 3_600, 0),
            'm' => (sum, number) = (sum + number * 60, 0),
            's' => (sum, number) = (sum + number, 0),
            other => panic!("{other:?} in time {text:?}"),
        }
    }
    sum
}

/// A plain signal of authentication.
pub(crate) fn signal(line: &str, number: u64) -> Signal {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [time, source, outcome, account, rest @ ..] = words.as_slice() else { panic!("too short: {line:?}") };
    let mut signal = Signal {
        answer: crate::Answer::default(),
        order: OrderKey {
            time: Timestamp::from_seconds(BEGIN + seconds(time)),
            source: 0,
            file_rank: 0,
            offset: number,
        },
        citation: Citation { index: LedgerIndex(0), record: number as u32 },
        line: number + 1,
        class: Class::Authentication,
        activity: activity::AUTH_LOGON,
        outcome: if *outcome == "ok" { Outcome::Success } else { Outcome::Failure },
        reason: if *outcome == "ok" { Reason::Ok } else { Reason::BadSecret },
        method: Some(AuthMethod::Password),
        user_kind: None,
        is_remote: Some(*source != "-"),
        flags: Flags::default(),
        trust: Trust::Tr1,
        count: 1,
        src_ip: source.parse().ok(),
        src_port: None,
        pid: None,
        account: (*account).into(),
        host: "srv".into(),
        service: "sshd".into(),
        attempt: 0,
        parser: "openssh",
        grammar: if *outcome == "name" { "O02" } else { "" },
        matches: smallvec::SmallVec::new(),
        detail: None,
    };
    for word in rest {
        match word.split_once('=') {
            None if *word == "unknown" => signal.user_kind = Some(UserKind::Unknown),
            None if *word == "known" => signal.user_kind = Some(UserKind::Known),
            None if *word == "key" => signal.method = Some(AuthMethod::Publickey),
            None if *word == "ambiguous" => signal.flags.set(Flags::AMBIGUOUS),
            None if *word == "consented" => signal.flags.set(Flags::CONSENTED),
            Some(("x", count)) => signal.count = count.parse().expect("count"),
            Some(("host", name)) => signal.host = name.into(),
            Some(("svc", name)) => signal.service = name.into(),
            Some(("session", id)) => signal.attempt = id.parse().expect("session"),
            Some(("actor", name)) => detail(&mut signal).actor = name.into(),
            Some(("device", name)) => detail(&mut signal).device = name.into(),
            Some(("keyid", name)) => detail(&mut signal).key_id = name.into(),
            _ => panic!("{word:?} in {line:?}"),
        }
    }
    signal
}

fn detail(signal: &mut Signal) -> &mut Detail {
    signal.detail.get_or_insert_default()
}

/// The built-in rules about accounts; a test that cannot load them fails.
pub(crate) fn rules() -> Arc<RuleSet> {
    static RULES: LazyLock<Arc<RuleSet>> = LazyLock::new(|| {
        let own: Vec<_> = BUILTIN
            .iter()
            .filter(|(file, _)| file.starts_with("account/") || file.contains("planted"))
            .copied()
            .collect();
        let (rules, report) = RuleSet::load(&own, &[]);
        assert_eq!(report.refused, []);
        Arc::new(rules)
    });
    Arc::clone(&RULES)
}

/// Runs signals in order of their keys.
pub(crate) fn run(mut signals: Vec<Signal>, context: Context) -> Output {
    signals.sort_by_key(|signal| signal.order);
    let clock = signals.last().map_or_else(Timestamp::default, |signal| signal.order.time);
    let mut engine = Engine::new(rules(), context, clock);
    for signal in signals {
        engine.push(&signal);
    }
    engine.finish()
}

/// Findings of a script.
pub(crate) fn find(script: &str) -> Vec<Finding> {
    run(signals(script), Context::default()).findings
}

/// One line for each finding: class, level, counts, what was entered, other classes.
pub(crate) fn lines(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let entered: Vec<&str> = finding
            .accounts
            .iter()
            .filter(|account| account.role == AccountRole::Entered)
            .map(|account| account.name.as_str())
            .collect();
        let others: Vec<&str> = finding.other_kinds.iter().map(|kind| kind.as_str()).collect();
        let _ = writeln!(
            out,
            "{} {} {} tries={} ok={} accounts={} sources={} entered=[{}] others=[{}]",
            finding.kind.as_str(),
            finding.level.as_str(),
            serde_json::to_value(finding.category).expect("category").as_str().unwrap_or_default(),
            finding.attempts,
            finding.successes,
            finding.account_count,
            finding.source_count,
            entered.join(" "),
            others.join(" "),
        );
    }
    out
}

/// Records of one role.
pub(crate) fn evidence(finding: &Finding, role: EvidenceRole) -> usize {
    finding.evidence.iter().filter(|record| record.role == role).count()
}
