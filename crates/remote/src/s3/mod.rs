//! S3 and compatible stores: `If-None-Match: *` for objects, `If-Match` for the cell, Object Lock for what must stay.

mod cell;
mod objects;
mod raw;
mod versions;

pub use cell::S3Cell;
pub use objects::S3Objects;
pub use raw::BucketLock;

use crate::Secret;
use crate::runner::{Runner, choose_tls};
use http::{HeaderMap, HeaderName, HeaderValue};
use ledger::storage::{StoreError, StoreResult, check_name};
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum, S3ConditionalPut};
use object_store::path::Path;
use object_store::{BackoffConfig, Certificate, ClientOptions, RetryConfig};
use raw::Raw;
use std::sync::Arc;
use std::time::Duration;
use vocab::Timestamp;

/// How strictly S3 keeps an object until its date (LG-STO-04).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// Nobody can shorten it, not even the owner of the account.
    Compliance,
    /// Who has a special right can.
    Governance,
}

impl LockMode {
    /// As S3 writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compliance => "COMPLIANCE",
            Self::Governance => "GOVERNANCE",
        }
    }
}

/// Object Lock for everything that is written, but for names below [`Lock::except`].
#[derive(Clone, Debug)]
pub struct Lock {
    /// Mode.
    pub mode: LockMode,
    /// Day until which nobody may delete.
    pub until: Timestamp,
    /// Prefix of names that have to stay deletable: wrapped data keys, so that what they open can be destroyed.
    pub except: &'static str,
}

/// Where a store is and how it is asked.
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// Bucket.
    pub bucket: String,
    /// Names begin with this and a `/`; empty: at the top.
    pub prefix: String,
    /// Region, e.g. `ap-northeast-1`.
    pub region: String,
    /// Address of a store that is not AWS, e.g. `https://s3.example.jp`.
    pub endpoint: Option<String>,
    /// Access key id.
    pub key_id: String,
    /// Secret access key.
    pub secret: Secret,
    /// Session token of temporary credentials.
    pub token: Option<Secret>,
    /// Certificate authorities (PEM) that are trusted beside those of the system.
    pub authorities: Option<Vec<u8>>,
    /// Seconds that one request may take.
    pub request_seconds_max: u64,
    /// How often a request that may be repeated is repeated.
    pub retries_max: usize,
    /// Object Lock for what is written.
    pub lock: Option<Lock>,
}

/// A bucket, and a prefix in it.
#[derive(Clone, Debug)]
pub struct S3(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    runner: Runner,
    prefix: String,
    /// Repeats requests.
    plain: AmazonS3,
    /// Repeats requests, and locks what it writes.
    locking: Option<(AmazonS3, &'static str)>,
    /// Asks once: whether an exchange took effect must not be guessed.
    once: AmazonS3,
    raw: Raw,
    /// Whether the bucket keeps versions.
    versioned: bool,
    bucket_lock: BucketLock,
}

impl S3 {
    /// Reaches the bucket and asks whether it keeps versions and has Object Lock.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for an address without TLS that is not this computer, and when a lock is wanted that the
    /// bucket does not have; [`StoreError::Io`].
    pub fn open(settings: &S3Settings) -> StoreResult<Self> {
        choose_tls();
        if !settings.prefix.is_empty() {
            check_name(&settings.prefix)?;
        }
        let unencrypted = settings.endpoint.as_deref().is_some_and(|at| !at.starts_with("https://"));
        if unencrypted && !settings.endpoint.as_deref().is_some_and(is_here) {
            return Err(StoreError::Refused(
                "its address does not begin with https:// and is not this computer".to_owned(),
            ));
        }
        let none = HeaderMap::new();
        let locking = match &settings.lock {
            Some(lock) => Some((client(settings, settings.retries_max, lock_headers(lock)?)?, lock.except)),
            None => None,
        };
        let raw = Raw::new(settings, &options(settings, HeaderMap::new())?)?;
        // A call may repeat its request: each has its own limit.
        let tries = settings.retries_max as u64 + 1;
        let runner = Runner::new(settings.request_seconds_max.saturating_mul(tries) + 1)?;
        let (versioned, bucket_lock) =
            runner.wait("bucket", async { Ok((raw.versioned().await?, raw.lock().await?)) })?;
        if settings.lock.is_some() && bucket_lock == BucketLock::Off {
            return Err(StoreError::Refused(
                "its bucket has no Object Lock; it can only be switched on when a bucket is made".to_owned(),
            ));
        }
        Ok(Self(Arc::new(Inner {
            runner,
            prefix: settings.prefix.clone(),
            plain: client(settings, settings.retries_max, none.clone())?,
            locking,
            once: client(settings, 0, none)?,
            raw,
            versioned,
            bucket_lock,
        })))
    }

    /// What the bucket says about Object Lock.
    #[must_use]
    pub fn bucket_lock(&self) -> &BucketLock {
        &self.0.bucket_lock
    }

    /// Writes a scratch object that is locked for a minute and tries to delete it: a store that only says that it locks is
    /// refused.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the object could be deleted; [`StoreError::Io`].
    pub fn prove_lock(&self, now: Timestamp, scratch: &str) -> StoreResult<()> {
        let name = self.path(scratch)?;
        self.0.runner.wait(scratch, self.0.raw.prove_lock(name.as_ref(), now))
    }

    /// The objects.
    #[must_use]
    pub fn objects(&self) -> S3Objects {
        S3Objects(self.clone())
    }

    /// The cell `name`.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] for a name that no store takes.
    pub fn cell(&self, name: &str) -> StoreResult<S3Cell> {
        check_name(name)?;
        Ok(S3Cell { store: self.clone(), name: name.to_owned() })
    }

    fn path(&self, name: &str) -> StoreResult<Path> {
        check_name(name)?;
        Ok(Path::from(self.full(name)))
    }

    fn full(&self, name: &str) -> String {
        if self.0.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.0.prefix) }
    }
}

