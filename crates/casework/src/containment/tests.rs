use super::*;
use proptest::prelude::*;
use vocab::{Network, NetworkLabel};

const NOW: Timestamp = Timestamp(1_796_000_000_000_000);

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn net(text: &str) -> IpNet {
    text.parse().expect("a prefix")
}

fn attacker(address: &str) -> Attacker {
    Attacker {
        ip: ip(address),
        records: 9,
        trust: Trust::Tr2,
        last: NOW.plus(-Timestamp::MINUTE),
        consented: false,
    }
}

fn objecting(attacker: &Attacker, standing: &Standing, past: &[Block]) -> Vec<&'static str> {
    propose(attacker, standing, past, NOW).objections.iter().map(|one| one.guard.id()).collect()
}

fn block(prefix: &str, began: Timestamp, seconds: i64) -> Block {
    Block { prefix: net(prefix), began, ends: began.plus(seconds * Timestamp::SECOND), undone: false }
}

/// DT-RSP-03: each guard objects to what it is for, and to nothing else.
#[test]
fn each_guard_objects_to_what_it_is_for() {
    let standing = Standing::default();
    let clear = attacker("203.0.113.7");
    assert!(objecting(&clear, &standing, &[]).is_empty());
    assert_eq!(objecting(&Attacker { trust: Trust::Tr0, ..clear }, &standing, &[]), ["BG-1"]);
    assert_eq!(objecting(&Attacker { trust: Trust::Tr1, records: 1, ..clear }, &standing, &[]), ["BG-1"]);
    assert!(objecting(&Attacker { trust: Trust::Tr1, records: 2, ..clear }, &standing, &[]).is_empty());
    let old = Attacker { last: NOW.plus(-11 * Timestamp::MINUTE), ..clear };
    assert_eq!(objecting(&old, &standing, &[]), ["BG-2"]);
    let ahead = Attacker { last: NOW.plus(3 * Timestamp::MINUTE), ..clear };
    assert_eq!(objecting(&ahead, &standing, &[]), ["BG-2"]);
    let assumed = Standing { zone_assumed: true, ..Standing::default() };
    assert_eq!(objecting(&clear, &assumed, &[]), ["BG-2"]);
    assert_eq!(objecting(&attacker("100.64.3.4"), &standing, &[]), ["BG-7"]);
    assert_eq!(objecting(&Attacker { consented: true, ..clear }, &standing, &[]), ["BG-8"]);
    let unknown = Standing { unknown: Some("/proc/net/tcp".to_owned()), ..Standing::default() };
    assert_eq!(objecting(&clear, &unknown, &[]), ["BG-3"], "what cannot be known speaks against it");
}

/// BG-3 (DT-USR-07): nobody locks out oneself, the office, a live administrator or this computer.
#[test]
fn nobody_who_is_needed_is_locked_out() {
    let mut standing = Standing::default();
    let label = |address: &str, prefix_bits, label| Network { address: ip(address), prefix_bits, label };
    standing.add_networks(&[
        label("198.51.100.0", 24, NetworkLabel::Office),
        label("192.0.2.128", 25, NetworkLabel::Proxy),
        label("192.0.2.0", 26, NetworkLabel::Scanner),
    ]);
    standing.shelter(ip("2001:db8:1::9"), Shelter::LiveSession);
    standing.shelter(ip("::ffff:203.0.113.1"), Shelter::Gateway);
    let of = |address: &str| objecting(&attacker(address), &standing, &[]);
    assert_eq!(of("198.51.100.20"), ["BG-3"]);
    assert_eq!(of("192.0.2.200"), ["BG-3", "BG-7"]);
    assert_eq!(of("192.0.2.5"), ["BG-8"]);
    assert_eq!(of("203.0.113.1"), ["BG-3"]);
    assert_eq!(of("2001:db8:1::1"), ["BG-3"], "the /64 would cover the administrator");
    assert!(of("2001:db8:2::1").is_empty());
    for local in
        ["127.0.0.1", "::1", "fe80::1", "169.254.1.1", "224.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1"]
    {
        assert_eq!(of(local), ["BG-3"], "{local}");
    }
    let proposal = propose(&attacker("198.51.100.20"), &standing, &[], NOW);
    assert!(!proposal.may_be_decided(), "also not by a person with a reason");
}

