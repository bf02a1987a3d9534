//! The worked examples X01 to X42 of casework.md 2.10, and what every verdict must satisfy.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use act::{
    AccessControl, ActKind, Class, CredentialStatus, ElementState, Fact, FactId, Facts, InputKind,
    LegalClass, Place, Preparatory, PreparatoryKind, Recipient, Rule, Tri, Verdict, classify,
};
use common::{full, no, status, yes};

/// Checks what holds for every verdict, then rule and class.
#[track_caller]
fn check(facts: &Facts, rule: Rule, class: LegalClass) -> Verdict {
    let verdict = classify(facts);
    assert_eq!((verdict.rule, verdict.legal_class), (rule, class), "{:?}", verdict.rule_path.last());
    assert_eq!(verdict.rule_path.last().map(|step| step.rule), Some(rule));
    let json = serde_json::to_string(&verdict).unwrap();
    assert!(!json.contains("不正アクセス行為"), "CW-CLS-21: a proposal does not name the act");
    assert!(!json.contains("unauthorized access"), "CW-CLS-21: a proposal does not name the act");
    assert_eq!(json, serde_json::to_string(&classify(facts)).unwrap(), "CW-CLS-17");
    let back: Verdict = serde_json::from_str(&json).unwrap();
    assert_eq!(back, verdict);
    verdict
}

fn missing(verdict: &Verdict) -> Vec<FactId> {
    verdict.missing.iter().map(|missing| missing.fact).collect()
}

fn exploit(kind: InputKind) -> Facts {
    let mut facts = full("2005-06-01");
    facts.act_kind = ActKind::HoleExploit;
    facts.input_kind = Fact::new(kind);
    facts.credential_status = None;
    facts.consent_of_entitled_user = Fact::default();
    facts.function_place = Fact::new(Place::OnAttacked);
    facts
}

fn with_status(id: &str) -> Facts {
    let mut facts = full("2005-06-01");
    facts.input_kind = Fact::default();
    facts.function_place = Fact::new(Place::OnAttacked);
    facts.credential_status = Some(status(id));
    facts
}

#[test]
fn act_one_examples() {
    let x01 = check(&full("2005-06-01"), Rule::R10, LegalClass::Ua1);
    assert!(x01.elements.iter().all(|element| element.state == ElementState::Established));
    assert_eq!(x01.penalty_rows.first().map(|row| row.row.as_str()), Some("PEN-01"));
    let mut x02 = full("2005-06-01");
    x02.consent_of_entitled_user = yes();
    check(&x02, Rule::R7, LegalClass::ExcludedUserConsent);
    // X07 an isolated company network, X08 push buttons, X41 a reader: neither line nor device matters (CW-CLS-16).
    for (id, cs) in [("X07", "CS01"), ("X08", "CS01"), ("X41", "CS02"), ("X28", "CS04")] {
        let mut facts = full("2013-06-01");
        facts.act_id = id.to_owned();
        facts.credential_status = Some(status(cs));
        let verdict = check(&facts, Rule::R10, LegalClass::Ua1);
        assert_eq!(verdict.penalty_rows.first().map(|row| row.row.as_str()), Some("PEN-04"), "{id}");
    }
    check(&full("2005-06-01"), Rule::R10, LegalClass::Ua1); // X16: he had known it, but it was not given to him
    check(&with_status("CS13"), Rule::R10, LegalClass::Ua1); // X17
    check(&with_status("CS08b"), Rule::R10, LegalClass::Ua1); // X27
    let mut x20 = Vec::new();
    for account in ["a", "b", "c"] {
        let mut facts = full("2005-06-01");
        facts.act_id = account.to_owned();
        x20.push(check(&facts, Rule::R10, LegalClass::Ua1));
    }
    assert_eq!(x20.len(), 3);
}

