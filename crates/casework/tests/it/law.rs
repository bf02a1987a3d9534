//! Category (4.2), facts (DT-KND-05), elements and what is missing (CW-CLS-11, -22), measures (4.9), reports (7.3, 7.8).

use crate::support::{Build, CLOCK, START, category_of, cite, finding, guessed, one, record};
use casework::{Element, Incident};
use std::net::IpAddr;
use vocab::{
    AccountKind, AccountRecord, AccountState, Category, Context, EvidenceRole, Finding, Kind, Level, Network,
    NetworkLabel, Timestamp, Trust,
};

fn element<'a>(incident: &'a Incident, id: &str) -> &'a Element {
    incident.legal.elements.iter().find(|element| element.id == id).expect("an element")
}

fn states(incident: &Incident) -> Vec<&str> {
    incident.legal.elements.iter().map(|element| element.state.as_str()).collect()
}

fn missing(incident: &Incident) -> Vec<&str> {
    incident.legal.elements.iter().flat_map(|element| &element.missing).map(|one| one.fact.as_str()).collect()
}

fn alone(finding: Finding) -> Incident {
    one(&[finding], &Context::default())
}

/// DT-KND-04, row by row.
#[test]
fn the_category_follows_its_table() {
    let guessing = finding("F-1", Kind::PasswordSpraying, 0).on("w").from("192.0.2.1");
    assert_eq!(category_of(&alone(guessing.clone().refused("a", 1))), Category::Attempt);
    let both = alone(guessing.clone().refused("a", 1).entered("b", 2, 1));
    assert_eq!(
        (category_of(&both), both.attempts),
        (Category::CredentialMisuse, 2),
        "failed tries stay counted"
    );
    for kind in [Kind::LeaverAccountUse, Kind::PlantedAccountUse, Kind::DefaultAccountUse] {
        let left = finding("F-1", kind, 0).on("w").from("192.0.2.1").level(Level::High).entered("a", 1, 0);
        assert_eq!(category_of(&alone(left)), Category::SecurityHole, "{}", kind.as_str());
    }
    let web =
        finding("F-1", Kind::SqlInjection, 0).on("w").from("192.0.2.1").record(EvidenceRole::Payload, 1);
    assert_eq!(category_of(&alone(web.clone())), Category::Attempt);
    assert_eq!(category_of(&alone(web.effect(2))), Category::SecurityHole);
    let page = finding("F-1", Kind::PageDefacement, 0).on("w").level(Level::High).effect(3);
    assert_eq!(category_of(&alone(page.clone())), Category::Undetermined, "a consequence without its cause");
    let joined = one(&[guessed().on("w"), page], &Context::default());
    assert_eq!(category_of(&joined), Category::CredentialMisuse, "that of the entry joined");
    let scan = finding("F-1", Kind::PortScan, 0).on("w").from("192.0.2.1").record(EvidenceRole::Payload, 1);
    assert_eq!(category_of(&alone(scan)), Category::OutOfScope);
}

#[test]
fn guessing_with_an_entry_leaves_the_code_open() {
    let incident = alone(guessed());
    assert_eq!(
        incident.legal.verdict, "undetermined",
        "a success alone never proves that the code was another's"
    );
    assert_eq!(states(&incident), ["established", "established", "unknown", "established", "unknown"]);
    assert_eq!(missing(&incident), ["F5", "F7", "F8", "F9"]);
    assert_eq!(element(&incident, "E4").records, [cite(10, 0), cite(11, 0)], "the refusal and the success");
    assert_eq!(element(&incident, "E2").evidence, [10, 11]);
    let open = &element(&incident, "E3").missing[0];
    assert!(
        open.would_settle.len() >= 2
            && open.would_settle.iter().all(|one| !one.ja.is_empty() && !one.en.is_empty())
    );
    assert_eq!(incident.legal.law, "act2012");
    assert_eq!(
        incident.legal.article.as_ref().map(|article| article.ja.contains("第2条第4項第1号")),
        Some(true)
    );
    assert_eq!(incident.legal.state, "proposed");
    assert_eq!(incident.legal.data_hash.len(), 64);
}

