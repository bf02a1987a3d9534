//! Turning points of an incident (detection.md 7.2, `timeline`).

use crate::group::succeeded;
use crate::incident::{TimelineEntry, Turn};
use vocab::{EvidenceRole, Finding, Message, Stage, Timestamp};

/// Turning points kept.
const TURNS_MAX: usize = 200;

/// At most 200 turning points in order of time; records that show a success or an effect go before others.
pub(crate) fn timeline(members: &[&Finding]) -> Vec<TimelineEntry> {
    let mut turns = Vec::new();
    for finding in members {
        push(&mut turns, finding, finding.first, Turn::Begin, "timeline-begin", None);
        for record in &finding.evidence {
            let Some(time) = record.time else { continue };
            let (turn, text) = match record.role {
                EvidenceRole::Success if finding.stage == Stage::Context => continue,
                EvidenceRole::Success => (Turn::Entry, "timeline-entry"),
                EvidenceRole::Effect => (Turn::Effect, "timeline-effect"),
                EvidenceRole::Session => (Turn::Record, "timeline-session"),
                EvidenceRole::Boundary => (Turn::Record, "timeline-boundary"),
                EvidenceRole::Failure | EvidenceRole::Payload | EvidenceRole::Context => continue,
            };
            push(&mut turns, finding, time, turn, text, Some(record.citation));
        }
        if finding.last != finding.first && !succeeded(finding) {
            push(&mut turns, finding, finding.last, Turn::End, "timeline-end", None);
        }
    }
    turns.sort_by(|a, b| {
        (a.time, a.turn, &a.finding, a.citation).cmp(&(b.time, b.turn, &b.finding, b.citation))
    });
    turns.dedup_by(|a, b| a.citation.is_some() && a.citation == b.citation);
    if turns.len() > TURNS_MAX {
        let mut room =
            TURNS_MAX.saturating_sub(turns.iter().filter(|turn| turn.turn != Turn::Record).count());
        turns.retain(|turn| {
            let keep = turn.turn != Turn::Record || room > 0;
            if turn.turn == Turn::Record {
                room = room.saturating_sub(1);
            }
            keep
        });
        turns.truncate(TURNS_MAX);
    }
    turns
}

fn push(
    turns: &mut Vec<TimelineEntry>,
    finding: &Finding,
    time: Timestamp,
    turn: Turn,
    text: &str,
    citation: Option<vocab::Citation>,
) {
    let text = Message::new(text).with("kind", Message::new(format!("kind-{}", finding.kind.as_str())));
    turns.push(TimelineEntry { time, turn, finding: finding.id.clone(), text, citation });
}
