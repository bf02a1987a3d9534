//! Looking at logs while they are written (detection.md 5.2): the engine of `investigate` on the stream.
//!
//! Lines come in from any number of sources. They are sealed and made durable together, one sync for all, and only then
//! decoded (DESIGN invariant 1). Signals wait for their neighbours and go to the engine in the order of DT-COR-06. What was
//! found so far is asked of a copy of the engine, which takes what still waits and is then finished: so the answer is that
//! of `investigate` over the same lines (DT-COR-09), at any moment.

mod recent;
mod replay;
mod sight;
mod source;
#[cfg(test)]
mod tests;
mod waiting;

use crate::clock::Clock;
use crate::follow::{Following, Told};
use crate::serve::search::Feed;
use anyhow::Context as _;
use casework::Incident;
use collect::stream::{LiveLine, block_of};
use detect::rule::RuleSet;
use ledger::{EntryKind, GapCause, Ledger, Run, RunRecord, StreamId};
use recent::Recent;
pub(crate) use replay::{History, Past};
use sight::Sealed;
pub(crate) use sight::Sight;
use source::Source;
pub(crate) use source::SourceState;
use std::collections::BTreeMap;
use std::sync::Arc;
use vocab::{Context, Finding, LedgerIndex, Timestamp};

/// How a line comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A file that is followed.
    File,
    /// The syslog receiver.
    Syslog,
    /// An agent.
    Agent,
    /// A program, by HTTP.
    Http,
    /// The journal of systemd.
    Journal,
}

impl Way {
    /// Name in the state, and kind of the ledger's stream.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::File => crate::follow::STREAM_KIND,
            Self::Syslog => "syslog",
            Self::Agent => "agent",
            Self::Http => "http",
            Self::Journal => "journal",
        }
    }

    fn of(name: &str) -> Option<Self> {
        [Self::File, Self::Syslog, Self::Agent, Self::Http, Self::Journal]
            .into_iter()
            .find(|way| way.name() == name)
    }
}

/// A line as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// How.
    pub(crate) way: Way,
    /// Of which source.
    pub(crate) source: Arc<str>,
    /// Its place in the source, where it has one.
    pub(crate) offset: Option<u64>,
    /// Its number in the source, where the source numbers its lines.
    pub(crate) line: Option<u64>,
    /// Its bytes, without line end.
    pub(crate) bytes: Vec<u8>,
}

/// What lines are looked at with, until rules are loaded anew.
pub(crate) struct Settings {
    /// Rules in force.
    pub(crate) rules: Arc<RuleSet>,
    /// What is known beside the logs.
    pub(crate) context: Context,
    /// Zone of stamps without offset.
    pub(crate) zone: jiff::tz::TimeZone,
    /// The zone was assumed, not given.
    pub(crate) zone_assumed: bool,
    /// Name of this computer, for files whose lines do not name theirs.
    pub(crate) host: String,
}

/// Sources at once; lines of further ones come together under one name, so that forged senders cost no more.
const SOURCES_MAX: usize = 4_096;

/// Source of the lines of senders for which there is no room.
const OTHERS: &str = "syslog/others";

/// Watches.
pub(crate) struct Watch {
    ledger: Ledger,
    sight: Sight,
    recent: Recent,
    /// Stream of what the service itself and the people at its console do.
    deeds: StreamId,
    /// Where lines go that people can search.
    feed: Option<Feed>,
}

/// What was found so far.
pub(crate) struct Judged {
    /// Findings, with ids that stay the same while they grow.
    pub(crate) findings: Vec<Finding>,
    /// Incidents, most urgent first.
    pub(crate) incidents: Vec<Incident>,
}

impl Watch {
    /// Begins to watch on a ledger that is open for writing.
    pub(crate) fn begin(mut ledger: Ledger, settings: Settings, now: Timestamp) -> anyhow::Result<Self> {
        ledger.fill_ahead();
        let deeds =
            ledger.open_stream("sekisho", "service", now).context("cannot open the service's stream")?;
        Ok(Self {
            ledger,
            sight: Sight::new(settings, &[], now),
            recent: Recent::default(),
            deeds,
            feed: None,
        })
    }

    /// Goes again over what was watched before, so that a restart neither forgets nor doubles (DT-COR-11). The lines are in
    /// the ledger already.
    pub(crate) fn remember(&mut self, past: Past) {
        self.sight.remember(past);
    }

