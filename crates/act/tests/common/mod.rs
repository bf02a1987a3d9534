//! Facts shared by the tests.

#![allow(dead_code, unreachable_pub, missing_docs, clippy::expect_used)]

use act::{
    AccessControl, ActKind, ActTime, CredentialStatus, EvidenceRef, Fact, Facts, InputKind, Moment, Tri,
};

pub fn yes() -> Fact<Tri> {
    Fact::new(Tri::Yes).with(EvidenceRef::record(7, 1))
}

pub fn no() -> Fact<Tri> {
    Fact::new(Tri::No).with(EvidenceRef::text("statement 1"))
}

pub fn status(id: &str) -> Fact<CredentialStatus> {
    Fact::new(CredentialStatus::new(id).expect("a status of the table"))
}

pub fn between(from: &str, to: &str) -> Fact<ActTime> {
    Fact::new(ActTime::between(Moment::parse(from).expect("a time"), Moment::parse(to).expect("a time")))
}

/// X01: a colleague's ID and password, used over the network without consent, mailbox opened.
pub fn full(time: &str) -> Facts {
    let mut facts = Facts::new("X01", ActKind::Login);
    facts.act_time = Fact::new(ActTime::at(Moment::parse(time).expect("a time")));
    facts.target_is_computer = yes();
    facts.target_connected = yes();
    facts.via_line = yes();
    facts.access_control_present = Fact::new(AccessControl::OnUsed);
    facts.input_kind = Fact::new(InputKind::CodeOfOther);
    facts.credential_status = Some(status("CS01"));
    facts.use_made_possible = yes();
    facts.actor_is_administrator = no();
    facts.consent_of_administrator = no();
    facts.consent_of_entitled_user = no();
    facts
}
