//! Which findings make one incident (detection.md 7.1), its class, accounts, units.

use crate::support::{Build, at, finding, guessed, one, run, run_with, stage};
use vocab::{AccountRole, Asset, Context, EvidenceRole, Finding, Kind, Level, Stage, Timestamp};

/// Two findings that have an entry each and share nothing but what `change` gives them.
fn pair(hours: i64, change: impl Fn(&mut Finding)) -> usize {
    let mut a = finding("F-1", Kind::PasswordGuessing, 0).on("a").from("192.0.2.1").entered("u1", 1, 0);
    let mut b = finding("F-2", Kind::OffHoursAccess, hours).on("b").from("192.0.2.2").entered("u2", 2, 0);
    b.stage = Stage::Entry;
    change(&mut a);
    change(&mut b);
    run(&[b, a]).len()
}

#[test]
fn every_row_of_the_table_links_within_its_time() {
    let session = |f: &mut Finding| f.sessions = vec![77];
    assert_eq!((pair(24, session), pair(25, session)), (1, 2), "J-1");
    let account = |f: &mut Finding| {
        f.accounts.iter_mut().for_each(|account| (account.name, account.host) = ("Same".into(), "h".into()));
    };
    assert_eq!((pair(7 * 24, account), pair(7 * 24 + 1, account)), (1, 2), "J-2");
    let source_and_host = |f: &mut Finding| {
        f.sources[0].ip = "198.51.100.1".parse().unwrap();
        f.hosts = vec!["h".to_owned()];
    };
    assert_eq!((pair(24, source_and_host), pair(25, source_and_host)), (1, 2), "J-3");
    let source_and_kind = |f: &mut Finding| {
        f.sources[0].ip = "198.51.100.1".parse().unwrap();
        f.kind = Kind::PasswordGuessing;
    };
    assert_eq!((pair(1, source_and_kind), pair(2, source_and_kind)), (1, 2), "J-4");
    let source_alone = |f: &mut Finding| f.sources[0].ip = "198.51.100.1".parse().unwrap();
    assert_eq!(pair(0, source_alone), 2, "J-4: only if the method is the same");
    let artefact = |f: &mut Finding| f.artefacts = vec!["SHA256:abc".to_owned()];
    assert_eq!((pair(30 * 24, artefact), pair(30 * 24 + 1, artefact)), (1, 2), "J-6");
    assert_eq!(pair(0, |_| {}), 2, "nothing shared, nothing joined");
}

#[test]
fn an_effect_joins_the_entry_before_it_on_that_host() {
    let entry = guessed();
    let effect = |hours| finding("F-2", Kind::PageDefacement, hours).on("www").level(Level::High).effect(20);
    assert_eq!(run(&[entry.clone(), effect(7 * 24)]).len(), 1, "J-5");
    assert_eq!(run(&[entry.clone(), effect(7 * 24 + 2)]).len(), 2, "J-5: seven days");
    let elsewhere = finding("F-2", Kind::PageDefacement, 2).on("db").level(Level::High).effect(20);
    assert_eq!(run(&[entry.clone(), elsewhere]).len(), 2, "J-5: on that host");
    let joined = one(&[entry, effect(2)], &Context::default());
    assert_eq!(joined.kind, Kind::PasswordGuessing, "the method by which it was made");
    assert_eq!(
        joined.kinds.iter().map(|seen| seen.kind).collect::<Vec<_>>(),
        [Kind::PasswordGuessing, Kind::PageDefacement]
    );
}

