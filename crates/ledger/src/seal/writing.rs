//! The writer's side: which data key a block is sealed under, and making the next one (LG-KEY-01, LG-KEY-02).

use super::draw::Draw;
use super::{
    DataClass, DataKey, KEYS_FOLDER, OnlineCopy, Recipient, WINDOW_DAYS_MAX, online, wrap, wrapped_name,
};
use crate::{Error, Hash, Result, files, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// How payloads are sealed in a session of a writer.
#[derive(Clone, Debug)]
pub struct SealOptions {
    /// Role holders to whom data keys are wrapped: at least two (LG-KEY-01).
    pub recipients: Vec<Recipient>,
    /// Fresh random bytes: data keys, salts and nonces of this session follow from them. Secret, never used twice, never
    /// kept: whoever has them can open what was sealed and recompute salts that were destroyed.
    pub entropy: Zeroizing<Hash>,
    /// Keep the keys of the last days for reading; `None`: every opening needs an identity.
    pub online: Option<OnlineCopy>,
    /// Accept a single recipient. The exception is written into the ledger.
    pub single_recipient: bool,
    /// Keep every data key of the session in memory, so that the same process can read back what it sealed
    /// ([`crate::Ledger::session_keys`]). For short runs only.
    pub keep_keys: bool,
}

impl SealOptions {
    pub(crate) fn check(&self) -> Result<()> {
        let mut keys: Vec<&str> = self.recipients.iter().map(Recipient::key).collect();
        keys.sort_unstable();
        keys.dedup();
        match keys.len() {
            0 => return Err(Error::Policy("sealing needs recipients; hint: --recipient auditor=age1...")),
            1 if !self.single_recipient => {
                return Err(Error::Policy(
                    "one recipient alone could lock everybody out; hint: name two roles, or record the exception",
                ));
            }
            1..=64 => {}
            size => return Err(Error::Limit { what: "recipients", size: size as u64, limit: 64 }),
        }
        match &self.online {
            Some(online) if online.window_days > WINDOW_DAYS_MAX => Err(Error::Limit {
                what: "reading window in days",
                size: online.window_days.into(),
                limit: WINDOW_DAYS_MAX.into(),
            }),
            _ => Ok(()),
        }
    }
}

/// Data keys of a session, for a [`crate::Reader`] of the same process. Wiped from memory when dropped.
#[derive(Clone, Debug)]
pub struct SessionKeys(pub(crate) Vec<DataKey>);

/// Data keys of the session that is writing.
pub(crate) struct Sealing {
    folder: PathBuf,
    ledger: Hash,
    recipients: Vec<Recipient>,
    draw: Draw,
    online: Option<OnlineCopy>,
    keep_keys: bool,
    /// Number of the newest key of the ledger.
    newest: u64,
    /// Keys that may be used or kept online.
    keys: Vec<DataKey>,
    /// Keys for blocks of days outside the window that are being written again.
    outside: Vec<DataKey>,
    /// Numbers of the keys for blocks that are written again.
    again: Vec<u64>,
    today: u32,
}

impl Sealing {
    /// Begins a session; keys of the day that the online copy holds are used again.
    pub(crate) fn begin(
        folder: &Path,
        ledger: Hash,
        newest: u64,
        today: u32,
        options: SealOptions,
    ) -> Result<Self> {
        options.check()?;
        let mut keys = match &options.online {
            Some(online) => online::read(folder, &ledger, &online.secret)?,
            None => Vec::new(),
        };
        keys.retain(|key| key.id <= newest);
        let draw = Draw::new(&options.entropy);
        let SealOptions { recipients, online, keep_keys, .. } = options;
        let mut sealing = Self {
            folder: folder.to_owned(),
            ledger,
            recipients,
            draw,
            online,
            keep_keys,
            newest,
            keys,
            outside: Vec::new(),
            again: Vec::new(),
            today,
        };
        sealing.save(today)?;
        Ok(sealing)
    }

    pub(crate) fn secret(&mut self) -> Zeroizing<Hash> {
        self.draw.next()
    }
    pub(crate) fn nonce(&mut self) -> [u8; 24] {
        let drawn = self.draw.next();
        drawn.first_chunk::<24>().copied().unwrap_or_default()
    }
    /// The newest key of a class.
    pub(crate) fn key(&self, class: DataClass) -> Option<&DataKey> {
        let usable = |key: &&DataKey| key.class == class && !self.again.contains(&key.id);
        self.keys.iter().filter(usable).max_by_key(|key| key.id)
    }
    /// Keys at hand.
    pub(crate) fn keys(&self) -> SessionKeys {
        SessionKeys(self.keys.clone())
    }
    /// Whether a key has to be made before a payload of `class` is sealed on `day`.
    pub(crate) fn needs(&self, class: DataClass, day: u32) -> bool {
        self.key(class).is_none_or(|key| key.day != day)
    }

    /// Makes the key of a class and day; its wrapped form is durable when this returns. The value is the body of the `key`
    /// entry that has to follow.
    pub(crate) fn make(&mut self, class: DataClass, day: u32) -> Result<Value> {
        self.make_key(class, day, day)
    }

    /// Makes a key for blocks that are written again; this session seals nothing else under it.
    pub(crate) fn make_again(&mut self, class: DataClass, day: u32) -> Result<Value> {
        let today = self.today.max(day);
        let body = self.make_key(class, day, today)?;
        self.again.push(self.newest);
        Ok(body)
    }

    /// A key by its number.
    pub(crate) fn by_id(&self, id: u64) -> Option<&DataKey> {
        self.keys.iter().chain(&self.outside).find(|key| key.id == id)
    }

    /// Forgets keys for good (LG 15.4, step 4).
    pub(crate) fn forget(&mut self, ids: &[u64], today: u32) -> Result<()> {
        self.keys.retain(|key| !ids.contains(&key.id));
        self.outside.clear();
        self.save(today)
    }

    fn make_key(&mut self, class: DataClass, day: u32, today: u32) -> Result<Value> {
        let id = self.newest + 1;
        let key = DataKey { id, class, day, secret: self.draw.next() };
        let wrapped = wrap::wrap(&self.ledger, &key, &self.recipients)?;
        files::replace(&self.folder.join(KEYS_FOLDER), &wrapped_name(id), &wrapped)?;
        self.newest = id;
        self.today = today;
        let window = self.online.as_ref().map_or(0, |online| online.window_days);
        if online::inside(day, today, window) {
            self.keys.push(key)
        } else {
            self.outside.push(key)
        }
        self.save(today)?;
        Ok(json!({
            "class": class.number(),
            "day": day,
            "digest": BASE64.encode(tree::sha256(&wrapped)),
            "id": id,
            "recipients": self.recipients.len(),
            "use": "data",
        }))
    }

    /// From here on another secret of the machine opens the online copy: the log key was rotated.
    pub(crate) fn move_online_copy(&mut self, secret: &Hash) -> Result<()> {
        if let Some(online) = &mut self.online {
            online.secret = *secret;
        }
        self.save(self.today)
    }

    /// Forgets keys outside the window, and writes the online copy.
    fn save(&mut self, today: u32) -> Result<()> {
        let window = self.online.as_ref().map_or(0, |online| online.window_days);
        self.keys.retain(|key| self.keep_keys || online::inside(key.day, today, window));
        let Some(online) = &self.online else { return Ok(()) };
        let (secret, nonce) = (Zeroizing::new(online.secret), self.nonce());
        online::write(&self.folder, &self.ledger, &secret, &nonce, &self.keys)
    }
}

impl Drop for OnlineCopy {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.secret);
    }
}
