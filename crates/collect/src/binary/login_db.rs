//! B03: lastlog2 and wtmpdb, the SQLite files that replace lastlog and wtmp on newer systems.
//!
//! `Lastlog2(Name, Time, TTY, RemoteHost, Service)` with seconds; `wtmp(ID, Type, User, Login, Logout, TTY, RemoteHost, Service)` with
//! microseconds. The data base is opened from memory, read-only, without trust in its schema: only an ordinary table of
//! that name is read, so no view or virtual table of a hostile file runs. Free text: terminal, host, service.
//!
//! For the attempt counter: as B01 for wtmpdb, `count` 0 for lastlog2.

use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use rusqlite::{Connection, Row};
use std::borrow::Cow;
use std::io::Cursor;
use vocab::{Class, Event, Flags, Outcome, Reason, Timestamp, Trust, activity};

/// The format.
pub(crate) const LOGIN_DB: Format = Format {
    name: "login_db",
    cut: |_| Cut::Whole,
    yearless: false,
    score,
    decoder: |_, _| Box::new(LoginDbDecoder),
};

const MAGIC: &[u8] = b"SQLite format 3\0";
/// Most rows that are read of one file.
const ROWS_MAX: u32 = 1_000_000;

fn score(sample: &Sample<'_>) -> f32 {
    let has = |words: &[u8]| memchr::memmem::find(sample.bytes, words).is_some();
    let schema = has(b"RemoteHost") && (has(b"Lastlog2") || has(b"wtmp"));
    if sample.bytes.starts_with(MAGIC) && schema { 0.95 } else { 0.0 }
}

struct LoginDbDecoder;

/// A row of either table.
struct Login {
    number: u64,
    kind: i64,
    user: String,
    login: i64,
    logout: Option<i64>,
    line: String,
    host: String,
    service: String,
}

fn wtmp(row: &Row<'_>) -> rusqlite::Result<Login> {
    let text = |at: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(at)?.unwrap_or_default());
    Ok(Login {
        number: u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0),
        kind: row.get::<_, Option<i64>>(1)?.unwrap_or(0),
        user: text(2)?,
        login: row.get::<_, Option<i64>>(3)?.unwrap_or(0),
        logout: row.get(4)?,
        line: text(5)?,
        host: text(6)?,
        service: text(7)?,
    })
}

fn lastlog2(row: &Row<'_>) -> rusqlite::Result<Login> {
    let text = |at: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(at)?.unwrap_or_default());
    Ok(Login {
        number: u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0),
        kind: 3,
        user: text(1)?,
        login: row.get::<_, Option<i64>>(2)?.unwrap_or(0).saturating_mul(Timestamp::SECOND),
        logout: None,
        line: text(3)?,
        host: text(4)?,
        service: text(5)?,
    })
}

/// The tables that are read: name, query, how a row is read.
type Read = fn(&Row<'_>) -> rusqlite::Result<Login>;
const TABLES: &[(&str, &str, Read)] = &[
    ("wtmp", "SELECT ID, Type, User, Login, Logout, TTY, RemoteHost, Service FROM wtmp ORDER BY ID", wtmp),
    ("Lastlog2", "SELECT rowid, Name, Time, TTY, RemoteHost, Service FROM Lastlog2 ORDER BY rowid", lastlog2),
];

/// Hands over every row; the number of rows that could be read.
fn rows(bytes: &[u8], each: &mut dyn FnMut(&str, Login)) -> rusqlite::Result<u32> {
    let mut base = Connection::open_in_memory()?;
    base.deserialize_read_exact("main", Cursor::new(bytes), bytes.len(), true)?;
    base.pragma_update(None, "trusted_schema", false)?;
    base.pragma_update(None, "cell_size_check", true)?;
    let mut count = 0;
    for (name, query, read) in TABLES {
        let plain: bool = base.query_row(
            "SELECT count(*) = 1 FROM sqlite_schema WHERE name = ?1 AND type = 'table' AND rootpage > 0",
            [name],
            |row| row.get(0),
        )?;
        if !plain {
            continue;
        }
        let mut statement = base.prepare(query)?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            if count >= ROWS_MAX {
                break;
            }
            count += 1;
            each(name, read(row)?);
        }
    }
    Ok(count)
}

