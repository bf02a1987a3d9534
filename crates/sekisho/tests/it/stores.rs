//! Copies in stores on other computers, as a person makes them: SeaweedFS with Object Lock, the cell in PostgreSQL.

use crate::servers::{KEY, SECRET, Server, boto, postgres, seaweedfs};
use crate::support::{Case, Ran, sekisho};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::Duration;

const HOME: &str = "s3://copies/ledgers/main";

fn ok(ran: Ran) -> Value {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap_or(Value::String(ran.stdout))
}

/// A ledger with one entry, and a file with settings.
fn case(server: &Server, more: &str) -> Case {
    let case = Case::new(&[]);
    ok(case.run(&["ledger", "init", "a", "--secret", "s.hex", "--origin", "example.jp/main"]));
    append(&case, "a", "one");
    let text = format!(
        "[s3]\nendpoint = \"{}\"\nregion = \"us-east-1\"\naccess_key_id = \"{KEY}\"\nsecret_access_key = \"{SECRET}\"\n{more}",
        server.url()
    );
    let path = case.path("store.toml");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    case
}

fn append(case: &Case, ledger: &str, text: &str) {
    let args = ["ledger", "append", ledger, "--secret", "s.hex", "--stream", "x"];
    ok(case.run_with(&args, format!("{{\"note\":\"{text}\"}}\n").as_bytes()));
}

fn copy(case: &Case, from: &str, to: &str) -> Ran {
    let ran = case.run(&["ledger", "replicate", from, to, "--settings", "store.toml"]);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(SECRET), "{}", ran.stderr);
    ran
}

fn root(case: &Case, ledger: &str) -> Value {
    let report = ok(case.run(&["ledger", "verify", ledger]));
    assert_eq!(report["holds"], true);
    report["root"].clone()
}

fn bucket(server: &Server, name: &str) {
    let (made, told) =
        boto(server, &format!("s3.create_bucket(Bucket='{name}', ObjectLockEnabledForBucket=True)"));
    assert!(made, "{told}");
}

/// LG-STO-04, LG-STO-08, LF-22: a locked copy grows, survives an intruder who deletes everything, gives the ledger back, and
/// takes no other log.
#[test]
fn a_copy_in_a_bucket_survives_who_deletes_it() {
    let Some(server) = seaweedfs() else { return };
    bucket(&server, "copies");
    let case = case(&server, "lock = \"compliance\"\nretain_days = 2\n");
    let first = ok(copy(&case, "a", HOME));
    assert_eq!(first["lag"], 0);
    append(&case, "a", "two");
    let more = ok(copy(&case, "a", HOME));
    assert!(more["size"].as_u64() > first["size"].as_u64());
    assert_eq!(ok(copy(&case, "a", HOME))["frames"], 0, "nothing is sent twice");
    // Who has stolen the credentials deletes what he can.
    let (done, told) = boto(
        &server,
        "versions = s3.list_object_versions(Bucket='copies', Prefix='ledgers/main/frames/')['Versions']\n\
         assert versions\n\
         for v in versions:\n    try:\n        s3.delete_object(Bucket='copies', Key=v['Key'], VersionId=v['VersionId'])\n        \
         sys.exit('a locked version was deleted')\n    except ClientError: pass\n\
         for v in s3.list_object_versions(Bucket='copies')['Versions']: s3.delete_object(Bucket='copies', Key=v['Key'])",
    );
    assert!(done, "{told}");
    std::fs::rename(case.path("a"), case.path("lost")).unwrap();
    ok(copy(&case, HOME, "a"));
    assert_eq!(root(&case, "a"), root(&case, "lost"));
    // Another log is an alarm, and the copy stays as it was.
    let other = "s3://copies/second";
    ok(copy(&case, "a", other));
    append(&case, "a", "three");
    ok(copy(&case, "a", other));
    let ran = copy(&case, "lost", other);
    assert!(
        ran.code == Some(1) && ran.stderr.contains("LE-ROLLBACK") && ran.stderr.contains(other),
        "{}",
        ran.stderr
    );
    append(&case, "lost", "other");
    append(&case, "lost", "other");
    let ran = copy(&case, "lost", other);
    assert!(
        ran.code == Some(1) && ran.stderr.contains("LV-FORK") && ran.stderr.contains(other),
        "{}",
        ran.stderr
    );
    ok(copy(&case, other, "b"));
    assert_eq!(root(&case, "a"), root(&case, "b"));
    let nothing = copy(&case, "s3://copies/empty", "c");
    assert!(nothing.code == Some(2), "{}", nothing.stderr);
    let nowhere = copy(&case, "a", "s3://nowhere/x");
    assert!(nowhere.code == Some(1) && nowhere.stderr.contains("NoSuchBucket"), "{}", nowhere.stderr);
}

/// LG-STO-06, 12.2: objects in S3, the cell in PostgreSQL; the store is killed in the middle of a copy and loses nothing.
#[test]
fn a_killed_store_loses_and_doubles_nothing() {
    let (Some(mut server), Some(database)) = (seaweedfs(), postgres(&[])) else { return };
    bucket(&server, "copies");
    let cell = format!(
        "[postgres]\ncell = \"postgresql://sekisho@127.0.0.1:{}/postgres\"\npassword = \"{SECRET}\"\n",
        database.port
    );
    let case = case(&server, &cell);
    for n in 0..4 {
        append(&case, "a", &format!("entry {n}"));
    }
    let mut failed = 0;
    for milliseconds in [200, 300] {
        let mut command = sekisho();
        command.current_dir(case.path("")).args([
            "ledger",
            "replicate",
            "a",
            HOME,
            "--settings",
            "store.toml",
        ]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        // Once the store, once the sender.
        if milliseconds == 300 {
            child.kill().unwrap();
        } else {
            server.restart();
        }
        failed += u32::from(!child.wait().unwrap().success());
        append(&case, "a", &format!("after {milliseconds}"));
    }
    ok(copy(&case, "a", HOME));
    ok(copy(&case, HOME, "b"));
    assert_eq!(root(&case, "a"), root(&case, "b"), "{failed} of 2 runs were broken off");
}
