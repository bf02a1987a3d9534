//! Documents in, findings out.

use crate::RuleSet;
use crate::engine::Engine;
use crate::script::{lines, signals};
use crate::signal::{RuleIndex, Signal};
use insta::assert_snapshot;
use std::sync::Arc;
use vocab::{Context, Finding, Timestamp};

const HEAD: &str = "title: t\nid: t1\nlevel: medium\ntags: [sekisho.kind.indicator_match]\n";

/// The example of detection.md 5.4.
const STUFFING: &str = r#"
title: Credential stuffing by success rate
id: 5b1d6a54-0000-4000-8000-000000000006
status: stable
level: medium
tags: [attack.credential-access, attack.t1110.004, sekisho.kind.credential_stuffing, sekisho.map.03]
params:
  tries_min:        {default: 25,     range: [10, 10000], origin: "El"}
  accounts_min:     {default: 15,     range: [5, 10000],  origin: "El"}
  few_tries_share:  {default: 0.80,   range: [0.5, 1.0],  origin: "El"}
  guess_rate:       {default: 0.0001, range: [0, 0.1],    origin: "own"}
  common_names:     {default: [root, admin, test], origin: "own"}
sekisho_correlation:
  input:   {class: authentication, not: [ambiguous]}
  key:     [cluster]
  window:  {length: 1h, quiet_close: 6h}
  state:
    tries:    {count: all}
    rounds:   {rounds: account}
    accounts: {distinct: account}
    few:      {share: "account where tries <= 2"}
    entered:  {collect: account, when: "outcome == success", max: 10000}
    rate:     {ratio: [entered, accounts], bound: wilson95}
    known:    {share: "account where user_kind != unknown"}
    common:   {share: "account in list common_names"}
  when: "tries >= tries_min and accounts >= accounts_min and few >= few_tries_share
         and rounds == 0 and common < 0.3
         and (rate.low > guess_rate or known >= 0.05 or not known.readable)"
  levels:
    - {when: "entered >= 1", level: high}
    - {when: "entered >= 10 or entered has privileged", level: critical}
  output: [tries, accounts, entered, rate, known, sources]
"#;

fn load(text: &str) -> Result<Arc<RuleSet>, String> {
    let (rules, report) = RuleSet::load(&[("t.yml", text)], &[]);
    match report.refused.first() {
        Some(refused) => Err(format!("{}: {}", refused.line, refused.reason)),
        None => Ok(Arc::new(rules)),
    }
}

fn run(document: &str, signals: Vec<Signal>) -> Vec<Finding> {
    let rules = load(document).expect("document");
    let mut engine = Engine::new(rules, Context::default(), Timestamp::default());
    for signal in signals {
        engine.push(&signal);
    }
    engine.finish().findings
}

fn script(count: u32, gap: u32, line: impl Fn(u32) -> String) -> Vec<Signal> {
    signals(&(0..count).map(|n| format!("{}s {}\n", n * gap, line(n))).collect::<String>())
}

fn correlation(body: &str, signals: Vec<Signal>) -> usize {
    run(&format!("{HEAD}sekisho_correlation:\n{body}"), signals).len()
}

#[test]
fn the_example_of_the_specification() {
    let attempt = |n: u32| format!("192.0.2.1 {} user{n} known", if n % 10 == 3 { "ok" } else { "fail" });
    assert_snapshot!(lines(&run(STUFFING, script(24, 5, attempt))), @"");
    let findings = run(STUFFING, script(60, 5, attempt));
    assert_snapshot!(lines(&findings),
        @"credential_stuffing high credential_misuse tries=60 ok=6 accounts=60 sources=1 entered=[user3 user13 user23 user33 user43 user53] others=[]");
    let rate = findings[0].success_rate.expect("rate");
    assert_eq!((rate.entered, rate.tried), (6, 60));
    let tries = findings[0].observed.iter().find(|observed| observed.name == "tries").expect("tries");
    assert_eq!((tries.value, tries.threshold), (60.0, Some(25.0)));
    let root = |n: u32| {
        format!("192.0.2.1 {} user{n} known", if n == 30 { "ok" } else { "fail" }).replace("user30", "root")
    };
    assert_eq!(run(STUFFING, script(60, 5, root))[0].level.as_str(), "critical");
    // Near misses: too slow for the window, the same accounts again, names of a list.
    assert_eq!(run(STUFFING, script(60, 200, attempt)).len(), 0);
    let spray = |n: u32| format!("192.0.2.1 fail user{} known", n % 20);
    assert!(run(STUFFING, script(24, 5, spray)).is_empty());
}

