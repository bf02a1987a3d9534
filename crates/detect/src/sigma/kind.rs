//! Kind of a rule that does not state one (DT-RUL-07).

use vocab::Kind;

/// Kinds by ATT&CK technique and log-source family, most telling first (DT-RUL-07). An empty family fits every log
/// source; `t1059` covers its sub-techniques.
const BY_TECHNIQUE: &[(&str, &str, Kind)] = &[
    ("t1110.004", "", Kind::CredentialStuffing),
    ("t1110.003", "", Kind::PasswordSpraying),
    ("t1110.001", "", Kind::PasswordGuessing),
    ("t1110.002", "", Kind::CredentialStoreAccess),
    ("t1110", "", Kind::PasswordGuessing),
    ("t1621", "", Kind::MfaFatigue),
    ("t1539", "", Kind::SessionHijack),
    ("t1550.004", "", Kind::SessionHijack),
    ("t1550", "", Kind::LateralMovement),
    ("t1505.003", "", Kind::WebShell),
    ("t1190", "web", Kind::VulnerabilityProbe),
    ("t1059", "web", Kind::CodeExecution),
    ("t1189", "", Kind::CrossSiteScripting),
    ("t1595.003", "", Kind::SensitiveFileProbe),
    ("t1595.001", "", Kind::PortScan),
    ("t1595", "web", Kind::VulnerabilityScan),
    ("t1592", "web", Kind::VulnerabilityScan),
    ("t1083", "web", Kind::SensitiveFileProbe),
    ("t1552", "", Kind::CredentialStoreAccess),
    ("t1003", "", Kind::CredentialStoreAccess),
    ("t1555", "", Kind::CredentialStoreAccess),
    ("t1556", "", Kind::CredentialStoreAccess),
    ("t1056.001", "", Kind::CredentialStoreAccess),
    ("t1040", "", Kind::CredentialStoreAccess),
    ("t1136", "", Kind::AccountManipulation),
    ("t1098", "cloud", Kind::CloudControlChange),
    ("t1098", "", Kind::AccountManipulation),
    ("t1531", "", Kind::AccountManipulation),
    ("t1078.001", "", Kind::DefaultAccountUse),
    ("t1078.004", "", Kind::CloudControlChange),
    ("t1548", "", Kind::PrivilegeMisuse),
    ("t1068", "", Kind::PrivilegeMisuse),
    ("t1070.001", "", Kind::LogTampering),
    ("t1070.002", "", Kind::LogTampering),
    ("t1070.003", "", Kind::LogTampering),
    ("t1685.005", "", Kind::LogTampering),
    ("t1685.006", "", Kind::LogTampering),
    ("t1070.006", "", Kind::ClockAnomaly),
    ("t1070", "", Kind::LogTampering),
    ("t1562", "", Kind::DefenceImpairment),
    ("t1685", "", Kind::DefenceImpairment),
    ("t1686", "", Kind::DefenceImpairment),
    ("t1053", "", Kind::PersistenceChange),
    ("t1543", "", Kind::PersistenceChange),
    ("t1546", "", Kind::PersistenceChange),
    ("t1547", "", Kind::PersistenceChange),
    ("t1574", "", Kind::PersistenceChange),
    ("t1037", "", Kind::PersistenceChange),
    ("t1491", "", Kind::PageDefacement),
    ("t1565", "", Kind::FileTampering),
    ("t1222", "", Kind::FileTampering),
    ("t1571", "", Kind::BackdoorListener),
    ("t1210", "", Kind::WormPropagation),
    ("t1021", "", Kind::LateralMovement),
    ("t1570", "", Kind::LateralMovement),
    ("t1048", "", Kind::SuspiciousOutbound),
    ("t1041", "", Kind::SuspiciousOutbound),
    ("t1567", "", Kind::SuspiciousOutbound),
    ("t1071", "", Kind::Beaconing),
    ("t1573", "", Kind::Beaconing),
    ("t1572", "", Kind::SuspiciousOutbound),
    ("t1090", "", Kind::SpringboardUse),
    ("t1496", "", Kind::MalwareIndicator),
    ("t1204", "", Kind::MalwareIndicator),
    ("t1587", "", Kind::MalwareIndicator),
    ("t1588", "", Kind::MalwareIndicator),
    ("t1498", "", Kind::DenialOfService),
    ("t1499", "", Kind::DenialOfService),
    ("t1203", "", Kind::AbnormalTermination),
    ("t1046", "", Kind::PortScan),
    ("t1566", "", Kind::CredentialSolicitation),
    ("t1598", "", Kind::CredentialSolicitation),
    ("t1589", "", Kind::CredentialProvision),
    ("t1190", "", Kind::VulnerabilityProbe),
    ("t1558", "", Kind::CredentialStoreAccess),
    ("t1187", "", Kind::CredentialStoreAccess),
    ("t1557", "", Kind::CredentialStoreAccess),
    ("t1649", "", Kind::CredentialStoreAccess),
    ("t1528", "", Kind::CredentialStoreAccess),
    ("t1056", "", Kind::CredentialStoreAccess),
    ("t1606", "", Kind::CredentialStoreAccess),
    ("t1207", "", Kind::AccountManipulation),
    ("t1484", "", Kind::AccountManipulation),
    ("t1134", "", Kind::PrivilegeMisuse),
    ("t1197", "", Kind::PersistenceChange),
    ("t1137", "", Kind::PersistenceChange),
    ("t1542", "", Kind::PersistenceChange),
    ("t1554", "", Kind::PersistenceChange),
    ("t1176", "", Kind::PersistenceChange),
    ("t1505", "", Kind::PersistenceChange),
    ("t1112", "windows", Kind::PersistenceChange),
    ("t1133", "", Kind::LateralMovement),
    ("t1047", "windows", Kind::LateralMovement),
    ("t1569", "windows", Kind::LateralMovement),
    ("t1072", "windows", Kind::LateralMovement),
    ("t1559", "windows", Kind::LateralMovement),
    ("t1553", "", Kind::DefenceImpairment),
    ("t1489", "", Kind::DefenceImpairment),
    ("t1490", "", Kind::FileTampering),
    ("t1485", "", Kind::FileTampering),
    ("t1486", "", Kind::FileTampering),
    ("t1219", "", Kind::BackdoorListener),
    ("t1102", "", Kind::Beaconing),
    ("t1132", "", Kind::Beaconing),
    ("t1001", "", Kind::Beaconing),
    ("t1560", "", Kind::SuspiciousOutbound),
    ("t1074", "", Kind::SuspiciousOutbound),
    ("t1020", "", Kind::SuspiciousOutbound),
    ("t1119", "", Kind::SuspiciousOutbound),
    ("t1055", "", Kind::MalwareIndicator),
    ("t1218", "", Kind::MalwareIndicator),
    ("t1027", "", Kind::MalwareIndicator),
    ("t1036", "", Kind::MalwareIndicator),
    ("t1105", "", Kind::MalwareIndicator),
    ("t1564", "", Kind::MalwareIndicator),
    ("t1202", "windows", Kind::MalwareIndicator),
    ("t1127", "windows", Kind::MalwareIndicator),
    ("t1216", "windows", Kind::MalwareIndicator),
    ("t1220", "windows", Kind::MalwareIndicator),
    ("t1140", "", Kind::MalwareIndicator),
    ("t1106", "windows", Kind::MalwareIndicator),
    ("t1620", "", Kind::MalwareIndicator),
    ("t1113", "windows", Kind::MalwareIndicator),
    ("t1123", "windows", Kind::MalwareIndicator),
    ("t1115", "windows", Kind::MalwareIndicator),
    ("t1059", "windows", Kind::MalwareIndicator),
];

