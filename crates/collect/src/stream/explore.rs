//! Looking into inputs: which streams of records they hold, through compression and archives.

use crate::input::{Base, Limits, Location, Member, Packing, Step, open, packing};
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
    pub(crate) sample: Vec<u8>,
    pub(crate) complete: bool,
    pub(crate) size: Option<u64>,
    pub(crate) modified: Option<i64>,
    /// Input, or archive, inside which it lies: zone files count for their own scope.
    pub(crate) scope: String,
}

/// Looks into one location and everything inside it.
pub(crate) struct Explorer<'a> {
    pub(crate) limits: Limits,
    pub(crate) unread: &'a mut Unread,
    pub(crate) found: Vec<Explored>,
}

/// What is known of a location from outside.
#[derive(Clone)]
pub(crate) struct Outside {
    pub(crate) size: Option<u64>,
    pub(crate) modified: Option<i64>,
    pub(crate) scope: String,
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
            self.found.push(Explored {
                complete: head.complete,
                sample: head.bytes,
                size: outside.size.filter(|_| !packed),
                modified: outside.modified,
                scope: outside.scope,
                location,
            });
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
        let location = match self.kept(location) {
            Ok(location) => location,
            Err((name, error)) => return self.failed(&name, &error, true),
        };
        let outside = Outside { scope: location.name.clone(), ..outside };
        let mut samples = Vec::new();
        let members = match packing {
            Packing::Zip => self.zip_members(&location),
            _ => open(&location, &self.limits).map(|mut stream| {
                crate::input::tar_members(&mut stream, &self.limits, SAMPLE_BYTES, &mut |_, sample| {
                    samples.push(sample.to_vec());
                })
            }),
        };
        let members = match members {
            Ok(members) => members,
            Err(error) => return self.failed(&location.name, &error, true),
        };
        let mut samples = samples.into_iter();
        for member in members.list {
            self.member(&location, packing, member, samples.next(), layers, &outside);
        }
        if members.cut {
            let expected = format!("at most {} members", self.limits.members_max);
            self.unread.file(&location.name, UnreadReason::LimitSize, expected);
        }
        if let Some(error) = members.broken {
            self.failed(&location.name, &error, true);
        }
    }

    fn member(
        &mut self,
        location: &Location,
        packing: Packing,
        member: Member,
        sample: Option<Vec<u8>>,
        layers: u32,
        outside: &Outside,
    ) {
        let name = format!("{}!{}", location.name, member.name);
        if member.encrypted {
            self.unread.file(&name, UnreadReason::EncryptedArchive, "a member without password");
            return;
        }
        let outside = Outside {
            size: Some(member.length),
            modified: member.modified.or(outside.modified),
            scope: outside.scope.clone(),
        };
        let length = member.length;
        let mut steps = location.steps.clone();
        steps.push(Step::Member(packing, member));
        let inner = Location { name, base: location.base.clone(), steps };
        match sample {
            Some(bytes) => {
                let complete = bytes.len() as u64 >= length;
                self.sorted(inner, Head { bytes, complete, error: None }, layers, outside);
            }
            None => self.look(inner, layers, outside),
        }
    }

    /// An archive that comes from a stream is kept in memory, because it is read once for each member.
    fn kept(&self, location: Location) -> Result<Location, (String, io::Error)> {
        let Base::Once(..) = &location.base else { return Ok(location) };
        let whole = open(&Location { steps: Vec::new(), ..location.clone() }, &self.limits)
            .and_then(|stream| crate::input::in_memory(stream, &self.limits))
            .map_err(|error| (location.name.clone(), error))?;
        Ok(Location { base: Base::Memory(Arc::new(whole)), ..location })
    }

    fn zip_members(&self, location: &Location) -> io::Result<crate::input::Members> {
        match (&location.base, location.steps.as_slice()) {
            (Base::File(path), []) => crate::input::zip_members(io::BufReader::new(File::open(path)?), &self.limits),
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
