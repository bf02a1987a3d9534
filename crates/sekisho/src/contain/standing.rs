//! What a block must never touch on this computer at this moment (BG-3): read anew each time, from files of the kernel and
//! of the login manager.

use casework::containment::{Shelter, Standing};
use ipnet::IpNet;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// Largest file that is looked at, bytes.
const BYTES_MAX: u64 = 4 << 20;
/// Sessions that are looked at.
const SESSIONS_MAX: usize = 10_000;

/// Reads what is known of this computer below `root` (`/` but in tests). What must be known and cannot be read is said in
/// [`Standing::unknown`], and then nothing is blocked.
pub(crate) fn of_this_computer(root: &Path) -> Standing {
    let mut standing = Standing::default();
    let mut need = |place: &str| match read(&root.join(place)) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            standing.unknown = Some(format!("/{place}: {error}"));
            String::new()
        }
    };
    let (trie, route) = (need("proc/net/fib_trie"), need("proc/net/route"));
    // A computer without IPv6 has neither of these.
    let may = |place: &str| read(&root.join(place)).unwrap_or_default();
    let text = |place: &str| String::from_utf8_lossy(&may(place)).into_owned();
    let own = own4(&trie).into_iter().chain(own6(&text("proc/net/if_inet6")));
    own.for_each(|ip| standing.shelter(ip, Shelter::Own));
    let gateways = gateways4(&route).into_iter().chain(gateways6(&text("proc/net/ipv6_route")));
    gateways.for_each(|ip| standing.shelter(ip, Shelter::Gateway));
    for ip in name_servers(&text("etc/resolv.conf")) {
        standing.shelter(ip, Shelter::NameServer);
    }
    for ip in collect::binary::live_peers(&may("run/utmp"))
        .into_iter()
        .chain(sessions(&root.join("run/systemd/sessions")))
    {
        standing.shelter(ip, Shelter::LiveSession);
    }
    standing
}

/// Shelters the addresses that settings name.
pub(crate) fn allow(standing: &mut Standing, networks: &[IpNet]) {
    standing.sheltered.extend(networks.iter().map(|net| (net.trunc(), Shelter::Allowed)));
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "`take` is the cap")]
    std::fs::File::open(path)?.take(BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Own IPv4 addresses: in `fib_trie`, a leaf `|-- address` and below it `/32 host LOCAL`.
fn own4(trie: &str) -> Vec<IpAddr> {
    let mut leaf = None;
    let mut own = Vec::new();
    for line in trie.lines() {
        if let Some((_, address)) = line.split_once("|-- ") {
            leaf = address.trim().parse::<Ipv4Addr>().ok();
        } else if line.trim() == "/32 host LOCAL"
            && let Some(address) = leaf
        {
            own.push(IpAddr::from(address));
        }
    }
    own
}

/// Own IPv6 addresses: the first column of `if_inet6`, 32 hexadecimal digits.
fn own6(table: &str) -> Vec<IpAddr> {
    table.lines().filter_map(|line| hex6(line.split_whitespace().next()?)).collect()
}

fn hex6(digits: &str) -> Option<IpAddr> {
    let bytes: [u8; 16] = hex::decode(digits).ok()?.try_into().ok()?;
    Some(Ipv6Addr::from(bytes).into())
}

/// Gateways of `route`: the third column, hexadecimal in the byte order of the machine.
fn gateways4(table: &str) -> Vec<IpAddr> {
    let of = |line: &str| {
        let digits = line.split_whitespace().nth(2)?;
        let address = Ipv4Addr::from(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes());
        (!address.is_unspecified()).then(|| IpAddr::from(address))
    };
    table.lines().skip(1).filter_map(of).collect()
}

/// Gateways of `ipv6_route`: the fifth column.
fn gateways6(table: &str) -> Vec<IpAddr> {
    let next = table.lines().filter_map(|line| hex6(line.split_whitespace().nth(4)?));
    next.filter(|ip| !ip.is_unspecified()).collect()
}

fn name_servers(settings: &str) -> Vec<IpAddr> {
    let of = |line: &str| {
        let mut words = line.split_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next()?.split('%').next()?.parse().ok())?
    };
    settings.lines().filter_map(of).collect()
}

/// Peers of the sessions that the login manager knows.
fn sessions(folder: &Path) -> Vec<IpAddr> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = entries.filter_map(|entry| read(&entry.ok()?.path()).ok()).take(SESSIONS_MAX);
    files.filter_map(|bytes| session_peer(&String::from_utf8_lossy(&bytes))).collect()
}

fn session_peer(session: &str) -> Option<IpAddr> {
    let value = |name: &str| session.lines().find_map(|line| line.strip_prefix(name));
    if value("STATE=") == Some("closing") {
        return None;
    }
    value("REMOTE_HOST=")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn tables_of_the_kernel_are_read() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.0.2.0\n        /24 link UNICAST\n     |-- 10.0.2.15\n        /32 host LOCAL\n     |-- 10.0.2.255\n        /32 link BROADCAST\n";
        assert_eq!(own4(trie), [ip("10.0.2.15")]);
        let six = "20010db8000000000000000000000009 02 40 00 80     eth0\nshort\n";
        assert_eq!(own6(six), [ip("2001:db8::9")]);
        let hop = u32::from_ne_bytes([10, 0, 2, 2]);
        let route =
            format!("Iface\tDestination\tGateway\neth0\t00000000\t{hop:08X}\neth0\t0002000A\t00000000\n");
        assert_eq!(gateways4(&route), [ip("10.0.2.2")]);
        let route6 = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400\n";
        assert_eq!(gateways6(route6), [ip("fe80::1")]);
        assert_eq!(
            name_servers("# x\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\nsearch a\n"),
            [ip("192.0.2.53"), ip("fe80::1")]
        );
        assert_eq!(session_peer("UID=0\nSTATE=active\nREMOTE_HOST=203.0.113.5\n"), Some(ip("203.0.113.5")));
        assert_eq!(session_peer("STATE=closing\nREMOTE_HOST=203.0.113.5\n"), None);
    }

    /// BG-3: where the kernel's tables cannot be read, nothing may be blocked.
    #[test]
    fn what_cannot_be_read_shelters_all() {
        let nowhere = tempfile::tempdir().expect("a folder");
        assert!(of_this_computer(nowhere.path()).unknown.is_some_and(|why| why.contains("/proc/net/")));
        let here = of_this_computer(Path::new("/"));
        assert_eq!(here.unknown, None);
        assert!(
            here.sheltered.iter().any(|(net, why)| net.contains(&ip("127.0.0.1")) && *why == Shelter::Own)
        );
    }
}
