//! The content of a sealed block: packed, padded, enciphered (LG-PAY-04, LG-PAY-05).

use super::{DataClass, DataKey};
use crate::block::CONTENT_BYTES_MAX;
use crate::bytes::{Cursor, Malformed};
use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};

/// Bytes of the tag behind the cipher text.
const TAG_BYTES: usize = 16;
/// The plaintext is a multiple of this many bytes, so that lengths tell little.
const PAD_BYTES: usize = 256;
/// Bytes before the packed content: packing, packed bytes, content bytes.
const PREFIX_BYTES: usize = 9;

/// Appends the cipher text of `content` and its tag to `out`. `header` gives the header for the number of bytes that
/// will follow it; it is authenticated with the content.
pub(crate) fn seal(
    key: &DataKey,
    nonce: &[u8; 24],
    content: &[u8],
    zstd: &mut zstd::bulk::Compressor<'_>,
    header: impl FnOnce(u32) -> Vec<u8>,
    out: &mut Vec<u8>,
) -> std::io::Result<()> {
    // What an attacker can write must not be packed together with what he wants to learn.
    let packed = if key.class == DataClass::Secret { None } else { Some(zstd.compress(content)?) };
    let bytes = packed.as_deref().unwrap_or(content);
    let plain = (PREFIX_BYTES + bytes.len()).next_multiple_of(PAD_BYTES);
    let header = header((plain + TAG_BYTES) as u32);
    out.extend(&header);
    let start = out.len();
    out.push(u8::from(packed.is_some()));
    out.extend((bytes.len() as u32).to_be_bytes());
    out.extend((content.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
    out.resize(start + plain, 0);
    let refused = || std::io::Error::other("the cipher refused a block");
    let buffer = out.get_mut(start..).unwrap_or_default();
    let tag = XChaCha20Poly1305::new(&(*key.secret).into())
        .encrypt_inout_detached(&XNonce::from(*nonce), &header, buffer.into())
        .map_err(|_| refused())?;
    out.extend_from_slice(&tag);
    Ok(())
}

/// Deciphers what follows `header` and unpacks it. Any changed byte of header or cipher text is an error.
pub(crate) fn open(
    key: &DataKey,
    nonce: &[u8; 24],
    header: &[u8],
    stored: &[u8],
) -> Result<Vec<u8>, Malformed> {
    let size = stored.len().checked_sub(TAG_BYTES).ok_or(Malformed("shorter than its tag"))?;
    if size == 0 || !size.is_multiple_of(PAD_BYTES) {
        return Err(Malformed("length of a sealed block"));
    }
    let (cipher, tag) = stored.split_at_checked(size).ok_or(Malformed("shorter than its tag"))?;
    let tag = Tag::try_from(tag).map_err(|_| Malformed("shorter than its tag"))?;
    let mut plain = zeroize::Zeroizing::new(cipher.to_vec());
    XChaCha20Poly1305::new(&(*key.secret).into())
        .decrypt_inout_detached(&XNonce::from(*nonce), header, plain.as_mut_slice().into(), &tag)
        .map_err(|_| Malformed("a sealed block does not open: changed bytes, moved block or another key"))?;
    let mut from = Cursor::new(&plain);
    let packing = from.u8()?;
    let (packed, content) = (from.u32()? as usize, from.u32()? as usize);
    let bytes = from.take(packed)?;
    let padded = from.rest().len() < PAD_BYTES && from.rest().iter().all(|byte| *byte == 0);
    if content > CONTENT_BYTES_MAX || !padded {
        return Err(Malformed("lengths inside a sealed block"));
    }
    match packing {
        0 if packed == content => Ok(bytes.to_vec()),
        1 => {
            let found = zstd::bulk::decompress(bytes, content)
                .map_err(|_| Malformed("compressed content of a block"))?;
            if found.len() == content {
                Ok(found)
            } else {
                Err(Malformed("length of a block after decompression"))
            }
        }
        _ => Err(Malformed("packing of a sealed block")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    fn key(class: DataClass) -> DataKey {
        DataKey { id: 1, class, day: 0, secret: Zeroizing::new([9; 32]) }
    }
    fn sealed(class: DataClass, content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut zstd = zstd::bulk::Compressor::new(1).unwrap();
        seal(&key(class), &[3; 24], content, &mut zstd, |size| size.to_be_bytes().to_vec(), &mut out)
            .unwrap();
        out
    }

    proptest! {
        /// LG-PAY-04, LG-PAY-05: what goes in comes out; lengths are padded; secret content is not packed.
        #[test]
        fn content_comes_back(content: Vec<u8>, flip: prop::sample::Index, bit in 0..8u8) {
            for class in [DataClass::Event, DataClass::Secret] {
                let mut bytes = sealed(class, &content);
                prop_assert_eq!((bytes.len() - 4 - TAG_BYTES) % 256, 0);
                let (header, stored) = bytes.split_at(4);
                prop_assert_eq!(&open(&key(class), &[3; 24], header, stored).unwrap(), &content);
                let place = flip.index(bytes.len());
                bytes[place] ^= 1 << bit;
                let (header, stored) = bytes.split_at(4);
                prop_assert!(open(&key(class), &[3; 24], header, stored).is_err());
            }
        }
    }

    #[test]
    fn secret_content_has_the_length_of_what_was_written() {
        let same = vec![b'a'; 5_000];
        assert!(sealed(DataClass::Event, &same).len() < 600);
        assert_eq!(sealed(DataClass::Secret, &same).len(), 4 + 5_120 + TAG_BYTES);
    }
}
