//! Every rule and every worked example as a table: `data/cases.tsv` (casework.md 2.3, 2.4, 2.9, 2.10).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use act::{
    ActKind, Class, ElementState, Fact, Facts, InputKind, Place, Preparatory, PreparatoryKind, Rule, Tri,
    Verdict, classify,
};

const CASES: &str = include_str!("data/cases.tsv");

fn base(name: &str) -> Facts {
    let mut facts =
        if name == "none" { Facts::new("none", ActKind::Other) } else { common::full("2005-06-01") };
    if name == "hole" {
        facts.act_kind = ActKind::HoleExploit;
        facts.input_kind = Fact::new(InputKind::Command);
        facts.credential_status = None;
        facts.function_place = Fact::new(Place::OnAttacked);
    }
    facts.act_time = Fact::default();
    facts
}

fn tri(text: &str) -> Fact<Tri> {
    Fact::new(Tri::from_code(text).unwrap_or_else(|| panic!("not + - ?: {text}")))
}

fn set(facts: &mut Facts, change: &str) {
    let (name, value) = change.split_once('=').unwrap_or((change, ""));
    match name {
        "t" if value == "?" => {}
        "t" => {
            let (from, to) = value.split_once("..").unwrap_or((value, value));
            facts.act_time = common::between(from, to);
        }
        "kind" => facts.act_kind = ActKind::from_code(value).unwrap(),
        "F1" => facts.target_is_computer = tri(value),
        "F2" => facts.target_connected = tri(value),
        "F3" => facts.via_line = tri(value),
        "F4" => facts.access_control_present = Fact::new(act::AccessControl::from_code(value).unwrap()),
        "F5" => facts.input_kind = Fact::new(InputKind::from_code(value).unwrap()),
        "F6" => facts.use_made_possible = tri(value),
        "F7" => facts.actor_is_administrator = tri(value),
        "F8" => facts.consent_of_administrator = tri(value),
        "F9" => facts.consent_of_entitled_user = tri(value),
        "F10" => facts.function_place = Fact::new(Place::from_code(value).unwrap()),
        "X1" => facts.beyond_authority = tri(value),
        "X2" => facts.intentional = tri(value),
        "G1" => facts.non_user_improper_access = tri(value),
        "G2" => facts.user_beyond_rights = tri(value),
        "CS" if value == "-" => facts.credential_status = None,
        "CS" => facts.credential_status = Some(common::status(value)),
        "purpose" => facts.within_published_purpose = tri(value),
        "reason" => facts.input_kind.note = Some("規約で第三者への開示を禁じている".to_owned()),
        "M" => {
            let mut names = value.split('/').map(|name| (name != "-").then(|| name.to_owned()));
            facts.attacked_computer = names.next().flatten();
            facts.used_computer = names.next().flatten();
            facts.function_computer = names.next().flatten();
        }
        "prep" => facts.preparatory = Some(Preparatory::new(PreparatoryKind::from_code(value).unwrap())),
        _ => set_preparatory(facts.preparatory.as_mut().expect("prep= first"), name, value),
    }
}

fn set_preparatory(acts: &mut Preparatory, name: &str, value: &str) {
    let slot = match name {
        "P1" => &mut acts.purpose,
        "P2" => &mut acts.acquires,
        "P3" => &mut acts.provides,
        "P4" => {
            acts.recipient = Fact::new(act::Recipient::from_code(value).unwrap());
            return;
        }
        "P5" => &mut acts.target_made_clear,
        "P6" => &mut acts.on_request,
        "P7" => &mut acts.knows_purpose,
        "P8" => &mut acts.proper_reason,
        "P9" => &mut acts.keeps,
        "P10" => &mut acts.acquired_illegally,
        "P11" => &mut acts.poses_as_administrator,
        "P12" => &mut acts.public_transmission,
        "P13" => &mut acts.mail_to_entitled_user,
        "P14" => &mut acts.code_is_complete,
        "P15" => &mut acts.matching_id_known,
        "P17" => &mut acts.code_of_other,
        other => panic!("no such fact: {other}"),
    };
    *slot = tri(value);
}

