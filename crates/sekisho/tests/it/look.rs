//! `sekisho search` and `sekisho timeline`, as a person calls them.

use crate::support::{Case, NOW, guessing, lines, sekisho, sshd};

fn case() -> Case {
    let web = "203.0.113.7 - - [20/Nov/2026:10:00:00 +0900] \"GET /wp-login.php?a=%1b HTTP/1.1\" 404 5 \"-\" \"curl\"\n";
    Case::new(&[
        ("b/auth.log", guessing("root", "203.0.113.9", 30, 0).as_bytes()),
        ("a/auth.log", sshd(5, 900, "Accepted password for =alice from 198.51.100.4 port 1 ssh2").as_bytes()),
        ("access.log", web.as_bytes()),
    ])
}

fn fixed(case: &Case, args: &[&str]) -> crate::support::Ran {
    let mut all = args.to_vec();
    all.extend(["--deterministic", NOW, "--timezone", "Asia/Tokyo", "--lang", "en"]);
    case.run(&all)
}

#[test]
fn words_fields_and_spans_are_found_with_their_place() {
    let case = case();
    let ran = fixed(&case, &["search", "user=root", "logs", "--and", "source=203.0.113.0/24", "--max", "2"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 3, "{}", ran.stdout);
    assert!(ran.stdout.contains("logs/b/auth.log:1 "), "{}", ran.stdout);
    assert!(ran.stderr.contains("found: 30") && ran.stderr.contains("first 2"), "{}", ran.stderr);

    let ran = fixed(&case, &["search", "WP-login", "logs", "--format", "jsonl"]);
    let found = lines(&ran.stdout);
    assert_eq!(found.len(), 1, "{}", ran.stdout);
    assert_eq!(found[0]["http_response"]["code"], 404);

    for (args, count) in [
        (&["/Accepted .* ssh2$/"][..], "1"),
        (&["e", "--not", "user=root", "--not", "http_method=GET"], "1"),
        (&["http_method=GET", "--from", "2026-11-20", "--to", "2026-11-20"], "1"),
        (&["http_method=GET", "--from", "2026-11-20 10:00:01"], "0"),
        (&["NoSuchField=1"], "0"),
    ] {
        let mut all = vec!["search", args[0], "logs", "--count"];
        all.extend(&args[1..]);
        let ran = fixed(&case, &all);
        assert_eq!(ran.stdout.trim(), count, "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stderr.contains("NoSuchField"), args[0].starts_with("NoSuch"), "{}", ran.stderr);
    }
}

#[test]
fn wrong_searches_and_moments_say_what_is_expected() {
    let case = case();
    for (args, words) in [
        (&["search", "/(/", "logs"][..], "cannot search for \"/(/\""),
        (&["search", "x", "logs", "--from", "yesterday"], "--from: \"yesterday\" is no moment"),
        (&["timeline", "logs", "--to", "2026-13-01"], "--to: \"2026-13-01\" is no moment"),
        (&["search", "x", "nowhere"], "nowhere"),
    ] {
        let ran = fixed(&case, args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(words) && ran.stderr.contains("hint:"), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}

/// The order does not depend on the files, on the threads or on how much fits into memory.
#[test]
fn the_timeline_is_in_order_of_time() {
    let case = case();
    let ran = fixed(&case, &["timeline", "logs", "--format", "jsonl"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let rows = lines(&ran.stdout);
    assert_eq!(rows.len(), 32, "{}", ran.stderr);
    let times: Vec<&str> = rows.iter().map(|row| row["time_utc"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let csv = fixed(&case, &["timeline", "logs", "--out", "t.csv", "--memory-mib", "1"]);
    assert_eq!((csv.code, csv.stdout.as_str()), (Some(0), ""), "{}", csv.stderr);
    let table = std::fs::read_to_string(case.path("t.csv")).unwrap();
    assert_eq!(table.lines().count(), 33);
    assert!(table.starts_with("time_utc,time,host,"), "{table:.60}");
    assert!(table.contains(",'=alice,"), "a formula is defused: {table}");
    assert!(csv.stderr.contains("Records in order of time: 32"), "{}", csv.stderr);
    let again = fixed(&case, &["timeline", "logs/b", "logs/access.log", "logs/a", "--format", "jsonl"]);
    let again: Vec<_> = lines(&again.stdout).iter().map(|row| row["time_utc"].clone()).collect();
    assert_eq!(again, times);
}

/// A full disk is a failure that says so; no half table stands under the name that was asked for.
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let case = case();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    if let Ok(full) = full {
        let output = sekisho()
            .current_dir(case.path(""))
            .args(["timeline", "logs", "--deterministic", NOW, "--quiet"])
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("cannot write to standard output"), "{said}");
    }
    let ran = fixed(&case, &["timeline", "logs", "--out", "nowhere/t.csv"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("nowhere/t.csv"), "{}", ran.stderr);
    // Enough rows to be put on the disk.
    let many =
        "203.0.113.7 - - [20/Nov/2026:10:00:00 +0900] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\"\n".repeat(12_000);
    case.add("many.log", many.as_bytes());
    let ran = fixed(&case, &["timeline", "logs", "--memory-mib", "1", "--temp", "nowhere", "--out", "t.csv"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("cannot keep rows for sorting in nowhere"), "{}", ran.stderr);
    assert!(!case.path("t.csv").exists() && !case.path("t.csv.partial").exists());
}
