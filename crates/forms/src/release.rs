//! What was handed in (CW-REP-02 to -04): who released which exact files to whom, on what ground, what was withheld, and the
//! receipt. Records are added, never changed but by the receipt; a later report names the former one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Version of `releases.json`.
pub const RELEASES_VERSION: u32 = 1;
/// Most records of one folder.
const RELEASES_MAX: usize = 1_000;
/// Longest text, characters.
const TEXT_CHARS_MAX: usize = 2_000;

/// Everything that was released from one folder of documents: `releases.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Releases {
    /// Version of the shape.
    pub schema_version: u32,
    /// The oldest first.
    pub releases: Vec<Release>,
}

/// One document that left the house (提出).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Form.
    pub form: String,
    /// Version of the form.
    pub version: u32,
    /// To whom.
    pub recipient: String,
    /// The exact files.
    pub files: Vec<ReleasedFile>,
    /// SHA-256 of the evidence bundle that went with it, hex.
    pub bundle: Option<String>,
    /// What was withheld.
    pub withheld: Vec<String>,
    /// Labels of the personal data in it, as the person saw them before (CW-REP-03).
    pub personal: Vec<String>,
    /// Required facts were missing; it was sent so (未確定のまま提出).
    pub incomplete: bool,
    /// Who approved it.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// Whose consent, or which duty, allows to hand the personal data over.
    pub consent: String,
    /// PDF of the former report that this one follows (続報), SHA-256.
    pub follows: Option<String>,
    /// The recipient's receipt.
    pub receipt: Option<Receipt>,
}

/// A file as it was released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedFile {
    /// Name in the folder.
    pub name: String,
    /// SHA-256, hex.
    pub sha256: String,
}

/// A receipt (受理番号).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Number, or who took it.
    pub number: String,
    /// When, RFC 3339.
    pub at: String,
}

/// What a person says when releasing.
#[derive(Clone, Debug, Default)]
pub struct Approval {
    /// Who approves.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// Whose consent, or which duty, allows it.
    pub consent: String,
    /// The missing facts are known, and it goes all the same.
    pub incomplete: bool,
    /// What is withheld.
    pub withheld: Vec<String>,
    /// SHA-256 of the bundle.
    pub bundle: Option<String>,
}

/// Why nothing is released.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseFault {
    /// The folder has no such document.
    #[error("documents.json has no document of the form {0}")]
    NoDocument(String),
    /// The file is not the one that was written.
    #[error("{0} is not the file that was written: its SHA-256 differs from documents.json")]
    Changed(String),
    /// It is out already.
    #[error("{form} was released on {at} already; what was sent stays as it is")]
    Already {
        /// Form.
        form: String,
        /// When.
        at: String,
    },
    /// The recipient takes no document with missing facts, or nobody said that it goes so.
    #[error("{form} lacks required facts: {missing}")]
    Incomplete {
        /// Form.
        form: String,
        /// What is missing.
        missing: String,
    },
    /// Personal data without a ground to hand them over.
    #[error(
        "{form} holds personal data ({labels}); say whose consent or which duty allows to hand them over"
    )]
    NoConsent {
        /// Form.
        form: String,
        /// Labels.
        labels: String,
    },
    /// A text is missing or too long, or there are too many records.
    #[error("{0}")]
    Text(String),
    /// There is nothing to receipt.
    #[error("{0} was not released from this folder")]
    NotReleased(String),
    /// It has a receipt.
    #[error("{form} has the receipt {number} already")]
    Receipted {
        /// Form.
        form: String,
        /// Number.
        number: String,
    },
}

impl Releases {
    /// The release of a form, if it is out.
    #[must_use]
    pub fn of(&self, form: &str) -> Option<&Release> {
        self.releases.iter().rev().find(|release| release.form == form)
    }