#[test]
fn a_refused_try_is_an_attempt() {
    let incident = alone(finding("F-1", Kind::PasswordGuessing, 0).on("w").from("192.0.2.1").refused("a", 1));
    assert_eq!(
        (incident.legal.verdict.as_str(), incident.legal.category),
        ("attempt_only", Category::Attempt)
    );
    assert_eq!(element(&incident, "E4").state, "refuted");
    let articles = |text: &str| incident.legal.hints.iter().any(|hint| hint.ja.contains(text));
    assert!(articles("第4条") && articles("第6条"), "CW-CLS-12: acquisition and storage are to be examined");
}

/// W3: an injection that was answered proves neither success nor failure.
#[test]
fn an_answered_payload_leaves_the_success_open() {
    let web =
        finding("F-1", Kind::SqlInjection, 0).on("w").from("192.0.2.1").record(EvidenceRole::Payload, 1);
    let incident = alone(web);
    assert_eq!(
        (incident.legal.category, incident.legal.verdict.as_str()),
        (Category::Attempt, "needs_material")
    );
    assert_eq!(element(&incident, "E4").state, "unknown");
    assert!(missing(&incident).contains(&"F6"));
}

/// F2, F3: a remote address in text that the daemon owns; ambiguous, TR0 and loopback records establish nothing.
#[test]
fn only_trusted_remote_records_show_the_line() {
    let base = || finding("F-1", Kind::PasswordGuessing, 0).on("w").from("192.0.2.1").refused("a", 1);
    assert_eq!(element(&alone(base()), "E2").state, "established");
    let mut untrusted = base();
    untrusted.sources[0].trust = Trust::Tr0;
    assert_eq!(element(&alone(untrusted), "E2").state, "unknown", "DT-INC-07");
    let mut untrusted = base();
    untrusted.evidence[0].trust = Trust::Tr0;
    assert_eq!(element(&alone(untrusted), "E2").state, "unknown");
    let mut ambiguous = base();
    ambiguous.evidence[0].ambiguous = true;
    assert_eq!(element(&alone(ambiguous), "E2").state, "unknown", "DT-INC-07");
    for own in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0"] {
        let mut local = base();
        local.sources[0].ip = own.parse().unwrap();
        assert_eq!(element(&alone(local), "E2").state, "unknown", "{own}");
    }
    // Records of a finding without a source do not count for the line.
    let page = finding("F-2", Kind::PageDefacement, 0).on("w").level(Level::High).effect(5);
    let both = one(&[base().entered("a", 2, 1), page], &Context::default());
    assert_eq!(element(&both, "E2").evidence, [1, 2]);
}

/// Three accounts entered from 203.0.113.9 after these minutes.
fn three(minutes: [i64; 3]) -> Finding {
    let mut three = finding("F-1", Kind::CredentialStuffing, 0).on("w").from("203.0.113.9").refused("x", 1);
    for (n, minutes) in minutes.into_iter().enumerate() {
        three = three.entered(["a", "b", "c"][n], 10 + n as u64, minutes);
    }
    three
}

#[test]
fn three_holders_from_one_source_within_an_hour_are_others() {
    assert_eq!(element(&alone(three([0, 30, 60])), "E3").state, "established");
    assert_eq!(element(&alone(three([0, 30, 61])), "E3").state, "unknown", "within 1 h");
    let mut two = three([0, 1, 2]);
    two.accounts.pop();
    assert_eq!(element(&alone(two), "E3").state, "unknown", "three or more");
    let owned = |name: &str| {
        let owner = if name == "c" { "yamada" } else { "suzuki" };
        let record = AccountRecord {
            account: name.to_owned(),
            kind: AccountKind::Person,
            state: AccountState::Active,
            owner: Some(owner.to_owned()),
            left_on: None,
            valid_until: None,
            last_login: None,
            uid: None,
        };
        (name.to_owned(), record)
    };
    let context = Context { accounts: ["a", "b", "c"].map(owned).into(), ..Context::default() };
    assert_eq!(element(&one(&[three([0, 1, 2])], &context), "E3").state, "unknown", "two owners only");
    let address: IpAddr = "203.0.113.0".parse().unwrap();
    for (label, state) in [(NetworkLabel::Office, "unknown"), (NetworkLabel::Scanner, "established")] {
        let context =
            Context { networks: vec![Network { address, prefix_bits: 24, label }], ..Context::default() };
        assert_eq!(element(&one(&[three([0, 1, 2])], &context), "E3").state, state);
    }
}

