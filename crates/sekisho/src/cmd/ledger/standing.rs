//! What goes on beside a writer that never waits (LG-WIT-06): witnesses are asked after each head, and a time stamp is fetched once
//! a day, on a thread of their own. The writer hands over that there is a head, and takes back what has to be entered.

use super::stamping::{self, Token};
use super::{asking, talk};
use crate::clock::Clock;
use crate::output::terminal::safe;
use anyhow::Context as _;
use ledger::{Ledger, Policy};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use vocab::Message;

/// How long a witness may take to answer, in seconds.
const SECONDS_MAX: u64 = 10;
/// How often it is looked for witnesses that did not answer, and for a time stamp that is due.
const LOOK: Duration = Duration::from_secs(2);
/// Tokens that wait to be entered.
const TOKENS_MAX: usize = 4;

/// The thread, as the writer sees it.
pub(crate) struct Standing {
    folder: PathBuf,
    clock: Clock,
    heads: Option<SyncSender<()>>,
    tokens: Receiver<Token>,
    news: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Standing {
    /// Begins, for the ledger in `folder`.
    pub(crate) fn begin(folder: &Path, clock: Clock) -> Self {
        // One head waits at most: a round asks about the newest one.
        let (heads, published) = sync_channel(1);
        let (give, tokens) = sync_channel(TOKENS_MAX);
        let news = Arc::<AtomicBool>::default();
        let round = Rounds { folder: folder.to_owned(), clock, news: Arc::clone(&news), give };
        let thread = std::thread::spawn(move || round.run(&published));
        Self { folder: folder.to_owned(), clock, heads: Some(heads), tokens, news, thread: Some(thread) }
    }

    /// A head was published. Returns at once.
    pub(crate) fn head(&self) {
        if let Some(heads) = &self.heads {
            // Full: the thread is going to look anyway.
            let _ = heads.try_send(());
        }
    }

    /// Enters what came of it since: events about witnesses, tokens. Quick when there is nothing.
    ///
    /// # Errors
    /// `LE-ROLLBACK` when a witness knows more of the ledger than it holds: nothing more may be signed (LG-WIT-07). `LE-IO`.
    pub(crate) fn enter(&self, ledger: &mut Ledger) -> anyhow::Result<()> {
        if self.news.swap(false, Ordering::AcqRel) {
            let watch = asking::watch_of(&self.folder)?;
            if let Some(known) = watch.beyond(ledger.size()) {
                let size = ledger.size();
                return Err(anyhow::Error::new(ledger::Error::Rollback { size, known })
                    .context("a witness has cosigned more entries than this ledger holds"));
            }
            asking::enter_events(ledger, &self.folder, self.clock)?;
        }
        while let Ok(token) = self.tokens.try_recv() {
            match token.keep(ledger, self.clock) {
                Ok((index, stamped)) => {
                    ledger.commit().context("cannot write the ledger")?;
                    stamping::told(&token, index, &stamped);
                }
                // The token, not the ledger, is at fault.
                Err(error @ (ledger::Error::Stamp(_) | ledger::Error::Key(_))) => {
                    let (size, text) = (token.size().to_string(), safe(&error.to_string(), 400));
                    talk::tell(&Message::new("ledger-stamp-refused").with("size", size).with("error", text));
                }
                Err(error) => return Err(anyhow::Error::new(error).context("cannot write the ledger")),
            }
        }
        Ok(())
    }

    /// Ends after the round that is under way, which has a limit of time.
    pub(crate) fn end(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        self.heads = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The thread itself.
struct Rounds {
    folder: PathBuf,
    clock: Clock,
    news: Arc<AtomicBool>,
    give: SyncSender<Token>,
}

impl Rounds {
    fn run(&self, published: &Receiver<()>) {
        loop {
            let fresh = match published.recv_timeout(LOOK) {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if let Err(error) = self.ask(fresh) {
                let text = safe(&format!("{error:#}"), 400);
                talk::tell(&Message::new("ledger-witness-failed").with("error", text));
            }
            if let Some(token) = stamping::when_due(&self.folder, self.clock) {
                // The writer takes them between two looks; a token that finds no room is fetched again tomorrow.
                let _ = self.give.try_send(token);
            }
        }
    }

    fn ask(&self, fresh: bool) -> anyhow::Result<()> {
        let Some(policy) = asking::policy_of(&self.folder)? else { return Ok(()) };
        if !fresh && !self.again(&policy)? {
            return Ok(());
        }
        let asked = asking::round(&self.folder, &policy, self.clock, SECONDS_MAX, true);
        self.news.store(true, Ordering::Release);
        asked.map(drop)
    }

    /// Whether a quorum is missing and a witness that did not answer may be asked again; or the alarm about it is due.
    fn again(&self, policy: &Policy) -> anyhow::Result<bool> {
        let (watch, now) = (asking::watch_of(&self.folder)?, self.clock.now());
        if watch.quorum_alarm(now) && !watch.told {
            self.news.store(true, Ordering::Release);
        }
        let failed = |name: &str| watch.witnesses.get(name).is_some_and(|seen| seen.failures > 0);
        let mut witnesses = policy.witnesses.iter().filter(|one| one.url.is_some());
        Ok(watch.missing_since.is_some()
            && witnesses.any(|one| failed(&one.name) && watch.due(&one.name, now)))
    }
}
