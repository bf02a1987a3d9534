//! People state facts and confirm the verdict (casework.md 2.1, 2.6).

use crate::support::{guessed, one};
use act::{Facts, LegalClass, State};
use casework::acceptance::{Outcome, opinions};
use casework::dossier::{Dossier, Seen, Shown, Tongue, project};
use casework::ruling::{Decision, Doing, Ruling, RulingFault, Statement, entered, ruling};
use vocab::Context;

fn facts() -> Facts {
    one(&[guessed()], &Context::default()).legal.facts
}

fn state(fact: &str, value: &str, at: &str) -> Statement {
    let json = serde_json::json!({ "fact": fact, "value": value, "by": "関所 太郎", "at": at,
        "reason": "本人に確かめた", "evidence": ["申述書 第1号"] });
    serde_json::from_value(json).unwrap()
}

fn decide(doing: Doing, class: &str, at: &str) -> Decision {
    let (by, reason) = ("関守 花子".to_owned(), "資料により認められる".to_owned());
    Decision { doing, class: class.to_owned(), by, at: at.to_owned(), reason }
}

/// What a guessed password leaves open: whose code it was, and the three grounds for exclusion.
fn all(at: &str) -> Vec<Statement> {
    [("F5", "code_of_other"), ("F7", "refuted"), ("F8", "否定"), ("F9", "refuted")]
        .map(|(fact, value)| state(fact, value, at))
        .to_vec()
}