    /// Releases a document of `documents.json`. `hash` gives the SHA-256 of a file of the folder as it lies there now: what goes
    /// out is exactly what was written and looked at.
    ///
    /// # Errors
    ///
    /// When the document is not there, was changed, is out already, lacks facts that the recipient needs, or holds personal data
    /// without a ground.
    pub fn release(
        &mut self,
        index: &Value,
        form: &str,
        approval: &Approval,
        hash: impl Fn(&str) -> Option<String>,
    ) -> Result<&Release, ReleaseFault> {
        approval.checked()?;
        if let Some(out) = self.of(form) {
            return Err(ReleaseFault::Already { form: form.to_owned(), at: out.at.clone() });
        }
        if self.releases.len() >= RELEASES_MAX {
            return Err(ReleaseFault::Text(format!("at most {RELEASES_MAX} releases")));
        }
        let all = index.get("documents").and_then(Value::as_array).into_iter().flatten();
        let document = all
            .into_iter()
            .find(|one| one.get("form").and_then(Value::as_str) == Some(form))
            .ok_or_else(|| ReleaseFault::NoDocument(form.to_owned()))?;
        let files = files(document)?;
        if files.is_empty() {
            return Err(ReleaseFault::NoDocument(form.to_owned()));
        }
        if let Some(changed) = files.iter().find(|file| hash(&file.name).as_ref() != Some(&file.sha256)) {
            return Err(ReleaseFault::Changed(changed.name.clone()));
        }
        let complete = document.get("complete").and_then(Value::as_bool) == Some(true);
        let taken = document.get("accepts_incomplete").and_then(Value::as_bool) == Some(true);
        if !(complete || taken && approval.incomplete) {
            return Err(ReleaseFault::Incomplete { form: form.to_owned(), missing: needed(document) });
        }
        let personal = texts(document.get("personal"));
        if !personal.is_empty() && approval.consent.trim().is_empty() {
            return Err(ReleaseFault::NoConsent { form: form.to_owned(), labels: personal.join("、") });
        }
        let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        self.schema_version = RELEASES_VERSION;
        self.releases.push(Release {
            form: form.to_owned(),
            version: document
                .get("version")
                .and_then(Value::as_u64)
                .and_then(|one| u32::try_from(one).ok())
                .unwrap_or(0),
            recipient: text("recipient"),
            files,
            bundle: approval.bundle.clone(),
            withheld: approval.withheld.clone(),
            personal,
            incomplete: !complete,
            by: approval.by.trim().to_owned(),
            at: approval.at.clone(),
            consent: approval.consent.trim().to_owned(),
            follows: document.get("follows").and_then(Value::as_str).map(str::to_owned),
            receipt: None,
        });
        self.releases.last().ok_or_else(|| ReleaseFault::NoDocument(form.to_owned()))
    }

    /// Notes the receipt of a released document.
    ///
    /// # Errors
    ///
    /// When it was not released, has a receipt, or the number is empty or too long.
    pub fn receipt(&mut self, form: &str, receipt: Receipt) -> Result<(), ReleaseFault> {
        let long = receipt.number.chars().count() > TEXT_CHARS_MAX;
        if receipt.number.trim().is_empty() || long {
            return Err(ReleaseFault::Text(format!(
                "a number of at most {TEXT_CHARS_MAX} characters is expected"
            )));
        }
        let found = self.releases.iter_mut().rev().find(|release| release.form == form);
        let release = found.ok_or_else(|| ReleaseFault::NotReleased(form.to_owned()))?;
        if let Some(former) = &release.receipt {
            return Err(ReleaseFault::Receipted { form: form.to_owned(), number: former.number.clone() });
        }
        release.receipt = Some(receipt);
        Ok(())
    }
}

impl Approval {
    fn checked(&self) -> Result<(), ReleaseFault> {
        if self.by.trim().is_empty() {
            return Err(ReleaseFault::Text("nobody is named who approves the release".to_owned()));
        }
        let texts = [&self.by, &self.consent].into_iter().chain(&self.withheld);
        match texts.map(|text| text.chars().count()).max() {
            Some(long) if long > TEXT_CHARS_MAX => {
                Err(ReleaseFault::Text(format!("a text has {long} characters; at most {TEXT_CHARS_MAX}")))
            }
            _ => Ok(()),
        }
    }
}

/// Files of a document of `documents.json`; a name that leads out of the folder is none.
fn files(document: &Value) -> Result<Vec<ReleasedFile>, ReleaseFault> {
    let all = document.get("files").and_then(Value::as_array).into_iter().flatten();
    let file = |one: &Value| {
        let text = |name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned);
        let (name, sha256) = (text("name")?, text("sha256")?);
        (!name.contains(['/', '\\']) && name != "..").then_some(ReleasedFile { name, sha256 })
    };
    all.map(|one| {
        file(one).ok_or_else(|| ReleaseFault::Text("documents.json names no file of the folder".to_owned()))
    })
    .collect()
}

