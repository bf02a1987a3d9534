//! Recurrence-prevention measures (再発防止策), detection.md 4.9, ordered by DT-KND-09.

use crate::incident::{Bilingual, Incident, Measure};
use std::collections::BTreeMap;
use vocab::{Finding, Kind, Message};

/// One row of the table of measures: id, order, basis (ja, en), items of the two standards.
struct Row(&'static str, u8, &'static str, &'static str, &'static [&'static str]);

#[rustfmt::skip]
const ROWS: [Row; 32] = [
    Row("PM-01", 2, "情報システム安全対策指針 2-I-1-2(4)", "Information System Safety Guideline 2-I-1-2(4)", &["ssg.2m1.2.4", "ssg.2m2.2.4"]),
    Row("PM-02", 2, "警察庁資料（2001年） 防御上の留意事項、情報システム安全対策指針 2-I-1-2(2)", "National Police Agency talk of 2001, points of defence; Information System Safety Guideline 2-I-1-2(2)", &["ssg.2m1.2.2", "uac.a.2.7"]),
    Row("PM-03", 1, "コンピュータ不正アクセス対策基準 V.2(2)8", "Computer Unauthorized Access Countermeasure Standard V.2(2)8", &["uac.a.2.8"]),
    Row("PM-04", 4, "行動計画 3(3)イ(ウ)", "action plan of 2011 3(3)イ(ウ)", &["ssg.2m1.3.2"]),
    Row("PM-05", 3, "行動計画 3(3)イ(イ)", "action plan of 2011 3(3)イ(イ)", &["uac.a.7.3", "ssg.3m2.3.2"]),
    Row("PM-06", 2, "情報システム安全対策指針 2-I-1-4(1)、コンピュータ不正アクセス対策基準 V.2(2)4, 5、警察庁資料（2001年）", "Information System Safety Guideline 2-I-1-4(1); Computer Unauthorized Access Countermeasure Standard V.2(2)4, 5; National Police Agency talk of 2001", &["ssg.2m1.4.1", "uac.a.2.4", "uac.a.2.5"]),
    Row("PM-07", 4, "情報システム安全対策指針 2-I-1-4(2)", "Information System Safety Guideline 2-I-1-4(2)", &["ssg.2m1.4.2"]),
    Row("PM-08", 3, "情報システム安全対策指針 2-I-1-3(3), 2-II-4(3)", "Information System Safety Guideline 2-I-1-3(3), 2-II-4(3)", &["ssg.2m1.3.3", "uac.u.3.4"]),
    Row("PM-09", 2, "情報システム安全対策指針 3-I-2-2、コンピュータ不正アクセス対策基準 V.2(2)2, V.2(4)11", "Information System Safety Guideline 3-I-2-2; Computer Unauthorized Access Countermeasure Standard V.2(2)2, V.2(4)11", &["ssg.3m2.2", "uac.a.2.2", "uac.a.4.11"]),
    Row("PM-10", 2, "警察庁資料 2001-02-23 第1項", "National Police Agency notice 2001-02-23 item 1", &["ssg.2m2.6.2", "uac.a.4.8"]),
    Row("PM-11", 4, "情報システム安全対策指針 2-I-2-6(1)", "Information System Safety Guideline 2-I-2-6(1)", &["ssg.2m2.6.1"]),
    Row("PM-12", 2, "警察庁資料 2001-03-08", "National Police Agency notice 2001-03-08", &["uac.a.4.6"]),
    Row("PM-13", 2, "警察庁資料 2001-02-23 第3項", "National Police Agency notice 2001-02-23 item 3", &["uac.a.4.11"]),
    Row("PM-14", 2, "警察庁資料 2001-02-23 第2項", "National Police Agency notice 2001-02-23 item 2", &["ssg.3m1.1.2", "ssg.3m1.1.3"]),
    Row("PM-15", 4, "警察庁資料 2001-02-23 第5項", "National Police Agency notice 2001-02-23 item 5", &["ssg.2m1.1.1.a", "ssg.2m1.1.1.b", "ssg.2m1.1.1.c", "ssg.2m1.1.1.d", "uac.a.5.1", "uac.a.5.2", "uac.a.5.4"]),
    Row("PM-16", 4, "警察庁資料 2001-02-23 第5項", "National Police Agency notice 2001-02-23 item 5", &["uac.a.5.3", "ssg.2m1.1.2"]),
    Row("PM-17", 3, "警察庁資料 2001-02-23 第4項、コンピュータ不正アクセス対策基準 V.2(4)15", "National Police Agency notice 2001-02-23 item 4; Computer Unauthorized Access Countermeasure Standard V.2(4)15", &["uac.a.4.15"]),
    Row("PM-18", 3, "警察庁資料 2001-02-23 第4項", "National Police Agency notice 2001-02-23 item 4", &["uac.a.1.5", "uac.a.1.7", "uac.a.2.10"]),
    Row("PM-19", 1, "神奈川県警察（2023年）", "Kanagawa Prefectural Police (2023)", &[]),
    Row("PM-20", 1, "警察庁資料（2001年）、情報システム安全対策指針 2-III", "National Police Agency talk of 2001; Information System Safety Guideline 2-III", &["ssg.2v.3.1", "ssg.2v.3.2"]),
    Row("PM-21", 4, "コンピュータ不正アクセス対策基準 V.1(1)1, V.2(2)3", "Computer Unauthorized Access Countermeasure Standard V.1(1)1, V.2(2)3", &["uac.u.1.1", "uac.a.2.3"]),
    Row("PM-22", 4, "コンピュータ不正アクセス対策基準 V.1(3)2, 3", "Computer Unauthorized Access Countermeasure Standard V.1(3)2, 3", &["uac.u.3.2", "uac.u.3.3"]),
    Row("PM-23", 4, "コンピュータ不正アクセス対策基準 V.2(4)18、行動計画 3(3)ウ(イ)", "Computer Unauthorized Access Countermeasure Standard V.2(4)18; action plan of 2011 3(3)ウ(イ)", &["uac.a.4.18"]),
    Row("PM-24", 4, "情報システム安全対策指針 3-I-1-2", "Information System Safety Guideline 3-I-1-2", &["ssg.3m1.2", "uac.a.4.17"]),
    Row("PM-25", 1, "情報システム安全対策指針 2-I-1-1(3)ウ, 3-I-1-3", "Information System Safety Guideline 2-I-1-1(3)ウ, 3-I-1-3", &["ssg.2m1.1.3.c", "ssg.3m1.3"]),
    Row("PM-26", 4, "コンピュータ不正アクセス対策基準 V.2(1)6", "Computer Unauthorized Access Countermeasure Standard V.2(1)6", &["uac.a.1.6"]),
    Row("PM-27", 3, "警察庁資料 2001-05-17", "National Police Agency notice 2001-05-17", &["ssg.3m2.1.2"]),
    Row("PM-28", 4, "警察庁資料（2001年） 防御上の留意事項、行動計画", "National Police Agency talk of 2001, points of defence; action plan of 2011", &["uac.a.7.4", "ssg.2m4.7.1"]),
    Row("PM-29", 4, "製品独自", "this product", &[]),
    Row("PM-30", 4, "情報システム安全対策指針 2-I-1-2(6), 5(2)", "Information System Safety Guideline 2-I-1-2(6), 5(2)", &["ssg.2m1.2.6", "ssg.2m1.5.2"]),
    Row("PM-31", 4, "行動計画 3(3)イ(ウ)", "action plan of 2011 3(3)イ(ウ)", &["ssg.2m1.2.4"]),
    Row("PM-32", 4, "脆弱性関連情報取扱基準", "vulnerability-information handling standard", &["uac.a.6.6"]),
];

/// Measures of each class of attack, in the order of the catalogue's own list (number of the measure).
#[rustfmt::skip]
const fn of_kind(kind: Kind) -> &'static [u8] {
    match kind {
        Kind::PasswordGuessing => &[1, 2, 9, 14],
        Kind::DictionaryAttack => &[1, 6, 9],
        Kind::SlowGuessing => &[1, 4],
        Kind::PasswordSpraying => &[1, 2, 4],
        Kind::DistributedGuessing => &[1, 4, 9],
        Kind::CredentialStuffing => &[3, 5, 4, 31, 1],
        Kind::SuccessAfterFailures => &[3, 4, 1],
        Kind::AccountEnumeration => &[1, 9, 12],
        Kind::MfaFatigue => &[3, 4, 28],
        Kind::SessionHijack => &[3, 31],
        Kind::ImpossibleTravel => &[3, 4],
        Kind::FirstSeenAccess => &[8],
        Kind::DormantAccountUse => &[6, 7, 3],
        Kind::LeaverAccountUse => &[6, 18, 21],
        Kind::DefaultAccountUse => &[6, 12],
        Kind::OffHoursAccess => &[22],
        Kind::ServiceAccountLogin => &[21, 22],
        Kind::SharedCodeUse => &[21],
        Kind::RepudiatedLogin => &[3, 8, 4],
        Kind::PlantedAccountUse => &[18, 19, 3],
        Kind::PrivilegeMisuse => &[18, 22],
        Kind::AccountManipulation => &[18, 3],
        Kind::CredentialStoreAccess => &[3, 30, 20],
        Kind::PersistenceChange => &[19, 20],
        Kind::WebShell => &[10, 12, 19, 17],
        Kind::BackdoorListener => &[13, 14, 20, 19],
        Kind::MalwareIndicator => &[20, 19, 28, 25],
        Kind::WormPropagation => &[10, 13, 14, 27, 19],
        Kind::FileTampering => &[17, 19],
        Kind::PageDefacement => &[17, 10, 12, 19, 2],
        Kind::LogTampering => &[15, 16],
        Kind::LogGap => &[15, 16],
        Kind::LoginRecordMismatch => &[15, 19],
        Kind::ClockAnomaly => &[29, 15],
        Kind::DefenceImpairment => &[16, 18, 14],
        Kind::SqlInjection => &[10, 11, 32, 31],
        Kind::PathTraversal => &[10, 11, 12],
        Kind::CodeExecution => &[10, 13, 23, 32],
        Kind::CrossSiteScripting => &[10, 32],
        Kind::VulnerabilityProbe => &[10, 11],
        Kind::VulnerabilityScan => &[11, 14, 31],
        Kind::SensitiveFileProbe => &[12, 13],
        Kind::AuthenticationBypass => &[10, 12, 11],
        Kind::ApiAbuse => &[3, 30],
        Kind::AbnormalTermination => &[10, 32],
        Kind::LateralMovement => &[23, 18, 3],
        Kind::Beaconing => &[23, 20, 25],
        Kind::SuspiciousOutbound => &[23, 25],
        Kind::SpringboardUse => &[25, 20, 14, 27],
        Kind::DenialOfService => &[24, 14],
        Kind::NetworkLoadAnomaly => &[24],
        Kind::MailAbuse => &[3, 12, 24],
        Kind::HostAnomaly => &[20],
        Kind::CloudControlChange => &[4, 18, 22],
        Kind::InsiderExcess => &[22, 18, 26],
        Kind::CredentialSolicitation => &[28, 4],
        Kind::CredentialProvision => &[3, 5, 27],
        _ => &[16],
    }
}

/// Measures for an incident: those of its classes and those its rules name; most urgent first, then those that more
/// findings ask for.
pub(crate) fn measures(incident: &Incident, members: &[&Finding]) -> Vec<Measure> {
    let mut asked: BTreeMap<&str, (usize, Kind)> = BTreeMap::new();
    for finding in members {
        let of_kind = of_kind(finding.kind).iter().filter_map(|number| ROWS.get(usize::from(*number) - 1));
        let named =
            finding.measures.iter().filter_map(|id| ROWS.iter().find(|row| row.0.eq_ignore_ascii_case(id)));
        for row in of_kind.chain(named) {
            asked.entry(row.0).or_insert((0, finding.kind)).0 += 1;
        }
    }
    // Codes that could be known are changed, and rebuilding is asked for, only where somebody may have got in.
    let entered = incident.entered();
    let mut rows: Vec<(&Row, usize, Kind)> = ROWS
        .iter()
        .filter_map(|row| asked.get(row.0).map(|(weight, kind)| (row, *weight, *kind)))
        .filter(|(row, ..)| entered || !matches!(row.0, "PM-03" | "PM-19"))
        .collect();
    rows.sort_by(|(a, x, _), (b, y, _)| (a.1, y, a.0).cmp(&(b.1, x, b.0)));
    rows.into_iter()
        .map(|(row, _, kind)| Measure {
            id: row.0.to_owned(),
            text: Message::new(format!("measure-{}", row.0)),
            reason: Message::new(if entered { "measure-reason-entered" } else { "measure-reason-tried" })
                .with("kind", Message::new(format!("kind-{}", kind.as_str()))),
            order: row.1,
            basis: Bilingual { ja: row.2.to_owned(), en: row.3.to_owned() },
            controls: row.4.iter().map(|id| (*id).to_owned()).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_names_measures_that_exist() {
        for kind in Kind::ALL {
            for number in of_kind(kind) {
                assert_eq!(ROWS[usize::from(*number) - 1].0, format!("PM-{number:02}"), "{}", kind.as_str());
            }
        }
    }
}
