//! Lines of the log-in plugins of WordPress (D04 of detection.md 3.9), written through syslog as `wordpress(SITE)[PID]`.
//!
//! Free text: the account. Anchor: right, ` from A` at the end; all readings are tried. A process serves many visitors, so
//! that its id joins nothing. Grammar row `D04`.

use super::fill::{self, Splits, auth, class, row, set_peer};
use super::text::Peer;
use super::{Message, Parsed};
use vocab::{AuthMethod, Class, Event, Outcome, Reason, activity};

/// Beginnings of the lines that name an account, and what they say.
const NAMED: [(&str, Outcome, Reason); 7] = [
    ("Authentication failure for ", Outcome::Failure, Reason::BadSecret),
    ("Authentication attempt for unknown user ", Outcome::Failure, Reason::UnknownUser),
    ("Accepted password for ", Outcome::Success, Reason::Ok),
    ("XML-RPC authentication failure for ", Outcome::Failure, Reason::BadSecret),
    ("XML-RPC authentication attempt for unknown user ", Outcome::Failure, Reason::UnknownUser),
    ("Blocked authentication attempt for ", Outcome::Failure, Reason::NotAllowed),
    ("Blocked username authentication attempt for ", Outcome::Failure, Reason::NotAllowed),
];

/// Beginnings of the lines that name the visitor only.
const NAMELESS: [&str; 3] = [
    "XML-RPC authentication failure from ",
    "XML-RPC multicall authentication failure from ",
    "Empty username from ",
];

/// Grammar of `wordpress`.
pub(crate) fn wordpress<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "wordpress", &["wordpress", "auth"], rows)
}

fn rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::shared_process(event);
    event.service = Some("wordpress".into());
    let body = message.body;
    for start in NAMELESS {
        if let Some(peer) = body.strip_prefix(start).and_then(Peer::address) {
            auth(event, Outcome::Failure, Reason::BadSecret);
            set_peer(event, peer);
            return row(event, "D04");
        }
    }
    if let Some(peer) = body.strip_prefix("Blocked user enumeration attempt from ").and_then(Peer::address) {
        class(event, Class::Network, activity::NET_OPEN);
        set_peer(event, peer);
        return row(event, "D04");
    }
    for (start, outcome, reason) in NAMED {
        let Some(rest) = body.strip_prefix(start) else { continue };
        let splits = Splits::at(rest, " from ", |text| Peer::address(text).map(|peer| (peer, "")));
        if splits.is_empty() {
            return Parsed::Miss;
        }
        auth(event, outcome, reason);
        event.auth_method = Some(AuthMethod::Password);
        fill::settle(event, &splits, false);
        if reason == Reason::UnknownUser
            && let Some(name) = event.user.clone()
        {
            fill::unknown_user(event, &name);
        }
        return row(event, "D04");
    }
    Parsed::Miss
}
