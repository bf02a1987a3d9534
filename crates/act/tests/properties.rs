//! Properties of the classifier and of the data it rests on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use act::{
    AccessControl, ActKind, CredentialStatus, ElementState, Fact, Facts, InputKind, LawVersion, LegalClass,
    Place, Rule, Tri, Verdict, category_map, cite, classify, credential_statuses, errata, penalties,
    subjects,
};
use proptest::prelude::*;

fn any_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(all)
}

fn fact<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = Fact<T>> {
    any_of(all).prop_map(Fact::new)
}

prop_compose! {
    fn facts()(
        kind in any_of(ActKind::ALL),
        time in proptest::sample::select(vec!["?", "1999-12-31", "2001-04-01", "2012-05-01", "2025-06-02"]),
        tris in proptest::collection::vec(fact(Tri::ALL), 9),
        f4 in fact(AccessControl::ALL),
        f5 in fact(InputKind::ALL),
        f10 in fact(Place::ALL),
        cs in proptest::option::of(proptest::sample::select(credential_statuses().map(|(cs, ..)| cs).collect::<Vec<_>>())),
    ) -> Facts {
        let mut facts = Facts::new("p", kind);
        if time != "?" { facts.act_time = common::full(time).act_time; }
        let mut tris = tris.into_iter();
        for slot in [
            &mut facts.target_is_computer, &mut facts.target_connected, &mut facts.via_line,
            &mut facts.use_made_possible, &mut facts.actor_is_administrator, &mut facts.consent_of_administrator,
            &mut facts.consent_of_entitled_user, &mut facts.beyond_authority, &mut facts.intentional,
        ] {
            if let Some(tri) = tris.next() { *slot = tri; }
        }
        facts.access_control_present = f4;
        facts.input_kind = f5;
        facts.function_place = f10;
        facts.credential_status = cs.map(Fact::new);
        facts
    }
}

/// Fills every unknown of `facts` from `other`.
fn settled(mut facts: Facts, other: &Facts) -> Facts {
    fn fill<T: Copy + PartialEq>(slot: &mut Fact<T>, other: &Fact<T>, unknown: T) {
        if slot.value == unknown {
            slot.value = other.value;
        }
    }
    fill(&mut facts.target_is_computer, &other.target_is_computer, Tri::Unknown);
    fill(&mut facts.target_connected, &other.target_connected, Tri::Unknown);
    fill(&mut facts.via_line, &other.via_line, Tri::Unknown);
    fill(&mut facts.use_made_possible, &other.use_made_possible, Tri::Unknown);
    fill(&mut facts.actor_is_administrator, &other.actor_is_administrator, Tri::Unknown);
    fill(&mut facts.consent_of_administrator, &other.consent_of_administrator, Tri::Unknown);
    fill(&mut facts.consent_of_entitled_user, &other.consent_of_entitled_user, Tri::Unknown);
    fill(&mut facts.access_control_present, &other.access_control_present, AccessControl::Unknown);
    fill(&mut facts.input_kind, &other.input_kind, InputKind::Unknown);
    fill(&mut facts.function_place, &other.function_place, Place::Unknown);
    if facts.act_time == Fact::default() {
        facts.act_time = other.act_time.clone();
    }
    facts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// CW-CLS-09: settling unknown facts never turns a fired exclusion into an offence.
    #[test]
    fn exclusions_stay_exclusions(facts in facts(), other in facts()) {
        let first = classify(&facts);
        let second = classify(&settled(facts, &other));
        let excluding = [Rule::R0, Rule::R1, Rule::R2, Rule::R4, Rule::R5, Rule::R6, Rule::R7, Rule::R8];
        if excluding.contains(&first.rule) {
            prop_assert!(!second.legal_class.is_act(), "{:?} became {:?}", first.rule, second.legal_class);
        }
    }

    /// CW-CLS-21, W1: no text of a proposal names the act; CW-CLS-17: same facts, same bytes.
    #[test]
    fn proposals_name_nothing(facts in facts()) {
        let verdict = classify(&facts);
        let json = serde_json::to_string(&verdict).unwrap();
        prop_assert!(!json.contains("不正アクセス行為") && !json.contains("被疑者") && !json.contains("犯人"));
        prop_assert!(!verdict.may_be_named());
        prop_assert_eq!(&json, &serde_json::to_string(&classify(&facts)).unwrap());
        prop_assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
    }

    /// An offence needs every element established and no ground for exclusion; an open verdict names what is missing.
    #[test]
    fn acts_rest_on_established_elements(facts in facts()) {
        let verdict = classify(&facts);
        if verdict.legal_class.is_act() {
            prop_assert!(verdict.elements.iter().all(|element| element.state == ElementState::Established));
            prop_assert_ne!(verdict.exclusion.state, ElementState::Established);
            prop_assert!(!verdict.citations.is_empty() && verdict.penalty_rows.len() == 1);
        }
        if verdict.legal_class == LegalClass::NeedsMaterial {
            prop_assert!(!verdict.missing.is_empty());
        }
        for missing in &verdict.missing {
            prop_assert!(!missing.settled_by_ja.is_empty() && !missing.settled_by_en.is_empty());
        }
    }
}

