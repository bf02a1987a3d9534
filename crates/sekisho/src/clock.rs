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
