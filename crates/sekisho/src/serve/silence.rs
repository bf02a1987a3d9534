//! Silence is an event (LG-HBT-02, -04): a source that says nothing for longer than the settings allow, an agent whose heartbeats
//! stop, and datagrams that were given up are written into the ledger, each once when it begins and once when it ends.

use super::agents::Standing;
use crate::live::{SourceState, Watch, Way};
use ledger::{EntryKind, GapCause};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use vocab::Timestamp;

/// An agent sends a heartbeat every ten seconds; after so long without one it is silent, microseconds.
const AGENT_MICROS: i64 = 60 * Timestamp::SECOND;
/// Lost datagrams are written down at most so often, microseconds.
const LOST_MICROS: i64 = 60 * Timestamp::SECOND;

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    /// A source fell silent after this moment.
    Silent(Arc<str>, Timestamp),
    /// A source speaks again; it was silent between these moments.
    Speaks(Arc<str>, Way, (Timestamp, Timestamp)),
    /// An agent fell silent after this moment.
    AgentSilent(String, Timestamp),
    /// An agent ended in good order at this moment.
    AgentStopped(String, Timestamp),
    /// An agent is heard again.
    AgentHeard(String, (Timestamp, Timestamp)),
    /// Datagrams were lost since this moment.
    Lost(u64, Timestamp),
}

/// Who is silent.
#[derive(Debug)]
pub(super) struct Silences {
    /// A source may say nothing for so long, microseconds.
    limit: i64,
    sources: BTreeMap<Arc<str>, Timestamp>,
    agents: BTreeMap<String, Timestamp>,
    lost: u64,
    lost_told: Timestamp,
}

impl Silences {
    /// Begins; `known` fell silent before this process began.
    pub(super) fn new(
        limit: i64,
        known: impl IntoIterator<Item = (String, Timestamp)>,
        now: Timestamp,
    ) -> Self {
        let sources = known.into_iter().map(|(name, last)| (name.into(), last)).collect();
        Self { limit, sources, agents: BTreeMap::new(), lost: 0, lost_told: now }
    }

    /// Is the source silent?
    pub(super) fn is_silent(&self, source: &str) -> bool {
        self.sources.contains_key(source)
    }

