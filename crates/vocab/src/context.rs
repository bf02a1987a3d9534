//! What is known beside the logs: accounts, hosts, networks (detection.md 1.6).

use crate::{PlaceBook, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What sort of holder an account has (DT-EVT-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// One natural person.
    Person,
    /// An administrator.
    Admin,
    /// A program.
    Service,
    /// A group ID shared by several people (識別符号の共用).
    Group,
    /// A factory or sample account (初期設定).
    Default,
    /// A trial ID (お試し利用).
    Trial,
    /// Placed by the administrator to be touched by nobody.
    Decoy,
}

/// State of an account in the roster (DT-EVT-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// In use.
    Active,
    /// Idle for long (休眠).
    Dormant,
    /// Disabled by the administrator.
    Disabled,
    /// The holder has left or moved (退職・異動).
    Left,
    /// Added without the administrator's knowledge (無断追加).
    Planted,
}

/// One line of the roster of accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountRecord {
    /// Account name as given.
    pub account: String,
    /// What sort of holder.
    pub kind: AccountKind,
    /// State at the time the roster was written.
    pub state: AccountState,
    /// Who answers for the account.
    pub owner: Option<String>,
    /// When the holder left; start of that day in the organisation's zone.
    pub left_on: Option<Timestamp>,
    /// Until when the entitlement runs.
    pub valid_until: Option<Timestamp>,
    /// Last use known beside the logs.
    pub last_login: Option<Timestamp>,
    /// Numeric user id where known (passwd file).
    pub uid: Option<u32>,
}

/// One line of the asset list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// Host name as it stands in the logs.
    pub host: String,
    /// Its address.
    pub address: Option<IpAddr>,
    /// What it does.
    pub role: Option<String>,
    /// Reachable from the Internet.
    pub internet_facing: Option<bool>,
    /// Id of the access control function (アクセス制御機能) that guards it.
    pub function_id: Option<String>,
}

/// What a network is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkLabel {
    /// Administrators sit here.
    Admin,
    /// Office.
    Office,
    /// Company VPN.
    Vpn,
    /// Proxy or relay.
    Proxy,
    /// Our own or an ordered scanner.
    Scanner,
    /// A partner.
    Partner,
}

/// One line of the network list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// First address of the prefix.
    pub address: IpAddr,
    /// Prefix length in bits.
    pub prefix_bits: u8,
    /// What it is to us.
    pub label: NetworkLabel,
}

impl Network {
    /// Does the address lie inside?
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        fn bits(address: IpAddr) -> (u128, u32) {
            match address {
                IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, 32),
                IpAddr::V6(v6) => (v6.to_bits(), 128),
            }
        }
        let ((own, own_width), (other, other_width)) = (bits(self.address), bits(address));
        if own_width != other_width || u32::from(self.prefix_bits) > own_width {
            return false;
        }
        let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix_bits)).unwrap_or(0);
        own & mask == other & mask
    }
}

/// Everything known beside the logs. Empty lists mean "not given": a class that needs one says that it was not checked
/// (DT-KND-03), it never guesses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// Roster by account name in canonical form (case-folded); empty = none given.
    pub accounts: BTreeMap<String, AccountRecord>,
    /// Names that stand in a collected password file; empty = none found.
    pub local_users: BTreeMap<String, u32>,
    /// Asset list.
    pub assets: Vec<Asset>,
    /// Network list.
    pub networks: Vec<Network>,
    /// Log-ins that their holders say were not theirs.
    #[serde(default)]
    pub repudiations: Vec<Repudiation>,
    /// Where addresses are used.
    #[serde(skip)]
    pub places: PlaceBook,
}

/// A holder's statement that a log-in was not made by the holder (本人の否認).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repudiation {
    /// Account name as given.
    pub account: String,
    /// First moment of the time meant.
    pub from: Timestamp,
    /// Moment behind it.
    pub until: Timestamp,
    /// Only log-ins from this address; `None` = from anywhere.
    pub address: Option<IpAddr>,
    /// When it was stated.
    pub stated_on: Option<Timestamp>,
}

impl Context {
    /// Labels of the networks that hold the address.
    pub fn labels(&self, address: IpAddr) -> impl Iterator<Item = NetworkLabel> + '_ {
        self.networks.iter().filter(move |network| network.contains(address)).map(|network| network.label)
    }

    /// Roster line of an account, by any spelling of case.
    #[must_use]
    pub fn account(&self, name: &str) -> Option<&AccountRecord> {
        self.accounts.get(name).or_else(|| self.accounts.get(&name.to_lowercase()))
    }
}
