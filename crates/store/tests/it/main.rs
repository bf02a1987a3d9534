//! Every test of the state on both engines: SQLite in a file, and a real PostgreSQL where the Debian package is installed
//! (`./test` installs it; where it is missing the test says that it skips).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod cases;
#[path = "../../../remote/tests/it/servers.rs"]
mod servers;

use cases::CASES;
use store::{Error, Store};

#[test]
fn on_sqlite() {
    for (name, case) in CASES {
        eprintln!("{name}");
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("state.db");
        let address = path.to_str().expect("utf-8");
        case(&Store::open(address, None).expect("opens"));
        // What was written is there for the next process.
        let again = Store::open(address, None).expect("opens again");
        assert_eq!(again.engine(), "SQLite");
    }
}

#[test]
fn on_postgresql() {
    let Some(server) = servers::postgres(&[]) else { return };
    let address = |database: &str| format!("postgresql://sekisho@127.0.0.1:{}/{database}", server.port);
    for (number, (name, case)) in CASES.iter().enumerate() {
        eprintln!("{name}");
        let database = format!("case{number}");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async {
            let mut config: tokio_postgres::Config = address("postgres").parse().expect("address");
            config.password(servers::SECRET);
            let mut tries = 0;
            let (client, connection) = loop {
                match config.connect(tokio_postgres::NoTls).await {
                    Ok(connected) => break connected,
                    // On a busy computer it answers before it is ready.
                    Err(error) if tries == 60 => panic!("not reached: {error}"),
                    Err(_) => tokio::time::sleep(std::time::Duration::from_secs(1)).await,
                }
                tries += 1;
            };
            tokio::spawn(connection);
            client.batch_execute(&format!("CREATE DATABASE {database}")).await.expect("made");
        });
        let store = Store::open(&address(&database), Some(servers::SECRET)).expect("opens");
        assert_eq!(store.engine(), "PostgreSQL");
        case(&store);
        Store::open(&address(&database), Some(servers::SECRET)).expect("opens again");
    }
}

#[test]
fn addresses_that_would_tell_secrets_are_refused() {
    let refused = |address| matches!(Store::open(address, None), Err(Error::Address(_)));
    assert!(refused("postgresql://sekisho:secret@127.0.0.1/sekisho"));
    assert!(refused("postgresql://sekisho@db.example.jp/sekisho?sslmode=disable"));
}

#[test]
fn tables_of_a_newer_program_are_left_alone() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("state.db");
    let address = path.to_str().expect("utf-8");
    let store = Store::open(address, None).expect("opens");
    store
        .write(|tx| tx.execute("INSERT INTO schema_version (version) VALUES ($1)", &[99.into()]))
        .expect("written");
    drop(store);
    assert!(matches!(Store::open(address, None), Err(Error::Newer { found: 99, .. })));
}

/// What the first version wrote is opened and brought up to date, with what it holds.
#[test]
fn older_tables_are_brought_up_to_date() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("state.db");
    let first = rusqlite::Connection::open(&path).expect("opens");
    first.execute_batch(include_str!("../data/state-1.sql")).expect("made");
    drop(first);
    let store = Store::open(path.to_str().expect("utf-8"), None).expect("opens");
    let people = store.read(|tx| tx.people()).expect("people");
    assert_eq!((people[0].login.as_str(), people[0].second.as_str()), ("kanri", ""));
    let notices = store.read(|tx| tx.notices_of("I-1")).expect("notices");
    assert_eq!((notices.len(), notices[0].address.as_str()), (1, ""));
}
