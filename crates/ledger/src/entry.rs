//! Entries: the bytes that are hashed into the tree (LG chapter 4). They hold no personal data (LG-ENT-02).

use crate::bytes::{Cursor, Malformed};
use crate::{Hash, json};
use vocab::Timestamp;

/// Bytes of the fixed header.
pub(crate) const HEADER_BYTES: usize = 68;
/// Largest public body in bytes (LG-ENT-01).
pub(crate) const BODY_BYTES_MAX: usize = 16_384;
/// `prev_index` of the first entry of a stream.
pub(crate) const NO_INDEX: u64 = u64::MAX;
/// Flag: older than its reception by design.
pub(crate) const FLAG_IMPORTED: u8 = 1;
/// Flag: covers a run of records.
pub(crate) const FLAG_BULK: u8 = 2;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// What an entry is written for (LG chapter 4.2). Numbers are part of the format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum EntryKind { $($(#[$doc])* $name = $number,)* }
        impl EntryKind {
            /// Kind of a number; `None` for a number of a newer format (LG-ENT-06).
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
            /// Name as the specification writes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
            /// Kind of a name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    /// A record read from a source.
    Event = 1, "event";
    /// A domain write.
    Record = 2, "record";
    /// A requested effect, before it runs.
    Command = 3, "command";
    /// Outcome of a command.
    Outcome = 4, "result";
    /// Access to a protected payload.
    Read = 5, "read";
    /// First entry.
    Genesis = 16, "genesis";
    /// New stream.
    StreamOpen = 17, "stream-open";
    /// End of a stream.
    StreamClose = 18, "stream-close";
    /// End of an epoch.
    Seal = 19, "seal";
    /// Missing numbers or silence.
    Gap = 20, "gap";
    /// Making, rotation, revocation of a key.
    Key = 21, "key";
    /// Digests of the payload blocks written since the last such entry.
    Blocks = 22, "blocks";
    /// A log audit was done.
    Review = 23, "review";
    /// Legal hold (証拠保全の指定).
    Hold = 24, "hold";
    /// End of a hold.
    Release = 25, "release";
    /// Destruction of data keys (廃棄).
    Shred = 26, "shred";
    /// Block rewritten without some payloads.
    Reseal = 27, "reseal";
    /// State kept when an incident was recognised (保全).
    Freeze = 28, "freeze";
    /// RFC 3161 token obtained.
    Stamp = 29, "timestamp";
    /// Quorum of witnesses lost or regained.
    Witness = 30, "witness";
    /// Acknowledgement by a replica.
    Replica = 31, "replica";
    /// Start after an unclean stop.
    Recovery = 32, "recovery";
    /// Step of the clock.
    Clock = 33, "clock";
    /// Data classes, retention, quorum, roles.
    Policy = 34, "policy";
    /// Bundle, extract or disclosure made.
    Export = 35, "export";
    /// This ledger follows or is followed by another.
    Succession = 36, "succession";
}

impl EntryKind {
    /// Whether the entry carries a public body instead of being a bare header.
    #[must_use]
    pub const fn has_body(self) -> bool {
        self as u8 >= 16
    }
}

/// How an entry commits to its content (LG chapter 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Form {
    /// No content.
    None = 0,
    /// One leaf over the whole content.
    Whole = 1,
    /// One leaf a part, parts in a fixed order.
    Parts = 2,
    /// One leaf a field.
    Fields = 3,
    /// One leaf a record of a run, and one for the head of the run.
    Run = 4,
}

impl Form {
    const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::None,
            1 => Self::Whole,
            2 => Self::Parts,
            3 => Self::Fields,
            4 => Self::Run,
            _ => return None,
        })
    }
}

/// One entry, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it was written for.
    pub kind: EntryKind,
    /// How it commits to its content.
    pub form: Form,
    /// Bit 0: older than its reception by design; bit 1: a run of records.
    pub flags: u8,
    /// Stream number; 0 is the ledger itself.
    pub stream: u32,
    /// Number inside the stream, from 1.
    pub stream_seq: u64,
    /// Index of the previous entry of the stream; 2^64-1 for the first.
    pub prev_index: u64,
    /// Time of acceptance by the ledger (LG-ENT-05).
    pub received_at: Timestamp,
    /// Leaves of the commitment tree.
    pub part_count: u16,
    /// Number of the data class.
    pub data_class: u16,
    /// Root of the commitment tree; zero without content.
    pub commitment: Hash,
    /// Canonical JSON for kinds from 16 on, otherwise empty.
    pub body: Vec<u8>,
}

impl Entry {
    /// The bytes that are hashed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_BYTES + self.body.len());
        out.extend([1, self.kind as u8, self.form as u8, self.flags]);
        out.extend(self.stream.to_be_bytes());
        out.extend(self.stream_seq.to_be_bytes());
        out.extend(self.prev_index.to_be_bytes());
        out.extend(self.received_at.0.to_be_bytes());
        out.extend(self.part_count.to_be_bytes());
        out.extend(self.data_class.to_be_bytes());
        out.extend(self.commitment);
        out.extend(&self.body);
        out
    }

    /// Strict reading (LG-ENT-03).
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut from = Cursor::new(bytes);
        if from.u8()? != 1 {
            return Err(Malformed("entry of a newer format"));
        }
        let kind = EntryKind::from_number(from.u8()?).ok_or(Malformed("entry of an unknown kind"))?;
        let form = Form::from_number(from.u8()?).ok_or(Malformed("unknown commitment form"))?;
        let entry = Self {
            kind,
            form,
            flags: from.u8()?,
            stream: from.u32()?,
            stream_seq: from.u64()?,
            prev_index: from.u64()?,
            received_at: Timestamp(from.i64()?),
            part_count: from.u16()?,
            data_class: from.u16()?,
            commitment: from.hash()?,
            body: from.rest().to_vec(),
        };
        entry.check()?;
        Ok(entry)
    }

    fn check(&self) -> Result<(), Malformed> {
        if self.flags & !(FLAG_IMPORTED | FLAG_BULK) != 0 {
            return Err(Malformed("unknown flag"));
        }
        if (self.flags & FLAG_BULK != 0) != (self.form == Form::Run) {
            return Err(Malformed("flag bulk and form do not agree"));
        }
        let fits = match self.form {
            Form::None => self.part_count == 0 && self.commitment == [0; 32],
            Form::Whole => self.part_count == 1,
            Form::Parts | Form::Fields => self.part_count >= 1,
            Form::Run => self.part_count >= 2,
        };
        if !fits {
            return Err(Malformed("part count or commitment does not fit the form"));
        }
        match (self.kind.has_body(), self.body.is_empty()) {
            (false, true) => Ok(()),
            (true, false) if self.body.len() <= BODY_BYTES_MAX => json::parse_canonical(&self.body).map(drop),
            _ => Err(Malformed("body does not fit the kind")),
        }
    }
}
