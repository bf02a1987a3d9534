//! Pictures as inline SVG, each with a text alternative; the tables beside them hold the same facts.

use crate::Catalog;
use casework::Incident;
use vocab::{EvidenceRole, Timestamp};

/// Rows of a picture.
const ROWS_MAX: usize = 12;
const LEFT: f64 = 210.0;
const WIDTH: f64 = 760.0;

/// A horizontal bar.
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) y: f64,
    pub(crate) tried: f64,
    pub(crate) entered: f64,
    pub(crate) text: String,
    pub(crate) text_x: f64,
}

/// Tries and successes by source.
pub(crate) struct Sources {
    pub(crate) bars: Vec<Bar>,
    pub(crate) height: f64,
    pub(crate) more: usize,
}

/// The busiest sources as bars.
#[expect(clippy::cast_precision_loss, reason = "positions in a picture")]
pub(crate) fn sources(incident: &Incident) -> Option<Sources> {
    let most =
        incident.sources.iter().map(|source| source.attempts.max(source.successes)).max()?.max(1) as f64;
    let room = WIDTH - LEFT - 130.0;
    let bars: Vec<Bar> = incident
        .sources
        .iter()
        .take(ROWS_MAX)
        .enumerate()
        .map(|(at, source)| {
            let tried = (source.attempts as f64 / most * room).max(1.0);
            Bar {
                label: source.ip.to_string(),
                y: at as f64 * 24.0,
                tried,
                entered: source.successes as f64 / most * room,
                text: format!("{} / {}", source.attempts, source.successes),
                text_x: LEFT + tried.max(source.successes as f64 / most * room) + 8.0,
            }
        })
        .collect();
    Some(Sources {
        height: bars.len() as f64 * 24.0 + 4.0,
        bars,
        more: incident.sources.len().saturating_sub(ROWS_MAX),
    })
}

/// One class of attack over time.
pub(crate) struct Lane {
    pub(crate) label: String,
    pub(crate) y: f64,
    pub(crate) x: f64,
    pub(crate) width: f64,
    pub(crate) tries: Vec<f64>,
    pub(crate) entries: Vec<f64>,
}

/// A mark under the lanes.
pub(crate) struct Tick {
    pub(crate) x: f64,
    pub(crate) label: String,
    pub(crate) anchor: &'static str,
}

/// When what happened.
pub(crate) struct Timeline {
    pub(crate) lanes: Vec<Lane>,
    pub(crate) ticks: Vec<Tick>,
    pub(crate) height: f64,
}

/// Classes as lanes, records as marks.
#[expect(clippy::cast_precision_loss, reason = "positions in a picture")]
pub(crate) fn timeline(incident: &Incident, catalog: &Catalog) -> Timeline {
    let (first, last) = (incident.first, incident.last);
    let length = (last.since(first)).max(Timestamp::SECOND) as f64;
    let room = WIDTH - LEFT - 20.0;
    let at = |time: Timestamp| LEFT + (time.since(first) as f64 / length * room).clamp(0.0, room);
    let mut lanes: Vec<Lane> = incident
        .kinds
        .iter()
        .take(ROWS_MAX)
        .enumerate()
        .map(|(row, seen)| Lane {
            label: catalog.text(&format!("kind-{}", seen.kind.as_str())),
            y: row as f64 * 28.0,
            x: at(seen.first),
            width: (at(seen.last) - at(seen.first)).max(2.0),
            tries: Vec::new(),
            entries: Vec::new(),
        })
        .collect();
    if let Some(lane) = lanes.first_mut() {
        for record in &incident.records {
            let Some(time) = record.time.filter(|time| *time >= first && *time <= last) else { continue };
            match record.role {
                EvidenceRole::Success | EvidenceRole::Effect => lane.entries.push(at(time)),
                _ if lane.tries.len() < 400 => lane.tries.push(at(time)),
                _ => {}
            }
        }
    }
    let bottom = lanes.len() as f64 * 28.0;
    let ticks = vec![
        Tick { x: LEFT, label: catalog.time(first), anchor: "start" },
        Tick { x: WIDTH - 20.0, label: catalog.time(last), anchor: "end" },
    ];
    Timeline { lanes, ticks, height: bottom + 26.0 }
}
