//! Reports to file and their clocks (casework.md 7.3, 7.8).

use crate::incident::{Bilingual, Incident, ReportDue};
use vocab::{Category, Level, Message, Timestamp};

/// Days within which the guideline wants the prompt report to the Personal Information Protection Commission (CLK-3).
const PPC_PROMPT_DAYS: i64 = 5;
/// Days of the final report where an unlawful purpose is possible (CLK-5).
const PPC_FINAL_DAYS: i64 = 60;
/// Policy default of this product: the Standard states no day (CLK-7).
const IPA_DAYS: i64 = 7;

/// One clock of the table.
struct Clock {
    recipient: &'static str,
    form: &'static str,
    clock: &'static str,
    due_days: Option<i64>,
    state: &'static str,
    basis: (&'static str, &'static str),
}

const CRISIS_MANAGER: Clock = Clock {
    recipient: "crisis_manager",
    form: "internal.notice",
    clock: "CLK-1",
    due_days: Some(0),
    state: "due",
    basis: ("情報システム安全対策指針 2-I-4-1(1)", "Information System Safety Guideline 2-I-4-1(1)"),
};
const POLICE: Clock = Clock {
    recipient: "police",
    form: "police.damage",
    clock: "CLK-2",
    due_days: None,
    state: "conditional",
    basis: ("情報システム安全対策指針 2-I-4-1(3)", "Information System Safety Guideline 2-I-4-1(3)"),
};
const PSC: Clock = Clock {
    recipient: "psc",
    form: "psc.assist",
    clock: "CLK-8",
    due_days: None,
    state: "optional",
    basis: ("不正アクセス禁止法 第9条第1項", "Act on Prohibition of Unauthorized Computer Access, Art. 9(1)"),
};
const PPC_PROMPT: Clock = Clock {
    recipient: "ppc",
    form: "ppc.leak.prompt",
    clock: "CLK-3",
    due_days: Some(PPC_PROMPT_DAYS),
    state: "conditional",
    basis: (
        "個人情報保護法 第26条、施行規則 第8条第1項",
        "Act on the Protection of Personal Information, Art. 26; Rule 8(1)",
    ),
};
const PPC_FINAL: Clock = Clock {
    recipient: "ppc",
    form: "ppc.leak.final",
    clock: "CLK-5",
    due_days: Some(PPC_FINAL_DAYS),
    state: "conditional",
    basis: (
        "個人情報保護法 第26条、施行規則 第8条第2項",
        "Act on the Protection of Personal Information, Art. 26; Rule 8(2)",
    ),
};
const HOLDERS: Clock = Clock {
    recipient: "holders",
    form: "notice.holder",
    clock: "CLK-9",
    due_days: Some(1),
    state: "due",
    basis: ("行動計画 3(3)イ(イ)", "action plan of 2011, 3(3)イ(イ)"),
};
const IPA: Clock = Clock {
    recipient: "ipa",
    form: "ipa.access",
    clock: "CLK-7",
    due_days: Some(IPA_DAYS),
    state: "optional",
    basis: (
        "コンピュータ不正アクセス対策基準 V.2(6)6",
        "Computer Unauthorized Access Countermeasure Standard V.2(6)6",
    ),
};
const JPCERT: Clock = Clock {
    recipient: "jpcert",
    form: "jpcert.incident",
    clock: "none",
    due_days: None,
    state: "optional",
    basis: ("任意（送信元への連絡の調整）", "voluntary (coordination with the source)"),
};

/// Reports for an incident. The clocks start at `clock`, the moment the result was made known (知った日 = the first day);
/// due days are calendar days without roll-over, the earliest possible reading (CW-REP-06).
pub(crate) fn reports(incident: &Incident, clock: Timestamp) -> Vec<ReportDue> {
    let mut rows: Vec<&Clock> = Vec::new();
    if incident.entered() {
        rows.extend([&CRISIS_MANAGER, &POLICE, &PPC_PROMPT, &PPC_FINAL]);
        if incident.entered_accounts().next().is_some() {
            rows.push(&HOLDERS);
        }
        rows.extend([&IPA, &JPCERT, &PSC]);
    } else {
        if incident.level >= Level::High {
            rows.extend([&CRISIS_MANAGER, &POLICE]);
        }
        if incident.legal.category != Category::OutOfScope {
            rows.push(&IPA);
        }
        rows.push(&JPCERT);
    }
    rows.into_iter().map(|row| due(row, clock)).collect()
}

fn due(row: &Clock, clock: Timestamp) -> ReportDue {
    let form = row.form.replace('.', "-");
    ReportDue {
        recipient: row.recipient.to_owned(),
        form: row.form.to_owned(),
        clock: row.clock.to_owned(),
        due: row.due_days.map(|days| end_of_day(clock, days)),
        when: Message::new(format!("report-when-{form}")),
        condition: Message::new(format!("report-condition-{form}")),
        basis: Bilingual { ja: row.basis.0.to_owned(), en: row.basis.1.to_owned() },
        state: row.state.to_owned(),
    }
}

/// The moment itself for "at once"; else the last moment of day `days`, the day known being day 1, in Japan's calendar.
fn end_of_day(clock: Timestamp, days: i64) -> Timestamp {
    const JAPAN: i64 = 9 * Timestamp::HOUR;
    if days == 0 {
        return clock;
    }
    if days == 1 {
        return clock.plus(Timestamp::DAY);
    }
    let day = (clock.0 + JAPAN).div_euclid(Timestamp::DAY);
    Timestamp((day + days) * Timestamp::DAY - JAPAN - Timestamp::SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_known_is_day_one_and_the_calendar_is_japans() {
        // 2026-11-22 23:30 in Japan is 14:30 UTC; five days end on 2026-11-26 23:59:59 +09:00.
        let clock = Timestamp::from_seconds(1_795_357_800);
        assert_eq!(end_of_day(clock, 5), Timestamp::from_seconds(1_795_705_199));
        assert_eq!(end_of_day(clock, 0), clock);
    }
}
