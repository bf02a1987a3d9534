//! Log sources: which files belong together, how they are read, and the pull interface of the binary.
//!
//! [`plan`] looks at all inputs and gives one [`SourcePlan`] for each rotation chain. A [`SourceReader`] then hands out
//! [`Block`]s; the caller appends each to the ledger and only then has it decoded (DT-EVT-01). [`Parts`] are the same for
//! callers that read in one thread and decode in others.

mod block;
mod chain;
mod cutter;
mod element_cut;
mod explore;
mod json_cut;
mod live;
mod plan;
mod reader;
mod recognise;
mod side;
mod source_cutter;
mod source_decoder;
#[cfg(test)]
mod tests;
mod years;

pub use block::{BLOCK_BYTES_MAX, Block, BlockRecord, PARSED_BYTES_MAX, RECORDS_MAX};
pub use live::{LiveLine, LiveSettings, LiveSource, SAMPLE_BYTES_MAX, block_of};
pub use plan::{FilePlan, Plan, PlanSettings, SourcePlan, plan};
pub use reader::{FileStats, Parts, SourceReader, SourceReport};
pub use side::{SideFile, SideKind};
pub use source_cutter::SourceCutter;
pub use source_decoder::{BlockDecoder, Gained, Source, SourceDecoder};
pub use years::YearReport;