#[test]
fn exclusion_examples() {
    let mut x03 = full("2005-06-01");
    x03.consent_of_administrator = yes();
    check(&x03, Rule::R6, LegalClass::ExcludedAdminConsent);
    let mut x04 = full("2005-06-01");
    x04.actor_is_administrator = yes();
    check(&x04, Rule::R5, LegalClass::ExcludedAdministrator);
    let mut x05 = full("2005-06-01");
    x05.via_line = no();
    check(&x05, Rule::R2, LegalClass::OutNotViaLine);
    let mut x06 = full("2005-06-01");
    x06.target_connected = no();
    check(&x06, Rule::R1, LegalClass::OutNotSpecifiedComputer);
    let mut x29 = full("2005-06-01");
    x29.target_is_computer = no();
    check(&x29, Rule::R1, LegalClass::OutNotSpecifiedComputer);
    check(&with_status("CS07"), Rule::R8, LegalClass::OutOwnCode); // X15
    let mut x18 = with_status("CS12");
    x18.consent_of_administrator = Fact::default();
    x18.within_published_purpose = yes();
    check(&x18, Rule::R6, LegalClass::ExcludedAdminConsent);
    let mut beyond = with_status("CS12");
    beyond.within_published_purpose = no();
    assert_eq!(classify(&beyond).review.len(), 1);
    let mut x24 = full("2005-06-01");
    x24.access_control_present = Fact::new(AccessControl::No);
    check(&x24, Rule::R4, LegalClass::OutNoAccessControl);
    check(&with_status("CS08a"), Rule::R7, LegalClass::ExcludedUserConsent); // X26
    let x32 = check(&full("2000-02-12"), Rule::R0, LegalClass::OutBeforeAct);
    assert!(x32.citations.is_empty() && !x32.hints.is_empty());
}

#[test]
fn hole_examples() {
    check(&exploit(InputKind::Command), Rule::R11, LegalClass::Ua2); // X09
    let mut x10 = exploit(InputKind::Command);
    (x10.attacked_computer, x10.function_computer) = (Some("auth".to_owned()), Some("auth".to_owned()));
    x10.function_place = Fact::default();
    check(&x10, Rule::R11, LegalClass::Ua2);
    let mut x11 = exploit(InputKind::InformationAndCommand);
    (x11.attacked_computer, x11.used_computer) = (Some("app".to_owned()), Some("app".to_owned()));
    x11.function_computer = Some("auth".to_owned());
    check(&x11, Rule::R12, LegalClass::Ua3);
    x11.used_computer = Some("db".to_owned());
    let apart = check(&x11, Rule::R13, LegalClass::Undetermined);
    assert!(apart.missing.is_empty());
    for cs in ["CS11", "CS09", "CS10"] {
        check(&with_status(cs), Rule::R11, LegalClass::Ua2); // X12, X13, X14
    }
    check(&exploit(InputKind::Command), Rule::R11, LegalClass::Ua2); // X25
    let mut x30_login = with_status("CS14");
    x30_login.beyond_authority = yes();
    x30_login.intentional = yes();
    let x30 = check(&x30_login, Rule::R8, LegalClass::OutOwnCode);
    assert_eq!(x30.standard_class, Class::Yes);
    check(&exploit(InputKind::NonCodeInformation), Rule::R11, LegalClass::Ua2);
    let mut x31 = exploit(InputKind::Command);
    x31.consent_of_entitled_user = yes();
    check(&x31, Rule::R11, LegalClass::Ua2);
}

#[test]
fn attempt_and_obstruction_examples() {
    let mut x19 = full("2005-06-01");
    x19.use_made_possible = no();
    assert!(check(&x19, Rule::R9, LegalClass::AttemptOnly).proposals.is_empty());
    let mut later = full("2013-06-01");
    later.use_made_possible = no();
    let later = check(&later, Rule::R9, LegalClass::AttemptOnly);
    let articles: Vec<&str> = later.proposals.iter().map(|cited| cited.article.as_str()).collect();
    assert_eq!(articles, ["4", "6"], "CW-CLS-12");
    let mut x21 = Facts::new("X21", ActKind::PortScan);
    x21.act_time = full("2005-06-01").act_time;
    x21.via_line = yes();
    x21.beyond_authority = yes();
    x21.intentional = yes();
    let x21 = check(&x21, Rule::R3, LegalClass::OutNoInfringement);
    assert_eq!((x21.standard_class, x21.reopen_if), (Class::Yes, Some(FactId::F6)));
    assert!(x21.hints.len() >= 2);
    let mut x22 = Facts::new("X22", ActKind::MailBomb);
    x22.use_made_possible = no();
    assert_eq!(check(&x22, Rule::R3, LegalClass::OutNoInfringement).reopen_if, None);
    let mut x23 = exploit(InputKind::Command);
    x23.act_kind = ActKind::Dos;
    check(&x23, Rule::R11, LegalClass::Ua2);
    x23.use_made_possible = no();
    check(&x23, Rule::R3, LegalClass::OutNoInfringement);
}

