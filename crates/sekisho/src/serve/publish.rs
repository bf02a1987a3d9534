//! What the watch found, into the state that the console shows: findings, incidents, and a case for each incident that
//! somebody has to look at.

use crate::live::Judged;
use casework::Incident;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use store::{CaseEvent, FindingRow, IncidentRow, NewCase, Store};
use vocab::{Finding, Level, Timestamp};

/// Incidents kept in memory with all particulars.
const INCIDENTS_MAX: usize = 4_096;

/// What was written before, so that only what changed is written.
#[derive(Default)]
pub(super) struct Published {
    findings: BTreeMap<String, [u8; 32]>,
    incidents: BTreeMap<String, [u8; 32]>,
}

/// A case that was opened.
pub(super) struct Opened {
    pub(super) number: i64,
    pub(super) incident: String,
}

fn digest(value: &impl serde::Serialize) -> anyhow::Result<(String, [u8; 32])> {
    let text = serde_json::to_string(value)?;
    let digest = Sha256::digest(text.as_bytes()).into();
    Ok((text, digest))
}

/// Number of a level, 0 to 4, as the state keeps it.
fn level_number(level: Level) -> i64 {
    i64::from(level.severity()) - 1
}

/// The level with this number.
pub(super) fn level(number: i64) -> Level {
    let place = usize::try_from(number).ok();
    place.and_then(|at| Level::ALL.get(at)).copied().unwrap_or_default()
}

impl Published {
    /// Writes what is new or has changed; gives the cases that were opened. `id` makes ids.
    pub(super) fn write(
        &mut self,
        store: &Store,
        judged: &Judged,
        now: Timestamp,
        id: &mut dyn FnMut() -> anyhow::Result<String>,
    ) -> anyhow::Result<Vec<Opened>> {
        let mut of: BTreeMap<&str, &str> = BTreeMap::new();
        for incident in &judged.incidents {
            of.extend(incident.findings.iter().map(|finding| (finding.as_str(), incident.id.as_str())));
        }
        let mut findings = Vec::new();
        for finding in &judged.findings {
            let (body, digest) = digest(finding)?;
            if self.findings.get(&finding.id) != Some(&digest) {
                let incident = of.get(finding.id.as_str()).copied().unwrap_or_default();
                findings.push((row(finding, incident, body), digest));
            }
        }
        let mut incidents = Vec::new();
        for incident in &judged.incidents {
            let (body, digest) = digest(incident)?;
            if self.incidents.get(&incident.id) != Some(&digest) {
                incidents.push((incident, body, digest, id()?, id()?));
            }
        }
        let opened = store.write(|tx| {
            let mut opened = Vec::new();
            for (row, _) in &findings {
                tx.put_finding(row, now)?;
            }
            for (incident, body, _, case, event) in &incidents {
                tx.put_incident(&incident_row(incident, body), now)?;
                if incident.level >= Level::Medium {
                    // In the same transaction: what was found is told of, whatever stops the program in between.
                    tx.begin_telling(&incident.id, stage(incident), level_number(incident.level), now)?;
                }
                if incident.level < Level::Medium || tx.case_of(&incident.id)?.is_some() {
                    continue;
                }
                let new = NewCase { id: case, incident: &incident.id, title: incident.kind.as_str() };
                let made = tx.open_case(new, now)?;
                tx.add_case_event(&CaseEvent {
                    id: event.clone(),
                    case: made.id,
                    at: now,
                    actor: String::new(),
                    deed: "opened".to_owned(),
                    body: String::new(),
                    ledger: incident.evidence.first().map_or(0, |index| i64::try_from(*index).unwrap_or(0)),
                })?;
                opened.push(Opened { number: made.number, incident: incident.id.clone() });
            }
            Ok(opened)
        })?;
        // Only now is it written.
        self.findings.extend(findings.into_iter().map(|(row, digest)| (row.id, digest)));
        self.incidents
            .extend(incidents.into_iter().map(|(incident, _, digest, ..)| (incident.id.clone(), digest)));
        Ok(opened)
    }
}

/// Stage that an incident has reached, by its name; a later one is told anew (DT-NTF-04).
fn stage(incident: &Incident) -> &'static str {
    use vocab::Stage;
    match incident.stage_max {
        Stage::Context => "context",
        Stage::Prep => "prep",
        Stage::Recon => "recon",
        Stage::Attempt => "attempt",
        Stage::Entry => "entry",
        Stage::Privilege => "privilege",
        Stage::Persistence => "persistence",
        Stage::Evasion => "evasion",
        Stage::Lateral => "lateral",
        Stage::Command => "command",
        Stage::Impact => "impact",
    }
}

fn row(finding: &Finding, incident: &str, body: String) -> FindingRow {
    FindingRow {
        id: finding.id.clone(),
        rule: finding.rule.id.clone(),
        kind: finding.kind.as_str().to_owned(),
        level: level_number(finding.level),
        began: finding.first,
        ended: finding.last,
        incident: incident.to_owned(),
        body,
    }
}

fn incident_row(incident: &Incident, body: &str) -> IncidentRow {
    IncidentRow {
        id: incident.id.clone(),
        title: incident.kind.as_str().to_owned(),
        level: level_number(incident.level),
        entered: incident.entered(),
        began: incident.first,
        ended: incident.last,
        body: body.to_owned(),
    }
}

/// Adds incidents to those that pages show in full, the oldest going first.
pub(super) fn keep(known: &mut BTreeMap<String, Incident>, judged: Judged) {
    for incident in judged.incidents {
        known.insert(incident.id.clone(), incident);
    }
    while known.len() > INCIDENTS_MAX {
        let oldest = known.values().min_by_key(|incident| incident.last).map(|incident| incident.id.clone());
        let Some(oldest) = oldest else { return };
        known.remove(&oldest);
    }
}
