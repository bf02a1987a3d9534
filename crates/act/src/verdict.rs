//! The verdict (判定): what the rules make of the facts (casework.md 2.6). Always a proposal until a person confirms it.

use serde::{Deserialize, Serialize};

use crate::articles::Citation;
use crate::evidence::EvidenceRef;
use crate::facts::{ActKind, FactId};
use crate::law::LawVersion;
use crate::penalty::PenaltyRow;
use crate::table::{cell, row};
use crate::text_enum::text_enum;

text_enum! {
    /// Rule of the classifier (casework.md 2.3, 2.4).
    Rule {
        /// Before the Act.
        R0 = "R0",
        /// Not a specified computer.
        R1 = "R1",
        /// Not over a line.
        R2 = "R2",
        /// No infringement.
        R3 = "R3",
        /// No access control function.
        R4 = "R4",
        /// The administrator himself.
        R5 = "R5",
        /// Consent of the administrator.
        R6 = "R6",
        /// Consent of the entitled user.
        R7 = "R7",
        /// Own code or no input.
        R8 = "R8",
        /// Attempt only, or more material needed.
        R9 = "R9",
        /// Act (i).
        R10 = "R10",
        /// Act (ii).
        R11 = "R11",
        /// Act (iii).
        R12 = "R12",
        /// Undetermined.
        R13 = "R13",
        /// Acquisition.
        Pa1 = "PA-1",
        /// Facilitation, 1999.
        Pa2 = "PA-2",
        /// Facilitation, 2012.
        Pa3 = "PA-3",
        /// Storage.
        Pa4 = "PA-4",
        /// Soliciting by site.
        Pa5 = "PA-5",
        /// Soliciting by mail.
        Pa6 = "PA-6",
    }
}

text_enum! {
    /// Class under the Act (DEF-1).
    LegalClass {
        /// R0.
        OutBeforeAct = "out_before_act",
        /// R1.
        OutNotSpecifiedComputer = "out_not_specified_computer",
        /// R2.
        OutNotViaLine = "out_not_via_line",
        /// R3.
        OutNoInfringement = "out_no_infringement",
        /// R4.
        OutNoAccessControl = "out_no_access_control",
        /// R5.
        ExcludedAdministrator = "excluded_administrator",
        /// R6.
        ExcludedAdminConsent = "excluded_admin_consent",
        /// R7.
        ExcludedUserConsent = "excluded_user_consent",
        /// R8, own code.
        OutOwnCode = "out_own_code",
        /// R8, nothing input.
        OutNoInput = "out_no_input",
        /// R9, the try failed (未遂・不該当).
        AttemptOnly = "attempt_only",
        /// R9, unknown whether it succeeded (要追加資料).
        NeedsMaterial = "needs_material",
        /// Act (i), 識別符号窃用型.
        Ua1 = "UA1",
        /// Act (ii), セキュリティ・ホール攻撃型.
        Ua2 = "UA2",
        /// Act (iii), セキュリティ・ホール攻撃型.
        Ua3 = "UA3",
        /// R13 (未確定).
        Undetermined = "undetermined",
        /// PA-1 (不正取得).
        Acquire = "acquire",
        /// PA-2, PA-3 (助長).
        Facilitate = "facilitate",
        /// PA-4 (不正保管).
        Store = "store",
        /// PA-5 (入力の不正要求, site).
        SolicitSite = "solicit_site",
        /// PA-6 (入力の不正要求, e-mail).
        SolicitMail = "solicit_mail",
        /// A preparatory act the law of its time does not know.
        OutNoProvision = "out_no_provision",
        /// A preparatory act of which an element is refuted.
        OutElementsRefuted = "out_elements_refuted",
        /// A preparatory act to which an exception applies.
        ExcludedPreparatory = "excluded_preparatory",
    }
}

text_enum! {
    /// Coarse category for reports.
    Category {
        /// Act (i).
        CredentialMisuse = "credential_misuse",
        /// Acts (ii) and (iii).
        SecurityHole = "security_hole",
        /// The try failed.
        Attempt = "attempt",
        /// Preparatory acts.
        Preparatory = "preparatory",
        /// Out of scope or excluded.
        OutOfScope = "out_of_scope",
        /// Not settled.
        Undetermined = "undetermined",
    }
}

