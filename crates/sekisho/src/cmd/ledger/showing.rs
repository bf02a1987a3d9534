//! Showing payloads with a purpose, and redacted copies.

use super::handing::{Handed, Handing};
use super::keys::identities;
use super::{view, write};
use crate::clock::Clock;
use crate::error::Usage;
use crate::output::terminal::safe;
use anyhow::Context as _;
use clap::Args;
use ledger::{Choice, Opening, Reader};
use serde_json::json;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use vocab::LedgerIndex;

/// How sealed payloads are opened.
#[derive(Args, Clone, Debug)]
pub(crate) struct Unsealing {
    /// File with the secret of the ledger: needed for sealed payloads, because the read is entered first
    #[arg(long, value_name = "FILE")]
    secret: Option<PathBuf>,
    /// Identity file of a role holder (age); may be given several times
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// File with keys of the past that `ledger grant` wrote for you; may be given several times
    #[arg(long, value_name = "FILE", requires = "identity")]
    granted: Vec<PathBuf>,
    /// Why: incident, audit, court, police, person-request, operations, controls or disclosure
    #[arg(long, value_name = "CODE")]
    purpose: Option<String>,
    /// Case number
    #[arg(long, value_name = "NO")]
    case: Option<String>,
}

impl Unsealing {
    fn handing(&self) -> Handing {
        let Self { secret, purpose, case, .. } = self.clone();
        Handing { secret, purpose, case, recipient: String::new() }
    }
}

/// `sekisho ledger show`.
#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Folder of the ledger
    pub(super) ledger: PathBuf,
    /// Indices of entries
    #[arg(required = true)]
    index: Vec<u64>,
    /// Only these records of a bulk entry; may be given several times
    #[arg(long, value_name = "NO", conflicts_with = "part")]
    record: Vec<u32>,
    /// Only these parts or fields; may be given several times
    #[arg(long, value_name = "NAME")]
    part: Vec<String>,
    /// Print opening documents, which can be checked without the ledger
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    opening: Unsealing,
}

/// `sekisho ledger redact`.
#[derive(Args, Debug)]
pub(crate) struct RedactArgs {
    /// Folder of the ledger
    pub(super) ledger: PathBuf,
    /// Folder for the copy; must not exist yet
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// What to disclose: INDEX, INDEX:RECORD,RECORD or INDEX/PART,PART; may be given several times
    #[arg(long, value_name = "WHAT", value_parser = what)]
    open: Vec<(u64, ChoiceArg)>,
    #[command(flatten)]
    opening: Unsealing,
}

/// A choice as clap keeps it.
#[derive(Clone, Debug)]
pub(crate) struct ChoiceArg(Choice);

fn what(text: &str) -> Result<(u64, ChoiceArg), String> {
    let wrong = || "expected INDEX, INDEX:RECORD,RECORD or INDEX/PART,PART".to_owned();
    let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
    if let Some((index, records)) = text.split_once(':') {
        let records: Result<Vec<u32>, _> = records.split(',').map(str::parse).collect();
        return Ok((number(index)?, ChoiceArg(Choice::Records(records.map_err(|_| wrong())?))));
    }
    match text.split_once('/') {
        Some((index, parts)) => {
            Ok((number(index)?, ChoiceArg(Choice::Parts(parts.split(',').map(str::to_owned).collect()))))
        }
        None => Ok((number(text)?, ChoiceArg(Choice::All))),
    }
}

/// Shows entries.
pub(super) fn show(args: &ShowArgs) -> anyhow::Result<u8> {
    let choice = match (args.record.is_empty(), args.part.is_empty()) {
        (false, _) => Choice::Records(args.record.clone()),
        (_, false) => Choice::Parts(args.part.clone()),
        _ => Choice::All,
    };
    let wanted: Vec<(u64, Choice)> = args.index.iter().map(|index| (*index, choice.clone())).collect();
    let openings = open(&args.ledger, &args.opening, &wanted)?;
    let mut out = std::io::stdout().lock();
    for opening in &openings {
        let written = if args.json {
            let text = serde_json::to_string(opening).context("cannot write JSON")?;
            writeln!(out, "{text}")
        } else {
            lines(opening).iter().try_for_each(|line| writeln!(out, "{}", safe(line, usize::MAX)))
        };
        written.context("cannot write to standard output")?;
    }
    Ok(0)
}

