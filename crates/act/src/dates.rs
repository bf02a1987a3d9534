//! The time of an act (F0): an interval on the legal calendar, Asia/Tokyo (+09:00, no daylight saving).

use std::fmt;

use jiff::civil::Date;
use jiff::tz::Offset;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text_enum::text_enum;

/// Japan standard time.
const TOKYO: Offset = Offset::constant(9);

/// A point in time as it was written: RFC 3339 with offset, or a calendar day of Japan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    text: String,
    /// For a day: its first microsecond in Japan.
    start_micros: i64,
    day: Date,
}

/// Why a text is not a [`Moment`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an RFC 3339 time with offset or a day such as 2012-05-01, found `{found}`")]
pub struct MomentError {
    found: String,
}

impl Moment {
    /// Reads RFC 3339 with offset, or `YYYY-MM-DD` (a day in Japan).
    ///
    /// # Errors
    /// The text is neither.
    pub fn parse(text: &str) -> Result<Self, MomentError> {
        let wrong = || MomentError { found: text.chars().take(64).collect() };
        if text.len() == 10 {
            let day: Date = text.parse().map_err(|_| wrong())?;
            let start = TOKYO.to_timestamp(day.at(0, 0, 0, 0)).map_err(|_| wrong())?;
            return Ok(Self { text: text.to_owned(), start_micros: start.as_microsecond(), day });
        }
        let at: jiff::Timestamp = text.parse().map_err(|_| wrong())?;
        Ok(Self {
            text: text.to_owned(),
            start_micros: at.as_microsecond(),
            day: TOKYO.to_datetime(at).date(),
        })
    }

    /// From microseconds since 1970, UTC. `None` outside the years -9999..9999.
    #[must_use]
    pub fn from_unix_micros(micros: i64) -> Option<Self> {
        let at = jiff::Timestamp::from_microsecond(micros).ok()?;
        let text = at.display_with_offset(TOKYO).to_string();
        Some(Self { text, start_micros: micros, day: TOKYO.to_datetime(at).date() })
    }

    /// The day in Japan, as `YYYY-MM-DD`; this is what chooses the law.
    #[must_use]
    pub fn japan_day(&self) -> String {
        self.day.to_string()
    }

    /// The calendar year in Japan.
    pub(crate) fn japan_year(&self) -> i16 {
        self.day.year()
    }

    /// First microsecond the text can mean.
    pub(crate) const fn first_micros(&self) -> i64 {
        self.start_micros
    }

    /// Last microsecond the text can mean: a day lasts until midnight in Japan.
    pub(crate) fn last_micros(&self) -> i64 {
        let rest = if self.text.len() == 10 { 86_400_000_000 - 1 } else { 0 };
        self.start_micros.saturating_add(rest)
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

text_enum! {
    /// How exact the interval is; a note for people, the interval itself decides.
    Precision {
        /// To the second.
        Second = "second",
        /// To the minute.
        Minute = "minute",
        /// To the hour.
        Hour = "hour",
        /// To the day.
        Day = "day",
        /// To the month.
        Month = "month",
        /// To the year.
        Year = "year",
        /// Not stated.
        Unknown = "?",
    }
}

/// When the act was done (行為の時期): from the earliest to the latest possible moment. A missing end is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActTime {
    /// Earliest possible moment.
    pub from: Option<Moment>,
    /// Latest possible moment, or the end of a continuing act.
    pub to: Option<Moment>,
    /// How exact the two are.
    pub precision: Precision,
}

impl Default for ActTime {
    fn default() -> Self {
        Self { from: None, to: None, precision: Precision::Unknown }
    }
}

impl ActTime {
    /// One moment or one day.
    #[must_use]
    pub fn at(moment: Moment) -> Self {
        let precision = if moment.text.len() == 10 { Precision::Day } else { Precision::Second };
        Self { from: Some(moment.clone()), to: Some(moment), precision }
    }

    /// From one moment to another.
    #[must_use]
    pub fn between(from: Moment, to: Moment) -> Self {
        let precision = if from.text.len() == 10 { Precision::Day } else { Precision::Second };
        Self { from: Some(from), to: Some(to), precision }
    }
}

impl<'de> Deserialize<'de> for ActTime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SeenTime)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Interval {
    from: Option<Moment>,
    to: Option<Moment>,
    precision: Option<Precision>,
}

struct SeenTime;

impl<'de> Visitor<'de> for SeenTime {
    type Value = ActTime;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a time with offset, a day, `?`, or {\"from\": .., \"to\": .., \"precision\": ..}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ActTime, E> {
        if text == "?" {
            return Ok(ActTime::default());
        }
        Moment::parse(text).map(ActTime::at).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ActTime, A::Error> {
        let seen: Interval = Deserialize::deserialize(de::value::MapAccessDeserializer::new(map))?;
        if let (Some(from), Some(to)) = (&seen.from, &seen.to)
            && from.start_micros > to.last_micros()
        {
            return Err(de::Error::custom(format!(
                "`from` ({}) is later than `to` ({})",
                from.text, to.text
            )));
        }
        let precision = seen.precision.unwrap_or(Precision::Unknown);
        Ok(ActTime { from: seen.from, to: seen.to, precision })
    }
}
