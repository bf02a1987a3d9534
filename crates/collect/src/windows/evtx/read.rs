//! One record of a chunk: its template instances, run through their programs.

use super::bytes::{u8_at, u16_at, u32_at};
use super::program::{Piece, Program, Step, Unusual, compile};
use super::value::{self, Written};
use crate::windows::fields::Fields;
use crate::windows::known;
use crate::windows::names::{Names, Part, Place};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Deepest nesting of binary XML in values.
const NESTING_MAX: usize = 4;
/// Most programs kept for a chunk; a chunk has room for about as many templates.
const PROGRAMS_MAX: usize = 2_048;

/// A value of an instance: type and place in the chunk.
#[derive(Clone, Copy, Debug)]
struct Value {
    kind: u8,
    start: u32,
    length: u16,
}

/// Where names and values go.
pub(super) struct Target<'t> {
    pub(super) names: &'t mut Names,
    pub(super) fields: &'t mut Fields,
}

/// Reads records of one chunk after the other.
#[derive(Default)]
pub(super) struct Reader {
    programs: FxHashMap<(u32, Place), Option<Arc<Program>>>,
    values: Vec<Value>,
}

impl Reader {
    /// Another chunk: its templates are its own.
    pub(super) fn next_chunk(&mut self) {
        self.programs.clear();
    }

    /// Reads the record at `at` of the chunk, `length` bytes.
    pub(super) fn record(
        &mut self,
        chunk: &[u8],
        at: usize,
        length: usize,
        target: &mut Target<'_>,
    ) -> Result<(), Unusual> {
        let end = at.checked_add(length.checked_sub(4).ok_or(Unusual)?).ok_or(Unusual)?;
        self.values.clear();
        let behind = self.fragment(chunk, at + 24..end, Place::Outside, 0, target)?;
        if !matches!(u8_at(chunk, behind), None | Some(0)) && behind < end {
            return Err(Unusual);
        }
        if target.fields.is_event() { Ok(()) } else { Err(Unusual) }
    }

    /// Reads a fragment that is one template instance; gives back where it ends.
    fn fragment(
        &mut self,
        chunk: &[u8],
        bytes: std::ops::Range<usize>,
        place: Place,
        depth: usize,
        target: &mut Target<'_>,
    ) -> Result<usize, Unusual> {
        let (mut at, end) = (bytes.start, bytes.end);
        if depth > NESTING_MAX {
            return Err(Unusual);
        }
        if u8_at(chunk, at) == Some(0x0f) {
            at += 4;
        }
        if u8_at(chunk, at) != Some(0x0c) {
            return Err(Unusual);
        }
        let definition = u32_at(chunk, at + 6).ok_or(Unusual)?;
        at += 10;
        if usize::try_from(definition).ok() == Some(at) {
            let size = u32_at(chunk, at + 20).ok_or(Unusual)?;
            at = at.checked_add(24 + usize::try_from(size).map_err(|_| Unusual)?).ok_or(Unusual)?;
        }
        let first = self.values.len();
        let behind = self.values_at(chunk, at, end)?;
        let program = self.program(chunk, definition, place, target.names).ok_or(Unusual)?;
        for step in program.iter() {
            match step {
                Step::Splice { slot, place, depends } => {
                    if !self.present(first, depends) {
                        continue;
                    }
                    let Some(value) = self.value(first, *slot) else { continue };
                    if value.kind == value::NULL || value.length == 0 {
                        continue;
                    }
                    if value.kind != value::BINARY_XML {
                        return Err(Unusual);
                    }
                    let start = value.start as usize;
                    let end = start + usize::from(value.length);
                    let inner = self.values.len();
                    let behind = self.fragment(chunk, start..end, *place, depth + 1, target)?;
                    self.values.truncate(inner);
                    if behind < end && u8_at(chunk, behind) != Some(0) {
                        return Err(Unusual);
                    }
                }
                Step::Field { .. } => self.field(chunk, first, step, target.fields)?,
            }
        }
        Ok(behind)
    }

    /// Reads the table of an instance's values; gives back where they end.
    fn values_at(&mut self, chunk: &[u8], at: usize, end: usize) -> Result<usize, Unusual> {
        let count = usize::try_from(u32_at(chunk, at).ok_or(Unusual)?).map_err(|_| Unusual)?;
        let table = at + 4;
        let mut start = count.checked_mul(4).and_then(|bytes| table.checked_add(bytes)).ok_or(Unusual)?;
        if start > end || end > chunk.len() {
            return Err(Unusual);
        }
        for index in 0..count {
            let length = u16_at(chunk, table + 4 * index).ok_or(Unusual)?;
            let kind = u8_at(chunk, table + 4 * index + 2).ok_or(Unusual)?;
            self.values.push(Value { kind, start: u32::try_from(start).map_err(|_| Unusual)?, length });
            start += usize::from(length);
        }
        if start > end { Err(Unusual) } else { Ok(start) }
    }

