//! The cases of the built-in correlation rules, `rules/account/*.test.yml`: raw log text through the real parsers
//! (DT-RUL-08), then through the whole rule set, so that rules are judged in the company of all others.

use collect::input::{Input, Limits};
use collect::stream::{PlanSettings, SourceReader, plan};
use detect::engine::Engine;
use detect::{BUILTIN, Front, RuleSet, Signal};
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocab::{Context, Finding, Level, Timestamp};

/// Clock of the cases: 2026-12-15T00:00Z.
const CLOCK: i64 = 1_797_292_800;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[expect(dead_code, reason = "the format is recognised from the text; the field tells people")]
    parser: String,
    year: Option<i16>,
    context: Option<Given>,
    input: String,
    expect: Expect,
    #[serde(default)]
    hostile: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    #[serde(default)]
    accounts: Option<String>,
    #[serde(default)]
    networks: Option<String>,
    #[serde(default)]
    places: Option<String>,
    #[serde(default)]
    repudiated: Option<String>,
}

/// What the options of the command line would make of these tables.
fn context(given: &Given) -> Context {
    use collect::context::{Database, accounts, networks, repudiations};
    let mut context = Context::default();
    if let Some(text) = &given.accounts {
        context.accounts = accounts(text.as_bytes(), "accounts.csv", &TimeZone::UTC).expect("roster");
    }
    if let Some(text) = &given.networks {
        context.networks = networks(text.as_bytes(), "networks.csv").expect("networks");
    }
    if let Some(text) = &given.repudiated {
        context.repudiations =
            repudiations(text.as_bytes(), "repudiated.csv", &TimeZone::UTC).expect("statements");
    }
    if let Some(text) = &given.places {
        let mut database = Database::default();
        database.add(text.clone().into_bytes(), "places.csv").expect("places");
        context.places = vocab::PlaceBook::new(Arc::new(database));
    }
    context
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Expect {
    Nothing(String),
    Rules(Vec<Wanted>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    rule: String,
    level: String,
}

/// Findings of a text, as `investigate` would have them.
fn findings(case: &Case, rules: &Arc<RuleSet>) -> Vec<Finding> {
    let settings = PlanSettings {
        limits: Limits::default(),
        timezone: Some(TimeZone::UTC),
        machine_zone: TimeZone::UTC,
        year: case.year,
        clock: Timestamp::from_seconds(CLOCK),
    };
    let text = std::io::Cursor::new(case.input.clone().into_bytes());
    let plan = plan(vec![Input::stream("auth.log", Box::new(text))], &settings);
    let context = case.context.as_ref().map(context).unwrap_or_default();
    let mut front = Front::new(rules);
    let mut signals: Vec<Signal> = Vec::new();
    for source in &plan.sources {
        let mut reader = SourceReader::new(source, &settings);
        let mut entry = 0;
        while let Some(block) = reader.next() {
            reader.decode(&block, Some(vocab::LedgerIndex(entry)), &mut |event| {
                front.observe(event, &mut signals)
            });
            entry += 1;
        }
        reader.finish(&mut |event| front.observe(event, &mut signals));
    }
    signals.sort_by_key(|signal| signal.order);
    let mut engine = Engine::new(Arc::clone(rules), context, settings.clock);
    for signal in signals {
        engine.push(&signal);
    }
    engine.finish().findings
}

/// What is wrong with a case; `id` is that of the rule it belongs to.
fn problem(case: &Case, rule: &str, found: &[Finding]) -> Option<String> {
    let level = |name: &str| {
        found.iter().filter(|finding| finding.kind.as_str() == name).map(|finding| finding.level).max()
    };
    let seen = || {
        found.iter().fold(String::new(), |mut text, finding| {
            let _ = write!(text, " {}:{}", finding.kind.as_str(), finding.level.as_str());
            text
        })
    };
    match &case.expect {
        Expect::Nothing(word) => {
            assert_eq!(word, "none");
            let loud = |finding: &&Finding| finding.level > Level::Informational;
            let wrong = if case.name.starts_with("ordinary") {
                found.iter().any(|finding| loud(&finding))
            } else {
                found.iter().filter(loud).any(|finding| finding.kind.as_str() == rule)
            };
            wrong.then(|| format!("wants none, has{}", seen()))
        }
        Expect::Rules(wanted) => {
            let missing = wanted.iter().find(|want| level(&want.rule) != Level::parse(&want.level))?;
            Some(format!("wants {} {}, has{}", missing.rule, missing.level, seen()))
        }
    }
}

fn files(family: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules").join(family);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("folder")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.to_string_lossy().ends_with(".test.yml"))
        .collect();
    files.sort();
    files
}

#[test]
fn rules_about_accounts_hold_their_cases() {
    let (rules, report) = RuleSet::load(BUILTIN, &[]);
    assert_eq!(report.refused, []);
    let rules = Arc::new(rules);
    let (mut wrong, mut run) = (Vec::new(), 0);
    for path in files("account") {
        let file = path.file_name().expect("name").to_string_lossy().into_owned();
        let rule = file.strip_suffix(".test.yml").expect("suffix");
        let cases: Vec<Case> = yaml_serde::from_str(&std::fs::read_to_string(&path).expect("read"))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        let positive = cases.iter().filter(|case| matches!(case.expect, Expect::Rules(_))).count();
        // No text log tells of refused second factors; see the note in the file.
        let enough = rule == "mfa_fatigue" || positive >= 3 && cases.len() - positive >= 4;
        assert!(enough && cases.iter().any(|case| case.hostile), "{file}: too few cases");
        for case in &cases {
            run += 1;
            if let Some(problem) = problem(case, rule, &findings(case, &rules)) {
                wrong.push(format!("{file}: {}: {problem}", case.name));
            }
        }
    }
    assert!(run > 100, "{run} cases only");
    assert!(wrong.is_empty(), "{} of {run} wrong\n{}", wrong.len(), wrong.join("\n"));
}
