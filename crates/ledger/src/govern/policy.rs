//! The policy: people, recipients of data keys, retention, intervals (LG 15.1, 17.1).

use super::fields::{Fields, Wrong, is_code};
use super::people::PersonRef;
use crate::seal::{DataClass, Recipient, WINDOW_DAYS_DEFAULT, WINDOW_DAYS_MAX};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most people and recipients: the body of an entry has 16 KiB.
const LISTED_MAX: usize = 40;

/// A person who signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Public key (Ed25519).
    pub key: [u8; 32],
    /// What the person is: `auditor` (監査責任者), `crisis-manager` (危機管理責任者), `administrator` ...
    pub role: String,
}

/// How long payloads of a class are kept (保存期間).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// Days after reception.
    Days(u32),
    /// Days after the stream was closed: a case after its closure.
    AfterClose(u32),
    /// Until this many reviews were done after the entry.
    Reviews(u32),
    /// For ever.
    Forever,
}

/// What a `policy` entry says. Values are the organisation's decision; the defaults are the product's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentPolicy {
    /// People whose signatures count.
    pub people: Vec<Person>,
    /// Role holders to whom data keys are wrapped.
    pub recipients: Vec<Recipient>,
    /// Retention of each class.
    pub retention: BTreeMap<DataClass, Retention>,
    /// Days between two reviews (LG-AUD-01).
    pub review_days: u32,
    /// Days of data keys in the online copy (LG-KEY-02).
    pub window_days: u16,
    /// The exception of LG-KEY-01: one recipient alone.
    pub single_recipient: bool,
}

impl Default for ContentPolicy {
    fn default() -> Self {
        use DataClass::{Auth, Case, Control, Event, Ledger, Secret};
        let retention = [
            (Event, Retention::Days(365)),
            (Auth, Retention::Days(3 * 365 + 1)),
            (Case, Retention::AfterClose(7 * 365 + 2)),
            (Secret, Retention::Days(90)),
            (Control, Retention::Reviews(2)),
            (Ledger, Retention::Forever),
        ];
        Self {
            people: Vec::new(),
            recipients: Vec::new(),
            retention: retention.into(),
            review_days: 90,
            window_days: WINDOW_DAYS_DEFAULT,
            single_recipient: false,
        }
    }
}

impl ContentPolicy {
    /// The person of a key, when listed.
    #[must_use]
    pub fn person(&self, key: &[u8; 32]) -> Option<&Person> {
        self.people.iter().find(|person| person.key == *key)
    }
    /// Role of a person by reference.
    #[must_use]
    pub fn role(&self, reference: PersonRef) -> Option<&str> {
        self.people.iter().find(|one| PersonRef::of(&one.key) == reference).map(|one| one.role.as_str())
    }

    /// Body of the entry, without approvals.
    pub(crate) fn body(&self, previous: Option<u64>, private: &str) -> Value {
        let people: Vec<Value> = self
            .people
            .iter()
            .map(|person| json!({ "key": BASE64.encode(person.key), "role": person.role }))
            .collect();
        let recipients: Vec<Value> =
            self.recipients.iter().map(|one| json!({ "key": one.key(), "role": one.role })).collect();
        let rule = |(class, rule): (&DataClass, &Retention)| {
            let (rule, value) = match rule {
                Retention::Days(days) => ("days", *days),
                Retention::AfterClose(days) => ("after-close", *days),
                Retention::Reviews(count) => ("reviews", *count),
                Retention::Forever => ("forever", 0),
            };
            json!({ "class": class.number(), "rule": rule, "value": value })
        };
        json!({
            "people": people,
            "previous": previous,
            "private": private,
            "recipients": recipients,
            "retention": self.retention.iter().map(rule).collect::<Vec<_>>(),
            "review_days": self.review_days,
            "single_recipient": self.single_recipient,
            "version": 1,
            "window_days": self.window_days,
        })
    }

    /// Reads a body, strictly.
    pub(crate) fn read(body: &Value) -> Result<Self, Wrong> {
        let fields = Fields(body);
        if fields.number("version")? != 1 {
            return Err("version");
        }
        let mut policy = Self {
            people: Vec::new(),
            recipients: Vec::new(),
            retention: BTreeMap::new(),
            review_days: fields.small("review_days")?,
            window_days: u16::try_from(fields.small("window_days")?).map_err(|_| "window_days")?,
            single_recipient: fields.flag("single_recipient")?,
        };
        for item in fields.list("people")? {
            let (key, role) = (Fields(item).bytes("key")?, Fields(item).code("role")?.to_owned());
            if policy.person(&key).is_some() {
                return Err("people");
            }
            policy.people.push(Person { key, role });
        }
        for item in fields.list("recipients")? {
            let text = format!("{}={}", Fields(item).text("role")?, Fields(item).text("key")?);
            policy.recipients.push(Recipient::parse(&text).map_err(|_| "recipients")?);
        }
        for item in fields.list("retention")? {
            let item = Fields(item);
            let class = u16::try_from(item.small("class")?).ok().and_then(DataClass::from_number);
            let value = item.small("value")?;
            let rule = match item.text("rule")? {
                "days" => Retention::Days(value),
                "after-close" => Retention::AfterClose(value),
                "reviews" => Retention::Reviews(value),
                "forever" => Retention::Forever,
                _ => return Err("rule"),
            };
            policy.retention.insert(class.ok_or("class")?, rule);
        }
        policy.check()?;
        Ok(policy)
    }

    /// What the entry could not hold or nobody should want.
    pub(crate) fn check(&self) -> Result<(), Wrong> {
        let roles = self.people.iter().all(|person| is_code(&person.role));
        if self.people.len() > LISTED_MAX || self.recipients.len() > LISTED_MAX || !roles {
            return Err("people");
        }
        if self.window_days > WINDOW_DAYS_MAX || self.review_days == 0 || self.review_days > 3_660 {
            return Err("review_days or window_days");
        }
        Ok(())
    }
}
