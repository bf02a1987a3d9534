//! What an attempt costs: attempts per second of CPU, and bytes resident at 100,000 live keys (detection.md DT-COR-22,
//! DT-PRF-05). Run with `cargo run --release -p detect --example attempt_cost [NUMBER]`; with a number, 0 to 5, only one
//! input is measured, so that the resident size is its own.
#![expect(clippy::print_stdout, reason = "a measurement: it reads the counters of the kernel, and prints")]

use detect::engine::Engine;
use detect::{BUILTIN, OrderKey, RuleSet, Signal};
use std::sync::Arc;
use vocab::{
    AuthMethod, Citation, Class, Context, Flags, LedgerIndex, Outcome, Reason, Timestamp, Trust, UserKind,
    activity,
};

/// One failed try: source, account and session by number.
fn signal(number: u32, source: u32, account: u32, success: bool) -> Signal {
    Signal {
        answer: detect::Answer::default(),
        order: OrderKey {
            time: Timestamp(1_772_409_600_000_000 + i64::from(number) * 20_000),
            source: 0,
            file_rank: 0,
            offset: u64::from(number) * 100,
        },
        citation: Citation { index: LedgerIndex(u64::from(number >> 12)), record: number & 0xfff },
        line: u64::from(number),
        class: Class::Authentication,
        activity: activity::AUTH_LOGON,
        outcome: if success { Outcome::Success } else { Outcome::Failure },
        reason: if success { Reason::Ok } else { Reason::BadSecret },
        method: Some(AuthMethod::Password),
        user_kind: Some(if account.is_multiple_of(3) { UserKind::Known } else { UserKind::Unknown }),
        is_remote: Some(true),
        flags: Flags::default(),
        trust: Trust::Tr1,
        count: 1,
        src_ip: Some(std::net::Ipv4Addr::from_bits(0x0b00_0000 + source * 257).into()),
        src_port: Some(40_000),
        pid: Some(number),
        account: compact_str::format_compact!("user{account}"),
        host: "srv".into(),
        service: "sshd".into(),
        attempt: u64::from(number) + 1,
        parser: "openssh",
        grammar: "O01",
        matches: smallvec::SmallVec::new(),
        detail: None,
    }
}

/// Resident size now and at its highest, bytes.
fn resident() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    (line("VmRSS:").unwrap_or(0) * 1_024, line("VmHWM:").unwrap_or(0) * 1_024)
}

/// CPU time of this process, seconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    stat.split_whitespace().next().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn run(name: &str, rules: &Arc<RuleSet>, count: u32, make: impl Fn(u32) -> Signal) {
    // Only the engine is measured: signals are made in batches outside the clock.
    let (before, _) = resident();
    let mut engine = Engine::new(Arc::clone(rules), Context::default(), Timestamp::default());
    let mut spent = 0.0;
    let mut held = 0;
    for begin in (0..count).step_by(8_192) {
        let batch: Vec<Signal> = (begin..(begin + 8_192).min(count)).map(&make).collect();
        let start = cpu();
        for signal in batch {
            engine.push(&signal);
        }
        spent += cpu() - start;
        held = held.max(resident().0);
    }
    let start = cpu();
    let output = engine.finish();
    spent += cpu() - start;
    println!(
        "{name}: {:.2} M attempts a CPU-second; {} attempts, {} findings, {} evicted; resident {:.1} MiB (+{:.1} MiB)",
        f64::from(count) / spent / 1e6,
        output.stats.attempts,
        output.findings.len(),
        output.stats.evicted,
        held as f64 / 1_048_576.0,
        held.saturating_sub(before) as f64 / 1_048_576.0,
    );
}

fn main() {
    let chosen: Option<u32> = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let own: Vec<(&str, &str)> =
        BUILTIN.iter().filter(|(file, _)| !file.starts_with("web/")).copied().collect();
    let (rules, _) = RuleSet::load(&own, &[]);
    let rules = Arc::new(rules);
    println!("rules loaded: resident {:.1} MiB", resident().0 as f64 / 1_048_576.0);
    let (low, high) = chosen.map_or((0, u32::MAX), |chosen| (chosen, chosen));
    let wanted = |number: u32| (low..=high).contains(&number);
    if wanted(0) {
        run("100,000 live keys: 50,000 sources and as many accounts", &rules, 50_000, |n| {
            signal(n, n, n, false)
        });
    }
    if wanted(1) {
        run("200,000 live keys: 100,000 sources and as many accounts", &rules, 100_000, |n| {
            signal(n, n, n, false)
        });
    }
    if wanted(2) {
        run("1,000 attackers", &rules, 2_000_000, |n| signal(n, n % 1_000, n % 37, false));
    }
    if wanted(3) {
        run("one attacker, one account", &rules, 1_000_000, |n| signal(n, 1, 1, false));
    }
    if wanted(4) {
        run("one list of 300,000 accounts", &rules, 1_000_000, |n| signal(n, 1, n % 300_000, n % 5_000 == 7));
    }
    if wanted(5) {
        run("2,000,000 sources, once each", &rules, 2_000_000, |n| signal(n, n, n % 977, false));
    }
}
