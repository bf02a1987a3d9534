//! Searching the logs: filters in the address, each line with its place in the ledger and its proof.

use super::routes::{part, value};
use super::{Asked, Console, Made, askama};
use crate::serve::search::{RECORDS, words::Question};
use anyhow::Context as _;
use ledger::Reader;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use store::{LogLine, LogWanted};
use vocab::{Citation, LedgerIndex, Timestamp};
use web::console::{LogRow, LogsPage, TablePage};
use web::console::{visible, visible_whole};

/// Lines on one page.
const ROWS: usize = 50;
/// Longest question, characters.
const WORDS_MAX: usize = 200;
/// Stretches of lines looked through for one page; the search goes on with the next.
const CHUNKS_MAX: usize = 200;
/// Stretches asked for at once.
const CHUNKS_AT_ONCE: i64 = 16;

/// What a page of lines is made of.
struct Found {
    lines: Vec<LogLine>,
    /// Older ones may lie below this id.
    before: Option<i64>,
    /// The search stopped before it had a full page.
    paused: bool,
}

impl Console {
    pub(super) fn logs(&self, asked: &Asked<'_>) -> anyhow::Result<Result<String, String>> {
        let t = asked.t;
        let field = |name: &str| value(&asked.request.query, name).unwrap_or_default();
        let words: String = field("q").chars().take(WORDS_MAX).collect();
        let (from, to, chosen) = (field("from"), field("to"), field("source"));
        let known = self.shared.store.read(|tx| tx.log_sources())?;
        let source = known.iter().find(|(_, name)| *name == chosen).map(|(number, _)| *number);
        let wanted = LogWanted {
            // A source that is not there has no lines.
            source: if chosen.is_empty() { None } else { Some(source.unwrap_or(-1)) },
            from: self.moment(&from).unwrap_or(Timestamp(0)),
            to: self.moment(&to).unwrap_or(Timestamp(i64::MAX)),
            first: 0,
            before: field("before").parse().unwrap_or(i64::MAX),
            rows: i64::try_from(ROWS)?,
        };
        let found = self.find(&Question::new(&words), &wanted)?;
        let wrong = |text: &str| !text.is_empty() && self.moment(text).is_none();
        let note = match &found {
            _ if wrong(&from) || wrong(&to) => "console-logs-time",
            found if found.paused => "console-logs-paused",
            found if found.lines.is_empty() => "console-logs-none",
            _ => "console-logs-note",
        };
        let older = found.before.map(|before| {
            let text = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let (q, source, from, to) = (text(&words), text(&chosen), text(&from), text(&to));
            format!("/logs?q={q}&source={source}&from={from}&to={to}&before={before}")
        });
        let name = |number| known.iter().find(|(known, _)| *known == number).map(|(_, name)| name.clone());
        let rows = found.lines.into_iter().map(|line| LogRow {
            at: t.time(line.at),
            source: name(line.source).unwrap_or_default(),
            entry: u64::try_from(line.id / RECORDS).unwrap_or_default(),
            record: u32::try_from(line.id % RECORDS).unwrap_or_default(),
            text: visible(&line.text),
        });
        Ok(askama(&LogsPage {
            f: self.frame(asked, "/logs", "console-logs"),
            rows: rows.collect(),
            note: t.text(note),
            sources: known.iter().map(|(_, name)| (name.clone(), *name == chosen)).collect(),
            words,
            from,
            to,
            older,
        }))
    }

    /// A time as a form gives it, in the zone of the console.
    fn moment(&self, text: &str) -> Option<Timestamp> {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        Some(Timestamp(civil.to_zoned(self.zone.clone()).ok()?.timestamp().as_microsecond()))
    }

    fn find(&self, question: &Question, wanted: &LogWanted) -> anyhow::Result<Found> {
        if question.is_empty() {
            let lines = self.shared.store.read(|tx| tx.log_lines(wanted))?;
            let before = lines.last().filter(|_| lines.len() >= ROWS).map(|line| line.id);
            return Ok(Found { lines, before, paused: false });
        }
        let (pairs, mut lines, mut below) = (question.pairs(), Vec::new(), wanted.before);
        let mut looked = 0;
        while looked < CHUNKS_MAX {
            let chunks = self.shared.store.read(|tx| tx.log_chunks(&pairs, below, CHUNKS_AT_ONCE))?;
            if chunks.is_empty() {
                return Ok(Found { lines, before: None, paused: false });
            }
            for chunk in chunks {
                let (first, before) = (chunk.first, wanted.before.min(chunk.last.saturating_add(1)));
                let within = LogWanted { first, before, rows: i64::from(u16::MAX), ..wanted.clone() };
                for line in self.shared.store.read(|tx| tx.log_lines(&within))? {
                    if !question.fits(&line.text) {
                        continue;
                    }
                    let id = line.id;
                    lines.push(line);
                    if lines.len() >= ROWS {
                        return Ok(Found { lines, before: Some(id), paused: false });
                    }
                }
                (below, looked) = (chunk.first, looked + 1);
            }
        }
        Ok(Found { lines, before: Some(below), paused: true })
    }

    /// One line with the proof that it is in the ledger.
    pub(super) fn log_line(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let t = asked.t;
        let numbers =
            (part(&asked.request.path, 2).parse::<u64>(), part(&asked.request.path, 3).parse::<u32>());
        let (Ok(entry), Ok(record)) = numbers else { return Ok(self.told(asked, 404, "console-missing")) };
        let citation = Citation { index: LedgerIndex(entry), record };
        let mut reader = Reader::open(&self.shared.folder).context("cannot read the ledger")?;
        let view = match reader.record(citation) {
            Ok(view) => view,
            Err(ledger::Error::Absent { .. }) => return Ok(self.told(asked, 404, "console-missing")),
            Err(error) => return Err(error.into()),
        };
        // Only lines of logs are shown here; what people and the service did is told elsewhere, with its own rights.
        let proof = reader.inclusion(citation)?;
        if proof.record.is_none() {
            return Ok(self.told(asked, 404, "console-missing"));
        }
        let received = reader.entry(citation.index)?.received_at;
        let key = reader.verifier_key().to_owned();
        let holds = proof.check(Some(&key)).is_ok();
        let verdict = match (&proof.checkpoint, holds) {
            (_, false) => "console-proof-broken",
            (None, true) => "console-proof-unsigned",
            (Some(_), true) => "console-proof-holds",
        };
        let text = String::from_utf8_lossy(&view.bytes);
        let fact = |id: &str, value: String| (t.text(id), value);
        let page = TablePage {
            f: self.frame(asked, "/logs", "console-proof"),
            note: t.text(verdict),
            facts: vec![
                fact("console-logs-line", visible_whole(&collect::mask::masked(&text))),
                fact("col-source", view.file.to_string()),
                fact("console-logs-received", t.time(received)),
                fact("console-proof-place", format!("{entry}:{record}")),
                fact("console-proof-size", proof.size.to_string()),
                fact("console-proof-root", proof.root.clone()),
                fact("console-key", key),
                fact("console-proof-json", serde_json::to_string(&proof)?),
            ],
            heads: Vec::new(),
            rows: Vec::new(),
        };
        Ok(Made::Html(200, askama(&page)))
    }
}
