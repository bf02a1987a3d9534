//! All records of all inputs, by several threads, with the results in the order of reading.

use crate::pool::{self, Lane, Pool, Ticket};
use crate::progress::Progress;
use collect::stream::{BlockDecoder, Parts, PlanSettings, SourceCutter, SourcePlan, SourceReader};
use collect::unread::Unread;
use std::collections::VecDeque;
use std::sync::Arc;
use vocab::Event;

/// Bytes of blocks under way for each thread.
const BYTES_AHEAD: usize = 4 << 20;
/// What a block counts for that is read by the thread that decodes it.
const BLOCK_BYTES: usize = 1 << 20;
/// Blocks of such a source under way.
const BLOCKS_AHEAD: usize = 4;
/// Sources that are open at once.
const SOURCES_AHEAD: usize = 64;

/// What is to be read, and how far it is.
pub(crate) struct Scan<'a> {
    /// Sources, in the order in which their results come.
    pub(crate) sources: &'a [SourcePlan],
    /// How times are read.
    pub(crate) settings: &'a PlanSettings,
    /// Who is told how far it is.
    pub(crate) progress: &'a Progress,
    /// Threads that decode.
    pub(crate) threads: usize,
}

/// Looks at an event and adds to the batch of its block.
type See<'s, T> = dyn Fn(&Event<'_>, &mut T) + Sync + 's;

/// Looks at every event. `see` runs in several threads at once, each with a batch of its own (made by `default`) for each
/// block of records; `take` gets the batches one by one, of each source in its order and source by source. Gives what could
/// not be read.
///
/// # Errors
/// The first error of `take`; the threads then end.
pub(crate) fn scan<T: Default + Send>(
    work: &Scan<'_>,
    see: &See<'_, T>,
    take: &mut dyn FnMut(T) -> anyhow::Result<()>,
) -> anyhow::Result<Unread> {
    let mut unread = Unread::default();
    pool::with(work.threads, BlockDecoder::default, |pool| -> anyhow::Result<()> {
        let mut waiting = work.sources.iter();
        let mut open: VecDeque<Open<'_, T>> = VecDeque::new();
        let mut room =
            Room { bytes: 0, bytes_max: if work.threads > 1 { BYTES_AHEAD * work.threads } else { 0 } };
        loop {
            for source in &mut open {
                source.top_up(pool, see, &mut room, work.progress);
            }
            while open.is_empty() || (room.is_left() && open.len() < SOURCES_AHEAD) {
                let Some(plan) = waiting.next() else { break };
                let mut source = Open::new(plan, work.settings);
                source.top_up(pool, see, &mut room, work.progress);
                open.push_back(source);
            }
            let Some(first) = open.front_mut() else { return Ok(()) };
            let Some(ahead) = first.ahead.pop_front() else {
                open.pop_front();
                continue;
            };
            room.bytes -= ahead.bytes;
            let looked = ahead.ticket.wait()?;
            first.ended |= looked.ended;
            work.progress.add(looked.bytes_read.saturating_sub(first.bytes_read));
            first.bytes_read = first.bytes_read.max(looked.bytes_read);
            unread.merge(ahead.unread);
            unread.merge(looked.unread);
            take(looked.batch)?;
        }
    })?;
    Ok(unread)
}

/// Bytes under way, and how many may be.
struct Room {
    bytes: usize,
    bytes_max: usize,
}

impl Room {
    const fn is_left(&self) -> bool {
        self.bytes < self.bytes_max
    }
}

/// A source under way.
struct Open<'p, T> {
    way: Way<'p>,
    ahead: VecDeque<Ahead<T>>,
    bytes_read: u64,
    /// Its last block is under way, or was taken.
    ended: bool,
}

/// Who reads it.
enum Way<'p> {
    /// The thread that gives out work: any thread may decode any block.
    Here { source: Arc<collect::stream::Source>, cutter: Box<SourceCutter> },
    /// One thread at a time, which decodes it too.
    There(Lane<'p, SourceReader, BlockDecoder>),
}

/// A block under way.
struct Ahead<T> {
    ticket: Ticket<Looked<T>>,
    unread: Unread,
    bytes: usize,
}

/// What came of one block.
struct Looked<T> {
    batch: T,
    unread: Unread,
    /// Stored bytes of the source that were read so far.
    bytes_read: u64,
    ended: bool,
}

impl<'p, T: Default + Send + 'p> Open<'p, T> {
    fn new(plan: &SourcePlan, settings: &PlanSettings) -> Self {
        let way = if plan.stands_alone() {
            let Parts { source, cutter, .. } = Parts::new(plan, settings);
            Way::Here { source, cutter: Box::new(cutter) }
        } else {
            Way::There(Lane::new(SourceReader::new(plan, settings)))
        };
        Self { way, ahead: VecDeque::new(), bytes_read: 0, ended: false }
    }

    /// Gives out work as far as there is room; at least one block is under way until the source has ended.
    fn top_up(
        &mut self,
        pool: &Pool<'p, BlockDecoder>,
        see: &'p See<'p, T>,
        room: &mut Room,
        progress: &Progress,
    ) {
        while !self.ended && (self.ahead.is_empty() || (room.is_left() && self.wants_more())) {
            let ahead = match &mut self.way {
                Way::There(lane) => read_there(lane, pool, see),
                Way::Here { source, cutter } => {
                    let (ahead, ended) = read_here(source, cutter, pool, see);
                    progress.add(cutter.bytes_read().saturating_sub(self.bytes_read));
                    self.bytes_read = self.bytes_read.max(cutter.bytes_read());
                    self.ended = ended;
                    ahead
                }
            };
            room.bytes += ahead.bytes;
            self.ahead.push_back(ahead);
        }
    }

    fn wants_more(&self) -> bool {
        match self.way {
            Way::Here { .. } => true,
            Way::There(_) => self.ahead.len() < BLOCKS_AHEAD,
        }
    }
}

/// Reads the next block and has it decoded; says whether the source has ended.
fn read_here<'p, T: Default + Send + 'p>(
    source: &Arc<collect::stream::Source>,
    cutter: &mut SourceCutter,
    pool: &Pool<'p, BlockDecoder>,
    see: &'p See<'p, T>,
) -> (Ahead<T>, bool) {
    let block = cutter.next();
    let unread = cutter.take_unread();
    let (bytes, ended) = (block.as_ref().map_or(0, collect::stream::Block::bytes_held), block.is_none());
    let source = Arc::clone(source);
    let ticket = pool.give(move |decoder: &mut BlockDecoder| {
        let mut batch = T::default();
        let gained =
            block.map(|block| decoder.decode(&source, &block, None, &mut |event| see(event, &mut batch)));
        Looked { batch, unread: gained.unwrap_or_default().unread, bytes_read: 0, ended }
    });
    (Ahead { ticket, unread, bytes }, ended)
}

/// Has the next block read and decoded.
fn read_there<'p, T: Default + Send + 'p>(
    lane: &Lane<'p, SourceReader, BlockDecoder>,
    pool: &Pool<'p, BlockDecoder>,
    see: &'p See<'p, T>,
) -> Ahead<T> {
    let ticket = pool.give_in(lane, move |reader, _| {
        let mut batch = T::default();
        let block = reader.next();
        let ended = block.is_none();
        match block {
            Some(block) => reader.decode(&block, None, &mut |event| see(event, &mut batch)),
            None => reader.finish(&mut |event| see(event, &mut batch)),
        }
        Looked { batch, unread: reader.take_unread(), bytes_read: reader.bytes_read(), ended }
    });
    Ahead { ticket, unread: Unread::default(), bytes: BLOCK_BYTES }
}
