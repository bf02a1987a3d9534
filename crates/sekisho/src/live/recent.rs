//! The words of the latest lines, for the quotes of findings: reading them back from the ledger at every look would cost
//! more than the look.

use collect::stream::Block;
use std::collections::{BTreeMap, VecDeque};
use vocab::{Citation, Finding, LedgerIndex, Quote};

/// Bytes of lines kept.
const BYTES_MAX: usize = 32 << 20;
/// Longest quote in bytes.
const QUOTE_BYTES_MAX: usize = 1_024;
/// Quotes filled in a finding.
const QUOTES_MAX: usize = 60;

/// Blocks of the latest lines.
#[derive(Debug, Default)]
pub(super) struct Recent {
    blocks: BTreeMap<LedgerIndex, Block>,
    order: VecDeque<LedgerIndex>,
    bytes: usize,
}

impl Recent {
    /// Keeps a block.
    pub(super) fn add(&mut self, block: &Block, index: LedgerIndex) {
        self.bytes += block.bytes_held();
        self.blocks.insert(index, block.clone());
        self.order.push_back(index);
        while self.bytes > BYTES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            if let Some(gone) = self.blocks.remove(&oldest) {
                self.bytes -= gone.bytes_held();
            }
        }
    }

    fn line(&self, citation: Citation) -> Option<Quote> {
        let block = self.blocks.get(&citation.index)?;
        let record = block.records().nth(citation.record as usize)?;
        let bytes = record.raw.get(..QUOTE_BYTES_MAX).unwrap_or(record.raw);
        let text = String::from_utf8_lossy(bytes).trim_end_matches('\u{fffd}').to_owned();
        // The sealed line keeps what it held; what people are shown holds no secret (DT-EVT-08).
        let mut text = collect::mask::masked(&text).into_owned();
        if bytes.len() < record.raw.len() {
            text.push('…');
        }
        Some(Quote { file: String::new(), line: record.line, offset: record.offset, text })
    }

    /// Fills the quotes of a finding, as far as its lines are at hand.
    pub(super) fn quote(&self, finding: &mut Finding) {
        for record in finding.evidence.iter_mut().rev().take(QUOTES_MAX) {
            record.quote = self.line(record.citation).map(Box::new);
        }
    }
}
