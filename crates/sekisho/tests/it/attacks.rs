//! Small attacks end to end: kind, legal category, accounts entered, records quoted (issue "from a folder of logs").

use crate::support::{Case, entered, guessing, sshd};

#[test]
fn guessing_that_ends_with_a_success() {
    let mut log = guessing("root", "203.0.113.9", 30, 0);
    log += &sshd(200, 7, "Accepted password for root from 203.0.113.9 port 50001 ssh2");
    let case = Case::new(&[("auth.log", log.as_bytes())]);
    let ran = case.investigate(&["--fail-on", "high"]);
    assert_eq!(ran.code, Some(3), "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.starts_with("Somebody seems to have got in"), "{}", ran.stdout);
    assert!(ran.stdout.contains("root"), "{}", ran.stdout);
    let report = crate::support::Report::read(&case.path("r"));
    assert_eq!(report.incidents.len(), 1, "{:?}", report.incidents);
    let incident = &report.incidents[0];
    assert_eq!(entered(incident), ["root"]);
    assert_eq!(incident["legal"]["category"], "credential_misuse");
    assert_eq!(incident["legal"]["state"], "proposed");
    assert_eq!((incident["attempts"].as_u64(), incident["successes"].as_u64()), (Some(31), Some(1)));
    assert_eq!(incident["sources"][0]["ip"], "203.0.113.9");
    assert_eq!(incident["last"], "2026-11-19T18:03:20Z");
    // The success is quoted word by word from the ledger, and each element names its entries.
    let quotes: Vec<_> = incident["records"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|record| record["quote"]["text"].as_str())
        .collect();
    assert!(quotes.iter().any(|text| text.contains("Accepted password for root")), "{quotes:?}");
    let established: Vec<_> = incident["legal"]["elements"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|element| element["state"] == "established")
        .collect();
    assert!(!established.is_empty());
    for element in established {
        assert!(!element["evidence"].as_array().unwrap().is_empty(), "{element}");
    }
    assert!(!incident["measures"].as_array().unwrap().is_empty());
    assert!(!incident["reports"].as_array().unwrap().is_empty());
    let page = report.text("report.html");
    assert!(page.contains("Accepted password for root") && page.contains("203.0.113.9"));
    assert!(report.text("timeline.csv").contains("Accepted password for root"));
}

#[test]
fn guessing_without_a_success_is_an_attempt() {
    let case = Case::new(&[("auth.log", guessing("root", "203.0.113.9", 40, 0).as_bytes())]);
    let report = case.report(&[]);
    let incident = report.incident("password_guessing");
    assert_eq!(incident["legal"]["category"], "attempt");
    assert!(entered(incident).is_empty());
    assert_eq!(report.summary["answer"], "tried");
    assert!(report.findings.iter().all(|finding| finding["schema_version"] == 1));
}

/// K-06: one try for each account, a few succeed; exactly those are named.
#[test]
fn stuffing_names_exactly_the_accounts_entered() {
    let mut log = String::new();
    for n in 0..60_u32 {
        let source = format!("198.51.100.{}", 1 + n % 3);
        let known = [7, 23, 41].contains(&n);
        let what = if known { "Accepted password" } else { "Failed password" };
        let user = if known || n % 2 == 0 { format!("user{n}") } else { format!("invalid user user{n}") };
        log += &sshd(n * 2, 3_000 + n, &format!("{what} for {user} from {source} port {} ssh2", 40_000 + n));
    }
    let case = Case::new(&[("auth.log", log.as_bytes())]);
    let report = case.report(&[]);
    let names: std::collections::BTreeSet<_> = report.incidents.iter().flat_map(entered).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["user23", "user41", "user7"]);
    assert_eq!(report.summary["answer"], "entered");
    let worst = &report.incidents[0];
    assert_eq!(worst["legal"]["category"], "credential_misuse", "{}", worst["kind"]);
}
/// K-14 with a roster.
#[test]
fn a_leaver_who_comes_back_is_named() {
    let log = sshd(0, 9, "Accepted password for tanaka from 198.51.100.20 port 50001 ssh2")
        + &sshd(60, 10, "Accepted password for suzuki from 192.0.2.10 port 50002 ssh2");
    let roster = "account,kind,state,owner,left_on,valid_until,last_login\n\
                  tanaka,person,left,Tanaka,2026-10-31,,\nsuzuki,person,active,Suzuki,,,\n";
    let case = Case::new(&[("auth.log", log.as_bytes())]);
    std::fs::write(case.path("roster.csv"), roster).unwrap();
    let report = case.report(&["--accounts", "roster.csv"]);
    let incident = report.incident("leaver_account_use");
    assert_eq!(entered(incident), ["tanaka"]);
    assert!(report.incidents.iter().all(|incident| !entered(incident).contains(&"suzuki")));
}

