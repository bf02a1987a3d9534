//! Dropbear, DT-FMT-12 of detection.md 3.3. Seen: 2012.55 to 2024.86 forms.
//!
//! Free text: the account. Anchor: right, ` from A:P` at the end; all readings are tried. Every connection has a process of
//! its own. Grammar row `DB`.

use super::fill::{self, Splits, auth, class, row, set_peer};
use super::program::between;
use super::text::{Peer, port};
use super::{Message, Parsed};
use vocab::{AuthMethod, Class, Event, Outcome, Reason, activity};

/// Grammar of `dropbear`.
pub(crate) fn dropbear<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "dropbear", &["sshd", "auth"], rows)
}

/// `A:P` as the whole text.
fn peer(text: &str) -> Option<(Peer<'_>, &str)> {
    let (address, digits) = text.rsplit_once(':')?;
    Some((Peer { port: Some(port(digits)?), ..Peer::address(address)? }, ""))
}

fn rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    event.service = Some("dropbear".into());
    let body = message.body;
    if let Some((found, _)) = body.strip_prefix("Child connection from ").and_then(peer) {
        class(event, Class::Network, activity::NET_OPEN);
        set_peer(event, found);
        return row(event, "DB");
    }
    if body.starts_with("Exit before auth") {
        class(event, Class::Network, activity::NET_CLOSE);
        event.reason = Reason::PreauthClose;
        // ` from <A:P>: ` stands left of the account.
        let from = body.strip_prefix("Exit before auth from <").and_then(|rest| rest.split_once(">: "));
        if let Some((found, _)) = from.and_then(|(text, _)| peer(text)) {
            set_peer(event, found);
        }
        return row(event, "DB");
    }
    let splits = Splits::at(body, " from ", peer);
    if splits.is_empty() {
        return Parsed::Miss;
    }
    let mut named = Splits::default();
    named.overflow = splits.overflow;
    let mut outcome = None;
    for split in splits.iter() {
        if let Some((kind, name)) = what(split.name) {
            // The words before the name decide; they are the same in every reading.
            outcome = Some(kind);
            named.push(fill::Split { name, ..*split });
        }
    }
    let Some((result, reason, method)) = outcome else { return Parsed::Miss };
    auth(event, result, reason);
    event.auth_method = Some(method);
    fill::settle(event, &named, false);
    if reason == Reason::UnknownUser
        && let Some(name) = event.user.clone()
    {
        fill::unknown_user(event, &name);
    }
    row(event, "DB")
}

type Kind = (Outcome, Reason, AuthMethod);

/// The text left of ` from A:P`.
fn what(text: &str) -> Option<(Kind, &str)> {
    let password = AuthMethod::Password;
    if let Some(name) = between(text, "Bad password attempt for '", "'") {
        return Some(((Outcome::Failure, Reason::BadSecret, password), name));
    }
    if let Some(rest) = text.strip_prefix("Login attempt for nonexistent user") {
        let name = between(rest, " '", "'").unwrap_or("");
        return (rest.is_empty() || rest.starts_with(" '"))
            .then_some(((Outcome::Failure, Reason::UnknownUser, password), name));
    }
    if let Some(name) = between(text, "Password auth succeeded for '", "'")
        .or_else(|| between(text, "PAM password auth succeeded for '", "'"))
    {
        return Some(((Outcome::Success, Reason::Ok, password), name));
    }
    if let Some(rest) = text.strip_prefix("Pubkey auth succeeded for '") {
        let (name, _) = rest.split_once("' with ")?;
        return Some(((Outcome::Success, Reason::Ok, AuthMethod::Publickey), name));
    }
    if let Some(name) = between(text, "Max auth tries reached - user '", "'") {
        return Some(((Outcome::Failure, Reason::RateLimited, password), name));
    }
    None
}
