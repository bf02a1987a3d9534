//! Members of archives. Their names are shown, never used as paths (DT-HOS-14).

use super::Limits;
use std::io::{self, Read, Seek};

/// One regular file inside an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Name as stored; undecodable bytes are replaced.
    pub name: String,
    /// Where its data begin: byte in the archive file (zip), or in the tar stream.
    pub start: u64,
    /// Stored length in bytes.
    pub length: u64,
    /// How it is stored.
    pub stored: Stored,
    /// Modification time, seconds since 1970 (zip: as if its local time were UTC).
    pub modified: Option<i64>,
    /// Needs a password.
    pub encrypted: bool,
}

/// How a member is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "names of the methods")]
pub enum Stored {
    Plain,
    Deflate,
    Bzip2,
    Other,
}

/// What was found in an archive.
#[derive(Debug, Default)]
pub(crate) struct Members {
    pub(crate) list: Vec<Member>,
    /// Links called `localtime`, and where they point.
    pub(crate) zone_links: Vec<(String, String)>,
    /// There are more than the limit.
    pub(crate) cut: bool,
    /// The archive broke off.
    pub(crate) broken: Option<io::Error>,
}

/// The members of a zip archive, in the order of its directory.
pub(crate) fn zip_members<R: Read + Seek>(file: R, limits: &Limits) -> io::Result<Members> {
    let mut archive =
        zip::ZipArchive::new(file).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let mut members = Members { cut: archive.len() > limits.members_max, ..Members::default() };
    for index in 0..archive.len().min(limits.members_max) {
        let member = match archive.by_index_raw(index) {
            Ok(member) => member,
            Err(error) => {
                members.broken = Some(io::Error::new(io::ErrorKind::InvalidData, error));
                continue;
            }
        };
        if !member.is_file() {
            continue;
        }
        let Some(start) = member.data_start() else { continue };
        members.list.push(Member {
            name: String::from_utf8_lossy(member.name_raw()).into_owned(),
            start,
            length: member.compressed_size(),
            stored: match member.compression() {
                zip::CompressionMethod::Stored => Stored::Plain,
                zip::CompressionMethod::Deflated => Stored::Deflate,
                zip::CompressionMethod::Bzip2 => Stored::Bzip2,
                _ => Stored::Other,
            },
            modified: member.last_modified().and_then(|time| {
                let days = crate::time::civil::days_from_civil(
                    i64::from(time.year()),
                    i64::from(time.month()),
                    i64::from(time.day()),
                );
                Some(days * 86_400 + i64::from(time.hour()) * 3_600).filter(|seconds| *seconds > 0)
            }),
            encrypted: member.encrypted(),
        });
    }
    Ok(members)
}

/// The members of a tar stream. `visit` gets each regular file's beginning (up to `sample` bytes) in passing.
pub(crate) fn tar_members(
    stream: &mut dyn Read,
    limits: &Limits,
    sample: usize,
    visit: &mut dyn FnMut(&Member, &[u8]),
) -> Members {
    let mut members = Members::default();
    let mut at = 0_u64;
    let mut long_name: Option<String> = None;
    loop {
        let header = match block(stream) {
            Ok(Some(header)) => header,
            Ok(None) => break,
            Err(error) => {
                members.broken = Some(error);
                break;
            }
        };
        at += 512;
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        let Some(length) = number(&header, 124, 12).filter(|length| *length < 1 << 50) else {
            members.broken = Some(io::Error::new(io::ErrorKind::InvalidData, "tar header without a length"));
            break;
        };
        let kind = header.get(156).copied().unwrap_or(0);
        let padded = length.div_ceil(512) * 512;
        let keep = match kind {
            b'L' | b'x' => 64 << 10,
            0 | b'0' | b'7' => sample,
            _ => 0,
        };
        let body = match take(stream, length, padded, keep) {
            Ok(body) => body,
            Err((body, error)) => {
                members.broken = Some(error);
                body
            }
        };
        match kind {
            b'L' => long_name = Some(text(&body)),
            b'x' => long_name = pax_path(&body).or(long_name),
            0 | b'0' | b'7' => {
                if members.list.len() >= limits.members_max {
                    members.cut = true;
                    break;
                }
                let name = long_name.take().unwrap_or_else(|| header_name(&header));
                let modified = number(&header, 136, 12).and_then(|value| i64::try_from(value).ok());
                let member =
                    Member { name, start: at, length, stored: Stored::Plain, modified, encrypted: false };
                visit(&member, &body);
                members.list.push(member);
            }
            b'2' => {
                let name = long_name.take().unwrap_or_else(|| header_name(&header));
                if name.rsplit('/').next() == Some("localtime") {
                    members.zone_links.push((name, text(header.get(157..257).unwrap_or_default())));
                }
            }
            _ => long_name = None,
        }
        at += padded;
        if members.broken.is_some() {
            break;
        }
    }
    members
}