impl LegalClass {
    /// Act (i), (ii) or (iii).
    #[must_use]
    pub const fn is_act(self) -> bool {
        matches!(self, Self::Ua1 | Self::Ua2 | Self::Ua3)
    }

    /// Coarse category.
    #[must_use]
    pub const fn category(self) -> Category {
        match self {
            Self::Ua1 => Category::CredentialMisuse,
            Self::Ua2 | Self::Ua3 => Category::SecurityHole,
            Self::AttemptOnly => Category::Attempt,
            Self::Acquire | Self::Facilitate | Self::Store | Self::SolicitSite | Self::SolicitMail => {
                Category::Preparatory
            }
            Self::Undetermined | Self::NeedsMaterial => Category::Undetermined,
            _ => Category::OutOfScope,
        }
    }

    /// Text shown, Japanese and English.
    #[must_use]
    pub fn text(self) -> Text {
        let cells = row("classes", self.as_str()).unwrap_or_default();
        Text::new(cell(&cells, 1), cell(&cells, 2))
    }
}

text_enum! {
    /// Three-valued class under the Standard or the Guideline (casework.md 2.9).
    Class {
        /// Falls under it.
        Yes = "yes",
        /// Does not.
        No = "no",
        /// 未確定.
        Undetermined = "undetermined",
    }
}

text_enum! {
    /// State of an element of proof.
    ElementState {
        /// Established (認定).
        Established = "established",
        /// Refuted (否定).
        Refuted = "refuted",
        /// Unknown (不明).
        Unknown = "unknown",
    }
}

text_enum! {
    /// What one rule did.
    StepOutcome {
        /// It decided the verdict.
        Fired = "fired",
        /// Its condition is refuted.
        NotFired = "not_fired",
        /// Its condition depends on an unknown fact.
        Open = "open",
    }
}

text_enum! {
    /// State of a verdict.
    State {
        /// 判定案: made by this library.
        Proposed = "proposed",
        /// 確定: confirmed by a person.
        Confirmed = "confirmed",
        /// 改定: superseded.
        Revised = "revised",
        /// 取下げ: withdrawn.
        Withdrawn = "withdrawn",
    }
}

/// The same sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Both texts.
    #[must_use]
    pub fn new(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ja: ja.into(), en: en.into() }
    }
}

/// A fact as a rule or an element used it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactUse {
    /// Which fact.
    pub fact: FactId,
    /// Its value as used, e.g. `+`, `code_of_other`; `?` = unknown.
    pub value: String,
    /// What it rests on.
    pub evidence: Vec<EvidenceRef>,
}

/// One step of the reasoning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Rule.
    pub rule: Rule,
    /// What it did.
    pub outcome: StepOutcome,
    /// Why, Japanese.
    pub reason_ja: String,
    /// Why, English.
    pub reason_en: String,
    /// Facts it looked at.
    pub fact_refs: Vec<FactUse>,
}

/// One element of proof (casework.md 2.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    /// `E1` to `E4`; for a preparatory act the id of the fact, e.g. `P1`.
    pub id: String,
    /// State.
    pub state: ElementState,
    /// Statement, Japanese.
    pub statement_ja: String,
    /// Statement, English.
    pub statement_en: String,
    /// Facts of the element.
    pub facts: Vec<FactUse>,
    /// All evidence of those facts, sorted, once each.
    pub evidence: Vec<EvidenceRef>,
    /// Kinds of evidence that usually settle it, Japanese.
    pub settled_by_ja: Vec<String>,
    /// Kinds of evidence that usually settle it, English.
    pub settled_by_en: Vec<String>,
}

/// The fifth box: ground for exclusion (除外事由, CW-CLS-22).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// Established = a ground exists; refuted = none does; unknown otherwise.
    pub state: ElementState,
    /// F7, F8, F9 with their evidence.
    pub facts: Vec<FactUse>,
    /// Who recorded the three facts, sorted.
    pub said_by: Vec<String>,
    /// Evidence of the three facts.
    pub evidence: Vec<EvidenceRef>,
    /// Kinds of evidence that usually settle it, Japanese.
    pub settled_by_ja: Vec<String>,
    /// Kinds of evidence that usually settle it, English.
    pub settled_by_en: Vec<String>,
}

