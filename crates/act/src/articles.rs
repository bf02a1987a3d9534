//! Article numbers in both numberings behind one function (casework.md 1.3, CW-LAW-04).

use serde::{Deserialize, Serialize};

use crate::law::LawVersion;
use crate::table::{cell, row, rows};

/// A subject of the renumbering table, e.g. `ua_ban`.
pub type Subject = &'static str;

/// Where a rule stands in the text that applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// Subject id of the table, e.g. `ua_def_1`.
    pub subject: String,
    /// Text of the law.
    pub law_version: LawVersion,
    /// Article in Western form, e.g. `2(4)(i)`.
    pub article: String,
    /// Full citation, Japanese.
    pub text_ja: String,
    /// Full citation, English.
    pub text_en: String,
}

/// The citation of a subject in one text of the law; `None` where that text has no such provision, or no such subject
/// exists.
#[must_use]
pub fn cite(subject: &str, law_version: LawVersion) -> Option<Citation> {
    let cells = row("articles", subject)?;
    let article = match law_version {
        LawVersion::Pre => return None,
        LawVersion::Act1999 => cell(&cells, 1),
        LawVersion::Act2012 => cell(&cells, 2),
    };
    if article.is_empty() || article == "-" {
        return None;
    }
    Some(Citation {
        subject: subject.to_owned(),
        law_version,
        article: article.to_owned(),
        text_ja: format!("{}{}（{}）", law_version.name_ja(), article_ja(article), cell(&cells, 3)),
        text_en: format!("{}, Art. {article} ({})", law_version.name_en(), cell(&cells, 4)),
    })
}

/// Every subject of the table, in its order.
pub fn subjects() -> impl Iterator<Item = Subject> {
    rows("articles").map(|cells| cell(&cells, 0))
}

/// `2(4)(i)` as 第2条第4項第1号.
fn article_ja(article: &str) -> String {
    let mut parts = article.split('(');
    let mut out = format!("第{}条", parts.next().unwrap_or(""));
    for part in parts {
        let part = part.trim_end_matches(')');
        let item = ["i", "ii", "iii", "iv", "v"].iter().position(|roman| *roman == part);
        match item {
            Some(at) => out.push_str(&format!("第{}号", at + 1)),
            None => out.push_str(&format!("第{part}項")),
        }
    }
    out
}