#[test]
fn repudiated_left_over_and_exploited_settle_the_input() {
    let said =
        finding("F-1", Kind::RepudiatedLogin, 0).on("w").from("192.0.2.1").refused("a", 1).entered("a", 2, 1);
    let incident = alone(said);
    assert_eq!(element(&incident, "E3").state, "established", "K-19");
    let consent = |incident: &Incident| {
        let step = incident.legal.rule_path.iter().find(|step| step.rule == "R7");
        step.map(|step| step.outcome.clone())
    };
    assert_eq!(consent(&incident).as_deref(), Some("not_fired"), "F9: the holder says that there was none");
    assert_eq!(
        consent(&alone(three([0, 30, 60]))).as_deref(),
        Some("open"),
        "codes of others, and nobody asked their holders"
    );
    let left = finding("F-1", Kind::LeaverAccountUse, 0)
        .on("w")
        .from("192.0.2.1")
        .refused("a", 1)
        .entered("a", 2, 1);
    let incident = alone(left.level(Level::High));
    assert_eq!(element(&incident, "E3").state, "established", "CS09");
    assert_eq!(incident.legal.article.as_ref().map(|article| article.en.contains("2(4)(ii)")), Some(true));
    let hole = finding("F-1", Kind::CodeExecution, 0).on("w").from("192.0.2.1").level(Level::High).effect(3);
    let incident = alone(hole);
    assert_eq!(element(&incident, "E3").state, "established");
    assert_eq!(incident.legal.verdict, "undetermined", "consent is stated by people, never inferred");
}

/// The consent register covers all of it: R6 is proposed, the category stays.
#[test]
fn an_announced_test_is_excluded() {
    let mut test = guessed();
    test.consented = true;
    let incident = alone(test.clone());
    assert_eq!(incident.legal.verdict, "excluded_admin_consent");
    assert_eq!(
        (incident.legal.category, element(&incident, "X").state.as_str()),
        (Category::CredentialMisuse, "established")
    );
    let mut other = test.clone();
    (other.id, other.consented) = ("F-2".to_owned(), false);
    let mixed = one(&[test, other], &Context::default());
    assert_eq!(mixed.legal.verdict, "undetermined", "only a part was announced");
}

/// F6: a session that the login records show is a use that became possible, whatever the class of the finding.
#[test]
fn an_opened_session_settles_the_use() {
    let mismatch = || {
        let mut found =
            finding("F-1", Kind::LoginRecordMismatch, 0).on("w").from("192.0.2.1").level(Level::High);
        found = found.refused("a", 1).entered("a", 2, 1);
        (found.successes, found.category) = (0, Category::Undetermined);
        found
    };
    let incident = alone(mismatch());
    assert_eq!(
        (element(&incident, "E4").state.as_str(), incident.legal.verdict.as_str()),
        ("established", "undetermined")
    );
    let mut session = finding("F-1", Kind::PlantedAccountUse, 0).on("w").from("192.0.2.1").level(Level::High);
    session = session.refused("b", 1).entered("b", 2, 1);
    session.evidence.retain(|record| record.role == EvidenceRole::Failure);
    let incident = alone(session.clone());
    assert_eq!(element(&incident, "E4").state, "unknown", "no record shows it");
    let incident = alone(session.record(EvidenceRole::Session, 3));
    assert_eq!(element(&incident, "E4").state, "established");
    let mut context = mismatch();
    context.stage = vocab::Stage::Context;
    assert_ne!(element(&alone(context), "E4").state, "established", "context is no entry");
}

/// CW-LAW-08: the law of the day of the act.
#[test]
fn the_law_is_that_of_the_day() {
    let mut old = guessed();
    let day = Timestamp::from_seconds(1_100_000_000); // 2004-11-09
    (old.first, old.last) = (day, day);
    old.evidence.iter_mut().for_each(|record| record.time = Some(day));
    let incident = alone(old);
    assert_eq!(incident.legal.law, "act1999");
    assert_eq!(incident.legal.article.map(|article| article.ja.contains("第3条第2項第1号")), Some(true));
}

