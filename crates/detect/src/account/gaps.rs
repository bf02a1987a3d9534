//! What could not be judged from the inputs given, so that silence is never read as absence (DT-KND-03).

use super::repudiated::Repudiations;
use super::roster::Roster;
use crate::engine::Ctx;
use vocab::{AccountKind, Kind, Message};

/// Statements of holders without a log-in in the records that are told one by one.
const UNFOUND_MAX: usize = 100;

/// Says which kinds of this module were not checked, or only in part.
pub(crate) fn not_checked(roster: &Roster, factors_seen: bool, stated: &Repudiations, ctx: &mut Ctx) {
    let decoys = ctx.context.accounts.values().any(|account| account.kind == AccountKind::Decoy);
    let leavers = ctx
        .context
        .accounts
        .values()
        .any(|account| account.left_on.is_some() || account.valid_until.is_some());
    let missing = [
        (roster.is_empty(), Kind::LeaverAccountUse, "not-checked-leavers-roster"),
        (!roster.is_empty() && !leavers, Kind::LeaverAccountUse, "not-checked-leavers-dates"),
        (roster.is_empty(), Kind::DormantAccountUse, "not-checked-dormant-roster"),
        (roster.is_empty() && !roster.has_users(), Kind::PlantedAccountUse, "not-checked-planted-roster"),
        (roster.is_empty() && !roster.has_users(), Kind::ServiceAccountLogin, "not-checked-service-roster"),
        (!decoys, Kind::DecoyUse, "not-checked-decoys"),
        (!ctx.context.places.is_given(), Kind::ImpossibleTravel, "not-checked-travel"),
        (true, Kind::SessionHijack, "not-checked-sessions"),
        (stated.is_empty(), Kind::RepudiatedLogin, "not-checked-repudiated"),
        (!factors_seen, Kind::MfaFatigue, "not-checked-factors"),
    ];
    ctx.not_checked.extend(
        missing.into_iter().filter(|(holds, _, _)| *holds).map(|(_, kind, id)| (kind, Message::new(id))),
    );
    for one in stated.unfound().into_iter().take(UNFOUND_MAX) {
        let text = Message::new("not-found-repudiated")
            .with("account", one.account.as_str())
            .with("from", one.from)
            .with("until", one.until);
        ctx.not_checked.push((Kind::RepudiatedLogin, text));
    }
}
