//! The places of a log as they stand in the ledger, beside the records that were read up to them.

use super::generation::{FileId, Mark, Place};
use serde_json::{Value, json};
use vocab::Timestamp;

/// Most places of one log that are taken from a ledger.
const PLACES_MAX: usize = 2_000;

/// How far the files of a log were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// Files, oldest first.
    pub(crate) places: Vec<Place>,
    /// The one whose records follow.
    pub(crate) current: usize,
    /// When they were looked at.
    pub(crate) looked: Timestamp,
}

impl State {
    /// As a payload; numbers that may be too large for JSON are text.
    pub(crate) fn to_json(&self, file: &str) -> Value {
        let mark =
            |mark: &Mark| json!({ "bytes": mark.bytes, "digest": hex::encode(mark.digest), "end": mark.end });
        let places: Vec<Value> = self
            .places
            .iter()
            .map(|place| {
                json!({
                    "device": place.id.device.to_string(),
                    "drained": place.drained,
                    "ended": place.ended,
                    "inode": place.id.inode.to_string(),
                    "line": place.line,
                    "marks": place.marks.iter().map(mark).collect::<Vec<_>>(),
                    "moved": place.moved,
                    "offset": place.offset,
                })
            })
            .collect();
        json!({ "current": self.current, "file": file, "looked": self.looked.0, "op": "follow", "places": places, "v": 1 })
    }

    /// Reads a payload; `None` when it is none of ours.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        if value.get("op")?.as_str()? != "follow" || value.get("v")?.as_u64()? != 1 {
            return None;
        }
        let places = value.get("places")?.as_array().filter(|places| places.len() <= PLACES_MAX)?;
        Some(Self {
            places: places.iter().map(place).collect::<Option<_>>()?,
            current: usize::try_from(value.get("current")?.as_u64()?).ok()?,
            looked: Timestamp(value.get("looked")?.as_i64()?),
        })
    }

    /// Goes on behind the last record of a run: its place, and the bytes of the last record that has any.
    pub(crate) fn advance(&mut self, last: (u64, u64, u64), with_bytes: (u64, &[u8]), now: Timestamp) {
        self.looked = self.looked.max(now);
        let Some(place) = self.places.get_mut(self.current) else { return };
        let (offset, length, line) = last;
        (place.offset, place.line, place.ended, place.drained) = (offset + length, line, true, false);
        let (start, bytes) = with_bytes;
        // The beginning of the file is still what it was.
        place.marks.retain(|mark| mark.end == mark.bytes);
        place.marks.extend(Mark::of(bytes, start + bytes.len() as u64));
    }
}

fn place(value: &Value) -> Option<Place> {
    let text = |name: &str| value.get(name)?.as_str()?.parse::<u64>().ok();
    let number = |name: &str| value.get(name)?.as_u64();
    let flag = |name: &str| value.get(name)?.as_bool();
    let mark = |value: &Value| {
        let number = |name: &str| value.get(name)?.as_u64();
        let digest = hex::decode(value.get("digest")?.as_str()?).ok()?.try_into().ok()?;
        Some(Mark { end: number("end")?, bytes: number("bytes")?, digest })
    };
    Some(Place {
        id: FileId { device: text("device")?, inode: text("inode")? },
        offset: number("offset")?,
        line: number("line")?,
        ended: flag("ended")?,
        moved: flag("moved")?,
        drained: flag("drained")?,
        marks: value.get("marks")?.as_array()?.iter().map(mark).collect::<Option<_>>()?,
    })
}