/// An entry for people: its header, then what is disclosed.
fn lines(opening: &Opening) -> Vec<String> {
    use base64::Engine as _;
    let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
    let mut lines = vec![format!("{} {}", opening.index, opening.origin)];
    for part in &opening.parts {
        lines.push(format!("  {}: {}", part.p, part.v));
    }
    if let Some(run) = &opening.run {
        if let Some(head) = &run.head {
            lines.push(format!("  {} ({})", head.file, head.records));
        }
        for record in &run.records {
            lines.push(format!(
                "  {}:{} {}",
                record.no,
                record.line,
                String::from_utf8_lossy(&decode(&record.bytes))
            ));
        }
    }
    lines
}

/// Writes a redacted copy.
pub(super) fn redact(args: &RedactArgs) -> anyhow::Result<u8> {
    let wanted: Vec<(u64, Choice)> =
        args.open.iter().map(|(index, choice)| (*index, choice.0.clone())).collect();
    let openings = open(&args.ledger, &args.opening, &wanted)?;
    let head = Reader::open(&args.ledger)
        .and_then(|reader| reader.checkpoint())
        .with_context(|| format!("cannot read {}", args.ledger.display()))?;
    if let Some(head) = head {
        let indices: Vec<u64> = wanted.iter().map(|(index, _)| *index).collect();
        let handed = Handed {
            what: "redacted",
            digest: head.root,
            range: (0, head.size.saturating_sub(1)),
            entries: head.size,
            indices: &json!({ "opened": indices }),
        };
        args.opening.handing().enter(&args.ledger, &handed, Clock::System)?;
    }
    let made = ledger::redact(&args.ledger, &args.to, &openings)
        .with_context(|| format!("cannot write a redacted copy to {}", args.to.display()))?;
    view::show(&json!({ "blocks": made.blocks, "openings": made.openings, "segments": made.segments }))
}

/// Opens what is wanted. Where a payload is sealed, the read is entered and durable before anything is opened (LG-AUD-03).
fn open(folder: &Path, how: &Unsealing, wanted: &[(u64, Choice)]) -> anyhow::Result<Vec<Opening>> {
    let name = || format!("cannot read {}", folder.display());
    let mut reader = Reader::open(folder).with_context(name)?;
    let mut sealed = false;
    for (index, choice) in wanted {
        match reader.opening(LedgerIndex(*index), choice) {
            Err(ledger::Error::Sealed { .. }) => sealed = true,
            other => drop(other.with_context(name)?),
        }
    }
    if sealed {
        let needs = |what: &str| {
            Usage::error(
                format!("the payload is sealed; {what} is missing"),
                "reading it is written down first: give --secret, --purpose and --case",
            )
        };
        let secret = how.secret.as_ref().ok_or_else(|| needs("--secret"))?;
        let purpose = how.purpose.as_deref().ok_or_else(|| needs("--purpose"))?;
        let case = how.case.as_deref().ok_or_else(|| needs("--case"))?;
        let identities = identities(&how.identity)?;
        let clock = Clock::System;
        let mut writer = write::open(folder, secret, clock)?;
        let indices: Vec<u64> = wanted.iter().map(|(index, _)| *index).collect();
        let holders: Vec<String> = identities.iter().map(|one| format!("{one:?}")).collect();
        let what = json!({ "choice": format!("{:?}", wanted.first().map(|(_, choice)| choice)), "indices": indices, "with": holders });
        let read = writer.record_read(purpose, case, &what, clock.now());
        write::finish(writer, clock, read, "cannot enter the read")?;
        reader = Reader::open(folder).with_context(name)?;
        super::grant::use_files(&mut reader, &how.granted, &identities)?;
        reader.add_identities(identities);
        reader.use_online_copy(&write::read_secret(secret)?).with_context(name)?;
    }
    let opened = wanted.iter().map(|(index, choice)| reader.opening(LedgerIndex(*index), choice));
    opened.collect::<Result<_, _>>().with_context(name)
}
