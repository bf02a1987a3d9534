//! `accounts.csv`: the list of accounts that the owner of the staged computers keeps (名簿).

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};

use super::plan::Entry;
use super::{run, scenario};

/// Writes the list of all scenarios; two scenarios that disagree on an account are an error.
pub(super) fn write(out: &Path) -> Result<()> {
    let mut all: BTreeMap<String, Entry> = BTreeMap::new();
    for name in scenario::names() {
        let Some(plan) = scenario::plan(name) else { continue };
        for account in plan.accounts {
            let Some(entry) = account.entry else { continue };
            match all.get(&account.name) {
                Some(known) if *known != entry => {
                    bail!("two scenarios disagree on the account {}", account.name)
                }
                _ => drop(all.insert(account.name, entry)),
            }
        }
    }
    let mut text = "account,kind,state,owner,left_on,valid_until,last_login\n".to_owned();
    text.push_str("root,admin,active,information systems section,,,\n");
    for (name, entry) in all {
        let Entry { kind, state, left_on, last_login } = entry;
        let owner =
            if kind == "person" || kind == "admin" { name.as_str() } else { "information systems section" };
        text.push_str(&format!("{name},{kind},{state},{owner},{left_on},,{last_login}\n"));
    }
    run::put(out.join("accounts.csv"), text, 0o644)
}
