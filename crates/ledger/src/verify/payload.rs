//! Level `open`: payloads against the commitments of their entries (LG 19.2 step 10).

use super::Code;
use super::report::Payloads;
use crate::block::{BlockForm, Content, Header};
use crate::bytes::Malformed;
use crate::entry::{Entry, Form};
use crate::frame::{self, Frame};
use crate::replay::Fault;
use crate::seal::KeyRing;
use crate::{Hash, json, parts, run, tree};

/// Opens every block of a frame that can be opened and checks each payload; an entry with content but without payload is
/// missing. Payloads of tombstones are left to the caller.
pub(crate) fn check(
    ledger: &Hash,
    frame: &Frame<'_>,
    ring: &mut KeyRing,
    counts: &mut Payloads,
    faults: &mut Vec<Fault>,
) {
    let first = frame.header.first_index;
    let entries: Vec<Option<Entry>> =
        frame::entries(frame.entries).map(|bytes| bytes.and_then(Entry::decode).ok()).collect();
    let mut seen = vec![false; entries.len()];
    let mut closed: Vec<Header> = Vec::new();
    for item in frame::blocks(frame) {
        // Damage of the container itself is found by its digest.
        let Ok((header, bytes)) = item else { break };
        if header.ledger != *ledger || header.first_index < first {
            continue;
        }
        if header.form == BlockForm::Tombstone {
            closed.push(header);
            continue;
        }
        let content = match Content::open(&header, bytes, ring) {
            Ok(Some(content)) => content,
            Ok(None) => {
                closed.push(header);
                continue;
            }
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
            match fits(&content, index, entry) {
                Ok(()) => counts.present += 1,
                Err(Malformed(what)) => {
                    let stream = Some(entry.stream);
                    faults.push(Fault { code: Code::Commit, what, index: Some(index), stream });
                }
            }
        }
    }
    let with_content = (first..).zip(entries.iter().zip(&seen)).filter_map(|(index, (entry, seen))| {
        entry.as_ref().filter(|entry| entry.form != Form::None && !seen).map(|entry| (index, entry))
    });
    let mut held = vec![0u32; closed.len()];
    for (index, entry) in with_content {
        // The newest block of the class that begins at the entry or before holds its payload.
        let holds = |header: &Header| header.class == entry.data_class && header.first_index <= index;
        let place = closed.iter().rposition(holds).filter(|place| {
            closed.get(*place).zip(held.get(*place)).is_some_and(|(header, held)| *held < header.payloads)
        });
        match place.and_then(|place| Some((closed.get(place)?, held.get_mut(place)?))) {
            Some((header, held)) => {
                *held += 1;
                if header.form != BlockForm::Tombstone {
                    counts.withheld += 1;
                }
            }
            None => faults.push(Fault::at(Code::Missing, "payload of an entry", index)),
        }
    }
    for (header, held) in closed.iter().zip(&held) {
        if *held != header.payloads {
            let what = "number of payloads of a closed block";
            faults.push(Fault::at(Code::Block, what, header.first_index));
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