/// BG-5: neither more than thirty an hour nor more than a thousand at once.
#[test]
fn the_budget_is_kept() {
    let standing = Standing::default();
    let fresh: Vec<Block> =
        (0..30).map(|n| block(&format!("203.0.113.{n}/32"), NOW.plus(-Timestamp::MINUTE), 1)).collect();
    assert_eq!(objecting(&attacker("198.51.100.9"), &standing, &fresh), ["BG-5"]);
    assert!(objecting(&attacker("198.51.100.9"), &standing, &fresh[1..]).is_empty());
    let long: Vec<Block> = (0..1_000)
        .map(|n| block(&format!("10.0.{}.{}/32", n / 250, n % 250), NOW.plus(-Timestamp::DAY), 200_000))
        .collect();
    assert_eq!(objecting(&attacker("198.51.100.9"), &standing, &long), ["BG-5"]);
}

/// DT-RSP-04: ten minutes, doubled by each repetition within thirty days, never more than seven days.
#[test]
fn repeated_blocks_are_longer() {
    let prefix = net("203.0.113.7/32");
    let mut past = Vec::new();
    let mut lengths = Vec::new();
    for day in 0..12 {
        let now = NOW.plus(day * Timestamp::DAY);
        let seconds = seconds(prefix, &past, now);
        lengths.push(seconds);
        past.push(Block {
            prefix,
            began: now,
            ends: now.plus(i64::try_from(seconds).expect("short") * Timestamp::SECOND),
            undone: false,
        });
    }
    assert_eq!(&lengths[..4], &[600, 1_200, 2_400, 4_800]);
    assert_eq!(lengths[11], SECONDS_MAX);
    assert_eq!(seconds(prefix, &past, NOW.plus(60 * Timestamp::DAY)), FIRST_SECONDS, "long ago");
    past.iter_mut().for_each(|block| block.undone = true);
    assert_eq!(
        seconds(prefix, &past, NOW.plus(12 * Timestamp::DAY)),
        FIRST_SECONDS,
        "taken back: no repetition"
    );
}

/// DT-RSP-06: a machine does not order again what a person took back, and does not order twice what is in force.
#[test]
fn what_was_taken_back_is_left_to_people() {
    let prefix = net("203.0.113.7/32");
    let running = block("203.0.113.7/32", NOW.plus(-Timestamp::MINUTE), 600);
    let ended = block("203.0.113.7/32", NOW.plus(-Timestamp::HOUR), 600);
    let undone = Block { undone: true, ..running };
    assert!(leaves_alone(prefix, &[running], NOW));
    assert!(!leaves_alone(prefix, &[ended], NOW), "over: it may begin again");
    assert!(leaves_alone(prefix, &[ended, undone], NOW));
    assert!(leaves_alone(prefix, &[undone], NOW.plus(23 * Timestamp::HOUR)));
    assert!(!leaves_alone(prefix, &[undone], NOW.plus(Timestamp::DAY)));
    assert!(!leaves_alone(net("203.0.113.8/32"), &[running, undone], NOW), "another address");
}

proptest! {
    /// Whatever is asked, a block is narrow, ends, and touches nothing that is sheltered unless BG-3 says so.
    #[test]
    fn no_block_touches_the_sheltered(address: u32, sheltered: u32, bits in 8_u8..=32, repeats in 0_usize..40) {
        let ip = IpAddr::from(std::net::Ipv4Addr::from(address));
        let kept = IpNet::new(IpAddr::from(std::net::Ipv4Addr::from(sheltered)), bits).expect("bits").trunc();
        let standing = Standing { sheltered: vec![(kept, Shelter::Allowed)], ..Standing::default() };
        let one = Attacker { ip, ..attacker("203.0.113.7") };
        let past = vec![Block { prefix: prefix_of(ip), began: NOW, ends: NOW, undone: false }; repeats];
        let proposal = propose(&one, &standing, &past, NOW);
        prop_assert!(proposal.prefix.contains(&ip) && proposal.prefix.prefix_len() == 32);
        prop_assert!((FIRST_SECONDS..=SECONDS_MAX).contains(&proposal.seconds));
        let objects = proposal.objections.iter().any(|one| one.guard == Guard::Sheltered);
        prop_assert!(objects || !kept.contains(&ip));
        prop_assert!(!objects || !proposal.may_be_decided());
    }
}
