//! What the Act says of an incident so far: facts proposed from findings, the classifier of `act`, elements with records.
//!
//! Architecture invariant: nothing here decides. Facts rest on records or stay unknown; consent and whose code it was are
//! stated by people (DT-KND-05); the verdict is a proposal.

mod facts;

use crate::incident::{AccountEntry, Bilingual, Element, Legal, Missing, RuleStep};
use act::{ElementState, EvidenceRef, FactId, FactUse, LawVersion, Verdict};
use vocab::{Category, Citation, Finding, Kind, LedgerIndex, Timestamp};

/// Records listed per element.
const RECORDS_MAX: usize = 400;

/// The legal view of an incident.
pub(crate) fn legal(
    members: &[&Finding],
    kind: Kind,
    category: Category,
    accounts: &[AccountEntry],
    context: &vocab::Context,
    span: (Timestamp, Timestamp),
) -> Legal {
    let facts = facts::propose(members, kind, category, accounts, context, span);
    let verdict = act::classify(&facts);
    let article = article(category, verdict.law_version);
    shown(&verdict, category, article, facts::shortened(facts))
}

/// A verdict as incidents show it.
pub(crate) fn shown(
    verdict: &Verdict,
    category: Category,
    article: Option<Bilingual>,
    facts: act::Facts,
) -> Legal {
    Legal {
        category,
        article,
        law: verdict.law_version.map_or("undetermined", LawVersion::as_str).to_owned(),
        verdict: verdict.legal_class.as_str().to_owned(),
        verdict_text: text(&verdict.label),
        state: verdict.state.as_str().to_owned(),
        confirmed: None,
        standard_class: verdict.standard_class.as_str().to_owned(),
        elements: elements(verdict),
        rule_path: verdict
            .rule_path
            .iter()
            .map(|step| RuleStep {
                rule: step.rule.as_str().to_owned(),
                outcome: step.outcome.as_str().to_owned(),
                text: Bilingual { ja: step.reason_ja.clone(), en: step.reason_en.clone() },
            })
            .collect(),
        reasons: reasons(verdict),
        hints: verdict.review.iter().chain(&verdict.hints).map(text).chain(proposals(verdict)).collect(),
        data_hash: verdict.data_hash.clone(),
        facts,
    }
}

fn text(text: &act::Text) -> Bilingual {
    Bilingual { ja: text.ja.clone(), en: text.en.clone() }
}

/// The provision that the category points to, cited in the law that was in force (CW-LAW-04).
fn article(category: Category, law: Option<LawVersion>) -> Option<Bilingual> {
    let subject = match category {
        Category::CredentialMisuse => "ua_def_1",
        Category::SecurityHole => "ua_def_2",
        Category::Preparatory => "acquire",
        Category::Attempt => "ua_ban",
        Category::OutOfScope | Category::Undetermined => return None,
    };
    act::cite(subject, law?).map(|citation| Bilingual { ja: citation.text_ja, en: citation.text_en })
}

/// The steps that decided: the one that fired, or those still open.
fn reasons(verdict: &Verdict) -> Vec<Bilingual> {
    let fired = verdict.rule_path.iter().filter(|step| step.outcome == act::StepOutcome::Fired);
    fired.map(|step| Bilingual { ja: step.reason_ja.clone(), en: step.reason_en.clone() }).collect()
}

/// Provisions that have to be examined beside the verdict (CW-CLS-12).
fn proposals(verdict: &Verdict) -> impl Iterator<Item = Bilingual> + '_ {
    verdict.proposals.iter().map(|citation| Bilingual {
        ja: format!("あわせて検討する規定：{}", citation.text_ja),
        en: format!("Provision to examine as well: {}", citation.text_en),
    })
}

fn elements(verdict: &Verdict) -> Vec<Element> {
    let mut elements: Vec<Element> = verdict
        .elements
        .iter()
        .map(|element| {
            let statement = Bilingual { ja: element.statement_ja.clone(), en: element.statement_en.clone() };
            one(&element.id, element.state, statement, &element.evidence, &element.facts)
        })
        .collect();
    let box_text = Bilingual {
        ja: "除外事由（アクセス管理者の行為・承諾、利用権者の承諾）".to_owned(),
        en: "ground for exclusion (the administrator's own act or consent, the holder's consent)".to_owned(),
    };
    let exclusion = &verdict.exclusion;
    elements.push(one("X", exclusion.state, box_text, &exclusion.evidence, &exclusion.facts));
    elements
}

fn one(
    id: &str,
    state: ElementState,
    statement: Bilingual,
    evidence: &[EvidenceRef],
    used: &[FactUse],
) -> Element {
    let records: Vec<Citation> = evidence
        .iter()
        .filter_map(|reference| match reference {
            EvidenceRef::Record { index, record } => {
                Some(Citation { index: LedgerIndex(*index), record: *record })
            }
            EvidenceRef::Text(_) => None,
        })
        .take(RECORDS_MAX)
        .collect();
    let stated = evidence.iter().filter_map(|reference| match reference {
        EvidenceRef::Text(text) => Some(text.clone()),
        EvidenceRef::Record { .. } => None,
    });
    let stated = stated.collect();
    let mut indices: Vec<u64> = records.iter().map(|citation| citation.index.0).collect();
    indices.sort_unstable();
    indices.dedup();
    // An element that is open says which of its facts is not known, also where the verdict did not need it.
    let open = used
        .iter()
        .filter(|used| state == ElementState::Unknown && matches!(used.value.as_str(), "?" | "unknown"));
    let missing = open.map(|used| missing_fact(used.fact)).collect();
    Element {
        id: id.to_owned(),
        state: state.as_str().to_owned(),
        statement,
        evidence: indices,
        records,
        stated,
        missing,
    }
}

fn missing_fact(fact: FactId) -> Missing {
    let kinds = fact.evidence_ja().into_iter().zip(fact.evidence_en());
    Missing {
        fact: fact.as_str().to_owned(),
        statement: Bilingual { ja: fact.ja().to_owned(), en: fact.en().to_owned() },
        would_settle: kinds.map(|(ja, en)| Bilingual { ja, en }).collect(),
    }
}
