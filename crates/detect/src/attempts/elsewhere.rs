//! Tries of a code on Windows that more than one record tells of: the computer that was logged on to (4624, 4625), the
//! domain controller that checked the code (4776, 4768, 4771), the remote desktop service (1149, 21). Each try counts once
//! (DT-FMT-16); the record of the computer that was entered tells most and goes first.

use super::{Attempt, stable_hash};
use crate::signal::Signal;
use crate::windows::first_label;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::net::IpAddr;
use vocab::{Outcome, Timestamp};

/// Records of one try lie at most this far apart, microseconds.
const SAME_TRY_MICROS: i64 = 3 * Timestamp::SECOND;
/// The same for remote desktop, where the session opens after the code was checked, microseconds.
const DESKTOP_MICROS: i64 = 30 * Timestamp::SECOND;
/// Accounts whose last tries are remembered.
const ACCOUNTS_MAX: usize = 16_384;
/// Tries remembered of one account.
const TRIES_MAX: usize = 64;

/// Which sort of record tells of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Teller {
    /// 4776, 4777: who checked the code with NTLM. Names the computer and no address.
    Ntlm = 1,
    /// 4768, 4771: who gave or refused a ticket. Names the address.
    Ticket = 1 << 1,
    /// 1149: remote desktop checked the code.
    Checked = 1 << 2,
    /// 21: a remote desktop session opened.
    Desktop = 1 << 3,
    /// 4624 of a remote desktop, after the 4624 of the check over the network.
    Again = 1 << 4,
}

impl Teller {
    fn of(signal: &Signal) -> Option<Self> {
        match signal.grammar {
            "EVTX-4776" | "EVTX-4777" => Some(Self::Ntlm),
            "EVTX-4768" | "EVTX-4771" => Some(Self::Ticket),
            "EVTX-1149" => Some(Self::Checked),
            "EVTX-TS21" => Some(Self::Desktop),
            "EVTX-4624" if signal.service == "remote_interactive" => Some(Self::Again),
            _ => None,
        }
    }

    const fn within(self) -> i64 {
        match self {
            Self::Ntlm | Self::Ticket => SAME_TRY_MICROS,
            Self::Checked | Self::Desktop | Self::Again => DESKTOP_MICROS,
        }
    }
}

/// A try that has been counted.
#[derive(Clone, Copy, Debug)]
struct Counted {
    time: i64,
    success: bool,
    src: Option<IpAddr>,
    /// First label of the name of the source; 0 = not named.
    workstation: u64,
    host: u64,
    /// The sort of record that it was counted by; 0 = 4624, 4625.
    by: u8,
    /// Sorts of records that have told of it.
    told: u8,
}

/// Holds records that may repeat a try, for as long as the other record can come.
#[derive(Clone, Debug, Default)]
pub(super) struct Elsewhere {
    waiting: VecDeque<(Teller, Attempt, u64)>,
    counted: FxHashMap<u64, SmallVec<[Counted; 2]>>,
}

fn label(name: &str) -> u64 {
    if name.is_empty() { 0 } else { stable_hash(first_label(name).as_str()).max(1) }
}

fn workstation(signal: &Signal) -> u64 {
    signal.detail.as_deref().map_or(0, |detail| label(&detail.src_host))
}

impl Elsewhere {
    /// Takes a record that may repeat a try; `false`: it is none of them and counts as it stands.
    pub(super) fn hold(&mut self, signal: &Signal) -> bool {
        let Some(teller) = Teller::of(signal) else { return false };
        self.waiting.push_back((teller, Attempt::from_signal(signal), workstation(signal)));
        true
    }

    /// Notes a try that was counted by the record of the computer itself.
    pub(super) fn counted(&mut self, signal: &Signal, attempt: &Attempt) {
        if matches!(signal.grammar, "EVTX-4624" | "EVTX-4625") {
            self.note(attempt, workstation(signal), 0);
        }
    }

    fn note(&mut self, attempt: &Attempt, workstation: u64, by: u8) {
        let now = attempt.time.0;
        if self.counted.len() >= ACCOUNTS_MAX && !self.counted.contains_key(&attempt.account_id) {
            self.counted.retain(|_, tries| tries.last().is_some_and(|one| now - one.time <= DESKTOP_MICROS));
            if self.counted.len() >= ACCOUNTS_MAX {
                self.counted.clear();
            }
        }
        let tries = self.counted.entry(attempt.account_id).or_default();
        if tries.len() >= TRIES_MAX {
            tries.remove(0);
        }
        tries.push(Counted {
            time: now,
            success: attempt.outcome == Outcome::Success,
            src: attempt.src.filter(|ip| !ip.is_loopback()),
            workstation,
            host: label(&attempt.host),
            by,
            told: by,
        });
    }

    /// Hands out the records that no other one explains, once the others can no longer come.
    pub(super) fn release(&mut self, now: Timestamp, out: &mut Vec<Attempt>) {
        // The wait is the same for all, so that the order stays; a desktop's other records come before it.
        while self.waiting.front().is_some_and(|(_, one, _)| now.since(one.time) > SAME_TRY_MICROS) {
            let Some((teller, attempt, workstation)) = self.waiting.pop_front() else { return };
            if self.repeats(teller, &attempt, workstation) {
                continue;
            }
            let by = if teller == Teller::Again { 0 } else { teller as u8 };
            self.note(&attempt, workstation, by);
            out.push(attempt);
        }
    }

