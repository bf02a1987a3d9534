//! The Windows part of the catalogue on a corpus of staged attacks, file by file. Skips where the corpus is missing.

use crate::rules::{Fired, run};
use detect::{BUILTIN, Front, RuleSet};
use std::path::PathBuf;
use std::sync::Arc;

/// File, and what is expected of it.
const EXPECTED: &str = include_str!("windows_corpus.txt");

/// Rules of one folder that name its tactic.
const TACTICS: [(&str, &[&str]); 3] = [
    (
        "Credential Access",
        &["credential_store_access", "password_guessing", "account_manipulation", "authentication_bypass"],
    ),
    ("Lateral Movement", &["lateral_movement"]),
    ("Persistence", &["persistence_change", "account_manipulation"]),
];

#[expect(clippy::print_stderr, reason = "a test that says when it skips")]
fn corpus() -> Option<PathBuf> {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let given = std::env::var_os("SEKISHO_CORPORA").map(PathBuf::from);
    let places = [own.join("../../../shared/corpora"), own.join("../../../../shared/corpora")];
    let found = given.into_iter().chain(places).map(|place| place.join("evtx")).find(|place| place.is_dir());
    if found.is_none() {
        eprintln!("skipped: no corpus of event logs (set SEKISHO_CORPORA)");
    }
    found
}

/// `investigate` names credential access, lateral movement and persistence for what they are.
#[test]
fn staged_attacks_are_named_file_by_file() {
    let Some(corpus) = corpus() else { return };
    let (set, report) = RuleSet::load(BUILTIN, &[]);
    assert_eq!(report.refused, []);
    let set = Arc::new(set);
    let kind_of = |rule: &str| {
        let end = format!("/{rule}.yml");
        set.iter().find(|(_, own)| own.file.ends_with(&end)).map(|(_, own)| own.kind().as_str())
    };
    let mut front = Front::new(&set);
    let (mut wrong, mut named) = (Vec::new(), [0; 3]);
    let rows: Vec<_> = EXPECTED.lines().filter(|line| !line.starts_with('#')).collect();
    for row in &rows {
        let (file, expected) = row.split_once(" | ").expect("file | rules");
        let folder = tempfile::tempdir().expect("folder");
        std::fs::copy(corpus.join(format!("{file}.evtx")), folder.path().join("log.evtx")).expect(file);
        let (fired, events): (Fired, u64) = run(folder.path(), &set, &mut front);
        assert!(events > 0, "{file}: nothing was read");
        if expected.starts_with("none: ") {
            let windows: Vec<_> =
                fired.keys().filter(|rule| kind_of(rule).is_some_and(|_| in_windows(rule))).collect();
            if !windows.is_empty() {
                wrong.push(format!("{file}: expected none, has {windows:?}"));
            }
            continue;
        }
        let missing: Vec<_> = expected.split(' ').filter(|rule| !fired.contains_key(*rule)).collect();
        if !missing.is_empty() {
            wrong.push(format!("{file}: misses {missing:?}, has {:?}", fired.keys().collect::<Vec<_>>()));
        }
        for (count, (folder, kinds)) in named.iter_mut().zip(TACTICS) {
            let names = |rule: &String| kind_of(rule).is_some_and(|kind| kinds.contains(&kind));
            *count += usize::from(file.starts_with(folder) && fired.keys().any(names));
        }
    }
    println!("{} files; named as {TACTICS:?}: {named:?}", rows.len());
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    for (count, (folder, _)) in named.iter().zip(TACTICS) {
        let files = rows.iter().filter(|row| row.starts_with(folder)).count();
        assert!(count * 10 >= files * 7, "{folder}: {count} of {files}");
    }
}

/// DT-INC-01, DT-INC-04, detection.md 7.2: signs on one computer are one incident, ids are distinct, and incidents name
/// the accounts under which things were done. The folder holds 43 staged attacks of four years.
#[test]
fn incidents_of_staged_movement_name_accounts_and_computers() {
    let Some(corpus) = corpus() else { return };
    let set = Arc::new(RuleSet::load(BUILTIN, &[]).0);
    let mut front = Front::new(&set);
    let (found, _, _) = crate::rules::findings(&corpus.join("Lateral Movement"), &set, &mut front);
    let context = vocab::Context::default();
    let given = casework::Given { context: &context, clock: vocab::Timestamp::from_seconds(1_795_305_600) };
    let incidents = casework::incidents(&found, given);
    let mut ids: Vec<_> = incidents.iter().map(|incident| incident.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), incidents.len(), "every incident has an id of its own");
    assert!((15..=32).contains(&incidents.len()), "{} incidents", incidents.len());
    let grave: Vec<_> = incidents.iter().filter(|incident| incident.level >= vocab::Level::High).collect();
    let named = grave.iter().filter(|incident| !incident.accounts.is_empty()).count();
    assert!(named * 2 >= grave.len(), "{named} of {} name an account", grave.len());
    let entered = |name: &str, source: &str| {
        incidents.iter().any(|incident| {
            incident.entered_accounts().any(|account| {
                account.name == name && account.entry_source.is_some_and(|ip| ip.to_string() == source)
            })
        })
    };
    assert!(entered("IEUser", "10.0.2.16") && entered("Administrator", "10.0.2.15"));
}

fn in_windows(rule: &str) -> bool {
    let file = format!("windows/{rule}.yml");
    BUILTIN.iter().any(|(own, _)| *own == file)
}
