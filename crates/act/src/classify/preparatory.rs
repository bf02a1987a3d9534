//! Rules PA-1 to PA-6 with PV-1 to PV-8 (casework.md 2.4).

use super::assemble::{evidence, state, verdict, wanted};
use super::rules::{Judged, and, not, or};
use super::view::View;
use crate::articles::cite;
use crate::facts::FactId::{self, F0, F7, F8, F9};
use crate::facts::{Fact, Recipient, Tri};
use crate::law::LawVersion;
use crate::penalty::penalty;
use crate::preparatory::{Preparatory, PreparatoryKind};
use crate::table::{cell, row};
use crate::verdict::{Element, FactUse, LegalClass, Rule, Step, StepOutcome, Text, Verdict};

/// One element or exception: the fact, its value as judged, and what it rests on.
struct Part {
    fact: FactId,
    value: Tri,
    used: FactUse,
}

/// A rule laid out for the facts at hand.
struct Layout {
    rule: Rule,
    class: LegalClass,
    subject: &'static str,
    parts: Vec<Part>,
    exceptions: Vec<Part>,
    /// Keys of PV rules that explain the result.
    notes: Vec<&'static str>,
    penalties: &'static [&'static str],
}

pub(crate) fn judge(view: &View<'_>, acts: &Preparatory) -> Verdict {
    let Some(version) = view.version() else { return crossing(view, acts) };
    if version == LawVersion::Pre {
        return finish(view, Rule::R0, LegalClass::OutBeforeAct, "R0.fired", &[], vec![view.used(F0)]);
    }
    let laid = layout(view, acts, version);
    let exception = or(&laid.exceptions.iter().map(|part| part.value).collect::<Vec<_>>());
    let holds = and(&laid.parts.iter().map(|part| part.value).collect::<Vec<_>>());
    let (class, reason) = if cite(laid.subject, version).is_none() {
        (LegalClass::OutNoProvision, "PA.no_provision")
    } else {
        match (exception, holds) {
            (Tri::Yes, _) => (LegalClass::ExcludedPreparatory, "PA.exception"),
            (_, Tri::No) => (LegalClass::OutElementsRefuted, "PA.refuted"),
            (Tri::No, Tri::Yes) => (laid.class, "PA.fired"),
            _ => (LegalClass::Undetermined, "PA.open"),
        }
    };
    let used = laid.parts.iter().chain(&laid.exceptions).map(|part| part.used.clone()).collect();
    let mut out = finish(view, laid.rule, class, reason, &laid.notes, used);
    out.citations = cite(laid.subject, version).into_iter().collect();
    if class == LegalClass::Undetermined {
        let open = laid.parts.iter().chain(&laid.exceptions).filter(|part| part.value == Tri::Unknown);
        out.missing = open.map(|part| wanted(part.fact)).collect();
    }
    if class == laid.class {
        let time = &view.facts.act_time.value;
        out.penalty_rows = laid.penalties.iter().filter_map(|row| penalty(row, time)).collect();
        if laid.rule == Rule::Pa3 && acts.knows_purpose.value == Tri::Unknown {
            out.missing.push(wanted(FactId::P7));
        }
    }
    out.elements = laid.parts.into_iter().map(element).collect();
    review(&mut out, acts, version);
    out
}

/// The date is not settled: both texts are shown by the caller; storage is to be split (CW-LAW-10).
fn crossing(view: &View<'_>, acts: &Preparatory) -> Verdict {
    let newest = view.versions.last().copied().unwrap_or(LawVersion::Act2012);
    let laid = layout(view, acts, newest);
    let time = &view.facts.act_time.value;
    let continuing = acts.kind == PreparatoryKind::Storage && time.from.is_some() && time.to.is_some();
    let reason = if continuing { "PA.split" } else { "R13.border" };
    let mut out = finish(view, laid.rule, LegalClass::Undetermined, reason, &laid.notes, vec![view.used(F0)]);
    let open = laid.parts.iter().chain(&laid.exceptions).filter(|part| part.value == Tri::Unknown);
    out.missing = std::iter::once(F0).chain(open.map(|part| part.fact)).map(wanted).collect();
    out.elements = laid.parts.into_iter().map(element).collect();
    out
}