/// An unknown fact that is needed (CW-CLS-11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Which fact.
    pub fact: FactId,
    /// Field name in FACTS.json.
    pub name: String,
    /// What is unknown.
    pub text: Text,
    /// Kinds of evidence that would settle it, Japanese.
    pub settled_by_ja: Vec<String>,
    /// Kinds of evidence that would settle it, English.
    pub settled_by_en: Vec<String>,
}

/// What the verdict would be under one text of the law, where the time crosses a border (CW-LAW-09).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternative {
    /// Text of the law.
    pub law_version: LawVersion,
    /// Rule that would fire.
    pub rule: Rule,
    /// Class.
    pub legal_class: LegalClass,
    /// Citations.
    pub citations: Vec<Citation>,
    /// Penalty rows.
    pub penalty_rows: Vec<PenaltyRow>,
}

/// What the rules make of the facts of one act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Version of the format, 1.
    pub schema_version: u32,
    /// 判定案 / Proposal, until confirmed (W1).
    pub heading: Text,
    /// Id; given by whoever stores it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict_id: Option<String>,
    /// Case.
    pub case_id: Option<String>,
    /// Act.
    pub act_id: String,
    /// Kind of the act.
    pub act_kind: ActKind,
    /// Text of the law that applies; `None` while the date is not settled.
    pub law_version: Option<LawVersion>,
    /// The rule that fired.
    pub rule: Rule,
    /// Class under the Act.
    pub legal_class: LegalClass,
    /// Its text.
    pub label: Text,
    /// Class under the Standard (コンピュータ不正アクセス対策基準, DEF-2).
    pub standard_class: Class,
    /// Class under the Guideline (情報システム安全対策指針, DEF-3).
    pub guideline_class: Class,
    /// Belongs to the virus desk (CW-CLS-26).
    pub virus_class: Class,
    /// Every rule looked at, in order; the last one fired.
    pub rule_path: Vec<Step>,
    /// E1 to E4, or the elements of the preparatory act.
    pub elements: Vec<Element>,
    /// The fifth box.
    pub exclusion: Exclusion,
    /// Every unknown fact that is needed.
    pub missing: Vec<Missing>,
    /// A fact that would reopen the verdict if established.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reopen_if: Option<FactId>,
    /// Questions left to an officer.
    pub review: Vec<Text>,
    /// Acts to examine besides, e.g. acquisition and storage after a failed try (CW-CLS-12).
    pub proposals: Vec<Citation>,
    /// Other offences and desks to consider; hints, not findings (W5).
    pub hints: Vec<Text>,
    /// Where the rules stand.
    pub citations: Vec<Citation>,
    /// Statutory maxima.
    pub penalty_rows: Vec<PenaltyRow>,
    /// Results under each text of the law, where the time crosses a border.
    pub alternatives: Vec<Alternative>,
    /// Hash of the rule and law data.
    pub data_hash: String,
    /// State.
    pub state: State,
    /// When it was proposed; given by whoever stores it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proposed_at: Option<String>,
    /// Who confirmed it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirmed_by: Option<String>,
    /// When it was confirmed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirmed_at: Option<String>,
    /// The verdict this one replaces.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supersedes: Option<String>,
}

impl Verdict {
    /// Whether the word 不正アクセス行為 may be used of the act (CW-CLS-21): a confirmed verdict of act (i) to (iii) with
    /// every element established.
    #[must_use]
    pub fn may_be_named(&self) -> bool {
        self.state == State::Confirmed
            && self.legal_class.is_act()
            && self.elements.iter().all(|element| element.state == ElementState::Established)
    }

    /// Facts that the fired rule used and that are still unknown; a verdict with any cannot be confirmed (2.6).
    #[must_use]
    pub fn unconfirmable_because(&self) -> Vec<FactId> {
        let used = self.rule_path.last().map_or(&[][..], |step| step.fact_refs.as_slice());
        used.iter().filter(|used| used.value == "?").map(|used| used.fact).collect()
    }
}
