//! Counting rules N0 to N7 and the golden tables of the year 2000 (casework.md 3).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use act::{
    ActRecord, Cell, CountOptions, LegalClass, LumpReason, Measure, ReadError, RowKind, State, Tables, Unit,
    check, count, read_units, years,
};

const UNITS: &str = include_str!("data/units-2000.jsonl");
const GOLDEN: &str = include_str!("data/golden-2000.tsv");
const MEASURES: [Measure; 3] = [Measure::Cases, Measure::Counts, Measure::Persons];

fn units() -> Vec<Unit> {
    read_units(UNITS.as_bytes(), "units-2000.jsonl").unwrap()
}

fn year_2000(units: &[Unit]) -> Tables {
    count(units, &CountOptions::year(2000))
}

fn act_of<'a>(units: &'a mut [Unit], id: &str) -> &'a mut ActRecord {
    let found = units.iter_mut().find_map(|unit| match unit {
        Unit::Act(act) if act.id == id => Some(act.as_mut()),
        _ => None,
    });
    found.expect("an act with this id")
}

/// Every difference between tables and the published figures, one line each.
fn differences(tables: &Tables) -> Vec<String> {
    let mut out = Vec::new();
    let mut golden = Vec::new();
    for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        golden.push(cells[0].to_owned());
        let Some((_, row)) = tables.rows().find(|(_, row)| row.id == cells[0]) else {
            out.push(format!("{}: no such row", cells[0]));
            continue;
        };
        if row.kind.as_str() != cells[1] {
            out.push(format!("{}: {} instead of {}", row.id, row.kind, cells[1]));
        }
        let overlaps: Vec<u64> = cells[5].split(';').map(|text| text.parse().unwrap_or(0)).collect();
        for (at, measure) in MEASURES.into_iter().enumerate() {
            let measure = if row.kind == RowKind::Value { Measure::Age } else { measure };
            let Ok(published) = cells[2 + at].parse::<u64>() else { continue };
            let found = row.cell(measure).map(|cell| (cell.value, cell.overlap));
            let wanted = Some((published, overlaps.get(at).copied().unwrap_or(0)));
            if found != wanted {
                out.push(format!("{} {measure}: {found:?} instead of {wanted:?}", row.id));
            }
        }
    }
    for (_, row) in tables.rows().filter(|(_, row)| !golden.contains(&row.id)) {
        out.push(format!("{}: a row that was not published", row.id));
    }
    out
}

fn cell(tables: &Tables, row: &str, measure: Measure) -> Cell {
    let found = tables.rows().find(|(_, found)| found.id == row).and_then(|(_, row)| row.cell(measure));
    found.expect("a cell").clone()
}

#[test]
fn the_year_2000_is_rebuilt_from_records() {
    let tables = year_2000(&units());
    assert_eq!(differences(&tables), Vec::<String>::new(), "CW-CNT-11");
    let failed: Vec<_> = tables.checks.iter().filter(|check| !check.holds).collect();
    assert!(failed.is_empty(), "{failed:?}");
    let ids: std::collections::BTreeSet<&str> = tables.checks.iter().map(|check| check.id.as_str()).collect();
    for id in [
        "G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9", "G10", "G11", "G12", "G13", "G14", "G15", "G16",
    ] {
        assert!(ids.contains(id), "{id} is checked");
    }
    assert_eq!(
        cell(&tables, "T12.1", Measure::Cases).value,
        cell(&tables, "T5.2", Measure::Cases).value,
        "G15"
    );
    assert_eq!(tables.table("T11").map(|table| table.of_kind(RowKind::Category).count()), Some(6), "G14");
}

#[test]
fn overlap_is_printed() {
    let tables = year_2000(&units());
    assert_eq!(cell(&tables, "T5.total", Measure::Cases).shown_ja(), "31 (重複 3)", "N7");
    assert_eq!(cell(&tables, "T5.total", Measure::Persons).shown_ja(), "37 (重複 2人)", "N7");
    assert_eq!(cell(&tables, "T5.total", Measure::Counts).shown_ja(), "67");
    assert_eq!(cell(&tables, "T5.total", Measure::Persons).shown_en(), "37 (overlap 2)");
}

#[test]
fn measures_are_never_added() {
    // G17: 30 + 62 + 34 and its like appear nowhere.
    let tables = year_2000(&units());
    let figures: Vec<u64> =
        tables.rows().flat_map(|(_, row)| row.cells.iter().map(|cell| cell.value)).collect();
    for row in ["T5.1", "T5.total"] {
        let (_, row) = tables.rows().find(|(_, found)| found.id == row).expect("a row");
        let sum: u64 = row.cells.iter().map(|cell| cell.value).sum();
        assert!(!figures.contains(&sum), "{} adds up to {sum}", row.id);
    }
    let mut broken = tables;
    broken.tables[4].rows[0].cells.remove(1);
    assert!(check(&broken).iter().any(|check| check.id == "G17" && !check.holds));
}

