//! K-25: a script that was never asked for before, then commanded by POST by hardly anybody.

use super::visitor::Visitor;
use super::{login, payload, prefix, reduce};
use crate::attempts::stable_hash;
use crate::engine::Ctx;
use crate::findings::{self, add_evidence};
use crate::prim::table::{Keep, Table};
use crate::rule::RuleSet;
use crate::signal::{Answer, RuleIndex, Signal};
use smallvec::SmallVec;
use vocab::{EvidenceRole, Kind, Level, Message, Record, Timestamp};

/// Scripts watched at once.
const SCRIPTS_MAX: usize = 20_000;
/// Folders that hold what visitors send, or parts of pages, and no scripts.
const FOLDERS: [&str; 18] = [
    "upload",
    "uploads",
    "files",
    "file",
    "images",
    "image",
    "img",
    "photo",
    "photos",
    "media",
    "tmp",
    "temp",
    "cache",
    "static",
    "assets",
    "css",
    "avatar",
    "attachments",
];

/// Numbers of the rule `web_shell`.
#[derive(Clone, Debug)]
pub(super) struct Shells {
    rule: Option<RuleIndex>,
    learning: i64,
    posts: u32,
    scripts: Table<Script>,
}

/// A script and who asked for it.
#[derive(Clone, Debug, Default)]
struct Script {
    sources: SmallVec<[u64; 3]>,
    posts: u32,
    sizes: SmallVec<[u32; 3]>,
    referred: bool,
    old: bool,
    records: Vec<Record>,
    found: bool,
    used: bool,
}

impl Keep for Script {
    fn score(&self) -> u32 {
        if self.found { u32::MAX } else { u32::from(!self.old) + self.posts.min(100) }
    }

    fn used(&mut self) -> bool {
        std::mem::take(&mut self.used)
    }
}

impl Shells {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let native = rules.native("web_shell");
        Self {
            rule: native.map(|(index, _)| index),
            learning: native.map_or(0, |(_, rule)| rule.params.duration("learning", Timestamp::HOUR)),
            posts: native.map_or(3, |(_, rule)| rule.params.count("posts", 3)).max(1),
            scripts: Table::new(SCRIPTS_MAX),
        }
    }

    /// Sees an answered request for a script. `begin` = first request of the site in the log.
    pub(super) fn push(
        &mut self,
        signal: &Signal,
        page: u64,
        begin: Timestamp,
        visitor: &mut Visitor,
        ctx: &mut Ctx,
    ) {
        let seen = signal.answer;
        let Some(ip) = signal.src_ip else { return };
        if !seen.has(Answer::SCRIPT) || !(200..300).contains(&seen.status) {
            return;
        }
        let old = signal.order.time.since(begin) < self.learning;
        let (script, _) = self.scripts.entry(page, || Script { old, ..Script::default() });
        script.used = true;
        let source = stable_hash(&prefix(ip));
        if script.sources.len() < 3 && !script.sources.contains(&source) {
            script.sources.push(source);
        }
        if !seen.has(Answer::POST) {
            return;
        }
        script.posts = script.posts.saturating_add(1);
        script.referred |= seen.has(Answer::REFERRED);
        if script.sizes.len() < 3 && !script.sizes.iter().any(|size| reduce::alike(*size, seen.bytes)) {
            script.sizes.push(seen.bytes);
        }
        if script.records.len() < 16 {
            script.records.push(findings::record(signal, EvidenceRole::Effect));
        }
        let Some(detail) = signal.detail.as_deref() else { return };
        let hidden = in_folder_of_files(&detail.url_path);
        let wanted = if hidden { 1 } else { self.posts };
        let varied = script.sizes.len() >= 2 || hidden;
        let odd = !script.old
            && script.sources.len() <= 2
            && !script.referred
            && script.posts >= wanted
            && varied
            && !login::is_login(&detail.url_path);
        if !script.found && !odd {
            return;
        }
        self.found(signal, page, visitor, ctx);
    }

    fn found(&mut self, signal: &Signal, page: u64, visitor: &mut Visitor, ctx: &mut Ctx) -> Option<()> {
        let script = self.scripts.get_mut(page)?;
        let detail = signal.detail.as_deref()?;
        let key = payload::hostile(visitor, signal).key.clone();
        let rules = std::sync::Arc::clone(&ctx.rules);
        let finding = ctx.findings.upsert(&rules, self.rule?, key, signal.order.time)?;
        payload::fill(finding, signal, EvidenceRole::Effect);
        if !script.found {
            script.found = true;
            for record in std::mem::take(&mut script.records) {
                finding.first = finding.first.min(record.time.unwrap_or(finding.first));
                add_evidence(finding, record);
            }
            finding.artefacts.push(detail.url_path.to_string());
            finding.notes.push(Message::new("web-shell-new").with("path", detail.url_path.as_str()));
        }
        finding.effect = true;
        finding.category = Kind::WebShell.category(true);
        findings::raise(finding, Level::High);
        payload::observe(finding, "posts", script.posts as usize, Some(self.posts as usize));
        Some(())
    }
}

/// Does the script lie where only files of visitors, or parts of pages, should lie?
fn in_folder_of_files(path: &str) -> bool {
    let Some((folder, _)) = path.rsplit_once('/') else { return false };
    folder.rsplit('/').next().is_some_and(|name| FOLDERS.iter().any(|known| name.eq_ignore_ascii_case(known)))
}
