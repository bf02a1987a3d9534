//! Records as rules see them: values by field, and all texts for keywords.

use super::compile::Field;
use smallvec::SmallVec;
use std::borrow::Cow;
use vocab::Event;

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Datum<'v> {
    /// There, without a value.
    Null,
    /// Text; numbers and truth values in their usual form.
    Text(Cow<'v, str>),
}

/// A record.
pub(super) trait Record {
    /// Calls `each` with every value of the field until it says `true`; did it? `place` is the number of the field in
    /// the plan. An absent field has no value, a field that stands several times has several.
    fn values(&self, place: usize, field: &Field, each: &mut dyn FnMut(Datum<'_>) -> bool) -> bool;

    /// Places of the values of a field of the plan in a Windows record; `None` where they were not looked up.
    fn places(&self, _place: usize) -> Option<&[u16]> {
        None
    }

    /// The value of a field of the plan in a Windows record, where it has one value and that is text.
    fn only_text(&self, _place: usize) -> Option<&str> {
        None
    }

    /// Calls `each` with every text that keywords look into until it says `true`; did it? The framing is left out, so
    /// that a host called `root` does not match (DT-RUL-13).
    fn texts(&self, each: &mut dyn FnMut(&str) -> bool) -> bool;
}

/// Is the event a Windows record, of which rules see the fields as logged and nothing else (EX-1 to EX-8)?
pub(super) fn is_windows(event: &Event<'_>) -> bool {
    event.product == "windows"
}

/// Fields of the framing of a Windows record (EX-4).
pub(super) fn is_framing(name: &str) -> bool {
    matches!(
        name,
        "EventID"
            | "Channel"
            | "Provider_Name"
            | "Provider_Guid"
            | "Computer"
            | "EventRecordID"
            | "Level"
            | "Task"
            | "Opcode"
            | "Keywords"
            | "Security_UserID"
            | "Execution_ProcessID"
            | "Execution_ThreadID"
            | "Version"
            | "TimeCreated"
            | "Correlation_ActivityID"
            | "Provider_EventSourceName"
            | "Qualifiers"
    )
}

/// Is it the name that rules write? Spaces in names do not count (EX-1).
pub(super) fn same_name(logged: &str, asked: &str) -> bool {
    logged == asked || logged.contains(' ') && logged.split(' ').flat_map(str::bytes).eq(asked.bytes())
}

/// The value of a field without a place of its own. A bare `null` has none.
pub(super) fn datum<'v>(extra: &'v vocab::Extra<'_>) -> Datum<'v> {
    if extra.bare && extra.value == "null" { Datum::Null } else { Datum::Text(Cow::Borrowed(&extra.value)) }
}

/// Calls `each` with every value of the field among those without a place of their own, until it says `true`; did it?
pub(super) fn by_name(event: &Event<'_>, field: &Field, each: &mut dyn FnMut(Datum<'_>) -> bool) -> bool {
    let own = event.extra.iter().filter(|extra| same_name(&extra.name, &field.name));
    own.map(datum).any(each)
}

/// Places of a field among the fields of a record.
pub(super) type Places = SmallVec<[u16; 2]>;

/// Where things stand in the records of a shape.
#[derive(Clone, Debug, Default)]
pub(super) struct Located {
    /// By number of the field in the plan.
    pub(super) fields: Box<[Places]>,
    /// Texts that keywords look into.
    pub(super) texts: Box<[u16]>,
}

/// A Windows record whose fields were looked up.
pub(super) struct Placed<'e> {
    pub(super) event: &'e Event<'e>,
    pub(super) located: &'e Located,
}

impl Record for Placed<'_> {
    fn values(&self, place: usize, field: &Field, each: &mut dyn FnMut(Datum<'_>) -> bool) -> bool {
        match self.located.fields.get(place) {
            Some(places) => places
                .iter()
                .any(|at| self.event.extra.get(usize::from(*at)).is_some_and(|extra| each(datum(extra)))),
            None => by_name(self.event, field, each),
        }
    }

    fn places(&self, place: usize) -> Option<&[u16]> {
        self.located.fields.get(place).map(Places::as_slice)
    }

    fn only_text(&self, place: usize) -> Option<&str> {
        let [at] = self.located.fields.get(place)?.as_slice() else { return None };
        let extra = self.event.extra.get(usize::from(*at))?;
        (datum(extra) != Datum::Null).then_some(&extra.value)
    }

    fn texts(&self, each: &mut dyn FnMut(&str) -> bool) -> bool {
        windows_texts(self.event, each)
    }
}

/// Do keywords look into the field?
pub(super) fn is_text(extra: &vocab::Extra<'_>) -> bool {
    !is_framing(&extra.name) && datum(extra) != Datum::Null
}

/// The texts of a Windows record without its framing.
pub(super) fn windows_texts(event: &Event<'_>, each: &mut dyn FnMut(&str) -> bool) -> bool {
    event.extra.iter().any(|extra| is_text(extra) && each(&extra.value))
}
