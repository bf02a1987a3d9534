//! `sekisho case new`.

use super::args::NewArgs;
use super::{file, language, tongue};
use crate::error::Hinted;
use casework::dossier::{Seen, Tongue, template};
use std::path::Path;
use web::{Catalog, Lang};

/// Writes an empty case file for an incident.
pub(super) fn run(args: &NewArgs) -> anyhow::Result<u8> {
    let lang = language(args.lang);
    let incidents =
        if args.report.is_dir() { args.report.join("incidents.json") } else { args.report.clone() };
    let (id, value) = file::find(&incidents, args.incident.as_deref())?;
    let seen = Seen::read(&value)?;
    if args.out.exists() {
        return Err(Hinted::error(format!("{} exists already", args.out.display()), "name a new file"));
    }
    let named = named(&incidents, &args.out)?;
    let title = casework::dossier::log_text(match lang {
        Lang::Ja => &seen.title.ja,
        Lang::En => &seen.title.en,
    });
    let head = match tongue(lang) {
        Tongue::Ja => {
            "# 事案ファイル。分かる事実から記入する。空欄は「未入力」、調べても分からないものは \"不明\" と書く。\n\
             # 記入したら: sekisho case check FILE、sekisho case write FILE --out documents"
        }
        Tongue::En => {
            "# Case file. Enter what you know. Empty = not entered; \"unknown\" = looked into, nobody knows.\n\
             # Then: sekisho case check FILE, sekisho case write FILE --out documents"
        }
    };
    let text = format!(
        "{head}\nschema_version = {}\n\n# {title}\n[case]\nincidents = {}\nincident = {}\n{}",
        file::VERSION,
        toml::Value::String(named),
        toml::Value::String(id),
        template(tongue(lang))
    );
    crate::output::atomic::write(&args.out, text.as_bytes())?;
    let catalog = Catalog::new(lang, jiff::tz::TimeZone::UTC);
    crate::output::say(&format!("{}: {}", args.out.display(), catalog.text("case-new-made")));
    Ok(0)
}

/// The incidents as the case file names them: relative when they lie below its folder, so that both can be moved.
fn named(incidents: &Path, out: &Path) -> anyhow::Result<String> {
    let folder = std::path::absolute(out)?;
    let whole = std::path::absolute(incidents)?;
    let folder = folder.parent().unwrap_or(Path::new("/"));
    Ok(whole.strip_prefix(folder).unwrap_or(&whole).to_string_lossy().into_owned())
}
