//! Time stamps that are asked for over HTTP (RFC 3161 section 3.4), by a command or once a day by themselves (LG-TSA-01). A token
//! is of no weight before it was checked; a failure is told and tried again later, and stops nothing.

use super::talk;
use super::write;
use crate::clock::Clock;
use crate::error::{Hinted, Usage};
use crate::output::terminal::safe;
use anyhow::Context as _;
use ledger::{Authorities, Ledger, Reader, Stamped, check_kept_stamp, prepare_stamp};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use vocab::{LedgerIndex, Message, Timestamp};

/// Settings and state beside the ledger.
const FILE: &str = "timestamp.json";
/// Largest such file, bytes.
const FILE_BYTES_MAX: usize = 2 << 20;
/// Largest reply of an authority, bytes.
const REPLY_BYTES_MAX: usize = 64 << 10;
/// How long an authority may take, in seconds.
const SECONDS_MAX: u64 = 15;
/// First pause after a failure, in minutes; each further one doubles it.
const PAUSE_MINUTES_MIN: i64 = 5;
/// Longest pause, in minutes.
const PAUSE_MINUTES_MAX: i64 = 6 * 60;

/// One change of the file at a time in this process.
static LOCK: Mutex<()> = Mutex::new(());

/// Which authority is asked, how often, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stamping {
    /// Version, 1.
    v: u32,
    /// Address of the authority.
    pub(super) url: String,
    /// Hours between two tokens.
    every_hours: u32,
    /// Certificates that are trusted (PEM); a token that does not lead to one is refused.
    authority: Option<String>,
    /// When the newest token was obtained.
    pub(super) obtained: Option<Timestamp>,
    /// Failures in a row, and the last one.
    pub(super) failures: u32,
    pub(super) failure: Option<String>,
    /// Not asked before.
    next: Option<Timestamp>,
}

/// A token that was checked, and is not kept yet.
pub(crate) struct Token {
    size: u64,
    reply: Vec<u8>,
    pinned: Option<Authorities>,
}

/// The settings beside a ledger, where there are any.
pub(super) fn of(folder: &Path) -> anyhow::Result<Option<Stamping>> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(None);
    }
    let text = crate::inputs::read_text(&path, FILE_BYTES_MAX)?;
    let stamping = serde_json::from_str(&text).map_err(|error| {
        Hinted::error(
            format!("{} cannot be read: {error}", path.display()),
            "remove it, and run `sekisho ledger timestamp daily` again",
        )
    })?;
    Ok(Some(stamping))
}

/// Has an authority asked by itself; without an address, none any more.
pub(super) fn set(
    folder: &Path,
    url: Option<&str>,
    authority: Option<&Path>,
    every_hours: u32,
) -> anyhow::Result<()> {
    Reader::open(folder).with_context(|| format!("cannot open {}", folder.display()))?;
    let path = folder.join(FILE);
    let _one = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(url) = url else {
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(anyhow::Error::new(error).context(format!("cannot remove {}", path.display())))
            }
            _ => Ok(()),
        };
    };
    fits(url)?;
    let authority = match authority {
        Some(path) => {
            super::timestamp::authorities(path)?;
            Some(crate::inputs::read_text(path, FILE_BYTES_MAX / 2)?)
        }
        None => None,
    };
    let obtained = of(folder).ok().flatten().and_then(|before| before.obtained);
    let url = url.to_owned();
    keep(
        folder,
        &Stamping { v: 1, url, every_hours, authority, obtained, failures: 0, failure: None, next: None },
    )
}

fn fits(url: &str) -> anyhow::Result<()> {
    if url.len() <= 2_048 && (url.starts_with("https://") || url.starts_with("http://")) {
        return Ok(());
    }
    Err(Usage::error(
        format!("{} is no address of a time-stamp authority", safe(url, 200)),
        "give http://HOST/PATH or https://HOST/PATH",
    ))
}

fn keep(folder: &Path, stamping: &Stamping) -> anyhow::Result<()> {
    let bytes = serde_json::to_vec_pretty(stamping).context("cannot write JSON")?;
    crate::output::atomic::write(&folder.join(FILE), &bytes)
}

impl Stamping {
    /// Certificates that a token has to lead to.
    pub(super) fn pinned(&self) -> anyhow::Result<Option<Authorities>> {
        let pinned = self.authority.as_deref().map(Authorities::from_pem).transpose();
        pinned.with_context(|| format!("{FILE} beside the ledger holds no certificates"))
    }

    fn due(&self, now: Timestamp) -> bool {
        let every = i64::from(self.every_hours) * Timestamp::HOUR;
        let old = self.obtained.is_none_or(|obtained| now.since(obtained) >= every || now < obtained);
        old && self.next.is_none_or(|next| now >= next)
    }
}