#[test]
fn unknown_examples() {
    let mut x39 = full("2005-06-01");
    x39.via_line = Fact::default();
    let x39 = check(&x39, Rule::R13, LegalClass::Undetermined);
    assert_eq!(missing(&x39), [FactId::F3]);
    assert!(x39.missing.iter().all(|fact| !fact.settled_by_ja.is_empty() && !fact.settled_by_en.is_empty()));
    let mut x40 = full("2005-06-01");
    x40.consent_of_administrator = Fact::default();
    let x40 = check(&x40, Rule::R13, LegalClass::Undetermined);
    assert_eq!(missing(&x40), [FactId::F8]);
    assert_eq!(x40.unconfirmable_because(), [FactId::F8, FactId::F10]);
    let nothing = check(&Facts::new("none", ActKind::Other), Rule::R9, LegalClass::NeedsMaterial);
    let names: Vec<&str> = missing(&nothing).iter().map(|fact| fact.as_str()).collect();
    assert_eq!(names.join(" "), "F0 F1 F2 F3 F4 F6 F7 F8 F5 F9 F10", "CW-CLS-11");
    let mut no_input = full("2005-06-01");
    no_input.input_kind = Fact::new(InputKind::None);
    no_input.credential_status = None;
    check(&no_input, Rule::R8, LegalClass::OutNoInput);
}

#[test]
fn an_officer_decides_modern_credentials() {
    let mut token = full("2024-06-01");
    token.credential_status = Some(status("CS15"));
    // Should the officer deny that it is a code, acts (ii) and (iii) are open, and they need F10 (CW-CLS-11: all facts).
    let open = check(&token, Rule::R13, LegalClass::Undetermined);
    assert_eq!((missing(&open), open.review.len()), (vec![FactId::F5, FactId::F10], 1));
    token.function_place = Fact::new(Place::OnAttacked);
    assert_eq!(missing(&check(&token, Rule::R13, LegalClass::Undetermined)), [FactId::F5]);
    token.input_kind.note = Some("利用規約で第三者への開示を禁じている".to_owned());
    assert_eq!(check(&token, Rule::R10, LegalClass::Ua1).review.len(), 1);
    let mut contradiction = full("2024-06-01");
    contradiction.credential_status = Some(status("CS09"));
    check(&contradiction, Rule::R13, LegalClass::Undetermined);
}

#[test]
fn borders_of_the_law() {
    let mut both = full("2012-04-30");
    both.act_time = common::between("2012-04-01", "2012-05-31");
    let both = check(&both, Rule::R13, LegalClass::Undetermined);
    assert_eq!(missing(&both), [FactId::F0]);
    let rows: Vec<_> =
        both.alternatives.iter().map(|one| (one.legal_class, one.penalty_rows.len())).collect();
    assert_eq!(rows, [(LegalClass::Ua1, 1), (LegalClass::Ua1, 1)], "CW-LAW-09");
    // The day is the day in Japan.
    check(&full("2000-02-12T15:00:00Z"), Rule::R10, LegalClass::Ua1);
    check(&full("2000-02-12T14:59:59Z"), Rule::R0, LegalClass::OutBeforeAct);
    let before = check(&full("2012-04-30T23:59:59+09:00"), Rule::R10, LegalClass::Ua1);
    assert_eq!(before.citations.last().map(|cited| cited.article.as_str()), Some("3(2)(i)"));
    let after = check(&full("2012-05-01T00:00:00+09:00"), Rule::R10, LegalClass::Ua1);
    assert_eq!(after.citations.last().map(|cited| cited.article.as_str()), Some("2(4)(i)"));
    let renamed = classify(&full("2025-06-01"));
    assert_eq!(
        renamed.penalty_rows.first().map(|row| row.text_ja.as_str()),
        Some("3年以下の拘禁刑又は100万円以下の罰金")
    );
}

fn preparatory(kind: PreparatoryKind, day: &str, set: impl FnOnce(&mut Preparatory)) -> Facts {
    let act_kind = match kind {
        PreparatoryKind::Acquisition => ActKind::CodeAcquisition,
        PreparatoryKind::Provision => ActKind::CodeProvision,
        PreparatoryKind::Storage => ActKind::CodeStorage,
        PreparatoryKind::SolicitSite | PreparatoryKind::SolicitMail => ActKind::Phishing,
    };
    let mut facts = full(day);
    facts.act_kind = act_kind;
    facts.input_kind = Fact::default();
    facts.credential_status = None;
    let mut acts = Preparatory::new(kind);
    set(&mut acts);
    facts.preparatory = Some(acts);
    facts
}

fn sold(acts: &mut Preparatory) {
    acts.provides = yes();
    acts.recipient = Fact::new(Recipient::ThirdParty);
    acts.code_is_complete = yes();
    acts.code_of_other = yes();
    acts.target_made_clear = yes();
    acts.on_request = no();
    acts.proper_reason = no();
    acts.knows_purpose = no();
}

fn kept(acts: &mut Preparatory) {
    acts.purpose = yes();
    acts.keeps = yes();
    acts.acquired_illegally = yes();
    acts.code_of_other = yes();
}

