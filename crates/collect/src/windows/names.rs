//! Names of fields: how elements of an event become fields (DT-FMT-55), and numbers for names.

use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Number of a name, valid for one [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NameId(pub(crate) u32);

/// Most names that are remembered, and their bytes; more are the mark of a forged log.
const NAMES_MAX: usize = 1 << 16;
const NAMES_BYTES_MAX: usize = 4 << 20;

/// Names and their numbers, for one decoder.
#[derive(Debug)]
pub(crate) struct Names {
    list: Vec<Arc<str>>,
    numbers: FxHashMap<Arc<str>, u32>,
    bytes: usize,
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self { list: Vec::new(), numbers: FxHashMap::default(), bytes: 0 };
        for name in super::known::ALL {
            names.number(name);
        }
        names
    }
}

impl Names {
    /// Number of a name.
    pub(crate) fn number(&mut self, name: &str) -> NameId {
        if let Some(number) = self.numbers.get(name) {
            return NameId(*number);
        }
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let name: Arc<str> = name.into();
        self.bytes += name.len();
        self.list.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        NameId(number)
    }

    /// The name of a number.
    pub(crate) fn name(&self, id: NameId) -> &Arc<str> {
        let place = usize::try_from(id.0).unwrap_or(usize::MAX);
        // The first name always exists: the table begins with the well-known ones.
        self.list.get(place).unwrap_or(&self.list[0])
    }

    /// Are there more names than any real log has?
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= NAMES_MAX || self.bytes >= NAMES_BYTES_MAX
    }
}

/// Part of the event that a field comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// The fields of the event itself.
    Data,
    /// The head; never over a field of the same name (EX-4).
    System,
}

/// Where in an event an element stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// Outside of `Event`.
    Outside,
    /// Directly in `Event`.
    Event,
    /// Directly in `System`.
    System,
    /// Directly in `EventData`.
    EventData,
    /// Directly in `UserData`.
    UserData,
    /// In the wrapper of `UserData`.
    Wrapper,
    /// Directly in `RenderingInfo`.
    Rendering,
    /// In a field of the head.
    SystemField,
    /// In a `Data` element.
    DataField,
    /// In any other field.
    Field,
}

/// Follows the elements of an event and says which field each makes. One set of rules for all formats.
#[derive(Debug)]
pub(crate) struct Walker {
    /// Place behind each open element, and how much of `path` was there before it.
    stack: Vec<(Place, usize)>,
    /// Names joined by `.`, as far as they count.
    path: String,
    /// Name of the wrapper in `UserData`, which counts only where it holds text itself.
    wrapper: String,
}

/// Deepest nesting of elements that is followed.
pub(crate) const DEPTH_MAX: usize = 64;

impl Walker {
    /// Begins inside of an element that stands at `place`.
    pub(crate) fn new(place: Place) -> Self {
        Self { stack: vec![(place, 0)], path: String::new(), wrapper: String::new() }
    }

    /// Where the next element stands.
    pub(crate) fn place(&self) -> Place {
        self.stack.last().map_or(Place::Outside, |(place, _)| *place)
    }

    /// An element begins; `false` when it is nested too deep.
    pub(crate) fn open(&mut self, name: &str) -> bool {
        let before = self.path.len();
        let mut named = |place| {
            if !self.path.is_empty() {
                self.path.push('.');
            }
            self.path.push_str(name);
            place
        };
        let place = match (self.stack.last().map_or(Place::Outside, |(place, _)| *place), name) {
            (Place::Outside, "Event") => Place::Event,
            (Place::Outside, _) => Place::Outside,
            (Place::Event, "System") => Place::System,
            (Place::Event, "EventData") => Place::EventData,
            (Place::Event, "UserData") => Place::UserData,
            (Place::Event, "RenderingInfo") => Place::Rendering,
            (Place::System, _) => named(Place::SystemField),
            (Place::SystemField, _) => named(Place::SystemField),
            (Place::EventData, "Data") => Place::DataField,
            (Place::UserData, _) => {
                name.clone_into(&mut self.wrapper);
                Place::Wrapper
            }
            (Place::Rendering, "Message") => named(Place::Field),
            (Place::Rendering, _) => {
                self.path.push_str("RenderingInfo.");
                self.path.push_str(name);
                Place::Field
            }
            _ => named(Place::Field),
        };
        self.stack.push((place, before));
        self.stack.len() <= DEPTH_MAX
    }

    /// An element ends.
    pub(crate) fn close(&mut self) {
        if let Some((_, before)) = self.stack.pop() {
            self.path.truncate(before);
        }
    }

    /// Field that an attribute of the open element makes; `None` when it makes none.
    pub(crate) fn attribute(&self, name: &str) -> Option<(Part, String)> {
        if name == "xmlns" || name.starts_with("xmlns:") || name.starts_with("xml:") {
            return None;
        }
        match self.place() {
            Place::SystemField => Some((Part::System, format!("{}_{name}", self.path))),
            Place::EventData => Some((Part::Data, format!("EventData_{name}"))),
            Place::Wrapper => Some((Part::Data, name.to_owned())),
            Place::Field => Some((Part::Data, format!("{}.{name}", self.path))),
            Place::Rendering if name == "Culture" => None,
            Place::Rendering => Some((Part::Data, format!("RenderingInfo.{name}"))),
            Place::DataField if name != "Name" => Some((Part::Data, format!("Data.{name}"))),
            _ => None,
        }
    }

    /// Does an element here make a field even when it holds nothing (EX-5)?
    pub(crate) fn keeps_empty(&self) -> bool {
        matches!(self.place(), Place::DataField | Place::Field)
    }

    /// Field that the text of the open element makes. `data_name` is the `Name` of a `Data` element (EX-1, EX-2).
    pub(crate) fn text(&self, data_name: Option<&str>) -> Option<(Part, String)> {
        match self.place() {
            Place::SystemField => Some((Part::System, self.path.clone())),
            Place::DataField => {
                let name = data_name.map(|name| name.replace(' ', "")).filter(|name| !name.is_empty());
                Some((Part::Data, name.unwrap_or_else(|| "Data".to_owned())))
            }
            Place::Field => Some((Part::Data, self.path.clone())),
            Place::Wrapper => Some((Part::Data, self.wrapper.clone())),
            Place::EventData => Some((Part::Data, "Data".to_owned())),
            Place::UserData => Some((Part::Data, "UserData".to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A forged log with endless names costs no more than this.
    #[test]
    fn names_are_bounded() {
        let mut names = Names::default();
        let long = "x".repeat(60_000);
        let kept = (0..1_000)
            .take_while(|number| !names.is_full() && names.number(&format!("{long}{number}")).0 > 0);
        assert!((60..80).contains(&kept.count()));
        assert_eq!(names.number(&format!("{long}1")), names.number(&format!("{long}1")));
    }
}
