//! Verification of a part (LG 19.1): which frames are read as a whole, and what follows for the others.
//!
//! Every entry is always hashed, and every root compared: what is left out are the payload blocks, checksums and trailer
//! signatures of some frames. Thus a change of any entry is found in every case, and a change of a payload where its frame
//! is read.

use crate::frame::{self, Header};
use crate::scan::Segments;
use crate::{Hash, Result, tree};
use std::collections::BTreeSet;
use std::path::Path;
use vocab::Timestamp;

/// Longest seed of a sample, in bytes.
pub const SEED_BYTES_MAX: usize = 128;
/// What the draw of a sample hashes begins with.
const DRAW_CONTEXT: &[u8] = b"sekisho-ledger-1 sample\0";

/// Frames drawn at random among those that would not be read otherwise.
///
/// The draw is repeatable: the frames whose SHA-256 over context, seed, zero byte and batch number (64 bits, big-endian)
/// is smallest. Choose the seed after the ledger was written, or whoever writes it knows what will be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// At most [`SEED_BYTES_MAX`] bytes.
    pub seed: String,
    /// How many frames.
    pub frames: u64,
}

/// What a verification of a part covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Frames (batches) in all, and those read as a whole.
    pub frames: u64,
    /// Frames read as a whole.
    pub read: u64,
    /// Entries before which frames were not read as a whole, unless drawn.
    pub since: u64,
    /// The sample: its seed, the frames drawn, and the frames it was drawn from.
    pub sample: Option<(Sample, u64)>,
}

impl Extent {
    /// Of the frames that a sample was drawn from, how many can be damaged at most, with a confidence of 95 %, when
    /// every drawn one is sound: the largest number that such a draw misses with a probability above 5 %.
    #[must_use]
    pub fn damaged_max(&self) -> Option<u64> {
        let (sample, all) = self.sample.as_ref()?;
        Some(missed_max(*all, sample.frames.min(*all)))
    }
}

/// Hypergeometric: chance that none of `damaged` of `all` is among `drawn`, which shrinks as `damaged` grows.
fn missed_max(all: u64, drawn: u64) -> u64 {
    let (mut chance, mut damaged) = (1.0f64, 0u64);
    while damaged < all {
        let rest = all - damaged;
        chance *= rest.saturating_sub(drawn) as f64 / rest as f64;
        if chance <= 0.05 {
            break;
        }
        damaged += 1;
    }
    damaged
}

/// The choice, made before the walk.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    since: u64,
    drawn: BTreeSet<u64>,
    pub(crate) extent: Extent,
}

impl Chosen {
    /// Chooses the frames. An error means that frames cannot be listed: then everything has to be read.
    pub(crate) fn choose(folder: &Path, since: Option<u64>, sample: Option<&Sample>) -> Result<Self> {
        let places = Segments::open(folder)?.frames()?;
        let size = places
            .last()
            .map_or(0, |place| place.header.first_index.saturating_add(u64::from(place.header.entries)));
        // The newest frame is always read: its trailer tells of all before it.
        let newest = places.last().map_or(0, |place| place.header.first_index);
        let since = since.unwrap_or(size).min(newest);
        let before = places.iter().map(|place| place.header).filter(|header| end(header) <= since);
        let mut ranked: Vec<(Hash, u64)> = Vec::new();
        if let Some(sample) = sample {
            ranked = before.map(|header| (rank(&sample.seed, header.batch), header.batch)).collect();
            ranked.sort_unstable();
        }
        let all = ranked.len() as u64;
        ranked.truncate(sample.map_or(0, |sample| usize::try_from(sample.frames).unwrap_or(usize::MAX)));
        let drawn = ranked.into_iter().map(|(_, batch)| batch).collect();
        let sample = sample.map(|sample| (sample.clone(), all));
        let extent = Extent { frames: places.len() as u64, read: 0, since, sample };
        Ok(Self { since, drawn, extent })
    }

    /// Whether the frame is to be read as a whole.
    pub(crate) fn whole(&self, header: &Header) -> bool {
        end(header) > self.since || self.drawn.contains(&header.batch)
    }
}

fn end(header: &Header) -> u64 {
    header.first_index.saturating_add(u64::from(header.entries))
}

fn rank(seed: &str, batch: u64) -> Hash {
    tree::sha256(&[DRAW_CONTEXT, seed.as_bytes(), &[0], &batch.to_be_bytes()].concat())
}

/// Entries that were accepted before a point in time, to be given as `since`.
///
/// # Errors
/// `LV-DAMAGE` where frames or entries cannot be read, `LV-FORMAT`, `LE-IO`.
pub fn size_at(folder: &Path, time: Timestamp) -> Result<u64> {
    let mut segments = Segments::open(folder)?;
    let places = segments.frames()?;
    let mut bytes = Vec::new();
    let mut first_time = |place: &crate::scan::FramePlace| -> Result<Timestamp> {
        segments.entries(place, &mut bytes)?;
        let first = frame::entries(&bytes).next().and_then(Result::ok).unwrap_or_default();
        let entry =
            crate::Entry::decode(first).map_err(|what| segments.damage(place.segment, place.offset, what))?;
        Ok(entry.received_at)
    };
    let (mut low, mut high) = (0, places.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let Some(place) = places.get(middle) else { break };
        if first_time(place)? < time { low = middle + 1 } else { high = middle }
    }
    // The frame before may hold later entries too.
    Ok(low.checked_sub(1).and_then(|place| places.get(place)).map_or(0, |place| place.header.first_index))
}

#[cfg(test)]
mod tests {
    use super::missed_max;
    use proptest::prelude::*;

    #[test]
    fn confidence_agrees_with_the_rule_of_three() {
        assert_eq!(missed_max(1_000_000, 300), 9_934, "about 3 in 300 of all");
        assert_eq!((missed_max(100, 100), missed_max(100, 0), missed_max(0, 0)), (0, 100, 0));
        assert_eq!(missed_max(20, 19), 0, "one of twenty is missed with a chance of exactly 5 %: not above");
    }

    proptest! {
        /// A larger sample never vouches for less.
        #[test]
        fn more_is_never_less(all in 1u64..2_000, drawn in 0u64..2_000) {
            let drawn = drawn.min(all);
            prop_assert!(missed_max(all, drawn) <= all - drawn);
            if drawn < all {
                prop_assert!(missed_max(all, drawn + 1) <= missed_max(all, drawn));
            }
        }
    }
}
