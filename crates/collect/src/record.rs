//! The seam between reading and understanding: raw records in, events out.

use vocab::{Event, Origin, Timestamp};

/// Receives events as they are made; the event borrows from the record, so it must be used up before returning.
pub type Sink<'s> = dyn FnMut(&Event<'_>) + 's;

/// How bytes are cut into records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// One line is one record; `\n` or `\r\n` ends it.
    Lines,
    /// Records of a fixed number of bytes.
    Fixed(usize),
    /// JSON values one after the other, or the elements of a top-level array or of `Records`; whitespace between.
    Json,
    /// The whole file is one record (at most 256 MiB); the decoder walks it by itself.
    Whole,
    /// Chunks of an EVTX file; each of their records is one.
    Chunks,
    /// `<Event>` elements of XML, and what stands between them.
    Elements,
}

/// The beginning of a file, for recognition.
#[derive(Clone, Debug)]
pub struct Sample<'a> {
    /// Up to 64 KiB from the start of the decompressed stream.
    pub bytes: &'a [u8],
    /// The same as text where it is text (decoded; invalid bytes replaced), else empty.
    pub text: &'a str,
    /// Name of the file as given; a tie-break only.
    pub name: &'a str,
    /// The sample is the whole file.
    pub complete: bool,
    /// Size of the file in bytes where known.
    pub size: Option<u64>,
}

impl<'a> Sample<'a> {
    /// The complete lines of the sample that hold anything.
    pub fn lines(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let cut = if self.complete { self.text.len() } else { self.text.rfind('\n').unwrap_or(0) };
        self.text[..cut].lines().filter(|line| !line.trim().is_empty())
    }

    /// Share of the first 200 lines that `test` accepts, 0 to 1; 0 without lines.
    pub fn share(&self, test: impl Fn(&str) -> bool) -> f32 {
        let (mut good, mut all) = (0_u16, 0_u16);
        for line in self.lines().take(200) {
            all += 1;
            good += u16::from(test(line));
        }
        if all == 0 { 0.0 } else { f32::from(good) / f32::from(all) }
    }
}

/// What the caller knows about time and place of a stream.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Zone of stamps without offset (IANA name or fixed offset), already chosen by the order of detection.md 2.2.
    pub zone: jiff::tz::TimeZone,
    /// The zone was assumed, not given: sets `zone_assumed`.
    pub zone_assumed: bool,
    /// The clock value of the run.
    pub clock: Timestamp,
    /// Host name to use where records carry none (e.g. the folder's name); may be empty.
    pub host: String,
}

/// One raw record.
#[derive(Clone, Debug, Default)]
pub struct RawRecord<'a> {
    /// Where it stands; `parser` and `grammar` are filled in by the decoder.
    pub origin: Origin<'a>,
    /// The record as text without the line end; undecodable bytes are replaced. Empty for binary formats.
    pub text: &'a str,
    /// Marks that hold for every event of the record (`encoding_guessed`, `year_assumed` ...).
    pub flags: vocab::Flags,
    /// The year for a stamp without year, resolved beforehand by Y1 to Y6 (detection.md 2.1); 0 when not needed.
    pub year: i16,
    /// The chunk that the record stands in, where records refer to what stands around them; else empty.
    pub around: &'a [u8],
    /// Place of the record in `around`.
    pub around_at: usize,
}

/// Why a record could not be read (closed list of DT-EVT-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the closed list of DT-EVT-15")]
pub enum UnreadReason {
    Unrecognised,
    BadTime,
    BadEncoding,
    GrammarMiss,
    RecordTooLong,
    Corrupt,
    LimitSize,
    LimitRatio,
    LimitDepth,
    EncryptedArchive,
    Permission,
    SpecialFile,
    Io,
}

impl UnreadReason {
    /// Name in `unread.jsonl`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unrecognised => "unrecognised",
            Self::BadTime => "bad_time",
            Self::BadEncoding => "bad_encoding",
            Self::GrammarMiss => "grammar_miss",
            Self::RecordTooLong => "record_too_long",
            Self::Corrupt => "corrupt",
            Self::LimitSize => "limit_size",
            Self::LimitRatio => "limit_ratio",
            Self::LimitDepth => "limit_depth",
            Self::EncryptedArchive => "encrypted_archive",
            Self::Permission => "permission",
            Self::SpecialFile => "special_file",
            Self::Io => "io",
        }
    }
}

/// Id that joins records of the same try (DT-FMT-16): the same on every platform and in every run. `family` names the
/// programs that share a process id, e.g. `sshd` for `sshd`, `sshd-session` and `sshd-auth`. Never 0.
#[must_use]
pub fn attempt_id(source: u32, host: &str, family: &str, pid: u32) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    eat(&source.to_le_bytes());
    eat(host.as_bytes());
    eat(&[0xff]);
    eat(family.as_bytes());
    eat(&[0xff]);
    eat(&pid.to_le_bytes());
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).max(1)
}

/// What a decoder made of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// At least one event was handed to the sink, or the record was joined to one that will follow.
    Events,
    /// A record of this format without anything to say (comment, header, blank).
    Nothing,
    /// Could not be read; the reason and what was expected.
    Unread(UnreadReason, &'static str),
}

/// Turns the records of one file into events. One instance per file; may keep state between records (column order, a
/// joined audit event). Must never panic, whatever the bytes.
pub trait Decoder: Send {
    /// Decodes one record. Events are handed over in the order of the records.
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded;

    /// Shapes of messages that no grammar fitted, for [`crate::unread::Shapes`]; asked for once, after `finish`.
    fn take_misses(&mut self) -> crate::unread::Shapes {
        crate::unread::Shapes::default()
    }

    /// The file has ended: hands over what was still being joined.
    fn finish(&mut self, settings: &Settings, sink: &mut Sink<'_>) {
        let _ = (settings, sink);
    }
}
