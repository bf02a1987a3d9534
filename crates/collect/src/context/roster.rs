//! The roster of accounts (利用者名簿): who holds which account, and who has left.

use super::ContextError;
use super::cell::{choice, when};
use super::table::{Column, Row, Table, table};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use vocab::{AccountKind, AccountRecord, AccountState};

const COLUMNS: &[Column] = &[
    Column {
        name: "account",
        aliases: &[
            "user",
            "username",
            "login",
            "id",
            "userid",
            "アカウント",
            "アカウント名",
            "利用者id",
            "ユーザー",
            "ユーザーid",
            "ユーザid",
            "識別符号",
        ],
    },
    Column { name: "kind", aliases: &["type", "種別", "区分"] },
    Column { name: "state", aliases: &["status", "状態"] },
    Column {
        name: "owner",
        aliases: &["name", "holder", "氏名", "名前", "所有者", "担当者", "利用者", "利用権者"],
    },
    Column {
        name: "left_on",
        aliases: &["left", "leaving_date", "退職日", "異動日", "離任日", "退職異動日"],
    },
    Column { name: "valid_until", aliases: &["expires", "有効期限", "期限"] },
    Column { name: "last_login", aliases: &["last_sign_in", "最終ログイン", "最終利用日"] },
];

/// Is this the header line of a roster, and nothing else? Accounts, at least two more known columns, none unknown.
pub(crate) fn is_header(line: &str) -> bool {
    let delimiter = [',', '\t', ';'].into_iter().find(|c| line.contains(*c)).unwrap_or(',');
    let place = |cell: &str| {
        let cell = cell.trim().trim_matches('"').to_lowercase();
        COLUMNS.iter().position(|column| column.name == cell || column.aliases.contains(&cell.as_str()))
    };
    let places: Vec<_> = line.trim_start_matches('\u{feff}').trim_end().split(delimiter).map(place).collect();
    places.len() >= 3 && places.contains(&Some(0)) && places.iter().all(Option::is_some)
}

const KINDS: &[(AccountKind, &[&str])] = &[
    (AccountKind::Person, &["person", "個人"]),
    (AccountKind::Admin, &["admin", "administrator", "管理者"]),
    (AccountKind::Service, &["service", "サービス", "プログラム"]),
    (AccountKind::Group, &["group", "shared", "共用", "共有"]),
    (AccountKind::Default, &["default", "初期", "初期設定"]),
    (AccountKind::Trial, &["trial", "試用", "お試し"]),
    (AccountKind::Decoy, &["decoy", "おとり"]),
];

const STATES: &[(AccountState, &[&str])] = &[
    (AccountState::Active, &["active", "使用中", "利用中", "有効", "在職"]),
    (AccountState::Dormant, &["dormant", "休眠"]),
    (AccountState::Disabled, &["disabled", "停止", "無効"]),
    (AccountState::Left, &["left", "退職", "異動", "退職済", "退職済み"]),
    (AccountState::Planted, &["planted", "無断追加"]),
];

/// Reads a roster (`account,kind,state,owner,left_on,valid_until,last_login`; only `account` and one more are needed). A
/// list of leavers with `account,left_on` is enough: without a kind an account is a person's, without a state it has been
/// left when there is a date of leaving, else it is active. Keys are account names in lower case. Days begin and end in
/// `zone`; an account is valid to the end of the day in `valid_until`.
///
/// # Errors
/// When the table cannot be read, a cell is none of what is allowed, or an account stands there twice.
pub fn accounts(
    bytes: &[u8],
    file: &str,
    zone: &TimeZone,
) -> Result<BTreeMap<String, AccountRecord>, ContextError> {
    let table = table(bytes, file, COLUMNS)?;
    let mut accounts = BTreeMap::new();
    let mut lines = BTreeMap::new();
    for row in &table.rows {
        let record = record(row, &table, zone)?;
        let key = record.account.to_lowercase();
        if let Some(before) = lines.insert(key.clone(), row.line) {
            let expected = format!("each account once (it stands in line {before} already)");
            return Err(ContextError::new(file, row.line, expected, &record.account));
        }
        if let Entry::Vacant(slot) = accounts.entry(key) {
            slot.insert(record);
        }
    }
    Ok(accounts)
}