fn ruled(statements: &[Statement], decisions: &[Decision]) -> Ruling {
    ruling(&facts(), statements, decisions).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn refused(statements: &[Statement], decisions: &[Decision]) -> String {
    let faults: Vec<RulingFault> = ruling(&facts(), statements, decisions).unwrap_err();
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The verdict follows from the facts, and nothing names the act before a person confirmed it (CW-CLS-21).
#[test]
fn the_verdict_follows_the_facts_and_waits_for_a_person() {
    assert_eq!(ruled(&[], &[]).proposal.legal_class, LegalClass::Undetermined);
    let stated = ruled(&all("2026-11-24 10:00"), &[]);
    assert_eq!(stated.proposal.legal_class, LegalClass::Ua1);
    assert!(!stated.names_act() && stated.legal().confirmed.is_none());
    let open = all("2026-11-24 10:00");
    for left_out in 0..open.len() {
        let mut some = open.clone();
        let fact = some.remove(left_out).fact;
        let fault = refused(&some, &[decide(Doing::Confirm, "UA1", "2026-11-24 15:00")]);
        assert!(fault.contains("[[verdict]] 1: not known yet:") && fault.contains(fact.as_str()), "{fault}");
    }
    let confirmed = ruled(&open, &[decide(Doing::Confirm, "UA1", "2026-11-24 15:00")]);
    assert!(confirmed.names_act());
    let legal = confirmed.legal();
    assert_eq!((legal.state.as_str(), legal.verdict.as_str()), ("confirmed", "UA1"));
    let by = legal.confirmed.unwrap();
    assert_eq!((by.by.as_str(), by.at.as_str()), ("関守 花子", "2026-11-24T15:00:00+09:00"));
    assert!(legal.article.unwrap().ja.contains("第2条第4項第1号"));
    assert!(legal.elements.iter().any(|element| element.id == "X" && element.stated == ["申述書 第1号"]));
}

/// The order of times decides, not that of the file: what was not stated yet cannot be confirmed.
#[test]
fn nothing_is_confirmed_on_facts_of_the_future() {
    let early = [decide(Doing::Confirm, "UA1", "2026-11-24 09:00")];
    assert!(refused(&all("2026-11-24 10:00"), &early).contains("not known yet"));
}

/// A fact that is stated later takes the confirmation away until a person revises it; what was stays readable.
#[test]
fn a_later_statement_asks_for_a_revision() {
    let mut statements = all("2026-11-24 10:00");
    statements.push(state("F8", "established", "2026-11-25 10:00"));
    let first = decide(Doing::Confirm, "UA1", "2026-11-24 15:00");
    let outdated = ruled(&statements, std::slice::from_ref(&first));
    assert!(outdated.is_outdated() && !outdated.names_act());
    assert_eq!(outdated.legal().state, "proposed");
    let revised = ruled(
        &statements,
        &[first.clone(), decide(Doing::Revise, "excluded_admin_consent", "2026-11-25 15:00")],
    );
    assert!(!revised.is_outdated() && !revised.names_act());
    let states: Vec<State> = revised.verdicts.iter().map(|one| one.verdict.state).collect();
    assert_eq!(states, [State::Revised, State::Confirmed]);
    assert_eq!(revised.verdicts[1].verdict.supersedes.as_deref(), Some("V-1"));
    let withdrawn = ruled(&statements, &[first, decide(Doing::Withdraw, "", "2026-11-24 16:00")]);
    assert!(withdrawn.standing().is_none() && withdrawn.verdicts[0].verdict.state == State::Withdrawn);
}

/// CW-CLS-24: another verdict than the proposed one is allowed and both are kept, but never more than the facts carry.
#[test]
fn a_person_may_take_less_and_never_more() {
    let less = ruled(&all("2026-11-24 10:00"), &[decide(Doing::Confirm, "out_own_code", "2026-11-24 15:00")]);
    assert_eq!(
        (less.verdicts[0].proposed, less.shown().legal_class),
        (LegalClass::Ua1, LegalClass::OutOwnCode)
    );
    assert!(!less.names_act() && less.shown().penalty_rows.is_empty());
    let mut consent = all("2026-11-24 10:00");
    consent[2] = state("F8", "認定", "2026-11-24 10:00");
    assert!(refused(&consent, &[decide(Doing::Confirm, "UA1", "2026-11-24 15:00")]).contains("not UA1"));
    let open = ruled(&[], &[decide(Doing::Confirm, "undetermined", "2026-11-24 15:00")]);
    assert!(
        !open.names_act() && open.standing().is_some(),
        "that it stays open may be confirmed (CW-DAT-10)"
    );
}

/// CW-CLS-27: somebody else should look when one person stated every fact.
#[test]
fn a_sole_author_is_told() {
    let mut statements = all("2026-11-24 10:00");
    let every = [("F0", "2026-11-20"), ("F1", "+"), ("F2", "+"), ("F3", "+"), ("F4", "+a"), ("F6", "+")];
    statements.extend(every.map(|(fact, value)| state(fact, value, "2026-11-24 10:00")));
    let mut decision = decide(Doing::Confirm, "UA1", "2026-11-24 15:00");
    assert!(!ruled(&statements, std::slice::from_ref(&decision)).verdicts[0].sole_author);
    decision.by = "関所 太郎".to_owned();
    assert!(ruled(&statements, std::slice::from_ref(&decision)).verdicts[0].sole_author);
    statements.pop();
    assert!(!ruled(&statements, &[decision]).verdicts[0].sole_author, "F6 is shown by the records");
}

#[test]
fn what_cannot_stand_is_named() {
    let confirm = decide(Doing::Confirm, "UA1", "2026-11-24 15:00");
    let at = "2026-11-24 10:00";
    for (statement, expected) in [
        (state("F8", "perhaps", at), "[[statement]] 1: F8 (アクセス管理者の承諾の有無): unknown variant"),
        (state("F4", "established", at), "expected one of `+a`, `+b`, `-`, `?`"),
        (state("P1", "established", at), "P1 cannot be stated"),
        (state("F8", "refuted", "yesterday"), "[[statement]] 1: "),
        (state("F8", "", at), "must not be empty"),
        (state("F0", "2026-11-21/2026-11-20", at), "later than"),
        (state("CS", "CS99", at), "unknown credential status"),
    ] {
        let fault = refused(&[statement], &[]);
        assert!(fault.contains(expected), "{fault}");
    }
    let again = [confirm.clone(), confirm.clone()];
    assert!(refused(&all(at), &again).contains("[[verdict]] 2: a verdict is confirmed already"));
    assert!(refused(&all(at), &[decide(Doing::Revise, "UA1", at)]).contains("no verdict is confirmed"));
    assert!(
        refused(&all(at), &[decide(Doing::Confirm, "guilty", "2026-11-24 15:00")]).contains("is no class")
    );
    let mut unnamed = confirm;
    unnamed.by = "　".to_owned();
    assert!(refused(&all(at), &[unnamed]).contains("must not be empty"));
}

/// Evidence of the records stays with a value that a person shares, and goes with one that he denies.
#[test]
fn evidence_follows_the_value() {
    let records = facts().use_made_possible.evidence.len();
    assert!(records > 0);
    let at = "2026-11-24 10:00";
    let shared = ruled(&[state("F6", "established", at)], &[]);
    assert_eq!(shared.facts.use_made_possible.evidence.len(), records + 1);
    let denied = ruled(&[state("F6", "refuted", at)], &[]);
    assert_eq!(denied.facts.use_made_possible.evidence.len(), 1);
    assert_eq!(denied.proposal.legal_class, LegalClass::AttemptOnly);
    let argued = ruled(&[state("F6", "argued", at)], &[]);
    assert_eq!(argued.proposal.legal_class, LegalClass::NeedsMaterial);
}

/// A1: with the confirmed verdict the commission would take the application; documents carry the confirmed words.
#[test]
fn documents_and_desks_see_the_ruling() {
    let incident = one(&[guessed()], &Context::default());
    let incident = serde_json::json!({ "schema_version": 1, "id": "I-1", "kind": "password_guessing", "level": "high",
        "title": { "ja": "x", "en": "x" }, "legal": incident.legal, "first": incident.first, "last": incident.last });
    let text = r#"
[administrator]
name = "㈱関所商店"
[access_control]
consent_statement = true
holder_statement = true
"#;
    let facts =
        casework::dossier::Facts::parse(text, casework::dossier::catalogue::catalogue(), &[]).unwrap();
    let mut case = Dossier { seen: Seen::read(&incident).unwrap(), facts };
    let records = case.seen.legal.elements[0].records.clone();
    let mut proposed = case.seen.act_facts().unwrap().unwrap();
    entered(&mut proposed, &case.facts);
    let statements: Vec<Statement> = all("2026-11-24 10:00").into_iter().take(2).collect();
    let a1 = |case: &Dossier| {
        let psc = opinions(case).into_iter().find(|opinion| opinion.desk == "psc").unwrap();
        psc.checks.iter().find(|check| check.id == "A1").unwrap().answer
    };
    let verdict = |case: &Dossier| match project(&case.seen, "verdict", Tongue::Ja) {
        Some((Shown::Text(text), _)) => text,
        Some((Shown::Lines(lines), _)) => lines.join("\n"),
        other => panic!("{other:?}"),
    };
    ruling(&proposed, &statements, &[]).unwrap().settle(&mut case.seen).unwrap();
    assert_eq!(a1(&case), casework::acceptance::Answer::Unknown);
    assert_eq!(verdict(&case), "判定案：識別符号窃用型（人による確認前）");
    let confirm = [decide(Doing::Confirm, "UA1", "2026-11-24 15:00")];
    ruling(&proposed, &statements, &confirm).unwrap().settle(&mut case.seen).unwrap();
    assert_eq!(a1(&case), casework::acceptance::Answer::Yes);
    assert_eq!(
        verdict(&case),
        "判定：不正アクセス行為（識別符号窃用型）に当たる\n確定：令和8年11月24日 15時00分　関守 花子\n理由：資料により認められる"
    );
    assert_eq!(case.seen.legal.elements[0].records, records, "elements by records keep all of them");
    assert!(opinions(&case).iter().all(|opinion| opinion.outcome != Outcome::Refused));
}
