//! Messages inside JSON documents, spelled out in both languages.

use crate::Catalog;
use serde_json::{Map, Value};
use vocab::Message;
use vocab::Value as Arg;

/// Replaces every serialised [`Message`] inside a document by `{"id", "ja", "en"}`, so that a reader of the JSON files
/// needs no catalogue. Where a message tells a time its `args` stay beside it: documents show it in another zone.
pub fn enrich(document: &mut Value, japanese: &Catalog, english: &Catalog) {
    match document {
        Value::Object(map) if map.contains_key("$msg") => {
            let Ok(message) = serde_json::from_value::<Message>(Value::Object(map.clone())) else { return };
            let mut out = Map::new();
            out.insert("id".to_owned(), Value::String(message.id.clone()));
            out.insert("ja".to_owned(), Value::String(japanese.render(&message)));
            out.insert("en".to_owned(), Value::String(english.render(&message)));
            if message.args.iter().any(|(_, value)| tells_time(value))
                && let Some(args) = map.remove("args")
            {
                out.insert("args".to_owned(), args);
            }
            *map = out;
        }
        Value::Object(map) => map.values_mut().for_each(|value| enrich(value, japanese, english)),
        Value::Array(list) => list.iter_mut().for_each(|value| enrich(value, japanese, english)),
        _ => {}
    }
}

fn tells_time(value: &Arg) -> bool {
    match value {
        Arg::Time { .. } => true,
        Arg::Message(message) => message.args.iter().any(|(_, value)| tells_time(value)),
        Arg::List(values) => values.iter().any(tells_time),
        Arg::Number(_) | Arg::Text(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lang;
    use vocab::Timestamp;

    /// The values of a message with a time stay, so that it can be told in another zone; those of others do not.
    #[test]
    fn values_stay_where_a_time_is_told() {
        let zone = jiff::tz::TimeZone::UTC;
        let (ja, en) = (Catalog::new(Lang::Ja, zone.clone()), Catalog::new(Lang::En, zone));
        let told = Message::new("console-count").with("count", 3_u64);
        let timed = Message::new("console-count").with("count", Timestamp(0));
        let mut document = serde_json::json!({ "a": told, "b": [timed.clone()] });
        enrich(&mut document, &ja, &en);
        assert_eq!(document.pointer("/a/args"), None);
        assert_eq!(document.pointer("/b/0/args"), Some(&serde_json::to_value(&timed.args).expect("args")));
        assert!(document.pointer("/b/0/ja").is_some_and(Value::is_string));
    }
}
