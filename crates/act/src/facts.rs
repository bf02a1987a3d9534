//! The facts of one act (casework.md 2.1): three-valued, each with its evidence.

use std::fmt;

use serde::de::{self, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::dates::ActTime;
use crate::evidence::EvidenceRef;
use crate::preparatory::Preparatory;
use crate::status::CredentialStatus;
use crate::table::{cell, list, row};
use crate::text_enum::text_enum;

text_enum! {
    /// Value of a fact: established (認定), refuted (否定), unknown (不明).
    Tri {
        /// Established (認定).
        Yes = "+",
        /// Refuted (否定).
        No = "-",
        /// Unknown (不明); never filled by default (W3).
        Unknown = "?",
    }
}

text_enum! {
    /// F4: whether there is an access control function (アクセス制御機能), and where. Existence, not strength (CW-CLS-01).
    AccessControl {
        /// On the used computer.
        OnUsed = "+a",
        /// On an authentication server or gateway.
        OnServer = "+b",
        /// None.
        No = "-",
        /// Unknown.
        Unknown = "?",
    }
}

text_enum! {
    /// F5: what was input (入力されたもの).
    InputKind {
        /// Another's identification code (他人の識別符号).
        CodeOfOther = "code_of_other",
        /// The actor's own identification code.
        OwnCode = "own_code",
        /// Information that is no identification code.
        NonCodeInformation = "non_code_information",
        /// A command (指令).
        Command = "command",
        /// Information and command combined.
        InformationAndCommand = "information_and_command",
        /// Nothing was input.
        None = "none",
        /// Unknown.
        Unknown = "?",
    }
}

text_enum! {
    /// F10: the attacked computer against the computer that carries the broken function.
    Place {
        /// The function sits on the attacked computer.
        OnAttacked = "on_attacked",
        /// The function sits on another computer.
        OnOther = "on_other",
        /// Unknown.
        Unknown = "?",
    }
}

text_enum! {
    /// To whom a code was provided (提供の相手方).
    Recipient {
        /// Neither the administrator nor the entitled user.
        ThirdParty = "third_party",
        /// The access administrator.
        Administrator = "administrator",
        /// The entitled user of the code.
        EntitledUser = "entitled_user",
        /// Unknown.
        Unknown = "?",
    }
}

text_enum! {
    /// Descriptive kind of the act (CW-CLS-04); decides nothing alone except in R3.
    ActKind {
        /// Login with a code.
        Login = "login",
        /// Exploit of a program defect or a configuration mistake.
        HoleExploit = "hole_exploit",
        /// Relay of unsolicited mail.
        SpamRelay = "spam_relay",
        /// Port scan.
        PortScan = "port_scan",
        /// Overload attack from one source.
        Dos = "dos",
        /// Overload attack from many sources.
        Ddos = "ddos",
        /// Mail bomb.
        MailBomb = "mail_bomb",
        /// Delivery of malicious software.
        MalwareDelivery = "malware_delivery",
        /// Defacement of pages.
        Defacement = "defacement",
        /// Phishing: soliciting input of a code.
        Phishing = "phishing",
        /// Provision of a code.
        CodeProvision = "code_provision",
        /// Acquisition of a code.
        CodeAcquisition = "code_acquisition",
        /// Storage of a code.
        CodeStorage = "code_storage",
        /// Anything else.
        Other = "other",
    }
}

impl ActKind {
    /// Obstruction or probing that infringes no access control function by itself (R3).
    #[must_use]
    pub const fn is_mere_obstruction(self) -> bool {
        matches!(
            self,
            Self::SpamRelay
                | Self::PortScan
                | Self::Dos
                | Self::Ddos
                | Self::MailBomb
                | Self::MalwareDelivery
        )
    }
}

text_enum! {
    /// Id of a fact: F0-F10 of casework.md 2.1, credential status, X and G of 2.9, P of 2.4, M for the computers.
    FactId {
        /// Time of the act.
        F0 = "F0",
        /// Independent computer.
        F1 = "F1",
        /// Connected to a line.
        F2 = "F2",
        /// Input over the line.
        F3 = "F3",
        /// Access control function present.
        F4 = "F4",
        /// Kind of input.
        F5 = "F5",
        /// Limited use became possible.
        F6 = "F6",
        /// The actor is the administrator.
        F7 = "F7",
        /// Consent of the administrator.
        F8 = "F8",
        /// Consent of the entitled user.
        F9 = "F9",
        /// Place of the function.
        F10 = "F10",
        /// Credential status.
        Cs = "CS",
        /// Beyond the authority given.
        X1 = "X1",
        /// Intentional.
        X2 = "X2",
        /// A non-user got access by improper means.
        G1 = "G1",
        /// A user went beyond his rights.
        G2 = "G2",
        /// Purpose of use for an act (i).
        P1 = "P1",
        /// Acquisition of another's code.
        P2 = "P2",
        /// Provision of another's code.
        P3 = "P3",
        /// Recipient of the code.
        P4 = "P4",
        /// Which computer was made clear.
        P5 = "P5",
        /// On request of one who knows.
        P6 = "P6",
        /// Knowledge of the recipient's purpose.
        P7 = "P7",
        /// Proper reason.
        P8 = "P8",
        /// Storage of another's code.
        P9 = "P9",
        /// Acquired illegally.
        P10 = "P10",
        /// Pretence of being the administrator.
        P11 = "P11",
        /// Public transmission of the request.
        P12 = "P12",
        /// Mail to an entitled user.
        P13 = "P13",
        /// The code was complete.
        P14 = "P14",
        /// The recipient knew the matching ID.
        P15 = "P15",
        /// Instigating or aiding an act.
        P16 = "P16",
        /// The code is another's.
        P17 = "P17",
        /// The attacked computer.
        M1 = "M1",
        /// The used computer.
        M2 = "M2",
    }
}

impl FactId {
    fn column(self, at: usize) -> &'static str {
        cell(&row("facts", self.as_str()).unwrap_or_default(), at)
    }

    /// Field name in FACTS.json.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.column(1)
    }

    /// What the fact says, Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        self.column(2)
    }

    /// What the fact says, English.
    #[must_use]
    pub fn en(self) -> &'static str {
        self.column(3)
    }

    /// Kinds of evidence that usually settle it, Japanese (casework.md 2.5).
    #[must_use]
    pub fn evidence_ja(self) -> Vec<String> {
        list(self.column(4))
    }

    /// Kinds of evidence that usually settle it, English.
    #[must_use]
    pub fn evidence_en(self) -> Vec<String> {
        list(self.column(5))
    }
}

