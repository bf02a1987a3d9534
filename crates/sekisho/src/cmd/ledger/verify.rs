//! `sekisho ledger verify`: every byte of a ledger checked; what is wrong, where, since when.

use super::living;
use crate::clock::Clock;
use crate::error::Usage;
use crate::output::terminal::safe;
use crate::progress::Progress;
use anyhow::Context as _;
use clap::Args;
use ledger::{Extent, Policy, Property, PropertyState, SEED_BYTES_MAX, Sample, VerifyOptions, VerifyReport};
use serde_json::json;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use vocab::Message;
use web::{Catalog, Lang};

/// Longest signed head that is read.
const NOTE_BYTES_MAX: usize = 64 << 10;

/// `sekisho ledger verify`.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// Folder of the ledger
    pub(super) ledger: PathBuf,
    /// Log key from a source you trust, e.g. the printed report: the first one, or a later one
    #[arg(long)]
    key: Option<String>,
    /// Public root key from a source you trust: it has to have signed the log key in force
    #[arg(long, value_name = "KEY", value_parser = super::log_keys::public)]
    root: Option<[u8; 32]>,
    /// Revocation of a log key that you were given (`ledger keys revoke`); may be given several times
    #[arg(long, value_name = "FILE")]
    revocation: Vec<PathBuf>,
    /// Signed head from elsewhere (an older report, a bundle); may be given several times
    #[arg(long, value_name = "FILE")]
    head: Vec<PathBuf>,
    /// Identity file of a role holder (age): also open what is sealed to it; may be given several times
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// Who has to have cosigned (C2SP tlog-policy), from a file kept outside the ledger; a quorum not met is a failure
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Certificates of time-stamp authorities that you trust (PEM): tokens beside the ledger have to lead to one
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
    /// Fail also when no witness has cosigned and the policy asks for none
    #[arg(long)]
    require_witness: bool,
    /// Compare blocks with their digests only, without opening the records
    #[arg(long)]
    digests_only: bool,
    /// Read whole batches only from here on: a number of entries, a file with a signed head, or a date; of earlier
    /// batches the entries are still hashed and every root compared
    #[arg(long, value_name = "SIZE|FILE|DATE")]
    since: Option<String>,
    /// Read only so many batches as a whole, drawn at random
    #[arg(long, value_name = "N")]
    sample: Option<u64>,
    /// Words that the draw follows from, to repeat it [default: random]
    #[arg(long, requires = "sample", value_name = "TEXT")]
    seed: Option<String>,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
    /// Print JSON also on a terminal
    #[arg(long)]
    json: bool,
    /// Language [default: from the environment, else ja]
    #[arg(long, value_enum)]
    lang: Option<crate::cli::LangArg>,
}

/// Verifies and prints. Exit code 1 when something does not hold (LG-VER-04).
///
/// For the address of a store, what the store holds is read anew and verified, not what this computer keeps of it.
pub(super) fn run(mut args: VerifyArgs, settings: Option<&Path>) -> anyhow::Result<u8> {
    let Some(living) = living::at(&args.ledger, settings)? else {
        args.ledger = living::arrive(&args.ledger, settings)?;
        return verify(&args);
    };
    let fresh = tempfile::tempdir().context("cannot make a temporary folder")?;
    args.ledger = fresh.path().join("ledger");
    living.fetch(&args.ledger, args.quiet)?;
    verify(&args)
}

