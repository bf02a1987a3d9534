//! Attacks on web sites (detection.md 4.6, and K-25, K-28, K-30 of 4.5).
//!
//! The stateless rules say which requests carry a payload. Here they become one finding per class, source and site, with
//! a level that follows the distinct payloads and what the server answered, so that a scanner's noise is a few findings
//! (DT-KND-06).

mod answers;
mod bypass;
mod login;
mod page;
mod pages;
mod payload;
mod reduce;
mod scan;
mod shell;
mod visitor;
mod words;

pub(crate) use login::{Seen, WebLogins};
pub(crate) use payload::{Payloads, fill};
pub(crate) use reduce::{answer, needed, telling};

use crate::attempts::stable_hash;
use crate::engine::{Ctx, Detector};
use crate::prim::table::Table;
use crate::rule::RuleSet;
use crate::signal::{Answer, Signal};
use answers::Parked;
use pages::{Page, Site};
use rustc_hash::FxHashMap;
use scan::Scan;
use std::net::{IpAddr, Ipv6Addr};
use visitor::Visitor;
use vocab::{Class, Kind};

/// Sources kept at once.
const VISITORS_MAX: usize = 50_000;
/// Paths whose usual answers are kept at once.
const PAGES_MAX: usize = 50_000;
/// Sites kept at once; further ones share one state.
const SITES_MAX: usize = 4_096;

/// Sees every request that [`needed`] lets through.
#[derive(Clone, Debug)]
pub(crate) struct Web {
    payloads: Payloads,
    scan: Scan,
    writes: page::Pages,
    shells: shell::Shells,
    bypass: bypass::Bypass,
    visitors: Table<Visitor>,
    pages: Table<Page>,
    sites: FxHashMap<u64, Site>,
    parked: Vec<Parked>,
}

/// Where a request belongs.
#[derive(Clone, Copy, Debug)]
struct Place {
    site: u64,
    page: u64,
    visitor: u64,
}

impl Place {
    fn of(signal: &Signal) -> Self {
        let site = stable_hash(&(signal.host.as_str(), signal.service.as_str()));
        Self {
            site,
            page: page_key(site, signal.answer.path),
            visitor: stable_hash(&(signal.src_ip.map(prefix), site)),
        }
    }
}

fn page_key(site: u64, path: u64) -> u64 {
    stable_hash(&(site, path))
}

/// Address for keys: IPv6 by its /64 (DT-COR-13).
pub(crate) fn prefix(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

impl Web {
    /// Detectors for the rules in force.
    pub(crate) fn new(rules: &RuleSet) -> Self {
        Self {
            payloads: Payloads::new(rules),
            scan: Scan::new(rules),
            writes: page::Pages::new(rules),
            shells: shell::Shells::new(rules),
            bypass: bypass::Bypass::new(rules),
            visitors: Table::new(VISITORS_MAX),
            pages: Table::new(PAGES_MAX),
            sites: FxHashMap::default(),
            parked: Vec::new(),
        }
    }

    /// The site's state; beyond the bound all further sites share one.
    fn site(&mut self, key: u64, now: vocab::Timestamp) -> &mut Site {
        let key = if self.sites.len() >= SITES_MAX && !self.sites.contains_key(&key) { 0 } else { key };
        self.sites.entry(key).or_insert_with(|| Site::new(page_key(key, reduce::path_hash("/")), now))
    }

    fn ordinary(signal: &Signal) -> bool {
        signal.matches.is_empty()
            && signal.answer.status == 200
            && signal.answer.has(Answer::GET)
            && signal.src_ip.is_some()
    }
}

impl Detector for Web {
    fn push(&mut self, signal: &Signal, ctx: &mut Ctx) {
        if signal.class != Class::Http {
            return;
        }
        let place = Place::of(signal);
        let begin = self.site(place.site, signal.order.time).begin;
        let seen = signal.answer;
        let refused = matches!(seen.status, 400..=499) && !seen.has(Answer::ASSET);
        let (visitor, _) = self.visitors.entry(place.visitor, Visitor::default);
        visitor.request(signal.order.time, refused);
        let hostile = visitor.hostile.as_ref().is_some_and(|hostile| !hostile.families.is_empty());
        if seen.path != 0 {
            let (page, _) = self.pages.entry(place.page, Page::new);
            if Self::ordinary(signal) && !hostile {
                page.learn(seen.bytes);
            }
        }
        self.shells.push(signal, place.page, begin, visitor, ctx);
        self.bypass.push(signal, place.page, visitor, ctx);
        if seen.has(Answer::WRITE) {
            let before = self.pages.get(place.page).and_then(Page::typical);
            let path = signal.detail.as_deref().map_or("", |detail| detail.url_path.as_str());
            let folder =
                page::folder(path).map_or(0, |folder| page_key(place.site, reduce::path_hash(folder)));
            self.writes.write(signal, place.page, folder, before, visitor, ctx);
        } else {
            self.writes.served(signal, place.page, ctx);
        }
        let matched = self.payloads.push(signal, visitor, ctx, &mut self.parked);
        if matched
            && (200..300).contains(&seen.status)
            && let Some(site) = self.sites.get_mut(&place.site)
        {
            site.answered(seen.path, seen.bytes);
        }
        if refused || matched || hostile {
            self.scan.push(signal, visitor, refused, matched, ctx);
        }
    }

    fn finish(&mut self, ctx: &mut Ctx) {
        for parked in std::mem::take(&mut self.parked) {
            let place = &parked.place;
            let site = self.sites.get(&place.site);
            let root = site.and_then(|site| self.pages.get(site.root));
            let verdict = pages::judge(
                parked.answer.status,
                parked.answer.bytes,
                self.pages.get(place.page),
                root,
                site,
            );
            parked.judged(&self.payloads, verdict, ctx);
        }
        ctx.stats.evicted += self.visitors.evicted() + self.pages.evicted();
    }
}

/// Name of the computer or site that was asked, for people; `-` when the log does not say.
pub(crate) fn target(signal: &Signal) -> &str {
    [signal.host.as_str(), signal.service.as_str()].into_iter().find(|name| !name.is_empty()).unwrap_or("-")
}

/// Classes that are counted per source and site here; other matches are findings of their rule.
const fn is_family(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::SqlInjection
            | Kind::PathTraversal
            | Kind::CodeExecution
            | Kind::CrossSiteScripting
            | Kind::VulnerabilityProbe
            | Kind::SensitiveFileProbe
            | Kind::AuthenticationBypass
            | Kind::WormPropagation
            | Kind::WebShell
    )
}

#[cfg(test)]
mod tests;
