//! Years of a chain whose stamps carry none (detection.md 2.1, rules Y1 to Y6): one quick walk over all of its stamps
//! before it is decoded.

use super::block::RECORDS_MAX;
use super::cutter::{CutPlan, Cutter};
use super::plan::{FilePlan, PlanSettings};
use crate::input::{Base, Limits, Spool, open};
use crate::time::civil::days_from_civil;
use crate::time::within_reason;
use crate::time::year::{AnchorKind, YearWalk, Years, latest_year};
use serde::Serialize;
use vocab::Timestamp;

/// How the years of a chain were found; shown in the summary (Y6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct YearReport {
    /// Name of the log source.
    pub source: String,
    /// Year of the newest line.
    pub newest: i16,
    /// What it rests on.
    pub anchor: AnchorKind,
}

/// The years of a chain; a dated name holds for its own file and for those before it back to the next dated one.
#[derive(Clone, Debug)]
pub(crate) struct ChainYears {
    /// Last file, and the years up to it.
    spans: Vec<(usize, Years)>,
}

impl ChainYears {
    /// The years of a file.
    pub(crate) fn of(&self, file: usize) -> Option<&Years> {
        self.spans.iter().find(|(last, _)| *last >= file).or(self.spans.last()).map(|(_, years)| years)
    }

    /// For the summary.
    pub(crate) fn report(&self, source: &str) -> Option<YearReport> {
        let (_, years) = self.spans.last()?;
        Some(YearReport { source: source.to_owned(), newest: years.newest, anchor: years.kind })
    }
}

/// Walks over the chain and fixes its years; `None` when no stamp without year stands in it. A stream that can be read
/// only once is put aside first. What cannot be read here is told by the pass that decodes.
pub(crate) fn find(files: &mut [FilePlan], settings: &PlanSettings) -> Option<ChainYears> {
    let mut walk = YearWalk::default();
    let mut dated = Vec::new();
    for (index, file) in files.iter_mut().enumerate() {
        put_aside(file, &settings.limits);
        walk_file(file, &mut walk, &settings.limits);
        if let (Some((year, month, day)), Some(stamp)) = (file.age.date(), walk.last()) {
            let days = days_from_civil(i64::from(year), i64::from(month), i64::from(day));
            let anchor = Timestamp::from_seconds(days * 86_400);
            dated.push((index, walk.relative(), latest_year(stamp, anchor)));
        }
    }
    let newest = walk.last().filter(|_| walk.any_yearless())?;
    let last = files.len().saturating_sub(1);
    if let Some(year) = settings.year {
        return Some(ChainYears { spans: vec![(last, Years::new(&walk, AnchorKind::Setting, year))] });
    }
    if !dated.is_empty() {
        let spans = dated.into_iter().map(|(index, relative, year)| {
            let newest = i32::from(year) + walk.relative() - relative;
            (index, Years::new(&walk, AnchorKind::DatedName, i16::try_from(newest).unwrap_or(year)))
        });
        return Some(ChainYears { spans: spans.collect() });
    }
    if let Some((relative, year)) = walk.known() {
        let newest = i16::try_from(i32::from(year) + walk.relative() - relative).unwrap_or(year);
        return Some(ChainYears { spans: vec![(last, Years::new(&walk, AnchorKind::FullStamp, newest))] });
    }
    let modified = files.last().and_then(|file| file.modified).map(Timestamp::from_seconds);
    let (kind, anchor) = match modified.filter(|time| within_reason(*time, settings.clock)) {
        Some(time) => (AnchorKind::FileTime, time),
        None => (AnchorKind::Clock, settings.clock),
    };
    let years = Years::new(&walk, kind, latest_year(newest, anchor));
    Some(ChainYears { spans: vec![(last, years)] })
}

fn walk_file(file: &FilePlan, walk: &mut YearWalk, limits: &Limits) {
    let Ok(stream) = open(&file.location, limits) else { return };
    let plan = CutPlan { file: 0, cut: file.recognised.cut, charset: file.recognised.charset };
    let mut cutter = Cutter::new(stream, Vec::new(), plan);
    while let Some(block) = cutter.next() {
        debug_assert!(block.len() <= RECORDS_MAX);
        for record in block.records() {
            walk.step(record.text.as_bytes());
        }
    }
}

/// A stream that can be read once becomes one that can be read again.
fn put_aside(file: &mut FilePlan, limits: &Limits) {
    if !matches!(file.location.base, Base::Once(..)) {
        return;
    }
    let bare = crate::input::Location { steps: Vec::new(), ..file.location.clone() };
    if let Ok((spool, _)) = open(&bare, limits).and_then(|stream| Spool::fill(stream, limits.file_bytes_max))
    {
        file.location.base = Base::Spool(spool);
    }
}
