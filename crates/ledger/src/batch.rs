//! A batch in the making: entries and blocks that become one frame.

use crate::block::Filling;
use crate::frame::{self, Header, Trailer};
use crate::keys::Salter;
use crate::seal::{DataClass, Sealing};
use crate::tree::{self, Frontier};
use crate::{Error, Hash, Result, block, keys};
use ed25519_dalek::SigningKey;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Entries at which a batch is written out.
const ENTRIES_MAX: u32 = 256;
/// Bytes of entries and finished blocks at which a batch is written out.
const BYTES_MAX: usize = 1024 * 1024;
/// Bytes of payload at which a block of single entries is finished.
const SINGLE_BLOCK_BYTES_MAX: usize = 256 * 1024;

/// The tree and the chain of frames as they stand, with the batch that is not written yet.
pub(crate) struct Batch {
    pub(crate) ledger: Hash,
    /// Secret of this epoch: its key and the secrets of its plain blocks follow from it. The one of the next epoch is made of
    /// it, and then it is forgotten (LG-EPO-01).
    secret: Zeroizing<Hash>,
    pub(crate) epoch: u64,
    pub(crate) epoch_key: SigningKey,
    pub(crate) tree: Frontier,
    /// Block digests since the last `blocks` entry, and the number of the first of them.
    pub(crate) unlisted: (u64, Frontier),
    pub(crate) chain: Chain,
    entries: Vec<u8>,
    count: u32,
    blocks: Vec<u8>,
    block_digests: Vec<Hash>,
    /// Blocks of single entries being filled, one a data class, in the order of their first entries.
    singles: Vec<Filling>,
    /// Data keys; `None`: blocks are plain.
    pub(crate) sealing: Option<Sealing>,
    spare: Vec<u8>,
    content: Vec<u8>,
    zstd: zstd::bulk::Compressor<'static>,
}

/// What the next frame continues.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Chain {
    pub(crate) batch: u64,
    pub(crate) first_index: u64,
    pub(crate) first_block: u64,
    pub(crate) before: Hash,
}

impl Batch {
    pub(crate) fn new(
        ledger: Hash,
        session: Hash,
        epoch: u64,
        tree: Frontier,
        unlisted: (u64, Frontier),
        chain: Chain,
    ) -> Result<Self> {
        let zstd = zstd::bulk::Compressor::new(block::LEVEL).map_err(compression)?;
        Ok(Self {
            ledger,
            secret: Zeroizing::new(session),
            epoch,
            epoch_key: keys::epoch_key(&session, epoch),
            tree,
            unlisted,
            chain,
            entries: Vec::new(),
            count: 0,
            blocks: Vec::new(),
            block_digests: Vec::new(),
            singles: Vec::new(),
            sealing: None,
            spare: Vec::new(),
            content: Vec::new(),
            zstd,
        })
    }

    /// Key of the next epoch, public part.
    pub(crate) fn next_key(&self) -> [u8; 32] {
        let next = Zeroizing::new(keys::next_epoch(&self.secret));
        *keys::epoch_key(&next, self.epoch + 1).verifying_key().as_bytes()
    }

    /// Begins the next epoch: key and secret of the present one are wiped, and nothing leads back to them.
    pub(crate) fn evolve(&mut self) {
        self.secret = Zeroizing::new(keys::next_epoch(&self.secret));
        self.epoch += 1;
        self.epoch_key = keys::epoch_key(&self.secret, self.epoch);
    }

    fn next_block(&mut self, class: Option<DataClass>) -> Result<Filling> {
        let number = self.chain.first_block + (self.block_digests.len() + self.singles.len()) as u64;
        let spare = std::mem::take(&mut self.spare);
        let Some(sealing) = &mut self.sealing else {
            return Ok(Filling::new(number, keys::block_secret(&self.secret, number), None, spare));
        };
        let key = class.and_then(|class| sealing.key(class)).cloned();
        let key = key.ok_or(Error::Policy("no data key for a payload that has to be sealed"))?;
        let nonce = sealing.nonce();
        Ok(Filling::new(number, *sealing.secret(), Some((key, nonce)), spare))
    }

    /// Writes the payload of the next entry into the block of single entries of its class.
    pub(crate) fn single<T>(
        &mut self,
        class: Option<DataClass>,
        write: impl FnOnce(&Salter, &mut Vec<u8>) -> T,
    ) -> Result<T> {
        let index = self.tree.size();
        let number = if self.sealing.is_some() { class.map_or(0, DataClass::number) } else { 0 };
        let place = match self.singles.iter().position(|filling| filling.class() == number) {
            Some(place) => place,
            None => {
                let filling = self.next_block(class)?;
                self.singles.push(filling);
                self.singles.len() - 1
            }
        };
        let filling = self.singles.get_mut(place).ok_or(Error::Policy("no block for a payload"))?;
        Ok(filling.add(index, write))
    }

    /// Writes the payload of the next entry into a block of its own.
    pub(crate) fn alone<T>(
        &mut self,
        class: Option<DataClass>,
        write: impl FnOnce(&Salter, &mut Vec<u8>) -> T,
    ) -> Result<T> {
        self.finish_single()?;
        let mut filling = self.next_block(class)?;
        let result = filling.add(self.tree.size(), write);
        self.finish(filling)?;
        Ok(result)
    }

