//! Masking of secrets in views (DT-EVT-08): passwords, tokens, cookie values and authorization headers become `***`.
//! The sealed raw record in the ledger keeps its bytes; everything printed goes through here.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use std::borrow::Cow;
use std::sync::LazyLock;

/// What stands for a secret.
pub const MASK: &str = "***";

/// What introduces a secret, and how far it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// `name=value` in a query, form, header or command line: to the next separator.
    Value,
    /// As `Value`, but only when the name stands alone: short words are parts of others.
    Exact,
    /// A header: to the end of its line.
    Header,
    /// The option of a command, its value in the next word.
    Word,
    /// `scheme://user:password@host`.
    Url,
    /// An authentication scheme and its credentials.
    Scheme,
    /// `net user NAME PASSWORD`, `net use [X:] \\\\host\\share PASSWORD`.
    Net,
}

/// Lower-case patterns. A `Value` needs `=`, `:` or their escaped forms behind its name.
const PATTERNS: &[(&str, Reach)] = &[
    ("password", Reach::Value),
    ("passwd", Reach::Value),
    ("passwort", Reach::Value),
    ("passphrase", Reach::Value),
    ("pwd", Reach::Exact),
    ("pass", Reach::Exact),
    ("token", Reach::Value),
    ("secret", Reach::Value),
    ("api_key", Reach::Value),
    ("apikey", Reach::Value),
    ("api-key", Reach::Value),
    ("access_key", Reach::Value),
    ("private_key", Reach::Value),
    ("sessionid", Reach::Value),
    ("session_id", Reach::Value),
    ("sessid", Reach::Value),
    ("session_key", Reach::Value),
    ("otp", Reach::Exact),
    ("credential", Reach::Value),
    ("set-cookie:", Reach::Header),
    ("cookie:", Reach::Header),
    ("authorization:", Reach::Header),
    ("--password ", Reach::Word),
    ("--passwd ", Reach::Word),
    ("--token ", Reach::Word),
    ("--secret ", Reach::Word),
    ("/password:", Reach::Word),
    ("/passwd:", Reach::Word),
    ("/pass:", Reach::Word),
    ("/pwd:", Reach::Word),
    (" -password ", Reach::Word),
    (" /rp ", Reach::Word),
    ("convertto-securestring ", Reach::Word),
    ("net user ", Reach::Net),
    ("net1 user ", Reach::Net),
    ("net.exe user ", Reach::Net),
    ("net1.exe user ", Reach::Net),
    ("net.exe\" user ", Reach::Net),
    ("net use ", Reach::Net),
    ("net.exe use ", Reach::Net),
    ("net.exe\" use ", Reach::Net),
    ("://", Reach::Url),
    ("bearer ", Reach::Scheme),
    ("basic ", Reach::Scheme),
];

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasickBuilder::new()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(PATTERNS.iter().map(|(pattern, _)| pattern))
        .ok()
});

/// Does the name of a field say that its value is a secret?
#[must_use]
pub fn secret_name(name: &str) -> bool {
    let last = name.rsplit(['.', '/', '[']).next().unwrap_or(name).to_ascii_lowercase();
    let last = last.trim_end_matches(']');
    ["password", "passwd", "secret", "token", "cookie", "authorization", "api_key", "apikey", "passphrase"]
        .iter()
        .any(|part| last.ends_with(part))
}

