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
