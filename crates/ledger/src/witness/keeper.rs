//! A witness: one record per log, and the decision over each request (LG chapter 10.2).

use super::cosign::WitnessKey;
use super::request::AddCheckpoint;
use crate::bytes::Malformed;
use crate::note::{self, Parsed};
use crate::{Error, Hash, KeyHistory, Result, files, ranges, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vocab::Timestamp;

/// Refused requests that are kept for each log. Later ones are still refused.
const EVIDENCE_MAX: usize = 1_000;
/// Largest state file in bytes.
const STATE_BYTES_MAX: usize = 80 * 1024;

/// Why a witness cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// A log is configured, and what was cosigned for it is gone (LG-WIT-04).
    #[error(
        "LE-WITNESS-STATE: nothing is known of {origin}, which this witness may have cosigned; hint: enrol it again with the size and root of a printed head or of another witness"
    )]
    StateLost {
        /// The log.
        origin: String,
    },
    /// Reading or writing failed, or a file is not what this program wrote.
    #[error(transparent)]
    Ledger(#[from] Error),
}

/// The answer to a request, as HTTP carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Status of C2SP tlog-witness: 200, 400, 403, 404, 409, 422.
    pub status: u16,
    /// Cosignature line, the size that the witness knows (409), or a reason.
    pub body: String,
    /// The request was kept as evidence: `fork`, `rollback` or `proof`.
    pub evidence: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Known {
    log_key: [u8; 32],
    size: u64,
    root: Hash,
}

/// A witness with its state in a folder: `state/` one file a log, `evidence/` refused requests.
pub struct Witness {
    folder: PathBuf,
    key: WitnessKey,
    logs: BTreeMap<String, Known>,
    _lock: files::Lock,
}

impl Witness {
    /// Opens the state of the logs named by their keys.
    ///
    /// # Errors
    /// [`WitnessError::StateLost`] for a log without state; `LE-LOCKED`, `LE-IO`, `LV-DAMAGE`.
    pub fn open(folder: &Path, key: WitnessKey, log_keys: &[String]) -> Result<Self, WitnessError> {
        let lock = files::lock(folder)?;
        let mut logs = BTreeMap::new();
        for text in log_keys {
            let (origin, log_key) =
                note::parse_verifier_key(text).ok_or(Error::Policy("a log key `origin+id+base64`"))?;
            let (size, root) = read_state(folder, &origin)?;
            logs.insert(origin, Known { log_key, size, root });
        }
        Ok(Self { folder: folder.to_owned(), key, logs, _lock: lock })
    }

    /// Enrols a log that was never cosigned (`size` 0), or goes on from a head known from elsewhere (LG-WIT-04).
    ///
    /// # Errors
    /// `LE-POLICY` for a key of another form or a log that has a state; `LE-IO`.
    pub fn enrol(folder: &Path, log_key: &str, head: Option<(u64, Hash)>) -> Result<()> {
        let (origin, _) =
            note::parse_verifier_key(log_key).ok_or(Error::Policy("a log key `origin+id+base64`"))?;
        if folder.join("state").join(state_name(&origin)).exists() {
            return Err(Error::Policy("this log is enrolled already"));
        }
        files::make_folders(&folder.join("state"))?;
        files::make_folders(&folder.join("evidence"))?;
        let (size, root) = head.unwrap_or_else(|| (0, tree::empty_root()));
        write_state(folder, &origin, size, &root, "")
    }

    /// The log key in force of a log that is enrolled under `known`, as a history proves it that grew from the head cosigned
    /// last (LG-EPO-04). Nothing is changed: the caller opens the witness under that key from then on.
    ///
    /// # Errors
    /// `LE-KEY` when the history does not lead from the known key and head to another key, `LE-LOCKED`, `LE-IO`.
    pub fn next_log_key(folder: &Path, known: &str, history: &KeyHistory) -> Result<String, WitnessError> {
        let _lock = files::lock(folder)?;
        let (origin, _) =
            note::parse_verifier_key(known).ok_or(Error::Policy("a log key `origin+id+base64`"))?;
        let head = read_state(folder, &origin)?;
        let keys = history.check(known, Some(head)).map_err(|error| Error::Key(error.0))?;
        Ok(keys.all().last().map_or_else(String::new, |key| key.verifier_key.clone()))
    }

    /// Logs, with the size cosigned last.
    pub fn logs(&self) -> impl Iterator<Item = (&str, u64, Hash)> {
        self.logs.iter().map(|(origin, known)| (origin.as_str(), known.size, known.root))
    }

