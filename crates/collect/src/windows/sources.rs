//! Log sources of the Sigma taxonomy 2.1 that a Windows record belongs to (DT-FMT-56), as data. Channel and provider are
//! judged for each record (DT-FMT-57).

use vocab::LogSource;

/// Provider of the security log.
pub(crate) const SECURITY: &str = "Microsoft-Windows-Security-Auditing";
/// Provider of Sysmon.
pub(crate) const SYSMON: &str = "Microsoft-Windows-Sysmon";

const fn service(service: &'static str) -> LogSource {
    LogSource { product: "windows", category: "", service }
}

const fn both(category: &'static str, service: &'static str) -> LogSource {
    LogSource { product: "windows", category, service }
}

/// Services by channel.
const BY_CHANNEL: &[(&str, &[LogSource])] = &[
    ("Security", &[service("security")]),
    ("System", &[service("system")]),
    ("Application", &[service("application")]),
    ("Windows PowerShell", &[service("powershell-classic")]),
    ("Microsoft-Windows-PowerShell/Operational", &[service("powershell")]),
    ("PowerShellCore/Operational", &[service("powershell")]),
    ("Microsoft-Windows-Sysmon/Operational", &[service("sysmon")]),
    ("Linux-Sysmon/Operational", &[service("sysmon")]),
    ("Microsoft-Windows-TaskScheduler/Operational", &[service("taskscheduler")]),
    ("Microsoft-Windows-WMI-Activity/Operational", &[service("wmi")]),
    ("Microsoft-Windows-Windows Defender/Operational", &[service("windefend")]),
    ("DNS Server", &[service("dns-server")]),
    ("Microsoft-Windows-DNS-Server/Audit", &[service("dns-server-audit")]),
    ("Microsoft-Windows-DNS-Server/Analytical", &[service("dns-server-analytic")]),
    ("Microsoft-Windows-DNSServer/Analytical", &[service("dns-server-analytic")]),
    ("Microsoft-Windows-DNS Client Events/Operational", &[service("dns-client")]),
    ("Microsoft-Windows-DNS-Client/Operational", &[service("dns-client")]),
    ("Microsoft-Windows-DriverFrameworks-UserMode/Operational", &[service("driver-framework")]),
    ("Microsoft-Windows-NTLM/Operational", &[service("ntlm")]),
    ("Microsoft-Windows-DHCP-Server/Operational", &[service("dhcp")]),
    ("Microsoft-Windows-AppLocker/MSI and Script", &[service("applocker")]),
    ("Microsoft-Windows-AppLocker/EXE and DLL", &[service("applocker")]),
    ("Microsoft-Windows-AppLocker/Packaged app-Deployment", &[service("applocker")]),
    ("Microsoft-Windows-AppLocker/Packaged app-Execution", &[service("applocker")]),
    ("MSExchange Management", &[service("msexchange-management")]),
    ("Microsoft-Windows-PrintService/Admin", &[service("printservice-admin")]),
    ("Microsoft-Windows-PrintService/Operational", &[service("printservice-operational")]),
    (
        "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
        &[service("terminalservices-localsessionmanager")],
    ),
    ("Microsoft-Windows-SMBClient/Security", &[service("smbclient-security")]),
    ("Microsoft-Windows-SmbClient/Security", &[service("smbclient-security")]),
    ("Microsoft-Windows-SmbClient/Connectivity", &[service("smbclient-connectivity")]),
    ("Microsoft-Windows-SMBServer/Connectivity", &[service("smbserver-connectivity")]),
    ("Microsoft-Windows-Bits-Client/Operational", &[service("bits-client")]),
    ("Microsoft-Windows-CodeIntegrity/Operational", &[service("codeintegrity-operational")]),
    ("Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", &[service("firewall-as")]),
    ("Microsoft-Windows-AppXDeploymentServer/Operational", &[service("appxdeployment-server")]),
    ("Microsoft-Windows-AppxPackaging/Operational", &[service("appxpackaging-om")]),
    ("Microsoft-Windows-AppModel-Runtime/Admin", &[service("appmodel-runtime")]),
    ("Microsoft-Windows-Security-Mitigations/Kernel Mode", &[service("security-mitigations")]),
    ("Microsoft-Windows-Security-Mitigations/User Mode", &[service("security-mitigations")]),
    ("Microsoft-Windows-Diagnosis-Scripted/Operational", &[service("diagnosis-scripted")]),
    ("Microsoft-Windows-Shell-Core/Operational", &[service("shell-core")]),
    ("OpenSSH/Operational", &[service("openssh")]),
    ("Microsoft-Windows-LDAP-Client/Debug", &[service("ldap")]),
    ("Microsoft-Windows-LSA/Operational", &[service("lsa-server")]),
    ("Microsoft-ServiceBus-Client", &[service("microsoft-servicebus-client")]),
    ("Microsoft-ServiceBus-Client/Operational", &[service("microsoft-servicebus-client")]),
    ("Microsoft-ServiceBus-Client/Admin", &[service("microsoft-servicebus-client")]),
    (
        "Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
        &[service("certificateservicesclient-lifecycle-system")],
    ),
    ("Microsoft-Windows-CAPI2/Operational", &[service("capi2")]),
    ("Microsoft-Windows-VHDMP-Operational", &[service("vhdmp")]),
    ("Microsoft-Windows-VHDMP/Operational", &[service("vhdmp")]),
    ("Microsoft-IIS-Configuration/Operational", &[service("iis-configuration")]),
    ("Microsoft-Windows-Hyper-V-Worker-Admin", &[service("hyper-v-worker")]),
    ("Microsoft-Windows-Kernel-EventTracing", &[service("kernel-event-tracing")]),
    ("Microsoft-Windows-Kernel-EventTracing/Admin", &[service("kernel-event-tracing")]),
    ("Microsoft-Windows-Kernel-ShimEngine/Operational", &[service("kernel-shimengine")]),
    ("Microsoft-Windows-Kernel-ShimEngine/Diagnostic", &[service("kernel-shimengine")]),
    ("Microsoft-Windows-BitLocker/BitLocker Management", &[service("bitlocker")]),
    ("Microsoft-Windows-Application-Experience/Program-Telemetry", &[service("application-experience")]),
    (
        "Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant",
        &[service("application-experience")],
    ),
    ("Microsoft-Windows-SENSE/Operational", &[service("sense")]),
    ("Directory Service", &[service("directory-service")]),
];

