//! Every `rules/**/NAME.test.yml` through the real readers of `collect` and the real front and engine (DT-RUL-08). The
//! cases of `rules/account` have a context of their own and run in `cases`.

use collect::input::{Input, Limits};
use collect::stream::{PlanSettings, SourceReader, plan};
use detect::engine::Engine;
use detect::{BUILTIN, Front, RawMatch, RuleSet, Signal};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use vocab::{Context, Event, Finding, LedgerIndex, Level, Timestamp};

/// 2026-11-22T00:00:00Z.
const NOW: i64 = 1_795_305_600;

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
    #[serde(default)]
    level: Option<String>,
}

/// What fired: name of the rule's file, and the gravest level of its findings; matches of stateless rules have none.
pub(crate) type Fired = BTreeMap<String, Option<Level>>;

fn rules_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules")
}

fn files_below(folder: &Path, end: &str) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(end) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn stem(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".yml").unwrap_or(name).to_owned()
}

/// Raw log text of a case. Cases of host rules that hold a command alone get the record that sudo writes of it.
fn raw(case: &Case) -> Option<String> {
    Some(match case.parser.as_str() {
        "syslog" | "combined" | "auditd" | "nginx_error" | "apache_error" | "vsftpd" | "wevtutil" => {
            format!("{}\n", case.input)
        }
        "sudo" => format!(
            "Nov 10 03:12:01 web1 sudo[4001]:    carol : TTY=pts/0 ; PWD=/home/carol ; USER=root ; COMMAND={}\n",
            case.input
        ),
        _ => return None,
    })
}

/// Reads a folder like the program does: plan, read, decode, put in order, correlate.
pub(crate) fn run(folder: &Path, set: &Arc<RuleSet>, front: &mut Front) -> (Fired, u64) {
    let (findings, raw, events) = findings(folder, set, front);
    let mut fired = Fired::new();
    for found in &raw {
        fired.insert(stem(&set.get(found.rule).expect("rule").file), None);
    }
    let by_id: BTreeMap<&str, String> =
        set.iter().map(|(_, rule)| (rule.meta.reference.id.as_str(), stem(&rule.file))).collect();
    for finding in findings {
        let name = by_id.get(finding.rule.id.as_str()).expect("a finding names a rule").clone();
        let level = fired.entry(name).or_default();
        *level = (*level).max(Some(finding.level));
    }
    (fired, events)
}

/// Findings, matches of single records, and how many events there were.
pub(crate) fn findings(
    folder: &Path,
    set: &Arc<RuleSet>,
    front: &mut Front,
) -> (Vec<Finding>, Vec<RawMatch>, u64) {
    // The zone is that of the files beside the logs, as on the command line: the staged computers stand in Japan.
    let settings = PlanSettings {
        limits: Limits::default(),
        timezone: None,
        machine_zone: jiff::tz::TimeZone::UTC,
        year: None,
        clock: Timestamp::from_seconds(NOW),
    };
    let planned = plan(vec![Input::Path(folder.to_owned())], &settings);
    let (mut signals, mut raw, mut events): (Vec<Signal>, _, u64) = (Vec::new(), Vec::new(), 0);
    for source in &planned.sources {
        let mut reader = SourceReader::new(source, &settings);
        let mut note = |event: &Event<'_>| {
            events += 1;
            front.raw(event, &mut raw);
            front.observe(event, &mut signals);
        };
        let mut entry = u64::from(source.rank) << 32;
        while let Some(block) = reader.next() {
            entry += 1;
            reader.decode(&block, Some(LedgerIndex(entry)), &mut note);
        }
        reader.finish(&mut note);
    }
    signals.sort_by_key(|signal| signal.order);
    let mut engine = Engine::new(Arc::clone(set), Context::default(), Timestamp::from_seconds(NOW));
    for signal in signals {
        engine.push(&signal);
    }
    engine.activity(front.take_notes().into());
    (engine.finish().findings, raw, events)
}

fn judge(case: &Case, rule: &str, fired: &Fired) -> Option<String> {
    let grave = |level: &Option<Level>| level.is_none_or(|level| level > Level::Informational);
    match &case.expect {
        Expect::None(word) => {
            assert_eq!(word, "none", "{}", case.name);
            let ordinary = case.name.starts_with("ordinary");
            let hit = fired.iter().any(|(name, level)| grave(level) && (ordinary || name == rule));
            hit.then(|| format!("wants none, has {fired:?}"))
        }
        Expect::Rules(wanted) => wanted.iter().find_map(|wanted| {
            let Some(level) = fired.get(&wanted.rule) else {
                return Some(format!("misses {}, has {fired:?}", wanted.rule));
            };
            let asked = wanted.level.as_deref().map(|name| Level::parse(name).expect("level"));
            (asked.is_some() && *level != asked)
                .then(|| format!("{} wants {asked:?}, has {level:?}", wanted.rule))
        }),
    }
}