/// J-7: what is done on one computer within a day belongs together when it is grave; a faint sign only goes along.
#[test]
fn signs_on_one_computer_are_one_intrusion() {
    let sign = |id: &str, kind, hours, host: &str, level| {
        finding(id, kind, hours).on(host).level(level).record(EvidenceRole::Payload, hours as u64)
    };
    let grave = sign("F-1", Kind::CredentialStoreAccess, 100, "PC1.example.co.jp", Level::High);
    let count =
        |kind, hours, host: &str, level| run(&[grave.clone(), sign("F-2", kind, hours, host, level)]).len();
    assert_eq!(count(Kind::PersistenceChange, 124, "pc1", Level::Medium), 1);
    assert_eq!(count(Kind::PersistenceChange, 125, "pc1", Level::Medium), 2);
    assert_eq!(count(Kind::LateralMovement, 80, "pc1", Level::High), 1);
    assert_eq!(count(Kind::LateralMovement, 101, "pc2", Level::High), 2);
    assert_eq!(count(Kind::LateralMovement, 101, "pc1", Level::Low), 1);
    assert_eq!(count(Kind::LateralMovement, 102, "pc1", Level::Low), 2);
    let daily: Vec<Finding> = (0..20)
        .map(|day| sign(&format!("F-{day}"), Kind::PersistenceChange, day * 20, "pc1", Level::Medium))
        .collect();
    assert_eq!(run(&daily).len(), 20, "medium signs link within an hour only");
    let low = |id: &str, hours| sign(id, Kind::LateralMovement, hours, "pc1", Level::Low);
    let pair = [
        grave.clone(),
        low("F-2", 99),
        low("F-3", 98),
        sign("F-4", Kind::LogTampering, 70, "pc1", Level::High),
    ];
    assert_eq!(run(&pair).len(), 3, "a faint sign carries no link further");
}

/// J-2: an account of a domain is the same on every computer; one of which only acts are known links for a day.
#[test]
fn accounts_of_a_domain_link_computers() {
    let entered = |id: &str, hours, host: &str, index| {
        let mut found =
            finding(id, Kind::LateralMovement, hours).on(host).level(Level::High).entered("bob", index, 0);
        found.accounts.iter_mut().for_each(|account| account.realm = "example".into());
        found
    };
    assert_eq!(run(&[entered("F-1", 0, "pc1", 1), entered("F-2", 7 * 24, "pc2", 2)]).len(), 1);
    assert_eq!(run(&[entered("F-1", 0, "pc1", 1), entered("F-2", 7 * 24 + 1, "pc2", 2)]).len(), 2);
    let used = |hours| {
        let mut found = entered("F-2", hours, "pc2", 2);
        found
            .accounts
            .iter_mut()
            .for_each(|account| (account.role, account.successes) = (AccountRole::Used, 0));
        found
    };
    assert_eq!(run(&[entered("F-1", 0, "pc1", 1), used(24)]).len(), 1);
    assert_eq!(run(&[entered("F-1", 0, "pc1", 1), used(25)]).len(), 2);
}

/// DT-INC-04: no two incidents have one id.
#[test]
fn one_class_first_record_and_host_is_one_incident() {
    let sign = |id: &str, source: &str| {
        finding(id, Kind::SqlInjection, 0).on("www").from(source).record(EvidenceRole::Payload, 5).effect(6)
    };
    let all = run(&[sign("F-1", "192.0.2.1"), sign("F-2", "198.51.100.2"), sign("F-3", "203.0.113.3")]);
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].findings.len(), all[0].sources.len()), (3, 3));
}

/// DT-INC-02: a server on the Internet has one line a day and not thousands.
#[test]
fn background_noise_is_one_incident_a_day() {
    let mut findings = Vec::new();
    for n in 0..200i64 {
        let name = format!("F-{n:03}");
        let try_one = finding(&name, Kind::PasswordGuessing, n % 10)
            .on("www")
            .from(&format!("198.51.{}.{}", n / 100, n % 100))
            .refused("root", n as u64);
        findings.push(try_one);
    }
    let day = run(&findings);
    assert_eq!(day.len(), 1);
    assert_eq!((day[0].sources.len(), day[0].findings.len()), (200, 200));
    assert!(!day[0].entered());
    findings
        .push(finding("F-900", Kind::PasswordGuessing, 40).on("www").from("192.0.2.7").refused("root", 900));
    findings
        .push(finding("F-901", Kind::PasswordGuessing, 1).on("db").from("192.0.2.8").refused("root", 901));
    findings.push(
        finding("F-902", Kind::PortScan, 1).on("www").from("192.0.2.9").record(EvidenceRole::Payload, 902),
    );
    assert_eq!(run(&findings).len(), 4, "another day, another host, another kind");
    // One that succeeded stands out of the noise.
    findings.push(guessed());
    let all = run(&findings);
    assert_eq!(all.len(), 5);
    assert!(all[0].entered() && !all[1].entered(), "entered before tried");
}

