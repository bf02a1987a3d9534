//! Opening documents from a ledger (LG 5.5), and records of blocks that were written again.

use super::Reader;
use crate::block::{self, Content};
use crate::entry::{Entry, Form};
use crate::opening::{Choice, EntryPath, Kept, Opening};
use crate::scan::BlockPlace;
use crate::{Error, RecordView, Result, json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::sync::Arc;
use vocab::{Citation, LedgerIndex};

impl Reader {
    /// The opening document of an entry: chosen parts with their salts, the rest as hashes, and the path of the entry to the
    /// newest signed head. It is compared with the commitment of the entry before it is returned. An entry without content
    /// gives a document without parts.
    ///
    /// # Errors
    /// [`Error::Absent`] when there is no such entry, [`Error::Sealed`] without a key, [`Error::Destroyed`] when the payload
    /// is gone, `LV-DAMAGE` when it does not fit its commitment, `LE-IO`.
    pub fn opening(&mut self, index: LedgerIndex, choice: &Choice) -> Result<Opening> {
        let entry = self.entry(index)?;
        let kept = match entry.form {
            Form::None => Kept { parts: Vec::new(), withheld: Vec::new(), run: None },
            _ => self.kept(index.0, &entry, choice)?,
        };
        let path = self.entry_path(&entry, index.0)?;
        Ok(Opening {
            v: 1,
            origin: self.origin.clone(),
            index: index.0,
            entry: BASE64.encode(entry.encode()),
            parts: kept.parts,
            withheld: kept.withheld,
            run: kept.run,
            proof: Some(path),
        })
    }

    /// The exact bytes of an entry, and its path to the newest signed head; needs no key.
    ///
    /// # Errors
    /// [`Error::Absent`] when there is no such entry, `LV-DAMAGE`, `LE-IO`.
    pub fn entry_with_path(&mut self, index: LedgerIndex) -> Result<(Vec<u8>, EntryPath)> {
        let entry = self.entry(index)?;
        let path = self.entry_path(&entry, index.0)?;
        Ok((entry.encode(), path))
    }

    /// The chosen leaves of the payload of an entry, compared with its commitment.
    pub(crate) fn kept(&mut self, index: u64, entry: &Entry, choice: &Choice) -> Result<Kept> {
        let Some(cached) = self.block_of(index)? else { return Err(Error::Absent { index, record: 0 }) };
        let gone =
            if cached.resealed { Error::Destroyed { index } } else { Error::Absent { index, record: 0 } };
        let Some(payload) = cached.content.payload(index) else { return Err(gone) };
        let damage = |what: &'static str| Error::damage(&self.folder, 0, what);
        let kept = if cached.resealed {
            let all = Kept::decode(payload).map_err(|what| damage(what.0))?;
            all.narrow(choice).map_err(|what| damage(what.0))?
        } else {
            Kept::of(payload, &cached.content.secret, index, entry.form, choice)
                .map_err(|what| damage(what.0))?
        };
        kept.fits(entry).map_err(|what| damage(what.0))?;
        Ok(kept)
    }
}

/// Blocks that were written again.
impl Reader {
    /// Compares all payloads of such a block with the commitments of their entries; their number, or `None` when it is sealed
    /// and no key is at hand.
    pub(crate) fn check_again(&mut self, place: &BlockPlace) -> Result<Option<u64>> {
        let bytes = self.block_bytes(place)?;
        let damage = |what: &'static str| Error::damage(&self.folder, place.offset, what);
        let header = block::Header::decode(&bytes).map_err(|what| damage(what.0))?;
        let content = Content::open(&header, &bytes, &mut self.ring).map_err(|what| damage(what.0))?;
        let Some(content) = content else { return Ok(None) };
        let mut count = 0;
        for index in content.indices() {
            let kept = Kept::decode(content.payload(index).unwrap_or_default());
            let entry = self.entry(LedgerIndex(index))?;
            let damage = |what: &'static str| Error::damage(&self.folder, place.offset, what);
            kept.map_err(|what| damage(what.0))?.fits(&entry).map_err(|what| damage(what.0))?;
            count += 1;
        }
        Ok(Some(count))
    }
}

/// A record of a block that was written again.
pub(super) fn kept_record(kept: &Kept, entry: &Entry, citation: Citation) -> Result<RecordView> {
    let gone = Error::Destroyed { index: citation.index.0 };
    let Some(run) = &kept.run else {
        if citation.record != 0 {
            return Err(Error::Absent { index: citation.index.0, record: citation.record });
        }
        if kept.parts.is_empty() {
            return Err(gone);
        }
        let bytes = json::canonical(&kept.value(entry.form)).map_err(|what| Error::Policy(what.0))?;
        return Ok(RecordView { bytes, file: Arc::from(""), line: 0, offset: 0 });
    };
    let Some(record) = run.records.iter().find(|record| record.no == citation.record) else {
        return Err(gone);
    };
    let bytes = BASE64.decode(&record.bytes).map_err(|_| Error::Policy("base64 in a resealed block"))?;
    let file = run.head.as_ref().map_or("", |head| head.file.as_str());
    Ok(RecordView { bytes, file: Arc::from(file), line: record.line, offset: record.offset })
}
