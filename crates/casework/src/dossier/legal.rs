//! Projections of what the Act says: verdict, elements, what is not known yet.

use super::project::{Shown, lines, moment, table, text};
use super::seen::{Seen, SeenElement, SeenMissing};
use super::{Tongue, log_text, time};

/// The verdict, always headed as a proposal until a person confirmed it (W1, CW-CLS-21).
pub(super) fn verdict(seen: &Seen, tongue: Tongue) -> Option<Shown> {
    let words = tongue.pick(&seen.legal.verdict_text);
    let words = if words.is_empty() { seen.legal.verdict.clone() } else { words };
    let Some(confirmed) = &seen.legal.confirmed else {
        return text(match tongue {
            Tongue::Ja => format!("判定案：{words}（人による確認前）"),
            Tongue::En => format!("proposal: {words} (not confirmed by a person)"),
        });
    };
    let at = time(&confirmed.at).map_or_else(|_| confirmed.at.clone(), |at| moment(at, tongue));
    // People write hours and minutes.
    let at = at.strip_suffix("00秒").map_or_else(|| at.clone(), str::to_owned);
    let (by, reason) = (log_text(&confirmed.by), log_text(&confirmed.reason));
    lines(match tongue {
        Tongue::Ja => {
            let words = if confirmed.names_act {
                format!("不正アクセス行為（{words}）に当たる")
            } else {
                words
            };
            vec![format!("判定：{words}"), format!("確定：{at}　{by}"), format!("理由：{reason}")]
        }
        Tongue::En => {
            let words =
                if confirmed.names_act { format!("an act of unauthorized access: {words}") } else { words };
            vec![format!("verdict: {words}"), format!("confirmed: {at}, {by}"), format!("reason: {reason}")]
        }
    })
}

pub(super) fn elements(seen: &Seen, tongue: Tongue) -> Option<Shown> {
    let head = match tongue {
        Tongue::Ja => ["要件", "内容", "状態", "根拠とする記録・資料"],
        Tongue::En => ["element", "what it says", "state", "evidence it rests on"],
    };
    let row = |element: &SeenElement| {
        let state = match element.state.as_str() {
            "established" if element.records.is_empty() => tongue.of("認められる", "established"),
            "established" if element.id != "X" => tongue.of("記録により認められる", "shown by records"),
            "established" => tongue.of("認められる", "established"),
            "refuted" => tongue.of("否定される", "refuted"),
            _ => tongue.of("不明", "unknown"),
        };
        let records = match element.records.as_slice() {
            [] => String::new(),
            [only] => format!("{}/{}", only.index.0, only.record),
            [first, ..] => {
                let at = format!("{}/{}", first.index.0, first.record);
                match tongue {
                    Tongue::Ja => format!("{at} ほか計{}件", element.records.len()),
                    Tongue::En => format!("{at} and others, {} in all", element.records.len()),
                }
            }
        };
        let sealed = Some(records).filter(|records| !records.is_empty());
        let evidence: Vec<String> = sealed.into_iter().chain(element.stated.iter().cloned()).collect();
        let evidence =
            if evidence.is_empty() { "－".to_owned() } else { evidence.join(tongue.of("、", ", ")) };
        let name =
            if element.id == "X" { tongue.of("除外", "excl.").to_owned() } else { element.id.clone() };
        vec![name, tongue.pick(&element.statement), state.to_owned(), evidence]
    };
    table(&head, seen.legal.elements.iter().map(row).collect(), seen.legal.elements.len())
}

/// Facts of the law that nobody knows yet, and what would settle each.
pub(super) fn open_questions(seen: &Seen, tongue: Tongue) -> Option<Shown> {
    let head = match tongue {
        Tongue::Ja => ["事実", "内容", "確認に役立つ資料"],
        Tongue::En => ["fact", "what it says", "what would settle it"],
    };
    let missing: Vec<_> = seen.legal.elements.iter().flat_map(|element| &element.missing).collect();
    let row = |fact: &&SeenMissing| {
        let settle: Vec<String> = fact.would_settle.iter().map(|what| tongue.pick(what)).collect();
        vec![fact.fact.clone(), tongue.pick(&fact.statement), settle.join(tongue.of("、", ", "))]
    };
    table(&head, missing.iter().map(row).collect(), missing.len())
}
