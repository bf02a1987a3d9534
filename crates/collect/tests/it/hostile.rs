//! Files that are broken, endless, forged or no files at all.

use crate::support::{Run, access, auth, gzip, put, run, run_with, settings, sshd};
use collect::input::{Input, Limits};
use collect::record::UnreadReason;
use collect::stream::PlanSettings;
use std::path::Path;

/// The file beside every bad one.
fn with_good(folder: &Path) -> Run {
    put(folder, "good/secure.txt", auth("192.0.2.10", 30));
    let run = run(folder);
    assert_eq!(run.of("good/secure.txt").len(), 30, "the good file was not read in full");
    assert!(run.of("good/secure.txt").iter().all(|event| event.ip.as_deref() == Some("192.0.2.10")));
    run
}

#[test]
fn truncated_gzip_gives_what_came_before() {
    let folder = tempfile::tempdir().unwrap();
    let whole = gzip(auth("192.0.2.1", 20_000).as_bytes());
    put(folder.path(), "auth.log.2.gz", &whole[..whole.len() / 2]);
    let run = with_good(folder.path());
    assert_eq!(run.unread(folder.path()), [("auth.log.2.gz".to_owned(), "corrupt")]);
    let events = run.of("auth.log.2.gz").len();
    assert!((5_000..15_000).contains(&events), "{events}");
    // The place where it broke off is named.
    assert!(run.items[0].offset > 100_000 && run.items[0].line > 5_000, "{:?}", run.items[0]);
}

#[test]
fn flipped_bits_inside_gzip_and_an_empty_gzip() {
    let folder = tempfile::tempdir().unwrap();
    let mut broken = gzip(auth("192.0.2.1", 5_000).as_bytes());
    let middle = broken.len() / 2;
    broken[middle..middle + 8].fill(0xff);
    put(folder.path(), "a.log.gz", broken);
    put(folder.path(), "b.log.gz", gzip(b""));
    put(folder.path(), "c.log.gz", b"\x1f\x8b\x08");
    let run = with_good(folder.path());
    let unread = run.unread(folder.path());
    for name in ["a.log.gz", "c.log.gz"] {
        assert!(unread.contains(&(name.to_owned(), "corrupt")), "{unread:?}");
    }
    assert!(run.plan.empty.iter().any(|name| name.ends_with("b.log.gz")));
}

#[test]
fn binary_and_foreign_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let noise: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    put(folder.path(), "auth.log", &noise);
    put(folder.path(), "poem.txt", "古池や\n蛙飛びこむ\n水の音\n");
    put(folder.path(), "picture.gz", gzip(&noise));
    put(folder.path(), "empty.log", "");
    put(folder.path(), "system.journal", b"LPKSHHRH\0\0\0\0");
    let run = with_good(folder.path());
    let named = |name: &str| (name.to_owned(), "unrecognised");
    assert_eq!(
        run.unread(folder.path()),
        [named("auth.log"), named("picture.gz"), named("poem.txt"), named("system.journal")]
    );
    assert!(run.items[3].expected.contains("journalctl"), "{:?}", run.items[3]);
}

#[test]
fn an_endless_line_is_cut_and_the_next_line_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = auth("192.0.2.1", 10);
    text += &sshd("Nov 21 11:00:00", &"9".repeat(30 << 20));
    text += &auth("192.0.2.2", 5);
    put(folder.path(), "auth.log", &text);
    put(folder.path(), "auth.log.1.gz", gzip(text.as_bytes()));
    let run = with_good(folder.path());
    for name in ["/auth.log", "auth.log.1.gz"] {
        let events = run.of(name);
        let last: Vec<_> = events
            .iter()
            .filter(|event| event.ip.as_deref() == Some("192.0.2.2"))
            .map(|event| event.line)
            .collect();
        if name == "/auth.log" {
            assert_eq!(last, [12, 13, 14, 15, 16]);
        } else {
            // Its text compresses so well that it must be taken for a bomb.
            assert!(run.unread(folder.path()).contains(&("auth.log.1.gz".to_owned(), "limit_ratio")));
        }
        assert!(
            run.unread(folder.path()).contains(&(name.trim_start_matches('/').to_owned(), "record_too_long"))
        );
        // Nothing is attributed to a cut line.
        assert!(events.iter().all(|event| event.line != 11 || event.ip.is_none()), "{name}");
    }
}

#[test]
fn a_file_without_any_line_end() {
    let folder = tempfile::tempdir().unwrap();
    let line = auth("192.0.2.1", 1);
    put(folder.path(), "auth.log", line.trim_end());
    put(folder.path(), "long.log", "x".repeat(9 << 20));
    let run = with_good(folder.path());
    assert_eq!(
        run.of("/auth.log").iter().filter(|event| event.ip.as_deref() == Some("192.0.2.1")).count(),
        1
    );
    assert_eq!(run.unread(folder.path()), [("long.log".to_owned(), "unrecognised")]);
}

/// 10 GB of zeros, from 10 MB on disk.
#[test]
fn a_ten_gigabyte_bomb_stops_by_its_ratio() {
    let folder = tempfile::tempdir().unwrap();
    let part = gzip(&vec![0; 16 << 20]);
    put(folder.path(), "zeros.gz", part.repeat(640));
    let mut dressed = gzip(auth("192.0.2.1", 2_000).as_bytes());
    dressed.extend_from_slice(&part.repeat(640));
    put(folder.path(), "auth.log.1.gz", dressed);
    put(folder.path(), "twice.gz", gzip(&part.repeat(640)));
    let run = with_good(folder.path());
    let unread = run.unread(folder.path());
    for name in ["zeros.gz", "auth.log.1.gz", "twice.gz"] {
        assert!(unread.contains(&(name.to_owned(), "limit_ratio")), "{name}: {unread:?}");
    }
    let before = run.of("auth.log.1.gz").iter().filter(|event| event.ip.is_some()).count();
    assert_eq!(before, 2_000, "what came before the bomb was lost");
}

