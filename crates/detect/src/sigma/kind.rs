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
];

/// Kind of a rule without `sekisho.kind`: by its ATT&CK tags and log-source family (`web`, `cloud`, or empty), else
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
    (Kind::IndicatorMatch, false)
}

/// Log-source family of the table: `web`, `cloud`, or empty.
#[must_use]
pub fn family(product: &str, category: &str) -> &'static str {
    let is = |own: &str, names: &[&str]| names.iter().any(|name| own.eq_ignore_ascii_case(name));
    if is(category, &["webserver", "proxy"]) || is(product, &["apache", "nginx", "iis"]) {
        "web"
    } else if is(product, &["aws", "azure", "m365", "gcp", "okta", "google_workspace"]) {
        "cloud"
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
    }
}
