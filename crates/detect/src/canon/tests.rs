//! Tests of the canonical form.

use super::*;
use proptest::prelude::*;

fn text(raw: &str) -> String {
    decode(raw, true).0.into_owned()
}

#[test]
fn every_encoding_of_a_traversal_is_read() {
    for raw in ["..%2f", "%2e%2e%2f", "..%252f", "..%25252f", "..%c0%af", "..%e0%80%af", "..%u002f"] {
        assert_eq!(text(raw), "../", "{raw}");
    }
    assert_eq!(text("..%c1%1c.."), "..\\..");
    assert_eq!(text("..%c1%9c.."), "..\\..");
    assert_eq!(text("..%255c.."), "..\\..");
}

#[test]
fn marks_count_what_was_met() {
    let (_, marks) = decode("%2525252e%00", true);
    assert_eq!((marks.rounds, marks.nul), (3, true));
    assert!(decode("%c0%af", false).1.overlong);
    assert!(decode("%u003c", false).1.unicode_escape);
}

/// DT-FMT-44: ソ, 表, 能, 予 and ポ in Shift_JIS hold 0x5C, 0x5C, 0x5C, 0x5C and 0x7C.
#[test]
fn japanese_charsets_are_read_before_metacharacters() {
    for (raw, want) in [
        ("%83%5c%81%5b%83X", "ソース"),
        ("%95%5c", "表"),
        ("%94%5c%97%cd", "能力"),
        ("%97%5c%92%e8", "予定"),
        ("%83%7c%83X%83g", "ポスト"),
        ("%83\\%81[%83X", "ソース"),
    ] {
        let got = text(raw);
        assert_eq!(got, want);
        assert!(!got.contains(['\\', '|', '`']));
    }
    assert_eq!(text("%c6%fc%cb%dc%b8%ec"), "日本語");
    assert_eq!(text("%E8%A1%A8+select"), "表 select");
}

#[test]
fn copies_stand_beside() {
    assert_eq!(without_comments("1/**/UNION/*x*/SELECT").as_deref(), Some("1 UNION SELECT"));
    assert_eq!(without_comments("/*!50000UNION*/ SELECT").as_deref(), Some(" UNION SELECT"));
    assert_eq!(without_comments("a b"), None);
    assert_eq!(folded("＜ｓｃｒｉｐｔ＞").as_deref(), Some("<script>"));
    assert_eq!(resolve_path("/a/./b//../c").as_deref(), Some("/a/c"));
    assert_eq!(resolve_path("/a/b"), None);
    assert_eq!(plain_slashes("f=/etc//.\\./passwd").as_deref(), Some("f=/etc/passwd"));
    assert_eq!(plain_slashes("f=/a/../.b"), None);
    assert_eq!(text("&lt;script&#62;&#x28;"), "<script>(");
}

proptest! {
    #[test]
    fn plain_text_stays(raw in "[A-Za-z0-9/_.=&-]{0,80}") {
        prop_assert_eq!(text(&raw), raw);
    }

    #[test]
    fn any_text_is_read_without_panic(raw in "\\PC{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = readings(&raw, Part::Path);
        let escaped: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
        for part in [Part::Path, Part::Query, Part::Header] {
            let _ = (readings(&raw, part), readings(&escaped, part));
        }
    }

    #[test]
    fn text_that_may_not_differ_does_not(raw in "[ -~\\t\\n\\x00]{0,20}|[a-z /.&;#+*]{0,12}") {
        for part in [Part::Path, Part::Query, Part::Header] {
            if !may_differ(&raw, part) {
                let nul = raw.contains('\0');
                prop_assert_eq!(every_reading(&raw, part), (raw.clone(), Marks { nul, ..Marks::default() }));
            }
        }
    }
}
