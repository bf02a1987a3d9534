//! Named projections of an incident (CW-REP-01): what a field of a form shows of what the logs showed.

use super::legal::{elements, open_questions, verdict};
use super::seen::{Seen, SeenRecord};
use super::{Tongue, log_text};
use crate::era;
use crate::incident::Bilingual;
use vocab::Timestamp;

/// Most log lines that a document quotes; all of them stand in the evidence bundle.
const QUOTES_MAX: usize = 40;
/// Most accounts that were only tried: all of them stand in the evidence bundle.
const TRIED_MAX: usize = 10;
/// Most rows of a table about sources, accounts or turning points.
const ROWS_MAX: usize = 40;

/// Who wrote a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A person entered it: it must print as it is.
    Person,
    /// It holds text from logs, which an attacker may have written.
    Log,
    /// The product made it from the case.
    Product,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Headings.
    pub head: Vec<String>,
    /// Rows, as many cells as headings.
    pub rows: Vec<Vec<String>>,
    /// Rows that were left out.
    pub left_out: usize,
}

/// What a field shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// One paragraph.
    Text(String),
    /// Several paragraphs.
    Lines(Vec<String>),
    /// A table.
    Table(Table),
}

/// Name, origin, and how it is made.
pub type Projection = (&'static str, Origin, fn(&Seen, Tongue) -> Option<Shown>);

/// All projections that a form may name as `case:NAME`.
pub const PROJECTIONS: &[Projection] = &[
    ("id", Origin::Product, |seen, _| text(seen.id.clone())),
    ("title", Origin::Log, |seen, tongue| text(tongue.pick(&seen.title))),
    ("period", Origin::Product, |seen, tongue| text(period(seen.first, seen.last, tongue))),
    ("first", Origin::Product, |seen, tongue| text(stamp(seen.first, tongue))),
    ("last", Origin::Product, |seen, tongue| text(stamp(seen.last, tongue))),
    ("hosts", Origin::Log, |seen, _| lines(seen.hosts.iter().map(|host| host.name.clone()).collect())),
    ("accounts", Origin::Log, accounts),
    ("sources", Origin::Log, sources),
    ("source_list", Origin::Log, |seen, _| {
        lines(seen.sources.iter().take(ROWS_MAX).map(|source| source.ip.clone()).collect())
    }),
    ("counts", Origin::Product, counts),
    ("summary", Origin::Log, summary),
    ("article", Origin::Product, |seen, tongue| {
        seen.legal.article.as_ref().and_then(|article| text(tongue.pick(article)))
    }),
    ("verdict", Origin::Log, verdict),
    ("elements", Origin::Product, elements),
    ("open_questions", Origin::Product, open_questions),
    ("log_extract", Origin::Log, log_extract),
    ("log_files", Origin::Log, log_files),
    ("timeline", Origin::Log, timeline),
    ("measures", Origin::Product, measures),
    ("gaps", Origin::Log, |seen, tongue| lines(seen.gaps.iter().map(|gap| tongue.pick(gap)).collect())),
    ("evidence", Origin::Product, evidence),
];

/// What the projection shows, and where it comes from; `None` when the incident has nothing to show.
#[must_use]
pub fn project(seen: &Seen, name: &str, tongue: Tongue) -> Option<(Shown, Origin)> {
    let (_, origin, make) = PROJECTIONS.iter().find(|(known, ..)| *known == name)?;
    Some((make(seen, tongue)?, *origin))
}

impl Tongue {
    pub(super) fn pick(self, text: &Bilingual) -> String {
        log_text(self.of(&text.ja, &text.en))
    }
}

pub(super) fn text(text: String) -> Option<Shown> {
    (!text.is_empty()).then_some(Shown::Text(text))
}

pub(super) fn lines(lines: Vec<String>) -> Option<Shown> {
    (!lines.is_empty()).then(|| Shown::Lines(lines.iter().map(|line| log_text(line)).collect()))
}

pub(super) fn table(head: &[&str], rows: Vec<Vec<String>>, all: usize) -> Option<Shown> {
    let left_out = all.saturating_sub(rows.len());
    let head = head.iter().map(|&name| name.to_owned()).collect();
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|row| row.iter().map(|cell| log_text(cell)).collect()).collect();
    (!rows.is_empty()).then_some(Shown::Table(Table { head, rows, left_out }))
}

/// A moment in Japan's time: 令和8年11月20日 23時10分01秒.
#[must_use]
pub(crate) fn stamp(time: Timestamp, tongue: Tongue) -> String {
    let Ok(instant) = jiff::Timestamp::from_microsecond(time.0) else { return String::new() };
    moment(jiff::tz::Offset::constant(9).to_datetime(instant), tongue)
}

pub(super) fn moment(local: jiff::civil::DateTime, tongue: Tongue) -> String {
    match tongue {
        Tongue::Ja => format!(
            "{} {}時{:02}分{:02}秒",
            era::long(local.date()),
            local.hour(),
            local.minute(),
            local.second()
        ),
        Tongue::En => local.strftime("%Y-%m-%d %H:%M:%S +09:00").to_string(),
    }
}

