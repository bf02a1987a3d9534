//! `sekisho investigate`: from logs to a report.

use crate::cli::Investigate;
use crate::clock::{self, Clock};
use crate::inputs::{self, Prepared};
use crate::pipeline::{self, Aim, Job, Outcome, Seal, Sealed};
use crate::progress::Progress;
use crate::report::{self, Folder, Given, Tongues};
use crate::tally;
use anyhow::Context as _;
use casework::Incident;
use serde_json::json;
use std::io::Write as _;
use std::path::PathBuf;
use vocab::{Context, Message, Timestamp};
use web::{Catalog, Lang};

/// Runs the command; 3 when a finding is at or above `--fail-on`.
pub(crate) fn run(args: &Investigate) -> anyhow::Result<u8> {
    let clock = args.reading.deterministic.map_or(Clock::System, Clock::Fixed);
    let watch = clock.stopwatch();
    let lang = args.lang.map_or_else(clock::language, Lang::from);
    let recipients = super::ledger::recipients(&args.seal_to)?;
    let prepared = inputs::prepare(&args.reading, clock, true)?;
    super::warn_refused(&prepared.loaded);
    let folder = Folder::open(&args.out.clone().unwrap_or_else(|| default_folder(clock)))?;
    let progress = Progress::on_terminal(args.quiet);

    let Prepared { plan, settings, context, rules, loaded, assumed } = prepared;
    let mut seal = Seal::create(&folder.ledger_partial(), clock, &recipients)?;
    seal.describe(&description(args, loaded.loaded, &context))?;
    let job = Job {
        plan,
        settings: &settings,
        rules: &rules,
        context: &context,
        keep: &mut seal,
        aim: Aim::Report,
        progress: &progress,
        threads: args.reading.threads(),
    };
    let outcome = pipeline::run(job);
    progress.clear();
    let mut outcome = outcome?;
    let sealed = seal.close()?;
    pipeline::fill_quotes(
        &folder.ledger_partial(),
        sealed.keys.as_ref(),
        &outcome.words,
        &mut outcome.findings,
    )?;
    let made = clock.now();
    let incidents =
        casework::incidents(&outcome.findings, casework::Given { context: &context, clock: made });
    let worst = outcome.findings.iter().map(|finding| finding.level).max();

    let zone = settings.timezone.clone().unwrap_or_else(|| settings.machine_zone.clone());
    let run = Run { outcome, incidents, context, sealed, made, assumed };
    let elapsed_seconds = (watch.seconds() * 1_000.0).round() / 1_000.0;
    write(&folder, run, &loaded, elapsed_seconds, lang, &zone)?;
    Ok(super::exit_code(worst, args.fail_on))
}

/// What a run gave, ready to be written.
struct Run {
    outcome: Outcome,
    incidents: Vec<Incident>,
    context: Context,
    sealed: Sealed,
    made: Timestamp,
    assumed: Vec<Message>,
}

/// Writes all files and the summary on the terminal.
fn write(
    folder: &Folder,
    run: Run,
    rules: &detect::rule::LoadReport,
    elapsed_seconds: f64,
    lang: Lang,
    zone: &jiff::tz::TimeZone,
) -> anyhow::Result<()> {
    let (ja, en) = (Catalog::new(Lang::Ja, zone.clone()), Catalog::new(Lang::En, zone.clone()));
    let tongues = Tongues { ja: &ja, en: &en };
    let catalog = if lang == Lang::Ja { &ja } else { &en };
    let Run { mut outcome, mut incidents, context, sealed, made, assumed } = run;
    let sorted = tally::Sorted::of(&outcome.tally);
    let ways = tally::graph(&sorted, &outcome.findings);
    let given = Given {
        outcome: &outcome,
        sorted: &sorted,
        ways: &ways,
        incidents: &incidents,
        rules,
        context: &context,
        ledger: &sealed,
        made,
        elapsed_seconds,
        assumed: &assumed,
    };
    let page =
        web::report::html(&report::view(&given), &incidents, catalog).context("cannot make the page")?;
    let table = report::timeline(&incidents, catalog);
    let (logons, events) = (tally::logons_table(&sorted), tally::events_table(&sorted));
    let summary = report::summary_document(&given, tongues)?;
    let said = report::said(&given, folder.path(), catalog);
    folder.keep_ledger()?;
    folder.write("findings.jsonl", |out| report::findings_lines(out, &mut outcome.findings, tongues))?;
    folder.write("incidents.json", |out| report::incidents_document(out, &mut incidents, tongues))?;
    folder.write("timeline.csv", |out| out.write_all(&table))?;
    folder.write("logons.csv", |out| out.write_all(&logons))?;
    folder.write("events.csv", |out| out.write_all(&events))?;
    folder.write("unread.jsonl", |out| report::unread_lines(out, outcome.unread))?;
    folder.write("report.html", |out| out.write_all(page.as_bytes()))?;
    folder.write("summary.json", |out| out.write_all(&summary))?;
    std::io::stdout().lock().write_all(said.as_bytes()).context("cannot write to standard output")
}

/// How the run was asked for, for the ledger.
fn description(args: &Investigate, rules: usize, context: &Context) -> serde_json::Value {
    let paths: Vec<String> = args.reading.paths.iter().map(|path| path.display().to_string()).collect();
    json!({
        "command": "investigate",
        "version": env!("CARGO_PKG_VERSION"),
        "inputs": paths,
        "rules": rules,
        "timezone": args.reading.timezone,
        "year": args.reading.year,
        "accounts": context.accounts.len(),
        "assets": context.assets.len(),
        "networks": context.networks.len(),
        "repudiated": context.repudiations,
        "places": context.places.is_given(),
    })
}

fn default_folder(clock: Clock) -> PathBuf {
    let now = jiff::Timestamp::from_microsecond(clock.now().0).unwrap_or_default();
    PathBuf::from(now.to_zoned(clock.zone()).strftime("sekisho-report-%Y%m%d-%H%M%S").to_string())
}
