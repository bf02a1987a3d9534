//! The documents of a case (casework.md 7, 15): what is missing, whether the desk would take it, the files, and what was handed
//! in with its receipt.

use super::routes::{Page, may, part, value};
use super::work::{Work, actor};
use super::{Asked, Console, Made, askama};
use crate::papers;
use crate::vault::Vault;
use anyhow::Context as _;
use casework::acceptance::{Answer, Outcome, opinions};
use casework::dossier::{Dossier, Tongue};
use casework::handling::Handling;
use forms::{Approval, Document, Filling, Form, Receipt, Release, Releases, fill};
use store::{CaseEvent, Role};
use vocab::Message;
use web::console::{DocumentLine, DocumentsPage, OpinionLine, ReleaseLine, visible, visible_whole};
use web::{Catalog, Lang};

/// Deeds whose particulars are a release, and the receipt of one.
pub(super) const RELEASED: &str = "released";
pub(super) const RECEIPT: &str = "receipt";

/// What was handed in, by the log of a case.
pub(super) fn releases(events: &[CaseEvent]) -> Releases {
    let mut all = Releases::default();
    for event in events {
        match event.deed.as_str() {
            RELEASED => all.releases.extend(serde_json::from_str::<Release>(&event.body).ok()),
            RECEIPT => {
                let (form, number) = event.body.split_once(' ').unwrap_or((&event.body, ""));
                let receipt = Receipt { number: number.to_owned(), at: papers::written(event.at) };
                // A second receipt of one release counts for nothing.
                let _ = all.receipt(form, receipt);
            }
            _ => {}
        }
    }
    all
}

/// Forms that were handed in and have no receipt.
pub(super) fn without_receipt(events: &[CaseEvent]) -> Vec<String> {
    releases(events).releases.into_iter().filter(|one| one.receipt.is_none()).map(|one| one.form).collect()
}

const fn tongue(t: &Catalog) -> Tongue {
    match t.lang() {
        Lang::Ja => Tongue::Ja,
        Lang::En => Tongue::En,
    }
}

/// The case as documents tell it.
fn told(work: &Work) -> Dossier {
    let mut case = work.dossier.clone();
    papers::prepare(&mut case.seen);
    case
}

impl Console {
    pub(super) fn documents(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let t = asked.t;
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        let role = asked.session.as_ref().map_or(Role::Auditor, |session| session.role);
        let (case, tongue) = (told(&work), tongue(t));
        let day = papers::in_japan(asked.now).date();
        let filling = Filling { tongue, day };
        let releases = releases(&work.events);
        let lines = papers::wanted(&[], &[], &case, day)?.into_iter().map(|form| {
            let document = fill(form, &case, &filling);
            document_line(form, &document, &releases, t)
        });
        let lines = lines.collect();
        let mut f = self.frame(asked, "/cases", "documents-title");
        f.title = format!("{} {}: {}", t.text("console-case"), work.case.number, t.text("documents-title"));
        let page = DocumentsPage {
            f,
            number: work.case.number,
            version: work.case.version,
            documents: lines,
            opinions: opinions(&case).iter().map(|one| opinion_line(one, t)).collect(),
            releases: !work.is_over() && may(Page::ReleaseDocument, role),
            receives: may(Page::NoteReceipt, role),
        };
        Ok(Made::Html(200, askama(&page)))
    }

    /// A file of a document as it would be now, or as it was handed in.
    pub(super) fn document_file(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        let missing = || Ok(self.told(asked, 404, "console-missing"));
        let Some((name, ending)) = part(&asked.request.path, 4).rsplit_once('.') else { return missing() };
        if !papers::ENDINGS.contains(&ending) {
            return missing();
        }
        if part(&asked.request.path, 3) == "released" {
            let releases = releases(&work.events);
            let mut files = releases.releases.iter().flat_map(|one| &one.files);
            let Some(file) = files.find(|file| file.sha256 == name && file.name.ends_with(ending)) else {
                return missing();
            };
            let vault = Vault::beside(&self.shared.folder);
            if !vault.is_whole(name) {
                return Ok(self.told(asked, 409, "evidence-damaged"));
            }
            return Ok(Made::File(vault.path(name), file.name.clone()));
        }
        let released = papers::in_japan(asked.now);
        let Some(form) = forms::form(name, released.date()) else { return missing() };
        // The desks read Japanese.
        let document = fill(form, &told(&work), &Filling { tongue: Tongue::Ja, day: released.date() });
        let bytes = papers::file(ending, (form, &document), &[], released, &papers::fonts(&[])?);
        match bytes {
            Ok(bytes) => Ok(Made::Bytes(bytes, format!("{name}.{ending}"))),
            Err(error) => Ok(self.told_words(asked, 409, visible(&format!("{error:#}")))),
        }
    }

