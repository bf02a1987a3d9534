//! Starting outside programs with an argument vector, never through a shell.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

/// Variables that keep libfaketime exact: no cache, and timers left alone.
pub(super) const TIME_ENV: [(&str, &str); 2] =
    [("FAKETIME_NO_CACHE", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")];

/// A command with quiet input and the time variables set.
pub(super) fn command<S: AsRef<std::ffi::OsStr>>(argv: &[S]) -> Command {
    let mut command = Command::new(argv.first().map_or_else(|| "false".as_ref(), AsRef::as_ref));
    command.args(argv.iter().skip(1)).stdin(Stdio::null()).envs(TIME_ENV);
    command
}

/// Runs to the end and hands back status and output, whatever the status is.
pub(super) fn output<S: AsRef<std::ffi::OsStr>>(argv: &[S]) -> Result<Output> {
    let name = argv.first().map(|name| name.as_ref().to_string_lossy().into_owned()).unwrap_or_default();
    command(argv).output().with_context(|| format!("cannot start {name}"))
}

/// Runs to the end; a status other than 0 is an error that shows what the program said.
pub(super) fn must<S: AsRef<std::ffi::OsStr>>(argv: &[S]) -> Result<String> {
    let done = output(argv)?;
    if !done.status.success() {
        let line: Vec<String> =
            argv.iter().map(|word| word.as_ref().to_string_lossy().into_owned()).collect();
        bail!(
            "{} failed ({}): {}",
            line.join(" "),
            done.status,
            String::from_utf8_lossy(&done.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Writes a small file of the staged world and sets its mode.
pub(super) fn put(path: impl AsRef<Path>, text: impl AsRef<[u8]>, mode: u32) -> Result<()> {
    let path = path.as_ref();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let mut file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    file.write_all(text.as_ref()).with_context(|| format!("cannot write {}", path.display()))?;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
        .with_context(|| format!("cannot set the mode of {}", path.display()))
}

/// A log file for the talk of a daemon or client, kept only while staging.
pub(super) fn talk(name: &str) -> Result<File> {
    let path = format!("/tmp/{name}.talk");
    OpenOptions::new().create(true).append(true).open(&path).with_context(|| format!("cannot open {path}"))
}
