//! One comparison of a rule with one value of a record.

use super::pattern::Pattern;
use super::text::fold;
use super::text::glob::Glob;
use super::text::number::{Bound, Number};
use super::text::time::TimePart;
use ipnet::IpNet;
use std::net::IpAddr;

/// Which part of the value the text of the rule must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    /// All of it.
    Exact,
    /// `contains`.
    Contains,
    /// `startswith`.
    Starts,
    /// `endswith`.
    Ends,
}

impl Op {
    /// Does `own` stand so in `text`?
    pub(super) fn holds(self, text: &str, own: &str) -> bool {
        match self {
            Self::Exact => text == own,
            Self::Contains => memchr::memmem::find(text.as_bytes(), own.as_bytes()).is_some(),
            Self::Starts => text.starts_with(own),
            Self::Ends => text.ends_with(own),
        }
    }
}

/// A field of records by its name in rules; names are numbered in the engine.
pub(super) type FieldId = u32;

/// One comparison. Texts are folded unless `cased`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Test {
    /// Plain text.
    Text { op: Op, own: Box<str>, cased: bool },
    /// Text with wildcards, over the whole value.
    Glob { glob: Glob, cased: bool },
    /// Regular expression, flags written into it.
    Regex(Pattern),
    /// Network.
    Cidr(IpNet),
    /// Number.
    Number(Bound, Number),
    /// `true` or `false` of a rule.
    Bool(bool),
    /// Part of a time.
    Time(TimePart, Number),
    /// Another field of the same record.
    Field { other: FieldId, op: Op, cased: bool },
}

impl Test {
    /// Is the folded value asked for? Else the value as it is.
    pub(super) const fn on_folded(&self) -> bool {
        match self {
            Self::Text { cased, .. } | Self::Glob { cased, .. } => !*cased,
            _ => false,
        }
    }

    /// Does the value pass? `text` is folded where [`Test::on_folded`] says so. A [`Test::Field`] is for the caller, who
    /// has the record.
    pub(super) fn holds(&self, text: &str) -> bool {
        match self {
            Self::Text { op, own, .. } => op.holds(text, own),
            Self::Glob { glob, .. } => glob.matches(text),
            Self::Regex(pattern) => pattern.is_match(text),
            Self::Cidr(net) => text.parse::<IpAddr>().is_ok_and(|ip| covers(*net, ip)),
            Self::Number(bound, asked) => Number::parse(text).is_some_and(|own| bound.holds(own, *asked)),
            Self::Bool(asked) => truth(text) == Some(*asked),
            Self::Time(part, asked) => part.of(text).is_some_and(|own| Number::Whole(own) == *asked),
            Self::Field { .. } => false,
        }
    }
}

/// An IPv4 address written as IPv6 is the IPv4 address.
fn covers(net: IpNet, ip: IpAddr) -> bool {
    net.contains(&ip) || net.contains(&ip.to_canonical())
}

/// Truth values in text.
fn truth(text: &str) -> Option<bool> {
    match &*fold::fold(text) {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}