#[test]
fn a_moved_record_is_noticed() {
    // CW-CNT-12, first: one record moved to another category.
    type Change = fn(&mut ActRecord);
    let cases: [(&str, Change); 5] = [
        ("A001", |act| {
            act.administrator = if act.administrator == "other" { "provider" } else { "other" }.to_owned()
        }),
        ("A002", |act| act.how_recognised = "finder_tip".to_owned()),
        ("A003", |act| act.verdict.as_mut().expect("a verdict").legal_class = LegalClass::Ua2),
        ("A004", |act| act.method = "from_a_magazine".to_owned()),
        ("A005", |act| act.cleared.as_mut().expect("a clearance").motive = "mischief".to_owned()),
    ];
    for (id, change) in cases {
        let mut units = units();
        change(act_of(&mut units, id));
        assert!(!differences(&year_2000(&units)).is_empty(), "{id}");
    }
}

#[test]
fn a_wrong_total_and_a_false_category_are_noticed() {
    // CW-CNT-12, second: the overlap is not subtracted.
    let mut tables = year_2000(&units());
    let total = tables.tables[4].rows.last_mut().expect("a total");
    total.cells[0].value += total.cells[0].overlap;
    total.cells[0].overlap = 0;
    assert!(check(&tables).iter().any(|check| check.id == "G4" && !check.holds));
    assert!(!differences(&tables).is_empty());
    // CW-CNT-12, third: a remainder is printed as a published category.
    let mut tables = year_2000(&units());
    let rest = tables.tables[6].rows.last_mut().expect("a remainder");
    assert_eq!(rest.kind, RowKind::Remainder);
    rest.kind = RowKind::Category;
    assert!(check(&tables).iter().any(|check| check.id == "G8" && !check.holds));
    assert!(!differences(&tables).is_empty());
}

#[test]
fn what_is_not_recognised_is_not_counted() {
    let tables = year_2000(&units());
    let codes: Vec<&str> = tables.notes.iter().map(|note| note.code.as_str()).collect();
    let wanted = [
        "consultation",
        "not_confirmed",
        "not_covered",
        "not_recognised",
        "not_reported",
        "not_responsible",
        "other_period",
    ];
    assert_eq!(codes, wanted, "N1, CW-CNT-03, CW-CNT-04, CW-CNT-10");
    assert!(tables.notes.iter().all(|note| !note.text.ja.is_empty() && !note.text.en.is_empty()));
    assert_eq!(tables.guidance_only, ["P90"], "CW-CNT-10");
    let next = count(&units(), &CountOptions::year(2001));
    assert_eq!(cell(&next, "T1.total", Measure::Counts).value, 1, "CW-PUB-06: the late report");
    assert_eq!(years(&units()), [2000, 2001]);
    // The period begins with the Act in force: the day before belongs to no edition (N0).
    let mut early = units();
    act_of(&mut early, "A070").reported_to_npa_at = act::Moment::parse("2000-02-12").ok();
    assert_eq!(cell(&year_2000(&early), "T1.total", Measure::Counts).value, 105);
}

#[test]
fn a_further_recognition_route_counts_each() {
    let mut units = units();
    let mut more = act_of(&mut units, "A080").clone();
    for (at, route) in act::Route::ALL.iter().enumerate() {
        more.id = format!("N{at}");
        more.function = format!("new-{at}");
        more.recognition.as_mut().expect("a recognition").route = *route;
        units.push(Unit::Act(Box::new(more.clone())));
    }
    assert_eq!(
        cell(&year_2000(&units), "T1.total", Measure::Counts).value,
        106 + 5,
        "N1: all but the consultation"
    );
}

fn one(id: &str, function: &str, method: &str, suspects: &[&str], time: &str) -> Unit {
    let mut units = units();
    let mut act = act_of(&mut units, "A080").clone();
    act.id = id.to_owned();
    act.function = function.to_owned();
    act.method = method.to_owned();
    act.suspects = suspects.iter().map(|id| (*id).to_owned()).collect();
    act.act_time = act::ActTime::at(act::Moment::parse(time).unwrap());
    Unit::Act(Box::new(act))
}

fn counts(units: &[Unit], hours: u32) -> u64 {
    let options = CountOptions { short_period_hours: hours, ..CountOptions::year(2000) };
    cell(&count(units, &options), "T1.total", Measure::Counts).value
}