/// Categories by provider and event id.
const BY_EVENT: &[(&str, u32, &[LogSource])] = &[
    (SECURITY, 4688, &[both("process_creation", "security")]),
    (SYSMON, 1, &[both("process_creation", "sysmon")]),
    (SYSMON, 2, &[both("file_change", "sysmon")]),
    (SYSMON, 3, &[both("network_connection", "sysmon")]),
    (SYSMON, 4, &[both("sysmon_status", "sysmon")]),
    (SYSMON, 5, &[both("process_termination", "sysmon")]),
    (SYSMON, 6, &[both("driver_load", "sysmon")]),
    (SYSMON, 7, &[both("image_load", "sysmon")]),
    (SYSMON, 8, &[both("create_remote_thread", "sysmon")]),
    (SYSMON, 9, &[both("raw_access_thread", "sysmon")]),
    (SYSMON, 10, &[both("process_access", "sysmon")]),
    (SYSMON, 11, &[both("file_event", "sysmon")]),
    (SYSMON, 12, &[both("registry_event", "sysmon")]),
    (SYSMON, 13, &[both("registry_set", "sysmon"), both("registry_event", "sysmon")]),
    (SYSMON, 14, &[both("registry_rename", "sysmon"), both("registry_event", "sysmon")]),
    (SYSMON, 15, &[both("create_stream_hash", "sysmon")]),
    (SYSMON, 16, &[both("sysmon_status", "sysmon")]),
    (SYSMON, 17, &[both("pipe_created", "sysmon")]),
    (SYSMON, 18, &[both("pipe_created", "sysmon")]),
    (SYSMON, 19, &[both("wmi_event", "sysmon")]),
    (SYSMON, 20, &[both("wmi_event", "sysmon")]),
    (SYSMON, 21, &[both("wmi_event", "sysmon")]),
    (SYSMON, 22, &[both("dns_query", "sysmon")]),
    (SYSMON, 23, &[both("file_delete", "sysmon")]),
    (SYSMON, 24, &[both("clipboard_change", "sysmon")]),
    (SYSMON, 25, &[both("process_tampering", "sysmon")]),
    (SYSMON, 26, &[both("file_delete", "sysmon"), both("file_delete_detected", "sysmon")]),
    (SYSMON, 27, &[both("file_block_executable", "sysmon")]),
    (SYSMON, 28, &[both("file_block_shredding", "sysmon")]),
    (SYSMON, 29, &[both("file_executable_detected", "sysmon")]),
    (SYSMON, 255, &[both("sysmon_error", "sysmon")]),
    ("Microsoft-Windows-PowerShell", 4103, &[both("ps_module", "powershell")]),
    ("Microsoft-Windows-PowerShell", 4104, &[both("ps_script", "powershell")]),
    ("PowerShellCore", 4103, &[both("ps_module", "powershell")]),
    ("PowerShellCore", 4104, &[both("ps_script", "powershell")]),
    ("PowerShell", 400, &[both("ps_classic_start", "powershell-classic")]),
    ("PowerShell", 600, &[both("ps_classic_provider_start", "powershell-classic")]),
    ("PowerShell", 800, &[both("ps_classic_script", "powershell-classic")]),
    ("Microsoft-Windows-Kernel-File", 12, &[both("file_access", "")]),
    ("Microsoft-Windows-Kernel-File", 19, &[both("file_rename", "")]),
    ("Microsoft-Windows-Kernel-File", 26, &[both("file_delete", "")]),
];

