//! Logs of any length, the same on every machine: traffic of many addresses with attacks in between.

use anyhow::Context as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

/// Live keys of the sshd log (DT-PRF-05).
const SSHD_SOURCES: u64 = 100_000;
/// Addresses of the access log (DT-PRF-05).
const WEB_SOURCES: u64 = 175_000;
/// Lines that may be copied for a peer, in bytes.
const LINE_BYTES_MAX: u64 = 4_096;

/// A small generator with a fixed start: the same log every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Writes the log unless it is there already.
pub(super) fn log(kind: &str, lines: u64, path: &Path) -> anyhow::Result<()> {
    let name = || format!("cannot write {}", path.display());
    let stamp = path.with_extension("lines");
    if std::fs::read_to_string(&stamp).is_ok_and(|text| text == lines.to_string()) {
        return Ok(());
    }
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).with_context(name)?);
    let mut dice = Dice(7);
    let mut written = 0;
    while written < lines {
        written += match kind {
            "sshd" => sshd(&mut out, &mut dice, written, lines),
            _ => access(&mut out, &mut dice, written, lines),
        }
        .with_context(name)?;
    }
    out.flush().with_context(name)?;
    #[expect(clippy::disallowed_methods, reason = "a mark of the bench, made again when it is missing")]
    std::fs::write(stamp, lines.to_string()).with_context(name)
}

/// The first lines of a log.
pub(super) fn head(log: &Path, lines: u64, to: &Path) -> anyhow::Result<()> {
    let name = || format!("cannot copy {}", log.display());
    let mut from = BufReader::new(File::open(log).with_context(name)?);
    let mut out = BufWriter::new(File::create(to).with_context(name)?);
    let mut line = Vec::new();
    for _ in 0..lines {
        line.clear();
        #[expect(clippy::disallowed_methods, reason = "`take` is the cap")]
        std::io::Read::take(&mut from, LINE_BYTES_MAX).read_until(b'\n', &mut line).with_context(name)?;
        out.write_all(&line).with_context(name)?;
    }
    out.flush().with_context(name)
}

/// Second of a day-and-a-bit for a line.
fn clock(at: u64, lines: u64) -> (u64, u64, u64, u64) {
    let second = at * 100_000 / lines.max(1);
    (20 + second / 86_400, second / 3_600 % 24, second / 60 % 60, second % 60)
}

fn address(number: u64) -> String {
    let spread = number.wrapping_mul(2_654_435_761) & 0xff_ffff;
    format!("{}.{}.{}.{}", 11 + number % 80, spread >> 16, spread >> 8 & 255, spread & 255)
}

/// One connection to sshd, one to four lines; returns how many.
fn sshd(out: &mut impl std::io::Write, dice: &mut Dice, at: u64, lines: u64) -> std::io::Result<u64> {
    let (day, hour, minute, second) = clock(at, lines);
    let pid = 1_000 + at % 60_000;
    let head = format!("Nov {day:2} {hour:02}:{minute:02}:{second:02} web1 sshd[{pid}]:");
    // As on the Internet: a few addresses do most, very many knock once or twice.
    let source = address(match dice.below(100) {
        0..=54 => dice.below(SSHD_SOURCES / 250),
        55..=84 => dice.below(SSHD_SOURCES / 20),
        _ => dice.below(SSHD_SOURCES),
    });
    let port = 1_024 + dice.below(60_000);
    match dice.below(10) {
        0..=2 => {
            let user = dice.below(5_000);
            writeln!(out, "{head} Invalid user user{user} from {source} port {port}")?;
            writeln!(
                out,
                "{head} Failed password for invalid user user{user} from {source} port {port} ssh2"
            )?;
            writeln!(
                out,
                "{head} Connection closed by invalid user user{user} {source} port {port} [preauth]"
            )?;
            Ok(3)
        }
        3..=6 => {
            let user =
                ["root", "admin", "mori", "sato"].get(dice.below(4) as usize).copied().unwrap_or("root");
            writeln!(
                out,
                "{head} pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={source}  user={user}"
            )?;
            writeln!(out, "{head} Failed password for {user} from {source} port {port} ssh2")?;
            writeln!(
                out,
                "{head} Disconnected from authenticating user {user} {source} port {port} [preauth]"
            )?;
            Ok(3)
        }
        7 => {
            let user = dice.below(40);
            writeln!(
                out,
                "{head} Accepted publickey for staff{user} from 192.0.2.{user} port {port} ssh2: ED25519 SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSu{user:02}"
            )?;
            writeln!(
                out,
                "{head} pam_unix(sshd:session): session opened for user staff{user}(uid=1{user:03}) by (uid=0)"
            )?;
            writeln!(
                out,
                "{head} Received disconnect from 192.0.2.{user} port {port}:11: disconnected by user"
            )?;
            writeln!(out, "{head} pam_unix(sshd:session): session closed for user staff{user}")?;
            Ok(4)
        }
        _ => {
            writeln!(out, "{head} Connection closed by {source} port {port} [preauth]")?;
            Ok(1)
        }
    }
}

/// One request; one in two hundred is an attack.
fn access(out: &mut impl std::io::Write, dice: &mut Dice, at: u64, lines: u64) -> std::io::Result<u64> {
    let (day, hour, minute, second) = clock(at, lines);
    let source = address(dice.below(WEB_SOURCES));
    let item = dice.below(90_000);
    let (target, status) = match dice.below(600) {
        0 => (format!("/item?id={item}%20UNION%20SELECT%20login,password%20FROM%20users--"), 500),
        1 => ("/cgi-bin/../../../../etc/passwd".to_owned(), 404),
        2 => ("/wp-login.php".to_owned(), 404),
        3..=30 => (format!("/missing/{item}"), 404),
        31..=60 => (format!("/search?q=shoes+{item}&page={}", item % 9), 200),
        61..=90 => (format!("/static/app.{item:x}.js"), 304),
        _ => (format!("/shop/item/{item}?ref=list"), 200),
    };
    let size = dice.below(90_000);
    let browser = 80 + dice.below(50);
    writeln!(
        out,
        "{source} - - [{day}/Nov/2026:{hour:02}:{minute:02}:{second:02} +0900] \"GET {target} HTTP/1.1\" {status} {size} \
         \"https://www.example.jp/shop/list\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/{browser}.0.0.0 Safari/537.36\""
    )?;
    Ok(1)
}
