//! Runs `rules/**/NAME.test.yml` (DT-RUL-08) against the shipped rules. The full program runs the same files through the
//! real parsers; here a small reader of combined and plain lines stands in, so that a rule can be tested alone.

use crate::engine::Engine;
use crate::{Front, RuleSet};
use serde::Deserialize;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocab::{Citation, Context, Event, Finding, LedgerIndex, Level, Timestamp};

#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    parser: String,
    input: String,
    expect: Expect,
    #[serde(default)]
    hostile: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Expect {
    None(String),
    Rules(Vec<Wanted>),
}

#[derive(Debug, Deserialize)]
struct Wanted {
    rule: String,
    kind: Option<String>,
    level: Option<String>,
    effect: Option<bool>,
}

pub(crate) fn rules_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules")
}

pub(crate) fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yml") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The shipped rules.
pub(crate) fn shipped() -> Arc<RuleSet> {
    let (set, report) = RuleSet::load(crate::BUILTIN, &[]);
    assert_eq!(report.refused, [], "every shipped rule must load");
    Arc::new(set)
}

/// Name of a rule by its file.
fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".yml").unwrap_or(name)
}

fn quoted(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut signs = text.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\\' => {
                if let Some((_, next)) = signs.next() {
                    out.push(next);
                }
            }
            '"' => return (out, text.get(at + 1..).unwrap_or_default()),
            other => out.push(other),
        }
    }
    (out, "")
}

/// A combined line as an event; only as much as rules look at.
pub(crate) fn combined(line: &str) -> Event<'static> {
    let own = |text: &str| Some(Cow::Owned(text.to_owned()));
    let (head, rest) = line.split_once('"').expect("request");
    let (request, rest) = quoted(rest);
    let (numbers, rest) = rest.split_once('"').unwrap_or((rest, ""));
    let (referrer, rest) = quoted(rest);
    let (agent, _) = quoted(rest.trim_start().trim_start_matches('"'));
    let mut numbers = numbers.split_whitespace();
    let (method, target) = request.split_once(' ').unwrap_or(("", &request));
    let target = target.rsplit_once(' ').map_or(target, |(target, _)| target);
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    Event {
        class: vocab::Class::Http,
        product: "apache",
        category: "webserver",
        sigma_services: &["access"],
        src_ip: head.split_whitespace().next().and_then(|text| text.parse().ok()),
        http_method: own(method),
        url_path: own(path),
        url_query: query.and_then(own),
        http_status: numbers.next().and_then(|text| text.parse().ok()),
        bytes_out: numbers.next().and_then(|text| text.parse().ok()),
        referrer: (referrer != "-").then_some(Cow::Owned(referrer)),
        user_agent: own(&agent),
        ..Event::default()
    }
}

/// A line of a host log: the parser name is the Sigma service, `process` is a command line.
pub(crate) fn host(parser: &str, line: &str) -> Event<'static> {
    let own = Some(Cow::Owned(line.to_owned()));
    let base = Event { product: "linux", class: vocab::Class::Process, ..Event::default() };
    match parser {
        "sudo" => Event { cmdline: own.clone(), message: own, sigma_services: &["sudo", "auth"], ..base },
        "process" => Event {
            process: line.split_whitespace().next().map(|name| Cow::Owned(name.to_owned())),
            cmdline: own,
            category: "process_creation",
            sigma_services: &["auditd"],
            ..base
        },
        "www-data" => Event {
            cmdline: own,
            actor: Some(Cow::Borrowed("www-data")),
            category: "process_creation",
            sigma_services: &["auditd"],
            ..base
        },
        "file" => Event { path: own, category: "file_event", sigma_services: &["auditd"], ..base },
        "error" => Event {
            message: own,
            product: "apache",
            category: "webserver",
            sigma_services: &["error"],
            ..base
        },
        _ => Event { message: own, sigma_services: &["syslog"], ..base },
    }
}

/// Seconds of the time in `[10/Nov/2026:13:55:36 +0900]`, counted from the start of its month.
fn seconds(line: &str) -> Option<i64> {
    let stamp = line.split_once('[')?.1;
    let mut numbers = stamp.split(['/', ':', ' ']).map(|part| part.parse::<i64>());
    let day = numbers.next()?.ok()?;
    let mut rest = numbers.skip(2);
    let mut next = || rest.next()?.ok();
    Some(((day * 24 + next()?) * 60 + next()?) * 60 + next()?)
}

/// The shipped rules, with what their engines have learned of log sources.
pub(crate) struct Runner {
    pub(crate) set: Arc<RuleSet>,
    front: Front,
    rules: crate::sigma::Engine,
}

