//! Records that are not text, in words: a binary record of the Windows event log cannot be read by itself, because its
//! names stand elsewhere in its file. What findings may rest on is put into words while it is read.

use crate::record::brief;
use ledger::RecordView;
use std::collections::HashMap;
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

impl Words {
    /// Keeps a Windows record that became a signal; `matched` = a rule on single events matched it.
    pub(super) fn note(&mut self, event: &Event<'_>, matched: bool) {
        let (Some(windows), Some(citation)) = (event.windows, event.origin.citation) else { return };
        let (count, most) =
            if matched { (&mut self.matched, MATCHED_MAX) } else { (&mut self.others, OTHERS_MAX) };
        if *count >= most {
            return;
        }
        *count += 1;
        let log = if windows.channel.is_empty() { &windows.provider } else { &windows.channel };
        let text = format!("{log} {}: {}", windows.event_id, brief(event));
        self.kept.insert(citation, (event.origin.line, text.into()));
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
