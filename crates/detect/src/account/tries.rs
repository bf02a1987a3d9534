//! An attempt in little memory.

use super::settings::Settings;
use crate::attempts::Attempt;
use crate::findings::Mark;
use compact_str::CompactString;
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use vocab::{Citation, Outcome, Timestamp, Trust};

/// Names of hosts and services remembered; further ones are shown without name.
const NAMES_MAX: usize = 65_536;
/// Bytes of an account name that are kept.
const NAME_BYTES_MAX: usize = 256;

/// Names of hosts and services by number; 0 is the empty name.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    list: Vec<CompactString>,
    numbers: FxHashMap<CompactString, u32>,
    /// The last two that were asked for: mostly the computer and the service of the try before.
    last: [u32; 2],
}

impl Default for Names {
    fn default() -> Self {
        Self { list: vec![CompactString::default()], numbers: FxHashMap::default(), last: [0; 2] }
    }
}

impl Names {
    fn number(&mut self, name: &CompactString) -> u32 {
        if name.is_empty() {
            return 0;
        }
        if let Some(number) = self.last.into_iter().find(|number| self.name(*number) == name.as_str()) {
            return number;
        }
        if let Some(number) = self.numbers.get(name) {
            self.last = [*number, self.last[0]];
            return *number;
        }
        let Ok(number) = u32::try_from(self.list.len()) else { return 0 };
        if self.list.len() >= NAMES_MAX {
            return 0;
        }
        self.list.push(name.clone());
        self.numbers.insert(name.clone(), number);
        number
    }

    /// The name with this number.
    pub(crate) fn name(&self, number: u32) -> &str {
        self.list.get(number as usize).map_or("", CompactString::as_str)
    }
}

/// What of an attempt is kept until it is known whether it belongs to an attack.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent marks of one attempt")]
pub(crate) struct Try {
    pub(crate) time: Timestamp,
    pub(crate) citation: Citation,
    pub(crate) src: Option<IpAddr>,
    pub(crate) account: CompactString,
    pub(crate) account_id: u64,
    pub(crate) session: u64,
    pub(crate) client: u64,
    pub(crate) host: u32,
    pub(crate) service: u32,
    pub(crate) count: u32,
    /// Weight in thresholds, in halves of a try (DT-COR-17); 0 once a success explained it.
    pub(crate) halves: u32,
    pub(crate) trust: Trust,
    pub(crate) known: Option<bool>,
    pub(crate) success: bool,
    pub(crate) name_only: bool,
    pub(crate) key_probe: bool,
    pub(crate) ambiguous: bool,
    pub(crate) local: bool,
    pub(crate) consented: bool,
}

impl Try {
    pub(crate) fn new(attempt: &Attempt, names: &mut Names, settings: &Settings) -> Self {
        Self {
            time: attempt.time,
            citation: attempt.citation,
            src: attempt.src,
            account: shortened(&attempt.account),
            account_id: attempt.account_id,
            session: attempt.session,
            client: attempt.client,
            host: names.number(&attempt.host),
            service: names.number(&attempt.service),
            count: attempt.count,
            halves: attempt.halves,
            trust: attempt.trust,
            known: attempt.known().or_else(|| settings.known(attempt.account_id)),
            success: attempt.outcome == Outcome::Success,
            name_only: attempt.name_only,
            key_probe: attempt.key_probe,
            ambiguous: attempt.ambiguous,
            local: attempt.is_remote == Some(false),
            consented: attempt.consented,
        }
    }

    /// Was a code input? Offers of keys and bare names have counters of their own.
    pub(crate) fn coded(&self) -> bool {
        !self.name_only && !self.key_probe
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { citation: self.citation, time: self.time, trust: self.trust, ambiguous: self.ambiguous }
    }
}

fn shortened(name: &CompactString) -> CompactString {
    if name.len() <= NAME_BYTES_MAX {
        return name.clone();
    }
    let mut end = NAME_BYTES_MAX;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let mut short = CompactString::from(name.get(..end).unwrap_or_default());
    short.push('…');
    short
}
