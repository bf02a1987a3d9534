//! Log-ins from places too far apart for the time between them (K-11), and from countries and networks of providers not
//! seen before (K-12). Both need a database of the operator; without one nothing is said of places.

use super::history::Known;
use super::settings::Settings;
use super::write::{Entry, write};
use crate::attempts::{Attempt, canonical};
use crate::engine::Ctx;
use crate::findings::Mark;
use crate::prim::travel::{Position, distance_km, speed_kmh};
use crate::rule::{Params, RuleSet};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::net::IpAddr;
use vocab::{Kind, Level, Message, NetworkLabel, Place, Timestamp};

/// Accounts whose places are remembered.
const ACCOUNTS_MAX: usize = 65_536;
/// Countries and providers remembered of an account.
const VALUES_MAX: usize = 64;

/// A success with a position.
#[derive(Clone, Debug)]
struct Stop {
    time: Timestamp,
    ip: IpAddr,
    position: Position,
    mark: Mark,
}

#[derive(Clone, Debug, Default)]
struct Traveller {
    stops: SmallVec<[Stop; 1]>,
    countries: SmallVec<[[u8; 2]; 2]>,
    systems: SmallVec<[u32; 2]>,
}

/// Where accounts are used.
#[derive(Clone, Debug)]
pub(crate) struct Travels {
    accounts: FxHashMap<u64, Traveller>,
    remembered: usize,
    distance_km: f64,
    speed_kmh: f64,
}

impl Travels {
    pub(crate) fn new(rules: &RuleSet) -> Self {
        let empty = Params::default();
        let params = rules.native(Kind::ImpossibleTravel.as_str()).map_or(&empty, |(_, rule)| &rule.params);
        Self {
            accounts: FxHashMap::default(),
            remembered: params.count("successes", 5) as usize,
            distance_km: params.number("distance_km", 500.0),
            speed_kmh: params.number("speed_kmh", 900.0),
        }
    }

    /// Takes a success; `known` is the history before it. An account is one person on all computers, so the host does not
    /// part the places as it parts habits.
    pub(crate) fn success(&mut self, attempt: &Attempt, known: Known, settings: &Settings, ctx: &mut Ctx) {
        if !ctx.context.places.is_given() || attempt.account_id == 0 || attempt.ambiguous {
            return;
        }
        let Some(ip) = attempt.src else { return };
        let Some(place) = ctx.context.places.place(ip) else { return };
        if self.accounts.len() >= ACCOUNTS_MAX && !self.accounts.contains_key(&attempt.account_id) {
            return;
        }
        let elsewhere =
            |label| matches!(label, NetworkLabel::Vpn | NetworkLabel::Proxy | NetworkLabel::Office);
        let relay = place.relay || ctx.context.labels(ip).any(elsewhere);
        let traveller = self.accounts.entry(attempt.account_id).or_default();
        if !relay {
            traveller.first_seen(attempt, known, place, settings, ctx);
        }
        let Some((latitude, longitude)) = place.position.filter(|_| !relay) else { return };
        let own = Stop {
            time: attempt.time,
            ip,
            position: Position { latitude, longitude, accuracy_km: place.accuracy_km },
            mark: Mark {
                citation: attempt.citation,
                time: attempt.time,
                trust: attempt.trust,
                ambiguous: attempt.ambiguous,
            },
        };
        let far = |stop: &&Stop| {
            let distance = distance_km(stop.position, own.position);
            distance >= self.distance_km && speed_kmh(distance, own.time.since(stop.time)) >= self.speed_kmh
        };
        if let Some(before) = traveller.stops.iter().rev().find(far) {
            impossible(attempt, before, &own, settings, ctx);
        }
        if traveller.stops.len() >= self.remembered.max(1) {
            traveller.stops.remove(0);
        }
        traveller.stops.push(own);
    }
}

impl Traveller {
    /// A new country or provider (K-12): low, once the account has a history.
    fn first_seen(
        &mut self,
        attempt: &Attempt,
        known: Known,
        place: Place,
        settings: &Settings,
        ctx: &mut Ctx,
    ) {
        let new_country = place.country.is_some_and(|country| note(&mut self.countries, country));
        let new_system = place.system.is_some_and(|system| note(&mut self.systems, system));
        if !known.enough(attempt) || !(new_country || new_system) {
            return;
        }
        let text = match (place.country, place.system) {
            (Some(country), _) if new_country => Message::new("note-first-country")
                .with("country", country.map(char::from).iter().collect::<String>()),
            (_, Some(system)) => Message::new("note-first-provider").with("system", format!("AS{system}")),
            _ => return,
        };
        let text = text
            .with("account", attempt.account.as_str())
            .with("source", attempt.src.map_or_else(String::new, |ip| ip.to_string()));
        let entry = Entry::new(Kind::FirstSeenAccess, Level::Low, text)
            .key("account", &canonical(&attempt.account))
            .key("host", &attempt.host)
            .key("level", Level::Low.as_str());
        write(entry, attempt, settings, ctx);
    }
}

/// Remembers a value; `true` when it is new and not the first.
fn note<T: PartialEq, A: smallvec::Array<Item = T>>(values: &mut SmallVec<A>, value: T) -> bool {
    if values.contains(&value) {
        return false;
    }
    if values.len() >= VALUES_MAX {
        values.remove(0);
    }
    values.push(value);
    values.len() > 1
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "kilometres on earth, not negative"
)]
fn impossible(attempt: &Attempt, before: &Stop, own: &Stop, settings: &Settings, ctx: &mut Ctx) {
    let distance = distance_km(before.position, own.position);
    let text = Message::new("note-impossible-travel")
        .with("account", attempt.account.as_str())
        .with("from", before.ip.to_string())
        .with("to", own.ip.to_string())
        .with("distance", distance.round() as u64)
        .with("minutes", own.time.since(before.time).unsigned_abs() / Timestamp::MINUTE.unsigned_abs());
    let mut entry =
        Entry::new(Kind::ImpossibleTravel, Level::Medium, text).key("account", &canonical(&attempt.account));
    entry.earlier = Some(before.mark);
    write(entry, attempt, settings, ctx);
}