/// Whether an address is that of this computer.
fn is_here(address: &str) -> bool {
    let host = address.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    host.is_some_and(|host| {
        let host = host.trim_matches(['[', ']']);
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    })
}

fn lock_headers(lock: &Lock) -> StoreResult<HeaderMap> {
    // S3 takes whole seconds.
    let until = Timestamp::from_seconds(lock.until.seconds()).to_string();
    let until = HeaderValue::from_str(&until).map_err(|error| StoreError::io("date of the lock", error))?;
    let mut headers = HeaderMap::new();
    // Some stores want this name beside the checksum before they lock.
    headers
        .insert(HeaderName::from_static("x-amz-sdk-checksum-algorithm"), HeaderValue::from_static("SHA256"));
    headers.insert(
        HeaderName::from_static("x-amz-object-lock-mode"),
        HeaderValue::from_static(lock.mode.name()),
    );
    headers.insert(HeaderName::from_static("x-amz-object-lock-retain-until-date"), until);
    Ok(headers)
}

fn options(settings: &S3Settings, headers: HeaderMap) -> StoreResult<ClientOptions> {
    let limit = Duration::from_secs(settings.request_seconds_max);
    let mut options = ClientOptions::new()
        .with_allow_http(settings.endpoint.as_deref().is_some_and(is_here))
        .with_connect_timeout(limit.min(Duration::from_secs(10)))
        .with_timeout(limit)
        .with_default_headers(headers);
    if let Some(pem) = &settings.authorities {
        let parsed = Certificate::from_pem_bundle(pem);
        for one in parsed.map_err(|error| StoreError::io("certificate authorities", error))? {
            options = options.with_root_certificate(one);
        }
    }
    Ok(options)
}

fn client(settings: &S3Settings, retries_max: usize, headers: HeaderMap) -> StoreResult<AmazonS3> {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(5),
        base: 2.0,
    };
    let retry_timeout = Duration::from_secs(settings.request_seconds_max.saturating_mul(2));
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_endpoint(raw::endpoint(settings))
        .with_allow_http(settings.endpoint.as_deref().is_some_and(is_here))
        .with_access_key_id(&settings.key_id)
        .with_secret_access_key(settings.secret.reveal())
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_checksum_algorithm(Checksum::SHA256)
        .with_retry(RetryConfig { backoff, max_retries: retries_max, retry_timeout })
        .with_client_options(options(settings, headers)?);
    if let Some(token) = &settings.token {
        builder = builder.with_token(token.reveal());
    }
    builder.build().map_err(|error| StoreError::io("settings of the store", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_computer_may_be_asked_without_tls() {
        for here in ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:9000/"] {
            assert!(is_here(here), "{here}");
        }
        for other in
            ["http://192.0.2.1", "http://localhost.example.jp", "http://127.0.0.1.example.jp", "ftp", ""]
        {
            assert!(!is_here(other), "{other}");
        }
    }

    #[test]
    fn a_lock_names_whole_seconds() {
        let until = Timestamp::from_seconds(1_795_000_000).plus(5);
        let headers = lock_headers(&Lock { mode: LockMode::Compliance, until, except: "keys/" }).unwrap();
        assert_eq!(headers["x-amz-object-lock-mode"], "COMPLIANCE");
        let text = headers["x-amz-object-lock-retain-until-date"].to_str().unwrap();
        assert_eq!(text, Timestamp::from_seconds(1_795_000_000).to_string());
    }
}
