//! Reasons of failed logons: NTSTATUS of the security log, and error codes of Kerberos (RFC 4120 7.5.9).

use vocab::{Reason, UserKind};

/// Reason of an NTSTATUS, and what it tells of the account.
pub(super) fn ntstatus(code: u64) -> (Reason, Option<UserKind>) {
    match code {
        0 => (Reason::Ok, None),
        0xc000_0064 => (Reason::UnknownUser, Some(UserKind::Unknown)),
        0xc000_006a => (Reason::BadSecret, Some(UserKind::Known)),
        // Name or password: not told which.
        0xc000_006d => (Reason::BadSecret, None),
        0xc000_0071 | 0xc000_0224 => (Reason::PasswordExpired, Some(UserKind::Known)),
        0xc000_0072 => (Reason::Disabled, Some(UserKind::Disabled)),
        0xc000_0193 => (Reason::Expired, Some(UserKind::Expired)),
        0xc000_0234 => (Reason::Locked, Some(UserKind::Locked)),
        // Restriction, hours, workstation: the code itself may have been right.
        0xc000_006e..=0xc000_0070 | 0xc000_0022 | 0xc000_015b | 0xc000_0413 => {
            (Reason::NotAllowed, Some(UserKind::Known))
        }
        0xc000_005e | 0xc000_00dc | 0xc000_0133 | 0xc000_018c | 0xc000_0192 => (Reason::Protocol, None),
        _ => (Reason::Unknown, None),
    }
}

/// Reason of an error code of Kerberos.
pub(super) fn kerberos(code: u64) -> (Reason, Option<UserKind>) {
    match code {
        0 => (Reason::Ok, None),
        0x01 | 0x02 => (Reason::Expired, Some(UserKind::Expired)),
        0x06 => (Reason::UnknownUser, Some(UserKind::Unknown)),
        0x0c => (Reason::NotAllowed, Some(UserKind::Known)),
        // Disabled, expired or locked: not told which.
        0x12 => (Reason::Disabled, Some(UserKind::Disabled)),
        0x17 => (Reason::PasswordExpired, Some(UserKind::Known)),
        0x18 => (Reason::BadSecret, Some(UserKind::Known)),
        0x0e | 0x10 | 0x1f | 0x25 | 0x29 | 0x3c => (Reason::Protocol, None),
        _ => (Reason::Unknown, None),
    }
}
