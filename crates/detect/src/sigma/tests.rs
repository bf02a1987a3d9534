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
