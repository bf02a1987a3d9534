//! The console: who may ask for what, and which page answers. Every answer goes through [`Console::answer`]; nothing is
//! shown without a session but the page to sign in, the style sheet and the health of the service.

mod acts;
mod auth;
mod blocks;
mod bundles;
mod clocks;
mod contents;
mod documents;
mod entries;
mod evidence;
mod facts;
mod items;
mod logs;
mod metrics;
mod noticed;
mod notices;
mod recovery;
mod routes;
mod rules;
mod show;
mod work;

use super::{Delivery, api, config};
use super::{Shared, held};
use crate::clock::Clock;
use crate::http::{Answer, Request, Response, TEXT};
use auth::Doors;
pub(crate) use auth::digest;
use routes::{Page, find};
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};
use store::{Person, Session};
use vocab::Timestamp;
use web::console::{Frame, POLICY, STYLE, Who};
use web::{Catalog, Lang};

/// A session ends after this time, microseconds.
const SESSION_MICROS: i64 = 12 * Timestamp::HOUR;
/// A session that is not used for so long ends, microseconds.
const IDLE_MICROS: i64 = 2 * Timestamp::HOUR;
/// The code of the first set-up holds for so long, microseconds.
const SETUP_MICROS: i64 = Timestamp::HOUR;

/// Shortest token for the figures, bytes.
const TOKEN_BYTES_MIN: usize = 16;

/// The console.
pub(super) struct Console {
    shared: Arc<Shared>,
    ja: Catalog,
    en: Catalog,
    lang: Lang,
    secure: bool,
    /// Hash of the token that opens the figures; `None`: there are none.
    metrics_token: Option<[u8; 32]>,
    zone: jiff::tz::TimeZone,
    clock: Clock,
    doors: Doors,
    /// Largest file that is taken as evidence, bytes.
    upload_bytes_max: u64,
    /// One custody event after the other: each names the one before.
    custody: Arc<Mutex<()>>,
    /// One bundle after the other: each names the one before.
    sealing: Mutex<()>,
    api: api::Api,
}

/// What came of a request, before it is an answer.
enum Made {
    Html(u16, Result<String, String>),
    See(String, Option<String>),
    /// The same, made for this request.
    Bytes(Vec<u8>, String),
    /// A file that is handed out: where it lies, and under which name.
    File(PathBuf, String),
}

/// One request with who asks.
struct Asked<'a> {
    request: &'a Request,
    session: Option<Session>,
    t: &'a Catalog,
    now: Timestamp,
}

impl Console {
    /// Begins; where nobody is entered yet, the one-time code of the set-up is shown on the terminal.
    pub(super) fn begin(
        shared: Arc<Shared>,
        lines: SyncSender<Delivery>,
        config: &config::Config,
        lang: Lang,
        zone: jiff::tz::TimeZone,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let settings = &config.console;
        let metrics_token = match &settings.metrics_token_file {
            Some(path) => {
                let token = zeroize::Zeroizing::new(crate::inputs::read_text(path, 4_096)?);
                let token = token.trim();
                anyhow::ensure!(
                    token.len() >= TOKEN_BYTES_MIN,
                    "{}: a token of at least {TOKEN_BYTES_MIN} characters is expected",
                    path.display()
                );
                Some(Sha256::digest(token.as_bytes()).into())
            }
            None => None,
        };
        let api = api::Api::new(Arc::clone(&shared), lines, clock);
        let console = Self {
            shared,
            ja: Catalog::new(Lang::Ja, zone.clone()),
            en: Catalog::new(Lang::En, zone.clone()),
            zone,
            lang,
            secure: settings.behind_tls,
            metrics_token,
            clock,
            doors: Doors::default(),
            upload_bytes_max: u64::from(config.evidence.upload_mib_max) << 20,
            custody: Arc::default(),
            sealing: Mutex::default(),
            api,
        };
        let people: Vec<Person> = console.shared.store.read(|tx| tx.people())?;
        if people.is_empty() {
            let code = hex::encode(clock.random()?.get(..16).unwrap_or_default());
            let ends = clock.now().plus(SETUP_MICROS);
            console.shared.store.write(|tx| tx.set_setup_code(&digest(&code), ends))?;
            let place = format!("http://{}/setup", settings.listen);
            crate::output::say(&format!(
                "最初の管理者を登録してください / register the first administrator: {place}"
            ));
            crate::output::say(&format!("一度だけのコード / one-time code: {code}"));
        }
        Ok(console)
    }

