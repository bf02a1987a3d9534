//! What roster and password file say of an account (DT-EVT-16).

use crate::attempts::account_id;
use rustc_hash::FxHashMap;
use vocab::{AccountKind, AccountRecord, AccountState, Context, Timestamp};

/// Roster lines and user ids by account.
#[derive(Clone, Debug)]
pub(crate) struct Roster {
    records: FxHashMap<u64, AccountRecord>,
    uids: FxHashMap<u64, u32>,
}

impl Roster {
    pub(crate) fn new(context: &Context) -> Self {
        Self {
            records: context
                .accounts
                .iter()
                .map(|(name, record)| (account_id(name), record.clone()))
                .collect(),
            uids: context.local_users.iter().map(|(name, uid)| (account_id(name), *uid)).collect(),
        }
    }

    /// Was no roster given?
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Was a password file found?
    pub(crate) fn has_users(&self) -> bool {
        !self.uids.is_empty()
    }

    /// Line of an account.
    pub(crate) fn get(&self, account: u64) -> Option<&AccountRecord> {
        self.records.get(&account)
    }

    /// Kind of an account.
    pub(crate) fn kind(&self, account: u64) -> Option<AccountKind> {
        self.records.get(&account).map(|record| record.kind)
    }

    /// Numeric user id.
    pub(crate) fn uid(&self, account: u64) -> Option<u32> {
        self.records.get(&account).and_then(|record| record.uid).or_else(|| self.uids.get(&account).copied())
    }

    /// Had the holder left by then? `Some(None)`: left, but the roster does not say when.
    pub(crate) fn left(&self, account: u64, time: Timestamp) -> Option<Option<Timestamp>> {
        let record = self.records.get(&account)?;
        let ended = [record.left_on, record.valid_until].into_iter().flatten().min();
        match ended {
            Some(end) => (end <= time).then_some(Some(end)),
            None => (record.state == AccountState::Left).then_some(None),
        }
    }

    /// Latest use before `time` that the roster knows of.
    pub(crate) fn last_login(&self, account: u64, time: Timestamp) -> Option<Timestamp> {
        self.records.get(&account).and_then(|record| record.last_login).filter(|last| *last <= time)
    }

    /// Is the account marked as idle or switched off?
    pub(crate) fn is_asleep(&self, account: u64) -> bool {
        self.records
            .get(&account)
            .is_some_and(|record| matches!(record.state, AccountState::Dormant | AccountState::Disabled))
    }
}
