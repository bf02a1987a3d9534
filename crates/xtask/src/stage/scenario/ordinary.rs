//! Ordinary use of the staged computers: people who work, visitors who read, crawlers, cron.

use crate::stage::clock::at;
use crate::stage::plan::{Act, Plan, Request, STAFF, friend, sudo};

const BROWSERS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
];

const CRAWLERS: [&str; 4] = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
    "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
];

const PAGES: [&str; 9] = [
    "/",
    "/company.html",
    "/recruit.html",
    "/products/",
    "/style.css",
    "/logo.png",
    "/download.php?file=catalog.pdf",
    "/download.php?file=pricelist%202026%20(rev2).pdf",
    "/?utm_source=mail&utm_medium=newsletter&utm_campaign=aki2026&utm_content=YWtpLWZhaXItMjAyNg%3D%3D",
];

/// Search words as browsers send them: UTF-8 and Shift_JIS, and words that only look like an attack.
const WORDS: [&str; 12] = [
    "%E9%96%A2%E6%89%80",
    "%E6%8E%A1%E7%94%A8+%E6%9D%B1%E4%BA%AC",
    "%E3%82%AB%E3%82%BF%E3%83%AD%E3%82%B0%E3%81%AE%E8%AB%8B%E6%B1%82",
    "%8A%D6%8F%8A",
    "%8D%CC%97p+%93%8C%8B%9E",
    "%83%7D%83%8B%83%60%95%5C",
    "O%27Reilly",
    "select+a+union+hotel+or+inn",
    "drop+table+lamp",
    "1+or+2+persons",
    "C%23+%26+C%2B%2B+%3B+rust",
    "35.6812%2C139.7671",
];

/// Where the member of staff works.
fn desk(person: usize) -> std::net::IpAddr {
    friend(10 + u8::try_from(person).unwrap_or(0))
}

/// Work of the staff on one day: sessions, now and then a mistyped password, an administrator who uses sudo.
pub(super) fn work(plan: &mut Plan, day: i8) {
    for (person, (name, password, admin)) in STAFF.into_iter().enumerate() {
        if !admin && plan.roll(3) == 0 {
            continue;
        }
        let mut start = at(day, 9, 2, 0) + plan.roll_seconds(7 * 3_600);
        for slip in 0..plan.roll(7).saturating_sub(4) {
            let typed = if slip == 0 { password.to_uppercase() } else { password.replace('2', "1") };
            plan.attempt(start, None, desk(person), name, &typed);
            start += 9 + plan.roll_seconds(11);
        }
        let mut lines = vec!["ls -l".to_owned(), "uptime".to_owned()];
        if admin {
            let commands = [
                "/usr/bin/tail -n 20 /var/log/nginx/error.log",
                "/usr/sbin/nginx -t",
                "/usr/bin/apt-get --version",
                "/usr/bin/df -h",
            ];
            let first = usize::try_from(plan.roll(4)).unwrap_or(0);
            lines.extend(commands.iter().cycle().skip(first).take(2).map(|command| sudo(password, command)));
        }
        let minutes = 5 + plan.roll_seconds(90);
        plan.session(start, None, desk(person), (name, password), minutes, &lines);
    }
}

/// Some days of work before a staged attack, so that the usual desks are known.
pub(super) fn before(plan: &mut Plan, days: std::ops::Range<i8>) {
    for day in days {
        for (person, (name, password, _)) in STAFF.into_iter().enumerate() {
            let start = at(day, 9, 0, 0) + plan.roll_seconds(8 * 3_600);
            let lines = ["ls -l".to_owned()];
            let minutes = 3 + plan.roll_seconds(20);
            plan.session(start, None, desk(person), (name, password), minutes, &lines);
        }
        cron(plan, day, &[16]);
    }
}

/// Visitors of the web site over one day, `visits` of them, one to four pages each.
pub(super) fn visits(plan: &mut Plan, day: i8, visits: u64) {
    for _ in 0..visits {
        let from = friend(60 + u8::try_from(plan.roll(140)).unwrap_or(0));
        let agent = pick(plan, &BROWSERS);
        let mut now = at(day, 7, 0, 0) + plan.roll_seconds(15 * 3_600);
        for _ in 0..=plan.roll(3) {
            let target = if plan.roll(4) == 0 {
                format!("/search?q={}", pick(plan, &WORDS))
            } else {
                pick(plan, &PAGES).to_owned()
            };
            let more = if plan.roll(3) == 0 {
                vec!["-e".to_owned(), "http://www.example.jp/".to_owned()]
            } else {
                Vec::new()
            };
            plan.ask(
                now,
                None,
                Request { from, method: "GET", target, agent: agent.to_owned(), more, expect: "" },
            );
            now += 2 + plan.roll_seconds(40);
        }
    }
}

