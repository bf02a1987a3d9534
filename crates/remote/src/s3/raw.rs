//! The few requests that `object_store` does not make: versions, and what a bucket says about Object Lock.

use super::S3Settings;
use crate::told;
use futures_util::TryStreamExt as _;
use http::{Method, Request, StatusCode};
use ledger::storage::{StoreError, StoreResult};
use object_store::ClientOptions;
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::{HttpClient, HttpConnector as _, HttpRequestBody, ReqwestConnector};
use quick_xml::Reader;
use quick_xml::events::Event;
use vocab::Timestamp;

/// Largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// How long the scratch object of a probe is locked, in seconds.
const PROBE_SECONDS: i64 = 60;

/// What a bucket says about Object Lock (LG-STO-04).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketLock {
    /// There is none.
    Off,
    /// An object is locked when whoever writes it says so.
    On,
    /// Every object is locked by itself, e.g. `COMPLIANCE` for `400 days`: wrapped data keys too.
    Default {
        /// Mode.
        mode: String,
        /// For how long.
        period: String,
    },
}

/// A version of an object, or a marker that hides it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Version {
    /// Whole name.
    pub(super) name: String,
    /// Names the version.
    pub(super) id: String,
    /// A delete marker.
    pub(super) marker: bool,
}

/// A part of a listing, with the marks of name and version where the next begins.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) versions: Vec<Version>,
    pub(super) next: Option<(String, String)>,
}

/// Signs and sends requests.
#[derive(Debug)]
pub(super) struct Raw {
    client: HttpClient,
    credential: AwsCredential,
    region: String,
    /// Address of the bucket.
    url: String,
}

/// Address of the store.
pub(super) fn endpoint(settings: &S3Settings) -> String {
    match &settings.endpoint {
        Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
        None => format!("https://s3.{}.amazonaws.com", settings.region),
    }
}

struct Answer {
    status: StatusCode,
    body: String,
    version: Option<String>,
}

impl Raw {
    pub(super) fn new(settings: &S3Settings, options: &ClientOptions) -> StoreResult<Self> {
        let client = ReqwestConnector::default().connect(options);
        Ok(Self {
            client: client.map_err(|error| StoreError::io("settings of the store", error))?,
            credential: AwsCredential {
                key_id: settings.key_id.clone(),
                secret_key: settings.secret.reveal().to_owned(),
                token: settings.token.as_ref().map(|token| token.reveal().to_owned()),
            },
            region: settings.region.clone(),
            url: format!("{}/{}", endpoint(settings), settings.bucket),
        })
    }

    async fn send(
        &self,
        method: Method,
        rest: &str,
        headers: &[(&'static str, String)],
        body: &'static [u8],
    ) -> StoreResult<Answer> {
        let failed = |error: String| StoreError::io(rest, error);
        let mut request = Request::builder().method(method).uri(format!("{}{rest}", self.url));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let body = HttpRequestBody::from(bytes::Bytes::from_static(body));
        let mut request = request.body(body).map_err(|error| failed(error.to_string()))?;
        let signer = AwsAuthorizer::new(&self.credential, "s3", &self.region);
        signer.try_authorize(&mut request, None).map_err(|error| failed(error.to_string()))?;
        let answer = self.client.execute(request).await.map_err(|error| failed(told(&error)))?;
        let version = answer.headers().get("x-amz-version-id");
        let version = version.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = answer.status();
        let mut stream = answer.into_body().bytes_stream();
        let mut body = Vec::new();
        while let Some(part) = stream.try_next().await.map_err(|error| failed(told(&error)))? {
            if body.len() + part.len() > ANSWER_BYTES_MAX {
                return Err(failed("the answer is larger than the limit".to_owned()));
            }
            body.extend_from_slice(&part);
        }
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned(), version })
    }

    async fn get(&self, rest: &str) -> StoreResult<Answer> {
        self.send(Method::GET, rest, &[], b"").await
    }

