//! The books and the kernel, with the real nft in a network namespace of its own and a clock that is given.

use super::*;
use std::process::Command;

const NOW: Timestamp = Timestamp(1_796_000_000_000_000);

/// Runs the ignored test `name` in a network namespace of its own; says so when this computer does not allow it.
fn in_a_namespace(name: &str) {
    let may = Command::new("unshare").args(["-n", "/usr/sbin/nft", "list", "tables"]).output();
    if !may.is_ok_and(|ran| ran.status.success()) {
        eprintln!("skipped: nft in a network namespace needs root, and the packages nftables and util-linux");
        return;
    }
    let this = std::env::current_exe().expect("this test");
    let ran = Command::new("unshare")
        .arg("-n")
        .arg(this)
        .args(["--exact", name, "--ignored", "--nocapture"])
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(
        ran.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

#[test]
fn books_and_kernel_agree() {
    in_a_namespace("contain::tests::inside");
}

fn blocked(blocker: &Blocker) -> Vec<(String, bool)> {
    let all = blocker.nft.list().expect("listed");
    all.into_iter().map(|one| (one.prefix.to_string(), one.seconds.is_some_and(|left| left > 300))).collect()
}

#[test]
#[ignore = "runs in a network namespace, started by books_and_kernel_agree"]
fn inside() {
    let blocker = Blocker::new(Nft::new("/usr/sbin/nft".into()), Vec::new(), Vec::new(), false);
    let store = Store::in_memory().expect("a state");
    let mut deeds: Vec<String> = Vec::new();
    let mut deed = |deed: serde_json::Value| {
        deeds.push(deed["deed"].as_str().unwrap_or_default().to_owned());
        Ok(i64::try_from(deeds.len())?)
    };
    let proposal = |prefix: &str| Proposal {
        prefix: prefix.parse().expect("prefix"),
        seconds: 600,
        objections: Vec::new(),
    };
    let order = |id: &str, proposal: &Proposal, now, deed: Deed<'_>| {
        let order = Order { id: id.to_owned(), case: 1, proposal, actor: "kanri", reason: "" };
        blocker.block(&store, &order, now, deed).expect("blocked");
    };
    let state = |id: &str| store.read(|tx| tx.block(id)).expect("read").expect("there").state;
    let (four, six) = (proposal("203.0.113.7/32"), proposal("2001:db8:7::/64"));

    // DT-RSP-06: the first block ends after five minutes by the kernel's timer unless somebody confirms.
    order("a", &four, NOW, &mut deed);
    assert_eq!(blocked(&blocker), [("203.0.113.7/32".to_owned(), false)]);
    assert!(blocker.compare(&store, NOW, &mut deed).expect("compared").is_empty());
    let late = NOW.plus(CONFIRM_MICROS);
    assert_eq!(blocker.compare(&store, late, &mut deed).expect("compared").len(), 1);
    assert_eq!((state("a"), blocked(&blocker)), (BlockState::Undone, Vec::new()));
    // Confirmed in time: its whole length. Later ones need no confirmation; IPv6 goes by /64.
    order("b", &four, NOW, &mut deed);
    blocker.confirm(&store, "kanri", NOW, &mut deed).expect("confirmed");
    order("c", &six, NOW, &mut deed);
    let both = [("203.0.113.7/32".to_owned(), true), ("2001:db8:7::/64".to_owned(), true)];
    assert_eq!(blocked(&blocker), both);
    // DT-RSP-02: what the kernel lost, e.g. when others flushed it, is there again.
    blocker.nft.clear().expect("cleared");
    assert_eq!(blocker.compare(&store, NOW, &mut deed).expect("compared").len(), 2);
    assert_eq!(blocked(&blocker), both);
    let row = store.read(|tx| tx.block("c")).expect("read").expect("there");
    blocker.undo(&store, &row, "kanri", &mut deed).expect("undone");
    assert_eq!((state("c"), blocked(&blocker).len()), (BlockState::Undone, 1));
    // DT-RSP-04: it ends, and the next one of this source is twice as long.
    let ends = NOW.plus(600 * Timestamp::SECOND);
    assert!(blocker.compare(&store, ends, &mut deed).expect("compared").is_empty());
    assert_eq!((state("b"), blocked(&blocker).len()), (BlockState::Expired, 0));
    let past = past(&store, ends).expect("read");
    assert_eq!(casework::containment::seconds(four.prefix, &past, ends), 1_200);
    // A kernel that refuses: nothing is blocked, and the books say so.
    let broken = Blocker::new(Nft::new("/bin/false".into()), Vec::new(), Vec::new(), false);
    let order = Order { id: "d".to_owned(), case: 1, proposal: &four, actor: "", reason: "" };
    assert!(broken.block(&store, &order, NOW, &mut deed).is_err());
    assert_eq!(state("d"), BlockState::Failed);
    let wanted = [
        "block ordered",
        "block not confirmed",
        "block ordered",
        "blocks confirmed",
        "block ordered",
        "block restored",
        "block restored",
        "block undone",
        "block expired",
        "block ordered",
    ];
    assert_eq!(deeds, wanted);
}
