//! Log-ins that their holders say were not theirs (本人が否認したログイン, K-19).

use super::settings::Settings;
use super::write::{Entry, write};
use crate::attempts::{Attempt, account_id, canonical};
use crate::engine::Ctx;
use rustc_hash::FxHashMap;
use vocab::{Context, Kind, Level, Message, Repudiation};

/// What holders stated, by account, and what was found of it.
#[derive(Clone, Debug)]
pub(crate) struct Repudiations {
    by_account: FxHashMap<u64, Vec<(Repudiation, bool)>>,
}

impl Repudiations {
    pub(crate) fn new(context: &Context) -> Self {
        let mut by_account: FxHashMap<u64, Vec<(Repudiation, bool)>> = FxHashMap::default();
        for one in &context.repudiations {
            by_account.entry(account_id(&one.account)).or_default().push((one.clone(), false));
        }
        Self { by_account }
    }

    /// Was no statement given?
    pub(crate) fn is_empty(&self) -> bool {
        self.by_account.is_empty()
    }

    /// Takes a success. An ambiguous record names nobody, so no statement is held against it.
    pub(crate) fn success(&mut self, attempt: &Attempt, settings: &Settings, ctx: &mut Ctx) {
        if self.by_account.is_empty() || attempt.ambiguous {
            return;
        }
        let Some(stated) = self.by_account.get_mut(&attempt.account_id) else { return };
        let meant = |one: &Repudiation| {
            attempt.time >= one.from
                && attempt.time < one.until
                && (one.address.is_none() || one.address == attempt.src)
        };
        let Some((one, found)) = stated.iter_mut().find(|(one, _)| meant(one)) else { return };
        *found = true;
        let text = match one.stated_on {
            Some(time) => Message::new("note-repudiated-on").with("stated", time),
            None => Message::new("note-repudiated"),
        };
        let text = text.with("account", attempt.account.as_str()).with("time", attempt.time);
        let entry = Entry::new(Kind::RepudiatedLogin, Level::High, text)
            .key("account", &canonical(&attempt.account))
            .key("source", &attempt.src.map_or_else(String::new, |ip| ip.to_string()));
        write(entry, attempt, settings, ctx);
    }

    /// Statements that no log-in of the records bears out, in order of account and time.
    pub(crate) fn unfound(&self) -> Vec<&Repudiation> {
        let mut left: Vec<&Repudiation> =
            self.by_account.values().flatten().filter(|(_, found)| !found).map(|(one, _)| one).collect();
        left.sort_by(|a, b| (&a.account, a.from).cmp(&(&b.account, b.from)));
        left
    }
}
