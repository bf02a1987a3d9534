//! Looking into inputs: which streams of records they hold, through compression and archives.

use crate::input::{Base, LimitError, Limits, Location, Member, Packing, Spool, Step, open, packing};
use crate::record::UnreadReason;
use crate::unread::Unread;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex};

/// How much of a stream is looked at.
pub(crate) const SAMPLE_BYTES: usize = 64 << 10;

/// A stream of records that was found.
pub(crate) struct Explored {
    pub(crate) location: Location,
    pub(crate) head: Head,
    pub(crate) size: Option<u64>,
    pub(crate) modified: Option<i64>,
}

/// A link called `localtime` that was found inside an archive: its name, and where it points.
pub(crate) type ZoneLink = (String, String);

/// Looks into one location and everything inside it.
pub(crate) struct Explorer<'a> {
    pub(crate) limits: Limits,
    pub(crate) unread: &'a mut Unread,
    pub(crate) zone_links: &'a mut Vec<ZoneLink>,
    /// Gets each stream as it is found, so that only one sample is held at a time.
    pub(crate) visit: &'a mut dyn FnMut(Explored, &mut Unread),
}

/// What is known of a location from outside.
#[derive(Clone, Copy)]
pub(crate) struct Outside {
    pub(crate) size: Option<u64>,
    pub(crate) modified: Option<i64>,
}

