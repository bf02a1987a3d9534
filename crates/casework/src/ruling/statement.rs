//! One person's statement about one fact (事実の認定), put onto the facts of an act.

use super::TEXT_CHARS_MAX;
use crate::dossier::{self, FactValue};
use act::{EvidenceRef, Fact, FactId, Facts, Tri};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Facts that a person can state: F0 to F10, credential status, the two facts of the Standard, the two of the Guideline, and the
/// computers of act (iii).
pub const STATED: [FactId; 18] = [
    FactId::F0,
    FactId::F1,
    FactId::F2,
    FactId::F3,
    FactId::F4,
    FactId::F5,
    FactId::F6,
    FactId::F7,
    FactId::F8,
    FactId::F9,
    FactId::F10,
    FactId::Cs,
    FactId::X1,
    FactId::X2,
    FactId::G1,
    FactId::G2,
    FactId::M1,
    FactId::M2,
];
/// Most pieces of evidence of one statement.
const EVIDENCE_MAX: usize = 200;

/// What a person states about a fact: `[[statement]]` of the case file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Which fact, `F0` to `F10` and the others of [`STATED`].
    pub fact: FactId,
    /// `established` (認定), `refuted` (否定), `argued` (争いあり), or the code of a value, e.g. `+a`, `code_of_other`; for F0 a
    /// day, a time, or `FROM/TO`.
    pub value: String,
    /// Who states it.
    pub by: String,
    /// When, in Japan's time or with an offset.
    pub at: String,
    /// Why.
    pub reason: String,
    /// Records (`{ index = 12, record = 3 }`) or other evidence in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceRef>,
}

impl Statement {
    /// The facts with this statement. Evidence of before stays with a value that is confirmed, and goes with one that is not.
    pub(super) fn onto(&self, facts: &Facts, recorded_at: &str) -> Result<Facts, String> {
        if !STATED.contains(&self.fact) {
            let known: Vec<&str> = STATED.iter().map(|fact| fact.as_str()).collect();
            return Err(format!("{} cannot be stated; expected one of {}", self.fact, known.join(", ")));
        }
        let long = |one: &EvidenceRef| matches!(one, EvidenceRef::Text(text) if text.chars().count() > TEXT_CHARS_MAX);
        if self.evidence.len() > EVIDENCE_MAX || self.evidence.iter().any(long) {
            return Err(format!("at most {EVIDENCE_MAX} pieces of evidence of {TEXT_CHARS_MAX} characters"));
        }
        let mut all = serde_json::to_value(facts).map_err(|error| error.to_string())?;
        let fields = all.as_object_mut().ok_or("the facts are no object")?;
        let name = self.fact.name();
        let value = self.coded();
        let stated = if matches!(self.fact, FactId::M1 | FactId::M2) {
            value
        } else {
            let former = fields.get(name);
            let kept = former.filter(|former| former.get("value") == Some(&value));
            let mut evidence: Vec<Value> =
                kept.and_then(|former| former.get("evidence")?.as_array().cloned()).unwrap_or_default();
            evidence.extend(self.evidence.iter().map(|one| json!(one)));
            json!({ "value": value, "evidence": evidence, "author": self.by.trim(), "recorded_at": recorded_at, "note": self.reason.trim() })
        };
        fields.insert(name.to_owned(), stated);
        serde_json::from_value(all).map_err(|error| format!("{} ({}): {error}", self.fact, self.fact.ja()))
    }

    /// The value as facts write it.
    fn coded(&self) -> Value {
        let value = self.value.trim();
        if self.fact == FactId::F0
            && let Some((from, to)) = value.split_once('/')
        {
            return json!({ "from": from.trim(), "to": to.trim() });
        }
        json!(match value {
            "established" | "認定" => "+",
            "refuted" | "否定" => "-",
            "argued" | "争いあり" | "unknown" | "不明" => "?",
            code => code,
        })
    }
}

/// What the case file says already of consent, so that it is entered once (CW-REP-01): F8 and F9.
pub fn entered(facts: &mut Facts, case: &dossier::Facts) {
    let said = |id: &str| match case.get(id) {
        Some(FactValue::YesNo(said)) => Some(*said),
        _ => None,
    };
    let person = ["administrator.name", "reporter.name"].into_iter().find_map(|id| match case.get(id) {
        Some(FactValue::Text(name)) => Some(name.clone()),
        _ => None,
    });
    let state = |value: Tri, id: &str| {
        let mut fact = Fact::new(value);
        fact.author.clone_from(&person);
        fact.note = Some(format!("事案ファイル / case file: {id}"));
        fact
    };
    if let Some(refused) = said("access_control.consent_statement") {
        let value = if refused { Tri::No } else { Tri::Yes };
        facts.consent_of_administrator = state(value, "access_control.consent_statement");
    }
    // The denial of a holder may be about the log-in or about the consent; only the statement as a whole is clear.
    if said("access_control.holder_statement") == Some(true) {
        facts.consent_of_entitled_user = state(Tri::No, "access_control.holder_statement");
    }
}

/// Who recorded a fact; `None` where nobody did.
pub(super) fn author(facts: &Facts, fact: FactId) -> Option<String> {
    match fact {
        FactId::F0 => facts.act_time.author.clone(),
        FactId::F1 => facts.target_is_computer.author.clone(),
        FactId::F2 => facts.target_connected.author.clone(),
        FactId::F3 => facts.via_line.author.clone(),
        FactId::F4 => facts.access_control_present.author.clone(),
        FactId::F5 => facts.input_kind.author.clone(),
        FactId::F6 => facts.use_made_possible.author.clone(),
        FactId::F7 => facts.actor_is_administrator.author.clone(),
        FactId::F8 => facts.consent_of_administrator.author.clone(),
        FactId::F9 => facts.consent_of_entitled_user.author.clone(),
        FactId::F10 => facts.function_place.author.clone(),
        FactId::Cs => facts.credential_status.as_ref().and_then(|fact| fact.author.clone()),
        FactId::X1 => facts.beyond_authority.author.clone(),
        FactId::X2 => facts.intentional.author.clone(),
        FactId::G1 => facts.non_user_improper_access.author.clone(),
        FactId::G2 => facts.user_beyond_rights.author.clone(),
        _ => None,
    }
}