    fn program(
        &mut self,
        chunk: &[u8],
        definition: u32,
        place: Place,
        names: &mut Names,
    ) -> Option<Arc<Program>> {
        if let Some(known) = self.programs.get(&(definition, place)) {
            return known.clone();
        }
        if self.programs.len() >= PROGRAMS_MAX {
            return None;
        }
        let offset = usize::try_from(definition).unwrap_or(usize::MAX);
        let program = compile(chunk, offset, place, names).ok().map(Arc::new);
        self.programs.insert((definition, place), program.clone());
        program
    }

    fn value(&self, first: usize, slot: u16) -> Option<Value> {
        self.values.get(first + usize::from(slot)).copied()
    }

    fn present(&self, first: usize, depends: &[u16]) -> bool {
        depends.iter().all(|slot| self.value(first, *slot).is_some_and(|value| value.kind != value::NULL))
    }

    fn field(&self, chunk: &[u8], first: usize, step: &Step, fields: &mut Fields) -> Result<(), Unusual> {
        let Step::Field { name, part, pieces, needs_text, attribute, depends } = step else { return Ok(()) };
        if !self.present(first, depends) {
            return Ok(());
        }
        let mark = fields.mark();
        let mut bare = false;
        let mut absent = *attribute;
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    absent = false;
                    fields.text_mut().push_str(text);
                }
                Piece::Slot { slot, optional } => {
                    let value = self.value(first, *slot).ok_or(Unusual)?;
                    if value.kind == value::NULL || (*optional && value.length == 0) {
                        continue;
                    }
                    absent = false;
                    let start = value.start as usize;
                    let bytes = chunk.get(start..start + usize::from(value.length)).ok_or(Unusual)?;
                    if value.kind & value::LIST != 0 {
                        if pieces.len() > 1 || *attribute {
                            return Err(Unusual);
                        }
                        return items(value.kind & !value::LIST, bytes, step, fields);
                    }
                    let written = value::write(value.kind, bytes, fields.text_mut()).ok_or(Unusual)?;
                    bare = written == Written::Number && pieces.len() == 1;
                    fields.guessed |= written == Written::Guessed;
                    if *name == known::TIME && *part == Part::System && value.kind == value::FILETIME {
                        fields.time = super::bytes::u64_at(bytes, 0).and_then(value::timestamp);
                    }
                }
            }
        }
        if absent || (*needs_text && fields.mark() == mark) {
            fields.take_back(mark);
            return Ok(());
        }
        if fields.push(*name, *part, mark, bare) { Ok(()) } else { Err(Unusual) }
    }
}

/// A list: the element is there once for each item (MS-EVEN6 3.1.4.7.5).
fn items(kind: u8, bytes: &[u8], step: &Step, fields: &mut Fields) -> Result<(), Unusual> {
    let Step::Field { name, part, .. } = step else { return Ok(()) };
    let mut rest = bytes;
    let mut any = false;
    while !rest.is_empty() {
        any = true;
        let (item, behind) = match kind {
            value::STRING => {
                let end = rest.as_chunks::<2>().0.iter().position(|unit| *unit == [0, 0]);
                let end = end.map_or(rest.len(), |units| 2 * units);
                (rest.get(..end), rest.get((end + 2).min(rest.len())..))
            }
            0x02 => {
                let end = memchr::memchr(0, rest).unwrap_or(rest.len());
                (rest.get(..end), rest.get((end + 1).min(rest.len())..))
            }
            0x13 => {
                let length = 8 + 4 * usize::from(u8_at(rest, 1).ok_or(Unusual)?);
                (rest.get(..length), rest.get(length..))
            }
            _ => {
                let length = value::item_bytes(kind).ok_or(Unusual)?;
                (rest.get(..length), rest.get(length..))
            }
        };
        let mark = fields.mark();
        let written = value::write(kind, item.ok_or(Unusual)?, fields.text_mut()).ok_or(Unusual)?;
        fields.guessed |= written == Written::Guessed;
        if !fields.push(*name, *part, mark, written == Written::Number) {
            return Err(Unusual);
        }
        rest = behind.ok_or(Unusual)?;
    }
    if !any && !fields.push(*name, *part, fields.mark(), false) {
        return Err(Unusual);
    }
    Ok(())
}
