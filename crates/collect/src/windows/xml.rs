//! An event as XML text, as `wevtutil` and the viewer write it, and as the crate `evtx` does for records of unusual build.

use super::fields::Fields;
use super::known;
use super::names::{DEPTH_MAX, Names, Part, Place, Walker};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use vocab::Timestamp;

/// The text is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoEvent;

/// Fields of the head that are numbers.
const NUMBERS: [&str; 7] =
    ["EventID", "Version", "Level", "Task", "Opcode", "EventRecordID", "EventID_Qualifiers"];

/// Is a field of the head a number?
pub(crate) fn is_number(name: &str, value: &str) -> bool {
    let numeric = NUMBERS.contains(&name) || name.starts_with("Execution_");
    numeric && !value.is_empty() && value.len() < 20 && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// An element whose end has not come.
#[derive(Default)]
struct Open {
    has_child: bool,
    data_name: Option<String>,
}

struct Reader<'r> {
    names: &'r mut Names,
    fields: &'r mut Fields,
    walker: Walker,
    open: Vec<Open>,
    text: String,
}

/// Reads one event into `fields`.
pub(crate) fn read(text: &str, names: &mut Names, fields: &mut Fields) -> Result<(), NoEvent> {
    let mut source = quick_xml::Reader::from_str(text);
    let mut reader =
        Reader { names, fields, walker: Walker::new(Place::Outside), open: Vec::new(), text: String::new() };
    loop {
        match source.read_event().map_err(|_| NoEvent)? {
            Event::Start(start) => reader.start(&start)?,
            Event::Empty(start) => {
                reader.start(&start)?;
                reader.end()?;
            }
            Event::End(_) => reader.end()?,
            Event::Text(text) => reader.text.push_str(&text),
            Event::CData(text) => reader.text.push_str(&text),
            Event::GeneralRef(reference) => {
                let letter = match reference.resolve_char_ref().map_err(|_| NoEvent)? {
                    Some(letter) => letter,
                    None => match &*reference {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "quot" => '"',
                        "apos" => '\'',
                        _ => return Err(NoEvent),
                    },
                };
                reader.text.push(letter);
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            // Entities that a document defines for itself are refused with it.
            Event::DocType(_) => return Err(NoEvent),
            Event::Eof => break,
        }
    }
    if !reader.open.is_empty() || !fields.is_event() {
        return Err(NoEvent);
    }
    if let Some(time) = fields.find(Part::System, known::TIME) {
        fields.time = fields.time.or_else(|| timestamp(time));
    }
    Ok(())
}

/// A time as the exports write it; `None` when it is none.
pub(crate) fn timestamp(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.trim().parse().ok()?;
    Some(Timestamp(time.as_microsecond()))
}

impl Reader<'_> {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), NoEvent> {
        let name = start.name().local_name().into_inner().to_owned();
        self.flush(false)?;
        if let Some(parent) = self.open.last_mut() {
            parent.has_child = true;
        }
        if !self.walker.open(&name) || self.open.len() > DEPTH_MAX {
            return Err(NoEvent);
        }
        let mut own = Open::default();
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| NoEvent)?;
            let key = attribute.key.into_inner();
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| NoEvent)?;
            if self.walker.place() == Place::DataField && key == "Name" {
                own.data_name = Some(value.into_owned());
            } else if let Some((part, name)) = self.walker.attribute(key) {
                self.push(part, &name, &value)?;
            }
        }
        self.open.push(own);
        Ok(())
    }

    fn end(&mut self) -> Result<(), NoEvent> {
        let closed = self.open.last().is_none_or(|open| !open.has_child);
        self.flush(closed)?;
        self.open.pop().ok_or(NoEvent)?;
        self.walker.close();
        Ok(())
    }

    /// Makes a field of the text so far. `whole`: the element ends and held nothing else.
    fn flush(&mut self, whole: bool) -> Result<(), NoEvent> {
        let text = std::mem::take(&mut self.text);
        let blank = text.trim().is_empty();
        let wanted = if whole { self.walker.keeps_empty() || !text.is_empty() } else { !blank };
        let container = matches!(
            self.walker.place(),
            Place::EventData | Place::UserData | Place::Wrapper | Place::SystemField
        );
        if wanted && !(container && blank) {
            let data_name = self.open.last().and_then(|open| open.data_name.as_deref());
            if let Some((part, name)) = self.walker.text(data_name) {
                self.push(part, &name, &text)?;
            }
        }
        self.text = text;
        self.text.clear();
        Ok(())
    }

    fn push(&mut self, part: Part, name: &str, value: &str) -> Result<(), NoEvent> {
        let id = self.names.number(name);
        let mark = self.fields.mark();
        self.fields.text_mut().push_str(value);
        let bare = part == Part::System && is_number(name, value);
        if self.fields.push(id, part, mark, bare) { Ok(()) } else { Err(NoEvent) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Result<Vec<(String, String)>, NoEvent> {
        let (mut names, mut fields) = (Names::default(), Fields::default());
        read(text, &mut names, &mut fields)?;
        Ok(fields
            .list()
            .iter()
            .map(|field| (names.name(field.name).to_string(), fields.value(field).to_owned()))
            .collect())
    }

    const HEAD: &str = "<System><Provider Name='P' Guid=\"{1}\"/><EventID Qualifiers='16384'>7045</EventID>\
        <TimeCreated SystemTime='2019-04-18T16:55:37.1151234Z'/><Correlation/><Computer>PC1</Computer></System>";

    fn own(body: &str) -> Vec<(String, String)> {
        let all = fields(&format!("<Event xmlns='http://x'>{HEAD}{body}</Event>")).unwrap();
        all.into_iter().skip(6).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// EX-1 to EX-5, EX-8.
    #[test]
    fn elements_become_fields() {
        assert_eq!(
            own(
                "<EventData><Data Name='Source Name'>a&lt;b&#x41; \\x</Data><Data Name='Empty'/>\n<Data>x</Data><Data>y\
                 </Data><Data Name='Dash'>-</Data><Binary>00FF</Binary></EventData>"
            ),
            pairs(&[
                ("SourceName", "a<bA \\x"),
                ("Empty", ""),
                ("Data", "x"),
                ("Data", "y"),
                ("Dash", "-"),
                ("Binary", "00FF"),
            ])
        );
        assert_eq!(
            own(
                "<UserData><n:EventXML xmlns:n='u' a='1'>\n<User>bob</User><In><X>1</X><X>2</X></In></n:EventXML></UserData>"
            ),
            pairs(&[("a", "1"), ("User", "bob"), ("In.X", "1"), ("In.X", "2")])
        );
        assert_eq!(
            own("<RenderingInfo Culture='ja-JP'><Message>開始</Message><Level>情報</Level></RenderingInfo>"),
            pairs(&[("Message", "開始"), ("RenderingInfo.Level", "情報")])
        );
    }

    #[test]
    fn no_event() {
        for text in [
            "",
            "<Event>",
            "<Event></Event>",
            "<Event><System></Event>",
            "<Other><System><EventID>1</EventID></System></Other>",
            "<!DOCTYPE x [<!ENTITY a 'b'>]><Event><System><EventID>&a;</EventID></System></Event>",
        ] {
            assert_eq!(fields(text), Err(NoEvent), "{text}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(timestamp("1970-01-01T00:00:01.1234567Z"), Some(Timestamp(1_123_456)));
        assert_eq!(
            timestamp("2019-04-18T16:55:37.115123400Z"),
            timestamp("2019-04-19T01:55:37.115123+09:00")
        );
        assert_eq!(timestamp("yesterday"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text(text: String, inner in "[<>/&;='\"A-Za-z \\n]{0,80}") {
            let _ = fields(&text);
            let _ = fields(&format!("<Event>{HEAD}<EventData>{inner}</EventData></Event>"));
        }
    }
}
