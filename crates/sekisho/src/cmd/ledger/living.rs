//! A ledger that lives in a store (LG chapter 12.3): the folder of its writer names the store, and every command that takes a folder
//! takes the address of the store as well.

use super::stores::{self, Opened, Place, Settings};
use super::write;
use crate::clock::{Clock, Stopwatch};
use crate::error::{Hinted, Usage};
use crate::progress::Progress;
use anyhow::Context as _;
use ledger::storage::{Objects, StoreResult};
use ledger::{CaughtUp, Depot, Error, Ledger, Replica, catch_up};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// File in the folder that names the store.
const HOME: &str = "home.json";
const HOME_BYTES_MAX: usize = 64 << 10;
/// Shortest time between two exchanges of the cell: a shared store sees a few a second (LG-STO-07).
const BATCH_SECONDS_MIN: f64 = 0.25;
/// A store that locks what it takes is opened anew after this time, so that each lock counts from the day of writing.
const RENEW_SECONDS: f64 = 6.0 * 3_600.0;
/// How often a folder is brought up again when another writer was quicker.
const TRIES_MAX: usize = 3;

/// What the folder says of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Home {
    schema_version: u32,
    store: String,
    settings: Option<PathBuf>,
}

/// A store that a ledger lives in.
#[derive(Clone, Debug)]
pub(super) struct Living {
    home: Home,
    place: Place,
}

impl Living {
    /// The store at an address; a path without scheme is that of a store in a folder.
    pub(super) fn new(address: &str, settings: Option<&Path>) -> anyhow::Result<Self> {
        let place = match Place::parse(address)? {
            Place::Host(url) => {
                return Err(Usage::error(
                    format!("{url} keeps copies; a ledger cannot live there"),
                    "name store:FOLDER, s3://BUCKET/PREFIX or postgresql://ROLE@HOST/DATABASE",
                ));
            }
            Place::Ledger(folder) | Place::Folder(folder) => {
                let name = || format!("cannot name the store {}", folder.display());
                Place::Folder(std::path::absolute(&folder).with_context(name)?)
            }
            place => place,
        };
        let store = match &place {
            Place::Folder(folder) => format!("store:{}", folder.display()),
            _ => address.to_owned(),
        };
        let settings = settings.map(std::path::absolute).transpose().context("cannot name the settings")?;
        Ok(Self { home: Home { schema_version: 1, store, settings }, place })
    }

    /// The store that a folder names; `None` where the ledger lives in the folder itself.
    pub(super) fn of(folder: &Path) -> anyhow::Result<Option<Self>> {
        let path = folder.join(HOME);
        if !path.exists() {
            return Ok(None);
        }
        let text = crate::inputs::read_text(&path, HOME_BYTES_MAX)?;
        let home: Home =
            serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
        let living = Self::new(&home.store, home.settings.as_deref())?;
        Ok(Some(living))
    }

    /// Writes down in the folder where the ledger lives.
    pub(super) fn name_in(&self, folder: &Path) -> anyhow::Result<()> {
        let bytes = serde_json::to_vec_pretty(&self.home).context("cannot write JSON")?;
        crate::output::atomic::write(&folder.join(HOME), &bytes)
    }

    fn settings(&self) -> anyhow::Result<Settings> {
        Settings::read(self.home.settings.as_deref())
    }

    fn unreachable(&self) -> String {
        format!("cannot work with the store {}", self.home.store)
    }

