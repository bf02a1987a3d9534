//! Messages inside JSON documents, spelled out in both languages.

use crate::Catalog;
use serde_json::{Map, Value};
use vocab::Message;

/// Replaces every serialised [`Message`] inside a document by `{"id", "ja", "en"}`, so that a reader of the JSON files
/// needs no catalogue.
pub fn enrich(document: &mut Value, japanese: &Catalog, english: &Catalog) {
    match document {
        Value::Object(map) if map.contains_key("$msg") => {
            let Ok(message) = serde_json::from_value::<Message>(Value::Object(map.clone())) else { return };
            let mut out = Map::new();
            out.insert("id".to_owned(), Value::String(message.id.clone()));
            out.insert("ja".to_owned(), Value::String(japanese.render(&message)));
            out.insert("en".to_owned(), Value::String(english.render(&message)));
            *map = out;
        }
        Value::Object(map) => map.values_mut().for_each(|value| enrich(value, japanese, english)),
        Value::Array(list) => list.iter_mut().for_each(|value| enrich(value, japanese, english)),
        _ => {}
    }
}
