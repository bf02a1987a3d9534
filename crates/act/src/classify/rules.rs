//! Rules R0 to R13 in order (casework.md 2.3).

use super::view::View;
use crate::facts::FactId::{self, F0, F1, F2, F3, F4, F5, F6, F7, F8, F9, F10, M1, M2};
use crate::facts::{InputKind, Place, Tri};
use crate::law::LawVersion;
use crate::table::{cell, row};
use crate::verdict::{LegalClass, Rule, Step, StepOutcome};

/// What one rule says of the facts.
struct Answer {
    outcome: StepOutcome,
    class: LegalClass,
    /// Key of the reason in `data/rules.tsv`.
    reason: &'static str,
    facts: &'static [FactId],
}

/// What all rules together said.
pub(crate) struct Judged {
    pub(crate) path: Vec<Step>,
    pub(crate) rule: Rule,
    pub(crate) class: LegalClass,
    pub(crate) reopen_if: Option<FactId>,
}

type Check = fn(&View<'_>) -> Answer;

const ORDER: &[(Rule, Check)] = &[
    (Rule::R0, r0),
    (Rule::R1, r1),
    (Rule::R2, r2),
    (Rule::R3, r3),
    (Rule::R4, r4),
    (Rule::R5, r5),
    (Rule::R6, r6),
    (Rule::R7, r7),
    (Rule::R8, r8),
    (Rule::R9, r9),
    (Rule::R10, r10),
    (Rule::R11, r11),
    (Rule::R12, r12),
    (Rule::R13, r13),
];

/// The required set of R10 to R12 besides what was input.
const REQUIRED: [FactId; 8] = [F0, F1, F2, F3, F4, F6, F7, F8];

pub(crate) fn judge(view: &View<'_>) -> Judged {
    let mut path = Vec::new();
    for (rule, check) in ORDER {
        let answer = check(view);
        path.push(step(*rule, &answer, view));
        if answer.outcome == StepOutcome::Fired {
            let reopens = *rule == Rule::R3 && view.facts.use_made_possible.value == Tri::Unknown;
            return Judged { path, rule: *rule, class: answer.class, reopen_if: reopens.then_some(F6) };
        }
    }
    Judged { path, rule: Rule::R13, class: LegalClass::Undetermined, reopen_if: None }
}

fn step(rule: Rule, answer: &Answer, view: &View<'_>) -> Step {
    let cells = row("rules", answer.reason).unwrap_or_default();
    Step {
        rule,
        outcome: answer.outcome,
        reason_ja: cell(&cells, 1).to_owned(),
        reason_en: cell(&cells, 2).to_owned(),
        fact_refs: answer.facts.iter().map(|fact| view.used(*fact)).collect(),
    }
}

/// Every unknown fact of the required set and of the kind of input (CW-CLS-11).
pub(crate) fn missing(view: &View<'_>) -> Vec<FactId> {
    let mut wanted = REQUIRED.to_vec();
    wanted.push(F5);
    let open = view.f5 == InputKind::Unknown;
    if open || view.uses_code() {
        wanted.push(F9);
    }
    if open || view.uses_hole() {
        wanted.push(F10);
    }
    if view.uses_hole() && view.f10 == Place::OnOther {
        wanted.extend([M1, M2]);
    }
    wanted.retain(|fact| view.used(*fact).value == "?");
    wanted
}

fn fired(class: LegalClass, reason: &'static str, facts: &'static [FactId]) -> Answer {
    Answer { outcome: StepOutcome::Fired, class, reason, facts }
}

fn pass(outcome: StepOutcome, reason: &'static str, facts: &'static [FactId]) -> Answer {
    Answer { outcome, class: LegalClass::Undetermined, reason, facts }
}

/// Fires on `condition` +; the reasons are for fired, refuted, unknown.
fn on(condition: Tri, class: LegalClass, reasons: [&'static str; 3], facts: &'static [FactId]) -> Answer {
    match condition {
        Tri::Yes => fired(class, reasons[0], facts),
        Tri::No => pass(StepOutcome::NotFired, reasons[1], facts),
        Tri::Unknown => pass(StepOutcome::Open, reasons[2], facts),
    }
}

pub(crate) const fn not(value: Tri) -> Tri {
    match value {
        Tri::Yes => Tri::No,
        Tri::No => Tri::Yes,
        Tri::Unknown => Tri::Unknown,
    }
}

pub(crate) fn and(values: &[Tri]) -> Tri {
    not(or(&values.iter().map(|value| not(*value)).collect::<Vec<_>>()))
}

pub(crate) fn or(values: &[Tri]) -> Tri {
    if values.contains(&Tri::Yes) {
        Tri::Yes
    } else if values.contains(&Tri::Unknown) {
        Tri::Unknown
    } else {
        Tri::No
    }
}

const fn tri(value: bool) -> Tri {
    if value { Tri::Yes } else { Tri::No }
}

fn r0(view: &View<'_>) -> Answer {
    let before = match (view.versions.contains(&LawVersion::Pre), view.versions.len()) {
        (false, _) => Tri::No,
        (true, 1) => Tri::Yes,
        (true, _) => Tri::Unknown,
    };
    on(before, LegalClass::OutBeforeAct, ["R0.fired", "R0.not_fired", "R0.open"], &[F0])
}

fn r1(view: &View<'_>) -> Answer {
    let refuted = or(&[not(view.facts.target_is_computer.value), not(view.facts.target_connected.value)]);
    on(refuted, LegalClass::OutNotSpecifiedComputer, ["R1.fired", "R1.not_fired", "R1.open"], &[F1, F2])
}

fn r2(view: &View<'_>) -> Answer {
    on(
        not(view.facts.via_line.value),
        LegalClass::OutNotViaLine,
        ["R2.fired", "R2.not_fired", "R2.open"],
        &[F3],
    )
}

fn r3(view: &View<'_>) -> Answer {
    let made_possible = view.facts.use_made_possible.value;
    if !view.facts.act_kind.is_mere_obstruction() || made_possible == Tri::Yes {
        return pass(StepOutcome::NotFired, "R3.not_fired", &[F6]);
    }
    let reason = if made_possible == Tri::No { "R3.fired" } else { "R3.fired_open" };
    fired(LegalClass::OutNoInfringement, reason, &[F6])
}

fn r4(view: &View<'_>) -> Answer {
    on(not(view.f4()), LegalClass::OutNoAccessControl, ["R4.fired", "R4.not_fired", "R4.open"], &[F4])
}

fn r5(view: &View<'_>) -> Answer {
    let value = view.facts.actor_is_administrator.value;
    on(value, LegalClass::ExcludedAdministrator, ["R5.fired", "R5.not_fired", "R5.open"], &[F7])
}

fn r6(view: &View<'_>) -> Answer {
    on(view.f8, LegalClass::ExcludedAdminConsent, ["R6.fired", "R6.not_fired", "R6.open"], &[F8])
}

/// F9 exempts act (i) only (CW-CLS-08).
fn r7(view: &View<'_>) -> Answer {
    let code = if view.f5 == InputKind::Unknown { Tri::Unknown } else { tri(view.uses_code()) };
    let both = and(&[code, view.f9]);
    on(both, LegalClass::ExcludedUserConsent, ["R7.fired", "R7.not_fired", "R7.open"], &[F5, F9])
}

fn r8(view: &View<'_>) -> Answer {
    match view.f5 {
        InputKind::OwnCode => fired(LegalClass::OutOwnCode, "R8.fired_own", &[F5]),
        InputKind::None => fired(LegalClass::OutNoInput, "R8.fired_none", &[F5]),
        InputKind::Unknown => pass(StepOutcome::Open, "R8.open", &[F5]),
        _ => pass(StepOutcome::NotFired, "R8.not_fired", &[F5]),
    }
}

fn r9(view: &View<'_>) -> Answer {
    match view.facts.use_made_possible.value {
        Tri::No => fired(LegalClass::AttemptOnly, "R9.attempt", &[F6]),
        Tri::Unknown => fired(LegalClass::NeedsMaterial, "R9.material", &[F6]),
        Tri::Yes => pass(StepOutcome::NotFired, "R9.not_fired", &[F6]),
    }
}

/// F0 known, F1 +, F2 +, F3 +, F4 +, F6 +, F7 -, F8 -.
fn required(view: &View<'_>) -> Tri {
    let facts = view.facts;
    let date = if view.version().is_some() { Tri::Yes } else { Tri::Unknown };
    and(&[
        date,
        facts.target_is_computer.value,
        facts.target_connected.value,
        facts.via_line.value,
        view.f4(),
        facts.use_made_possible.value,
        not(facts.actor_is_administrator.value),
        not(view.f8),
    ])
}

fn r10(view: &View<'_>) -> Answer {
    let code = if view.f5 == InputKind::Unknown { Tri::Unknown } else { tri(view.uses_code()) };
    let holds = and(&[code, not(view.f9), required(view)]);
    let facts = &[F0, F1, F2, F3, F4, F5, F6, F7, F8, F9];
    on(holds, LegalClass::Ua1, ["R10.fired", "RX.not_fired", "RX.open"], facts)
}

fn hole(view: &View<'_>) -> Tri {
    if view.f5 == InputKind::Unknown { Tri::Unknown } else { tri(view.uses_hole()) }
}

fn placed(view: &View<'_>, place: Place) -> Tri {
    if view.f10 == Place::Unknown { Tri::Unknown } else { tri(view.f10 == place) }
}

fn r11(view: &View<'_>) -> Answer {
    let holds = and(&[hole(view), placed(view, Place::OnAttacked), required(view)]);
    let facts = &[F0, F1, F2, F3, F4, F5, F6, F7, F8, F10];
    on(holds, LegalClass::Ua2, ["R11.fired", "RX.not_fired", "RX.open"], facts)
}

fn r12(view: &View<'_>) -> Answer {
    let holds = and(&[hole(view), placed(view, Place::OnOther), view.attacked_is_used(), required(view)]);
    let facts = &[F0, F1, F2, F3, F4, F5, F6, F7, F8, F10, M1, M2];
    on(holds, LegalClass::Ua3, ["R12.fired", "RX.not_fired", "RX.open"], facts)
}

fn r13(view: &View<'_>) -> Answer {
    let missing = missing(view);
    let reason = if view.conflict {
        "R13.conflict"
    } else if missing.is_empty() {
        "R13.place"
    } else if missing == [F0] {
        "R13.border"
    } else {
        "R13.missing"
    };
    fired(LegalClass::Undetermined, reason, &[F0, F1, F2, F3, F4, F5, F6, F7, F8, F9, F10])
}
