//! Preparatory acts (casework.md 2.4): acquisition, facilitation, storage, soliciting input. Facts here, rules in
//! `classify::preparatory`.

use serde::{Deserialize, Serialize};

use crate::facts::{Fact, Recipient, Tri};
use crate::text_enum::text_enum;

text_enum! {
    /// Which preparatory act is examined.
    PreparatoryKind {
        /// Acquisition of another's code (取得), 2012 Art. 4.
        Acquisition = "acquisition",
        /// Provision of another's code (助長), 1999 Art. 4, 2012 Art. 5.
        Provision = "provision",
        /// Storage of another's code (保管), 2012 Art. 6.
        Storage = "storage",
        /// Soliciting input by a site (入力を不正に要求), 2012 Art. 7(i).
        SolicitSite = "solicit_site",
        /// Soliciting input by e-mail, 2012 Art. 7(ii).
        SolicitMail = "solicit_mail",
    }
}

/// Elements of a preparatory act. Administrator, consents, time and credential status come from the enclosing facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preparatory {
    /// Which act.
    pub kind: PreparatoryKind,
    /// P1, purpose of use for an act (i).
    #[serde(default)]
    pub purpose: Fact<Tri>,
    /// P2, acquires another's code.
    #[serde(default)]
    pub acquires: Fact<Tri>,
    /// P3, provides another's code; means and profit irrelevant (PV-1, PV-2).
    #[serde(default)]
    pub provides: Fact<Tri>,
    /// P4, to whom (PV-8).
    #[serde(default)]
    pub recipient: Fact<Recipient>,
    /// P5, which computer's use it is was made clear; a URL or the provider's name is enough (PV-3). 1999 only.
    #[serde(default)]
    pub target_made_clear: Fact<Tri>,
    /// P6, on request of one who knows that. 1999 only.
    #[serde(default)]
    pub on_request: Fact<Tri>,
    /// P7, the actor knows that the recipient means an act (i). 2012 only.
    #[serde(default)]
    pub knows_purpose: Fact<Tri>,
    /// P8, business or other proper reason (業務その他正当な理由). 2012 only.
    #[serde(default)]
    pub proper_reason: Fact<Tri>,
    /// P9, keeps another's code.
    #[serde(default)]
    pub keeps: Fact<Tri>,
    /// P10, the code was acquired illegally.
    #[serde(default)]
    pub acquired_illegally: Fact<Tri>,
    /// P11, poses as the administrator or makes people believe so.
    #[serde(default)]
    pub poses_as_administrator: Fact<Tri>,
    /// P12, a request to input the code was put where the public can see it.
    #[serde(default)]
    pub public_transmission: Fact<Tri>,
    /// P13, such a request was mailed to an entitled user.
    #[serde(default)]
    pub mail_to_entitled_user: Fact<Tri>,
    /// P14, the whole code was provided; refuted for a part such as the password alone (PV-4).
    #[serde(default)]
    pub code_is_complete: Fact<Tri>,
    /// P15, the recipient knew, or could identify, the matching ID (PV-5).
    #[serde(default)]
    pub matching_id_known: Fact<Tri>,
    /// P16, amounts to instigating or aiding an act (i) to (iii) (PV-7).
    #[serde(default)]
    pub aids_an_act: Fact<Tri>,
    /// P17, it is another's identification code; the credential status may refute it (PV-6).
    #[serde(default)]
    pub code_of_other: Fact<Tri>,
    /// Channel of a message, e.g. `email`, `sms`; whether a text message is an e-mail is left to an officer
    /// (CW-CLS-20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

impl Preparatory {
    /// A preparatory act of which nothing is known yet.
    #[must_use]
    pub fn new(kind: PreparatoryKind) -> Self {
        Self {
            kind,
            purpose: Fact::default(),
            acquires: Fact::default(),
            provides: Fact::default(),
            recipient: Fact::default(),
            target_made_clear: Fact::default(),
            on_request: Fact::default(),
            knows_purpose: Fact::default(),
            proper_reason: Fact::default(),
            keeps: Fact::default(),
            acquired_illegally: Fact::default(),
            poses_as_administrator: Fact::default(),
            public_transmission: Fact::default(),
            mail_to_entitled_user: Fact::default(),
            code_is_complete: Fact::default(),
            matching_id_known: Fact::default(),
            aids_an_act: Fact::default(),
            code_of_other: Fact::default(),
            channel: None,
        }
    }
}