/// One header; `None` at the end of the stream.
fn block(stream: &mut dyn Read) -> io::Result<Option<[u8; 512]>> {
    let mut header = [0; 512];
    let mut filled = 0;
    while let Some(rest) = header.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(got) => filled += got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(header))
}

/// Reads a body of `length` bytes with its padding, and keeps the first `keep` bytes.
fn take(
    stream: &mut dyn Read,
    length: u64,
    padded: u64,
    keep: usize,
) -> Result<Vec<u8>, (Vec<u8>, io::Error)> {
    let mut body = Vec::new();
    let keep = length.min(keep as u64);
    #[expect(clippy::disallowed_methods, reason = "`keep` is the cap")]
    let read = stream.take(keep).read_to_end(&mut body);
    if let Err(error) = read {
        return Err((body, error));
    }
    if (body.len() as u64) < keep {
        return Err((body, io::ErrorKind::UnexpectedEof.into()));
    }
    match io::copy(&mut stream.take(padded - keep), &mut io::sink()) {
        Ok(skipped) if skipped + keep >= length => Ok(body),
        Ok(_) => Err((body, io::ErrorKind::UnexpectedEof.into())),
        Err(error) => Err((body, error)),
    }
}

fn header_name(header: &[u8; 512]) -> String {
    let (name, prefix) =
        (text(header.get(..100).unwrap_or_default()), text(header.get(345..500).unwrap_or_default()));
    if prefix.is_empty() || header.get(257..263) != Some(b"ustar\0") {
        name
    } else {
        format!("{prefix}/{name}")
    }
}

fn text(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}

/// `path` of an extended header: lines `LENGTH KEY=VALUE`.
fn pax_path(body: &[u8]) -> Option<String> {
    body.split(|byte| *byte == b'\n').find_map(|line| {
        let space = memchr::memchr(b' ', line)?;
        let value = line.get(space + 1..)?.strip_prefix(b"path=")?;
        Some(String::from_utf8_lossy(value).into_owned())
    })
}

fn number(header: &[u8; 512], at: usize, width: usize) -> Option<u64> {
    let field = header.get(at..at + width)?;
    if field.first()? & 0x80 != 0 {
        // Base-256 of GNU tar for values beyond eleven octal digits.
        return field
            .get(width - 8..)?
            .iter()
            .try_fold(0_u64, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte)));
    }
    octal(field)
}

/// Octal digits with spaces or NUL around them.
pub(super) fn octal(field: &[u8]) -> Option<u64> {
    let mut digits =
        field.iter().skip_while(|byte| **byte == b' ').take_while(|byte| (b'0'..=b'7').contains(byte));
    let mut any = false;
    let value = digits.try_fold(0_u64, |sum, byte| {
        any = true;
        sum.checked_mul(8)?.checked_add(u64::from(byte - b'0'))
    })?;
    any.then_some(value)
}