impl Explorer<'_> {
    /// Looks into a location. `layers` were opened already.
    pub(crate) fn look(&mut self, location: Location, layers: u32, outside: Outside) {
        let packed = !location.steps.is_empty();
        let mut stream = match open(&location, &self.limits) {
            Ok(stream) => stream,
            Err(error) => return self.failed(&location.name, &error, packed),
        };
        let head = Head::read(&mut stream, SAMPLE_BYTES);
        if let Some(error) = &head.error
            && head.bytes.is_empty()
        {
            return self.failed(&location.name, error, packed);
        }
        let location = match location.base {
            Base::Once(_, once) if layers == 0 => {
                // What was read from a stream is kept in front of it.
                let rest: Box<dyn Read + Send> = stream;
                *once.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(rest);
                Location { base: Base::Once(Arc::new(head.bytes.clone()), once), ..location }
            }
            _ => location,
        };
        self.sorted(location, head, layers, outside);
    }

    fn sorted(&mut self, mut location: Location, head: Head, layers: u32, outside: Outside) {
        let Some(packing) = packing(&head.bytes) else {
            // The size is known only where nothing was unpacked on the way.
            let packed = location.steps.iter().any(|step| matches!(step, Step::Unpack(_)));
            let size = outside.size.filter(|_| !packed);
            (self.visit)(Explored { head, size, modified: outside.modified, location }, self.unread);
            return;
        };
        let after_unpack = matches!(location.steps.last(), Some(Step::Unpack(_)));
        let layers = layers + u32::from(packing != Packing::Tar || !after_unpack);
        if layers > self.limits.nesting_max {
            let expected = format!("at most {} layers of compression or archive", self.limits.nesting_max);
            self.unread.file(&location.name, UnreadReason::LimitSize, expected);
            return;
        }
        match packing {
            Packing::Zip | Packing::Tar => self.archive(location, packing, layers, outside),
            _ => {
                location.steps.push(Step::Unpack(packing));
                self.unpacked(location, layers, outside);
            }
        }
    }

    fn unpacked(&mut self, location: Location, layers: u32, outside: Outside) {
        if let Base::Once(head, _) = &location.base {
            // The head of a stream is enough to see what it holds, if it can be decompressed at all.
            let peek = Location {
                base: Base::Once(
                    Arc::clone(head),
                    Arc::new(Mutex::new(Some(Box::new(io::empty()) as Box<dyn Read + Send>))),
                ),
                ..location.clone()
            };
            match open(&peek, &self.limits) {
                Ok(mut stream) => {
                    let head = Head::read(&mut stream, SAMPLE_BYTES);
                    let head = Head { complete: false, ..head };
                    self.sorted(location, head, layers, outside);
                }
                Err(error) => self.failed(&location.name, &error, true),
            }
            return;
        }
        self.look(location, layers, outside);
    }

    fn archive(&mut self, location: Location, packing: Packing, layers: u32, outside: Outside) {
        let (location, cut_short) = match self.kept(location, packing) {
            Ok(kept) => kept,
            Err((name, error)) => return self.failed(&name, &error, true),
        };
        let limits = self.limits;
        let members = match packing {
            Packing::Zip => self.zip_members(&location),
            _ => open(&location, &limits).map(|mut stream| {
                crate::input::tar_members(&mut stream, &limits, SAMPLE_BYTES, &mut |member, sample| {
                    self.member(&location, packing, member.clone(), Some(sample), layers, outside);
                })
            }),
        };
        let members = match members {
            Ok(members) => members,
            Err(error) => return self.failed(&location.name, &error, true),
        };
        if packing == Packing::Zip {
            for member in members.list {
                self.member(&location, packing, member, None, layers, outside);
            }
        }
        for (name, target) in members.zone_links {
            self.zone_links.push((format!("{}!{name}", location.name), target));
        }
        if members.cut {
            let expected = format!("at most {} members", self.limits.members_max);
            self.unread.file(&location.name, UnreadReason::LimitSize, expected);
        }
        if let Some(error) = cut_short.or(members.broken) {
            self.failed(&location.name, &error, true);
        }
    }

    fn member(
        &mut self,
        location: &Location,
        packing: Packing,
        member: Member,
        sample: Option<&[u8]>,
        layers: u32,
        outside: Outside,
    ) {
        let name = format!("{}!{}", location.name, member.name);
        if member.encrypted {
            self.unread.file(&name, UnreadReason::EncryptedArchive, "a member without password");
            return;
        }
        let modified = member.modified.or(outside.modified);
        let outside = Outside { size: Some(member.length).filter(|_| packing == Packing::Tar), modified };
        let length = member.length;
        let mut steps = location.steps.clone();
        steps.push(Step::Member(packing, member));
        let inner = Location { name, base: location.base.clone(), steps };
        match sample {
            Some(bytes) => {
                let complete = bytes.len() as u64 >= length;
                self.sorted(inner, Head { bytes: bytes.to_vec(), complete, error: None }, layers, outside);
            }
            None => self.look(inner, layers, outside),
        }
    }

    /// An archive is read once for each member: what comes from a stream, or out of a decompressor, is put aside. The
    /// error is what cut it short.
    fn kept(
        &self,
        location: Location,
        packing: Packing,
    ) -> Result<(Location, Option<io::Error>), (String, io::Error)> {
        let once = matches!(location.base, Base::Once(..));
        let unpacked = packing == Packing::Tar && !location.steps.is_empty();
        if !once && !unpacked {
            return Ok((location, None));
        }
        let bytes_max = if once { self.limits.file_bytes_max } else { self.limits.spool_bytes_max };
        let filled = open(&location, &self.limits).and_then(|stream| Spool::fill(stream, bytes_max));
        match filled {
            Ok((_, Some(error))) if !once && limit_is_size(&error) => Ok((location, None)),
            Ok((spool, error)) => {
                let base = Base::Spool(spool);
                Ok((Location { base, steps: Vec::new(), name: location.name }, error))
            }
            // No room for it: read it anew for each member.
            Err(_) if !once => Ok((location, None)),
            Err(error) => Err((location.name, error)),
        }
    }

    fn zip_members(&self, location: &Location) -> io::Result<crate::input::Members> {
        match (&location.base, location.steps.as_slice()) {
            (Base::File(path), []) => {
                crate::input::zip_members(io::BufReader::new(File::open(path)?), &self.limits)
            }
            (Base::Spool(spool), []) => {
                crate::input::zip_members(io::BufReader::new(spool.reader()), &self.limits)
            }
            _ => {
                let whole = crate::input::in_memory(open(location, &self.limits)?, &self.limits)?;
                crate::input::zip_members(Cursor::new(whole), &self.limits)
            }
        }
    }

    fn failed(&mut self, name: &str, error: &io::Error, packed: bool) {
        let (reason, expected) = crate::input::reason_of(error, packed);
        self.unread.file(name, reason, expected);
    }
}

fn limit_is_size(error: &io::Error) -> bool {
    let limit = error.get_ref().and_then(|inner| inner.downcast_ref::<LimitError>());
    matches!(limit, Some(LimitError::Size { .. }))
}

/// The beginning of a stream.
pub(crate) struct Head {
    pub(crate) bytes: Vec<u8>,
    /// The stream holds no more.
    pub(crate) complete: bool,
    pub(crate) error: Option<io::Error>,
}

impl Head {
    /// Reads up to `max` bytes.
    pub(crate) fn read(stream: &mut dyn Read, max: usize) -> Self {
        let mut bytes = vec![0; max];
        let mut filled = 0;
        let (mut complete, mut error) = (false, None);
        while let Some(space) = bytes.get_mut(filled..).filter(|space| !space.is_empty()) {
            match stream.read(space) {
                Ok(0) => {
                    complete = true;
                    break;
                }
                Ok(got) => filled += got,
                Err(interrupted) if interrupted.kind() == io::ErrorKind::Interrupted => {}
                Err(failed) => {
                    error = Some(failed);
                    break;
                }
            }
        }
        bytes.truncate(filled);
        Self { bytes, complete, error }
    }
}
