//! From the rule set to the engine of stateless rules (detection.md 5.1).

use crate::RuleIndex;
use crate::rule::{Body, LoadReport, Refused, Rule};
use crate::sigma::{Document, Engine};

/// Builds the engine from the rules whose body is Sigma, under the numbers that they have in the rule set. Rules that
/// the engine cannot take are added to `report.refused` (DT-RUL-02).
#[must_use]
pub(crate) fn build(rules: &[Rule], report: &mut LoadReport) -> Engine {
    let documents = (0..).map(RuleIndex).zip(rules).filter_map(|(index, rule)| match &rule.body {
        Body::Sigma(text) => Some(Document { index, text }),
        _ => None,
    });
    let (engine, refused) = Engine::load(documents);
    report.refused.extend(refused.into_iter().filter_map(|(index, reason)| {
        let rule = rules.get(index.0 as usize)?;
        let id = rule.meta.reference.id.clone();
        Some(Refused { file: rule.file.clone(), line: rule.line, id, reason })
    }));
    engine
}

#[cfg(test)]
mod tests {
    use crate::rule::RuleSet;
    use crate::{Front, RuleIndex};
    use vocab::{Event, Kind};

    const NATIVE: &str = "title: n\nid: n\nlevel: low\ntags: [sekisho.kind.log_gap]\nsekisho_native: n\n";
    const SIGMA: &str = "title: s\nid: s\nlevel: high\ntags: [attack.t1190]\nlogsource: {category: webserver}\n\
                         detection:\n  s: {cs-uri-stem|contains: evil}\n  condition: s\n";

    #[test]
    fn numbers_are_those_of_the_rule_set() {
        let (set, report) = RuleSet::load(&[("n.yml", NATIVE), ("s.yml", SIGMA)], &[]);
        assert_eq!((report.loaded, report.refused.len()), (2, 0));
        let set = std::sync::Arc::new(set);
        let event = Event {
            category: "webserver",
            class: vocab::Class::Http,
            url_path: Some("/evil".into()),
            ..Event::default()
        };
        let (mut front, mut signals, mut raw) = (Front::new(&set), Vec::new(), Vec::new());
        front.observe(&event, &mut signals);
        let [signal] = signals.as_slice() else { panic!("one signal expected") };
        assert_eq!(signal.matches.as_slice(), [RuleIndex(1)]);
        assert_eq!(set.get(RuleIndex(1)).map(crate::rule::Rule::kind), Some(Kind::VulnerabilityProbe));
        front.raw(&event, &mut raw);
        let [found] = raw.as_slice() else { panic!("one match expected") };
        assert_eq!(found.rule, RuleIndex(1));
        assert_eq!(found.fields, [("cs-uri-stem".to_owned(), "/evil".to_owned())]);
    }

    #[test]
    fn a_refused_rule_is_named_with_its_place() {
        let bad = format!("{SIGMA}---\n{}", SIGMA.replace("id: s", "id: t").replace("contains", "expand"));
        let (_, report) = RuleSet::load(&[("s.yml", &bad)], &[]);
        assert_eq!(report.loaded, 1);
        let [refused] = report.refused.as_slice() else { panic!("one refusal expected") };
        assert_eq!((refused.file.as_str(), refused.line, refused.id.as_str()), ("s.yml", 9, "t"));
        assert!(refused.reason.contains("DT-RUL-17"), "{}", refused.reason);
    }
}
