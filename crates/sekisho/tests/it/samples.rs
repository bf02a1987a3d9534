//! Holds the report on `samples/` to `samples/truth.json`, which the attacking side wrote (issue "from a folder of logs to a
//! report that stands up", item 7; DT-ACC-08, DT-ACC-11).

use crate::support::{Report, entered, sekisho};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The clock value of the run: after the last staged line.
const CLOCK: &str = "2026-11-27T00:00:00Z";

/// What the program does not meet yet, as `HOST INCIDENT: ...`; a line leaves this list when it is mended and is never
/// added to make a change pass.
const OPEN: &[&str] = &[];

/// A log of a program that detection.md lists no format for: it must be named as not read.
const NO_FORMAT: &str = "php8.2-fpm.log";

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").canonicalize().expect("samples/ is there")
}

fn investigate(out: &Path) -> Report {
    let samples = samples();
    let accounts = samples.join("accounts.csv");
    let ran = sekisho()
        .args(["investigate", "--timezone", "Asia/Tokyo", "--year", "2026", "--lang", "en"])
        .args(["--deterministic", CLOCK, "--quiet", "--out"])
        .arg(out)
        .arg("--accounts")
        .args([&accounts, &samples])
        .output()
        .expect("the binary runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Report::read(out)
}

#[test]
fn the_report_agrees_with_what_was_staged() {
    let out = tempfile::tempdir().expect("temporary folder");
    let report = investigate(&out.path().join("r"));
    let truth: Value =
        serde_json::from_slice(&std::fs::read(samples().join("truth.json")).expect("truth.json"))
            .expect("truth.json is JSON");
    let hosts = list(&truth["hosts"]);
    assert!(hosts.len() >= 22, "every scenario is in the truth file");
    let mut wrong = files(&report, hosts);
    for host in hosts {
        for staged in list(&host["incidents"]) {
            wrong.extend(Staged { host, staged }.disagreements(&report.incidents));
        }
    }
    wrong.extend(report.incidents.iter().filter_map(|incident| unfounded(incident, hosts)));
    if report.summary["incidents"] != report.incidents.len() {
        wrong.push(format!("summary.json counts {} incidents", report.summary["incidents"]));
    }
    let (known, new): (Vec<_>, Vec<_>) =
        wrong.iter().partition(|line| OPEN.iter().any(|open| line.starts_with(open)));
    let stale: Vec<_> =
        OPEN.iter().filter(|open| !wrong.iter().any(|line| line.starts_with(**open))).collect();
    eprintln!("still open:\n  {known:#?}");
    assert!(new.is_empty(), "the report and the truth file disagree:\n{new:#?}");
    assert!(stale.is_empty(), "mended, to be taken off the list: {stale:#?}");
}

/// Every staged file is an input and every record of it was read.
fn files(report: &Report, hosts: &[Value]) -> Vec<String> {
    let inputs = list(&report.summary["inputs"]);
    let mut wrong = Vec::new();
    for host in hosts {
        for file in list(&host["files"]).iter().map(text).filter(|file| file.contains("/var/log/")) {
            if file.ends_with(NO_FORMAT) {
                continue;
            }
            let Some(input) = inputs.iter().find(|input| text(&input["path"]).ends_with(file)) else {
                wrong.push(format!("{}: {file} is not among the inputs", text(&host["host"])));
                continue;
            };
            if input["unread"].as_u64() != Some(0) {
                wrong.push(format!("{}: {file} has {} unread", text(&host["host"]), input["unread"]));
            }
        }
    }
    if report.unread_of(NO_FORMAT) != ["unrecognised"] {
        wrong.push(format!("{NO_FORMAT} is not named as unread"));
    }
    wrong
}

/// One staged incident on its host.
struct Staged<'a> {
    host: &'a Value,
    staged: &'a Value,
}

