//! `sekisho case write`.

use super::args::WriteArgs;
use super::check::{filled, said};
use super::{language, print};
use crate::output::atomic;
use crate::papers;
use anyhow::Context as _;
use casework::dossier::Tongue;
use serde_json::json;
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
    let fonts = papers::fonts(&args.fonts)?;
    let mut written = Vec::new();
    for (form, document) in &filled.documents {
        let mut files = Vec::new();
        for ending in papers::ENDINGS {
            let bytes = papers::file(ending, (form, document), &filled.substitutes, filled.released, &fonts)?;
            let name = format!("{}.{ending}", form.id);
            atomic::write(&args.out.join(&name), &bytes)?;
            print(&format!("{}\n", args.out.join(&name).display()))?;
            files.push((name, bytes));
        }
        crate::output::say(
            said(form, document, &catalog).lines().take(2).collect::<Vec<_>>().join(":").as_str(),
        );
        let follows = former.get(&form.id).cloned().flatten();
        written.push(papers::indexed(form, document, filled.released, &files, follows));
    }
    index(&args.out, &written)?;
    Ok(0)
}

fn index(out: &Path, written: &[serde_json::Value]) -> anyhow::Result<()> {
    let all = json!({ "schema_version": 1, "documents": written });
    let text = serde_json::to_string_pretty(&all).context("cannot write JSON")?;
    atomic::write(&out.join("documents.json"), text.as_bytes())
}