fn verify(args: &VerifyArgs) -> anyhow::Result<u8> {
    const POLICY_BYTES_MAX: usize = 256 << 10;
    let mut options =
        VerifyOptions { open: !args.digests_only, log_key: args.key.clone(), ..VerifyOptions::default() };
    for path in &args.head {
        let note = crate::inputs::read_text(path, NOTE_BYTES_MAX)?;
        options.heads.push((path.display().to_string(), note));
    }
    options.root_key = args.root;
    for path in &args.revocation {
        options.statements.push((path.display().to_string(), super::log_keys::load(path)?));
    }
    options.identities = super::keys::identities(&args.identity)?;
    options.authorities = args.authority.as_deref().map(super::timestamp::authorities).transpose()?;
    if let Some(path) = &args.policy {
        let text = crate::inputs::read_text(path, POLICY_BYTES_MAX)?;
        let policy = Policy::parse(&text).with_context(|| format!("{} is no policy", path.display()))?;
        options.policy = Some(policy);
    }
    choose_part(args, &mut options)?;
    let progress = Progress::on_terminal(args.quiet);
    let total = std::fs::read_dir(args.ledger.join("segments"))
        .map(|items| items.filter_map(|item| item.ok()?.metadata().ok()).map(|data| data.len()).sum())
        .unwrap_or(0);
    progress.total(Some(total));
    let mut shown = 0;
    let mut advance = |passed: u64| {
        progress.add(passed.saturating_sub(shown));
        shown = passed;
    };
    let report = ledger::verify_with(&args.ledger, &options, &mut advance)
        .with_context(|| format!("cannot verify {}", args.ledger.display()))?;
    progress.clear();
    let mut out = std::io::stdout().lock();
    let written = if args.json || !std::io::stdout().is_terminal() {
        let bytes = serde_json::to_vec_pretty(&document(&report)).context("cannot write JSON")?;
        out.write_all(&bytes).and_then(|()| out.write_all(b"\n"))
    } else {
        let lang = args.lang.map_or_else(crate::clock::language, Lang::from);
        let catalog = Catalog::new(lang, Clock::System.zone());
        lines(&report, &catalog).iter().try_for_each(|line| writeln!(out, "{}", safe(line, 400)))
    };
    written.context("cannot write to standard output")?;
    let unwitnessed = args.require_witness && report.witnessed.is_none();
    Ok(u8::from(!report.holds() || unwitnessed))
}

/// `--since` and `--sample`: which batches are read as a whole.
fn choose_part(args: &VerifyArgs, options: &mut VerifyOptions) -> anyhow::Result<()> {
    if let Some(text) = &args.since {
        options.since = Some(place(&args.ledger, text, &mut options.heads)?);
    }
    if let Some(frames) = args.sample {
        let seed = match &args.seed {
            Some(seed) if seed.len() <= SEED_BYTES_MAX => seed.clone(),
            Some(_) => {
                let hint = format!("at most {SEED_BYTES_MAX} bytes");
                return Err(Usage::error("the seed is too long", &hint));
            }
            None => hex::encode(Clock::System.random()?.get(..8).unwrap_or_default()),
        };
        options.sample = Some(Sample { seed, frames });
    }
    Ok(())
}

/// A number of entries, a file with a signed head (which is compared too), or a point in time.
pub(super) fn place(folder: &Path, text: &str, heads: &mut Vec<(String, String)>) -> anyhow::Result<u64> {
    let path = Path::new(text);
    if let Ok(size) = text.parse() {
        return Ok(size);
    }
    if path.is_file() {
        let note = crate::inputs::read_text(path, NOTE_BYTES_MAX)?;
        let size = note.lines().nth(1).and_then(|size| size.parse().ok());
        heads.push((path.display().to_string(), note));
        return size.with_context(|| format!("{} is no signed head: its second line names a size", text));
    }
    let Some(time) = crate::record::moment(text, &Clock::System.zone(), false) else {
        let hint = "give a number of entries, a file with a signed head, or a date such as 2026-11-20";
        return Err(Usage::error(format!("{text:?} names no place in a ledger"), hint));
    };
    // Where entries cannot be read, everything is.
    Ok(ledger::size_at(folder, time).unwrap_or(0))
}

