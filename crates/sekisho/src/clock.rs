//! The only place that reads the clock, the environment's zone and randomness (DESIGN invariant 5).

use vocab::Timestamp;

/// Where time comes from in this run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// The machine's clock.
    System,
    /// A value fixed on the command line, for replays and tests.
    Fixed(Timestamp),
}

impl Clock {
    /// The time now.
    pub(crate) fn now(self) -> Timestamp {
        match self {
            Self::Fixed(time) => time,
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
            Self::System => Timestamp(jiff::Timestamp::now().as_microsecond()),
        }
    }

    /// Seconds since an arbitrary start, for progress and `elapsed_seconds`; 0 with a fixed clock.
    pub(crate) fn stopwatch(self) -> Stopwatch {
        match self {
            Self::Fixed(_) => Stopwatch(None),
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
            Self::System => Stopwatch(Some(std::time::Instant::now())),
        }
    }

    /// 32 random bytes; all zero with a fixed clock, so that two runs give identical files.
    pub(crate) fn random(self) -> anyhow::Result<[u8; 32]> {
        let mut bytes = [0; 32];
        if matches!(self, Self::System) {
            getrandom::fill(&mut bytes)
                .map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
        }
        Ok(bytes)
    }

    /// Zone of this machine; UTC with a fixed clock.
    pub(crate) fn zone(self) -> jiff::tz::TimeZone {
        match self {
            Self::System => jiff::tz::TimeZone::system(),
            Self::Fixed(_) => jiff::tz::TimeZone::UTC,
        }
    }
}

/// Notices when the clock is set, or stands still, while the program runs (LG-ENT-05).
#[derive(Debug)]
pub(crate) struct Steps {
    clock: Clock,
    watch: Stopwatch,
    last: (Timestamp, f64),
}

/// Difference between both clocks that is told, in microseconds.
const STEP_MICROS: i64 = Timestamp::SECOND;

impl Clock {
    /// Begins to compare the clock with one that nobody sets.
    pub(crate) fn steps(self) -> Steps {
        Steps { clock: self, watch: self.stopwatch(), last: (self.now(), 0.0) }
    }
}

impl Steps {
    /// What the clock showed and what it shows, when it went forward by more than the time that passed. Steps back are noticed by
    /// the ledger itself.
    pub(crate) fn look(&mut self) -> Option<(Timestamp, Timestamp)> {
        self.compare(self.clock.now(), self.watch.seconds())
    }

    fn compare(&mut self, now: Timestamp, seconds: f64) -> Option<(Timestamp, Timestamp)> {
        let (time, before) = std::mem::replace(&mut self.last, (now, seconds));
        #[expect(clippy::cast_possible_truncation, reason = "times of one run, far below 2^53 microseconds")]
        let passed = ((seconds - before).max(0.0) * 1e6).round() as i64;
        let expected = time.plus(passed);
        (matches!(self.clock, Clock::System) && now.since(expected) > STEP_MICROS).then_some((expected, now))
    }
}

/// Measures how long something took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Option<std::time::Instant>);

impl Stopwatch {
    /// Seconds since the start.
    pub(crate) fn seconds(self) -> f64 {
        self.0.map_or(0.0, |start| start.elapsed().as_secs_f64())
    }
}

/// Language from the environment (`LC_ALL`, `LC_MESSAGES`, `LANG`): English when it says so, else Japanese.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn language() -> web::Lang {
    let value = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .unwrap_or_default();
    if value.starts_with("en") { web::Lang::En } else { web::Lang::Ja }
}

/// Does the journal of the system read standard error? It understands levels before a line (sd-daemon(3)).
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn writes_to_journal() -> bool {
    std::env::var_os("JOURNAL_STREAM").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LG-ENT-05: a clock that is set forward is told once; one that runs, or is slewed, is not.
    #[test]
    fn steps_of_the_clock_are_noticed() {
        let now = Timestamp::from_seconds(1_700_000_000);
        let at = |millis: i64| Timestamp(now.0 + millis * 1_000);
        let mut steps = Steps { clock: Clock::System, watch: Stopwatch(None), last: (now, 0.0) };
        assert_eq!(steps.compare(at(200), 0.2), None);
        assert_eq!(steps.compare(at(60_210), 60.2), None, "ten milliseconds a minute");
        assert_eq!(steps.compare(at(65_410), 60.4), Some((at(60_410), at(65_410))));
        assert_eq!(steps.compare(at(65_610), 60.6), None, "told once");
        assert_eq!(steps.compare(at(1_000), 60.8), None, "a step back is noticed by the ledger");
        assert_eq!(steps.compare(at(1_200), 61.0), None);
    }
}
