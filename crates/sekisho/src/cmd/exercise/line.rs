//! What is written: one failed log-in, or one request, of the address block for documentation (RFC 5737), with a mark.

use vocab::Timestamp;

/// Where the attack seems to come from: an address that nobody has.
pub(super) const SOURCE: &str = "192.0.2.66";
/// Begin of every mark; the rules know it.
pub(super) const MARK: &str = "sekisho-exercise-";

/// How a source writes its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// syslog with a stamp of the year-less kind, as syslogd writes it.
    Syslog,
    /// syslog with a full stamp.
    SyslogIso,
    /// Access log of a web server.
    Access,
}

impl Shape {
    /// Of a file, by its format and its last line; `None`: there is no exercise for it.
    pub(super) fn of(format: &str, last: &[u8]) -> Option<Self> {
        match format {
            "syslog" if last.first().is_some_and(u8::is_ascii_digit) => Some(Self::SyslogIso),
            "syslog" => Some(Self::Syslog),
            "web_access" => Some(Self::Access),
            _ => None,
        }
    }

    /// A line with a mark, without its end.
    pub(super) fn line(self, mark: &str, now: Timestamp, zone: &jiff::tz::TimeZone) -> String {
        let at = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default().to_zoned(zone.clone());
        let failed =
            format!("sekisho-exercise sshd[1]: Failed password for {mark} from {SOURCE} port 40000 ssh2");
        match self {
            Self::Syslog => format!("{} {failed}", at.strftime("%b %e %H:%M:%S")),
            Self::SyslogIso => format!("{} {failed}", at.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z")),
            Self::Access => format!(
                "{SOURCE} - - [{}] \"GET /{mark} HTTP/1.1\" 404 0 \"-\" \"sekisho-exercise\"",
                at.strftime("%d/%b/%Y:%H:%M:%S %z")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_their_sources() {
        let now = Timestamp(1_796_000_000_000_000);
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(9));
        let of = |shape: Shape| shape.line("sekisho-exercise-1-1", now, &zone);
        let failed = "sekisho-exercise sshd[1]: Failed password for sekisho-exercise-1-1 from 192.0.2.66 port 40000 ssh2";
        assert_eq!(of(Shape::Syslog), format!("Nov 30 09:53:20 {failed}"));
        assert_eq!(of(Shape::SyslogIso), format!("2026-11-30T09:53:20.000000+09:00 {failed}"));
        let access = of(Shape::Access);
        assert!(
            access.starts_with("192.0.2.66 - - [30/Nov/2026:09:53:20 +0900] \"GET /sekisho-exercise-1-1 ")
        );
        assert_eq!(Shape::of("syslog", b"2026-11-28T00:00:00Z x"), Some(Shape::SyslogIso));
        assert_eq!(Shape::of("syslog", b""), Some(Shape::Syslog));
        assert_eq!(Shape::of("auditd", b"type=USER"), None);
    }
}
