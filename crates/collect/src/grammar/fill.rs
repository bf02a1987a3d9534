//! Filling an event from the readings of a message (DT-HOS-03): one reading gives a source, several give none.

use super::text::{Peer, unescape};
use super::{Message, Parsed};
use std::borrow::Cow;
use vocab::{AuthMethod, Class, Event, Flags, Outcome, Reading, Reason, UserKind, activity};

/// Most readings kept of one record (detection.md 6.5).
pub(crate) const READINGS_MAX: usize = 8;
/// Most split points tried in one record, so that a hostile line costs no quadratic time.
const SPLITS_TRIED_MAX: usize = 64;

/// One way to split a message into free text and a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split<'a> {
    /// The free text, mostly a user name.
    pub(crate) name: &'a str,
    /// The peer.
    pub(crate) peer: Peer<'a>,
    /// What stands after the peer.
    pub(crate) rest: &'a str,
}

/// All readings of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Splits<'a> {
    found: [Option<Split<'a>>; READINGS_MAX],
    len: usize,
    /// More readings than [`READINGS_MAX`], or more split points than were tried.
    pub(crate) overflow: bool,
}

impl<'a> Splits<'a> {
    /// Splits `text` at every `separator` whose right side `tail` accepts completely. `separator` begins with a space.
    pub(crate) fn at(
        text: &'a str,
        separator: &str,
        tail: impl Fn(&'a str) -> Option<(Peer<'a>, &'a str)>,
    ) -> Self {
        let mut splits = Self::default();
        let mut tried = 0;
        for place in memchr::memrchr_iter(b' ', text.as_bytes()) {
            let Some(right) = text.get(place..).and_then(|right| right.strip_prefix(separator)) else {
                continue;
            };
            tried += 1;
            if tried > SPLITS_TRIED_MAX {
                splits.overflow = true;
                break;
            }
            if let (Some((peer, rest)), Some(name)) = (tail(right), text.get(..place)) {
                splits.push(Split { name, peer, rest });
            }
        }
        splits
    }

    /// Adds a reading.
    pub(crate) fn push(&mut self, split: Split<'a>) {
        match self.found.get_mut(self.len) {
            Some(slot) => {
                *slot = Some(split);
                self.len += 1;
            }
            None => self.overflow = true,
        }
    }

    /// The readings, rightmost split first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Split<'a>> {
        self.found.iter().flatten()
    }

    /// No reading at all?
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Drops the readings that `keep` refutes, when at least one is left (DT-HOS-04).
    pub(crate) fn refute(&mut self, keep: impl Fn(&Split<'a>) -> bool) {
        if self.len < 2 || self.overflow || !self.iter().any(&keep) {
            return;
        }
        let mut left = Self::default();
        for split in self.iter().filter(|split| keep(split)) {
            left.push(*split);
        }
        *self = left;
    }
}

/// Sets source and account from the readings: exactly one distinct (address, account) is taken over; otherwise the event is
/// `ambiguous`, has no source, and lists the readings. `force` makes it ambiguous in any case (truncation, key ids).
/// The outcome must be set before.
pub(crate) fn settle<'a>(event: &mut Event<'a>, splits: &Splits<'a>, force: bool) {
    let Some(first) = splits.iter().next() else {
        event.flags.set(Flags::AMBIGUOUS);
        return;
    };
    let same = splits.iter().all(|s| s.name == first.name && s.peer.ip == first.peer.ip);
    if same && !splits.overflow && !force {
        event.user = Some(unescape(first.name));
        set_peer(event, first.peer);
        return;
    }
    event.flags.set(Flags::AMBIGUOUS);
    if splits.iter().all(|s| s.name == first.name) && !splits.overflow {
        event.user = Some(unescape(first.name));
    }
    let outcome = event.outcome;
    event.readings.extend(splits.iter().map(|s| Reading {
        src_ip: s.peer.ip,
        user: unescape(s.name).into_owned(),
        outcome,
    }));
}

/// Sets source address, port or name; the peer makes the event remote.
pub(crate) fn set_peer<'a>(event: &mut Event<'a>, peer: Peer<'a>) {
    event.src_ip = peer.ip;
    event.src_port = peer.port;
    event.src_host = peer.host.map(Cow::Borrowed);
    event.is_remote = Some(true);
}

/// Makes the event an authentication with this result.
pub(crate) fn auth(event: &mut Event<'_>, outcome: Outcome, reason: Reason) {
    event.class = Class::Authentication;
    event.activity = activity::AUTH_LOGON;
    event.outcome = outcome;
    event.reason = reason;
}

/// Sets class and activity.
pub(crate) fn class(event: &mut Event<'_>, class: Class, activity: u8) {
    event.class = class;
    event.activity = activity;
}

/// A name as the account of the event; decoded where it holds escapes.
pub(crate) fn user<'a>(event: &mut Event<'a>, name: &'a str) {
    event.user = Some(unescape(name));
}

/// The account does not exist, as the log source itself says.
pub(crate) fn unknown_user(event: &mut Event<'_>, name: &str) {
    event.user_kind = Some(if name.is_empty() { UserKind::Empty } else { UserKind::Unknown });
}

/// Method names of sshd, PAM and friends.
pub(crate) fn method(name: &str) -> Option<AuthMethod> {
    Some(match name {
        "password" => AuthMethod::Password,
        "publickey" => AuthMethod::Publickey,
        "keyboard-interactive" | "challenge-response" => AuthMethod::Kbdint,
        "gssapi-with-mic" | "gssapi-keyex" | "gssapi" => AuthMethod::Gssapi,
        "kerberos" => AuthMethod::Kerberos,
        "hostbased" | "rhosts-rsa" | "rhosts" => AuthMethod::Hostbased,
        "none" => AuthMethod::None,
        "rsa" => AuthMethod::Publickey,
        _ => return None,
    })
}

/// Marks a body that its daemon or transport may have cut (DT-HOS-07). `daemon_cut` is the daemon's own limit in bytes.
pub(crate) fn is_cut(message: &Message<'_>, event: &mut Event<'_>, daemon_cut: usize) -> bool {
    let cut = message.body.len() >= daemon_cut.min(message.cut_at);
    if cut {
        event.flags.set(Flags::TRUNCATED);
    }
    cut
}

/// Withdraws every source that was read, because the record was cut: keeps it as a reading.
pub(crate) fn withdraw_source(event: &mut Event<'_>) {
    event.flags.set(Flags::AMBIGUOUS);
    if let Some(ip) = event.src_ip.take() {
        event.readings.push(Reading {
            src_ip: Some(ip),
            user: event.user.as_deref().unwrap_or_default().to_owned(),
            outcome: event.outcome,
        });
    }
    event.src_port = None;
    event.src_host = None;
}

/// Names the grammar row and says that an event came of it.
pub(crate) fn row(event: &mut Event<'_>, row: &'static str) -> Parsed {
    event.origin.grammar = row;
    Parsed::Event
}
