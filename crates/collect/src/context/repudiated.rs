//! Log-ins that their holders say were not theirs (detection.md K-19; DT-KND-05).

use super::ContextError;
use super::cell::{When, when};
use super::table::{Column, Row, table};
use jiff::tz::TimeZone;
use std::net::IpAddr;
use vocab::{Repudiation, Timestamp};

const COLUMNS: &[Column] = &[
    Column {
        name: "account",
        aliases: &["user", "username", "アカウント", "利用者id", "ユーザー", "識別符号"],
    },
    Column { name: "from", aliases: &["time", "date", "日時", "日付", "開始", "開始日時"] },
    Column { name: "until", aliases: &["to", "終了", "終了日時"] },
    Column {
        name: "address", aliases: &["ip", "source", "アドレス", "ipアドレス", "送信元", "接続元"]
    },
    Column {
        name: "stated_on", aliases: &["stated", "reported_on", "申告日", "申告日時", "届出日"]
    },
];

/// How far a log-in may lie from a moment that was named without an end, microseconds.
const AROUND: i64 = 5 * Timestamp::MINUTE;

/// Reads a list of repudiated log-ins (`account,from,until,address,stated_on`; the first two are needed). A day means the
/// whole day in `zone`; a moment without an end means five minutes before and after it.
///
/// # Errors
/// When the table cannot be read, a cell is none of what is allowed, or an end lies before its beginning.
pub fn repudiations(bytes: &[u8], file: &str, zone: &TimeZone) -> Result<Vec<Repudiation>, ContextError> {
    let table = table(bytes, file, COLUMNS)?;
    if table.has.get(1) != Some(&true) {
        return Err(ContextError::new(file, 1, "a header with account and from", ""));
    }
    table.rows.iter().map(|row| repudiation(row, file, zone)).collect()
}

fn repudiation(row: &Row, file: &str, zone: &TimeZone) -> Result<Repudiation, ContextError> {
    let line = row.line;
    let Some(account) = row.cell(0) else {
        return Err(ContextError::new(file, line, "an account name", ""));
    };
    let Some(begun) = row.cell(1) else {
        return Err(ContextError::new(file, line, "the day or time of the log-in", ""));
    };
    let begun = when(begun, zone, file, line)?;
    let end = row.cell(2).map(|text| when(text, zone, file, line)).transpose()?;
    let (from, until) = match (begun, end) {
        (begun, Some(end)) => (begun.start(), end.end()),
        (When::Day(start, end), None) => (start, end),
        (When::Point(time), None) => (time.plus(-AROUND), time.plus(AROUND)),
    };
    if until <= from {
        return Err(ContextError::new(
            file,
            line,
            "an end behind the beginning",
            row.cell(2).unwrap_or_default(),
        ));
    }
    let address = row.cell(3).map(|text| {
        text.parse::<IpAddr>().map_err(|_| ContextError::new(file, line, "an IPv4 or IPv6 address", text))
    });
    let stated_on = row.cell(4).map(|text| when(text, zone, file, line)).transpose()?;
    Ok(Repudiation {
        account: account.to_owned(),
        from,
        until,
        address: address.transpose()?.map(|ip| ip.to_canonical()),
        stated_on: stated_on.map(When::start),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_moments_and_spans() {
        let text = "アカウント,日時,終了,送信元,申告日\n\
                    sato,2026-11-03,,,2026-11-04\n\
                    sato,2026-11-03T02:14:00+09:00,,203.0.113.9,\n\
                    kato,2026-11-03T02:00:00+09:00,2026-11-03T05:00:00+09:00,::ffff:203.0.113.9,-\n";
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let list = repudiations(text.as_bytes(), "r.csv", &zone).unwrap();
        let span = |place: usize| list[place].until.since(list[place].from);
        assert_eq!(span(0), Timestamp::DAY);
        assert_eq!((span(1), list[1].address), (2 * AROUND, Some(IpAddr::from([203, 0, 113, 9]))));
        assert_eq!((span(2), list[2].address), (3 * Timestamp::HOUR, list[1].address));
        assert!(list[0].stated_on.is_some() && list[2].stated_on.is_none());
    }

    #[test]
    fn what_is_refused_is_named() {
        let read =
            |text: &str| repudiations(text.as_bytes(), "r.csv", &TimeZone::UTC).unwrap_err().to_string();
        assert_eq!(
            read("account,from,until\na,2026-11-03,2026-11-02\n"),
            "r.csv: line 2: expected an end behind the beginning, found \"2026-11-02\""
        );
        assert!(read("account,until\na,2026-11-03\n").contains("account and from"));
        assert!(read("account,from\na,\n").contains("day or time"));
        assert!(read("account,from,address\na,2026-11-03,x\n").contains("IPv4 or IPv6"));
    }
}
