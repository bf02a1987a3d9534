//! Puts the verdict together: elements, exclusion box, classes, citations, penalties, hints.

use super::rules::{Judged, and, missing, or};
use super::view::View;
use crate::articles::{Citation, cite};
use crate::evidence::EvidenceRef;
use crate::facts::FactId::{self, F1, F2, F3, F4, F5, F6, F7, F8, F9, F10};
use crate::facts::{ActKind, InputKind, Tri};
use crate::law::LawVersion;
use crate::penalty::{PenaltyRow, penalty};
use crate::table::{cell, data_hash, list, row, rows};
use crate::verdict::{
    Class, Element, ElementState, Exclusion, FactUse, LegalClass, Missing, State, Text, Verdict,
};

pub(crate) fn verdict(view: &View<'_>, judged: Judged) -> Verdict {
    let facts = view.facts;
    let law_version = view.version();
    let Judged { path, rule, class, reopen_if } = judged;
    let asks = matches!(class, LegalClass::NeedsMaterial | LegalClass::Undetermined);
    let missing = if asks { missing(view) } else { Vec::new() };
    Verdict {
        schema_version: 1,
        heading: Text::new("判定案", "Proposal (判定案)"),
        verdict_id: None,
        case_id: facts.case_id.clone(),
        act_id: facts.act_id.clone(),
        act_kind: facts.act_kind,
        law_version,
        rule,
        legal_class: class,
        label: class.text(),
        standard_class: standard_class(view),
        guideline_class: guideline_class(view, class),
        virus_class: if facts.act_kind == ActKind::MalwareDelivery { Class::Yes } else { Class::No },
        rule_path: path,
        elements: elements(view),
        exclusion: exclusion(view),
        missing: missing.into_iter().map(wanted).collect(),
        reopen_if,
        review: view.review.clone(),
        proposals: proposals(class, law_version),
        hints: hints(class, facts.act_kind),
        citations: citations(view, class, law_version),
        penalty_rows: penalty_rows(view, class, law_version),
        alternatives: Vec::new(),
        data_hash: data_hash().to_owned(),
        state: State::Proposed,
        proposed_at: None,
        confirmed_by: None,
        confirmed_at: None,
        supersedes: None,
    }
}

pub(crate) fn wanted(fact: FactId) -> Missing {
    Missing {
        fact,
        name: fact.name().to_owned(),
        text: Text::new(fact.ja(), fact.en()),
        settled_by_ja: fact.evidence_ja(),
        settled_by_en: fact.evidence_en(),
    }
}

pub(crate) const fn state(value: Tri) -> ElementState {
    match value {
        Tri::Yes => ElementState::Established,
        Tri::No => ElementState::Refuted,
        Tri::Unknown => ElementState::Unknown,
    }
}

pub(crate) fn evidence(facts: &[FactUse]) -> Vec<EvidenceRef> {
    let mut all: Vec<EvidenceRef> = facts.iter().flat_map(|used| used.evidence.iter().cloned()).collect();
    all.sort();
    all.dedup();
    all
}

fn elements(view: &View<'_>) -> Vec<Element> {
    let facts = view.facts;
    let input = match view.f5 {
        InputKind::Unknown => Tri::Unknown,
        InputKind::OwnCode | InputKind::None => Tri::No,
        _ => Tri::Yes,
    };
    let reached = and(&[view.f4(), facts.use_made_possible.value]);
    let e4: &[FactId] = if view.uses_hole() { &[F4, F6, F10] } else { &[F4, F6] };
    vec![
        element(view, "E1", and(&[facts.target_is_computer.value, facts.target_connected.value]), &[F1, F2]),
        element(view, "E2", facts.via_line.value, &[F3]),
        element(view, "E3", input, &[F5]),
        element(view, "E4", reached, e4),
    ]
}

fn element(view: &View<'_>, id: &str, value: Tri, facts: &[FactId]) -> Element {
    let cells = row("elements", id).unwrap_or_default();
    let facts: Vec<FactUse> = facts.iter().map(|fact| view.used(*fact)).collect();
    Element {
        id: id.to_owned(),
        state: state(value),
        statement_ja: cell(&cells, 1).to_owned(),
        statement_en: cell(&cells, 2).to_owned(),
        evidence: evidence(&facts),
        facts,
        settled_by_ja: list(cell(&cells, 3)),
        settled_by_en: list(cell(&cells, 4)),
    }
}