#[test]
fn informational_findings_alone_make_no_incident() {
    let quiet =
        finding("F-1", Kind::FirstSeenAccess, 0).on("www").entered("a", 1, 0).level(Level::Informational);
    assert_eq!(run(&[quiet]).len(), 0);
}

/// DT-INC-04: the order of the input does not matter, and later logs change no id.
#[test]
fn grouping_is_deterministic_and_stable() {
    let mut findings = vec![
        guessed(),
        finding("F-2", Kind::PageDefacement, 3).on("www").level(Level::High).effect(20),
        finding("F-3", Kind::PortScan, 1).on("db").from("192.0.2.9").record(EvidenceRole::Payload, 30),
    ];
    let first = serde_json::to_string(&run(&findings)).unwrap();
    findings.reverse();
    assert_eq!(serde_json::to_string(&run(&findings)).unwrap(), first);
    let ids: Vec<String> = run(&findings).into_iter().map(|incident| incident.id).collect();
    findings.push(
        finding("F-9", Kind::PathTraversal, 90)
            .on("shop")
            .from("192.0.2.77")
            .record(EvidenceRole::Payload, 99),
    );
    let later: Vec<String> = run(&findings).into_iter().map(|incident| incident.id).collect();
    assert!(ids.iter().all(|id| later.contains(id)));
    assert!(ids.iter().all(|id| id.len() == 14 && id.starts_with("I-")));
}

/// detection.md 7.2: with an entry the method by which it was made, in the order of the list.
#[test]
fn the_kind_is_the_method_of_the_entry() {
    let order = [
        Kind::CredentialStuffing,
        Kind::PasswordSpraying,
        Kind::DistributedGuessing,
        Kind::SlowGuessing,
        Kind::DictionaryAttack,
        Kind::PasswordGuessing,
    ];
    for (place, wanted) in order.iter().enumerate() {
        let findings: Vec<Finding> = order[place..]
            .iter()
            .rev()
            .enumerate()
            .map(|(n, kind)| {
                finding(&format!("F-{n}"), *kind, 0)
                    .on("www")
                    .from("203.0.113.9")
                    .refused("a", 1)
                    .entered("b", 2, 1)
            })
            .collect();
        assert_eq!(one(&findings, &Context::default()).kind, *wanted);
    }
    let after =
        finding("F-1", Kind::SuccessAfterFailures, 0).on("www").from("203.0.113.9").entered("b", 2, 1);
    let tries = finding("F-2", Kind::DictionaryAttack, 0).on("www").from("203.0.113.9").refused("a", 1);
    assert_eq!(one(&[after.clone(), tries], &Context::default()).kind, Kind::DictionaryAttack);
    assert_eq!(one(&[after], &Context::default()).kind, Kind::SuccessAfterFailures);
    // Without an entry: the highest level, then the earlier stage.
    let low = finding("F-1", Kind::PasswordGuessing, 0)
        .on("www")
        .from("192.0.2.1")
        .refused("a", 1)
        .level(Level::Low);
    let high =
        finding("F-2", Kind::PathTraversal, 1).on("www").from("192.0.2.1").record(EvidenceRole::Payload, 2);
    assert_eq!(one(&[low, high.level(Level::High)], &Context::default()).kind, Kind::PathTraversal);
}

