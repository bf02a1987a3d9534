//! States of a notice, which those who keep notices and those who decide about them share.

/// How far a notice (通知) is (DT-NTF-02). Which change is allowed when is decided elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeState {
    /// Waits for its channel.
    Queued,
    /// The channel took it. That nobody has read it yet is possible.
    Sent,
    /// The person opened the page of its case.
    Seen,
    /// A named person has acknowledged it.
    Acknowledged,
    /// A try failed; it is tried again.
    Failed,
    /// Another try is under way.
    Retried,
    /// Given up, and handed to those who are told next.
    Escalated,
    /// Too many within the hour: told in a summary (DT-NTF-04).
    Folded,
}

impl NoticeState {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sent,
        Self::Seen,
        Self::Acknowledged,
        Self::Failed,
        Self::Retried,
        Self::Escalated,
        Self::Folded,
    ];

    /// Name in the database and in messages' ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Seen => "seen",
            Self::Acknowledged => "acknowledged",
            Self::Failed => "failed",
            Self::Retried => "retried",
            Self::Escalated => "escalated",
            Self::Folded => "folded",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}
