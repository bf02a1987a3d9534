//! The attack classes (detection.md appendix A). The strings are a contract: they stand in findings, incidents, rule tags
//! and the API, and are never renamed (DT-KND-10).

use crate::Category;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where in an attack a class stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Only raises others.
    Context,
    /// Preparatory act (準備行為).
    Prep,
    /// Looking around.
    Recon,
    /// Trying to get in.
    Attempt,
    /// Got in.
    Entry,
    /// More rights.
    Privilege,
    /// Staying in.
    Persistence,
    /// Hiding.
    Evasion,
    /// To other hosts.
    Lateral,
    /// Being controlled.
    Command,
    /// Doing harm.
    Impact,
}

/// One row of the catalogue.
struct Row {
    name: &'static str,
    ja: &'static str,
    stage: Stage,
    without: Category,
    with: Category,
    map: &'static str,
    attack: &'static str,
}

/// Class of attack (攻撃の種類). The number of the row in the catalogue is `self as u8 + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// K-01 総当たり攻撃.
    PasswordGuessing,
    /// K-02 辞書攻撃.
    DictionaryAttack,
    /// K-03 低速の総当たり.
    SlowGuessing,
    /// K-04 パスワードスプレー.
    PasswordSpraying,
    /// K-05 分散総当たり.
    DistributedGuessing,
    /// K-06 連続自動入力試行攻撃.
    CredentialStuffing,
    /// K-07 失敗後の成功.
    SuccessAfterFailures,
    /// K-08 アカウント探索.
    AccountEnumeration,
    /// K-09 多要素認証疲労攻撃.
    MfaFatigue,
    /// K-10 セッション乗っ取り.
    SessionHijack,
    /// K-11 あり得ない移動.
    ImpossibleTravel,
    /// K-12 初めての端末・場所.
    FirstSeenAccess,
    /// K-13 休眠アカウントの使用.
    DormantAccountUse,
    /// K-14 退職者等アカウントの使用.
    LeaverAccountUse,
    /// K-15 初期設定アカウントの使用.
    DefaultAccountUse,
    /// K-16 時間外アクセス.
    OffHoursAccess,
    /// K-17 サービスアカウントの対話ログイン.
    ServiceAccountLogin,
    /// K-18 識別符号の共用.
    SharedCodeUse,
    /// K-19 本人が否認したログイン.
    RepudiatedLogin,
    /// K-20 無断追加アカウントの使用.
    PlantedAccountUse,
    /// K-21 権限の不正使用.
    PrivilegeMisuse,
    /// K-22 アカウントの不正な作成・変更.
    AccountManipulation,
    /// K-23 識別符号の窃取.
    CredentialStoreAccess,
    /// K-24 永続化.
    PersistenceChange,
    /// K-25 ウェブシェル.
    WebShell,
    /// K-26 裏口ポート.
    BackdoorListener,
    /// K-27 不正プログラムの痕跡.
    MalwareIndicator,
    /// K-28 ワームの拡散.
    WormPropagation,
    /// K-29 ファイルの改ざん.
    FileTampering,
    /// K-30 ホームページの改ざん・消去.
    PageDefacement,
    /// K-31 ログの改ざん・消去.
    LogTampering,
    /// K-32 ログの欠落.
    LogGap,
    /// K-33 ログイン記録の不一致.
    LoginRecordMismatch,
    /// K-34 時刻の異常.
    ClockAnomaly,
    /// K-35 防御機能の無効化.
    DefenceImpairment,
    /// K-36 SQLインジェクション.
    SqlInjection,
    /// K-37 ディレクトリ・トラバーサル.
    PathTraversal,
    /// K-38 コマンド・コード実行.
    CodeExecution,
    /// K-39 クロスサイト・スクリプティング.
    CrossSiteScripting,
    /// K-40 既知の脆弱性の探索.
    VulnerabilityProbe,
    /// K-41 脆弱性スキャン.
    VulnerabilityScan,
    /// K-42 機微ファイルの探索.
    SensitiveFileProbe,
    /// K-43 アクセス制御の回避.
    AuthenticationBypass,
    /// K-44 API・トークンの悪用.
    ApiAbuse,
    /// K-45 プログラムの異常終了・異常入力.
    AbnormalTermination,
    /// K-46 内部での横展開.
    LateralMovement,
    /// K-47 ビーコン通信.
    Beaconing,
    /// K-48 不審な外部通信・持出し.
    SuspiciousOutbound,
    /// K-49 踏み台.
    SpringboardUse,
    /// K-50 ポートスキャン.
    PortScan,
    /// K-51 過負荷攻撃.
    DenialOfService,
    /// K-52 回線負荷の異常.
    NetworkLoadAnomaly,
    /// K-53 迷惑メール中継・メール爆弾.
    MailAbuse,
    /// K-54 機器の異状.
    HostAnomaly,
    /// K-55 脅威情報との一致.
    IndicatorMatch,
    /// K-56 クラウド管理操作の異常.
    CloudControlChange,
    /// K-57 権限外利用.
    InsiderExcess,
    /// K-58 フィッシング.
    CredentialSolicitation,
    /// K-59 識別符号の提供・流通.
    CredentialProvision,
    /// K-60 おとりの使用.
    DecoyUse,
}

