//! Threads that work while the caller goes on, and hand back their results in the order in which it asks for them.
//!
//! Whoever gives out work decides how much of it is under way; here nothing is limited. With one thread everything is done
//! where it is given out, so that results do not depend on the number of threads.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Threads at most; more would wait for the disk.
const THREADS_MAX: usize = 64;

/// One piece of work, for a thread with a state `W` of its own.
type Task<'p, W> = Box<dyn FnOnce(&mut W) + Send + 'p>;

/// Gives out work.
pub(crate) struct Pool<'p, W> {
    way: Way<'p, W>,
}

enum Way<'p, W> {
    /// Work is done at once.
    Here(Box<Mutex<W>>),
    /// Threads take it.
    There(Sender<Task<'p, W>>),
}

/// A result to come.
pub(crate) struct Ticket<R>(Receiver<R>);

impl<R> Ticket<R> {
    /// Waits for the result.
    ///
    /// # Errors
    /// When the thread that should have made it has ended.
    pub(crate) fn wait(self) -> anyhow::Result<R> {
        self.0.recv().map_err(|_| anyhow::anyhow!("a thread stopped; this is a fault of Sekisho"))
    }
}

/// Something that one thread at a time may work on, in the order in which the work was given out.
pub(crate) struct Lane<'p, S, W> {
    inner: Arc<Mutex<Inner<'p, S, W>>>,
}

type LaneTask<'p, S, W> = Box<dyn FnOnce(&mut S, &mut W) + Send + 'p>;

struct Inner<'p, S, W> {
    /// `None` while a thread has it.
    state: Option<S>,
    waiting: VecDeque<LaneTask<'p, S, W>>,
}

impl<'p, S: Send + 'p, W: 'p> Lane<'p, S, W> {
    /// A lane with this state.
    pub(crate) fn new(state: S) -> Self {
        Self { inner: Arc::new(Mutex::new(Inner { state: Some(state), waiting: VecDeque::new() })) }
    }
}

/// Runs `body` with a pool of so many threads, each with a state that `make` gives; the threads end with it.
pub(crate) fn with<'p, W: Send + 'p, R>(
    threads: usize,
    make: impl Fn() -> W,
    body: impl FnOnce(&Pool<'p, W>) -> R,
) -> R {
    let threads = threads.clamp(1, THREADS_MAX);
    if threads == 1 {
        return body(&Pool { way: Way::Here(Box::new(Mutex::new(make()))) });
    }
    let (sender, receiver) = channel::<Task<'p, W>>();
    let receiver = Mutex::new(receiver);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (mut own, receiver) = (make(), &receiver);
            scope.spawn(move || {
                loop {
                    // The lock is held while waiting only, not while working.
                    let task = locked(receiver).recv();
                    let Ok(task) = task else { break };
                    task(&mut own);
                }
            });
        }
        let pool = Pool { way: Way::There(sender) };
        body(&pool)
    })
}

impl<'p, W: 'p> Pool<'p, W> {
    /// Gives out a piece of work.
    pub(crate) fn give<R: Send + 'p>(&self, work: impl FnOnce(&mut W) -> R + Send + 'p) -> Ticket<R> {
        let (sender, receiver) = sync_channel(1);
        // Nobody may be waiting any more when the caller has given up.
        self.send(Box::new(move |own| drop(sender.send(work(own)))));
        Ticket(receiver)
    }

    /// Gives out work on what a lane holds.
    pub(crate) fn give_in<S: Send + 'p, R: Send + 'p>(
        &self,
        lane: &Lane<'p, S, W>,
        work: impl FnOnce(&mut S, &mut W) -> R + Send + 'p,
    ) -> Ticket<R> {
        let (sender, receiver) = sync_channel(1);
        locked(&lane.inner)
            .waiting
            .push_back(Box::new(move |state, own| drop(sender.send(work(state, own)))));
        let inner = Arc::clone(&lane.inner);
        self.send(Box::new(move |own| run(&inner, own)));
        Ticket(receiver)
    }

    fn send(&self, task: Task<'p, W>) {
        match &self.way {
            Way::Here(own) => task(&mut locked(own)),
            // The threads wait for work as long as there is a sender.
            Way::There(sender) => drop(sender.send(task)),
        }
    }
}

/// Does what waits in a lane, unless another thread is at it, which then does this too.
fn run<S, W>(lane: &Mutex<Inner<'_, S, W>>, own: &mut W) {
    let mut inner = locked(lane);
    let Some(mut state) = inner.state.take() else { return };
    while let Some(task) = inner.waiting.pop_front() {
        drop(inner);
        task(&mut state, own);
        inner = locked(lane);
    }
    inner.state = Some(state);
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Results come in the order in which they are asked for, and a lane is worked on in its own order.
    #[test]
    fn order_is_that_of_giving_with_any_number_of_threads() {
        for threads in [1, 2, 5] {
            let (squares, sums) = with(
                threads,
                || 0_u64,
                |pool| {
                    let lanes: Vec<Lane<'_, Vec<u64>, u64>> = (0..3).map(|_| Lane::new(Vec::new())).collect();
                    let mut squares = Vec::new();
                    let mut sums = Vec::new();
                    for number in 0..200_u64 {
                        squares.push(pool.give(move |done| {
                            *done += 1;
                            number * number
                        }));
                        for lane in &lanes {
                            sums.push(pool.give_in(lane, move |state, _| {
                                state.push(number);
                                state.clone()
                            }));
                        }
                    }
                    let squares: Vec<u64> =
                        squares.into_iter().map(|ticket| ticket.wait().unwrap()).collect();
                    let sums: Vec<Vec<u64>> = sums.into_iter().map(|ticket| ticket.wait().unwrap()).collect();
                    (squares, sums)
                },
            );
            assert!(squares.iter().copied().eq((0..200).map(|number| number * number)), "{threads}");
            for (at, seen) in (0_u64..).zip(&sums) {
                assert!(seen.iter().copied().eq(0..=at / 3), "{threads} {at} {seen:?}");
            }
        }
    }

    #[test]
    fn a_caller_that_gives_up_is_not_waited_for() {
        let last = with(
            2,
            || (),
            |pool| {
                (0..50).for_each(|number| drop(pool.give(move |()| number)));
                pool.give(|()| 50)
            },
        );
        assert_eq!(last.wait().unwrap(), 50);
    }
}