fn event<'a>(table: &str, login: &'a Login, record: &RawRecord<'a>, settings: &'a Settings) -> Event<'a> {
    let point = |micros: i64| {
        Some(Timestamp(micros)).filter(|time| crate::time::within_reason(*time, settings.clock))
    };
    let some = |text: &'a str| (!text.is_empty()).then_some(Cow::Borrowed(text));
    let mut event = Event {
        time: point(login.login),
        tz_offset_min: Some(0),
        product: "linux",
        dst_host: some(&settings.host),
        device: some(&login.line),
        service: some(&login.service),
        count: u32::from(table == "wtmp"),
        trust: Trust::Tr3,
        flags: record.flags,
        origin: record.origin.clone(),
        ..Event::default()
    };
    event.origin.line = login.number;
    event.origin.parser_version = 1;
    event.origin.grammar = "B03";
    event.origin.parser = if table == "wtmp" { "wtmp" } else { "lastlog" };
    let kind = match login.kind {
        1 => "BOOT_TIME",
        2 => "RUNLEVEL",
        _ => "USER_PROCESS",
    };
    event.signature = Some(Cow::Borrowed(kind));
    event.message =
        Some(Cow::Owned(format!("{kind} user={} line={} host={}", login.user, login.line, login.host)));
    if kind == "USER_PROCESS" {
        event.class = Class::Authentication;
        event.activity = activity::AUTH_LOGON;
        (event.outcome, event.reason) = (Outcome::Success, Reason::Ok);
        event.user = some(&login.user);
        event.src_ip = crate::web::proxies::address(&login.host);
        let local = login.host.is_empty() || login.host.starts_with(':');
        event.is_remote = Some(event.src_ip.map_or(!local, |ip| !ip.is_loopback()));
        if event.src_ip.is_none() {
            event.src_host = some(&login.host);
        }
        if let Some(end) = login.logout.and_then(point) {
            event.push_extra("logout", end.0.to_string());
        }
    } else {
        event.class = Class::EventLog;
        event.activity = activity::OTHER;
    }
    if event.time.is_none() {
        event.flags.set(Flags::BAD_TIME);
    }
    event
}

impl Decoder for LoginDbDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let bytes = record.origin.raw;
        if !bytes.starts_with(MAGIC) || bytes.len() < 100 {
            return Decoded::Unread(UnreadReason::Corrupt, "a SQLite data base of lastlog2 or wtmpdb");
        }
        let read = rows(bytes, &mut |table, login| sink(&event(table, &login, record, settings)));
        match read {
            Ok(0) => Decoded::Nothing,
            Ok(count) if count >= ROWS_MAX => {
                Decoded::Unread(UnreadReason::LimitSize, "at most 1,000,000 rows")
            }
            Ok(_) => Decoded::Events,
            Err(_) => {
                Decoded::Unread(UnreadReason::Corrupt, "a whole SQLite data base of lastlog2 or wtmpdb")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testing::{origin, settings};
    use proptest::prelude::*;

    fn base(sql: &str) -> Vec<u8> {
        let mut base = Connection::open_in_memory().unwrap();
        base.execute_batch(sql).unwrap();
        base.serialize("main").unwrap().to_vec()
    }

    fn read(bytes: &[u8]) -> (Vec<String>, Decoded) {
        let record = RawRecord {
            origin: origin(bytes),
            text: "",
            flags: Flags::default(),
            year: 0,
            ..RawRecord::default()
        };
        let mut out = Vec::new();
        let decoded = LoginDbDecoder.decode(&record, &settings(), &mut |event| {
            out.push(format!(
                "{} {} {} {:?} x{}",
                event.time.map_or(0, Timestamp::seconds),
                event.origin.parser,
                event.user.as_deref().unwrap_or("-"),
                event.src_ip,
                event.count
            ));
        });
        (out, decoded)
    }

    const WTMP: &str = "CREATE TABLE wtmp(ID INTEGER PRIMARY KEY, Type INTEGER, User TEXT NOT NULL, Login INTEGER, Logout INTEGER, TTY TEXT, RemoteHost TEXT, Service TEXT);
        INSERT INTO wtmp VALUES(1, 1, 'reboot', 1795287900000000, NULL, '~', '6.1', NULL), (2, 3, 'alice', 1795287906000000, 1795287909000000, 'pts/0', '192.0.2.1', 'sshd');";

    #[test]
    fn both_tables() {
        let bytes = base(WTMP);
        let sample = Sample { bytes: &bytes, text: "", name: "x", complete: true, size: None };
        assert!((LOGIN_DB.score)(&sample) > 0.9);
        assert_eq!(read(&bytes).0, ["1795287900 wtmp - None x1", "1795287906 wtmp alice Some(192.0.2.1) x1"]);
        let bytes = base(
            "CREATE TABLE Lastlog2(Name TEXT PRIMARY KEY, Time INTEGER, TTY TEXT, RemoteHost TEXT, Service TEXT);
            INSERT INTO Lastlog2 VALUES('alice', 1795287906, 'pts/0', '192.0.2.1', 'sshd');",
        );
        assert_eq!(read(&bytes).0, ["1795287906 lastlog alice Some(192.0.2.1) x0"]);
    }

    #[test]
    fn views_are_not_run_and_broken_files_are_told() {
        let bytes = base(
            "CREATE VIEW wtmp AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS ID, 3 AS Type, 'a' AS User, 1 AS Login, 1 AS Logout, '' AS TTY, '' AS RemoteHost, '' AS Service FROM n;",
        );
        assert_eq!(read(&bytes), (Vec::new(), Decoded::Nothing));
        let mut bytes = base(WTMP);
        bytes.truncate(bytes.len() / 2);
        assert!(matches!(read(&bytes).1, Decoded::Unread(UnreadReason::Corrupt, _)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn damaged_files_do_no_harm(at in 0_usize..8_192, value: u8) {
            let mut bytes = base(WTMP);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
            read(&bytes);
        }
    }
}
