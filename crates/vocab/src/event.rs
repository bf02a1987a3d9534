//! The normalised event (detection.md 1): what one record says, with borrowed text, and where the record stands.

use crate::{Citation, LogSource, Timestamp, WindowsRecord};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::net::IpAddr;

/// Text of a field: a slice of the record, or decoded text where the record holds an escaped form. `None` = absent.
pub type Text<'a> = Option<Cow<'a, str>>;

/// OCSF 1.8.0 class of an event; the number is `class_uid`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u32)]
#[expect(missing_docs, reason = "names of the schema")]
pub enum Class {
    #[default]
    Base = 0,
    FileSystem = 1001,
    KernelExtension = 1002,
    Module = 1005,
    ScheduledJob = 1006,
    Process = 1007,
    EventLog = 1008,
    DetectionFinding = 2004,
    AccountChange = 3001,
    Authentication = 3002,
    AuthorizeSession = 3003,
    GroupManagement = 3006,
    Network = 4001,
    Http = 4002,
    Dns = 4003,
    Rdp = 4005,
    Smb = 4006,
    Ssh = 4007,
    Ftp = 4008,
    Email = 4009,
    DeviceConfigState = 5002,
    Api = 6003,
    Datastore = 6005,
    Scan = 6007,
    RegistryKey = 201_001,
    RegistryValue = 201_002,
    WindowsService = 201_004,
}

/// OCSF activity numbers used with [`Class`]; 0 is "unknown", 99 "other".
#[expect(missing_docs, reason = "names of the schema")]
pub mod activity {
    pub const AUTH_LOGON: u8 = 1;
    pub const AUTH_LOGOFF: u8 = 2;
    pub const AUTH_TICKET: u8 = 3;
    pub const AUTH_SERVICE_TICKET: u8 = 4;
    pub const AUTH_PREAUTH: u8 = 6;
    pub const AUTH_SWITCH: u8 = 7;
    pub const SESSION_PRIVILEGES: u8 = 1;
    pub const ACCOUNT_CREATE: u8 = 1;
    pub const ACCOUNT_ENABLE: u8 = 2;
    pub const ACCOUNT_PASSWORD_CHANGE: u8 = 3;
    pub const ACCOUNT_PASSWORD_RESET: u8 = 4;
    pub const ACCOUNT_DISABLE: u8 = 5;
    pub const ACCOUNT_DELETE: u8 = 6;
    pub const ACCOUNT_LOCK: u8 = 9;
    pub const ACCOUNT_UNLOCK: u8 = 12;
    pub const GROUP_ADD_USER: u8 = 3;
    pub const GROUP_REMOVE_USER: u8 = 4;
    pub const GROUP_DELETE: u8 = 5;
    pub const GROUP_CREATE: u8 = 6;
    pub const NET_OPEN: u8 = 1;
    pub const NET_CLOSE: u8 = 2;
    pub const NET_FAIL: u8 = 4;
    pub const NET_REFUSE: u8 = 5;
    pub const NET_TRAFFIC: u8 = 6;
    pub const PROCESS_LAUNCH: u8 = 1;
    pub const PROCESS_TERMINATE: u8 = 2;
    pub const LOG_CLEAR: u8 = 1;
    pub const LOG_DELETE: u8 = 2;
    pub const LOG_ROTATE: u8 = 5;
    pub const LOG_START: u8 = 6;
    pub const LOG_STOP: u8 = 7;
    pub const LOG_ENABLE: u8 = 9;
    pub const LOG_DISABLE: u8 = 10;
    pub const OTHER: u8 = 99;
}

/// Result of the activity; the number is `status_id`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not stated.
    #[default]
    Unknown = 0,
    /// Success.
    Success = 1,
    /// Failure.
    Failure = 2,
}

/// Normalised reason of an authentication (detection.md 1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the closed list of 1.4")]
pub enum Reason {
    #[default]
    Unknown,
    Ok,
    BadSecret,
    UnknownUser,
    Disabled,
    Expired,
    Locked,
    PasswordExpired,
    NotAllowed,
    BadFactor,
    FactorDenied,
    FactorTimeout,
    RateLimited,
    BadKey,
    RevokedKey,
    NoMethod,
    Protocol,
    PreauthClose,
}

/// How a code was given (detection.md 1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the closed list of 1.2")]
pub enum AuthMethod {
    Password,
    Publickey,
    Certificate,
    Kbdint,
    Otp,
    Push,
    Passkey,
    GridCard,
    Gssapi,
    Kerberos,
    Ntlm,
    Hostbased,
    Basic,
    None,
}

/// What the log source itself says of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the closed list of 1.2")]
pub enum UserKind {
    Known,
    Unknown,
    Disabled,
    Expired,
    Locked,
    Empty,
}

/// How far a record can be believed (detection.md 6.3), weakest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Trust {
    /// Syslog over UDP, unknown origin, text of a daemon that does not escape line ends into a shared file.
    #[serde(rename = "TR0")]
    #[default]
    Tr0,
    /// Syslog text file of the host: any local user can write any program name.
    #[serde(rename = "TR1")]
    Tr1,
    /// The daemon's own file; journal entries whose trusted fields name the daemon.
    #[serde(rename = "TR2")]
    Tr2,
    /// Kernel, signed or binary system record, our own gate.
    #[serde(rename = "TR3")]
    Tr3,
}

