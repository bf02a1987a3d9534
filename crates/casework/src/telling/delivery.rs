//! What becomes of one notice (DT-NTF-02): tries, answers, giving up.

use vocab::{NoticeState, Timestamp};

/// A notice that no channel has taken for so long is given up, microseconds.
pub const GIVE_UP_MICROS: i64 = Timestamp::DAY;
/// First wait after a try that failed, and the longest one, seconds.
const WAIT_SECONDS: (i64, i64) = (10, 1_800);
/// After so many tries that failed a notice counts as lost for now, and others are told.
const LOST_TRIES: i64 = 3;

/// What a channel answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It took the notice.
    Yes,
    /// Not now: no connection, a temporary refusal, an answer that nobody understands.
    Later,
    /// Never: the address or the notice is refused.
    Never,
}

/// May a notice go from one state to another? Nothing leads away from an acknowledgement.
#[must_use]
pub const fn may_become(from: NoticeState, to: NoticeState) -> bool {
    use NoticeState::{Acknowledged, Escalated, Failed, Folded, Queued, Retried, Seen, Sent};
    match from {
        Queued | Retried => matches!(to, Sent | Failed | Escalated | Folded | Acknowledged),
        Failed => matches!(to, Retried | Escalated | Acknowledged),
        Sent => matches!(to, Seen | Acknowledged),
        Folded => matches!(to, Sent | Acknowledged),
        Seen | Escalated => matches!(to, Acknowledged),
        Acknowledged => false,
    }
}

/// State after a try, and when to try again. `tries`: how many there were, with this one.
#[must_use]
pub fn after_try(taken: Taken, tries: i64, queued: Timestamp, now: Timestamp) -> (NoticeState, Timestamp) {
    match taken {
        Taken::Yes => (NoticeState::Sent, now),
        Taken::Never => (NoticeState::Escalated, now),
        Taken::Later => {
            let doublings = u32::try_from(tries.clamp(1, 16) - 1).unwrap_or(0);
            let seconds = (WAIT_SECONDS.0 << doublings).min(WAIT_SECONDS.1);
            let next = now.plus(seconds * Timestamp::SECOND);
            if next.since(queued) > GIVE_UP_MICROS {
                (NoticeState::Escalated, now)
            } else {
                (NoticeState::Failed, next)
            }
        }
    }
}

/// Is everything that was sent lost, so that others must be told now? Each notice by its state and number of tries.
#[must_use]
pub fn lost(notices: &[(NoticeState, i64)]) -> bool {
    let gone = |(state, tries): &(NoticeState, i64)| match state {
        NoticeState::Escalated => true,
        NoticeState::Failed | NoticeState::Retried => *tries >= LOST_TRIES,
        _ => false,
    };
    !notices.is_empty() && notices.iter().all(gone)
}

/// Does this state say that the person has acknowledged?
#[must_use]
pub const fn acknowledges(state: NoticeState) -> bool {
    matches!(state, NoticeState::Acknowledged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T: Timestamp = Timestamp(1_795_849_500_000_000);

    #[test]
    fn waits_grow_and_end_after_a_day() {
        let wait = |tries| after_try(Taken::Later, tries, T, T).1.since(T) / Timestamp::SECOND;
        assert_eq!([1, 2, 3, 8, 9, 60].map(wait), [10, 20, 40, 1_280, 1_800, 1_800]);
        let late = T.plus(GIVE_UP_MICROS - Timestamp::SECOND);
        assert_eq!(after_try(Taken::Later, 60, T, late).0, NoticeState::Escalated);
        assert_eq!(after_try(Taken::Never, 1, T, T).0, NoticeState::Escalated);
    }

    #[test]
    fn lost_is_what_no_channel_took() {
        use NoticeState::{Escalated, Failed, Queued, Sent};
        assert!(!lost(&[]) && !lost(&[(Failed, 2)]) && lost(&[(Failed, 3)]));
        assert!(lost(&[(Escalated, 1), (Failed, 9)]) && !lost(&[(Escalated, 1), (Sent, 1)]));
        assert!(!lost(&[(Queued, 9)]));
    }

    proptest! {
        /// Whatever a channel answers and whenever: only allowed changes, tries in the future, an end after a day.
        #[test]
        fn a_notice_goes_allowed_ways_only(answers in proptest::collection::vec(0_u8..12, 1..200)) {
            let (mut state, mut now, mut tries) = (NoticeState::Queued, T, 0);
            for answer in answers {
                if !matches!(state, NoticeState::Queued | NoticeState::Failed) { break; }
                if state == NoticeState::Failed {
                    prop_assert!(may_become(state, NoticeState::Retried));
                    state = NoticeState::Retried;
                }
                tries += 1;
                let taken = match answer { 0 => Taken::Yes, 1 => Taken::Never, _ => Taken::Later };
                let (next, at) = after_try(taken, tries, T, now);
                prop_assert!(may_become(state, next), "{state:?} {next:?}");
                prop_assert!(next != NoticeState::Failed || at > now);
                prop_assert!(at.since(T) <= GIVE_UP_MICROS);
                (state, now) = (next, at);
            }
            for other in NoticeState::ALL {
                prop_assert!(!may_become(NoticeState::Acknowledged, other));
                prop_assert!(acknowledges(other) || may_become(other, NoticeState::Acknowledged));
            }
        }
    }
}
