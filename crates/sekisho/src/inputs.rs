//! From the command line to a plan: inputs, zone, context files, rules.

use crate::cli::Reading;
use crate::clock::Clock;
use crate::error::{Hinted, Usage};
use anyhow::Context as _;
use collect::context::{Database, PLACES_BYTES_MAX};
use collect::input::{Input, Limits};
use collect::record::UnreadReason;
use collect::stream::{Plan, PlanSettings, SideKind};
use detect::rule::{LoadReport, RuleSet};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocab::{Context, Message, PlaceBook};

/// Largest context file (roster, assets, networks) and rule file.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Most rule files below the folders of `--rules`.
const RULE_FILES_MAX: usize = 50_000;
/// Deepest folder below `--rules`.
const RULE_DEPTH_MAX: usize = 16;

/// Everything a run needs to begin.
pub(crate) struct Prepared {
    /// Which sources there are, and what could not be opened.
    pub(crate) plan: Plan,
    /// How times are read.
    pub(crate) settings: PlanSettings,
    /// What is known beside the logs.
    pub(crate) context: Context,
    /// The rules in force.
    pub(crate) rules: Arc<RuleSet>,
    /// What became of the rules.
    pub(crate) loaded: LoadReport,
    /// What was taken from the inputs without being asked for.
    pub(crate) assumed: Vec<Message>,
}

/// Opens inputs, context and rules.
///
/// # Errors
/// Wrong use (exit code 2) for a zone, path or folder that is not there; a failure for a context file that cannot be
/// read, with file, line and expectation.
pub(crate) fn prepare(reading: &Reading, clock: Clock, builtin: bool) -> anyhow::Result<Prepared> {
    let (rules, loaded) = rules(&reading.rules, builtin)?;
    let settings = settings(reading, clock)?;
    let zone = settings.timezone.clone().unwrap_or_else(|| settings.machine_zone.clone());
    let beside = Beside {
        accounts: reading.accounts.as_deref(),
        assets: reading.assets.as_deref(),
        networks: reading.networks.as_deref(),
        repudiated: reading.repudiated.as_deref(),
        places: &reading.places,
    };
    let mut context = context(beside, &zone)?;
    let mut plan = collect::stream::plan(inputs(&reading.paths)?, &settings);
    local_users(&mut plan, &mut context);
    let assumed =
        if reading.accounts.is_none() { rosters(&mut plan, &mut context, &zone) } else { Vec::new() };
    Ok(Prepared { plan, settings, context, rules: Arc::new(rules), loaded, assumed })
}

/// Opens the inputs alone, for commands that need no rules.
///
/// # Errors
/// As [`prepare`].
pub(crate) fn open(reading: &Reading, clock: Clock) -> anyhow::Result<(Plan, PlanSettings)> {
    let settings = settings(reading, clock)?;
    Ok((collect::stream::plan(inputs(&reading.paths)?, &settings), settings))
}

fn settings(reading: &Reading, clock: Clock) -> anyhow::Result<PlanSettings> {
    let timezone = reading.timezone.as_deref().map(zone).transpose()?;
    Ok(PlanSettings {
        limits: Limits::default(),
        timezone,
        machine_zone: clock.zone(),
        year: reading.year,
        clock: clock.now(),
    })
}

/// A zone by its name (`Asia/Tokyo`) or as a fixed offset (`+09:00`).
pub(crate) fn zone(text: &str) -> anyhow::Result<jiff::tz::TimeZone> {
    if let Ok(zone) = jiff::tz::TimeZone::get(text) {
        return Ok(zone);
    }
    fixed(text).ok_or_else(|| {
        Usage::error(
            format!("no time zone is named {text:?}"),
            "give a name such as Asia/Tokyo, or an offset such as +09:00",
        )
    })
}

fn fixed(text: &str) -> Option<jiff::tz::TimeZone> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) =
        rest.split_once(':').unwrap_or_else(|| rest.split_at_checked(2).unwrap_or((rest, "0")));
    let minutes = minutes.parse::<i32>().ok().filter(|minutes| (0..60).contains(minutes))?;
    let hours = hours.parse::<i32>().ok().filter(|hours| (0..=14).contains(hours))?;
    let offset = jiff::tz::Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()?;
    Some(jiff::tz::TimeZone::fixed(offset))
}

