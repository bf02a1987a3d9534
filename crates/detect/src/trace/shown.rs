//! Commands as they may be shown to people: short, and without the secrets that were typed into them (DT-EVT-08).

use super::command::cut;
use super::deed::Deed;

/// Bytes shown.
const SHOWN_MAX: usize = 200;
/// Programs whose `-p` holds a secret.
const SECRET_P: &[&str] = &["mysql", "mariadb", "sshpass", "useradd", "usermod", "hydra", "smbclient"];
/// Options whose next word is a secret.
const OPTIONS: &[&str] = &["--password", "--passwd", "--pass", "--token", "--secret"];
/// Parts of names whose value is a secret.
const NAMES: &[&str] = &["password", "passwd", "secret", "token", "passphrase", "api_key", "apikey"];
/// What stands for a secret.
const MASK: &str = "***";

/// The command of a record; its message where there is none.
pub(crate) fn shown(deed: &Deed<'_>) -> String {
    masked(if deed.line.is_empty() { deed.message } else { deed.line })
}

/// A text with its secrets masked, at most [`SHOWN_MAX`] bytes.
pub(crate) fn masked(text: &str) -> String {
    // Masked before it is cut: half a secret is a secret.
    let text = cut(text, 4 * SHOWN_MAX);
    let secret_p = SECRET_P.iter().any(|name| text.contains(name));
    let pairs = text.contains("chpasswd") || text.contains("newusers");
    let mut out = String::new();
    let mut hide = false;
    for (number, word) in text.split(' ').enumerate() {
        if number > 0 {
            out.push(' ');
        }
        let lower = word.to_ascii_lowercase();
        if std::mem::take(&mut hide) && !word.is_empty() {
            out.push_str(MASK);
        } else if OPTIONS.contains(&lower.as_str()) || (secret_p && word == "-p") {
            hide = true;
            out.push_str(word);
        } else {
            out.push_str(&one(word, &lower, secret_p, pairs));
        }
    }
    cut(&out, SHOWN_MAX).to_owned()
}

fn one(word: &str, lower: &str, secret_p: bool, pairs: bool) -> String {
    if let Some((name, _)) = word.split_once('=')
        && lower.split_once('=').is_some_and(|(name, _)| NAMES.iter().any(|part| name.contains(part)))
    {
        return format!("{name}={MASK}");
    }
    if let Some((left, rest)) = word.split_once("://")
        && let Some((login, right)) = rest.split_once('@')
        && let Some((user, _)) = login.split_once(':')
    {
        return format!("{left}://{user}:{MASK}@{right}");
    }
    if pairs && let Some((name, _)) = word.split_once(':') {
        return format!("{name}:{MASK}");
    }
    if secret_p && word.len() > 2 && word.starts_with("-p") {
        return format!("-p{MASK}");
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secrets_in_commands_are_masked() {
        for (line, want) in [
            (
                "sh -c 'echo sysupd:Ushiro-2026 | /usr/sbin/chpasswd'",
                "sh -c 'echo sysupd:*** | /usr/sbin/chpasswd'",
            ),
            ("/usr/bin/mysql -u root -pgeheim shop", "/usr/bin/mysql -u root -p*** shop"),
            ("useradd -m -p $6$abc bob", "useradd -m -p *** bob"),
            ("curl https://bob:geheim@example.org/x", "curl https://bob:***@example.org/x"),
            ("env DB_PASSWORD=geheim run", "env DB_PASSWORD=*** run"),
            ("tool --password geheim now", "tool --password *** now"),
            ("mkdir -p /var/www/x", "mkdir -p /var/www/x"),
            ("nmap -p 22 192.0.2.0/24", "nmap -p 22 192.0.2.0/24"),
        ] {
            assert_eq!(masked(line), want);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in ".{0,400}") {
            prop_assert!(masked(&text).len() <= SHOWN_MAX);
        }
    }
}
