//! States of a case, which those who keep cases and those who judge them share.

/// State of a case (casework.md 10.4). Which change is allowed when is decided elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaseState {
    /// 検知
    Detected,
    /// 初動
    Initial,
    /// 保全
    Preserving,
    /// 判定
    Assessing,
    /// 対処・復旧
    Responding,
    /// 再発防止
    Preventing,
    /// 終結
    Closed,
    /// 誤検知
    Dismissed,
}

impl CaseState {
    /// All states, in their order.
    pub const ALL: [Self; 8] = [
        Self::Detected,
        Self::Initial,
        Self::Preserving,
        Self::Assessing,
        Self::Responding,
        Self::Preventing,
        Self::Closed,
        Self::Dismissed,
    ];

    /// Code of the specification.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Detected => "detected",
            Self::Initial => "initial",
            Self::Preserving => "preserving",
            Self::Assessing => "assessing",
            Self::Responding => "responding",
            Self::Preventing => "preventing",
            Self::Closed => "closed",
            Self::Dismissed => "dismissed",
        }
    }

    /// The state with this code.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}