fn needed(document: &Value) -> String {
    let all = document.get("missing").and_then(Value::as_array).into_iter().flatten();
    let needed = all.filter(|one| one.get("needed").and_then(Value::as_bool) == Some(true));
    let labels: Vec<&str> = needed.filter_map(|one| one.get("label")?.as_str()).collect();
    labels.join("、")
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let all = value.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn index(complete: bool, personal: &[&str]) -> Value {
        json!({ "schema_version": 1, "documents": [{
            "form": "police.damage", "version": 1, "recipient": "police", "complete": complete, "accepts_incomplete": true, "personal": personal,
            "missing": if complete { json!([]) } else { json!([{ "label": "電話番号", "needed": true }]) },
            "files": [{ "name": "police.damage.pdf", "bytes": 3, "sha256": "aa" }],
        }] })
    }

    fn approval() -> Approval {
        Approval {
            by: "髙橋".to_owned(),
            at: "2026-11-14T10:00:00+09:00".to_owned(),
            consent: "本人の同意（11月13日）".to_owned(),
            ..Approval::default()
        }
    }

    const FORM: &str = "police.damage";

    fn out(releases: &mut Releases, index: &Value, approval: &Approval) -> Result<Release, ReleaseFault> {
        releases.release(index, FORM, approval, |_| Some("aa".to_owned())).cloned()
    }

    /// CW-REP-02: form, files, ground, person and receipt stay; CW-REP-04: what is out stays as it is.
    #[test]
    fn a_release_is_kept_with_its_receipt() {
        let mut releases = Releases::default();
        let release = out(&mut releases, &index(true, &["届出者の氏名"]), &approval()).unwrap();
        assert_eq!((release.by.as_str(), release.incomplete, release.files.len()), ("髙橋", false, 1));
        assert!(matches!(
            out(&mut releases, &index(true, &[]), &approval()),
            Err(ReleaseFault::Already { .. })
        ));
        let number =
            |number: &str| Receipt { number: number.to_owned(), at: "2026-11-14T11:00:00+09:00".to_owned() };
        assert!(
            releases.receipt("ipa.access", number("1")).is_err()
                && releases.receipt("police.damage", number(" ")).is_err()
        );
        releases.receipt("police.damage", number("第12号")).unwrap();
        assert!(matches!(
            releases.receipt("police.damage", number("13")),
            Err(ReleaseFault::Receipted { .. })
        ));
        let again: Releases = serde_json::from_str(&serde_json::to_string(&releases).unwrap()).unwrap();
        assert_eq!(again, releases);
    }

    /// CW-REP-03: exactly what was written and looked at goes out, and personal data need a ground.
    #[test]
    fn nothing_goes_out_unseen() {
        let mut none = Releases::default();
        let changed = none.release(&index(true, &[]), FORM, &approval(), |_| Some("bb".to_owned())).cloned();
        assert_eq!(changed, Err(ReleaseFault::Changed("police.damage.pdf".to_owned())));
        let gone = none.release(&index(true, &[]), FORM, &approval(), |_| None).cloned();
        assert_eq!(gone, Err(ReleaseFault::Changed("police.damage.pdf".to_owned())));
        let silent = Approval { consent: " ".to_owned(), ..approval() };
        assert!(matches!(
            out(&mut none, &index(true, &["氏名"]), &silent),
            Err(ReleaseFault::NoConsent { .. })
        ));
        let nobody = Approval { by: "　".to_owned(), ..approval() };
        assert!(matches!(out(&mut none, &index(true, &[]), &nobody), Err(ReleaseFault::Text(_))));
        assert!(matches!(out(&mut none, &json!({}), &approval()), Err(ReleaseFault::NoDocument(_))));
        let mut outside = index(true, &[]);
        outside["documents"][0]["files"][0]["name"] = "../secret".into();
        assert!(matches!(out(&mut none, &outside, &approval()), Err(ReleaseFault::Text(_))));
        assert!(none.releases.is_empty());
    }

    /// A document with missing facts goes out only where the recipient takes it, and when somebody says so.
    #[test]
    fn an_incomplete_document_goes_out_marked() {
        let mut releases = Releases::default();
        let fault = out(&mut releases, &index(false, &[]), &approval()).unwrap_err();
        assert_eq!(fault.to_string(), "police.damage lacks required facts: 電話番号");
        let said = Approval { incomplete: true, ..approval() };
        assert!(out(&mut releases, &index(false, &[]), &said).unwrap().incomplete);
        let mut strict = index(false, &[]);
        strict["documents"][0]["accepts_incomplete"] = false.into();
        let refused = Releases::default().release(&strict, FORM, &said, |_| Some("aa".to_owned())).cloned();
        assert!(matches!(refused, Err(ReleaseFault::Incomplete { .. })));
    }
}
