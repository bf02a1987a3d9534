//! The asset list and the network list.

use super::ContextError;
use super::cell::choice;
use super::table::{Column, table};
use std::net::IpAddr;
use vocab::{Asset, Network, NetworkLabel};

const ASSET_COLUMNS: &[Column] = &[
    Column {
        name: "host", aliases: &["hostname", "name", "ホスト", "ホスト名", "機器", "機器名"]
    },
    Column { name: "address", aliases: &["ip", "ip_address", "アドレス", "ipアドレス"] },
    Column { name: "role", aliases: &["役割", "用途"] },
    Column {
        name: "internet_facing", aliases: &["internet", "public", "公開", "インターネット公開"]
    },
    Column { name: "function_id", aliases: &["function", "アクセス制御機能"] },
];

const NETWORK_COLUMNS: &[Column] = &[
    Column { name: "prefix", aliases: &["network", "cidr", "address", "ネットワーク", "範囲"] },
    Column { name: "label", aliases: &["kind", "種別", "区分"] },
];

pub(super) const YES_NO: &[(bool, &[&str])] =
    &[(true, &["yes", "true", "1", "はい", "公開"]), (false, &["no", "false", "0", "いいえ", "非公開"])];

const LABELS: &[(NetworkLabel, &[&str])] = &[
    (NetworkLabel::Admin, &["admin", "管理"]),
    (NetworkLabel::Office, &["office", "社内", "庁内", "事務所"]),
    (NetworkLabel::Vpn, &["vpn"]),
    (NetworkLabel::Proxy, &["proxy", "プロキシ", "中継"]),
    (NetworkLabel::Scanner, &["scanner", "診断"]),
    (NetworkLabel::Partner, &["partner", "取引先", "委託先"]),
];

/// Reads an asset list (`host,address,role,internet_facing,function_id`; `host` and one more are needed).
///
/// # Errors
/// When the table cannot be read, or a cell is none of what is allowed.
pub fn assets(bytes: &[u8], file: &str) -> Result<Vec<Asset>, ContextError> {
    let table = table(bytes, file, ASSET_COLUMNS)?;
    let asset = |row: &super::table::Row| {
        let Some(host) = row.cell(0) else {
            return Err(ContextError::new(file, row.line, "a host name", ""));
        };
        let address = match row.cell(1) {
            None => None,
            Some(text) => Some(
                text.parse::<IpAddr>()
                    .map_err(|_| ContextError::new(file, row.line, "an IPv4 or IPv6 address", text))?,
            ),
        };
        Ok(Asset {
            host: host.to_owned(),
            address,
            role: row.cell(2).map(str::to_owned),
            internet_facing: row.cell(3).map(|text| choice(text, YES_NO, file, row.line)).transpose()?,
            function_id: row.cell(4).map(str::to_owned),
        })
    };
    table.rows.iter().map(asset).collect()
}

/// Reads a network list (`prefix,label`).
///
/// # Errors
/// When the table cannot be read, or a cell is none of what is allowed.
pub fn networks(bytes: &[u8], file: &str) -> Result<Vec<Network>, ContextError> {
    let table = table(bytes, file, NETWORK_COLUMNS)?;
    if table.has.get(1) != Some(&true) {
        return Err(ContextError::new(file, 1, "a header with prefix and label", ""));
    }
    let network = |row: &super::table::Row| {
        let text = row.cell(0).unwrap_or_default();
        let Some((address, prefix_bits)) = prefix(text) else {
            let expected = "a network such as 192.0.2.0/24 without bits behind its length";
            return Err(ContextError::new(file, row.line, expected, text));
        };
        let label = choice(row.cell(1).unwrap_or_default(), LABELS, file, row.line)?;
        Ok(Network { address, prefix_bits, label })
    };
    table.rows.iter().map(network).collect()
}

/// An address, or a prefix whose host bits are zero.
pub(super) fn prefix(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.trim().parse().ok()?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => width,
        Some(bits) => bits.trim().parse::<u8>().ok().filter(|bits| *bits <= width)?,
    };
    let left_aligned = match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    };
    let rest = left_aligned.checked_shl(u32::from(bits)).unwrap_or(0);
    (rest == 0).then_some((address, bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_of_a_site() {
        let list =
            assets(b"host;address;internet_facing\nweb01;203.0.113.5;yes\ndb01;;no\n", "a.csv").unwrap();
        assert_eq!((list[0].host.as_str(), list[0].internet_facing), ("web01", Some(true)));
        assert_eq!(list[0].address, Some(IpAddr::from([203, 0, 113, 5])));
        assert_eq!((list[1].address, list[1].internet_facing), (None, Some(false)));
        let error = assets(b"host,address\nweb01,203.0.113\n", "a.csv").unwrap_err();
        assert_eq!(error.to_string(), "a.csv: line 2: expected an IPv4 or IPv6 address, found \"203.0.113\"");
    }

    #[test]
    fn networks_of_a_site() {
        let list = networks(
            "範囲,種別\n192.0.2.0/24,管理\n2001:db8::/32,VPN\n198.51.100.7,scanner\n".as_bytes(),
            "n.csv",
        );
        let shown: Vec<_> =
            list.unwrap().iter().map(|net| (net.address.to_string(), net.prefix_bits, net.label)).collect();
        assert_eq!(
            shown,
            [
                ("192.0.2.0".to_owned(), 24, NetworkLabel::Admin),
                ("2001:db8::".to_owned(), 32, NetworkLabel::Vpn),
                ("198.51.100.7".to_owned(), 32, NetworkLabel::Scanner),
            ]
        );
        for bad in ["192.0.2.1/24", "192.0.2.0/33", "x", "::1/0", "192.0.2.0/"] {
            assert!(networks(format!("prefix,label\n{bad},vpn\n").as_bytes(), "n.csv").is_err(), "{bad}");
        }
        assert!(networks(b"prefix,label\n0.0.0.0/0,vpn\n", "n.csv").is_ok());
        assert!(networks(b"prefix,label\n192.0.2.0/24,\n", "n.csv").is_err());
    }
}
