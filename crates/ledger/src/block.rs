//! Blocks: containers of payloads (LG chapter 5.3), plain or sealed, and what is left of them after destruction.

use crate::bytes::{Cursor, Malformed};
use crate::keys::Salter;
use crate::seal::{self, DataKey, KeyRing};
use crate::{Hash, tree};

const MAGIC: &[u8; 8] = b"SKBLK\0\0\x01";
/// Bytes before the compressed content.
pub(crate) const HEADER_BYTES: usize = 104;
/// Offset of the form in the header, and of the bytes that follow it.
const FORM_AT: usize = 70;
const STORED_AT: usize = 96;
/// Largest content in bytes, decompressed.
pub(crate) const CONTENT_BYTES_MAX: usize = 24 * 1024 * 1024;
/// Compression level of zstd.
pub(crate) const LEVEL: i32 = 1;

/// What stands behind the header of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum BlockForm {
    /// A zstd frame.
    Plain = 0,
    /// Cipher text.
    Sealed = 1,
    /// Nothing any more: the digest of what stood here, then zeros (LG-SEG-06).
    Tombstone = 2,
    /// Cipher text of openings: a block written again without some payloads (LG-RSL-01).
    Resealed = 3,
}

/// Header of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) ledger: Hash,
    pub(crate) number: u64,
    /// Number of the data class; 0 in a plain block.
    pub(crate) class: u16,
    /// Number of the data key; 0 in a plain block.
    pub(crate) key: u64,
    pub(crate) first_index: u64,
    pub(crate) payloads: u32,
    pub(crate) form: BlockForm,
    pub(crate) nonce: [u8; 24],
    /// Bytes after the header.
    pub(crate) stored_bytes: u32,
    /// Bytes after decompression; 0 where only the cipher text knows.
    pub(crate) content_bytes: u32,
}

impl Header {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend(MAGIC);
        out.extend(self.ledger);
        out.extend(self.number.to_be_bytes());
        out.extend(self.class.to_be_bytes());
        out.extend(self.key.to_be_bytes());
        out.extend(self.first_index.to_be_bytes());
        out.extend(self.payloads.to_be_bytes());
        out.push(self.form as u8);
        out.extend(self.nonce);
        out.push(0);
        out.extend(self.stored_bytes.to_be_bytes());
        out.extend(self.content_bytes.to_be_bytes());
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut from = Cursor::new(bytes);
        if from.take(8)? != MAGIC {
            return Err(Malformed("magic of a block"));
        }
        let (ledger, number) = (from.hash()?, from.u64()?);
        let (class, key) = (from.u16()?, from.u64()?);
        let (first_index, payloads) = (from.u64()?, from.u32()?);
        let form = match from.u8()? {
            0 => BlockForm::Plain,
            1 => BlockForm::Sealed,
            2 => BlockForm::Tombstone,
            3 => BlockForm::Resealed,
            _ => return Err(Malformed("block of a form this version does not read")),
        };
        let (nonce, spare) = (from.array()?, from.u8()?);
        let header = Self {
            ledger,
            number,
            class,
            key,
            first_index,
            payloads,
            form,
            nonce,
            stored_bytes: from.u32()?,
            content_bytes: from.u32()?,
        };
        if spare == 0 && header.fits() { Ok(header) } else { Err(Malformed("header of a block")) }
    }

    /// Whether the fields agree with the form.
    fn fits(&self) -> bool {
        let keyed = seal::DataClass::from_number(self.class).is_some() && self.key != 0;
        match self.form {
            BlockForm::Plain => self.class == 0 && self.key == 0 && self.nonce == [0; 24],
            BlockForm::Sealed | BlockForm::Resealed => keyed && self.content_bytes == 0,
            BlockForm::Tombstone => {
                (keyed || self.class == 0 && self.key == 0)
                    && self.nonce == [0; 24]
                    && self.content_bytes == 0
                    && self.stored_bytes >= 32
            }
        }
    }
}

/// Digest by which trailers and `blocks` entries name a block: for a tombstone, of what stood there. `None` when a
/// tombstone holds anything else.
pub(crate) fn digest(header: &Header, bytes: &[u8]) -> Option<Hash> {
    if header.form != BlockForm::Tombstone {
        return Some(tree::sha256(bytes));
    }
    let (digest, rest) = bytes.get(HEADER_BYTES..)?.split_first_chunk::<32>()?;
    rest.iter().all(|byte| *byte == 0).then_some(*digest)
}

/// What takes the place of a block: the same length, its digest kept, the content gone (LG-SEG-06). Of the bytes only the
/// header up to the form is read, so that a try that was cut off can be made good.
pub(crate) fn tombstone(bytes: &[u8], digest: &Hash) -> Option<Vec<u8>> {
    let mut out = vec![0; bytes.len()];
    let keep = |out: &mut Vec<u8>, from: usize, to: usize| {
        out.get_mut(from..to)?.copy_from_slice(bytes.get(from..to)?);
        Some(())
    };
    keep(&mut out, 0, FORM_AT)?;
    *out.get_mut(FORM_AT)? = BlockForm::Tombstone as u8;
    keep(&mut out, STORED_AT, STORED_AT + 4)?;
    out.get_mut(HEADER_BYTES..HEADER_BYTES + 32)?.copy_from_slice(digest);
    Header::decode(&out).ok()?;
    Some(out)
}

