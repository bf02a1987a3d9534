//! Where JSON values begin and end: values one after the other, elements of a top-level array, or of `Records`.

/// State between bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct JsonCut {
    /// Open braces and brackets inside of the record.
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// Inside of a record.
    open: bool,
    /// A value without braces.
    scalar: bool,
    /// First value of the file not begun yet.
    begun: bool,
    /// Progress in matching `{"Records":[`.
    wrapper: u8,
}

/// What a byte means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct JsonStep {
    /// A record begins with it.
    pub(super) starts: bool,
    /// A record ends with it (`includes`) or before it.
    pub(super) ends: bool,
    pub(super) includes: bool,
    /// Between records.
    pub(super) idle: bool,
}

const WRAPPER: &[u8] = b"{\"Records\":[";

impl JsonCut {
    /// Between records?
    pub(super) fn is_idle(&self) -> bool {
        !self.open
    }

    /// State after a record was given up in its middle.
    pub(super) fn resumed(old: &Self) -> Self {
        Self { begun: old.begun, ..Self::default() }
    }

    /// Takes one byte. `next` is the byte behind it, where known.
    pub(super) fn step(&mut self, byte: u8, next: Option<u8>) -> JsonStep {
        if !self.open {
            return self.outside(byte);
        }
        // A value that broke off swallows nothing of the next line: no string holds a raw line end, and a line that
        // begins with `{"` begins a value.
        if byte == b'\n' && (self.in_string || self.scalar || next == Some(b'{')) && self.wrapper == 0 {
            *self = Self::resumed(self);
            return JsonStep { ends: true, ..JsonStep::default() };
        }
        self.inside(byte)
    }

    fn outside(&mut self, byte: u8) -> JsonStep {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' | b']' | b'}' | 0x1e | 0xef | 0xbb | 0xbf => {
                JsonStep { idle: true, ..JsonStep::default() }
            }
            b'[' if !self.begun => {
                self.begun = true;
                JsonStep { idle: true, ..JsonStep::default() }
            }
            _ => {
                self.open = true;
                self.scalar = !matches!(byte, b'{' | b'[');
                self.depth = u32::from(!self.scalar);
                self.in_string = byte == b'"';
                self.wrapper = u8::from(!self.begun && byte == b'{');
                self.begun = true;
                JsonStep { starts: true, ..JsonStep::default() }
            }
        }
    }

    fn inside(&mut self, byte: u8) -> JsonStep {
        if self.wrapper > 0 && !byte.is_ascii_whitespace() {
            if WRAPPER.get(usize::from(self.wrapper)) == Some(&byte) {
                self.wrapper += 1;
                if usize::from(self.wrapper) == WRAPPER.len() {
                    *self = Self::resumed(self);
                    return JsonStep { idle: true, ..JsonStep::default() };
                }
            } else {
                self.wrapper = 0;
            }
        }
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return JsonStep::default();
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    *self = Self::resumed(self);
                    return JsonStep { ends: true, includes: true, ..JsonStep::default() };
                }
            }
            _ => {}
        }
        JsonStep::default()
    }
}
