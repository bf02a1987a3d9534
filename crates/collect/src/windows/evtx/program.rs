//! Templates of the binary XML, compiled: which slot of a record becomes which field (DT-FMT-54). A template is read once
//! for each chunk; what it holds beyond the usual makes it [`Unusual`], and the record is read in another way.

use super::bytes::{u8_at, u16_at, u32_at, utf16};
use crate::windows::names::{DEPTH_MAX, NameId, Names, Part, Place, Walker};

/// A template holds something that is not compiled, or is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unusual;

/// A piece of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Slot { slot: u16, optional: bool },
}

/// One step of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A field.
    Field {
        name: NameId,
        part: Part,
        pieces: Vec<Piece>,
        /// An empty value makes no field.
        needs_text: bool,
        /// An absent value makes no field: it is an attribute.
        attribute: bool,
        /// Slots of which none may be absent (MS-EVEN6 2.2.12).
        depends: Vec<u16>,
    },
    /// A slot that holds more binary XML.
    Splice { slot: u16, place: Place, depends: Vec<u16> },
}

/// A compiled template.
pub(super) type Program = Vec<Step>;

/// Most steps of a template.
const STEPS_MAX: usize = 1_024;

/// Compiles the template definition at `offset` of the chunk, whose root stands at `place`.
pub(super) fn compile(
    chunk: &[u8],
    offset: usize,
    place: Place,
    names: &mut Names,
) -> Result<Program, Unusual> {
    let size = u32_at(chunk, offset.saturating_add(20)).ok_or(Unusual)?;
    let start = offset.saturating_add(24);
    let end = start.checked_add(usize::try_from(size).map_err(|_| Unusual)?).ok_or(Unusual)?;
    if end > chunk.len() {
        return Err(Unusual);
    }
    let mut compiler = Compiler {
        chunk,
        at: start,
        end,
        names,
        walker: Walker::new(place),
        elements: Vec::new(),
        starting: None,
        steps: Vec::new(),
    };
    while compiler.token()? {}
    if !compiler.elements.is_empty() || compiler.starting.is_some() {
        return Err(Unusual);
    }
    Ok(compiler.steps)
}

/// An element whose end has not come.
#[derive(Default)]
struct Element {
    depends: Vec<u16>,
    pieces: Vec<Piece>,
    has_child: bool,
    data_name: Option<String>,
}

/// An element whose attributes are being read.
struct Starting {
    element: Element,
    attributes: Vec<(String, Vec<Piece>)>,
}

struct Compiler<'a> {
    chunk: &'a [u8],
    at: usize,
    end: usize,
    names: &'a mut Names,
    walker: Walker,
    elements: Vec<Element>,
    starting: Option<Starting>,
    steps: Program,
}