/// Marks of an event (detection.md 1.2, last list).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u16);

impl Flags {
    /// More than one reading is possible; no source address, no response (DT-EVT-06).
    pub const AMBIGUOUS: Self = Self(1);
    /// The record was cut by its daemon or transport.
    pub const TRUNCATED: Self = Self(1 << 1);
    /// The outcome is deduced, not stated.
    pub const INFERRED: Self = Self(1 << 2);
    /// Older than the watermark.
    pub const LATE: Self = Self(1 << 3);
    /// The time stamp cannot be right.
    pub const BAD_TIME: Self = Self(1 << 4);
    /// The time is not the record's own.
    pub const TIME_ASSUMED: Self = Self(1 << 5);
    /// The zone is not stated by record or setting.
    pub const ZONE_ASSUMED: Self = Self(1 << 6);
    /// The year rests on a file time or the clock.
    pub const YEAR_ASSUMED: Self = Self(1 << 7);
    /// A confirmed clock correction was applied.
    pub const CLOCK_CORRECTED: Self = Self(1 << 8);
    /// The record stands for several (`message repeated n times`).
    pub const REPEATED: Self = Self(1 << 9);
    /// The character encoding was guessed.
    pub const ENCODING_GUESSED: Self = Self(1 << 10);
    /// A password, token or cookie was masked.
    pub const SECRET_MASKED: Self = Self(1 << 11);
    /// An announced test covers it.
    pub const CONSENTED: Self = Self(1 << 12);
    /// Our own exercise.
    pub const SELF_TEST: Self = Self(1 << 13);

    const NAMES: [(Self, &'static str); 14] = [
        (Self::AMBIGUOUS, "ambiguous"),
        (Self::TRUNCATED, "truncated"),
        (Self::INFERRED, "inferred"),
        (Self::LATE, "late"),
        (Self::BAD_TIME, "bad_time"),
        (Self::TIME_ASSUMED, "time_assumed"),
        (Self::ZONE_ASSUMED, "zone_assumed"),
        (Self::YEAR_ASSUMED, "year_assumed"),
        (Self::CLOCK_CORRECTED, "clock_corrected"),
        (Self::REPEATED, "repeated"),
        (Self::ENCODING_GUESSED, "encoding_guessed"),
        (Self::SECRET_MASKED, "secret_masked"),
        (Self::CONSENTED, "consented"),
        (Self::SELF_TEST, "self_test"),
    ];

    /// Sets the marks of `other`.
    pub fn set(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Are all marks of `other` set?
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Names of the marks that are set, in the order of the specification.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().filter(move |(flag, _)| self.has(*flag)).map(|(_, name)| *name)
    }
}

/// One possible reading of an ambiguous record (DT-HOS-03).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Source address of this reading.
    pub src_ip: Option<IpAddr>,
    /// Account of this reading.
    pub user: String,
    /// Outcome of this reading.
    pub outcome: Outcome,
}

/// A source field without a place of its own (DT-EVT-05).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra<'a> {
    /// Name as in the source; rules see it under this name.
    pub name: Cow<'a, str>,
    /// Value as text.
    pub value: Cow<'a, str>,
    /// The source gave a number or boolean, not text.
    pub bare: bool,
}

/// Where a record stands (detection.md 1.2, provenance).
#[derive(Clone, Debug, Default)]
pub struct Origin<'a> {
    /// Input name as the user gave it, plus `!member` for a member of an archive.
    pub file: &'a str,
    /// Rank of the log source (a rotation chain), by name and not by arrival; part of the order key (DT-COR-06).
    pub source: u32,
    /// Rank of the file inside its chain.
    pub file_rank: u32,
    /// Byte offset in the decompressed stream.
    pub offset: u64,
    /// Line number from 1, or the record's own number.
    pub line: u64,
    /// The record as received, without the line end.
    pub raw: &'a [u8],
    /// Name of the parser, e.g. `openssh`.
    pub parser: &'static str,
    /// Version of the parser.
    pub parser_version: u16,
    /// Row id of the grammar, e.g. `O01`; empty when none matched.
    pub grammar: &'static str,
    /// Where the record is kept; `None` while no ledger is written (`events`, `detect`).
    pub citation: Option<Citation>,
}