#[test]
fn accounts_and_sources_are_not_counted_twice() {
    let a = guessed();
    let mut b =
        finding("F-2", Kind::SuccessAfterFailures, 0).on("www").from("203.0.113.9").entered("root", 11, 5);
    b.accounts[0].attempts = 1;
    let incident = one(&[a, b], &Context::default());
    assert_eq!(incident.accounts.len(), 1);
    assert_eq!(incident.accounts[0].state, AccountRole::Entered);
    assert_eq!((incident.attempts, incident.successes), (2, 1));
    assert_eq!(incident.records.len(), 2, "each record once");
    assert_eq!(incident.evidence, [10, 11]);
}

#[test]
fn units_are_provisional_and_lumped_by_the_short_period() {
    let three = finding("F-1", Kind::CredentialStuffing, 0)
        .on("www")
        .from("203.0.113.9")
        .entered("a", 1, 0)
        .entered("b", 2, 10)
        .entered("c", 3, 24 * 60 + 11);
    let units = one(std::slice::from_ref(&three), &Context::default()).count_units;
    let acts: Vec<Vec<String>> = units.iter().map(|unit| unit.acts.clone()).collect();
    assert_eq!(acts, [vec!["a".to_owned(), "b".to_owned()], vec!["c".to_owned()]], "N4, 24 hours");
    for unit in &units {
        assert_eq!((unit.function.as_str(), unit.provisional), ("provisional:www/sshd", true), "DT-INC-10");
        assert_eq!((unit.method.as_str(), unit.short_period_hours), ("MAP-03", 24));
    }
    let asset = Asset {
        host: "www".to_owned(),
        address: None,
        role: None,
        internet_facing: None,
        function_id: Some("shop-login".to_owned()),
    };
    let context = Context { assets: vec![asset], ..Context::default() };
    let units = one(&[three], &context).count_units;
    assert!(units.iter().all(|unit| unit.function == "shop-login" && unit.provisional));
    // X20: 10,000 tries, 3 accounts opened at one provider by one method: three acts, one unit.
    let mut x20 = finding("F-1", Kind::CredentialStuffing, 0).on("www").from("203.0.113.9").refused("x", 9);
    x20.attempts = 10_000;
    let x20 = x20.entered("a", 1, 0).entered("b", 2, 1).entered("c", 3, 2);
    let units = one(&[x20], &Context::default()).count_units;
    assert_eq!((units.len(), units[0].acts.len()), (1, 3));
    // A hole without an account is a unit all the same, failed tries are none.
    let hole = finding("F-1", Kind::WebShell, 0).on("shop").from("203.0.113.9").level(Level::High).effect(4);
    let units = one(&[hole], &Context::default()).count_units;
    assert_eq!((units.len(), units[0].acts.len()), (1, 0));
    let tried = finding("F-1", Kind::PasswordGuessing, 0).on("www").from("203.0.113.9").refused("x", 9);
    assert_eq!(one(&[tried], &Context::default()).count_units.len(), 0, "DT-INC-08");
}

#[test]
fn the_answer_comes_first() {
    use casework::{Answer, answer};
    assert_eq!(answer(&[], 0), Answer::CannotTell);
    assert_eq!(answer(&[], 5), Answer::NothingFound);
    let tried = finding("F-1", Kind::PasswordGuessing, 0).on("www").from("203.0.113.9").refused("x", 9);
    assert_eq!(answer(&run(std::slice::from_ref(&tried)), 5), Answer::Tried);
    assert_eq!(answer(&run(&[tried, guessed()]), 5), Answer::Entered);
}

#[test]
fn the_timeline_tells_the_entry_once() {
    let incident = one(&[guessed()], &Context::default());
    let turns: Vec<_> = incident.timeline.iter().map(|turn| (turn.time, turn.turn)).collect();
    assert_eq!(
        turns,
        [(at(0), casework::Turn::Begin), (at(0).plus(5 * Timestamp::MINUTE), casework::Turn::Entry)]
    );
    let context_only =
        stage(finding("F-1", Kind::FirstSeenAccess, 0).on("w").entered("a", 1, 0), Stage::Context);
    for incident in run_with(&[context_only], &Context::default()) {
        assert!(!incident.entered(), "context is no entry");
    }
}
