//! Which address belongs to which computer, as the records themselves say it. Nothing is resolved.
//!
//! A computer logs on to the controller under its own account (`PC1$`) from its own address: nobody else has that code.
//! The name of a workstation beside an address is what the client says of itself; it counts only for computers that send
//! records of their own, and only where the first kind of sign is missing.

use super::first_label;
use crate::signal::Signal;
use compact_str::CompactString;
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use vocab::{Class, Outcome, Timestamp};

/// Addresses and computers remembered.
const ADDRESSES_MAX: usize = 65_536;
/// Computers remembered for one address: leases pass from hand to hand.
const COMPUTERS_MAX: usize = 8;
/// Two computers at one address within this time: the address is shared and says nothing, microseconds.
const SHARED_MICROS: i64 = Timestamp::HOUR;

#[derive(Clone, Debug)]
struct Seen {
    label: CompactString,
    first: Timestamp,
    last: Timestamp,
}

/// Addresses by what the records say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    own: FxHashMap<IpAddr, Vec<Seen>>,
    said: FxHashMap<IpAddr, Vec<Seen>>,
    /// Full names by first label, of computers that send records.
    hosts: FxHashMap<CompactString, CompactString>,
}

impl Book {
    /// Learns from a record of a logon.
    pub(crate) fn learn(&mut self, signal: &Signal) {
        if signal.class != Class::Authentication || !super::is_windows(signal) {
            return;
        }
        let host = first_label(&signal.host);
        if !host.is_empty() && self.hosts.len() < ADDRESSES_MAX && !self.hosts.contains_key(&host) {
            self.hosts.insert(host.clone(), signal.host.clone());
        }
        let Some(ip) = signal.src_ip.filter(|ip| !ip.is_loopback() && !ip.is_unspecified()) else { return };
        if signal.outcome != Outcome::Success {
            return;
        }
        let time = signal.order.time;
        if let Some(name) = signal.account.strip_suffix('$') {
            note(&mut self.own, ip, first_label(name), time);
        } else if let Some(detail) = signal.detail.as_deref()
            && !detail.src_host.is_empty()
            && first_label(&detail.src_host) != host
        {
            note(&mut self.said, ip, first_label(&detail.src_host), time);
        }
    }

    /// Full name of the computer that had the address at that time; `None` where it is not known, or shared.
    pub(crate) fn name(&self, ip: IpAddr, time: Timestamp) -> Option<&str> {
        let label = at(self.own.get(&ip), time).or_else(|| at(self.said.get(&ip), time))?;
        self.hosts.get(label).map(CompactString::as_str)
    }
}

fn note(book: &mut FxHashMap<IpAddr, Vec<Seen>>, ip: IpAddr, label: CompactString, time: Timestamp) {
    if label.is_empty() || (book.len() >= ADDRESSES_MAX && !book.contains_key(&ip)) {
        return;
    }
    let seen = book.entry(ip).or_default();
    if let Some(old) = seen.iter_mut().find(|old| old.label == label) {
        (old.first, old.last) = (old.first.min(time), old.last.max(time));
    } else if seen.len() < COMPUTERS_MAX {
        seen.push(Seen { label, first: time, last: time });
    }
}

/// The computer that was seen there at that time or last before it; else the first one after it.
fn at(seen: Option<&Vec<Seen>>, time: Timestamp) -> Option<&CompactString> {
    let seen = seen?;
    let near = |one: &&Seen| {
        one.first.0.saturating_sub(SHARED_MICROS) <= time.0 && time.since(one.last) <= SHARED_MICROS
    };
    let mut here = seen.iter().filter(near);
    if let Some(one) = here.next() {
        return here.next().is_none().then_some(&one.label);
    }
    let before = seen.iter().filter(|one| one.last <= time).max_by_key(|one| one.last);
    before.or_else(|| seen.iter().min_by_key(|one| one.first)).map(|one| &one.label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocab::Event;

    fn logon(book: &mut Book, hours: i64, host: &str, account: &str, ip: &str, workstation: &str) {
        let mut event = Event {
            class: Class::Authentication,
            outcome: Outcome::Success,
            time: Some(Timestamp::from_seconds(1_790_000_000 + hours * 3_600)),
            dst_host: Some(host.to_owned().into()),
            user: Some(account.to_owned().into()),
            src_ip: ip.parse().ok(),
            src_host: Some(workstation.to_owned().into()).filter(|_| !workstation.is_empty()),
            ..Event::default()
        };
        event.origin.grammar = "EVTX-4624";
        book.learn(&crate::front::reduce(&event, smallvec::SmallVec::new()));
    }

    fn name(book: &Book, ip: &str, hours: i64) -> Option<String> {
        let time = Timestamp::from_seconds(1_790_000_000 + hours * 3_600);
        book.name(ip.parse().unwrap(), time).map(str::to_owned)
    }

    #[test]
    fn a_computer_names_its_address() {
        let mut book = Book::default();
        logon(&mut book, 0, "PC1.example.co.jp", "bob", "10.0.0.9", "");
        logon(&mut book, 0, "PC2.example.co.jp", "bob", "10.0.0.9", "PC1");
        logon(&mut book, 0, "DC1.example.co.jp", "PC1$", "10.0.0.1", "");
        assert_eq!(name(&book, "10.0.0.1", 50).as_deref(), Some("PC1.example.co.jp"));
        assert_eq!(name(&book, "10.0.0.9", 0).as_deref(), Some("PC1.example.co.jp"));
        assert_eq!(name(&book, "10.0.0.2", 0), None);
    }

    #[test]
    fn leases_change_and_shared_addresses_say_nothing() {
        let mut book = Book::default();
        for host in ["PC1", "PC2", "DC1"] {
            logon(&mut book, 0, host, "bob", "10.0.0.99", "");
        }
        logon(&mut book, 0, "DC1", "PC1$", "10.0.0.1", "");
        logon(&mut book, 100, "DC1", "PC2$", "10.0.0.1", "");
        assert_eq!(name(&book, "10.0.0.1", 40).as_deref(), Some("PC1"));
        assert_eq!(name(&book, "10.0.0.1", 140).as_deref(), Some("PC2"));
        logon(&mut book, 100, "DC1", "PC1$", "10.0.0.1", "");
        assert_eq!(name(&book, "10.0.0.1", 100), None);
    }

    #[test]
    fn a_workstation_nobody_knows_is_no_name() {
        let mut book = Book::default();
        logon(&mut book, 0, "PC2", "bob", "10.0.0.9", "KALI");
        assert_eq!(name(&book, "10.0.0.9", 0), None);
    }
}
