//! Telling people (detection.md 8.1): one thread decides by the pure rules of `casework::telling` who is told, one thread a
//! channel hands notices over. Each step is in the ledger before it takes effect; what a channel answered, before it counts.

mod daily;
mod mail;
mod plan;
mod send;
pub(super) mod settings;
mod syslog;
mod tls;
mod webhook;

pub(super) use plan::TEST;

use super::{Shared, held};
use crate::clock::Clock;
use casework::telling::{Hours, Taken};
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use vocab::{Level, Timestamp};
use web::letter::Letter;

/// Names of the channels in the state.
const MAIL: &str = "mail";
const WEBHOOK: &str = "webhook";
const SYSLOG: &str = "syslog";
/// How often it is looked for something to tell.
const TURN: Duration = Duration::from_millis(400);

/// A notice on its way.
struct Parcel<'a> {
    /// Id of the notice.
    id: &'a str,
    /// Where it goes.
    address: &'a str,
    letter: &'a Letter,
    /// Incident, case, level and stage, for machines.
    facts: &'a Facts,
    now: Timestamp,
}

/// What a notice is about, for machines.
struct Facts {
    incident: String,
    stage: String,
    number: i64,
    level: Level,
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
    /// Has it a place of its own, beside the addresses of people?
    fn is_common(&self) -> bool {
        false
    }
    /// Hands a notice over and waits for the answer.
    fn hand_over(&self, parcel: &Parcel<'_>) -> Answered;
}

/// Is it an address of a person: a mail address, or one of a webhook?
pub(super) fn is_address(text: &str) -> bool {
    if text.contains("://") { settings::is_hook(text) } else { text.parse::<lettre::Address>().is_ok() }
}

/// What pages show of the channels.
#[derive(Default)]
pub(crate) struct Told {
    /// Channels that the settings name.
    pub(super) channels: Vec<&'static str>,
    /// Those of them that have a place of their own, beside the addresses of people.
    common: Vec<&'static str>,
    /// Incidents of which no channel could tell anybody (DT-NTF-07).
    lost: Mutex<BTreeSet<String>>,
}

impl Told {
    /// Of these channels.
    pub(super) fn of(channels: &Channels) -> Self {
        let all = channels.0.iter();
        Self {
            channels: all.clone().map(|channel| channel.name()).collect(),
            common: all.filter(|channel| channel.is_common()).map(|channel| channel.name()).collect(),
            lost: Mutex::default(),
        }
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
        if let Some(settings) = &config.webhook {
            all.push(Box::new(webhook::WebhookChannel::new(settings)?));
        }
        if let Some(settings) = &config.syslog_out {
            all.push(Box::new(syslog::SyslogChannel::new(settings)?));
        }
        Ok(Self(all))
    }

    /// Are there none?
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
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
                "warning: no channel for notices is set ([mail], [webhook], [syslog_out]): only the console tells of incidents",
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
        self.threads.push(std::thread::spawn(move || {
            let _alive = Alive(name);
            repeat(name, &stopped, turn);
        }));
    }

    /// Ends after what is under way.
    pub(super) fn end(self) {
        drop(self.stop);
        for thread in self.threads {
            drop(thread.join());
        }
    }
}

/// A thread that tells. When it dies of a fault the service ends, and is started again: a console over tellers that have
/// died would say that people are told.
struct Alive(&'static str);

impl Drop for Alive {
    fn drop(&mut self) {
        if std::thread::panicking() {
            crate::output::alarm(&format!("{}: the thread has died; the service ends", self.0));
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM);
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
