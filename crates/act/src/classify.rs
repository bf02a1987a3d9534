//! The classifier: `classify(facts) -> verdict` (casework.md 2.3 to 2.9). Pure; a proposal, never a finding of guilt.

mod assemble;
mod preparatory;
mod rules;
mod view;

use crate::facts::Facts;
use crate::law::LawVersion;
use crate::verdict::{Alternative, LegalClass, Verdict};
use view::View;

/// Judges the facts of one act under the text of the law at the time of the act.
///
/// The first rule of R0 to R13 that fires wins; with [`Facts::preparatory`] the rules PA-1 to PA-6 judge instead. Where
/// the time crosses a border of the law, the result under each text is in [`Verdict::alternatives`] (CW-LAW-09).
#[must_use]
pub fn classify(facts: &Facts) -> Verdict {
    let versions = LawVersion::within(&facts.act_time.value);
    let mut verdict = classify_under(facts, &versions);
    let open = matches!(
        verdict.legal_class,
        LegalClass::Undetermined | LegalClass::NeedsMaterial | LegalClass::AttemptOnly
    );
    if versions.len() > 1 && open {
        verdict.alternatives = versions.iter().map(|version| alternative(facts, *version)).collect();
        for citation in versions.iter().flat_map(|version| classify_under(facts, &[*version]).proposals) {
            if !verdict.proposals.contains(&citation) {
                verdict.proposals.push(citation);
            }
        }
    }
    verdict
}

fn alternative(facts: &Facts, law_version: LawVersion) -> Alternative {
    let Verdict { rule, legal_class, citations, penalty_rows, .. } = classify_under(facts, &[law_version]);
    Alternative { law_version, rule, legal_class, citations, penalty_rows }
}

fn classify_under(facts: &Facts, versions: &[LawVersion]) -> Verdict {
    let view = View::new(facts, versions);
    match &facts.preparatory {
        Some(preparatory) => preparatory::judge(&view, preparatory),
        None => assemble::verdict(&view, rules::judge(&view)),
    }
}
