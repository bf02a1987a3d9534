//! Units that would be counted (件), N2 and N4 of casework.md 3.1; always provisional (DT-INC-08 to -10).

use crate::incident::{CountUnit, Incident};
use std::collections::BTreeMap;
use vocab::Context;

/// "Short period" of N4 is not defined by the source: the policy value used here, shown with every unit (CW-CNT-01).
const SHORT_PERIOD_HOURS: u32 = 24;

/// One unit per access control function and method; every entered account is an act inside it (CW-CLS-15).
pub(crate) fn units(incident: &Incident, context: &Context) -> Vec<CountUnit> {
    let method =
        incident.kind.map_rows().next().map_or_else(|| "MAP-20".to_owned(), |row| format!("MAP-{row}"));
    let mut by_function: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for account in incident.entered_accounts() {
        let named = context.assets.iter().find(|asset| asset.host == account.host);
        let function = named.and_then(|asset| asset.function_id.clone());
        let function =
            function.unwrap_or_else(|| format!("provisional:{}/{}", account.host, account.service));
        by_function.entry(function).or_default().push(account.name.clone());
    }
    if by_function.is_empty() && incident.entered() {
        let host = incident.hosts.first().map_or("", |host| host.name.as_str());
        by_function.insert(format!("provisional:{host}/web"), Vec::new());
    }
    by_function
        .into_iter()
        .map(|(function, acts)| CountUnit {
            function,
            method: method.clone(),
            acts,
            short_period_hours: SHORT_PERIOD_HOURS,
            provisional: true,
        })
        .collect()
}