fn record(row: &Row, table: &Table<'_>, zone: &TimeZone) -> Result<AccountRecord, ContextError> {
    let (file, line) = (table.file, row.line);
    let Some(account) = row.cell(0) else {
        return Err(ContextError::new(file, line, "an account name", ""));
    };
    let time = |column: usize| row.cell(column).map(|text| when(text, zone, file, line)).transpose();
    let left_on = time(4)?.map(super::cell::When::start);
    let kind = row.cell(1).map(|text| choice(text, KINDS, file, line)).transpose()?;
    let state = row.cell(2).map(|text| choice(text, STATES, file, line)).transpose()?;
    let implied = if left_on.is_some() { AccountState::Left } else { AccountState::Active };
    Ok(AccountRecord {
        account: account.to_owned(),
        kind: kind.unwrap_or(AccountKind::Person),
        state: state.unwrap_or(implied),
        owner: row.cell(3).map(str::to_owned),
        left_on,
        valid_until: time(5)?.map(super::cell::When::end),
        last_login: time(6)?.map(super::cell::When::start),
        uid: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocab::Timestamp;

    fn read(text: &str) -> Result<BTreeMap<String, AccountRecord>, String> {
        accounts(text.as_bytes(), "roster.csv", &TimeZone::UTC).map_err(|error| error.to_string())
    }

    #[test]
    fn leavers_alone() {
        let roster = read("account,left_on\nTanaka,2026-03-31\nsuzuki,\n").unwrap();
        let tanaka = &roster["tanaka"];
        assert_eq!((tanaka.kind, tanaka.state), (AccountKind::Person, AccountState::Left));
        assert_eq!(tanaka.left_on, Some(Timestamp::from_seconds(1_774_915_200)));
        assert_eq!(tanaka.account, "Tanaka");
        assert_eq!(roster["suzuki"].state, AccountState::Active);
    }

    #[test]
    fn a_whole_roster_with_japanese_header() {
        let text = "\u{feff}状態,利用者ID,種別,氏名,有効期限,部署\r\n休眠,backup,サービス,\"情報, 係\",2026-03-31,総務\r\n";
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(text.trim_start_matches('\u{feff}'));
        for bytes in [text.as_bytes(), &bytes] {
            let roster = accounts(bytes, "名簿.csv", &TimeZone::UTC).unwrap();
            let backup = &roster["backup"];
            assert_eq!((backup.kind, backup.state), (AccountKind::Service, AccountState::Dormant));
            assert_eq!(backup.owner.as_deref(), Some("情報, 係"));
            assert_eq!(backup.valid_until, Some(Timestamp::from_seconds(1_774_915_200).plus(Timestamp::DAY)));
        }
    }

    #[test]
    fn errors_name_line_and_expectation() {
        for (text, expected) in [
            (
                "",
                "roster.csv: line 1: expected a header with account and any of kind, state, owner, left_on, valid_until, last_login, found \"\"",
            ),
            ("name,left_on\nx,2026-01-01\n", "roster.csv: line 1: expected a header with account"),
            ("account,lefton_date\nx,2026-01-01\n", "roster.csv: line 1: expected a header with account"),
            ("account,left_on\n\nx,31.12.2026\n", "roster.csv: line 3: expected a date such as"),
            ("account,left_on\nx\n", "roster.csv: line 2: expected 2 columns as in the header, found \"x\""),
            (
                "account,kind\nx,boss\n",
                "roster.csv: line 2: expected one of person, admin, service, group, default, trial, decoy, found \"boss\"",
            ),
            (
                "account,kind\nX,admin\nx,admin\n",
                "roster.csv: line 3: expected each account once (it stands in line 2 already), found \"x\"",
            ),
            ("account,kind\n,admin\n", "roster.csv: line 2: expected an account name, found \"\""),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(accounts(&[0, 1, 2, 3, 0, 0, 0, 0], "r", &TimeZone::UTC).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(bytes: Vec<u8>, tail: String) {
            let _ = accounts(&bytes, "r", &TimeZone::UTC);
            let _ = read(&format!("account,kind,left_on\n{tail}"));
        }
    }
}
