//! Which guessing is it, and how grave (detection.md 4.3, rows G-1 to G-7).

use super::case::Case;
use super::settings::Settings;
use super::tries::Try;
use vocab::{Kind, Level, Timestamp};

/// What an attack looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) kind: Kind,
    /// Rows that held as well.
    pub(crate) others: Vec<Kind>,
    pub(crate) level: Level,
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Share of unknown names among those of which the log tells; `None` when it tells of none.
pub(crate) fn unknown_share(case: &Case) -> Option<f64> {
    let told = case.tally.known + case.tally.unknown;
    (told > 0).then(|| share(case.tally.unknown, told))
}

/// The class of an attack by one source or cluster: the first row that holds. `distributed`: one account, or one
/// computer, is the aim of many sources.
pub(crate) fn classify(case: &Case, distributed: bool, settings: &Settings) -> Verdict {
    let rows: [(bool, Kind); 6] = [
        (stuffing(case, settings), Kind::CredentialStuffing),
        (spraying(case, settings), Kind::PasswordSpraying),
        (distributed, Kind::DistributedGuessing),
        (dictionary(case, settings), Kind::DictionaryAttack),
        (slow(case, settings), Kind::SlowGuessing),
        (case.failures > 0 && case.tally.accounts > 0 || case.names_probed == 0, Kind::PasswordGuessing),
    ];
    let mut held: Vec<Kind> = rows
        .iter()
        .filter(|(holds, kind)| *holds && settings.rule(*kind).is_some())
        .map(|(_, kind)| *kind)
        .collect();
    if settings.rule(Kind::AccountEnumeration).is_some() && enumeration(case, settings) {
        held.push(Kind::AccountEnumeration);
    }
    if case.failures == 0 && case.names_probed > 0 && case.successes == 0 {
        held = vec![Kind::AccountEnumeration];
    }
    let kind = held.first().copied().unwrap_or(Kind::PasswordGuessing);
    let others = held.into_iter().filter(|other| *other != kind).collect();
    Verdict { kind, others, level: level(case, kind, settings) }
}

/// G-1.
fn stuffing(case: &Case, settings: &Settings) -> bool {
    let tally = &case.tally;
    if case.attempts < u64::from(settings.stuffing_tries)
        || tally.accounts < u64::from(settings.stuffing_accounts)
    {
        return false;
    }
    let told = tally.known + tally.unknown;
    let plausible = vocab::Rate::wilson(tally.entered, tally.accounts).ci_low > settings.stuffing_rate
        || told == 0
        || share(tally.known, told) >= settings.stuffing_known;
    share(tally.few, tally.accounts) >= settings.stuffing_few
        && share(tally.revisited, tally.accounts) < 0.5
        && share(tally.common, tally.accounts) < settings.stuffing_common
        && plausible
}

/// G-2.
fn spraying(case: &Case, settings: &Settings) -> bool {
    let tally = &case.tally;
    let banded = share(tally.band, tally.accounts) >= settings.spray_band
        && share(tally.revisited, tally.accounts) >= 0.5;
    let slow = tally.accounts >= u64::from(settings.spray_accounts)
        && case.attempts >= u64::from(settings.spray_tries)
        && case.length() >= settings.spray_length;
    // Without a pause between the rounds it is spraying only where most names are accounts; else the names are a list (G-4).
    let fast = tally.accounts >= u64::from(settings.spray_fast_accounts)
        && case.attempts >= u64::from(settings.spray_fast_tries)
        && unknown_share(case).is_none_or(|unknown| unknown < settings.dictionary_unknown)
        && share(tally.common, tally.accounts) < settings.dictionary_unknown;
    banded && (slow || fast)
}

/// G-4.
fn dictionary(case: &Case, settings: &Settings) -> bool {
    let tally = &case.tally;
    tally.accounts >= u64::from(settings.dictionary_accounts)
        && (unknown_share(case).is_some_and(|unknown| unknown >= settings.dictionary_unknown)
            || share(tally.common, tally.accounts) >= settings.dictionary_unknown)
}

/// G-5.
fn slow(case: &Case, settings: &Settings) -> bool {
    case.failures >= u64::from(settings.slow_tries) && case.pace.median_gap() > settings.slow_gap
}

/// G-7.
fn enumeration(case: &Case, settings: &Settings) -> bool {
    case.names_probed >= u64::from(settings.enumeration_names)
}

