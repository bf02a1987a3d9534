//! `findings.jsonl`, `incidents.json`, `unread.jsonl`. All are written as they are made: an attack by a hundred thousand
//! addresses gives long lists.

use super::SCHEMA_VERSION;
use casework::Incident;
use collect::unread::Unread;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{self, Write};
use vocab::Finding;
use web::Catalog;

/// Both languages: messages in JSON are written out in each.
#[derive(Clone, Copy)]
pub(crate) struct Tongues<'a> {
    /// Japanese.
    pub(crate) ja: &'a Catalog,
    /// English.
    pub(crate) en: &'a Catalog,
}

impl Tongues<'_> {
    /// The document with its messages spelled out.
    pub(super) fn value(self, of: &impl Serialize) -> serde_json::Result<Value> {
        let mut value = serde_json::to_value(of)?;
        web::i18n::enrich(&mut value, self.ja, self.en);
        Ok(value)
    }
}

/// An object that is put together from several parts.
struct Object<'w, W: Write> {
    out: &'w mut W,
    begun: bool,
}

impl<'w, W: Write> Object<'w, W> {
    fn begin(out: &'w mut W) -> Self {
        Self { out, begun: false }
    }

    /// Adds the fields of an object; the part is written first into memory.
    fn fields(&mut self, part: &impl Serialize) -> io::Result<()> {
        let bytes = serde_json::to_vec(part)?;
        let Some(inner) = bytes.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")) else {
            return Ok(());
        };
        if !inner.is_empty() {
            self.separate()?;
            self.out.write_all(inner)?;
        }
        Ok(())
    }

    /// Adds one field.
    fn field(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.separate()?;
        serde_json::to_writer(&mut *self.out, name)?;
        self.out.write_all(b":")?;
        serde_json::to_writer(&mut *self.out, value)?;
        Ok(())
    }

    fn separate(&mut self) -> io::Result<()> {
        self.out.write_all(if self.begun { b"," } else { b"{" })?;
        self.begun = true;
        Ok(())
    }

    fn end(self) -> io::Result<()> {
        self.out.write_all(if self.begun { b"}" } else { b"{}" })
    }
}

/// One finding a line, with the envelope of an OCSF 1.8.0 Detection Finding (class 2004) around our own fields.
pub(crate) fn findings(
    out: &mut impl Write,
    findings: &mut [Finding],
    tongues: Tongues<'_>,
) -> io::Result<()> {
    for finding in findings {
        let mut line = Object::begin(out);
        line.fields(&json!({
            "schema_version": SCHEMA_VERSION,
            "class_uid": 2004,
            "category_uid": 2,
            "activity_id": 1,
            "type_uid": 200_401,
            "severity_id": finding.level.severity(),
            "time": finding.last.0.div_euclid(1_000),
            "finding_info": { "uid": finding.id, "title": finding.rule.title },
            "title": finding.rule.title,
        }))?;
        // The notes are the only messages of a finding.
        let notes = std::mem::take(&mut finding.notes);
        let written = line.fields(finding).and_then(|()| line.field("notes", &tongues.value(&notes)?));
        finding.notes = notes;
        written?;
        line.end()?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// All incidents, as an array; each element carries its `schema_version` (detection.md 7.2).
pub(crate) fn incidents(
    out: &mut impl Write,
    incidents: &mut [Incident],
    tongues: Tongues<'_>,
) -> io::Result<()> {
    out.write_all(b"[")?;
    for (place, incident) in incidents.iter_mut().enumerate() {
        out.write_all(if place > 0 { b",\n" } else { b"\n" })?;
        one_incident(out, incident, tongues)?;
    }
    out.write_all(b"\n]\n")
}

/// The long lists hold no messages and are written as they are.
fn one_incident(out: &mut impl Write, incident: &mut Incident, tongues: Tongues<'_>) -> io::Result<()> {
    let accounts = std::mem::take(&mut incident.accounts);
    let sources = std::mem::take(&mut incident.sources);
    let findings = std::mem::take(&mut incident.findings);
    let evidence = std::mem::take(&mut incident.evidence);
    let records = std::mem::take(&mut incident.records);
    let light = tongues.value(incident);
    (incident.accounts, incident.sources, incident.findings) = (accounts, sources, findings);
    (incident.evidence, incident.records) = (evidence, records);
    let mut light = light?;
    if let Some(fields) = light.as_object_mut() {
        for name in ["accounts", "sources", "findings", "evidence", "records"] {
            fields.remove(name);
        }
    }
    let mut object = Object::begin(out);
    object.fields(&light)?;
    object.field("accounts", &incident.accounts)?;
    object.field("sources", &incident.sources)?;
    object.field("findings", &incident.findings)?;
    object.field("evidence", &incident.evidence)?;
    object.field("records", &incident.records)?;
    object.end()
}

/// What could not be read, one thing a line (DT-EVT-15).
pub(crate) fn unread(out: &mut impl Write, unread: Unread) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line {
        schema_version: u32,
        #[serde(flatten)]
        item: collect::unread::UnreadItem,
    }
    for item in unread.into_items() {
        serde_json::to_writer(&mut *out, &Line { schema_version: SCHEMA_VERSION, item })?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
