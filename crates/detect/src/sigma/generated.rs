//! Rules and records made at random: the tables against the slow way and the other engine (DT-RUL-19).

use super::oracle::{Oracle, agree};
use super::{Document, Engine};
use crate::RuleIndex;
use proptest::prelude::*;
use vocab::Event;

const FIELDS: [&str; 4] = ["EventID", "Image", "CommandLine", "Data"];
const WORDS: [&str; 14] = [
    "4688",
    "1",
    "c:\\windows\\cmd.exe",
    "\\cmd.exe",
    "cmd",
    "e",
    "C:\\Windows\\",
    "-enc",
    "true",
    "10.0.0.7",
    "ÄÖ",
    "",
    "aXb",
    "7.5",
];

fn modifiers() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        4 => Just(""),
        4 => prop_oneof![Just("|contains"), Just("|startswith"), Just("|endswith")],
        1 => prop_oneof![Just("|cased"), Just("|contains|cased"), Just("|neq"), Just("|contains|neq"), Just("|fieldref")],
        1 => prop_oneof![Just("|re"), Just("|re|i"), Just("|gte"), Just("|lt"), Just("|exists"), Just("|cidr")],
    ]
}

fn value(modifier: &'static str) -> BoxedStrategy<String> {
    match modifier {
        "|exists" => prop_oneof![Just("true".to_owned()), Just("false".to_owned())].boxed(),
        "|cidr" => prop_oneof![Just("10.0.0.0/8".to_owned()), Just("192.168.0.0/16".to_owned())].boxed(),
        "|gte" | "|lt" => (0_u32..9).prop_map(|number| number.to_string()).boxed(),
        "|fieldref" | "|fieldref|neq" => prop::sample::select(&FIELDS[..3]).prop_map(str::to_owned).boxed(),
        "|re" | "|re|i" => prop_oneof![Just("^c.*e$"), Just("(cmd|7)"), Just("[0-9]+"), Just("A.b")]
            .prop_map(|text| format!("'{text}'"))
            .boxed(),
        "" => prop_oneof![
            4 => prop::sample::select(&WORDS[..]).prop_map(|word| format!("'{word}'")),
            2 => Just("4688".to_owned()),
            1 => Just("null".to_owned()),
            1 => prop_oneof![Just("'*cmd*'"), Just("'c?windows*'"), Just("'*.exe'"), Just("'a?b'")].prop_map(str::to_owned),
        ]
        .boxed(),
        _ => prop::sample::select(&WORDS[..]).prop_map(|word| format!("'{word}'")).boxed(),
    }
}

fn item() -> impl Strategy<Value = String> {
    (prop::sample::select(&FIELDS[..]), modifiers()).prop_flat_map(|(field, modifier)| {
        // The other engine compares no lists with `fieldref`, on either side.
        let field = if modifier == "|fieldref" && field == "Data" { "Image" } else { field };
        prop::collection::vec(value(modifier), 1..4).prop_map(move |values| {
            // `exists` takes one value; the other engine does not know null among others.
            let single = modifier == "|exists" || values.iter().any(|value| value == "null");
            let values = if single { values[..1].to_vec() } else { values };
            format!("{field}{modifier}: [{}]", values.join(", "))
        })
    })
}

fn rule() -> impl Strategy<Value = String> {
    let selection = || prop::collection::vec(item(), 1..3);
    let condition = prop::sample::select(
        &[
            "s_a",
            "s_a and not s_b",
            "s_a or s_b",
            "not s_a and s_c",
            "1 of s_*",
            "all of s_*",
            "not 1 of s_*",
            "2 of them",
            "s_a and (s_b or not s_c)",
            "not (s_a and s_b)",
        ][..],
    );
    (selection(), selection(), selection(), condition).prop_map(|(a, b, c, condition)| {
        let block = |items: &[String]| {
            // A field with the same modifiers may stand once only.
            let mut seen = std::collections::BTreeSet::new();
            items
                .iter()
                .filter(|item| seen.insert(item.split(':').next().map(str::to_owned)))
                .map(|item| format!("    {}\n", item.replace("exists: [", "exists: ").replace("true]", "true").replace("false]", "false")))
                .collect::<String>()
        };
        format!(
            "title: t\nlogsource: {{product: windows}}\ndetection:\n  s_a:\n{}  s_b:\n{}  s_c:\n{}  condition: {condition}\n",
            block(&a), block(&b), block(&c)
        )
    })
}

fn record() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    prop::collection::vec((prop::sample::select(&FIELDS[..]), prop::sample::select(&WORDS[..])), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn all_ways_agree(rules in prop::collection::vec(rule(), 1..6), records in prop::collection::vec(record(), 1..8)) {
        let documents = || rules.iter().enumerate().map(|(index, text)| Document { index: RuleIndex(index as u32), text });
        let (mut engine, refused) = Engine::load(documents());
        for (_, reason) in &refused {
            prop_assert!(reason.contains("always"), "{}", reason);
        }
        let oracle = Oracle::new(documents());
        // Twice, so that what is remembered of values is used.
        for record in records.iter().chain(&records) {
            let mut event = Event { product: "windows", ..Event::default() };
            for (name, value) in record {
                // Only `Data` stands several times: the other engine compares no lists with `fieldref`.
                if *name == "Data" || event.extra(name).is_none() {
                    event.push_extra(*name, *value);
                }
            }
            agree(&mut engine, &oracle, &event, &|index| refused.iter().any(|(own, _)| *own == index));
        }
    }
}
