//! Units that would be counted (件), N2 and N4 of casework.md 3.1; always provisional (DT-INC-08 to -10).

use crate::incident::{AccountEntry, CountUnit, Incident};
use std::collections::BTreeMap;
use vocab::{Citation, Context, Finding, Timestamp};

/// "Short period" of N4 is not defined by the source: the policy value used here, shown with every unit (CW-CNT-01).
const SHORT_PERIOD_HOURS: u32 = 24;

/// One unit per access control function, method and short period; every entered account is an act inside it (CW-CLS-15).
pub(crate) fn units(incident: &Incident, members: &[&Finding], context: &Context) -> Vec<CountUnit> {
    let method =
        incident.kind.map_rows().next().map_or_else(|| "MAP-20".to_owned(), |row| format!("MAP-{row}"));
    let times: BTreeMap<Citation, Timestamp> = members
        .iter()
        .flat_map(|finding| &finding.evidence)
        .filter_map(|record| Some((record.citation, record.time?)))
        .collect();
    let mut by_function: BTreeMap<String, Vec<(Timestamp, String)>> = BTreeMap::new();
    for account in incident.entered_accounts() {
        let time = account.entry.and_then(|entry| times.get(&entry).copied()).unwrap_or(account.last);
        by_function.entry(function(account, context)).or_default().push((time, account.name.clone()));
    }
    if by_function.is_empty() && incident.entered() {
        let host = incident.hosts.first().map_or("", |host| host.name.as_str());
        let service =
            members.iter().map(|finding| finding.service.as_str()).find(|service| !service.is_empty());
        let named = context.assets.iter().find(|asset| asset.host == host);
        let function = named.and_then(|asset| asset.function_id.clone());
        let function = function.unwrap_or_else(|| provisional(host, service.unwrap_or("web")));
        by_function.insert(function, Vec::new());
    }
    let mut units = Vec::new();
    for (function, mut acts) in by_function {
        acts.sort();
        for acts in lumped(acts) {
            units.push(CountUnit {
                function: function.clone(),
                method: method.clone(),
                acts,
                short_period_hours: SHORT_PERIOD_HOURS,
                provisional: true,
            });
        }
    }
    units
}

/// The function that the asset list names, else a provisional one per host and service, so that counts are never lost
/// and never final (DT-INC-10).
fn function(account: &AccountEntry, context: &Context) -> String {
    let named = context.assets.iter().find(|asset| asset.host == account.host);
    named
        .and_then(|asset| asset.function_id.clone())
        .unwrap_or_else(|| provisional(&account.host, &account.service))
}

fn provisional(host: &str, service: &str) -> String {
    if service.is_empty() { format!("provisional:{host}") } else { format!("provisional:{host}/{service}") }
}

/// N4: acts that follow each other within the short period are one unit. Without acts there is still one unit.
fn lumped(acts: Vec<(Timestamp, String)>) -> Vec<Vec<String>> {
    let mut units: Vec<Vec<String>> = vec![Vec::new()];
    let mut before: Option<Timestamp> = None;
    for (time, name) in acts {
        let apart = i64::from(SHORT_PERIOD_HOURS) * Timestamp::HOUR;
        if before.is_some_and(|before| time.since(before) > apart) {
            units.push(Vec::new());
        }
        if let Some(unit) = units.last_mut() {
            unit.push(name);
        }
        before = Some(time);
    }
    units
}
