//! The names under which closed lists stand in JSON, rules and reports.

use crate::{AuthMethod, Outcome, Reason};

impl Outcome {
    /// `unknown`, `success` or `failure`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

impl Reason {
    /// Name of the closed list of detection.md 1.4, e.g. `bad_secret`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Ok => "ok",
            Self::BadSecret => "bad_secret",
            Self::UnknownUser => "unknown_user",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Locked => "locked",
            Self::PasswordExpired => "password_expired",
            Self::NotAllowed => "not_allowed",
            Self::BadFactor => "bad_factor",
            Self::FactorDenied => "factor_denied",
            Self::FactorTimeout => "factor_timeout",
            Self::RateLimited => "rate_limited",
            Self::BadKey => "bad_key",
            Self::RevokedKey => "revoked_key",
            Self::NoMethod => "no_method",
            Self::Protocol => "protocol",
            Self::PreauthClose => "preauth_close",
        }
    }
}

impl AuthMethod {
    /// Name of the closed list of detection.md 1.2, e.g. `kbdint`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Publickey => "publickey",
            Self::Certificate => "certificate",
            Self::Kbdint => "kbdint",
            Self::Otp => "otp",
            Self::Push => "push",
            Self::Passkey => "passkey",
            Self::GridCard => "grid_card",
            Self::Gssapi => "gssapi",
            Self::Kerberos => "kerberos",
            Self::Ntlm => "ntlm",
            Self::Hostbased => "hostbased",
            Self::Basic => "basic",
            Self::None => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};

    /// The name that serialization reads is the one that is written.
    fn read<'n, T: Deserialize<'n>>(name: &'n str) -> T {
        let from: StrDeserializer<'n, Error> = name.into_deserializer();
        T::deserialize(from).expect(name)
    }

    #[test]
    fn names_are_those_of_serialization() {
        for name in ["unknown", "success", "failure"] {
            assert_eq!(read::<Outcome>(name).as_str(), name);
        }
        for name in ["unknown", "ok", "bad_secret", "password_expired", "factor_timeout", "preauth_close"] {
            assert_eq!(read::<Reason>(name).as_str(), name);
        }
        for name in ["password", "kbdint", "grid_card", "hostbased", "none"] {
            assert_eq!(read::<AuthMethod>(name).as_str(), name);
        }
    }
}
