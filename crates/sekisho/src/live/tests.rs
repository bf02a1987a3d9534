use super::*;
use crate::pipeline::{self, Aim, Job, Places};
use crate::progress::Progress;
use collect::input::{Input, Limits};
use collect::stream::PlanSettings;
use ledger::Genesis;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const NOW: Timestamp = Timestamp(1_796_000_000_000_000);

fn rules() -> Arc<RuleSet> {
    Arc::new(RuleSet::load(detect::BUILTIN, &[]).0)
}

fn tokyo() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::fixed(jiff::tz::offset(9))
}

fn watch(folder: &Path, rules: &Arc<RuleSet>) -> Watch {
    watch_of("", folder, rules)
}

fn watch_of(host: &str, folder: &Path, rules: &Arc<RuleSet>) -> Watch {
    let genesis = Genesis { origin: "local/test".to_owned(), now: NOW, seed: [7; 32] };
    let ledger = Ledger::create(&folder.join("ledger"), genesis).expect("a ledger");
    Watch::begin(ledger, settings(host, rules), NOW).expect("begins")
}

fn settings(host: &str, rules: &Arc<RuleSet>) -> Settings {
    let host = if host.is_empty() {
        String::new()
    } else {
        let file = samples(host).join("../../etc/hostname");
        std::fs::read_to_string(file).expect("its name").trim().to_owned()
    };
    let (rules, context) = (Arc::clone(rules), Context::default());
    Settings { rules, context, zone: tokyo(), zone_assumed: false, host }
}

fn samples(host: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").join(host).join("var/log")
}

fn arrivals(files: &[PathBuf]) -> Vec<Arrival> {
    let mut all = Vec::new();
    for file in files {
        let bytes = std::fs::read(file).expect("a sample");
        let source: Arc<str> = file.display().to_string().into();
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let source = Arc::clone(&source);
            all.push(Arrival { way: Way::File, source, offset: None, line: None, bytes: line.to_vec() });
        }
    }
    all
}

/// What a finding says, without where its records are kept.
fn gist(finding: &Finding) -> String {
    format!(
        "{} {:?} {:?} {} {} {:?} {:?} {}",
        finding.rule.title,
        finding.key,
        (finding.first, finding.last),
        finding.attempts,
        finding.successes,
        finding.level,
        finding.kind,
        finding.evidence.len(),
    )
}

fn batch(files: &[PathBuf], rules: &Arc<RuleSet>) -> BTreeSet<String> {
    let settings = PlanSettings {
        limits: Limits::default(),
        timezone: Some(tokyo()),
        machine_zone: tokyo(),
        year: None,
        clock: NOW,
    };
    let inputs = files.iter().map(|file| Input::Path(file.clone())).collect();
    let job = Job {
        plan: collect::stream::plan(inputs, &settings),
        settings: &settings,
        rules,
        context: &Context::default(),
        keep: &mut Places::default(),
        aim: Aim::Report,
        progress: &Progress::on_terminal(true),
        threads: 1,
    };
    pipeline::run(job).expect("runs").findings.iter().map(gist).collect()
}

/// DT-COR-09: the same lines give the same findings, however they come in.
#[test]
fn live_finds_what_a_batch_finds() {
    let rules = rules();
    let mut found = 0;
    for (host, logs) in [
        ("stuffing", &["auth.log", "nginx/access.log"][..]),
        ("webattack", &["auth.log", "nginx/access.log"]),
        ("takeover", &["auth.log"]),
        ("quiet", &["auth.log", "nginx/access.log"]),
    ] {
        let files: Vec<PathBuf> = logs.iter().map(|log| samples(host).join(log)).collect();
        let expected = batch(&files, &rules);
        for step in [1_usize, 97, 100_000] {
            let folder = tempfile::tempdir().expect("folder");
            let mut watch = watch_of(host, folder.path(), &rules);
            let all = arrivals(&files);
            // One line at a time is slow with a sync for each; the first lines show what there is to show.
            let head = if step == 1 { 40 } else { 0 };
            for line in all.iter().take(head) {
                watch.take(vec![line.clone()], NOW).expect("taken");
            }
            for part in all.get(head..).unwrap_or_default().chunks(step.max(50)) {
                watch.take(part.to_vec(), NOW).expect("taken");
            }
            let judged = watch.judge(NOW);
            let live: BTreeSet<String> = judged.findings.iter().map(gist).collect();
            assert_eq!(live, expected, "{host}, {step} lines at a time");
            let ids: BTreeSet<&str> = judged.findings.iter().map(|finding| finding.id.as_str()).collect();
            assert_eq!(ids.len(), judged.findings.len(), "each finding has its own id");
            found += live.len();
        }
    }
    assert!(found > 30, "the samples hold attacks: {found}");
}

/// Asking changes nothing, and a finding keeps its id while it grows.
#[test]
fn what_was_found_can_be_asked_at_any_time() {
    let rules = rules();
    let files = [samples("stuffing").join("auth.log")];
    let folder = tempfile::tempdir().expect("folder");
    let mut watch = watch(folder.path(), &rules);
    let mut seen: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut lost = 0;
    for part in arrivals(&files).chunks(60) {
        watch.take(part.to_vec(), NOW).expect("taken");
        assert!(watch.has_news());
        let judged = watch.judge(NOW);
        assert!(!watch.has_news());
        lost += seen.keys().filter(|id| judged.findings.iter().all(|finding| finding.id != **id)).count();
        seen = judged.findings.iter().map(|finding| (finding.id.clone(), finding.last)).collect();
    }
    let live: BTreeSet<String> = watch.judge(NOW).findings.iter().map(gist).collect();
    assert_eq!(live, batch(&files, &rules));
    assert!(lost <= seen.len(), "ids that changed: {lost} of {}", seen.len());
    let quoted = watch.judge(NOW).findings.iter().flat_map(|f| f.evidence.clone()).any(|r| r.quote.is_some());
    assert!(quoted, "lines are quoted");
}

