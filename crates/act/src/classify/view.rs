//! The facts as the rules see them: values derived from credential status and computers are settled here.

use crate::evidence::EvidenceRef;
use crate::facts::{AccessControl, Fact, FactId, Facts, InputKind, Place, Tri};
use crate::law::LawVersion;
use crate::verdict::{FactUse, Text};

pub(crate) struct View<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) versions: &'a [LawVersion],
    pub(crate) f5: InputKind,
    pub(crate) f8: Tri,
    pub(crate) f9: Tri,
    pub(crate) f10: Place,
    /// Credential status and recorded kind of input contradict each other.
    pub(crate) conflict: bool,
    pub(crate) review: Vec<Text>,
}

impl<'a> View<'a> {
    pub(crate) fn new(facts: &'a Facts, versions: &'a [LawVersion]) -> Self {
        let mut view = View {
            facts,
            versions,
            f5: facts.input_kind.value,
            f8: facts.consent_of_administrator.value,
            f9: facts.consent_of_entitled_user.value,
            f10: place(facts),
            conflict: false,
            review: Vec::new(),
        };
        view.apply_credential_status();
        view
    }

    fn apply_credential_status(&mut self) {
        let Some(status) = &self.facts.credential_status else { return };
        match status.value.derives() {
            "record" => {}
            "officer" => self.leave_to_officer(status.value.text()),
            derived => {
                let derived = InputKind::from_code(derived).unwrap_or(InputKind::Unknown);
                self.conflict = self.f5 != InputKind::Unknown && self.f5 != derived;
                self.f5 = if self.conflict { InputKind::Unknown } else { derived };
            }
        }
        match status.value.effect() {
            "f9_established" => self.f9 = Tri::Yes,
            "published_trial" if self.facts.within_published_purpose.value == Tri::Yes => self.f8 = Tri::Yes,
            "published_trial" => self.review.push(Text::new(
                "公開されたお試し用IDについて、公開の目的の範囲内で使用されたかを担当者が判断する（CW-CLS-06）。",
                "An officer decides whether the published trial ID was used within its purpose (CW-CLS-06).",
            )),
            _ => {}
        }
    }

    /// CW-CLS-05: only an answer with a reason counts.
    fn leave_to_officer(&mut self, situation: (&str, &str)) {
        if self.facts.input_kind.note.is_none() {
            self.f5 = InputKind::Unknown;
        }
        self.review.push(Text::new(
            format!(
                "{}: アクセス管理者がその符号を第三者に知らせることを禁じているか（識別符号の第1号）を担当者が判断し、理由を記録する。",
                situation.0
            ),
            format!(
                "{}: an officer decides whether the administrator forbids disclosure of the code (kind (i)) and records the reason.",
                situation.1
            ),
        ));
    }

    /// The one text of the law that applies, if the date settles it.
    pub(crate) fn version(&self) -> Option<LawVersion> {
        match self.versions {
            [only] => Some(*only),
            _ => None,
        }
    }

    pub(crate) fn uses_code(&self) -> bool {
        self.f5 == InputKind::CodeOfOther
    }

    /// Information or command that evades the limit: acts (ii) and (iii).
    pub(crate) fn uses_hole(&self) -> bool {
        matches!(
            self.f5,
            InputKind::NonCodeInformation | InputKind::Command | InputKind::InformationAndCommand
        )
    }

    pub(crate) fn f4(&self) -> Tri {
        match self.facts.access_control_present.value {
            AccessControl::OnUsed | AccessControl::OnServer => Tri::Yes,
            AccessControl::No => Tri::No,
            AccessControl::Unknown => Tri::Unknown,
        }
    }

    /// Whether the used computer is the attacked one; F10 `on_attacked` needs no answer.
    pub(crate) fn attacked_is_used(&self) -> Tri {
        match (&self.facts.attacked_computer, &self.facts.used_computer) {
            (Some(attacked), Some(used)) if attacked == used => Tri::Yes,
            (Some(_), Some(_)) => Tri::No,
            _ => Tri::Unknown,
        }
    }

    /// A fact with its value and evidence as the rules use it.
    pub(crate) fn used(&self, fact: FactId) -> FactUse {
        let facts = self.facts;
        let (value, evidence) = match fact {
            FactId::F0 => (self.version().map_or("?", LawVersion::as_str), of(&facts.act_time)),
            FactId::F1 => tri(&facts.target_is_computer),
            FactId::F2 => tri(&facts.target_connected),
            FactId::F3 => tri(&facts.via_line),
            FactId::F4 => (facts.access_control_present.value.as_str(), of(&facts.access_control_present)),
            FactId::F5 => (self.f5.as_str(), self.input_evidence()),
            FactId::F6 => tri(&facts.use_made_possible),
            FactId::F7 => tri(&facts.actor_is_administrator),
            FactId::F8 => {
                (self.f8.as_str(), [of(&facts.consent_of_administrator), self.published_evidence()].concat())
            }
            FactId::F9 => (self.f9.as_str(), of(&facts.consent_of_entitled_user)),
            FactId::F10 => (self.f10.as_str(), of(&facts.function_place)),
            FactId::X1 => tri(&facts.beyond_authority),
            FactId::X2 => tri(&facts.intentional),
            FactId::G1 => tri(&facts.non_user_improper_access),
            FactId::G2 => tri(&facts.user_beyond_rights),
            FactId::M1 => (known(facts.attacked_computer.as_ref()), Vec::new()),
            FactId::M2 => (known(facts.used_computer.as_ref()), Vec::new()),
            _ => ("?", Vec::new()),
        };
        FactUse { fact, value: value.to_owned(), evidence }
    }

    fn input_evidence(&self) -> Vec<EvidenceRef> {
        let status = self.facts.credential_status.as_ref().map(of).unwrap_or_default();
        [of(&self.facts.input_kind), status].concat()
    }

    fn published_evidence(&self) -> Vec<EvidenceRef> {
        of(&self.facts.within_published_purpose)
    }
}

fn of<T>(fact: &Fact<T>) -> Vec<EvidenceRef> {
    fact.evidence.clone()
}

fn tri(fact: &Fact<Tri>) -> (&'static str, Vec<EvidenceRef>) {
    (fact.value.as_str(), fact.evidence.clone())
}

fn known(reference: Option<&String>) -> &'static str {
    if reference.is_some() { "+" } else { "?" }
}

/// CW-CLS-02: the two references decide; the recorded value only where one is missing.
fn place(facts: &Facts) -> Place {
    match (&facts.attacked_computer, &facts.function_computer) {
        (Some(attacked), Some(function)) if attacked == function => Place::OnAttacked,
        (Some(_), Some(_)) => Place::OnOther,
        _ => facts.function_place.value,
    }
}
