//! The settings of an agent: one TOML file; paths in it start at its folder.

use crate::error::Hinted;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Largest settings file, bytes.
const BYTES_MAX: usize = 1 << 20;
/// Most files of one agent.
pub(crate) const FILES_MAX: usize = 256;

/// `agent.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The server's `[agents] listen`, as it is reached from here: `name:port`.
    pub(crate) server: String,
    /// PEM file of the server's authority.
    pub(crate) authority: PathBuf,
    /// PEM file of this agent's certificate.
    pub(crate) certificate: PathBuf,
    /// PEM file of its private key.
    pub(crate) key: PathBuf,
    /// Folder of what is not sent yet.
    pub(crate) spool: PathBuf,
    /// How large it may grow, MiB; beyond, files are read on when the server has taken some.
    #[serde(default = "spool_mib")]
    pub(crate) spool_mib_max: u64,
    /// Logs that are followed.
    #[serde(default)]
    pub(crate) files: Vec<PathBuf>,
}

const fn spool_mib() -> u64 {
    1_024
}

/// Reads and checks the settings.
///
/// # Errors
/// Names file, line and expectation.
pub(crate) fn read(path: &Path) -> anyhow::Result<Config> {
    let text = crate::inputs::read_text(path, BYTES_MAX)?;
    let wrong = |what: String, hint: &str| Hinted::error(format!("{}: {what}", path.display()), hint);
    let mut config: Config = toml::from_str(&text).map_err(|error| {
        wrong(error.to_string().trim_end().to_owned(), "docs/agent.md lists all settings")
    })?;
    if config.files.is_empty() {
        return Err(wrong("nothing to follow".to_owned(), "name log files under `files`"));
    }
    if config.files.len() > FILES_MAX {
        let what = format!("{} files, where {FILES_MAX} are the limit", config.files.len());
        return Err(wrong(what, "run a second agent with a spool of its own"));
    }
    let named = |path: &PathBuf| path.to_str().is_some_and(super::wire::is_file);
    if let Some(unfit) = config.files.iter().find(|path| !named(path)) {
        return Err(wrong(format!("{} cannot be the name of a source", unfit.display()), "rename the file"));
    }
    if !config
        .server
        .rsplit_once(':')
        .is_some_and(|(name, port)| !name.is_empty() && port.parse::<u16>().is_ok())
    {
        return Err(wrong(format!("server = {:?} is no address", config.server), "expected name:port"));
    }
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    for one in [&mut config.authority, &mut config.certificate, &mut config.key, &mut config.spool] {
        *one = folder.join(&*one);
    }
    for one in &mut config.files {
        *one = folder.join(&*one);
    }
    Ok(config)
}
