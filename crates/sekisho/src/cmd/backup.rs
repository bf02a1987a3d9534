//! `sekisho backup`: a copy of ledger, secret, state and settings of the service, made while it runs; its check; and the way
//! back. A later copy into the same folder sends only what the ledger has gained.

use crate::clock::Clock;
use crate::error::{Hinted, Usage};
use crate::output::{atomic, private_folder, say};
use crate::progress::Progress;
use crate::serve::config;
use crate::vault::Vault;
use anyhow::Context as _;
use clap::{Args, Subcommand};
use ledger::{Reader, Replica, VerifyOptions, replicate};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use store::Store;

/// Version of `backup.json`.
const SCHEMA_VERSION: u32 = 1;
/// Files of a copy.
const NOTE: &str = "backup.json";
const STATE: &str = "state.db";
const SECRET: &str = "ledger.secret";
const SETTINGS: &str = "sekisho.toml";
const LEDGER: &str = "ledger";
/// Largest secret and settings file, bytes.
const SMALL_BYTES_MAX: usize = 1 << 20;
/// Largest state, bytes.
const STATE_BYTES_MAX: usize = 8 << 30;

/// `sekisho backup`.
#[derive(Debug, Subcommand)]
pub(crate) enum BackupCommand {
    /// Copy everything into a folder, while the service runs / 稼働中に写しを作る
    #[command(
        after_long_help = "The folder holds secrets: keep it as safe as the service itself. A PostgreSQL state is copied with pg_dump.

Examples:
  sekisho backup create --config /etc/sekisho/sekisho.toml /mnt/backup/sekisho"
    )]
    Create(Where),
    /// Check a copy: every entry of the ledger, the file of the state / 写しを確かめる
    Check {
        /// Folder of the copy
        folder: PathBuf,
    },
    /// Put a copy back where the settings say; the place must be empty / 写しから戻す
    #[command(
        after_long_help = "What came after the copy is lost. Whoever holds a later signed head (witnesses, other copies, receivers of
bundles) then sees that the ledger was put back; tell them. A copy of the ledger elsewhere may hold more: see ledger replicate.

Examples:
  sekisho backup restore --config /etc/sekisho/sekisho.toml /mnt/backup/sekisho"
    )]
    Restore(Where),
}

/// From where to where.
#[derive(Debug, Args)]
pub(crate) struct Where {
    /// Folder of the copy
    folder: PathBuf,
    /// Settings of the service / 設定ファイル
    #[arg(long, value_name = "FILE", default_value = "sekisho.toml")]
    config: PathBuf,
    /// No progress on standard error
    #[arg(long, short)]
    quiet: bool,
}

/// `backup.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    schema_version: u32,
    made: String,
    version: String,
    ledger_size: u64,
    /// SHA-256 of the state, hex; empty: it is kept in PostgreSQL.
    state_sha256: String,
}

/// Runs the command.
pub(crate) fn run(command: BackupCommand) -> anyhow::Result<u8> {
    match command {
        BackupCommand::Create(args) => create(&args),
        BackupCommand::Check { folder } => check(&folder),
        BackupCommand::Restore(args) => restore(&args),
    }
}

fn copy_small(from: &Path, to: &Path) -> anyhow::Result<()> {
    let bytes = zeroize::Zeroizing::new(crate::inputs::read_bytes(from, SMALL_BYTES_MAX)?);
    atomic::write(to, &bytes)
}

fn create(args: &Where) -> anyhow::Result<u8> {
    let settings = config::read(&args.config)?;
    private_folder(&args.folder)?;
    // The state first: whatever it cites is then in the ledger that is copied after it.
    let mut state_sha256 = String::new();
    if settings.database.is_none() {
        let (new, state) = (args.folder.join("state.db.new"), args.folder.join(STATE));
        remove_if_there(&new)?;
        let address = settings.data.join(STATE);
        let store = Store::open(&address.display().to_string(), None).context("cannot open the state")?;
        store.copy_to(&new).context("cannot copy the state")?;
        state_sha256 = digest(&new)?;
        std::fs::File::open(&new)?.sync_all().context("cannot make the copy of the state durable")?;
        std::fs::rename(&new, &state).context("cannot put the copy of the state in its place")?;
    }
    copy_small(&settings.data.join(SECRET), &args.folder.join(SECRET))?;
    copy_small(&args.config, &args.folder.join(SETTINGS))?;
    let size = copy_ledger(&settings.data.join(LEDGER), &args.folder.join(LEDGER), args.quiet)?;
    let evidence =
        Vault::beside(&settings.data.join(LEDGER)).copy_to(&Vault::beside(&args.folder.join(LEDGER)))?;
    if evidence > 0 {
        say(&format!("{evidence} new items of evidence / 新しい証拠 {evidence} 件"));
    }
    let note = Note {
        schema_version: SCHEMA_VERSION,
        made: jiff::Timestamp::from_microsecond(Clock::System.now().0).unwrap_or_default().to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ledger_size: size,
        state_sha256,
    };
    atomic::write(&args.folder.join(NOTE), &serde_json::to_vec_pretty(&note)?)?;
    say(&format!("{}: {size} entries / 台帳の {size} 件まで", args.folder.display()));
    if settings.database.is_some() {
        say("the state is in PostgreSQL: copy it with pg_dump / 状態は pg_dump で写してください");
    }
    Ok(0)
}