/// DT-COR-11: a restart neither forgets nor doubles.
#[test]
fn a_restart_goes_on_where_the_ledger_ends() {
    let rules = rules();
    let files = [samples("stuffing").join("auth.log")];
    let folder = tempfile::tempdir().expect("folder");
    let all = arrivals(&files);
    let (before, after) = all.split_at(all.len() / 2);
    let mut first = watch(folder.path(), &rules);
    for part in before.chunks(100) {
        first.take(part.to_vec(), NOW).expect("taken");
    }
    let position = first.position(&all[0].source);
    // No good-bye: as after a crash.
    drop(first);
    let ledger = folder.path().join("ledger");
    let mut past = Vec::new();
    let mut reader = ledger::Reader::open(&ledger).unwrap();
    let mut take = |run| {
        past.push(run);
        Ok(())
    };
    History::default().go_on(&mut reader, Timestamp(0), &mut take).expect("read back");
    let resume = ledger::Resume { now: NOW, seed: [7; 32], session: [9; 32] };
    let (open, _) = Ledger::open(&ledger, &resume).expect("opens");
    let mut second = Watch::begin(open, settings("", &rules), NOW).expect("begins");
    past.into_iter().for_each(|run| second.remember(run));
    assert_eq!(second.position(&all[0].source), position);
    for part in after.chunks(100) {
        second.take(part.to_vec(), NOW).expect("taken");
    }
    let live: BTreeSet<String> = second.judge(NOW).findings.iter().map(gist).collect();
    assert_eq!(live, batch(&files, &rules));
    second.close(None, Clock::Fixed(NOW)).expect("closes");
}

/// Rules loaded anew find, in what came before and in what comes after, what they would have found from the begin; sources
/// go on where they were.
#[test]
fn other_rules_take_over_while_lines_come_in() {
    let (few, all) = (Arc::new(RuleSet::load(&[], &[]).0), rules());
    let files = [samples("stuffing").join("auth.log"), samples("stuffing").join("nginx/access.log")];
    let folder = tempfile::tempdir().expect("folder");
    let mut watch = watch_of("stuffing", folder.path(), &few);
    let lines = arrivals(&files);
    let parts: Vec<&[Arrival]> = lines.chunks(lines.len() / 4 + 1).collect();
    watch.take(parts[0].to_vec(), NOW).expect("taken");
    let states: Vec<SourceState> = watch.sources().collect();
    let mut sight = Sight::new(settings("stuffing", &all), &states, NOW);
    let mut history = History::default();
    for part in [1, 2] {
        // Read while the watch goes on.
        let mut reader = ledger::Reader::open(&folder.path().join("ledger")).expect("opens");
        let mut take = |past| {
            sight.remember(past);
            Ok(())
        };
        assert_eq!(history.go_on(&mut reader, Timestamp(0), &mut take).expect("read"), 0);
        if part == 1 {
            watch.take(parts[part].to_vec(), NOW).expect("taken");
        }
    }
    let before: Vec<SourceState> = watch.sources().collect();
    watch.look_with(sight);
    assert!(watch.has_news());
    let counted = |states: Vec<SourceState>| -> Vec<_> {
        states.into_iter().map(|state| (state.rank, state.name, state.lines, state.first_seen)).collect()
    };
    assert_eq!(counted(before), counted(watch.sources().collect()));
    for part in &parts[2..] {
        watch.take(part.to_vec(), NOW).expect("taken");
    }
    let live: BTreeSet<String> = watch.judge(NOW).findings.iter().map(gist).collect();
    assert_eq!(live, batch(&files, &all));
    assert!(!live.is_empty());
}

/// Lines of no known format are sealed all the same, and counted.
#[test]
fn unknown_lines_are_kept_and_counted() {
    let rules = rules();
    let folder = tempfile::tempdir().expect("folder");
    let mut watch = watch(folder.path(), &rules);
    let line = |text: &str| Arrival {
        way: Way::Syslog,
        source: "syslog/192.0.2.1".into(),
        offset: None,
        line: None,
        bytes: text.as_bytes().to_vec(),
    };
    for _ in 0..40 {
        watch.take(vec![line(&"?".repeat(1_000))], NOW).expect("taken");
    }
    let state = watch.sources().next().expect("a source");
    assert_eq!((state.lines, state.format), (40, ""));
    assert!(state.unread > 20, "{}", state.unread);
    watch
        .take(
            vec![line(
                "<38>Nov 28 02:00:01 web01 sshd[7]: Failed password for root from 192.0.2.1 port 22 ssh2",
            )],
            NOW,
        )
        .expect("taken");
    let state = watch.sources().next().expect("a source");
    assert_eq!((state.format, state.events), ("syslog", 1));
    let text = serde_json::json!({ "deed": "test" });
    watch.deed(EntryKind::Record, &text, NOW).expect("written");
    watch.checkpoint(NOW).expect("signed");
    assert!(watch.size() > 41);
}