/// A value with what it rests on. In JSON the bare value, or `{"value", "evidence", "author", "recorded_at", "note"}`.
/// A changed fact is a new version kept by whoever stores it; this type is one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact<T> {
    /// The value.
    pub value: T,
    /// Evidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceRef>,
    /// Who recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When it was recorded, as the recorder wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<String>,
    /// Remark, e.g. the reason of an officer's answer (CW-CLS-05).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl<T> Fact<T> {
    /// A value without evidence yet.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self { value, evidence: Vec::new(), author: None, recorded_at: None, note: None }
    }

    /// The same fact with one more piece of evidence.
    #[must_use]
    pub fn with(mut self, evidence: EvidenceRef) -> Self {
        self.evidence.push(evidence);
        self
    }
}

/// Values that can be unknown.
pub(crate) trait Unknown {
    const UNKNOWN: Self;
}

macro_rules! unknown {
    ($($name:ident),+) => { $(
        impl Unknown for $name { const UNKNOWN: Self = Self::Unknown; }
        impl Default for $name { fn default() -> Self { Self::Unknown } }
        impl Default for Fact<$name> { fn default() -> Self { Self::new($name::UNKNOWN) } }
    )+ };
}
unknown!(Tri, AccessControl, InputKind, Place, Recipient);

impl Default for Fact<ActTime> {
    fn default() -> Self {
        Self::new(ActTime::default())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fact<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SeenFact(std::marker::PhantomData))
    }
}

