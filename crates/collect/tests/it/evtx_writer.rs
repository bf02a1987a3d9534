//! Writes small EVTX files: the templates and records of one chunk after the other, with the right checksums.

use std::collections::HashMap;

const CHUNK_BYTES: usize = 65_536;

/// A value of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'v> {
    Null,
    Text(&'v str),
    U32(u32),
    Hex64(u64),
    Texts(&'v [&'v str]),
    Raw(u8, &'v [u8]),
}

/// One record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'r> {
    pub(crate) id: u64,
    /// In steps of 100 ns since 1601.
    pub(crate) filetime: u64,
    pub(crate) provider: &'r str,
    pub(crate) event_id: u16,
    pub(crate) channel: &'r str,
    pub(crate) computer: &'r str,
    /// Fields of `EventData`; an empty name makes `Data` without a name.
    pub(crate) fields: &'r [(&'r str, Value<'r>)],
}

/// 2026-11-22 04:00:00 UTC.
pub(crate) const FILETIME: u64 = (1_795_320_000 + 11_644_473_600) * 10_000_000;

/// A record of the security log.
pub(crate) fn security<'r>(id: u64, event_id: u16, fields: &'r [(&'r str, Value<'r>)]) -> Record<'r> {
    Record {
        id,
        filetime: FILETIME + id * 10_000_000,
        provider: "Microsoft-Windows-Security-Auditing",
        event_id,
        channel: "Security",
        computer: "DC1.example.jp",
        fields,
    }
}

#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    names: HashMap<String, u32>,
    templates: HashMap<String, u32>,
    ids: Vec<u64>,
    last: usize,
}

