//! A store in memory for tests: any call can fail, before or after it took effect (LG-STO-03). It is public so that the
//! tests of backends and of the binary can use it.

use super::{Cell, LIST_NAMES_MAX, Objects, StoreError, StoreResult, Versioned, check_name, check_object};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// When a failing call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Nothing happened.
    Before,
    /// It took effect, but the answer was lost.
    After,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    cell: Option<(u64, Vec<u8>)>,
    calls: u64,
    fail: Option<(u64, When)>,
    /// Conditions are ignored, as some stores do.
    careless: bool,
}

/// The store; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Faulty(Arc<Mutex<State>>);

impl Faulty {
    /// A store that ignores the conditions of a write.
    #[must_use]
    pub fn careless() -> Self {
        Self(Arc::new(Mutex::new(State { careless: true, ..State::default() })))
    }
    /// The call with this number, counted from now, fails, and all behind it fail without effect until
    /// [`Faulty::mend`].
    pub fn fail_at(&self, call: u64, when: When) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.fail = Some((state.calls + call, when));
    }
    /// All calls succeed again.
    pub fn mend(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fail = None;
    }
    /// Calls so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).calls
    }
    /// Changes one object behind the back of everybody, as an intruder would.
    pub fn forge(&self, name: &str, bytes: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).objects.insert(name.to_owned(), bytes);
    }

    fn call<T>(&self, work: impl FnOnce(&mut State) -> StoreResult<T>) -> StoreResult<T> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = state.calls;
        state.calls += 1;
        let lost = || StoreError::io("store", "the connection was lost");
        match state.fail {
            Some((at, When::After)) if number == at => {
                let _ = work(&mut state);
                Err(lost())
            }
            Some((at, _)) if number >= at => Err(lost()),
            _ => work(&mut state),
        }
    }
}

impl Objects for Faulty {
    fn get(&self, name: &str) -> StoreResult<Option<Vec<u8>>> {
        check_name(name)?;
        self.call(|state| Ok(state.objects.get(name).cloned()))
    }
    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> StoreResult<()> {
        check_object(name, bytes)?;
        self.call(|state| match state.objects.get(name) {
            Some(there) if there != bytes && !state.careless => {
                Err(StoreError::Exists { name: name.to_owned() })
            }
            _ => {
                state.objects.insert(name.to_owned(), bytes.to_vec());
                Ok(())
            }
        })
    }
    fn list(&self, prefix: &str, after: Option<&str>) -> StoreResult<Vec<String>> {
        self.call(|state| {
            let behind = |name: &&String| after.is_none_or(|after| name.as_str() > after);
            let names = state.objects.keys().filter(|name| name.starts_with(prefix)).filter(behind);
            Ok(names.take(LIST_NAMES_MAX).cloned().collect())
        })
    }
    fn delete(&self, name: &str) -> StoreResult<()> {
        self.call(|state| {
            state.objects.remove(name);
            Ok(())
        })
    }
}

impl Cell for Faulty {
    fn load(&self) -> StoreResult<Option<Versioned>> {
        self.call(|state| {
            let now = state.cell.as_ref();
            Ok(now.map(|(number, value)| Versioned { value: value.clone(), version: number.to_string() }))
        })
    }
    fn compare_and_swap(&self, expected: Option<&str>, value: &[u8]) -> StoreResult<String> {
        self.call(|state| {
            let now = state.cell.as_ref().map(|(number, _)| number.to_string());
            if now.as_deref() != expected && !state.careless {
                return Err(StoreError::Stale);
            }
            let number = state.cell.as_ref().map_or(1, |(number, _)| number + 1);
            state.cell = Some((number, value.to_vec()));
            Ok(number.to_string())
        })
    }
}