    fn catalog(&self, request: &Request) -> &Catalog {
        let asked = routes::value(&request.query, "lang").or_else(|| auth::cookie(request, "lang"));
        match asked.as_deref() {
            Some("ja") => &self.ja,
            Some("en") => &self.en,
            _ if self.lang == Lang::Ja => &self.ja,
            _ => &self.en,
        }
    }

    fn frame<'a>(&self, asked: &Asked<'a>, here: &'static str, title: &str) -> Frame<'a> {
        let t = asked.t;
        let who = asked.session.as_ref().map(|session| Who {
            name: web::console::visible(&session.name),
            role: t.text(&format!("console-role-{}", session.role.name())),
            form: session.form.clone(),
        });
        let said = routes::value(&asked.request.query, "said")
            .filter(|said| SAID.contains(&said.as_str()))
            .map_or_else(String::new, |said| t.text(&format!("console-{said}")));
        Frame { t, title: t.text(title), here, who, said, version: env!("CARGO_PKG_VERSION") }
    }

    fn told(&self, asked: &Asked<'_>, status: u16, id: &str) -> Made {
        self.told_words(asked, status, asked.t.text(id))
    }

    /// A page that says one thing.
    fn told_words(&self, asked: &Asked<'_>, status: u16, words: String) -> Made {
        let page = web::console::message(self.frame(asked, "", "report-brand"), words);
        Made::Html(status, askama(&page))
    }

    fn make(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let Some(route) = find(&asked.request.method, &asked.request.path) else {
            let status = if asked.session.is_some() { 404 } else { 401 };
            return Ok(self.told(asked, status, "console-missing"));
        };
        match (&asked.session, route.roles) {
            (None, Some(_)) => return Ok(Made::See("/login".to_owned(), None)),
            (Some(session), Some(roles)) if !roles.contains(&session.role) => {
                return Ok(self.told(asked, 403, "console-forbidden"));
            }
            _ => {}
        }
        if asked.request.method == "POST" && !auth::is_own_form(asked.request, asked.session.as_ref(), route)
        {
            return Ok(self.told(asked, 403, "console-form-old"));
        }
        match route.page {
            Page::Login | Page::Setup => self.door(asked, route.page),
            Page::SignIn => self.sign_in(asked),
            Page::SetUp => self.set_up(asked),
            Page::SignOut => self.sign_out(asked),
            Page::Noticed | Page::NoticedDone => self.noticed(asked, route.page),
            Page::Acknowledge
            | Page::Move
            | Page::Note
            | Page::Told
            | Page::AddPerson
            | Page::ChangePerson => self.act(asked, route.page),
            Page::Blocks => self.blocks(asked),
            Page::AddBlock | Page::UndoBlock | Page::ConfirmBlocks | Page::SeenBlocks => {
                self.act_on_blocks(asked, route.page)
            }
            Page::StateGate | Page::Waive | Page::ApproveWaiver => self.note_gate(asked, route.page),
            Page::AddEvidence => Ok(self.told(asked, 400, "console-form-old")),
            Page::RegisterEvidence | Page::HandOn | Page::Settle | Page::CopyEvidence => {
                self.note_item(asked, route.page)
            }
            Page::AddRecovery | Page::AnswerMeasure => self.note_recovery(asked, route.page),
            Page::MakeBundle => self.make_bundle(asked),
            Page::CopyBundle => self.copy_bundle(asked),
            Page::Enter => self.enter_facts(asked),
            Page::ReleaseDocument => self.release(asked),
            Page::NoteReceipt => self.note_receipt(asked),
            Page::Clock => self.note_clock(asked),
            Page::StateFact | Page::Verdict => self.note_fact(asked, route.page),
            Page::TestNotice
            | Page::AcknowledgeTests
            | Page::AddDuty
            | Page::RemoveDuty
            | Page::SetAddresses => self.change_notices(asked, route.page),
            Page::LoadRules => self.load_rules(asked),
            page => self.show(asked, page),
        }
    }
}

