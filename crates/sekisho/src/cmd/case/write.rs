//! `sekisho case write`.

use super::args::WriteArgs;
use super::check::{filled, said};
use super::{language, print};
use crate::error::Hinted;
use crate::output::atomic;
use anyhow::Context as _;
use casework::dossier::Tongue;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use web::{Catalog, Lang};

/// Largest `documents.json` that is read, bytes.
const PREVIOUS_BYTES_MAX: usize = 64 << 20;

/// Writes the documents and `documents.json`, which says what was written.
pub(super) fn run(args: &WriteArgs) -> anyhow::Result<u8> {
    let lang = language(args.chosen.lang);
    let catalog = Catalog::new(lang, jiff::tz::TimeZone::UTC);
    // The desks read Japanese; English only when it is asked for by name.
    let tongue = if args.chosen.lang.map(Lang::from) == Some(Lang::En) { Tongue::En } else { Tongue::Ja };
    let mut filled = filled(&args.chosen, tongue)?;
    super::release::keep_released(&args.out, filled.documents.iter().map(|(form, _)| form.id.as_str()))?;
    let mut former = BTreeMap::new();
    if let Some(path) = &args.previous {
        let text = crate::inputs::read_text(path, PREVIOUS_BYTES_MAX)?;
        let earlier: serde_json::Value = serde_json::from_str(&text)
            .with_context(|| format!("{} is no documents.json", path.display()))?;
        for (form, document) in &mut filled.documents {
            if forms::follow(document, &earlier).is_some() {
                former.insert(form.id.clone(), forms::former_pdf(&earlier, &form.id));
            }
        }
    }
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot make the folder {}", args.out.display()))?;
    let fonts = fonts(args)?;
    let mut written = Vec::new();
    for (form, document) in &filled.documents {
        let mut files = vec![(format!("{}.txt", form.id), forms::text(document).into_bytes())];
        files.push((format!("{}.xlsx", form.id), forms::xlsx(document, filled.released)?));
        let printed = forms::printed(document, &filled.substitutes)?;
        let bytes = forms::pdf::pdf(&printed, &fonts, filled.released).map_err(|error| {
            Hinted::error(
                format!("{}: {error}", form.id),
                "let its owner choose another registered form of the character or kana: [[substitute]] of the case file (docs/formats/case.md)",
            )
        })?;
        files.push((format!("{}.pdf", form.id), bytes));
        let mut named = Vec::new();
        for (name, bytes) in files {
            atomic::write(&args.out.join(&name), &bytes)?;
            print(&format!("{}\n", args.out.join(&name).display()))?;
            named.push(
                json!({ "name": name, "bytes": bytes.len(), "sha256": hex::encode(Sha256::digest(&bytes)) }),
            );
        }
        crate::output::say(
            said(form, document, &catalog).lines().take(2).collect::<Vec<_>>().join(":").as_str(),
        );
        written.push(json!({
            "form": form.id, "version": form.version, "recipient": form.recipient, "released": filled.released.to_string(),
            "complete": document.is_complete(), "accepts_incomplete": form.accepts_incomplete, "missing": document.missing, "personal": document.personal,
            "files": named, "follows": former.get(&form.id).cloned().flatten(), "document": document,
        }));
    }
    index(&args.out, &written)?;
    Ok(0)
}

fn index(out: &Path, written: &[serde_json::Value]) -> anyhow::Result<()> {
    let all = json!({ "schema_version": 1, "documents": written });
    let text = serde_json::to_string_pretty(&all).context("cannot write JSON")?;
    atomic::write(&out.join("documents.json"), text.as_bytes())
}

/// The fonts: inside the program, or in the folders of `--fonts`, or where Debian puts them.
fn fonts(args: &WriteArgs) -> anyhow::Result<forms::pdf::Fonts> {
    const FONT_BYTES_MAX: usize = 32 << 20;
    const DEBIAN: [&str; 2] =
        ["/usr/share/fonts/truetype/bizud-gothic", "/usr/share/fonts/truetype/vlgothic"];
    let find = |file: &forms::pdf::FontFile| {
        let folders = args.fonts.iter().map(std::path::PathBuf::as_path).chain(DEBIAN.map(Path::new));
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