#[test]
fn one_function_and_one_method_make_a_count() {
    let day = "2000-05-01T10:00:00+09:00";
    let base = one("1", "f", "m", &["p"], day);
    let pair = |other: Unit| counts(&[base.clone(), other], 24);
    assert_eq!(pair(one("2", "f", "m", &["p"], "2000-05-02T09:00:00+09:00")), 1, "N4: continuing");
    assert_eq!(pair(one("2", "f", "m", &["p"], "2000-05-02T10:00:01+09:00")), 2, "N4: not within the period");
    assert_eq!(pair(one("2", "g", "m", &["p"], day)), 2, "N2: another function");
    assert_eq!(pair(one("2", "f", "n", &["p"], day)), 2, "N2: another method");
    assert_eq!(pair(one("2", "f", "m", &["q"], day)), 2, "N3: a suspect who is no accomplice");
    assert_eq!(pair(one("2", "f", "m", &[], day)), 2, "CW-CNT-02: unknown suspects are a set of their own");
    let accomplices = [one("1", "f", "m", &["p", "q"], day), one("2", "f", "m", &["q", "p"], day)];
    assert_eq!(counts(&accomplices, 24), 1, "N3: accomplices together");
    let chain: Vec<Unit> = (0..5)
        .map(|at| one(&at.to_string(), "f", "m", &[], &format!("2000-05-0{}T10:00:00+09:00", at + 1)))
        .collect();
    assert_eq!((counts(&chain, 24), counts(&chain, 23)), (1, 5), "CW-CNT-01: the policy decides");
    let means = |act: &mut ActRecord| {
        let cleared = r#"{"case":"C","on":"2000-05-09","means_of":["詐欺"]}"#;
        act.cleared = Some(serde_json::from_str(cleared).unwrap());
    };
    let mut other_offence = [base.clone()];
    means(act_of(&mut other_offence, "1"));
    assert_eq!(counts(&other_offence, 24), 1, "N5: still its own count");
}

#[test]
fn lumping_needs_an_officers_reason() {
    let tables = year_2000(&units());
    let [lumped] = tables.lumpings.as_slice() else { panic!("one lumping, found {:?}", tables.lumpings) };
    assert_eq!(lumped.acts.len(), 3);
    assert_eq!((lumped.reasons.len(), lumped.short_period_hours), (1, 24), "CW-CNT-01");
    let (a, b) = (one("1", "f", "m", &[], "2000-05-01"), one("2", "f", "m", &[], "2000-05-02"));
    let silent = year_2000(&[a.clone(), b]);
    assert_eq!(silent.notes.iter().map(|note| note.code.as_str()).collect::<Vec<_>>(), ["lump_reason"]);
    let mut apart = [a, one("2", "f", "m", &[], "2000-05-09")];
    act_of(&mut apart, "2").lump = Some(LumpReason { reason: "r".to_owned(), officer: "o".to_owned() });
    let apart = year_2000(&apart);
    assert_eq!(apart.notes.iter().map(|note| note.code.as_str()).collect::<Vec<_>>(), ["lump_apart"]);
}

#[test]
fn every_figure_names_its_records() {
    let units = units();
    let tables = year_2000(&units);
    let ids: Vec<&str> = units.iter().map(Unit::id).collect();
    for (_, row) in tables.rows() {
        for cell in
            row.cells.iter().filter(|cell| cell.measure != Measure::Cases && cell.measure != Measure::Age)
        {
            assert_eq!(cell.value, cell.records.len() as u64, "CW-CNT-06: {}", row.id);
            assert!(cell.records.iter().all(|id| ids.contains(&id.as_str())), "{}", row.id);
        }
    }
}

#[test]
fn order_of_lines_does_not_matter() {
    let mut units = units();
    let first = serde_json::to_string(&year_2000(&units)).unwrap();
    units.reverse();
    assert_eq!(first, serde_json::to_string(&year_2000(&units)).unwrap());
    units.rotate_left(53);
    assert_eq!(first, serde_json::to_string(&year_2000(&units)).unwrap());
}

#[test]
fn automated_logins_are_counted_apart() {
    let tables = year_2000(&units());
    let automated = &tables.automated;
    assert_eq!((automated.attempts, automated.successes), (62_000, 114), "CW-PUB-10");
    assert_eq!((automated.attempts_exact, automated.successes_exact), (12_000, 14));
    assert_eq!(automated.rounded, ["L2"]);
}

