//! Telling people (detection.md 8.1): one thread decides by the pure rules of `casework::telling` who is told, one thread a
//! channel hands notices over. Each step is in the ledger before it takes effect; what a channel answered, before it counts.

mod mail;
mod plan;
mod send;
pub(super) mod settings;
mod tls;

use super::{Shared, held};
use crate::clock::Clock;
use casework::telling::{Hours, Taken};
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use vocab::Timestamp;
use web::letter::Letter;

/// Names of the channels in the state.
const MAIL: &str = "mail";
/// How often it is looked for something to tell.
const TURN: Duration = Duration::from_millis(400);

/// A notice on its way.
struct Parcel<'a> {
    /// Id of the notice.
    id: &'a str,
    /// Where it goes.
    address: &'a str,
    letter: &'a Letter,
    now: Timestamp,
}

/// What a channel answered.
struct Answered {
    taken: Taken,
    /// Its words, to be kept.
    proof: String,
}

/// A way to reach people.
trait Channel: Send {
    /// Name in the state.
    fn name(&self) -> &'static str;
    /// Hands a notice over and waits for the answer.
    fn hand_over(&self, parcel: &Parcel<'_>) -> Answered;
}

/// What pages show of the channels.
#[derive(Default)]
pub(crate) struct Told {
    /// Channels that the settings name.
    pub(super) channels: Vec<&'static str>,
    /// Incidents of which no channel could tell anybody (DT-NTF-07).
    lost: Mutex<BTreeSet<String>>,
}

impl Told {
    /// Of these channels.
    pub(super) fn of(channels: &Channels) -> Self {
        Self { channels: channels.0.iter().map(|channel| channel.name()).collect(), lost: Mutex::default() }
    }

    /// Incidents of which no channel could tell anybody.
    pub(super) fn lost(&self) -> Vec<String> {
        held(&self.lost).iter().cloned().collect()
    }
}

/// The channels that the settings name.
pub(super) struct Channels(Vec<Box<dyn Channel>>);

impl Channels {
    /// Sets them up.
    ///
    /// # Errors
    /// Names the file that cannot be read.
    pub(super) fn of(config: &super::config::Config) -> anyhow::Result<Self> {
        let mut all: Vec<Box<dyn Channel>> = Vec::new();
        if let Some(settings) = &config.mail {
            all.push(Box::new(mail::MailChannel::new(settings)?));
        }
        Ok(Self(all))
    }
}

/// Threads that tell.
pub(super) struct Tellers {
    stop: Vec<SyncSender<()>>,
    threads: Vec<JoinHandle<()>>,
}

/// What all of them need.
#[derive(Clone)]
struct Desk {
    shared: Arc<Shared>,
    clock: Clock,
    zone: jiff::tz::TimeZone,
    quiet: Option<Hours>,
    settings: settings::Telling,
}

impl Tellers {
    /// Begins to tell.
    ///
    /// # Errors
    /// When the settings cannot be meant.
    pub(super) fn begin(
        shared: &Arc<Shared>,
        channels: Channels,
        settings: settings::Telling,
        zone: jiff::tz::TimeZone,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        if shared.told.channels.is_empty() {
            crate::output::say(
                "warning: no channel for notices is set ([mail]): only the console tells of incidents",
            );
        }
        let desk = Desk { shared: Arc::clone(shared), clock, zone, quiet: settings.quiet()?, settings };
        let mut tellers = Self { stop: Vec::new(), threads: Vec::new() };
        for channel in channels.0 {
            let sender = send::Sender::new(desk.clone(), channel);
            tellers.spawn("channel", move || sender.turn());
        }
        tellers.spawn("notices", move || plan::turn(&desk));
        Ok(tellers)
    }

    fn spawn(&mut self, name: &'static str, turn: impl Fn() -> anyhow::Result<()> + Send + 'static) {
        let (stop, stopped) = sync_channel(0);
        self.stop.push(stop);
        self.threads.push(std::thread::spawn(move || repeat(name, &stopped, turn)));
    }

    /// Ends after what is under way.
    pub(super) fn end(self) {
        drop(self.stop);
        for thread in self.threads {
            drop(thread.join());
        }
    }
}

/// Does the work again and again, until it is asked to end. A turn that failed is said, once for each reason, and tried again.
fn repeat(name: &str, stopped: &Receiver<()>, turn: impl Fn() -> anyhow::Result<()>) {
    let mut said = String::new();
    while matches!(stopped.recv_timeout(TURN), Err(RecvTimeoutError::Timeout)) {
        match turn() {
            Ok(()) => said.clear(),
            Err(error) => {
                let why = format!("{error:#}");
                if why != said {
                    crate::output::alarm(&format!("{name}: {why}"));
                    said = why;
                }
            }
        }
    }
}
