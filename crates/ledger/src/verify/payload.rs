//! Level `open`: payloads against the commitments of their entries (LG 19.2 step 10).

use super::Code;
use crate::block::Content;
use crate::bytes::Malformed;
use crate::entry::{Entry, Form};
use crate::frame::{self, Frame};
use crate::replay::Fault;
use crate::{Hash, json, parts, run, tree};

/// Opens every block of a frame and checks each payload; an entry with content but without payload is missing.
pub(crate) fn check(ledger: &Hash, frame: &Frame<'_>, faults: &mut Vec<Fault>) {
    let first = frame.header.first_index;
    let entries: Vec<Option<Entry>> =
        frame::entries(frame.entries).map(|bytes| bytes.and_then(Entry::decode).ok()).collect();
    let mut seen = vec![false; entries.len()];
    for item in frame::blocks(frame) {
        // Damage of the container itself is found by its digest.
        let Ok((header, bytes)) = item else { break };
        if header.ledger != *ledger {
            continue;
        }
        let stored = bytes.get(crate::block::HEADER_BYTES..).unwrap_or_default();
        let content = match Content::open(&header, stored) {
            Ok(content) => content,
            Err(Malformed(what)) => {
                faults.push(Fault::at(Code::Block, what, header.first_index));
                continue;
            }
        };
        for index in content.indices() {
            let place = index.checked_sub(first).and_then(|place| usize::try_from(place).ok());
            let entry = place.and_then(|place| entries.get(place)).and_then(Option::as_ref);
            let (Some(place), Some(entry)) = (place, entry) else {
                faults.push(Fault::at(Code::Block, "payload of an entry that is not in its frame", index));
                continue;
            };
            if let Some(slot) = seen.get_mut(place) {
                *slot = true;
            }
            if let Err(Malformed(what)) = fits(&content, index, entry) {
                let stream = Some(entry.stream);
                faults.push(Fault { code: Code::Commit, what, index: Some(index), stream });
            }
        }
    }
    for (index, (entry, seen)) in (first..).zip(entries.iter().zip(&seen)) {
        if entry.as_ref().is_some_and(|entry| entry.form != Form::None) && !seen {
            faults.push(Fault::at(Code::Missing, "payload of an entry", index));
        }
    }
}

fn fits(content: &Content, index: u64, entry: &Entry) -> Result<(), Malformed> {
    let payload = content.payload(index).ok_or(Malformed("payload of an entry"))?;
    let mut leaves = match entry.form {
        Form::Run => run::open(payload)?.leaves(&content.secret),
        form => parts::leaves(&json::parse_canonical(payload)?, form, &content.secret, index)?,
    };
    let count = leaves.len();
    if count == usize::from(entry.part_count) && tree::root_in_place(&mut leaves) == entry.commitment {
        Ok(())
    } else {
        Err(Malformed("content differs from the commitment of its entry"))
    }
}