/// A block being filled.
pub(crate) struct Filling {
    pub(crate) number: u64,
    salter: Salter,
    /// Key and nonce to seal it with; `None`: plain.
    lock: Option<(DataKey, [u8; 24])>,
    table: Vec<(u64, u32)>,
    payloads: Vec<u8>,
}

impl Filling {
    pub(crate) fn new(
        number: u64,
        secret: Hash,
        lock: Option<(DataKey, [u8; 24])>,
        mut buffer: Vec<u8>,
    ) -> Self {
        buffer.clear();
        Self { number, salter: Salter::new(secret), lock, table: Vec::new(), payloads: buffer }
    }
    /// Number of the data class; 0 when plain.
    pub(crate) fn class(&self) -> u16 {
        self.lock.as_ref().map_or(0, |(key, _)| key.class.number())
    }
    /// Adds a payload of entry `index` that `write` appends.
    pub(crate) fn add<T>(&mut self, index: u64, write: impl FnOnce(&Salter, &mut Vec<u8>) -> T) -> T {
        let before = self.payloads.len();
        let result = write(&self.salter, &mut self.payloads);
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
        put_content(self.salter.secret(), &self.table, &self.payloads, content);
        let start = out.len();
        let mut header = Header {
            ledger,
            number: self.number,
            class: self.class(),
            key: 0,
            first_index: self.table.first().map_or(0, |(index, _)| *index),
            payloads: self.table.len() as u32,
            form: BlockForm::Plain,
            nonce: [0; 24],
            stored_bytes: 0,
            content_bytes: content.len() as u32,
        };
        match &self.lock {
            None => {
                let stored = zstd.compress(content)?;
                header.stored_bytes = stored.len() as u32;
                header.encode(out);
                out.extend_from_slice(&stored);
            }
            Some((key, nonce)) => {
                header = Header {
                    key: key.id,
                    form: BlockForm::Sealed,
                    nonce: *nonce,
                    content_bytes: 0,
                    ..header
                };
                put_sealed(header, key, content, zstd, out)?;
            }
        }
        Ok((tree::sha256(out.get(start..).unwrap_or_default()), self.payloads))
    }
}

/// The content of a block: secret, table, payloads.
fn put_content(secret: &Hash, table: &[(u64, u32)], payloads: &[u8], content: &mut Vec<u8>) {
    content.clear();
    content.extend(secret);
    content.extend((table.len() as u32).to_be_bytes());
    for (index, size) in table {
        content.extend(index.to_be_bytes());
        content.extend(size.to_be_bytes());
    }
    content.extend_from_slice(payloads);
}

/// Content of a block of openings: no secret, because each opening carries its salts.
pub(crate) fn content_again(payloads: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let table: Vec<(u64, u32)> = payloads.iter().map(|(index, bytes)| (*index, bytes.len() as u32)).collect();
    let joined: Vec<u8> = payloads.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
    let mut content = Vec::new();
    put_content(&[0; 32], &table, &joined, &mut content);
    content
}

/// Appends a sealed or resealed block.
pub(crate) fn put_sealed(
    mut header: Header,
    key: &DataKey,
    content: &[u8],
    zstd: &mut zstd::bulk::Compressor<'_>,
    out: &mut Vec<u8>,
) -> std::io::Result<()> {
    let nonce = header.nonce;
    let encoded = |stored_bytes| {
        header.stored_bytes = stored_bytes;
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        header.encode(&mut bytes);
        bytes
    };
    seal::encrypt(key, &nonce, content, zstd, encoded, out)
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
    /// Reads a whole block: decompressed, or opened with a key of `ring`. `Ok(None)`: sealed, and the key is not at hand.
    pub(crate) fn open(header: &Header, block: &[u8], ring: &mut KeyRing) -> Result<Option<Self>, Malformed> {
        let (head, stored) =
            block.split_at_checked(HEADER_BYTES).ok_or(Malformed("shorter than its fields"))?;
        let bytes = match header.form {
            BlockForm::Plain => unpack(header, stored)?,
            BlockForm::Tombstone => return Err(Malformed("the content of a block is gone")),
            BlockForm::Sealed | BlockForm::Resealed => {
                let Some(key) = ring.get(header.key) else { return Ok(None) };
                if key.class.number() != header.class {
                    return Err(Malformed("class of a data key and of its block"));
                }
                seal::decrypt(key, &header.nonce, head, stored)?
            }
        };
        Self::read(header, bytes).map(Some)
    }

    fn read(header: &Header, bytes: Vec<u8>) -> Result<Self, Malformed> {
        let size = bytes.len();
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
        // A block written again may have lost its first payload.
        let begins = table.first().is_none_or(|(index, _, _)| {
            *index == header.first_index || header.form == BlockForm::Resealed && *index > header.first_index
        });
        if start != bytes.len() || !begins {
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

fn unpack(header: &Header, stored: &[u8]) -> Result<Vec<u8>, Malformed> {
    let size = header.content_bytes as usize;
    if size > CONTENT_BYTES_MAX {
        return Err(Malformed("block larger than the limit"));
    }
    let bytes =
        zstd::bulk::decompress(stored, size).map_err(|_| Malformed("compressed content of a block"))?;
    if bytes.len() == size { Ok(bytes) } else { Err(Malformed("length of a block after decompression")) }
}