    fn reading(&self) -> anyhow::Result<Depot<'static>> {
        let opened = stores::open(&self.place, &self.settings()?, false, Clock::System)?;
        Ok(Depot::read(opened.objects, opened.cell)?)
    }

    /// Takes over writing.
    pub(super) fn writing(&self) -> anyhow::Result<Depot<'static>> {
        let settings = self.settings()?;
        let Opened { objects, cell } =
            stores::open(&self.place, &settings, true, Clock::System).with_context(|| self.unreachable())?;
        let watch = Clock::System.stopwatch();
        let objects = Renewed { living: self.clone(), open: Mutex::new((watch, objects)) };
        let depot = Depot::write(objects, cell).with_context(|| self.unreachable())?;
        let mut last: Option<Stopwatch> = None;
        Ok(depot.paced(move || {
            if let Some(last) = last {
                std::thread::sleep(Duration::from_secs_f64((BATCH_SECONDS_MIN - last.seconds()).max(0.0)));
            }
            last = Some(Clock::System.stopwatch());
        }))
    }

    /// Brings the folder up to what the store acknowledged.
    fn catch_up(&self, folder: &Path) -> anyhow::Result<()> {
        let progress = Progress::on_terminal(false);
        let mut depot = self.reading().with_context(|| self.unreachable())?;
        let done = catch_up(folder, &mut depot, None, &mut |done, of| progress.steps(done, of));
        progress.clear();
        let CaughtUp { cut, .. } = done.with_context(|| self.unreachable())?;
        if cut > 0 {
            crate::output::say(&format!(
                "warning: {cut} entries that were never acknowledged were cut off: another writer had taken over the store"
            ));
        }
        Ok(())
    }

    /// From now on nothing is acknowledged before the store has it; `false`: the store has more than the folder.
    pub(super) fn live_on(&self, ledger: &mut Ledger) -> anyhow::Result<bool> {
        let removed = ledger.live_on(self.writing()?).with_context(|| self.unreachable())?;
        for one in removed.iter().flatten().filter(|one| !one.kept.is_empty()) {
            let keys: Vec<String> = one.kept.iter().map(u64::to_string).collect();
            crate::output::say(&format!(
                "warning: the store locks the data keys {} that entry {} destroyed; the destruction is incomplete",
                keys.join(", "),
                one.index
            ));
        }
        Ok(removed.is_some())
    }

    /// Brings the folder of a ledger back that was lost.
    pub(super) fn recover(&self, folder: &Path, secret: &Path) -> anyhow::Result<u8> {
        if folder.exists() {
            return Err(Usage::error(format!("{} exists already", folder.display()), "name a new folder"));
        }
        write::read_secret(secret)?;
        if self.reading().with_context(|| self.unreachable())?.size() == 0 {
            return Err(Usage::error(
                format!("{} holds no ledger", self.home.store),
                "leave --recover out to make one there",
            ));
        }
        self.catch_up(folder)?;
        self.name_in(folder)?;
        let reader =
            ledger::Reader::open(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        write::print(&[reader.verifier_key().to_owned()])
    }

    /// Everything that the store holds, in a new folder, read from the store alone.
    pub(super) fn fetch(&self, folder: &Path, quiet: bool) -> anyhow::Result<()> {
        let depot = self.reading().with_context(|| self.unreachable())?;
        if depot.size() == 0 {
            return Err(Usage::error(
                format!("{} holds no ledger", self.home.store),
                "name a store that does",
            ));
        }
        let progress = Progress::on_terminal(quiet);
        let mut replica = Replica::open(folder, None)?;
        let done = depot.fetch(&mut replica, &mut |done, of| progress.steps(done, of));
        progress.clear();
        done.map(drop).with_context(|| format!("{} does not hold", self.home.store))
    }
}

/// The store behind an address; `None` for a folder.
pub(super) fn at(text: &Path, settings: Option<&Path>) -> anyhow::Result<Option<Living>> {
    match text.to_str().filter(|text| text.contains("://") || text.starts_with("store:")) {
        Some(address) => Living::new(address, settings).map(Some),
        None => Ok(None),
    }
}

/// Folder and store of a ledger that is to be made, or brought back; an address alone is its store.
pub(super) fn place(
    ledger: PathBuf,
    store: Option<&str>,
    settings: Option<&Path>,
) -> anyhow::Result<(PathBuf, Option<Living>)> {
    let Some(living) = at(&ledger, settings)? else {
        return Ok((ledger, store.map(|store| Living::new(store, settings)).transpose()?));
    };
    if store.is_some() {
        return Err(Usage::error("two stores are named", "name a folder, and its store with --store"));
    }
    let folder = stores::work_folder(&living.home.store)?;
    make_parent(&folder)?;
    Ok((folder, Some(living)))
}

fn make_parent(folder: &Path) -> anyhow::Result<()> {
    let above = folder.parent().unwrap_or(folder);
    std::fs::create_dir_all(above).with_context(|| format!("cannot make {}", above.display()))
}

