use super::*;
use vocab::Event;

fn web<'a>(path: &'a str, query: &'a str, agent: &'a str) -> Event<'a> {
    Event {
        product: "apache",
        category: "webserver",
        sigma_services: &["access"],
        url_path: Some(path.into()),
        url_query: (!query.is_empty()).then(|| query.into()),
        user_agent: Some(agent.into()),
        http_method: Some("GET".into()),
        http_status: Some(200),
        ..Event::default()
    }
}

fn engine(text: &str) -> Engine {
    let (engine, refused) = Engine::load([Document { index: RuleIndex(0), text }]);
    assert_eq!(refused, Vec::new());
    engine
}

fn hits(engine: &mut Engine, event: &Event<'_>) -> usize {
    let (mut quick, mut slow) = (SmallVec::new(), SmallVec::new());
    engine.matches(event, &mut quick);
    engine.matches_slowly(event, &mut slow);
    assert_eq!(quick, slow, "the prefilter must not change matches");
    quick.len()
}

#[test]
fn a_literal_in_a_canonical_reading_is_found() {
    let mut engine = engine(
        "title: t\nid: a\nlogsource: {category: webserver}\ndetection:\n  s:\n    sekisho.url|contains: '../'\n  condition: s\n",
    );
    for (path, query, want) in [
        ("/a/..%252f..%252fetc", "", 1),
        ("/x", "f=%2e%2e%2f", 1),
        ("/x", "f=..%c0%af", 1),
        ("/index.html", "q=a+b", 0),
    ] {
        assert_eq!(hits(&mut engine, &web(path, query, "Mozilla/5.0")), want, "{path} {query}");
    }
}

/// A reading with a letter that only folding makes ASCII is found each time, not only when the text is new.
#[test]
fn a_text_with_an_unusual_reading_is_never_quiet() {
    let mut engine = engine(
        "title: t\nid: a\nlogsource: {category: webserver}\ndetection:\n  s:\n    sekisho.path|contains: kevil\n  condition: s\n",
    );
    for _ in 0..3 {
        assert_eq!(hits(&mut engine, &web("/a/%E2%84%AAevil", "", "x")), 1);
        assert_eq!(hits(&mut engine, &web("/a/plain", "", "x")), 0);
    }
}

#[test]
fn log_sources_are_strict() {
    let text = "title: t\nlogsource: {category: webserver, product: nginx}\ndetection:\n  k: [evil]\n  condition: k\n";
    let mut engine = engine(text);
    let mut event = web("/evil", "", "x");
    assert_eq!(hits(&mut engine, &event), 0);
    event.product = "nginx";
    assert_eq!(hits(&mut engine, &event), 1);
    event.category = "";
    assert_eq!(hits(&mut engine, &event), 0);
}

#[test]
fn an_explanation_says_what_was_asked_and_what_was_found() {
    let engine = engine(
        "title: t\nlogsource: {category: webserver}\ndetection:\n  s:\n    cs-method: [GET, POST]\n    \
         cs-uri-stem|contains|all: ['/a', 'b']\n  filter: {sc-status|gte: 400}\n  condition: s and not filter\n",
    );
    let explained = engine.explain(RuleIndex(0), &web("/a", "", "x")).unwrap();
    assert!(explained.log_source && !explained.matches && explained.condition == "s and not filter");
    let [filter, own] = explained.selections.as_slice() else { panic!("two selections expected") };
    assert!(!filter.holds && !own.holds);
    let Step::Some { wanted: 2, parts, .. } = &own.step else { panic!("{own:?}") };
    let Step::Item { field, asks, values, holds: true } = &parts[0] else { panic!("{parts:?}") };
    assert_eq!(
        (field.as_deref(), asks.len(), values.as_slice()),
        (Some("cs-method"), 2, &[Some("GET".to_owned())][..])
    );
    let Step::Some { parts, .. } = &parts[1] else { panic!("{parts:?}") };
    assert_eq!(parts.iter().map(Step::holds).collect::<Vec<_>>(), [true, false]);
    assert!(engine.explain(RuleIndex(9), &web("/", "", "")).is_none());
}

/// A record of a shape, with an event id in its own data where `own` says so.
fn of_shape(engine: &mut Engine, own: &str, image: &str) -> usize {
    let windows = vocab::WindowsRecord { event_id: 1, shape: vocab::ShapeId(7), ..Default::default() };
    let mut event = Event { product: "windows", windows: Some(&windows), ..Event::default() };
    event.push_extra("EventID", own);
    event.push_extra("Image", image);
    hits(engine, &event)
}

#[test]
fn nothing_of_one_record_decides_about_the_next_of_its_shape() {
    let mut engine = engine(
        "title: t\nlogsource: {product: windows}\ndetection:\n  s: {EventID: 1, Image|endswith: '\\cmd.exe'}\n  condition: s\n",
    );
    for (own, image, want) in [
        ("1", "C:\\CMD.exe", 1),
        ("1", "x", 0),
        ("2", "C:\\cmd.exe", 0),
        ("1", "D:\\cmd.exe", 1),
        ("01", "\\cmd.exe", 1),
    ] {
        assert_eq!(of_shape(&mut engine, own, image), want, "{own} {image}");
    }
    assert_eq!(of_shape(&mut engine, "3", "\\cmd.exe"), 0);
}
