//! Blocking through nftables (DT-RSP-02): JSON on the standard input of `nft`, no shell, and no text of a log in any argument.
//!
//! Sekisho has a table of its own, `inet sekisho`, with one set for each family; elements end by the kernel's own timer.
//! Tables of others are never touched. Own JSON instead of a crate: six kinds of statement, and a limit on time and output.

use super::child;
use anyhow::{Context as _, bail};
use ipnet::IpNet;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Name of the table.
const TABLE: &str = "sekisho";
/// Before the hooks of other tables.
const PRIORITY: i32 = -150;

/// A prefix that the kernel blocks at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocked {
    /// What.
    pub(crate) prefix: IpNet,
    /// Seconds left; `None`: without end, which is not of Sekisho's making.
    pub(crate) seconds: Option<u64>,
}

/// The table of this computer. One change at a time.
pub(crate) struct Nft {
    program: PathBuf,
    turn: Mutex<()>,
}

impl Nft {
    /// By the program `nft` at this path.
    pub(crate) const fn new(program: PathBuf) -> Self {
        Self { program, turn: Mutex::new(()) }
    }

    fn run(&self, statements: &[Value]) -> anyhow::Result<()> {
        let input = serde_json::to_vec(&json!({ "nftables": statements }))?;
        let ran = child::run(&self.program, &["-j", "-f", "-"], &input)?;
        if !ran.success {
            bail!("nft refused: {}", ran.complaint);
        }
        Ok(())
    }

    /// Makes the table where it is not there, and its rules anew; what is blocked stays blocked.
    pub(crate) fn prepare(&self) -> anyhow::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.run(&prepared())
    }

    /// What the kernel blocks.
    pub(crate) fn list(&self) -> anyhow::Result<Vec<Blocked>> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.listed()
    }

    fn listed(&self) -> anyhow::Result<Vec<Blocked>> {
        let mut all = Vec::new();
        for name in ["blocked4", "blocked6"] {
            let ran = child::run(&self.program, &["-j", "list", "set", "inet", TABLE, name], b"")?;
            if !ran.success {
                bail!("nft refused: {}", ran.complaint);
            }
            let answer: Value = serde_json::from_slice(&ran.output).context("nft gave no JSON")?;
            all.extend(elements(&answer));
        }
        Ok(all)
    }

    /// Blocks a prefix for some seconds from now, whether or not it is blocked already; reads back that it is.
    pub(crate) fn block(&self, prefix: IpNet, seconds: u64) -> anyhow::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.run(&prepared())?;
        if self.listed()?.iter().any(|blocked| blocked.prefix == prefix) {
            self.run(&[json!({ "delete": element(prefix, None) })])?;
        }
        self.run(&[json!({ "add": element(prefix, Some(seconds)) })])?;
        if !self.listed()?.iter().any(|blocked| blocked.prefix == prefix) {
            bail!("nft took {prefix}, and the kernel does not show it");
        }
        Ok(())
    }

    /// Takes a block back; `false` when there was none.
    pub(crate) fn unblock(&self, prefix: IpNet) -> anyhow::Result<bool> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.listed()?.iter().any(|blocked| blocked.prefix == prefix) {
            return Ok(false);
        }
        self.run(&[json!({ "delete": element(prefix, None) })])?;
        Ok(true)
    }

    /// Takes all blocks back by removing the table; it is made again with the next block.
    pub(crate) fn clear(&self) -> anyhow::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let table = json!({ "table": { "family": "inet", "name": TABLE } });
        self.run(&[json!({ "add": table }), json!({ "delete": table })])
    }
}

fn set_of(prefix: IpNet) -> &'static str {
    if prefix.addr().is_ipv4() { "blocked4" } else { "blocked6" }
}

fn element(prefix: IpNet, seconds: Option<u64>) -> Value {
    let whole = prefix.prefix_len() == prefix.max_prefix_len();
    let value = if whole {
        json!(prefix.addr().to_string())
    } else {
        json!({ "prefix": { "addr": prefix.network().to_string(), "len": prefix.prefix_len() } })
    };
    let one = match seconds {
        Some(seconds) => json!({ "elem": { "val": value, "timeout": seconds } }),
        None => value,
    };
    json!({ "element": { "family": "inet", "table": TABLE, "name": set_of(prefix), "elem": [one] } })
}

/// Statements that make the table; the rules of its chain are made anew, its sets stay as they are.
fn prepared() -> Vec<Value> {
    let chain = json!({ "family": "inet", "table": TABLE, "name": "arriving" });
    let mut statements = vec![json!({ "add": { "table": { "family": "inet", "name": TABLE } } })];
    for (name, kind) in [("blocked4", "ipv4_addr"), ("blocked6", "ipv6_addr")] {
        statements.push(json!({ "add": { "set": {
            "family": "inet", "table": TABLE, "name": name, "type": kind, "flags": ["timeout", "interval"],
        } } }));
    }
    statements.push(json!({ "add": { "chain": {
        "family": "inet", "table": TABLE, "name": "arriving", "type": "filter", "hook": "prerouting",
        "prio": PRIORITY, "policy": "accept",
    } } }));
    statements.push(json!({ "flush": { "chain": chain } }));
    for (protocol, name) in [("ip", "blocked4"), ("ip6", "blocked6")] {
        statements.push(json!({ "add": { "rule": {
            "family": "inet", "table": TABLE, "chain": "arriving", "expr": [
                { "match": {
                    "op": "==",
                    "left": { "payload": { "protocol": protocol, "field": "saddr" } },
                    "right": format!("@{name}"),
                } },
                { "counter": null },
                { "drop": null },
            ],
        } } }));
    }
    statements
}

/// Elements of the set in an answer of `nft -j list set`.
fn elements(answer: &Value) -> Vec<Blocked> {
    let objects = answer.get("nftables").and_then(Value::as_array);
    let sets = objects.into_iter().flatten().filter_map(|object| object.get("set"));
    let listed = sets.filter_map(|set| set.get("elem").and_then(Value::as_array)).flatten();
    listed.filter_map(blocked).collect()
}

fn blocked(element: &Value) -> Option<Blocked> {
    let inner = element.get("elem").unwrap_or(element);
    let seconds = inner.get("expires").and_then(Value::as_u64);
    let value = inner.get("val").unwrap_or(inner);
    let prefix = match value.get("prefix") {
        Some(prefix) => {
            let address: IpAddr = prefix.get("addr")?.as_str()?.parse().ok()?;
            IpNet::new(address, u8::try_from(prefix.get("len")?.as_u64()?).ok()?).ok()?
        }
        None => IpNet::from(value.as_str()?.parse::<IpAddr>().ok()?),
    };
    Some(Blocked { prefix, seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_nft_are_read() {
        let answer = json!({ "nftables": [
            { "metainfo": { "version": "1.0.6" } },
            { "set": { "name": "blocked6", "elem": [
                { "elem": { "val": { "prefix": { "addr": "2001:db8:1::", "len": 64 } }, "timeout": 600, "expires": 598 } },
                "2001:db8::7", 17, { "range": ["a", "b"] },
            ] } },
        ] });
        let all = elements(&answer);
        let wanted = [("2001:db8:1::/64", Some(598)), ("2001:db8::7/128", None)];
        let wanted =
            wanted.map(|(prefix, seconds)| Blocked { prefix: prefix.parse().expect("prefix"), seconds });
        assert_eq!(all, wanted);
        assert!(elements(&json!(null)).is_empty());
    }
}