    /// Releases a document: exactly these files leave the house (CW-REP-02, -03).
    pub(super) fn release(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let field = |name: &str| value(&form, name).unwrap_or_default();
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        if work.is_over() {
            return Ok(self.told(asked, 409, "console-guard-closed"));
        }
        let released = papers::in_japan(asked.now);
        let Some(form) = forms::form(&field("document"), released.date()) else {
            return Ok(self.told(asked, 404, "console-missing"));
        };
        let document = fill(form, &told(&work), &Filling { tongue: Tongue::Ja, day: released.date() });
        let fonts = papers::fonts(&[])?;
        let mut files = Vec::new();
        for ending in papers::ENDINGS {
            let bytes = match papers::file(ending, (form, &document), &[], released, &fonts) {
                Ok(bytes) => bytes,
                Err(error) => return Ok(self.told_words(asked, 409, visible(&format!("{error:#}")))),
            };
            files.push((format!("{}.{ending}", form.id), bytes));
        }
        let entry = papers::indexed(form, &document, released, &files, None);
        let index = serde_json::json!({ "documents": [entry] });
        let approval = Approval {
            by: actor(asked)?,
            at: papers::written(asked.now),
            consent: field("consent"),
            incomplete: field("incomplete") == "1",
            ..Approval::default()
        };
        let hash = |name: &str| {
            use sha2::{Digest as _, Sha256};
            let file = files.iter().find(|(known, _)| known == name);
            file.map(|(_, bytes)| hex::encode(Sha256::digest(bytes)))
        };
        let mut all = releases(&work.events);
        let body = match all.release(&index, &form.id, &approval, hash) {
            Ok(release) => serde_json::to_string(release)?,
            Err(fault) => return Ok(self.told_words(asked, 409, visible(&fault.to_string()))),
        };
        let vault = Vault::beside(&self.shared.folder);
        for (_, bytes) in &files {
            let mut incoming = vault.begin(&self.id()?)?;
            incoming.write(bytes)?;
            incoming.keep()?;
        }
        self.decide(asked, &work, RELEASED, &body, "/documents", "noted")
    }

    /// Notes the receipt of a document; the clock of its form is done with it.
    pub(super) fn note_receipt(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let field = |name: &str| value(&form, name).unwrap_or_default();
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        let (document, number) = (field("document"), field("number"));
        let receipt = Receipt { number: number.clone(), at: papers::written(asked.now) };
        if let Err(fault) = releases(&work.events).receipt(&document, receipt) {
            return Ok(self.told_words(asked, 409, visible(&fault.to_string())));
        }
        let made =
            self.decide(asked, &work, RECEIPT, &format!("{document} {number}"), "/documents", "noted")?;
        let stale = matches!(&made, Made::See(place, _) if place.ends_with("said=stale"));
        let clock = work.obligations.iter().find(|one| one.form == document).map(|one| one.clock.clone());
        if let Some(clock) = clock.filter(|_| !stale) {
            let body = super::clocks::told_body(&clock, &number);
            let case = self.shared.store.read(|tx| tx.case(work.case.number))?.context("a case")?;
            self.write_case(&case, false, Handling::TOLD, &body, &actor(asked)?, asked.now)?;
        }
        Ok(made)
    }
}

fn document_line(form: &Form, document: &Document, releases: &Releases, t: &Catalog) -> DocumentLine {
    let state = papers::standing(form, document);
    let ja = t.lang() == Lang::Ja;
    let out = releases.of(&form.id);
    DocumentLine {
        form: form.id.clone(),
        title: document.title.clone(),
        version: form.version,
        state: t.render(&state),
        complete: document.is_complete(),
        unverified: if ja { form.unverified.ja.clone() } else { form.unverified.en.clone() },
        missing: document
            .missing
            .iter()
            .map(|missing| {
                let who = Message::new("case-who")
                    .with("who", missing.who.as_str())
                    .with("record", missing.record.as_str());
                (missing.fact.clone(), missing.label.clone(), t.render(&who), missing.needed)
            })
            .collect(),
        personal: document.personal.join(if ja { "、" } else { ", " }),
        takes_incomplete: form.accepts_incomplete,
        released: out.map(|release| ReleaseLine {
            words: t.render(
                &Message::new("documents-released")
                    .with("by", release.by.as_str())
                    .with("at", release.at.as_str()),
            ),
            files: release
                .files
                .iter()
                .map(|file| {
                    let ending = file.name.rsplit('.').next().unwrap_or_default().to_owned();
                    (file.name.clone(), file.sha256.clone(), ending)
                })
                .collect(),
            receipt: release
                .receipt
                .as_ref()
                .map_or_else(String::new, |receipt| visible_whole(&receipt.number)),
        }),
    }
}

fn opinion_line(opinion: &casework::acceptance::Opinion, t: &Catalog) -> OpinionLine {
    let ja = t.lang() == Lang::Ja;
    let pick = |both: &casework::Bilingual| if ja { both.ja.clone() } else { both.en.clone() };
    let outcome = match opinion.outcome {
        Outcome::Accepted => "desk-accepted",
        Outcome::Supplement => "desk-supplement",
        Outcome::Consultation => "desk-consultation",
        Outcome::Refused => "desk-refused",
    };
    let open = opinion.checks.iter().filter(|check| check.answer != Answer::Yes);
    let elsewhere: Vec<String> =
        opinion.elsewhere.iter().map(|desk| t.text(&format!("desk-{desk}"))).collect();
    let mut reasons: Vec<String> =
        opinion.codes.iter().map(|reason| format!("{}: {}", reason.code, pick(&reason.text))).collect();
    if let Some(competent) = &opinion.competent {
        let why = pick(&competent.why);
        reasons.push(competent.body.map_or_else(|| why.clone(), |body| format!("{body} {why}")));
    }
    if !elsewhere.is_empty() {
        let desks = elsewhere.join(if ja { "、" } else { ", " });
        reasons.push(t.render(&Message::new("desk-elsewhere").with("desks", desks.as_str())));
    }
    OpinionLine {
        desk: t.text(&format!("desk-{}", opinion.desk)),
        outcome: t.text(outcome),
        reasons,
        open: open
            .map(|check| (pick(&check.question), check.facts.iter().map(|fact| (*fact).to_owned()).collect()))
            .collect(),
    }
}
