//! PostgreSQL. A connection that broke is made anew at the next transaction; a statement is never repeated, because nobody
//! knows whether it took effect.

use crate::{Error, Result, Row, Value};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::future::Future;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a statement may take.
const ANSWER: Duration = Duration::from_secs(30);

pub(crate) struct Postgres {
    runtime: Runtime,
    config: Config,
    client: Option<Client>,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The configuration holds the password.
        f.write_str("Postgres")
    }
}

impl Postgres {
    pub(super) fn open(address: &str, password: Option<&str>) -> Result<Self> {
        let mut config: Config = address.parse().map_err(Error::from)?;
        if config.get_password().is_some() {
            return Err(Error::Address(
                "it holds a password, which others on this computer can see".to_owned(),
            ));
        }
        if let Some(password) = password {
            config.password(password);
        }
        config.application_name("sekisho").connect_timeout(Duration::from_secs(10));
        if !is_here(&config) {
            if config.get_ssl_mode() == SslMode::Disable {
                return Err(Error::Address("another computer is only asked through TLS".to_owned()));
            }
            config.ssl_mode(SslMode::Require);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| Error::Database(error.to_string()))?;
        let mut postgres = Self { runtime, config, client: None };
        postgres.begin()?;
        postgres.end(false)?;
        Ok(postgres)
    }

    fn wait<T>(
        &self,
        work: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        let done = self.runtime.block_on(async { tokio::time::timeout(ANSWER, work).await });
        done.map_err(|_| Error::Database("no answer within 30 seconds".to_owned()))?.map_err(Error::from)
    }

    fn connect(&self) -> Result<Client> {
        if is_here(&self.config) && self.config.get_ssl_mode() != SslMode::Require {
            let (client, connection) = self.wait(self.config.connect(NoTls))?;
            self.runtime.spawn(async move { drop(connection.await) });
            return Ok(client);
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = ClientConfig::builder()
            .with_platform_verifier()
            .map_err(|error| Error::Database(error.to_string()))?
            .with_no_client_auth();
        let (client, connection) = self.wait(self.config.connect(MakeRustlsConnect::new(tls)))?;
        self.runtime.spawn(async move { drop(connection.await) });
        Ok(client)
    }

    pub(super) fn begin(&mut self) -> Result<()> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            self.client = Some(self.connect()?);
        }
        self.batch("BEGIN")
    }

    pub(super) fn end(&mut self, keep: bool) -> Result<()> {
        let ended = self.batch(if keep { "COMMIT" } else { "ROLLBACK" });
        if ended.is_err() {
            self.client = None;
        }
        ended
    }

    fn batch(&self, sql: &str) -> Result<()> {
        let client = self.client()?;
        self.wait(client.batch_execute(sql))
    }

    fn client(&self) -> Result<&Client> {
        self.client.as_ref().ok_or_else(|| Error::Database("the connection was lost".to_owned()))
    }

    pub(super) fn execute(&self, sql: &str, values: &[Value]) -> Result<u64> {
        let client = self.client()?;
        self.wait(client.execute_raw(sql, values))
    }

    pub(super) fn query(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>> {
        let client = self.client()?;
        let values: Vec<&(dyn ToSql + Sync)> =
            values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let rows = self.wait(client.query(sql, &values))?;
        rows.iter().map(row).collect()
    }
}

fn row(row: &tokio_postgres::Row) -> Result<Row> {
    let mut values = Vec::with_capacity(row.len());
    for (column, about) in row.columns().iter().enumerate() {
        let value = match *about.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(column)?.map_or(Value::Null, Value::Int),
            Type::INT4 => {
                row.try_get::<_, Option<i32>>(column)?.map_or(Value::Null, |v| Value::Int(i64::from(v)))
            }
            Type::BOOL => {
                row.try_get::<_, Option<bool>>(column)?.map_or(Value::Null, |v| Value::Int(i64::from(v)))
            }
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(column)?.map_or(Value::Null, Value::Bytes),
            _ => row.try_get::<_, Option<String>>(column)?.map_or(Value::Null, Value::Text),
        };
        values.push(value);
    }
    Ok(Row(values))
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) if *kind == Type::INT4 => i32::try_from(*value)?.to_sql(kind, out),
            Self::Int(value) => value.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }

    to_sql_checked!();
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
