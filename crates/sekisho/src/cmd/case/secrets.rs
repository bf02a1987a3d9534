//! No code of anybody goes into a document (casework.md 7.2 RC-3): what logs hold of passwords is masked.

use casework::dossier::Seen;
use std::sync::LazyLock;

/// Pairs of name and password handed to programs that set passwords: `echo name:password | chpasswd`.
static PAIR: LazyLock<Option<regex::Regex>> =
    LazyLock::new(|| regex::Regex::new(r#"(\b(?:echo|printf)\s+(?:-\w+\s+)?['"]?[\w.@-]+:)[^\s'"|]+"#).ok());

/// Masks the quoted records of an incident.
pub(super) fn mask(seen: &mut Seen) {
    for quote in seen.records.iter_mut().filter_map(|record| record.quote.as_mut()) {
        quote.text = masked(&quote.text);
    }
}

fn masked(text: &str) -> String {
    let text = collect::mask::masked(text);
    let pairs = text.contains("chpasswd") || text.contains("newusers");
    match PAIR.as_ref().filter(|_| pairs) {
        Some(pair) => pair.replace_all(&text, "${1}***").into_owned(),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn passwords_that_were_typed_are_masked() {
        let typed = "sudo: COMMAND=/usr/bin/sh -c 'echo sysupd:Ushiro-2026 | /usr/sbin/chpasswd'";
        assert_eq!(masked(typed), "sudo: COMMAND=/usr/bin/sh -c 'echo sysupd:*** | /usr/sbin/chpasswd'");
        let plain = "sshd[1]: Failed password for ito from 198.18.66.12 port 57239 ssh2";
        assert_eq!(masked(plain), plain);
        assert!(!masked("GET /login?user=a&password=hunter2 HTTP/1.1").contains("hunter2"));
    }
}