/// The inputs. A path that is not there is told apart from a log that cannot be read: when nothing at all is there, the
/// command line is wrong.
fn inputs(paths: &[PathBuf]) -> anyhow::Result<Vec<Input>> {
    let is_stdin = |path: &Path| path.as_os_str() == "-";
    if let Some(first) = paths.first()
        && paths.iter().all(|path| !is_stdin(path) && std::fs::symlink_metadata(path).is_err())
    {
        let error = std::fs::symlink_metadata(first).err().map(|error| error.to_string()).unwrap_or_default();
        return Err(Usage::error(
            format!("{}: {error}", first.display()),
            "give a file or folder with logs, or - for standard input",
        ));
    }
    if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
        return Err(Usage::error("standard input was given twice", "give - once"));
    }
    let input = |path: &PathBuf| {
        if is_stdin(path) {
            Input::stream("-", Box::new(std::io::stdin()))
        } else {
            Input::Path(path.clone())
        }
    };
    Ok(paths.iter().map(input).collect())
}

/// Files with what is known beside the logs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Beside<'a> {
    pub(crate) accounts: Option<&'a Path>,
    pub(crate) assets: Option<&'a Path>,
    pub(crate) networks: Option<&'a Path>,
    pub(crate) repudiated: Option<&'a Path>,
    pub(crate) places: &'a [PathBuf],
}

/// Reads what is known beside the logs.
///
/// # Errors
/// Names file, line and expectation.
pub(crate) fn context(files: Beside<'_>, zone: &jiff::tz::TimeZone) -> anyhow::Result<Context> {
    let mut context = Context::default();
    if let Some(path) = files.accounts {
        context.accounts = collect::context::accounts(&read_capped(path)?, &path.to_string_lossy(), zone)?;
    }
    if let Some(path) = files.assets {
        context.assets = collect::context::assets(&read_capped(path)?, &path.to_string_lossy())?;
    }
    if let Some(path) = files.networks {
        context.networks = collect::context::networks(&read_capped(path)?, &path.to_string_lossy())?;
    }
    if let Some(path) = files.repudiated {
        let name = path.to_string_lossy();
        context.repudiations = collect::context::repudiations(&read_capped(path)?, &name, zone)?;
    }
    if !files.places.is_empty() {
        let mut database = Database::default();
        for path in files.places {
            database.add(read_at_most(path, PLACES_BYTES_MAX)?, &path.to_string_lossy())?;
        }
        context.places = PlaceBook::new(Arc::new(database));
    }
    Ok(context)
}

/// Takes the accounts of collected password files into the context. Evidence may be damaged or forged: a file that is no
/// password file is named as unread, and the run goes on.
fn local_users(plan: &mut Plan, context: &mut Context) {
    for file in plan.side.iter().filter(|file| file.kind == SideKind::Passwd) {
        match collect::context::passwd(&file.bytes, &file.name) {
            Ok(users) => context.local_users.extend(users),
            Err(error) => {
                let expected = format!("{} in line {}", error.expected, error.line);
                plan.unread.at(&file.name, 0, error.line, UnreadReason::Corrupt, expected);
            }
        }
    }
}

/// Takes rosters that lie among the logs, when none was named. The report says so.
fn rosters(plan: &mut Plan, context: &mut Context, zone: &jiff::tz::TimeZone) -> Vec<Message> {
    let mut said = Vec::new();
    for file in plan.side.iter().filter(|file| file.kind == SideKind::Roster) {
        match collect::context::accounts(&file.bytes, &file.name, zone) {
            Ok(accounts) => {
                let count = accounts.len() as u64;
                said.push(
                    Message::new("assumed-roster").with("file", file.name.as_str()).with("count", count),
                );
                context.accounts.extend(accounts);
            }
            Err(error) => {
                let expected = format!("{} in line {}", error.expected, error.line);
                plan.unread.at(&file.name, 0, error.line, UnreadReason::Corrupt, expected);
            }
        }
    }
    said
}

/// Reads a small file whole.
///
/// # Errors
/// Names the file when it cannot be read or is larger than 16 MiB.
pub(crate) fn read_capped(path: &Path) -> anyhow::Result<Vec<u8>> {
    read_at_most(path, FILE_BYTES_MAX)
}

