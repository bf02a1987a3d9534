//! `sekisho rules import`: a local copy of a public rule set, with authors and licence.

use crate::cli::RulesImport;
use crate::clock;
use crate::error::Usage;
use crate::inputs;
use crate::output::atomic::AtomicFile;
use crate::output::{say, terminal::safe};
use anyhow::Context as _;
use detect::rule::{LoadReport, RuleSet};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use vocab::Message;
use web::{Catalog, Lang};

/// Names of files that state the licence of a rule set, in lower case.
const LICENCE_NAMES: [&str; 4] = ["license", "licence", "copying", "notice"];
/// Lines of a licence that are shown.
const LICENCE_LINES_SHOWN: usize = 6;
/// Authors that are named.
const AUTHORS_SHOWN: usize = 8;

/// Runs the command. Files that are there already with other content are not touched; the command then gives 1.
pub(crate) fn run(args: &RulesImport) -> anyhow::Result<u8> {
    if !args.from.is_dir() {
        return Err(Usage::error(
            format!("{}: no such folder", args.from.display()),
            "give the folder of a rule set with Sigma YAML files",
        ));
    }
    let lang = args.lang.map_or_else(clock::language, Lang::from);
    let catalog = Catalog::new(lang, jiff::tz::TimeZone::UTC);
    let files = inputs::rule_texts(inputs::rule_paths(&args.from)?)?;
    // Alone, so that ids of the built-in pack do not matter here.
    let (set, report) = RuleSet::load(&[], &files);
    let mut out = std::io::stdout().lock();
    for refused in &report.refused {
        let line = format!("{}:{}: {}: {}", refused.file, refused.line, refused.id, refused.reason);
        writeln!(out, "{}", safe(&line, usize::MAX)).context("cannot write to standard output")?;
    }
    let refused: BTreeSet<&str> = report.refused.iter().map(|refused| refused.file.as_str()).collect();
    let mut copied = Copied::default();
    for (file, text) in files.iter().filter(|(file, _)| args.keep_refused || !refused.contains(file.as_str()))
    {
        copied.file(Path::new(file), text.as_bytes(), args)?;
    }
    let licences = licences(&args.from)?;
    for (path, bytes) in &licences {
        copied.file(path, bytes, args)?;
    }
    tell(&catalog, &licences, &set, (&report, &copied), args);
    Ok(u8::from(!copied.kept.is_empty()))
}

/// What was copied.
#[derive(Default)]
struct Copied {
    files: usize,
    /// Files that were there with the same content.
    same: usize,
    /// Files that were there with other content, and are as they were.
    kept: Vec<PathBuf>,
}

impl Copied {
    fn file(&mut self, from: &Path, bytes: &[u8], args: &RulesImport) -> anyhow::Result<()> {
        let below = from.strip_prefix(&args.from).unwrap_or(from);
        let to = args.to.join(below);
        if std::fs::symlink_metadata(&to).is_ok() {
            match inputs::read_capped(&to).ok() {
                Some(there) if there == bytes => self.same += 1,
                _ => self.kept.push(to),
            }
            return Ok(());
        }
        self.files += 1;
        if args.dry_run {
            return Ok(());
        }
        let folder = to.parent().unwrap_or(&args.to);
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut file = AtomicFile::create(&to)?;
        file.write_all(bytes).with_context(|| format!("cannot write {}", to.display()))?;
        file.commit()
    }
}

/// Licence files in the folder itself or, where it has none, in the folder above.
fn licences(folder: &Path) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
    let own = licence_files(folder)?;
    let paths = match folder.canonicalize().ok().as_deref().and_then(Path::parent) {
        Some(above) if own.is_empty() => licence_files(above)?,
        _ => own,
    };
    let mut all = Vec::with_capacity(paths.len());
    for path in paths {
        let bytes = inputs::read_capped(&path)?;
        // One from above goes into the folder itself.
        let name = path.file_name().unwrap_or_default();
        all.push((folder.join(name), bytes));
    }
    Ok(all)
}

fn licence_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let context = || format!("cannot read {}", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
        let is_licence = LICENCE_NAMES.iter().any(|own| name.starts_with(own));
        if is_licence && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn tell(
    catalog: &Catalog,
    licences: &[(PathBuf, Vec<u8>)],
    set: &RuleSet,
    (report, copied): (&LoadReport, &Copied),
    args: &RulesImport,
) {
    let told = |message: Message| say(&catalog.render(&message));
    match licences.first() {
        None => told(Message::new("import-no-licence")),
        Some((path, bytes)) => {
            told(Message::new("import-licence").with("file", path.display().to_string()));
            let text = String::from_utf8_lossy(bytes);
            let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
            lines.take(LICENCE_LINES_SHOWN).for_each(|line| say(&format!("  {line}")));
        }
    }
    let mut authors: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, rule) in set.iter() {
        *authors.entry(rule.meta.reference.author.as_deref().unwrap_or("-")).or_default() += 1;
    }
    let mut most: Vec<(usize, &str)> = authors.iter().map(|(name, count)| (*count, *name)).collect();
    most.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let names: Vec<&str> = most.iter().take(AUTHORS_SHOWN).map(|(_, name)| *name).collect();
    told(Message::new("import-authors").with("count", authors.len() as u64).with("names", names.join("; ")));
    let id = if args.dry_run { "import-would" } else { "import-done" };
    let done = Message::new(id)
        .with("files", copied.files as u64)
        .with("same", copied.same as u64)
        .with("rules", report.loaded as u64)
        .with("refused", report.refused.len() as u64)
        .with("folder", args.to.display().to_string());
    told(done);
    for path in &copied.kept {
        told(Message::new("import-kept").with("file", path.display().to_string()));
    }
}
