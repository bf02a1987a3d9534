//! Metadata of a rule: Sigma header and the tags of the Act (detection.md 5.6).

use vocab::{Audience, Category, Confidence, Kind, Level, RuleRef, Stage};
use yaml_serde::Value;

/// What a rule says of itself.
#[derive(Clone, Debug)]
pub struct Meta {
    /// Id, title, author, licence; copied into findings (DT-RUL-04).
    pub reference: RuleRef,
    /// Short name by which other rules refer to it.
    pub name: Option<String>,
    /// Class of attack; `None` when no tag names one (DT-RUL-07).
    pub kind: Option<Kind>,
    /// Stage, when the rule states another than that of its kind.
    pub stage: Option<Stage>,
    /// Base level.
    pub level: Level,
    /// How sure.
    pub confidence: Confidence,
    /// Whom to tell.
    pub audience: Audience,
    /// Lowered category: `out_of_scope` or `undetermined` only.
    pub legal: Option<Category>,
    /// Facts the records can support.
    pub facts: Vec<String>,
    /// Measures, e.g. `PM-01`.
    pub measures: Vec<String>,
    /// The match is an effect sign.
    pub effect: bool,
    /// All tags as written.
    pub tags: Vec<String>,
}

fn words(document: &Value, field: &str) -> Vec<String> {
    match document.get(field) {
        Some(Value::Sequence(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

fn text(document: &Value, field: &str) -> Option<String> {
    document.get(field).and_then(Value::as_str).map(str::to_owned)
}

impl Meta {
    /// Reads the header of a rule document.
    ///
    /// # Errors
    /// Says which field is missing or wrong.
    pub fn parse(document: &Value) -> Result<Self, String> {
        let id = text(document, "id").or_else(|| text(document, "name")).ok_or("expected `id`")?;
        let level = match text(document, "level") {
            None => Level::Medium,
            Some(name) => {
                Level::parse(&name).ok_or_else(|| format!("level: {name:?} is none of the five levels"))?
            }
        };
        let mut meta = Self {
            reference: RuleRef {
                id,
                title: text(document, "title").ok_or("expected `title`")?,
                author: text(document, "author"),
                license: text(document, "license"),
                references: words(document, "references"),
                false_positives: words(document, "falsepositives"),
            },
            name: text(document, "name"),
            kind: None,
            stage: None,
            level,
            confidence: Confidence::default(),
            audience: Audience::default(),
            legal: None,
            facts: Vec::new(),
            measures: Vec::new(),
            effect: false,
            tags: words(document, "tags"),
        };
        for tag in meta.tags.clone() {
            if let Some(tag) = tag.strip_prefix("sekisho.") {
                meta.tag(tag)?;
            }
        }
        Ok(meta)
    }

    /// Gives a Sigma rule without `sekisho.kind` a kind by its ATT&CK tags and log source, else none and confidence low
    /// (DT-RUL-07).
    pub fn kind_by_tags(&mut self, document: &Value) {
        if self.kind.is_some() {
            return;
        }
        let source =
            |name| document.get("logsource").and_then(|source| source.get(name)).and_then(Value::as_str);
        let family = crate::sigma::family(
            source("product").unwrap_or_default(),
            source("category").unwrap_or_default(),
        );
        let (kind, known) = crate::sigma::kind_by_tags(self.tags.iter().map(String::as_str), family);
        self.kind = Some(kind);
        if !known && !self.tags.iter().any(|tag| tag.starts_with("sekisho.confidence.")) {
            self.confidence = Confidence::Low;
        }
    }

    fn tag(&mut self, tag: &str) -> Result<(), String> {
        let wrong = || format!("tags: sekisho.{tag} is not known");
        let (group, value) = tag.split_once('.').unwrap_or((tag, ""));
        match group {
            "kind" => {
                let kind = Kind::parse(value).ok_or_else(wrong)?;
                if self.kind.is_some_and(|other| other != kind) {
                    return Err("tags: expected exactly one sekisho.kind".to_owned());
                }
                self.kind = Some(kind);
            }
            "stage" => {
                let stage = Value::String(value.to_owned());
                self.stage = Some(yaml_serde::from_value(stage).map_err(|_| wrong())?);
            }
            "legal" => {
                self.legal = Some(match value {
                    "out_of_scope" => Category::OutOfScope,
                    "undetermined" => Category::Undetermined,
                    _ => {
                        return Err(format!(
                            "tags: sekisho.{tag} may only lower to out_of_scope or undetermined"
                        ));
                    }
                });
            }
            "confidence" => {
                self.confidence = match value {
                    "low" => Confidence::Low,
                    "medium" => Confidence::Medium,
                    "high" => Confidence::High,
                    _ => return Err(wrong()),
                };
            }
            "audience" => {
                self.audience = match value {
                    "holder" => Audience::Holder,
                    "operator" => Audience::Operator,
                    "crisis_manager" => Audience::CrisisManager,
                    _ => return Err(wrong()),
                };
            }
            "fact" => self.facts.push(value.to_owned()),
            "measure" => self.measures.push(value.to_ascii_uppercase()),
            "effect" => self.effect = true,
            "element" | "map" => {}
            _ => return Err(wrong()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(tags: &str) -> Result<Meta, String> {
        let text = format!("title: t\nid: x\nlevel: low\ntags: [{tags}]");
        Meta::parse(&yaml_serde::from_str(&text).expect("yaml"))
    }

    #[test]
    fn tags_of_the_act_are_read() {
        let meta = meta(
            "attack.t1110, sekisho.kind.password_guessing, sekisho.measure.pm-01, sekisho.confidence.high, \
             sekisho.audience.crisis_manager, sekisho.fact.f4, sekisho.effect",
        )
        .expect("meta");
        assert_eq!(meta.kind, Some(Kind::PasswordGuessing));
        assert_eq!(meta.measures, ["PM-01"]);
        assert_eq!(meta.confidence, Confidence::High);
        assert_eq!(meta.audience, Audience::CrisisManager);
        assert_eq!(meta.facts, ["f4"]);
        assert!(meta.effect);
    }

    #[test]
    fn wrong_tags_are_refused_with_their_name() {
        assert!(meta("sekisho.kind.no_such_kind").expect_err("kind").contains("no_such_kind"));
        assert!(meta("sekisho.legal.security_hole").expect_err("legal").contains("only lower"));
        assert!(meta("sekisho.kind.web_shell, sekisho.kind.log_gap").is_err());
        assert!(meta("sekisho.colour.red").is_err());
    }
}