    /// Looks at all of them and writes down what changed.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub(super) fn look(
        &mut self,
        watch: &mut Watch,
        agents: &BTreeMap<String, Standing>,
        lost: u64,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let states: Vec<SourceState> = watch.sources().collect();
        let mut changes = self.sources(&states, now);
        changes.extend(self.agents(agents, now));
        changes.extend(self.datagrams(lost, now));
        for change in changes {
            let deed = match change {
                Change::Silent(source, last) => {
                    json!({ "deed": "source silent", "source": &*source, "last": last.0 })
                }
                Change::Speaks(source, way, span) => {
                    watch.missing((&source, way), GapCause::Silent, span, now)?;
                    continue;
                }
                Change::AgentSilent(name, last) => {
                    json!({ "deed": "agent silent", "agent": name, "last": last.0 })
                }
                Change::AgentStopped(name, at) => {
                    json!({ "deed": "agent stopped", "agent": name, "at": at.0 })
                }
                Change::AgentHeard(name, (from, to)) => {
                    json!({ "deed": "agent heard again", "agent": name, "from": from.0, "to": to.0 })
                }
                Change::Lost(count, since) => {
                    json!({ "deed": "datagrams lost", "count": count, "from": since.0, "to": now.0 })
                }
            };
            watch.deed(EntryKind::Record, &deed, now)?;
        }
        Ok(())
    }

    fn sources(&mut self, states: &[SourceState], now: Timestamp) -> Vec<Change> {
        let mut changes = Vec::new();
        for state in states {
            let last = state.last_seen;
            match self.sources.get(&state.name).copied() {
                None if now.since(last) > self.limit => {
                    self.sources.insert(Arc::clone(&state.name), last);
                    changes.push(Change::Silent(Arc::clone(&state.name), last));
                }
                Some(silent) if last > silent && now.since(last) <= self.limit => {
                    self.sources.remove(&state.name);
                    changes.push(Change::Speaks(Arc::clone(&state.name), state.way, (silent, last)));
                }
                _ => {}
            }
        }
        changes
    }

    fn agents(&mut self, agents: &BTreeMap<String, Standing>, now: Timestamp) -> Vec<Change> {
        let mut changes = Vec::new();
        for (name, agent) in agents {
            match self.agents.get(name).copied() {
                None if agent.stopped => {
                    self.agents.insert(name.clone(), agent.heard);
                    changes.push(Change::AgentStopped(name.clone(), agent.heard));
                }
                None if now.since(agent.heard) > AGENT_MICROS => {
                    self.agents.insert(name.clone(), agent.heard);
                    changes.push(Change::AgentSilent(name.clone(), agent.heard));
                }
                Some(silent) if agent.heard > silent && !agent.stopped => {
                    self.agents.remove(name);
                    changes.push(Change::AgentHeard(name.clone(), (silent, agent.heard)));
                }
                _ => {}
            }
        }
        changes
    }

    fn datagrams(&mut self, lost: u64, now: Timestamp) -> Option<Change> {
        if lost == self.lost || now.since(self.lost_told) < LOST_MICROS {
            return None;
        }
        let change = Change::Lost(lost - self.lost, self.lost_told);
        (self.lost, self.lost_told) = (lost, now);
        Some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = Timestamp::SECOND;

    fn state(name: &str, last: i64) -> SourceState {
        SourceState {
            rank: 0,
            name: name.into(),
            way: Way::File,
            format: "",
            lines: 1,
            events: 1,
            unread: 0,
            first_seen: Timestamp(0),
            last_seen: Timestamp(last * SECOND),
        }
    }

    /// LG-HBT-02: told once when it begins, and with its true span when it ends.
    #[test]
    fn silence_of_a_source_is_told_once_and_ends_with_its_span() {
        let mut silences = Silences::new(100 * SECOND, [("old".to_owned(), Timestamp(0))], Timestamp(0));
        let at = |seconds: i64| Timestamp(seconds * SECOND);
        assert_eq!(silences.sources(&[state("a", 10), state("old", 0)], at(110)), []);
        assert_eq!(silences.sources(&[state("a", 10)], at(111)), [Change::Silent("a".into(), at(10))]);
        assert_eq!(silences.sources(&[state("a", 10)], at(500)), []);
        assert!(silences.is_silent("a") && silences.is_silent("old") && !silences.is_silent("b"));
        let speaks = Change::Speaks("a".into(), Way::File, (at(10), at(502)));
        assert_eq!(silences.sources(&[state("a", 502)], at(503)), [speaks]);
        assert!(!silences.is_silent("a"));
    }

    #[test]
    fn heartbeats_that_stop_are_told() {
        let mut silences = Silences::new(SECOND, [], Timestamp(0));
        let at = |seconds: i64| Timestamp(seconds * SECOND);
        let agent = |heard: i64, stopped| {
            BTreeMap::from([("w".to_owned(), Standing { heard: at(heard), stopped, ..Standing::default() })])
        };
        assert_eq!(silences.agents(&agent(5, false), at(65)), []);
        assert_eq!(silences.agents(&agent(5, false), at(66)), [Change::AgentSilent("w".into(), at(5))]);
        assert_eq!(silences.agents(&agent(5, false), at(99)), []);
        assert_eq!(
            silences.agents(&agent(100, false), at(101)),
            [Change::AgentHeard("w".into(), (at(5), at(100)))]
        );
        assert_eq!(silences.agents(&agent(110, true), at(111)), [Change::AgentStopped("w".into(), at(110))]);
        assert_eq!(silences.agents(&agent(110, true), at(999)), []);
    }

    #[test]
    fn lost_datagrams_are_told_in_sums() {
        let mut silences = Silences::new(SECOND, [], Timestamp(0));
        let at = |seconds: i64| Timestamp(seconds * SECOND);
        assert_eq!(silences.datagrams(7, at(59)), None);
        assert_eq!(silences.datagrams(9, at(60)), Some(Change::Lost(9, at(0))));
        assert_eq!(silences.datagrams(9, at(600)), None);
        assert_eq!(silences.datagrams(10, at(601)), Some(Change::Lost(1, at(60))));
    }
}
