//! S3: the table of LG-STO-01, Object Lock, and what an intruder with the credentials can do.

use crate::servers::{KEY, SECRET, Server, boto, moto, seaweedfs};
use ledger::storage::{Cell as _, Objects as _, StoreError, check};
use remote::{BucketLock, Lock, LockMode, S3, S3Settings, Secret};
use vocab::Timestamp;

/// The time of this computer, since stores compare dates of locks with theirs.
#[expect(clippy::disallowed_methods, reason = "servers of others read the clock")]
pub(crate) fn now() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Timestamp::from_seconds(i64::try_from(now.as_secs()).expect("fits"))
}

pub(crate) fn settings(url: String, bucket: &str) -> S3Settings {
    S3Settings {
        bucket: bucket.to_owned(),
        prefix: "ledgers/main".to_owned(),
        region: "us-east-1".to_owned(),
        endpoint: Some(url),
        key_id: KEY.to_owned(),
        secret: Secret::new(SECRET.to_owned()),
        token: None,
        authorities: None,
        request_seconds_max: 20,
        retries_max: 3,
        lock: None,
    }
}

fn locked(url: String, bucket: &str) -> S3Settings {
    let until = Timestamp::from_seconds(now().seconds() + 86_400);
    let lock = Lock { mode: LockMode::Compliance, until, except: "keys/" };
    S3Settings { lock: Some(lock), ..settings(url, bucket) }
}

fn buckets(server: &Server) {
    let (made, told) = boto(
        server,
        "s3.create_bucket(Bucket='plain')\ns3.create_bucket(Bucket='lock', ObjectLockEnabledForBucket=True)\n\
         s3.create_bucket(Bucket='fixed', ObjectLockEnabledForBucket=True)\n\
         s3.put_object_lock_configuration(Bucket='fixed', ObjectLockConfiguration={'ObjectLockEnabled': 'Enabled', \
         'Rule': {'DefaultRetention': {'Mode': 'GOVERNANCE', 'Days': 7}}})",
    );
    assert!(made, "{told}");
}

/// Everything that one server is asked, since starting it takes longer than asking.
fn whole(server: &Server) {
    buckets(server);
    // LG-STO-01: the same table as every backend, and two writers.
    let plain = S3::open(&settings(server.url(), "plain")).expect("the bucket");
    assert_eq!(*plain.bucket_lock(), BucketLock::Off);
    check(&plain.objects(), &plain.cell("scratch-cell").unwrap(), "scratch").unwrap();
    many(&plain);
    // LG-STO-04: a lock that is not there is not taken on trust.
    let refused = S3::open(&locked(server.url(), "plain")).unwrap_err();
    assert!(refused.to_string().contains("no Object Lock"), "{refused}");
    let lock = S3::open(&locked(server.url(), "lock")).expect("the bucket");
    assert_eq!(*lock.bucket_lock(), BucketLock::On);
    lock.prove_lock(now(), "probe/lock").unwrap();
    keeps(server, &lock);
    let fixed = S3::open(&settings(server.url(), "fixed")).expect("the bucket");
    let period = BucketLock::Default { mode: "GOVERNANCE".to_owned(), period: "7 days".to_owned() };
    assert_eq!(*fixed.bucket_lock(), period);
    secrets_stay(server);
}