fn preparatory() -> impl Strategy<Value = Facts> {
    let kinds = any_of(act::PreparatoryKind::ALL);
    let tris = proptest::collection::vec(fact(Tri::ALL), 16);
    let time = proptest::sample::select(vec!["1999-12-31", "2005-04-01", "2012-05-01", "2025-06-02"]);
    (kinds, tris, fact(act::Recipient::ALL), time, facts()).prop_map(
        |(kind, tris, recipient, time, mut facts)| {
            let mut acts = act::Preparatory::new(kind);
            let mut tris = tris.into_iter();
            for slot in [
                &mut acts.purpose,
                &mut acts.acquires,
                &mut acts.provides,
                &mut acts.target_made_clear,
                &mut acts.on_request,
                &mut acts.knows_purpose,
                &mut acts.proper_reason,
                &mut acts.keeps,
                &mut acts.acquired_illegally,
                &mut acts.poses_as_administrator,
                &mut acts.public_transmission,
                &mut acts.mail_to_entitled_user,
                &mut acts.code_is_complete,
                &mut acts.matching_id_known,
                &mut acts.aids_an_act,
                &mut acts.code_of_other,
            ] {
                if let Some(tri) = tris.next() {
                    *slot = tri;
                }
            }
            acts.recipient = recipient;
            facts.act_time = common::full(time).act_time;
            facts.preparatory = Some(acts);
            facts
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// CW-CLS-18: a preparatory act is proposed only with every element established, under a law that knows it, and an
    /// open one names what is missing; nothing names the act.
    #[test]
    fn preparatory_acts_rest_on_established_elements(facts in preparatory()) {
        let verdict = classify(&facts);
        let named = matches!(
            verdict.legal_class,
            LegalClass::Acquire | LegalClass::Facilitate | LegalClass::Store | LegalClass::SolicitSite
                | LegalClass::SolicitMail
        );
        if named {
            prop_assert!(verdict.elements.iter().all(|element| element.state == ElementState::Established));
            prop_assert!(!verdict.citations.is_empty() && !verdict.penalty_rows.is_empty());
            prop_assert!(verdict.law_version.is_some_and(|version| version != LawVersion::Pre));
        }
        if verdict.legal_class == LegalClass::Undetermined {
            prop_assert!(!verdict.missing.is_empty());
        }
        prop_assert!(!serde_json::to_string(&verdict).unwrap().contains("不正アクセス行為"));
    }
}

#[test]
fn naming_needs_confirmation() {
    let mut verdict = classify(&common::full("2013-01-01"));
    assert!(!verdict.may_be_named());
    verdict.state = act::State::Confirmed;
    assert!(verdict.may_be_named());
    verdict.elements[2].state = ElementState::Unknown;
    assert!(!verdict.may_be_named());
}

#[test]
fn every_credential_status_works() {
    let ids: Vec<String> = credential_statuses().map(|(cs, ..)| cs.as_str().to_owned()).collect();
    assert_eq!(ids.len(), 16);
    assert!(CredentialStatus::new("CS99").is_none());
}

#[test]
fn articles_of_both_texts() {
    let shown = |subject, version| cite(subject, version).map(|cited| cited.text_ja);
    assert_eq!(
        shown("ua_def_2", LawVersion::Act2012).as_deref(),
        Some(
            "不正アクセス禁止法（平成24年改正後）第2条第4項第2号（第2号の行為（セキュリティ・ホール攻撃型））"
        )
    );
    assert_eq!(cite("pen_ua", LawVersion::Act1999).map(|cited| cited.article).as_deref(), Some("8(i)"));
    assert_eq!(shown("store", LawVersion::Act1999), None);
    assert_eq!(shown("ua_ban", LawVersion::Pre), None);
    assert!(subjects().all(|subject| cite(subject, LawVersion::Act2012).is_some()));
}

#[test]
fn tables_are_complete() {
    assert_eq!(penalties().len(), 10);
    assert_eq!(errata().count(), 7);
    assert_eq!(category_map().count(), 20);
    assert!(act::term::terms().count() >= 55);
    assert_eq!(act::term::term("UnauthorizedAccess").map(|term| term.ja), Some("不正アクセス行為"));
    assert_eq!(act::key_date("in_force"), Some("2000-02-13"));
    assert!(act::publishing_ministers("2001-01-05").is_some_and(|(ja, _)| ja.contains("郵政大臣")));
    assert!(act::publishing_ministers("2001-01-06").is_some_and(|(ja, _)| ja.contains("総務大臣")));
    for class in LegalClass::ALL {
        assert!(!class.text().ja.is_empty() && !class.text().en.is_empty(), "{class}");
    }
    for fact in act::FactId::ALL {
        assert!(!fact.name().is_empty() && !fact.evidence_ja().is_empty(), "{fact}");
        assert_eq!(fact.evidence_ja().len(), fact.evidence_en().len(), "{fact}");
    }
}