    /// Decides over an `add-checkpoint` body. A cosignature is given only after the new state is durable (LG-WIT-01).
    ///
    /// # Errors
    /// `LE-IO`: nothing was cosigned.
    pub fn add_checkpoint(&mut self, body: &[u8], now: Timestamp) -> Result<Verdict> {
        let refuse = |status, body: &str| Verdict { status, body: format!("{body}\n"), evidence: None };
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(Malformed(what)) => return Ok(refuse(400, what)),
        };
        let parsed = match note::parse(request.note.as_bytes()) {
            Ok(parsed) => parsed,
            Err(Malformed(what)) => return Ok(refuse(400, what)),
        };
        let Some(known) = self.logs.get(&parsed.origin) else { return Ok(refuse(404, "unknown log")) };
        if parsed.check_log(&parsed.origin, &known.log_key).is_err() {
            return Ok(refuse(403, "no signature by the key of this log"));
        }
        let verdict = judge(known, &request, &parsed);
        if let Err(mut verdict) = verdict {
            if let Some(kind) = verdict.evidence {
                self.keep(kind, &parsed, body, now)?;
            }
            if verdict.status == 409 {
                verdict.body = format!("{}\n", known.size);
            }
            return Ok(verdict);
        }
        write_state(&self.folder, &parsed.origin, parsed.size, &parsed.root, &request.note)?;
        let seconds = u64::try_from(now.0 / Timestamp::SECOND).unwrap_or(0);
        let body = self.key.cosign(&parsed, seconds);
        if let Some(known) = self.logs.get_mut(&parsed.origin) {
            (known.size, known.root) = (parsed.size, parsed.root);
        }
        Ok(Verdict { status: 200, body, evidence: None })
    }

    /// Keeps a refused request with a valid signature of the log (LG-WIT-03).
    fn keep(&self, kind: &str, parsed: &Parsed, body: &[u8], now: Timestamp) -> Result<()> {
        let folder = self.folder.join("evidence");
        let origin = state_name(&parsed.origin);
        let here = std::fs::read_dir(&folder).map_err(Error::io(&folder))?;
        let mine = here.filter_map(std::result::Result::ok);
        let mine = mine.filter(|item| item.file_name().to_string_lossy().starts_with(&origin));
        if mine.take(EVIDENCE_MAX).count() >= EVIDENCE_MAX {
            return Ok(());
        }
        let digest = hex::encode(tree::sha256(body).get(..8).unwrap_or_default());
        files::replace(&folder, &format!("{origin}-{}-{kind}-{digest}", now.0), body)
    }
}

/// The table of LG chapter 10.2, behind the signature.
fn judge(known: &Known, request: &AddCheckpoint, note: &Parsed) -> Result<(), Verdict> {
    let evidence = if note.size == known.size && note.root != known.root {
        Some("fork")
    } else if note.size < known.size {
        Some("rollback")
    } else {
        None
    };
    let refuse = |status, body: &str, evidence| Err(Verdict { status, body: format!("{body}\n"), evidence });
    if request.old > note.size {
        return refuse(400, "the old size is larger than the checkpoint", evidence);
    }
    if request.old != known.size || evidence.is_some() {
        return refuse(409, "", evidence);
    }
    let holds = ranges::consistent((known.size, known.root), (note.size, note.root), &request.proof);
    if holds {
        Ok(())
    } else {
        refuse(422, "the proof does not lead from the old tree to the new one", Some("proof"))
    }
}

/// An origin may hold any character: its digest names the file.
fn state_name(origin: &str) -> String {
    hex::encode(tree::sha256(origin.as_bytes()).get(..16).unwrap_or_default())
}

fn write_state(folder: &Path, origin: &str, size: u64, root: &Hash, note: &str) -> Result<()> {
    let text = format!("{origin}\n{size}\n{}\n\n{note}", BASE64.encode(root));
    files::replace(&folder.join("state"), &state_name(origin), text.as_bytes())
}

fn read_state(folder: &Path, origin: &str) -> Result<(u64, Hash), WitnessError> {
    let path = folder.join("state").join(state_name(origin));
    let bytes = match files::read_small(&path, STATE_BYTES_MAX) {
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Err(WitnessError::StateLost { origin: origin.to_owned() });
        }
        bytes => bytes?,
    };
    let text = String::from_utf8(bytes).unwrap_or_default();
    let mut lines = text.lines();
    let (name, size, root) = (lines.next(), lines.next(), lines.next());
    let size = size.and_then(|size| size.parse().ok());
    let root = root.and_then(|root| BASE64.decode(root).ok()).and_then(|root| root.try_into().ok());
    match (name == Some(origin), size, root) {
        (true, Some(size), Some(root)) => Ok((size, root)),
        _ => Err(Error::damage(&path, 0, "origin, size and root of a log").into()),
    }
}