#[test]
fn silence_closes_a_finding_and_a_new_one_begins() {
    let mut script = script(60, 5, |n| format!("192.0.2.1 fail user{n} known"));
    let later: Vec<Signal> =
        signals(&(0..60).map(|n| format!("1d{}s 192.0.2.1 fail user{n} known\n", n * 5)).collect::<String>());
    script.extend(later);
    assert_eq!(run(STUFFING, script).len(), 2);
}

#[test]
fn sequence_first_seen_interval_and_absence() {
    let sequence = "  input: {class: authentication}\n  key: [account]\n  window: {length: 10m}\n  state:\n    s: {sequence: [\"outcome == failure\", \"outcome == failure\", \"outcome == success\"], within: 1m}\n  when: s >= 1\n";
    assert_eq!(
        correlation(sequence, signals("0s 192.0.2.1 fail a\n9s 192.0.2.1 fail a\n30s 192.0.2.1 ok a")),
        1
    );
    assert_eq!(
        correlation(sequence, signals("0s 192.0.2.1 fail a\n9s 192.0.2.1 fail a\n70s 192.0.2.1 ok a")),
        0
    );
    assert_eq!(
        correlation(sequence, signals("0s 192.0.2.1 fail a\n9s 192.0.2.1 fail b\n30s 192.0.2.1 ok a")),
        0
    );
    let first = "  input: {class: authentication, when: \"outcome == success\"}\n  key: [account]\n  window: {length: 1d}\n  state:\n    new: {first_seen: net, events: 5}\n  when: new >= 1\n";
    let usual =
        "0s 192.0.2.1 ok a\n1s 192.0.2.1 ok a\n2s 192.0.2.1 ok a\n3s 192.0.2.1 ok a\n4s 192.0.2.1 ok a\n";
    assert_eq!(correlation(first, signals(&format!("{usual}9s 192.0.2.200 ok a"))), 0);
    assert_eq!(correlation(first, signals(&format!("{usual}9s 203.0.113.1 ok a"))), 1);
    let beat = "  input: {class: authentication}\n  key: [src]\n  window: {length: 7d}\n  state:\n    gap: {interval: all}\n  when: gap.count >= 20 and gap.deviation < gap.median * 0.1\n";
    assert_eq!(correlation(beat, script(30, 60, |_| "192.0.2.1 fail a".into())), 1);
    assert_eq!(correlation(beat, script(30, 60, |n| format!("192.0.2.{} fail a", n % 7))), 0);
    let silent = "  input: {class: authentication}\n  key: [host]\n  window: {length: 7d}\n  state:\n    pause: {absence: 1h}\n  when: pause >= 1h\n";
    let regular: String = (0..20).map(|n| format!("{}s 192.0.2.1 ok a\n", n * 600)).collect();
    assert_eq!(correlation(silent, signals(&format!("{regular}5h 192.0.2.1 ok a"))), 1);
    assert_eq!(correlation(silent, signals(&format!("{regular}3h40m 192.0.2.1 ok a"))), 0);
}

#[test]
fn documents_that_cannot_work_are_refused_with_their_line() {
    let refused = |body: &str| load(&format!("{HEAD}sekisho_correlation:\n{body}")).expect_err("refused");
    let with = |state: &str, when: &str| {
        refused(&format!(
            "  input: {{class: authentication}}\n  key: [src]\n  window: {{length: 1h}}\n  state:\n    n: {state}\n  when: \"{when}\"\n"
        ))
    };
    let without_window = "  input: {class: authentication}\n  state: {n: {count: all}}\n  when: n > 1\n";
    assert_eq!(
        refused(without_window),
        "5: sekisho_correlation: expected `window`: without one the state has no upper bound"
    );
    assert_eq!(
        with("{count: all}", "m > 1"),
        "5: sekisho_correlation: when: \"m\" is no field, no state and no parameter"
    );
    assert_eq!(
        with("{count: all}", "1 > 0"),
        "5: sekisho_correlation: when: \"1 > 0\" reads no state, so that it holds always or never"
    );
    assert_eq!(
        with("{count: all}", "n"),
        "5: sekisho_correlation: when: \"n\" is of type Number, expected Bool"
    );
    assert_eq!(
        with("{count: all}", "n > 1 and"),
        "5: sekisho_correlation: when: the expression ends too early"
    );
    assert_eq!(
        with("{count: all}", "n and n > 1"),
        "5: sekisho_correlation: when: `and` needs Bool, found Number"
    );
    assert_eq!(
        with("{distinct: colour}", "n > 1"),
        "5: sekisho_correlation: state.n: \"colour\" is no field that is kept for correlations"
    );
    assert_eq!(
        with("{travel: account}", "n > 1"),
        "5: sekisho_correlation: state.n: `travel` needs the location of sources, which no input gives"
    );
    assert_eq!(
        with("{collect: account, when: \"outcome == success\", max: 9000000}", "n > 1"),
        "5: sekisho_correlation: state.n: `max` must lie between 1 and 100000"
    );
    assert_eq!(
        with("{share: \"account in list names\"}", "n > 0.5"),
        "5: sekisho_correlation: state.n: params: there is no list \"names\""
    );
    assert!(with("{count: all}", &"(".repeat(400)).contains("levels of parentheses"));
}

