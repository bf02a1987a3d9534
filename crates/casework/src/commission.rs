//! Which Public Safety Commission (公安委員会) takes an application for assistance (CW-AST-01, -02; A12 9(1), R12 1(1)): the one of
//! the place where the hit computer is installed, not that of the applicant's address. The table is data.

use crate::dossier::{FactValue, Facts};
use crate::incident::Bilingual;
use serde::Serialize;

const COMMISSIONS: &str = include_str!("../data/commissions.tsv");
/// Environments in which the computer stands with somebody else: `computer.environment`, places of its options.
const HOSTED: [&str; 4] = ["cloud", "saas", "hosting", "internet_service"];

/// The competent commission, or what has to be asked first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Competent {
    /// Its name; `None` while the place is not known, or the named one has no commission.
    pub body: Option<&'static str>,
    /// Why this one, or whom to ask.
    pub why: Bilingual,
    /// Facts that would settle it.
    pub ask: Vec<&'static str>,
    /// The case file names another commission than the place gives.
    pub differs: bool,
}

/// The competent commission for the computer of a case.
#[must_use]
pub fn competent(facts: &Facts) -> Competent {
    let Some(place) = text(facts, "computer.prefecture").filter(|place| !place.trim().is_empty()) else {
        return unknown(facts);
    };
    let rows: Vec<[&str; 5]> = table().filter(|row| same(row[0], place)).collect();
    let area = chosen(facts, "computer.area");
    let found = match (rows.as_slice(), &area) {
        ([], _) => {
            let ja = format!("「{place}」という都道府県はない。");
            let en = format!("no prefecture is called 「{place}」.");
            return Competent {
                body: None,
                why: Bilingual { ja, en },
                ask: vec!["computer.prefecture"],
                differs: false,
            };
        }
        ([only], _) => only,
        (several, Some(area)) => match several.iter().find(|row| row[1] == *area) {
            Some(row) => row,
            None => return hokkaido(),
        },
        (_, None) => return hokkaido(),
    };
    let body = found[2];
    let differs = text(facts, "assistance.commission").is_some_and(|named| named.trim() != body);
    let why = if differs {
        Bilingual {
            ja: format!("電子計算機の設置場所は{}であり、事案ファイルの申出先と異なる。", found[3]),
            en: format!("the computer stands in {}; the case file names another commission.", found[4]),
        }
    } else {
        Bilingual {
            ja: format!("電子計算機の設置場所（{}）を管轄する。", found[3]),
            en: format!("competent for the place of the computer ({}).", found[4]),
        }
    };
    let ask = if differs { vec!["assistance.commission", "computer.prefecture"] } else { Vec::new() };
    Competent { body: Some(body), why, ask, differs }
}

/// The place is not known: who runs the place has to say (CW-AST-02).
fn unknown(facts: &Facts) -> Competent {
    let hosted = match facts.get("computer.environment") {
        Some(FactValue::Chosen(_)) => {
            chosen_all(facts, "computer.environment").iter().any(|code| HOSTED.contains(&code.as_str()))
        }
        _ => false,
    };
    let (ja, en) = if hosted {
        (
            "電子計算機の設置場所が不明。設置先の事業者（データセンター・クラウド）に所在の都道府県を照会する。",
            "the place of the computer is unknown: ask its host (data centre, cloud) for the prefecture.",
        )
    } else {
        (
            "電子計算機の設置場所の都道府県が分からない。",
            "the prefecture of the computer's place is not known.",
        )
    };
    let why = Bilingual { ja: ja.to_owned(), en: en.to_owned() };
    Competent { body: None, why, ask: vec!["computer.prefecture"], differs: false }
}

fn hokkaido() -> Competent {
    let why = Bilingual {
        ja: "北海道では方面により公安委員会が異なる。設置場所の属する方面を確かめる（市町村の一覧は未確認）。".to_owned(),
        en: "in Hokkaido it depends on the area: find out to which the place belongs (the list of towns is not verified).".to_owned(),
    };
    Competent { body: None, why, ask: vec!["computer.area"], differs: false }
}

