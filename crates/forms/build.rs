//! Puts the fonts into the program when they are on this computer, so that documents can be made from one file without a
//! network. The project holds no binary; the fonts come from packages and count only with the pinned hash (`data/fonts.tsv`).
//! Without them the program still builds, and asks for the folder of the fonts when a PDF is made.

use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Where Debian puts the fonts.
const FOLDERS: [&str; 2] = ["/usr/share/fonts/truetype/bizud-gothic", "/usr/share/fonts/truetype/vlgothic"];

#[expect(
    clippy::disallowed_methods,
    reason = "a build script reads its environment and writes into its own folder"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=data/fonts.tsv");
    println!("cargo::rerun-if-env-changed=SEKISHO_FONTS");
    let named = env::var_os("SEKISHO_FONTS").map(PathBuf::from);
    let folders: Vec<PathBuf> = named.into_iter().chain(FOLDERS.map(PathBuf::from)).collect();
    for folder in &folders {
        let there = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
        println!("cargo::rerun-if-changed={}", there.display());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let mut table = String::from("&[\n");
    for row in fs::read_to_string("data/fonts.tsv")?.lines().filter(|row| !row.starts_with('#')) {
        let mut cells = row.split('\t');
        let (Some(name), Some(hash)) = (cells.next(), cells.next()) else { continue };
        match find(&folders, name, hash) {
            Some(bytes) => {
                fs::write(out.join(name), bytes)?;
                writeln!(
                    table,
                    "    (\"{name}\", include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\"))),"
                )?;
            }
            None => println!("cargo::warning={name} is not on this computer: PDF needs --fonts DIR"),
        }
    }
    table.push(']');
    fs::write(out.join("fonts.rs"), table)?;
    Ok(())
}

/// The font with this hash.
fn find(folders: &[PathBuf], name: &str, hash: &str) -> Option<Vec<u8>> {
    folders.iter().find_map(|folder| {
        let bytes = fs::read(folder.join(name)).ok()?;
        let found = Sha256::digest(&bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        (found == hash).then_some(bytes)
    })
}
