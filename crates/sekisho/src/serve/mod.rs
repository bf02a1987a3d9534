//! `sekisho serve`: always watching. One thread takes lines, seals and judges them; the console asks the state.

pub(crate) mod agents;
pub(crate) mod api;
mod begin;
mod blocking;
pub(crate) mod config;
pub(crate) mod console;
mod delivery;
mod journal;
mod publish;
mod reload;
pub(crate) mod search;
mod silence;
mod syslog;
mod telling;
pub(crate) mod tls;

use crate::clock::Clock;
use crate::cmd::ledger::Standing;
use crate::follow::{self, Notice};
use crate::live::{Judged, Settings, SourceState, Watch};
use agents::Agents;
use anyhow::Context as _;
use casework::Incident;
use config::Config;
use delivery::{Delivery, Missing};
use detect::rule::LoadReport;
use ledger::EntryKind;
use silence::Silences;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{SourceRow, Store};
use vocab::Timestamp;

/// Batches of lines that wait for the watch; a full queue makes senders wait.
const QUEUE_BATCHES: usize = 4_096;
/// Lines taken at once.
const TURN_LINES_MAX: usize = 8_192;
/// How long the watch waits for a line before it looks at the files.
const TURN: Duration = Duration::from_millis(200);
/// Looking at what was found takes at most this part of the time.
const JUDGING_SHARE: f64 = 0.2;
/// How often a signed tree head is published, when there is something new.
const CHECKPOINT_MICROS: i64 = 60 * Timestamp::SECOND;
/// How often the counters of the sources are written.
const SOURCES_MICROS: i64 = 5 * Timestamp::SECOND;

/// Id, title and level of each rule, for people.
type RuleRows = Vec<(String, String, String)>;

/// What the watch and the console share.
pub(super) struct Shared {
    /// State.
    pub(super) store: Arc<Store>,
    /// Incidents with all particulars.
    pub(super) incidents: Mutex<BTreeMap<String, Incident>>,
    /// Entries of the ledger, its verifier key.
    pub(super) ledger: Mutex<(u64, String)>,
    /// Rules in force, and how loading them stands.
    pub(super) rules: reload::Rules,
    /// Folder of the ledger.
    pub(super) folder: PathBuf,
    /// Orders to the watch.
    pub(super) orders: SyncSender<Order>,
    /// Agents that were heard.
    pub(super) agents: Arc<Agents>,
    /// Datagrams that found the queue full.
    pub(super) dropped: Arc<AtomicU64>,
    /// Blocks sources.
    pub(super) blocking: blocking::Blocking,
    /// Channels of notices, and what could not be told.
    pub(super) told: telling::Told,
}

impl Shared {
    /// Has the watch write down what somebody does; gives the entry.
    pub(super) fn deed(&self, deed: serde_json::Value) -> anyhow::Result<i64> {
        let (reply, answer) = sync_channel(1);
        self.orders.send(Order::Deed(deed, reply)).ok().context("the watch has ended")?;
        let index = answer.recv_timeout(Duration::from_secs(30)).context("the watch does not answer")??;
        i64::try_from(index).context("index of an entry")
    }

    /// Has the watch sign the head now, over all that is written.
    pub(super) fn sign(&self) -> anyhow::Result<()> {
        let (reply, answer) = sync_channel(1);
        self.orders.send(Order::Head(reply)).ok().context("the watch has ended")?;
        answer.recv_timeout(Duration::from_secs(30)).context("the watch does not answer")?
    }
}

/// What others ask of the watch.
pub(super) enum Order {
    /// Something to be written into the ledger; gives the entry.
    Deed(serde_json::Value, SyncSender<anyhow::Result<u64>>),
    /// To sign the head over all that is written.
    Head(SyncSender<anyhow::Result<()>>),
    /// How each source stands.
    Sources(SyncSender<Vec<SourceState>>),
    /// To look with other rules from now on.
    Look(Box<reload::Successor>, SyncSender<anyhow::Result<()>>),
}

/// Locks, whatever a thread that panicked left behind: every value is replaced as a whole.
pub(super) fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Checks the settings and says what they mean.
pub(crate) fn check(path: &Path) -> anyhow::Result<u8> {
    let config = config::read(path)?;
    let (rules, loaded) = crate::inputs::rules(&config.rules, true)?;
    drop(rules);
    if let Some(settings) = &config.syslog.tls {
        tls::server(settings)?;
    }
    let address = |address: Option<SocketAddr>| address.map_or_else(|| "-".to_owned(), |one| one.to_string());
    crate::output::say(&format!(
        "{}: files {}, syslog UDP {}, TCP {}, TLS {}, console http://{}/, rules {}",
        path.display(),
        config.files.len(),
        address(config.syslog.udp),
        address(config.syslog.tcp),
        address(config.syslog.tls.as_ref().map(|tls| tls.listen)),
        config.console.listen,
        loaded.loaded,
    ));
    Ok(0)
}

