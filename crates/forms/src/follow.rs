//! A later report (続報) says what changed since the one before (CW-REP-04): the former is named, and every changed field is
//! marked.

use crate::document::Document;
use serde_json::Value;
use std::collections::BTreeMap;

/// Most changed fields that the note names.
const NAMED_MAX: usize = 30;

/// Marks what changed since the document of the same form in an earlier `documents.json`. Gives the number of changed
/// fields; `None` when the earlier file has no document of this form.
pub fn follow(document: &mut Document, earlier: &Value) -> Option<usize> {
    let all = earlier.get("documents")?.as_array()?;
    let before = all.iter().find(|one| text(one, "form") == Some(&document.form))?;
    let ja = document.lang == "ja";
    let mark = if ja { "【変更】" } else { "[changed] " };
    let former = fields(before.get("document")?, mark);
    let mut changed = Vec::new();
    for block in &mut document.sections {
        for field in &mut block.fields {
            let now = serde_json::to_value(&field.values).ok()?;
            // A field that the earlier version of the form did not have is new when it says something.
            let then = former.get(&(block.title.clone(), field.label.clone()));
            if then.map_or(field.values.is_empty(), |then| **then == now) {
                continue;
            }
            changed.push(field.label.clone());
            field.label.insert_str(0, mark);
        }
    }
    let released = text(before, "released").unwrap_or_default();
    let hash = former_pdf(earlier, &document.form).unwrap_or_default();
    let named = changed.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>();
    let note = match (ja, changed.is_empty()) {
        (true, true) => format!("続報：{released} 作成分（SHA-256 {hash}）から変更はありません。"),
        (true, false) => {
            format!("続報：{released} 作成分（SHA-256 {hash}）から変更した事項：{}", named.join("、"))
        }
        (false, true) => format!("Later report: nothing changed since that of {released} (SHA-256 {hash})."),
        (false, false) => {
            format!("Later report; changed since that of {released} (SHA-256 {hash}): {}", named.join(", "))
        }
    };
    document.marks.insert(0, note);
    Some(changed.len())
}

/// SHA-256 of the PDF of a form in an earlier `documents.json`.
#[must_use]
pub fn former_pdf(earlier: &Value, form: &str) -> Option<String> {
    let all = earlier.get("documents")?.as_array()?;
    let before = all.iter().find(|one| text(one, "form") == Some(form))?;
    let files = before.get("files").and_then(Value::as_array).into_iter().flatten();
    let mut pdf = files.filter(|file| text(file, "name").is_some_and(|name| name.ends_with(".pdf")));
    pdf.find_map(|file| text(file, "sha256")).map(str::to_owned)
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

/// The values of an earlier document by heading and label, without the marks that it carried itself.
fn fields<'v>(document: &'v Value, mark: &str) -> BTreeMap<(String, String), &'v Value> {
    let mut all = BTreeMap::new();
    for block in document.get("sections").and_then(Value::as_array).into_iter().flatten() {
        let title = text(block, "title").unwrap_or_default();
        for field in block.get("fields").and_then(Value::as_array).into_iter().flatten() {
            let (Some(label), Some(values)) = (text(field, "label"), field.get("values")) else { continue };
            let label = label.strip_prefix(mark).unwrap_or(label);
            all.insert((title.to_owned(), label.to_owned()), values);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::filled;
    use serde_json::json;

    fn earlier(document: &Document) -> Value {
        json!({ "documents": [{ "form": document.form, "released": "2026-11-24T10:00:00", "document": document,
            "files": [{ "name": "a.txt", "sha256": "00" }, { "name": "a.pdf", "sha256": "3f9c" }] }] })
    }

    /// CW-REP-04
    #[test]
    fn a_later_report_names_the_former_and_what_changed() {
        let first = filled("ppc.leak.prompt", "[privacy]\npersons = 10\nitems = [\"氏名\"]\n");
        let mut second = filled("ppc.leak.final", "[privacy]\npersons = 1250\nitems = [\"氏名\"]\n");
        assert_eq!(follow(&mut second, &earlier(&first)), None, "another form is no earlier report");
        let mut second =
            filled("ppc.leak.prompt", "[privacy]\npersons = 1250\nitems = [\"氏名\"]\nother = \"なし\"\n");
        assert_eq!(follow(&mut second, &earlier(&first)), Some(2));
        let text = crate::text(&second);
        assert!(text.contains("続報：2026-11-24T10:00:00 作成分（SHA-256 3f9c）から変更した事項：本人の数、その他参考となる事項"), "{text}");
        assert!(text.contains("【変更】本人の数: 1,250") && !text.contains("【変更】漏えい等が"), "{text}");
        let mut third =
            filled("ppc.leak.prompt", "[privacy]\npersons = 1250\nitems = [\"氏名\"]\nother = \"なし\"\n");
        assert_eq!(follow(&mut third, &earlier(&second)), Some(0), "marks of the former are no change");
    }

    #[test]
    fn what_is_no_earlier_report_changes_nothing() {
        for earlier in [
            json!(null),
            json!({}),
            json!({ "documents": 3 }),
            json!({ "documents": [{ "form": "ipa.access" }] }),
        ] {
            let mut document = filled("ipa.access", "");
            let before = document.clone();
            assert_eq!((follow(&mut document, &earlier), &document), (None, &before), "{earlier}");
        }
    }
}