impl Staged<'_> {
    /// What the report says wrongly about it, or not at all.
    fn disagreements(&self, incidents: &[Value]) -> Vec<String> {
        let found: Vec<&Value> = incidents.iter().filter(|incident| self.touches(incident)).collect();
        if text(&self.staged["expect"]) == "at_most_low" {
            let loud = found.iter().filter(|incident| level(incident) > 1);
            return loud.map(|one| self.wrong(&format!("reported as {}", brief(one)))).collect();
        }
        let Some(main) = found.iter().find(|incident| incident["kind"] == self.staged["kind"]) else {
            let others: Vec<_> = found.iter().map(|incident| brief(incident)).collect();
            return vec![self.wrong(&format!("no {} found, but {others:?}", text(&self.staged["kind"])))];
        };
        let mut wrong = self.said_of(main);
        let allowed: BTreeSet<&str> =
            ["also", "must"].iter().flat_map(|key| list(&self.staged[*key])).map(text).collect();
        for other in &found {
            let kind = text(&other["kind"]);
            if other["kind"] != self.staged["kind"] && !allowed.contains(kind) {
                wrong.push(self.wrong(&format!("also reported as {}", brief(other))));
            }
            if other["id"] != main["id"] && !entered(other).is_empty() && !entered(main).is_empty() {
                wrong.push(self.wrong(&format!("entries split off into {}", brief(other))));
            }
        }
        wrong
    }

    fn said_of(&self, main: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        let same = |wrong: &mut Vec<String>, what: &str, said: String, truth: String| {
            if said != truth {
                wrong.push(self.wrong(&format!("{what} is {said}, should be {truth}")));
            }
        };
        same(
            &mut wrong,
            "category",
            main["legal"]["category"].to_string(),
            self.staged["legal_category"].to_string(),
        );
        let truly: Vec<&str> = list(&self.staged["accounts_entered"]).iter().map(text).collect();
        let said: BTreeSet<&str> = entered(main).into_iter().collect();
        same(
            &mut wrong,
            "entered",
            format!("{:?}", said.into_iter().collect::<Vec<_>>()),
            format!("{truly:?}"),
        );
        if self.staged["counted"] == true && self.host["logs_destroyed"] == false {
            for truth in list(&self.staged["sources"]) {
                let said = list(&main["sources"]).iter().find(|source| source["ip"] == truth["ip"]);
                let (tries, rights) =
                    said.map_or((0, 0), |said| (number(&said["attempts"]), number(&said["successes"])));
                // Of web attacks each hostile request counts; which of them are hostile no truth can say.
                let least = number(&truth["attempts"]);
                let most = least.max(number(&truth["requests"])) + number(&truth["without_code"]);
                if !(least..=most).contains(&tries) || rights != number(&truth["successes"]) {
                    let said = format!("tries of {} are {tries}, {rights} right", text(&truth["ip"]));
                    wrong.push(
                        self.wrong(&format!(
                            "{said}, should be {}, {}",
                            truth["attempts"], truth["successes"]
                        )),
                    );
                }
            }
        }
        let kinds: BTreeSet<&str> = list(&main["kinds"]).iter().map(|kind| text(&kind["kind"])).collect();
        let missing: Vec<&str> =
            list(&self.staged["must"]).iter().map(text).filter(|kind| !kinds.contains(kind)).collect();
        same(&mut wrong, "missing kinds", format!("{missing:?}"), "[]".to_owned());
        let hosts: Vec<&str> = list(&main["hosts"]).iter().map(|host| text(&host["name"])).collect();
        same(&mut wrong, "named host", format!("{hosts:?}"), format!("{:?}", [text(&self.host["host"])]));
        let alone = addresses(&main["sources"]).is_subset(&self.addresses());
        if alone
            && !(seconds(&self.staged["first"]) - 2..=seconds(&self.staged["last"]) + 2)
                .contains(&seconds(&main["first"]))
        {
            wrong.push(
                self.wrong(&format!("begins at {}, should be {}", main["first"], self.staged["first"])),
            );
        }
        wrong
    }

    /// The report has an incident that names one of its sources about its time.
    fn touches(&self, incident: &Value) -> bool {
        !addresses(&incident["sources"]).is_disjoint(&self.addresses())
            && seconds(&incident["first"]) <= seconds(&self.staged["last"]) + 60
            && seconds(&incident["last"]) >= seconds(&self.staged["first"]) - 60
    }

    fn addresses(&self) -> BTreeSet<&str> {
        addresses(&self.staged["sources"])
    }

    fn wrong(&self, what: &str) -> String {
        format!("{} {}: {what}", text(&self.host["host"]), text(&self.staged["name"]))
    }
}

/// An incident that rests on nothing that was staged: an innocent source, or none and a kind that nobody staged there.
///
/// Where only ordinary use was staged there must be no incident at all. Elsewhere a person at an unusual desk may be
/// named at the level `low`, as K-07 and K-12 ask, but not above it (DT-ACC-03, DT-ACC-09).
fn unfounded(incident: &Value, hosts: &[Value]) -> Option<String> {
    let here: Vec<&str> = list(&incident["hosts"]).iter().map(|host| text(&host["name"])).collect();
    let of_host = |host: &&Value| here.contains(&text(&host["host"]));
    let staged: Vec<&Value> =
        hosts.iter().filter(of_host).flat_map(|host| list(&host["incidents"])).collect();
    let guilty: BTreeSet<&str> = staged.iter().flat_map(|one| addresses(&one["sources"])).collect();
    let named = addresses(&incident["sources"]);
    let innocent: Vec<&&str> = named.difference(&guilty).collect();
    let quiet = hosts.iter().filter(of_host).all(|host| host["quiet"] == true);
    if !innocent.is_empty() && (quiet || level(incident) > 1) {
        return Some(format!("{}: {} blames {innocent:?}", here.join("+"), brief(incident)));
    }
    let kinds: BTreeSet<&str> = staged
        .iter()
        .flat_map(|one| list(&one["also"]).iter().chain(list(&one["must"])).chain([&one["kind"]]))
        .map(text)
        .collect();
    let known = kinds.contains(text(&incident["kind"]));
    (named.is_empty() && !known && (quiet || level(incident) > 1))
        .then(|| format!("{}: {} rests on nothing", here.join("+"), brief(incident)))
}

fn brief(incident: &Value) -> String {
    let hosts: Vec<&str> = list(&incident["hosts"]).iter().map(|host| text(&host["name"])).collect();
    let sources: Vec<&str> = addresses(&incident["sources"]).into_iter().take(4).collect();
    format!(
        "{} ({}, {}, {}) on {hosts:?} by {sources:?}, {} tries, entered {:?}",
        text(&incident["kind"]),
        text(&incident["level"]),
        text(&incident["legal"]["category"]),
        text(&incident["first"]),
        incident["attempts"],
        entered(incident)
    )
}

fn addresses(sources: &Value) -> BTreeSet<&str> {
    list(sources).iter().map(|source| text(&source["ip"])).collect()
}

fn level(incident: &Value) -> usize {
    let levels = ["informational", "low", "medium", "high", "critical"];
    levels.iter().position(|level| *level == text(&incident["level"])).expect("a level")
}

fn seconds(time: &Value) -> i64 {
    text(time).parse::<Timestamp>().unwrap_or_else(|error| panic!("{time}: {error}")).as_second()
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