    /// Whether the bucket keeps versions, now or before.
    pub(super) async fn versioned(&self) -> StoreResult<bool> {
        let answer = self.get("?versioning=").await?;
        match answer.status {
            StatusCode::OK => {
                Ok(texts(&answer.body, "Status").first().is_some_and(|status| !status.is_empty()))
            }
            // A store that knows no versions.
            StatusCode::NOT_IMPLEMENTED | StatusCode::METHOD_NOT_ALLOWED => Ok(false),
            _ => Err(refused("asking for its versions", &answer)),
        }
    }

    /// What the bucket says about Object Lock.
    pub(super) async fn lock(&self) -> StoreResult<BucketLock> {
        let answer = self.get("?object-lock=").await?;
        let one = |name| texts(&answer.body, name).into_iter().next().unwrap_or_default();
        match answer.status {
            StatusCode::OK if one("ObjectLockEnabled") != "Enabled" => Ok(BucketLock::Off),
            StatusCode::OK if one("Mode").is_empty() => Ok(BucketLock::On),
            StatusCode::OK => {
                let period = match (one("Days").as_str(), one("Years").as_str()) {
                    ("" | "0", years) => format!("{years} years"),
                    (days, _) => format!("{days} days"),
                };
                Ok(BucketLock::Default { mode: one("Mode"), period })
            }
            StatusCode::NOT_FOUND if one("Code") == "NoSuchBucket" => {
                Err(refused("finding its bucket", &answer))
            }
            StatusCode::NOT_FOUND | StatusCode::NOT_IMPLEMENTED | StatusCode::METHOD_NOT_ALLOWED => {
                Ok(BucketLock::Off)
            }
            _ => Err(refused("asking for its Object Lock", &answer)),
        }
    }

    /// A page of versions of names that begin with `prefix`.
    pub(super) async fn versions(&self, prefix: &str, from: Option<&(String, String)>) -> StoreResult<Page> {
        let mut rest = format!("?versions=&max-keys=1000&prefix={}", escaped(prefix));
        if let Some((name, id)) = from {
            rest.push_str(&format!("&key-marker={}", escaped(name)));
            if !id.is_empty() {
                rest.push_str(&format!("&version-id-marker={}", escaped(id)));
            }
        }
        let answer = self.get(&rest).await?;
        if answer.status != StatusCode::OK {
            return Err(refused("listing its versions", &answer));
        }
        page(&answer.body).ok_or_else(|| StoreError::io(prefix, "a listing of versions expected"))
    }

    /// Deletes a version for good; false when it is locked.
    pub(super) async fn delete_version(&self, version: &Version) -> StoreResult<bool> {
        let rest = format!("/{}?versionId={}", version.name, escaped(&version.id));
        let answer = self.send(Method::DELETE, &rest, &[], b"").await?;
        match answer.status {
            StatusCode::FORBIDDEN => Ok(false),
            status if status.is_success() || status == StatusCode::NOT_FOUND => Ok(true),
            _ => Err(refused("deleting a version", &answer)),
        }
    }

    /// Locks a scratch object for a minute and tries to delete it.
    pub(super) async fn prove_lock(&self, name: &str, now: Timestamp) -> StoreResult<()> {
        let until = Timestamp::from_seconds(now.seconds() + PROBE_SECONDS).to_string();
        // SHA-256 and MD5 of the empty object: S3 wants a checksum with every lock.
        let headers = [
            ("x-amz-object-lock-mode", "COMPLIANCE".to_owned()),
            ("x-amz-object-lock-retain-until-date", until),
            ("x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned()),
            ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==".to_owned()),
        ];
        let put = self.send(Method::PUT, &format!("/{name}"), &headers, b"").await?;
        if !put.status.is_success() {
            return Err(refused("locking an object", &put));
        }
        let id =
            put.version.ok_or_else(|| StoreError::Refused("a locked object has no version".to_owned()))?;
        let version = Version { name: name.to_owned(), id, marker: false };
        if self.delete_version(&version).await? {
            return Err(StoreError::Refused("it deletes objects that are locked".to_owned()));
        }
        Ok(())
    }
}

fn refused(what: &str, answer: &Answer) -> StoreError {
    let one = |name| texts(&answer.body, name).into_iter().next().unwrap_or_default();
    let text: String = one("Message").chars().take(200).collect();
    StoreError::io(what, format!("the store answers {} {} {text}", answer.status, one("Code")))
}

/// Everything but letters, digits and `-._~` as `%XX`; as signatures want it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Texts of all elements of a name, wherever they stand.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(xml, &mut |element, text| {
        if element == name {
            found.push(text.to_owned());
        }
    });
    found
}

