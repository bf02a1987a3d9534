//! Names of the fields of events, in their order, for exports that hold values without names (PowerShell). Windows keeps
//! the names with the provider; these are those of the events that matter most. Later versions of an event only add
//! fields at the end.

use super::sources::SECURITY;

const POWERSHELL: &str = "Microsoft-Windows-PowerShell";
const DESKTOP: &str = "Microsoft-Windows-TerminalServices-LocalSessionManager";
const TASKS: &str = "Microsoft-Windows-TaskScheduler";

/// Who acted, at the beginning of most events of the security log.
const SUBJECT: &str = "SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId";
/// The account that was changed.
const TARGET: &str = "TargetUserName TargetDomainName TargetSid";

/// Provider, event id, and the names; `@S` and `@T` stand for [`SUBJECT`] and [`TARGET`].
const NAMES: &[(&str, u32, &str)] = &[
    (SECURITY, 4616, "@S PreviousTime NewTime ProcessId ProcessName"),
    (
        SECURITY,
        4624,
        "@S TargetUserSid TargetUserName TargetDomainName TargetLogonId LogonType LogonProcessName \
         AuthenticationPackageName WorkstationName LogonGuid TransmittedServices LmPackageName KeyLength ProcessId \
         ProcessName IpAddress IpPort ImpersonationLevel RestrictedAdminMode TargetOutboundUserName \
         TargetOutboundDomainName VirtualAccount TargetLinkedLogonId ElevatedToken",
    ),
    (
        SECURITY,
        4625,
        "@S TargetUserSid TargetUserName TargetDomainName Status FailureReason SubStatus LogonType LogonProcessName \
         AuthenticationPackageName WorkstationName TransmittedServices LmPackageName KeyLength ProcessId ProcessName \
         IpAddress IpPort",
    ),
    (SECURITY, 4634, "TargetUserSid TargetUserName TargetDomainName TargetLogonId LogonType"),
    (SECURITY, 4647, "TargetUserSid TargetUserName TargetDomainName TargetLogonId"),
    (
        SECURITY,
        4648,
        "@S LogonGuid TargetUserName TargetDomainName TargetLogonGuid TargetServerName TargetInfo ProcessId ProcessName \
         IpAddress IpPort",
    ),
    (
        SECURITY,
        4662,
        "@S ObjectServer ObjectType ObjectName OperationType HandleId AccessList AccessMask Properties AdditionalInfo \
         AdditionalInfo2",
    ),
    (SECURITY, 4672, "@S PrivilegeList"),
    (
        SECURITY,
        4688,
        "@S NewProcessId NewProcessName TokenElevationType ProcessId CommandLine TargetUserSid TargetUserName \
         TargetDomainName TargetLogonId ParentProcessName MandatoryLabel",
    ),
    (SECURITY, 4697, "@S ServiceName ServiceFileName ServiceType ServiceStartType ServiceAccount"),
    (SECURITY, 4698, "@S TaskName TaskContent"),
    (SECURITY, 4699, "@S TaskName TaskContent"),
    (SECURITY, 4702, "@S TaskName TaskContentNew"),
    (SECURITY, 4719, "@S CategoryId SubcategoryId SubcategoryGuid AuditPolicyChanges"),
    (SECURITY, 4720, "@T @S PrivilegeList SamAccountName DisplayName UserPrincipalName"),
    (SECURITY, 4722, "@T @S"),
    (SECURITY, 4723, "@T @S PrivilegeList"),
    (SECURITY, 4724, "@T @S"),
    (SECURITY, 4725, "@T @S"),
    (SECURITY, 4726, "@T @S PrivilegeList"),
    (SECURITY, 4728, "MemberName MemberSid @T @S PrivilegeList"),
    (SECURITY, 4732, "MemberName MemberSid @T @S PrivilegeList"),
    (SECURITY, 4756, "MemberName MemberSid @T @S PrivilegeList"),
    (SECURITY, 4740, "@T @S"),
    (SECURITY, 4767, "@T @S"),
    (
        SECURITY,
        4768,
        "@T ServiceName ServiceSid TicketOptions Status TicketEncryptionType PreAuthType IpAddress IpPort CertIssuerName \
         CertSerialNumber CertThumbprint",
    ),
    (
        SECURITY,
        4769,
        "TargetUserName TargetDomainName ServiceName ServiceSid TicketOptions TicketEncryptionType IpAddress IpPort \
         Status LogonGuid TransmittedServices",
    ),
    (
        SECURITY,
        4771,
        "TargetUserName TargetSid ServiceName TicketOptions Status PreAuthType IpAddress IpPort CertIssuerName \
         CertSerialNumber CertThumbprint",
    ),
    (SECURITY, 4776, "PackageName TargetUserName Workstation Status"),
    (SECURITY, 5140, "@S ObjectType IpAddress IpPort ShareName ShareLocalPath AccessMask AccessList"),
    (
        SECURITY,
        5145,
        "@S ObjectType IpAddress IpPort ShareName ShareLocalPath RelativeTargetName AccessMask AccessList AccessReason",
    ),
    (
        SECURITY,
        4656,
        "@S ObjectServer ObjectType ObjectName HandleId TransactionId AccessList AccessReason AccessMask PrivilegeList \
         RestrictedSidCount ProcessId ProcessName ResourceAttributes",
    ),
    (
        SECURITY,
        4661,
        "@S ObjectServer ObjectType ObjectName HandleId TransactionId AccessList AccessMask PrivilegeList Properties \
         RestrictedSidCount ProcessId ProcessName",
    ),
    (
        SECURITY,
        4663,
        "@S ObjectServer ObjectType ObjectName HandleId AccessList AccessMask ProcessId ProcessName ResourceAttributes",
    ),
    (
        SECURITY,
        4738,
        "Dummy @T @S PrivilegeList SamAccountName DisplayName UserPrincipalName HomeDirectory HomePath ScriptPath \
         ProfilePath UserWorkstations PasswordLastSet AccountExpires PrimaryGroupId AllowedToDelegateTo OldUacValue \
         NewUacValue UserAccountControl UserParameters SidHistory LogonHours",
    ),
    (
        SECURITY,
        4742,
        "ComputerAccountChange @T @S PrivilegeList SamAccountName DisplayName UserPrincipalName HomeDirectory HomePath \
         ScriptPath ProfilePath UserWorkstations PasswordLastSet AccountExpires PrimaryGroupId AllowedToDelegateTo \
         OldUacValue NewUacValue UserAccountControl UserParameters SidHistory LogonHours DnsHostName \
         ServicePrincipalNames",
    ),
    (SECURITY, 4781, "OldTargetUserName NewTargetUserName TargetDomainName TargetSid @S PrivilegeList"),
    (SECURITY, 4794, "@S Workstation Status"),
    (
        SECURITY,
        5136,
        "OpCorrelationID AppCorrelationID @S DSName DSType ObjectDN ObjectGUID ObjectClass AttributeLDAPDisplayName \
         AttributeSyntaxOID AttributeValue OperationType",
    ),
    (SECURITY, 5142, "@S ShareName ShareLocalPath"),
    (POWERSHELL, 4104, "MessageNumber MessageTotal ScriptBlockText ScriptBlockId Path"),
    (DESKTOP, 21, "User SessionID Address"),
    (DESKTOP, 24, "User SessionID Address"),
    (DESKTOP, 25, "User SessionID Address"),
    (TASKS, 106, "TaskName UserContext"),
    ("Service Control Manager", 7045, "ServiceName ImagePath ServiceType StartType AccountName"),
];

