//! What agent and server say to each other, inside TLS (docs/formats/agent.md): frames of a length, a letter and a body.
//!
//! Records of an agent are numbered from 1 over all its files. The server says up to which number it has them, durable; the
//! agent sends what follows. So it does not matter at which point either side or the network fails.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};

/// Longest frame, bytes: a batch of records, or one longest record, with its particulars.
pub(crate) const FRAME_BYTES_MAX: usize = 4 << 20;
/// Records in a batch.
pub(crate) const BATCH_RECORDS_MAX: usize = 4_096;
/// Bytes of the records of a batch; a longer record goes alone.
pub(crate) const BATCH_BYTES_MAX: usize = 1 << 20;
/// Longest name of a file, bytes.
pub(crate) const FILE_BYTES_MAX: usize = 1_024;
/// Version of the protocol.
pub(crate) const VERSION: u8 = 1;
/// Name in the certificate of every server; whichever address it is reached at.
pub(crate) const SERVER_NAME: &str = "sekisho";

/// Kinds of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Agent: [`Hello`].
    Hello = b'H' as isize,
    /// Server: [`Welcome`].
    Welcome = b'W' as isize,
    /// Agent: records.
    Batch = b'B' as isize,
    /// Agent: [`Hole`].
    Hole = b'G' as isize,
    /// Agent: [`Status`].
    Status = b'S' as isize,
    /// Server: [`Ack`].
    Ack = b'A' as isize,
    /// Server: why it ends the connection, as a JSON text.
    Refused = b'E' as isize,
}

impl Kind {
    fn of(letter: u8) -> Option<Self> {
        [Self::Hello, Self::Welcome, Self::Batch, Self::Hole, Self::Status, Self::Ack, Self::Refused]
            .into_iter()
            .find(|kind| *kind as u8 == letter)
    }
}

/// The first frame of an agent.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Hello {
    /// Version of the protocol.
    pub(crate) v: u8,
    /// Its spool; another one means that the agent began anew.
    pub(crate) spool: String,
    /// Version of the program.
    pub(crate) version: String,
}

/// The answer to it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Welcome {
    /// Number of the last record that is durable in the ledger; 0: none.
    pub(crate) have: u64,
}

/// Records of one file in a batch.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Part {
    /// Path on the agent's computer.
    pub(crate) file: String,
    /// How many records.
    pub(crate) records: usize,
}

/// The particulars of a batch.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
struct BatchHead {
    first: u64,
    parts: Vec<Part>,
}

/// Records with consecutive numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Number of the first.
    pub(crate) first: u64,
    /// Whose they are, in order.
    pub(crate) parts: Vec<Part>,
    /// Their bytes.
    pub(crate) records: Vec<Vec<u8>>,
}

/// Records of a file are missing, or may be.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Hole {
    /// Path on the agent's computer.
    pub(crate) file: String,
    /// From when, microseconds.
    pub(crate) from: i64,
    /// Until when, microseconds.
    pub(crate) to: i64,
}

/// How an agent stands; its heartbeat.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Status {
    /// Bytes of its spool.
    pub(crate) spool_bytes: u64,
    /// It ends in good order.
    pub(crate) stopping: bool,
}

/// What the server has made durable.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Ack {
    /// Number of the last record.
    pub(crate) have: u64,
    /// Entries of its ledger.
    pub(crate) size: u64,
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// A frame with its head.
pub(crate) fn frame(kind: Kind, body: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(body.len()).ok().filter(|length| *length as usize <= FRAME_BYTES_MAX);
    let length = length.ok_or_else(|| invalid("a frame is longer than frames may be"))?;
    let mut bytes = Vec::with_capacity(body.len() + 5);
    bytes.extend(length.to_be_bytes());
    bytes.push(kind as u8);
    bytes.extend_from_slice(body);
    Ok(bytes)
}

/// A frame that holds a JSON value.
pub(crate) fn message(kind: Kind, value: &impl Serialize) -> io::Result<Vec<u8>> {
    frame(kind, &serde_json::to_vec(value)?)
}

/// Length and kind from the head of a frame.
pub(crate) fn head(bytes: [u8; 5]) -> io::Result<(usize, Kind)> {
    let [a, b, c, d, letter] = bytes;
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    if length > FRAME_BYTES_MAX {
        return Err(invalid("a frame is longer than frames may be"));
    }
    Ok((length, Kind::of(letter).ok_or_else(|| invalid("a frame of an unknown kind"))?))
}

/// Reads a frame.
pub(crate) fn read(from: &mut impl Read) -> io::Result<(Kind, Vec<u8>)> {
    let mut bytes = [0; 5];
    from.read_exact(&mut bytes)?;
    let (length, kind) = head(bytes)?;
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok((kind, body))
}