/// Visitors who look at what the shop sells.
pub(super) fn shoppers(plan: &mut Plan, day: i8, visits: u64) {
    for _ in 0..visits {
        let from = friend(60 + u8::try_from(plan.roll(140)).unwrap_or(0));
        let agent = pick(plan, &BROWSERS);
        let mut now = at(day, 8, 0, 0) + plan.roll_seconds(13 * 3_600);
        for _ in 0..=plan.roll(3) {
            let target = format!("/item?id={}", 1 + plan.roll(13));
            plan.ask(now, None, Request::get(from, target, agent));
            now += 4 + plan.roll_seconds(50);
        }
    }
}

/// Visitors who send in a photograph.
pub(super) fn photos(plan: &mut Plan, day: i8) {
    let text = "staged photograph\n".repeat(300);
    plan.step(at(day, 9, 0, 0), None, Act::File { path: "/tmp/photo.jpg".to_owned(), text });
    for number in 0..3_u8 {
        let (from, agent) = (friend(70 + number), pick(plan, &BROWSERS));
        let now = at(day, 10, 5, 0) + plan.roll_seconds(9 * 3_600);
        let name = format!("kouyou_{day}{number}.jpg");
        let mut send = Request::get(from, "/photo/upload.php", agent);
        send.method = "POST";
        let file = format!("photo=@/tmp/photo.jpg;filename={name}");
        send.more = ["-F", &file, "-e", "http://www.example.jp/photo/upload.php"].map(str::to_owned).to_vec();
        plan.ask(now, None, Request::get(from, "/photo/upload.php", agent));
        plan.ask(now + 40, None, send);
        plan.ask(now + 45, None, Request::get(from, format!("/photo/files/{name}"), agent));
    }
}

/// Crawlers of one day, with a page that is gone and a page that needs a log-in.
pub(super) fn crawl(plan: &mut Plan, day: i8) {
    for (number, agent) in (30_u8..).zip(CRAWLERS) {
        let mut now = at(day, 1, 0, 0) + plan.roll_seconds(20 * 3_600);
        for target in ["/robots.txt", "/", "/company.html", "/news/2019/old.html", "/products/"] {
            let method = if agent.contains("Uptime") { "HEAD" } else { "GET" };
            let request = Request {
                from: friend(number),
                method,
                target: target.to_owned(),
                agent: agent.to_owned(),
                more: Vec::new(),
                expect: "",
            };
            plan.ask(now, None, request);
            now += 3 + plan.roll_seconds(30);
        }
    }
}

/// A member who logs in on the site, one of them after a slip, and opens the members' area.
pub(super) fn members(plan: &mut Plan, day: i8) {
    let (from, agent) = (friend(55), BROWSERS[0]);
    let start = at(day, 12, 10, 0) + plan.roll_seconds(3_000);
    let form = |password: &str| Act::Form {
        from,
        user: "tanaka@example.jp".to_owned(),
        password: password.to_owned(),
        agent,
    };
    if day % 2 == 0 {
        plan.step(start, None, form("Sakura-2026-tanakw"));
    }
    plan.step(start + 15, None, form("Sakura-2026-tanaka"));
    for (gap, login) in [(40, None), (52, Some("kaiin:Hanami-2026"))] {
        let more = login.map_or_else(Vec::new, |login| vec!["-u".to_owned(), login.to_owned()]);
        let target = "/members/".to_owned();
        plan.ask(
            start + gap,
            None,
            Request { from, method: "GET", target, agent: agent.to_owned(), more, expect: "" },
        );
    }
}

/// Somebody of the staff who logs in on the site and works on its pages.
pub(super) fn editors(plan: &mut Plan, day: i8) {
    let (from, agent) = (friend(56), BROWSERS[2]);
    let start = at(day, 13, 20, 0) + plan.roll_seconds(3_000);
    plan.ask(start, None, Request::get(from, "/wp-admin/", agent));
    let (user, password) = ("admin".to_owned(), "Kanri-9471-kanri".to_owned());
    plan.step(start + 11, None, Act::Form { from, user, password, agent });
    for (gap, target) in [(12, "/wp-admin/"), (50, "/wp-admin/edit.php"), (170, "/wp-admin/post.php?post=12")]
    {
        let mut request = Request::get(from, target, agent);
        request.more = ["-b", "staged_session=1"].map(str::to_owned).to_vec();
        plan.ask(start + gap, None, request);
    }
}

/// cron's hourly run, a few times a day.
pub(super) fn cron(plan: &mut Plan, day: i8, hours: &[i8]) {
    for hour in hours {
        plan.step(at(day, *hour, 16, 58), None, Act::Cron);
    }
}

/// A small day around a staged attack.
pub(super) fn day(plan: &mut Plan, day: i8) {
    work(plan, day);
    visits(plan, day, 12);
    crawl(plan, day);
    cron(plan, day, &[4, 16]);
}

fn pick<'a>(plan: &mut Plan, list: &[&'a str]) -> &'a str {
    let length = u64::try_from(list.len()).unwrap_or(1);
    let place = usize::try_from(plan.roll(length)).unwrap_or(0);
    list.get(place).copied().unwrap_or_default()
}
