//! Figures for Prometheus, in the OpenMetrics text format, made anew at each look (names `sekisho_<noun>_<unit>`). Whoever looks
//! shows the token of the settings; without a token there are no figures.

use super::{Console, held};
use crate::http::{Request, Response};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use sha2::{Digest as _, Sha256};
use std::sync::atomic::Ordering;
use store::{SourceRow, Wanted};

/// Open cases that are counted.
const CASES_MAX: i64 = 100_000;
/// Blocks that are counted.
const BLOCKS_MAX: i64 = 10_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    source: String,
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

impl Console {
    /// Answers `/metrics`.
    pub(super) fn metrics(&self, request: &Request) -> Response {
        let Some(wanted) = &self.metrics_token else { return Response::text(404, "not found") };
        let given = request.authorization.as_deref().and_then(|value| value.strip_prefix("Bearer "));
        // Hashes are compared, so that the time tells nothing of the token.
        if given.is_none_or(|given| <[u8; 32]>::from(Sha256::digest(given.as_bytes())) != *wanted) {
            let mut response = Response::text(401, "a token is needed");
            response.headers.push(("www-authenticate", "Bearer".to_owned()));
            return response;
        }
        match self.figures() {
            Ok(body) => Response {
                status: 200,
                kind: "application/openmetrics-text; version=1.0.0; charset=utf-8",
                cache: "no-store",
                body: body.into_bytes(),
                headers: Vec::new(),
                file: None,
            },
            Err(error) => {
                crate::output::say(&format!("metrics: {error:#}"));
                Response::text(503, "the state cannot be read")
            }
        }
    }

    fn figures(&self) -> anyhow::Result<String> {
        let shared = &self.shared;
        let (sources, cases, findings, blocks) = shared.store.read(|tx| {
            let findings = tx.findings(&Wanted { rows: 1, ..Wanted::default() })?.all;
            Ok((
                tx.sources()?,
                tx.cases(true, CASES_MAX)?,
                findings,
                tx.blocks(self.clock.now(), BLOCKS_MAX)?,
            ))
        })?;
        let mut registry = Registry::with_prefix("sekisho");
        let of_sources = |registry: &mut Registry, name: &str, help: &str, value: fn(&SourceRow) -> i64| {
            let family = Family::<Of, Counter>::default();
            registry.register(name, help, family.clone());
            for source in &sources {
                family.get_or_create(&Of { source: source.name.clone() }).inc_by(unsigned(value(source)));
            }
        };
        of_sources(&mut registry, "source_lines", "Lines taken of a source", |source| source.lines);
        of_sources(&mut registry, "source_events", "Events made of them", |source| source.events);
        of_sources(&mut registry, "source_unread", "Lines that could not be read", |source| source.unread);
        let dropped = Counter::<u64>::default();
        dropped.inc_by(shared.dropped.load(Ordering::Relaxed));
        registry.register("datagrams_dropped", "Datagrams that found the queue full", dropped);
        let gauges = [
            (
                "ledger_entries",
                "Entries of the ledger",
                i64::try_from(held(&shared.ledger).0).unwrap_or(i64::MAX),
            ),
            (
                "sources_silent",
                "Sources that have fallen silent",
                count(sources.iter().filter(|one| one.silent)),
            ),
            ("findings", "Findings in the state", findings),
            ("cases_open", "Cases that are not closed", count(cases.iter())),
            (
                "cases_unacknowledged",
                "Open cases that nobody has acknowledged",
                count(cases.iter().filter(|case| case.state == store::CaseState::Detected)),
            ),
            (
                "blocks_active",
                "Sources that are blocked",
                count(blocks.iter().filter(|row| super::blocks::is_open(row))),
            ),
        ];
        for (name, help, value) in gauges {
            let gauge = Gauge::<i64>::default();
            gauge.set(value);
            registry.register(name, help, gauge);
        }
        let mut body = String::new();
        text::encode(&mut body, &registry)?;
        Ok(body)
    }
}

fn count<T>(all: impl Iterator<Item = T>) -> i64 {
    i64::try_from(all.count()).unwrap_or(i64::MAX)
}
