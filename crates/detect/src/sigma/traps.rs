//! What engines of Sigma get wrong (DT-RUL-15 to DT-RUL-17), each with records that match and records that do not.

use super::{Document, Engine};
use crate::RuleIndex;
use smallvec::SmallVec;
use vocab::{Event, Extra};

/// Name and value of each field; `\u{0}null` stands for a field without value.
type Fields = &'static [(&'static str, &'static str)];

struct Trap {
    name: &'static str,
    detection: &'static str,
    matching: &'static [Fields],
    other: &'static [Fields],
}

const NULL: &str = "\u{0}null";

const TRAPS: &[Trap] = &[
    Trap {
        name: "plain values without regard to case, whole value",
        detection: "s: {A: 'PowerShell'}\n  condition: s",
        matching: &[&[("A", "POWERSHELL")], &[("A", "powershell")]],
        other: &[&[("A", "powershell ")], &[("B", "powershell")], &[("a", "powershell")]],
    },
    Trap {
        name: "cased",
        detection: "s: {A|contains|cased: 'Power'}\n  condition: s",
        matching: &[&[("A", "a Power b")]],
        other: &[&[("A", "a power b")]],
    },
    Trap {
        name: "letters outside ASCII",
        detection: "s: {A|contains: 'ÄRZTE-Σ'}\n  condition: s",
        matching: &[&[("A", "die ärzte-ς!")]],
        other: &[&[("A", "die arzte-ς!")]],
    },
    Trap {
        name: "escaped wildcards and backslashes",
        detection: "s:\n    A: 'a\\*b\\?c\\\\*d\\x'\n  condition: s",
        matching: &[&[("A", "a*b?c\\anything\nd\\x")]],
        other: &[&[("A", "axb?c\\d\\x")], &[("A", "a*b?c\\d\\y")], &[("A", "a*bxc\\d\\x")]],
    },
    Trap {
        name: "a backslash before an ordinary letter stays",
        detection: "s: {A|endswith: '\\\\cmd.exe', B|contains: '\\Windows\\\\Temp'}\n  condition: s",
        matching: &[&[("A", "C:\\cmd.exe"), ("B", "c:\\windows\\temp\\x")]],
        other: &[&[("A", "C:/cmd.exe"), ("B", "c:\\windows\\temp\\x")]],
    },
    Trap {
        name: "wildcards inside, with and without a modifier",
        detection: "s: {A: '?:\\\\*\\\\x?.dll', B|startswith: 'a*z', C|endswith: 'a?z'}\n  condition: s",
        matching: &[&[("A", "C:\\Temp\\xあ.dll"), ("B", "a..z and more"), ("C", "more abz")]],
        other: &[
            &[("A", "C:\\Temp\\x.dll"), ("B", "a..z and more"), ("C", "more abz")],
            &[("A", "C:\\Temp\\x1.dll"), ("B", ".a..z"), ("C", "more abz")],
            &[("A", "C:\\Temp\\x1.dll"), ("B", "a..z"), ("C", "more abz.")],
        ],
    },
    Trap {
        name: "all",
        detection: "s: {A|contains|all: ['one', 'two']}\n  condition: s",
        matching: &[&[("A", "two, one")]],
        other: &[&[("A", "one")], &[("A", "two")]],
    },
    Trap {
        name: "neq asks for a field that is there",
        detection: "s: {A|neq: ['x', 'y']}\n  condition: s",
        matching: &[&[("A", "z")], &[("A", "")]],
        other: &[&[("A", "X")], &[("A", "y")], &[("B", "z")]],
    },
    Trap {
        name: "fieldref with neq",
        detection: "s: {A|fieldref|neq: B}\n  condition: s",
        matching: &[&[("A", "x"), ("B", "y")], &[("A", "x")], &[("A", "x"), ("B", NULL)]],
        other: &[&[("A", "x"), ("B", "X")], &[("B", "x")]],
    },
    Trap {
        name: "fieldref to an absent or null field",
        detection: "s: {A|fieldref: B}\n  condition: s",
        matching: &[&[("A", "x"), ("B", "x")], &[("A", ""), ("B", "")]],
        other: &[
            &[("A", "x")],
            &[("A", "")],
            &[("A", ""), ("B", NULL)],
            &[("A", NULL), ("B", NULL)],
            &[("C", "x")],
        ],
    },
    Trap {
        name: "fieldref with a place",
        detection: "s: {A|fieldref|endswith: B}\n  condition: s",
        matching: &[&[("A", "dom\\Bob"), ("B", "bob")]],
        other: &[&[("A", "bob2"), ("B", "bob")]],
    },
    Trap {
        name: "keywords with all may stand in different fields",
        detection: "s: {'|all': ['alpha', 'beta*gamma']}\n  condition: s",
        matching: &[&[("A", "an Alpha"), ("B", "x beta to gamma y")]],
        other: &[&[("A", "alpha beta")], &[("A", "beta"), ("B", "alpha gamma")]],
    },
    Trap {
        name: "keywords, numbers too, but not the framing",
        detection: "s: ['root', 4688]\n  condition: s",
        matching: &[&[("A", "for root")], &[("A", "id 4688.")]],
        other: &[&[("Computer", "root")], &[("EventID", "4688")], &[("A", "roo")]],
    },
    Trap {
        name: "exists",
        detection: "s: {A|exists: true}\n  t: {B|exists: false}\n  condition: s and t",
        matching: &[&[("A", "")], &[("A", "x"), ("B", NULL)]],
        other: &[&[("A", "x"), ("B", "")], &[("B", "x")], &[("A", NULL)]],
    },
    Trap {
        name: "null is not the empty text",
        detection: "s: {A: null}\n  condition: s",
        matching: &[&[("B", "x")], &[("A", NULL)]],
        other: &[&[("A", "")], &[("A", "null")]],
    },
    Trap {
        name: "the empty text is not null",
        detection: "s: {A: ''}\n  condition: s",
        matching: &[&[("A", "")]],
        other: &[&[("B", "x")], &[("A", NULL)], &[("A", " ")]],
    },
    Trap {
        name: "null in a list",
        detection: "s: {A: [null, 'x']}\n  condition: s",
        matching: &[&[("B", "x")], &[("A", "X")]],
        other: &[&[("A", "y")]],
    },
    Trap {
        name: "1 of them leaves out names that begin with _",
        detection: "s: {A: x}\n  _t: {B: x}\n  condition: 1 of them",
        matching: &[&[("A", "x")]],
        other: &[&[("B", "x")]],
    },
    Trap {
        name: "a list of conditions",
        detection: "s: {A: x}\n  t: {B: x}\n  condition: [s, t]",
        matching: &[&[("A", "x")], &[("B", "x")]],
        other: &[&[("A", "y")]],
    },
    Trap {
        name: "not binds before and, and before or",
        detection: "s: {A: x}\n  t: {B: x}\n  u: {C: x}\n  condition: s or t and not u",
        matching: &[&[("A", "x"), ("C", "x")], &[("B", "x")]],
        other: &[&[("B", "x"), ("C", "x")]],
    },
    Trap {
        name: "windash with all five",
        detection: "s: {A|contains|windash: [' -enc', ' /ad-user']}\n  condition: s",
        matching: &[
            &[("A", "x -ENC")],
            &[("A", "x /enc")],
            &[("A", "x \u{2013}enc")],
            &[("A", "x \u{2014}enc")],
            &[("A", "x \u{2015}enc")],
            &[("A", "x -ad-user")],
        ],
        other: &[&[("A", "x +enc")], &[("A", "x-enc")], &[("A", "x -ad/user")]],
    },
    Trap {
        name: "numbers in text",
        detection: "s: {A|gte: 10, B: 4688}\n  condition: s",
        matching: &[&[("A", "10"), ("B", "4688")], &[("A", "10.5"), ("B", "4688.0")]],
        other: &[
            &[("A", "9"), ("B", "4688")],
            &[("A", "0x10"), ("B", "4688")],
            &[("A", "nan"), ("B", "4688")],
        ],
    },
    Trap {
        name: "lt and gt",
        detection: "s: {A|gt: 1.5, B|lt: -1}\n  condition: s",
        matching: &[&[("A", "2"), ("B", "-2")]],
        other: &[&[("A", "1.5"), ("B", "-2")], &[("A", "2"), ("B", "-1")], &[("A", ""), ("B", "-2")]],
    },
    Trap {
        name: "base64 and wide text",
        detection: "s: {A|wide|base64offset|contains: 'IEX'}\n  condition: s",
        matching: &[&[("A", "-e SQBFAFgA")], &[("A", "-e ACAASQBFAFgAIAA=")], &[("A", "-e 4AEkARQBYAA==")]],
        other: &[&[("A", "-e SUVY")]],
    },
    Trap {
        name: "base64 of a whole value",
        detection: "s: {A|base64|contains: 'secret'}\n  condition: s",
        matching: &[&[("A", "x=c2VjcmV0;")]],
        other: &[&[("A", "x=secret;")]],
    },
    Trap {
        name: "networks of both versions",
        detection: "s: {A|cidr: ['10.0.0.0/8', '2001:db8::/32']}\n  condition: s",
        matching: &[&[("A", "10.1.2.3")], &[("A", "2001:DB8::1")], &[("A", "::ffff:10.1.2.3")]],
        other: &[&[("A", "11.0.0.1")], &[("A", "2001:db9::1")], &[("A", "10.1.2.3.4")], &[("A", "10.1.2")]],
    },
    Trap {
        name: "parts of a time, in UTC",
        detection: "s: {A|hour: 23, B|week: 1}\n  condition: s",
        matching: &[&[("A", "2026-11-28T08:15:00+09:00"), ("B", "2025-12-31 00:00:00")]],
        other: &[
            &[("A", "2026-11-28T23:15:00+09:00"), ("B", "2025-12-31 00:00:00")],
            &[("A", "23"), ("B", "x")],
        ],
    },
    Trap {
        name: "re is case-sensitive and may match anywhere",
        detection: "s: {A|re: 'b+C$'}\n  condition: s",
        matching: &[&[("A", "abbC")]],
        other: &[&[("A", "abbc")], &[("A", "bC\n")]],
    },
    Trap {
        name: "flags of re",
        detection: "s: {A|re|i|m|s: '^b.c$'}\n  condition: s",
        matching: &[&[("A", "x\nB\nC\ny")]],
        other: &[&[("A", "x b c")]],
    },
    Trap {
        name: "truth values",
        detection: "s: {A: true}\n  condition: s",
        matching: &[&[("A", "true")], &[("A", "True")], &[("A", "1")]],
        other: &[&[("A", "false")], &[("A", "truely")]],
    },
    Trap {
        name: "names with spaces",
        detection: "s: {'Source Name': x}\n  condition: s",
        matching: &[&[("Source Name", "x")], &[("SourceName", "x")]],
        other: &[&[("Source_Name", "x")]],
    },
    Trap {
        name: "a field that stands twice has both values",
        detection: "s: {A: x}\n  t: {A: y}\n  condition: s and t",
        matching: &[&[("A", "x"), ("A", "y")]],
        other: &[&[("A", "x"), ("A", "z")]],
    },
    Trap {
        name: "a list of maps, and so many of",
        detection: "s_a:\n    - {A: x}\n    - {B: x}\n  s_b: {C: x}\n  s_c: {D: x}\n  condition: 2 of s_*",
        matching: &[&[("B", "x"), ("C", "x")], &[("C", "x"), ("D", "x")]],
        other: &[&[("A", "x"), ("B", "x")], &[("D", "x")]],
    },
];