impl Compiler<'_> {
    /// Reads one token; `false` at the end.
    fn token(&mut self) -> Result<bool, Unusual> {
        if self.at >= self.end {
            return Ok(false);
        }
        let token = u8_at(self.chunk, self.at).ok_or(Unusual)?;
        self.at += 1;
        match token {
            0x00 => return Ok(false),
            0x0f => self.at += 3,
            0x01 | 0x41 => self.element(token & 0x40 != 0)?,
            0x06 | 0x46 => {
                let name = self.name()?;
                self.starting.as_mut().ok_or(Unusual)?.attributes.push((name, Vec::new()));
            }
            0x02 => self.opened()?,
            0x03 => {
                self.opened()?;
                self.closed()?;
            }
            0x04 => self.closed()?,
            0x05 | 0x45 => {
                if self.u8()? != 0x01 {
                    return Err(Unusual);
                }
                let text = self.counted()?;
                self.piece(Piece::Text(text))?;
            }
            0x07 | 0x47 => {
                let text = self.counted()?;
                self.piece(Piece::Text(text))?;
            }
            0x08 | 0x48 => {
                let unit = u32::from(self.u16()?);
                let letter = char::from_u32(unit).ok_or(Unusual)?;
                self.piece(Piece::Text(letter.into()))?;
            }
            0x09 | 0x49 => {
                let letter = match self.name()?.as_str() {
                    "lt" => "<",
                    "gt" => ">",
                    "amp" => "&",
                    "quot" => "\"",
                    "apos" => "'",
                    _ => return Err(Unusual),
                };
                self.piece(Piece::Text(letter.to_owned()))?;
            }
            0x0d | 0x0e => {
                let slot = self.u16()?;
                self.u8()?;
                self.slot(slot, token == 0x0e)?;
            }
            _ => return Err(Unusual),
        }
        if self.steps.len() > STEPS_MAX { Err(Unusual) } else { Ok(true) }
    }

    fn u8(&mut self) -> Result<u8, Unusual> {
        let value = u8_at(self.chunk, self.at).ok_or(Unusual)?;
        self.at += 1;
        Ok(value)
    }

    fn u16(&mut self) -> Result<u16, Unusual> {
        let value = u16_at(self.chunk, self.at).ok_or(Unusual)?;
        self.at += 2;
        Ok(value)
    }

    fn u32(&mut self) -> Result<usize, Unusual> {
        let value = u32_at(self.chunk, self.at).ok_or(Unusual)?;
        self.at += 4;
        usize::try_from(value).map_err(|_| Unusual)
    }

    /// A text behind the number of its units.
    fn counted(&mut self) -> Result<String, Unusual> {
        let bytes = usize::from(self.u16()?) * 2;
        let text = self.chunk.get(self.at..self.at + bytes).ok_or(Unusual)?;
        self.at += bytes;
        let mut out = String::with_capacity(bytes / 2);
        utf16(text, &mut out);
        Ok(out)
    }

    /// A name, which stands somewhere in the chunk: at its first use, behind the offset itself.
    fn name(&mut self) -> Result<String, Unusual> {
        let offset = self.u32()?;
        let units = usize::from(u16_at(self.chunk, offset.saturating_add(6)).ok_or(Unusual)?);
        if offset == self.at {
            self.at += 10 + 2 * units;
        }
        let start = offset.saturating_add(8);
        let text = self.chunk.get(start..start + 2 * units).ok_or(Unusual)?;
        let mut name = String::with_capacity(units);
        utf16(text, &mut name);
        Ok(name)
    }

    fn element(&mut self, has_attributes: bool) -> Result<(), Unusual> {
        if self.starting.is_some() {
            return Err(Unusual);
        }
        let depends_on = self.u16()?;
        self.u32()?;
        let name = self.name()?;
        if has_attributes {
            self.u32()?;
        }
        let mut depends = Vec::new();
        if let Some(parent) = self.elements.last_mut() {
            depends.clone_from(&parent.depends);
            parent.has_child = true;
            // Text between elements is layout.
            if parent.pieces.iter().any(|piece| !matches!(piece, Piece::Text(text) if text.trim().is_empty()))
            {
                return Err(Unusual);
            }
        }
        if depends_on != 0xffff {
            depends.push(depends_on);
        }
        if !self.walker.open(&name) || self.elements.len() > DEPTH_MAX {
            return Err(Unusual);
        }
        self.starting =
            Some(Starting { element: Element { depends, ..Element::default() }, attributes: Vec::new() });
        Ok(())
    }

    /// The attributes of an element have all been read.
    fn opened(&mut self) -> Result<(), Unusual> {
        let Starting { mut element, attributes } = self.starting.take().ok_or(Unusual)?;
        for (name, pieces) in attributes {
            if self.walker.place() == Place::DataField && name == "Name" {
                element.data_name = Some(match pieces.as_slice() {
                    [] => String::new(),
                    [Piece::Text(text)] => text.clone(),
                    _ => return Err(Unusual),
                });
            } else if let Some((part, name)) = self.walker.attribute(&name) {
                let name = self.names.number(&name);
                let depends = element.depends.clone();
                self.steps.push(Step::Field {
                    name,
                    part,
                    pieces,
                    needs_text: false,
                    attribute: true,
                    depends,
                });
            }
        }
        self.elements.push(element);
        Ok(())
    }

    fn closed(&mut self) -> Result<(), Unusual> {
        let element = self.elements.pop().ok_or(Unusual)?;
        if !element.has_child
            && let Some((part, name)) = self.walker.text(element.data_name.as_deref())
        {
            let needs_text = !self.walker.keeps_empty();
            if !(needs_text && element.pieces.is_empty()) {
                let name = self.names.number(&name);
                let Element { pieces, depends, .. } = element;
                self.steps.push(Step::Field { name, part, pieces, needs_text, attribute: false, depends });
            }
        }
        self.walker.close();
        Ok(())
    }

    fn piece(&mut self, piece: Piece) -> Result<(), Unusual> {
        if let Some(starting) = &mut self.starting {
            starting.attributes.last_mut().ok_or(Unusual)?.1.push(piece);
            return Ok(());
        }
        let layout = matches!(&piece, Piece::Text(text) if text.trim().is_empty());
        let element = self.elements.last_mut().ok_or(Unusual)?;
        if element.has_child && !layout {
            return Err(Unusual);
        }
        element.pieces.push(piece);
        Ok(())
    }

    fn slot(&mut self, slot: u16, optional: bool) -> Result<(), Unusual> {
        let place = self.walker.place();
        let container = matches!(place, Place::Event | Place::EventData | Place::UserData);
        if self.starting.is_none() && container {
            let element = self.elements.last_mut().ok_or(Unusual)?;
            element.has_child = true;
            let depends = element.depends.clone();
            self.steps.push(Step::Splice { slot, place, depends });
            return Ok(());
        }
        self.piece(Piece::Slot { slot, optional })
    }
}
