//! Promises about any input: same result every time, whoever hands over the signals.

use crate::engine::Engine;
use crate::script::{find, rules, run, signal, signals};
use proptest::prelude::*;
use vocab::{Context, Timestamp};

fn mixed(seed: &[(u8, u8, bool, u8)]) -> String {
    let mut time = 0_u32;
    seed.iter().fold(String::new(), |mut script, (source, account, ok, gap)| {
        time += u32::from(*gap) * u32::from(*gap);
        let outcome = if *ok { "ok" } else { "fail" };
        script += &format!("{time}s 10.{}.0.{} {outcome} user{}\n", source % 16, source / 16, account % 40);
        script
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn two_runs_give_identical_findings(seed in prop::collection::vec(any::<(u8, u8, bool, u8)>(), 0..400)) {
        let script = mixed(&seed);
        let once = serde_json::to_string(&find(&script)).expect("json");
        prop_assert_eq!(once, serde_json::to_string(&find(&script)).expect("json"));
    }

    #[test]
    fn counts_add_up(seed in prop::collection::vec(any::<(u8, u8, bool, u8)>(), 0..400)) {
        for finding in find(&mixed(&seed)) {
            let tries: u64 = finding.accounts.iter().map(|account| account.attempts).sum();
            let won: u64 = finding.accounts.iter().map(|account| account.successes).sum();
            prop_assert_eq!((tries, won), (finding.attempts, finding.successes), "{:?}", finding);
            let sources: u64 = finding.sources.iter().map(|source| source.attempts).sum();
            prop_assert_eq!(sources, finding.attempts);
            prop_assert!(finding.first <= finding.last);
        }
    }

    #[test]
    fn more_failures_never_lower_a_level(seed in prop::collection::vec(any::<(u8, u8, bool, u8)>(), 1..200)) {
        let script = mixed(&seed);
        let top = find(&script).iter().map(|finding| finding.level).max();
        let more = format!("{script}{}", (0..30).map(|n| format!("99d0h{n}m 198.51.100.1 fail root\n")).collect::<String>());
        prop_assert!(find(&more).iter().map(|finding| finding.level).max() >= top);
    }
}

#[test]
fn batch_is_line_by_line() {
    let script = mixed(&(0..=255).map(|n: u8| (n % 7, n, n.is_multiple_of(11), n % 5)).collect::<Vec<_>>());
    let batch = run(signals(&script), Context::default());
    let mut engine = Engine::new(rules(), Context::default(), Timestamp::default());
    for (line, number) in script.lines().zip(0..) {
        engine.push(&signal(line, number));
    }
    let live = engine.finish();
    assert!(!batch.findings.is_empty());
    assert_eq!(
        serde_json::to_string(&batch.findings).expect("json"),
        serde_json::to_string(&live.findings).expect("json")
    );
}
