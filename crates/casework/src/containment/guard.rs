//! The guards BG-1 to BG-8 of DT-RSP-03: each that objects is named.

use super::standing::overlap;
use super::{
    ACTIVE_MAX, AHEAD_MICROS, Attacker, Block, FRESH_MICROS, NEW_PER_HOUR_MAX, SECONDS_MAX, Standing, seconds,
};
use ipnet::IpNet;
use serde::Serialize;
use std::net::IpAddr;
use vocab::{Timestamp, Trust};

/// A guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Guard {
    /// BG-1: the records are unambiguous and can be believed.
    #[serde(rename = "BG-1")]
    Believable,
    /// BG-2: the last record is fresh and its time certain.
    #[serde(rename = "BG-2")]
    Fresh,
    /// BG-3: nobody who is needed is locked out.
    #[serde(rename = "BG-3")]
    Sheltered,
    /// BG-4: the prefix is as narrow as can be.
    #[serde(rename = "BG-4")]
    Narrow,
    /// BG-5: the budget of blocks is kept.
    #[serde(rename = "BG-5")]
    Budget,
    /// BG-6: at most seven days.
    #[serde(rename = "BG-6")]
    Length,
    /// BG-7: the peer is the client itself and not a proxy that many share.
    #[serde(rename = "BG-7")]
    RealClient,
    /// BG-8: no announced test covers the source.
    #[serde(rename = "BG-8")]
    NotAnnounced,
}

impl Guard {
    /// All guards.
    pub const ALL: [Self; 8] = [
        Self::Believable,
        Self::Fresh,
        Self::Sheltered,
        Self::Narrow,
        Self::Budget,
        Self::Length,
        Self::RealClient,
        Self::NotAnnounced,
    ];

    /// Its id in the specification.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Believable => "BG-1",
            Self::Fresh => "BG-2",
            Self::Sheltered => "BG-3",
            Self::Narrow => "BG-4",
            Self::Budget => "BG-5",
            Self::Length => "BG-6",
            Self::RealClient => "BG-7",
            Self::NotAnnounced => "BG-8",
        }
    }

    /// May a person set it aside with a reason? A machine never may.
    #[must_use]
    pub const fn may_be_set_aside(self) -> bool {
        matches!(self, Self::Believable | Self::Fresh | Self::RealClient | Self::NotAnnounced)
    }
}

/// A guard that objects, with what it saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Objection {
    /// Which.
    pub guard: Guard,
    /// What was seen, e.g. the sheltered network; may be empty.
    pub seen: String,
}

/// What the guards are asked.
pub(super) struct Asked<'a> {
    pub(super) attacker: &'a Attacker,
    pub(super) prefix: IpNet,
    pub(super) standing: &'a Standing,
    pub(super) past: &'a [Block],
    pub(super) now: Timestamp,
}

/// Objections in the order of the guards.
pub(super) fn objections(asked: &Asked<'_>) -> Vec<Objection> {
    Guard::ALL
        .into_iter()
        .filter_map(|guard| seen(guard, asked).map(|seen| Objection { guard, seen }))
        .collect()
}

/// What makes a guard object; `None`: it does not.
fn seen(guard: Guard, asked: &Asked<'_>) -> Option<String> {
    let Asked { attacker, prefix, standing, past, now } = *asked;
    match guard {
        Guard::Believable => {
            let enough = match attacker.trust {
                Trust::Tr2 | Trust::Tr3 => attacker.records >= 1,
                Trust::Tr1 => attacker.records >= 2,
                Trust::Tr0 => false,
            };
            (!enough).then(|| format!("{:?}, {}", attacker.trust, attacker.records).to_uppercase())
        }
        Guard::Fresh => {
            let age = now.since(attacker.last);
            let fresh = (-AHEAD_MICROS..=FRESH_MICROS).contains(&age) && !standing.zone_assumed;
            (!fresh).then(|| format!("{} s", age / Timestamp::SECOND))
        }
        Guard::Sheltered => standing
            .unknown
            .clone()
            .or_else(|| standing.shelter_of(prefix).map(|(net, why)| format!("{} {net}", why.name()))),
        Guard::Narrow => {
            let bits = if prefix.addr().is_ipv4() { 32 } else { 64 };
            (prefix.prefix_len() < bits).then(|| prefix.to_string())
        }
        Guard::Budget => {
            let fresh = past.iter().filter(|block| now.since(block.began) < Timestamp::HOUR).count();
            let active = past.iter().filter(|block| block.is_active(now)).count();
            (fresh >= NEW_PER_HOUR_MAX || active >= ACTIVE_MAX).then(|| format!("{fresh}/h, {active}"))
        }
        Guard::Length => {
            let length = seconds(prefix, past, now);
            (length > SECONDS_MAX).then(|| format!("{length} s"))
        }
        Guard::RealClient => is_shared(prefix, standing).then(|| prefix.to_string()),
        Guard::NotAnnounced => {
            let scanner = standing.scanners.iter().any(|net| overlap(*net, prefix));
            (attacker.consented || scanner).then(|| prefix.to_string())
        }
    }
}

/// Do many people share this address? Proxies of the list, and the space of carriers' address translation (RFC 6598).
fn is_shared(prefix: IpNet, standing: &Standing) -> bool {
    let carrier = match prefix.addr() {
        IpAddr::V4(ip) => {
            ip.octets().first() == Some(&100) && ip.octets().get(1).is_some_and(|octet| octet & 0xc0 == 64)
        }
        IpAddr::V6(_) => false,
    };
    carrier || standing.proxies.iter().any(|net| overlap(*net, prefix))
}
