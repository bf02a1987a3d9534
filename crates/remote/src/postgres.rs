//! PostgreSQL: a row for the cell, rows for objects (docs/spec/ledger.md 12.2). A database that does not sync is refused.

use crate::Secret;
use crate::runner::{Runner, choose_tls};
use ledger::storage::{
    CELL_BYTES_MAX, Cell, LIST_NAMES_MAX, Objects, StoreError, StoreResult, Versioned, check_name,
    check_object,
};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Makes the tables, when the role may; docs/stores.md has the statements for an administrator.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS sekisho_cell (
  name text PRIMARY KEY, version bigint NOT NULL, value bytea NOT NULL);
CREATE TABLE IF NOT EXISTS sekisho_object (
  name text COLLATE \"C\" PRIMARY KEY, content bytea NOT NULL);";

/// Which database, and how it is asked.
#[derive(Clone, Debug)]
pub struct PostgresSettings {
    /// Address without password, e.g. `postgresql://sekisho@db.example.jp/sekisho`.
    pub url: String,
    /// Password.
    pub password: Option<Secret>,
    /// Certificate authorities (PEM) that are trusted instead of those of the system.
    pub authorities: Option<Vec<u8>>,
    /// Names of this ledger begin with this and a `/`; empty: the database holds one ledger.
    pub prefix: String,
    /// Seconds that one statement may take.
    pub request_seconds_max: u64,
}

/// A database.
#[derive(Clone)]
pub struct Postgres(Arc<Inner>);

struct Inner {
    runner: Runner,
    config: Config,
    tls: MakeRustlsConnect,
    prefix: String,
    client: Mutex<Option<Arc<Client>>>,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The configuration holds the password.
        f.debug_struct("Postgres").field("prefix", &self.0.prefix).finish_non_exhaustive()
    }
}

impl Postgres {
    /// Reaches the database, makes its tables when they are not there, and looks whether it syncs.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the address holds a password, when `fsync` or `synchronous_commit` is off, and for
    /// another computer without TLS; [`StoreError::Io`].
    pub fn open(settings: &PostgresSettings) -> StoreResult<Self> {
        choose_tls();
        if !settings.prefix.is_empty() {
            check_name(&settings.prefix)?;
        }
        let failed = |error: tokio_postgres::Error| StoreError::io("address of the database", told(&error));
        let mut config: Config = settings.url.parse().map_err(failed)?;
        if config.get_password().is_some() {
            return Err(StoreError::Refused(
                "its address holds a password, which others on this computer can see".to_owned(),
            ));
        }
        if let Some(password) = &settings.password {
            config.password(password.reveal());
        }
        config.application_name("sekisho").connect_timeout(Duration::from_secs(10));
        if !is_here(&config) {
            if config.get_ssl_mode() == SslMode::Disable {
                return Err(StoreError::Refused("another computer is only asked through TLS".to_owned()));
            }
            config.ssl_mode(SslMode::Require);
        }
        let inner = Inner {
            runner: Runner::new(settings.request_seconds_max)?,
            config,
            tls: MakeRustlsConnect::new(tls(settings.authorities.as_deref())?),
            prefix: settings.prefix.clone(),
            client: Mutex::new(None),
        };
        let store = Self(Arc::new(inner));
        store
            .ask("database", |client| async move {
                // A role without the right to make tables works on tables that are there.
                if client
                    .query_one(
                        "SELECT to_regclass('sekisho_cell') IS NULL OR to_regclass('sekisho_object') IS NULL",
                        &[],
                    )
                    .await?
                    .get(0)
                {
                    client.batch_execute(TABLES).await?;
                }
                for name in ["fsync", "synchronous_commit", "full_page_writes"] {
                    let row = client.query_one("SELECT current_setting($1)", &[&name]).await?;
                    if row.get::<_, String>(0) == "off" {
                        return Ok(Some(name));
                    }
                }
                Ok(None)
            })?
            .map_or(Ok(store), |off| {
                Err(StoreError::Refused(format!(
                    "its setting {off} is off: what it acknowledges may be lost"
                )))
            })
    }

    /// The objects.
    #[must_use]
    pub fn objects(&self) -> PostgresObjects {
        PostgresObjects(self.clone())
    }

    /// The cell `name`.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] for a name that no store takes.
    pub fn cell(&self, name: &str) -> StoreResult<PostgresCell> {
        check_name(name)?;
        Ok(PostgresCell { store: self.clone(), name: self.full(name) })
    }

    fn full(&self, name: &str) -> String {
        if self.0.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.0.prefix) }
    }

    async fn connected(&self) -> Result<Arc<Client>, tokio_postgres::Error> {
        let known = self.0.client.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(client) = known.filter(|client| !client.is_closed()) {
            return Ok(client);
        }
        let client = if is_here(&self.0.config) && self.0.config.get_ssl_mode() != SslMode::Require {
            let (client, connection) = self.0.config.connect(NoTls).await?;
            tokio::spawn(async move { drop(connection.await) });
            client
        } else {
            let (client, connection) = self.0.config.connect(self.0.tls.clone()).await?;
            tokio::spawn(async move { drop(connection.await) });
            client
        };
        let client = Arc::new(client);
        *self.0.client.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&client));
        Ok(client)
    }

    /// One statement is not repeated: whether it took effect must not be guessed.
    fn ask<T, F>(&self, name: &str, work: impl FnOnce(Arc<Client>) -> F) -> StoreResult<T>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        self.0.runner.wait(name, async {
            let done = async { work(self.connected().await?).await }.await;
            done.map_err(|error| StoreError::io(name, told(&error)))
        })
    }
}