/// The verdict as the columns of the table.
fn shown(verdict: &Verdict) -> Vec<String> {
    let class = |class: Class| match class {
        Class::Yes => "+",
        Class::No => "-",
        Class::Undetermined => "?",
    };
    let state = |state: ElementState| match state {
        ElementState::Established => '+',
        ElementState::Refuted => '-',
        ElementState::Unknown => '?',
    };
    let mut elements = String::new();
    if verdict.elements.first().is_some_and(|element| element.id == "E1") && !preparatory(verdict) {
        elements = verdict.elements.iter().map(|element| state(element.state)).collect();
        elements.push(state(verdict.exclusion.state));
    }
    let missing: Vec<&str> = verdict.missing.iter().map(|missing| missing.fact.as_str()).collect();
    let penalties: Vec<&str> = verdict.penalty_rows.iter().map(|row| row.row.as_str()).collect();
    let article = verdict.citations.last().map_or("", |citation| citation.article.as_str());
    vec![
        verdict.rule.to_string(),
        verdict.legal_class.to_string(),
        class(verdict.standard_class).to_owned(),
        class(verdict.guideline_class).to_owned(),
        elements,
        missing.join(" "),
        penalties.join(" "),
        article.to_owned(),
    ]
}

fn preparatory(verdict: &Verdict) -> bool {
    matches!(
        verdict.act_kind,
        ActKind::CodeProvision | ActKind::CodeStorage | ActKind::CodeAcquisition | ActKind::Phishing
    )
}

fn cases() -> impl Iterator<Item = (&'static str, Facts, Vec<String>)> {
    CASES.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut cells = line.split('\t');
        let (id, text) = (cells.next().unwrap(), cells.next().unwrap());
        let mut changes = text.split(' ');
        let mut facts = base(changes.next().unwrap());
        changes.for_each(|change| set(&mut facts, change));
        (id, facts, cells.map(str::to_owned).collect())
    })
}

#[test]
fn every_case_of_the_table() {
    let mut wrong = String::new();
    for (id, facts, expected) in cases() {
        let found = shown(&classify(&facts));
        if found != expected {
            wrong += &format!("{id}\n  expected {expected:?}\n  found    {found:?}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The table is whole: every worked example, every rule, both texts of the law, every credential status.
#[test]
fn the_table_is_whole() {
    let ids: Vec<&str> = cases().map(|(id, ..)| id).collect();
    for number in 1..=42 {
        assert!(ids.contains(&format!("X{number:02}").as_str()), "X{number:02}");
    }
    for rule in Rule::ALL {
        assert!(cases().any(|(_, _, expected)| expected[0] == rule.as_str()), "{rule}");
    }
    for rule in [Rule::R10, Rule::R11, Rule::R12] {
        for penalty in ["PEN-01", "PEN-04"] {
            let both = |cells: &[String]| cells[0] == rule.as_str() && cells[6] == penalty;
            assert!(cases().any(|(_, _, expected)| both(&expected)), "{rule} {penalty}");
        }
    }
    for (status, ..) in act::credential_statuses() {
        let used = |facts: &Facts| facts.credential_status.as_ref().is_some_and(|fact| fact.value == status);
        assert!(cases().any(|(_, facts, _)| used(&facts)), "{}", status.as_str());
    }
}

/// Every step of every path gives a reason in both languages, and the wording rules W1 to W7 hold in all texts.
#[test]
fn the_wording_rules_hold() {
    let forbidden_ja = [
        "不正アクセス行為",
        "被疑者",
        "犯人",
        "すべきである",
        "べきです",
        "犯罪です",
        "過失",
        "落ち度",
        "不注意",
    ];
    let forbidden_en = ["suspect", "criminal", "guilty", "you should", "negligen", "careless", "at fault"];
    for (id, facts, _) in cases() {
        let verdict = classify(&facts);
        assert_eq!(
            (verdict.heading.ja.as_str(), verdict.heading.en.as_str()),
            ("判定案", "Proposal (判定案)"),
            "W1"
        );
        for step in &verdict.rule_path {
            assert!(!step.reason_ja.is_empty() && !step.reason_en.is_empty(), "{id} {}", step.rule);
        }
        let json = serde_json::to_string(&verdict).unwrap();
        for word in forbidden_ja.iter().chain(&forbidden_en) {
            assert!(!json.to_lowercase().contains(word), "{id} says {word}");
        }
        for citation in &verdict.citations {
            assert!(
                citation.text_ja.contains("不正アクセス禁止法") && citation.text_en.contains("Art. "),
                "W6 {id}"
            );
        }
        let out = verdict.legal_class.as_str().starts_with("out_")
            || verdict.legal_class.as_str() == "attempt_only";
        if out && !preparatory(&verdict) {
            assert!(!verdict.hints.is_empty(), "W5: {id} names no other way");
        }
    }
}

/// CW-LAW-04: under each text the article of that text, for every case that is decided under it.
#[test]
fn citations_follow_the_law_of_the_day() {
    for (id, facts, _) in cases() {
        let verdict = classify(&facts);
        for citation in &verdict.citations {
            assert_eq!(Some(citation.law_version), verdict.law_version, "{id}");
        }
        for row in &verdict.penalty_rows {
            assert_eq!(Some(row.law_version), verdict.law_version, "{id}");
        }
    }
}
