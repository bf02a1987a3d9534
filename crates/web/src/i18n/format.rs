//! Numbers and times for people.

use crate::Lang;
use fluent_bundle::FluentValue;
use vocab::Timestamp;

/// Formats a value inside a message: numbers with thousands separators.
pub(crate) fn value<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    match value {
        FluentValue::Number(inner) => Some(number(inner.value)),
        _ => None,
    }
}

/// `1234567` as `1,234,567`; at most two decimals.
pub(crate) fn number(value: f64) -> String {
    let text = if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") };
    let (whole, fraction) =
        text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut out = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

fn zoned(time: Timestamp, zone: &jiff::tz::TimeZone) -> Option<jiff::Zoned> {
    jiff::Timestamp::from_microsecond(time.0).ok().map(|time| time.to_zoned(zone.clone()))
}

/// `2026-11-22 04:05:06` in the zone.
pub(crate) fn time(time: Timestamp, zone: &jiff::tz::TimeZone) -> String {
    zoned(time, zone).map_or_else(|| "?".to_owned(), |zoned| zoned.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// `2026年11月22日（日）` or `Sun 2026-11-22`.
pub(crate) fn day(time: Timestamp, zone: &jiff::tz::TimeZone, lang: Lang) -> String {
    let Some(zoned) = zoned(time, zone) else { return "?".to_owned() };
    match lang {
        Lang::Ja => {
            let names = ["月", "火", "水", "木", "金", "土", "日"];
            let weekday = usize::from(zoned.weekday().to_monday_zero_offset().unsigned_abs());
            let name = names.get(weekday).copied().unwrap_or("");
            format!("{}年{}月{}日（{name}）", zoned.year(), zoned.month(), zoned.day())
        }
        Lang::En => zoned.strftime("%a %Y-%m-%d").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(0.0), "0");
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(-1_000.5), "-1,000.50");
    }

    #[test]
    fn days_read_well_in_both_languages() {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(9));
        let time = Timestamp::from_seconds(1_795_357_800);
        assert_eq!(day(time, &zone, Lang::Ja), "2026年11月22日（日）");
        assert_eq!(day(time, &zone, Lang::En), "Sun 2026-11-22");
    }
}