#[test]
fn sigma_correlations_over_matched_rules() {
    let base = |name: &str| {
        format!(
            "title: {name}\nid: id-{name}\nname: {name}\nlogsource: {{product: linux}}\ndetection: {{k: [{name}], condition: k}}\nlevel: low\n---\n"
        )
    };
    let matched = |script: &str| -> Vec<Signal> {
        let rules = |line: &str| match line.split_whitespace().nth(3) {
            Some("alpha") => vec![RuleIndex(0)],
            Some("beta") => vec![RuleIndex(1)],
            _ => vec![],
        };
        let mut all = signals(script);
        for (signal, line) in all.iter_mut().zip(script.lines()) {
            signal.matches.extend(rules(line));
        }
        all
    };
    let fires = |kind: &str, extra: &str, script: &str| {
        let text = format!(
            "{}{}title: c\nid: c1\nlevel: high\ncorrelation:\n  type: {kind}\n  rules: [alpha, id-beta]\n  group-by: [src_ip]\n  timespan: 5m\n{extra}",
            base("alpha"),
            base("beta")
        );
        run(&text, matched(script)).iter().filter(|finding| finding.rule.id == "c1").count()
    };
    let count = "  condition: {gte: 3}\n";
    assert_eq!(
        fires(
            "event_count",
            count,
            "0s 192.0.2.1 fail alpha\n9s 192.0.2.1 fail beta\n20s 192.0.2.1 fail alpha"
        ),
        1
    );
    assert_eq!(
        fires(
            "event_count",
            count,
            "0s 192.0.2.1 fail alpha\n9s 192.0.2.1 fail beta\n20s 192.0.2.2 fail alpha"
        ),
        0
    );
    assert_eq!(
        fires(
            "event_count",
            count,
            "0s 192.0.2.1 fail alpha\n9s 192.0.2.1 fail beta\n6m 192.0.2.1 fail alpha"
        ),
        0
    );
    assert_eq!(
        fires("event_count", count, "0s 192.0.2.1 fail x\n1s 192.0.2.1 fail x\n2s 192.0.2.1 fail x"),
        0
    );
    let values = "  condition: {field: user, gte: 2}\n";
    assert_eq!(fires("value_count", values, "0s 192.0.2.1 fail alpha\n9s 192.0.2.1 fail beta"), 1);
    assert_eq!(fires("value_count", values, "0s 192.0.2.1 fail alpha\n9s 192.0.2.1 fail alpha"), 0);
    assert_eq!(fires("temporal", "", "0s 192.0.2.1 fail beta\n9s 192.0.2.1 fail alpha"), 1);
    assert_eq!(fires("temporal", "", "0s 192.0.2.1 fail beta\n9m 192.0.2.1 fail alpha"), 0);
    assert_eq!(fires("temporal_ordered", "", "0s 192.0.2.1 fail alpha\n9s 192.0.2.1 fail beta"), 1);
    assert_eq!(fires("temporal_ordered", "", "0s 192.0.2.1 fail beta\n9s 192.0.2.1 fail alpha"), 0);
    let lost = "title: c\nid: c1\ncorrelation:\n  type: temporal\n  rules: [nobody, alpha]\n  timespan: 5m\n";
    assert_eq!(load(lost).expect_err("lost"), "1: it refers to the rule \"nobody\", which is not loaded");
}

/// Two rules about requests, a correlation over them, and what it and they find.
fn over_requests(correlation: &str, requests: &[(u32, &str, &str, u64)]) -> Vec<String> {
    let base = |name: &str| {
        format!(
            "title: {name}\nid: {name}\nlogsource: {{product: linux}}\ndetection: {{k: [{name}], condition: k}}\nlevel: low\n---\n"
        )
    };
    let text = format!(
        "{}{}title: c\nid: c1\nlevel: high\ncorrelation:\n{correlation}",
        base("alpha"),
        base("beta")
    );
    let all = requests.iter().zip(0..).map(|((second, rule, account, bytes), number)| {
        let mut one = crate::script::signal(&format!("{second}s 192.0.2.1 ok {account}"), number);
        one.class = vocab::Class::FileSystem;
        one.matches.push(RuleIndex(u32::from(*rule == "beta")));
        let actor = format!("{account}-actor").into();
        one.detail =
            Some(Box::new(crate::Detail { bytes_out: Some(*bytes), actor, ..crate::Detail::default() }));
        one
    });
    let found = run(&text, all.collect());
    let mut ids: Vec<String> = found.into_iter().map(|finding| finding.rule.id).collect();
    ids.sort();
    ids
}