/// Sysmon 12 by the kind of its change.
const REGISTRY_ADD: &[LogSource] = &[both("registry_add", "sysmon"), both("registry_event", "sysmon")];
const REGISTRY_DELETE: &[LogSource] = &[both("registry_delete", "sysmon"), both("registry_event", "sysmon")];
/// Anything else of Windows.
const WINDOWS: &[LogSource] = &[service("")];

/// Log sources of a shape of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sources {
    list: &'static [LogSource],
    /// The value of `EventType` decides.
    by_event_type: bool,
}

impl Sources {
    /// By the head of the record.
    pub(crate) fn of(provider: &str, channel: &str, event_id: &str) -> Self {
        let id = event_id.parse::<u32>().ok();
        let by_event = BY_EVENT.iter().find(|(own, number, _)| *own == provider && Some(*number) == id);
        let by_channel = || BY_CHANNEL.iter().find(|(own, _)| own.eq_ignore_ascii_case(channel));
        let list = match by_event {
            Some((_, _, list)) => list,
            None => by_channel().map_or(WINDOWS, |(_, list)| list),
        };
        Self { list, by_event_type: (provider, id) == (SYSMON, Some(12)) }
    }

    /// The list for a record; `event_type` gives the value of its `EventType`.
    pub(crate) fn list<'v>(self, event_type: impl FnOnce() -> Option<&'v str>) -> &'static [LogSource] {
        if !self.by_event_type {
            return self.list;
        }
        match event_type() {
            Some("CreateKey" | "CreateValue") => REGISTRY_ADD,
            Some("DeleteKey" | "DeleteValue") => REGISTRY_DELETE,
            _ => self.list,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn categories(
        provider: &str,
        channel: &str,
        id: &str,
        event_type: Option<&str>,
    ) -> Vec<(&'static str, &'static str)> {
        let list = Sources::of(provider, channel, id).list(|| event_type);
        list.iter().map(|source| (source.category, source.service)).collect()
    }

    /// DT-FMT-56, DT-FMT-57.
    #[test]
    fn one_event_may_belong_to_several_sources() {
        let sysmon = "Microsoft-Windows-Sysmon/Operational";
        assert_eq!(categories(SECURITY, "Security", "4688", None), [("process_creation", "security")]);
        assert_eq!(categories(SECURITY, "Security", "4624", None), [("", "security")]);
        assert_eq!(
            categories(SYSMON, sysmon, "13", None),
            [("registry_set", "sysmon"), ("registry_event", "sysmon")]
        );
        assert_eq!(
            categories(SYSMON, sysmon, "12", Some("DeleteValue")),
            [("registry_delete", "sysmon"), ("registry_event", "sysmon")]
        );
        assert_eq!(categories(SYSMON, sysmon, "12", Some("x")), [("registry_event", "sysmon")]);
        // An event id means nothing without its provider.
        assert_eq!(categories("Other", "Security", "4688", None), [("", "security")]);
        assert_eq!(categories("Other", "Other/Channel", "1", None), [("", "")]);
    }

    /// DT-COR-23.
    #[test]
    fn at_most_four() {
        assert!(BY_EVENT.iter().all(|(_, _, list)| !list.is_empty() && list.len() <= 4));
        assert!(BY_CHANNEL.iter().all(|(_, list)| list.len() == 1));
    }
}