/// Kinds of Windows rules that name a tactic alone, most telling first.
const BY_TACTIC: &[(&str, Kind)] = &[
    ("credential-access", Kind::CredentialStoreAccess),
    ("lateral-movement", Kind::LateralMovement),
    ("defense-impairment", Kind::DefenceImpairment),
    ("persistence", Kind::PersistenceChange),
    ("privilege-escalation", Kind::PrivilegeMisuse),
    ("exfiltration", Kind::SuspiciousOutbound),
    ("command-and-control", Kind::Beaconing),
    ("defense-evasion", Kind::MalwareIndicator),
    ("stealth", Kind::MalwareIndicator),
    ("execution", Kind::MalwareIndicator),
];

/// Kind of a rule without `sekisho.kind`: by its ATT&CK tags and log-source family (`web`, `cloud`, `windows`, or empty), else
/// [`Kind::IndicatorMatch`] (DT-RUL-07). The second value says whether the table knew it.
#[must_use]
pub fn kind_by_tags<'t>(tags: impl Iterator<Item = &'t str> + Clone, family: &str) -> (Kind, bool) {
    let techniques = || {
        tags.clone().filter_map(|tag| {
            let (space, technique) = tag.split_once('.')?;
            space.eq_ignore_ascii_case("attack").then(|| technique.to_ascii_lowercase())
        })
    };
    for (wanted, wanted_family, kind) in BY_TECHNIQUE {
        if !wanted_family.is_empty() && *wanted_family != family {
            continue;
        }
        let fits = |technique: String| {
            technique.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if techniques().any(fits) {
            return (*kind, true);
        }
    }
    if family == WINDOWS {
        for (tactic, kind) in BY_TACTIC {
            if techniques().any(|named| named.replace('_', "-") == *tactic) {
                return (*kind, true);
            }
        }
    }
    (Kind::IndicatorMatch, false)
}

/// Family of rules about Windows.
const WINDOWS: &str = "windows";

/// Log-source family of the table: `web`, `cloud`, `windows`, or empty.
#[must_use]
pub fn family(product: &str, category: &str) -> &'static str {
    let is = |own: &str, names: &[&str]| names.iter().any(|name| own.eq_ignore_ascii_case(name));
    if is(category, &["webserver", "proxy"]) || is(product, &["apache", "nginx", "iis"]) {
        "web"
    } else if is(product, &["aws", "azure", "m365", "gcp", "okta", "google_workspace"]) {
        "cloud"
    } else if is(product, &[WINDOWS]) {
        WINDOWS
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_telling_technique_wins() {
        let kind = |tags: &[&'static str], family| kind_by_tags(tags.iter().copied(), family).0;
        assert_eq!(kind(&["attack.initial-access", "attack.t1190"], "web"), Kind::VulnerabilityProbe);
        assert_eq!(kind(&["attack.t1505.003", "attack.t1190"], "web"), Kind::WebShell);
        assert_eq!(kind(&["attack.t1059.004"], "web"), Kind::CodeExecution);
        assert_eq!(kind(&["attack.t1059.004"], ""), Kind::IndicatorMatch);
        assert_eq!(kind(&["attack.T1110.003"], ""), Kind::PasswordSpraying);
        assert_eq!(kind(&["attack.t1098"], "cloud"), Kind::CloudControlChange);
        assert_eq!(kind(&["attack.t11100"], ""), Kind::IndicatorMatch);
        assert_eq!(kind(&["attack.t1059.001"], family("windows", "")), Kind::MalwareIndicator);
        assert_eq!(
            kind(&["attack.lateral-movement", "attack.t1558.003"], "windows"),
            Kind::CredentialStoreAccess
        );
        assert_eq!(kind(&["attack.defense_evasion"], "windows"), Kind::MalwareIndicator);
        assert_eq!(kind(&["attack.execution"], ""), Kind::IndicatorMatch);
    }
}
