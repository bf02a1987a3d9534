//! What the server answered to a payload, judged when the usual answers of the site are known (detection.md 4.6).

use super::Place;
use super::pages::Verdict;
use super::payload::{Payloads, QUOTES_MAX, observe};
use crate::engine::Ctx;
use crate::findings::{self, Key, add_evidence};
use crate::rule::Rule;
use crate::signal::{Answer, Signal};
use vocab::{
    Category, Citation, Confidence, EvidenceRole, Finding, Kind, Level, Message, Record, Timestamp, Trust,
};

/// An answered request that waits until the usual answers are known.
#[derive(Clone, Debug)]
pub(super) struct Parked {
    pub(super) place: Place,
    pub(super) answer: Answer,
    kind: Kind,
    /// Class whose finding the request is part of.
    filed: Kind,
    key: Key,
    time: Timestamp,
    citation: Citation,
    trust: Trust,
    sure: bool,
    /// Any answer that is not the usual page shows that the payload worked (`answer_tells` of the rule).
    telling: bool,
    path: String,
}

impl Parked {
    /// The answer to a request that matched `rule` and is part of the finding of class `filed` under `key`.
    pub(super) fn new(signal: &Signal, rule: &Rule, filed: Kind, key: Key) -> Self {
        Self {
            place: Place::of(signal),
            answer: signal.answer,
            kind: rule.kind(),
            filed,
            key,
            time: signal.order.time,
            citation: signal.citation,
            trust: signal.trust,
            sure: rule.meta.confidence == Confidence::High,
            telling: rule.params.count("answer_tells", 0) > 0,
            path: signal.detail.as_deref().map(|detail| detail.url_path.to_string()).unwrap_or_default(),
        }
    }

    /// Takes in what an answer turned out to be (detection.md 4.6, "answered").
    pub(super) fn judged(&self, payloads: &Payloads, verdict: Verdict, ctx: &mut Ctx) -> Option<()> {
        if matches!(verdict, Verdict::Refused | Verdict::Usual) {
            return None;
        }
        let rules = std::sync::Arc::clone(&ctx.rules);
        let unusual = verdict == Verdict::Unusual;
        let reached = matches!(self.kind, Kind::WebShell | Kind::AuthenticationBypass);
        let rule = payloads.rule_of(if reached { self.kind } else { self.filed })?;
        let had_effect = match self.kind {
            Kind::SqlInjection | Kind::CodeExecution => unusual,
            Kind::PathTraversal | Kind::WormPropagation => unusual || self.telling,
            Kind::WebShell | Kind::AuthenticationBypass => true,
            _ => false,
        };
        let level = match self.kind {
            Kind::SqlInjection if !unusual => return None,
            Kind::CrossSiteScripting => return None,
            Kind::VulnerabilityProbe | Kind::SensitiveFileProbe if !self.sure => Level::Medium,
            _ => Level::High,
        };
        let finding = ctx.findings.upsert(&rules, rule, self.key.clone(), self.time)?;
        let record = Record {
            citation: self.citation,
            time: Some(self.time),
            role: if had_effect { EvidenceRole::Effect } else { EvidenceRole::Payload },
            trust: self.trust,
            ambiguous: false,
            quote: None,
        };
        findings::raise(finding, level);
        if had_effect {
            effect(finding, record.clone(), self.kind);
        }
        if reached {
            finding.artefacts.push(self.path.clone());
            finding.artefacts.dedup();
        }
        add_evidence(finding, record);
        observe(finding, "answered_bytes", self.answer.bytes as usize, None);
        let note = Message::new(if unusual { "web-answer-unusual" } else { "web-answer-given" })
            .with("path", self.path.as_str())
            .with("bytes", self.answer.bytes);
        if finding.notes.iter().filter(|other| other.id == note.id).count() < usize::from(QUOTES_MAX) {
            finding.notes.push(note);
        }
        Some(())
    }
}

/// Marks a finding as one whose attack had an effect (detection.md 4.2, 4.5).
pub(super) fn effect(finding: &mut Finding, record: Record, kind: Kind) {
    finding.effect = true;
    if finding.category != Category::OutOfScope {
        finding.category = kind.category(true);
    }
    findings::raise(finding, Level::High);
    add_evidence(finding, record);
}
