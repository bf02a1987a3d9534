//! The container: a plain POSIX tar with exactly one way to write it (docs/spec/casework.md 11.1), so that every byte
//! of it is checked (BV-01, BV-02).

use crate::error::{Code, Fault};
use crate::names::NAME_BYTES_MAX;

const BLOCK: usize = 512;
/// Largest bundle in bytes.
pub const BUNDLE_BYTES_MAX: usize = 512 << 20;
/// Most entries of a bundle.
pub(crate) const ENTRIES_MAX: usize = 4_096;
/// Blocks of zeros at the end.
const END_BLOCKS: usize = 2;

/// One file of the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member<'a> {
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
}

/// Writes files, which must be sorted by name. `mtime` is in seconds since 1970.
pub(crate) fn write(members: &[Member<'_>], mtime: u64) -> Vec<u8> {
    let size: usize = members.iter().map(|member| BLOCK + member.bytes.len().next_multiple_of(BLOCK)).sum();
    let mut out = Vec::with_capacity(size + END_BLOCKS * BLOCK);
    for member in members {
        out.extend(header(member.name, member.bytes.len() as u64, mtime));
        out.extend_from_slice(member.bytes);
        out.resize(out.len().next_multiple_of(BLOCK), 0);
    }
    out.resize(out.len() + END_BLOCKS * BLOCK, 0);
    out
}

/// The one header that a file of this name, size and time has.
fn header(name: &str, size: u64, mtime: u64) -> [u8; BLOCK] {
    let mut out = [0; BLOCK];
    put(&mut out, 0, name.as_bytes());
    put(&mut out, 100, b"0000644\0");
    put(&mut out, 108, b"0000000\0");
    put(&mut out, 116, b"0000000\0");
    put(&mut out, 124, format!("{size:011o}\0").as_bytes());
    put(&mut out, 136, format!("{mtime:011o}\0").as_bytes());
    put(&mut out, 148, b"        ");
    put(&mut out, 156, b"0");
    put(&mut out, 257, b"ustar\x0000");
    let sum: u32 = out.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut out, 148, format!("{sum:06o}\0 ").as_bytes());
    out
}

fn put(out: &mut [u8; BLOCK], at: usize, bytes: &[u8]) {
    out.iter_mut().skip(at).zip(bytes).for_each(|(slot, byte)| *slot = *byte);
}

/// Reads a container strictly: the headers must be those that [`write`] makes, names ascend, nothing follows the end.
/// Returns the files and their common time in seconds.
pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<Member<'_>>, u64), Fault> {
    if bytes.len() > BUNDLE_BYTES_MAX {
        return Err(Fault::new(Code::Bv01, "container", "larger than a bundle may be"));
    }
    let mut members: Vec<Member<'_>> = Vec::new();
    let mut common = None;
    let mut at = 0;
    loop {
        let place = || format!("byte {at}");
        let fault = |code, what: &str| Fault::new(code, place(), what);
        let Some(block) = bytes.get(at..at + BLOCK) else {
            return Err(fault(Code::Bv01, "the container ends too early"));
        };
        if block.iter().all(|byte| *byte == 0) {
            let end = bytes.get(at..).unwrap_or_default();
            if end.len() != END_BLOCKS * BLOCK || end.iter().any(|byte| *byte != 0) {
                return Err(fault(Code::Bv01, "exactly two blocks of zeros end the container"));
            }
            return Ok((members, common.unwrap_or(0)));
        }
        if members.len() >= ENTRIES_MAX {
            return Err(fault(Code::Bv01, "more entries than a bundle may hold"));
        }
        if !matches!(block.get(156), Some(b'0')) {
            return Err(fault(
                Code::Bv02,
                "only plain files: no link, no folder, no device, no extended header",
            ));
        }
        let name = name(block).ok_or_else(|| fault(Code::Bv02, "a name of 1 to 100 bytes of UTF-8"))?;
        if members.last().is_some_and(|before| before.name.as_bytes() >= name.as_bytes()) {
            return Err(fault(Code::Bv02, "names ascend, none twice"));
        }
        let (size, mtime) =
            octal(block, 124).zip(octal(block, 136)).ok_or_else(|| fault(Code::Bv01, "numbers"))?;
        if *common.get_or_insert(mtime) != mtime || header(name, size, mtime) != block {
            return Err(fault(Code::Bv01, "header of an entry is not in the one form it may have"));
        }
        at += BLOCK;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let Some(content) = bytes.get(at..).and_then(|rest| rest.get(..size)) else {
            return Err(Fault::new(Code::Bv01, name, "the container ends inside this entry"));
        };
        let end = at + size.next_multiple_of(BLOCK);
        let Some(padding) = bytes.get(at + size..end).filter(|zeros| zeros.iter().all(|byte| *byte == 0))
        else {
            return Err(Fault::new(Code::Bv01, name, "zeros after the content"));
        };
        debug_assert!(padding.len() < BLOCK);
        members.push(Member { name, bytes: content });
        at = end;
    }
}

fn name(block: &[u8]) -> Option<&str> {
    let field = block.get(..NAME_BYTES_MAX)?;
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(NAME_BYTES_MAX);
    std::str::from_utf8(field.get(..end)?).ok().filter(|name| !name.is_empty())
}

/// Eleven octal digits and a zero.
fn octal(block: &[u8], at: usize) -> Option<u64> {
    let digits = std::str::from_utf8(block.get(at..at + 11)?).ok()?;
    digits.bytes().all(|c| c.is_ascii_digit()).then(|| u64::from_str_radix(digits, 8).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_flipped_bit_outside_of_contents_is_found() {
        let members = [Member { name: "a", bytes: b"xy" }, Member { name: "b", bytes: &[7; 512] }];
        let good = write(&members, 1_700_000_000);
        assert_eq!(read(&good).unwrap(), (members.to_vec(), 1_700_000_000));
        for place in 0..good.len() {
            for bit in 0..8 {
                let mut bytes = good.clone();
                bytes[place] ^= 1 << bit;
                // A flip inside a content, or in the common time, is for hashes and manifest to find.
                if let Ok((found, mtime)) = read(&bytes) {
                    assert!((found, mtime) != (members.to_vec(), 1_700_000_000), "byte {place} bit {bit}");
                }
            }
        }
    }

    #[test]
    fn cut_containers_are_refused() {
        let good = write(&[Member { name: "a", bytes: b"xy" }], 0);
        for end in 0..good.len() {
            assert!(read(&good[..end]).is_err(), "cut at {end}");
        }
        assert!(read(&[good, vec![0]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
            let _ = read(&bytes);
        }
        #[test]
        fn what_is_read_is_written_again(content in proptest::collection::vec(any::<u8>(), 0..1500), mtime in 0u64..(1 << 33)) {
            let bytes = write(&[Member { name: "x", bytes: &content }], mtime);
            let (members, time) = read(&bytes).unwrap();
            prop_assert_eq!(write(&members, time), bytes);
        }
    }
}