    /// Does the record tell of a try that is counted? Each counted try explains one record of each sort.
    fn repeats(&mut self, teller: Teller, attempt: &Attempt, workstation: u64) -> bool {
        let Some(tries) = self.counted.get_mut(&attempt.account_id) else { return false };
        let (host, bit) = (label(&attempt.host), teller as u8);
        let success = attempt.outcome == Outcome::Success;
        let src = attempt.src.filter(|ip| !ip.is_loopback());
        let same = |one: &&mut Counted| {
            let near = (attempt.time.0 - one.time).abs() <= teller.within();
            let agrees = |a: u64, b: u64| a == 0 || b == 0 || a == b;
            let place = match teller {
                Teller::Ntlm => agrees(workstation, one.workstation) && one.by == 0,
                Teller::Ticket => (src.is_none() || one.src.is_none() || src == one.src) && one.by == 0,
                Teller::Checked | Teller::Desktop | Teller::Again => {
                    one.host == host && (src.is_none() || one.src.is_none() || src == one.src)
                }
            };
            near && place && one.success == success && one.told & bit == 0
        };
        let Some(one) = tries.iter_mut().find(same) else { return false };
        one.told |= bit;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::Assembler;
    use crate::front::reduce;
    use smallvec::SmallVec;
    use vocab::{Class, Event, Outcome, Timestamp, activity};

    /// Grammar, second, host, account, address, workstation, success.
    type Row = (&'static str, i64, &'static str, &'static str, &'static str, &'static str, bool);

    fn counted(rows: &[Row]) -> Vec<(String, bool)> {
        let (mut assembler, mut out) = (Assembler::default(), Vec::new());
        for (grammar, second, host, account, ip, workstation, success) in rows {
            let mut event = Event {
                class: Class::Authentication,
                activity: if *grammar == "EVTX-4768" { activity::AUTH_TICKET } else { activity::AUTH_LOGON },
                outcome: if *success { Outcome::Success } else { Outcome::Failure },
                time: Some(Timestamp::from_seconds(1_790_000_000 + second)),
                dst_host: Some((*host).into()),
                user: Some((*account).into()),
                src_ip: ip.parse().ok(),
                src_host: Some(*workstation).filter(|name| !name.is_empty()).map(Into::into),
                service: Some(if second % 2 == 1 { "remote_interactive" } else { "network" }.into()),
                count: 1,
                ..Event::default()
            };
            event.origin.grammar = grammar;
            assembler.push(&reduce(&event, SmallVec::new()), &mut out);
        }
        assembler.finish(&mut out);
        out.iter().map(|one| (one.host.to_string(), one.outcome == Outcome::Success)).collect()
    }

    fn own(list: &[(&str, bool)]) -> Vec<(String, bool)> {
        list.iter().map(|(host, success)| ((*host).to_owned(), *success)).collect()
    }

    /// DT-FMT-16: what the controller and the computer tell of one try is one try.
    #[test]
    fn a_try_told_by_the_controller_counts_once() {
        let ntlm = [
            ("EVTX-4776", 0, "DC1", "bob", "", "WS1", false),
            ("EVTX-4625", 0, "FS1.example.co.jp", "bob", "10.0.0.5", "WS1", false),
            ("EVTX-4776", 2, "DC1", "bob", "", "ws1", false),
            ("EVTX-4625", 2, "FS1.example.co.jp", "bob", "10.0.0.5", "WS1", false),
        ];
        assert_eq!(counted(&ntlm), own(&[("FS1.example.co.jp", false), ("FS1.example.co.jp", false)]));
        let tickets = [
            ("EVTX-4771", 0, "DC1", "bob", "10.0.0.5", "", false),
            ("EVTX-4625", 0, "WS1", "bob", "127.0.0.1", "", false),
            ("EVTX-4768", 4, "DC1", "bob", "10.0.0.5", "", true),
            ("EVTX-4624", 4, "WS1", "bob", "127.0.0.1", "", true),
        ];
        assert_eq!(counted(&tickets), own(&[("WS1", false), ("WS1", true)]));
    }

    #[test]
    fn tries_that_only_the_controller_saw_count() {
        let alone = [
            ("EVTX-4776", 0, "DC1", "bob", "", "WS1", false),
            ("EVTX-4776", 2, "DC1", "bob", "", "WS1", false),
            ("EVTX-4776", 2, "DC1", "bob", "", "WS2", false),
            // Another computer, another account, another result.
            ("EVTX-4625", 2, "FS1", "bob", "10.0.0.9", "WS3", false),
            ("EVTX-4625", 2, "FS1", "eve", "10.0.0.5", "WS1", false),
            ("EVTX-4624", 2, "FS1", "bob", "10.0.0.5", "WS1", true),
        ];
        assert_eq!(counted(&alone).len(), 6);
    }

    #[test]
    fn a_remote_desktop_counts_once() {
        let desktop = [
            ("EVTX-4624", 0, "SV1", "bob", "10.0.0.5", "", true),
            ("EVTX-1149", 0, "SV1", "bob", "10.0.0.5", "", true),
            ("EVTX-4624", 9, "SV1", "bob", "10.0.0.5", "", true),
            ("EVTX-TS21", 10, "SV1", "bob", "10.0.0.5", "", true),
        ];
        assert_eq!(counted(&desktop), own(&[("SV1", true)]));
        let own_log_only = [
            ("EVTX-1149", 0, "SV1", "bob", "10.0.0.5", "", true),
            ("EVTX-TS21", 10, "SV1", "bob", "10.0.0.5", "", true),
            ("EVTX-TS21", 100, "SV1", "bob", "10.0.0.5", "", true),
        ];
        assert_eq!(counted(&own_log_only), own(&[("SV1", true), ("SV1", true)]));
    }
}
