//! Shapes: what is worked out once for all records with the same head and the same names of fields (DT-FMT-54).

use super::fields::{Field, Fields};
use super::known;
use super::names::{NameId, Names, Part};
use super::{meaning, sources};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use vocab::{LogSource, ShapeId};

/// Most shapes of one process, and the bytes of their names; records beyond have none.
const SHAPES_MAX: usize = 1 << 16;
const SHAPES_BYTES_MAX: usize = 32 << 20;
/// Most shapes that one decoder keeps at hand.
const KEPT_MAX: usize = 1 << 10;

/// Numbers of shapes in this process, by everything that makes a shape.
static NUMBERS: LazyLock<Mutex<Numbers>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Numbers {
    all: FxHashMap<Box<str>, u32>,
    bytes: usize,
}

/// What records of one shape have in common.
#[derive(Debug)]
pub(crate) struct Shape {
    provider: Box<str>,
    channel: Box<str>,
    event_id: Box<str>,
    version: Box<str>,
    fields: Box<[(NameId, Part)]>,
    /// Places of the fields in the order in which they are shown: the event's own, then the head without what it hides.
    pub(crate) order: Box<[u16]>,
    /// Names that a field has besides its own (EX-6), with its place.
    pub(crate) aliases: Box<[(&'static str, u16)]>,
    /// Place of the field `Hashes` (EX-7).
    pub(crate) hashes: Option<u16>,
    /// Log sources of Sigma.
    pub(crate) sources: sources::Sources,
    /// Row of the normal fields (DT-FMT-53).
    pub(crate) meaning: Option<&'static meaning::Row>,
    /// Number of the shape, by what else the values add to it: which hashes, which log sources.
    numbers: Mutex<FxHashMap<Variant, ShapeId>>,
}

/// What the values of a record add to its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Variant {
    /// Bits of the hashes that are there, in the order of [`HASHES`].
    pub(crate) hashes: u8,
    /// Log sources.
    pub(crate) sources: &'static [LogSource],
}

/// Hashes that a field `Hashes` may hold, by name there and as a field.
pub(crate) const HASHES: [(&str, NameId); 4] =
    [("MD5", known::MD5), ("SHA1", known::SHA1), ("SHA256", known::SHA256), ("IMPHASH", known::IMPHASH)];

/// Shapes at hand.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    list: FxHashMap<u64, Vec<Arc<Shape>>>,
    kept: usize,
}

impl Shapes {
    /// The shape of a record.
    pub(crate) fn of(&mut self, fields: &Fields, names: &Names) -> Arc<Shape> {
        let head = |name| fields.find(Part::System, name).unwrap_or_default();
        let (provider, channel) = (head(known::PROVIDER), head(known::CHANNEL));
        let (event_id, version) = (head(known::EVENT_ID), head(known::VERSION));
        let mut hasher = FxHasher::default();
        (provider, channel, event_id, version).hash(&mut hasher);
        for field in fields.list() {
            (field.name, field.part).hash(&mut hasher);
        }
        let key = hasher.finish();
        let same = |shape: &&Arc<Shape>| {
            *shape.provider == *provider
                && *shape.channel == *channel
                && *shape.event_id == *event_id
                && *shape.version == *version
                && shape.fields.len() == fields.list().len()
                && shape.fields.iter().zip(fields.list()).all(|(own, field)| *own == (field.name, field.part))
        };
        if let Some(found) = self.list.get(&key).and_then(|list| list.iter().find(same)) {
            return Arc::clone(found);
        }
        if self.kept >= KEPT_MAX {
            self.list.clear();
            self.kept = 0;
        }
        let shape = Arc::new(Shape {
            provider: provider.into(),
            channel: channel.into(),
            event_id: event_id.into(),
            version: version.into(),
            fields: fields.list().iter().map(|field| (field.name, field.part)).collect(),
            order: order(fields.list()),
            aliases: aliases(provider, event_id, fields.list(), names),
            hashes: place(fields.list(), names, "Hashes"),
            sources: sources::Sources::of(provider, channel, event_id),
            meaning: meaning::of(provider, event_id),
            numbers: Mutex::default(),
        });
        self.list.entry(key).or_default().push(Arc::clone(&shape));
        self.kept += 1;
        shape
    }
}

/// Own fields first, then those of the head that no own field hides (EX-4).
fn order(fields: &[Field]) -> Box<[u16]> {
    let places = |part: Part| (0_u16..).zip(fields).filter(move |(_, field)| field.part == part);
    let hidden = |name| fields.iter().any(|field| field.part == Part::Data && field.name == name);
    let head = places(Part::System).filter(|(_, field)| field.name != known::TIME && !hidden(field.name));
    places(Part::Data).chain(head).map(|(place, _)| place).collect()
}

fn place(fields: &[Field], names: &Names, wanted: &str) -> Option<u16> {
    let found =
        fields.iter().position(|field| field.part == Part::Data && **names.name(field.name) == *wanted);
    found.and_then(|place| u16::try_from(place).ok())
}

/// Names that rules about processes use, and what Security 4688 calls the same (EX-6).
const PROCESS_NAMES: [(&str, &str); 5] = [
    ("Image", "NewProcessName"),
    ("CommandLine", "ProcessCommandLine"),
    ("ParentImage", "ParentProcessName"),
    ("User", "SubjectUserName"),
    ("ProcessId", "NewProcessId"),
];

fn aliases(provider: &str, event_id: &str, fields: &[Field], names: &Names) -> Box<[(&'static str, u16)]> {
    if (provider, event_id) != (sources::SECURITY, "4688") {
        return Box::default();
    }
    // Never over a field of the same name: `ProcessId` of these records is the creator.
    let free = PROCESS_NAMES.iter().filter(|(alias, _)| place(fields, names, alias).is_none());
    free.filter_map(|(alias, own)| Some((*alias, place(fields, names, own)?))).collect()
}

impl Shape {
    /// Number of the shape with what the values of a record add to it.
    pub(crate) fn number(&self, variant: Variant, names: &Names) -> ShapeId {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        *numbers.entry(variant).or_insert_with(|| self.new_number(variant, names))
    }

    fn new_number(&self, variant: Variant, names: &Names) -> ShapeId {
        let mut key = format!(
            "{}\0{}\0{}\0{}\0{}",
            self.provider, self.channel, self.event_id, self.version, variant.hashes
        );
        for source in variant.sources {
            key.push('\0');
            key.push_str(source.category);
        }
        for (name, part) in &self.fields {
            key.push(if *part == Part::Data { '\u{1}' } else { '\u{2}' });
            key.push_str(names.name(*name));
        }
        let mut numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = numbers.all.get(key.as_str()) {
            return ShapeId(*number);
        }
        if numbers.all.len() >= SHAPES_MAX || numbers.bytes + key.len() > SHAPES_BYTES_MAX {
            return ShapeId::NONE;
        }
        let next = u32::try_from(numbers.all.len() + 1).unwrap_or(u32::MAX);
        numbers.bytes += key.len();
        numbers.all.insert(key.into(), next);
        ShapeId(next)
    }
}
