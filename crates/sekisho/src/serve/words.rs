//! Names of levels for pages.

use vocab::Level;

/// Levels in their order.
pub(super) const LEVELS: [Level; 5] =
    [Level::Informational, Level::Low, Level::Medium, Level::High, Level::Critical];

/// The level with this number.
pub(super) fn level(number: i64) -> Level {
    usize::try_from(number).ok().and_then(|at| LEVELS.get(at)).copied().unwrap_or(Level::Informational)
}
