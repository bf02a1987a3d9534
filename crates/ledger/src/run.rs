//! Runs: many consecutive records of one source under one entry (DESIGN, "Sealing must not cost more than looking").

use crate::bytes::{Cursor, Malformed, put_varint, unzigzag, zigzag};
use crate::{Error, Hash, Result, json, tree};
use chacha20::cipher::{KeyIvInit, StreamCipher};
use sha2::{Digest, Sha256};

/// Most records in one run.
pub const RUN_RECORDS_MAX: usize = 4_096;
/// Most bytes of records in one run, all records together. A longer record is refused (`LE-LIMIT`).
pub const RUN_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest file name in bytes.
const FILE_BYTES_MAX: usize = 4_096;
/// Blocks of SHA-256 that the leaf of an ordinary line fills: 214 bytes beside what stands before them.
const RECORD_BLOCKS: usize = 4;
/// Bytes of the salt of one record.
pub(crate) const SALT_BYTES: usize = 16;

/// One record of a run: its bytes as read, and where they stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunRecord<'a> {
    /// Byte offset of the record in the (decompressed) source.
    pub offset: u64,
    /// Number of its first line, or of the record where the source has no lines; counted as the caller counts.
    pub line: u64,
    /// The bytes, unchanged, without the line end.
    pub bytes: &'a [u8],
}

/// Consecutive records of one source: 1 to [`RUN_RECORDS_MAX`] of them, at most [`RUN_BYTES_MAX`] bytes.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Name of the source as the report shows it.
    pub file: &'a str,
    /// The records in order.
    pub records: &'a [RunRecord<'a>],
}

impl Run<'_> {
    /// Refuses what is beyond the limits; returns the bytes of all records together.
    pub(crate) fn check(&self) -> Result<usize> {
        let limit = |what, size, limit| Error::Limit { what, size: size as u64, limit: limit as u64 };
        if self.records.is_empty() {
            return Err(Error::Policy("a run holds at least one record"));
        }
        if self.records.len() > RUN_RECORDS_MAX {
            return Err(limit("number of records in a run", self.records.len(), RUN_RECORDS_MAX));
        }
        if self.file.len() > FILE_BYTES_MAX {
            return Err(limit("file name in bytes", self.file.len(), FILE_BYTES_MAX));
        }
        let size = self.records.iter().fold(0usize, |sum, record| sum.saturating_add(record.bytes.len()));
        if size > RUN_BYTES_MAX {
            return Err(limit("run in bytes", size, RUN_BYTES_MAX));
        }
        Ok(size)
    }
}

/// Salts of the records of one block: the ChaCha20 key stream of the block secret, 16 bytes a leaf.
pub(crate) struct Salts(Vec<u8>);

impl Salts {
    pub(crate) fn new(secret: &Hash, leaves: usize, mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        buffer.resize(leaves * SALT_BYTES, 0);
        chacha20::ChaCha20::new(&(*secret).into(), &[0u8; 12].into()).apply_keystream(&mut buffer);
        Self(buffer)
    }
    pub(crate) fn get(&self, leaf: usize) -> [u8; SALT_BYTES] {
        self.0.chunks_exact(SALT_BYTES).nth(leaf).and_then(|salt| salt.try_into().ok()).unwrap_or_default()
    }
    fn into_buffer(self) -> Vec<u8> {
        self.0
    }
}

/// Leaf of a record: `SHA-256(0x00 || salt || offset || line || bytes)`.
pub(crate) fn record_leaf(salt: &[u8; SALT_BYTES], record: &RunRecord<'_>) -> Hash {
    let mut head = [0u8; 1 + SALT_BYTES + 16];
    let fields = salt.iter().copied().chain(record.offset.to_be_bytes()).chain(record.line.to_be_bytes());
    head.iter_mut().skip(1).zip(fields).for_each(|(slot, byte)| *slot = byte);
    tree::joined::<RECORD_BLOCKS>(&head, record.bytes)
}

/// Leaf of the head of a run: `SHA-256(0x00 || salt || head)`. It is the last leaf.
pub(crate) fn head_leaf(salt: &[u8; SALT_BYTES], head: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(salt).chain_update(head).finalize().into()
}

