//! The tables, and how older ones are brought up to date: one step a version, never changed once released.

use crate::{Error, Result, Tx};

/// Step n leads from version n to n + 1. The words for types are those of PostgreSQL; SQLite takes any.
const STEPS: [&[&str]; 4] = [FIRST, KEEPING_OUT, TELLING, SEARCH];

const FIRST: &[&str] = &[
    // Who may do what. Secrets are stored as hashes only.
    "CREATE TABLE person (id TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, mail TEXT NOT NULL, \
     role TEXT NOT NULL, password TEXT NOT NULL, active BIGINT NOT NULL, made BIGINT NOT NULL, \
     changed BIGINT NOT NULL, version BIGINT NOT NULL)",
    "CREATE TABLE session (token TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person (id), form TEXT NOT NULL, \
     begun BIGINT NOT NULL, seen BIGINT NOT NULL, ends BIGINT NOT NULL)",
    "CREATE TABLE setup (code TEXT PRIMARY KEY, ends BIGINT NOT NULL)",
    // What is watched.
    "CREATE TABLE source (rank BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, way TEXT NOT NULL, \
     format TEXT NOT NULL, lines BIGINT NOT NULL, events BIGINT NOT NULL, unread BIGINT NOT NULL, \
     first_seen BIGINT NOT NULL, last_seen BIGINT NOT NULL, silent BIGINT NOT NULL)",
    // What was found. `body` is the object of findings.jsonl and incidents.json.
    "CREATE TABLE finding (id TEXT PRIMARY KEY, rule TEXT NOT NULL, kind TEXT NOT NULL, level BIGINT NOT NULL, \
     began BIGINT NOT NULL, ended BIGINT NOT NULL, incident TEXT NOT NULL, body TEXT NOT NULL, \
     changed BIGINT NOT NULL)",
    "CREATE INDEX finding_ended ON finding (ended)",
    "CREATE INDEX finding_incident ON finding (incident)",
    "CREATE TABLE incident (id TEXT PRIMARY KEY, title TEXT NOT NULL, level BIGINT NOT NULL, entered BIGINT NOT NULL, \
     began BIGINT NOT NULL, ended BIGINT NOT NULL, body TEXT NOT NULL, changed BIGINT NOT NULL)",
    "CREATE INDEX incident_ended ON incident (ended)",
    // What people do about it.
    "CREATE TABLE case_file (id TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE, incident TEXT NOT NULL UNIQUE, \
     title TEXT NOT NULL, state TEXT NOT NULL, owner TEXT NOT NULL, opened BIGINT NOT NULL, \
     recognised BIGINT NOT NULL, changed BIGINT NOT NULL, version BIGINT NOT NULL)",
    "CREATE TABLE case_event (id TEXT PRIMARY KEY, case_file TEXT NOT NULL REFERENCES case_file (id), \
     at BIGINT NOT NULL, actor TEXT NOT NULL, deed TEXT NOT NULL, body TEXT NOT NULL, ledger BIGINT NOT NULL)",
    "CREATE INDEX case_event_case ON case_event (case_file, at)",
    "CREATE TABLE notice (id TEXT PRIMARY KEY, incident TEXT NOT NULL, stage TEXT NOT NULL, channel TEXT NOT NULL, \
     person TEXT NOT NULL, state TEXT NOT NULL, queued BIGINT NOT NULL, next_try BIGINT NOT NULL, \
     tries BIGINT NOT NULL, proof TEXT NOT NULL, acknowledged BIGINT NOT NULL, acknowledged_by TEXT NOT NULL)",
    "CREATE INDEX notice_state ON notice (state, next_try)",
    "CREATE INDEX notice_incident ON notice (incident)",
];

/// Sources that are kept out, single values, and who may send.
const KEEPING_OUT: &[&str] = &[
    "CREATE TABLE block (id TEXT PRIMARY KEY, prefix TEXT NOT NULL, case_number BIGINT NOT NULL, state TEXT NOT NULL, \
     began BIGINT NOT NULL, ends BIGINT NOT NULL, confirm_by BIGINT NOT NULL, actor TEXT NOT NULL, \
     reason TEXT NOT NULL, remark TEXT NOT NULL, ledger BIGINT NOT NULL)",
    "CREATE INDEX block_began ON block (began)",
    "CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    // By the SHA-256 of a certificate.
    "CREATE TABLE agent (name TEXT PRIMARY KEY, certificate TEXT NOT NULL UNIQUE, made BIGINT NOT NULL, \
     revoked BIGINT NOT NULL)",
];

/// Duties and their times, addresses, how far the telling of an incident is, one-time links.
const TELLING: &[&str] = &[
    "ALTER TABLE person ADD COLUMN second TEXT NOT NULL DEFAULT ''",
    "CREATE TABLE post (id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person (id), duty TEXT NOT NULL, \
     days BIGINT NOT NULL, from_minute BIGINT NOT NULL, until_minute BIGINT NOT NULL)",
    "CREATE TABLE telling (incident TEXT NOT NULL, stage TEXT NOT NULL, level BIGINT NOT NULL, begun BIGINT NOT NULL, \
     rounds BIGINT NOT NULL, acknowledged BIGINT NOT NULL, acknowledged_by TEXT NOT NULL, \
     PRIMARY KEY (incident, stage))",
    "CREATE INDEX telling_open ON telling (acknowledged, begun)",
    "ALTER TABLE notice ADD COLUMN address TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE notice ADD COLUMN told BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE notice ADD COLUMN link TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX notice_link ON notice (link)",
    "CREATE INDEX notice_person ON notice (person, told)",
];

/// The index of the logs; made again from the ledger where it is lost.
const SEARCH: &[&str] = &[
    "CREATE TABLE log_source (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE log_line (id BIGINT PRIMARY KEY, source BIGINT NOT NULL, at BIGINT NOT NULL, text TEXT NOT NULL)",
    "CREATE INDEX log_line_source ON log_line (source, id)",
    "CREATE TABLE log_chunk (first BIGINT PRIMARY KEY, last BIGINT NOT NULL, lines BIGINT NOT NULL)",
    "CREATE TABLE log_gram (gram BIGINT NOT NULL, chunk BIGINT NOT NULL, PRIMARY KEY (gram, chunk))",
    // Tokens of programs, by their SHA-256.
    "CREATE TABLE token (name TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, role TEXT NOT NULL, made BIGINT NOT NULL, \
     revoked BIGINT NOT NULL)",
];

/// Newest version.
pub(crate) const VERSION: i64 = STEPS.len() as i64;

/// Brings the tables up to date.
pub(crate) fn up(tx: &mut Tx<'_>) -> Result<()> {
    tx.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)", &[])?;
    let found = tx.count("SELECT COALESCE(MAX(version), 0) FROM schema_version", &[])?;
    if found > VERSION {
        return Err(Error::Newer { found, known: VERSION });
    }
    for (step, number) in STEPS.iter().zip(1_i64..) {
        if number <= found {
            continue;
        }
        for statement in *step {
            tx.execute(statement, &[])?;
        }
        tx.execute("INSERT INTO schema_version (version) VALUES ($1)", &[number.into()])?;
    }
    Ok(())
}
