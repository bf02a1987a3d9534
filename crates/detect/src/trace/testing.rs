//! What the tests of the trace detectors share: signals as `collect` and the front make them, and findings in short.

use super::Traces;
use crate::engine::{Ctx, Detector};
use crate::rule::RuleSet;
use crate::signal::{Detail, OrderKey, Signal};
use std::sync::Arc;
use vocab::{Class, Context, Finding, Kind, Level, Outcome, Reason, Timestamp, Trust, activity};

pub(crate) const T0: i64 = 1_793_000_000;

/// The rules of `rules/trace`.
pub(crate) fn rules() -> RuleSet {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/trace");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("rules/trace") {
        let path = entry.expect("entry").path();
        let name = path.file_name().expect("name").to_string_lossy().into_owned();
        if name.ends_with(".yml") && !name.ends_with(".test.yml") {
            files.push((format!("trace/{name}"), std::fs::read_to_string(&path).expect("rule")));
        }
    }
    files.sort();
    let (rules, report) = RuleSet::load(&[], &files);
    assert_eq!(report.refused, [], "all rules load");
    rules
}

/// A signal at `T0 + at` seconds on host `h`.
pub(crate) fn signal(at: i64, class: Class, activity: u8, outcome: Outcome) -> Signal {
    Signal {
        order: OrderKey { time: Timestamp::from_seconds(T0 + at), ..OrderKey::default() },
        citation: vocab::Citation {
            index: vocab::LedgerIndex(1),
            record: u32::try_from(at).unwrap_or_default(),
        },
        line: 1,
        class,
        activity,
        outcome,
        reason: Reason::Unknown,
        method: None,
        user_kind: None,
        is_remote: None,
        flags: vocab::Flags::default(),
        trust: Trust::Tr1,
        count: 1,
        src_ip: None,
        src_port: None,
        pid: None,
        account: "".into(),
        host: "h".into(),
        service: "".into(),
        attempt: 0,
        parser: "syslog",
        grammar: "P10",
        matches: smallvec::SmallVec::new(),
        answer: crate::Answer::default(),
        detail: None,
    }
}

/// The same signal with its rare parts.
pub(crate) fn with(mut signal: Signal, fill: impl FnOnce(&mut Detail)) -> Signal {
    let mut detail = Detail::default();
    fill(&mut detail);
    signal.detail = Some(Box::new(detail));
    signal
}

/// `actor : ... USER=root ; COMMAND=line`.
pub(crate) fn sudo(at: i64, actor: &str, line: &str) -> Signal {
    let mut signal = signal(at, Class::Process, activity::PROCESS_LAUNCH, Outcome::Success);
    (signal.parser, signal.grammar) = ("sudo", "P07");
    with(signal, |detail| {
        detail.actor = actor.into();
        detail.target_user = "root".into();
        detail.cmdline = line.into();
        detail.process = "sudo".into();
    })
}

/// A refusal of sudo.
pub(crate) fn sudo_refused(at: i64, actor: &str, reason: Reason) -> Signal {
    let mut signal = signal(at, Class::Authentication, activity::AUTH_SWITCH, Outcome::Failure);
    (signal.parser, signal.grammar, signal.reason) = ("sudo", "P07", reason);
    with(signal, |detail| {
        detail.actor = actor.into();
        detail.target_user = "root".into();
        detail.cmdline = "/usr/bin/id".into();
    })
}

/// `Accepted password for account from 203.0.113.5`, session 77.
pub(crate) fn login(at: i64, account: &str, ip: &str) -> Signal {
    let mut signal = signal(at, Class::Authentication, activity::AUTH_LOGON, Outcome::Success);
    (signal.parser, signal.grammar) = ("openssh", "O01");
    signal.account = account.into();
    signal.src_ip = ip.parse().ok();
    signal.service = "sshd".into();
    signal.attempt = 77;
    signal
}

/// `new user: name=..., UID=..., shell=...`.
pub(crate) fn useradd(at: i64, name: &str, uid: u32, shell: &str) -> Signal {
    let mut signal = signal(at, Class::AccountChange, activity::ACCOUNT_CREATE, Outcome::Success);
    (signal.parser, signal.grammar) = ("useradd", "P09");
    signal.account = name.into();
    with(signal, |detail| {
        detail.target_user = name.into();
        detail.process = "useradd".into();
        detail.message =
            format!("new user: name={name}, UID={uid}, GID={uid}, home=/x, shell={shell}").into();
    })
}

/// What came of the signals.
pub(crate) struct Run {
    pub(crate) findings: Vec<Finding>,
}

impl Run {
    /// Level of the finding of this class; `None` without one.
    pub(crate) fn level(&self, kind: Kind) -> Option<Level> {
        self.findings.iter().filter(|finding| finding.kind == kind).map(|finding| finding.level).max()
    }

    /// The first finding of this class.
    pub(crate) fn one(&self, kind: Kind) -> &Finding {
        self.findings.iter().find(|finding| finding.kind == kind).expect("a finding of the class")
    }

    /// Gravest level of all.
    pub(crate) fn top(&self) -> Level {
        self.findings.iter().map(|finding| finding.level).max().unwrap_or_default()
    }
}

/// Runs the trace detectors alone.
pub(crate) fn run(signals: &[Signal]) -> Run {
    run_with(signals, &Context::default(), |_| {})
}

/// Runs them with context, and with findings of other detectors that `before` hands over.
pub(crate) fn run_with(signals: &[Signal], context: &Context, before: impl FnOnce(&mut Ctx)) -> Run {
    let rules = Arc::new(rules());
    let mut traces = Traces::new(&rules, context);
    let mut ctx = Ctx {
        rules,
        context: Arc::new(context.clone()),
        clock: Timestamp::from_seconds(T0),
        now: Timestamp::default(),
        findings: crate::findings::Findings::default(),
        not_checked: Vec::new(),
        stats: crate::engine::Stats::default(),
        streams: Vec::new(),
    };
    before(&mut ctx);
    for signal in signals {
        traces.push(signal, &mut ctx);
    }
    traces.finish(&mut ctx);
    let mut findings = ctx.findings.finish();
    findings.retain(|finding| finding.rule.id != "entry");
    for finding in &findings {
        assert!(!finding.evidence.is_empty(), "a finding without records: {finding:?}");
    }
    Run { findings }
}

/// A finding of the guessing detectors: the account was entered by the login at `at`.
pub(crate) fn entered(ctx: &mut Ctx, at: i64, account: &str, ip: &str) {
    let entry = login(at, account, ip);
    let rule = ctx.rules.native("privilege_misuse").expect("rule").1.clone();
    let mut finding = crate::findings::template(&rule, Vec::new(), entry.order.time);
    finding.rule.id = "entry".to_owned();
    crate::findings::set_kind(&mut finding, &rule, Kind::SuccessAfterFailures, true);
    finding.stage = vocab::Stage::Entry;
    finding.level = Level::High;
    finding.successes = 1;
    super::report::account(&mut finding, account, vocab::AccountRole::Entered, &entry);
    let seen = finding.accounts.first_mut().expect("account");
    seen.entry = Some(entry.citation);
    seen.entry_source = entry.src_ip;
    crate::findings::add_evidence(
        &mut finding,
        crate::findings::record(&entry, vocab::EvidenceRole::Success),
    );
    let number = ctx.findings.number();
    ctx.findings.emit(number, finding);
}