/// Serves until it is asked to end.
pub(crate) fn run(path: &Path, lang: web::Lang) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let config = config::read(path)?;
    crate::output::private_folder(&config.data)?;
    let zone = config.timezone.as_deref().map(crate::inputs::zone).transpose()?;
    let (settings, rows, report) = watch_settings(&config, zone.as_ref(), clock)?;
    let (rules, asked) = reload::Rules::new(reload::State::of(rows, &report, clock.now()));
    let blocking = blocking::Blocking::new(&config.containment, &settings.context, zone.is_none());
    let store = Arc::new(open_store(&config)?);
    let (mut watch, following, left) = begin::begin(&config, settings, clock)?;
    let standing = Standing::begin(&config.data.join("ledger"), clock);
    let folder = config.data.join("ledger");
    let (indexer, feed) = search::Indexer::new(Arc::clone(&store), &folder, config.search_days)?;
    watch.feed(feed);
    std::thread::spawn(move || indexer.run(clock));
    let (lines, arrivals) = sync_channel(QUEUE_BATCHES);
    let (orders, ordered) = sync_channel(64);
    let ledger = Mutex::new((watch.size(), watch.verifier_key()));
    let (incidents, dropped) = (Mutex::default(), Arc::<AtomicU64>::default());
    let counted = Arc::clone(&dropped);
    let agents = Arc::new(Agents::new(left.have, lines.clone(), clock));
    let (taken, journal_lines) = (lines.clone(), lines.clone());
    let heard = Arc::clone(&agents);
    let channels = telling::Channels::of(&config)?;
    let told = telling::Told::of(&channels);
    let shared = Arc::new(Shared {
        store: Arc::clone(&store),
        agents,
        folder,
        incidents,
        ledger,
        rules,
        orders,
        dropped,
        blocking,
        told,
    });
    let zone = zone.unwrap_or_else(|| clock.zone());
    let console = console::Console::begin(Arc::clone(&shared), taken, &config, lang, zone.clone(), clock)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the receivers")?;
    runtime.block_on(async {
        if let Some(settings) = &config.agents {
            agents::listen(settings, &config.data, store, heard).await?;
        }
        reload_at_signal(Arc::clone(&shared))?;
        syslog::listen(&config.syslog, lines, counted).await
    })?;
    if let Some(settings) = config.journal() {
        journal::begin(settings, left.journal, journal_lines)?;
    }
    let loader = reload::Loader { settings: path.to_owned(), shared: Arc::clone(&shared), clock, asked };
    std::thread::spawn(move || loader.run());
    let (stop, stopped) = sync_channel::<()>(0);
    let silences = silences(&config, &shared.store, clock.now())?;
    let desk = Desk { shared: Arc::clone(&shared), clock, silences, arrivals, ordered, stopped };
    let watching = std::thread::spawn(move || desk.watch_or_end(watch, following, standing));
    let tellers = telling::Tellers::begin(&shared, channels, config.telling, zone, clock)?;
    let served = crate::http::serve(config.console.listen, crate::http::Limits::default(), Arc::new(console));
    // What is being told may still need the watch to write it down.
    tellers.end();
    // Ends the watch after what is under way.
    drop(stop);
    runtime.shutdown_background();
    watching.join().map_err(|_| anyhow::anyhow!("the watch stopped; this is a fault of Sekisho"))??;
    crate::cmd::ledger::after_head(&config.data.join("ledger"), &config.data.join("ledger.secret"), clock);
    served.map(|()| 0)
}

/// Asks the service that runs to send a test notice.
pub(crate) fn test_notice(path: &Path) -> anyhow::Result<u8> {
    let config = config::read(path)?;
    let clock = Clock::System;
    if telling::Channels::of(&config)?.is_empty() {
        return Err(crate::error::Hinted::error(
            format!("{}: no channel for notices is set", path.display()),
            "set [mail], [webhook] or [syslog_out]; docs/serve.md shows how",
        ));
    }
    let store = open_store(&config)?;
    let id = hex::encode(clock.random()?.get(..16).unwrap_or_default());
    let incident = format!("{}/{id}", telling::TEST);
    store.write(|tx| tx.begin_telling(&incident, telling::TEST, 3, clock.now()))?;
    crate::output::say(
        "通知の試験を受け付けました。動いている sekisho serve が送ります / accepted: the sekisho serve that runs sends it",
    );
    Ok(0)
}

