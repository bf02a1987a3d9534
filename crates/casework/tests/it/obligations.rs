//! Walks a case through its obligations with a simulated clock (CW-REP-05, CW-REP-06).

use casework::dossier::catalogue::catalogue;
use casework::dossier::{Dossier, Facts, Seen};
use casework::obligation::{Binding, Note, Obligation, ObligationState, Reminded, obligations};
use serde_json::json;
use vocab::Timestamp;

/// A moment in Japan.
fn at(text: &str) -> Timestamp {
    Timestamp(format!("{text}+09:00").parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

fn case(facts: &str) -> Dossier {
    let report = |form: &str, clock: &str, due: &str| json!({ "form": form, "recipient": "x", "clock": clock, "state": "due", "due": due });
    let incident = json!({
        "schema_version": 1, "id": "I-1", "kind": "password_guessing", "level": "high",
        "title": { "ja": "x", "en": "x" },
        "legal": { "category": "credential_misuse", "verdict": "undetermined" },
        "first": "2026-11-20T00:00:00Z", "last": "2026-11-20T01:00:00Z",
        "reports": [
            report("internal.notice", "CLK-1", "2026-11-26T01:00:00Z"), report("police.damage", "CLK-2", "2026-11-26T01:00:00Z"),
            report("ppc.leak.prompt", "CLK-3", "2026-11-30T01:00:00Z"), report("ppc.leak.final", "CLK-5", "2027-01-24T01:00:00Z"),
            report("notice.holder", "CLK-9", "2026-11-27T01:00:00Z"), report("ipa.access", "CLK-7", "2026-12-02T01:00:00Z"),
            report("jpcert.incident", "none", "2026-12-02T01:00:00Z"),
        ],
    });
    let facts = Facts::parse(facts, catalogue(), &[]).unwrap_or_else(|faults| panic!("{faults:?}"));
    Dossier { seen: Seen::read(&incident).unwrap(), facts }
}

fn one(facts: &str, notes: &[Note], clock: &str) -> Obligation {
    let all = obligations(&case(facts), notes).unwrap_or_else(|faults| panic!("{faults:?}"));
    all.into_iter().find(|obligation| obligation.clock == clock).unwrap_or_else(|| panic!("{clock}"))
}

fn name(state: &ObligationState) -> String {
    serde_json::to_value(state).unwrap()["state"].as_str().unwrap().to_owned()
}

/// 知った日 is Thursday 2026-11-26: day 3 is a Saturday, day 5 the Monday; calendar days, first day counts, no roll-over.
const KNOWN: &str = "[privacy]\nknown_on = 2026-11-26\n";

#[test]
fn a_prompt_report_presses_from_day_three_and_is_overdue_after_day_five() {
    let prompt = one(KNOWN, &[], "CLK-3");
    assert_eq!(
        (prompt.due, prompt.start_from.as_str()),
        (Some(at("2026-11-30T23:59:59")), "privacy.known_on")
    );
    assert_eq!(prompt.binding, Binding::Conditional);
    let walk = [
        ("2026-11-26T00:00:01", "open"),
        ("2026-11-28T12:00:00", "open"),
        ("2026-11-28T23:59:59", "due_soon"),
        ("2026-11-30T23:59:59", "due_soon"),
        ("2026-12-01T00:00:00", "overdue"),
    ];
    for (now, state) in walk {
        assert_eq!(name(&prompt.state(at(now))), state, "{now}");
    }
    let reminders = prompt.reminders();
    let whys: Vec<_> = reminders.iter().map(|reminder| (reminder.why, reminder.to)).collect();
    let owner = Reminded::Owner;
    let expected =
        [("begin", owner), ("warn", owner), ("last_day", owner), ("overdue", Reminded::CrisisManager)];
    assert_eq!(whys, expected);
    assert!(reminders.is_sorted_by_key(|reminder| reminder.at));
}

#[test]
fn a_final_report_has_sixty_days_for_an_unlawful_purpose_and_thirty_else() {
    assert_eq!(one(KNOWN, &[], "CLK-5").due, Some(at("2027-01-24T23:59:59")));
    let named = format!("{KNOWN}grounds = [\"unlawful\", \"thousand\"]\n");
    assert_eq!(one(&named, &[], "CLK-5").due, Some(at("2027-01-24T23:59:59")));
    let other = format!("{KNOWN}grounds = [\"thousand\"]\n");
    let final_report = one(&other, &[], "CLK-4");
    assert_eq!(final_report.due, Some(at("2026-12-25T23:59:59")));
    assert_eq!(name(&final_report.state(at("2026-12-18T23:59:58"))), "open");
    assert_eq!(name(&final_report.state(at("2026-12-18T23:59:59"))), "due_soon");
}

#[test]
fn what_was_done_late_says_so() {
    let note = |done: &str| Note {
        clock: "CLK-3".to_owned(),
        done: Some(done.to_owned()),
        receipt: "受付 12-345".to_owned(),
        ..Note::default()
    };
    let done = one(KNOWN, &[note("2026-11-27 15:00")], "CLK-3");
    assert_eq!(name(&done.state(at("2026-11-27T14:59:59"))), "open", "not before it was done");
    let settled = ObligationState::Done { receipt: "受付 12-345".to_owned(), late: false };
    assert_eq!(done.state(at("2026-12-31T00:00:00")), settled);
    assert_eq!(done.reminders().len(), 1, "nobody is reminded of what is done");
    let late = one(KNOWN, &[note("令和8年12月2日 9:00")], "CLK-3").state(at("2026-12-31T00:00:00"));
    assert_eq!(late, ObligationState::Done { receipt: "受付 12-345".to_owned(), late: true });
}

#[test]
fn exemption_extension_and_a_moved_start_need_their_reasons() {
    let base = Note { clock: "CLK-3".to_owned(), ..Note::default() };
    let exempt = Note { exempt: "高度な暗号化（規則第7条）".to_owned(), ..base.clone() };
    assert_eq!(name(&one(KNOWN, &[exempt], "CLK-3").state(at("2027-12-01T00:00:00"))), "exempt");
    let none = Note { not_applicable: "個人データは含まれない".to_owned(), ..base.clone() };
    let obligation = one(KNOWN, &[none], "CLK-3");
    assert_eq!(name(&obligation.state(at("2027-12-01T00:00:00"))), "not_applicable");
    assert!(obligation.reminders().is_empty());

    let extended = Note {
        extended_to: Some("2026-12-10".to_owned()),
        reason: "委員会と協議".to_owned(),
        by: "髙橋".to_owned(),
        ..base.clone()
    };
    let obligation = one(KNOWN, std::slice::from_ref(&extended), "CLK-3");
    let ends = (obligation.due_before, obligation.due);
    assert_eq!(ends, (Some(at("2026-11-30T23:59:59")), Some(at("2026-12-10T23:59:59"))));
    assert_eq!(name(&obligation.state(at("2026-12-01T00:00:00"))), "open");

    let moved = Note { start: Some("2026-11-27 10:00".to_owned()), extended_to: None, ..extended.clone() };
    assert_eq!(one(KNOWN, &[moved], "CLK-3").due, Some(at("2026-12-01T23:59:59")));

    let faulty = [
        Note { reason: String::new(), ..extended.clone() },
        Note { extended_to: Some("2026-11-29".to_owned()), ..extended },
        Note { done: Some("2026-11-27".to_owned()), ..base.clone() },
        Note { done: Some("昨日".to_owned()), receipt: "1".to_owned(), ..base.clone() },
        Note { clock: "CLK-99".to_owned(), ..base },
    ];
    let faults = obligations(&case(KNOWN), &faulty).unwrap_err();
    assert_eq!(faults.len(), 5, "{faults:?}");
    assert!(faults[0].to_string().contains("needs `reason` and `by`"), "{}", faults[0]);
    assert!(faults[4].to_string().contains("no such clock"), "{}", faults[4]);
}

#[test]
fn every_clock_of_the_incident_runs() {
    let all = obligations(&case("[discovery]\ntime = \"2026-11-26 09:10\"\n"), &[]).unwrap();
    let clocks: Vec<&str> = all.iter().map(|obligation| obligation.clock.as_str()).collect();
    for clock in ["CLK-1", "CLK-2", "CLK-3", "CLK-5", "CLK-6", "CLK-7", "CLK-9"] {
        assert!(clocks.contains(&clock), "{clock} {clocks:?}");
    }
    assert_eq!(clocks.first(), Some(&"CLK-1"), "in order of their ends");
    let holder = all.iter().find(|one| one.clock == "CLK-9").unwrap();
    assert_eq!(holder.due, Some(at("2026-11-27T09:10:00")), "24 hours from the discovery");
    let at_once = all.iter().find(|one| one.clock == "CLK-1").unwrap();
    assert_eq!(name(&at_once.state(at("2026-11-26T09:10:01"))), "overdue");
    let known = one("", &[], "CLK-7");
    assert_eq!((known.start_from.as_str(), known.due), ("investigation", Some(at("2026-12-02T23:59:59"))));
}

/// Issue 6: one case through every obligation, hour by hour, with what people do on the way: done at once, late, on a
/// Saturday, extended, exempted, not applicable, missed.
#[test]
fn a_case_walks_through_every_obligation() {
    let facts = "[discovery]\ntime = \"2026-11-26 09:10\"\n[privacy]\nknown_on = 2026-11-26\ngrounds = [\"unlawful\"]\n";
    let note = |clock: &str| Note { clock: clock.to_owned(), by: "髙橋".to_owned(), ..Note::default() };
    let done = |clock: &str, at: &str| Note {
        done: Some(at.to_owned()),
        receipt: "受付 1".to_owned(),
        ..note(clock)
    };
    let extended = Note {
        extended_to: Some("2027-02-10".to_owned()),
        reason: "委員会と協議".to_owned(),
        ..note("CLK-5")
    };
    // When each note is written into the case file.
    let plan = [
        ("2026-11-26T09:10:00", done("CLK-1", "2026-11-26 09:10")),
        ("2026-11-26T15:00:00", Note { exempt: "高度な暗号化".to_owned(), ..note("CLK-9") }),
        (
            "2026-11-27T10:00:00",
            Note { not_applicable: "本人への通知は不要と判断".to_owned(), ..note("CLK-6") },
        ),
        ("2026-11-28T11:00:00", done("CLK-3", "2026-11-28 11:00")),
        ("2026-12-01T09:00:00", done("CLK-2", "2026-12-01 09:00")),
        ("2027-01-20T09:00:00", extended),
        ("2027-02-12T09:00:00", done("CLK-5", "2027-02-12 09:00")),
    ];
    let mut seen: std::collections::BTreeMap<String, Vec<(String, Timestamp)>> =
        std::collections::BTreeMap::new();
    let mut now = at("2026-11-26T09:10:00");
    while now <= at("2027-02-15T00:00:00") {
        let notes: Vec<Note> =
            plan.iter().filter(|(when, _)| at(when) <= now).map(|(_, note)| note.clone()).collect();
        for one in obligations(&case(facts), &notes).unwrap_or_else(|faults| panic!("{faults:?}")) {
            let mut state = name(&one.state(now));
            if one.state(now) == (ObligationState::Done { receipt: "受付 1".to_owned(), late: true }) {
                state.push_str(" late");
            }
            let steps = seen.entry(one.clock.clone()).or_default();
            if steps.last().is_none_or(|(last, _)| *last != state) {
                steps.push((state, now));
            }
        }
        now = now.plus(Timestamp::HOUR);
    }
    let walked =
        |clock: &str| seen[clock].iter().map(|(state, _)| state.as_str()).collect::<Vec<_>>().join(", ");
    assert_eq!(walked("CLK-1"), "done");
    assert_eq!(walked("CLK-2"), "open, done", "no day is stated: nothing to miss");
    assert_eq!(walked("CLK-3"), "open, done", "sent on the Saturday, before it pressed");
    assert_eq!(walked("CLK-5"), "open, due_soon, open, due_soon, overdue, done late");
    assert_eq!(walked("CLK-6"), "open, not_applicable");
    assert_eq!(walked("CLK-7"), "open, due_soon, overdue", "nobody did it: it stays in sight");
    assert_eq!(walked("CLK-9"), "open, exempt");
    let first =
        |clock: &str, state: &str| seen[clock].iter().find(|(known, _)| known == state).map(|(_, at)| *at);
    let within_an_hour = |found: Option<Timestamp>, expected: &str| {
        found.is_some_and(|found| found >= at(expected) && found.since(at(expected)) <= Timestamp::HOUR)
    };
    assert!(
        within_an_hour(first("CLK-5", "due_soon"), "2027-01-17T23:59:59"),
        "a week before the 60th day, a Sunday"
    );
    assert!(
        within_an_hour(first("CLK-5", "overdue"), "2027-02-11T00:00:00"),
        "after the extended day, a holiday"
    );
    assert!(within_an_hour(first("CLK-7", "overdue"), "2026-12-03T00:00:00"));
}
