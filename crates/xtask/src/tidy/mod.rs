//! `xtask tidy`: rules of the tree that no compiler checks.
//!
//! Each check is one module with a `check` function that adds what is wrong to a [`Report`]; a check looks at the files
//! that git tracks or would track, so that nothing of the machine takes part.

mod cites;
mod code;
mod documents;
mod layers;
mod locales;
mod rules;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Options of `xtask tidy`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Root of the project.
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

/// Checks the tree and lists everything that is wrong at once.
pub(crate) fn run(args: &Args) -> Result<()> {
    let tree = Tree::read(&args.root)?;
    let mut report = Report::default();
    layers::check(&tree, &mut report);
    code::check(&tree, &mut report);
    locales::check(&tree, &mut report);
    rules::check(&tree, &mut report);
    cites::check(&tree, &mut report);
    documents::check(&tree, &mut report);
    for line in &report.lines {
        crate::say(line);
    }
    if !report.lines.is_empty() {
        bail!("{} things to tidy", report.lines.len());
    }
    crate::say(&format!("tidy: {} files are in order", tree.files.len()));
    Ok(())
}

/// What is wrong, a line each.
#[derive(Debug, Default)]
pub(crate) struct Report {
    lines: Vec<String>,
}

impl Report {
    /// Adds a fault at a place.
    pub(crate) fn add(&mut self, file: &str, line: usize, what: impl AsRef<str>) {
        self.lines.push(format!("{file}:{line}: {}", what.as_ref()));
    }
}

/// The text files of the project.
pub(crate) struct Tree {
    files: Vec<(String, String)>,
    /// Names of all files, also of those that are no text.
    names: Vec<String>,
}

/// Larger files are data and are not looked at.
const TEXT_BYTES_MAX: u64 = 1 << 20;

impl Tree {
    fn read(root: &Path) -> Result<Self> {
        let listed = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            .current_dir(root)
            .output()
            .context("cannot start git")?;
        if !listed.status.success() {
            bail!("git cannot list the files of {}", root.display());
        }
        let mut names: Vec<String> = String::from_utf8_lossy(&listed.stdout)
            .split('\0')
            .filter(|name| !name.is_empty() && root.join(name).is_file())
            .map(str::to_owned)
            .collect();
        names.sort();
        names.dedup();
        let files = names
            .iter()
            .filter(|name| std::fs::metadata(root.join(name)).is_ok_and(|meta| meta.len() <= TEXT_BYTES_MAX))
            .filter_map(|name| Some((name.clone(), std::fs::read_to_string(root.join(name)).ok()?)))
            .collect();
        Ok(Self { files, names })
    }

    #[cfg(test)]
    fn of(files: &[(&str, &str)]) -> Self {
        let mut files: Vec<_> =
            files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        files.sort();
        Self { names: files.iter().map(|(name, _)| name.clone()).collect(), files }
    }

    /// Text files whose name begins and ends so.
    pub(crate) fn texts<'t>(
        &'t self,
        start: &'t str,
        end: &'t str,
    ) -> impl Iterator<Item = (&'t str, &'t str)> {
        self.files
            .iter()
            .filter(move |(name, _)| name.starts_with(start) && name.ends_with(end))
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Is there a file of this name?
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
    }

    /// The text of a file.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }
}

/// Lines with their numbers from 1.
pub(crate) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines())
}

#[cfg(test)]
pub(crate) fn faults(check: fn(&Tree, &mut Report), files: &[(&str, &str)]) -> Vec<String> {
    let mut report = Report::default();
    check(&Tree::of(files), &mut report);
    report.lines
}
