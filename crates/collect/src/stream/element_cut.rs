//! Where `<Event>` elements begin and end in text of one or two bytes a letter.

use crate::input::text::Charset;

/// The marks of an element, in the bytes of a charset.
#[derive(Debug)]
pub(super) struct Marks {
    begin: Vec<u8>,
    end: Vec<u8>,
    unit: usize,
    big: bool,
}

/// The next piece of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Up to here stands something else.
    Between(usize),
    /// Up to here stands an element.
    Element(usize),
    /// More bytes are needed to tell.
    Open,
}

impl Marks {
    pub(super) fn new(charset: Option<Charset>) -> Self {
        let unit = charset.map_or(1, Charset::unit);
        let big = charset == Some(Charset::Utf16Be);
        let encoded = |text: &str| -> Vec<u8> {
            text.bytes()
                .flat_map(|byte| match (unit, big) {
                    (2, true) => vec![0, byte],
                    (2, false) => vec![byte, 0],
                    _ => vec![byte],
                })
                .collect()
        };
        Self { begin: encoded("<Event"), end: encoded("</Event>"), unit, big }
    }

    /// What the bytes begin with. `ended`: no more will come.
    pub(super) fn next(&self, bytes: &[u8], ended: bool) -> Piece {
        match self.begin_of(bytes) {
            Some(0) => match memchr::memmem::find(bytes, &self.end) {
                Some(at) => Piece::Element(at + self.end.len()),
                None if ended => Piece::Between(bytes.len()),
                None => Piece::Open,
            },
            Some(at) => Piece::Between(at),
            None if ended => Piece::Between(bytes.len()),
            None => Piece::Open,
        }
    }

    /// `<Event` where the name ends behind it: not `<Events` or `<EventData`.
    fn begin_of(&self, bytes: &[u8]) -> Option<usize> {
        memchr::memmem::find_iter(bytes, &self.begin).find(|at| {
            let behind = at + self.begin.len() + usize::from(self.big);
            at % self.unit == 0 && bytes.get(behind).is_some_and(|byte| !byte.is_ascii_alphanumeric())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces() {
        let marks = Marks::new(Some(Charset::Utf8));
        let text = b"<Events>\n<Event a='b'><EventData/></Event>\n<Event>";
        assert_eq!(marks.next(text, false), Piece::Between(9));
        assert_eq!(marks.next(&text[9..], false), Piece::Element(33));
        assert_eq!(marks.next(&text[42..], false), Piece::Between(1));
        assert_eq!(marks.next(&text[43..], false), Piece::Open);
        assert_eq!(marks.next(&text[43..], true), Piece::Between(7));
        let wide: Vec<u8> = text.iter().flat_map(|byte| [*byte, 0]).collect();
        let marks = Marks::new(Some(Charset::Utf16Le));
        assert_eq!(marks.next(&wide, false), Piece::Between(18));
        assert_eq!(marks.next(&wide[18..], false), Piece::Element(66));
    }
}
