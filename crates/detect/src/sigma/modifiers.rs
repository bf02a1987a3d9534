//! Which modifiers stand together, and what they ask (DT-RUL-01, DT-RUL-17).

use super::test::Op;
use super::text::encode::Width;
use super::text::number::Bound;
use super::text::time::TimePart;
use rsigma_parser::Modifier;

/// How values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As text.
    Text(Op),
    /// As regular expression, with its flags in front.
    Regex(&'static str),
    /// As network.
    Cidr,
    /// As number.
    Number(Bound),
    /// A part of a time.
    Time(TimePart),
    /// With another field.
    Field(Op),
    /// Whether the field is there.
    Exists,
}

/// What the modifiers of one field ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Modifiers {
    pub(super) kind: Kind,
    pub(super) all: bool,
    pub(super) neq: bool,
    pub(super) cased: bool,
    pub(super) windash: bool,
    pub(super) base64: bool,
    pub(super) base64_offset: bool,
    pub(super) width: Width,
}

impl Default for Modifiers {
    fn default() -> Self {
        Self {
            kind: Kind::Text(Op::Exact),
            all: false,
            neq: false,
            cased: false,
            windash: false,
            base64: false,
            base64_offset: false,
            width: Width::Utf8,
        }
    }
}

impl Modifiers {
    /// Reads them in order.
    ///
    /// # Errors
    /// Names two modifiers that do not stand together, or a placeholder without a value (DT-RUL-17).
    pub(super) fn read(modifiers: &[Modifier]) -> Result<Self, String> {
        let mut own = Self::default();
        let mut flags = Flags::default();
        for modifier in modifiers {
            own.add(*modifier, &mut flags)?;
        }
        own.check(flags)
    }

    /// Is the value changed before it is compared?
    pub(super) fn transforms(&self) -> bool {
        self.windash || self.base64 || self.base64_offset || self.width != Width::Utf8
    }

    fn add(&mut self, modifier: Modifier, flags: &mut Flags) -> Result<(), String> {
        let kind = match modifier {
            Modifier::All => return once(&mut self.all, modifier),
            Modifier::Neq => return once(&mut self.neq, modifier),
            Modifier::Cased => return once(&mut self.cased, modifier),
            Modifier::WindAsh => return once(&mut self.windash, modifier),
            Modifier::Base64 => return once(&mut self.base64, modifier),
            Modifier::Base64Offset => return once(&mut self.base64_offset, modifier),
            Modifier::IgnoreCase => return once(&mut flags.ignore_case, modifier),
            Modifier::Multiline => return once(&mut flags.multiline, modifier),
            Modifier::DotAll => return once(&mut flags.dot_all, modifier),
            Modifier::Wide => return self.widen(Width::Utf16Le),
            Modifier::Utf16be => return self.widen(Width::Utf16Be),
            Modifier::Utf16 => return self.widen(Width::Utf16Marked),
            Modifier::Expand => return Err("placeholder without a value (DT-RUL-17)".to_owned()),
            Modifier::Contains => self.text(Op::Contains),
            Modifier::StartsWith => self.text(Op::Starts),
            Modifier::EndsWith => self.text(Op::Ends),
            Modifier::Re => Kind::Regex(""),
            Modifier::Cidr => Kind::Cidr,
            Modifier::Exists => Kind::Exists,
            Modifier::FieldRef => Kind::Field(Op::Exact),
            Modifier::Gt => Kind::Number(Bound::Above),
            Modifier::Gte => Kind::Number(Bound::AtLeast),
            Modifier::Lt => Kind::Number(Bound::Below),
            Modifier::Lte => Kind::Number(Bound::AtMost),
            Modifier::Minute => Kind::Time(TimePart::Minute),
            Modifier::Hour => Kind::Time(TimePart::Hour),
            Modifier::Day => Kind::Time(TimePart::Day),
            Modifier::Week => Kind::Time(TimePart::Week),
            Modifier::Month => Kind::Time(TimePart::Month),
            Modifier::Year => Kind::Time(TimePart::Year),
        };
        // `fieldref` may be followed by the place where the other value stands.
        let refines = self.kind == Kind::Field(Op::Exact) && matches!(kind, Kind::Field(_));
        if self.kind != Kind::Text(Op::Exact) && !refines {
            return Err("at most one way to compare may be given".to_owned());
        }
        self.kind = kind;
        Ok(())
    }

    const fn text(&self, op: Op) -> Kind {
        match self.kind {
            Kind::Field(_) => Kind::Field(op),
            _ => Kind::Text(op),
        }
    }

    fn widen(&mut self, width: Width) -> Result<(), String> {
        if self.width != Width::Utf8 {
            return Err("at most one of wide, utf16, utf16le, utf16be may be given".to_owned());
        }
        self.width = width;
        Ok(())
    }

    fn check(mut self, flags: Flags) -> Result<Self, String> {
        if self.base64 && self.base64_offset {
            return Err("base64 and base64offset do not stand together".to_owned());
        }
        if self.windash && (self.base64 || self.base64_offset || self.width != Width::Utf8) {
            return Err("windash does not stand with an encoding".to_owned());
        }
        if self.transforms() && !matches!(self.kind, Kind::Text(_)) {
            return Err("only text can be encoded".to_owned());
        }
        if self.kind == Kind::Exists && (self.all || self.neq) {
            return Err("exists stands alone".to_owned());
        }
        match self.kind {
            Kind::Regex(_) => self.kind = Kind::Regex(flags.prefix()),
            _ if flags != Flags::default() => return Err("the flags i, m and s belong to re".to_owned()),
            _ => {}
        }
        Ok(self)
    }
}

fn once(flag: &mut bool, modifier: Modifier) -> Result<(), String> {
    if *flag {
        return Err(format!("{modifier:?} is given twice"));
    }
    *flag = true;
    Ok(())
}

/// Flags of `re`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flags {
    ignore_case: bool,
    multiline: bool,
    dot_all: bool,
}

impl Flags {
    const fn prefix(self) -> &'static str {
        match (self.ignore_case, self.multiline, self.dot_all) {
            (false, false, false) => "",
            (true, false, false) => "(?i)",
            (false, true, false) => "(?m)",
            (false, false, true) => "(?s)",
            (true, true, false) => "(?im)",
            (true, false, true) => "(?is)",
            (false, true, true) => "(?ms)",
            (true, true, true) => "(?ims)",
        }
    }
}
