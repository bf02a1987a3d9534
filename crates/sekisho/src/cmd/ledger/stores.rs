//! Where a copy of a ledger is, and how a store on another computer is opened: settings from a file that only its owner
//! reads, or from the environment, never from the command line (LG chapter 12.2).

use crate::clock::Clock;
use crate::error::{Hinted, Usage};
use anyhow::Context as _;
use ledger::Depot;
use ledger::storage::{Cell, DirectoryCell, DirectoryObjects, Objects, StoreError, check};
use remote::{
    BucketLock, Host, HostSettings, Lock, LockMode, Postgres, PostgresSettings, S3, S3Settings, Secret,
};
use serde::Deserialize;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Name of the cell of a store.
pub(super) const CELL: &str = "head";
/// Scratch objects that show whether a store keeps the rules.
const PROBE: &str = "probe";
/// Largest file with settings or certificates, bytes.
const FILE_BYTES_MAX: usize = 1 << 20;
/// Seconds that a request may take when the settings do not say.
const REQUEST_SECONDS_DEFAULT: u64 = 60;
/// Repetitions of a request when the settings do not say.
const RETRIES_DEFAULT: usize = 5;

/// Where a ledger or a copy is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A folder with a ledger.
    Ledger(PathBuf),
    /// A store in a folder.
    Folder(PathBuf),
    /// A bucket and a prefix in it.
    S3(String, String),
    /// Address of a database.
    Postgres(String),
    /// Address of a computer that keeps a copy.
    Host(String),
}

impl Place {
    /// Reads `FOLDER`, `store:FOLDER`, `s3://BUCKET/PREFIX` or `postgresql://...`.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        if let Some(folder) = text.strip_prefix("store:") {
            return Ok(Self::Folder(folder.into()));
        }
        if let Some(rest) = text.strip_prefix("s3://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            if bucket.is_empty() {
                return Err(Usage::error(format!("{text} names no bucket"), "write s3://BUCKET/PREFIX"));
            }
            return Ok(Self::S3(bucket.to_owned(), prefix.trim_end_matches('/').to_owned()));
        }
        if text.starts_with("postgresql://") || text.starts_with("postgres://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        if text.starts_with("https://") || text.starts_with("http://") {
            return Ok(Self::Host(text.to_owned()));
        }
        match text.split_once("://") {
            Some((scheme, _)) => Err(Usage::error(
                format!("no store is reached by {scheme}://"),
                "name a folder, store:FOLDER, s3://BUCKET/PREFIX, postgresql://ROLE@HOST/DATABASE or https://HOST",
            )),
            None => Ok(Self::Ledger(text.into())),
        }
    }
}

