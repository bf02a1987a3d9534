//! Lists the message catalogues of `locales/`, so that a new file is part of the program without being named anywhere.

use std::fmt::Write as _;
use std::path::Path;

#[expect(
    clippy::disallowed_methods,
    reason = "a build script reads its variables and writes into its own folder"
)]
fn main() -> std::io::Result<()> {
    let manifest = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = manifest.join("../../locales");
    let mut code = String::from("/// Catalogue files: language, name, text.\n");
    code.push_str("pub(crate) const FILES: &[(&str, &str, &str)] = &[\n");
    for lang in ["ja", "en"] {
        let folder = root.join(lang);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut names: Vec<String> = std::fs::read_dir(&folder)?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with(".ftl"))
            .collect();
        names.sort();
        for name in names {
            let path = folder.join(&name);
            println!("cargo::rerun-if-changed={}", path.display());
            let _ =
                writeln!(code, "    ({lang:?}, {name:?}, include_str!({:?})),", path.display().to_string());
        }
    }
    code.push_str("];\n");
    let out = std::env::var("OUT_DIR").map_err(std::io::Error::other)?;
    std::fs::write(Path::new(&out).join("locales.rs"), code)
}
