//! What is known of the witnesses of a ledger (LG-WIT-06, LG-WIT-07): whom to ask now, whether the quorum has been missing for
//! too long, and which answers are an alarm. A state machine: answers and times in, events out.

use crate::entry::EntryKind;
use crate::{Ledger, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use vocab::{LedgerIndex, Timestamp};

/// Seconds without quorum that are an alarm unless the operator says otherwise.
pub const WITNESS_ALARM_SECONDS_DEFAULT: u32 = 600;
/// First pause after a witness did not answer, in seconds; each further failure doubles it.
const PAUSE_SECONDS_MIN: i64 = 5;
/// Longest pause, in seconds.
const PAUSE_SECONDS_MAX: i64 = 600;
/// Most events that wait to be entered; later ones are dropped, because they say the same.
const EVENTS_MAX: usize = 64;
/// Largest size that a log can have: below 2^53 (LG chapter 21).
const SIZE_MAX: u64 = (1 << 53) - 1;
/// Most witnesses that are followed.
const WITNESSES_MAX: usize = 256;

/// What a witness answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WitnessAnswer {
    /// It cosigned a head of this size.
    Cosigned(u64),
    /// It knows this size, other than what it was asked from (409).
    Knows(u64),
    /// It refused, twice or for good: a fork, or a proof that does not hold.
    Refused(u64),
    /// No answer, or none that can be read.
    Unreachable,
}

/// Why a witness, or the quorum, is an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WitnessAlarm {
    /// The quorum has been missing for longer than allowed.
    QuorumLost,
    /// It is there again.
    QuorumRegained,
    /// A witness refused a head that this ledger signed.
    Refused,
    /// A witness names a smaller size than it cosigned before: its state was lost or put back.
    Smaller,
    /// A witness knows more entries than this ledger has: the ledger was put back (LE-ROLLBACK).
    Larger,
}

impl WitnessAlarm {
    /// The code in an entry.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::QuorumLost => "quorum-lost",
            Self::QuorumRegained => "quorum-regained",
            Self::Refused => "refused",
            Self::Smaller => "smaller",
            Self::Larger => "larger",
        }
    }
}

/// Something that is to be entered into the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessEvent {
    /// What happened.
    pub alarm: WitnessAlarm,
    /// Name of the witness in the policy; empty for the quorum.
    pub witness: String,
    /// Size of the head, or the size that the witness names.
    pub size: u64,
}

/// What is known of one witness.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessSeen {
    /// Largest size that it cosigned for this ledger.
    pub cosigned: u64,
    /// When it answered last.
    pub answered: Option<Timestamp>,
    /// Requests in a row without an answer.
    pub failures: u32,
    /// It is not asked before.
    pub next: Option<Timestamp>,
    /// An alarm that an operator has not cleared, with the size that the witness named.
    pub alarm: Option<(WitnessAlarm, u64)>,
}

/// The witnesses of a ledger as they answered so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessWatch {
    /// Version, 1.
    pub v: u32,
    /// Seconds without quorum that are an alarm.
    pub alarm_seconds: u32,
    /// By name in the policy.
    pub witnesses: BTreeMap<String, WitnessSeen>,
    /// Size of the newest head with a quorum, and when it had it.
    pub met: Option<(u64, Timestamp)>,
    /// Since when the newest head has had none.
    pub missing_since: Option<Timestamp>,
    /// The alarm about the quorum was given.
    pub told: bool,
    /// What is to be entered into the ledger.
    pub events: Vec<WitnessEvent>,
}

impl Default for WitnessWatch {
    fn default() -> Self {
        Self {
            v: 1,
            alarm_seconds: WITNESS_ALARM_SECONDS_DEFAULT,
            witnesses: BTreeMap::new(),
            met: None,
            missing_since: None,
            told: false,
            events: Vec::new(),
        }
    }
}

impl WitnessWatch {
    /// Whether a witness may be asked now: after failures it is left alone for a while.
    #[must_use]
    pub fn due(&self, witness: &str, now: Timestamp) -> bool {
        self.witnesses.get(witness).and_then(|seen| seen.next).is_none_or(|next| now >= next)
    }

    fn push(&mut self, alarm: WitnessAlarm, witness: &str, size: u64) {
        let event = WitnessEvent { alarm, witness: witness.to_owned(), size };
        if self.events.len() < EVENTS_MAX && !self.events.contains(&event) {
            self.events.push(event);
        }
    }

