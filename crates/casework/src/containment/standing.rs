//! Whom a block must never touch (BG-3).

use ipnet::IpNet;
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use vocab::{Network, NetworkLabel};

/// Why an address is sheltered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shelter {
    /// Loopback, link-local, multicast or no address of a peer at all.
    Local,
    /// An address of this computer.
    Own,
    /// A gateway.
    Gateway,
    /// A name server.
    NameServer,
    /// A receiver of logs or of messages to people, or the database.
    Receiver,
    /// A network of administrators, the office, the VPN or a partner, or a trusted proxy.
    Ours,
    /// On the list of addresses that are never blocked.
    Allowed,
    /// An administrator works from there at this moment.
    LiveSession,
}

impl Shelter {
    /// Name in the ledger and in messages' ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Own => "own",
            Self::Gateway => "gateway",
            Self::NameServer => "name-server",
            Self::Receiver => "receiver",
            Self::Ours => "ours",
            Self::Allowed => "allowed",
            Self::LiveSession => "live-session",
        }
    }
}

/// What is known of this computer and its surroundings at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Sheltered networks.
    pub sheltered: Vec<(IpNet, Shelter)>,
    /// Networks of scanners that were ordered (BG-8).
    pub scanners: Vec<IpNet>,
    /// Networks of shared proxies (BG-7).
    pub proxies: Vec<IpNet>,
    /// The zone of the stamps was assumed (BG-2).
    pub zone_assumed: bool,
    /// Something that BG-3 rests on could not be read; then nothing is blocked, by nobody.
    pub unknown: Option<String>,
}

impl Standing {
    /// Takes in the network list of the organisation.
    pub fn add_networks(&mut self, networks: &[Network]) {
        for network in networks {
            let Ok(net) = IpNet::new(network.address, network.prefix_bits) else { continue };
            match network.label {
                NetworkLabel::Admin | NetworkLabel::Office | NetworkLabel::Vpn | NetworkLabel::Partner => {
                    self.sheltered.push((net, Shelter::Ours));
                }
                NetworkLabel::Proxy => {
                    self.proxies.push(net);
                    self.sheltered.push((net, Shelter::Ours));
                }
                NetworkLabel::Scanner => self.scanners.push(net),
            }
        }
    }

    /// Shelters one address.
    pub fn shelter(&mut self, ip: IpAddr, why: Shelter) {
        self.sheltered.push((IpNet::from(ip.to_canonical()), why));
    }

    /// The first reason for which this prefix is sheltered.
    #[must_use]
    pub fn shelter_of(&self, prefix: IpNet) -> Option<(IpNet, Shelter)> {
        if is_local(prefix) {
            return Some((prefix, Shelter::Local));
        }
        self.sheltered.iter().find(|(net, _)| overlap(*net, prefix)).copied()
    }
}

/// Do two prefixes have an address in common?
#[must_use]
pub(super) fn overlap(one: IpNet, other: IpNet) -> bool {
    one.contains(&other) || other.contains(&one)
}

/// Addresses that no block may name: loopback, link-local, multicast, unspecified.
fn is_local(prefix: IpNet) -> bool {
    let fixed = |net: &str| net.parse::<IpNet>().is_ok_and(|net| overlap(net, prefix));
    match prefix.addr() {
        IpAddr::V4(ip) => {
            ip == Ipv4Addr::BROADCAST
                || ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"].into_iter().any(fixed)
        }
        IpAddr::V6(ip) => {
            ip == Ipv6Addr::UNSPECIFIED || ["::/127", "fe80::/10", "ff00::/8"].into_iter().any(fixed)
        }
    }
}