/// What the watch looks with, and the rules for people.
fn watch_settings(
    config: &Config,
    zone: Option<&jiff::tz::TimeZone>,
    clock: Clock,
) -> anyhow::Result<(Settings, RuleRows, LoadReport)> {
    let (rules, loaded) = crate::inputs::rules(&config.rules, true)?;
    crate::cmd::warn_refused(&loaded);
    let shown = shown(&rules);
    let beside = crate::inputs::Beside {
        accounts: config.context.accounts.as_deref(),
        assets: config.context.assets.as_deref(),
        networks: config.context.networks.as_deref(),
        repudiated: config.context.repudiated.as_deref(),
        places: &config.context.places,
    };
    let machine = clock.zone();
    let context = crate::inputs::context(beside, zone.unwrap_or(&machine))?;
    let settings = Settings {
        rules: Arc::new(rules),
        context,
        zone: zone.cloned().unwrap_or(machine),
        zone_assumed: zone.is_none(),
        host: crate::inputs::host_name(),
    };
    Ok((settings, shown, loaded))
}

/// SIGHUP loads the rules anew, as administrators expect it of a service.
fn reload_at_signal(shared: Arc<Shared>) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup()).context("cannot wait for signals")?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            shared.rules.ask("");
        }
    });
    Ok(())
}

/// Id, title and level of each rule.
fn shown(rules: &detect::rule::RuleSet) -> RuleRows {
    let words = rules.iter().map(|(_, rule)| {
        let reference = &rule.meta.reference;
        (reference.id.clone(), reference.title.clone(), rule.meta.level.as_str().to_owned())
    });
    words.collect()
}

/// Who was silent already.
fn silences(config: &Config, store: &Store, now: Timestamp) -> anyhow::Result<Silences> {
    let quiet = store.read(|tx| tx.sources())?.into_iter().filter(|source| source.silent);
    let quiet = quiet.map(|source| (source.name, source.last_seen));
    Ok(Silences::new(i64::from(config.silence_minutes) * Timestamp::MINUTE, quiet, now))
}

pub(crate) fn open_store(config: &Config) -> anyhow::Result<Store> {
    let password = match &config.database_password_file {
        Some(path) => Some(zeroize::Zeroizing::new(crate::inputs::read_text(path, 4_096)?.trim().to_owned())),
        None => None,
    };
    let file = config.data.join("state.db");
    let address = config.database.clone().unwrap_or_else(|| file.display().to_string());
    Store::open(&address, password.as_ref().map(|text| text.as_str())).context("cannot open the state")
}

/// The thread that watches.
struct Desk {
    shared: Arc<Shared>,
    clock: Clock,
    silences: Silences,
    arrivals: Receiver<Delivery>,
    ordered: Receiver<Order>,
    stopped: Receiver<()>,
}