/// Pairs of name and password handed to programs that set passwords: `echo name:password | chpasswd`.
static PAIR: LazyLock<Option<regex::Regex>> =
    LazyLock::new(|| regex::Regex::new(r#"(\b(?:echo|printf)\s+(?:-\w+\s+)?['"]?[\w.@-]+:)[^\s'"|]+"#).ok());

/// The text with its secrets masked; borrowed when it holds none.
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    let pairs = text.contains("chpasswd") || text.contains("newusers");
    match PAIR.as_ref().filter(|_| pairs) {
        Some(pair) => match pair.replace_all(text, concat!("${1}", "***")) {
            Cow::Borrowed(_) => introduced(text),
            Cow::Owned(rest) => Cow::Owned(introduced(&rest).into_owned()),
        },
        None => introduced(text),
    }
}

/// Masks what a word introduces as a secret.
fn introduced(text: &str) -> Cow<'_, str> {
    let Some(finder) = FINDER.as_ref() else { return Cow::Borrowed(text) };
    let mut out = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| finder.find(rest)) {
        let (start, end) = (at + found.start(), at + found.end());
        at = end;
        let Some((_, reach)) = PATTERNS.get(found.pattern().as_usize()) else { continue };
        let Some((from, to)) = secret_after(text, start, end, *reach) else { continue };
        out.push_str(text.get(copied..from).unwrap_or_default());
        out.push_str(MASK);
        (copied, at) = (to, to);
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Where the secret behind an introduction stands.
fn secret_after(text: &str, start: usize, end: usize, reach: Reach) -> Option<(usize, usize)> {
    let rest = text.get(end..)?;
    let (from, to) = match reach {
        Reach::Exact
            if word_before(text, start) || rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') =>
        {
            return None;
        }
        Reach::Value | Reach::Exact => {
            let from = end + assignment(rest)?;
            (from, value_end(text, from))
        }
        Reach::Header => {
            let line = text.get(end..)?;
            let from = end + (line.len() - line.trim_start_matches(' ').len());
            let stop = line.find(['\r', '\n', '"']).or_else(|| line.find("\\r")).unwrap_or(line.len());
            (from, end + stop)
        }
        // An option or a variable is no secret.
        Reach::Word if rest.starts_with(['-', '$', '(']) => return None,
        Reach::Net => return net_password(text, end),
        Reach::Word => {
            let from = end + usize::from(rest.starts_with(['"', '\'']));
            (from, value_end(text, from))
        }
        Reach::Url => return url_password(text, end),
        Reach::Scheme => {
            let word = word_before(text, start);
            let length =
                rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"+/=-._~".contains(b)).count();
            // "basic usage" is prose; credentials are long.
            if word || length < 8 || rest.bytes().take(length).all(|b| b.is_ascii_lowercase()) {
                return None;
            }
            (end, end + length)
        }
    };
    let secret = text.get(from..to)?;
    // `PWD=/home/bob` is the working folder that sudo logs.
    let folder = text.get(start..end).is_some_and(|name| name.eq_ignore_ascii_case("pwd"))
        && (secret.starts_with(['/', '~']) || secret == "unknown");
    if folder {
        return None;
    }
    (!secret.is_empty() && secret != MASK && secret != "-").then_some((from, to))
}

/// Length of what stands between a name and its value: `=`, `%3D`, `":"`, `: "`, with the rest of a longer name.
fn assignment(rest: &str) -> Option<usize> {
    let name = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
    // Names as `password_reset` are followed by no value; long tails are other words.
    if name > 24 {
        return None;
    }
    let tail = rest.get(name..)?;
    let mut length = name;
    let tail = match tail.as_bytes() {
        [b'"' | b'\'', ..] => {
            length += 1;
            tail.get(1..)?
        }
        [b'%', b'2' | b'5', b'2' | b'D' | b'd', ..] => {
            length += 3;
            tail.get(3..)?
        }
        _ => tail,
    };
    let sign = match tail.as_bytes() {
        [b'=', ..] => 1,
        [b':', ..] if length > name => 1,
        [b'%', b'3', b'd' | b'D' | b'a' | b'A', ..] => 3,
        _ => return None,
    };
    length += sign;
    let value = tail.get(sign..)?;
    Some(length + (value.len() - value.trim_start_matches([' ', '"', '\'']).len()))
}

/// End of a value: the next separator, or the quotation mark that closes it.
fn value_end(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let quote =
        text.get(..from).and_then(|before| before.chars().next_back()).filter(|c| matches!(c, '"' | '\''));
    let length = match quote {
        Some(quote) => rest.find(quote),
        None => rest.find(['&', ';', ' ', '"', '\'', '\n', '\r', '\t', ',', ')', '}', '<']),
    };
    from + length.unwrap_or(rest.len())
}

/// The password of `user:password@` behind `://`.
fn url_password(text: &str, end: usize) -> Option<(usize, usize)> {
    let rest = text.get(end..)?;
    let authority =
        rest.find(['/', ' ', '?', '"', '\'']).map_or(rest, |stop| rest.get(..stop).unwrap_or(rest));
    let at = authority.rfind('@')?;
    let colon = authority.get(..at)?.find(':')?;
    (colon + 1 < at).then_some((end + colon + 1, end + at))
}

/// The password behind `net user` and `net use`: the first word that is neither the account or the share nor an option.
fn net_password(text: &str, end: usize) -> Option<(usize, usize)> {
    let user = text.get(..end)?.to_ascii_lowercase().ends_with("user ");
    let mut from = end;
    for place in 0..3 {
        let rest = text.get(from..)?;
        from += rest.len() - rest.trim_start_matches(' ').len();
        let rest = text.get(from..)?;
        let quoted = rest.starts_with('"');
        let inner = from + usize::from(quoted);
        let to = match quoted {
            true => text.get(inner..)?.find('"').map_or(text.len(), |at| inner + at),
            false => rest.find([' ', '\r', '\n', '"', '<', '&']).map_or(text.len(), |at| from + at),
        };
        let word = text.get(inner..to)?;
        let target = if user { place == 0 } else { word.starts_with("\\\\") || word.ends_with(':') };
        if word.is_empty() || word == "*" || word.starts_with(['/', '-']) {
            return None;
        }
        if !target {
            return (word != MASK).then_some((inner, to));
        }
        from = to + usize::from(quoted);
    }
    None
}

