//! Which format a stream is in, from its beginning (DT-FMT-02).

use crate::input::text::{Charset, charset};
use crate::record::{Cut, Sample};
use crate::registry::{FORMATS, Format};

/// Scores above this win.
const SCORE_MIN: f32 = 0.6;
/// What a fitting name adds between formats whose content fits.
const NAME_BONUS: f32 = 0.1;

/// How a file is to be read.
#[derive(Clone, Copy)]
pub(crate) struct Recognised {
    pub(crate) format: &'static Format,
    pub(crate) cut: Cut,
    /// `None` = binary.
    pub(crate) charset: Option<Charset>,
}

/// The best format above 0.6; the name counts only between formats whose content fits. With it comes the name of the host
/// where the first lines all name the same.
pub(crate) fn recognise(
    bytes: &[u8],
    name: &str,
    complete: bool,
    size: Option<u64>,
) -> Option<(Recognised, Option<String>)> {
    let charset = charset(bytes);
    with_sample(bytes, name, complete, size, charset, |sample| {
        let base = name.rsplit(['/', '!']).next().unwrap_or_default().to_lowercase();
        let mut best: Option<(&'static Format, f32)> = None;
        for format in FORMATS {
            let content = (format.score)(sample);
            if content <= SCORE_MIN {
                continue;
            }
            let score = content + if named(format.name, &base) { NAME_BONUS } else { 0.0 };
            if best.is_none_or(|(_, before)| score > before) {
                best = Some((format, score));
            }
        }
        let (format, _) = best?;
        let cut = (format.cut)(sample);
        // Lines and JSON are text even where single bytes look otherwise; fixed records never are.
        let charset = match cut {
            Cut::Fixed(_) | Cut::Chunks => None,
            Cut::Lines | Cut::Json | Cut::Elements => Some(charset.unwrap_or(Charset::Utf8)),
            Cut::Whole => charset,
        };
        let host = if format.name == crate::syslog::SYSLOG.name { only_host(sample) } else { None };
        Some((Recognised { format, cut, charset }, host))
    })
}

fn only_host(sample: &Sample<'_>) -> Option<String> {
    let mut hosts = sample.lines().take(200).filter_map(crate::syslog::host_of);
    let first = hosts.next()?;
    hosts.all(|host| host == first).then(|| first.to_owned())
}

/// A word of four letters or more of the format's name stands in the name of the file.
fn named(format: &str, base: &str) -> bool {
    format.split('_').any(|word| word.len() >= 4 && base.contains(word))
}

/// Builds the sample of a file and hands it over.
pub(crate) fn with_sample<R>(
    bytes: &[u8],
    name: &str,
    complete: bool,
    size: Option<u64>,
    charset: Option<Charset>,
    use_it: impl FnOnce(&Sample<'_>) -> R,
) -> R {
    let mut decoded = String::new();
    let text = match (charset, std::str::from_utf8(bytes)) {
        (None, _) => "",
        (Some(charset), Ok(text)) if charset.unit() == 1 => text,
        // A character cut by the end of the sample is no fault.
        (Some(Charset::Utf8), Err(error)) if error.error_len().is_none() => {
            bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok()).unwrap_or("")
        }
        (Some(charset), _) => {
            charset.decode_into(bytes, &mut decoded);
            &decoded
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    use_it(&Sample { bytes, text, name, complete, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format_of(bytes: &[u8], name: &str) -> Option<&'static str> {
        recognise(bytes, name, true, Some(bytes.len() as u64)).map(|found| found.0.format.name)
    }

    #[test]
    fn by_content_and_not_by_name() {
        let access = b"192.0.2.1 - - [22/Nov/2026:04:05:06 +0900] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"\n";
        assert_eq!(format_of(access, "wtmp"), Some("web_access"));
        assert_eq!(format_of(b"not a log\nat all\n", "access.log"), None);
        assert_eq!(format_of(b"", "access.log"), None);
        assert_eq!(format_of(&[0; 384], "x"), None);
    }

    #[test]
    fn the_host_of_a_syslog_file() {
        let line = |host: &str| format!("Nov  2 03:04:05 {host} sshd[7]: x\n");
        let host_of = |text: String| recognise(text.as_bytes(), "x", true, None).and_then(|found| found.1);
        assert_eq!(host_of(line("web01").repeat(3)).as_deref(), Some("web01"));
        assert_eq!(host_of(line("web01") + &line("web02")), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(bytes: Vec<u8>, name: String, complete: bool) {
            recognise(&bytes, &name, complete, None);
        }
    }
}
