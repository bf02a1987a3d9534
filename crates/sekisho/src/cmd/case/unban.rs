//! `sekisho case unban`: takes blocks back, without the service (DT-RSP-06).

use super::args::UnbanArgs;
use crate::contain::Nft;
use crate::error::Usage;
use casework::containment::prefix_of;
use ipnet::IpNet;
use std::net::IpAddr;

pub(super) fn run(args: &UnbanArgs) -> anyhow::Result<u8> {
    let nft = Nft::new(args.nft.clone());
    if args.what == "all" {
        nft.clear()?;
        crate::output::say("all blocks of this computer are taken back / すべての遮断を取り消しました");
        return Ok(0);
    }
    let prefix = match (args.what.parse::<IpAddr>(), args.what.parse::<IpNet>()) {
        (Ok(ip), _) => prefix_of(ip),
        (_, Ok(net)) => net.trunc(),
        _ => {
            return Err(Usage::error(
                format!("{:?} is neither an address nor a prefix", args.what),
                "give e.g. 203.0.113.7, 2001:db8:1::/64, or all",
            ));
        }
    };
    if nft.unblock(prefix)? {
        crate::output::say(&format!("{prefix} is no longer blocked / 遮断を取り消しました"));
        return Ok(0);
    }
    crate::output::say(&format!("{prefix} was not blocked / 遮断されていません"));
    Ok(1)
}