/// Writes a frame.
pub(crate) fn write(to: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    to.write_all(frame)?;
    to.flush()
}

/// The JSON value of a frame.
pub(crate) fn value<T: DeserializeOwned>(body: &[u8]) -> io::Result<T> {
    serde_json::from_slice(body).map_err(|_| invalid("a frame does not hold what its kind says"))
}

impl Batch {
    /// Its frame.
    pub(crate) fn to_frame(&self) -> io::Result<Vec<u8>> {
        let head = serde_json::to_vec(&BatchHead { first: self.first, parts: self.parts.clone() })?;
        let mut body =
            Vec::with_capacity(head.len() + self.records.iter().map(|one| one.len() + 4).sum::<usize>());
        for bytes in std::iter::once(&head).chain(&self.records) {
            body.extend(
                u32::try_from(bytes.len()).map_err(|_| invalid("a record is too long"))?.to_be_bytes(),
            );
            body.extend_from_slice(bytes);
        }
        frame(Kind::Batch, &body)
    }

    /// Reads the body of a frame, and refuses what no agent of ours sends.
    pub(crate) fn read(body: &[u8]) -> io::Result<Self> {
        let mut rest = body;
        let mut next = || -> io::Result<Option<&[u8]>> {
            if rest.is_empty() {
                return Ok(None);
            }
            let short = || invalid("a batch ends within a record");
            let (length, behind) = rest.split_first_chunk::<4>().ok_or_else(short)?;
            let (bytes, behind) =
                behind.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(short)?;
            rest = behind;
            Ok(Some(bytes))
        };
        let BatchHead { first, parts } = value(next()?.unwrap_or_default())?;
        let mut records = Vec::new();
        while let Some(bytes) = next()? {
            records.push(bytes.to_vec());
        }
        let named = parts.iter().try_fold(0_usize, |sum, part| sum.checked_add(part.records));
        if records.is_empty() || records.len() > BATCH_RECORDS_MAX || named != Some(records.len()) {
            return Err(invalid("the number of records is not that of the batch"));
        }
        if first == 0 || first.checked_add(records.len() as u64).is_none() {
            return Err(invalid("records are numbered from 1"));
        }
        if parts.iter().any(|part| part.records == 0 || !is_file(&part.file)) {
            return Err(invalid("a part without file or records"));
        }
        Ok(Self { first, parts, records })
    }
}

/// May this be the name of a file of an agent?
pub(crate) fn is_file(name: &str) -> bool {
    !name.is_empty() && name.len() <= FILE_BYTES_MAX && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn batch(first: u64, records: &[&str]) -> Batch {
        let half = records.len() / 2;
        let part = |file: &str, records| Part { file: file.to_owned(), records };
        let mut parts = vec![part("/var/log/a", half), part("/var/log/b", records.len() - half)];
        parts.retain(|part| part.records > 0);
        Batch { first, parts, records: records.iter().map(|text| text.as_bytes().to_vec()).collect() }
    }

    /// LG-SRC-01: what is sent is what is taken.
    #[test]
    fn a_batch_comes_out_as_it_went_in() {
        let sent = batch(7, &["one", "", "three\0\n", "\u{fffd}"]);
        let frame = sent.to_frame().expect("fits");
        let (kind, body) = read(&mut frame.as_slice()).expect("a frame");
        assert_eq!((kind, Batch::read(&body).expect("a batch")), (Kind::Batch, sent));
    }

    #[test]
    fn what_no_agent_sends_is_refused() {
        let bad = |change: &dyn Fn(&mut Batch)| {
            let mut batch = batch(1, &["a", "b"]);
            change(&mut batch);
            let frame = batch.to_frame().expect("fits");
            assert!(Batch::read(&frame[5..]).is_err(), "{batch:?}");
        };
        bad(&|batch| batch.first = 0);
        bad(&|batch| batch.first = u64::MAX);
        bad(&|batch| batch.records.clear());
        bad(&|batch| batch.parts[0].records = 2);
        bad(&|batch| batch.parts[0].records = usize::MAX);
        bad(&|batch| batch.parts[0].file = "a\nb".to_owned());
        bad(&|batch| batch.parts[0].file = "x".repeat(FILE_BYTES_MAX + 1));
        let whole = batch(1, &["a", "b"]).to_frame().expect("fits");
        assert!(Batch::read(&whole[5..whole.len() - 1]).is_err() && Batch::read(&[]).is_err());
        assert!(head([0xff, 0, 0, 0, b'H']).is_err() && head([0, 0, 0, 1, b'x']).is_err());
        assert!(frame(Kind::Hello, &vec![0; FRAME_BYTES_MAX + 1]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Batch::read(&bytes);
            let _ = read(&mut bytes.as_slice());
        }
    }
}