/// More names than one page holds are listed in order, each once.
fn many(store: &S3) {
    let objects = store.objects();
    let names: Vec<String> = (0..30).map(|n| format!("frames/{n:020}-x")).collect();
    for name in names.iter().rev() {
        objects.put_if_absent(name, name.as_bytes()).unwrap();
    }
    objects.put_if_absent("other/x", b"").unwrap();
    assert_eq!(objects.list("frames/", None).unwrap(), names);
    let behind = format!("frames/{:020}~", 9);
    assert_eq!(objects.list("frames/", Some(&behind)).unwrap(), names[10..]);
    assert_eq!(objects.list("nothing/", None).unwrap(), Vec::<String>::new());
    // LG-STO-06: two who read the same state.
    let cell = store.cell("two").unwrap();
    let version = cell.compare_and_swap(None, b"start").unwrap();
    let results: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4_u8)
            .map(|n| {
                let (store, version) = (store.clone(), &version);
                scope.spawn(move || store.cell("two").unwrap().compare_and_swap(Some(version), &[n; 9]))
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let won: Vec<usize> = (0..4).filter(|n| results[*n].is_ok()).collect();
    assert_eq!(won.len(), 1, "{results:?}");
    assert!(results.iter().all(|one| matches!(one, Ok(_) | Err(StoreError::Stale))), "{results:?}");
    assert_eq!(cell.load().unwrap().unwrap().value, [u8::try_from(won[0]).unwrap(); 9]);
}

/// LG-STO-04: what is locked cannot be deleted or replaced, and a delete marker hides nothing.
fn keeps(server: &Server, store: &S3) {
    let objects = store.objects();
    objects.put_if_absent("frames/1-a", b"frame").unwrap();
    objects.put_if_absent("keys/1-wrapped.age", b"key").unwrap();
    let cell = store.cell("head").unwrap();
    let first = cell.compare_and_swap(None, b"first").unwrap();
    cell.compare_and_swap(Some(&first), b"second").unwrap();
    let (done, told) = boto(
        server,
        "k = 'ledgers/main/frames/1-a'\n\
         h = s3.head_object(Bucket='lock', Key=k)\n\
         assert h['ObjectLockMode'] == 'COMPLIANCE', h\n\
         try:\n    s3.delete_object(Bucket='lock', Key=k, VersionId=h['VersionId'])\n    sys.exit('it was deleted')\n\
         except ClientError as e: assert 'AccessDenied' in str(e), e\n\
         for k in (k, 'ledgers/main/head'): s3.delete_object(Bucket='lock', Key=k)\n\
         assert 'ObjectLockMode' not in s3.head_object(Bucket='lock', Key='ledgers/main/keys/1-wrapped.age')",
    );
    assert!(done, "{told}");
    assert_eq!(objects.get("frames/1-a").unwrap().as_deref(), Some(&b"frame"[..]));
    assert_eq!(objects.list("frames/", None).unwrap(), ["frames/1-a"]);
    let now = cell.load().unwrap().unwrap();
    assert_eq!(now.value, b"second");
    assert!(matches!(cell.compare_and_swap(Some(&now.version), b"x"), Err(StoreError::Stale)));
    assert!(matches!(objects.delete("frames/1-a"), Err(StoreError::Refused(_))), "it is locked");
    // LG-SHR-03: a wrapped key stays deletable, and nothing of it is left.
    objects.delete("keys/1-wrapped.age").unwrap();
    assert_eq!(objects.get("keys/1-wrapped.age").unwrap(), None);
    let (_, left) = boto(
        server,
        "r = s3.list_object_versions(Bucket='lock', Prefix='ledgers/main/keys/')\n\
         print(len(r.get('Versions', []) + r.get('DeleteMarkers', [])))",
    );
    assert_eq!(left.trim(), "0");
}

/// Neither errors nor debug output show a secret.
fn secrets_stay(server: &Server) {
    let wrong =
        S3Settings { secret: Secret::new("wrong-secret".into()), ..settings(server.url(), "nowhere") };
    let text = format!("{wrong:?}");
    assert!(!text.contains("wrong-secret") && text.contains("(secret)"), "{text}");
    let error = S3::open(&wrong).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("wrong-secret"), "{error:?}");
    let plain = S3::open(&settings(server.url(), "plain")).unwrap();
    assert!(!format!("{plain:?}").contains(SECRET));
}

/// LG-STO-01, LG-STO-04, LG-STO-06 on SeaweedFS.
#[test]
fn seaweedfs_keeps_the_rules() {
    if let Some(server) = seaweedfs() {
        whole(&server);
    }
}

/// The same on moto, which imitates AWS.
#[test]
fn moto_keeps_the_rules() {
    if let Some(server) = moto() {
        whole(&server);
    }
}