#[rustfmt::skip] // A table reads as rows.
const ROWS: [Row; 60] = [
    Row { name: "password_guessing", ja: "総当たり攻撃", stage: Stage::Attempt, without: Category::Attempt, with: Category::CredentialMisuse, map: "03", attack: "T1110.001" },
    Row { name: "dictionary_attack", ja: "辞書攻撃", stage: Stage::Attempt, without: Category::Attempt, with: Category::CredentialMisuse, map: "03", attack: "T1110.001" },
    Row { name: "slow_guessing", ja: "低速の総当たり", stage: Stage::Attempt, without: Category::Attempt, with: Category::CredentialMisuse, map: "03", attack: "T1110.001" },
    Row { name: "password_spraying", ja: "パスワードスプレー", stage: Stage::Attempt, without: Category::Attempt, with: Category::CredentialMisuse, map: "03", attack: "T1110.003" },
    Row { name: "distributed_guessing", ja: "分散総当たり", stage: Stage::Attempt, without: Category::Attempt, with: Category::CredentialMisuse, map: "03", attack: "T1110" },
    Row { name: "credential_stuffing", ja: "連続自動入力試行攻撃", stage: Stage::Attempt, without: Category::Attempt, with: Category::CredentialMisuse, map: "03, 01", attack: "T1110.004" },
    Row { name: "success_after_failures", ja: "失敗後の成功", stage: Stage::Entry, without: Category::CredentialMisuse, with: Category::CredentialMisuse, map: "01", attack: "T1078" },
    Row { name: "account_enumeration", ja: "アカウント探索", stage: Stage::Recon, without: Category::Attempt, with: Category::Attempt, map: "03", attack: "T1589" },
    Row { name: "mfa_fatigue", ja: "多要素認証疲労攻撃", stage: Stage::Attempt, without: Category::Attempt, with: Category::CredentialMisuse, map: "01", attack: "T1621" },
    Row { name: "session_hijack", ja: "セッション乗っ取り", stage: Stage::Entry, without: Category::Undetermined, with: Category::Undetermined, map: "01", attack: "T1539, T1550.004" },
    Row { name: "impossible_travel", ja: "あり得ない移動", stage: Stage::Entry, without: Category::Undetermined, with: Category::Undetermined, map: "01", attack: "T1078" },
    Row { name: "first_seen_access", ja: "初めての端末・場所", stage: Stage::Context, without: Category::Undetermined, with: Category::Undetermined, map: "01", attack: "T1078" },
    Row { name: "dormant_account_use", ja: "休眠アカウントの使用", stage: Stage::Entry, without: Category::Attempt, with: Category::CredentialMisuse, map: "01", attack: "T1078" },
    Row { name: "leaver_account_use", ja: "退職者等アカウントの使用", stage: Stage::Entry, without: Category::Attempt, with: Category::SecurityHole, map: "07", attack: "T1078" },
    Row { name: "default_account_use", ja: "初期設定アカウントの使用", stage: Stage::Entry, without: Category::Attempt, with: Category::SecurityHole, map: "07", attack: "T1078.001" },
    Row { name: "off_hours_access", ja: "時間外アクセス", stage: Stage::Context, without: Category::Undetermined, with: Category::Undetermined, map: "01", attack: "T1078" },
    Row { name: "service_account_login", ja: "サービスアカウントの対話ログイン", stage: Stage::Entry, without: Category::Undetermined, with: Category::Undetermined, map: "01", attack: "T1078" },
    Row { name: "shared_code_use", ja: "識別符号の共用", stage: Stage::Context, without: Category::OutOfScope, with: Category::OutOfScope, map: "", attack: "T1078" },
    Row { name: "repudiated_login", ja: "本人が否認したログイン", stage: Stage::Entry, without: Category::CredentialMisuse, with: Category::CredentialMisuse, map: "01", attack: "T1078" },
    Row { name: "planted_account_use", ja: "無断追加アカウントの使用", stage: Stage::Entry, without: Category::SecurityHole, with: Category::SecurityHole, map: "07", attack: "T1136, T1078" },
    Row { name: "privilege_misuse", ja: "権限の不正使用", stage: Stage::Privilege, without: Category::Undetermined, with: Category::Undetermined, map: "19", attack: "T1548.003" },
    Row { name: "account_manipulation", ja: "アカウントの不正な作成・変更", stage: Stage::Persistence, without: Category::Undetermined, with: Category::Undetermined, map: "20", attack: "T1136, T1098" },
    Row { name: "credential_store_access", ja: "識別符号の窃取", stage: Stage::Privilege, without: Category::Preparatory, with: Category::Preparatory, map: "11", attack: "T1003, T1552" },
    Row { name: "persistence_change", ja: "永続化", stage: Stage::Persistence, without: Category::Undetermined, with: Category::Undetermined, map: "10", attack: "T1053, T1543" },
    Row { name: "web_shell", ja: "ウェブシェル", stage: Stage::Persistence, without: Category::SecurityHole, with: Category::SecurityHole, map: "10", attack: "T1505.003" },
    Row { name: "backdoor_listener", ja: "裏口ポート", stage: Stage::Persistence, without: Category::Undetermined, with: Category::Undetermined, map: "10", attack: "T1571" },
    Row { name: "malware_indicator", ja: "不正プログラムの痕跡", stage: Stage::Persistence, without: Category::Undetermined, with: Category::Undetermined, map: "10", attack: "T1204" },
    Row { name: "worm_propagation", ja: "ワームの拡散", stage: Stage::Attempt, without: Category::Attempt, with: Category::SecurityHole, map: "12", attack: "T1210" },
    Row { name: "file_tampering", ja: "ファイルの改ざん", stage: Stage::Impact, without: Category::Undetermined, with: Category::Undetermined, map: "20", attack: "T1565.001" },
    Row { name: "page_defacement", ja: "ホームページの改ざん・消去", stage: Stage::Impact, without: Category::Undetermined, with: Category::Undetermined, map: "08", attack: "T1491.002" },
    Row { name: "log_tampering", ja: "ログの改ざん・消去", stage: Stage::Evasion, without: Category::Undetermined, with: Category::Undetermined, map: "20", attack: "T1685.005, T1685.006, T1070" },
    Row { name: "log_gap", ja: "ログの欠落", stage: Stage::Evasion, without: Category::Undetermined, with: Category::Undetermined, map: "20", attack: "T1685" },
    Row { name: "login_record_mismatch", ja: "ログイン記録の不一致", stage: Stage::Evasion, without: Category::Undetermined, with: Category::Undetermined, map: "20", attack: "T1070" },
    Row { name: "clock_anomaly", ja: "時刻の異常", stage: Stage::Evasion, without: Category::Undetermined, with: Category::Undetermined, map: "20", attack: "T1070.006" },
    Row { name: "defence_impairment", ja: "防御機能の無効化", stage: Stage::Evasion, without: Category::Undetermined, with: Category::Undetermined, map: "20", attack: "T1685, T1686" },
    Row { name: "sql_injection", ja: "SQLインジェクション", stage: Stage::Attempt, without: Category::Attempt, with: Category::SecurityHole, map: "06", attack: "T1190" },
    Row { name: "path_traversal", ja: "ディレクトリ・トラバーサル", stage: Stage::Attempt, without: Category::Attempt, with: Category::SecurityHole, map: "05, 04", attack: "T1190" },
    Row { name: "code_execution", ja: "コマンド・コード実行", stage: Stage::Attempt, without: Category::Attempt, with: Category::SecurityHole, map: "05, 04", attack: "T1190, T1059" },
    Row { name: "cross_site_scripting", ja: "クロスサイト・スクリプティング", stage: Stage::Attempt, without: Category::Attempt, with: Category::Attempt, map: "05", attack: "T1189" },
    Row { name: "vulnerability_probe", ja: "既知の脆弱性の探索", stage: Stage::Attempt, without: Category::Attempt, with: Category::SecurityHole, map: "05", attack: "T1595.002" },
    Row { name: "vulnerability_scan", ja: "脆弱性スキャン", stage: Stage::Recon, without: Category::Attempt, with: Category::Attempt, map: "05", attack: "T1595.002" },
    Row { name: "sensitive_file_probe", ja: "機微ファイルの探索", stage: Stage::Recon, without: Category::Attempt, with: Category::Attempt, map: "05", attack: "T1595.003" },
    Row { name: "authentication_bypass", ja: "アクセス制御の回避", stage: Stage::Entry, without: Category::SecurityHole, with: Category::SecurityHole, map: "04", attack: "T1190" },
    Row { name: "api_abuse", ja: "API・トークンの悪用", stage: Stage::Entry, without: Category::Undetermined, with: Category::Undetermined, map: "01", attack: "T1078.004" },
    Row { name: "abnormal_termination", ja: "プログラムの異常終了・異常入力", stage: Stage::Attempt, without: Category::Attempt, with: Category::SecurityHole, map: "05", attack: "T1499.004, T1203" },
    Row { name: "lateral_movement", ja: "内部での横展開", stage: Stage::Lateral, without: Category::CredentialMisuse, with: Category::CredentialMisuse, map: "01, 04", attack: "T1021" },
    Row { name: "beaconing", ja: "ビーコン通信", stage: Stage::Command, without: Category::Undetermined, with: Category::Undetermined, map: "10", attack: "T1071" },
    Row { name: "suspicious_outbound", ja: "不審な外部通信・持出し", stage: Stage::Impact, without: Category::Undetermined, with: Category::Undetermined, map: "09", attack: "T1041, T1048" },
    Row { name: "springboard_use", ja: "踏み台", stage: Stage::Impact, without: Category::Undetermined, with: Category::Undetermined, map: "16", attack: "T1090" },
    Row { name: "port_scan", ja: "ポートスキャン", stage: Stage::Recon, without: Category::OutOfScope, with: Category::OutOfScope, map: "14", attack: "T1595.001, T1046" },
    Row { name: "denial_of_service", ja: "過負荷攻撃", stage: Stage::Impact, without: Category::OutOfScope, with: Category::OutOfScope, map: "13", attack: "T1498, T1499" },
    Row { name: "network_load_anomaly", ja: "回線負荷の異常", stage: Stage::Context, without: Category::OutOfScope, with: Category::OutOfScope, map: "13", attack: "T1498" },
    Row { name: "mail_abuse", ja: "迷惑メール中継・メール爆弾", stage: Stage::Impact, without: Category::OutOfScope, with: Category::OutOfScope, map: "17", attack: "" },
    Row { name: "host_anomaly", ja: "機器の異状", stage: Stage::Context, without: Category::OutOfScope, with: Category::OutOfScope, map: "12", attack: "" },
    Row { name: "indicator_match", ja: "脅威情報との一致", stage: Stage::Context, without: Category::Undetermined, with: Category::Undetermined, map: "20", attack: "" },
    Row { name: "cloud_control_change", ja: "クラウド管理操作の異常", stage: Stage::Privilege, without: Category::Undetermined, with: Category::Undetermined, map: "20", attack: "T1098, T1078.004" },
    Row { name: "insider_excess", ja: "権限外利用", stage: Stage::Impact, without: Category::OutOfScope, with: Category::OutOfScope, map: "19", attack: "T1078" },
    Row { name: "credential_solicitation", ja: "フィッシング", stage: Stage::Prep, without: Category::Preparatory, with: Category::Preparatory, map: "02", attack: "T1566, T1598" },
    Row { name: "credential_provision", ja: "識別符号の提供・流通", stage: Stage::Prep, without: Category::Preparatory, with: Category::Preparatory, map: "01", attack: "T1589" },
    Row { name: "decoy_use", ja: "おとりの使用", stage: Stage::Context, without: Category::Attempt, with: Category::Attempt, map: "20", attack: "" },
];

