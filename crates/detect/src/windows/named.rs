//! Names of accounts and domains in Windows records.

use compact_str::CompactString;

/// Domains that keep no accounts of people.
const NO_REALMS: [&str; 8] =
    ["", "-", ".", "workgroup", "builtin", "nt authority", "window manager", "font driver host"];

/// The domain that keeps an account: first label in lower case. Empty where the computer itself keeps it, and where the
/// record names none.
pub(crate) fn realm(domain: &str, host: &str) -> CompactString {
    let first = first_label(domain);
    if NO_REALMS.contains(&first.as_str()) || first == first_label(host) {
        return CompactString::default();
    }
    first
}

/// First label of a name in lower case: `PC1.example.co.jp` and `PC1` are one computer.
pub(crate) fn first_label(name: &str) -> CompactString {
    // An address has no labels.
    if name.parse::<std::net::IpAddr>().is_ok() {
        return CompactString::from(name);
    }
    let first = name.trim_start_matches('\\').split('.').next().unwrap_or(name);
    CompactString::from(first.to_lowercase())
}

/// Does the name stand for somebody, and not for a computer or for Windows itself?
pub(crate) fn is_person(name: &str) -> bool {
    const NOBODY: [&str; 8] = [
        "",
        "-",
        "SYSTEM",
        "LOCAL SERVICE",
        "NETWORK SERVICE",
        "ANONYMOUS LOGON",
        "LOCAL SYSTEM",
        "LocalSystem",
    ];
    let number = |prefix: &str| {
        let rest = name.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix));
        rest.is_some() && name.bytes().skip(prefix.len()).all(|byte| byte.is_ascii_digit())
    };
    !(name.ends_with('$')
        || NOBODY.iter().any(|nobody| name.eq_ignore_ascii_case(nobody))
        || number("DWM-")
        || number("UMFD-")
        || name.starts_with("S-1-5-18")
        || name.starts_with("S-1-5-19")
        || name.starts_with("S-1-5-20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_and_computers() {
        assert_eq!(realm("EXAMPLE.CO.JP", "PC1"), "example");
        assert_eq!(realm("Example", "PC1.example.co.jp"), "example");
        assert_eq!(realm("PC1", "pc1.example.co.jp"), "");
        assert_eq!(realm("NT AUTHORITY", "PC1"), "");
        assert_eq!(first_label("10.0.0.5"), "10.0.0.5");
    }

    #[test]
    fn people() {
        assert!(is_person("DWM-bob") && is_person("administrator") && is_person("山田"));
        assert!(!is_person("umfd-3") && !is_person("system") && !is_person("PC1$"));
    }
}
