//! `sekisho case fill` and `sekisho case cells`.

use super::args::FillArgs;
use super::{file, language, print, tongue};
use crate::error::Hinted;
use crate::output::{atomic, say};
use casework::dossier::Tongue;
use forms::official::{CellMap, WORKBOOK_BYTES_MAX, fill, skeleton};
use std::path::Path;
use vocab::Message;
use web::Catalog;

/// Largest cell map, bytes.
const MAP_BYTES_MAX: usize = 4 << 20;

/// Fills an official workbook.
pub(super) fn run(args: &FillArgs) -> anyhow::Result<u8> {
    let catalog = Catalog::new(language(args.lang), jiff::tz::TimeZone::UTC);
    let case = file::open(&args.case)?;
    let workbook = crate::inputs::read_bytes(&args.workbook, WORKBOOK_BYTES_MAX)?;
    let text = crate::inputs::read_text(&args.map, MAP_BYTES_MAX)?;
    let map = CellMap::read(&args.map.display().to_string(), &text).map_err(|fault| {
        Hinted::error(fault.to_string(), "docs/formats/case.md lists what a cell map holds")
    })?;
    if args.out.exists() {
        return Err(Hinted::error(format!("{} exists already", args.out.display()), "name a new file"));
    }
    // The desks read Japanese.
    let filled = fill(&workbook, &map, &case, Tongue::Ja).map_err(|fault| {
        Hinted::error(
            format!("{}: {fault}", args.workbook.display()),
            "take the workbook as its publisher gives it out; for a new layout make a new cell map",
        )
    })?;
    atomic::write(&args.out, &filled.bytes)?;
    print(&format!("{}\n", args.out.display()))?;
    say(&catalog.render(&Message::new("fill-filled").with("count", filled.filled.len() as u64)));
    let unverified = tongue(catalog.lang()).of(&map.unverified.ja, &map.unverified.en);
    if !unverified.is_empty() {
        say(&catalog.render(&Message::new("fill-unverified").with("what", unverified)));
    }
    if !filled.empty.is_empty() {
        say(&catalog.text("fill-empty"));
        filled.empty.iter().for_each(|(cell, source)| say(&format!("  {cell}  [{source}]")));
    }
    Ok(0)
}

/// Begins a cell map.
pub(super) fn cells(workbook: &Path) -> anyhow::Result<u8> {
    let bytes = crate::inputs::read_bytes(workbook, WORKBOOK_BYTES_MAX)?;
    let begun = skeleton(&bytes).map_err(|fault| {
        Hinted::error(format!("{}: {fault}", workbook.display()), "give a file of the format .xlsx or .xlsm")
    })?;
    print(&begun)?;
    Ok(0)
}