#[test]
fn limits_stop_a_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a.log.gz", gzip(auth("192.0.2.1", 5_000).as_bytes()));
    put(folder.path(), "b.log.gz", gzip(auth("192.0.2.2", 10).as_bytes()));
    let limits = Limits { file_bytes_max: 100_000, ..Limits::default() };
    let run = run_with(vec![Input::Path(folder.path().to_owned())], &PlanSettings { limits, ..settings() });
    assert_eq!(run.unread(folder.path()), [("a.log.gz".to_owned(), "limit_size")]);
    assert!((500..5_000).contains(&run.of("a.log.gz").len()));
    assert_eq!(run.of("b.log.gz").len(), 10);
}

#[cfg(unix)]
#[test]
fn links_fifos_and_what_may_not_be_read() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    put(outside.path(), "auth.log", auth("192.0.2.66", 5));
    put(folder.path(), "logs/auth.log", auth("192.0.2.1", 5));
    let at = |name: &str| folder.path().join("logs").join(name);
    symlink(outside.path().join("auth.log"), at("out.log")).unwrap();
    symlink(outside.path(), at("outdir")).unwrap();
    symlink(at("auth.log"), at("in.log")).unwrap();
    symlink(at("."), at("loop")).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(at("pipe")).status();
    put(folder.path(), "logs/secret.log", auth("192.0.2.2", 1));
    std::fs::set_permissions(at("secret.log"), std::fs::Permissions::from_mode(0o0)).unwrap();
    let run = with_good(folder.path());
    assert!(run.events.iter().all(|event| event.ip.as_deref() != Some("192.0.2.66")), "read through a link");
    assert_eq!(run.of("logs/auth.log").len(), 5);
    assert_eq!(run.of("in.log").len(), 0, "read twice");
    let unread = run.unread(folder.path());
    let has = |name: &str, reason: &'static str| unread.contains(&(format!("logs/{name}"), reason));
    assert!(has("out.log", "special_file") && has("outdir", "special_file"), "{unread:?}");
    if fifo.is_ok_and(|status| status.success()) {
        assert!(has("pipe", "special_file"), "{unread:?}");
    }
    // The superuser reads it all the same.
    if std::fs::File::open(at("secret.log")).is_err() {
        assert!(has("secret.log", "permission"), "{unread:?}");
    }
}

#[test]
fn a_path_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "auth.log", auth("192.0.2.1", 3));
    let inputs = vec![Input::Path(folder.path().join("gone")), Input::Path(folder.path().join("auth.log"))];
    let run = run_with(inputs, &settings());
    assert_eq!(run.items.len(), 1);
    assert_eq!(run.items[0].reason, UnreadReason::Io);
    assert_eq!(run.events.len(), 3);
}

#[test]
fn lines_out_of_order_and_with_impossible_times() {
    let folder = tempfile::tempdir().unwrap();
    let stamps = [
        "Nov 20 10:00:00",
        "Nov 19 10:00:00",
        "Nov 20 10:00:01",
        "Nov 31 10:00:00",
        "Nov 22 25:00:00",
        "Nov 21 01:00:00",
    ];
    put(folder.path(), "auth.log", stamps.map(|stamp| sshd(stamp, "192.0.2.1")).concat());
    put(
        folder.path(),
        "old/access.log",
        access("192.0.2.3", "/").replace("2026", "1980") + &access("192.0.2.3", "/"),
    );
    put(
        folder.path(),
        "new/access.log",
        access("192.0.2.4", "/").replace("2026", "2099") + &access("192.0.2.4", "/"),
    );
    let run = with_good(folder.path());
    let good: Vec<_> =
        run.events.iter().filter(|event| event.file.ends_with("/auth.log") && event.time.is_some()).collect();
    // Whatever is wrong with a stamp, the record is kept or named, never dropped.
    let named = run.items.iter().filter(|item| item.file.ends_with("/auth.log")).count();
    let flagged = run.of("/auth.log").iter().filter(|event| event.flags.contains(&"bad_time")).count();
    assert_eq!(good.len(), 4);
    assert!(named.max(flagged) >= 2, "{:?}", run.items);
    for name in ["old/access.log", "new/access.log"] {
        let events = run.of(name);
        let times: Vec<_> =
            events.iter().map(|event| (event.time.is_some(), event.flags.contains(&"bad_time"))).collect();
        assert_eq!(times, [(false, true), (true, false)], "{name}");
    }
}

#[test]
fn control_characters_and_invalid_text_inside_of_lines() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = auth("192.0.2.1", 30).into_bytes();
    bytes.extend_from_slice(
        b"Nov 21 11:00:00 web01 sshd[77]: Invalid user \x00\xff\xfe\x1b[31m\r from 192.0.2.5 port 22\n",
    );
    bytes.extend_from_slice(b"\n\r\n\0\0\0\0\n");
    bytes.extend_from_slice(auth("192.0.2.2", 1).as_bytes());
    put(folder.path(), "auth.log", bytes);
    let run = with_good(folder.path());
    let of = |ip: &str| run.of("/auth.log").iter().filter(|event| event.ip.as_deref() == Some(ip)).count();
    assert_eq!((of("192.0.2.1"), of("192.0.2.2")), (30, 1));
    assert!(of("192.0.2.5") <= 1);
    assert!(run.events.iter().all(|event| !event.ocsf.contains('\u{1b}')));
}
