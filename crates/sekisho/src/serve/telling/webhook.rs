//! The channel `webhook`: a POST of JSON over HTTPS, signed with HMAC-SHA-256 over time and body, so that the receiver knows
//! who sent it and that it is not an old one again. Redirects are not followed: the address was chosen by an administrator.

use super::settings::Webhook;
use super::{Answered, Channel, Parcel};
use crate::error::Hinted;
use anyhow::Context as _;
use casework::telling::Taken;
use ring::hmac;
use std::time::Duration;

/// How long a receiver may take.
const ANSWER: Duration = Duration::from_secs(20);
/// Shortest and longest secret, bytes.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=4_096;
/// Version of the body.
const SCHEMA_VERSION: u32 = 1;

/// Receivers of webhooks.
pub(super) struct WebhookChannel {
    url: Option<String>,
    key: hmac::Key,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl WebhookChannel {
    /// Reads the secret and certificates; connects to nothing yet.
    ///
    /// # Errors
    /// Names the file that cannot be read or is too short.
    pub(super) fn new(settings: &Webhook) -> anyhow::Result<Self> {
        let secret = zeroize::Zeroizing::new(crate::inputs::read_text(&settings.secret_file, 8_192)?);
        let secret = secret.trim().as_bytes();
        if !SECRET_BYTES.contains(&secret.len()) {
            return Err(Hinted::error(
                format!("{}: the secret has {} bytes", settings.secret_file.display(), secret.len()),
                "expected 16 or more, e.g. from: openssl rand -hex 32",
            ));
        }
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(super::tls::config(settings.ca_file.as_deref())?)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(ANSWER)
            .user_agent(concat!("Sekisho/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("cannot set up webhooks")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self {
            url: settings.url.clone(),
            key: hmac::Key::new(hmac::HMAC_SHA256, secret),
            client,
            runtime,
        })
    }

    /// `t=SECONDS,v1=HEX`: HMAC-SHA-256 over `SECONDS.BODY`.
    fn signature(&self, seconds: i64, body: &str) -> String {
        let signed = hmac::sign(&self.key, format!("{seconds}.{body}").as_bytes());
        format!("t={seconds},v1={}", hex::encode(signed))
    }
}

impl Channel for WebhookChannel {
    fn name(&self) -> &'static str {
        super::WEBHOOK
    }

    fn is_common(&self) -> bool {
        self.url.is_some()
    }

    fn hand_over(&self, parcel: &Parcel<'_>) -> Answered {
        let own = (!parcel.address.is_empty()).then_some(parcel.address);
        let Some(url) = own.or(self.url.as_deref()) else {
            return Answered { taken: Taken::Never, proof: "no address".to_owned() };
        };
        let body = serde_json::json!({
            "schema_version": SCHEMA_VERSION,
            "id": parcel.id,
            "incident": parcel.facts.incident,
            "case": parcel.facts.number,
            "level": parcel.facts.level.as_str(),
            "stage": parcel.facts.stage,
            "subject": parcel.letter.subject,
            "text": parcel.letter.text,
        })
        .to_string();
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("sekisho-signature", self.signature(parcel.now.seconds(), &body))
            .body(body);
        // Also the timer of the request needs the runtime: it begins within.
        match self.runtime.block_on(async { request.send().await }) {
            Ok(answer) => {
                let status = answer.status();
                let taken = match status.as_u16() {
                    200..=299 => Taken::Yes,
                    // The receiver is busy, or somebody is just setting it up: these may become good.
                    401 | 403 | 404 | 408 | 425 | 429 | 500..=599 => Taken::Later,
                    _ => Taken::Never,
                };
                Answered { taken, proof: status.to_string() }
            }
            // The address may hold a secret of the receiver: it is left out.
            Err(error) => {
                let error = error.without_url();
                let mut proof = error.to_string();
                let mut cause = std::error::Error::source(&error);
                while let Some(inner) = cause {
                    proof = format!("{proof}: {inner}");
                    cause = inner.source();
                }
                Answered { taken: Taken::Later, proof: proof.chars().take(300).collect() }
            }
        }
    }
}
