//! The path of an application for assistance (casework.md 5.3).

use casework::assistance::{
    Advice, AdviceAnswer, Application, AssistanceEvent as E, AssistanceState as S, Step, application,
};

fn step(event: E, day: u8) -> Step {
    Step {
        event,
        time: format!("2026-12-{day:02} 10:00"),
        number: String::new(),
        due: None,
        code: String::new(),
        by: "髙橋".to_owned(),
        note: String::new(),
    }
}

fn advice(answer: Option<AdviceAnswer>) -> Advice {
    let done = answer == Some(AdviceAnswer::Done);
    Advice {
        measure: "パスワードをすべて変更する".to_owned(),
        cause: "総当たり".to_owned(),
        priority: 1,
        effort: "1日".to_owned(),
        answer,
        reason: if answer == Some(AdviceAnswer::Declined) {
            "廃止するため".to_owned()
        } else {
            String::new()
        },
        done: done.then(|| "2026-12-20".to_owned()),
        by: "佐藤".to_owned(),
        evidence: "作業記録".to_owned(),
    }
}

fn walk(events: &[E], menu: &[Advice]) -> Result<Application, String> {
    let steps: Vec<Step> = events.iter().zip(1..).map(|(event, day)| step(*event, day)).collect();
    application(&steps, menu).map_err(|faults| faults[0].to_string())
}

const TO_ANALYSIS: [E; 5] = [E::File, E::Missing, E::Supplement, E::Check, E::Accept];

/// CW-AST-08
#[test]
fn an_application_goes_its_way_to_the_end() {
    let done = [advice(Some(AdviceAnswer::Done)), advice(Some(AdviceAnswer::Declined))];
    let whole = [&TO_ANALYSIS[..], &[E::Advise, E::Start, E::Complete, E::Confirm]].concat();
    let closed = walk(&whole, &done).unwrap();
    assert_eq!((closed.state, closed.asks_for_will), (S::Closed, false));
    let open = [advice(Some(AdviceAnswer::Done)), advice(Some(AdviceAnswer::Accepted))];
    let fault = walk(&whole, &open).unwrap_err();
    assert_eq!(fault, "[[step]] 8: [[advice]] 2 is neither done nor declined");
    assert!(walk(&whole, &[]).unwrap_err().contains("no [[advice]]"));
    let declined = [advice(Some(AdviceAnswer::Declined))];
    let advised = walk(&[&TO_ANALYSIS[..], &[E::Advise]].concat(), &declined).unwrap();
    assert!(advised.asks_for_will && advised.state == S::Advised, "asked about (D3), not refused");
}

/// CW-TST-04: whatever the table of states does not name is refused.
#[test]
fn every_other_step_is_refused() {
    let events = [
        E::File,
        E::Check,
        E::Missing,
        E::Supplement,
        E::Lapse,
        E::Accept,
        E::Refuse,
        E::Advise,
        E::Start,
        E::Complete,
        E::Confirm,
        E::Withdraw,
    ];
    let ways: [(&[E], usize); 8] = [
        (&[], 2),
        (&[E::File], 4),
        (&[E::File, E::Missing], 3),
        (&[E::File, E::Check], 4),
        (&TO_ANALYSIS, 3),
        (&[E::File, E::Check, E::Accept, E::Advise], 1),
        (&[E::File, E::Check, E::Accept, E::Advise, E::Start], 1),
        (&[E::File, E::Withdraw], 0),
    ];
    for (way, allowed) in ways {
        let goes = |event: &&E| {
            let mut steps: Vec<Step> = way.iter().zip(1..).map(|(event, day)| step(*event, day)).collect();
            steps.push(Step { code: "D1".to_owned(), ..step(**event, 20) });
            application(&steps, &[advice(Some(AdviceAnswer::Done))]).is_ok()
        };
        assert_eq!(events.iter().filter(goes).count(), allowed, "{way:?}");
    }
}

/// CW-AST-05
#[test]
fn a_refusal_has_its_code_and_what_goes_before_it() {
    let refuse = |before: &[E], code: &str, due: Option<&str>| {
        let mut steps: Vec<Step> = before.iter().zip(1..).map(|(event, day)| step(*event, day)).collect();
        for asked in steps.iter_mut().filter(|step| step.event == E::Missing) {
            asked.due = due.map(str::to_owned);
        }
        steps.push(Step { code: code.to_owned(), ..step(E::Refuse, 20) });
        application(&steps, &[]).map_err(|faults| faults[0].what.clone())
    };
    assert_eq!(refuse(&[E::File], "D1", None).unwrap().state, S::NotStarted);
    assert!(refuse(&[E::File], "D4", None).unwrap_err().contains("D1 or D6 only"));
    assert!(refuse(&[E::File, E::Check], "", None).unwrap_err().contains("`code` is one of D1"));
    assert!(refuse(&[E::File, E::Check], "D2", None).unwrap_err().contains("CW-AST-05"));
    assert!(refuse(&[E::File, E::Check], "D5", None).unwrap_err().contains("narrowing"));
    let asked = [E::File, E::Missing, E::Lapse];
    assert!(refuse(&asked, "D2", None).is_err());
    assert!(refuse(&asked, "D2", Some("2026-12-10")).is_ok());
}

#[test]
fn times_days_and_answers_are_held_to() {
    let request = Step { due: Some("2026-12-24".to_owned()), ..step(E::Missing, 3) };
    let asked = application(&[step(E::File, 2), request.clone()], &[]).unwrap();
    assert_eq!((asked.state, asked.documents_due.as_deref()), (S::DocsRequested, Some("2026-12-24")));
    let supplied = application(&[step(E::File, 2), request, step(E::Supplement, 9)], &[]).unwrap();
    assert_eq!(supplied.documents_due, None);
    let back = application(&[step(E::File, 9), step(E::Check, 2)], &[]).unwrap_err();
    assert_eq!(back[0].to_string(), "[[step]] 2: the step lies before the one above it");
    let mut bare = advice(Some(AdviceAnswer::Declined));
    bare.reason.clear();
    let mut undated = advice(Some(AdviceAnswer::Done));
    undated.done = Some("いつか".to_owned());
    let faults = application(&[], &[bare, undated]).unwrap_err();
    assert!(faults.len() == 2 && faults[0].to_string().contains("declined needs `reason`"), "{faults:?}");
}
