//! All records of all inputs, by several threads, with the results in the order of reading.

use crate::progress::Progress;
use collect::stream::{PlanSettings, SourcePlan, SourceReader};
use collect::unread::Unread;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use vocab::Event;

/// Threads at most; more would wait for the disk.
const THREADS_MAX: usize = 8;
/// Batches that a source may be ahead of the one that is written.
const BATCHES_AHEAD: usize = 8;

/// What is to be read, and how far it is.
pub(crate) struct Scan<'a> {
    /// Sources, in the order in which their results come.
    pub(crate) sources: &'a [SourcePlan],
    /// How times are read.
    pub(crate) settings: &'a PlanSettings,
    /// Who is told how far it is.
    pub(crate) progress: &'a Progress,
}

/// Looks at every event. `see` runs in several threads at once, each with a batch of its own (made by `default`) for each
/// block of records; `take` gets the batches one by one, of each source in its order and source by source. Gives what could
/// not be read.
///
/// # Errors
/// The first error of `take`; the threads then end.
pub(crate) fn scan<T: Default + Send>(
    work: &Scan<'_>,
    see: &(dyn Fn(&Event<'_>, &mut T) + Sync),
    take: &mut dyn FnMut(T) -> anyhow::Result<()>,
) -> anyhow::Result<Unread> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    let (senders, receivers): (Vec<_>, Vec<Receiver<T>>) = work
        .sources
        .iter()
        .map(|_| sync_channel(BATCHES_AHEAD))
        .map(|(sender, receiver)| (Mutex::new(Some(sender)), receiver))
        .unzip();
    let (report, reports) = channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.min(work.sources.len()) {
            let (report, next, senders) = (report.clone(), &next, &senders);
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(source), Some(sender)) = (work.sources.get(place), senders.get(place)) else {
                        break;
                    };
                    // Each sender is taken once, and its source has ended when it is gone.
                    let Some(sender) = sender.lock().ok().and_then(|mut sender| sender.take()) else { break };
                    let _ = report.send((place, read(source, work, see, &sender)));
                }
            });
        }
        drop(report);
        // On an error the receivers go, sending fails, and the threads end.
        receivers.into_iter().flatten().try_for_each(take)?;
        let mut all: Vec<(usize, Unread)> = reports.into_iter().collect();
        all.sort_by_key(|(place, _)| *place);
        let mut unread = Unread::default();
        all.into_iter().for_each(|(_, more)| unread.merge(more));
        Ok(unread)
    })
}

fn read<T: Default>(
    source: &SourcePlan,
    work: &Scan<'_>,
    see: &(dyn Fn(&Event<'_>, &mut T) + Sync),
    to: &SyncSender<T>,
) -> Unread {
    let mut reader = SourceReader::new(source, work.settings);
    let mut bytes = 0;
    while let Some(block) = reader.next() {
        let mut batch = T::default();
        reader.decode(&block, None, &mut |event| see(event, &mut batch));
        work.progress.add(reader.bytes_read().saturating_sub(bytes));
        bytes = reader.bytes_read();
        if to.send(batch).is_err() {
            return reader.into_report().unread;
        }
    }
    let mut batch = T::default();
    reader.finish(&mut |event| see(event, &mut batch));
    let _ = to.send(batch);
    reader.into_report().unread
}