fn event(fields: Fields) -> Event<'static> {
    let mut event = Event { product: "windows", ..Event::default() };
    for (name, value) in fields {
        let null = *value == NULL;
        let value = if null { "null" } else { value };
        event.extra.push(Extra { name: (*name).into(), value: value.into(), bare: null });
    }
    event
}

fn rule(detection: &str) -> String {
    format!("title: t\nlogsource: {{product: windows}}\ndetection:\n  {detection}\n")
}

fn matches(engine: &mut Engine, event: &Event<'_>) -> bool {
    let (mut quick, mut slow) = (SmallVec::new(), SmallVec::new());
    engine.matches(event, &mut quick);
    engine.matches_slowly(event, &mut slow);
    assert_eq!(quick, slow, "{event:?}");
    !quick.is_empty()
}

#[test]
fn every_trap_has_records_that_match_and_records_that_do_not() {
    for trap in TRAPS {
        let text = rule(trap.detection);
        let (mut engine, refused) = Engine::load([Document { index: RuleIndex(0), text: &text }]);
        assert_eq!(refused, [], "{}", trap.name);
        for (fields, want) in
            trap.matching.iter().map(|own| (own, true)).chain(trap.other.iter().map(|own| (own, false)))
        {
            assert_eq!(matches(&mut engine, &event(fields)), want, "{}: {fields:?}", trap.name);
        }
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (detection, reason) in [
        ("s: {A|expand: '%admins%'}\n  condition: s", "DT-RUL-17"),
        ("s: {A|re: '(?=x)'}\n  condition: s", "re:"),
        ("s: {A|cidr: '10.0.0'}\n  condition: s", "cidr"),
        ("s: {A|contains|re: x}\n  condition: s", "at most one way"),
        ("s: {A|contains|i: x}\n  condition: s", "belong to re"),
        ("s: {A|base64|base64offset: x}\n  condition: s", "together"),
        ("s: {A|base64: 'x*'}\n  condition: s", "wildcards"),
        ("s: {A|gt: ten}\n  condition: s", "expected a number"),
        ("s: {A: []}\n  condition: s", "empty"),
        ("s: {A: x}\n  condition: s and t", "not defined"),
        ("s: {A: x}\n  condition: s and not 1 of filter_*", "nothing is named"),
        ("s: {A: x}\n  timeframe: 5m\n  condition: s", "timeframe"),
    ] {
        let text = rule(detection);
        let (_, refused) = Engine::load([Document { index: RuleIndex(7), text: &text }]);
        let [(index, own)] = refused.as_slice() else { panic!("{detection}: expected a refusal") };
        assert!(index.0 == 7 && own.contains(reason), "{detection}: {own}");
    }
}

#[test]
fn filters_apply_to_the_rules_they_name() {
    let rule = "title: t\nid: one\nlogsource: {product: windows}\ndetection:\n  s: {A: x}\n  condition: s\n";
    let filter = |rules: &str| {
        format!(
            "title: f\nlogsource: {{product: windows}}\nfilter:\n  rules: {rules}\n  keep: {{B: y}}\n  condition: not keep\n"
        )
    };
    for (rules, want) in [("[one]", false), ("[other]", true), ("any", false)] {
        let text = filter(rules);
        let documents =
            [Document { index: RuleIndex(0), text: rule }, Document { index: RuleIndex(1), text: &text }];
        let (mut engine, refused) = Engine::load(documents);
        assert_eq!(refused, [], "{rules}");
        assert_eq!(matches(&mut engine, &event(&[("A", "x"), ("B", "y")])), want, "{rules}");
        assert!(matches(&mut engine, &event(&[("A", "x")])), "{rules}");
    }
    let text = filter("[]");
    let (_, refused) = Engine::load([Document { index: RuleIndex(1), text: &text }]);
    assert!(
        refused.iter().any(|(_, reason)| reason.contains("write `any`")),
        "an empty list is no list of all"
    );
}
