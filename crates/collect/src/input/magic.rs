//! Compression and archives by their first bytes, never by name.

/// How a stream is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "names of the formats")]
pub enum Packing {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
    Zip,
    Tar,
}

/// What the first bytes say (512 bytes are enough); `None` = not packed.
#[must_use]
pub fn packing(head: &[u8]) -> Option<Packing> {
    if head.starts_with(&[0x1f, 0x8b, 8]) {
        Some(Packing::Gzip)
    } else if zstd(head) {
        Some(Packing::Zstd)
    } else if head.starts_with(&[0xfd, b'7', b'z', b'X', b'Z', 0]) {
        Some(Packing::Xz)
    } else if head.starts_with(b"BZh")
        && matches!(head.get(3), Some(b'1'..=b'9'))
        && matches!(
            head.get(4..10),
            Some([0x31, 0x41, 0x59, 0x26, 0x53, 0x59] | [0x17, 0x72, 0x45, 0x38, 0x50, 0x90])
        )
    {
        Some(Packing::Bzip2)
    } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        Some(Packing::Zip)
    } else if tar(head) {
        Some(Packing::Tar)
    } else {
        None
    }
}

/// A zstd frame, or a skippable frame in front of one.
fn zstd(head: &[u8]) -> bool {
    head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || matches!(head.get(..4), Some([0x50..=0x5f, 0x2a, 0x4d, 0x18]))
}

/// `ustar` at its place, and a header sum that is right.
fn tar(head: &[u8]) -> bool {
    let (Some(header), Some(b"ustar")) = (head.get(..512), head.get(257..262)) else { return false };
    let sum: u64 = header
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) })
        .sum();
    super::archive::octal(header.get(148..156).unwrap_or_default()) == Some(sum)
}