/// The names for `count` values of an event; `None` when they are not known.
pub(super) fn of(provider: &str, event_id: u32, count: usize) -> Option<Vec<&'static str>> {
    let (_, _, names) = NAMES.iter().find(|(own, id, _)| *own == provider && *id == event_id)?;
    let names: Vec<&str> = names
        .split_whitespace()
        .flat_map(|name| match name {
            "@S" => SUBJECT.split(' ').collect::<Vec<_>>(),
            "@T" => TARGET.split(' ').collect(),
            name => vec![name],
        })
        .collect();
    (count <= names.len()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_their_order() {
        assert_eq!(of(SECURITY, 4672, 5).unwrap().last(), Some(&"PrivilegeList"));
        assert_eq!(of(SECURITY, 4624, 20).unwrap().get(18), Some(&"IpAddress"));
        assert_eq!(of(SECURITY, 4672, 6), None);
        assert_eq!(of("Other", 4672, 1), None);
        assert_eq!(of(SECURITY, 4663, 12).unwrap().get(11), Some(&"ProcessName"), "version 0");
        assert_eq!(of(SECURITY, 4742, 27).unwrap().get(6), Some(&"SubjectDomainName"));
        assert_eq!(of(POWERSHELL, 4104, 5).unwrap().get(2), Some(&"ScriptBlockText"));
    }
}