fn first_row(verdict: &Verdict) -> Option<&str> {
    verdict.penalty_rows.first().map(|row| row.row.as_str())
}

#[test]
fn provision_examples() {
    let x33 = preparatory(PreparatoryKind::Provision, "2000-05-10", sold);
    assert_eq!(first_row(&check(&x33, Rule::Pa2, LegalClass::Facilitate)), Some("PEN-03"));
    let mut x34 = x33.clone();
    if let Some(acts) = &mut x34.preparatory {
        acts.code_is_complete = no();
        acts.matching_id_known = yes();
    }
    check(&x34, Rule::Pa2, LegalClass::Facilitate);
    if let Some(acts) = &mut x34.preparatory {
        acts.matching_id_known = no();
    }
    check(&x34, Rule::Pa2, LegalClass::OutElementsRefuted); // PV-4
    for day in ["2000-05-10", "2013-05-10"] {
        let mut x42 = preparatory(PreparatoryKind::Provision, day, sold);
        if let Some(acts) = &mut x42.preparatory {
            acts.recipient = Fact::new(Recipient::EntitledUser);
        }
        let rule = if day < "2012" { Rule::Pa2 } else { Rule::Pa3 };
        let verdict = check(&x42, rule, LegalClass::OutElementsRefuted);
        assert!(verdict.rule_path.iter().any(|step| step.reason_ja.contains("禁止されていない")), "PV-8");
    }
    let mut own = x33;
    own.credential_status = CredentialStatus::new("CS11").map(Fact::new);
    check(&own, Rule::Pa2, LegalClass::OutElementsRefuted); // PV-6
    let mut later = preparatory(PreparatoryKind::Provision, "2013-05-10", sold);
    assert_eq!(first_row(&check(&later, Rule::Pa3, LegalClass::Facilitate)), Some("PEN-10"));
    if let Some(acts) = &mut later.preparatory {
        acts.knows_purpose = yes();
    }
    assert_eq!(first_row(&check(&later, Rule::Pa3, LegalClass::Facilitate)), Some("PEN-06"));
    if let Some(acts) = &mut later.preparatory {
        acts.proper_reason = yes();
    }
    check(&later, Rule::Pa3, LegalClass::ExcludedPreparatory);
}

#[test]
fn storage_and_acquisition_examples() {
    let x35 = preparatory(PreparatoryKind::Storage, "2013-01-10", kept);
    assert_eq!(first_row(&check(&x35, Rule::Pa4, LegalClass::Store)), Some("PEN-07"));
    let x36 = preparatory(PreparatoryKind::Storage, "2005-01-10", kept);
    check(&x36, Rule::Pa4, LegalClass::OutNoProvision);
    let mut across = x36;
    across.act_time = common::between("2012-01-01", "2012-12-31");
    let across = check(&across, Rule::Pa4, LegalClass::Undetermined);
    let classes: Vec<_> = across.alternatives.iter().map(|one| one.legal_class).collect();
    assert_eq!(classes, [LegalClass::OutNoProvision, LegalClass::Store], "CW-LAW-10");
    let bought = preparatory(PreparatoryKind::Acquisition, "2013-01-10", |acts| {
        acts.purpose = yes();
        acts.acquires = yes();
        acts.code_of_other = yes();
    });
    assert_eq!(first_row(&check(&bought, Rule::Pa1, LegalClass::Acquire)), Some("PEN-05"));
}

#[test]
fn soliciting_examples() {
    let x37 = preparatory(PreparatoryKind::SolicitSite, "2013-01-10", |acts| {
        acts.poses_as_administrator = yes();
        acts.public_transmission = yes();
    });
    assert_eq!(first_row(&check(&x37, Rule::Pa5, LegalClass::SolicitSite)), Some("PEN-08"));
    let mail = |acts: &mut Preparatory| {
        acts.poses_as_administrator = yes();
        acts.mail_to_entitled_user = yes();
        acts.channel = Some("sms".to_owned());
    };
    let mut x38 = preparatory(PreparatoryKind::SolicitMail, "2013-01-10", mail);
    assert_eq!(check(&x38, Rule::Pa6, LegalClass::SolicitMail).review.len(), 1, "CW-CLS-20");
    x38.consent_of_administrator = yes();
    check(&x38, Rule::Pa6, LegalClass::ExcludedPreparatory);
    if let Some(acts) = &mut x38.preparatory {
        acts.mail_to_entitled_user = Fact::new(Tri::Unknown);
    }
    x38.consent_of_administrator = no();
    let open = check(&x38, Rule::Pa6, LegalClass::Undetermined);
    assert_eq!(missing(&open), [FactId::P13]);
}
