//! One catalogue of messages for the command line, the report and the pages; Japanese first.

mod enrich;
mod format;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use vocab::{Message, Value};

include!(concat!(env!("OUT_DIR"), "/locales.rs"));

pub use enrich::enrich;
pub(crate) use format::number;

/// A language of the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

impl Lang {
    /// `ja` or `en`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }
}

/// The messages of one language, with the zone in which times are shown.
pub struct Catalog {
    lang: Lang,
    zone: jiff::tz::TimeZone,
    bundle: FluentBundle<FluentResource>,
    problems: Vec<String>,
}

impl Catalog {
    /// Loads the catalogue. Faults of the catalogue files are kept in [`Catalog::problems`]; the rest is usable.
    #[must_use]
    pub fn new(lang: Lang, zone: jiff::tz::TimeZone) -> Self {
        let id = lang.code().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(format::value));
        let mut problems = Vec::new();
        for (_, name, text) in FILES.iter().filter(|(code, ..)| *code == lang.code()) {
            let resource =
                FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(resource, errors)| {
                    problems.extend(errors.iter().map(|error| format!("{name}: {error}")));
                    resource
                });
            if let Err(errors) = bundle.add_resource(resource) {
                problems.extend(errors.iter().map(|error| format!("{name}: {error}")));
            }
        }
        Self { lang, zone, bundle, problems }
    }

    /// Language of this catalogue.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// Zone in which times are shown.
    #[must_use]
    pub const fn zone(&self) -> &jiff::tz::TimeZone {
        &self.zone
    }

    /// Faults found in the catalogue files; empty in a sound build (a test holds it to that).
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Is there a message with this id?
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.bundle.get_message(id).is_some_and(|message| message.value().is_some())
    }

    /// A message without values.
    #[must_use]
    pub fn text(&self, id: &str) -> String {
        self.render(&Message::new(id))
    }

    /// A message in this language. An unknown id comes out as itself in brackets, so that nothing is hidden.
    #[must_use]
    pub fn render(&self, message: &Message) -> String {
        self.render_depth(message, 0)
    }

    fn render_depth(&self, message: &Message, depth: u8) -> String {
        let pattern = self.bundle.get_message(&message.id).and_then(|found| found.value());
        let Some(pattern) = pattern.filter(|_| depth < 8) else {
            return format!("[{}]", message.id);
        };
        let mut args = FluentArgs::new();
        for (name, value) in &message.args {
            args.set(name.as_str(), self.value(value, depth));
        }
        let mut errors = Vec::new();
        self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned()
    }

    fn value(&self, value: &Value, depth: u8) -> FluentValue<'static> {
        match value {
            Value::Number(number) => FluentValue::from(*number),
            Value::Text(text) => FluentValue::from(text.clone()),
            Value::Time { time } => FluentValue::from(self.time(*time)),
            Value::Message(message) => FluentValue::from(self.render_depth(message, depth + 1)),
            Value::List(list) => {
                let parts: Vec<String> = list.iter().map(|value| self.plain(value, depth)).collect();
                FluentValue::from(parts.join(match self.lang {
                    Lang::Ja => "、",
                    Lang::En => ", ",
                }))
            }
        }
    }

    fn plain(&self, value: &Value, depth: u8) -> String {
        match value {
            Value::Number(number) => format::number(*number),
            Value::Text(text) => text.clone(),
            Value::Time { time } => self.time(*time),
            Value::Message(message) => self.render_depth(message, depth + 1),
            Value::List(list) => {
                list.iter().map(|value| self.plain(value, depth)).collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// A point in time in the zone of the catalogue, to the second: `2026-11-22 04:05:06`.
    #[must_use]
    pub fn time(&self, time: vocab::Timestamp) -> String {
        format::time(time, &self.zone)
    }

    /// A day in the zone of the catalogue, in the manner of the language.
    #[must_use]
    pub fn day(&self, time: vocab::Timestamp) -> String {
        format::day(time, &self.zone, self.lang)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn catalogues_are_sound_and_say_the_same() {
        let zone = jiff::tz::TimeZone::UTC;
        for lang in [Lang::Ja, Lang::En] {
            assert_eq!(Catalog::new(lang, zone.clone()).problems(), &[] as &[String]);
        }
        let japanese = Catalog::new(Lang::Ja, zone);
        assert_eq!(japanese.render(&Message::new("no-such-message")), "[no-such-message]");
    }
}
