//! Names of fields that the code looks for, with fixed numbers.

use super::names::NameId;

macro_rules! known {
    ($($number:literal $constant:ident $name:literal,)*) => {
        $(pub(crate) const $constant: NameId = NameId($number);)*
        /// All of them, each at the place of its number.
        pub(super) const ALL: &[&str] = &[$($name),*];
    };
}

known! {
    0 PROVIDER "Provider_Name",
    1 EVENT_ID "EventID",
    2 VERSION "Version",
    3 LEVEL "Level",
    4 CHANNEL "Channel",
    5 COMPUTER "Computer",
    6 RECORD_ID "EventRecordID",
    7 TIME "TimeCreated_SystemTime",
    8 MESSAGE "Message",
    9 MD5 "md5",
    10 SHA1 "sha1",
    11 SHA256 "sha256",
    12 IMPHASH "imphash",
    13 KEYWORDS "Keywords",
    14 USER_ID "Security_UserID",
    15 EVENT_TYPE "EventType",
    16 TARGET_USER_NAME "TargetUserName",
    17 TARGET_DOMAIN_NAME "TargetDomainName",
    18 TARGET_USER_SID "TargetUserSid",
    19 TARGET_SID "TargetSid",
    20 TARGET_LOGON_ID "TargetLogonId",
    21 TARGET_LINKED_LOGON_ID "TargetLinkedLogonId",
    22 ELEVATED_TOKEN "ElevatedToken",
    23 TARGET_SERVER_NAME "TargetServerName",
    24 SUBJECT_USER_NAME "SubjectUserName",
    25 SUBJECT_DOMAIN_NAME "SubjectDomainName",
    26 SUBJECT_USER_SID "SubjectUserSid",
    27 SUBJECT_LOGON_ID "SubjectLogonId",
    28 IP_ADDRESS "IpAddress",
    29 IP_PORT "IpPort",
    30 WORKSTATION_NAME "WorkstationName",
    31 WORKSTATION "Workstation",
    32 LOGON_TYPE "LogonType",
    33 AUTHENTICATION_PACKAGE_NAME "AuthenticationPackageName",
    34 STATUS "Status",
    35 SUB_STATUS "SubStatus",
    36 PROCESS_NAME "ProcessName",
    37 PROCESS_ID "ProcessId",
    38 SERVICE_NAME "ServiceName",
    39 NEW_PROCESS_NAME "NewProcessName",
    40 NEW_PROCESS_ID "NewProcessId",
    41 COMMAND_LINE "CommandLine",
    42 PROCESS_COMMAND_LINE "ProcessCommandLine",
    43 PARENT_PROCESS_NAME "ParentProcessName",
    44 SERVICE_FILE_NAME "ServiceFileName",
    45 IMAGE_PATH "ImagePath",
    46 SERVICE_ACCOUNT "ServiceAccount",
    47 ACCOUNT_NAME "AccountName",
    48 ACCOUNT_DOMAIN "AccountDomain",
    49 SESSION_LOGON_ID "LogonID",
    50 CLIENT_NAME "ClientName",
    51 CLIENT_ADDRESS "ClientAddress",
    52 TASK_NAME "TaskName",
    53 TASK_CONTENT "TaskContent",
    54 TASK_CONTENT_NEW "TaskContentNew",
    55 AUDIT_POLICY_CHANGES "AuditPolicyChanges",
    56 NEW_TARGET_USER_NAME "NewTargetUserName",
    57 MEMBER_NAME "MemberName",
    58 MEMBER_SID "MemberSid",
    59 OBJECT_NAME "ObjectName",
    60 OBJECT_DN "ObjectDN",
    61 SHARE_NAME "ShareName",
    62 RELATIVE_TARGET_NAME "RelativeTargetName",
    63 PARAM1 "Param1",
    64 PARAM2 "Param2",
    65 PARAM3 "Param3",
    66 USER "User",
    67 ADDRESS "Address",
    68 SESSION_ID "SessionID",
    69 SSH_PAYLOAD "payload",
    70 SSH_PROCESS "process",
    71 IMAGE "Image",
    72 PARENT_IMAGE "ParentImage",
    73 CURRENT_DIRECTORY "CurrentDirectory",
    74 LOGON_ID "LogonId",
    75 SOURCE_IP "SourceIp",
    76 SOURCE_PORT "SourcePort",
    77 SOURCE_HOSTNAME "SourceHostname",
    78 DESTINATION_IP "DestinationIp",
    79 DESTINATION_PORT "DestinationPort",
    80 IMAGE_LOADED "ImageLoaded",
    81 SOURCE_IMAGE "SourceImage",
    82 TARGET_IMAGE "TargetImage",
    83 SOURCE_PROCESS_ID "SourceProcessId",
    84 SOURCE_USER "SourceUser",
    85 TARGET_FILENAME "TargetFilename",
    86 TARGET_OBJECT "TargetObject",
    87 PIPE_NAME "PipeName",
    88 NAME "Name",
    89 QUERY_NAME "QueryName",
    90 SCRIPT_BLOCK_TEXT "ScriptBlockText",
    91 PATH "Path",
    92 SOURCE_ADDRESS "SourceAddress",
    93 DEST_ADDRESS "DestAddress",
    94 DEST_PORT "DestPort",
    95 APPLICATION "Application",
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::names::Names;

    #[test]
    fn each_stands_at_its_number() {
        let mut names = Names::default();
        for (number, name) in (0..).zip(ALL) {
            assert_eq!(names.number(name), NameId(number), "{name}");
        }
        assert_eq!(&**names.name(TARGET_USER_NAME), "TargetUserName");
    }
}
