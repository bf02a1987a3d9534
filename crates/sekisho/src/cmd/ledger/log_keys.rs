//! `sekisho ledger keys` and `rotate`: the log key, the root key, and what is said about them (LG-EPO-04).

use super::governing::person_key;
use super::view;
use super::write;
use crate::clock::Clock;
use crate::error::{Hinted, Usage};
use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::{Args, Subcommand};
use ledger::{Authority, KeyHistory, KeyStatement, LogKeys, PersonKey, Reader};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Largest statement or history that is read, bytes.
const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// `sekisho ledger keys`.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a root key and print its public part; keep the file off line, on paper or on a medium in a safe
    Root {
        /// File for the key; must not exist yet
        file: PathBuf,
    },
    /// Print the log keys of a ledger: which entries and heads each stands for, who vouches for it, what was revoked
    List {
        /// Folder of the ledger
        ledger: PathBuf,
    },
    /// Give a ledger that was made without a root key one
    #[command(name = "adopt-root")]
    AdoptRoot {
        /// Folder of the ledger
        ledger: PathBuf,
        /// Public part of the root key, as `keys root` prints it
        #[arg(long, value_name = "KEY", value_parser = public)]
        root: [u8; 32],
        /// File with the secret of the ledger
        #[arg(long, value_name = "FILE")]
        secret: PathBuf,
        /// File for the statement, where a policy lists people: two of them sign it, then `keys enter`
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Write the statement that the log key in force is the ledger's, for the root key to sign
    Certify {
        /// Folder of the ledger
        ledger: PathBuf,
        /// File with the secret of the ledger
        #[arg(long, value_name = "FILE")]
        secret: PathBuf,
        /// File for the statement
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Make the secret of the next log key, and write the statement that names it, for the root key to sign
    Next {
        /// Folder of the ledger
        ledger: PathBuf,
        /// File for the next secret; made when it is not there
        #[arg(long, value_name = "FILE")]
        new_secret: PathBuf,
        /// File for the statement
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Write the statement that a log key is not to be believed any more, for the root key to sign
    Revoke {
        /// Folder of the ledger
        ledger: PathBuf,
        /// lost, stolen or ended
        #[arg(long)]
        reason: String,
        /// First entry that the key alone does not prove: a number of entries, a file with the last head that you believe, or a
        /// date and time
        #[arg(long, value_name = "SIZE|FILE|DATE")]
        from: String,
        /// Moment of the loss, where it is known
        #[arg(long, value_name = "DATE")]
        since: Option<String>,
        /// Number of the key [default: the one in force]
        #[arg(long, value_name = "NO")]
        key: Option<u64>,
        /// File for the statement
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Sign a statement with the root key, or as one of two people of the policy; needs no ledger
    Sign {
        /// The statement; the signature is added to it
        statement: PathBuf,
        /// File with the root key, or with the key of a person
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Enter a signed statement: a root key, a certificate, or the revocation of a key that was replaced before
    Enter(EnterArgs),
    /// Write the history of the log keys with its proofs, for witnesses and others who know one of the keys
    History {
        /// Folder of the ledger
        ledger: PathBuf,
        /// Also prove that the ledger grew from this size, which the receiver knows
        #[arg(long, value_name = "SIZE")]
        since: Option<u64>,
    },
    /// Check a history, and print the log key in force; needs no ledger
    Follow {
        /// The history, or `-`
        history: PathBuf,
        /// A log key that you know
        #[arg(long, required_unless_present = "root")]
        key: Option<String>,
        /// The root key that you know
        #[arg(long, value_name = "KEY", value_parser = public, conflicts_with = "key")]
        root: Option<[u8; 32]>,
        /// File with a signed head that you know: needed where the key that you know was lost or stolen
        #[arg(long, value_name = "FILE", requires = "key")]
        head: Option<PathBuf>,
    },
}

impl KeysCommand {
    /// The ledger that the command works on.
    pub(super) const fn folder_mut(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::List { ledger, .. }
            | Self::AdoptRoot { ledger, .. }
            | Self::Certify { ledger, .. }
            | Self::Next { ledger, .. }
            | Self::Revoke { ledger, .. }
            | Self::History { ledger, .. } => Some(ledger),
            Self::Enter(args) => Some(&mut args.ledger),
            Self::Root { .. } | Self::Sign { .. } | Self::Follow { .. } => None,
        }
    }
}

/// `sekisho ledger keys enter`.
#[derive(Args, Debug)]
pub(crate) struct EnterArgs {
    /// Folder of the ledger
    pub(super) ledger: PathBuf,
    /// The statement
    statement: PathBuf,
    /// File with the secret of the ledger
    #[arg(long, value_name = "FILE")]
    secret: PathBuf,
}

/// `sekisho ledger rotate`.
#[derive(Args, Debug)]
pub(crate) struct RotateArgs {
    /// Folder of the ledger
    pub(super) ledger: PathBuf,
    /// File with the secret in force; not where it was lost or stolen
    #[arg(long, value_name = "FILE", required_unless_present = "after_loss")]
    secret: Option<PathBuf>,
    /// File with the next secret
    #[arg(long, value_name = "FILE")]
    new_secret: PathBuf,
    /// Statement that names the next log key (`keys next`), signed by the root key or two people
    #[arg(long, value_name = "FILE", required_unless_present = "root_key")]
    statement: Option<PathBuf>,
    /// The root key itself, where it is at hand, in place of a signed statement
    #[arg(long, value_name = "FILE", conflicts_with = "statement")]
    root_key: Option<PathBuf>,
    /// The log key was lost or stolen: its revocation (`keys revoke`), signed by the root key or two people
    #[arg(long, value_name = "FILE", conflicts_with = "secret")]
    after_loss: Option<PathBuf>,
}

/// A public key in base64.
pub(super) fn public(text: &str) -> Result<[u8; 32], String> {
    let key = BASE64.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    key.ok_or_else(|| "expected 32 bytes in base64, as `sekisho ledger keys root` prints them".to_owned())
}

/// Runs the command.
pub(super) fn run(command: KeysCommand) -> anyhow::Result<u8> {
    let clock = Clock::System;
    match command {
        KeysCommand::Root { file } => {
            let key = PersonKey::from_seed(&write::make_secret(&file, clock)?);
            crate::output::say(
                "keep this file off line, and a copy on paper: it alone can replace a log key that was lost or stolen",
            );
            view::show(&json!({ "root": BASE64.encode(key.public()) }))
        }
        KeysCommand::List { ledger } => {
            let mut reader = reader(&ledger)?;
            let size = reader.size();
            view::show(&document(&reader.log_keys().context("cannot follow the log keys")?, size))
        }
        KeysCommand::AdoptRoot { ledger, root, secret, out } => {
            adopt_root(&ledger, &root, &secret, out.as_deref())
        }
        KeysCommand::Certify { ledger, secret, out } => {
            let (id, origin, current) = about(&ledger)?;
            save(&KeyStatement::next_key(&id, &origin, current, &write::read_secret(&secret)?), &out)
        }
        KeysCommand::Next { ledger, new_secret, out } => {
            let (id, origin, current) = about(&ledger)?;
            let seed = if new_secret.exists() {
                write::read_secret(&new_secret)?
            } else {
                write::make_secret(&new_secret, clock)?
            };
            save(&KeyStatement::next_key(&id, &origin, current + 1, &seed), &out)
        }
        KeysCommand::Revoke { ledger, reason, from, since, key, out } => {
            let (id, origin, current) = about(&ledger)?;
            let size = super::verify::place(&ledger, &from, &mut Vec::new())?;
            let moment = |text: &String| {
                crate::record::moment(text, &clock.zone(), false)
                    .ok_or_else(|| Usage::error(format!("{text:?} is no date"), "e.g. 2026-11-20T08:00"))
            };
            let since = since.as_ref().map(moment).transpose()?;
            let statement =
                KeyStatement::revocation(&id, &origin, key.unwrap_or(current), size, since, &reason)?;
            save(&statement, &out)
        }
        KeysCommand::Sign { statement, key } => {
            let mut loaded = load(&statement)?;
            loaded.sign(&person_key(&key)?)?;
            crate::output::say(&format!("signed: {}", crate::output::terminal::safe(&words(&loaded), 600)));
            save(&loaded, &statement)
        }
        KeysCommand::Enter(args) => {
            let statement = load(&args.statement)?;
            enter(&args.ledger, &args.secret, &statement)
        }
        KeysCommand::History { ledger, since } => {
            let history =
                KeyHistory::of(&mut reader(&ledger)?, since).context("cannot prove the log keys")?;
            view::document(&serde_json::to_value(&history).context("cannot write JSON")?)
        }
        KeysCommand::Follow { history, key, root, head } => {
            follow(&history, key.as_deref(), root, head.as_deref())
        }
    }
}

/// Rotates in good order, or goes on after a loss.
pub(super) fn rotate(args: &RotateArgs) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let next = write::read_secret(&args.new_secret)?;
    let statement = match (&args.statement, &args.root_key) {
        (Some(file), _) => load(file)?,
        (None, Some(file)) => {
            let (id, origin, current) = about(&args.ledger)?;
            let mut statement = KeyStatement::next_key(&id, &origin, current + 1, &next);
            statement.sign(&person_key(file)?)?;
            statement
        }
        (None, None) => {
            return Err(Usage::error("no statement names the next key", "give --statement or --root-key"));
        }
    };
    if let Some(file) = &args.after_loss {
        let mut revocation = load(file)?;
        if revocation.approvals.is_empty()
            && let Some(root) = &args.root_key
        {
            revocation.sign(&person_key(root)?)?;
        }
        let ledger = write::open_after_loss(&args.ledger, &args.new_secret, &[revocation, statement], clock)?;
        let keys = ledger.log_keys().clone();
        let head = ledger.rest(clock.now()).context("cannot close the ledger")?;
        return view::show(&done(&keys, &head, None));
    }
    let secret = args.secret.as_ref().context("no secret in force was given")?;
    let mut ledger = write::open(&args.ledger, secret, clock)?;
    let head = ledger.rotate(&statement, &next, clock.now());
    let keys = ledger.log_keys().clone();
    let head = write::finish(ledger, clock, head, "cannot rotate the log key")?;
    view::show(&done(&keys, &head, Some(args.ledger.join("checkpoints").join(head.size.to_string()))))
}

fn done(keys: &LogKeys, head: &ledger::Checkpoint, both: Option<PathBuf>) -> Value {
    let key = keys.all().last();
    json!({
        "schema_version": 1,
        "log_key": key.map(|key| &key.verifier_key),
        "number": key.map(|key| key.number),
        "entry": key.map(|key| key.from),
        "size": head.size,
        // Signed by the key before and the next one.
        "changeover_head": both.map(|path| path.display().to_string()),
    })
}

fn adopt_root(folder: &Path, root: &[u8; 32], secret: &Path, out: Option<&Path>) -> anyhow::Result<u8> {
    let mut reader = reader(folder)?;
    let statement = KeyStatement::adopt_root(&reader.id(), reader.origin(), root);
    let policy = reader.governance()?.policy;
    match (policy, out) {
        (Some(_), None) => Err(Usage::error(
            "a policy lists the people who have to agree to a root key",
            "give --out FILE; two of them run `sekisho ledger keys sign`, then `keys enter`",
        )),
        (Some(_), Some(out)) => save(&statement, out),
        (None, _) => enter(folder, secret, &statement),
    }
}

fn enter(folder: &Path, secret: &Path, statement: &KeyStatement) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let mut ledger = write::open(folder, secret, clock)?;
    let index = ledger.enter_key_statement(statement, clock.now());
    let index = write::finish(ledger, clock, index, "cannot enter the statement")?;
    view::show(&json!({ "index": index.0 }))
}

fn follow(file: &Path, key: Option<&str>, root: Option<[u8; 32]>, head: Option<&Path>) -> anyhow::Result<u8> {
    let history = load_history(file)?;
    let head = match head {
        None => None,
        Some(path) => {
            let note = crate::inputs::read_text(path, 64 << 10)?;
            let head = ledger::Checkpoint::unchecked(&note)
                .with_context(|| format!("{} is no signed head", path.display()))?;
            Some((head.size, head.root))
        }
    };
    let keys = match (key, root) {
        (_, Some(root)) => history.check_root(&root),
        (Some(key), None) => history.check(key, head),
        (None, None) => return Err(Usage::error("nothing is known", "give --key or --root")),
    };
    let keys = keys.map_err(|error| {
        Hinted::error(
            error.to_string(),
            "ask the ledger's owner for another history, with --since and a head that you keep",
        )
    })?;
    view::show(&document(&keys, history.excerpt.size()))
}

/// The keys as JSON.
pub(super) fn document(keys: &LogKeys, size: u64) -> Value {
    let by = |by| match by {
        Authority::Genesis => "genesis",
        Authority::Root => "root",
        Authority::People => "people",
    };
    let listed: Vec<Value> = keys
        .all()
        .iter()
        .map(|key| {
            let revoked = key.revoked.as_ref().map(|one| {
                json!({ "by": by(one.by), "entry": one.entry, "from": one.from, "reason": one.reason, "since": one.since })
            });
            json!({
                "number": key.number,
                "key": key.verifier_key,
                "by": by(key.by),
                "handed_over": key.handed_over,
                "entry": key.from,
                "until": key.until,
                "revoked": revoked,
                "unproven": key.unproven(size),
            })
        })
        .collect();
    json!({
        "schema_version": 1,
        "origin": keys.origin,
        "log_key": keys.all().last().map(|key| &key.verifier_key),
        "root": keys.root.map(|(entry, key)| json!({ "entry": entry, "key": BASE64.encode(key) })),
        "keys": listed,
    })
}

/// What a statement says, for the person who signs it.
fn words(statement: &KeyStatement) -> String {
    let body = &statement.body;
    let text = |name: &str| {
        body.get(name).map_or_else(String::new, |value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    };
    let about = match text("use").as_str() {
        "log" => format!("log key {} is {}", text("number"), text("key")),
        "revoke" => format!(
            "log key {} is {}, not to be believed from entry {} on",
            text("number"),
            text("reason"),
            text("from")
        ),
        "root" => format!("the root key is {}", text("key")),
        other => format!("an unknown statement {other:?}"),
    };
    format!("{} ({}): {about}", statement.origin, statement.ledger)
}

fn reader(folder: &Path) -> anyhow::Result<Reader> {
    Reader::open(folder).with_context(|| format!("cannot read {}", folder.display()))
}

/// Id, name, and number of the log key in force.
fn about(folder: &Path) -> anyhow::Result<([u8; 32], String, u64)> {
    let mut reader = reader(folder)?;
    let keys = reader.log_keys().context("cannot follow the log keys")?;
    Ok((reader.id(), reader.origin().to_owned(), keys.all().last().map_or(1, |key| key.number)))
}

/// Reads a history.
pub(super) fn load_history(path: &Path) -> anyhow::Result<KeyHistory> {
    let text = crate::inputs::read_text(path, DOCUMENT_BYTES_MAX)?;
    serde_json::from_str(&text).with_context(|| format!("{} is no history of keys", path.display()))
}

/// Reads a statement.
pub(super) fn load(path: &Path) -> anyhow::Result<KeyStatement> {
    let text = crate::inputs::read_text(path, DOCUMENT_BYTES_MAX)?;
    serde_json::from_str(&text).with_context(|| format!("{} is no statement about keys", path.display()))
}

fn save(statement: &KeyStatement, path: &Path) -> anyhow::Result<u8> {
    let mut bytes = serde_json::to_vec_pretty(statement).context("cannot write JSON")?;
    bytes.push(b'\n');
    crate::output::atomic::write(path, &bytes)?;
    Ok(0)
}