/// One normalised event. Field meanings: detection.md 1.2; OCSF names stand in the writer of `collect`.
#[derive(Clone, Debug, Default)]
pub struct Event<'a> {
    /// Time of the activity; `None` when the record carries none or `bad_time` is set.
    pub time: Option<Timestamp>,
    /// Offset of the log source from UTC, minutes.
    pub tz_offset_min: Option<i16>,
    /// Time stamp as printed.
    pub original_time: Text<'a>,
    /// OCSF class.
    pub class: Class,
    /// OCSF activity inside the class.
    pub activity: u8,
    /// Result.
    pub outcome: Outcome,
    /// Normalised reason.
    pub reason: Reason,
    /// Original code or text of the reason.
    pub reason_code: Text<'a>,
    /// Severity of the record itself, 1 to 5; 0 unknown.
    pub severity: u8,
    /// Sigma log source: product, e.g. `linux`; empty = open.
    pub product: &'static str,
    /// Sigma log source: category, e.g. `webserver`; empty = open.
    pub category: &'static str,
    /// Sigma log source: services, e.g. `sshd`, `auth` (DT-COR-23: evaluated once each).
    pub sigma_services: &'static [&'static str],
    /// Sigma log sources of a record that belongs to several at once (DT-FMT-56); where this is not empty it stands in
    /// place of `product`, `category` and `sigma_services`.
    pub log_sources: &'static [LogSource],
    /// Head of a Windows record; its fields stand in `extra`, a list as several fields of the same name (EX-1 to EX-8).
    pub windows: Option<&'a WindowsRecord<'a>>,

    /// Network peer (送信元); IPv4-mapped IPv6 is stored as IPv4.
    pub src_ip: Option<IpAddr>,
    /// Its port.
    pub src_port: Option<u16>,
    /// Its name as logged; never resolved.
    pub src_host: Text<'a>,
    /// Trusted-proxy chain.
    pub proxy_chain: Text<'a>,
    /// Computer that was accessed, name.
    pub dst_host: Text<'a>,
    /// Computer that was accessed, address.
    pub dst_ip: Option<IpAddr>,
    /// Port that was accessed.
    pub dst_port: Option<u16>,
    /// Terminal (端末): device id, workstation, TTY.
    pub device: Text<'a>,

    /// Account that was used or changed.
    pub user: Text<'a>,
    /// Its domain or realm.
    pub user_domain: Text<'a>,
    /// Its numeric id.
    pub user_uid: Text<'a>,
    /// What the log source says of the account.
    pub user_kind: Option<UserKind>,
    /// Who acted.
    pub actor: Text<'a>,
    /// Numeric id of who acted.
    pub actor_uid: Text<'a>,
    /// Account made, changed or switched to.
    pub target_user: Text<'a>,
    /// Group changed.
    pub group: Text<'a>,
    /// Login session: `ses=`, logon id, TTY.
    pub session: Text<'a>,
    /// How the code was given.
    pub auth_method: Option<AuthMethod>,
    /// A second factor took part.
    pub is_mfa: Option<bool>,
    /// The code crossed the line in clear.
    pub is_cleartext: Option<bool>,
    /// Came over the line (電気通信回線), as far as the record says.
    pub is_remote: Option<bool>,
    /// Key or certificate fingerprint.
    pub key_id: Text<'a>,
    /// Encryption of a ticket, as the record writes it, e.g. `0x17`.
    pub encryption: Text<'a>,
    /// Windows logon type.
    pub logon_type: Option<u8>,
    /// Service: sshd, imap-login, a vhost.
    pub service: Text<'a>,

    /// Program.
    pub process: Text<'a>,
    /// Its process id.
    pub pid: Option<u32>,
    /// Its parent.
    pub parent: Text<'a>,
    /// Command line.
    pub cmdline: Text<'a>,
    /// Working folder.
    pub cwd: Text<'a>,
    /// File.
    pub path: Text<'a>,

    /// HTTP method.
    pub http_method: Text<'a>,
    /// Path of the URL, raw.
    pub url_path: Text<'a>,
    /// Query of the URL, raw, without `?`.
    pub url_query: Text<'a>,
    /// Virtual host.
    pub url_host: Text<'a>,
    /// Status of the answer.
    pub http_status: Option<u16>,
    /// Bytes of the answer.
    pub bytes_out: Option<u64>,
    /// Bytes of the request.
    pub bytes_in: Option<u64>,
    /// Time to answer, microseconds.
    pub latency_us: Option<u64>,
    /// User agent.
    pub user_agent: Text<'a>,
    /// Referrer.
    pub referrer: Text<'a>,
    /// Client fingerprint.
    pub client_fp: Text<'a>,
    /// IDS rule, Windows event id, audit type.
    pub signature: Text<'a>,

    /// Message without framing.
    pub message: Text<'a>,
    /// How many attempts the record stands for.
    pub count: u32,
    /// How far the record can be believed.
    pub trust: Trust,
    /// Marks.
    pub flags: Flags,
    /// Id that joins records of the same try (DT-FMT-16): hash of log source, host and pid or session; 0 = alone.
    pub attempt: u64,
    /// Possible readings when ambiguous.
    pub readings: Vec<Reading>,
    /// Fields without a place of their own.
    pub extra: Vec<Extra<'a>>,
    /// Where the record stands.
    pub origin: Origin<'a>,
}

impl<'a> Event<'a> {
    /// Adds a field without a place of its own.
    pub fn push_extra(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.extra.push(Extra { name: name.into(), value: value.into(), bare: false });
    }

    /// Value of an extra field by its exact name.
    #[must_use]
    pub fn extra(&self, name: &str) -> Option<&str> {
        self.extra.iter().find(|extra| extra.name == name).map(|extra| extra.value.as_ref())
    }
}
