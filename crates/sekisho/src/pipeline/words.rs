//! Records that are not text, in words: a binary record of the Windows event log cannot be read by itself, because its
//! names stand elsewhere in its file. What findings may rest on is put into words while it is read.

use crate::record::brief;
use ledger::RecordView;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use vocab::{Citation, Event, Quote};

/// Records kept in words that a rule matched.
const MATCHED_MAX: usize = 20_000;
/// Records kept in words that only correlations look at.
const OTHERS_MAX: usize = 20_000;

/// Records in words.
#[derive(Debug, Default)]
pub(crate) struct Words {
    kept: HashMap<Citation, (u64, Box<str>)>,
    matched: usize,
    others: usize,
}

/// Tells the threads that put records into words when no more are wanted: of matched records, and of others. What is no
/// longer wanted would not have been taken either, so the result does not depend on when a thread hears of it.
#[derive(Debug, Default)]
pub(super) struct Enough {
    matched: AtomicBool,
    others: AtomicBool,
}

/// Records of one block in words, in their order.
pub(super) type Said = Vec<Word>;

/// A record in words.
pub(super) struct Word {
    citation: Citation,
    line: u64,
    text: Box<str>,
    /// A rule on single events matched it.
    matched: bool,
}

/// Puts a Windows record into words that became a signal.
pub(super) fn say(event: &Event<'_>, matched: bool, enough: &Enough, said: &mut Said) {
    let (Some(windows), Some(citation)) = (event.windows, event.origin.citation) else { return };
    let full = if matched { &enough.matched } else { &enough.others };
    if full.load(Ordering::Relaxed) {
        return;
    }
    let log = if windows.channel.is_empty() { &windows.provider } else { &windows.channel };
    let text = format!("{log} {}: {}", windows.event_id, brief(event)).into();
    said.push(Word { citation, line: event.origin.line, text, matched });
}

impl Words {
    /// Keeps records, as far as there is room.
    pub(super) fn keep(&mut self, said: Said, enough: &Enough) {
        for Word { citation, line, text, matched } in said {
            let (count, most, full) = if matched {
                (&mut self.matched, MATCHED_MAX, &enough.matched)
            } else {
                (&mut self.others, OTHERS_MAX, &enough.others)
            };
            if *count >= most {
                full.store(true, Ordering::Relaxed);
                continue;
            }
            *count += 1;
            self.kept.insert(citation, (line, text));
        }
    }

    /// The record in words, where they were kept.
    pub(super) fn quote(&self, citation: Citation, record: &RecordView) -> Option<Quote> {
        let (line, text) = self.kept.get(&citation)?;
        Some(Quote {
            file: record.file.to_string(),
            line: *line,
            offset: record.offset,
            text: text.to_string(),
        })
    }
}
