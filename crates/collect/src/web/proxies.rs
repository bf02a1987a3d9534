//! The real client behind proxies (DT-FMT-41).

use std::net::IpAddr;

/// A network prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// An address of the network.
    pub address: IpAddr,
    /// Leading bits that count, 0 to 32 or 0 to 128.
    pub bits: u8,
}

impl Prefix {
    /// Does the network hold this address? IPv4-mapped addresses are taken as IPv4.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let same = |left: u128, right: u128, width: u32| {
            let skip = width.saturating_sub(u32::from(self.bits));
            skip >= width || (left ^ right) >> skip == 0
        };
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(left), IpAddr::V4(right)) => {
                same(u32::from(left).into(), u32::from(right).into(), 32)
            }
            (IpAddr::V6(left), IpAddr::V6(right)) => same(left.into(), right.into(), 128),
            _ => false,
        }
    }
}

/// Reads an address strictly; IPv4-mapped IPv6 becomes IPv4, and odd forms (`127.1`, `0x7f.1`, zone ids) are no
/// addresses (HC-17).
#[must_use]
pub fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Proxies whose `X-Forwarded-For` is believed. Empty = none, the peer is the client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(pub Vec<Prefix>);

impl TrustedProxies {
    /// Is this peer one of them?
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|prefix| prefix.holds(address))
    }

    /// The client of a request that came from `peer` with this `X-Forwarded-For`: the right-most address that is not
    /// a trusted proxy. `None` when the peer itself is the client: it is not trusted (HC-18), or the list holds
    /// something that is no address before an untrusted one is found.
    #[must_use]
    pub fn client(&self, peer: IpAddr, forwarded: &str) -> Option<IpAddr> {
        if !self.trusts(peer) {
            return None;
        }
        for entry in forwarded.rsplit(',').take(64) {
            let address = address(entry.trim())?;
            if !self.trusts(address) {
                return Some(address);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_most_untrusted_address_is_the_client() {
        let proxies = TrustedProxies(vec![Prefix { address: [10, 0, 0, 0].into(), bits: 8 }]);
        let peer = IpAddr::from([10, 0, 0, 7]);
        let client = |forwarded| proxies.client(peer, forwarded);
        assert_eq!(client("198.51.100.9, 203.0.113.5"), address("203.0.113.5"));
        assert_eq!(client("198.51.100.9, 203.0.113.5, 10.0.0.2"), address("203.0.113.5"));
        assert_eq!(client("198.51.100.9, junk, 10.0.0.2"), None);
        assert_eq!(client("-"), None);
        assert_eq!(proxies.client(IpAddr::from([203, 0, 113, 1]), "198.51.100.9"), None);
        assert_eq!(TrustedProxies::default().client(peer, "198.51.100.9"), None);
    }

    #[test]
    fn odd_forms_are_no_addresses() {
        assert_eq!(address("::ffff:198.51.100.9"), Some(IpAddr::from([198, 51, 100, 9])));
        for odd in ["127.1", "0x7f.1", "198.51.100.9.example.org", "fe80::1%eth0", "198.51.100.09", ""] {
            assert_eq!(address(odd), None, "{odd}");
        }
    }
}
