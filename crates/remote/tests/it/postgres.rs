//! PostgreSQL: the table of LG-STO-01, two writers, a role that may only add, and settings that are refused.

use crate::servers::{SECRET, Server, postgres};
use ledger::storage::{Cell as _, Objects as _, StoreError, check};
use remote::{Postgres, PostgresSettings, Secret};
use std::process::Command;

fn settings(server: &Server, role: &str) -> PostgresSettings {
    PostgresSettings {
        url: format!("postgresql://{role}@127.0.0.1:{}/postgres", server.port),
        password: Some(Secret::new(SECRET.to_owned())),
        authorities: None,
        prefix: "main".to_owned(),
        request_seconds_max: 20,
    }
}

fn psql(server: &Server, sql: &str) {
    let done = Command::new("psql")
        .args(["-h", "127.0.0.1", "-p", &server.port.to_string(), "-U", "sekisho", "-d", "postgres"])
        .args(["-v", "ON_ERROR_STOP=1", "-q", "-c", sql])
        .env("PGPASSWORD", SECRET)
        .output()
        .expect("psql");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn opened(server: &Server) -> Postgres {
    // The port answers a little before the database does.
    for _ in 0..50 {
        if let Ok(store) = Postgres::open(&settings(server, "sekisho")) {
            return store;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    Postgres::open(&settings(server, "sekisho")).expect("the database")
}

/// LG-STO-01, LG-STO-06.
#[test]
fn postgresql_keeps_the_rules() {
    let Some(mut server) = postgres(&[]) else { return };
    let store = opened(&server);
    check(&store.objects(), &store.cell("scratch-cell").unwrap(), "scratch").unwrap();
    let version = store.cell("head").unwrap().compare_and_swap(None, b"start").unwrap();
    let won: usize = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8_u8)
            .map(|n| {
                let (server, version) = (&server, &version);
                scope.spawn(move || {
                    // Each with a connection of its own, as two computers have.
                    let store = Postgres::open(&settings(server, "sekisho")).unwrap();
                    let swapped = store.cell("head").unwrap().compare_and_swap(Some(version), &[n]);
                    assert!(matches!(swapped, Ok(_) | Err(StoreError::Stale)), "{swapped:?}");
                    usize::from(swapped.is_ok())
                })
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(won, 1);
    // 12.2: a role that may add and read, and move the cell, and nothing else.
    psql(
        &server,
        &format!(
            "CREATE ROLE writer LOGIN PASSWORD '{SECRET}'; GRANT SELECT, INSERT ON sekisho_object TO writer; \
             GRANT SELECT, INSERT, UPDATE ON sekisho_cell TO writer;"
        ),
    );
    let writer = Postgres::open(&settings(&server, "writer")).unwrap();
    check(&writer.objects(), &writer.cell("scratch-cell-2").unwrap(), "scratch-2").unwrap();
    assert!(matches!(writer.objects().delete("scratch-2/one"), Err(StoreError::Refused(_))));
    // A settings error is told without the password.
    let mut wrong = settings(&server, "sekisho");
    wrong.password = Some(Secret::new("wrong-secret".into()));
    let error = Postgres::open(&wrong).unwrap_err();
    assert!(error.to_string().contains("28P01") && !format!("{error:?}").contains("wrong-secret"), "{error}");
    wrong.url = "postgresql://sekisho:open@127.0.0.1/postgres".to_owned();
    assert!(matches!(Postgres::open(&wrong), Err(StoreError::Refused(_))), "a password in the address");
    // Gone in the middle: an error, no panic, no success.
    server.kill();
    assert!(matches!(
        store.cell("head").unwrap().compare_and_swap(Some(&version), b"x"),
        Err(StoreError::Io { .. })
    ));
}

/// 12.2: refused when what it acknowledges may be lost.
#[test]
fn a_database_that_does_not_sync_is_refused() {
    let Some(server) = postgres(&["fsync=off"]) else { return };
    for _ in 0..50 {
        match Postgres::open(&settings(&server, "sekisho")) {
            Err(StoreError::Refused(why)) => {
                assert!(why.contains("fsync"), "{why}");
                return;
            }
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(100)),
            Ok(_) => panic!("it was taken"),
        }
    }
    panic!("the database does not answer");
}
