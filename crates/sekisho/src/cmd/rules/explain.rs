//! `sekisho rules explain`: why a rule matches a record or does not.

use crate::cli::RulesExplain;
use crate::clock::{self, Clock};
use crate::error::{Hinted, Usage};
use crate::inputs;
use crate::output::terminal::safe;
use anyhow::Context as _;
use collect::stream::SourceReader;
use detect::rule::RuleSet;
use detect::sigma::{Explanation, Step};
use detect::{Front, RuleIndex};
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use vocab::{Event, Message};
use web::{Catalog, Lang};

/// Longest value in the text, columns.
const VALUE_COLUMNS_MAX: usize = 160;
/// Values and questions of one item in the text.
const SHOWN_MAX: usize = 12;

/// Runs the command; 1 when no record has the number.
pub(crate) fn run(args: &RulesExplain) -> anyhow::Result<u8> {
    let (rules, _) = inputs::rules(&args.reading.rules, true)?;
    let rules = Arc::new(rules);
    let index = find(&rules, &args.rule)?;
    let front = Front::new(&rules);
    let clock = args.reading.deterministic.map_or(Clock::System, Clock::Fixed);
    let (plan, settings) = inputs::open(&args.reading, clock)?;
    let lang = args.lang.map_or_else(clock::language, Lang::from);
    let zone = settings.timezone.clone().unwrap_or_else(|| settings.machine_zone.clone());
    let catalog = Catalog::new(lang, zone);
    let stdout = std::io::stdout();
    let as_text = stdout.is_terminal();
    let mut out = stdout.lock();
    let title = rules.get(index).map_or("", |rule| &rule.meta.reference.title);
    let (mut found, mut failed) = (0_u64, None);
    let mut see = |event: &Event<'_>| {
        if event.origin.line != args.record {
            return;
        }
        let Some(explanation) = front.explain(index, event) else { return };
        found += 1;
        let block = if as_text {
            text(&explanation, title, event, &catalog)
        } else {
            json(&explanation, (&rules, index), event)
        };
        if failed.is_none()
            && let Err(error) = out.write_all(block.as_bytes())
        {
            failed = Some(error);
        }
    };
    for source in &plan.sources {
        let mut reader = SourceReader::new(source, &settings);
        while let Some(block) = reader.next() {
            reader.decode(&block, None, &mut see);
        }
        reader.finish(&mut see);
    }
    if let Some(error) = failed {
        return Err(error).context("cannot write to standard output");
    }
    if found == 0 {
        return Err(Hinted::error(
            format!("no record has the number {}", args.record),
            "take the `record` of a line of `sekisho detect`, or of `sekisho search`",
        ));
    }
    Ok(0)
}

/// The rule by id, name or title.
fn find(rules: &RuleSet, wanted: &str) -> anyhow::Result<RuleIndex> {
    let by_title = || {
        rules
            .iter()
            .find(|(_, rule)| rule.meta.reference.title.eq_ignore_ascii_case(wanted))
            .map(|(index, _)| index)
    };
    let index = rules.find(wanted).or_else(by_title).ok_or_else(|| {
        Usage::error(
            format!("no rule has the id, name or title {wanted:?}"),
            "see `sekisho rules list`; give the folder of the rule with --rules",
        )
    })?;
    match rules.get(index).map(|rule| &rule.body) {
        Some(detect::rule::Body::Sigma(_)) => Ok(index),
        _ => Err(Usage::error(
            format!("the rule {wanted:?} looks at many records together"),
            "only rules about single records can be explained on a record",
        )),
    }
}

fn json(explanation: &Explanation, (rules, index): (&RuleSet, RuleIndex), event: &Event<'_>) -> String {
    let reference = rules.get(index).map(|rule| &rule.meta.reference);
    let line = serde_json::json!({
        "schema_version": crate::report::SCHEMA_VERSION,
        "rule_id": reference.map(|reference| &reference.id),
        "title": reference.map(|reference| &reference.title),
        "file": event.origin.file,
        "record": event.origin.line,
        "offset": event.origin.offset,
        "time": event.time,
        "explanation": explanation,
    });
    format!("{line}\n")
}

