//! Archives, packed files, and their members' names.

use crate::support::{access, auth, gzip, put, run, run_with, settings, tar, zip};
use collect::input::{Input, Limits};
use collect::stream::PlanSettings;
use std::io::Write;

fn packed(how: &str, bytes: &[u8]) -> Vec<u8> {
    match how {
        "gz" => gzip(bytes),
        "zst" => zstd::encode_all(bytes, 3).unwrap(),
        "xz" => {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        "bz2" => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        _ => bytes.to_vec(),
    }
}

#[test]
fn every_packing_is_opened_by_content() {
    let folder = tempfile::tempdir().unwrap();
    for (index, how) in ["gz", "zst", "xz", "bz2", "plain"].into_iter().enumerate() {
        // The names lie.
        put(
            folder.path(),
            &format!("{index}/auth.log"),
            packed(how, auth("192.0.2.1", 100 + index).as_bytes()),
        );
    }
    let two_members = [gzip(auth("192.0.2.1", 3).as_bytes()), gzip(auth("192.0.2.2", 4).as_bytes())].concat();
    put(folder.path(), "multi/auth.log", two_members);
    let run = run(folder.path());
    assert_eq!(run.unread(folder.path()), []);
    let counts: Vec<_> = (0..5).map(|index| run.of(&format!("{index}/auth.log")).len()).collect();
    assert_eq!(counts, [100, 101, 102, 103, 104]);
    assert_eq!(run.of("multi/auth.log").len(), 7);
}

#[test]
fn members_are_named_and_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let inner = gzip(auth("192.0.2.3", 7).as_bytes());
    let names = ["../../escape/auth.log", "/etc/cron.d/access.log", "var/log/auth.log.2.gz"];
    let (one, two) = (auth("192.0.2.1", 5), access("192.0.2.2", "/"));
    let members: [(&str, &[u8]); 3] =
        [(names[0], one.as_bytes()), (names[1], two.as_bytes()), (names[2], &inner)];
    for (name, bytes) in [
        ("a.zip", zip(&members)),
        ("b.tar", tar(&members)),
        ("c.tar.gz", gzip(&tar(&members))),
        ("d.tar.xz", packed("xz", &tar(&members))),
    ] {
        put(folder.path(), &format!("in/{name}"), bytes);
        let run = run(&folder.path().join("in"));
        assert_eq!(run.unread(folder.path()), [], "{name}");
        for (member, count) in names.iter().zip([5, 1, 7]) {
            assert_eq!(run.of(&format!("in/{name}!{member}")).len(), count, "{name}!{member}");
        }
        std::fs::remove_file(folder.path().join("in").join(name)).unwrap();
    }
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["in"], "a member left the archive");
}

#[test]
fn archives_come_through_standard_input() {
    let plain = auth("192.0.2.1", 9);
    let members: [(&str, &[u8]); 2] = [("x/auth.log", plain.as_bytes()), ("x/auth.log.1", plain.as_bytes())];
    for bytes in [zip(&members), tar(&members), gzip(&tar(&members))] {
        let input = Input::stream("-", Box::new(std::io::Cursor::new(bytes)));
        let run = run_with(vec![input], &settings());
        assert_eq!((run.of("-!x/auth.log").len(), run.of("-!x/auth.log.1").len()), (9, 9));
        assert_eq!(run.plan.sources.len(), 1);
        assert!(run.items.is_empty());
    }
}

#[test]
fn nesting_members_and_broken_archives_are_limited() {
    let folder = tempfile::tempdir().unwrap();
    let plain = auth("192.0.2.1", 5);
    let mut nested = zip(&[("auth.log", plain.as_bytes())]);
    for _ in 0..3 {
        nested = zip(&[("inner.zip", &nested)]);
    }
    put(folder.path(), "deep.zip", nested);
    let many: Vec<_> = (0..60).map(|n| format!("{n}/auth.log")).collect();
    let members: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), plain.as_bytes())).collect();
    put(folder.path(), "many.tar", tar(&members));
    let whole = tar(&members);
    put(folder.path(), "short.tar", &whole[..whole.len() / 2 + 300]);
    put(folder.path(), "cut.zip", &zip(&members)[..3_000]);
    let limits = Limits { members_max: 50, ..Limits::default() };
    let run = run_with(vec![Input::Path(folder.path().to_owned())], &PlanSettings { limits, ..settings() });
    let unread = run.unread(folder.path());
    let has = |name: &str, reason: &'static str| unread.contains(&(name.to_owned(), reason));
    assert!(has("deep.zip!inner.zip!inner.zip", "limit_size"), "{unread:?}");
    assert!(
        has("many.tar", "limit_size") && has("short.tar", "corrupt") && has("cut.zip", "corrupt"),
        "{unread:?}"
    );
    assert_eq!(run.events.iter().filter(|event| event.file.contains("many.tar!")).count(), 50 * 5);
    let short = run.events.iter().filter(|event| event.file.contains("short.tar!")).count();
    assert!((25 * 5..32 * 5).contains(&short), "{short}");
}

#[test]
fn an_encrypted_member_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let plain = auth("192.0.2.1", 5);
    let mut bytes = zip(&[("auth.log", plain.as_bytes()), ("open.log", plain.as_bytes())]);
    // The mark "encrypted" of the first member, in its own header and in the directory.
    let directory = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[directory + 8] |= 1;
    put(folder.path(), "a.zip", bytes);
    let run = run(folder.path());
    assert_eq!(run.unread(folder.path()), [("a.zip!auth.log".to_owned(), "encrypted_archive")]);
    assert_eq!(run.of("a.zip!open.log").len(), 5);
}

#[test]
fn a_bomb_inside_an_archive_leaves_its_neighbours() {
    let folder = tempfile::tempdir().unwrap();
    let plain = auth("192.0.2.1", 5);
    let zeros = vec![0; 20 << 20];
    put(folder.path(), "a.zip", zip(&[("a.log", &zeros), ("auth.log", plain.as_bytes())]));
    put(folder.path(), "b.tar.gz", gzip(&tar(&[("auth.log", plain.as_bytes()), ("z.log", &zeros)])));
    let run = run(folder.path());
    let unread = run.unread(folder.path());
    assert!(unread.contains(&("a.zip!a.log".to_owned(), "limit_ratio")), "{unread:?}");
    assert!(unread.iter().any(|(name, reason)| name == "b.tar.gz" && *reason == "limit_ratio"), "{unread:?}");
    assert_eq!((run.of("a.zip!auth.log").len(), run.of("b.tar.gz!auth.log").len()), (5, 5));
}