/// The head: canonical JSON with the file name and the number of records.
pub(crate) fn head(file: &str, records: usize) -> Result<Vec<u8>, Malformed> {
    json::canonical(&serde_json::json!({ "file": file, "records": records as u64 }))
}

/// Working memory of the writer, used again for each run.
#[derive(Default)]
pub(crate) struct Scratch {
    salts: Vec<u8>,
    leaves: Vec<Hash>,
}

/// Appends the payload of `run` to `out` and returns the commitment.
pub(crate) fn seal(
    run: &Run<'_>,
    secret: &Hash,
    work: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<Hash, Malformed> {
    let head = head(run.file, run.records.len())?;
    let salts = Salts::new(secret, run.records.len() + 1, std::mem::take(&mut work.salts));
    work.leaves.clear();
    out.extend((run.records.len() as u32).to_be_bytes());
    out.extend((head.len() as u32).to_be_bytes());
    out.extend(&head);
    let table_at = out.len();
    out.extend([0; 4]);
    let mut expected = (0u64, 0u64);
    for record in run.records {
        put_varint(out, zigzag(record.offset.wrapping_sub(expected.0) as i64));
        put_varint(out, zigzag(record.line.wrapping_sub(expected.1) as i64));
        put_varint(out, record.bytes.len() as u64);
        expected = (record.offset.wrapping_add(record.bytes.len() as u64), record.line);
    }
    let table_bytes = (out.len() - table_at - 4) as u32;
    if let Some(slot) = out.get_mut(table_at..table_at + 4) {
        slot.copy_from_slice(&table_bytes.to_be_bytes());
    }
    for (record, salt) in run.records.iter().zip(salts.0.as_chunks::<SALT_BYTES>().0) {
        work.leaves.push(record_leaf(salt, record));
        out.extend_from_slice(record.bytes);
    }
    work.leaves.push(head_leaf(&salts.get(run.records.len()), &head));
    work.salts = salts.into_buffer();
    Ok(tree::root_in_place(&mut work.leaves))
}

/// A run as read back from its payload.
#[derive(Debug)]
pub(crate) struct Opened<'a> {
    pub(crate) file: String,
    pub(crate) head: &'a [u8],
    pub(crate) records: Vec<RunRecord<'a>>,
}

/// Reads the payload of a run, strictly.
pub(crate) fn open(payload: &[u8]) -> Result<Opened<'_>, Malformed> {
    let mut from = Cursor::new(payload);
    let count = from.u32()? as usize;
    if count == 0 || count > RUN_RECORDS_MAX {
        return Err(Malformed("number of records of a run"));
    }
    let head_bytes = from.u32()? as usize;
    let head = from.take(head_bytes)?;
    let value = json::parse_canonical(head)?;
    let file = value.get("file").and_then(|file| file.as_str()).ok_or(Malformed("head of a run"))?;
    if self::head(file, count)? != head {
        return Err(Malformed("head of a run"));
    }
    let table_bytes = from.u32()? as usize;
    let mut table = Cursor::new(from.take(table_bytes)?);
    let mut records = Vec::with_capacity(count);
    let mut expected = (0u64, 0u64);
    for _ in 0..count {
        let offset = expected.0.wrapping_add(unzigzag(table.varint()?) as u64);
        let line = expected.1.wrapping_add(unzigzag(table.varint()?) as u64);
        let size = usize::try_from(table.varint()?).map_err(|_| Malformed("length of a record"))?;
        records.push(RunRecord { offset, line, bytes: from.take(size)? });
        expected = (offset.wrapping_add(size as u64), line);
    }
    if !table.rest().is_empty() || !from.rest().is_empty() {
        return Err(Malformed("bytes left over in a run"));
    }
    Ok(Opened { file: file.to_owned(), head, records })
}

impl Opened<'_> {
    /// All leaves, the head last.
    pub(crate) fn leaves(&self, secret: &Hash) -> Vec<Hash> {
        let salts = Salts::new(secret, self.records.len() + 1, Vec::new());
        let places = salts.0.as_chunks::<SALT_BYTES>().0;
        let mut leaves: Vec<_> =
            self.records.iter().zip(places).map(|(record, salt)| record_leaf(salt, record)).collect();
        leaves.push(head_leaf(&salts.get(self.records.len()), self.head));
        leaves
    }
}