#[test]
fn an_unknown_category_is_shown_and_not_invented() {
    let mut units = units();
    act_of(&mut units, "A001").administrator = "駅前の喫茶店".to_owned();
    let tables = year_2000(&units);
    assert_eq!(cell(&tables, "T2.unclassified", Measure::Counts).value, 1);
    assert_eq!(cell(&tables, "T2.total", Measure::Counts).value, 106);
    assert!(tables.notes.iter().any(|note| note.code == "unclassified" && note.record == "A001"));
    assert!(tables.holds(), "{:?}", tables.checks);
}

#[test]
fn later_lists_are_data() {
    assert_eq!(act::category_lists(), ["2000", "later"], "CW-CNT-14");
    let options = CountOptions { list: "later".to_owned(), ..CountOptions::year(2000) };
    let tables = count(&units(), &options);
    let provision = tables.table("T5").expect("a table");
    assert_eq!(provision.of_kind(RowKind::Category).count(), 5);
    let mut stored = units();
    act_of(&mut stored, "A063").verdict.as_mut().expect("a verdict").legal_class = LegalClass::Store;
    let notes = year_2000(&stored).notes;
    assert!(
        notes.iter().any(|note| note.code == "law_version" && note.record == "A063"),
        "no such provision in 2000"
    );
}

#[test]
fn confirmed_verdicts_only() {
    for state in State::ALL {
        let mut units = units();
        act_of(&mut units, "A100").verdict.as_mut().expect("a verdict").state = *state;
        let expected = if *state == State::Confirmed { 106 } else { 105 };
        assert_eq!(
            cell(&year_2000(&units), "T1.total", Measure::Counts).value,
            expected,
            "CW-CLS-23 {state}"
        );
    }
}

#[track_caller]
fn wrong(text: &str, expected: &str) {
    let error = read_units(text.as_bytes(), "U.jsonl").unwrap_err();
    assert!(matches!(error, ReadError::InFile { .. }));
    assert_eq!(error.to_string(), expected);
}

#[test]
fn errors_name_file_line_and_field() {
    let good = r#"{"record":"person","id":"P"}"#;
    let act = |rest: &str| format!(r#"{{"record":"act","id":"A","function":"f","method":"m"{rest}}}"#);
    wrong(
        &format!(
            "{good}\n\n{}",
            act(r#","recognition":{"route":"rumour","date":"2000-03-01","confirmed_by":"x"}"#)
        ),
        "U.jsonl: line 3, column 84, field `recognition.route`: unknown variant `rumour`, expected one of \
         `damage_report`, `further_offence`, `press_confirmed`, `assistance_accepted`, `other_confirmed`, \
         `consultation`",
    );
    wrong(
        &act(r#","colour":"red""#),
        "U.jsonl: line 1, column 61, field `colour`: unknown field `colour`, expected one of `id`, `function`, \
         `method`, `suspects`, `act_time`, `reported_to_npa_at`, `verdict`, `recognition`, `administrator`, \
         `how_recognised`, `afterwards`, `from_abroad`, `cleared`, `lump`",
    );
    wrong(
        &format!("{good}\n{good}"),
        "U.jsonl: line 2, record `P`, field `id`: expected an id that no earlier line has",
    );
    wrong(
        r#"{"record":"thing","id":"x"}"#,
        "U.jsonl: line 1, column 0, field `record`: unknown record `thing`, expected `act`, `person`, `assistance` \
         or `automated_logins`",
    );
    wrong(
        r#"{"record":"act","id":" ","function":"f","method":"m"}"#,
        "U.jsonl: line 1, record ` `, field `id`: expected a text that is not empty",
    );
    let error = read_units(b"{\"record\":\"person\",\"id\":\"\xff\"}", "U.jsonl").unwrap_err();
    assert!(error.to_string().starts_with("U.jsonl: line 1, column 0, field `.`: expected UTF-8"), "{error}");
    let long = act(&format!(r#","suspects":["{}"]"#, "x".repeat(70_000)));
    wrong(&long, "U.jsonl: line 1, column 0, field `.`: expected at most 65536 bytes, found 70069");
    let both = r#"{"record":"person","id":"P","id":"Q"}"#;
    assert!(read_units(both.as_bytes(), "U.jsonl").unwrap_err().to_string().contains("duplicate field `id`"));
}

proptest::proptest! {
    /// Any bytes: an error or records, never a panic; what was read can be counted.
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = read_units(&bytes, "x").map(|units| year_2000(&units));
    }

    /// Any subset of the records: all arithmetic holds.
    #[test]
    fn any_subset_adds_up(keep in proptest::collection::vec(proptest::bool::ANY, 200)) {
        let units: Vec<Unit> = units().into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(unit, _)| unit).collect();
        let tables = year_2000(&units);
        let failed: Vec<_> = tables.checks.iter().filter(|check| !check.holds).collect();
        proptest::prop_assert!(failed.is_empty(), "{:?}", failed);
    }
}