#[test]
fn a_scan_is_out_of_scope_and_not_harmless() {
    let scan = finding("F-1", Kind::PortScan, 0).on("w").from("192.0.2.1").record(EvidenceRole::Payload, 1);
    let incident = alone(scan);
    assert_eq!(incident.legal.verdict, "out_no_infringement");
    assert!(!incident.legal.hints.is_empty(), "W5");
}

#[test]
fn measures_stop_the_harm_first() {
    let incident = alone(three([0, 1, 2]));
    let orders: Vec<u8> = incident.measures.iter().map(|measure| measure.order).collect();
    assert!(orders.windows(2).all(|pair| pair[0] <= pair[1]), "DT-KND-09: {orders:?}");
    let ids: Vec<&str> = incident.measures.iter().map(|measure| measure.id.as_str()).collect();
    assert_eq!(ids, ["PM-03", "PM-01", "PM-05", "PM-04", "PM-31"]);
    assert!(
        incident.measures.iter().all(|measure| !measure.basis.ja.is_empty() && !measure.basis.en.is_empty())
    );
    // Nobody got in: nobody has to change every code.
    let tried = finding("F-1", Kind::CredentialStuffing, 0).on("w").from("192.0.2.1").refused("a", 1);
    let mut named = tried.clone();
    named.measures = vec!["pm-29".to_owned(), "PM-99".to_owned()];
    let ids: Vec<String> = alone(tried).measures.into_iter().map(|measure| measure.id).collect();
    assert!(!ids.contains(&"PM-03".to_owned()));
    let ids: Vec<String> = alone(named).measures.into_iter().map(|measure| measure.id).collect();
    assert!(ids.contains(&"PM-29".to_owned()) && !ids.contains(&"PM-99".to_owned()), "named by the rule");
}

#[test]
fn reports_follow_what_happened() {
    let forms = |incident: &Incident| -> Vec<String> {
        incident.reports.iter().map(|report| format!("{} {}", report.form, report.state)).collect()
    };
    assert_eq!(
        forms(&alone(guessed())),
        [
            "internal.notice due",
            "police.damage conditional",
            "ppc.leak.prompt conditional",
            "ppc.leak.final conditional",
            "notice.holder due",
            "ipa.access optional",
            "jpcert.incident optional",
            "psc.assist optional",
        ]
    );
    let tried = finding("F-1", Kind::PasswordGuessing, 0).on("w").from("192.0.2.1").refused("a", 1);
    assert_eq!(forms(&alone(tried.clone())), ["ipa.access optional", "jpcert.incident optional"]);
    let grave = forms(&alone(tried.level(Level::High)));
    assert_eq!(grave[..2], ["internal.notice due", "police.damage conditional"]);
    let scan = finding("F-1", Kind::PortScan, 0).on("w").from("192.0.2.1").record(EvidenceRole::Payload, 1);
    assert_eq!(forms(&alone(scan)), ["jpcert.incident optional"]);
    let prompt = &alone(guessed()).reports[2];
    let second = Timestamp::SECOND;
    assert_eq!(
        prompt.due.map(|due| due.0.rem_euclid(Timestamp::DAY)),
        Some(15 * Timestamp::HOUR - second),
        "midnight in Japan"
    );
    assert!(prompt.warn_from < prompt.due && prompt.warn_from > Some(CLOCK), "CLK-3");
}

#[test]
fn evidence_lists_are_limited_and_keep_the_successes() {
    let mut many = finding("F-1", Kind::PasswordGuessing, 0).on("w").from("192.0.2.1").level(Level::High);
    for n in 0..5_000 {
        many.evidence.push(record(EvidenceRole::Failure, n, START.plus(n as i64)));
    }
    let many = many.entered("root", 2_500, 0);
    let incident = alone(many);
    assert!(incident.records.len() <= 2_001);
    assert!(incident.records.iter().any(|one| one.role == EvidenceRole::Success), "DT-INC-05: all successes");
    assert!(incident.legal.elements.iter().all(|element| element.records.len() <= 400));
    assert!(!element(&incident, "E4").records.is_empty());
    assert!(
        element(&incident, "E4").records.contains(&cite(2_500, 0)),
        "the success is among the records named"
    );
}
