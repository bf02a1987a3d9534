//! Acknowledging by the one-time link of a notice (DT-NTF-02). The link is a secret of 32 bytes; the state keeps its hash.

use super::acts::recognise;
use super::routes::{Page, part};
use super::{Asked, Console, Made, askama, auth};
use store::Notice;
use vocab::Message;
use web::console::NoticedPage;

impl Console {
    pub(super) fn noticed(&self, asked: &Asked<'_>, page: Page) -> anyhow::Result<Made> {
        if !self.doors.admits(asked.request.peer, asked.now) {
            return Ok(self.told(asked, 429, "console-login-slow"));
        }
        let token = part(&asked.request.path, 2);
        let link = auth::digest(token);
        let found = self.shared.store.read(|tx| tx.notice_by_link(&link))?;
        let Some(notice) = found.filter(|_| token.len() == 64) else {
            return Ok(self.told(asked, 404, "console-noticed-old"));
        };
        if page == Page::NoticedDone {
            self.acknowledge_by_link(asked, &notice)?;
            return Ok(self.told(asked, 200, "console-noticed-done"));
        }
        let case = self.shared.store.read(|tx| tx.case_of(&notice.incident))?;
        let about = case.map_or_else(
            || asked.t.text("console-noticed-test"),
            |case| {
                let words = Message::new("console-noticed-case")
                    .with("number", case.number.unsigned_abs())
                    .with("kind", Message::new(format!("kind-{}", case.title)));
                asked.t.render(&words)
            },
        );
        let f = self.frame(asked, "", "console-noticed");
        Ok(Made::Html(200, askama(&NoticedPage { f, path: asked.request.path.clone(), about })))
    }

    /// In the name of the person to whom the notice went.
    fn acknowledge_by_link(&self, asked: &Asked<'_>, notice: &Notice) -> anyhow::Result<()> {
        let actor = notice.person.as_str();
        let case = self.shared.store.read(|tx| tx.case_of(&notice.incident))?;
        if let Some(mut case) = case {
            recognise(&mut case, actor, asked.now);
            return self.write_case(&case, true, "acknowledged", "", actor, asked.now);
        }
        self.shared.deed(serde_json::json!({
            "deed": "acknowledged", "incident": notice.incident, "notice": notice.id, "actor": actor,
        }))?;
        self.shared.store.write(|tx| tx.acknowledge(&notice.incident, actor, asked.now))?;
        Ok(())
    }
}
