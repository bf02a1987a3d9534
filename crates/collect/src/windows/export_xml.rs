//! XML exports: `wevtutil qe /f:xml`, `wevtutil epl` converted, "Save All Events As... XML" of the viewer: `<Events>` around
//! the events or bare `<Event>` fragments one after the other, in UTF-8 or UTF-16 (DT-FMT-52, FR-08).

use super::event::Maker;
use super::fields::Fields;
use super::xml;
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;

/// The format.
pub(crate) const WINDOWS_XML: Format = Format {
    name: "windows_xml",
    cut: |_| Cut::Elements,
    yearless: false,
    score,
    decoder: |_, _| Box::new(XmlDecoder::default()),
};

/// Name space of events.
const SPACE: &str = "http://schemas.microsoft.com/win/2004/08/events/event";

fn score(sample: &Sample<'_>) -> f32 {
    let text = sample.text.trim_start();
    let event = text.find("<Event").filter(|_| text.starts_with('<'));
    let Some(event) = event.and_then(|at| text.get(at..)) else { return 0.0 };
    let begins = event.starts_with("<Event ") || event.starts_with("<Event>") || event.starts_with("<Events");
    match begins && (text.contains("<System>") || text.contains("<System ")) {
        true if text.contains(SPACE) => 1.0,
        true if text.contains("<EventID") => 0.9,
        _ => 0.0,
    }
}

/// Decodes the events of one file.
#[derive(Default)]
struct XmlDecoder {
    maker: Maker,
    fields: Fields,
}

impl Decoder for XmlDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, _: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let text = record.text.trim_start_matches('\u{feff}').trim();
        if !text.starts_with("<Event>") && !text.starts_with("<Event ") && is_wrapping(text) {
            return Decoded::Nothing;
        }
        self.maker.tidy();
        self.fields.clear();
        if xml::read(text, &mut self.maker.names, &mut self.fields).is_err() {
            return Decoded::Unread(
                UnreadReason::Corrupt,
                "an <Event> element with <System> and <EventID> in it",
            );
        }
        self.maker.event(record, &self.fields, "windows_xml", sink);
        Decoded::Events
    }
}

/// What stands around events: declarations, comments, `<Events>`.
fn is_wrapping(text: &str) -> bool {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = if rest.starts_with("<!--") { "-->" } else { ">" };
        let known = ["<?xml", "<!--", "<Events", "</Events>"].iter().any(|start| rest.starts_with(start));
        let Some(at) = rest.find(end).filter(|_| known) else { return false };
        rest = rest.get(at + end.len()..).unwrap_or_default().trim_start();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around() {
        assert!(is_wrapping("<?xml version='1.0'?>\n<Events xmlns='x'>\n<!-- <Event> -->"));
        assert!(is_wrapping("</Events>\n") && is_wrapping(""));
        assert!(!is_wrapping("</Events> x") && !is_wrapping("<Events") && !is_wrapping("<a>"));
    }
}