/// The folder in which a command works: that of the ledger, or for an address the one that this user works in. Where the ledger lives
/// in a store, what the store has is there when this returns; a store that cannot be reached stops only those who write.
pub(super) fn arrive(ledger: &Path, settings: Option<&Path>) -> anyhow::Result<PathBuf> {
    let Some(living) = at(ledger, settings)? else {
        if let Some(living) = Living::of(ledger)? {
            told(living.catch_up(ledger))?;
        }
        return Ok(ledger.to_owned());
    };
    let folder = stores::work_folder(&living.home.store)?;
    if let Some(known) = Living::of(&folder)? {
        let living = if settings.is_some() && known.home != living.home {
            living.name_in(&folder)?;
            living
        } else {
            known
        };
        told(living.catch_up(&folder))?;
        return Ok(folder);
    }
    if living.reading().with_context(|| living.unreachable())?.size() == 0 {
        return Err(Usage::error(
            format!("{} holds no ledger", living.home.store),
            format!("`sekisho ledger init FOLDER --secret FILE --store {}` makes one", living.home.store),
        ));
    }
    crate::output::say(&format!("works in {}", folder.display()));
    make_parent(&folder)?;
    living.catch_up(&folder)?;
    living.name_in(&folder)?;
    Ok(folder)
}

/// Before the ledger of a service is read: what other computers added since is fetched, where it lives in a store.
pub(crate) fn bring_up(folder: &Path) -> anyhow::Result<()> {
    arrive(folder, None).map(drop)
}

/// A store that cannot be reached, or a folder that another program writes in, is no reason not to read the folder.
fn told(caught_up: anyhow::Result<()>) -> anyhow::Result<()> {
    let Err(error) = caught_up else { return Ok(()) };
    match error.downcast_ref::<Error>() {
        Some(Error::Locked { .. }) => Ok(()),
        Some(Error::Store(_)) | None => {
            crate::output::say(&format!("warning: {error:#}; what the folder holds may be older"));
            Ok(())
        }
        Some(_) => Err(error),
    }
}

/// Opens a ledger with `open`, and lets it live in the store that its folder names. Where another writer was quicker, the folder is
/// brought up first.
pub(super) fn open<T>(
    folder: &Path,
    open: impl Fn() -> anyhow::Result<(Ledger, T)>,
) -> anyhow::Result<(Ledger, T)> {
    let Some(living) = Living::of(folder)? else { return open() };
    for _ in 0..TRIES_MAX {
        let (mut ledger, found) = open()?;
        if living.live_on(&mut ledger)? {
            return Ok((ledger, found));
        }
        drop(ledger);
        living.catch_up(folder)?;
    }
    Err(Hinted::error(
        format!("another writer keeps taking over {}", living.home.store),
        "one writer at a time: end the other one",
    ))
}

/// The objects of a store whose locks count from the day of writing.
struct Renewed {
    living: Living,
    open: Mutex<(Stopwatch, Box<dyn Objects>)>,
}

impl Renewed {
    fn with<T>(&self, work: impl FnOnce(&dyn Objects) -> StoreResult<T>) -> StoreResult<T> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.0.seconds() > RENEW_SECONDS {
            let again = self.living.settings().and_then(|settings| {
                stores::open(&self.living.place, &settings, false, Clock::System).map(|opened| opened.objects)
            });
            let failed =
                |error: anyhow::Error| ledger::storage::StoreError::io("store", format!("{error:#}"));
            *open = (Clock::System.stopwatch(), again.map_err(failed)?);
        }
        work(&*open.1)
    }
}

impl Objects for Renewed {
    fn get(&self, name: &str) -> StoreResult<Option<Vec<u8>>> {
        self.with(|objects| objects.get(name))
    }
    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> StoreResult<()> {
        self.with(|objects| objects.put_if_absent(name, bytes))
    }
    fn list(&self, prefix: &str, after: Option<&str>) -> StoreResult<Vec<String>> {
        self.with(|objects| objects.list(prefix, after))
    }
    fn delete(&self, name: &str) -> StoreResult<()> {
        self.with(|objects| objects.delete(name))
    }
}

/// Name of the folder for an address.
pub(super) fn short(address: &str) -> String {
    hex::encode(Sha256::digest(address).get(..8).unwrap_or_default())
}
