//! `sekisho ledger verify`: every byte of a ledger checked; what is wrong, where, since when.

use crate::output::terminal::safe;
use anyhow::Context as _;
use clap::Args;
use ledger::{Policy, Property, PropertyState, VerifyOptions, VerifyReport};
use serde_json::json;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use vocab::Message;
use web::{Catalog, Lang};

/// `sekisho ledger verify`.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// Folder of the ledger
    ledger: PathBuf,
    /// Log key from a source you trust, e.g. the printed report
    #[arg(long)]
    key: Option<String>,
    /// Signed head from elsewhere (an older report, a bundle); may be given several times
    #[arg(long, value_name = "FILE")]
    head: Vec<PathBuf>,
    /// Identity file of a role holder (age): also open what is sealed to it; may be given several times
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// Who has to have cosigned (C2SP tlog-policy), from a file kept outside the ledger; a quorum not met is a failure
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Fail also when no witness has cosigned and the policy asks for none
    #[arg(long)]
    require_witness: bool,
    /// Compare blocks with their digests only, without opening the records
    #[arg(long)]
    digests_only: bool,
    /// Print JSON also on a terminal
    #[arg(long)]
    json: bool,
    /// Language [default: from the environment, else ja]
    #[arg(long, value_enum)]
    lang: Option<crate::cli::LangArg>,
}

/// Verifies and prints. Exit code 1 when something does not hold (LG-VER-04).
pub(super) fn run(args: &VerifyArgs) -> anyhow::Result<u8> {
    const NOTE_BYTES_MAX: usize = 64 << 10;
    const POLICY_BYTES_MAX: usize = 256 << 10;
    let mut options =
        VerifyOptions { open: !args.digests_only, log_key: args.key.clone(), ..VerifyOptions::default() };
    for path in &args.head {
        let note = crate::inputs::read_text(path, NOTE_BYTES_MAX)?;
        options.heads.push((path.display().to_string(), note));
    }
    options.identities = super::keys::identities(&args.identity)?;
    if let Some(path) = &args.policy {
        let text = crate::inputs::read_text(path, POLICY_BYTES_MAX)?;
        let policy = Policy::parse(&text).with_context(|| format!("{} is no policy", path.display()))?;
        options.policy = Some(policy);
    }
    let report = ledger::verify(&args.ledger, &options)
        .with_context(|| format!("cannot verify {}", args.ledger.display()))?;
    let mut out = std::io::stdout().lock();
    let written = if args.json || !std::io::stdout().is_terminal() {
        let bytes = serde_json::to_vec_pretty(&document(&report)).context("cannot write JSON")?;
        out.write_all(&bytes).and_then(|()| out.write_all(b"\n"))
    } else {
        let lang = args.lang.map_or_else(crate::clock::language, Lang::from);
        let catalog = Catalog::new(lang, crate::clock::Clock::System.zone());
        lines(&report, &catalog).iter().try_for_each(|line| writeln!(out, "{}", safe(line, 400)))
    };
    written.context("cannot write to standard output")?;
    let unwitnessed = args.require_witness && report.witnessed.is_none();
    Ok(u8::from(!report.holds() || unwitnessed))
}

fn document(report: &VerifyReport) -> serde_json::Value {
    let failures: Vec<_> = report
        .failures
        .iter()
        .map(|failure| {
            json!({
                "code": failure.code.as_str(),
                "file": failure.file.display().to_string(),
                "index": failure.index,
                "offset": failure.offset,
                "since": failure.since,
                "stream": failure.stream,
                "what": failure.what,
            })
        })
        .collect();
    let warnings: Vec<_> =
        report.warnings.iter().map(|one| json!({ "code": one.code.as_str(), "what": one.what })).collect();
    let properties: serde_json::Map<String, serde_json::Value> = report
        .properties()
        .iter()
        .map(|(property, state)| (property_name(*property).to_owned(), state_name(*state).into()))
        .collect();
    json!({
        "schema_version": 1,
        "holds": report.holds(),
        "origin": report.origin,
        "log_key": report.verifier_key,
        "entries": report.entries,
        "records": report.records,
        "blocks": report.blocks,
        "segments": report.segments,
        "payloads": {
            "present": report.payloads.present,
            "withheld": report.payloads.withheld,
            "destroyed": report.payloads.destroyed,
        },
        "root": hex::encode(report.root),
        "checkpoint": report.checkpoint.map(|(size, root)| json!({ "size": size, "root": hex::encode(root) })),
        "last_time": report.last_time,
        "last_seal": report.last_seal.map(|(epoch, time)| json!({ "epoch": epoch, "time": time })),
        "closed": report.closed,
        "witnessed": report.witnessed.as_ref().map(|(size, by)| json!({ "size": size, "by": by })),
        "properties": properties,
        "failures": failures,
        "failures_left_off": report.failures_left_off,
        "warnings": warnings,
    })
}

fn lines(report: &VerifyReport, catalog: &Catalog) -> Vec<String> {
    let verdict = Message::new(if report.holds() { "lv-summary-holds" } else { "lv-summary-fails" })
        .with("entries", report.entries)
        .with("records", report.records);
    let mut lines =
        vec![catalog.render(&verdict), format!("  {} {}", report.origin, hex::encode(report.root))];
    for (property, state) in report.properties() {
        let name = catalog.text(&format!("lv-property-{}", property_name(property)));
        lines.push(format!("  {name}: {}", catalog.text(&format!("lv-state-{}", state_name(state)))));
    }
    let payloads = Message::new("lv-payloads")
        .with("present", report.payloads.present)
        .with("withheld", report.payloads.withheld)
        .with("destroyed", report.payloads.destroyed);
    lines.push(format!("  {}", catalog.render(&payloads)));
    if let Some((size, by)) = &report.witnessed {
        let message = Message::new("lv-witnessed").with("size", *size).with("names", by.join(", "));
        lines.push(format!("  {}", catalog.render(&message)));
    }
    for failure in &report.failures {
        let (meaning, place) = (catalog.render(&failure.code.message()), catalog.render(&failure.place()));
        lines.push(format!("  {}: {meaning} {place}", failure.code.as_str()));
    }
    for warning in &report.warnings {
        lines.push(format!("  {}: {}", warning.code.as_str(), catalog.render(&warning.code.message())));
    }
    lines
}

const fn property_name(property: Property) -> &'static str {
    match property {
        Property::Alteration => "alteration",
        Property::Deletion => "deletion",
        Property::Destruction => "destruction",
        Property::Leak => "leak",
    }
}

const fn state_name(state: PropertyState) -> &'static str {
    match state {
        PropertyState::Holds => "holds",
        PropertyState::Broken => "broken",
        PropertyState::Unprotected => "unprotected",
        PropertyState::Partly => "partly",
    }
}
