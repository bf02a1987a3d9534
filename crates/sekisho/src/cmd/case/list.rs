//! `sekisho case forms` and `sekisho case fonts`.

use super::args::FormsArgs;
use super::{language, print, tongue};
use forms::LayoutState;
use web::Catalog;

/// Prints every version of every form.
pub(super) fn forms(args: &FormsArgs) -> anyhow::Result<u8> {
    let lang = language(args.lang);
    let (catalog, tongue) = (Catalog::new(lang, jiff::tz::TimeZone::UTC), tongue(lang));
    for form in forms::forms() {
        let of = |both: &casework::Bilingual| tongue.of(&both.ja, &both.en).to_owned();
        let state = match form.state {
            LayoutState::Official => catalog.text("case-form-official"),
            LayoutState::Partial => catalog.text("case-form-partial"),
            LayoutState::Own => catalog.text("case-form-own"),
            LayoutState::Neutral => catalog.text("case-form-neutral"),
        };
        let mut text = format!("{} v{}  {}\n", form.id, form.version, of(&form.title));
        text.push_str(&format!("    {}: {}\n", catalog.text("case-form-basis"), of(&form.basis)));
        text.push_str(&format!("    {}: {}\n", catalog.text("case-form-source"), of(&form.source)));
        text.push_str(&format!("    {state} {}\n", of(&form.unverified)));
        print(&text)?;
    }
    Ok(0)
}

/// Prints the fonts.
pub(super) fn fonts(licences: bool) -> anyhow::Result<u8> {
    for file in forms::pdf::font_files() {
        let place = if file.inside { "in this program" } else { "not in this program" };
        print(&format!("{}  {}  {}  {place}\n", file.name, file.sha256, file.package))?;
        if licences {
            print(&format!("\n{}\n", file.licence))?;
        }
    }
    Ok(0)
}