    /// Looks from here on with what has gone over everything that the ledger holds, e.g. with other rules.
    pub(crate) fn look_with(&mut self, sight: Sight) {
        let old = std::mem::replace(&mut self.sight, sight);
        self.sight.go_on_from(old);
    }

    /// Takes lines: seals them, makes them durable, and looks at them. When this returns, they will survive a crash.
    pub(crate) fn take(&mut self, arrivals: Vec<Arrival>, now: Timestamp) -> anyhow::Result<()> {
        if arrivals.is_empty() {
            return Ok(());
        }
        let mut touched = Vec::new();
        for mut arrival in arrivals {
            let full = self.sight.sources.len() >= SOURCES_MAX && arrival.way == Way::Syslog;
            if full && self.sight.sources.find(&arrival.source).is_none() {
                arrival.source = OTHERS.into();
            }
            let place = self.place(&arrival.source, arrival.way, now)?;
            let Some(source) = self.sight.sources.get_mut(place) else { continue };
            if source.add(arrival) {
                touched.push(place);
            }
        }
        let mut sealed = Vec::new();
        for place in touched {
            self.seal(place, now, &mut sealed)?;
        }
        self.ledger.commit().context("cannot make the lines durable")?;
        for one in sealed {
            self.keep(&one, now);
            self.sight.decode(one, now);
        }
        self.sight.release(now);
        Ok(())
    }

    /// Looks at every followed file once; what it holds is sealed before it is looked at. Whether there is more at once.
    pub(crate) fn follow(
        &mut self,
        following: &mut Following,
        now: Timestamp,
        notices: &mut Vec<(String, crate::follow::Notice)>,
    ) -> anyhow::Result<bool> {
        let mut told = Vec::new();
        let more = following.step(&mut self.ledger, now, &mut told)?;
        if told.is_empty() {
            return Ok(more);
        }
        self.ledger.commit().context("cannot make the lines durable")?;
        for one in told {
            let (index, file, piece) = match one {
                Told::Records { index, file, piece, .. } => (index, file, piece),
                Told::Notice(file, notice) => {
                    notices.push((file, notice));
                    continue;
                }
            };
            let lines: Vec<LiveLine<'_>> =
                piece.records().map(|(offset, line, bytes)| LiveLine { offset, line, bytes }).collect();
            let (block, _) = block_of(&lines);
            let place = self.sight.sources.add(&file.into(), Way::File, now, None);
            if let Some(source) = self.sight.sources.get_mut(place) {
                source.passed(&block);
            }
            let one = Sealed { source: place, block, index };
            self.keep(&one, now);
            self.sight.decode(one, now);
        }
        self.sight.release(now);
        Ok(more)
    }

    /// Begins to follow files, or goes on where an earlier session ended.
    pub(crate) fn begin_following(
        &mut self,
        logs: &[(String, std::path::PathBuf)],
        positions: BTreeMap<String, crate::follow::Position>,
        now: Timestamp,
    ) -> anyhow::Result<Following> {
        let settings = crate::follow::Settings { from_end: false, class: ledger::DataClass::Event };
        Following::begin(&mut self.ledger, logs, positions, settings, now)
    }

    /// Public key with which tree heads are checked.
    pub(crate) fn verifier_key(&self) -> String {
        self.ledger.verifier_key()
    }

    /// Seals what came in of a source.
    fn seal(&mut self, place: usize, now: Timestamp, sealed: &mut Vec<Sealed>) -> anyhow::Result<()> {
        let Some(source) = self.sight.sources.get_mut(place) else { return Ok(()) };
        let lines = source.take_lines();
        let stream = source.stream(self.deeds);
        let name = Arc::clone(source.name());
        let mut rest: Vec<LiveLine<'_>> = lines.iter().map(source::Line::view).collect();
        while !rest.is_empty() {
            let (block, taken) = block_of(&rest);
            rest.drain(..taken.max(1));
            let records: Vec<RunRecord<'_>> = block
                .records()
                .map(|record| RunRecord { offset: record.offset, line: record.line, bytes: record.raw })
                .collect();
            let run = Run { file: &name, records: &records };
            let index = self
                .ledger
                .append_run(stream, now, &run)
                .with_context(|| format!("cannot seal lines of {name}"))?;
            sealed.push(Sealed { source: place, block, index });
        }
        Ok(())
    }

