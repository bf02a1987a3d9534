//! Documents of a case (casework.md 7, 15), for the command and the console: the incident as documents tell it, which forms it
//! asks for, and the files of a document.

use crate::error::{Hinted, Usage};
use casework::dossier::{Dossier, Seen};
use forms::{Document, Form, Substitute};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use vocab::{Message, Timestamp};

/// A moment as Japan's clocks show it: the legal calendar of all documents.
pub(crate) fn in_japan(time: Timestamp) -> jiff::civil::DateTime {
    let instant = jiff::Timestamp::from_microsecond(time.0).unwrap_or_default();
    jiff::tz::Offset::constant(9).to_datetime(instant)
}

/// RFC 3339 in Japan's time.
pub(crate) fn written(time: Timestamp) -> String {
    format!("{}+09:00", in_japan(time).strftime("%Y-%m-%dT%H:%M:%S"))
}

/// Makes an incident ready for documents: times as the clocks of Japan show them, wherever the report was made, and quotes
/// masked, because it may come from a version that masked less (casework.md 7.2 RC-3).
pub(crate) fn prepare(seen: &mut Seen) {
    for quote in seen.records.iter_mut().filter_map(|record| record.quote.as_mut()) {
        quote.text = collect::mask::masked(&quote.text).into_owned();
    }
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(9));
    let (ja, en) = (web::Catalog::new(web::Lang::Ja, zone.clone()), web::Catalog::new(web::Lang::En, zone));
    for line in seen.explanation.short.iter_mut().filter(|line| !line.args.is_empty()) {
        let message = Message { id: line.id.clone(), args: line.args.clone() };
        (line.text.ja, line.text.en) = (ja.render(&message), en.render(&message));
    }
}

/// The forms that were named; without a name those that the incident asks for. A form of the user's own with the same id goes
/// before the product's.
pub(crate) fn wanted<'f>(
    named: &[String],
    own: &'f [Form],
    case: &Dossier,
    day: jiff::civil::Date,
) -> anyhow::Result<Vec<&'f Form>> {
    let find = |id: &str| {
        let mine = own.iter().filter(|form| form.id == id && form.valid_from <= day);
        mine.max_by_key(|form| form.version).or_else(|| forms::form(id, day))
    };
    if named.is_empty() {
        let asked = case.seen.reports.iter().map(|report| report.form.as_str());
        let found: Vec<&Form> = asked.filter_map(find).collect();
        return Ok(if found.is_empty() {
            forms::ids().into_iter().filter_map(find).collect()
        } else {
            found
        });
    }
    let known = || {
        let mine = own.iter().map(|form| form.id.as_str());
        mine.chain(forms::ids()).collect::<Vec<_>>().join(", ")
    };
    let one = |id: &String| {
        find(id)
            .ok_or_else(|| Usage::error(format!("no form is called {id}"), format!("there are: {}", known())))
    };
    named.iter().map(one).collect()
}

/// The fonts: inside the program, or in these folders, or where Debian puts them.
pub(crate) fn fonts(folders: &[PathBuf]) -> anyhow::Result<forms::pdf::Fonts> {
    const FONT_BYTES_MAX: usize = 32 << 20;
    const DEBIAN: [&str; 2] =
        ["/usr/share/fonts/truetype/bizud-gothic", "/usr/share/fonts/truetype/vlgothic"];
    let find = |file: &forms::pdf::FontFile| {
        let folders = folders.iter().map(PathBuf::as_path).chain(DEBIAN.map(Path::new));
        folders
            .map(|folder| folder.join(file.name))
            .filter(|path| path.is_file())
            .find_map(|path| crate::inputs::read_bytes(&path, FONT_BYTES_MAX).ok())
    };
    forms::pdf::Fonts::load(find).map_err(|error| {
        Hinted::error(
            error.to_string(),
            "install the Debian packages fonts-morisawa-bizud-gothic and fonts-vlgothic, or give --fonts DIR",
        )
    })
}

/// One file of a document, by its ending: `txt`, `xlsx` or `pdf`.
pub(crate) fn file(
    ending: &str,
    (form, document): (&Form, &Document),
    substitutes: &[Substitute],
    released: jiff::civil::DateTime,
    fonts: &forms::pdf::Fonts,
) -> anyhow::Result<Vec<u8>> {
    match ending {
        "txt" => Ok(forms::text(document).into_bytes()),
        "xlsx" => Ok(forms::xlsx(document, released)?),
        _ => {
            let printed = forms::printed(document, substitutes)?;
            forms::pdf::pdf(&printed, fonts, released).map_err(|error| {
                Hinted::error(
                    format!("{}: {error}", form.id),
                    "let its owner choose another registered form of the character or kana: [[substitute]] of the case file (docs/formats/case.md)",
                )
            })
        }
    }
}

/// The endings of the files of a document, in their order.
pub(crate) const ENDINGS: [&str; 3] = ["txt", "xlsx", "pdf"];

/// What `documents.json` says of a document and its files.
pub(crate) fn indexed(
    form: &Form,
    document: &Document,
    released: jiff::civil::DateTime,
    files: &[(String, Vec<u8>)],
    follows: Option<String>,
) -> serde_json::Value {
    let named: Vec<_> = files
        .iter()
        .map(|(name, bytes)| json!({ "name": name, "bytes": bytes.len(), "sha256": hex::encode(Sha256::digest(bytes)) }))
        .collect();
    json!({
        "form": form.id, "version": form.version, "recipient": form.recipient, "released": released.to_string(),
        "complete": document.is_complete(), "accepts_incomplete": form.accepts_incomplete, "missing": document.missing,
        "personal": document.personal, "files": named, "follows": follows, "document": document,
    })
}

/// How a document stands: complete, what may come later, what is needed, or what keeps it from being taken.
pub(crate) fn standing(form: &Form, document: &Document) -> Message {
    let needed = document.missing.iter().filter(|missing| missing.needed).count();
    match (document.missing.len(), needed, form.accepts_incomplete) {
        (0, ..) => Message::new("case-complete"),
        (all, 0, _) => Message::new("case-later").with("count", all as u64),
        (_, needed, true) => Message::new("case-needed").with("count", needed as u64),
        (_, needed, false) => Message::new("case-refused").with("count", needed as u64),
    }
}
