//! Names of tiles (C2SP tlog-tiles): `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]` (LG-TIL-01).

use std::fmt;

/// Hashes or entries of a full tile.
pub(crate) const WIDTH: u16 = 256;
/// Highest level of a tree below 2^53 entries.
const LEVEL_MAX: u8 = 6;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of complete subtrees of 256^level entries.
    Hashes {
        /// 0: leaf hashes.
        level: u8,
    },
    /// The entries themselves, each with a 16-bit length before it.
    Entries,
}

/// One tile of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// What it holds.
    pub kind: TileKind,
    /// Number along its level.
    pub number: u64,
    /// Hashes or entries in it, 1 to 256; fewer than 256 is a partial tile.
    pub width: u16,
}

impl TileId {
    /// Reads a path such as `tile/0/x001/x234/067.p/112`, strictly: each tile has one name.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("tile/")?;
        let (kind, rest) = rest.split_once('/')?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level if level.len() == 1 => TileKind::Hashes { level: level.parse().ok()? },
            _ => return None,
        };
        let (number_text, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok()?),
            None => (rest, WIDTH),
        };
        let mut number = 0u64;
        for part in number_text.split('/') {
            let digits = part.strip_prefix('x').unwrap_or(part);
            if digits.len() != 3 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                return None;
            }
            number = number.checked_mul(1_000)?.checked_add(digits.parse().ok()?)?;
        }
        let tile = Self { kind, number, width };
        let level_fits = !matches!(kind, TileKind::Hashes { level } if level > LEVEL_MAX);
        (level_fits && (1..=WIDTH).contains(&width) && tile.to_string() == path).then_some(tile)
    }

    /// The same tile when it is full.
    #[must_use]
    pub const fn full(self) -> Self {
        Self { width: WIDTH, ..self }
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes { level } => write!(f, "tile/{level}")?,
            TileKind::Entries => f.write_str("tile/entries")?,
        }
        let mut groups = vec![self.number % 1_000];
        let mut rest = self.number / 1_000;
        while rest > 0 {
            groups.push(rest % 1_000);
            rest /= 1_000;
        }
        for (place, group) in groups.iter().enumerate().rev() {
            write!(f, "/{}{group:03}", if place > 0 { "x" } else { "" })?;
        }
        if self.width < WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_those_of_tlog_tiles() {
        let tile = |kind, number, width| TileId { kind, number, width }.to_string();
        assert_eq!(tile(TileKind::Hashes { level: 0 }, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(tile(TileKind::Hashes { level: 1 }, 0, 112), "tile/1/000.p/112");
        assert_eq!(tile(TileKind::Entries, 1_000, 1), "tile/entries/x001/000.p/1");
        let wrong = [
            "tile/0/1",
            "tile/0/0001",
            "tile/0/x000/001",
            "tile/7/000",
            "tile/00/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/012",
            "tile/0/000/",
            "tile/data/000",
            "tile/0/../000",
            "tile/0/x001",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            "checkpoint",
            "",
        ];
        for path in wrong {
            assert_eq!(TileId::parse(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_name_leads_back_to_its_tile(level in 0u8..=6, entries: bool, number in 0u64..1 << 45, width in 1u16..=256) {
            let kind = if entries { TileKind::Entries } else { TileKind::Hashes { level } };
            let tile = TileId { kind, number, width };
            prop_assert_eq!(TileId::parse(&tile.to_string()), Some(tile));
        }
        #[test]
        fn no_text_has_two_readings(text in "tile/[0-9a-z/.]{0,24}") {
            if let Some(tile) = TileId::parse(&text) {
                prop_assert_eq!(tile.to_string(), text);
            }
        }
    }
}
