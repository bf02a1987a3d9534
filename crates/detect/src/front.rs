//! Looks at each event as it comes: stateless rules, then reduction to a [`Signal`] (DT-COR-03: once per event).

use crate::activity::Notes;
use crate::rule::RuleSet;
use crate::sigma::{self, RawMatch};
use crate::signal::{Answer, Detail, OrderKey, RuleIndex, Signal};
use crate::web;
use compact_str::CompactString;
use smallvec::SmallVec;
use std::sync::Arc;
use vocab::{Class, Event, Text};

/// First half of detection. Holds no state about events but notes of when each source spoke, so that any order between
/// blocks is right. It keeps what it has learned about log sources (which rules apply), so each thread takes a clone of its
/// own.
#[derive(Clone, Debug)]
pub struct Front {
    rules: sigma::Engine,
    notes: Notes,
}

impl Front {
    /// A front for the rule set.
    #[must_use]
    pub fn new(rules: &Arc<RuleSet>) -> Self {
        Self { rules: rules.stateless().clone(), notes: Notes::default() }
    }

    /// Runs the stateless rules on the event and adds a signal when a correlation or a rule needs it.
    pub fn observe(&mut self, event: &Event<'_>, signals: &mut Vec<Signal>) {
        self.notes.note(event);
        let mut matches: SmallVec<[RuleIndex; 2]> = SmallVec::new();
        self.rules.matches(event, &mut matches);
        if matches.is_empty() && !needed(event) {
            return;
        }
        signals.push(reduce(event, matches));
    }

    /// As [`Front::observe`], and appends the stateless rules that match with the fields that made them match, as
    /// `sekisho detect` shows them. The rules are evaluated once for both (DT-COR-03).
    pub fn observe_raw(&mut self, event: &Event<'_>, signals: &mut Vec<Signal>, raw: &mut Vec<RawMatch>) {
        self.notes.note(event);
        let before = raw.len();
        self.rules.raw(event, raw);
        let matches: SmallVec<[RuleIndex; 2]> = raw.iter().skip(before).map(|found| found.rule).collect();
        if !matches.is_empty() || needed(event) {
            signals.push(reduce(event, matches));
        }
    }

    /// Why a stateless rule matches or does not match the event; `None` when the rule is no stateless rule.
    #[must_use]
    pub fn explain(&self, rule: RuleIndex, event: &Event<'_>) -> Option<sigma::Explanation> {
        self.rules.explain(rule, event)
    }

    /// When each log source spoke since this was asked for last (K-32, K-34): to be added to an
    /// [`crate::activity::Activity`] in the order of reading, at least after each block.
    pub fn take_notes(&mut self) -> Notes {
        std::mem::take(&mut self.notes)
    }

    /// The stateless rules that match the event, with the fields that made them match, as `sekisho detect` shows them.
    pub fn raw(&mut self, event: &Event<'_>, matches: &mut Vec<RawMatch>) {
        self.rules.raw(event, matches);
    }
}

/// Does a correlation need the event although no stateless rule matched?
fn needed(event: &Event<'_>) -> bool {
    if event.windows.is_some() {
        return crate::windows::needed(event);
    }
    match event.class {
        Class::Http => web::needed(event),
        Class::Base => !event.origin.grammar.is_empty() || crate::trace::needed(event),
        _ => true,
    }
}

fn own(text: &Text<'_>) -> CompactString {
    text.as_deref().map(CompactString::from).unwrap_or_default()
}

/// The owned form of an event.
#[must_use]
pub fn reduce(event: &Event<'_>, matches: SmallVec<[RuleIndex; 2]>) -> Signal {
    Signal {
        order: OrderKey {
            time: event.time.unwrap_or_default(),
            source: event.origin.source,
            file_rank: event.origin.file_rank,
            offset: event.origin.offset,
        },
        citation: event.origin.citation.unwrap_or_default(),
        line: event.origin.line,
        class: event.class,
        activity: event.activity,
        outcome: event.outcome,
        reason: event.reason,
        method: event.auth_method,
        user_kind: event.user_kind,
        is_remote: event.is_remote,
        flags: event.flags,
        trust: event.trust,
        count: event.count,
        src_ip: event.src_ip,
        src_port: event.src_port,
        pid: event.pid,
        account: own(&event.user),
        host: own(&event.dst_host),
        service: own(&event.service),
        attempt: event.attempt,
        parser: event.origin.parser,
        grammar: event.origin.grammar,
        answer: if event.class == Class::Http { web::answer(event) } else { Answer::default() },
        detail: detail(event, &matches),
        matches,
    }
}

fn detail(event: &Event<'_>, matches: &[RuleIndex]) -> Option<Box<Detail>> {
    let plain_request = event.class == Class::Http && matches.is_empty() && !web::telling(event);
    // Every third line of a guessed sshd: a peer that came or went, and its address, port and account say it all.
    let plain_peer = event.class == Class::Network
        && matches!(event.origin.grammar, "O04" | "O05" | "O06" | "O10" | "O11" | "O12")
        && matches.is_empty();
    let plain_login = (event.class == Class::Authentication || plain_peer)
        && event.readings.is_empty()
        && event.actor.is_none()
        && event.target_user.is_none()
        && event.key_id.is_none()
        && event.session.is_none()
        && event.device.is_none()
        && event.cmdline.is_none()
        && event.src_host.is_none()
        && event.user_domain.is_none()
        && event.encryption.is_none();
    if plain_login || plain_request {
        return None;
    }
    Some(Box::new(Detail {
        actor: own(&event.actor),
        target_user: own(&event.target_user),
        group: own(&event.group),
        device: own(&event.device),
        session: own(&event.session),
        key_id: own(&event.key_id),
        encryption: own(&event.encryption),
        process: own(&event.process),
        cmdline: own(&event.cmdline),
        cwd: own(&event.cwd),
        path: own(&event.path),
        http_method: own(&event.http_method),
        url_path: own(&event.url_path),
        url_query: own(&event.url_query),
        http_status: event.http_status,
        bytes_out: event.bytes_out,
        latency_us: event.latency_us,
        user_agent: own(&event.user_agent),
        referrer: own(&event.referrer),
        // The message of a request repeats its parts.
        message: if event.class == Class::Http { CompactString::default() } else { own(&event.message) },
        reason_code: own(&event.reason_code),
        src_host: own(&event.src_host),
        user_domain: own(&event.user_domain),
        user_uid: own(&event.user_uid),
        actor_uid: own(&event.actor_uid),
        signature: own(&event.signature),
        dst_ip: event.dst_ip,
        dst_port: event.dst_port,
        readings: event.readings.clone(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of a record are kept where a rule or a detector reads them (DT-PRF-05).
    #[test]
    fn a_peer_that_went_carries_no_texts() {
        let mut event = Event {
            class: Class::Network,
            process: Some("sshd".into()),
            message: Some("Connection closed by 192.0.2.1 port 4000 [preauth]".into()),
            ..Event::default()
        };
        event.origin.grammar = "O04";
        assert!(reduce(&event, SmallVec::new()).detail.is_none());
        assert!(reduce(&event, SmallVec::from_elem(RuleIndex(1), 1)).detail.is_some());
        event.origin.grammar = "O13";
        let kept = reduce(&event, SmallVec::new()).detail.map(|detail| detail.process.to_string());
        assert_eq!(kept.as_deref(), Some("sshd"));
    }
}
