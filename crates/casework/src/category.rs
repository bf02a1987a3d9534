//! Which class an incident gets, and which class of the law the facts point to (detection.md 4.2, 7.2).

use crate::group::{leader, succeeded};
use vocab::{Category, Finding, Kind, Stage};

/// Guessing classes in the order in which they explain an entry (detection.md 7.2, `kind`).
const METHODS: [Kind; 6] = [
    Kind::CredentialStuffing,
    Kind::PasswordSpraying,
    Kind::DistributedGuessing,
    Kind::SlowGuessing,
    Kind::DictionaryAttack,
    Kind::PasswordGuessing,
];

/// The class of the incident: with an entry, the method by which it was made; else that of its leading finding.
pub(crate) fn kind(members: &[&Finding]) -> Kind {
    let entered = members.iter().any(|finding| succeeded(finding));
    if !entered {
        return leader(members).map_or(Kind::IndicatorMatch, |finding| finding.kind);
    }
    let with_success = |kind: Kind| members.iter().any(|f| f.kind == kind && (f.successes > 0 || f.effect));
    if let Some(kind) = METHODS.into_iter().find(|kind| with_success(*kind)) {
        return kind;
    }
    let entry = members
        .iter()
        .filter(|f| succeeded(f) && f.kind != Kind::SuccessAfterFailures)
        .filter(|f| matches!(f.stage, Stage::Entry | Stage::Attempt | Stage::Persistence | Stage::Impact))
        .min_by(|a, b| (b.level, a.stage, a.first).cmp(&(a.level, b.stage, b.first)));
    let after_failures = members.iter().any(|f| f.kind == Kind::SuccessAfterFailures && succeeded(f));
    match entry {
        Some(finding) if !(after_failures && finding.stage > Stage::Entry) => finding.kind,
        _ if after_failures => METHODS
            .into_iter()
            .find(|kind| members.iter().any(|f| f.kind == *kind))
            .unwrap_or(Kind::SuccessAfterFailures),
        _ => leader(members).map_or(Kind::IndicatorMatch, |finding| finding.kind),
    }
}

/// The class of the law, by the table of DT-KND-04 and by nothing else.
pub(crate) fn category(members: &[&Finding], kind: Kind) -> Category {
    let left_over = members.iter().any(|f| {
        succeeded(f)
            && f.category == Category::SecurityHole
            && matches!(f.kind, Kind::LeaverAccountUse | Kind::PlantedAccountUse | Kind::DefaultAccountUse)
    });
    if left_over && members.iter().any(|f| f.kind == kind && f.category == Category::SecurityHole) {
        return Category::SecurityHole;
    }
    let guessed =
        |f: &&&Finding| succeeded(f) && (METHODS.contains(&f.kind) || f.kind == Kind::SuccessAfterFailures);
    if members.iter().any(|f| guessed(&f)) {
        return Category::CredentialMisuse;
    }
    let own: Vec<_> = members.iter().filter(|f| f.kind == kind).collect();
    let strongest = own.iter().filter(|f| succeeded(f)).chain(own.iter()).next();
    strongest.map_or_else(|| kind.category(false), |finding| finding.category)
}