/// Asks an authority for a token over the newest head, and checks what it answers; `None` when that head has one.
pub(super) fn fetch(
    folder: &Path,
    url: &str,
    pinned: Option<Authorities>,
    clock: Clock,
) -> anyhow::Result<Option<Token>> {
    fits(url)?;
    let head = Reader::open(folder)?.checkpoint()?;
    let head =
        head.ok_or_else(|| Hinted::error("no head was published", "run `sekisho ledger checkpoint`"))?;
    if folder.join("tokens").join(format!("{}.tsr", head.size)).exists() {
        return Ok(None);
    }
    let nonce = clock.random()?.first_chunk::<8>().copied().unwrap_or_default();
    let (size, request) = prepare_stamp(folder, nonce).context("cannot make a request")?;
    let question = remote::Question {
        url,
        kind: "application/timestamp-query",
        body: &request,
        answer_bytes_max: REPLY_BYTES_MAX,
        seconds_max: SECONDS_MAX,
    };
    let answer = remote::ask(&question).context("the time-stamp authority does not answer")?;
    if answer.status != 200 || answer.kind != "application/timestamp-reply" {
        anyhow::bail!(
            "{}: status {} with {:?}, expected 200 with application/timestamp-reply",
            safe(url, 200),
            answer.status,
            safe(&answer.kind, 80)
        );
    }
    check_kept_stamp(folder, size, Some(&answer.body), pinned.as_ref(), Some(clock.now()))
        .with_context(|| format!("what {} answered is no token for this head", safe(url, 200)))?;
    Ok(Some(Token { size, reply: answer.body, pinned }))
}

impl Token {
    /// Size of the head that it is over.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }
    /// Keeps it beside the ledger, with its entry.
    pub(super) fn keep(&self, ledger: &mut Ledger, clock: Clock) -> ledger::Result<(LedgerIndex, Stamped)> {
        ledger.keep_stamp(self.size, &self.reply, self.pinned.as_ref(), clock.now())
    }
}

/// A token by the settings beside the ledger, when one is due. What goes wrong is told and noted.
pub(super) fn when_due(folder: &Path, clock: Clock) -> Option<Token> {
    let now = clock.now();
    let stamping = match of(folder) {
        Ok(Some(stamping)) if stamping.due(now) => stamping,
        Ok(_) => return None,
        Err(error) => {
            crate::output::say(&format!("warning: {}", safe(&format!("{error:#}"), 400)));
            return None;
        }
    };
    let fetched = stamping.pinned().and_then(|pinned| fetch(folder, &stamping.url, pinned, clock));
    match fetched {
        Ok(token) => {
            note(folder, |state| (state.obtained, state.failures) = (Some(now), 0));
            note(folder, |state| (state.failure, state.next) = (None, None));
            token
        }
        Err(error) => {
            let text = safe(&format!("{error:#}"), 400);
            talk::tell(&Message::new("ledger-stamp-failed").with("error", text.as_str()));
            note(folder, |state| {
                state.failures = state.failures.saturating_add(1);
                let minutes = PAUSE_MINUTES_MIN << state.failures.saturating_sub(1).min(16);
                let pause = minutes.min(PAUSE_MINUTES_MAX) * Timestamp::MINUTE;
                state.next = Some(Timestamp(now.0.saturating_add(pause)));
                state.failure = Some(text.clone());
            });
            None
        }
    }
}

fn note(folder: &Path, change: impl FnOnce(&mut Stamping)) {
    let _one = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let Ok(Some(mut stamping)) = of(folder) else { return };
    change(&mut stamping);
    if let Err(error) = keep(folder, &stamping) {
        crate::output::say(&format!("warning: {}", safe(&format!("{error:#}"), 400)));
    }
}

/// After a command has published a head: the token of the day, in a session of its own.
pub(super) fn after_head(folder: &Path, secret: &Path, clock: Clock) {
    let Some(token) = when_due(folder, clock) else { return };
    let kept = write::open(folder, secret, clock).and_then(|mut ledger| {
        let done = token.keep(&mut ledger, clock);
        write::finish(ledger, clock, done, "cannot keep the time stamp")
    });
    match kept {
        Ok((index, stamped)) => told(&token, index, &stamped),
        Err(error) => crate::output::say(&format!("warning: {}", safe(&format!("{error:#}"), 400))),
    }
}

/// Says that a token was kept.
pub(super) fn told(token: &Token, index: LedgerIndex, stamped: &Stamped) {
    let message = Message::new("ledger-stamped")
        .with("size", token.size.to_string())
        .with("time", stamped.time)
        .with("index", index.0.to_string());
    talk::tell(&message);
}