fn copy_ledger(from: &Path, to: &Path, quiet: bool) -> anyhow::Result<u64> {
    let progress = Progress::on_terminal(quiet);
    let mut tell = |done: u64, of: u64| progress.steps(done, of);
    let mut reader = Reader::open(from).with_context(|| format!("cannot read {}", from.display()))?;
    let mut replica = Replica::open(to, None).with_context(|| format!("cannot write {}", to.display()))?;
    let done = replicate(&mut reader, &mut replica, &mut tell);
    progress.clear();
    let done = done.with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    replica.destroy()?;
    Ok(done.size)
}

fn digest(path: &Path) -> anyhow::Result<String> {
    let bytes = crate::inputs::read_bytes(path, STATE_BYTES_MAX)?;
    Ok(hex::encode(Sha256::digest(&bytes)))
}

fn remove_if_there(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn read_note(folder: &Path) -> anyhow::Result<Note> {
    let path = folder.join(NOTE);
    let bytes = crate::inputs::read_bytes(&path, SMALL_BYTES_MAX).map_err(|error| {
        Hinted::error(format!("{error:#}"), "name a folder that `sekisho backup create` wrote")
    })?;
    let note: Note =
        serde_json::from_slice(&bytes).with_context(|| format!("{} is no note of a copy", path.display()))?;
    anyhow::ensure!(
        note.schema_version == SCHEMA_VERSION,
        "{}: version {} is not known",
        path.display(),
        note.schema_version
    );
    Ok(note)
}

/// What is wrong with a copy; nothing: it can be put back.
fn faults(folder: &Path) -> anyhow::Result<Vec<String>> {
    let note = read_note(folder)?;
    let mut faults = Vec::new();
    let report =
        ledger::verify(&folder.join(LEDGER), &VerifyOptions::default()).context("cannot check the ledger")?;
    faults.extend(report.failures.iter().map(|failure| format!("ledger: {failure:?}")));
    if report.entries < note.ledger_size {
        faults.push(format!("ledger: {} entries, the note says {}", report.entries, note.ledger_size));
    }
    crate::cmd::ledger::read_secret(&folder.join(SECRET))?;
    let vault = Vault::beside(&folder.join(LEDGER));
    let changed = vault.items().into_iter().filter(|item| !vault.is_whole(item));
    faults.extend(changed.map(|item| format!("evidence: {item} has another SHA-256 now")));
    if !note.state_sha256.is_empty() {
        let state = folder.join(STATE);
        if digest(&state)? != note.state_sha256 {
            faults.push(format!("{}: its SHA-256 is not that of the note", state.display()));
        } else {
            check_state(&state, &mut faults)?;
        }
    }
    Ok(faults)
}

/// Opens a copy of the copy: opening the state itself would change it.
fn check_state(state: &Path, faults: &mut Vec<String>) -> anyhow::Result<()> {
    let place = tempfile::tempdir().context("cannot make a temporary folder")?;
    let copy = place.path().join(STATE);
    std::fs::copy(state, &copy).context("cannot copy the state")?;
    let opened = Store::open(&copy.display().to_string(), None).and_then(|store| store.check());
    if let Err(error) = opened {
        faults.push(format!("{}: {error}", state.display()));
    }
    Ok(())
}

fn check(folder: &Path) -> anyhow::Result<u8> {
    let faults = faults(folder)?;
    faults.iter().for_each(|fault| say(fault));
    if faults.is_empty() {
        say(&format!("{} can be put back / 戻せます", folder.display()));
    }
    Ok(u8::from(!faults.is_empty()))
}

fn restore(args: &Where) -> anyhow::Result<u8> {
    let settings = config::read(&args.config)?;
    let occupied = [LEDGER, STATE, SECRET].iter().find(|name| settings.data.join(name).exists());
    if let Some(name) = occupied {
        return Err(Usage::error(
            format!("{} is there already", settings.data.join(name).display()),
            "move it away first: a copy is put back only where nothing is",
        ));
    }
    let faults = faults(&args.folder)?;
    if let Some(fault) = faults.first() {
        return Err(Hinted::error(fault.clone(), "`sekisho backup check` names everything that is wrong"));
    }
    private_folder(&settings.data)?;
    let size = copy_ledger(&args.folder.join(LEDGER), &settings.data.join(LEDGER), args.quiet)?;
    Vault::beside(&args.folder.join(LEDGER)).copy_to(&Vault::beside(&settings.data.join(LEDGER)))?;
    let state = args.folder.join(STATE);
    if settings.database.is_none() && state.exists() {
        let to = settings.data.join(STATE);
        std::fs::copy(&state, &to).with_context(|| format!("cannot write {}", to.display()))?;
        std::fs::File::open(&to)?.sync_all()?;
    }
    // Last, so that an interrupted restore cannot be taken for a whole one: without its secret no ledger opens.
    copy_small(&args.folder.join(SECRET), &settings.data.join(SECRET))?;
    say(&format!("{}: {size} entries / 台帳の {size} 件を戻しました", settings.data.display()));
    Ok(0)
}
