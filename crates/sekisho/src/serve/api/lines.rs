//! `POST /v1/lines`: lines of a source that sends them itself. The answer comes when they are durable.

use super::Refusal;
use crate::live::{Arrival, Way};
use crate::serve::{Delivery, held};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};

/// Longest body, bytes.
pub(super) const BODY_BYTES_MAX: usize = 1 << 20;
/// Lines of one request.
const LINES_MAX: usize = 4_096;
/// Longest line, bytes.
const LINE_BYTES_MAX: usize = 64 << 10;
/// Requests of one token that wait at once, so that the others and the console have room.
const WAITING_MAX: u32 = 2;
/// Requests of all tokens that wait at once.
const ALL_WAITING_MAX: u32 = 8;

/// Takes lines.
pub(super) struct Intake {
    lines: SyncSender<Delivery>,
    waiting: Mutex<BTreeMap<String, u32>>,
}

/// A place among those who wait.
struct Place<'a>(&'a Intake, &'a str);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = held(&self.0.waiting);
        let rest = waiting.get(self.1).map_or(0, |count| count.saturating_sub(1));
        if rest == 0 {
            waiting.remove(self.1);
        } else {
            waiting.insert(self.1.to_owned(), rest);
        }
    }
}

/// The lines of a body, without their ends; empty ones are no lines.
fn lines_of(body: &[u8]) -> Result<Vec<&[u8]>, Refusal> {
    let mut lines = Vec::new();
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > LINE_BYTES_MAX {
            return Err(Refusal::Body(
                "a line is longer than 65536 bytes; no line of this request was taken",
            ));
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    match lines.len() {
        0 => Err(Refusal::Body("lines are expected, each ended by a line feed")),
        LINES_MAX.. => Err(Refusal::Body("at most 4095 lines a request; no line of this one was taken")),
        _ => Ok(lines),
    }
}

impl Intake {
    pub(super) fn new(lines: SyncSender<Delivery>) -> Self {
        Self { lines, waiting: Mutex::default() }
    }

    fn enter<'a>(&'a self, name: &'a str) -> Result<Place<'a>, Refusal> {
        let mut waiting = held(&self.waiting);
        if waiting.get(name).is_some_and(|count| *count >= WAITING_MAX) {
            return Err(Refusal::Slow);
        }
        if waiting.values().sum::<u32>() >= ALL_WAITING_MAX {
            return Err(Refusal::Busy);
        }
        *waiting.entry(name.to_owned()).or_default() += 1;
        Ok(Place(self, name))
    }

    pub(super) fn take(&self, name: &str, body: &[u8]) -> Result<Value, Refusal> {
        let lines = lines_of(body)?;
        let _place = self.enter(name)?;
        let source: Arc<str> = format!("http/{name}").into();
        let (count, (done, durable)) = (lines.len(), sync_channel(1));
        let arrival = |line: &[u8]| Arrival {
            way: Way::Http,
            source: Arc::clone(&source),
            offset: None,
            line: None,
            bytes: line.to_vec(),
        };
        let lines = lines.into_iter().map(arrival).collect();
        match self.lines.try_send(Delivery { lines, done: Some(done), ..Delivery::default() }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(Refusal::Busy),
            Err(TrySendError::Disconnected(_)) => return Err(Refusal::Failed),
        }
        // Without an answer nobody would know whether the lines are there.
        let size = durable.recv().map_err(|_| Refusal::Failed)?;
        Ok(json!({ "lines": count, "ledger_size": size }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_cut_into_lines() {
        let cut = |body: &str| lines_of(body.as_bytes()).map(|lines| lines.len());
        assert_eq!((cut("a\nb"), cut("{}\r\n\r\n[]\n")), (Ok(2), Ok(2)));
        assert!(matches!(cut("\n\r\n"), Err(Refusal::Body(_))) && matches!(cut(""), Err(Refusal::Body(_))));
        assert!(matches!(cut(&"x".repeat(LINE_BYTES_MAX + 1)), Err(Refusal::Body(_))));
        assert!(matches!(cut(&"x\n".repeat(LINES_MAX)), Err(Refusal::Body(_))));
        assert_eq!(cut(&"x\n".repeat(LINES_MAX - 1)), Ok(LINES_MAX - 1));
    }

    /// Back-pressure instead of loss: a full queue is an answer that says so.
    #[test]
    fn a_full_queue_and_a_hasty_sender_are_told() {
        let (sender, receiver) = sync_channel(1);
        let intake = Intake::new(sender);
        intake.lines.send(Delivery::default()).expect("room");
        assert_eq!(intake.take("a", b"x"), Err(Refusal::Busy));
        let places: Vec<_> =
            (0..WAITING_MAX).map(|_| intake.enter("a").map_err(|_| ()).expect("room")).collect();
        assert_eq!(intake.take("a", b"x"), Err(Refusal::Slow));
        drop(places);
        assert!(held(&intake.waiting).is_empty());
        drop(receiver);
        assert_eq!(intake.take("a", b"x"), Err(Refusal::Failed));
    }
}