fn read_at_most(path: &Path, bytes_max: u64) -> anyhow::Result<Vec<u8>> {
    let name = || format!("cannot read {}", path.display());
    let mut bytes = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "`take` is the cap")]
    File::open(path).with_context(name)?.take(bytes_max + 1).read_to_end(&mut bytes).with_context(name)?;
    if bytes.len() as u64 > bytes_max {
        return Err(Hinted::error(
            format!("{} is larger than {bytes_max} bytes", path.display()),
            "split the file",
        ));
    }
    Ok(bytes)
}

/// Reads a file or standard input of at most `bytes_max` bytes.
pub(crate) fn read_bytes(path: &Path, bytes_max: usize) -> anyhow::Result<Vec<u8>> {
    let name = || format!("cannot read {}", path.display());
    let stream: Box<dyn std::io::Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(path).with_context(name)?)
    };
    let mut bytes = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "`take` is the cap")]
    stream.take(bytes_max as u64 + 1).read_to_end(&mut bytes).with_context(name)?;
    if bytes.len() > bytes_max {
        return Err(Hinted::error(
            format!("{} is larger than {bytes_max} bytes", path.display()),
            "split it",
        ));
    }
    Ok(bytes)
}

/// Reads text from a file or from standard input, at most `bytes_max` bytes.
pub(crate) fn read_text(path: &Path, bytes_max: usize) -> anyhow::Result<String> {
    String::from_utf8(read_bytes(path, bytes_max)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Hinted::error(format!("{}: byte {at} is not UTF-8", path.display()), "save the file as UTF-8")
    })
}

/// Loads the built-in pack and the folders of `--rules`.
///
/// # Errors
/// When a folder or file cannot be read. A rule that cannot be loaded is in the report instead (DT-RUL-02).
pub(crate) fn rules(folders: &[PathBuf], builtin: bool) -> anyhow::Result<(RuleSet, LoadReport)> {
    let mut files = Vec::new();
    for folder in folders {
        if !folder.exists() {
            return Err(Usage::error(
                format!("{}: no such folder", folder.display()),
                "give a folder with Sigma rules (*.yml)",
            ));
        }
        rule_files(folder, RULE_DEPTH_MAX, &mut files)?;
    }
    let texts = rule_texts(files)?;
    Ok(RuleSet::load(if builtin { detect::BUILTIN } else { &[] }, &texts))
}

/// Rule files below a folder, in order of their paths; symbolic links are not followed.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn rule_paths(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    rule_files(folder, RULE_DEPTH_MAX, &mut files)?;
    Ok(files)
}

/// The files with their texts.
///
/// # Errors
/// When a file cannot be read or is larger than 16 MiB.
pub(crate) fn rule_texts(files: Vec<PathBuf>) -> anyhow::Result<Vec<(String, String)>> {
    let mut texts = Vec::with_capacity(files.len());
    for path in files {
        let bytes = read_capped(&path)?;
        texts.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    Ok(texts)
}

fn rule_files(path: &Path, depth_left: usize, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    let name = || format!("cannot read {}", path.display());
    let mut below = Vec::new();
    for entry in std::fs::read_dir(path).with_context(name)? {
        below.push(entry.with_context(name)?.path());
    }
    below.sort();
    for path in below {
        let meta =
            std::fs::symlink_metadata(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if meta.is_dir() && depth_left > 0 {
            rule_files(&path, depth_left - 1, files)?;
        } else if meta.is_file() && is_rule(&path) && files.len() < RULE_FILES_MAX {
            files.push(path);
        }
    }
    Ok(())
}

fn is_rule(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let test = name.ends_with(".test.yml") || name.ends_with(".test.yaml");
    (name.ends_with(".yml") || name.ends_with(".yaml")) && !test
}

/// Name of this computer, for logs that do not name theirs; empty when it cannot be told.
pub(crate) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_by_name_and_offset() {
        assert!(zone("Asia/Tokyo").is_ok());
        for good in ["+09:00", "-0330", "+9"] {
            assert!(zone(good).is_ok(), "{good}");
        }
        for wrong in ["Tokyo/Asia", "+25:00", "+09:75", "", "9"] {
            assert!(zone(wrong).is_err(), "{wrong}");
        }
    }
}