/// Tells every element that holds only text when it ends; false for what is no XML.
fn walk(xml: &str, tell: &mut dyn FnMut(&str, &str)) -> bool {
    let mut reader = Reader::from_str(xml);
    let mut text = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => text.clear(),
            Ok(Event::Empty(empty)) => {
                tell(empty.local_name().as_ref(), "");
            }
            Ok(Event::Text(part)) => text.push_str(&part),
            Ok(Event::End(end)) => {
                tell(end.local_name().as_ref(), text.trim());
                text.clear();
            }
            Ok(Event::GeneralRef(part)) => match part.as_ref() {
                "quot" => text.push('"'),
                "amp" => text.push('&'),
                "lt" => text.push('<'),
                "gt" => text.push('>'),
                "apos" => text.push('\''),
                _ => {}
            },
            Ok(Event::Eof) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

fn page(xml: &str) -> Option<Page> {
    let mut page = Page::default();
    let mut now = Version::default();
    let mut next = (String::new(), String::new());
    let (mut more, mut whole) = (false, false);
    let read = walk(xml, &mut |element, text| match element {
        "Key" => text.clone_into(&mut now.name),
        "VersionId" => text.clone_into(&mut now.id),
        "Version" | "DeleteMarker" => {
            now.marker = element == "DeleteMarker";
            page.versions.push(std::mem::take(&mut now));
        }
        "IsTruncated" => more = text == "true",
        "NextKeyMarker" => text.clone_into(&mut next.0),
        "NextVersionIdMarker" => text.clone_into(&mut next.1),
        "ListVersionsResult" => whole = true,
        _ => {}
    });
    // Some stores list markers behind all versions; within a name the order of the store is kept.
    page.versions.sort_by(|a, b| a.name.cmp(&b.name));
    page.next = (more && !next.0.is_empty()).then_some(next);
    (read && whole).then_some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read() {
        let xml = "<?xml version=\"1.0\"?><ListVersionsResult xmlns=\"x\"><IsTruncated>true</IsTruncated><NextKeyMarker>b&amp;c</NextKeyMarker>\
            <NextVersionIdMarker>9</NextVersionIdMarker><Version><Key>b</Key><VersionId>2</VersionId><Owner><ID>o</ID></Owner></Version>\
            <DeleteMarker><Key>a</Key><VersionId>1</VersionId></DeleteMarker></ListVersionsResult>";
        let page = page(xml).unwrap();
        assert_eq!(page.next, Some(("b&c".to_owned(), "9".to_owned())));
        let one = |name: &str, id: &str, marker| Version { name: name.into(), id: id.into(), marker };
        assert_eq!(page.versions, [one("a", "1", true), one("b", "2", false)]);
    }

    /// Answers come from outside: cut or twisted ones are no listing.
    #[test]
    fn what_is_no_listing_is_refused() {
        let xml = "<ListVersionsResult><Version><Key>b</Key></Version></ListVersionsResult>";
        for end in 0..xml.len() {
            assert!(page(&xml[..end]).is_none(), "{end}");
        }
        for text in ["", "{}", "<html>", "<a></b>", "\0"] {
            assert!(page(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn names_are_escaped() {
        assert_eq!(escaped("a/b c~é"), "a%2Fb%20c~%C3%A9");
    }
}