/// Whether the database is on this computer.
fn is_here(config: &Config) -> bool {
    !config.get_hosts().is_empty()
        && config.get_hosts().iter().all(|host| match host {
            Host::Tcp(host) => {
                host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
            Host::Unix(_) => true,
        })
        && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
}

fn tls(authorities: Option<&[u8]>) -> StoreResult<ClientConfig> {
    let failed = |error: String| StoreError::io("certificate authorities", error);
    let builder = ClientConfig::builder();
    let Some(pem) = authorities else {
        let builder = builder.with_platform_verifier().map_err(|error| failed(error.to_string()))?;
        return Ok(builder.with_no_client_auth());
    };
    let mut roots = rustls::RootCertStore::empty();
    for one in CertificateDer::pem_slice_iter(pem) {
        let one = one.map_err(|error| failed(error.to_string()))?;
        roots.add(one).map_err(|error| failed(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(failed("no certificate in the file".to_owned()));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// What the database said, not only that it said something.
fn told(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(said), _) => format!("{} {}", said.code().code(), said.message()),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

/// A cell as a row.
#[derive(Clone, Debug)]
pub struct PostgresCell {
    store: Postgres,
    name: String,
}

impl Cell for PostgresCell {
    fn load(&self) -> StoreResult<Option<Versioned>> {
        let row = self.store.ask(&self.name, |client| async move {
            client.query_opt("SELECT version, value FROM sekisho_cell WHERE name = $1", &[&self.name]).await
        })?;
        Ok(row.map(|row| Versioned { value: row.get(1), version: row.get::<_, i64>(0).to_string() }))
    }

    fn compare_and_swap(&self, expected: Option<&str>, value: &[u8]) -> StoreResult<String> {
        if value.len() > CELL_BYTES_MAX {
            let what = "a value of at most 64 KiB expected";
            return Err(StoreError::Unfit { name: self.name.clone(), what });
        }
        let version: i64 = match expected {
            None => 0,
            Some(text) => text.parse().ok().filter(|version| *version > 0).ok_or(StoreError::Stale)?,
        };
        let changed = self.store.ask(&self.name, |client| async move {
            if version == 0 {
                let insert = "INSERT INTO sekisho_cell VALUES ($1, 1, $2) ON CONFLICT DO NOTHING";
                client.execute(insert, &[&self.name, &value]).await
            } else {
                let update =
                    "UPDATE sekisho_cell SET version = version + 1, value = $2 WHERE name = $1 AND version = $3";
                client.execute(update, &[&self.name, &value, &version]).await
            }
        })?;
        if changed == 1 { Ok((version + 1).to_string()) } else { Err(StoreError::Stale) }
    }
}

/// Objects as rows.
#[derive(Clone, Debug)]
pub struct PostgresObjects(Postgres);

impl Objects for PostgresObjects {
    fn get(&self, name: &str) -> StoreResult<Option<Vec<u8>>> {
        check_name(name)?;
        let full = self.0.full(name);
        let row = self.0.ask(name, |client| async move {
            client.query_opt("SELECT content FROM sekisho_object WHERE name = $1", &[&full]).await
        })?;
        Ok(row.map(|row| row.get(0)))
    }

    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> StoreResult<()> {
        check_object(name, bytes)?;
        let full = self.0.full(name);
        let insert = "INSERT INTO sekisho_object VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let put = self.0.ask(name, |client| async move { client.execute(insert, &[&full, &bytes]).await })?;
        if put == 1 || self.get(name)?.as_deref() == Some(bytes) {
            Ok(())
        } else {
            Err(StoreError::Exists { name: name.to_owned() })
        }
    }

    fn list(&self, prefix: &str, after: Option<&str>) -> StoreResult<Vec<String>> {
        let full = self.0.full(prefix);
        let behind = after.map_or_else(String::new, |after| self.0.full(after));
        let limit = i64::try_from(LIST_NAMES_MAX).unwrap_or(i64::MAX);
        let select = "SELECT name FROM sekisho_object WHERE starts_with(name, $1) AND name >= $1 AND name > $2 \
            ORDER BY name LIMIT $3";
        let rows = self
            .0
            .ask(prefix, |client| async move { client.query(select, &[&full, &behind, &limit]).await })?;
        let skip = self.0.full("").len();
        Ok(rows.iter().filter_map(|row| row.get::<_, &str>(0).get(skip..).map(str::to_owned)).collect())
    }

    fn delete(&self, name: &str) -> StoreResult<()> {
        check_name(name)?;
        let full = self.0.full(name);
        let deleted = self.0.0.runner.wait(name, async {
            let work = async {
                let client = self.0.connected().await?;
                client.execute("DELETE FROM sekisho_object WHERE name = $1", &[&full]).await
            };
            match work.await {
                // insufficient_privilege: the role may add and read only, as it should.
                Err(error) if error.code().is_some_and(|code| code.code() == "42501") => {
                    Err(StoreError::Refused(format!("{name} may not be deleted by this role")))
                }
                done => done.map_err(|error| StoreError::io(name, told(&error))),
            }
        });
        deleted.map(|_| ())
    }
}
