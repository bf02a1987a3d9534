//! Numbers of a rule (DT-KND-01): every threshold stands in the `params:` block with default, range and origin.

use std::collections::BTreeMap;
use vocab::Timestamp;
use yaml_serde::Value;

/// Value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamValue {
    /// A number; a duration such as `10m` is held in microseconds.
    Number(f64),
    /// A list of words.
    List(Vec<String>),
}

/// One parameter of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Value in force.
    pub value: ParamValue,
    /// Smallest and largest allowed value, in the unit of the value.
    pub range: Option<(f64, f64)>,
    /// Where the default came from: a peer's short name, or `own`.
    pub origin: String,
}

/// Parameters of a rule by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params(BTreeMap<String, Param>);

impl Params {
    /// Reads a `params:` block.
    ///
    /// # Errors
    /// Names the parameter and what was expected.
    pub fn parse(block: Option<&Value>) -> Result<Self, String> {
        let mut params = BTreeMap::new();
        let Some(block) = block else { return Ok(Self(params)) };
        let block = block.as_mapping().ok_or("params: expected a mapping of names")?;
        for (name, body) in block {
            let name = name.as_str().ok_or("params: a name must be text")?;
            let param = parse_param(body).map_err(|reason| format!("params.{name}: {reason}"))?;
            params.insert(name.to_owned(), param);
        }
        Ok(Self(params))
    }

    /// Number of that name; `fallback` when the rule file does not state it.
    #[must_use]
    pub fn number(&self, name: &str, fallback: f64) -> f64 {
        match self.0.get(name).map(|param| &param.value) {
            Some(ParamValue::Number(number)) => *number,
            _ => fallback,
        }
    }

    /// Count of that name, rounded up.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of the type"
    )]
    pub fn count(&self, name: &str, fallback: u32) -> u32 {
        self.number(name, f64::from(fallback)).ceil().clamp(0.0, f64::from(u32::MAX)) as u32
    }

    /// Duration of that name in microseconds.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "durations are far below 2^53 microseconds")]
    pub fn duration(&self, name: &str, fallback: i64) -> i64 {
        match self.0.get(name).map(|param| &param.value) {
            Some(ParamValue::Number(number)) => *number as i64,
            _ => fallback,
        }
    }

    /// Words of that name.
    #[must_use]
    pub fn list(&self, name: &str) -> &[String] {
        match self.0.get(name).map(|param| &param.value) {
            Some(ParamValue::List(list)) => list,
            _ => &[],
        }
    }

    /// All parameters, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Param)> {
        self.0.iter().map(|(name, param)| (name.as_str(), param))
    }

    /// Sets a parameter, as an overlay does.
    ///
    /// # Errors
    /// The name is unknown, or the value is outside the allowed range.
    pub fn set(&mut self, name: &str, value: ParamValue) -> Result<(), String> {
        let param =
            self.0.get_mut(name).ok_or_else(|| format!("params.{name}: the rule has no such parameter"))?;
        check_range(&value, param.range).map_err(|reason| format!("params.{name}: {reason}"))?;
        param.value = value;
        Ok(())
    }
}

fn parse_param(body: &Value) -> Result<Param, String> {
    let value = parse_value(body.get("default").ok_or("expected `default`")?)?;
    let range = match body.get("range").map(|range| range.as_sequence().map(Vec::as_slice)) {
        None => None,
        Some(Some([low, high])) => match (parse_value(low)?, parse_value(high)?) {
            (ParamValue::Number(low), ParamValue::Number(high)) if low <= high => Some((low, high)),
            _ => return Err("expected `range: [low, high]` of numbers or durations".to_owned()),
        },
        Some(_) => return Err("expected `range: [low, high]`".to_owned()),
    };
    check_range(&value, range)?;
    let origin = body.get("origin").and_then(Value::as_str).ok_or("expected `origin`")?.to_owned();
    Ok(Param { value, range, origin })
}

fn check_range(value: &ParamValue, range: Option<(f64, f64)>) -> Result<(), String> {
    match (value, range) {
        (ParamValue::Number(number), Some((low, high))) if *number < low || *number > high => {
            Err(format!("{number} is outside the allowed range {low} to {high}"))
        }
        _ => Ok(()),
    }
}

fn parse_value(value: &Value) -> Result<ParamValue, String> {
    match value {
        Value::Number(number) => {
            number.as_f64().map(ParamValue::Number).ok_or_else(|| "not a number".to_owned())
        }
        #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^53 microseconds")]
        Value::String(text) => parse_duration(text)
            .map(|micros| ParamValue::Number(micros as f64))
            .ok_or_else(|| format!("{text:?} is no number and no duration such as 30s, 10m, 24h, 7d")),
        Value::Sequence(list) => list
            .iter()
            .map(|word| word.as_str().map(str::to_owned).ok_or_else(|| "a list holds words only".to_owned()))
            .collect::<Result<_, _>>()
            .map(ParamValue::List),
        _ => Err("expected a number, a duration or a list of words".to_owned()),
    }
}

/// Reads a duration such as `30s`, `10m`, `24h`, `7d` into microseconds.
#[must_use]
pub(crate) fn parse_duration(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => Timestamp::SECOND,
        "m" => Timestamp::MINUTE,
        "h" => Timestamp::HOUR,
        "d" => Timestamp::DAY,
        _ => return None,
    };
    number.parse::<u32>().ok().and_then(|number| i64::from(number).checked_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Result<Params, String> {
        Params::parse(Some(&yaml_serde::from_str(text).expect("yaml")))
    }

    #[test]
    fn numbers_durations_and_lists_are_read() {
        let params = params(
            "tries: {default: 5, range: [1, 100], origin: f2b}\nwindow: {default: 10m, range: [1m, 7d], origin: f2b}\n\
             names: {default: [root, admin], origin: own}",
        )
        .expect("params");
        assert_eq!(params.count("tries", 1), 5);
        assert_eq!(params.duration("window", 0), 600_000_000);
        assert_eq!(params.list("names"), ["root", "admin"]);
        assert_eq!(params.count("absent", 7), 7);
    }

    #[test]
    fn values_outside_the_range_are_refused() {
        let error = params("tries: {default: 500, range: [1, 100], origin: own}").expect_err("out of range");
        assert_eq!(error, "params.tries: 500 is outside the allowed range 1 to 100");
        let mut good = params("tries: {default: 5, range: [1, 100], origin: own}").expect("params");
        assert!(good.set("tries", ParamValue::Number(101.0)).is_err());
        assert!(good.set("trys", ParamValue::Number(10.0)).is_err());
        assert!(good.set("tries", ParamValue::Number(10.0)).is_ok());
        assert_eq!(good.count("tries", 1), 10);
    }

    #[test]
    fn a_number_without_origin_is_refused() {
        assert_eq!(params("tries: {default: 5}").expect_err("no origin"), "params.tries: expected `origin`");
    }
}