/// Content of a file with settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    s3: S3Part,
    postgres: PostgresPart,
    host: HostPart,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct S3Part {
    endpoint: Option<String>,
    region: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<Kept>,
    session_token: Option<Kept>,
    authorities: Option<PathBuf>,
    lock: Option<Mode>,
    retain_days: Option<u32>,
    request_seconds: Option<u64>,
    retries: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PostgresPart {
    cell: Option<String>,
    prefix: String,
    password: Option<Kept>,
    authorities: Option<PathBuf>,
    request_seconds: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HostPart {
    token: Option<Kept>,
    key: Option<String>,
    authorities: Option<PathBuf>,
    request_seconds: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Compliance,
    Governance,
}

/// A secret of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
struct Kept(Secret);

impl From<String> for Kept {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

#[expect(clippy::disallowed_methods, reason = "the binary reads the environment: credentials of stores")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Settings {
    /// Reads the file, which nobody but its owner may read.
    pub(super) fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let name = || format!("cannot read {}", path.display());
        let mode = std::fs::metadata(path).with_context(name)?.mode();
        if mode & 0o077 != 0 {
            return Err(Hinted::error(
                format!("{}: others may read this file with credentials", path.display()),
                format!("chmod 600 {}", path.display()),
            ));
        }
        let text = crate::inputs::read_text(path, FILE_BYTES_MAX)?;
        toml::from_str(&text).map_err(|error| {
            // The whole error shows the line, which may be a secret.
            let line =
                error.span().map_or(0, |span| text.get(..span.start).unwrap_or("").matches('\n').count() + 1);
            Hinted::error(
                format!("{}: line {line}: {}", path.display(), error.message()),
                "docs/stores.md lists the settings",
            )
        })
    }

    fn s3(&self, bucket: &str, prefix: &str, clock: Clock) -> anyhow::Result<S3Settings> {
        let part = &self.s3;
        let missing = |what: &str| {
            Usage::error(
                format!("no {what} for s3://{bucket}"),
                "give --settings FILE (docs/stores.md), or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION",
            )
        };
        let secret = |kept: &Option<Kept>, name| {
            kept.as_ref().map(|kept| kept.0.clone()).or_else(|| environment(name).map(Secret::new))
        };
        let text = |set: &Option<String>, name| set.clone().or_else(|| environment(name));
        let lock = match (part.lock, part.retain_days) {
            (None, None) => None,
            (Some(mode), Some(days)) if days > 0 => Some(Lock {
                mode: match mode {
                    Mode::Compliance => LockMode::Compliance,
                    Mode::Governance => LockMode::Governance,
                },
                until: clock.now().plus(i64::from(days) * vocab::Timestamp::DAY),
                except: Depot::ERASABLE,
            }),
            _ => {
                return Err(Usage::error(
                    "a lock needs both a mode and a time",
                    "set lock = \"compliance\" and retain_days = 400, or neither",
                ));
            }
        };
        Ok(S3Settings {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            region: text(&part.region, "AWS_REGION").unwrap_or_else(|| "us-east-1".to_owned()),
            endpoint: text(&part.endpoint, "AWS_ENDPOINT_URL"),
            key_id: text(&part.access_key_id, "AWS_ACCESS_KEY_ID").ok_or_else(|| missing("access key"))?,
            secret: secret(&part.secret_access_key, "AWS_SECRET_ACCESS_KEY")
                .ok_or_else(|| missing("secret access key"))?,
            token: secret(&part.session_token, "AWS_SESSION_TOKEN"),
            authorities: authorities(part.authorities.as_deref())?,
            request_seconds_max: part.request_seconds.unwrap_or(REQUEST_SECONDS_DEFAULT),
            retries_max: part.retries.unwrap_or(RETRIES_DEFAULT),
            lock,
        })
    }

    /// Opens the client of a copy on another computer.
    pub(super) fn host(&self, url: &str) -> anyhow::Result<Host> {
        let part = &self.host;
        let (Some(token), Some(key)) = (&part.token, &part.key) else {
            return Err(Usage::error(
                format!("no token and key for {url}"),
                "give --settings FILE with [host] token and key, as `sekisho ledger replica init` printed them",
            ));
        };
        if url.starts_with("http://") && !is_here(url) {
            crate::output::say("warning: the token passes on the network as it is; https:// hides it");
        }
        let settings = HostSettings {
            url: url.to_owned(),
            token: token.0.clone(),
            key: key.clone(),
            authorities: authorities(part.authorities.as_deref())?,
            request_seconds_max: part.request_seconds.unwrap_or(REQUEST_SECONDS_DEFAULT),
        };
        Host::open(&settings).with_context(|| format!("cannot open {url}"))
    }

    fn postgres(&self, url: &str) -> anyhow::Result<PostgresSettings> {
        let part = &self.postgres;
        let password = part.password.as_ref().map(|kept| kept.0.clone());
        Ok(PostgresSettings {
            url: url.to_owned(),
            password: password.or_else(|| environment("PGPASSWORD").map(Secret::new)),
            authorities: authorities(part.authorities.as_deref())?,
            prefix: part.prefix.clone(),
            request_seconds_max: part.request_seconds.unwrap_or(REQUEST_SECONDS_DEFAULT),
        })
    }
}

/// Whether an address is that of this computer.
fn is_here(url: &str) -> bool {
    let host =
        url.parse::<hyper::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn authorities(path: Option<&Path>) -> anyhow::Result<Option<Vec<u8>>> {
    path.map(|path| crate::inputs::read_text(path, FILE_BYTES_MAX).map(String::into_bytes)).transpose()
}

/// Where this user works with a ledger that lives in a store.
pub(super) fn work_folder(address: &str) -> anyhow::Result<PathBuf> {
    let state = environment("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.or_else(|| environment("HOME").map(|home| PathBuf::from(home).join(".local/state")));
    let state = state.filter(|state| state.is_absolute()).ok_or_else(|| {
        Usage::error(
            format!("no folder to work in with {address}"),
            "set HOME or XDG_STATE_HOME, or name a folder that `sekisho ledger init --store` made",
        )
    })?;
    Ok(state.join("sekisho/ledgers").join(super::living::short(address)))
}

/// A store that is open.
pub(super) struct Opened {
    pub(super) objects: Box<dyn Objects>,
    pub(super) cell: Box<dyn Cell>,
}

/// Opens a store; `to_write` asks it first whether it keeps the rules.
pub(super) fn open(
    place: &Place,
    settings: &Settings,
    to_write: bool,
    clock: Clock,
) -> anyhow::Result<Opened> {
    match place {
        Place::Ledger(folder) | Place::Folder(folder) => {
            let name = || format!("cannot open the store in {}", folder.display());
            let objects = DirectoryObjects::open(folder).with_context(name)?;
            let cell = DirectoryCell::open(folder, CELL).with_context(name)?;
            Ok(Opened { objects: Box::new(objects), cell: Box::new(cell) })
        }
        Place::Host(url) => {
            Err(Usage::error(format!("{url} is no store"), "use it with `sekisho ledger replicate`"))
        }
        Place::S3(bucket, prefix) => s3(bucket, prefix, settings, to_write, clock),
        Place::Postgres(url) => {
            let store =
                Postgres::open(&settings.postgres(url)?).with_context(|| format!("cannot open {url}"))?;
            Ok(Opened { objects: Box::new(store.objects()), cell: Box::new(store.cell(CELL)?) })
        }
    }
}

fn s3(
    bucket: &str,
    prefix: &str,
    settings: &Settings,
    to_write: bool,
    clock: Clock,
) -> anyhow::Result<Opened> {
    let name = || format!("cannot open s3://{bucket}/{prefix}");
    let asked = settings.s3(bucket, prefix, clock)?;
    let store = S3::open(&asked).with_context(name)?;
    let cell: Box<dyn Cell> = match &settings.postgres.cell {
        Some(url) => {
            let database =
                Postgres::open(&settings.postgres(url)?).with_context(|| format!("cannot open {url}"))?;
            Box::new(database.cell(CELL)?)
        }
        None => Box::new(store.cell(CELL)?),
    };
    let objects = store.objects();
    if to_write {
        prove(&store, &asked, &*cell, clock).with_context(name)?;
        if let BucketLock::Default { mode, period } = store.bucket_lock() {
            crate::output::say(&format!(
                "warning: this bucket locks every object for {period} ({mode}), wrapped data keys too: what is sealed under \
                 them cannot be destroyed there before"
            ));
        }
    }
    Ok(Opened { objects: Box::new(objects), cell })
}

/// A store that ignores conditions or locks is refused (12.2): with the whole table when it is first used, then with one
/// object each time.
fn prove(store: &S3, asked: &S3Settings, cell: &dyn Cell, clock: Clock) -> anyhow::Result<()> {
    let nonce = hex::encode(clock.random()?.get(..8).unwrap_or_default());
    let first = cell.load()?.is_none();
    let scratch = S3::open(&S3Settings { lock: None, ..asked.clone() })?;
    let objects = scratch.objects();
    if first {
        let scratch_cell = format!("{PROBE}/{nonce}-cell");
        check(&objects, &scratch.cell(&scratch_cell)?, &format!("{PROBE}/{nonce}"))?;
        match objects.delete(&scratch_cell) {
            Err(StoreError::Refused(_)) => {}
            deleted => deleted?,
        }
        if asked.lock.is_some() {
            store.prove_lock(clock.now(), &format!("{PROBE}/{nonce}-lock"))?;
        }
    }
    let condition = format!("{PROBE}/condition");
    match (objects.put_if_absent(&condition, nonce.as_bytes()), first) {
        (Err(StoreError::Exists { .. }), _) => Ok(()),
        (Ok(()), _) => match objects.put_if_absent(&condition, b"another") {
            Err(StoreError::Exists { .. }) => Ok(()),
            Ok(()) => Err(StoreError::Refused(
                "it replaces an object: the condition If-None-Match is ignored".to_owned(),
            )
            .into()),
            Err(error) => Err(error.into()),
        },
        (Err(error), _) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_apart() {
        let parsed = |text: &str| Place::parse(text).unwrap();
        assert_eq!(parsed("copy"), Place::Ledger("copy".into()));
        assert_eq!(parsed("store:/mnt/nas"), Place::Folder("/mnt/nas".into()));
        assert_eq!(parsed("s3://bucket"), Place::S3("bucket".into(), String::new()));
        assert_eq!(parsed("s3://bucket/a/b/"), Place::S3("bucket".into(), "a/b".into()));
        assert!(matches!(parsed("postgresql://x@y/z"), Place::Postgres(_)));
        assert!(Place::parse("s3://").is_err() && Place::parse("ftp://x").is_err());
    }

    #[test]
    fn settings_that_others_may_read_are_refused_and_secrets_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.toml");
        let text = "[s3]\naccess_key_id = \"A\"\nsecret_access_key = \"topsecret\"\n";
        #[expect(clippy::disallowed_methods, reason = "a test")]
        std::fs::write(&path, text).unwrap();
        let mode = |bits| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(bits)).unwrap();
        mode(0o640);
        assert!(Settings::read(Some(&path)).is_err());
        mode(0o600);
        let read = Settings::read(Some(&path)).unwrap();
        assert!(!format!("{read:?}").contains("topsecret"));
        let lock = "lock = \"governance\"\n";
        #[expect(clippy::disallowed_methods, reason = "a test")]
        std::fs::write(&path, format!("{text}{lock}")).unwrap();
        let half = Settings::read(Some(&path)).unwrap().s3("b", "", Clock::System);
        assert!(half.is_err(), "a mode without a time");
        for wrong in ["[s3]\nsecret_access_key = topsecret\n", "[s3]\nsecret = \"topsecret\"\n"] {
            #[expect(clippy::disallowed_methods, reason = "a test")]
            std::fs::write(&path, wrong).unwrap();
            let error = Settings::read(Some(&path)).unwrap_err().to_string();
            assert!(error.contains("line 2") && !error.contains("topsecret"), "{error}");
        }
    }
}
