//! What a place in a log is, and how its daemon writes text that it does not trust.

/// What must come out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// One failed attempt of a login.
    Attempt,
    /// A failure, or a part of an attempt that another record counts.
    Failure,
    /// A right login: one success, or an ambiguous record.
    Login,
    /// Nothing is asked for but that no forged source and no success comes out.
    Harmless,
}

/// How the daemon writes text that it does not trust.
#[derive(Clone, Copy)]
pub(crate) enum Escape {
    /// `strnvis` as in sshd: octal for control characters and everything beyond ASCII, backslash doubled; the message is
    /// cut at 500 bytes.
    Sshd,
    /// rsyslog: `#ooo` for control characters.
    Rsyslog,
    /// `?` for what cannot be printed (vsftpd).
    Question,
    /// nginx: `\xHH`.
    Nginx,
    /// Apache: `\"`, `\\`, `\xhh`.
    Apache,
    /// JSON.
    Json,
    /// auditd: quoted when harmless, else hex.
    Audit,
    /// A column of W3C: `+` for blanks.
    W3c,
    /// Nothing but line ends are taken out, because they would end the record.
    Raw,
}

/// One place.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) format: &'static str,
    pub(crate) file: &'static str,
    /// Lines that stand before.
    pub(crate) header: &'static str,
    /// The record with `{}` where the text goes.
    pub(crate) template: &'static str,
    pub(crate) escape: Escape,
    pub(crate) want: Want,
}

impl Place {
    /// The record as the daemon writes it.
    pub(crate) fn line(&self, text: &str) -> String {
        let escaped = escape(text, self.escape);
        let line = self.template.replacen("{}", &escaped, 1);
        match self.escape {
            Escape::Sshd => cut_body(&line, 500),
            _ => line,
        }
    }
}

fn cut_body(line: &str, max: usize) -> String {
    let body = line.find("]: ").map_or(0, |at| at + 3);
    line.chars().take(body + max).collect()
}

fn octal(out: &mut String, lead: char, text: &str) {
    for byte in text.bytes() {
        out.push_str(&format!("{lead}{byte:03o}"));
    }
}

fn escape(text: &str, how: Escape) -> String {
    let mut out = String::with_capacity(text.len());
    match how {
        Escape::Json => return json(text),
        Escape::Audit => return audit(text),
        _ => {}
    }
    for character in text.chars() {
        let mut buffer = [0; 4];
        let own: &str = character.encode_utf8(&mut buffer);
        let plain = character.is_ascii_graphic() || character == ' ';
        match (how, character) {
            (Escape::Sshd, '\\') => out.push_str("\\\\"),
            (Escape::Sshd, '\n') => out.push_str("\\n"),
            (Escape::Sshd, _) if !plain => octal(&mut out, '\\', own),
            (Escape::Rsyslog, _) if character.is_control() => octal(&mut out, '#', own),
            (Escape::Question, _) if character.is_control() => out.push('?'),
            (Escape::Nginx, _) if !plain || matches!(character, '"' | '\\') => {
                for byte in own.bytes() {
                    out.push_str(&format!("\\x{byte:02X}"));
                }
            }
            (Escape::Apache, '"') => out.push_str("\\\""),
            (Escape::Apache, '\\') => out.push_str("\\\\"),
            (Escape::Apache, _) if !plain => {
                for byte in own.bytes() {
                    out.push_str(&format!("\\x{byte:02x}"));
                }
            }
            (Escape::W3c, ' ') => out.push('+'),
            (Escape::W3c, _) if character.is_control() => out.push('+'),
            (Escape::Raw, '\n' | '\r') => out.push(' '),
            _ => out.push(character),
        }
    }
    out
}

fn json(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            _ if character.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out
}

fn audit(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"') {
        return format!("\"{text}\"");
    }
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

pub(crate) const fn syslog(name: &'static str, template: &'static str, escape: Escape, want: Want) -> Place {
    Place { name, format: "syslog", file: "auth.log", header: "", template, escape, want }
}

pub(crate) const fn sshd(name: &'static str, template: &'static str, want: Want) -> Place {
    syslog(name, template, Escape::Sshd, want)
}

pub(crate) const fn web(
    format: &'static str,
    name: &'static str,
    template: &'static str,
    escape: Escape,
    want: Want,
) -> Place {
    Place { name, format, file: "web.log", header: "", template, escape, want }
}
