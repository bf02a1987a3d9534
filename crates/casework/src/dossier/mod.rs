//! The case file (事案ファイル): an incident as `investigate` found it, and the facts that people add. Every document is a
//! projection of it; a value is entered once (CW-REP-01).

pub mod catalogue;
mod facts;
mod legal;
mod project;
mod seen;
mod template;
#[cfg(test)]
mod tests;

pub(crate) use facts::time;
pub use facts::{FACTS_BYTES_MAX, FactFault, FactValue, Facts};
pub(crate) use project::stamp;
pub use project::{Origin, PROJECTIONS, Projection, Shown, Table, project};
pub use seen::{
    Seen, SeenAccount, SeenElement, SeenFault, SeenHost, SeenLegal, SeenRecord, SeenReport, SeenSource,
};
pub use template::template;

/// Language of what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// Japanese: what the desks read.
    Ja,
    /// English, for readers inside the organisation.
    En,
}

impl Tongue {
    /// The text in this language.
    #[must_use]
    pub fn of<'t>(self, ja: &'t str, en: &'t str) -> &'t str {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }
}

/// A case: one incident and what people know of it.
#[derive(Clone, Debug)]
pub struct Dossier {
    /// The incident, as `incidents.json` shows it.
    pub seen: Seen,
    /// Facts typed by people.
    pub facts: Facts,
}

/// Longest text from a log that a document shows, characters.
const LOG_CHARS_MAX: usize = 600;

/// Text from a log as a document shows it: what cannot be seen (control characters, marks that turn the direction of
/// writing, unassigned space) is written as `[U+202E]`, and what is too long is cut with `…`.
#[must_use]
pub fn log_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        if at == LOG_CHARS_MAX {
            shown.push('…');
            break;
        }
        if is_hidden(c) {
            shown.push_str(&format!("[U+{:04X}]", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Characters that have no shape of their own or change how their neighbours look.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e00ff}' | '\u{f0000}'..)
}
