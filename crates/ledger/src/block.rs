//! Blocks: containers of payloads (LG chapter 5.3). Form 0 only: plain, compressed with zstd.

use crate::bytes::{Cursor, Malformed};
use crate::{Hash, tree};

const MAGIC: &[u8; 8] = b"SKBLK\0\0\x01";
/// Bytes before the compressed content.
pub(crate) const HEADER_BYTES: usize = 104;
/// Largest content in bytes, decompressed.
pub(crate) const CONTENT_BYTES_MAX: usize = 24 * 1024 * 1024;
/// Compression level of zstd.
pub(crate) const LEVEL: i32 = 1;

/// Header of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) ledger: Hash,
    pub(crate) number: u64,
    pub(crate) first_index: u64,
    pub(crate) payloads: u32,
    /// Compressed bytes after the header.
    pub(crate) stored_bytes: u32,
    /// Bytes after decompression.
    pub(crate) content_bytes: u32,
}

impl Header {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend(MAGIC);
        out.extend(self.ledger);
        out.extend(self.number.to_be_bytes());
        out.extend([0; 10]); // data class, key id: none in a plain block
        out.extend(self.first_index.to_be_bytes());
        out.extend(self.payloads.to_be_bytes());
        out.extend([0; 26]); // form 0, nonce, one reserved byte
        out.extend(self.stored_bytes.to_be_bytes());
        out.extend(self.content_bytes.to_be_bytes());
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut from = Cursor::new(bytes);
        if from.take(8)? != MAGIC {
            return Err(Malformed("magic of a block"));
        }
        let (ledger, number) = (from.hash()?, from.u64()?);
        let class_and_key: [u8; 10] = from.array()?;
        let (first_index, payloads) = (from.u64()?, from.u32()?);
        let form_and_nonce: [u8; 26] = from.array()?;
        if class_and_key != [0; 10] || form_and_nonce != [0; 26] {
            return Err(Malformed("block of a class or form this version does not read"));
        }
        Ok(Self {
            ledger,
            number,
            first_index,
            payloads,
            stored_bytes: from.u32()?,
            content_bytes: from.u32()?,
        })
    }
}

/// A block being filled.
pub(crate) struct Filling {
    pub(crate) number: u64,
    pub(crate) secret: Hash,
    table: Vec<(u64, u32)>,
    payloads: Vec<u8>,
}

impl Filling {
    pub(crate) fn new(number: u64, secret: Hash, mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self { number, secret, table: Vec::new(), payloads: buffer }
    }
    /// Adds a payload of entry `index` that `write` appends.
    pub(crate) fn add<T>(&mut self, index: u64, write: impl FnOnce(&Hash, &mut Vec<u8>) -> T) -> T {
        let before = self.payloads.len();
        let result = write(&self.secret, &mut self.payloads);
        self.table.push((index, (self.payloads.len() - before) as u32));
        result
    }
    pub(crate) fn payload_bytes(&self) -> usize {
        self.payloads.len()
    }
    /// Appends the finished block to `out`; returns its digest and the buffer for the next one.
    pub(crate) fn finish(
        self,
        ledger: Hash,
        zstd: &mut zstd::bulk::Compressor<'_>,
        content: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> std::io::Result<(Hash, Vec<u8>)> {
        content.clear();
        content.extend(self.secret);
        content.extend((self.table.len() as u32).to_be_bytes());
        for (index, size) in &self.table {
            content.extend(index.to_be_bytes());
            content.extend(size.to_be_bytes());
        }
        content.extend_from_slice(&self.payloads);
        let stored = zstd.compress(content)?;
        let start = out.len();
        let header = Header {
            ledger,
            number: self.number,
            first_index: self.table.first().map_or(0, |(index, _)| *index),
            payloads: self.table.len() as u32,
            stored_bytes: stored.len() as u32,
            content_bytes: content.len() as u32,
        };
        header.encode(out);
        out.extend_from_slice(&stored);
        Ok((tree::sha256(out.get(start..).unwrap_or_default()), self.payloads))
    }
}

/// A block, decompressed.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) secret: Hash,
    /// Entry index, start and length of each payload in `bytes`.
    table: Vec<(u64, usize, usize)>,
    bytes: Vec<u8>,
}

impl Content {
    /// Decompresses and reads what follows `header`.
    pub(crate) fn open(header: &Header, stored: &[u8]) -> Result<Self, Malformed> {
        let size = header.content_bytes as usize;
        if size > CONTENT_BYTES_MAX {
            return Err(Malformed("block larger than the limit"));
        }
        let bytes =
            zstd::bulk::decompress(stored, size).map_err(|_| Malformed("compressed content of a block"))?;
        if bytes.len() != size {
            return Err(Malformed("length of a block after decompression"));
        }
        let mut from = Cursor::new(&bytes);
        let secret = from.hash()?;
        if from.u32()? != header.payloads || header.payloads as usize > size / 12 {
            return Err(Malformed("number of payloads of a block"));
        }
        let mut table = Vec::with_capacity(header.payloads as usize);
        let mut start = 36 + header.payloads as usize * 12;
        for _ in 0..header.payloads {
            let (index, length) = (from.u64()?, from.u32()? as usize);
            if table.last().is_some_and(|(before, _, _)| *before >= index) {
                return Err(Malformed("order of the payloads of a block"));
            }
            table.push((index, start, length));
            start += length;
        }
        if start != bytes.len() || table.first().is_some_and(|(index, _, _)| *index != header.first_index) {
            return Err(Malformed("payload table of a block"));
        }
        Ok(Self { secret, table, bytes })
    }

    /// Payload of an entry.
    pub(crate) fn payload(&self, index: u64) -> Option<&[u8]> {
        let place = self.table.binary_search_by_key(&index, |(index, _, _)| *index).ok()?;
        let (_, start, length) = self.table.get(place)?;
        self.bytes.get(*start..start + length)
    }
    /// Indices of the entries whose payloads are here, ascending.
    pub(crate) fn indices(&self) -> impl Iterator<Item = u64> {
        self.table.iter().map(|(index, _, _)| *index)
    }
    /// Memory held, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.bytes.len() + self.table.len() * 24
    }
}