fn layout(view: &View<'_>, acts: &Preparatory, version: LawVersion) -> Layout {
    let (rule, class, subject, penalties): (_, _, _, &[&str]) = match acts.kind {
        PreparatoryKind::Acquisition => (Rule::Pa1, LegalClass::Acquire, "acquire", &["PEN-05"]),
        PreparatoryKind::Provision => return provision(view, acts, version),
        PreparatoryKind::Storage => (Rule::Pa4, LegalClass::Store, "store", &["PEN-07"]),
        PreparatoryKind::SolicitSite => (Rule::Pa5, LegalClass::SolicitSite, "solicit_site", &["PEN-08"]),
        PreparatoryKind::SolicitMail => (Rule::Pa6, LegalClass::SolicitMail, "solicit_mail", &["PEN-08"]),
    };
    let (parts, exceptions, notes) = match acts.kind {
        PreparatoryKind::SolicitSite => {
            let request = part(FactId::P12, &acts.public_transmission);
            (vec![part(FactId::P11, &acts.poses_as_administrator), request], vec![consent(view)], Vec::new())
        }
        PreparatoryKind::SolicitMail => {
            let request = part(FactId::P13, &acts.mail_to_entitled_user);
            (vec![part(FactId::P11, &acts.poses_as_administrator), request], vec![consent(view)], Vec::new())
        }
        PreparatoryKind::Storage => {
            let code = code(view, acts);
            let notes = not_a_code(&code);
            let kept = part(FactId::P9, &acts.keeps);
            let parts = vec![
                part(FactId::P1, &acts.purpose),
                kept,
                code,
                part(FactId::P10, &acts.acquired_illegally),
            ];
            (parts, Vec::new(), notes)
        }
        _ => {
            let code = code(view, acts);
            let notes = not_a_code(&code);
            (vec![part(FactId::P1, &acts.purpose), part(FactId::P2, &acts.acquires), code], Vec::new(), notes)
        }
    };
    Layout { rule, class, subject, parts, exceptions, notes, penalties }
}

/// PA-2 under the 1999 text, PA-3 under the 2012 text; the PV rules are keyed by law (CW-CLS-19).
fn provision(view: &View<'_>, acts: &Preparatory, version: LawVersion) -> Layout {
    let code = code(view, acts);
    let mut notes = not_a_code(&code);
    let recipient = recipient(acts);
    if recipient.value == Tri::No {
        notes.push("PV-8");
    }
    let old = version == LawVersion::Act1999;
    let complete = complete(acts, old, &mut notes);
    if acts.aids_an_act.value == Tri::Yes {
        notes.push("PV-7");
    }
    let mut parts = vec![code, part(FactId::P3, &acts.provides), recipient, complete];
    if old {
        parts.push(condition(acts));
        let mut exceptions = vec![consent(view)];
        exceptions.push(Part {
            fact: F7,
            value: view.facts.actor_is_administrator.value,
            used: view.used(F7),
        });
        exceptions.push(Part { fact: F9, value: view.f9, used: view.used(F9) });
        let (rule, class) = (Rule::Pa2, LegalClass::Facilitate);
        return Layout {
            rule,
            class,
            subject: "facilitate",
            parts,
            exceptions,
            notes,
            penalties: &["PEN-03"],
        };
    }
    let penalties: &[&str] = match acts.knows_purpose.value {
        Tri::Yes => &["PEN-06"],
        Tri::No => &["PEN-10"],
        Tri::Unknown => &["PEN-06", "PEN-10"],
    };
    let exceptions = vec![part(FactId::P8, &acts.proper_reason)];
    let (rule, class) = (Rule::Pa3, LegalClass::Facilitate);
    Layout { rule, class, subject: "facilitate", parts, exceptions, notes, penalties }
}

fn part(fact: FactId, recorded: &Fact<Tri>) -> Part {
    let used = FactUse { fact, value: recorded.value.to_string(), evidence: recorded.evidence.clone() };
    Part { fact, value: recorded.value, used }
}

fn consent(view: &View<'_>) -> Part {
    Part { fact: F8, value: view.f8, used: view.used(F8) }
}