/// K-11 and K-19: what the operator and the holder know beside the logs.
#[test]
fn places_and_statements_of_holders_are_used() {
    let log = sshd(0, 9, "Accepted password for sato from 192.0.2.10 port 50001 ssh2")
        + &sshd(1_200, 10, "Accepted password for sato from 198.51.100.20 port 50002 ssh2");
    let case = Case::new(&[("auth.log", log.as_bytes())]);
    let places =
        "prefix,latitude,longitude,country\n192.0.2.0/24,35.7,139.8,JP\n198.51.100.0/24,48.9,2.4,FR\n";
    std::fs::write(case.path("places.csv"), places).unwrap();
    std::fs::write(
        case.path("said.csv"),
        "account,from,address\nsato,2026-11-20,198.51.100.20\nkato,2026-11-20,\n",
    )
    .unwrap();
    let report = case.report(&["--places", "places.csv", "--repudiated", "said.csv"]);
    let incident = report.incident("repudiated_login");
    assert_eq!(
        (entered(incident), incident["sources"][0]["ip"].as_str()),
        (vec!["sato"], Some("198.51.100.20"))
    );
    assert_eq!(incident["legal"]["category"], "credential_misuse");
    assert!(report.text("findings.jsonl").contains("impossible_travel"));
    let not_checked = report.summary["not_checked"].to_string();
    assert!(not_checked.contains("not-found-repudiated") && !not_checked.contains("not-checked-travel"));
}

/// DT-TIM-06: a zone that the text log does not state shows in the journal of the same computer.
#[test]
fn a_zone_that_was_not_stated_is_noticed() {
    let mut log = String::new();
    let message = |n: u32| format!("Accepted password for sato from 192.0.2.10 port {} ssh2", 50_000 + n);
    (0..6).for_each(|n| log += &sshd(600 * n, 100 + n, &message(n)));
    // The text is read as 03:00 in Japan, which is 18:00 UTC of the day before.
    let told = |seconds_of_the_journal: i64| {
        let entry = |n: u32| {
            let micros = (seconds_of_the_journal + 600 * i64::from(n)) * 1_000_000;
            serde_json::json!({
                "__REALTIME_TIMESTAMP": micros.to_string(), "_HOSTNAME": "web1", "_COMM": "sshd", "_UID": "0",
                "SYSLOG_IDENTIFIER": "sshd", "_PID": (100 + n).to_string(), "MESSAGE": message(n),
            })
        };
        let journal: String = (0..6).map(|n| format!("{}\n", entry(n))).collect();
        let case = Case::new(&[("auth.log", log.as_bytes()), ("journal.json", journal.as_bytes())]);
        let report = case.report(&[]);
        let findings = report.findings.iter().filter(|finding| finding["kind"] == "clock_anomaly");
        findings.map(|finding| finding["notes"][0].to_string()).collect::<Vec<_>>()
    };
    let japan = 1_795_111_200;
    assert_eq!(told(japan), [] as [String; 0]);
    let wrong = told(japan + 9 * 3_600);
    assert!(
        wrong.len() == 1 && wrong[0].contains("trace-clock-zone") && wrong[0].contains("9:00:00"),
        "{wrong:?}"
    );
}

/// A roster among the logs is used, and the report says so.
#[test]
fn a_roster_beside_the_logs_is_found() {
    let log = sshd(0, 9, "Accepted password for tanaka from 198.51.100.20 port 50001 ssh2");
    let roster = "account,kind,state,owner,left_on\ntanaka,person,left,Tanaka,2026-10-31\n";
    let case = Case::new(&[("auth.log", log.as_bytes()), ("people.csv", roster.as_bytes())]);
    let report = case.report(&[]);
    assert_eq!(entered(report.incident("leaver_account_use")), ["tanaka"]);
    let assumed = report.summary["assumptions"].as_array().unwrap();
    let said = assumed.iter().find(|message| message["id"] == "assumed-roster").expect("said");
    assert!(said["en"].as_str().unwrap().contains("logs/people.csv"));
    assert!(report.unread_of("people.csv").is_empty());
}
#[test]
fn injection_into_a_page_is_found() {
    let line = |n: u32, what: &str, status: u16| {
        format!(
            "203.0.113.7 - - [20/Nov/2026:10:{:02}:{:02} +0900] \"GET {what} HTTP/1.1\" {status} 512 \"-\" \"Mozilla/5.0\"\n",
            n / 60,
            n % 60
        )
    };
    let mut log = String::new();
    for n in 0..30 {
        log += &line(n, "/item?id=5", 200);
    }
    for n in 30..40 {
        log += &line(
            n,
            "/item?id=-1%20UNION%20SELECT%20login,password%20FROM%20users--",
            if n % 2 == 0 { 500 } else { 200 },
        );
    }
    let case = Case::new(&[("nginx/access.log", log.as_bytes())]);
    let report = case.report(&[]);
    let incident = report.incident("sql_injection");
    assert_eq!(incident["sources"][0]["ip"], "203.0.113.7");
    let page = report.text("report.html");
    assert!(page.contains("UNION%20SELECT"));
}
