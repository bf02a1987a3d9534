//! Blocking (遮断) the source of an attack: for how long, and whether anything speaks against it (detection.md 8.2).
//!
//! Pure: what is known of this computer, of earlier blocks and of the time is given. Nothing here blocks anything. A block is
//! containment and no substitute for reporting; the source stays in the evidence (DT-RSP-09).

mod guard;
mod standing;

pub use guard::{Guard, Objection};
pub use standing::{Shelter, Standing};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use vocab::{Timestamp, Trust};

/// Length of the first block, seconds; each further one within thirty days is twice as long (DT-RSP-04).
pub const FIRST_SECONDS: u64 = 600;
/// Longest block, seconds (DT-RSP-04, BG-6).
pub const SECONDS_MAX: u64 = 7 * 86_400;
/// Blocks in an hour (BG-5).
pub const NEW_PER_HOUR_MAX: usize = 30;
/// Blocks in force at once (BG-5).
pub const ACTIVE_MAX: usize = 1_000;
/// How long an earlier block counts as a repetition.
const REPEAT_MICROS: i64 = 30 * Timestamp::DAY;
/// Age of the last record at which a block is too late (BG-2).
const FRESH_MICROS: i64 = 10 * Timestamp::MINUTE;
/// How far a record may be ahead of the clock.
const AHEAD_MICROS: i64 = 2 * Timestamp::MINUTE;

/// What happens when a rule finds something (DT-RSP-01).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing is proposed.
    Off,
    /// What would be blocked is shown.
    #[default]
    Preview,
    /// A person presses.
    Confirm,
    /// Sekisho blocks by itself when no guard objects.
    Auto,
}

/// An address that attacked, as the records show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attacker {
    /// Address.
    pub ip: IpAddr,
    /// Records that name it without ambiguity.
    pub records: u64,
    /// Best trust of these records.
    pub trust: Trust,
    /// Time of the last one.
    pub last: Timestamp,
    /// An announced test covers it.
    pub consented: bool,
}

/// A block that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// What is blocked.
    pub prefix: IpNet,
    /// From.
    pub began: Timestamp,
    /// Until.
    pub ends: Timestamp,
    /// It was taken back before its end.
    pub undone: bool,
}

impl Block {
    /// Is it in force?
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        !self.undone && self.ends > now
    }
}

/// What would be blocked, for how long, and what speaks against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What: one IPv4 address, or the /64 of an IPv6 address (BG-4).
    pub prefix: IpNet,
    /// How long, seconds.
    pub seconds: u64,
    /// Guards that object; empty: nothing speaks against it.
    pub objections: Vec<Objection>,
}

impl Proposal {
    /// May Sekisho do it by itself?
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.objections.is_empty()
    }

    /// May a person who gives a reason do it? Nobody may lock out whom BG-3 shelters, or go over width, budget or length.
    #[must_use]
    pub fn may_be_decided(&self) -> bool {
        self.objections.iter().all(|objection| objection.guard.may_be_set_aside())
    }
}

/// The narrowest block that covers an address.
#[must_use]
pub fn prefix_of(ip: IpAddr) -> IpNet {
    let ip = ip.to_canonical();
    let bits = if ip.is_ipv4() { 32 } else { 64 };
    IpNet::new(ip, bits).map_or_else(|_| IpNet::from(ip), |net| net.trunc())
}

/// How long the next block of this prefix would be, seconds.
#[must_use]
pub fn seconds(prefix: IpNet, past: &[Block], now: Timestamp) -> u64 {
    let repeated = past
        .iter()
        .filter(|block| !block.undone && block.prefix == prefix && now.since(block.began) < REPEAT_MICROS);
    let doublings = u32::try_from(repeated.count()).unwrap_or(u32::MAX).min(20);
    (FIRST_SECONDS << doublings).min(SECONDS_MAX)
}

/// Must Sekisho leave this prefix to people? Yes while it is blocked, and for a day after its block was taken back, was
/// confirmed by nobody, or was refused by the kernel: a machine does not order again what a person undid (DT-RSP-06).
#[must_use]
pub fn leaves_alone(prefix: IpNet, past: &[Block], now: Timestamp) -> bool {
    let mut same = past.iter().filter(|block| block.prefix == prefix);
    same.any(|block| block.is_active(now) || (block.undone && now.since(block.began) < Timestamp::DAY))
}

/// What would be done about an attacker, and what speaks against it.
#[must_use]
pub fn propose(attacker: &Attacker, standing: &Standing, past: &[Block], now: Timestamp) -> Proposal {
    let prefix = prefix_of(attacker.ip);
    let asked = guard::Asked { attacker, prefix, standing, past, now };
    Proposal { prefix, seconds: seconds(prefix, past, now), objections: guard::objections(&asked) }
}

#[cfg(test)]
mod tests;