/// The same, short enough for a cell of a table.
fn short(time: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(time.0)
        .map(|instant| jiff::tz::Offset::constant(9).to_datetime(instant))
        .map(|local| local.strftime("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default()
}

fn period(first: Timestamp, last: Timestamp, tongue: Tongue) -> String {
    match tongue {
        Tongue::Ja => format!("{}から{}まで（日本標準時）", stamp(first, tongue), stamp(last, tongue)),
        Tongue::En => format!("{} to {}", stamp(first, tongue), stamp(last, tongue)),
    }
}

fn accounts(seen: &Seen, tongue: Tongue) -> Option<Shown> {
    let head = match tongue {
        Tongue::Ja => ["アカウント", "対象", "侵入", "試行", "成功", "最初の成功の送信元"],
        Tongue::En => ["account", "computer", "entered", "tries", "successes", "source of the first success"],
    };
    let (entered, tried): (Vec<_>, Vec<_>) =
        seen.accounts.iter().partition(|account| account.state == "entered");
    let shown = entered.iter().take(ROWS_MAX).chain(tried.iter().take(TRIED_MAX));
    let rows = shown.map(|account| {
        vec![
            account.name.clone(),
            account.host.clone(),
            match account.state.as_str() {
                "entered" => tongue.of("疑いあり", "suspected").to_owned(),
                _ => tongue.of("記録なし", "no record").to_owned(),
            },
            account.attempts.to_string(),
            account.successes.to_string(),
            account.entry_source.clone().unwrap_or_else(|| "－".to_owned()),
        ]
    });
    table(&head, rows.collect(), seen.accounts.len())
}

fn sources(seen: &Seen, tongue: Tongue) -> Option<Shown> {
    let head = match tongue {
        Tongue::Ja => ["IPアドレス", "最初の記録", "最後の記録", "試行", "成功"],
        Tongue::En => ["address", "first record", "last record", "tries", "successes"],
    };
    let row = |source: &super::SeenSource| {
        vec![
            source.ip.clone(),
            short(source.first),
            short(source.last),
            source.attempts.to_string(),
            source.successes.to_string(),
        ]
    };
    table(&head, seen.sources.iter().take(ROWS_MAX).map(row).collect(), seen.sources.len())
}

fn counts(seen: &Seen, tongue: Tongue) -> Option<Shown> {
    text(match tongue {
        Tongue::Ja => format!("試行 {}回、成功 {}回", seen.attempts, seen.successes),
        Tongue::En => format!("{} tries, {} successes", seen.attempts, seen.successes),
    })
}

/// What happened, without the lines about law and about what to do next.
fn summary(seen: &Seen, tongue: Tongue) -> Option<Shown> {
    let other = ["explain-law", "explain-missing", "explain-next"];
    let told = seen.explanation.short.iter().filter(|line| !other.iter().any(|id| line.id.starts_with(id)));
    lines(told.map(|line| tongue.pick(&line.text)).collect())
}

/// The lines that matter most, in order of time: successes and effects before failures.
fn log_extract(seen: &Seen, tongue: Tongue) -> Option<Shown> {
    let head = match tongue {
        Tongue::Ja => ["封印番号", "ファイル：行", "記録（原文）"],
        Tongue::En => ["sealed as", "file: line", "record as it is"],
    };
    let weight = |record: &&SeenRecord| match record.role.as_str() {
        "success" | "effect" => 0,
        "session" | "payload" => 1,
        _ => 2,
    };
    let mut quoted: Vec<&SeenRecord> = seen.records.iter().filter(|record| record.quote.is_some()).collect();
    let all = quoted.len();
    quoted.sort_by_key(weight);
    quoted.truncate(QUOTES_MAX);
    quoted.sort_by_key(|record| (record.time, record.citation));
    let row = |record: &&SeenRecord| {
        let quote = record.quote.as_ref()?;
        let sealed = format!("{}/{}", record.citation.index.0, record.citation.record);
        Some(vec![sealed, format!("{}：{}", file_name(&quote.file), quote.line), quote.text.clone()])
    };
    table(&head, quoted.iter().filter_map(row).collect(), all)
}

fn log_files(seen: &Seen, _: Tongue) -> Option<Shown> {
    let files =
        seen.records.iter().filter_map(|record| record.quote.as_ref()).map(|quote| quote.file.clone());
    let mut files: Vec<String> = files.collect();
    files.sort();
    files.dedup();
    lines(files)
}

fn timeline(seen: &Seen, tongue: Tongue) -> Option<Shown> {
    let head = [tongue.of("日時", "time"), tongue.of("できごと", "what")];
    let row = |turn: &super::seen::SeenTurn| vec![short(turn.time), tongue.pick(&turn.text)];
    table(&head, seen.timeline.iter().take(ROWS_MAX).map(row).collect(), seen.timeline.len())
}

fn measures(seen: &Seen, tongue: Tongue) -> Option<Shown> {
    let line = |measure: &super::seen::SeenMeasure| {
        let basis = tongue.pick(&measure.basis);
        let what = tongue.pick(&measure.text);
        match (basis.is_empty(), tongue) {
            (true, _) => what,
            (false, Tongue::Ja) => format!("{what}（{basis}）"),
            (false, Tongue::En) => format!("{what} ({basis})"),
        }
    };
    lines(seen.measures.iter().take(ROWS_MAX).map(line).collect())
}

fn evidence(seen: &Seen, tongue: Tongue) -> Option<Shown> {
    let mut entries: Vec<u64> = seen.records.iter().map(|record| record.citation.index.0).collect();
    entries.sort_unstable();
    entries.dedup();
    if entries.is_empty() {
        return None;
    }
    let shown: Vec<String> = entries.iter().take(ROWS_MAX).map(u64::to_string).collect();
    let (records, list) = (seen.records.len(), shown.join(", "));
    text(match tongue {
        Tongue::Ja => format!("封印済みの記録 {records}件（台帳の項目 {list}）"),
        Tongue::En => format!("{records} sealed records (entries of the ledger: {list})"),
    })
}

/// The last two parts of a path: enough to find the file, without the folders of the investigating computer.
fn file_name(path: &str) -> String {
    let mut parts: Vec<&str> = path.rsplit('/').take(2).collect();
    parts.reverse();
    parts.join("/")
}