#[test]
fn sums_averages_and_percentiles_of_a_number() {
    let measured = |kind: &str, bounds: &str, bytes: &[u64]| {
        let text = format!(
            "  type: {kind}\n  rules: [alpha]\n  group-by: [user]\n  timespan: 5m\n  condition: {{field: sc-bytes, {bounds}}}\n"
        );
        let requests: Vec<_> =
            (0..).zip(bytes).map(|(second, bytes)| (second * 60, "alpha", "x", *bytes)).collect();
        over_requests(&text, &requests).contains(&"c1".to_owned())
    };
    assert!(measured("value_sum", "gte: 60", &[10, 20, 30]));
    assert!(!measured("value_sum", "gt: 60", &[10, 20, 30]));
    assert!(!measured("value_sum", "gte: 40", &[30, 0, 0, 0, 0, 0, 0, 20]), "outside the window");
    assert!(measured("value_avg", "gte: 20", &[10, 30]));
    assert!(!measured("value_avg", "gt: 20", &[10, 20, 30]));
    assert!(measured("value_percentile", "percentile: 50, gte: 20", &[1, 20, 300]));
    assert!(!measured("value_percentile", "percentile: 50, gt: 20", &[1, 20, 20]));
    let refused = |condition: &str| {
        let text = format!("  type: value_sum\n  rules: [alpha]\n  timespan: 5m\n  condition: {condition}\n");
        load(&format!("title: alpha\nid: alpha\nlogsource: {{product: linux}}\ndetection: {{k: [a], condition: k}}\n---\ntitle: c\nid: c1\ncorrelation:\n{text}"))
            .expect_err("refused")
    };
    assert!(refused("{field: user, gte: 1}").contains("is no number"));
    assert!(refused("{gte: 1}").contains("expected `field`"));
}

#[test]
fn aliases_join_different_names_and_generate_lets_rules_speak() {
    let text = |more: &str| {
        format!("  type: temporal\n  rules: [alpha, beta]\n  group-by: [who]\n  timespan: 5m\n{more}")
    };
    let aliases = "  aliases:\n    who: {alpha: user, beta: SubjectUserName}\n";
    let requests = [(0, "alpha", "bob-actor", 1), (1, "beta", "bob", 1)];
    assert_eq!(over_requests(&text(aliases), &requests), ["c1"]);
    assert_eq!(over_requests(&text(aliases), &[requests[0], (1, "beta", "eve", 1)]), [""; 0]);
    let loud = format!("{aliases}  generate: true\n");
    assert_eq!(over_requests(&text(&loud), &requests), ["alpha", "beta", "c1"]);
    let half = "  aliases:\n    who: {alpha: user}\n";
    assert!(
        load(&format!("title: alpha\nid: alpha\nlogsource: {{product: linux}}\ndetection: {{k: [a], condition: k}}\n---\ntitle: c\nid: c1\ncorrelation:\n{}", text(half)))
            .expect_err("refused")
            .contains("does not say which field")
    );
}

#[test]
fn a_flood_of_keys_does_not_push_out_a_fired_one() {
    let body = format!(
        "{HEAD}sekisho_correlation:\n  input: {{class: authentication}}\n  key: [src]\n  window: {{length: 1h}}\n  state:\n    n: {{count: all}}\n  when: n >= 5\n"
    );
    let mut all = script(5, 1, |_| "192.0.2.1 fail a".into());
    all.extend((0..40_000_u32).map(|n| {
        let mut one = crate::script::signal("10s 10.0.0.1 fail b", u64::from(n) + 100);
        one.src_ip = Some(std::net::Ipv4Addr::from_bits(0x0c00_0000 + n).into());
        one
    }));
    all.extend(signals("20s 192.0.2.1 fail a"));
    let rules = load(&body).expect("document");
    let mut engine = Engine::new(rules, Context::default(), Timestamp::default());
    for signal in all {
        engine.push(&signal);
    }
    let output = engine.finish();
    assert_eq!(output.findings.len(), 1);
    assert_eq!(output.findings[0].attempts, 6);
    assert!(output.stats.evicted > 0 && output.findings[0].observed[0].at_least);
}
