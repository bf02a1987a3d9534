//! Ways of writing a name that mean the same (CW-SHR-05): width, kana, letters, variants of characters, legal forms.

use unicode_normalization::UnicodeNormalization as _;

/// Variants of characters that names are written with, each with the common form.
const VARIANTS: [(char, char); 16] = [
    ('𠮷', '吉'),
    ('髙', '高'),
    ('﨑', '崎'),
    ('嵜', '崎'),
    ('濵', '浜'),
    ('濱', '浜'),
    ('邊', '辺'),
    ('邉', '辺'),
    ('齋', '斎'),
    ('齊', '斉'),
    ('德', '徳'),
    ('澤', '沢'),
    ('廣', '広'),
    ('國', '国'),
    ('櫻', '桜'),
    ('眞', '真'),
];
/// Legal forms of organisations, folded.
const LEGAL_FORMS: [&str; 8] =
    ["株式会社", "(株)", "有限会社", "(有)", "合同会社", "合資会社", "一般社団法人", "一般財団法人"];

/// One way of writing for all: NFKC, small letters, hiragana, common forms of characters, no marks that choose a variant.
pub(super) fn folded(text: &str) -> String {
    let plain = text.nfkc().flat_map(char::to_lowercase).filter(|c| !is_selector(*c));
    plain
        .map(|c| match c {
            'ァ'..='ヶ' => u32::from(c).checked_sub(0x60).and_then(char::from_u32).unwrap_or(c),
            c => VARIANTS.iter().find(|(variant, _)| *variant == c).map_or(c, |(_, common)| *common),
        })
        .collect()
}

const fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Without the gaps that Japanese names are written with or without.
pub(super) fn closed(folded: &str) -> String {
    folded.chars().filter(|c| !c.is_whitespace() && !matches!(c, '・' | '·')).collect()
}

/// The ways in which a name, folded, is looked for: as it is, and an organisation without its legal form.
pub(super) fn forms_of(name: &str) -> Vec<String> {
    let whole = folded(name);
    let mut bare = whole.clone();
    for form in LEGAL_FORMS {
        bare = bare.replace(form, "");
    }
    let bare = bare.trim().to_owned();
    if bare == whole { vec![whole] } else { vec![whole, bare] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_of_writing_become_one() {
        for (one, other) in [
            ("ｾｷｼｮ商店", "せきしょ商店"),
            ("セキショ", "せきしょ"),
            ("ＡＢＣ０１", "abc01"),
            ("㈱関所", "(株)関所"),
            ("𠮷野 髙子", "吉野　高子"),
            ("葛\u{e0100}子", "葛子"),
            ("ガギ", "ｶﾞｷﾞ"),
        ] {
            assert_eq!(closed(&folded(one)), closed(&folded(other)), "{one}");
        }
        assert_eq!(forms_of("株式会社関所商店"), ["株式会社関所商店", "関所商店"]);
        assert_eq!(forms_of("㈱関所商店").last().map(String::as_str), Some("関所商店"));
    }
}
