//! What one source did on one site: requests in minutes, missing paths, payloads by class (K-41, DT-KND-06).

use crate::findings::Key;
use crate::prim::table::Keep;
use rustc_hash::FxHashSet;
use smallvec::SmallVec;
use std::collections::VecDeque;
use vocab::{Kind, Level, Timestamp};

/// Distinct values kept exactly.
const DISTINCT_MAX: usize = 64;
/// Minutes of the short window that the counters hold.
const MINUTES: usize = 5;
/// Paths remembered for the long window.
const PATHS_MAX: usize = 1024;

/// Distinct values inside a window.
#[derive(Clone, Debug, Default)]
pub(super) struct Distinct(VecDeque<(i64, u64)>);

impl Distinct {
    /// Adds a value; says whether it is new in the window.
    pub(super) fn add(&mut self, now: Timestamp, window: i64, value: u64) -> bool {
        while self.0.front().is_some_and(|(time, _)| now.0.saturating_sub(*time) > window) {
            self.0.pop_front();
        }
        if self.0.len() >= DISTINCT_MAX || self.0.iter().any(|(_, known)| *known == value) {
            return false;
        }
        self.0.push_back((now.0, value));
        true
    }

    /// Distinct values held, at most 64.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Requests and refusals of the last five minutes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Minutes {
    minute: i64,
    requests: [u16; MINUTES],
    refused: [u16; MINUTES],
}

impl Minutes {
    /// Counts a request.
    pub(super) fn add(&mut self, now: Timestamp, refused: bool) {
        let minute = now.0.div_euclid(Timestamp::MINUTE);
        let ahead = minute.saturating_sub(self.minute);
        if ahead > 0 {
            for back in 0..ahead.min(5) {
                let place = usize::try_from((minute - back).rem_euclid(5)).unwrap_or(0);
                if let (Some(requests), Some(refused)) =
                    (self.requests.get_mut(place), self.refused.get_mut(place))
                {
                    (*requests, *refused) = (0, 0);
                }
            }
            self.minute = minute;
        }
        let place = usize::try_from(minute.rem_euclid(5)).unwrap_or(0);
        if let Some(count) = self.requests.get_mut(place) {
            *count = count.saturating_add(1);
        }
        if let Some(count) = self.refused.get_mut(place).filter(|_| refused) {
            *count = count.saturating_add(1);
        }
    }

    /// Share of refused requests.
    pub(super) fn refused_share(&self) -> f64 {
        let sum = |counts: &[u16]| counts.iter().map(|count| f64::from(*count)).sum::<f64>();
        sum(&self.refused) / sum(&self.requests).max(1.0)
    }
}

/// Payloads of one class.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub(super) kind: Kind,
    pub(super) payloads: Distinct,
    /// Names of parameters that carried one.
    pub(super) parameters: SmallVec<[u64; 4]>,
    /// Rules that matched.
    pub(super) rules: SmallVec<[u32; 4]>,
    /// Payloads quoted in the finding.
    pub(super) quoted: u8,
    /// Answers that wait to be judged.
    pub(super) parked: u8,
    /// Requests with a payload of this class.
    pub(super) count: u64,
    /// Level of its finding so far.
    pub(super) level: Level,
}

/// What is kept of a source that did something odd.
#[derive(Clone, Debug, Default)]
pub(super) struct Hostile {
    pub(super) key: Key,
    pub(super) missing: Distinct,
    pub(super) families: SmallVec<[Family; 2]>,
    /// The user agent or path names a scanner.
    pub(super) scanner: bool,
    /// A scan was found.
    pub(super) scan: bool,
    long_start: i64,
    long_requests: u32,
    long_paths: FxHashSet<u64>,
}

impl Hostile {
    /// State of a source whose findings have this key.
    pub(super) fn new(key: Key) -> Self {
        Self { key, ..Self::default() }
    }

    /// Counts a request of the long window; gives requests and distinct paths in it.
    pub(super) fn long(&mut self, now: Timestamp, window: i64, path: u64) -> (u32, usize) {
        if now.0.saturating_sub(self.long_start) > window {
            self.long_start = now.0;
            self.long_requests = 0;
            self.long_paths.clear();
        }
        self.long_requests = self.long_requests.saturating_add(1);
        if self.long_paths.len() < PATHS_MAX {
            self.long_paths.insert(path);
        }
        (self.long_requests, self.long_paths.len())
    }

    /// The payloads of a class.
    pub(super) fn family(&mut self, kind: Kind) -> Option<&mut Family> {
        if let Some(place) = self.families.iter().position(|family| family.kind == kind) {
            return self.families.get_mut(place);
        }
        self.families.push(Family {
            kind,
            payloads: Distinct::default(),
            parameters: SmallVec::new(),
            rules: SmallVec::new(),
            quoted: 0,
            parked: 0,
            count: 0,
            level: Level::Informational,
        });
        self.families.last_mut()
    }

    /// Classes of payloads, and different known holes, that were tried.
    pub(super) fn variety(&self) -> usize {
        let holes = |family: &Family| match family.kind {
            Kind::VulnerabilityProbe => family.rules.len(),
            Kind::SensitiveFileProbe => 0,
            _ => 1,
        };
        self.families.iter().map(holes).sum()
    }
}

/// One source on one site.
#[derive(Clone, Debug, Default)]
pub(super) struct Visitor {
    pub(super) minutes: Minutes,
    pub(super) hostile: Option<Box<Hostile>>,
    pub(super) standing: Option<Box<super::bypass::Standing>>,
    used: bool,
}

impl Keep for Visitor {
    fn score(&self) -> u32 {
        match &self.hostile {
            None => 0,
            Some(hostile) if hostile.scan || !hostile.families.is_empty() => u32::MAX,
            Some(hostile) => u32::try_from(hostile.missing.len()).unwrap_or(u32::MAX),
        }
    }

    fn used(&mut self) -> bool {
        std::mem::take(&mut self.used)
    }
}

impl Visitor {
    /// Counts a request.
    pub(super) fn request(&mut self, now: Timestamp, refused: bool) {
        self.used = true;
        self.minutes.add(now, refused);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = Timestamp::MINUTE;

    #[test]
    fn values_leave_the_window() {
        let mut distinct = Distinct::default();
        assert!(distinct.add(Timestamp(0), 5 * MINUTE, 1));
        assert!(!distinct.add(Timestamp(MINUTE), 5 * MINUTE, 1));
        assert!(distinct.add(Timestamp(6 * MINUTE), 5 * MINUTE, 1));
        assert_eq!(distinct.len(), 1);
    }

    #[test]
    fn shares_are_those_of_five_minutes() {
        let mut minutes = Minutes::default();
        (0..10).for_each(|at| minutes.add(Timestamp(at * MINUTE / 10), true));
        assert!((minutes.refused_share() - 1.0).abs() < 1e-9);
        (0..10).for_each(|_| minutes.add(Timestamp(2 * MINUTE), false));
        assert!((minutes.refused_share() - 0.5).abs() < 1e-9);
        minutes.add(Timestamp(7 * MINUTE), false);
        assert!(minutes.refused_share() < 1e-9);
    }

    #[test]
    fn two_known_holes_are_two_things_tried() {
        let mut hostile = Hostile::default();
        if let Some(family) = hostile.family(Kind::VulnerabilityProbe) {
            family.rules.extend([1, 2]);
        }
        assert_eq!(hostile.variety(), 2);
    }
}