fn level(case: &Case, kind: Kind, settings: &Settings) -> Level {
    let tally = &case.tally;
    let entered = tally.entered > 0;
    match kind {
        Kind::CredentialStuffing
            if tally.entered >= u64::from(settings.stuffing_critical) || tally.entered_privileged > 0 =>
        {
            Level::Critical
        }
        Kind::CredentialStuffing | Kind::PasswordSpraying | Kind::DistributedGuessing => {
            if entered {
                Level::High
            } else {
                Level::Medium
            }
        }
        Kind::DictionaryAttack => {
            if tally.accounts >= u64::from(settings.dictionary_medium) {
                Level::Medium
            } else {
                Level::Low
            }
        }
        Kind::SlowGuessing => {
            if tally.privileged > 0 {
                Level::Medium
            } else {
                Level::Low
            }
        }
        Kind::PasswordGuessing => {
            let fast = case.pace.peak_halves >= 2 * settings.guess_tries_medium
                || case.pace.peak_day >= settings.guess_day_medium;
            let aimed = tally.accounts == 1 || tally.privileged > 0 && tally.privileged == tally.accounts;
            if fast || aimed { Level::Medium } else { Level::Low }
        }
        _ => Level::Low,
    }
}

/// Is it the time to call it an attack? `tries` are the failures that no success explained, oldest first.
pub(crate) fn fires(tries: &[Try], settings: &Settings) -> bool {
    let Some(last) = tries.iter().rev().find(|one| !one.success) else { return false };
    let within =
        |window: i64| tries.iter().filter(move |one| !one.success && last.time.since(one.time) <= window);
    let quick = quick(tries, last, settings);
    if quick >= 2 * settings.guess_tries {
        return true;
    }
    let day: u32 = within(Timestamp::DAY).filter(|one| one.halves > 0).map(|one| one.count).sum();
    day >= settings.guess_day_medium
        || probes(within(settings.guess_window), settings)
        || slowly(tries, last, settings)
}

/// Halves of a try inside the window of K-01 that ends with the last try.
fn quick(tries: &[Try], last: &Try, settings: &Settings) -> u32 {
    let within =
        tries.iter().filter(|one| !one.success && last.time.since(one.time) <= settings.guess_window);
    within.filter(|one| !one.name_only).map(|one| one.halves).fold(0, u32::saturating_add)
}

/// The same for the last failed of some tries.
pub(crate) fn peak(tries: &[Try], settings: &Settings) -> u32 {
    let last = tries.iter().rev().find(|one| !one.success);
    last.map_or(0, |last| quick(tries, last, settings))
}

/// K-08: distinct names without a code.
fn probes<'a>(tries: impl Iterator<Item = &'a Try>, settings: &Settings) -> bool {
    let mut names: Vec<u64> =
        tries.filter(|one| one.name_only || one.key_probe).map(|one| one.account_id).collect();
    names.sort_unstable();
    names.dedup();
    names.len() >= settings.enumeration_names as usize
}

/// K-03: few tries a day, for a day or for days, on the account of the last try or on the service.
fn slowly(tries: &[Try], last: &Try, settings: &Settings) -> bool {
    let weighty = |one: &&Try| !one.success && one.halves > 0 && one.service == last.service;
    let times: Vec<Timestamp> = tries
        .iter()
        .filter(weighty)
        .filter(|one| last.time.since(one.time) <= settings.slow_span)
        .map(|one| one.time)
        .collect();
    if times.len() >= settings.slow_tries as usize {
        let mut gaps: Vec<i64> = times.windows(2).map(pair_gap).collect();
        gaps.sort_unstable();
        if gaps.get(gaps.len() / 2).is_some_and(|gap| *gap > settings.slow_gap) {
            return true;
        }
    }
    let all: Vec<Timestamp> = tries.iter().filter(weighty).map(|one| one.time).collect();
    let Some(first) = all.first() else { return false };
    let span = last.time.since(*first);
    #[expect(clippy::cast_precision_loss, reason = "a few days and a few tries")]
    let a_day = all.len() as f64 * Timestamp::DAY as f64 / (span as f64).max(1.0);
    all.len() >= settings.slow_days_tries as usize
        && span >= settings.slow_days
        && a_day < settings.slow_days_rate
}

fn pair_gap(pair: &[Timestamp]) -> i64 {
    match pair {
        [a, b] => b.since(*a),
        _ => 0,
    }
}
