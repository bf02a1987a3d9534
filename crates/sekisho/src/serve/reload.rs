//! Rules loaded anew while the service runs. On a thread of its own the lines of the last days are gone over with the new
//! rules; the watch only looks at what came in meanwhile, and changes over. Lines are taken all the time.

use super::{Order, RuleRows, Shared, config, held};
use crate::clock::Clock;
use crate::live::{History, Sight};
use anyhow::Context as _;
use detect::rule::LoadReport;
use ledger::Reader;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use vocab::Timestamp;

/// Entries that the watch may have to go over before it changes over.
const FEW_ENTRIES: u64 = 200;
/// Rounds in which the thread catches up with the watch.
const ROUNDS_MAX: usize = 8;
/// How long the watch may take to answer.
const ANSWER: Duration = Duration::from_secs(60);

/// How loading stands.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// It is under way.
    pub(super) running: bool,
    /// When the rules in force were loaded.
    pub(super) at: Timestamp,
    /// Why the last attempt changed nothing; empty: it did.
    pub(super) failed: String,
    /// Rules that are not in force: file, line, reason.
    pub(super) refused: Vec<String>,
    /// Id, title and level of the rules in force.
    pub(super) rows: Arc<RuleRows>,
}

impl State {
    /// Rules in force from `at` on.
    pub(super) fn of(rows: RuleRows, report: &LoadReport, at: Timestamp) -> Self {
        let refused = |one: &detect::rule::Refused| {
            web::console::visible(&format!("{}:{} {}: {}", one.file, one.line, one.id, one.reason))
        };
        let refused = report.refused.iter().take(100).map(refused).collect();
        Self { running: false, at, failed: String::new(), refused, rows: Arc::new(rows) }
    }
}

/// Takes requests to load, and says how it stands.
pub(crate) struct Rules {
    asks: SyncSender<String>,
    state: Mutex<State>,
}

impl Rules {
    /// Rules in force, and where requests arrive.
    pub(super) fn new(state: State) -> (Self, Receiver<String>) {
        let (asks, asked) = sync_channel(1);
        (Self { asks, state: Mutex::new(state) }, asked)
    }

    /// Asks that rules be loaded anew; a request that waits already serves for this one too.
    pub(super) fn ask(&self, actor: &str) {
        if self.asks.try_send(actor.to_owned()).is_ok() {
            held(&self.state).running = true;
        }
    }

    /// How it stands.
    pub(super) fn state(&self) -> State {
        held(&self.state).clone()
    }
}

/// Loads.
pub(super) struct Loader {
    pub(super) settings: PathBuf,
    pub(super) shared: Arc<Shared>,
    pub(super) clock: Clock,
    pub(super) asked: Receiver<String>,
}

impl Loader {
    /// Loads whenever somebody asks.
    pub(super) fn run(self) {
        while let Ok(actor) = self.asked.recv() {
            held(&self.shared.rules.state).running = true;
            match self.load(&actor) {
                Ok(state) => {
                    crate::output::say(&format!("rules: {} in force", state.rows.len()));
                    *held(&self.shared.rules.state) = state;
                }
                Err(error) => {
                    let failed = format!("{error:#}");
                    crate::output::say(&format!("rules: those before stay in force: {failed}"));
                    let mut state = held(&self.shared.rules.state);
                    (state.running, state.failed) = (false, web::console::visible(&failed));
                }
            }
        }
    }

    fn load(&self, actor: &str) -> anyhow::Result<State> {
        let config = config::read(&self.settings)?;
        let zone = config.timezone.as_deref().map(crate::inputs::zone).transpose()?;
        let (settings, rows, report) = super::watch_settings(&config, zone.as_ref(), self.clock)?;
        let now = self.clock.now();
        let (reply, sources) = sync_channel(1);
        self.order(Order::Sources(reply))?;
        let known = sources.recv_timeout(ANSWER).context("the watch does not answer")?;
        let mut sight = Sight::new(settings, &known, now);
        let mut history = History::default();
        let since = now.plus(-i64::from(config.remember_days) * Timestamp::DAY);
        for _ in 0..ROUNDS_MAX {
            let before = history.next;
            catch_up(&self.shared.folder, since, &mut history, &mut sight)?;
            if history.next - before < FEW_ENTRIES {
                break;
            }
        }
        // What is done is written down before it takes effect (DESIGN invariant 4).
        let refused: Vec<&str> = report.refused.iter().map(|one| one.id.as_str()).collect();
        self.shared.deed(json!({
            "deed": "rules loaded", "actor": actor, "loaded": rows.len(), "refused": refused,
        }))?;
        let (reply, done) = sync_channel(1);
        self.order(Order::Look(Box::new(Successor { sight, history, since }), reply))?;
        done.recv_timeout(ANSWER).context("the watch does not answer")??;
        Ok(State::of(rows, &report, now))
    }

    fn order(&self, order: Order) -> anyhow::Result<()> {
        self.shared.orders.send(order).ok().context("the watch has ended")
    }
}

/// What is to look at the lines from now on, and how far it has seen the ledger.
pub(crate) struct Successor {
    sight: Sight,
    history: History,
    since: Timestamp,
}

impl Successor {
    /// Looks at the rest; for the thread of the watch, between two lines.
    pub(super) fn ready(mut self, folder: &Path) -> anyhow::Result<Sight> {
        catch_up(folder, self.since, &mut self.history, &mut self.sight)?;
        Ok(self.sight)
    }
}

fn catch_up(folder: &Path, since: Timestamp, history: &mut History, sight: &mut Sight) -> anyhow::Result<()> {
    let mut reader = Reader::open(folder).context("cannot read the ledger back")?;
    let secret = folder.with_extension("secret");
    // Without an online copy nothing is sealed, or what is sealed stays unseen as after a restart.
    let _ = reader.use_online_copy(&crate::cmd::ledger::read_secret(&secret)?);
    let mut take = |past| {
        sight.remember(past);
        Ok(())
    };
    history.go_on(&mut reader, since, &mut take).map(drop)
}