/// F9 counts only where another's code was, or may have been, input (CW-CLS-08).
pub(crate) fn exclusion(view: &View<'_>) -> Exclusion {
    let code = match view.f5 {
        InputKind::Unknown => Tri::Unknown,
        InputKind::CodeOfOther => Tri::Yes,
        _ => Tri::No,
    };
    let ground = or(&[view.facts.actor_is_administrator.value, view.f8, and(&[code, view.f9])]);
    let facts: Vec<FactUse> = [F7, F8, F9].iter().map(|fact| view.used(*fact)).collect();
    let recorded = [
        &view.facts.actor_is_administrator,
        &view.facts.consent_of_administrator,
        &view.facts.consent_of_entitled_user,
    ];
    let mut said_by: Vec<String> = recorded.iter().filter_map(|fact| fact.author.clone()).collect();
    said_by.sort();
    said_by.dedup();
    let cells = row("elements", "EX").unwrap_or_default();
    Exclusion {
        state: state(ground),
        evidence: evidence(&facts),
        facts,
        said_by,
        settled_by_ja: list(cell(&cells, 3)),
        settled_by_en: list(cell(&cells, 4)),
    }
}

const fn class(value: Tri) -> Class {
    match value {
        Tri::Yes => Class::Yes,
        Tri::No => Class::No,
        Tri::Unknown => Class::Undetermined,
    }
}

/// DEF-2: beyond authority, intentional, over the line; no success needed (CW-CLS-25).
fn standard_class(view: &View<'_>) -> Class {
    let facts = view.facts;
    class(and(&[facts.beyond_authority.value, facts.intentional.value, facts.via_line.value]))
}

/// DEF-3 contains DEF-1.
fn guideline_class(view: &View<'_>, legal: LegalClass) -> Class {
    if legal.is_act() {
        return Class::Yes;
    }
    let either = or(&[view.facts.non_user_improper_access.value, view.facts.user_beyond_rights.value]);
    class(either)
}

/// CW-CLS-12: after a failed try under the 2012 text, acquisition and storage are to be examined.
fn proposals(class: LegalClass, law_version: Option<LawVersion>) -> Vec<Citation> {
    if class != LegalClass::AttemptOnly || law_version != Some(LawVersion::Act2012) {
        return Vec::new();
    }
    ["acquire", "store"].iter().filter_map(|subject| cite(subject, LawVersion::Act2012)).collect()
}

pub(crate) fn hints(class: LegalClass, act_kind: ActKind) -> Vec<Text> {
    let of_kind = if class == LegalClass::OutNoInfringement { act_kind.as_str() } else { "" };
    rows("hints")
        .filter(|cells| cell(cells, 0) == class.as_str() || cell(cells, 0) == of_kind)
        .map(|cells| Text::new(cell(&cells, 1), cell(&cells, 2)))
        .collect()
}

fn citations(view: &View<'_>, class: LegalClass, law_version: Option<LawVersion>) -> Vec<Citation> {
    let Some(law_version) = law_version else { return Vec::new() };
    let definition = match view.f5 {
        InputKind::CodeOfOther => "ua_def_1",
        _ if view.uses_hole() && view.f10 == crate::facts::Place::OnOther => "ua_def_3",
        _ if view.uses_hole() => "ua_def_2",
        _ => "ua_ban",
    };
    let subjects: &[&str] = match class {
        LegalClass::OutNotSpecifiedComputer | LegalClass::OutNotViaLine => &["def_admin"],
        LegalClass::OutNoInfringement | LegalClass::OutNoAccessControl => &["def_function"],
        LegalClass::OutOwnCode => &["def_code", "ua_def_1"],
        LegalClass::ExcludedUserConsent => &["ua_def_1"],
        LegalClass::Ua1 => &["ua_ban", "ua_def_1"],
        LegalClass::Ua2 => &["ua_ban", "ua_def_2"],
        LegalClass::Ua3 => &["ua_ban", "ua_def_3"],
        _ => &[definition],
    };
    subjects.iter().filter_map(|subject| cite(subject, law_version)).collect()
}

fn penalty_rows(view: &View<'_>, class: LegalClass, law_version: Option<LawVersion>) -> Vec<PenaltyRow> {
    let row = match law_version {
        Some(LawVersion::Act1999) if class.is_act() => "PEN-01",
        Some(LawVersion::Act2012) if class.is_act() => "PEN-04",
        _ => return Vec::new(),
    };
    penalty(row, &view.facts.act_time.value).into_iter().collect()
}