#[test]
fn every_rule_holds_its_cases_through_the_real_readers() {
    let (set, report) = RuleSet::load(BUILTIN, &[]);
    assert_eq!(report.refused, [], "every shipped rule loads");
    let set = Arc::new(set);
    // One front for all cases: what it learns about kinds of logs is slow to learn, and holds for all.
    let mut front = Front::new(&set);
    let (mut wrong, mut count, mut skipped) = (Vec::new(), 0, BTreeMap::<String, usize>::new());
    let cases = files_below(&rules_folder(), ".test.yml");
    for path in cases.iter().filter(|path| !path.starts_with(rules_folder().join("account"))) {
        let file = path.file_name().expect("name").to_string_lossy().into_owned();
        let rule = file.strip_suffix(".test.yml").expect("end");
        let text = std::fs::read_to_string(path).expect("cases");
        let cases: Vec<Case> = yaml_serde::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(cases.iter().any(|case| case.hostile), "{file}: no hostile case");
        for case in cases {
            let Some(input) = raw(&case) else {
                *skipped.entry(case.parser.clone()).or_default() += 1;
                continue;
            };
            count += 1;
            let folder = tempfile::tempdir().expect("folder");
            std::fs::write(folder.path().join("test.log"), input).expect("input");
            let (fired, events) = run(folder.path(), &set, &mut front);
            if events == 0 {
                wrong.push(format!("{file}: {}: nothing was read", case.name));
            } else if let Some(problem) = judge(&case, rule, &fired) {
                wrong.push(format!("{file}: {}: {problem}", case.name));
            }
        }
    }
    println!("{count} cases; parsers without a real reader: {skipped:?}");
    assert!(count > 300, "only {count} cases");
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_trace_rule_has_cases() {
    for path in files_below(&rules_folder().join("trace"), ".yml") {
        let name = path.to_string_lossy().into_owned();
        // K-33 compares a text log with binary records; its cases are the tests below.
        if !name.ends_with(".test.yml") && !name.ends_with("login_record_mismatch.yml") {
            let cases = name.replace(".yml", ".test.yml");
            assert!(Path::new(&cases).exists(), "{cases} is missing");
        }
    }
}

/// A login record of wtmp or btmp, 384 bytes.
fn utmp(kind: i16, line: &str, user: &str, ip: [u8; 4], seconds: i64) -> Vec<u8> {
    let mut record = vec![0_u8; 384];
    let mut put = |at: usize, bytes: &[u8]| record[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &kind.to_le_bytes());
    put(4, &4_000_i32.to_le_bytes());
    put(8, line.as_bytes());
    put(44, user.as_bytes());
    put(76, std::net::Ipv4Addr::from(ip).to_string().as_bytes());
    put(340, &i32::try_from(seconds).expect("time").to_le_bytes());
    put(348, &ip);
    record
}

/// 2026-11-10T00:00:00Z.
const TENTH: i64 = NOW - 12 * 86_400;

fn accepted(hour: i64, user: &str) -> String {
    format!(
        "Nov 10 {hour:02}:00:00 web1 sshd[{}]: Accepted password for {user} from 192.0.2.10 port 50100 ssh2\n",
        4_000 + hour
    )
}

fn fired_on(files: &[(&str, &[u8])]) -> Fired {
    static SET: LazyLock<Arc<RuleSet>> = LazyLock::new(|| Arc::new(RuleSet::load(BUILTIN, &[]).0));
    let set = Arc::clone(&SET);
    let folder = tempfile::tempdir().expect("folder");
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).expect("input");
    }
    run(folder.path(), &set, &mut Front::new(&set)).0
}

/// K-33: cases of two files, one of them binary, which the form of `NAME.test.yml` cannot hold.
#[test]
fn login_records_that_contradict_each_other() {
    let home = [192, 0, 2, 10];
    let text: String = (1..12).map(|hour| accepted(hour, "alice")).collect();
    let wtmp = |hours: &mut dyn Iterator<Item = i64>| -> Vec<u8> {
        hours.flat_map(|hour| utmp(7, "pts/0", "alice", home, TENTH + hour * 3_600)).collect()
    };
    let whole = wtmp(&mut (1..12));
    let both = fired_on(&[("auth.log", text.as_bytes()), ("wtmp", &whole)]);
    assert!(!both.contains_key("login_record_mismatch"), "{both:?}");
    // Commands and file transfers leave nothing in wtmp: that alone is no sign.
    let thin = wtmp(&mut [1, 4, 11].into_iter());
    let thin = fired_on(&[("auth.log", text.as_bytes()), ("wtmp", &thin)]);
    assert!(!thin.contains_key("login_record_mismatch"), "{thin:?}");
    // A line was cut out of the text log.
    let cut: String = (1..12).filter(|hour| *hour != 5).map(|hour| accepted(hour, "alice")).collect();
    let cut = fired_on(&[("auth.log", cut.as_bytes()), ("wtmp", &whole)]);
    assert_eq!(cut.get("login_record_mismatch"), Some(&Some(Level::Medium)), "{cut:?}");
    // Logins after the text log ends are not compared.
    let short: String = (1..6).map(|hour| accepted(hour, "alice")).collect();
    let short = fired_on(&[("auth.log", short.as_bytes()), ("wtmp", &whole)]);
    assert!(!short.contains_key("login_record_mismatch"), "{short:?}");
}