/// Puts the records into a file.
pub(crate) fn file(records: &[Record<'_>]) -> Vec<u8> {
    let mut chunks: Vec<Chunk> = Vec::new();
    for record in records {
        let mut chunk = match chunks.pop() {
            Some(chunk) if chunk.bytes.len() < CHUNK_BYTES - 8_192 => chunk,
            full => {
                chunks.extend(full);
                Chunk { bytes: vec![0; 512], ..Chunk::default() }
            }
        };
        chunk.record(record);
        chunks.push(chunk);
    }
    let mut out = vec![0; 4_096];
    out[..8].copy_from_slice(b"ElfFile\0");
    out[32..36].copy_from_slice(&128_u32.to_le_bytes());
    out[36..40].copy_from_slice(&[1, 0, 3, 0]);
    out[40..42].copy_from_slice(&4_096_u16.to_le_bytes());
    out[42..44].copy_from_slice(&(chunks.len() as u16).to_le_bytes());
    let sum = evtx::checksum_ieee(&out[..120]);
    out[124..128].copy_from_slice(&sum.to_le_bytes());
    chunks.into_iter().for_each(|chunk| out.extend(chunk.finish()));
    out
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

impl Chunk {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn at(&self) -> u32 {
        self.bytes.len() as u32
    }

    fn patch(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// A name: where it stands, or the name itself behind its own place.
    fn name(&mut self, name: &str) {
        if let Some(at) = self.names.get(name) {
            let at = *at;
            return self.put(&at.to_le_bytes());
        }
        let at = self.at() + 4;
        self.names.insert(name.to_owned(), at);
        self.put(&at.to_le_bytes());
        self.put(&[0; 6]);
        self.put(&(name.encode_utf16().count() as u16).to_le_bytes());
        self.put(&utf16(name));
        self.put(&[0; 2]);
    }

    fn open(&mut self, name: &str, attributes: bool, depends: u16) {
        self.put(&[if attributes { 0x41 } else { 0x01 }]);
        self.put(&depends.to_le_bytes());
        self.put(&[0; 4]);
        self.name(name);
        if attributes {
            self.put(&[0; 4]);
        }
    }

    fn attribute(&mut self, name: &str, value: &[u8]) {
        self.put(&[0x06]);
        self.name(name);
        self.put(value);
    }

    fn text(text: &str) -> Vec<u8> {
        let mut out = vec![0x05, 0x01];
        out.extend((text.encode_utf16().count() as u16).to_le_bytes());
        out.extend(utf16(text));
        out
    }

    fn slot(number: u16, kind: u8) -> [u8; 4] {
        let [low, high] = number.to_le_bytes();
        [0x0d, low, high, kind]
    }

    /// An instance up to its values; the definition is written at its first use.
    fn instance(&mut self, key: &str, define: impl FnOnce(&mut Self)) {
        self.put(&[0x0f, 1, 1, 0, 0x0c, 1, 7, 0, 0, 0]);
        if let Some(at) = self.templates.get(key) {
            let at = *at;
            return self.put(&at.to_le_bytes());
        }
        let at = self.at() + 4;
        self.templates.insert(key.to_owned(), at);
        self.put(&at.to_le_bytes());
        self.put(&[0; 24]);
        let start = self.bytes.len();
        self.put(&[0x0f, 1, 1, 0]);
        define(self);
        self.put(&[0]);
        let size = (self.bytes.len() - start) as u32;
        self.patch(start - 4, &size.to_le_bytes());
    }

    fn values(&mut self, values: &[(u8, Vec<u8>)]) {
        self.put(&(values.len() as u32).to_le_bytes());
        for (kind, bytes) in values {
            self.put(&(bytes.len() as u16).to_le_bytes());
            self.put(&[*kind, 0]);
        }
        values.iter().for_each(|(_, bytes)| self.put(bytes));
    }

    fn head(&mut self) {
        self.open("Event", true, 0xffff);
        self.attribute("xmlns", &Self::text("http://schemas.microsoft.com/win/2004/08/events/event"));
        self.put(&[0x02]);
        self.open("System", false, 0xffff);
        self.put(&[0x02]);
        self.open("Provider", true, 0xffff);
        self.attribute("Name", &Self::slot(0, 0x01));
        self.put(&[0x03]);
        for (name, slot, kind) in [("EventID", 1, 0x06), ("Level", 2, 0x04), ("Keywords", 3, 0x15)] {
            self.open(name, false, slot);
            self.put(&[0x02]);
            self.put(&Self::slot(slot, kind));
            self.put(&[0x04]);
        }
        self.open("TimeCreated", true, 0xffff);
        self.attribute("SystemTime", &Self::slot(4, 0x11));
        self.put(&[0x03]);
        for (name, slot, kind) in [("EventRecordID", 5, 0x0a), ("Channel", 6, 0x01), ("Computer", 7, 0x01)] {
            self.open(name, false, 0xffff);
            self.put(&[0x02]);
            self.put(&Self::slot(slot, kind));
            self.put(&[0x04]);
        }
        self.put(&[0x04]);
        self.put(&Self::slot(8, 0x21));
        self.put(&[0x04]);
    }

    fn data(&mut self, fields: &[(&str, Value<'_>)]) {
        self.open("EventData", false, 0xffff);
        self.put(&[0x02]);
        for (slot, (name, _)) in (0_u16..).zip(fields) {
            self.open("Data", !name.is_empty(), slot);
            if !name.is_empty() {
                self.attribute("Name", &Self::text(name));
            }
            self.put(&[0x02]);
            self.put(&Self::slot(slot, 0x01));
            self.put(&[0x04]);
        }
        self.put(&[0x04]);
    }

    fn record(&mut self, record: &Record<'_>) {
        let start = self.bytes.len();
        self.put(b"**\0\0\0\0\0\0");
        self.put(&record.id.to_le_bytes());
        self.put(&record.filetime.to_le_bytes());
        self.instance("head", Self::head);
        let keywords: u64 =
            if record.event_id == 4625 { 0x8010_0000_0000_0000 } else { 0x8020_0000_0000_0000 };
        let head = [
            (0x01, utf16(record.provider)),
            (0x06, record.event_id.to_le_bytes().to_vec()),
            (0x04, vec![0]),
            (0x15, keywords.to_le_bytes().to_vec()),
            (0x11, record.filetime.to_le_bytes().to_vec()),
            (0x0a, record.id.to_le_bytes().to_vec()),
            (0x01, utf16(record.channel)),
            (0x01, utf16(record.computer)),
            (0x21, Vec::new()),
        ];
        self.values(&head);
        // The last value is more binary XML; its length stands in the last place of the table.
        let before: usize = head.iter().map(|(_, bytes)| bytes.len()).sum();
        let inner = self.bytes.len();
        let length_at = inner - before - 4;
        let names: Vec<&str> = record.fields.iter().map(|(name, _)| *name).collect();
        self.instance(&names.join("\0"), |chunk| chunk.data(record.fields));
        self.values(&record.fields.iter().map(|(_, value)| bytes(*value)).collect::<Vec<_>>());
        self.put(&[0]);
        let length = (self.bytes.len() - inner) as u16;
        self.patch(length_at, &length.to_le_bytes());
        self.put(&[0]);
        let size = ((self.bytes.len() - start + 4) as u32).to_le_bytes();
        self.put(&size);
        self.patch(start + 4, &size);
        self.ids.push(record.id);
        self.last = start;
    }

    fn finish(mut self) -> Vec<u8> {
        let free = self.bytes.len();
        self.bytes.resize(CHUNK_BYTES, 0);
        self.patch(0, b"ElfChnk\0");
        let (first, last) = (self.ids[0], self.ids[self.ids.len() - 1]);
        for (place, id) in [first, last, first, last].into_iter().enumerate() {
            self.patch(8 + 8 * place, &id.to_le_bytes());
        }
        self.patch(40, &128_u32.to_le_bytes());
        self.patch(44, &(self.last as u32).to_le_bytes());
        self.patch(48, &(free as u32).to_le_bytes());
        let sum = evtx::checksum_ieee(&self.bytes[512..free]);
        self.patch(52, &sum.to_le_bytes());
        let head = [&self.bytes[..120], &self.bytes[128..512]].concat();
        self.patch(124, &evtx::checksum_ieee(&head).to_le_bytes());
        self.bytes
    }
}

fn bytes(value: Value<'_>) -> (u8, Vec<u8>) {
    match value {
        Value::Null => (0x00, Vec::new()),
        Value::Text(text) => (0x01, utf16(text)),
        Value::U32(number) => (0x08, number.to_le_bytes().to_vec()),
        Value::Hex64(number) => (0x15, number.to_le_bytes().to_vec()),
        Value::Texts(texts) => (0x81, texts.iter().flat_map(|text| utf16(&format!("{text}\0"))).collect()),
        Value::Raw(kind, bytes) => (kind, bytes.to_vec()),
    }
}
