//! Records of the kernel about a system call: programs started, files touched, connections opened.

use super::meaning::Own;
use crate::grammar::text::ip;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use vocab::{Class, Event, activity};

/// Most arguments of a command that are put together.
const ARGUMENTS_MAX: usize = 128;

/// Fills the event when the record is one of these.
pub(super) fn describe<'a>(
    own: &'a Own,
    group: impl Iterator<Item = &'a Own> + Clone,
    event: &mut Event<'a>,
) -> bool {
    let find = |kind: &str| group.clone().find(|other| other.kind == kind);
    event.cwd = find("CWD").and_then(|own| own.get("cwd")).map(Into::into);
    match own.kind.as_str() {
        "SYSCALL" => {
            event.class = Class::Process;
            event.activity = activity::OTHER;
            if own.get("SYSCALL").is_none()
                && let Some(name) =
                    name(own.get("arch").unwrap_or_default(), own.get("syscall").unwrap_or_default())
            {
                event.push_extra("SYSCALL", name);
            }
        }
        "EXECVE" => {
            event.class = Class::Process;
            event.activity = activity::PROCESS_LAUNCH;
            event.category = "process_creation";
            event.cmdline = Some(arguments(own).into());
        }
        "PROCTITLE" => {
            event.class = Class::Base;
            event.cmdline = own.get("proctitle").map(Into::into);
        }
        "CWD" => event.class = Class::Base,
        "PATH" => {
            event.class = Class::FileSystem;
            event.path = own.get("name").map(Into::into);
            event.activity = match own.get("nametype") {
                Some("CREATE") => 1,
                Some("DELETE") => 4,
                _ => activity::OTHER,
            };
            if event.activity == 1 {
                event.category = "file_event";
            }
        }
        "SOCKADDR" => {
            let address = own
                .get("laddr")
                .and_then(ip)
                .map(|ip| (ip, own.get("lport").and_then(|port| port.parse().ok())));
            let Some((ip, port)) = address.or_else(|| own.get("saddr").and_then(socket)) else {
                event.class = Class::Base;
                return true;
            };
            event.class = Class::Network;
            event.activity = activity::NET_OPEN;
            event.category = "network_connection";
            (event.dst_ip, event.dst_port) = (Some(ip), port);
        }
        _ => return false,
    }
    true
}

/// `a0="x" a1="y"` as one line.
fn arguments(own: &Own) -> String {
    let mut line = String::new();
    for (key, value) in
        own.fields.iter().filter(|(key, _)| key.starts_with('a') && key != "argc").take(ARGUMENTS_MAX)
    {
        let more = key.contains("_len");
        if more || !key.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            continue;
        }
        // A long argument is written in parts, `a1[0]`, `a1[1]`.
        let first = !key.ends_with(']') || key.ends_with("[0]");
        if !line.is_empty() && first {
            line.push(' ');
        }
        line.push_str(value);
    }
    line
}

/// `saddr=` of an IPv4 or IPv6 socket.
fn socket(hex: &str) -> Option<(IpAddr, Option<u16>)> {
    let bytes = hex::decode(hex).ok()?;
    let port = u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]);
    match (bytes.first()?, bytes.get(1)?) {
        (2, 0) => {
            let address: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
            Some((IpAddr::V4(Ipv4Addr::from(address)), Some(port)))
        }
        (10, 0) => {
            let address: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
            Some((IpAddr::V6(Ipv6Addr::from(address)).to_canonical(), Some(port)))
        }
        _ => None,
    }
}

/// Name of a system call that rules ask for, by number.
fn name(arch: &str, number: &str) -> Option<&'static str> {
    let table: &[(&str, &str)] = match arch {
        "c000003e" => &[
            ("2", "open"),
            ("42", "connect"),
            ("43", "accept"),
            ("49", "bind"),
            ("59", "execve"),
            ("82", "rename"),
            ("87", "unlink"),
            ("90", "chmod"),
            ("92", "chown"),
            ("101", "ptrace"),
            ("105", "setuid"),
            ("175", "init_module"),
            ("176", "delete_module"),
            ("257", "openat"),
            ("263", "unlinkat"),
            ("268", "fchmodat"),
            ("313", "finit_module"),
            ("319", "memfd_create"),
            ("322", "execveat"),
        ],
        "c00000b7" => &[
            ("35", "unlinkat"),
            ("53", "fchmodat"),
            ("56", "openat"),
            ("105", "init_module"),
            ("106", "delete_module"),
            ("117", "ptrace"),
            ("146", "setuid"),
            ("200", "bind"),
            ("203", "connect"),
            ("221", "execve"),
            ("273", "finit_module"),
            ("279", "memfd_create"),
            ("281", "execveat"),
        ],
        _ => return None,
    };
    table.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}
