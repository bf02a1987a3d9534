//! What is tested on every engine.

use store::{
    BlockRow, BlockState, CaseEvent, CaseState, Error, FindingRow, IncidentRow, LogChunk, LogLine, LogWanted,
    NewCase, NewPerson, Notice, NoticeState, PostRow, Role, SourceRow, Store, Wanted,
};
use vocab::Timestamp;

/// Name and work of a test.
type Named = (&'static str, fn(&Store));

pub(crate) const CASES: &[Named] = &[
    ("people", people),
    ("sessions", sessions),
    ("the first set-up", setup),
    ("findings and incidents", watch),
    ("cases", cases),
    ("notices", notices),
    ("blocks", blocks),
    ("agents", agents),
    ("duties", posts),
    ("logs", logs),
    ("hostile text", hostile),
    ("all or nothing", whole),
];

const T: Timestamp = Timestamp(1_700_000_000_000_000);

fn later(seconds: i64) -> Timestamp {
    T.plus(seconds * Timestamp::SECOND)
}

fn add(store: &Store, id: &str, login: &str, role: Role) -> Result<(), Error> {
    let new = NewPerson { id, login, name: "関 守", mail: "", role, password: "$argon2id$x" };
    store.write(|tx| tx.add_person(new, T))
}

fn people(store: &Store) {
    add(store, "p1", "admin", Role::Administrator).unwrap();
    add(store, "p2", "sekimori", Role::CrisisManager).unwrap();
    assert!(matches!(add(store, "p3", "admin", Role::Auditor), Err(Error::Exists(_))));
    let everybody = store.read(|tx| tx.people()).unwrap();
    assert_eq!(everybody.iter().map(|p| p.login.as_str()).collect::<Vec<_>>(), ["admin", "sekimori"]);
    assert_eq!(everybody[1].name, "関 守");
    // The last administrator stays one.
    let gone = store.write(|tx| tx.change_person("p1", 1, Role::Auditor, true, T));
    assert!(matches!(gone, Err(Error::Exists(_))), "{gone:?}");
    let gone = store.write(|tx| tx.change_person("p1", 1, Role::Administrator, false, T));
    assert!(gone.is_err());
    assert_eq!(store.read(|tx| tx.person("p1")).unwrap().unwrap().role, Role::Administrator);
    // Two people at once: the second is told (CW-DAT-05).
    store.write(|tx| tx.change_person("p2", 1, Role::Operator, true, T)).unwrap();
    let stale = store.write(|tx| tx.change_person("p2", 1, Role::Auditor, true, T));
    assert!(matches!(stale, Err(Error::Stale { found: 2, expected: 1, .. })), "{stale:?}");
}

fn sessions(store: &Store) {
    add(store, "p1", "admin", Role::Administrator).unwrap();
    add(store, "p2", "other", Role::Administrator).unwrap();
    store.write(|tx| tx.begin_session("hash", "p1", "form", T, later(3_600))).unwrap();
    let seen = |now, idle| store.write(|tx| tx.session("hash", now, idle)).unwrap();
    assert_eq!(seen(later(10), later(-60)).map(|s| (s.login, s.form)), Some(("admin".into(), "form".into())));
    assert!(seen(later(3_600), later(-60)).is_none(), "it ends");
    assert!(seen(later(10), T).is_none(), "it was idle");
    assert!(store.write(|tx| tx.session("other", later(1), later(-60))).unwrap().is_none());
    store.write(|tx| tx.change_person("p1", 1, Role::Administrator, false, T)).unwrap();
    assert!(seen(later(10), later(-60)).is_none(), "who may not sign in any more has no session");
}

fn setup(store: &Store) {
    store.write(|tx| tx.set_setup_code("old", later(60))).unwrap();
    store.write(|tx| tx.set_setup_code("code", later(60))).unwrap();
    let uses = |code, now| store.write(|tx| tx.use_setup_code(code, now)).unwrap();
    assert!(!uses("old", T) && !uses("code", later(60)));
    assert!(uses("code", T));
    assert!(!uses("code", T), "once");
    store.write(|tx| tx.set_setup_code("code", later(60))).unwrap();
    add(store, "p1", "admin", Role::Administrator).unwrap();
    assert!(!uses("code", T), "never when somebody is entered");
}

fn finding(id: &str, level: i64, ended: Timestamp) -> FindingRow {
    FindingRow {
        id: id.into(),
        rule: "sekisho/K-01".into(),
        kind: "password_guessing".into(),
        level,
        began: T,
        ended,
        incident: "I-1".into(),
        body: "{\"note\":\"総当たり\"}".into(),
    }
}

fn watch(store: &Store) {
    for (id, level, at) in [("a", 1, 10), ("b", 3, 20), ("c", 3, 30)] {
        store.write(|tx| tx.put_finding(&finding(id, level, later(at)), T)).unwrap();
    }
    let list = |level, kind: &str, skip| {
        let wanted = Wanted { level, kind: kind.into(), skip, rows: 2, ..Wanted::default() };
        let page = store.read(|tx| tx.findings(&wanted)).unwrap();
        (page.rows.into_iter().map(|row| row.id).collect::<Vec<_>>(), page.all)
    };
    assert_eq!(list(0, "", 0), (vec!["c".into(), "b".into()], 3));
    assert_eq!(list(0, "", 2), (vec!["a".into()], 3));
    assert_eq!(list(3, "password_guessing", 0).1, 2);
    assert_eq!(list(0, "web_shell", 0), (vec![], 0));
    store.write(|tx| tx.put_finding(&finding("a", 4, later(40)), T)).unwrap();
    assert_eq!(list(0, "", 0), (vec!["a".into(), "c".into()], 3), "a finding that grows stays one");

    let incident = |level| IncidentRow {
        id: "I-1".into(),
        title: "password_guessing".into(),
        level,
        entered: true,
        began: T,
        ended: later(5),
        body: "{}".into(),
    };
    assert!(store.write(|tx| tx.put_incident(&incident(2), T)).unwrap());
    assert!(!store.write(|tx| tx.put_incident(&incident(3), T)).unwrap());
    let wanted = Wanted { rows: 10, ..Wanted::default() };
    assert_eq!(store.read(|tx| tx.incidents(&wanted)).unwrap().rows, [incident(3)]);
    let source = |lines, silent| SourceRow {
        rank: 1,
        name: "/var/log/auth.log".into(),
        way: "file".into(),
        format: "syslog".into(),
        lines,
        events: 1,
        unread: 0,
        first_seen: T,
        last_seen: T,
        silent,
    };
    store.write(|tx| tx.put_source(&source(1, false))).unwrap();
    store.write(|tx| tx.put_source(&source(2, true))).unwrap();
    assert_eq!(store.read(|tx| tx.sources()).unwrap(), [source(2, true)]);
}

fn cases(store: &Store) {
    let open = |id, incident| {
        store.write(|tx| tx.open_case(NewCase { id, incident, title: "認証の失敗が続いた" }, T)).unwrap()
    };
    let first = open("c1", "I-1");
    assert_eq!((first.number, first.state, first.recognised), (1, CaseState::Detected, Timestamp(0)));
    assert_eq!(open("c2", "I-1"), first, "an incident has one case");
    assert_eq!(open("c3", "I-2").number, 2);
    let mut changed = first.clone();
    (changed.state, changed.owner) = (CaseState::Initial, "sekimori".into());
    store.write(|tx| tx.change_case(&changed, later(1))).unwrap();
    let stale = store.write(|tx| tx.change_case(&changed, later(2)));
    assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
    let event = |id: &str, at| CaseEvent {
        id: id.into(),
        case: "c1".into(),
        at: later(at),
        actor: "sekimori".into(),
        deed: "note".into(),
        body: "電話した".into(),
        ledger: 7,
    };
    store.write(|tx| tx.add_case_event(&event("e2", 2))).unwrap();
    store.write(|tx| tx.add_case_event(&event("e1", 1))).unwrap();
    assert!(
        store.write(|tx| tx.add_case_event(&event("e1", 1))).is_err(),
        "an entry of the log is written once"
    );
    assert_eq!(store.read(|tx| tx.case_events("c1")).unwrap(), [event("e1", 1), event("e2", 2)]);
    let mut closed = store.read(|tx| tx.case(1)).unwrap().unwrap();
    closed.state = CaseState::Closed;
    store.write(|tx| tx.change_case(&closed, later(3))).unwrap();
    assert_eq!(store.read(|tx| tx.cases(true, 10)).unwrap().len(), 1);
    assert_eq!(store.read(|tx| tx.cases(false, 10)).unwrap().len(), 2);
}

fn notice(id: &str) -> Notice {
    Notice {
        id: id.into(),
        incident: "I-1".into(),
        stage: "attempt".into(),
        channel: "mail".into(),
        person: "sekimori".into(),
        address: "sekimori@example.jp".into(),
        state: NoticeState::Queued,
        queued: T,
        next_try: T,
        tries: 0,
        proof: String::new(),
        told: Timestamp(0),
        acknowledged: Timestamp(0),
        acknowledged_by: String::new(),
    }
}

fn notices(store: &Store) {
    let first = notice("n1");
    assert!(store.write(|tx| tx.queue_notice(&first)).unwrap());
    assert!(!store.write(|tx| tx.queue_notice(&first)).unwrap(), "told once (DT-NTF-04)");
    let due = |channel, at| store.read(|tx| tx.due_notices(channel, at, 10)).unwrap();
    assert_eq!(due("mail", T), std::slice::from_ref(&first));
    assert!(due("webhook", T).is_empty());
    let tried = |state, proof: &str, tries, next| {
        let after = Notice { state, proof: proof.into(), tries, next_try: later(next), ..notice("n1") };
        store.write(|tx| tx.tried_notice(&after)).unwrap();
    };
    tried(NoticeState::Failed, "451 later", 1, 60);
    assert!(due("mail", later(59)).is_empty());
    assert_eq!(due("mail", later(60))[0].proof, "451 later");
    store.write(|tx| tx.link_notice("n1", "hash")).unwrap();
    tried(NoticeState::Sent, "250 ok", 2, 60);
    assert!(due("mail", later(99)).is_empty());
    let by_link = |link| store.read(|tx| tx.notice_by_link(link)).unwrap().map(|found| found.id);
    assert_eq!((by_link("hash").as_deref(), by_link("other"), by_link("")), (Some("n1"), None, None));
    assert_eq!(store.read(|tx| tx.unseen_notices("I-1", "sekimori")).unwrap().len(), 1);
    assert!(store.read(|tx| tx.unseen_notices("I-1", "admin")).unwrap().is_empty());
    let folded = Notice { state: NoticeState::Folded, ..notice("n2") };
    store.write(|tx| tx.queue_notice(&folded)).unwrap();
    assert_eq!(store.read(|tx| tx.folded_notices(10)).unwrap(), [folded]);
    assert_eq!(store.read(|tx| tx.notices_since("sekimori", "mail", later(-1))).unwrap(), 1);
    assert_eq!(store.read(|tx| tx.notices_since("sekimori", "mail", T)).unwrap(), 0);

    let begins = |stage, level| store.write(|tx| tx.begin_telling("I-1", stage, level, T)).unwrap();
    assert!(begins("attempt", 2) && !begins("attempt", 3) && !begins("attempt", 1) && begins("entry", 4));
    store.write(|tx| tx.told_rounds("I-1", "attempt", 2)).unwrap();
    store.write(|tx| tx.told_rounds("I-1", "attempt", 1)).unwrap();
    let open = store.read(|tx| tx.open_tellings(10)).unwrap();
    let shown: Vec<_> = open.iter().map(|told| (told.stage.as_str(), told.level, told.rounds)).collect();
    assert_eq!(shown, [("attempt", 3, 2), ("entry", 4, 0)]);
    assert_eq!(store.read(|tx| tx.last_telling("entry")).unwrap(), Some(T));
    assert_eq!(store.read(|tx| tx.last_telling("test")).unwrap(), None);

    assert_eq!(store.write(|tx| tx.acknowledge("I-1", "sekimori", later(9))).unwrap(), 2);
    assert_eq!(store.write(|tx| tx.acknowledge("I-1", "admin", later(10))).unwrap(), 0);
    assert!(store.read(|tx| tx.open_tellings(10)).unwrap().is_empty());
    assert_eq!(store.read(|tx| tx.tellings_of("I-1")).unwrap()[1].acknowledged_by, "sekimori");
    assert_eq!(by_link("hash"), None, "a link is used up");
    let known = store.read(|tx| tx.notices_of("I-1")).unwrap();
    assert_eq!((known[0].state, known[0].acknowledged_by.as_str()), (NoticeState::Acknowledged, "sekimori"));
    // A late answer of the channel takes nothing back.
    tried(NoticeState::Failed, "timeout", 3, 0);
    assert_eq!(store.read(|tx| tx.newest_notices(9)).unwrap()[0].state, NoticeState::Acknowledged);
}

fn posts(store: &Store) {
    add(store, "p1", "admin", Role::Administrator).unwrap();
    add(store, "p2", "sekimori", Role::CrisisManager).unwrap();
    let post = PostRow {
        id: "d1".into(),
        person: "p2".into(),
        login: "sekimori".into(),
        duty: "crisis-manager".into(),
        days: 31,
        from: 540,
        until: 1_080,
    };
    store.write(|tx| tx.add_post(&post)).unwrap();
    assert!(
        store
            .write(|tx| tx.add_post(&PostRow { id: "d2".into(), person: "nobody".into(), ..post.clone() }))
            .is_err()
    );
    assert_eq!(store.read(|tx| tx.posts()).unwrap(), std::slice::from_ref(&post));
    store.write(|tx| tx.set_addresses("p2", "s@example.jp", "https://hook.example.jp/x")).unwrap();
    assert!(store.write(|tx| tx.set_addresses("p3", "", "")).is_err());
    let person = store.read(|tx| tx.person("p2")).unwrap().unwrap();
    assert_eq!((person.mail.as_str(), person.second.as_str()), ("s@example.jp", "https://hook.example.jp/x"));
    // Who may not sign in any more is not called.
    store.write(|tx| tx.change_person("p2", 2, Role::CrisisManager, false, T)).unwrap();
    assert!(store.read(|tx| tx.posts()).unwrap().is_empty());
    assert!(store.write(|tx| tx.remove_post("d1")).unwrap());
    assert!(!store.write(|tx| tx.remove_post("d1")).unwrap());
}

fn blocks(store: &Store) {
    let block = |id: &str, began| BlockRow {
        id: id.into(),
        prefix: "203.0.113.7/32".into(),
        case: 1,
        state: BlockState::Ordered,
        began,
        ends: later(600),
        confirm_by: later(300),
        actor: "kanri".into(),
        reason: "guessing".into(),
        remark: "BG-2".into(),
        ledger: 9,
    };
    store.write(|tx| tx.add_block(&block("b1", T))).unwrap();
    store.write(|tx| tx.add_block(&block("b2", later(5)))).unwrap();
    assert_eq!(store.read(|tx| tx.block("b1")).unwrap(), Some(block("b1", T)));
    store.write(|tx| tx.change_block("b1", BlockState::Expired, "BG-2", Timestamp(0))).unwrap();
    let ids = |since| {
        let rows = store.read(|tx| tx.blocks(since, 10)).unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(T), ["b2", "b1"]);
    assert_eq!(ids(later(99)), ["b2"], "what is open is always among them");
    let absent = store.write(|tx| tx.change_block("b9", BlockState::Undone, "", T));
    assert!(matches!(absent, Err(Error::Absent("block"))));
    assert_eq!(store.read(|tx| tx.kept("seen")).unwrap(), None);
    store.write(|tx| tx.keep("seen", "a")).unwrap();
    store.write(|tx| tx.keep("seen", "b")).unwrap();
    assert_eq!(store.read(|tx| tx.kept("seen")).unwrap().as_deref(), Some("b"));
}

fn hostile(store: &Store) {
    for text in ["'; DROP TABLE person; --", "$1", "a\0b", "\u{202e}txt", "𠮷野", "?1 \\ \" %"] {
        let mut row = finding(text, 1, T);
        row.body = text.to_owned();
        store.write(|tx| tx.put_finding(&row, T)).unwrap();
        let id = text.replace('\0', "\u{fffd}");
        assert_eq!(store.read(|tx| tx.finding(&id)).unwrap().map(|found| found.body), Some(id));
    }
}

fn whole(store: &Store) {
    let failed = store.write(|tx| {
        let new = NewPerson { id: "p", login: "x", name: "", mail: "", role: Role::Auditor, password: "" };
        tx.add_person(new, T)?;
        Err::<(), _>(Error::Absent("anything"))
    });
    assert!(failed.is_err());
    assert!(store.read(|tx| tx.people()).unwrap().is_empty());
    let read = store.read(|tx| tx.execute("DELETE FROM source", &[]));
    assert!(read.is_ok(), "{read:?}");
    // A statement that fails gives up its transaction, and the next one works.
    assert!(store.write(|tx| tx.execute("INSERT INTO nothing VALUES (1)", &[])).is_err());
    assert!(store.read(|tx| tx.people()).unwrap().is_empty());
}

fn agents(store: &Store) {
    let (first, second) = ("11".repeat(32), "22".repeat(32));
    store.write(|tx| tx.add_agent("web01", &first, Timestamp(5))).expect("entered");
    assert!(matches!(store.write(|tx| tx.add_agent("web01", &second, Timestamp(6))), Err(Error::Exists(_))));
    let known = |certificate: &str| store.read(|tx| tx.agent_of(certificate)).expect("asked");
    assert_eq!(known(&first).map(|agent| agent.name).as_deref(), Some("web01"));
    assert_eq!(known(&second), None);
    store.write(|tx| tx.revoke_agent("web01", Timestamp(7))).expect("revoked");
    assert!(matches!(store.write(|tx| tx.revoke_agent("web01", Timestamp(8))), Err(Error::Absent(_))));
    assert_eq!(known(&first), None);
    store.write(|tx| tx.add_agent("web01", &second, Timestamp(9))).expect("a name with a new certificate");
    assert!(known(&first).is_none() && known(&second).is_some());
    assert_eq!(store.read(|tx| tx.agents()).expect("all").len(), 1);
}

fn logs(store: &Store) {
    let line =
        |id: i64, source, text: &str| LogLine { id, source, at: Timestamp(id * 10), text: text.into() };
    store
        .write(|tx| {
            let (a, b) = (tx.log_source("a")?, tx.log_source("b")?);
            assert_eq!((a, tx.log_source("a")?), (1, 1));
            let lines: Vec<LogLine> =
                (1..=600).map(|id| line(id, if id % 2 == 0 { a } else { b }, "侵入")).collect();
            tx.add_log_lines(LogChunk { first: 1, last: 600, lines: 600 }, &[7, 8, 9], &lines)?;
            tx.add_log_lines(LogChunk { first: 601, last: 601, lines: 1 }, &[7], &[line(601, a, "x")])?;
            // The stretch grows; pairs that are known are no mistake.
            tx.add_log_lines(LogChunk { first: 601, last: 602, lines: 2 }, &[7, 8], &[line(602, a, "y")])
        })
        .expect("entered");
    let chunks = |grams: &[i64], before| {
        let found = store.read(|tx| tx.log_chunks(grams, before, 10)).expect("asked");
        found.into_iter().map(|chunk| chunk.first).collect::<Vec<_>>()
    };
    assert_eq!((chunks(&[7, 8], 999), chunks(&[7, 9], 999)), (vec![601, 1], vec![1]));
    assert_eq!((chunks(&[7], 601), chunks(&[5], 999), chunks(&[], 999)), (vec![1], vec![], vec![601, 1]));
    let wanted = LogWanted {
        source: Some(1),
        from: Timestamp(0),
        to: Timestamp(i64::MAX),
        first: 0,
        before: i64::MAX,
        rows: 3,
    };
    let ids = |wanted: &LogWanted| {
        let found = store.read(|tx| tx.log_lines(wanted)).expect("asked");
        found.into_iter().map(|line| line.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&wanted), [602, 601, 600]);
    assert_eq!(ids(&LogWanted { before: 600, source: None, ..wanted.clone() }), [599, 598, 597]);
    assert_eq!(ids(&LogWanted { to: Timestamp(40), source: None, ..wanted.clone() }), [3, 2, 1]);
    assert_eq!(ids(&LogWanted { from: Timestamp(6_020), ..wanted.clone() }), [602]);
    store.write(|tx| tx.forget_log_lines(Timestamp(6_010))).expect("forgotten");
    assert_eq!(ids(&LogWanted { source: None, ..wanted.clone() }), [602, 601]);
    assert_eq!(chunks(&[7], 999), [601]);
    store.write(|tx| tx.forget_log_lines(Timestamp(i64::MAX))).expect("forgotten");
    assert_eq!(store.read(|tx| tx.newest_log_chunk()).expect("asked"), None);
}
