//! One request to a service of others, such as a time-stamp authority: bounded in time and size, no redirects.

use crate::runner::{Runner, choose_tls};
use crate::told;
use ledger::storage::{StoreError, StoreResult};
use reqwest::{Client, header};
use std::time::Duration;

/// What is sent.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Address, `https://` or `http://`.
    pub url: &'a str,
    /// Content type of the body.
    pub kind: &'a str,
    /// Body.
    pub body: &'a [u8],
    /// Largest answer that is taken, bytes.
    pub answer_bytes_max: usize,
    /// Seconds that everything together may take.
    pub seconds_max: u64,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Content type, without parameters, in lower case; empty when it has none.
    pub kind: String,
    /// Body.
    pub body: Vec<u8>,
}

/// Sends one POST and waits for the answer.
///
/// # Errors
/// [`StoreError::Io`] when nobody answers in time, or with more than is taken.
pub fn ask(question: &Question<'_>) -> StoreResult<Answer> {
    choose_tls();
    let limit = Duration::from_secs(question.seconds_max);
    let failed = |error: reqwest::Error| StoreError::io(question.url, told(&error.without_url()));
    let client = Client::builder()
        .user_agent("sekisho")
        .redirect(reqwest::redirect::Policy::none())
        .timeout(limit)
        .build()
        .map_err(failed)?;
    Runner::new(question.seconds_max.saturating_add(1))?.wait(question.url, async {
        let request = client
            .post(question.url)
            .header(header::CONTENT_TYPE, question.kind)
            .body(question.body.to_vec());
        let mut answer = request.send().await.map_err(failed)?;
        let status = answer.status().as_u16();
        let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim().to_lowercase();
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(failed)? {
            if body.len() + part.len() > question.answer_bytes_max {
                return Err(StoreError::io(question.url, "the answer is larger than the limit"));
            }
            body.extend_from_slice(&part);
        }
        Ok(Answer { status, kind, body })
    })
}