impl Runner {
    pub(crate) fn new() -> Self {
        let set = shipped();
        Self { front: Front::new(&set), rules: set.stateless().clone(), set }
    }
}

/// Names of the stateless rules that match one of the lines, and what the detectors find.
pub(crate) fn run(runner: &mut Runner, parser: &str, input: &str) -> (Vec<String>, Vec<Finding>) {
    let Runner { set, front, rules } = runner;
    let (mut names, mut signals) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(input.lines()) {
        let mut event = if parser == "combined" { combined(line) } else { host(parser, line) };
        let time = seconds(line).unwrap_or(i64::from(number));
        event.time = Some(Timestamp::from_seconds(1_793_000_000 + time));
        event.count = 1;
        event.origin.line = u64::from(number);
        event.origin.offset = u64::from(number);
        event.origin.citation = Some(Citation { index: LedgerIndex(1), record: number });
        let (mut quick, mut slow) = (SmallVec::new(), SmallVec::new());
        rules.matches(&event, &mut quick);
        rules.matches_slowly(&event, &mut slow);
        assert_eq!(quick, slow, "the prefilter must not change matches: {line}");
        names.extend(quick.iter().filter_map(|index| Some(stem(&set.get(*index)?.file).to_owned())));
        front.observe(&event, &mut signals);
    }
    signals.sort_by_key(|signal| signal.order);
    let mut engine = Engine::new(Arc::clone(set), Context::default(), Timestamp::from_seconds(1_900_000_000));
    signals.iter().for_each(|signal| engine.push(signal));
    (names, engine.finish().findings)
}

#[test]
fn every_rule_holds_its_cases() {
    let mut runner = Runner::new();
    let folder = rules_folder();
    let (mut wrong, mut run) = (Vec::new(), 0);
    for family in ["web", "host"] {
        for path in yaml_files(&folder.join(family)) {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let Some(rule) = file.strip_suffix(".test.yml") else {
                assert!(path.with_extension("test.yml").exists(), "{file} has no cases");
                continue;
            };
            let cases: Vec<Case> = yaml_serde::from_str(&std::fs::read_to_string(&path).unwrap())
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            let yes = cases.iter().filter(|case| matches!(case.expect, Expect::Rules(_))).count();
            assert!(yes >= 3 && cases.len() - yes >= 4, "{file}: too few cases");
            assert!(cases.iter().any(|case| case.hostile), "{file}: no hostile case");
            for case in cases {
                run += 1;
                if let Some(problem) = run_case(&mut runner, rule, &case) {
                    wrong.push(format!("{file}: {}: {problem}", case.name));
                }
            }
        }
    }
    println!("{run} cases of {} rules", runner.set.iter().count());
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

fn run_case(runner: &mut Runner, rule: &str, case: &Case) -> Option<String> {
    let (names, findings) = run(runner, &case.parser, &case.input);
    let set = &runner.set;
    let id = |name: &str| {
        set.iter().find(|(_, rule)| stem(&rule.file) == name).map(|(_, rule)| &rule.meta.reference.id)
    };
    let found = |name: &str| findings.iter().find(|finding| Some(&finding.rule.id) == id(name));
    let short = || -> Vec<String> {
        let level =
            |finding: &Finding| format!("{}:{:?}:{}", finding.kind.as_str(), finding.level, finding.effect);
        findings.iter().map(level).collect()
    };
    match &case.expect {
        Expect::None(word) => {
            assert_eq!(word, "none");
            let hit = if case.name.starts_with("ordinary") {
                !names.is_empty() || findings.iter().any(|finding| finding.level > Level::Informational)
            } else {
                names.iter().any(|name| name == rule)
                    || found(rule).is_some_and(|finding| finding.level > Level::Informational)
            };
            hit.then(|| format!("wants none, has {names:?} {:?}: {}", short(), case.input))
        }
        Expect::Rules(wanted) => {
            let missing: Vec<_> = wanted
                .iter()
                .filter(|wanted| {
                    let plain = wanted.kind.is_none() && wanted.level.is_none() && wanted.effect.is_none();
                    let good = |finding: &Finding| {
                        wanted.kind.as_deref().is_none_or(|kind| kind == finding.kind.as_str())
                            && wanted.level.as_deref().is_none_or(|level| level == finding.level.as_str())
                            && wanted.effect.is_none_or(|effect| effect == finding.effect)
                    };
                    !(plain && names.contains(&wanted.rule) || found(&wanted.rule).is_some_and(good))
                })
                .collect();
            (!missing.is_empty())
                .then(|| format!("misses {missing:?}, has {names:?} {:?}: {}", short(), case.input))
        }
    }
}