fn table() -> impl Iterator<Item = [&'static str; 5]> {
    let rows = COMMISSIONS.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok())
}

/// `神奈川県`, and `神奈川` without its ending; 北海道 has none.
fn same(prefecture: &str, place: &str) -> bool {
    let place = place.trim();
    prefecture == place || prefecture.strip_suffix(['都', '府', '県']).is_some_and(|short| short == place)
}

fn text<'f>(facts: &'f Facts, id: &str) -> Option<&'f str> {
    match facts.get(id) {
        Some(FactValue::Text(text)) => Some(text),
        _ => None,
    }
}

fn chosen(facts: &Facts, id: &str) -> Option<String> {
    chosen_all(facts, id).into_iter().next()
}

/// Codes of the chosen options.
fn chosen_all(facts: &Facts, id: &str) -> Vec<String> {
    let kind = crate::dossier::catalogue::catalogue().fact(id);
    match (kind, facts.get(id)) {
        (Some(kind), Some(FactValue::Chosen(chosen))) => {
            chosen.iter().filter_map(|at| kind.options.get(*at)).map(|option| option.code.clone()).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dossier::catalogue::catalogue;

    fn of(text: &str) -> Competent {
        competent(&Facts::parse(text, catalogue(), &[]).unwrap())
    }

    /// CW-AST-01: 47 prefectures, each with one commission, Hokkaido with five.
    #[test]
    fn every_prefecture_has_its_commission() {
        let rows: Vec<_> = table().collect();
        assert_eq!(rows.len(), COMMISSIONS.lines().count() - 1, "every row has five cells");
        let mut places: Vec<&str> = rows.iter().map(|row| row[0]).collect();
        places.dedup();
        assert_eq!(places.len(), 47);
        let kinds =
            [("東京都", "東京都公安委員会"), ("京都府", "京都府公安委員会"), ("大阪", "大阪府公安委員会")];
        for (place, body) in kinds {
            let found = of(&format!("[computer]\nprefecture = \"{place}\"\n"));
            assert_eq!((found.body, found.ask.len()), (Some(body), 0), "{place}");
        }
        assert_eq!(of("[computer]\nprefecture = \"京都\"\n").body, Some("京都府公安委員会"));
        assert!(of("[computer]\nprefecture = \"江戸\"\n").why.ja.contains("「江戸」という都道府県はない"));
    }

    /// CW-AST-01: in Hokkaido the area decides; without it nothing is guessed.
    #[test]
    fn hokkaido_is_asked_for_its_area() {
        let open = of("[computer]\nprefecture = \"北海道\"\n");
        assert_eq!((open.body, open.ask.as_slice()), (None, ["computer.area"].as_slice()));
        let kitami = of("[computer]\nprefecture = \"北海道\"\narea = \"kitami\"\n");
        assert_eq!(kitami.body, Some("北見方面公安委員会"));
        assert_eq!(
            of("[computer]\nprefecture = \"北海道\"\narea = \"sapporo\"\n").body,
            Some("北海道公安委員会")
        );
    }

    /// CW-AST-01, -02: the place of the computer counts, not the applicant's address; an unknown place is asked of the host.
    #[test]
    fn the_place_of_the_computer_decides() {
        let address = "[administrator]\naddress = \"神奈川県横浜市\"\n";
        let hosted = of(&format!("{address}[computer]\nenvironment = [\"hosting\"]\n"));
        assert!(hosted.body.is_none() && hosted.why.ja.contains("設置先の事業者"), "{hosted:?}");
        let said = of(&format!("{address}[computer]\nprefecture = \"不明\"\nenvironment = [\"cloud\"]\n"));
        assert!(said.body.is_none() && said.why.ja.contains("照会する"), "{said:?}");
        let own = "[computer]\nprefecture = \"千葉県\"\n[assistance]\ncommission = \"神奈川県公安委員会\"\n";
        let other = of(own);
        assert_eq!((other.body, other.differs), (Some("千葉県公安委員会"), true));
    }
}
