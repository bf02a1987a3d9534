//! Opens a case file and the incident that it names.

use crate::error::{Hinted, Usage};
use anyhow::Context as _;
use casework::assistance::{Advice, Step};
use casework::dossier::catalogue::catalogue;
use casework::dossier::{Dossier, FACTS_BYTES_MAX, Facts, Seen};
use casework::obligation::Note;
use casework::ruling::{self, Decision, Ruling, Statement};
use forms::Substitute;
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Largest `incidents.json` that is read, bytes.
const INCIDENTS_BYTES_MAX: usize = 512 << 20;
/// Version of the case file.
pub(super) const VERSION: i64 = 1;
/// What a case file holds beside facts.
const OTHERS: [&str; 8] =
    ["schema_version", "case", "obligation", "step", "advice", "statement", "verdict", "substitute"];

#[derive(Deserialize)]
struct CaseFile {
    #[serde(default)]
    schema_version: i64,
    case: Header,
    #[serde(default)]
    obligation: Vec<Note>,
    #[serde(default)]
    step: Vec<Step>,
    #[serde(default)]
    advice: Vec<Advice>,
    #[serde(default)]
    statement: Vec<Statement>,
    #[serde(default)]
    verdict: Vec<Decision>,
    #[serde(default)]
    substitute: Vec<Substitute>,
}

/// Which incident the case is about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// `incidents.json`, seen from the folder of the case file.
    incidents: PathBuf,
    /// Id.
    incident: String,
}

/// Opens a case.
///
/// # Errors
///
/// When file or incident cannot be read; every fault of a fact is named with its line.
pub(super) fn open(path: &Path) -> anyhow::Result<Dossier> {
    Ok(open_whole(path)?.case)
}

/// A case file with everything in it.
pub(super) struct Whole {
    /// Incident and facts.
    pub(super) case: Dossier,
    /// What people noted of its obligations.
    pub(super) notes: Vec<Note>,
    /// Steps of the application for assistance.
    pub(super) assistance: Vec<Step>,
    /// Advice received.
    pub(super) advice: Vec<Advice>,
    /// How the verdict stands; `None` when the incident was written before facts were kept.
    pub(super) ruling: Option<Ruling>,
    /// Characters that are printed in another form.
    pub(super) substitutes: Vec<Substitute>,
}

/// Opens a case with all that its file holds.
///
/// # Errors
///
/// As [`open`].
pub(super) fn open_whole(path: &Path) -> anyhow::Result<Whole> {
    let text = crate::inputs::read_text(path, FACTS_BYTES_MAX)?;
    let facts = Facts::parse(&text, catalogue(), &OTHERS).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Hinted::error(
            format!("{}: {}", path.display(), lines.join("; ")),
            "`sekisho case new` writes a case file with every fact and its options",
        )
    })?;
    let file: CaseFile = toml::from_str(&text).with_context(|| {
        format!("{}: expected schema_version = {VERSION} and a table [case]", path.display())
    })?;
    if file.schema_version != VERSION {
        return Err(Usage::error(
            format!("{}: schema_version is {}; expected {VERSION}", path.display(), file.schema_version),
            "use the version of sekisho that wrote the file, or a newer one",
        ));
    }
    let incidents = path.parent().unwrap_or(Path::new("")).join(&file.case.incidents);
    let (_, value) = find(&incidents, Some(&file.case.incident))?;
    let mut seen = Seen::read(&value)
        .with_context(|| format!("{}: incident {}", incidents.display(), file.case.incident))?;
    crate::papers::prepare(&mut seen);
    let mut case = Dossier { seen, facts };
    let ruling = ruled(path, &mut case, &file.statement, &file.verdict)?;
    Ok(Whole {
        case,
        notes: file.obligation,
        assistance: file.step,
        advice: file.advice,
        ruling,
        substitutes: file.substitute,
    })
}

/// What people state and confirm, put into the case (casework.md 2.6).
fn ruled(
    path: &Path,
    case: &mut Dossier,
    statements: &[Statement],
    decisions: &[Decision],
) -> anyhow::Result<Option<Ruling>> {
    let Some(mut proposed) = case.seen.act_facts()? else {
        if statements.is_empty() && decisions.is_empty() {
            return Ok(None);
        }
        return Err(Hinted::error(
            format!(
                "{}: the incident was written by an earlier version, without the facts of the act",
                path.display()
            ),
            "run `sekisho investigate` again on the same logs",
        ));
    };
    ruling::entered(&mut proposed, &case.facts);
    let ruling = ruling::ruling(&proposed, statements, decisions).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Hinted::error(
            format!("{}: {}", path.display(), lines.join("; ")),
            "`sekisho case verdict` lists the facts and their values; docs/formats/case.md what a note holds",
        )
    })?;
    ruling.settle(&mut case.seen)?;
    Ok(Some(ruling))
}

/// The incident with this id, or the only one.
///
/// # Errors
///
/// When the file holds no incidents, or not this one.
pub(super) fn find(path: &Path, id: Option<&str>) -> anyhow::Result<(String, Value)> {
    let text = crate::inputs::read_text(path, INCIDENTS_BYTES_MAX)?;
    let all: Vec<Value> =
        serde_json::from_str(&text).with_context(|| format!("{} holds no incidents", path.display()))?;
    let name = |incident: &Value| incident.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let known: Vec<String> = all.iter().map(name).collect();
    let wanted = match id {
        Some(id) => id.to_owned(),
        None if known.len() == 1 => known.first().cloned().unwrap_or_default(),
        None => {
            return Err(Usage::error(
                format!("{} holds {} incidents", path.display(), known.len()),
                format!("name one with --incident: {}", known.join(", ")),
            ));
        }
    };
    match all.into_iter().find(|incident| name(incident) == wanted) {
        Some(value) => Ok((wanted, value)),
        None => Err(Usage::error(
            format!("{}: no incident has the id {wanted}", path.display()),
            format!("there are: {}", known.join(", ")),
        )),
    }
}
