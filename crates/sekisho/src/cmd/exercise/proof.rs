//! What was proved, and what was not.

use super::source::Source;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Write;
use store::{NoticeState, Store, Wanted};
use vocab::Timestamp;

/// Findings among which marks are looked for.
const FINDINGS_MAX: i64 = 2_000;

/// One source.
pub(super) struct Proof {
    source: Source,
    /// Why its line could not be written.
    failed: Option<String>,
    /// When its line was written, and when a finding that shows it was there, seconds of the exercise.
    at: (f64, Option<f64>),
}

impl Proof {
    /// Of a source whose line was written, or not.
    pub(super) const fn of(source: Source, failed: Option<String>, at: f64) -> Self {
        Self { source, failed, at: (at, None) }
    }

    fn seconds(&self) -> Option<f64> {
        self.at.1.map(|seen| ((seen - self.at.0) * 100.0).round() / 100.0)
    }
}

/// The whole exercise.
pub(super) struct Report {
    id: String,
    proofs: Vec<Proof>,
    incidents: BTreeSet<String>,
    /// Numbers of the cases that came of it.
    pub(super) cases: BTreeSet<i64>,
    told: Vec<(String, String, String)>,
    waiting: usize,
    acknowledged: Vec<(Timestamp, String)>,
    /// Every source was seen, and what else was asked for came.
    pub(super) proved: bool,
}

impl Report {
    /// Nothing is proved yet.
    pub(super) fn new(id: &str, proofs: Vec<Proof>) -> Self {
        Self {
            id: id.to_owned(),
            proofs,
            incidents: BTreeSet::new(),
            cases: BTreeSet::new(),
            told: Vec::new(),
            waiting: 0,
            acknowledged: Vec::new(),
            proved: false,
        }
    }

    /// Looks at what the service has found and told by now.
    pub(super) fn look(&mut self, store: &Store, elapsed: f64) -> anyhow::Result<()> {
        let wanted =
            Wanted { level: 0, kind: "decoy_use".to_owned(), rows: FINDINGS_MAX, ..Wanted::default() };
        let found = store.read(|tx| tx.findings(&wanted))?;
        for row in &found.rows {
            for proof in &mut self.proofs {
                if row.body.contains(&proof.source.mark) {
                    proof.at.1.get_or_insert(elapsed);
                    if !row.incident.is_empty() {
                        self.incidents.insert(row.incident.clone());
                    }
                }
            }
        }
        self.told.clear();
        self.acknowledged.clear();
        self.waiting = 0;
        for incident in &self.incidents {
            let (case, tellings, notices) = store.read(|tx| {
                Ok((tx.case_of(incident)?, tx.tellings_of(incident)?, tx.notices_of(incident)?))
            })?;
            self.cases.extend(case.map(|case| case.number));
            for telling in tellings {
                if telling.acknowledged == Timestamp(0) {
                    self.waiting += 1;
                } else {
                    self.acknowledged.push((telling.acknowledged, telling.acknowledged_by));
                }
            }
            let state = |state: NoticeState| state.name().to_owned();
            self.told.extend(notices.into_iter().map(|one| (one.channel, one.person, state(one.state))));
        }
        Ok(())
    }

    /// Every line that was written was seen.
    pub(super) fn is_seen(&self) -> bool {
        self.proofs.iter().all(|proof| proof.failed.is_some() || proof.at.1.is_some())
    }

    /// People are told of it.
    pub(super) fn is_told_of(&self) -> bool {
        self.waiting > 0 || !self.acknowledged.is_empty()
    }

    /// Somebody acknowledged all of it.
    pub(super) fn is_acknowledged(&self) -> bool {
        self.waiting == 0 && !self.acknowledged.is_empty()
    }

    /// Judges.
    pub(super) fn end(&mut self, acknowledgement: bool) {
        let seen = !self.proofs.is_empty() && self.proofs.iter().all(|proof| proof.at.1.is_some());
        let told = if acknowledgement { self.is_acknowledged() } else { self.is_told_of() };
        self.proved = seen && told;
    }

    /// For programs.
    pub(super) fn json(&self) -> serde_json::Value {
        let source = |proof: &Proof| {
            json!({
                "source": proof.source.name, "mark": proof.source.mark, "seen": proof.at.1.is_some(),
                "seconds": proof.seconds(), "not_tried": proof.failed,
            })
        };
        json!({
            "exercise": self.id,
            "proved": self.proved,
            "sources": self.proofs.iter().map(source).collect::<Vec<_>>(),
            "cases": self.cases,
            "notices": self.told.iter().map(|(channel, person, state)| {
                json!({ "channel": channel, "person": person, "state": state })
            }).collect::<Vec<_>>(),
            "waiting": self.waiting,
            "acknowledged": self.acknowledged.iter().map(|(at, by)| json!({ "at": at, "by": by })).collect::<Vec<_>>(),
        })
    }

    /// For people.
    pub(super) fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let safe = |text: &str| crate::output::terminal::safe(text, 100);
        for proof in &self.proofs {
            let name = safe(&proof.source.name);
            match (&proof.failed, proof.seconds()) {
                (Some(why), _) => writeln!(out, "× {name}: 試していません / not tried: {}", safe(why))?,
                (None, Some(seconds)) => writeln!(out, "○ {name}: 検知 / seen, {seconds} s")?,
                (None, None) => writeln!(out, "× {name}: 検知されません / not seen")?,
            }
        }
        for (channel, person, state) in &self.told {
            writeln!(out, "  通知 / notice: {channel} {} {state}", safe(person))?;
        }
        for (_, by) in &self.acknowledged {
            writeln!(out, "○ 確認 / acknowledged: {}", safe(by))?;
        }
        if self.waiting > 0 {
            writeln!(out, "× 確認待ち / not acknowledged: {}", self.waiting)?;
        }
        let end = if self.proved {
            "演習は成功しました / proved"
        } else {
            "演習は成功していません / not proved"
        };
        writeln!(out, "{end} ({})", self.id)
    }
}