/// What an action may have led to: the rest of a message's id.
const SAID: [&str; 16] = [
    "bundle-made",
    "evidence-added",
    "evidence-empty",
    "evidence-known",
    "evidence-refused",
    "acknowledged",
    "moved",
    "moved-notices",
    "noted",
    "reported",
    "stale",
    "blocked",
    "unblocked",
    "confirmed",
    "preview-seen",
    "not-blocked",
];

fn askama(page: &impl askama::Template) -> Result<String, String> {
    page.render().map_err(|error| error.to_string())
}

impl Answer for Console {
    fn refuses(&self, head: &Request) -> Option<Response> {
        self.api.refuses(head)
    }

    fn body_bytes_max(&self, head: &Request) -> Option<usize> {
        api::Api::body_bytes_max(head)
    }

    fn takes(&self, head: &Request) -> Option<Box<dyn crate::http::Take>> {
        self.upload(head)
    }

    fn answer(&self, request: &Request) -> Response {
        if api::is_ours(&request.path) {
            return self.api.answer(request);
        }
        if request.path == "/style.css" {
            return Response {
                status: 200,
                kind: "text/css; charset=utf-8",
                cache: "max-age=3600",
                body: STYLE.into(),
                headers: Vec::new(),
                file: None,
            };
        }
        if request.path == "/metrics" {
            return self.metrics(request);
        }
        if request.path == "/healthz" {
            return Response::text(200, "ok");
        }
        let t = self.catalog(request);
        let now = self.clock.now();
        let session = match self.session(request, now) {
            Ok(session) => session,
            Err(_) => return Response::text(503, t.text("console-failed")),
        };
        let asked = Asked { request, session, t, now };
        let made = self.make(&asked).unwrap_or_else(|error| {
            crate::output::say(&format!("console: {} {}: {error:#}", request.method, request.path));
            self.told(&asked, 500, "console-failed")
        });
        let mut headers = vec![
            ("content-security-policy", POLICY.to_owned()),
            ("referrer-policy", "same-origin".to_owned()),
            ("x-frame-options", "DENY".to_owned()),
        ];
        if let Some(lang) = routes::value(&request.query, "lang").filter(|lang| lang == "ja" || lang == "en")
        {
            headers.push(("set-cookie", format!("lang={lang}; Path=/; SameSite=Lax; Max-Age=31536000")));
        }
        let (made, bytes) = match made {
            Made::Bytes(bytes, name) => (Made::File(PathBuf::new(), name), Some(bytes)),
            other => (other, None),
        };
        match made {
            Made::Bytes(..) => Response::text(500, t.text("console-failed")),
            Made::Html(status, Ok(page)) => {
                let kind = "text/html; charset=utf-8";
                Response { status, kind, cache: "no-store", body: page.into_bytes(), headers, file: None }
            }
            Made::Html(_, Err(error)) => {
                crate::output::say(&format!("console: {error}"));
                Response::text(500, t.text("console-failed"))
            }
            Made::File(path, name) => {
                // Whatever is in it: nothing of it is run or shown.
                headers.retain(|(header, _)| *header != "content-security-policy");
                headers.push(("content-security-policy", "sandbox; default-src 'none'".to_owned()));
                headers.push(("content-disposition", format!("attachment; filename=\"{name}\"")));
                let (kind, file) = ("application/octet-stream", bytes.is_none().then_some(path));
                let body = bytes.unwrap_or_default();
                Response { status: 200, kind, cache: "no-store", body, headers, file }
            }
            Made::See(place, cookie) => {
                headers.push(("location", place));
                headers.extend(cookie.map(|cookie| ("set-cookie", cookie)));
                Response { status: 303, kind: TEXT, cache: "no-store", body: Vec::new(), headers, file: None }
            }
        }
    }
}