/// K-33: all lines of one source were taken out of the text log, btmp still knows it.
#[test]
fn failures_that_only_btmp_knows() {
    let failed = |hour: i64, ip: &str| {
        format!(
            "Nov 10 {hour:02}:00:00 web1 sshd[{}]: Failed password for root from {ip} port 50100 ssh2\n",
            4_000 + hour
        )
    };
    let text: String = (1..12).map(|hour| failed(hour, "198.51.100.7")).collect();
    let mut btmp: Vec<u8> = (1..12)
        .flat_map(|hour| utmp(6, "ssh:notty", "root", [198, 51, 100, 7], TENTH + hour * 3_600))
        .collect();
    let same = fired_on(&[("auth.log", text.as_bytes()), ("btmp", &btmp)]);
    assert!(!same.contains_key("login_record_mismatch"), "{same:?}");
    for second in 0..5 {
        let strange = utmp(6, "ssh:notty", "root", [203, 0, 113, 5], TENTH + 4 * 3_600 + 60 + second);
        let at = 384 * 4;
        btmp.splice(at..at, strange);
    }
    let more = fired_on(&[("auth.log", text.as_bytes()), ("btmp", &btmp)]);
    assert_eq!(more.get("login_record_mismatch"), Some(&Some(Level::High)), "{more:?}");
}

/// A finding of the traces is raised when a guessing detector holds the login behind it for an entry.
#[test]
fn what_an_intruder_does_is_raised() {
    let mut log = String::new();
    for minute in 0..40 {
        log += &format!(
            "Nov 10 03:{minute:02}:0{} web1 sshd[{}]: Failed password for alice from 203.0.113.5 port 50100 ssh2\n",
            minute % 10,
            4_000 + minute
        );
    }
    log += "Nov 10 03:41:00 web1 sshd[4100]: Accepted password for alice from 203.0.113.5 port 50200 ssh2\n\
            Nov 10 03:42:00 web1 sudo[4200]:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/sbin/useradd -m -s /bin/bash support\n\
            Nov 10 03:42:01 web1 useradd[4201]: new user: name=support, UID=1005, GID=1005, home=/home/support, shell=/bin/bash, from=/dev/pts/0\n\
            Nov 10 03:43:00 web1 sudo[4300]:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/rm /var/log/wtmp\n\
            Nov 10 05:00:00 web1 sshd[4400]: Accepted password for support from 198.51.100.77 port 50300 ssh2\n";
    let fired = fired_on(&[("auth.log", log.as_bytes())]);
    for (rule, level) in [
        ("account_manipulation", Level::Critical),
        ("planted_account_use", Level::Critical),
        ("log_tampering", Level::Critical),
        ("privilege_misuse", Level::High),
    ] {
        assert_eq!(fired.get(rule), Some(&Some(level)), "{rule}: {fired:?}");
    }
}

/// The staged quiet traffic: nothing of the traces above informational.
#[test]
fn quiet_traffic_stays_quiet() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/quiet");
    let (set, _) = RuleSet::load(BUILTIN, &[]);
    let set = Arc::new(set);
    let (fired, events) = run(&folder, &set, &mut Front::new(&set));
    assert!(events > 100, "{events}");
    let loud: Vec<_> =
        fired.iter().filter(|(_, level)| level.is_some_and(|level| level > Level::Informational)).collect();
    assert!(loud.is_empty(), "{loud:?}");
}

/// Every rule about traces stands in the catalogue for people, and the catalogue names no rule that is not there.
#[test]
fn the_catalogue_names_every_trace_rule() {
    let text =
        std::fs::read_to_string(rules_folder().join("../docs/detection-catalogue.md")).expect("catalogue");
    let named: std::collections::BTreeSet<&str> = text
        .split('`')
        .filter(|word| {
            ["account/", "web/", "host/", "trace/", "windows/"].iter().any(|start| word.starts_with(start))
        })
        .collect();
    for (file, _) in
        BUILTIN.iter().filter(|(file, _)| file.starts_with("trace/") || file.starts_with("windows/"))
    {
        let name = file.strip_suffix(".yml").expect("rule file");
        assert!(named.contains(name), "docs/detection-catalogue.md does not name {name}");
    }
    for name in named {
        assert!(BUILTIN.iter().any(|(file, _)| file.strip_suffix(".yml") == Some(name)), "no rule {name}");
    }
}
