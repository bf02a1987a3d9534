//! The one table that every backend passes (LG-STO-01). It is also what a store has to pass before a ledger is put there:
//! a store that ignores conditions is refused.

use super::{Cell, LIST_NAMES_MAX, Objects, StoreError};

/// What a store does that it must not do.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// A rule of LG-STO-01 is not kept.
    #[error("LE-POLICY: this store cannot hold a ledger: {0}")]
    Rule(&'static str),
    /// The store could not be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks a store with scratch objects below `prefix` (a name without `/` at its end, new for each run) and a scratch
/// `cell` that nobody else uses and that holds nothing yet. The objects are removed again.
///
/// # Errors
/// The first rule that is not kept.
pub fn check(objects: &dyn Objects, cell: &dyn Cell, prefix: &str) -> Result<(), Broken> {
    let checked = check_objects(objects, prefix).and_then(|()| check_cell(cell));
    for name in objects.list(&format!("{prefix}/"), None)? {
        match objects.delete(&name) {
            Err(StoreError::Refused(_)) => break,
            removed => removed?,
        }
    }
    checked
}

fn rule(kept: bool, rule: &'static str) -> Result<(), Broken> {
    if kept { Ok(()) } else { Err(Broken::Rule(rule)) }
}

fn check_objects(objects: &dyn Objects, prefix: &str) -> Result<(), Broken> {
    let name = |end: &str| format!("{prefix}/{end}");
    let (one, two) = (name("one"), name("two"));
    rule(objects.get(&one)?.is_none(), "a new name holds something")?;
    objects.put_if_absent(&one, b"content")?;
    rule(objects.get(&one)?.as_deref() == Some(b"content"), "what was written is not what is read")?;
    rule(objects.list(&name(""), None)? == [one.clone()], "a written object is not listed at once")?;
    rule(objects.put_if_absent(&one, b"content").is_ok(), "equal content twice is no success")?;
    let other = objects.put_if_absent(&one, b"another content");
    rule(
        matches!(other, Err(StoreError::Exists { .. })),
        "it replaces an object: the condition If-None-Match is ignored",
    )?;
    rule(objects.get(&one)?.as_deref() == Some(b"content"), "an object was changed")?;
    objects.put_if_absent(&two, b"")?;
    rule(objects.get(&two)?.as_deref() == Some(b""), "an empty object is not kept")?;
    let all = objects.list(&name(""), None)?;
    rule(all == [one.clone(), two.clone()] && all.len() <= LIST_NAMES_MAX, "names are not listed in order")?;
    rule(objects.list(&name(""), Some(&one))? == [two.clone()], "listing does not go on behind a name")?;
    rule(objects.list(&name("t"), None)? == [two.clone()], "listing does not keep to its prefix")?;
    // A store may refuse to remove anything at all.
    match objects.delete(&two) {
        Err(StoreError::Refused(_)) => return Ok(()),
        removed => removed?,
    }
    rule(objects.get(&two)?.is_none(), "a removed object is still there")?;
    rule(objects.delete(&two).is_ok(), "removing nothing is no success")
}

fn check_cell(cell: &dyn Cell) -> Result<(), Broken> {
    rule(cell.load()?.is_none(), "a new cell holds something")?;
    let stale = |result| matches!(result, Err(StoreError::Stale));
    rule(
        stale(cell.compare_and_swap(Some("none"), b"x")),
        "an exchange against a state that never was succeeds",
    )?;
    let first = cell.compare_and_swap(None, b"first")?;
    let ignored = "an exchange against an old state succeeds: the condition If-Match is ignored";
    rule(stale(cell.compare_and_swap(None, b"x")), ignored)?;
    let now = cell.load()?;
    rule(
        now.as_ref().is_some_and(|now| now.value == b"first" && now.version == first),
        "the cell lost its value",
    )?;
    let second = cell.compare_and_swap(Some(&first), b"second")?;
    rule(second != first, "two states have one version")?;
    rule(stale(cell.compare_and_swap(Some(&first), b"x")), ignored)?;
    // The value of before under a new version: versions must not come back.
    let third = cell.compare_and_swap(Some(&second), b"first")?;
    rule(third != second, "two states have one version")?;
    rule(cell.load()?.is_some_and(|now| now.value == b"first"), "the cell lost its value")
}