struct SeenFact<T>(std::marker::PhantomData<T>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "T: Deserialize<'de>")]
struct FullFact<T> {
    value: T,
    #[serde(default)]
    evidence: Vec<EvidenceRef>,
    author: Option<String>,
    recorded_at: Option<String>,
    note: Option<String>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for SeenFact<T> {
    type Value = Fact<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value as text, or {\"value\": .., \"evidence\": [..], \"author\": .., \"note\": ..}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Fact<T>, E> {
        T::deserialize(text.into_deserializer()).map(Fact::new)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Fact<T>, A::Error> {
        let full: FullFact<T> = Deserialize::deserialize(de::value::MapAccessDeserializer::new(map))?;
        let FullFact { value, evidence, author, recorded_at, note } = full;
        Ok(Fact { value, evidence, author, recorded_at, note })
    }
}

/// The facts of one act: one administrator's function, one kind of input, one method (CW-CLS-03). What is left out is
/// unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Version of the format, 1.
    #[serde(default = "one")]
    pub schema_version: u32,
    /// Case the act belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<String>,
    /// Id of the act.
    pub act_id: String,
    /// Descriptive kind.
    pub act_kind: ActKind,
    /// F0, time of the act (行為の時期).
    #[serde(default)]
    pub act_time: Fact<ActTime>,
    /// F1, the target is an independent computer (電子計算機).
    #[serde(default)]
    pub target_is_computer: Fact<Tri>,
    /// F2, the target is connected to a line (電気通信回線).
    #[serde(default)]
    pub target_connected: Fact<Tri>,
    /// F3, the input came over the line.
    #[serde(default)]
    pub via_line: Fact<Tri>,
    /// F4, there is an access control function (アクセス制御機能).
    #[serde(default)]
    pub access_control_present: Fact<AccessControl>,
    /// F5 as recorded; the credential status may decide it instead.
    #[serde(default)]
    pub input_kind: Fact<InputKind>,
    /// Credential status, where the input looks like a credential (識別符号の状態).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_status: Option<Fact<CredentialStatus>>,
    /// CS12 only: the trial ID was used within the purpose for which it was published (CW-CLS-06).
    #[serde(default)]
    pub within_published_purpose: Fact<Tri>,
    /// F6, the limited use became possible (特定利用をし得る状態).
    #[serde(default)]
    pub use_made_possible: Fact<Tri>,
    /// F7, the actor is the administrator who added the function (アクセス管理者).
    #[serde(default)]
    pub actor_is_administrator: Fact<Tri>,
    /// F8, consent of that administrator (承諾).
    #[serde(default)]
    pub consent_of_administrator: Fact<Tri>,
    /// F9, consent of the holder of the very code that was input (利用権者の承諾).
    #[serde(default)]
    pub consent_of_entitled_user: Fact<Tri>,
    /// F10 as recorded; used where the three computers below do not decide it (CW-CLS-02).
    #[serde(default)]
    pub function_place: Fact<Place>,
    /// Reference of the attacked computer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attacked_computer: Option<String>,
    /// Reference of the computer whose use became possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_computer: Option<String>,
    /// Reference of the computer that carries the broken function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_computer: Option<String>,
    /// X1, beyond the authority given (Standard II.1).
    #[serde(default)]
    pub beyond_authority: Fact<Tri>,
    /// X2, intentional (Standard II.1).
    #[serde(default)]
    pub intentional: Fact<Tri>,
    /// A non-user got access by improper means (Guideline 1-2(13)).
    #[serde(default)]
    pub non_user_improper_access: Fact<Tri>,
    /// A user went beyond his rights (Guideline 1-2(13)).
    #[serde(default)]
    pub user_beyond_rights: Fact<Tri>,
    /// Elements of a preparatory act; present = the act is judged by PA-1 to PA-6 instead of R1 to R13.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preparatory: Option<Preparatory>,
    /// Remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

const fn one() -> u32 {
    1
}

impl Facts {
    /// Facts of an act of which nothing is known yet.
    #[must_use]
    pub fn new(act_id: impl Into<String>, act_kind: ActKind) -> Self {
        Self {
            schema_version: 1,
            case_id: None,
            act_id: act_id.into(),
            act_kind,
            act_time: Fact::default(),
            target_is_computer: Fact::default(),
            target_connected: Fact::default(),
            via_line: Fact::default(),
            access_control_present: Fact::default(),
            input_kind: Fact::default(),
            credential_status: None,
            within_published_purpose: Fact::default(),
            use_made_possible: Fact::default(),
            actor_is_administrator: Fact::default(),
            consent_of_administrator: Fact::default(),
            consent_of_entitled_user: Fact::default(),
            function_place: Fact::default(),
            attacked_computer: None,
            used_computer: None,
            function_computer: None,
            beyond_authority: Fact::default(),
            intentional: Fact::default(),
            non_user_improper_access: Fact::default(),
            user_beyond_rights: Fact::default(),
            preparatory: None,
            note: None,
        }
    }
}
