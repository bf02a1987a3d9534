//! The page of rules.

use super::routes::{Page, may};
use super::{Asked, Console, Made, askama};
use anyhow::Context as _;
use web::console::RulesPage;

impl Console {
    pub(super) fn rules(&self, asked: &Asked<'_>) -> Result<String, String> {
        let t = asked.t;
        let state = self.shared.rules.state();
        let row = |(id, title, level): &(String, String, String)| {
            (title.clone(), t.text(&format!("level-{level}")), id.clone())
        };
        askama(&RulesPage {
            f: self.frame(asked, "/rules", "console-rules"),
            running: state.running,
            failed: state.failed,
            since: t.time(state.at),
            refused: state.refused,
            rows: state.rows.iter().map(row).collect(),
            acts: asked.session.as_ref().is_some_and(|session| may(Page::LoadRules, session.role)),
        })
    }

    pub(super) fn load_rules(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let actor = &asked.session.as_ref().context("a session")?.login;
        self.shared.rules.ask(actor);
        Ok(Made::See("/rules".to_owned(), None))
    }
}
