//! Signing in and out. Passwords as argon2id; tokens of sessions are random and kept as hashes.

use super::routes::{Page, Route, value};
use super::{Asked, Console, IDLE_MICROS, Made, SESSION_MICROS, askama, held};
use crate::http::Request;
use anyhow::{Context as _, anyhow};
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, PasswordHash};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;
use store::{NewPerson, Role, Session};
use vocab::Timestamp;
use web::console::{LoginPage, SetupPage};

/// Tries of one address in a minute.
const TRIES_MAX: u32 = 10;
/// Addresses that are remembered.
const ADDRESSES_MAX: usize = 10_000;
/// Shortest password, characters.
const PASSWORD_MIN: usize = 12;
/// Longest password, bytes.
const PASSWORD_MAX: usize = 1_024;

/// Hash of no password, with the cost of a real one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Tries of late, and one hashing at a time: it takes 19 MiB.
#[derive(Default)]
pub(super) struct Doors {
    tries: Mutex<BTreeMap<IpAddr, (Timestamp, u32)>>,
    hashing: Mutex<()>,
}

/// Hash of a token or code.
pub(crate) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// A cookie of the request.
pub(super) fn cookie(request: &Request, name: &str) -> Option<String> {
    let all = request.cookie.as_deref()?;
    all.split(';').find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

/// Does the browser say that the form comes from a page of this console?
pub(super) fn is_own_origin(request: &Request) -> bool {
    let host = request.host.as_deref().unwrap_or_default();
    let origin = request.origin.as_deref();
    origin.is_none_or(|origin| origin.split_once("://").is_some_and(|(_, place)| place == host))
}

/// Does the form come from a page of this session? A browser tells the origin of a form; without a session that must be ours.
pub(super) fn is_own_form(request: &Request, session: Option<&Session>, route: &Route) -> bool {
    let ours = is_own_origin(request);
    let Some(session) = session.filter(|_| route.roles.is_some()) else { return ours };
    let given = value(&String::from_utf8_lossy(&request.body), "form").unwrap_or_default();
    ours && digest(&given) == digest(&session.form)
}

impl Doors {
    /// Counts a try; `false` when there were too many.
    pub(super) fn admits(&self, peer: Option<IpAddr>, now: Timestamp) -> bool {
        let Some(peer) = peer else { return true };
        let mut tries = held(&self.tries);
        if tries.len() >= ADDRESSES_MAX {
            tries.retain(|_, (since, _)| now.since(*since) < Timestamp::MINUTE);
        }
        let (since, count) = tries.entry(peer).or_insert((now, 0));
        if now.since(*since) >= Timestamp::MINUTE {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= TRIES_MAX
    }

    fn verify(&self, password: &str, hash: &str) -> bool {
        let _one = held(&self.hashing);
        let Ok(hash) = PasswordHash::new(hash) else { return false };
        Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
    }

    fn hash(&self, password: &str, salt: &[u8]) -> anyhow::Result<String> {
        let _one = held(&self.hashing);
        let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
        hash.map(|hash| hash.to_string()).map_err(|error| anyhow!("cannot hash a password: {error}"))
    }
}

impl Console {
    /// The session of a request.
    pub(super) fn session(&self, request: &Request, now: Timestamp) -> anyhow::Result<Option<Session>> {
        let Some(token) = cookie(request, "sekisho").filter(|token| token.len() == 64) else {
            return Ok(None);
        };
        let idle = now.plus(-IDLE_MICROS);
        Ok(self.shared.store.write(|tx| tx.session(&digest(&token), now, idle))?)
    }

    fn secret(&self) -> anyhow::Result<String> {
        Ok(hex::encode(self.clock.random()?))
    }

    /// A password as it is kept.
    pub(super) fn hashed(&self, password: &str) -> anyhow::Result<Option<String>> {
        if password.chars().count() < PASSWORD_MIN || password.len() > PASSWORD_MAX {
            return Ok(None);
        }
        let salt = self.clock.random()?;
        self.doors.hash(password, salt.get(..16).unwrap_or_default()).map(Some)
    }

    /// An id.
    pub(super) fn id(&self) -> anyhow::Result<String> {
        Ok(hex::encode(self.clock.random()?.get(..16).unwrap_or_default()))
    }

    pub(super) fn door(&self, asked: &Asked<'_>, page: Page) -> anyhow::Result<Made> {
        if asked.session.is_some() {
            return Ok(Made::See("/".to_owned(), None));
        }
        let nobody = self.shared.store.read(|tx| tx.people())?.is_empty();
        if nobody != (page == Page::Setup) {
            return Ok(Made::See(if nobody { "/setup" } else { "/login" }.to_owned(), None));
        }
        Ok(self.door_page(asked, page, 200, ""))
    }

    fn door_page(&self, asked: &Asked<'_>, page: Page, status: u16, said: &str) -> Made {
        let title = if page == Page::Setup { "console-setup" } else { "console-sign-in" };
        let mut f = self.frame(asked, "", title);
        if !said.is_empty() {
            f.said = asked.t.text(said);
        }
        let made = if page == Page::Setup { askama(&SetupPage { f }) } else { askama(&LoginPage { f }) };
        Made::Html(status, made)
    }

    pub(super) fn sign_in(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        if !self.doors.admits(asked.request.peer, asked.now) {
            return Ok(self.door_page(asked, Page::Login, 429, "console-login-slow"));
        }
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let field = |name| value(&form, name).unwrap_or_default();
        let (login, password) = (field("login"), zeroize::Zeroizing::new(field("password")));
        let person = self.shared.store.read(|tx| tx.person_by_login(&login))?.filter(|person| person.active);
        // Whether somebody has this name must not show in the time that the answer takes.
        let hash = person.as_ref().map_or(NOBODY, |person| person.password.as_str());
        let fits = password.len() <= PASSWORD_MAX && self.doors.verify(&password, hash);
        let Some(person) = person.filter(|_| fits) else {
            self.shared.deed(
                serde_json::json!({ "deed": "sign-in refused", "login": login, "peer": peer(asked) }),
            )?;
            return Ok(self.door_page(asked, Page::Login, 401, "console-login-wrong"));
        };
        self.shared
            .deed(serde_json::json!({ "deed": "signed in", "login": person.login, "peer": peer(asked) }))?;
        self.enter(&person.id, asked.now)
    }

    fn enter(&self, person: &str, now: Timestamp) -> anyhow::Result<Made> {
        let (token, form) = (self.secret()?, self.secret()?);
        let ends = now.plus(SESSION_MICROS);
        self.shared.store.write(|tx| tx.begin_session(&digest(&token), person, &form, now, ends))?;
        let secure = if self.secure { "; Secure" } else { "" };
        let cookie = format!("sekisho={token}; Path=/; HttpOnly; SameSite=Strict{secure}");
        Ok(Made::See("/".to_owned(), Some(cookie)))
    }

    pub(super) fn set_up(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        if !self.doors.admits(asked.request.peer, asked.now) {
            return Ok(self.door_page(asked, Page::Setup, 429, "console-login-slow"));
        }
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let field = |name| value(&form, name).unwrap_or_default();
        let (login, name, mail) = (field("login"), field("name"), field("mail"));
        let hash = self.hashed(&zeroize::Zeroizing::new(field("password")))?;
        let Some(hash) = hash.filter(|_| is_login(&login)) else {
            return Ok(self.door_page(asked, Page::Setup, 400, "console-password-new"));
        };
        let id = self.id()?;
        let role = Role::Administrator;
        let used = self.shared.store.write(|tx| {
            let used = tx.use_setup_code(&digest(field("code").trim()), asked.now)?;
            if used {
                let new =
                    NewPerson { id: &id, login: &login, name: &name, mail: &mail, role, password: &hash };
                tx.add_person(new, asked.now)?;
            }
            Ok(used)
        })?;
        if !used {
            return Ok(self.door_page(asked, Page::Setup, 403, "console-code-wrong"));
        }
        self.shared.deed(serde_json::json!({ "deed": "set up", "login": login, "peer": peer(asked) }))?;
        self.enter(&id, asked.now)
    }

    pub(super) fn sign_out(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let token = cookie(asked.request, "sekisho").context("a session has a cookie")?;
        self.shared.store.write(|tx| tx.end_session(&digest(&token)))?;
        Ok(Made::See(
            "/login".to_owned(),
            Some("sekisho=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0".to_owned()),
        ))
    }
}

/// A name to sign in with: short, without blanks and control characters.
pub(super) fn is_login(login: &str) -> bool {
    !login.is_empty() && login.len() <= 128 && !login.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn peer(asked: &Asked<'_>) -> String {
    asked.request.peer.map_or_else(String::new, |peer| peer.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that nobody has costs as much as one that somebody has.
    #[test]
    fn the_hash_of_nobody_is_worked_on() {
        let doors = Doors::default();
        let real = doors.hash("correct-horse-battery", &[7; 16]).expect("hashed");
        let cost = |hash: &str| PasswordHash::new(hash).expect("a hash").params.to_string();
        assert_eq!(cost(NOBODY), cost(&real));
        assert!(doors.verify("correct-horse-battery", &real) && !doors.verify("", NOBODY));
    }
}