/// Whether it is another's code: the credential status decides where it can (PV-6).
fn code(view: &View<'_>, acts: &Preparatory) -> Part {
    let mut code = part(FactId::P17, &acts.code_of_other);
    if let Some(status) = &view.facts.credential_status {
        code.value = match status.value.derives() {
            "code_of_other" => Tri::Yes,
            "own_code" | "non_code_information" => Tri::No,
            _ => code.value,
        };
        code.used.value = code.value.to_string();
        code.used.evidence.extend(status.evidence.iter().cloned());
    }
    code
}

fn not_a_code(code: &Part) -> Vec<&'static str> {
    if code.value == Tri::No { vec!["PV-6"] } else { Vec::new() }
}

/// PV-8: the administrator and the entitled user may be given the code.
fn recipient(acts: &Preparatory) -> Part {
    let value = match acts.recipient.value {
        Recipient::ThirdParty => Tri::Yes,
        Recipient::Administrator | Recipient::EntitledUser => Tri::No,
        Recipient::Unknown => Tri::Unknown,
    };
    let used = FactUse {
        fact: FactId::P4,
        value: acts.recipient.value.to_string(),
        evidence: acts.recipient.evidence.clone(),
    };
    Part { fact: FactId::P4, value, used }
}

/// PV-4 and PV-5: a part of a code. The rule was written for the 1999 text; under the 2012 text an officer decides.
fn complete(acts: &Preparatory, old: bool, notes: &mut Vec<&'static str>) -> Part {
    let mut whole = part(FactId::P14, &acts.code_is_complete);
    if whole.value == Tri::No {
        notes.push(if acts.matching_id_known.value == Tri::Yes { "PV-5" } else { "PV-4" });
        whole.value = match acts.matching_id_known.value {
            Tri::No if !old => Tri::Unknown,
            known => known,
        };
        whole.used.evidence.extend(acts.matching_id_known.evidence.iter().cloned());
        whole.fact = FactId::P15;
    }
    whole
}

/// Condition (a) or (b) of the 1999 text.
fn condition(acts: &Preparatory) -> Part {
    let mut either = part(FactId::P5, &acts.target_made_clear);
    either.value = or(&[acts.target_made_clear.value, acts.on_request.value]);
    either.used.value = either.value.to_string();
    either.used.evidence.extend(acts.on_request.evidence.iter().cloned());
    either
}

fn element(part: Part) -> Element {
    let facts = vec![part.used];
    Element {
        id: part.fact.to_string(),
        state: state(part.value),
        statement_ja: part.fact.ja().to_owned(),
        statement_en: part.fact.en().to_owned(),
        evidence: evidence(&facts),
        facts,
        settled_by_ja: part.fact.evidence_ja(),
        settled_by_en: part.fact.evidence_en(),
    }
}

fn finish(
    view: &View<'_>,
    rule: Rule,
    class: LegalClass,
    reason: &str,
    notes: &[&str],
    fact_refs: Vec<FactUse>,
) -> Verdict {
    let texts: Vec<_> =
        std::iter::once(reason).chain(notes.iter().copied()).filter_map(|key| row("rules", key)).collect();
    let reason_ja = texts.iter().map(|cells| cell(cells, 1)).collect::<String>();
    let reason_en = texts.iter().map(|cells| cell(cells, 2)).collect::<Vec<_>>().join(" ");
    let step = Step { rule, outcome: StepOutcome::Fired, reason_ja, reason_en, fact_refs };
    let mut out = verdict(view, Judged { path: vec![step], rule, class, reopen_if: None });
    out.missing.clear();
    out.citations.clear();
    out
}

fn review(out: &mut Verdict, acts: &Preparatory, version: LawVersion) {
    let other_channel = acts.channel.as_deref().is_some_and(|channel| channel != "email");
    if acts.kind == PreparatoryKind::SolicitMail && other_channel {
        out.review.push(Text::new(
            "この通信手段が「電子メール」に当たるかは担当者が判断する（CW-CLS-20）。",
            "An officer decides whether this channel counts as e-mail (CW-CLS-20).",
        ));
    }
    let partial = not(acts.code_is_complete.value) == Tri::Yes;
    if acts.kind == PreparatoryKind::Provision && version == LawVersion::Act2012 && partial {
        out.review.push(Text::new(
            "符号の一部の提供についての考え方は平成11年法について書かれたものであり、担当者が判断する（CW-CLS-19）。",
            "The rule on parts of a code was written for the 1999 text; an officer decides (CW-CLS-19).",
        ));
    }
}
