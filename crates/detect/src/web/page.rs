//! K-30: pages replaced, erased or put on a site from outside, as far as the access log shows it.

use super::payload::fill;
use super::visitor::Visitor;
use super::{payload, reduce};
use crate::engine::Ctx;
use crate::findings::{self, Key, add_evidence, record};
use crate::rule::RuleSet;
use crate::signal::{Answer, RuleIndex, Signal};
use rustc_hash::FxHashMap;
use vocab::{Confidence, EvidenceRole, Kind, Level, Message};

/// Pages watched after somebody wrote them.
const WATCHED_MAX: usize = 1_024;
/// Pages named in a finding.
const NAMED_MAX: usize = 32;
/// Endings of files that make up a site.
const FILES: [&str; 5] = ["js", "css", "json", "png", "svg"];

/// Writes to the pages of a site.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    rule: Option<RuleIndex>,
    shell: Option<RuleIndex>,
    watched: FxHashMap<u64, Watched>,
}

/// A page that somebody wrote: whose finding it is part of, and what it was before.
#[derive(Clone, Debug)]
struct Watched {
    rule: RuleIndex,
    key: Key,
    path: String,
    before: Option<u32>,
}

impl Pages {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let native = |name: &str| rules.native(name).map(|(index, _)| index);
        Self { rule: native("page_defacement"), shell: native("web_shell"), watched: FxHashMap::default() }
    }

    /// Sees a request that writes and was not refused. `before` = usual size of the page, when known.
    pub(super) fn write(
        &mut self,
        signal: &Signal,
        page: u64,
        folder: u64,
        before: Option<u32>,
        visitor: &mut Visitor,
        ctx: &mut Ctx,
    ) {
        let Some(detail) = signal.detail.as_deref() else { return };
        let method = detail.http_method.as_str();
        let done = matches!(
            (method, signal.answer.status),
            ("PUT" | "MOVE" | "COPY", 200 | 201 | 204) | ("DELETE", 200 | 204)
        );
        // With a name, the server's own access control let somebody in: that is a login, not a hole.
        if !done || !signal.account.is_empty() || !is_file(&detail.url_path, signal.answer) {
            return;
        }
        let script = signal.answer.has(Answer::SCRIPT) && method != "DELETE";
        let Some(rule) = (if script { self.shell } else { self.rule }) else { return };
        let key = payload::hostile(visitor, signal).key.clone();
        let rules = std::sync::Arc::clone(&ctx.rules);
        let Some(finding) = ctx.findings.upsert(&rules, rule, key.clone(), signal.order.time) else { return };
        fill(finding, signal, EvidenceRole::Effect);
        finding.effect = true;
        if script {
            finding.category = Kind::WebShell.category(true);
        }
        let created = signal.answer.status == 201;
        findings::raise(finding, if created && !script { Level::Medium } else { Level::High });
        if finding.artefacts.len() < NAMED_MAX
            && !finding.artefacts.iter().any(|path| *path == detail.url_path)
        {
            finding.artefacts.push(detail.url_path.to_string());
            let id = match method {
                "DELETE" => "web-page-erased",
                _ if created => "web-page-put",
                _ => "web-page-replaced",
            };
            finding.notes.push(Message::new(id).with("path", detail.url_path.as_str()));
        }
        let path = detail.url_path.to_string();
        for place in [page, folder] {
            if place != 0 && self.watched.len() < WATCHED_MAX {
                self.watched.insert(place, Watched { rule, key: key.clone(), path: path.clone(), before });
            }
        }
    }

    /// Sees a page that was served; says so in the finding when somebody had written it and its size is another now.
    pub(super) fn served(&mut self, signal: &Signal, page: u64, ctx: &mut Ctx) {
        let Some(watched) = self.watched.get(&page) else { return };
        if !signal.answer.has(Answer::GET) || signal.answer.status == 304 {
            return;
        }
        let Some(watched) = (match watched.before {
            Some(before) if !reduce::alike(before, signal.answer.bytes) => self.watched.remove(&page),
            _ => None,
        }) else {
            return;
        };
        let rules = std::sync::Arc::clone(&ctx.rules);
        let Some(finding) = ctx.findings.upsert(&rules, watched.rule, watched.key, signal.order.time) else {
            return;
        };
        add_evidence(finding, record(signal, EvidenceRole::Effect));
        finding.confidence = Confidence::High;
        let before = watched.before.unwrap_or_default();
        finding.notes.push(
            Message::new("web-page-changed")
                .with("path", watched.path)
                .with("before", before)
                .with("after", signal.answer.bytes)
                .with("status", u32::from(signal.answer.status)),
        );
    }
}

/// A file of a site, and no object of an interface for programs.
fn is_file(path: &str, answer: Answer) -> bool {
    let known =
        answer.has(Answer::PAGE) || answer.has(Answer::SCRIPT) || FILES.contains(&reduce::extension(path));
    known && !path.ends_with('/') && !path.split('/').any(|part| part.eq_ignore_ascii_case("api"))
}

/// Path of the folder whose first page this is.
pub(super) fn folder(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    let first = ["index.html", "index.htm", "index.php", "default.htm", "default.asp"];
    first.contains(&name).then(|| path.get(..=folder.len()).unwrap_or("/"))
}
