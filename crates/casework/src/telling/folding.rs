//! A flood is one message (DT-NTF-04): at most so many notices an hour for one person, then a summary that says how many
//! were folded.

use vocab::{Level, Timestamp};

/// Notices that one person gets within an hour.
pub const AN_HOUR_MAX: usize = 20;
/// A summary waits so long for further notices, microseconds: short enough that a high incident is told of in time.
pub const SUMMARY_MICROS: i64 = 30 * Timestamp::SECOND;

/// Is one more notice folded, when the person got `within_hour` in the last hour? Critical ones never are.
#[must_use]
pub fn folds(within_hour: usize, level: Level) -> bool {
    level < Level::Critical && within_hour >= AN_HOUR_MAX
}

/// Is a summary due, when the oldest folded notice is of `folded` and the last summary went out at `last`? At most one an
/// hour.
#[must_use]
pub fn summary_due(folded: Timestamp, last: Option<Timestamp>, now: Timestamp) -> bool {
    now.since(folded) >= SUMMARY_MICROS && last.is_none_or(|last| now.since(last) >= Timestamp::HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However many incidents come and when: never more than twenty notices and one summary in an hour, every one is
        /// told or in a summary, and critical ones always come by themselves.
        #[test]
        fn a_flood_is_few_messages(gaps in proptest::collection::vec((0_i64..400, any::<bool>()), 1..200)) {
            let mut now = Timestamp(1_795_849_500_000_000);
            let (mut sent, mut summaries, mut folded) = (Vec::new(), Vec::new(), Vec::new());
            let (mut told, mut all, mut critical) = (0, 0, 0);
            for (seconds, is_critical) in gaps.into_iter().chain([(7_200, false); 2]) {
                now = now.plus(seconds * Timestamp::SECOND);
                let level = if is_critical { Level::Critical } else { Level::High };
                let within: Vec<_> = sent.iter().filter(|at: &&Timestamp| now.since(**at) < Timestamp::HOUR).collect();
                all += 1;
                if folds(within.len(), level) { folded.push(now); } else { sent.push(now); told += 1; critical += usize::from(is_critical); }
                if let Some(first) = folded.first() && summary_due(*first, summaries.last().copied(), now) {
                    told += folded.len();
                    folded.clear();
                    summaries.push(now);
                }
            }
            now = now.plus(2 * Timestamp::HOUR);
            if let Some(first) = folded.first() {
                prop_assert!(summary_due(*first, summaries.last().copied(), now));
                told += folded.len();
            }
            prop_assert_eq!(told, all);
            prop_assert!(summaries.windows(2).all(|pair| pair[1].since(pair[0]) >= Timestamp::HOUR));
            for window in sent.windows(AN_HOUR_MAX + 1 + critical) {
                prop_assert!(window[window.len() - 1].since(window[0]) >= Timestamp::HOUR);
            }
        }
    }
}
