//! Runs `rules/**/NAME.test.yml` (DT-RUL-08) against the shipped rules. The full program runs the same files through the
//! real parsers; here a small reader of combined and plain lines stands in, so that a rule can be tested alone.

use super::*;
use crate::RuleSet;
use serde::Deserialize;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

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
}

pub(super) fn rules_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules")
}

pub(super) fn yaml_files(folder: &Path) -> Vec<PathBuf> {
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

/// The shipped rules and their engine.
pub(super) fn shipped() -> (RuleSet, Engine) {
    let (set, report) = RuleSet::load(crate::BUILTIN, &[]);
    assert_eq!(report.refused, [], "every shipped rule must load");
    let engine = set.stateless().clone();
    (set, engine)
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
pub(super) fn combined(line: &str) -> Event<'static> {
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
pub(super) fn host(parser: &str, line: &str) -> Event<'static> {
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

#[test]
fn every_rule_holds_its_cases() {
    let (set, mut engine) = shipped();
    let folder = rules_folder();
    let (mut wrong, mut run) = (Vec::new(), 0);
    for family in ["web", "host"] {
        for path in yaml_files(&folder.join(family)) {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let Some(rule) = file.strip_suffix(".test.yml") else {
                assert!(path.with_extension("test.yml").exists(), "{file} has no cases");
                continue;
            };
            let cases: Vec<Case> = yaml_serde::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let yes = cases.iter().filter(|case| matches!(case.expect, Expect::Rules(_))).count();
            assert!(yes >= 3 && cases.len() - yes >= 4, "{file}: too few cases");
            assert!(cases.iter().any(|case| case.hostile), "{file}: no hostile case");
            for case in cases {
                run += 1;
                if let Some(problem) = run_case(&set, &mut engine, rule, &case) {
                    wrong.push(format!("{file}: {}: {problem}", case.name));
                }
            }
        }
    }
    println!("{run} cases of {} rules", set.iter().count());
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

fn run_case(set: &RuleSet, engine: &mut Engine, rule: &str, case: &Case) -> Option<String> {
    let event =
        if case.parser == "combined" { combined(&case.input) } else { host(&case.parser, &case.input) };
    let (mut quick, mut slow) = (SmallVec::new(), SmallVec::new());
    engine.matches(&event, &mut quick);
    engine.matches_slowly(&event, &mut slow);
    assert_eq!(quick, slow, "{}: the prefilter must not change matches", case.name);
    let names: Vec<&str> = quick.iter().filter_map(|index| Some(stem(&set.get(*index)?.file))).collect();
    match &case.expect {
        Expect::None(word) => {
            assert_eq!(word, "none");
            let ordinary = case.name.starts_with("ordinary");
            let hit = if ordinary { !names.is_empty() } else { names.contains(&rule) };
            hit.then(|| format!("wants none, has {names:?}: {}", case.input))
        }
        Expect::Rules(wanted) => {
            let missing: Vec<_> =
                wanted.iter().filter(|wanted| !names.contains(&wanted.rule.as_str())).collect();
            (!missing.is_empty()).then(|| format!("misses {missing:?}, has {names:?}: {}", case.input))
        }
    }
}
