//! `findings.jsonl`, `incidents.json`, `unread.jsonl`.

use super::SCHEMA_VERSION;
use anyhow::Context as _;
use casework::Incident;
use collect::unread::Unread;
use serde::Serialize;
use serde_json::{Map, Value, json};
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
    pub(super) fn value(self, of: &impl Serialize) -> anyhow::Result<Value> {
        let mut value = serde_json::to_value(of).context("cannot write JSON")?;
        web::i18n::enrich(&mut value, self.ja, self.en);
        Ok(value)
    }
}

/// One finding a line, with the envelope of an OCSF 1.8.0 Detection Finding (class 2004) around our own fields.
pub(crate) fn findings(findings: &[Finding], tongues: Tongues<'_>) -> anyhow::Result<Vec<u8>> {
    let mut out = Vec::new();
    for finding in findings {
        let mut line = Map::new();
        line.insert("schema_version".to_owned(), json!(SCHEMA_VERSION));
        line.insert("class_uid".to_owned(), json!(2004));
        line.insert("category_uid".to_owned(), json!(2));
        line.insert("activity_id".to_owned(), json!(1));
        line.insert("type_uid".to_owned(), json!(200_401));
        line.insert("severity_id".to_owned(), json!(finding.level.severity()));
        line.insert("time".to_owned(), json!(finding.last.0.div_euclid(1_000)));
        line.insert("finding_info".to_owned(), json!({ "uid": finding.id, "title": finding.rule.title }));
        line.insert("title".to_owned(), json!(finding.rule.title));
        if let Value::Object(own) = tongues.value(finding)? {
            line.extend(own);
        }
        serde_json::to_writer(&mut out, &line).context("cannot write JSON")?;
        out.push(b'\n');
    }
    Ok(out)
}

/// All incidents, as an array; each element carries its `schema_version` (detection.md 7.2).
pub(crate) fn incidents(incidents: &[Incident], tongues: Tongues<'_>) -> anyhow::Result<Vec<u8>> {
    let mut out = b"[".to_vec();
    for (place, incident) in incidents.iter().enumerate() {
        out.extend(if place > 0 { &b",\n"[..] } else { &b"\n"[..] });
        serde_json::to_writer(&mut out, &tongues.value(incident)?).context("cannot write JSON")?;
    }
    out.extend(b"\n]\n");
    Ok(out)
}

/// What could not be read, one thing a line (DT-EVT-15).
pub(crate) fn unread(unread: Unread) -> anyhow::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Line {
        schema_version: u32,
        #[serde(flatten)]
        item: collect::unread::UnreadItem,
    }
    let mut out = Vec::new();
    for item in unread.into_items() {
        serde_json::to_writer(&mut out, &Line { schema_version: SCHEMA_VERSION, item })
            .context("cannot write JSON")?;
        out.push(b'\n');
    }
    Ok(out)
}