/// The explanation as text; nothing in it can drive a terminal.
fn text(explanation: &Explanation, title: &str, event: &Event<'_>, catalog: &Catalog) -> String {
    let mut out = String::new();
    let verdict = if explanation.matches {
        "explain-matches"
    } else if explanation.log_source {
        "explain-no-match"
    } else {
        "explain-other-source"
    };
    let place = format!("{}:{}", event.origin.file, event.origin.line);
    let message = Message::new(verdict).with("rule", title).with("place", place);
    let _ = writeln!(out, "{}", safe(&catalog.render(&message), usize::MAX));
    let condition = Message::new("explain-condition").with("condition", explanation.condition.as_str());
    let _ = writeln!(out, "{}", safe(&catalog.render(&condition), usize::MAX));
    for selection in &explanation.selections {
        let _ = writeln!(out, "  {} {}", mark(selection.holds), safe(&selection.name, usize::MAX));
        step(&selection.step, 2, catalog, &mut out);
    }
    out
}

const fn mark(holds: bool) -> &'static str {
    if holds { "[x]" } else { "[ ]" }
}

fn step(step_of: &Step, depth: usize, catalog: &Catalog, out: &mut String) {
    let indent = "  ".repeat(depth);
    match step_of {
        Step::Item { field, asks, values, holds } => {
            let name = field.clone().unwrap_or_else(|| catalog.text("explain-keywords"));
            let more = asks.len().saturating_sub(SHOWN_MAX);
            let mut asked = asks.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join(", ");
            if more > 0 {
                let _ = write!(
                    asked,
                    ", {}",
                    catalog.render(&Message::new("explain-more").with("count", more as u64))
                );
            }
            let _ =
                writeln!(out, "{indent}{} {}", mark(*holds), safe(&format!("{name}: {asked}"), usize::MAX));
            let shown = values.iter().take(SHOWN_MAX).map(|value| match value {
                Some(value) => format!("{value:?}"),
                None => "null".to_owned(),
            });
            let shown = shown.collect::<Vec<_>>().join(", ");
            if !shown.is_empty() {
                let _ = writeln!(out, "{indent}      = {}", safe(&shown, VALUE_COLUMNS_MAX));
            } else if field.is_some() {
                let _ = writeln!(out, "{indent}      {}", catalog.text("explain-absent"));
            }
        }
        Step::Some { wanted, holds, parts } => {
            let id = match *wanted {
                count if count == parts.len() => "explain-all",
                1 => "explain-one",
                _ => "explain-some",
            };
            let words = catalog.render(&Message::new(id).with("count", *wanted as u64));
            let _ = writeln!(out, "{indent}{} {words}", mark(*holds));
            parts.iter().for_each(|part| step(part, depth + 1, catalog, out));
        }
        Step::Not { holds, part } => {
            let _ = writeln!(out, "{indent}{} {}", mark(*holds), catalog.text("explain-not"));
            step(part, depth + 1, catalog, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_every_question_and_drives_no_terminal() {
        let rule = "title: T\nid: t\nlogsource: {product: windows}\ndetection:\n  s: {A|endswith: x, B: null}\n  \
                    filter: [evil]\n  condition: s and not filter\n";
        let (rules, report) = RuleSet::load(&[("t.yml", rule)], &[]);
        assert_eq!(report.refused, []);
        let rules = Arc::new(rules);
        let mut event = Event { product: "windows", ..Event::default() };
        event.push_extra("A", "\u{1b}]0;\u{202e}x");
        let explanation = Front::new(&rules).explain(RuleIndex(0), &event).unwrap();
        for (lang, words) in [(Lang::Ja, "当たりました"), (Lang::En, "matches")] {
            let text = text(&explanation, "T", &event, &Catalog::new(lang, jiff::tz::TimeZone::UTC));
            assert!(text.contains(words) && text.contains("[x] A: endswith \"x\""), "{text}");
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
            assert!(text.contains("[ ] filter"), "{text}");
        }
    }
}