fn extent_document(extent: &Extent) -> serde_json::Value {
    let sample = extent.sample.as_ref().map(|(sample, all)| {
        json!({
            "seed": sample.seed,
            "drawn": sample.frames.min(*all),
            "of": all,
            "confidence_percent": 95,
            "damaged_max": extent.damaged_max(),
        })
    });
    json!({ "frames": extent.frames, "read": extent.read, "since": extent.since, "sample": sample })
}

/// What was read, and what follows from a sample, in words.
fn extent_lines(extent: &Extent, holds: bool, catalog: &Catalog) -> Vec<String> {
    let read = Message::new("lv-extent")
        .with("read", extent.read)
        .with("frames", extent.frames)
        .with("since", extent.since.to_string());
    let mut lines = vec![format!("  {}", catalog.render(&read))];
    if let (Some((sample, all)), Some(damaged), true) = (&extent.sample, extent.damaged_max(), holds) {
        let message = Message::new("lv-sample")
            .with("drawn", sample.frames.min(*all))
            .with("of", *all)
            .with("seed", sample.seed.clone())
            .with("damaged", damaged);
        lines.push(format!("  {}", catalog.render(&message)));
    }
    lines
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
        "log_keys": super::log_keys::document(&report.log_keys, report.entries),
        "signed_heads": report.signed_heads.iter().map(|one| {
            json!({ "key": one.key, "count": one.count, "from": one.sizes.0, "to": one.sizes.1 })
        }).collect::<Vec<_>>(),
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
        "stamped": report.stamped.map(|(size, time)| json!({ "size": size, "time": time })),
        "extent": report.extent.as_ref().map(extent_document),
        "properties": properties,
        "failures": failures,
        "failures_left_off": report.failures_left_off,
        "warnings": warnings,
    })
}

fn lines(report: &VerifyReport, catalog: &Catalog) -> Vec<String> {
    let whole = report.extent.as_ref().is_none_or(|extent| extent.read >= extent.frames);
    let verdict = match (report.holds(), whole) {
        (true, true) => "lv-summary-holds",
        (true, false) => "lv-summary-part-holds",
        (false, _) => "lv-summary-fails",
    };
    let verdict = Message::new(verdict).with("entries", report.entries).with("records", report.records);
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
    lines.extend(key_lines(report, catalog));
    if let Some((size, time)) = report.stamped {
        let message = Message::new("lv-stamped").with("size", size).with("time", time);
        lines.push(format!("  {}", catalog.render(&message)));
    }
    if let Some(extent) = &report.extent {
        lines.extend(extent_lines(extent, report.holds(), catalog));
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

/// Which log key signed which heads, and what a revocation leaves unproven; nothing for a ledger with one key.
fn key_lines(report: &VerifyReport, catalog: &Catalog) -> Vec<String> {
    let keys = report.log_keys.all();
    if keys.len() < 2 && keys.iter().all(|key| key.revoked.is_none()) {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for key in keys {
        let heads = report.signed_heads.iter().find(|one| one.key == key.number);
        let (count, from, to) = heads.map_or((0, 0, 0), |one| (one.count, one.sizes.0, one.sizes.1));
        let line = Message::new("lv-log-key")
            .with("number", key.number)
            .with("count", count)
            .with("from", from.to_string())
            .with("to", to.to_string());
        lines.push(format!("  {}", catalog.render(&line)));
        let Some(revoked) = &key.revoked else { continue };
        let id = if revoked.since.is_some() { "lv-log-key-revoked-since" } else { "lv-log-key-revoked" };
        let mut line = Message::new(id)
            .with("reason", Message::new(format!("lv-reason-{}", revoked.reason)))
            .with("from", revoked.from.to_string());
        if let Some(since) = revoked.since {
            line = line.with("since", since);
        }
        lines.push(format!("    {}", catalog.render(&line)));
        if let Some((first, last)) = key.unproven(report.entries) {
            let line = Message::new("lv-unproven-range")
                .with("first", first.to_string())
                .with("last", last.to_string());
            lines.push(format!("    {}", catalog.render(&line)));
        }
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