    /// The place of a source whose lines are sealed here, with an open stream.
    fn place(&mut self, name: &Arc<str>, way: Way, now: Timestamp) -> anyhow::Result<usize> {
        if let Some(place) = self.sight.sources.find(name)
            && self.sight.sources.get(place).and_then(Source::own_stream).is_some()
        {
            return Ok(place);
        }
        let stream = self.ledger.open_stream(name, way.name(), now);
        let stream = stream.with_context(|| format!("cannot open a stream for {name}"))?;
        Ok(self.sight.sources.add(name, way, now, Some(stream)))
    }

    /// Writes down that records of a source are missing, or may be (LG-HBT-02).
    pub(crate) fn missing(
        &mut self,
        (name, way): (&Arc<str>, Way),
        cause: GapCause,
        span: (Timestamp, Timestamp),
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let place = self.place(name, way, now)?;
        let stream = self.sight.sources.get(place).map_or(self.deeds, |source| source.stream(self.deeds));
        self.ledger.append_gap(stream, cause, span, now).context("cannot write the ledger")?;
        self.ledger.commit().context("cannot make the entry durable").map(drop)
    }

    /// Has lines that are sealed searched from here on.
    pub(crate) fn feed(&mut self, feed: Feed) {
        self.feed = Some(feed);
    }

    /// Keeps the words of lines that just came in.
    fn keep(&mut self, sealed: &Sealed, now: Timestamp) {
        self.recent.add(&sealed.block, sealed.index);
        if let (Some(feed), Some(source)) = (&self.feed, self.sight.sources.get(sealed.source)) {
            feed.offer(source.name(), sealed.index, now, &sealed.block);
        }
    }

    /// Did something come in since [`Self::judge`] was called last?
    pub(crate) const fn has_news(&self) -> bool {
        self.sight.has_news()
    }

    /// What was found so far.
    pub(crate) fn judge(&mut self, now: Timestamp) -> Judged {
        self.sight.judge(&self.recent, now)
    }

    /// Writes down what the service or a person at its console did, before it takes effect (DESIGN invariant 4).
    pub(crate) fn deed(
        &mut self,
        kind: EntryKind,
        deed: &serde_json::Value,
        now: Timestamp,
    ) -> anyhow::Result<LedgerIndex> {
        let index = self.ledger.append(self.deeds, kind, now, deed).context("cannot write the ledger")?;
        self.ledger.commit().context("cannot make the entry durable")?;
        Ok(index)
    }

    /// Writes down that nobody was there to take lines over since `since`: what was sent meanwhile may be missing (LG-HBT-04).
    pub(crate) fn was_down(&mut self, since: Timestamp, now: Timestamp) -> anyhow::Result<()> {
        let gap = self.ledger.append_gap(self.deeds, GapCause::LedgerDown, (since.min(now), now), now);
        gap.context("cannot write the ledger").map(drop)
    }

    /// Work on the ledger between two lines.
    pub(crate) fn beside<T>(
        &mut self,
        work: impl FnOnce(&mut Ledger) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        work(&mut self.ledger)
    }

    /// Publishes a signed tree head.
    pub(crate) fn checkpoint(&mut self, now: Timestamp) -> anyhow::Result<()> {
        self.ledger.checkpoint(now).context("cannot publish a checkpoint").map(drop)
    }

    /// Entries of the ledger.
    pub(crate) fn size(&self) -> u64 {
        self.ledger.size()
    }

    /// How each source stands.
    pub(crate) fn sources(&self) -> impl Iterator<Item = SourceState> + '_ {
        self.sight.sources.iter().map(Source::state)
    }

    /// Where a source goes on: bytes and lines of it that are sealed.
    #[cfg(test)]
    pub(crate) fn position(&self, name: &str) -> (u64, u64) {
        let place = self.sight.sources.find(name).and_then(|place| self.sight.sources.get(place));
        place.map_or((0, 0), Source::position)
    }

    /// Ends in good order; the streams of the followed files stay open for the session that goes on with them.
    pub(crate) fn close(mut self, mut following: Option<Following>, clock: Clock) -> anyhow::Result<()> {
        let now = clock.now();
        if let Some(following) = &mut following {
            following.end(&mut self.ledger, now).context("cannot note how far the files were read")?;
        }
        for stream in self.sight.sources.iter().filter_map(Source::own_stream).chain([self.deeds]) {
            self.ledger.close_stream(stream, now).context("cannot close a stream")?;
        }
        self.ledger.rest(now).context("cannot close the ledger").map(drop)
    }
}