impl Desk {
    /// A console over a watch that has ended would say that all is well: the service ends, and is started again.
    fn watch_or_end(
        self,
        watch: Watch,
        following: follow::Following,
        standing: Standing,
    ) -> anyhow::Result<()> {
        let watched = self.watch(watch, following, standing);
        if watched.is_err() {
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM);
        }
        watched
    }

    fn watch(
        mut self,
        mut watch: Watch,
        mut following: follow::Following,
        standing: Standing,
    ) -> anyhow::Result<()> {
        let mut steps = self.clock.steps();
        let mut published = publish::Published::default();
        let (mut judge_at, mut sources_at, mut checkpoint_at) = (0.0, Timestamp(0), self.clock.now());
        let mut compare_at = Timestamp(0);
        let mut signed = watch.size();
        let watch_time = self.clock.stopwatch();
        let mut more = false;
        loop {
            let ended = matches!(self.stopped.try_recv(), Err(std::sync::mpsc::TryRecvError::Disconnected));
            self.lines(&mut watch, if more { Duration::ZERO } else { TURN })?;
            let now = self.clock.now();
            let mut notices = Vec::new();
            more = watch.follow(&mut following, now, &mut notices)?;
            notices.iter().for_each(|(file, notice)| tell(file, notice));
            while let Ok(order) = self.ordered.try_recv() {
                self.obey(order, &mut watch, now);
            }
            if let Some((before, after)) = steps.look() {
                watch.beside(|ledger| Ok(ledger.record_clock_step(before, after)?))?;
            }
            watch.beside(|ledger| standing.enter(ledger))?;
            let begun = watch_time.seconds();
            if watch.has_news() && (begun >= judge_at || ended) {
                self.publish(&mut watch, &mut published, now)?;
                let cost = watch_time.seconds() - begun;
                judge_at = begun + (cost / JUDGING_SHARE).max(0.5);
            }
            if now >= sources_at || ended {
                self.sources(&mut watch, now)?;
                sources_at = now.plus(SOURCES_MICROS);
            }
            if now >= compare_at {
                self.shared.blocking.compare(&self.shared.store, &mut watch, now);
                compare_at = now.plus(blocking::COMPARE_MICROS);
            }
            if (now >= checkpoint_at || ended) && watch.size() > signed {
                watch.checkpoint(now)?;
                standing.head();
                (signed, checkpoint_at) = (watch.size(), now.plus(CHECKPOINT_MICROS));
            }
            held(&self.shared.ledger).0 = watch.size();
            if ended {
                standing.end();
                return watch.close(Some(following), self.clock);
            }
        }
    }

    /// Does what others ask; who asked may have given up waiting, and it is done all the same.
    fn obey(&self, order: Order, watch: &mut Watch, now: Timestamp) {
        match order {
            Order::Deed(deed, reply) => {
                drop(reply.send(watch.deed(EntryKind::Command, &deed, now).map(|index| index.0)));
            }
            Order::Head(reply) => drop(reply.send(watch.checkpoint(now))),
            Order::Sources(reply) => drop(reply.send(watch.sources().collect())),
            Order::Look(successor, reply) => {
                let ready = successor.ready(&self.shared.folder).map(|sight| watch.look_with(sight));
                drop(reply.send(ready));
            }
        }
    }

    /// Takes the lines that wait, or waits a moment for some.
    fn lines(&self, watch: &mut Watch, wait: Duration) -> anyhow::Result<()> {
        let mut all = match self.arrivals.recv_timeout(wait) {
            Ok(delivery) => vec![delivery],
            Err(RecvTimeoutError::Timeout) => return Ok(()),
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(wait);
                return Ok(());
            }
        };
        let mut lines = all.first().map_or(0, |delivery| delivery.lines.len());
        while lines < TURN_LINES_MAX
            && let Ok(more) = self.arrivals.try_recv()
        {
            lines += more.lines.len();
            all.push(more);
        }
        delivery::take(all, watch, self.clock.now())
    }

    fn publish(
        &self,
        watch: &mut Watch,
        published: &mut publish::Published,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let judged: Judged = watch.judge(now);
        let clock = self.clock;
        let mut id = || Ok(hex::encode(clock.random()?.get(..16).unwrap_or_default()));
        let opened = published.write(&self.shared.store, &judged, now, &mut id)?;
        self.shared.blocking.by_itself(&self.shared.store, watch, &judged, now, &mut id);
        publish::keep(&mut held(&self.shared.incidents), judged);
        for case in opened {
            let deed =
                serde_json::json!({ "deed": "case opened", "case": case.number, "incident": case.incident });
            watch.deed(EntryKind::Record, &deed, now)?;
        }
        Ok(())
    }

    fn sources(&mut self, watch: &mut Watch, now: Timestamp) -> anyhow::Result<()> {
        let lost = self.shared.dropped.load(Ordering::Relaxed);
        self.silences.look(watch, &self.shared.agents.heard(), lost, now)?;
        let row = |state| source_row(&state, &self.silences);
        let rows: Vec<SourceRow> = watch.sources().map(row).collect();
        self.shared.store.write(|tx| rows.iter().try_for_each(|row| tx.put_source(row)))?;
        Ok(())
    }
}

fn source_row(state: &SourceState, silences: &Silences) -> SourceRow {
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    SourceRow {
        rank: i64::from(state.rank),
        name: state.name.to_string(),
        way: state.way.name().to_owned(),
        format: state.format.to_owned(),
        lines: count(state.lines),
        events: count(state.events),
        unread: count(state.unread),
        first_seen: state.first_seen,
        last_seen: state.last_seen,
        silent: silences.is_silent(&state.name),
    }
}

fn tell(file: &str, notice: &Notice) {
    crate::output::say(&format!("{file} {}", notice.told()));
}
