//! `sekisho case share`.

use super::args::{ShareArgs, TlpArg};
use super::{file, print};
use crate::clock::Clock;
use crate::error::Hinted;
use anyhow::Context as _;
use forms::exchange::{Item, Tlp, leaks, misp, stix};

/// Writes what may be shared of a case; nothing when a name of the victim stands in it.
pub(super) fn run(args: &ShareArgs) -> anyhow::Result<u8> {
    let case = file::open(&args.case)?;
    let tlp = match args.tlp {
        TlpArg::Clear => Tlp::Clear,
        TlpArg::Green => Tlp::Green,
        TlpArg::Amber => Tlp::Amber,
        TlpArg::AmberStrict => Tlp::AmberStrict,
        TlpArg::Red => Tlp::Red,
    };
    let item = Item::of(&case, args.at.unwrap_or_else(|| Clock::System.now()), tlp);
    let mut files = Vec::new();
    for (name, value) in [("stix.json", stix(&item)), ("misp.json", misp(&item))] {
        let text = serde_json::to_string_pretty(&value).context("cannot write JSON")?;
        leaks(&case, &value).map_err(|fault| {
            Hinted::error(
                format!("{name}: {fault}"),
                "the name is in a text about measures or kinds; share by hand",
            )
        })?;
        files.push((name, text));
    }
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot make the folder {}", args.out.display()))?;
    for (name, text) in files {
        let path = args.out.join(name);
        crate::output::atomic::write(&path, text.as_bytes())?;
        print(&format!("{}\n", path.display()))?;
    }
    Ok(0)
}