    /// Takes in an answer of a witness about a head of `size` entries. Returns the alarm that it is, if it is one.
    pub fn answered(
        &mut self,
        witness: &str,
        size: u64,
        answer: WitnessAnswer,
        now: Timestamp,
    ) -> Option<WitnessAlarm> {
        if self.witnesses.len() >= WITNESSES_MAX && !self.witnesses.contains_key(witness) {
            return None;
        }
        let seen = self.witnesses.entry(witness.to_owned()).or_default();
        // No log has that many entries (LG chapter 21), and no entry could hold the number: such an answer says nothing.
        let absurd = matches!(answer, WitnessAnswer::Knows(size) if size > SIZE_MAX);
        if absurd || answer == WitnessAnswer::Unreachable {
            seen.failures = seen.failures.saturating_add(1);
            let pause = PAUSE_SECONDS_MIN.saturating_mul(1 << seen.failures.saturating_sub(1).min(16));
            let pause = pause.min(PAUSE_SECONDS_MAX) * Timestamp::SECOND;
            seen.next = Some(Timestamp(now.0.saturating_add(pause)));
            return None;
        }
        (seen.answered, seen.failures, seen.next) = (Some(now), 0, None);
        let (alarm, named) = match answer {
            WitnessAnswer::Cosigned(cosigned) => {
                seen.cosigned = seen.cosigned.max(cosigned);
                return None;
            }
            WitnessAnswer::Knows(known) if known > size => (WitnessAlarm::Larger, known),
            WitnessAnswer::Knows(known) if known < seen.cosigned => (WitnessAlarm::Smaller, known),
            WitnessAnswer::Knows(_) | WitnessAnswer::Unreachable => return None,
            WitnessAnswer::Refused(size) => (WitnessAlarm::Refused, size),
        };
        let new = seen.alarm.replace((alarm, named)) != Some((alarm, named));
        if new {
            self.push(alarm, witness, named);
        }
        Some(alarm)
    }

    /// Takes in whether the newest head, of `size` entries, has its quorum.
    pub fn quorum(&mut self, size: u64, met: bool, now: Timestamp) {
        if met {
            self.met = Some((size, now));
            self.missing_since = None;
            if std::mem::take(&mut self.told) {
                self.push(WitnessAlarm::QuorumRegained, "", size);
            }
            return;
        }
        self.missing_since.get_or_insert(now);
        self.tick(size, now);
    }

    /// Whether the quorum has been missing for too long.
    #[must_use]
    pub fn quorum_alarm(&self, now: Timestamp) -> bool {
        let allowed = i64::from(self.alarm_seconds) * Timestamp::SECOND;
        self.missing_since.is_some_and(|since| now.since(since) > allowed)
    }

    /// Gives the alarm about the quorum once its time has come.
    pub fn tick(&mut self, size: u64, now: Timestamp) {
        if self.quorum_alarm(now) && !std::mem::replace(&mut self.told, true) {
            self.push(WitnessAlarm::QuorumLost, "", size);
        }
    }

    /// The size beyond a ledger of `size` entries that a witness cosigned or names: the ledger was put back (LG-DUR-06).
    #[must_use]
    pub fn beyond(&self, size: u64) -> Option<u64> {
        let named = |seen: &WitnessSeen| match seen.alarm {
            Some((WitnessAlarm::Larger, named)) => named.max(seen.cosigned),
            _ => seen.cosigned,
        };
        self.witnesses.values().map(named).max().filter(|known| *known > size)
    }

    /// An operator has looked at the alarm of a witness. Returns whether there was one.
    pub fn clear(&mut self, witness: &str) -> bool {
        self.witnesses.get_mut(witness).and_then(|seen| seen.alarm.take()).is_some()
    }
}

