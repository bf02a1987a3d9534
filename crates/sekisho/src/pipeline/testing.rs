//! Signals for tests.

use detect::{OrderKey, Signal};
use vocab::{Citation, Class, Flags, Outcome, Reason, Timestamp, Trust};

/// An authentication signal at a time in seconds.
pub(crate) fn signal(seconds: i64, source: u32, offset: u64) -> Signal {
    Signal {
        answer: detect::Answer::default(),
        order: OrderKey { time: Timestamp::from_seconds(seconds), source, file_rank: 0, offset },
        citation: Citation::default(),
        line: offset,
        class: Class::Authentication,
        activity: 1,
        outcome: Outcome::Failure,
        reason: Reason::BadSecret,
        method: None,
        user_kind: None,
        is_remote: None,
        flags: Flags::default(),
        trust: Trust::Tr1,
        count: 1,
        src_ip: None,
        src_port: None,
        pid: None,
        account: "x".into(),
        host: "h".into(),
        service: "sshd".into(),
        attempt: 0,
        parser: "openssh",
        grammar: "O01",
        matches: Default::default(),
        detail: None,
    }
}
