//! The empty case file that a person fills in: every fact with its label, who could know it, and the options.

use super::Tongue;
use super::catalogue::{FactKind, FactType, catalogue};

/// Facts of the catalogue as TOML to be filled in; each group a table, in the order in which people are asked.
#[must_use]
pub fn template(tongue: Tongue) -> String {
    let mut out = String::new();
    let mut group = "";
    for fact in catalogue().facts() {
        let Some((own, name)) = fact.id.split_once('.') else { continue };
        if own != group {
            out.push_str(&format!("\n[{own}]\n"));
            group = own;
        }
        out.push_str(&comment(fact, tongue));
        let empty = match fact.holds {
            FactType::Lines | FactType::Choices | FactType::Rows => "[]",
            _ => "\"\"",
        };
        out.push_str(&format!("{name} = {empty}\n"));
    }
    out
}

fn comment(fact: &FactKind, tongue: Tongue) -> String {
    let who = catalogue().who(fact);
    let mut out = format!("# {}（{}）", fact.ja, tongue.of(&who.ja, &who.en));
    if tongue == Tongue::En {
        out = format!("# {} / {} ({})", fact.ja, fact.en, who.en);
    }
    let hint = match fact.holds {
        FactType::Text => None,
        FactType::Lines => Some("[\"…\", \"…\"]".to_owned()),
        FactType::Date => Some("\"2026-11-28\" / \"令和8年11月28日\"".to_owned()),
        FactType::Time => Some("\"2026-11-28 09:10\"".to_owned()),
        FactType::Number => Some("120000".to_owned()),
        FactType::YesNo => Some("true / false / \"不明\"".to_owned()),
        FactType::Choice | FactType::Choices => {
            let option = |option: &super::catalogue::Choice| {
                format!("\"{}\" {}", option.code, tongue.of(&option.ja, &option.en))
            };
            Some(fact.options.iter().map(option).collect::<Vec<_>>().join(", "))
        }
        FactType::Rows => {
            let cells = fact.columns.iter().map(|column| format!("{} = \"…\"", column.key));
            Some(format!("[{{ {} }}]", cells.collect::<Vec<_>>().join(", ")))
        }
    };
    let hint = hint.or_else(|| (!fact.example.is_empty()).then(|| format!("\"{}\"", fact.example)));
    match hint {
        Some(hint) => format!("{out}\n#   {hint}\n"),
        None => format!("{out}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Facts;
    use super::*;

    #[test]
    fn the_empty_case_file_is_read_and_holds_nothing() {
        for tongue in [Tongue::Ja, Tongue::En] {
            let text = template(tongue);
            let facts = Facts::parse(&text, catalogue(), &[]).unwrap_or_else(|faults| panic!("{faults:?}"));
            assert_eq!(facts.iter().count(), 0);
            for fact in catalogue().facts() {
                assert!(text.contains(fact.id.split_once('.').unwrap().1), "{}", fact.id);
            }
        }
    }
}
