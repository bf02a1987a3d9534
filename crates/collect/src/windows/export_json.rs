//! JSON exports (DT-FMT-52): one object a line, one after the other, or in an array.

use super::event::Maker;
use super::fields::Fields;
use super::json;
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;

/// The format.
pub(crate) const WINDOWS_JSON: Format = Format {
    name: "windows_json",
    cut: |_| Cut::Json,
    yearless: false,
    score,
    decoder: |_, _| Box::new(JsonDecoder::default()),
};

/// Names that only events of Windows have, each set by itself.
const SIGNS: [&[&str]; 5] = [
    &["\"Event\"", "\"System\"", "\"EventID\"", "\"Provider"],
    &["\"winlog\"", "\"event_id\"", "\"provider_name\""],
    &["\"ProviderName\"", "\"LogName\"", "\"RecordId\"", "\"Id\""],
    &["\"EventID\"", "\"SourceName\"", "\"Channel\""],
    &["\"EventID\"", "\"ProviderGuid\"", "\"Channel\""],
];

fn score(sample: &Sample<'_>) -> f32 {
    let text = sample.text.trim_start();
    let json = text.starts_with('{') || text.starts_with('[');
    let fits = |signs: &&&[&str]| signs.iter().all(|sign| text.contains(sign));
    if json && SIGNS.iter().any(|signs| fits(&signs)) { 0.97 } else { 0.0 }
}

/// Decodes the events of one file.
#[derive(Default)]
struct JsonDecoder {
    maker: Maker,
    fields: Fields,
}

impl Decoder for JsonDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, _: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let text = record.text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Decoded::Nothing;
        }
        let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else {
            return Decoded::Unread(UnreadReason::Corrupt, "a JSON object");
        };
        // The order of a bulk request: what to do stands in a line before the document.
        if value.get("index").or_else(|| value.get("create")).is_some_and(serde_json::Value::is_object) {
            return Decoded::Nothing;
        }
        self.maker.tidy();
        self.fields.clear();
        if json::read(&value, &mut self.maker.names, &mut self.fields).is_err() {
            let expected = "an event of Windows: Event.System, winlog, EventID, or ProviderName and Id";
            return Decoded::Unread(UnreadReason::Corrupt, expected);
        }
        self.maker.event(record, &self.fields, "windows_json", sink);
        Decoded::Events
    }
}
