//! The state machine of a case (casework.md 10.4).

use vocab::CaseState;

/// Where a case may go from each state (casework.md 10.4), always with a reason. What still stands against it is said by
/// [`crate::handling::objections`].
#[must_use]
pub fn moves(from: CaseState) -> &'static [CaseState] {
    match from {
        CaseState::Detected => &[CaseState::Dismissed],
        CaseState::Initial => &[CaseState::Preserving, CaseState::Dismissed],
        CaseState::Preserving => &[CaseState::Assessing],
        CaseState::Assessing => &[CaseState::Responding, CaseState::Closed, CaseState::Dismissed],
        CaseState::Responding => &[CaseState::Assessing, CaseState::Preventing],
        CaseState::Preventing => &[CaseState::Closed, CaseState::Responding],
        CaseState::Closed | CaseState::Dismissed => &[CaseState::Initial],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing is closed but from assessment and prevention, everything that ended can be opened again.
    #[test]
    fn steps_follow_the_table() {
        for state in CaseState::ALL {
            let steps = moves(state);
            assert!(!steps.is_empty() && steps.iter().all(|to| *to != state), "{state:?}");
            assert!(!steps.contains(&CaseState::Detected));
            let closes = matches!(state, CaseState::Assessing | CaseState::Preventing);
            assert_eq!(steps.contains(&CaseState::Closed), closes, "{state:?}");
        }
        assert_eq!(moves(CaseState::Closed), &[CaseState::Initial]);
        assert!(moves(CaseState::Initial).iter().all(|to| *to != CaseState::Responding));
    }
}
