//! From where people work on this computer at this moment, by `utmp`.

use super::utmp_record::{read, shape_of};
use std::net::IpAddr;

/// Type of a record of somebody who is logged in.
const USER_PROCESS: i16 = 7;

/// Addresses of the peers of live logins in a `utmp` file; names of peers are not resolved.
#[must_use]
pub fn live_peers(utmp: &[u8]) -> Vec<IpAddr> {
    let Some((shape, _)) = shape_of(utmp) else { return Vec::new() };
    let records = utmp.chunks_exact(shape.bytes).filter_map(|bytes| read(bytes, shape));
    let live = records.filter(|record| record.kind == USER_PROCESS);
    live.filter_map(|record| record.address.or_else(|| record.host.parse().ok())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, host: &str, address: [u8; 4]) -> Vec<u8> {
        let mut bytes = vec![0; 384];
        bytes[0] = kind;
        bytes[8..13].copy_from_slice(b"pts/0");
        bytes[44..48].copy_from_slice(b"root");
        bytes[76..76 + host.len()].copy_from_slice(host.as_bytes());
        bytes[340..344].copy_from_slice(&1_796_000_000_u32.to_le_bytes());
        bytes[348..352].copy_from_slice(&address);
        bytes
    }

    #[test]
    fn only_live_logins_count() {
        let file = [
            record(7, "office.example.jp", [203, 0, 113, 5]),
            record(8, "", [203, 0, 113, 6]),
            record(7, "2001:db8::9", [0; 4]),
            record(7, "tty1", [0; 4]),
        ]
        .concat();
        let wanted: Vec<IpAddr> =
            ["203.0.113.5", "2001:db8::9"].iter().map(|ip| ip.parse().expect("ip")).collect();
        assert_eq!(live_peers(&file), wanted);
        assert!(live_peers(b"").is_empty() && live_peers(&[0; 384]).is_empty());
    }
}
