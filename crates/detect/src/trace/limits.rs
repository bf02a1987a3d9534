//! What these logs cannot show (DT-KND-03): silence about a class is never read as absence.

use super::deed::Deed;
use super::{Desk, Part};
use crate::engine::Ctx;
use vocab::{Kind, Message, Timestamp};

/// Classes that no reader of today gives the material for, and the sentence that says so.
const NEVER: &[(Kind, &str)] = &[
    (Kind::FileTampering, "trace-missing-files"),
    (Kind::BackdoorListener, "trace-missing-ports"),
    (Kind::Beaconing, "trace-missing-outbound"),
    (Kind::SuspiciousOutbound, "trace-missing-outbound"),
    (Kind::NetworkLoadAnomaly, "trace-missing-load"),
    (Kind::CloudControlChange, "trace-missing-cloud"),
    (Kind::InsiderExcess, "trace-missing-rights"),
    (Kind::CredentialSolicitation, "trace-missing-desk"),
    (Kind::CredentialProvision, "trace-missing-desk"),
];

/// Says at the end what was not checked.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Records of sudo, su or auditd, without which no command is seen.
    commands: bool,
}

impl Limits {
    /// The part.
    pub(crate) fn new() -> Self {
        Self { commands: false }
    }
}

impl Part for Limits {
    fn see(&mut self, deed: &Deed<'_>, _desk: &mut Desk<'_>, _ctx: &mut Ctx) {
        self.commands |= deed.what == super::deed::What::Command;
    }

    fn close(&mut self, _desk: &mut Desk<'_>, ctx: &mut Ctx) {
        for (kind, text) in NEVER {
            ctx.not_checked.push((*kind, Message::new(*text)));
        }
        if !self.commands {
            for kind in [Kind::CredentialStoreAccess, Kind::PersistenceChange, Kind::DefenceImpairment] {
                ctx.not_checked.push((kind, Message::new("trace-missing-commands")));
            }
        }
        if ctx.context.assets.iter().all(|asset| asset.address.is_none()) {
            ctx.not_checked.push((Kind::LateralMovement, Message::new("trace-missing-assets")));
        }
        let days = |stream: &crate::activity::Stream| stream.last.time.since(stream.first.time);
        if !ctx.streams.is_empty() && ctx.streams.iter().all(|stream| days(stream) < 4 * Timestamp::DAY) {
            ctx.not_checked.push((Kind::LogGap, Message::new("trace-missing-days")));
        }
    }
}
