//! What is known of the copies of a ledger: how far each is, and what it confirmed to have destroyed (LG-REP-02, LG-SHR-04).
//! One small file a copy, below `copies/` of the ledger: talk for people, of no weight for any proof.

use super::view;
use crate::clock::Clock;
use anyhow::Context as _;
use ledger::{Reader, Replicated};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use vocab::Timestamp;

/// Folder of the files.
const FOLDER: &str = "copies";
/// Largest file of a copy, bytes.
const FILE_BYTES_MAX: usize = 16 << 20;
/// Most copies that are listed.
const COPIES_MAX: usize = 1_000;

/// What a copy said about one destruction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Confirmed {
    /// The `shred` or `reseal` entry.
    pub(super) index: u64,
    /// Data keys that it could not remove.
    pub(super) kept: Vec<u64>,
    /// Its signed statement, when it is another computer.
    pub(super) signed: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Known {
    schema_version: u32,
    place: String,
    /// When it was last written.
    time: String,
    /// The same, in microseconds since 1970.
    micros: i64,
    size: u64,
    destroyed: Vec<Confirmed>,
}

/// Keeps what a copy confirmed, and tells what it could not remove. A failure here is no failure of the copy.
pub(super) fn keep(ledger: &Path, place: &str, done: &Replicated, destroyed: Vec<Confirmed>, clock: Clock) {
    for one in destroyed.iter().filter(|one| !one.kept.is_empty()) {
        let keys: Vec<String> = one.kept.iter().map(u64::to_string).collect();
        crate::output::say(&format!(
            "warning: {place} could not remove the data keys {} that entry {} destroyed: the store locks them; the destruction is \
             incomplete",
            keys.join(", "),
            one.index
        ));
    }
    let now = clock.now();
    let known = Known {
        schema_version: 1,
        place: place.to_owned(),
        time: now.to_string(),
        micros: now.0,
        size: done.size,
        destroyed,
    };
    let kept = || -> anyhow::Result<()> {
        let folder = ledger.join(FOLDER);
        std::fs::create_dir_all(&folder)?;
        let name = hex::encode(Sha256::digest(place).get(..8).unwrap_or_default());
        crate::output::atomic::write(
            &folder.join(format!("{name}.json")),
            &serde_json::to_vec_pretty(&known)?,
        )
    };
    if let Err(error) = kept() {
        crate::output::say(&format!("warning: what {place} confirmed is not kept: {error:#}"));
    }
}

fn read(ledger: &Path) -> anyhow::Result<Vec<Known>> {
    let folder = ledger.join(FOLDER);
    let items = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        items => items.with_context(|| format!("cannot read {}", folder.display()))?,
    };
    let mut known = Vec::new();
    for item in items.take(COPIES_MAX) {
        let path = item.with_context(|| format!("cannot read {}", folder.display()))?.path();
        if path.extension().is_some_and(|end| end == "json") {
            let text = crate::inputs::read_text(&path, FILE_BYTES_MAX)?;
            known.push(
                serde_json::from_str::<Known>(&text)
                    .with_context(|| format!("{} is damaged", path.display()))?,
            );
        }
    }
    known.sort_by(|a, b| a.place.cmp(&b.place));
    Ok(known)
}

/// Prints each copy with its lag, and the destructions that it has not confirmed.
pub(super) fn print(ledger: &Path) -> anyhow::Result<u8> {
    let now = Clock::System.now();
    let mut reader = Reader::open(ledger).with_context(|| format!("cannot read {}", ledger.display()))?;
    let (size, destructions) = (reader.size(), reader.governance()?.destructions);
    let age = |from: Timestamp| now.since(from).max(0) / Timestamp::SECOND;
    let copies = read(ledger)?.into_iter().map(|copy| {
        let open = destructions.iter().filter(|one| {
            !copy.destroyed.iter().any(|confirmed| confirmed.index == one.index && confirmed.kept.is_empty())
        });
        let kept = |index: u64| copy.destroyed.iter().find(|one| one.index == index).map(|one| one.kept.clone());
        let open = open.map(|one| {
            json!({ "index": one.index, "keys": one.keys, "kept": kept(one.index), "age_seconds": age(one.time) })
        });
        json!({
            "place": copy.place,
            "written": copy.time,
            "age_seconds": age(Timestamp(copy.micros)),
            "size": copy.size,
            "lag": size.saturating_sub(copy.size),
            "incomplete": open.collect::<Vec<_>>(),
        })
    });
    view::show(&json!({ "schema_version": 1, "size": size, "copies": copies.collect::<Vec<_>>() }))
}