impl Kind {
    /// All classes in the order of the catalogue.
    pub const ALL: [Self; 60] = [
        Self::PasswordGuessing,
        Self::DictionaryAttack,
        Self::SlowGuessing,
        Self::PasswordSpraying,
        Self::DistributedGuessing,
        Self::CredentialStuffing,
        Self::SuccessAfterFailures,
        Self::AccountEnumeration,
        Self::MfaFatigue,
        Self::SessionHijack,
        Self::ImpossibleTravel,
        Self::FirstSeenAccess,
        Self::DormantAccountUse,
        Self::LeaverAccountUse,
        Self::DefaultAccountUse,
        Self::OffHoursAccess,
        Self::ServiceAccountLogin,
        Self::SharedCodeUse,
        Self::RepudiatedLogin,
        Self::PlantedAccountUse,
        Self::PrivilegeMisuse,
        Self::AccountManipulation,
        Self::CredentialStoreAccess,
        Self::PersistenceChange,
        Self::WebShell,
        Self::BackdoorListener,
        Self::MalwareIndicator,
        Self::WormPropagation,
        Self::FileTampering,
        Self::PageDefacement,
        Self::LogTampering,
        Self::LogGap,
        Self::LoginRecordMismatch,
        Self::ClockAnomaly,
        Self::DefenceImpairment,
        Self::SqlInjection,
        Self::PathTraversal,
        Self::CodeExecution,
        Self::CrossSiteScripting,
        Self::VulnerabilityProbe,
        Self::VulnerabilityScan,
        Self::SensitiveFileProbe,
        Self::AuthenticationBypass,
        Self::ApiAbuse,
        Self::AbnormalTermination,
        Self::LateralMovement,
        Self::Beaconing,
        Self::SuspiciousOutbound,
        Self::SpringboardUse,
        Self::PortScan,
        Self::DenialOfService,
        Self::NetworkLoadAnomaly,
        Self::MailAbuse,
        Self::HostAnomaly,
        Self::IndicatorMatch,
        Self::CloudControlChange,
        Self::InsiderExcess,
        Self::CredentialSolicitation,
        Self::CredentialProvision,
        Self::DecoyUse,
    ];

    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The contract name, e.g. `credential_stuffing`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The Japanese name, e.g. 連続自動入力試行攻撃.
    #[must_use]
    pub const fn japanese(self) -> &'static str {
        self.row().ja
    }

    /// Row number in the catalogue, 1 to 60.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Where in an attack the class stands.
    #[must_use]
    pub const fn stage(self) -> Stage {
        self.row().stage
    }

    /// Default legal category (DT-KND-04): without, or with, success or effect.
    #[must_use]
    pub const fn category(self, success: bool) -> Category {
        if success { self.row().with } else { self.row().without }
    }

    /// Rows of the category map (casework.md 9), e.g. `["03", "01"]`.
    pub fn map_rows(self) -> impl Iterator<Item = &'static str> {
        self.row().map.split(", ").filter(|row| !row.is_empty())
    }

    /// ATT&CK technique ids, e.g. `["T1110.004"]`.
    pub fn techniques(self) -> impl Iterator<Item = &'static str> {
        self.row().attack.split(", ").filter(|id| !id.is_empty())
    }

    /// The class with this contract name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        Self::parse(&name)
            .ok_or_else(|| serde::de::Error::custom(format!("no attack class is named {name:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_the_numbers() {
        assert_eq!(Kind::CredentialStuffing.number(), 6);
        assert_eq!(Kind::CredentialStuffing.as_str(), "credential_stuffing");
        assert_eq!(Kind::DecoyUse.number(), 60);
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
    }
}