    /// Finishes all blocks of single entries, in the order of their numbers.
    pub(crate) fn finish_single(&mut self) -> Result<()> {
        std::mem::take(&mut self.singles).into_iter().try_for_each(|filling| self.finish(filling))
    }

    /// Adds a block again, under another key and with openings only (LG-RSL-01); returns its digest.
    pub(crate) fn put_again(
        &mut self,
        old: &block::Header,
        key: u64,
        payloads: &[(u64, Vec<u8>)],
    ) -> Result<Hash> {
        self.finish_single()?;
        let number = self.chain.first_block + self.block_digests.len() as u64;
        let sealing = self.sealing.as_mut().ok_or(Error::Policy("this session does not seal"))?;
        let nonce = sealing.nonce();
        let key = sealing.by_id(key).ok_or(Error::Policy("no data key for a block that is written again"))?;
        let header = block::Header {
            number,
            key: key.id,
            payloads: payloads.len() as u32,
            form: block::BlockForm::Resealed,
            nonce,
            ..old.clone()
        };
        let start = self.blocks.len();
        let content = Zeroizing::new(block::content_again(payloads));
        if content.len() > block::CONTENT_BYTES_MAX {
            let (size, limit) = (content.len() as u64, block::CONTENT_BYTES_MAX as u64);
            return Err(Error::Limit { what: "block that is written again in bytes", size, limit });
        }
        block::put_sealed(header, key, &content, &mut self.zstd, &mut self.blocks).map_err(compression)?;
        let digest = tree::sha256(self.blocks.get(start..).unwrap_or_default());
        self.list(number, digest);
        Ok(digest)
    }

    fn list(&mut self, number: u64, digest: Hash) {
        if self.unlisted.1.size() == 0 {
            self.unlisted.0 = number;
        }
        self.unlisted.1.push(tree::leaf(&digest));
        self.block_digests.push(digest);
    }

    fn finish(&mut self, filling: Filling) -> Result<()> {
        let number = filling.number;
        let (digest, spare) = filling
            .finish(self.ledger, &mut self.zstd, &mut self.content, &mut self.blocks)
            .map_err(compression)?;
        self.spare = spare;
        self.list(number, digest);
        Ok(())
    }

    /// Whether payloads wait to be written.
    pub(crate) const fn waits(&self) -> bool {
        !self.singles.is_empty() || !self.blocks.is_empty()
    }

    /// Adds an entry to the tree.
    pub(crate) fn push(&mut self, entry: &[u8]) {
        self.tree.push(tree::leaf(entry));
        self.entries.extend((entry.len() as u16).to_be_bytes());
        self.entries.extend_from_slice(entry);
        self.count += 1;
    }

    /// Whether the batch should be written out now.
    pub(crate) fn is_full(&self) -> bool {
        let open: usize = self.singles.iter().map(Filling::payload_bytes).sum();
        self.count >= ENTRIES_MAX
            || open >= SINGLE_BLOCK_BYTES_MAX
            || self.entries.len() + self.blocks.len() >= BYTES_MAX
    }

    /// The batch as a frame, with the index it begins at and the digest of the frame before; `None` when empty.
    /// `synced`: everything before it is durable when this frame is written (LG-DUR-05).
    pub(crate) fn take_frame(&mut self, synced: bool) -> Result<Option<(Vec<u8>, u64, Hash)>> {
        self.finish_single()?;
        if self.count == 0 && self.block_digests.is_empty() {
            return Ok(None);
        }
        let header = Header {
            synced,
            entries_bytes: self.entries.len() as u32,
            blocks_bytes: self.blocks.len() as u32,
            batch: self.chain.batch,
            first_index: self.chain.first_index,
            entries: self.count,
            blocks: self.block_digests.len() as u32,
            first_block: self.chain.first_block,
        };
        let mut digests = self.block_digests.iter().map(|digest| tree::leaf(digest)).collect();
        let mut trailer = Trailer {
            size: self.tree.size(),
            root: self.tree.root(),
            epoch: self.epoch,
            entries_digest: tree::sha256(&self.entries),
            blocks_root: tree::root_in_place(&mut digests),
            before: self.chain.before,
            signature: [0; 64],
        };
        trailer.signature = keys::sign(&self.epoch_key, &trailer.message(&self.ledger, &header));
        let bytes = frame::encode(&header, &self.entries, &self.blocks, &trailer);
        let began = (self.chain.first_index, self.chain.before);
        self.chain = Chain {
            batch: header.batch + 1,
            first_index: trailer.size,
            first_block: header.first_block + u64::from(header.blocks),
            before: trailer.digest(&header),
        };
        self.entries.clear();
        self.blocks.clear();
        self.block_digests.clear();
        self.count = 0;
        Ok(Some((bytes, began.0, began.1)))
    }
}

fn compression(source: std::io::Error) -> Error {
    Error::Io { path: PathBuf::from("compression"), source }
}