impl Ledger {
    /// Enters what happened with the witnesses (kind `witness`, LG-WIT-06).
    ///
    /// # Errors
    /// `LE-IO`.
    pub fn record_witness(&mut self, event: &WitnessEvent, now: Timestamp) -> Result<LedgerIndex> {
        self.settle_clock(now)?;
        // No free text in an entry (LG-ENT-02).
        let fits = crate::govern::is_code(&event.witness);
        let name = if fits {
            event.witness.clone()
        } else {
            let digest = crate::tree::sha256(event.witness.as_bytes());
            hex::encode(digest.get(..8).unwrap_or_default())
        };
        let witness = (!event.witness.is_empty()).then_some(name);
        let body = json!({ "code": event.alarm.code(), "size": event.size, "witness": witness });
        self.public(EntryKind::Witness, 0, &body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(NOW.seconds() + seconds)
    }

    fn alarms(watch: &WitnessWatch) -> Vec<(WitnessAlarm, u64)> {
        watch.events.iter().map(|one| (one.alarm, one.size)).collect()
    }

    /// LG-WIT-06: an alarm after the time allowed, once, and its end.
    #[test]
    fn a_missing_quorum_is_an_alarm_after_a_while() {
        let mut watch = WitnessWatch::default();
        watch.quorum(5, true, at(0));
        for second in [1, 300, 601] {
            watch.quorum(6, false, at(second));
            assert!(!watch.quorum_alarm(at(second)) && watch.events.is_empty(), "{second}");
        }
        for second in [602, 5_000] {
            watch.quorum(7, false, at(second));
            assert!(watch.quorum_alarm(at(second)));
            assert_eq!(alarms(&watch), [(WitnessAlarm::QuorumLost, 7)]);
        }
        watch.quorum(9, true, at(5_001));
        assert!(!watch.quorum_alarm(at(9_999)));
        assert_eq!(alarms(&watch).last(), Some(&(WitnessAlarm::QuorumRegained, 9)));
    }

    /// LG-WIT-06: who does not answer is asked less and less often, and at once again after an answer.
    #[test]
    fn a_witness_that_does_not_answer_is_left_alone_for_a_while() {
        let mut watch = WitnessWatch::default();
        let mut pauses = Vec::new();
        let mut now = at(0);
        for _ in 0..9 {
            assert!(watch.due("w", now));
            watch.answered("w", 5, WitnessAnswer::Unreachable, now);
            assert!(!watch.due("w", now));
            let next = watch.witnesses["w"].next.unwrap();
            pauses.push(next.since(now) / Timestamp::SECOND);
            now = next;
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        watch.answered("w", 5, WitnessAnswer::Cosigned(5), now);
        assert!(watch.due("w", now));
    }

    /// LG-WIT-07: a smaller size than it cosigned is another thing than one it never went beyond.
    #[test]
    fn a_witness_that_forgot_is_told_apart() {
        let mut watch = WitnessWatch::default();
        assert_eq!(watch.answered("w", 10, WitnessAnswer::Knows(4), NOW), None, "it was never asked before");
        assert_eq!(watch.answered("x", 10, WitnessAnswer::Knows(u64::MAX), NOW), None, "no log is that long");
        assert_eq!((watch.beyond(10), watch.witnesses["x"].failures), (None, 1));
        watch.answered("w", 10, WitnessAnswer::Cosigned(10), NOW);
        assert_eq!(watch.answered("w", 12, WitnessAnswer::Knows(10), NOW), None);
        for _ in 0..2 {
            assert_eq!(watch.answered("w", 12, WitnessAnswer::Knows(4), NOW), Some(WitnessAlarm::Smaller));
            watch.answered("w", 12, WitnessAnswer::Cosigned(12), NOW);
        }
        assert_eq!(watch.answered("v", 12, WitnessAnswer::Refused(12), NOW), Some(WitnessAlarm::Refused));
        assert_eq!(alarms(&watch), [(WitnessAlarm::Smaller, 4), (WitnessAlarm::Refused, 12)]);
        assert_eq!(watch.beyond(12), None);
        assert_eq!(watch.answered("w", 12, WitnessAnswer::Knows(20), NOW), Some(WitnessAlarm::Larger));
        assert_eq!((watch.beyond(12), watch.beyond(20)), (Some(20), None));
        assert!(watch.clear("w") && !watch.clear("w") && !watch.clear("nobody"));
        assert_eq!((watch.beyond(12), watch.beyond(11)), (None, Some(12)), "what it cosigned stays known");
    }

    proptest! {
        /// Whatever witnesses answer, lists stay short, and what one cosigned never grows smaller.
        #[test]
        fn any_answers_keep_the_limits(answers in prop::collection::vec((0..400u32, 0..9u64, 0..4u8, 0..9u64), 0..200)) {
            let mut watch = WitnessWatch::default();
            for (step, (name, size, kind, named)) in answers.into_iter().enumerate() {
                let answer = match kind {
                    0 => WitnessAnswer::Cosigned(named),
                    1 => WitnessAnswer::Knows(named),
                    2 => WitnessAnswer::Refused(named),
                    _ => WitnessAnswer::Unreachable,
                };
                let before = watch.witnesses.get(&name.to_string()).map_or(0, |seen| seen.cosigned);
                watch.answered(&name.to_string(), size, answer, at(step as i64));
                watch.quorum(size, named % 2 == 0, at(step as i64 * 500));
                prop_assert!(watch.witnesses.len() <= WITNESSES_MAX && watch.events.len() <= EVENTS_MAX);
                prop_assert!(watch.witnesses.get(&name.to_string()).map_or(0, |seen| seen.cosigned) >= before);
            }
            let text = serde_json::to_string(&watch).unwrap();
            prop_assert_eq!(serde_json::from_str::<WitnessWatch>(&text).unwrap(), watch);
        }
    }
}