/// Does a letter stand right before?
fn word_before(text: &str, start: usize) -> bool {
    text.get(..start).and_then(|before| before.chars().next_back()).is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked() {
        for (text, expected) in [
            (
                "GET /login?user=a&password=hunter2&x=1 HTTP/1.1",
                "GET /login?user=a&password=***&x=1 HTTP/1.1",
            ),
            ("/x?access_token=abc.def#f", "/x?access_token=***"),
            ("user=a&pwd=hunter2", "user=a&pwd=***"),
            ("PHPSESSID=deadbeef; lang=ja", "PHPSESSID=***; lang=ja"),
            (r#"{"user":"a","passwd":"hun ter2","n":1}"#, r#"{"user":"a","passwd":"***","n":1}"#),
            ("Authorization: Basic YWRtaW46aHVudGVyMg==", "Authorization: ***"),
            ("x Bearer eyJhbGciOi.J9.abc y", "x Bearer *** y"),
            ("Cookie: a=b; c=d\r\nHost: x", "Cookie: ***\r\nHost: x"),
            ("COMMAND=/usr/bin/mysql --password=hunter2 db", "COMMAND=/usr/bin/mysql --password=*** db"),
            ("mysql --password 'hunter two' db", "mysql --password '***' db"),
            ("fetch https://bob:hunter2@example.jp/x", "fetch https://bob:***@example.jp/x"),
            ("q=%22password%22%3A%22x", "q=%22password%22%3A***"),
            (r#"x.exe /password:hunter2 /u"#, r#"x.exe /password:*** /u"#),
            ("cmdkey /add:x /user:y /pass:hunter2", "cmdkey /add:x /user:y /pass:***"),
            ("schtasks /ru bob /rp hunter2 /tn x", "schtasks /ru bob /rp *** /tn x"),
            ("C:\\net1.exe user bob hunter2 /add", "C:\\net1.exe user bob *** /add"),
            (r#""C:\net.exe" user "bob b" "hunter 2" /add"#, r#""C:\net.exe" user "bob b" "***" /add"#),
            (r"net use X: \\fs\c$ hunter2 /user:bob", r"net use X: \\fs\c$ *** /user:bob"),
            ("ConvertTo-SecureString 'hunter2' -AsPlainText", "ConvertTo-SecureString '***' -AsPlainText"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn other_text_stays() {
        for text in [
            "Failed password for root from 192.0.2.1 port 22 ssh2",
            "Accepted publickey for bob",
            "pam_unix(passwd:chauthtok): password changed for bob",
            "basic authentication failed for x",
            "GET /wp-login.php?action=lostpassword HTTP/1.1",
            "https://example.jp/@user:name",
            "check pass; user unknown",
            "passive=1&spotpage=2",
            "bob : TTY=pts/1 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/sh",
            "password=***",
            "net user",
            "net user /domain",
            "net user bob",
            "net user bob /delete",
            "net user bob * /add",
            r"net use \\fs\c$",
            "ConvertTo-SecureString $x",
        ] {
            assert!(matches!(masked(text), Cow::Borrowed(_)), "{} -> {}", text, masked(text));
        }
    }

    #[test]
    fn passwords_that_were_typed_are_masked() {
        let typed = "sudo: COMMAND=/usr/bin/sh -c 'echo sysupd:Ushiro-2026 | /usr/sbin/chpasswd'";
        assert_eq!(masked(typed), "sudo: COMMAND=/usr/bin/sh -c 'echo sysupd:*** | /usr/sbin/chpasswd'");
        let plain = "sshd[1]: Failed password for ito from 198.18.66.12 port 57239 ssh2";
        assert_eq!(masked(plain), plain);
        assert!(!masked("GET /login?user=a&password=hunter2 HTTP/1.1").contains("hunter2"));
    }

    #[test]
    fn names() {
        assert!(secret_name("requestParameters.masterUserPassword"));
        assert!(secret_name("Authorization") && secret_name("cs(Cookie)".trim_end_matches(')')));
        assert!(!secret_name("password_changed_at") && !secret_name("user"));
    }

    proptest::proptest! {
        #[test]
        fn any_text(text: String) {
            let once = masked(&text).into_owned();
            proptest::prop_assert_eq!(masked(&once).into_owned(), once);
        }

        #[test]
        fn any_mix(parts in proptest::collection::vec(proptest::sample::select(vec![
            "password", "=", "\"", ":", " ", "://", "@", "token", "é", "%3D", "%22", "&", "cookie:", "basic ", "x",
        ]), 0..12)) {
            let text = parts.concat();
            let once = masked(&text).into_owned();
            proptest::prop_assert_eq!(masked(&once).into_owned(), once);
        }
    }
}
